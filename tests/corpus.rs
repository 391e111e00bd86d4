//! `mien analyze` and `mien merge` on many files: shards, tables, annotated videos, spoilt sessions.

#![cfg(target_os = "linux")]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use common::program::mien;
use image::RgbImage;
use mien::session::{Session, SessionRecord, session_folders};
use mien::source::demo::{Scene, SceneKind};
use mien::source::media::{self, MediaItem, MediaReader, OpenOptions};
use mien::time::Pts;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;

/// A folder with inputs, and sessions made of them.
struct Home(tempfile::TempDir);

impl Home {
    /// With these clips.
    fn with(clips: &[&str]) -> Self {
        let home = Self(tempfile::tempdir().unwrap());
        fs::create_dir(home.at("inputs")).unwrap();
        for name in clips {
            let clip = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/video/clips").join(name);
            fs::copy(clip, home.at("inputs").join(name)).unwrap();
        }
        home
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = mien(self.0.path(), arguments);
        command.current_dir(self.0.path()).output().expect("the program runs")
    }

    /// Expects success; standard output.
    fn run_well(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let (said, errors) = (text(&output.stdout), text(&output.stderr));
        assert!(output.status.success(), "{said}{errors}");
        said
    }

    fn analyze_well(&self, out: &str, arguments: &[&str]) -> String {
        self.run_well(&[&["analyze", "--no-ffmpeg", "--out", out], arguments].concat())
    }

    fn only_session(&self, out: &str) -> PathBuf {
        let sessions = session_folders(&self.at(out));
        assert_eq!(sessions.len(), 1);
        sessions[0].clone()
    }
}

const CLIPS: [&str; 4] = ["h264_bframes.mp4", "h264_vfr.mkv", "vp9_odd.webm", "mjpeg_odd.avi"];

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn csv_rows(path: &Path) -> (Vec<String>, Vec<Vec<String>>) {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let names = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let row = |row: csv::StringRecord| row.iter().map(str::to_owned).collect();
    (names, reader.records().map(|record| row(record.unwrap())).collect())
}

/// As CSV would have them.
fn parquet_rows(path: &Path) -> (Vec<String>, Vec<Vec<String>>) {
    let reader = SerializedFileReader::new(fs::File::open(path).unwrap()).unwrap();
    let mut names = Vec::new();
    let cell = |field: &Field| match field {
        Field::Null => String::new(),
        Field::Str(text) => text.clone(),
        Field::Double(number) => number.to_string(),
        Field::Long(number) => number.to_string(),
        Field::Byte(number) => number.to_string(),
        other => panic!("{other:?}"),
    };
    let rows = reader.get_row_iter(None).unwrap().map(|row| {
        let row = row.unwrap();
        names = row.get_column_iter().map(|(name, _)| name.clone()).collect();
        row.get_column_iter().map(|(_, field)| cell(field)).collect()
    });
    let rows = rows.collect();
    (names, rows)
}

/// Cells that are numbers as numbers, so that both tables compare.
fn assert_same(csv: &[Vec<String>], parquet: &[Vec<String>]) {
    assert_eq!(csv.len(), parquet.len());
    for (a, b) in csv.iter().flatten().zip(parquet.iter().flatten()) {
        let numbers = (a.parse::<f64>(), b.parse::<f64>());
        assert!(a == b || matches!(numbers, (Ok(x), Ok(y)) if x == y), "{a} {b}");
    }
}

#[test]
fn shards_are_parts_and_merged_they_are_the_whole() {
    let home = Home::with(&CLIPS);
    home.analyze_well("whole", &["inputs"]);
    let names = |out: &str| -> BTreeSet<_> {
        session_folders(&home.at(out)).iter().map(|f| f.file_name().unwrap().to_owned()).collect()
    };
    let mut parts = BTreeSet::new();
    for shard in ["1/3", "2/3", "3/3"] {
        let out = format!("shards/{}", &shard[..1]);
        home.analyze_well(&out, &["--shard", shard, "inputs"]);
        for name in names(&out) {
            assert!(parts.insert(name), "in two shards");
        }
    }
    assert_eq!(parts, names("whole"));
    assert!(names("shards/1").len() < CLIPS.len(), "they are shared out");

    let said = home.run_well(&["merge", "shards", "--out", "corpus"]);
    assert!(said.contains("4 sessions"), "{said}");
    let (columns, rows) = csv_rows(&home.at("corpus/observations.csv"));
    assert_eq!((&*columns[0], &*columns[1]), ("session", "frame"));
    let mut sessions = BTreeSet::new();
    let mut count = 0;
    for name in &parts {
        let name = name.to_str().unwrap();
        let (_, own) = csv_rows(&home.at("whole").join(name).join("observations.csv"));
        let merged: Vec<_> = rows.iter().filter(|row| row[0] == *name).collect();
        assert_eq!(merged.len(), own.len());
        assert!(merged.iter().zip(&own).all(|(merged, own)| merged[1..] == own[..]), "{name}");
        sessions.insert(name.to_owned());
        count += own.len();
    }
    assert_eq!(count, rows.len());
    let (_, summary) = csv_rows(&home.at("corpus/sessions.csv"));
    assert_eq!(summary.iter().map(|row| row[0].clone()).collect::<BTreeSet<_>>(), sessions);
    // A corpus is no session, and is not joined to itself.
    assert!(Session::open(&home.at("corpus")).is_err());
    let said = home.run_well(&["merge", ".", "--out", "corpus"]);
    assert!(said.contains("4 sessions"), "{said}");
}

#[test]
fn what_is_damaged_or_there_twice_is_named_and_left_out() {
    let home = Home::with(&CLIPS);
    home.analyze_well("a", &["inputs"]);
    home.analyze_well("b", &["inputs/vp9_odd.webm"]);
    let sessions = session_folders(&home.at("a"));
    let spoil = |session: usize, file: &str, content: &dyn Fn(String) -> String| {
        let path = sessions[session].join(file);
        fs::write(&path, content(fs::read_to_string(&path).unwrap())).unwrap();
    };
    spoil(0, "session.json", &|_| "{".into());
    spoil(1, "observations.csv", &|table| table.replacen("\n0,", "\nzero,", 1));
    spoil(2, "observations.csv", &|table| table[..table.len() * 2 / 3].into());
    let output = home.run(&["merge", "a", "b", "--out", "corpus"]);
    let errors = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{errors}");
    for spoilt in &sessions[..3] {
        let name = spoilt.file_name().unwrap().to_str().unwrap();
        assert!(errors.contains(&format!("{name} is left out")), "{name}: {errors}");
    }
    assert!(errors.contains("says what a/vp9_odd") || errors.contains("says what"), "{errors}");
    let (_, summary) = csv_rows(&home.at("corpus/sessions.csv"));
    assert_eq!(summary.len(), 1);
    // A duplicate alone is no failure.
    fs::remove_dir_all(home.at("a")).unwrap();
    home.analyze_well("a", &["inputs/vp9_odd.webm"]);
    home.run_well(&["merge", "a", "b", "--out", "corpus"]);
    let output = home.run(&["merge", "inputs", "--out", "none"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("no session") && !home.at("none").exists());
    let session = home.only_session("b");
    let output = home.run(&["merge", "a", "--out", session.to_str().unwrap()]);
    assert!(text(&output.stderr).contains("is a session itself"), "{output:?}");
}

#[test]
fn models_with_other_classes_share_a_table() {
    let home = Home::with(&["h264_bframes.mp4", "vp9_odd.webm"]);
    save_scene(&home.at("inputs/shots"), 6);
    home.analyze_well("a", &["inputs"]);
    // As another model would have written it: one class less, one with another name.
    let sessions = session_folders(&home.at("a"));
    let session = sessions.iter().find(|f| f.to_str().unwrap().contains("shots")).unwrap();
    let table = session.join("observations.csv");
    let text = fs::read_to_string(&table).unwrap();
    fs::write(&table, text.replace("_contempt", "_boredom").replace(",hint\n", ",other\n"))
        .unwrap();
    home.run_well(&["merge", "a", "--out", "corpus"]);
    let (columns, rows) = csv_rows(&home.at("corpus/observations.csv"));
    let place = |name: &str| columns.iter().position(|column| column == name).unwrap();
    assert_eq!(columns.iter().collect::<BTreeSet<_>>().len(), columns.len());
    let (contempt, boredom) = (place("p_contempt"), place("p_boredom"));
    let mut seen = [false; 2];
    for row in rows.iter().filter(|row| row[place("success")] == "1") {
        let is_other = row[0].starts_with("shots");
        seen[usize::from(is_other)] = true;
        assert_eq!(row[contempt].is_empty(), is_other, "{row:?}");
        assert_eq!(row[boredom].is_empty(), !is_other, "{row:?}");
    }
    assert!(seen[1], "the scene has a face");
}

/// Frames of the drawn scene, in which a person is seen, as a folder of numbered pictures.
fn save_scene(folder: &Path, count: u32) {
    const SIZE: (u32, u32) = (320, 240);
    fs::create_dir_all(folder).unwrap();
    let mut scene = Scene::new(SceneKind::Alone, SIZE, 1);
    for n in 0..count {
        let mut rgb = Vec::new();
        scene.render(Pts::from_secs_f64(f64::from(n) / 25.0), &mut rgb);
        let picture = RgbImage::from_raw(SIZE.0, SIZE.1, rgb).unwrap();
        picture.save(folder.join(format!("{n:04}.bmp"))).unwrap();
    }
}

#[test]
fn parquet_lies_beside_the_csv_and_says_the_same() {
    let home = Home::with(&CLIPS);
    save_scene(&home.at("inputs/shots"), 8);
    home.analyze_well("a", &["inputs"]);
    let before: Vec<_> = session_folders(&home.at("a"));
    // What is done is not done again: the tables are written from it.
    let said = home.analyze_well("a", &["--format", "parquet", "inputs"]);
    assert_eq!(said.matches("skipped").count(), before.len() + 1, "{said}");
    for session in before {
        for table in ["observations", "events"] {
            let path = session.join(table);
            let (columns, rows) = csv_rows(&path.with_extension("csv"));
            let (names, parquet) = parquet_rows(&path.with_extension("parquet"));
            assert!(rows.is_empty() || columns == names);
            assert_same(&rows, &parquet);
        }
    }
    home.run_well(&["merge", "a", "--out", "corpus", "--format", "parquet"]);
    let parquet = parquet_rows(&home.at("corpus/observations.parquet"));
    home.run_well(&["merge", "a", "--out", "corpus"]);
    assert!(!home.at("corpus/observations.parquet").exists(), "of the merge before");
    let csv = csv_rows(&home.at("corpus/observations.csv"));
    assert_eq!(csv.0, parquet.0);
    assert_same(&csv.1, &parquet.1);
    // With the files that were added, a session is still one that can be done anew.
    home.analyze_well("a", &["--force", "inputs"]);
}

#[test]
fn an_annotated_video_is_made_only_if_asked_for_and_runs_as_the_media_does() {
    let home = Home::with(&["h264_vfr.mkv"]);
    home.analyze_well("plain", &["inputs"]);
    let plain = home.only_session("plain");
    assert!(!plain.join("overlay.avi").exists());
    assert_eq!(SessionRecord::read(&plain).unwrap().file.unwrap().overlay, None);

    home.analyze_well("out", &["--overlay", "inputs"]);
    let session = home.only_session("out");
    let record = SessionRecord::read(&session).unwrap();
    assert_eq!(record.file.unwrap().overlay.as_deref(), Some("overlay.avi"));
    let table = |session: &Path| fs::read(session.join("observations.csv")).unwrap();
    assert_eq!(table(&session), table(&plain), "it changes no reading");
    let said = home.analyze_well("out", &["--overlay", "inputs"]);
    assert!(said.contains("done before"), "{said}");
    // One without it is another, and one whose video is gone is not done.
    home.analyze_well("out", &["inputs"]);
    assert_eq!(session_folders(&home.at("out")).len(), 2);
    fs::remove_file(session.join("overlay.avi")).unwrap();
    home.analyze_well("out", &["--overlay", "inputs"]);

    // Each picture stands at its time, to within a frame of the rate that the header says.
    let media_times = times_of(&home.at("inputs/h264_vfr.mkv"));
    let overlay_times = times_of(&session.join("overlay.avi"));
    let rate = reader_of(&session.join("overlay.avi")).info().nominal_rate_hz;
    let frame = (1e6 / rate) as u128 + 1;
    for shown in &overlay_times {
        assert!(media_times.iter().any(|time| time.abs_diff(*shown) <= frame), "{shown}");
    }
    for (time, next) in media_times.iter().zip(media_times.iter().skip(1)) {
        let is_shown = overlay_times.iter().any(|shown| shown.abs_diff(*time) <= frame);
        assert!(is_shown || next - time < frame, "{time} of {overlay_times:?}");
    }
    assert!(media_times.last().unwrap().abs_diff(*overlay_times.last().unwrap()) <= frame);
    // Sessions may lie beside the videos: their annotated videos are no inputs.
    let said = home.analyze_well("out", &["--overlay", "inputs", "out"]);
    assert!(!said.contains("overlay-avi"), "{said}");

    let probe = Command::new("ffprobe")
        .args(["-v", "error", "-count_frames", "-show_entries", "stream=nb_read_frames,codec_name"])
        .args(["-of", "csv=p=0"])
        .arg(session.join("overlay.avi"))
        .output();
    let Ok(probe) = probe else {
        eprintln!("SKIPPED: there is no ffprobe to look at the annotated video with");
        return;
    };
    assert_eq!(text(&probe.stderr), "");
    assert_eq!(text(&probe.stdout).trim(), format!("mjpeg,{}", overlay_times.len()));
}

/// Of each picture, in microseconds.
fn times_of(path: &Path) -> Vec<u128> {
    let mut reader = reader_of(path);
    let mut times = Vec::new();
    while let Some(item) = reader.next_item().unwrap() {
        let MediaItem::Picture(picture) = item else { panic!("{item:?}") };
        times.push(picture.pts.since_start().as_micros());
    }
    times
}

fn reader_of(path: &Path) -> Box<dyn MediaReader> {
    media::open(path, &OpenOptions::default()).unwrap()
}
