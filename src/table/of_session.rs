//! The tables of a session, row by row into another table.

use std::path::{Path, PathBuf};

use super::{Table, TableColumn, TableFormat};
use crate::session::schema::{Schema, TableRow};
use crate::session::{
    EVENTS, EventRow, OBSERVATIONS, ReadError, RecordError, Row, RowError, Rows, Session, Value,
};

/// Why a table could not be written again.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CopyError {
    /// The session can't be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A row of it makes no sense.
    #[error(transparent)]
    Row(#[from] RowError),
    /// The new table can't be written.
    #[error(transparent)]
    Write(#[from] RecordError),
}

impl CopyError {
    /// What to do next.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Read(_) | Self::Row(_) => "`mien sessions verify` says all that is wrong there.",
            Self::Write(_) => "Make room there, or choose another folder.",
        }
    }
}

/// Writes both tables of a session into `folder`, under their names with the ending of `format`.
///
/// # Errors
/// Says which table can't be read or written. None of the new tables is half there, and once there
/// are observations, there are events.
pub fn write_tables(
    session: &Session,
    folder: &Path,
    format: TableFormat,
) -> Result<(), CopyError> {
    write_table::<EventRow>(session.events()?, &named(folder, EVENTS, format), format)?;
    write_table::<Row>(session.observations()?, &named(folder, OBSERVATIONS, format), format)
}

/// Where a table of a session is in another format.
pub fn named(folder: &Path, table: &str, format: TableFormat) -> PathBuf {
    folder.join(table).with_extension(format.extension())
}

fn write_table<R: TableRow>(
    rows: Rows<R>,
    path: &Path,
    format: TableFormat,
) -> Result<(), CopyError> {
    let fitting = Fitting::new(rows.label_words(), rows.label_words());
    let mut table = Table::create(path, format, fitting.columns())?;
    for row in rows {
        table.row(fitting.cells(&row?))?;
    }
    table.finish()?;
    Ok(())
}

/// Rows with some labels, in the columns of a table that has those and maybe more.
#[derive(Debug)]
pub struct Fitting<R: 'static> {
    schema: Schema<R>,
    /// For each label of the columns, its place in the rows.
    places: Vec<Option<usize>>,
}

impl<R: TableRow> Fitting<R> {
    /// Columns for the labels `words`, for rows with the labels `of_rows`; words as in columns.
    pub fn new(words: &[String], of_rows: &[String]) -> Self {
        let place = |word| of_rows.iter().position(|other| other == word);
        Self { schema: Schema::with_words(words), places: words.iter().map(place).collect() }
    }

    /// Names and types of the columns.
    pub fn columns(&self) -> Vec<TableColumn> {
        let columns = self.schema.columns().iter();
        columns.map(|column| TableColumn::new(&*column.name, column.spec.format)).collect()
    }

    /// The cells of a row; empty where it knows no such label.
    pub fn cells<'a>(&'a self, row: &'a R) -> impl Iterator<Item = Value<'a>> {
        self.schema.columns().iter().map(move |column| {
            let place = if column.spec.per_label { self.places[column.class] } else { Some(0) };
            place.map_or(Value::Empty, |place| (column.spec.fill)(row, place))
        })
    }
}
