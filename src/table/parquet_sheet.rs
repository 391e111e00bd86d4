//! A table as Parquet. Rows wait in memory column by column until there are enough for a row group,
//! so memory does not grow with the table.
//!
//! | cells | type |
//! |---|---|
//! | whole numbers | `INT64` |
//! | 0 or 1 | `INT32`, logical `INT_8` |
//! | seconds, numbers | `DOUBLE`: the very number that reading the CSV gives |
//! | wall clock time | `INT64`, logical `TIMESTAMP` in milliseconds, UTC |
//! | words, text | `BYTE_ARRAY`, logical `STRING`; without the mark that guards CSV from formulas |
//!
//! An empty cell is null.

use std::fs::File;
use std::io;
use std::sync::Arc;

use parquet::basic::{
    Compression, Encoding, LogicalType, Repetition, TimeUnit, Type as PhysicalType,
};
use parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{ColumnPath, Type};

use super::{Format, TableColumn, Value};

/// Rows of a row group: enough to be read in parallel and compressed well, some 40 MB of memory for
/// a table of observations.
pub const GROUP_ROWS: usize = 100_000;

/// The file, and the rows that wait.
#[derive(Debug)]
pub struct ParquetSheet {
    out: SerializedFileWriter<File>,
    waiting: Vec<Cells>,
    rows: usize,
}

impl ParquetSheet {
    pub fn new(file: File, columns: Vec<TableColumn>) -> io::Result<Self> {
        let fields = columns.iter().map(field).collect::<Result<_, _>>().map_err(io_error)?;
        let schema = Type::group_type_builder("mien").with_fields(fields).build();
        let properties = Arc::new(properties(&columns));
        let out = SerializedFileWriter::new(file, Arc::new(schema.map_err(io_error)?), properties);
        let waiting = columns.into_iter().map(|column| Cells::new(column.format)).collect();
        Ok(Self { out: out.map_err(io_error)?, waiting, rows: 0 })
    }

    pub fn row<'a>(&mut self, cells: &mut dyn Iterator<Item = Value<'a>>) -> io::Result<()> {
        for column in &mut self.waiting {
            column.push(cells.next().unwrap_or(Value::Empty));
        }
        self.rows += 1;
        if self.rows == GROUP_ROWS { self.write_group() } else { Ok(()) }
    }

    /// The file with all rows in it.
    pub fn close(&mut self) -> io::Result<File> {
        if self.rows > 0 {
            self.write_group()?;
        }
        self.out.finish().map_err(io_error)?;
        self.out.inner().try_clone()
    }

    fn write_group(&mut self) -> io::Result<()> {
        self.rows = 0;
        let mut group = self.out.next_row_group().map_err(io_error)?;
        for column in &mut self.waiting {
            let Some(out) = group.next_column().map_err(io_error)? else { break };
            column.write(out).map_err(io_error)?;
        }
        group.close().map_err(io_error)?;
        Ok(())
    }
}

fn field(column: &TableColumn) -> Result<Arc<Type>, ParquetError> {
    let (physical, logical) = match column.format {
        Format::Count => (PhysicalType::INT64, None),
        Format::Flag => (PhysicalType::INT32, Some(LogicalType::integer(8, true))),
        Format::Seconds | Format::Fixed(_) => (PhysicalType::DOUBLE, None),
        Format::Utc => (PhysicalType::INT64, Some(LogicalType::timestamp(true, TimeUnit::MILLIS))),
        Format::Word | Format::Text => (PhysicalType::BYTE_ARRAY, Some(LogicalType::String)),
    };
    let field = Type::primitive_type_builder(&column.name, physical)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(logical)
        .build()?;
    Ok(Arc::new(field))
}

fn properties(columns: &[TableColumn]) -> WriterProperties {
    let mut properties = WriterProperties::builder()
        .set_created_by(concat!("mien ", env!("CARGO_PKG_VERSION")).into())
        .set_compression(Compression::GZIP(Default::default()))
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        // Which groups hold what is asked for; for pages it would be more than it saves.
        .set_statistics_enabled(EnabledStatistics::Chunk);
    for column in columns {
        if matches!(column.format, Format::Seconds | Format::Fixed(_)) {
            // Hardly two measured numbers are equal, but their upper bytes are.
            let path = || ColumnPath::from(column.name.as_str());
            properties = properties
                .set_column_dictionary_enabled(path(), false)
                .set_column_encoding(path(), Encoding::BYTE_STREAM_SPLIT);
        }
    }
    properties.build()
}

/// The words of the system, where it was the system.
fn io_error(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(inner) => match inner.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(other) => io::Error::other(other),
        },
        other => io::Error::other(other),
    }
}

/// Cells of a column that wait, without the empty ones.
#[derive(Debug)]
struct Cells {
    format: Format,
    values: Values,
    /// For each row: 1, or 0 if its cell is empty.
    present: Vec<i16>,
}

#[derive(Debug)]
enum Values {
    Int32(Vec<i32>),
    Int64(Vec<i64>),
    Double(Vec<f64>),
    Text(Vec<ByteArray>),
}

impl Cells {
    fn new(format: Format) -> Self {
        let values = match format {
            Format::Flag => Values::Int32(Vec::new()),
            Format::Count | Format::Utc => Values::Int64(Vec::new()),
            Format::Seconds | Format::Fixed(_) => Values::Double(Vec::new()),
            Format::Word | Format::Text => Values::Text(Vec::new()),
        };
        Self { format, values, present: Vec::new() }
    }

    fn push(&mut self, value: Value<'_>) {
        let whole = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let present = match (&mut self.values, value) {
            (_, Value::Empty) => false,
            (Values::Int32(values), Value::Count(flag)) => {
                values.push(i32::from(flag != 0));
                true
            }
            (Values::Int64(values), Value::Count(count)) => {
                values.push(whole(count));
                true
            }
            (Values::Int64(values), Value::Utc(utc)) => {
                values.push(utc.as_millisecond());
                true
            }
            (Values::Double(values), Value::Time(time)) => {
                values.push(whole(time.as_micros() as u64) as f64 / 1e6);
                true
            }
            (Values::Double(values), Value::Number(number)) => {
                values.push(decimal(number, self.format));
                true
            }
            (Values::Text(values), Value::Text(text)) => {
                // Most say what the one before said.
                let same = values.last().filter(|last| last.data() == text.as_bytes()).cloned();
                values.push(same.unwrap_or_else(|| ByteArray::from(text)));
                true
            }
            (_, value) => {
                debug_assert!(false, "a column of {:?} was filled with {value:?}", self.format);
                false
            }
        };
        self.present.push(i16::from(present));
    }

    fn write(&mut self, mut out: SerializedColumnWriter<'_>) -> Result<(), ParquetError> {
        match &mut self.values {
            Values::Int32(values) => write::<Int32Type>(&mut out, values, &self.present)?,
            Values::Int64(values) => write::<Int64Type>(&mut out, values, &self.present)?,
            Values::Double(values) => write::<DoubleType>(&mut out, values, &self.present)?,
            Values::Text(values) => write::<ByteArrayType>(&mut out, values, &self.present)?,
        }
        self.present.clear();
        out.close()
    }
}

fn write<T: DataType>(
    out: &mut SerializedColumnWriter<'_>,
    values: &mut Vec<T::T>,
    present: &[i16],
) -> Result<(), ParquetError> {
    out.typed::<T>().write_batch(values, Some(present), None)?;
    values.clear();
    Ok(())
}

/// The number that the cell of the CSV stands for: with so many decimals, half to even as there.
fn decimal(number: f32, format: Format) -> f64 {
    let Format::Fixed(decimals) = format else { return number.into() };
    let unit = 10_f64.powi(decimals.into());
    // Adding zero takes the sign off a negative one.
    (f64::from(number) * unit).round_ties_even() / unit + 0.0
}
