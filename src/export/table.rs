//! Readings as a table of comma-separated values: a row for each face and frame, or one for each
//! number; at the times of the frames, or at a fixed rate.

use std::io::{self, Write};
use std::time::Duration;

use csv::{Terminator, WriterBuilder};

use super::Source;
use super::rows::SoundRows;
use crate::session::schema::{Column, Schema};
use crate::session::{Format, Row, Value, guarded, utc_at};

/// What the table is like.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct TableOptions {
    /// One row for each number, named in the column `measure`.
    pub long: bool,
    /// So many rows a second for each face, [`TableOptions::RATES`]: each holds what the frame says
    /// that stands at its time. Where none does, as in a gap, its cells are empty.
    pub rate_hz: Option<f64>,
    /// Numbers with a comma, and `;` between cells, as spreadsheets of many countries read them.
    pub decimal_comma: bool,
    /// A byte order mark, by which Excel knows UTF-8.
    pub bom: bool,
}

impl TableOptions {
    /// Rates a second that make sense; the limits are included.
    pub const RATES: (f64, f64) = (0.01, 1000.0);
}

/// Stand before the columns of the session: they tell rows of several sessions apart.
const FIRST: [&str; 3] = ["session", "participant", "marker"];

/// Writes the table, lines ending as RFC 4180 has it.
pub fn write(source: &Source, options: &TableOptions, out: &mut dyn Write) -> io::Result<()> {
    if options.bom {
        out.write_all("\u{feff}".as_bytes())?;
    }
    let schema = Schema::<Row>::with_words(source.signal.words());
    let mut table = Table {
        source,
        options,
        columns: schema.columns(),
        csv: WriterBuilder::new()
            .delimiter(if options.decimal_comma { b';' } else { b',' })
            .terminator(Terminator::CRLF)
            .from_writer(out),
        markers: source
            .marker_spans()
            .into_iter()
            .map(|span| (span.from, guarded(&span.label).into_owned()))
            .collect(),
        name: guarded(&source.name()).into_owned(),
        participant: guarded(source.participant()).into_owned(),
        cell: String::new(),
    };
    table.header()?;
    match options.rate_hz {
        None => SoundRows::of(source)?.try_for_each(|(row, _)| table.row(&row, false))?,
        Some(rate_hz) => table.at_rate(rate_hz)?,
    }
    table.csv.flush()
}

struct Table<'a, W: Write> {
    source: &'a Source,
    options: &'a TableOptions,
    columns: &'a [Column<Row>],
    csv: csv::Writer<W>,
    /// From when on, and what.
    markers: Vec<(Duration, String)>,
    name: String,
    participant: String,
    cell: String,
}

impl<W: Write> Table<'_, W> {
    fn header(&mut self) -> io::Result<()> {
        for name in FIRST {
            self.csv.write_field(name)?;
        }
        let long = self.options.long;
        for column in self.columns.iter().filter(|column| !(long && is_measure(column))) {
            self.csv.write_field(&column.name)?;
        }
        if long {
            self.csv.write_field("measure")?;
            self.csv.write_field("value")?;
        }
        Ok(self.csv.write_record(None::<&[u8]>)?)
    }

    /// `empty`: nothing is known at the time of the row.
    fn row(&mut self, row: &Row, empty: bool) -> io::Result<()> {
        if !self.options.long {
            self.first(row, empty)?;
            return Ok(self.csv.write_record(None::<&[u8]>)?);
        }
        for column in self.columns {
            let value = (column.spec.fill)(row, column.class);
            if !is_measure(column) || value == Value::Empty {
                continue;
            }
            self.first(row, empty)?;
            self.csv.write_field(&column.name)?;
            self.field(column.spec.format, if empty { Value::Empty } else { value })?;
            self.csv.write_record(None::<&[u8]>)?;
        }
        Ok(())
    }

    /// The cells that each row has.
    fn first(&mut self, row: &Row, empty: bool) -> io::Result<()> {
        let after = self.markers.partition_point(|(from, _)| *from <= row.time);
        let marker = after.checked_sub(1).map_or("", |last| self.markers[last].1.as_str());
        for cell in [self.name.as_str(), self.participant.as_str(), marker] {
            self.csv.write_field(cell)?;
        }
        for column in self.columns {
            if self.options.long && is_measure(column) {
                continue;
            }
            let is_time = matches!(column.spec.format, Format::Seconds | Format::Utc);
            let value = if empty && !is_time {
                Value::Empty
            } else {
                (column.spec.fill)(row, column.class)
            };
            self.field(column.spec.format, value)?;
        }
        Ok(())
    }

    fn field(&mut self, format: Format, value: Value<'_>) -> io::Result<()> {
        self.cell.clear();
        // A word comes from the model, or from whoever wrote the table.
        let format = if format == Format::Word { Format::Text } else { format };
        format.write(value, &mut self.cell);
        if self.options.decimal_comma && matches!(format, Format::Fixed(_) | Format::Seconds) {
            self.cell = self.cell.replace('.', ",");
        }
        Ok(self.csv.write_field(&self.cell)?)
    }

    /// Rows at whole multiples of `1 / rate_hz`, from 0 to the end of the session. Each holds the
    /// frame that stands there: the last one not later, for as long as it stands.
    fn at_rate(&mut self, rate_hz: f64) -> io::Result<()> {
        let mut rows = SoundRows::of(self.source)?.peekable();
        let mut frame: Vec<Row> = Vec::new();
        let mut until = Duration::ZERO;
        let start = self.source.session.record().start();
        for tick in 0_u64.. {
            let time = Duration::from_micros((tick as f64 * 1e6 / rate_hz).round() as u64);
            if time >= self.source.holds.end() {
                break;
            }
            while let Some((row, hold)) = rows.next_if(|(row, _)| row.time <= time) {
                if frame.first().is_some_and(|first| first.time != row.time) {
                    frame.clear();
                }
                until = row.time + Duration::from_secs_f64(hold);
                frame.push(row);
            }
            let utc = utc_at(start, time);
            if frame.is_empty() || time >= until {
                let row = Row { time, utc, ..Row::default() };
                self.row(&row, true)?;
                continue;
            }
            for row in &frame {
                self.row(&Row { time, utc, ..row.clone() }, false)?;
            }
        }
        Ok(())
    }
}

/// Whether a column becomes rows of its own in a long table.
fn is_measure(column: &Column<Row>) -> bool {
    matches!(column.spec.format, Format::Fixed(_) | Format::Flag)
}
