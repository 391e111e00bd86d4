use std::fs;
use std::path::Path;
use std::time::Duration;

use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;

use super::of_session::Fitting;
use super::*;
use crate::session::Row;
use crate::session::SessionClock;
use crate::session::sample::{self, Dice};

fn words() -> Vec<String> {
    sample::labels().names().to_vec()
}

/// Rows of any numbers a reading may hold.
fn rows(count: u64) -> Vec<Row> {
    let (mut dice, mut clock, zero) = (Dice::new(4), SessionClock::new(), None);
    let mut rows = Vec::new();
    for index in 0..count {
        let seen = sample::observation(&mut dice, index, words().len());
        let stamp = clock.stamp(seen.run, seen.pts, seen.index, seen.pts.since_start());
        if seen.faces.is_empty() {
            rows.push(Row::without_face(stamp, zero));
        }
        for face in &seen.faces {
            rows.push(Row::with_face(stamp, zero, face.track.0.into(), face, &words()));
        }
    }
    rows
}

fn write(path: &Path, format: TableFormat, rows: &[Row]) -> u64 {
    let fitting = Fitting::<Row>::new(&words(), &words());
    let mut table = Table::create(path, format, fitting.columns()).unwrap();
    for row in rows {
        table.row(fitting.cells(row)).unwrap();
    }
    table.finish().unwrap()
}

#[test]
fn parquet_says_what_csv_says_cell_by_cell() {
    let dir = tempfile::tempdir().unwrap();
    let rows = rows(3000);
    let [csv, parquet] = [TableFormat::Csv, TableFormat::Parquet].map(|format| {
        let path = dir.path().join("t").with_extension(format.extension());
        assert_eq!(write(&path, format, &rows), rows.len() as u64);
        path
    });
    let mut csv = csv::Reader::from_path(csv).unwrap();
    let parquet = SerializedFileReader::new(fs::File::open(parquet).unwrap()).unwrap();
    let names: Vec<String> = csv.headers().unwrap().iter().map(str::to_owned).collect();
    let (mut cells, mut empty) = (0, 0);
    for (line, row) in csv.records().zip(parquet.get_row_iter(None).unwrap()) {
        let (line, row) = (line.unwrap(), row.unwrap());
        let columns: Vec<_> = row.get_column_iter().collect();
        assert_eq!(columns.len(), line.len());
        for ((cell, (name, field)), wanted) in line.iter().zip(columns).zip(&names) {
            assert_eq!(name, wanted);
            cells += 1;
            empty += usize::from(cell.is_empty());
            match field {
                Field::Null => assert_eq!(cell, "", "{name}"),
                Field::Double(value) => {
                    assert_eq!(value.to_bits(), cell.parse::<f64>().unwrap().to_bits(), "{name}");
                }
                Field::Long(value) => assert_eq!(value.to_string(), cell, "{name}"),
                Field::Byte(value) => assert_eq!(value.to_string(), cell, "{name}"),
                Field::Str(value) => assert_eq!(value, cell, "{name}"),
                other => panic!("{name} is {other:?}"),
            }
        }
    }
    assert_eq!(cells, rows.len() * names.len());
    assert!(empty > 0, "some frame has no face");
}

#[test]
fn rows_go_out_in_groups_of_bounded_size() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.parquet");
    let columns = vec![TableColumn::new("n", Format::Count), TableColumn::new("t", Format::Text)];
    let mut table = Table::create(&path, TableFormat::Parquet, columns).unwrap();
    let count = parquet_sheet::GROUP_ROWS as u64 * 2 + 7;
    for n in 0..count {
        table.row([Value::Count(n), Value::Text("=1+1")]).unwrap();
    }
    assert_eq!(table.finish().unwrap(), count);
    let reader = SerializedFileReader::new(fs::File::open(&path).unwrap()).unwrap();
    let groups: Vec<i64> =
        reader.metadata().row_groups().iter().map(|group| group.num_rows()).collect();
    assert_eq!(groups, [100_000, 100_000, 7]);
    let last = reader.get_row_iter(None).unwrap().last().unwrap().unwrap();
    assert_eq!(last.to_string(), format!("{{n: {}, t: \"=1+1\"}}", count - 1));
}

#[test]
fn a_table_is_there_once_it_is_whole() {
    let dir = tempfile::tempdir().unwrap();
    for format in [TableFormat::Csv, TableFormat::Parquet] {
        let path = dir.path().join("t").with_extension(format.extension());
        fs::write(&path, "older").unwrap();
        let columns = || vec![TableColumn::new("time", Format::Seconds)];
        let mut table = Table::create(&path, format, columns()).unwrap();
        table.row([Value::Time(Duration::from_millis(1500))]).unwrap();
        drop(table);
        assert_eq!(fs::read_to_string(&path).unwrap(), "older");
        Table::create(&path, format, columns()).unwrap().finish().unwrap();
        assert_ne!(fs::read(&path).unwrap(), b"older");
    }
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2, "nothing else is left");
    let gone = dir.path().join("gone/t.csv");
    let error = Table::create(&gone, TableFormat::Csv, Vec::new()).unwrap_err();
    assert!(error.to_string().contains("t.csv"), "{error}");
}
