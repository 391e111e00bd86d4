//! Observations as Parquet: the columns of a session, with types.

use std::path::Path;

use super::{ExportError, Source};
use crate::session::Row;
use crate::table::of_session::Fitting;
use crate::table::{Table, TableFormat};

/// Rows that can't be used are left out; [`Source::problems`] names them.
pub fn write(source: &Source, path: &Path) -> Result<(), ExportError> {
    let rows = source.session.observations()?;
    let fitting = Fitting::<Row>::new(rows.label_words(), rows.label_words());
    let mut table = Table::create(path, TableFormat::Parquet, fitting.columns())?;
    for row in rows.flatten() {
        table.row(fitting.cells(&row))?;
    }
    table.finish()?;
    Ok(())
}
