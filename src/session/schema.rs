//! The columns of the tables: one list each, read by the writer, the reader and the
//! documentation.

use super::cell::{Format, Value};
use super::events::EventRow;
use super::row::Row;
use super::text::column_words;
use crate::observation::Labels;

/// The columns of one table in their order.
#[derive(Debug, Clone)]
pub struct Schema<R: 'static> {
    columns: Vec<Column<R>>,
}

/// One column of a table.
#[derive(Debug)]
pub struct Column<R: 'static> {
    /// As it stands in the first line.
    pub name: String,
    /// Its type, meaning, and how it gets into and out of a row.
    pub spec: &'static ColumnSpec<R>,
    /// Class of the label that a column per label belongs to.
    pub class: usize,
}

/// What is known about a column without knowing the model.
#[derive(Debug)]
pub struct ColumnSpec<R: 'static> {
    /// Name, or what stands before the label.
    pub name: &'static str,
    /// Whether there is one such column per label.
    pub per_label: bool,
    /// How its cells are written.
    pub format: Format,
    /// Unit and range, for people.
    pub range: &'static str,
    /// What it says, for people.
    pub meaning: &'static str,
    /// Takes the value out of a row; the number is the class of the label.
    pub fill: for<'a> fn(&'a R, usize) -> Value<'a>,
    /// Puts a value that is not empty into a row. `None`: not a value of this column.
    pub take: fn(&mut R, usize, Value<'_>) -> Option<()>,
}

impl<R> Clone for Column<R> {
    fn clone(&self) -> Self {
        Self { name: self.name.clone(), spec: self.spec, class: self.class }
    }
}

/// A row of one of the tables.
pub trait TableRow: Default + 'static {
    /// All its columns, in the order in which they are written.
    const COLUMNS: &'static [ColumnSpec<Self>];

    /// Columns without which a row makes no sense.
    const REQUIRED: &'static [&'static str];
}

impl Schema<Row> {
    /// The columns of `observations.csv` for a model with these labels.
    pub fn observations(labels: &Labels) -> Self {
        Self::with_words(&column_words(labels.names()))
    }
}

impl Schema<EventRow> {
    /// The columns of `events.csv`.
    pub fn events() -> Self {
        Self::with_words(&[])
    }
}

impl<R: TableRow> Schema<R> {
    /// With one column for each of `words` where there is one per label; words as
    /// [`crate::session::Rows::label_words`] gives them.
    pub fn with_words(words: &[String]) -> Self {
        let columns = R::COLUMNS.iter().flat_map(|spec| {
            let classes = if spec.per_label { words.len() } else { 1 };
            (0..classes).map(move |class| {
                let word = if spec.per_label { words[class].as_str() } else { "" };
                Column { name: format!("{}{word}", spec.name), spec, class }
            })
        });
        Self { columns: columns.collect() }
    }

    /// In the order in which they are written.
    pub fn columns(&self) -> &[Column<R>] {
        &self.columns
    }

    /// The cells of a row, in the order of the columns.
    pub fn cells<'a>(&'a self, row: &'a R) -> impl Iterator<Item = Value<'a>> {
        self.columns.iter().map(|column| (column.spec.fill)(row, column.class))
    }

    /// Appends the line of column names.
    ///
    /// # Errors
    /// Those of the writer; there is none to expect.
    pub fn write_header(&self, out: &mut Vec<u8>) -> csv::Result<()> {
        write_line(out, |line| {
            self.columns.iter().try_for_each(|column| line.write_field(&column.name))
        })
    }

    /// Appends the line of a row.
    ///
    /// # Errors
    /// Those of the writer; there is none to expect.
    pub fn write_row(&self, row: &R, out: &mut Vec<u8>) -> csv::Result<()> {
        let mut cell = String::new();
        write_line(out, |line| {
            self.columns.iter().zip(self.cells(row)).try_for_each(|(column, value)| {
                cell.clear();
                column.spec.format.write(value, &mut cell);
                line.write_field(&cell)
            })
        })
    }
}

/// Quotes as in RFC 4180. Lines end in LF alone, so that `cut` and `awk` find no CR in the last
/// column.
fn write_line(
    out: &mut Vec<u8>,
    fields: impl FnOnce(&mut csv::Writer<&mut Vec<u8>>) -> csv::Result<()>,
) -> csv::Result<()> {
    // Larger than most rows, so that one costs one allocation.
    let mut line = csv::WriterBuilder::new().buffer_capacity(1024).from_writer(out);
    fields(&mut line)?;
    line.write_record(None::<&[u8]>)?;
    Ok(line.flush()?)
}
