//! A table as CSV: quoted as in RFC 4180, lines ending in LF, a decimal point whatever the locale.

use std::fs::File;
use std::io::{self, BufWriter};

use super::{TableColumn, Value};

/// The file, and the columns in their order.
#[derive(Debug)]
pub struct CsvSheet {
    columns: Vec<TableColumn>,
    out: csv::Writer<BufWriter<File>>,
    cell: String,
}

impl CsvSheet {
    pub fn new(file: File, columns: Vec<TableColumn>) -> io::Result<Self> {
        let mut out = csv::Writer::from_writer(BufWriter::with_capacity(1 << 18, file));
        out.write_record(columns.iter().map(|column| &column.name))?;
        Ok(Self { columns, out, cell: String::new() })
    }

    pub fn row<'a>(&mut self, cells: &mut dyn Iterator<Item = Value<'a>>) -> io::Result<()> {
        for column in &self.columns {
            self.cell.clear();
            column.format.write(cells.next().unwrap_or(Value::Empty), &mut self.cell);
            self.out.write_field(&self.cell)?;
        }
        Ok(self.out.write_record(None::<&[u8]>)?)
    }

    /// The file with all rows in it.
    pub fn close(&mut self) -> io::Result<File> {
        self.out.flush()?;
        self.out.get_ref().get_ref().try_clone()
    }
}
