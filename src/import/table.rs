//! Rows of a foreign table, one after the other.

use std::path::Path;
use std::time::Duration;

use csv::StringRecord;

use super::ImportError;
use super::mapping::{Layout, Mapping};
use crate::session::schema::{ColumnSpec, TableRow};
use crate::session::{Format, Row, Value};

/// A table of another program that is being read.
pub struct Foreign<'a> {
    path: &'a Path,
    layout: &'static Layout,
    reader: csv::Reader<&'a [u8]>,
    record: StringRecord,
    /// Lines before the one of column names.
    lines_before: u64,
    mapped: Vec<(usize, &'static Mapping, &'static ColumnSpec<Row>)>,
    classes: Vec<(usize, &'static str)>,
    identity: Option<usize>,
    kept: Vec<(usize, String)>,
    persons: Vec<String>,
    rate_hz: Option<f64>,
    /// Frame and time of the row before.
    before: Option<(u64, Duration)>,
    frames: u64,
    passed_over: u64,
}

impl<'a> Foreign<'a> {
    pub fn open(
        path: &'a Path,
        bytes: &'a [u8],
        layout: &'static Layout,
        rate_hz: Option<f64>,
    ) -> Result<Self, ImportError> {
        let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
        let (lines_before, bytes) = if layout.preamble { body(bytes, layout) } else { (0, bytes) };
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter(bytes))
            .trim(csv::Trim::All)
            .from_reader(bytes);
        let wrong = |line, error: &csv::Error| ImportError::Row {
            path: path.to_owned(),
            line,
            reason: error.to_string(),
        };
        let names = reader.headers().map_err(|error| wrong(lines_before + 1, &error))?.clone();
        let find = |name: &str| names.iter().position(|column| column == name);
        if find(layout.mark).is_none() {
            let (program, column) = (layout.name, layout.mark);
            return Err(ImportError::MissingColumn { path: path.to_owned(), program, column });
        }
        let mut mapped: Vec<_> = layout
            .mappings
            .iter()
            .filter_map(|mapping| Some((find(mapping.from)?, mapping, column(mapping.to)?)))
            .collect();
        // Whether there is a face is for this column to say, whatever stands in the others.
        mapped.sort_by_key(|(_, mapping, _)| mapping.to == "success");
        let has_times = mapped.iter().any(|(_, mapping, _)| mapping.to == "timestamp");
        if !has_times && rate_hz.is_none() {
            return Err(ImportError::NoTimes { path: path.to_owned() });
        }
        let classes: Vec<(usize, &str)> =
            layout.classes.iter().filter_map(|(from, to)| Some((find(from)?, *to))).collect();
        let identity = layout.identity.and_then(find);
        let taken = |at: usize| {
            mapped.iter().any(|(mapped, ..)| *mapped == at)
                || classes.iter().any(|(class, _)| *class == at)
                || identity == Some(at)
        };
        let kept = names
            .iter()
            .enumerate()
            .filter(|(at, name)| !taken(*at) && !name.is_empty())
            .map(|(at, name)| (at, format!("{}{name}", layout.prefix)))
            .collect();
        Ok(Self {
            path,
            layout,
            reader,
            record: StringRecord::new(),
            lines_before,
            mapped,
            classes,
            identity,
            kept,
            persons: Vec::new(),
            rate_hz: rate_hz.filter(|_| !has_times),
            before: None,
            frames: 0,
            passed_over: 0,
        })
    }

    /// Labels of the classes that the table has.
    pub fn words(&self) -> Vec<String> {
        self.classes.iter().map(|(_, label)| (*label).to_owned()).collect()
    }

    /// Names of the columns that are kept as they are.
    pub fn kept(&self) -> Vec<String> {
        self.kept.iter().map(|(_, name)| name.clone()).collect()
    }

    /// Rows that are about something else, so far.
    pub fn passed_over(&self) -> u64 {
        self.passed_over
    }

    /// The next row, and the cells of the columns that are kept.
    pub fn next_row(&mut self) -> Result<Option<(Row, Vec<String>)>, ImportError> {
        loop {
            let more = self.reader.read_record(&mut self.record);
            let line = self.record.position().map_or(0, csv::Position::line) + self.lines_before;
            let wrong = |reason: String| ImportError::Row { path: self.path.into(), line, reason };
            match more {
                Ok(true) => {}
                Ok(false) => return Ok(None),
                Err(error) => return Err(wrong(error.to_string())),
            }
            // In a table of many sensors most rows are of another.
            let mark = self.mapped.iter().find(|(_, mapping, _)| mapping.from == self.layout.mark);
            if self.layout.preamble && mark.is_some_and(|(at, ..)| is_empty(&self.record[*at])) {
                self.passed_over += 1;
                continue;
            }
            let row = self.row().map_err(wrong)?;
            let kept = self.kept.iter().map(|(at, _)| self.record[*at].to_owned()).collect();
            return Ok(Some((row, kept)));
        }
    }

    fn row(&mut self) -> Result<Row, String> {
        let mut row = Row { frame: self.frames, ..Row::default() };
        let mut has_time = false;
        for (at, mapping, spec) in &self.mapped {
            let cell = &self.record[*at];
            if is_empty(cell) {
                continue;
            }
            let nonsense =
                || format!("“{}” in the column {} makes no sense", short(cell), mapping.from);
            let number: f64 =
                cell.parse().ok().filter(|n: &f64| n.is_finite()).ok_or_else(nonsense)?;
            let value =
                value(spec.format, number * mapping.scale + mapping.add).ok_or_else(nonsense)?;
            (spec.take)(&mut row, 0, value).ok_or_else(nonsense)?;
            has_time |= mapping.to == "timestamp";
        }
        let says_success = self.mapped.iter().any(|(_, mapping, _)| mapping.to == "success");
        if row.face.is_some() || !says_success {
            self.take_classes(&mut row)?;
        }
        self.take_person(&mut row);
        match self.rate_hz {
            Some(rate_hz) => row.time = Duration::from_secs_f64(row.frame as f64 / rate_hz),
            None if !has_time => return Err("the time is missing".into()),
            None => {}
        }
        if let Some((frame, time)) = self.before
            && (row.time < time
                || (row.frame < frame)
                || (row.time == time) != (row.frame == frame))
        {
            return Err(format!(
                "frame {} at {:.6} s does not follow frame {frame} at {:.6} s",
                row.frame,
                row.time.as_secs_f64(),
                time.as_secs_f64()
            ));
        }
        self.before = Some((row.frame, row.time));
        self.frames += 1;
        Ok(row)
    }

    fn take_classes(&self, row: &mut Row) -> Result<(), String> {
        let cells = self.classes.iter().map(|(at, label)| (&self.record[*at], *label));
        let mut posterior = Vec::new();
        for (cell, label) in cells.filter(|(cell, _)| !is_empty(cell)) {
            let number: Option<f32> = cell.parse().ok().filter(|p| (0.0..=1.0).contains(p));
            let number =
                number.ok_or_else(|| format!("“{}” is no probability of {label}", short(cell)))?;
            posterior.push(Some(number));
        }
        if posterior.is_empty() {
            return Ok(());
        }
        if posterior.len() != self.classes.len() {
            return Err("some probabilities are missing".into());
        }
        row.face.get_or_insert_default().posterior = posterior;
        Ok(())
    }

    /// The number of the person whom the row names, if it is about one.
    fn take_person(&mut self, row: &mut Row) {
        let Some(face) = row.face.as_mut() else { return };
        let Some(person) = self.identity.map(|at| &self.record[at]).filter(|p| !is_empty(p)) else {
            return;
        };
        let known = self.persons.iter().position(|known| known == person);
        let number = known.unwrap_or_else(|| {
            self.persons.push(person.to_owned());
            self.persons.len() - 1
        });
        face.id = Some(number as u64 + 1);
    }
}

/// The column of ours of that name.
fn column(name: &str) -> Option<&'static ColumnSpec<Row>> {
    Row::COLUMNS.iter().find(|spec| spec.name == name)
}

fn value(format: Format, number: f64) -> Option<Value<'static>> {
    // Whole numbers up to here are exact.
    const LARGEST: f64 = 9e15;
    let whole =
        || (number.fract() == 0.0 && (0.0..LARGEST).contains(&number)).then_some(number as u64);
    Some(match format {
        Format::Count => Value::Count(whole()?),
        Format::Flag => Value::Count(whole().filter(|flag| *flag <= 1)?),
        Format::Seconds => {
            let micros = (number * 1e6).round();
            Value::Time(Duration::from_micros(
                (0.0..LARGEST).contains(&micros).then_some(micros as u64)?,
            ))
        }
        Format::Fixed(_) => Value::Number(number as f32),
        Format::Utc | Format::Word | Format::Text => return None,
    })
}

fn is_empty(cell: &str) -> bool {
    cell.is_empty() || cell.eq_ignore_ascii_case("nan")
}

/// Enough to find it by.
fn short(cell: &str) -> String {
    cell.chars().take(40).collect()
}

/// The sign that stands most often in the first line.
fn delimiter(bytes: &[u8]) -> u8 {
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let count = |sign: &u8| line.iter().filter(|byte| *byte == sign).count();
    [b',', b';', b'\t'].into_iter().max_by_key(count).unwrap_or(b',')
}

/// The table without the lines before its column names, and how many those are.
fn body<'a>(bytes: &'a [u8], layout: &Layout) -> (u64, &'a [u8]) {
    let mut start = 0;
    for (number, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let text = String::from_utf8_lossy(line);
        let mut cells = text.split([',', ';', '\t']).map(|cell| cell.trim().trim_matches('"'));
        if cells.any(|cell| cell == layout.mark) {
            return (number as u64, &bytes[start..]);
        }
        start += line.len();
    }
    (0, bytes)
}
