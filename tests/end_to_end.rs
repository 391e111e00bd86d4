//! The program itself, from the source to the closed session: nothing here calls what it is made
//! of, but to read what it wrote.

#![cfg(target_os = "linux")]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use common::program::{
    Ended, Running, complete_session, complete_sessions, mien, observation, recording, rows_of,
    sessions_dir,
};
use jiff::Timestamp;
use mien::session::{Row, Session, find_unfinished, recover};
use serde_json::Value;

fn home() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn run(home: &Path, args: &[&str]) -> Ended {
    Running::start(&mut mien(home, args)).end()
}

const LABELS: [&str; 8] =
    ["neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt"];

/// Asserts that there is a posterior over the eight labels under `name`.
fn assert_posterior(face: &Value, name: &str) {
    let posterior = face[name].as_object().unwrap();
    let mut labels: Vec<_> = posterior.keys().map(|label| label.to_lowercase()).collect();
    let mut expected = LABELS;
    labels.sort();
    expected.sort_unstable();
    assert_eq!(labels, expected);
    let shares: Vec<f64> = posterior.values().map(|share| share.as_f64().unwrap()).collect();
    assert!(shares.iter().all(|share| (0.0..=1.0).contains(share)), "{face}");
    assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-3, "{face}");
}

#[test]
fn the_demo_is_read_as_json_lines() {
    let home = home();
    let args = ["live", "--headless", "--source", "demo", "--json", "--seconds", "2"];
    let ended = run(home.path(), &args);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stderr.contains("reading \u{201c}Demo\u{201d}, 640x480"), "{}", ended.stderr);
    let observations = ended.observations();
    let with_face: Vec<&Value> = observations
        .iter()
        .filter_map(|line| line["faces"].as_array().and_then(|faces| faces.first()))
        .collect();
    assert!(observations.len() >= 10, "{} lines in 2 s", observations.len());
    assert!(with_face.len() * 10 >= observations.len() * 9, "{} with a face", with_face.len());
    for face in with_face {
        assert_posterior(face, "p");
        assert_posterior(face, "smoothed");
    }
    for pair in observations.windows(2) {
        assert!(pair[0]["timestamp"].as_f64() < pair[1]["timestamp"].as_f64());
        assert!(pair[0]["frame"].as_u64() < pair[1]["frame"].as_u64());
    }
    assert!(!home.path().join("sessions").exists(), "nothing is stored unless asked for");
}

#[test]
fn ctrl_c_ends_a_recording_properly() {
    let home = home();
    let mut command = recording(home.path(), "demo:2");
    command.args(["--participant", "P07", "--note", "two people"]);
    let program = Running::start(&mut command);
    program.wait_for_words("recording into");
    program.wait_for_lines(20);
    program.interrupt();
    let ended = program.end();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let session = complete_session(&sessions_dir(home.path()));
    let record = session.record();
    assert!(ended.stderr.contains(&format!("{} rows in", record.rows)), "{}", ended.stderr);
    assert_eq!((&*record.meta.participant, &*record.meta.note), ("P07", "two people"));
    assert_eq!((&*record.source.spec, &*record.source.name), ("demo:2", "Demo"));
    assert_eq!(record.gaps, []);
    // From the first row on, what was printed was recorded.
    let (rows, observations) = (rows_of(&session), ended.observations());
    let first = rows.iter().find(|row| row.face.is_some()).unwrap();
    let start = observations.iter().position(|line| is_printed_row(line, first)).unwrap();
    let printed = observations[start..].iter().map(|line| line["frame"].as_u64().unwrap());
    let offset = observations[start]["frame"].as_u64().unwrap() - first.frame;
    let recorded: BTreeSet<u64> = rows.iter().map(|row| row.frame + offset).collect();
    let missing: Vec<u64> = printed.filter(|frame| !recorded.contains(frame)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert!(recorded.len() >= 15, "{} frames", recorded.len());
}

/// Whether a line shows what the row holds: the same numbers, and the face in the same place, as
/// frames that follow each other may be read alike to the last decimal.
fn is_printed_row(line: &Value, row: &Row) -> bool {
    let Some(face) = &row.face else { return false };
    let Some(printed) = line["faces"].as_array().unwrap().first() else { return false };
    let near = |number: Option<f32>, printed: &Value, step: f64| {
        let printed = printed.as_f64().unwrap();
        number.is_some_and(|number| (f64::from(number) - printed).abs() < step)
    };
    let place = [face.bbox_x, face.bbox_y, face.bbox_w, face.bbox_h];
    near(face.confidence, &printed["confidence"], 1e-6)
        && near(face.certainty, &printed["certainty"], 1e-6)
        && near(face.valence, &printed["valence"], 1e-6)
        && place.into_iter().enumerate().all(|(i, side)| near(side, &printed["bbox"][i], 0.006))
}

#[test]
fn two_instances_record_into_one_folder() {
    let home = home();
    let start = || Running::start(recording(home.path(), "demo").args(["--seconds", "2"]));
    let programs = [start(), start()];
    for program in programs {
        let ended = program.end();
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    }
    let sessions = complete_sessions(&sessions_dir(home.path()));
    assert_eq!(sessions.len(), 2);
    assert!(sessions.iter().all(|session| rows_of(session).len() >= 10));
}

#[test]
fn wrong_command_lines_are_told_from_failures() {
    let home = home();
    let ended = run(home.path(), &["live", "--headless", "--source", "webcam"]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("unknown source 'webcam'"), "{}", ended.stderr);
    let ended = run(home.path(), &["completions", "bash"]);
    assert_eq!((ended.code, &*ended.stderr), (Some(0), ""));
    assert!(ended.stdout.iter().any(|line| line.contains("_mien()")));
}

/// Copies a model that comes with the program and changes its card.
fn model_with_card(folder: &Path, name: &str, change: impl FnOnce(String) -> String) -> String {
    let original = Path::new(env!("CARGO_MANIFEST_DIR")).join("models").join(name);
    let copy = folder.join(name);
    fs::create_dir(&copy).unwrap();
    fs::copy(original.join("model.onnx"), copy.join("model.onnx")).unwrap();
    let card = fs::read_to_string(original.join("card.toml")).unwrap();
    let changed = change(card.clone());
    assert_ne!(card, changed, "the card has what is to be changed");
    fs::write(copy.join("card.toml"), changed).unwrap();
    copy.to_str().unwrap().to_owned()
}

#[test]
fn a_card_that_does_not_fit_its_model_is_refused_with_the_reason() {
    let home = home();
    let emotion = model_with_card(home.path(), "mien-emotion-48", |card| {
        card.replacen("\"contempt\"", "\"contempt\", \"boredom\"", 1)
    });
    let detector = model_with_card(home.path(), "mien-detector", |card| {
        card.replace("sha256 = \"", "sha256 = \"0")
    });
    let missing = home.path().join("nothing").to_str().unwrap().to_owned();
    let cases = [
        ("--model", &emotion, "for 9 labels"),
        ("--detector", &detector, "the card states sha256 0"),
        ("--detector", &emotion, "unknown field `embedding`"),
        ("--model", &missing, "card.toml can't be read"),
    ];
    for (option, folder, reason) in cases {
        let args = ["live", "--headless", "--source", "demo", option, folder, "--seconds", "1"];
        let ended = run(home.path(), &args);
        assert_eq!(ended.code, Some(1), "{}", ended.stderr);
        assert!(ended.stderr.starts_with("mien: "), "{}", ended.stderr);
        assert!(ended.stderr.contains(reason), "{reason:?} is not in: {}", ended.stderr);
        assert!(ended.stdout.is_empty());
    }
}

// kill -9.

/// What may be missing from a session after a crash.
const MOST_LOST: f64 = 1.0;

/// Numbers that look drawn by lot, the same each time (Steele, Lea and Flood, `SplitMix64`).
struct Lot(u64);

impl Lot {
    /// 0..1.
    fn draw(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Kills ten; `MIEN_KILLS=100` in the environment makes it a hundred.
#[test]
fn a_program_killed_at_any_moment_loses_less_than_a_second() {
    let kills = std::env::var("MIEN_KILLS").map_or(10, |kills| kills.parse().unwrap());
    let mut lot = Lot(20_261_124);
    let (mut worst, mut with_rows) = (0.0_f64, 0);
    for kill in 0..kills {
        let home = home();
        let program = Running::start(&mut recording(home.path(), "demo"));
        program.wait_for_words("recording into");
        std::thread::sleep(Duration::from_secs_f64(lot.draw() * 2.5));
        let printed = program.kill();
        let unfinished = find_unfinished(&sessions_dir(home.path()));
        assert_eq!(unfinished.len(), 1, "kill {kill}");
        let recovered = recover(&unfinished[0]).unwrap();
        let session = Session::open(&recovered.folder).unwrap();
        assert!(session.record().recovered && !session.record().complete);
        assert_eq!(rows_of(&session).len() as u64, recovered.rows);
        with_rows += u32::from(recovered.rows > 0);
        let lost = seconds_lost(&session, &printed);
        assert!(lost <= MOST_LOST, "kill {kill}: {lost:.3} s are missing");
        worst = worst.max(lost);
    }
    println!("{kills} kills, at most {worst:.3} s of rows missing, {with_rows} with rows");
    assert!(with_rows * 2 >= kills, "{with_rows} of {kills} had rows");
}

/// From the last row to the last line printed, in seconds of the source.
fn seconds_lost(session: &Session, printed: &[(Timestamp, String)]) -> f64 {
    let Some((last_came, last)) = printed.last() else { return 0.0 };
    let rows = rows_of(session);
    let with_face = rows.iter().find(|row| row.face.is_some());
    let Some((first, last_row)) = with_face.zip(rows.last()) else {
        // Not even the first rows were written: then the session is not older than that.
        return last_came.duration_since(session.record().start().unwrap()).as_secs_f64();
    };
    let timestamp = |line: &str| observation(line)["timestamp"].as_f64().unwrap();
    // Times in a session count from its own start, but run as those of the source.
    let first_line = printed.iter().find(|(_, line)| is_printed_row(&observation(line), first));
    let (_, first_line) = first_line.expect("rows are flushed after they were printed");
    let covered = last_row.time.saturating_sub(first.time).as_secs_f64();
    timestamp(last) - (timestamp(first_line) + covered)
}

/// On an emulated camera, through the whole of V4L2.
#[cfg(feature = "camera")]
mod camera {
    use std::fs::File;
    use std::process::Command;

    use super::*;
    use common::camera::NAME;
    use common::fakecam;
    use common::program::events_of;
    use mien::session::Gap;
    use mien::source::SourceError;
    use mien::source::demo::{Emotion, Scene, SceneKind, Still};
    use mien::time::Pts;

    /// Pictures of a drawn head that smiles, a second of them.
    fn smiling() -> impl Iterator<Item = Vec<u8>> {
        let still = SceneKind::Still(Still::of(Emotion::Happiness));
        let mut scene = Scene::new(still, (640, 480), 1);
        (0..30).map(move |index| {
            let mut rgb = Vec::new();
            scene.render(Pts::from_secs_f64(f64::from(index) / 30.0), &mut rgb);
            rgb
        })
    }

    /// ITU-R BT.601 at limited range.
    fn luma_and_chroma([r, g, b]: [f32; 3]) -> [f32; 3] {
        let y = 0.299 * r + 0.587 * g + 0.114 * b;
        let (u, v) = ((b - y) / 1.772, (r - y) / 1.402);
        [16.0 + y * 219.0 / 255.0, 128.0 + u * 224.0 / 255.0, 128.0 + v * 224.0 / 255.0]
    }

    /// Two pixels share their chroma.
    fn yuyv(rgb: &[u8]) -> impl Iterator<Item = u8> + '_ {
        rgb.chunks_exact(6).flat_map(|pair| {
            let pixel = |at: usize| luma_and_chroma([0, 1, 2].map(|c| f32::from(pair[at + c])));
            let ([y, u, v], [y_next, u_next, v_next]) = (pixel(0), pixel(3));
            [y, (u + u_next) / 2.0, y_next, (v + v_next) / 2.0].map(|value| value.round() as u8)
        })
    }

    /// A file of smiling pictures as the emulated camera takes them.
    fn smiling_yuyv(folder: &Path) -> String {
        let path = folder.join("smiling.yuyv");
        let pictures: Vec<u8> = smiling().flat_map(|rgb| yuyv(&rgb).collect::<Vec<u8>>()).collect();
        fs::write(&path, pictures).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn smiling_mjpeg(folder: &Path) -> String {
        let path = folder.join("smiling.mjpeg");
        let mut pictures = Vec::new();
        for rgb in smiling().take(10) {
            image::codecs::jpeg::JpegEncoder::new_with_quality(&mut pictures, 90)
                .encode(&rgb, 640, 480, image::ExtendedColorType::Rgb8)
                .unwrap();
        }
        fs::write(&path, pictures).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn on_camera(home: &Path, settings: &[(&str, &str)]) -> Command {
        let mut command = recording(home, "camera:0");
        fakecam::preload(&mut command, settings);
        command
    }

    fn has_face(row: &&Row) -> bool {
        row.face.is_some()
    }

    #[test]
    fn a_smiling_face_before_the_camera_becomes_a_session() {
        let home = home();
        let pictures = smiling_yuyv(home.path());
        let mut command = on_camera(home.path(), &[("FAKECAM_YUYV", &pictures)]);
        let ended = Running::start(command.args(["--seconds", "3"])).end();
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        let session = complete_session(&sessions_dir(home.path()));
        let record = session.record();
        let source = &record.source;
        assert_eq!((&*source.spec, &*source.name), ("camera:0", NAME));
        assert_eq!((source.width, source.height, &*source.format), (640, 480, "YUYV"));
        assert!(record.duration_secs >= 2.5, "{record:?}");
        // The detector, its second look, and the emotion model.
        assert_eq!((record.models.len(), record.labels.len()), (3, 8));
        assert_eq!((&record.gaps[..], record.frames.damaged), (&[][..], 0));
        assert!(record.latency.is_some());

        let rows = rows_of(&session);
        assert!(rows.len() >= 20, "{} rows in 3 s", rows.len());
        let faces: Vec<_> = rows.iter().filter_map(|row| row.face.as_ref()).collect();
        assert!(faces.len() * 20 >= rows.len() * 19, "{} of {}", faces.len(), rows.len());
        assert!(faces.iter().all(|face| face.id == faces[0].id));
        let happy = faces.iter().filter(|face| face.emotion == "happiness").count();
        assert!(happy * 2 > faces.len(), "{happy} of {}", faces.len());
        assert_eq!(faces.last().unwrap().emotion, "happiness");
        assert_eq!(events_of(&session), []);
    }

    #[test]
    fn a_camera_that_can_not_be_used_is_named_with_cause_and_advice() {
        let not_found = SourceError::NotFound { number: 0 };
        let busy = SourceError::Busy { name: NAME.into() };
        let denied = SourceError::PermissionDenied { name: NAME.into() };
        let cases = [
            ("FAKECAM_CAMERAS", "0", not_found),
            ("FAKECAM_BUSY", "open", busy.clone()),
            ("FAKECAM_BUSY", "streamon", busy),
            ("FAKECAM_PERM", "1", denied),
        ];
        for (setting, value, error) in cases {
            let home = home();
            let ended = Running::start(&mut on_camera(home.path(), &[(setting, value)])).end();
            let told = format!("mien: {error}\n      {}\n", error.advice());
            assert_eq!(ended.code, Some(1), "{setting}={value}: {}", ended.stderr);
            assert!(ended.stderr.contains(&told), "{setting}={value}: {}", ended.stderr);
            assert!(ended.stdout.is_empty());
            let left = fs::read_dir(sessions_dir(home.path())).into_iter().flatten().count();
            assert_eq!(left, 0, "{setting}={value}: no empty session is left");
        }
    }

    #[test]
    fn without_any_camera_it_says_so() {
        let home = home();
        let mut command = mien(home.path(), &["live", "--headless"]);
        let none = [("FAKECAM_CAMERAS", "0")];
        let ended = Running::start(fakecam::preload(&mut command, &none)).end();
        assert_eq!(ended.code, Some(1));
        let error = SourceError::NoCamera;
        assert_eq!(ended.stderr, format!("mien: {error}\n      {}\n", error.advice()));
    }

    /// The only gap, which stands in both files and has rows on both sides but none inside.
    fn assert_one_gap(session: &Session, reason: &str) -> Gap {
        let gaps = &session.record().gaps;
        assert_eq!(gaps.len(), 1, "{gaps:?}");
        let gap = gaps[0].clone();
        assert!(gap.reason.contains(reason), "{gap:?}");
        let events = events_of(session);
        let noted: Vec<_> = events.iter().filter(|event| event.event == "gap").collect();
        assert_eq!(noted.len(), 1, "{events:?}");
        assert!((noted[0].time.as_secs_f64() - gap.start_secs).abs() < 1e-3, "{events:?}");
        let length = gap.end_secs - gap.start_secs;
        assert!((noted[0].duration.unwrap().as_secs_f64() - length).abs() < 1e-3, "{events:?}");
        assert_eq!(noted[0].text, gap.reason);
        let (from, to) = (gap.start_secs + 0.1, gap.end_secs - 0.1);
        let rows = rows_of(session);
        let inside = rows.iter().map(|row| row.time.as_secs_f64()).find(|t| (from..to).contains(t));
        assert_eq!(inside, None, "{gap:?}");
        gap
    }

    #[test]
    fn a_camera_unplugged_while_recording_and_plugged_back_goes_on() {
        let home = home();
        let pictures = smiling_yuyv(home.path());
        let gone = home.path().join("gone");
        let gone_setting = gone.to_str().unwrap();
        let settings = [("FAKECAM_YUYV", &*pictures), ("FAKECAM_GONE", gone_setting)];
        let program = Running::start(&mut on_camera(home.path(), &settings));
        program.wait_for_words("recording into");
        program.wait_for_lines(15);
        File::create(&gone).unwrap();
        program.wait_for_words("was unplugged");
        std::thread::sleep(Duration::from_millis(1500));
        fs::remove_file(&gone).unwrap();
        program.wait_for_lines(15);
        program.interrupt();
        let ended = program.end();
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        assert!(ended.stderr.contains("Plug it in again"), "{}", ended.stderr);

        let session = complete_session(&sessions_dir(home.path()));
        let gap = assert_one_gap(&session, "was unplugged");
        assert!(gap.end_secs - gap.start_secs > 1.4, "{gap:?}");
        let rows = rows_of(&session);
        let (before, after): (Vec<&Row>, Vec<&Row>) =
            rows.iter().partition(|row| row.time.as_secs_f64() < gap.end_secs - 0.1);
        assert!(before.iter().copied().filter(has_face).count() >= 10);
        assert!(after.iter().copied().filter(has_face).count() >= 10);
        let words: Vec<_> = events_of(&session).into_iter().map(|event| event.event).collect();
        for word in ["source_lost", "source_returned"] {
            assert!(words.iter().any(|w| w == word), "{words:?}");
        }
    }

    #[test]
    fn frames_that_stop_are_noticed_and_ctrl_c_still_ends() {
        let home = home();
        let pictures = smiling_yuyv(home.path());
        let settings = [("FAKECAM_YUYV", &*pictures), ("FAKECAM_STALL", "45")];
        let program = Running::start(&mut on_camera(home.path(), &settings));
        program.wait_for_words("recording into");
        program.wait_for_words("stopped sending pictures: none for 3 s");
        let asked = std::time::Instant::now();
        program.interrupt();
        let ended = program.end();
        // What the program allows itself.
        assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        let session = complete_session(&sessions_dir(home.path()));
        let rows = rows_of(&session);
        assert!((5..=45).contains(&rows.len()), "{} rows", rows.len());
        let gap = assert_one_gap(&session, "stopped sending pictures");
        let last = rows.last().unwrap().time.as_secs_f64();
        assert!((gap.start_secs - last).abs() < 0.1, "it began with the last row: {gap:?}");
        assert!(gap.end_secs - gap.start_secs >= 2.9, "{gap:?}");
    }

    #[test]
    fn damaged_pictures_are_counted_and_rows_go_on() {
        let home = home();
        let pictures = smiling_mjpeg(home.path());
        let settings = [("FAKECAM_MJPEG", &*pictures), ("FAKECAM_CORRUPT", "4")];
        let mut command = on_camera(home.path(), &settings);
        let ended = Running::start(command.args(["--seconds", "3"])).end();
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        let session = complete_session(&sessions_dir(home.path()));
        let record = session.record();
        assert_eq!(record.source.format, "MJPEG");
        let frames = record.frames;
        assert!(frames.damaged >= 10, "{frames:?}");
        assert_eq!(frames.analysed, record.rows);
        // A damaged picture is damaged, and not dropped as well.
        assert_eq!(frames.captured, frames.analysed + frames.dropped + frames.damaged);
        let rows = rows_of(&session);
        assert!(rows.len() >= 20, "{} rows", rows.len());
        assert!(rows.iter().filter(has_face).count() * 20 >= rows.len() * 19);
    }

    #[test]
    fn a_format_change_in_the_middle_is_gone_along_with() {
        let home = home();
        // Without pictures of its own: those would have one size.
        let settings = [("FAKECAM_SIZE", "640x480,320x240"), ("FAKECAM_RESIZE", "20:320x240")];
        let mut command = on_camera(home.path(), &settings);
        let ended = Running::start(command.args(["--seconds", "3"])).end();
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        let observations = ended.observations();
        let wide = |width: u64| observations.iter().filter(|line| line["width"] == width).count();
        assert!(wide(640) >= 5 && wide(320) >= 20, "{} and {}", wide(640), wide(320));
        let session = complete_session(&sessions_dir(home.path()));
        assert!(rows_of(&session).len() >= 25);
    }
}
