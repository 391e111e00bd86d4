//! Tables for other programs: columns with a type, rows of cells, as CSV or as Parquet.
//!
//! Rows go out as they come, so a table of any length takes bounded memory. It has another name
//! until it is whole: what lies under the name that was asked for is complete.

mod csv_sheet;
mod parquet_sheet;

pub mod of_session;

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use csv_sheet::CsvSheet;
use parquet_sheet::ParquetSheet;

use crate::session::{Format, RecordError, Value, sync_file, sync_folder};

/// How a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TableFormat {
    /// Text, as in a session folder.
    #[default]
    Csv,
    /// Columns with types, compressed; for DuckDB, pandas, Polars, R and Spark.
    Parquet,
}

impl TableFormat {
    /// The ending of its files, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Parquet => "parquet",
        }
    }
}

/// Name and type of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableColumn {
    /// As it stands in the first line.
    pub name: String,
    /// What its cells hold.
    pub format: Format,
}

impl TableColumn {
    /// Of that name and type.
    pub fn new(name: impl Into<String>, format: Format) -> Self {
        Self { name: name.into(), format }
    }
}

/// A table being written.
#[derive(Debug)]
pub struct Table {
    path: PathBuf,
    /// Where it is until it is whole; `None` once it is.
    temporary: Option<PathBuf>,
    sheet: Sheet,
    rows: u64,
}

#[derive(Debug)]
enum Sheet {
    Csv(Box<CsvSheet>),
    Parquet(Box<ParquetSheet>),
}

impl Table {
    /// Begins a table that will be at `path`; a file of that name stays until [`Self::finish`].
    ///
    /// # Errors
    /// Names what stands in the way.
    pub fn create(
        path: &Path,
        format: TableFormat,
        columns: Vec<TableColumn>,
    ) -> Result<Self, RecordError> {
        // The process id keeps two programs from writing the same file.
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.tmp", std::process::id()));
        let temporary = path.with_file_name(name);
        let failed = |error: &std::io::Error| RecordError::from_io(error, path);
        let file = File::create(&temporary).map_err(|error| failed(&error))?;
        let sheet = match format {
            TableFormat::Csv => CsvSheet::new(file, columns).map(Box::new).map(Sheet::Csv),
            TableFormat::Parquet => {
                ParquetSheet::new(file, columns).map(Box::new).map(Sheet::Parquet)
            }
        };
        let sheet = sheet.map_err(|error| {
            // The first error is the one to tell; this only tidies up.
            let _ = fs::remove_file(&temporary);
            failed(&error)
        })?;
        Ok(Self { path: path.to_owned(), temporary: Some(temporary), sheet, rows: 0 })
    }

    /// Adds a row: a cell for each column, in their order. Cells that are missing at its end are
    /// empty.
    ///
    /// # Errors
    /// Names what stands in the way.
    pub fn row<'a>(
        &mut self,
        cells: impl IntoIterator<Item = Value<'a>>,
    ) -> Result<(), RecordError> {
        let mut cells = cells.into_iter();
        let written = match &mut self.sheet {
            Sheet::Csv(sheet) => sheet.row(&mut cells),
            Sheet::Parquet(sheet) => sheet.row(&mut cells),
        };
        self.rows += 1;
        written.map_err(|error| RecordError::from_io(&error, &self.path))
    }

    /// Closes the table and gives it its name; how many rows it has.
    ///
    /// # Errors
    /// Names what stands in the way; the table is not there then.
    pub fn finish(mut self) -> Result<u64, RecordError> {
        let closed = match &mut self.sheet {
            Sheet::Csv(sheet) => sheet.close(),
            Sheet::Parquet(sheet) => sheet.close(),
        };
        let temporary = self.temporary.as_deref().unwrap_or(&self.path);
        closed
            .and_then(|file| sync_file(&file))
            .and_then(|()| fs::rename(temporary, &self.path))
            .map_err(|error| RecordError::from_io(&error, &self.path))?;
        self.temporary = None;
        if let Some(folder) = self.path.parent() {
            sync_folder(folder);
        }
        Ok(self.rows)
    }
}

impl Drop for Table {
    /// Half a table is no table.
    fn drop(&mut self) {
        if let Some(temporary) = &self.temporary {
            let _ = fs::remove_file(temporary);
        }
    }
}

#[cfg(test)]
mod tests;
