use std::fs;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use parquet::file::reader::{FileReader, SerializedFileReader};

use super::{Format, Source, TableOptions};
use crate::session::sample::{Dice, header, labels, observation};
use crate::session::{Recorder, SessionEvent, SessionHeader, SessionMeta, SessionSummary};

/// What tries to be run, or to break out, wherever it lands.
const HOSTILE: [&str; 8] = [
    "=HYPERLINK(\"http://x\")",
    "+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "</ANNOTATION_VALUE><b>&amp; \"x\" --> 00:00:01.000",
    "../../etc/\u{0}\u{1b}[31m\u{fffe}{\\an8}",
];

/// Two seconds of random faces, with hostile words wherever people write some.
fn hostile(dir: &Path) -> Source {
    let meta = SessionMeta {
        name: HOSTILE[0].into(),
        participant: HOSTILE[4].into(),
        note: HOSTILE.join("\n"),
        tags: HOSTILE.map(str::to_owned).to_vec(),
        ..SessionMeta::default()
    };
    let header = SessionHeader { meta, ..header(&labels()) };
    let mut recorder = Recorder::create(dir, header).unwrap();
    let mut dice = Dice::new(3);
    for index in (0..60).filter(|index| !(20..40).contains(index)) {
        recorder
            .write(&observation(&mut dice, index, 8), Duration::from_micros(index * 33_333))
            .unwrap();
    }
    for (index, text) in HOSTILE.iter().enumerate() {
        recorder.marker(Duration::from_millis(100 + 50 * index as u64), text).unwrap();
        let note = SessionEvent::Note { text: (*text).into() };
        recorder.event(Duration::from_millis(90), &note).unwrap();
    }
    let folder = recorder.finish(SessionSummary::default()).unwrap().folder;
    Source::open(&folder).unwrap()
}

#[test]
fn parquet_holds_the_rows_that_are_sound() {
    let (dir, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let source = hostile(dir.path());
    let rows = source.session.observations().unwrap().filter(Result::is_ok).count();
    let path = out.path().join(source.file_name(Format::Parquet));
    let now: Timestamp = "2026-11-24T14:05:33Z".parse().unwrap();
    source.export(Format::Parquet, &TableOptions::default(), &path, now).unwrap();
    let reader = SerializedFileReader::new(fs::File::open(&path).unwrap()).unwrap();
    assert_eq!(reader.metadata().file_metadata().num_rows(), rows as i64);
    let first = reader.get_row_iter(None).unwrap().next().unwrap().unwrap();
    let names: Vec<&String> = first.get_column_iter().map(|(name, _)| name).collect();
    assert_eq!(names[..3], ["frame", "face_id", "timestamp"]);
}

fn exported(source: &Source, dir: &Path, format: Format, options: &TableOptions) -> Vec<String> {
    let path = dir.join(source.file_name(format));
    assert_eq!(path.parent(), Some(dir), "{}", path.display());
    let now: Timestamp = "2026-11-24T14:05:33Z".parse().unwrap();
    let files = source.export(format, options, &path, now).unwrap();
    files.iter().map(|file| fs::read_to_string(file).unwrap()).collect()
}

fn table(
    source: &Source,
    dir: &Path,
    options: &TableOptions,
) -> (csv::StringRecord, Vec<csv::StringRecord>) {
    let text = exported(source, dir, Format::Csv, options).remove(0);
    assert!(text.ends_with("\r\n"));
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
    assert_eq!(text.starts_with('\u{feff}'), options.bom);
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(if options.decimal_comma { b';' } else { b',' })
        .from_reader(text.as_bytes());
    let header = reader.headers().unwrap().clone();
    (header, reader.records().map(Result::unwrap).collect())
}

fn at<'a>(header: &csv::StringRecord, row: &'a csv::StringRecord, name: &str) -> &'a str {
    &row[header.iter().position(|column| column == name).unwrap()]
}

#[test]
fn nothing_that_people_wrote_is_run_or_breaks_out() {
    let dir = tempfile::tempdir().unwrap();
    let (source, out) = (hostile(dir.path()), tempfile::tempdir().unwrap());
    let harmless = |cell: &str| {
        let starts = ['=', '+', '@', '\t', '\r'];
        let number = cell.replace(',', ".").parse::<f64>().is_ok();
        (number || !cell.trim_start().starts_with('-')) && !cell.trim_start().starts_with(starts)
    };
    for long in [false, true] {
        for decimal_comma in [false, true] {
            let options = TableOptions { long, decimal_comma, bom: long, rate_hz: None };
            let (_, rows) = table(&source, out.path(), &options);
            let cells = rows.iter().flat_map(csv::StringRecord::iter);
            assert_eq!(cells.clone().find(|cell| !harmless(cell)), None);
            assert!(cells.clone().any(|cell| cell == "'=HYPERLINK(\"http://x\")"));
        }
    }
    let tsv = exported(&source, out.path(), Format::Bids, &TableOptions::default());
    assert!(
        tsv[0].lines().all(|line| line.split('\t').count() == 6 && line.split('\t').all(harmless))
    );
    let columns: serde_json::Value = serde_json::from_str(&tsv[1]).unwrap();
    assert_eq!(columns["MienSession"]["Note"], HOSTILE.join("\n"));
    let eaf = exported(&source, out.path(), Format::Eaf, &TableOptions::default()).remove(0);
    assert!(!eaf.contains("<b>") && !eaf.contains('\u{1b}') && eaf.contains("&lt;b&gt;"), "{eaf}");
    for format in [Format::Vtt, Format::Srt] {
        let text = exported(&source, out.path(), format, &TableOptions::default()).remove(0);
        assert!(!text.contains("<") && !text.contains("HYPERLINK"), "{text}");
    }
    let written: Vec<_> =
        fs::read_dir(out.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(written.len(), 6, "{written:?}");
}

#[test]
fn a_table_has_the_cells_of_the_session() {
    let dir = tempfile::tempdir().unwrap();
    let (source, out) = (hostile(dir.path()), tempfile::tempdir().unwrap());
    let (header, rows) = table(&source, out.path(), &TableOptions::default());
    assert_eq!(rows.len() as u64, source.session.record().rows);
    let original = fs::read_to_string(source.session.folder().join("observations.csv")).unwrap();
    for (row, line) in rows.iter().zip(original.lines().skip(1)) {
        let cells: Vec<&str> = row.iter().skip(3).collect();
        assert_eq!(cells.join(","), line);
    }
    // A comma changes how a number is written and nothing else.
    let comma = TableOptions { decimal_comma: true, ..TableOptions::default() };
    let (_, with_comma) = table(&source, out.path(), &comma);
    for (a, b) in rows.iter().zip(&with_comma) {
        assert_eq!(at(&header, a, "timestamp").replace('.', ","), at(&header, b, "timestamp"));
        assert_eq!(at(&header, a, "utc"), at(&header, b, "utc"));
    }
    // A long table has each number once.
    let long = TableOptions { long: true, ..TableOptions::default() };
    let (long_header, long_rows) = table(&source, out.path(), &long);
    let numbers = |row: &csv::StringRecord| {
        let names = header.iter().zip(row.iter());
        names
            .filter(|(name, cell)| {
                !cell.is_empty() && long_header.iter().all(|other| other != *name)
            })
            .count()
    };
    assert_eq!(long_rows.len(), rows.iter().map(numbers).sum::<usize>());
    assert!(long_rows.iter().any(|row| at(&long_header, row, "measure") == "smoothed_fear"));
}

#[test]
fn a_fixed_rate_holds_frames_and_leaves_gaps_empty() {
    let dir = tempfile::tempdir().unwrap();
    let (source, out) = (hostile(dir.path()), tempfile::tempdir().unwrap());
    let options = TableOptions { rate_hz: Some(50.0), ..TableOptions::default() };
    let (header, rows) = table(&source, out.path(), &options);
    let mut times: Vec<f64> =
        rows.iter().map(|row| at(&header, row, "timestamp").parse().unwrap()).collect();
    times.dedup();
    assert!(times.iter().enumerate().all(|(tick, time)| (time - tick as f64 / 50.0).abs() < 1e-6));
    // The session has 60 frames at 30 a second, of which 20 are missing in the middle.
    assert_eq!(times.len(), 100);
    for row in &rows {
        let (time, frame) = (at(&header, row, "timestamp"), at(&header, row, "frame"));
        let time: f64 = time.parse().unwrap();
        let stands = (time / 0.033_333).floor() as u64;
        match stands {
            // A frame stands for 0.3 s at most; the rest of the gap is nobody's.
            20..40 if time > 19.0 * 0.033_333 + 0.3 => {
                assert_eq!((frame, at(&header, row, "success")), ("", ""))
            }
            20..40 => assert_eq!(frame, "19"),
            _ => assert_eq!(frame.parse::<u64>().unwrap(), stands, "{time}"),
        }
        assert!(at(&header, row, "utc").starts_with("2026-11-24T14:05:3"));
    }
    let slow = TableOptions { rate_hz: Some(1.0), ..TableOptions::default() };
    let (header, rows) = table(&source, out.path(), &slow);
    let mut seconds: Vec<&str> = rows.iter().map(|row| at(&header, row, "timestamp")).collect();
    seconds.dedup();
    assert_eq!(seconds, ["0.000000", "1.000000"]);
}

#[test]
fn captions_and_tiers_follow_each_other() {
    let dir = tempfile::tempdir().unwrap();
    let (source, out) = (hostile(dir.path()), tempfile::tempdir().unwrap());
    let options = TableOptions::default();
    let vtt = exported(&source, out.path(), Format::Vtt, &options).remove(0);
    let srt = exported(&source, out.path(), Format::Srt, &options).remove(0);
    let episodes = source.episodes().len();
    assert!(vtt.starts_with("WEBVTT\n\n1\n00:00:0") && episodes > 20);
    assert_eq!((vtt.matches(" --> ").count(), srt.matches(" --> ").count()), (episodes, episodes));
    let eaf = exported(&source, out.path(), Format::Eaf, &options).remove(0);
    assert_eq!(eaf.matches("<TIER ").count(), source.signal.faces().len() + 1);
    assert_eq!(
        eaf.matches("<ALIGNABLE_ANNOTATION ").count() * 2,
        eaf.matches("<TIME_SLOT ").count()
    );
}

#[test]
fn a_damaged_session_gives_its_sound_rows() {
    let dir = tempfile::tempdir().unwrap();
    let folder = hostile(dir.path()).session.folder().to_owned();
    let path = folder.join("observations.csv");
    let text = fs::read_to_string(&path).unwrap();
    let row = text.lines().nth(6).unwrap();
    fs::write(&path, text.replacen(row, "five,broken,cells", 1)).unwrap();
    let source = Source::open(&folder).unwrap();
    assert_eq!(source.problems().len(), 1);
    let (_, rows) = table(&source, dir.path(), &TableOptions::default());
    assert_eq!(rows.len() as u64 + 1, source.session.record().rows);
}
