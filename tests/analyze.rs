//! `mien analyze` as a user runs it: sessions, reruns, damage, interruptions.

#![cfg(target_os = "linux")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

use common::mount::Mount;
use common::program::{Running, complete_session, complete_sessions, events_of, mien, rows_of};
use image::RgbImage;
use mien::frame::{Frame, RunId};
use mien::observation::{Labels, Observation};
use mien::overlay::Overlay;
use mien::pipeline::{Pipeline, PipelineOptions};
use mien::session::{Row, Session, session_folders};
use mien::source::demo::{Scene, SceneKind};
use mien::time::Pts;
use serde_json::Value;

const SIZE: (u32, u32) = (320, 240);
const RATE_HZ: f64 = 25.0;

/// A home with a folder for inputs and one for sessions.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        let home = Self(tempfile::tempdir().unwrap());
        fs::create_dir(home.input("")).unwrap();
        home
    }

    fn input(&self, name: &str) -> PathBuf {
        self.0.path().join("inputs").join(name)
    }

    fn out(&self) -> PathBuf {
        self.0.path().join("out")
    }

    fn analyze(&self, arguments: &[&str]) -> Output {
        let mut command = mien(self.0.path(), &["analyze", "--no-ffmpeg", "--out"]);
        command.arg(self.out()).args(arguments).current_dir(self.input(""));
        command.output().expect("the program runs")
    }

    /// Expects success; standard output.
    fn analyze_well(&self, arguments: &[&str]) -> String {
        let output = self.analyze(arguments);
        let (said, errors) = (text(&output.stdout), text(&output.stderr));
        assert!(output.status.success(), "{said}{errors}");
        said
    }

    fn clip(&self, name: &str) -> PathBuf {
        let clip = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/video/clips").join(name);
        let path = self.input(name);
        fs::copy(clip, &path).unwrap();
        path
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Frames of the drawn scene, in which a person is seen.
fn drawn(count: u32, kind: SceneKind, seed: u64) -> Vec<Vec<u8>> {
    let mut scene = Scene::new(kind, SIZE, seed);
    let frame = |n: u32| {
        let mut rgb = Vec::new();
        scene.render(Pts::from_secs_f64(f64::from(n) / RATE_HZ), &mut rgb);
        rgb
    };
    (0..count).map(frame).collect()
}

/// Writes frames as a folder of numbered pictures, which keep every bit.
fn save(folder: &Path, frames: &[Vec<u8>]) {
    fs::create_dir_all(folder).unwrap();
    for (number, rgb) in frames.iter().enumerate() {
        let picture = RgbImage::from_raw(SIZE.0, SIZE.1, rgb.clone()).unwrap();
        picture.save(folder.join(format!("{number:04}.bmp"))).unwrap();
    }
}

fn tables(session: &Session) -> [Vec<u8>; 2] {
    ["observations.csv", "events.csv"].map(|name| fs::read(session.folder().join(name)).unwrap())
}

fn only_session(home: &Home) -> Session {
    complete_session(&home.out())
}

#[test]
fn a_file_reads_as_the_same_frames_do_live() {
    let home = Home::new();
    let frames = drawn(20, SceneKind::Alone, 1);
    save(&home.input("shots"), &frames);
    home.analyze_well(&["shots"]);
    let session = only_session(&home);
    let rows = rows_of(&session);
    assert_eq!(rows.len(), 20);
    let mut pipeline = Pipeline::builtin(PipelineOptions::default()).unwrap();
    for (index, (rgb, row)) in frames.into_iter().zip(&rows).enumerate() {
        let pts = Pts::new(Duration::from_millis(index as u64 * 40));
        let frame = Frame::new(RunId(5), index as u64, pts, SIZE, rgb).unwrap();
        let observation = pipeline.process(&frame).unwrap();
        let (face, written) = (&observation.faces[0], row.face.as_ref().unwrap());
        assert_eq!((row.frame, row.time, row.utc), (index as u64, pts.since_start(), None));
        assert_eq!(written.id, Some(u64::from(face.track.0)));
        // Six decimals are written.
        let close = |written: &[Option<f32>], computed: &[f32]| {
            assert_eq!(written.len(), computed.len());
            written.iter().zip(computed).all(|(w, c)| (w.unwrap() - c).abs() < 1e-6)
        };
        assert!(close(&written.posterior, face.posterior.as_slice()), "frame {index}");
        assert!(close(&written.smoothed, face.smoothed.as_slice()), "frame {index}");
    }
    let record = session.record();
    let file = record.file.as_ref().unwrap();
    assert_eq!((file.name.as_str(), file.container.as_str()), ("shots", "pictures"));
    assert_eq!((record.start_utc.as_deref(), record.latency), (None, None));
    assert_eq!(
        (record.frames.captured, record.frames.analysed, record.frames.dropped),
        (20, 20, 0)
    );
}

#[test]
fn twice_and_at_any_number_of_jobs_gives_the_same_bytes() {
    let home = Home::new();
    save(&home.input("a_shots"), &drawn(12, SceneKind::Alone, 1));
    save(&home.input("b_shots"), &drawn(12, SceneKind::Crossing, 2));
    for name in ["h264_bframes.mp4", "vp9_odd.webm"] {
        home.clip(name);
    }
    home.analyze_well(&["--jobs", "1", "."]);
    let first: Vec<_> = complete_sessions(&home.out()).iter().map(tables).collect();
    assert_eq!(first.len(), 4);
    home.analyze_well(&["--jobs", "4", "--force", "."]);
    let second: Vec<_> = complete_sessions(&home.out()).iter().map(tables).collect();
    assert_eq!(first, second);
}

#[test]
fn a_rerun_skips_what_is_done_and_says_why() {
    let home = Home::new();
    home.clip("h264_bframes.mp4");
    home.analyze_well(&["h264_bframes.mp4"]);
    let before = tables(&only_session(&home));
    let said = home.analyze_well(&["--resume", "h264_bframes.mp4"]);
    assert!(said.contains("skipped") && said.contains("done before"), "{said}");
    // Another setting is another session; so is other content under the same name.
    home.analyze_well(&["--sample-rate", "5", "h264_bframes.mp4"]);
    fs::copy(home.clip("h264_fragments.mp4"), home.input("h264_bframes.mp4")).unwrap();
    home.analyze_well(&["h264_bframes.mp4"]);
    let sessions = complete_sessions(&home.out());
    assert_eq!(sessions.len(), 3);
    assert_eq!(sessions.iter().filter(|session| tables(session) == before).count(), 1);
}

#[test]
fn a_killed_run_started_again_gives_what_an_undisturbed_one_gives() {
    let home = Home::new();
    save(&home.input("shots"), &drawn(60, SceneKind::Alone, 1));
    home.analyze_well(&["shots"]);
    let undisturbed = tables(&only_session(&home));
    fs::remove_dir_all(home.out()).unwrap();
    let mut unfinished = 0;
    for millis in [150, 300, 450, 600, 750, 900, 1050, 1200] {
        let mut command = mien(home.0.path(), &["analyze", "--out"]);
        command.arg(home.out()).arg(home.input("shots"));
        let mut child = command.stdout(std::process::Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(millis));
        child.kill().unwrap();
        child.wait().unwrap();
        let mut parts = fs::read_dir(home.out()).into_iter().flatten().flatten();
        let part = |folder: fs::DirEntry| folder.path().join("observations.csv.part").exists();
        unfinished += usize::from(parts.any(part));
    }
    home.analyze_well(&["--resume", "shots"]);
    assert_eq!(tables(&only_session(&home)), undisturbed);
    assert!(unfinished > 0 || cfg!(debug_assertions), "no kill came while it was writing");
}

#[test]
fn a_cut_is_an_event_and_faces_after_it_are_new() {
    let home = Home::new();
    let scene = drawn(12, SceneKind::Alone, 1);
    // The same person in a mirrored room with other light: a cut by any measure.
    let other = scene.iter().map(|rgb| {
        let rows = rgb.chunks_exact(SIZE.0 as usize * 3);
        let mirror = |row: &[u8]| row.chunks_exact(3).rev().flatten().copied().collect::<Vec<_>>();
        rows.flat_map(mirror)
            .enumerate()
            .map(|(at, v)| {
                let x = at / 3 % SIZE.0 as usize;
                let stripes = !(60..=260).contains(&x);
                if stripes { 255 - v } else { v }
            })
            .collect::<Vec<u8>>()
    });
    save(&home.input("film"), &[scene.clone(), other.collect()].concat());
    home.analyze_well(&["film"]);
    let session = only_session(&home);
    let cuts: Vec<Duration> =
        events_of(&session).iter().filter(|e| e.event == "cut").map(|e| e.time).collect();
    assert_eq!(cuts, [Duration::from_millis(480)]);
    let ids = |rows: &[Row]| {
        let mut ids: Vec<u64> = rows.iter().filter_map(|row| row.face.as_ref()?.id).collect();
        ids.dedup();
        ids
    };
    let rows = rows_of(&session);
    let (before, after): (Vec<Row>, Vec<Row>) = rows.into_iter().partition(|row| row.frame < 12);
    assert_eq!((ids(&before), ids(&after)), (vec![1], vec![2]));
}

#[test]
fn a_part_and_a_rate_are_picked_by_time() {
    let home = Home::new();
    home.clip("h264_bframes.mp4");
    home.analyze_well(&["--from", "0.1", "--to", "0:00.3", "h264_bframes.mp4"]);
    let rows = rows_of(&only_session(&home));
    let times: Vec<u128> = rows.iter().map(|row| row.time.as_micros()).collect();
    assert_eq!(times, [100_000, 133_333, 166_667, 200_000, 233_333, 266_667]);
    fs::remove_dir_all(home.out()).unwrap();
    home.analyze_well(&["--sample-rate", "10", "h264_bframes.mp4"]);
    let session = only_session(&home);
    let times: Vec<u128> = rows_of(&session).iter().map(|row| row.time.as_micros()).collect();
    assert_eq!(times, [0, 100_000, 200_000, 300_000]);
    let frames: Vec<u64> = rows_of(&session).iter().map(|row| row.frame).collect();
    assert_eq!(frames, [0, 3, 6, 9], "numbers are those of the file");
    let output = home.analyze(&["--from", "50", "h264_bframes.mp4"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("no frame lies between"), "{output:?}");
}

#[cfg(unix)]
#[test]
fn bad_inputs_fail_each_for_itself_and_the_others_are_done() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let home = Home::new();
    let good = home.clip("vp9_odd.webm");
    let odd_names = [&b"line\nbreak.webm"[..], b"\xff\xfe.webm", b"-dash.webm"];
    let odd_names = odd_names.map(|name| home.input("").join(OsStr::from_bytes(name)));
    for (path, end) in odd_names.iter().zip(0_u8..) {
        // What follows the last element of WebM is passed over; it makes the content another.
        let bytes = fs::read(&good).unwrap();
        fs::write(path, [&bytes[..], &[0xec, 0x81, end]].concat()).unwrap();
    }
    fs::write(home.input("empty.mp4"), "").unwrap();
    fs::write(home.input("list.mp4"), "#EXTM3U\n#EXTINF:1,\n/etc/passwd\n").unwrap();
    let pipe = home.input("pipe.mp4");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let mut command = mien(home.0.path(), &["analyze", "--json", "--no-ffmpeg", "--out"]);
    command
        .arg(home.out())
        .arg("--")
        .args(&odd_names)
        .args(["empty.mp4", "list.mp4", "pipe.mp4", "missing.mp4"].map(|name| home.input(name)));
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let lines: Vec<Value> =
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let count = |event: &str| lines.iter().filter(|line| line["event"] == event).count();
    assert_eq!((count("analysed"), count("failed")), (3, 4), "{lines:#?}");
    let last = lines.last().unwrap();
    assert_eq!((&last["event"], &last["failed"]), (&"finished".into(), &4.into()));
    for line in lines.iter().filter(|line| line["event"] == "failed") {
        assert!(!line["reason"].as_str().unwrap().is_empty());
        assert!(!line["advice"].as_str().unwrap().is_empty());
    }
    assert_eq!(complete_sessions(&home.out()).len(), 3);
}

#[test]
fn a_file_that_is_cut_off_is_analysed_up_to_there_and_named() {
    let home = Home::new();
    let path = home.clip("h264_vfr.mkv");
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() * 9 / 10]).unwrap();
    let said = home.analyze_well(&["h264_vfr.mkv"]);
    assert!(said.contains("damaged"), "{said}");
    let session = only_session(&home);
    assert!(!rows_of(&session).is_empty());
    assert_eq!(session.record().gaps.len(), 1);
}

#[test]
fn a_single_picture_is_named_at_once_and_a_video_after_it_is_not() {
    let home = Home::new();
    let frames = drawn(2, SceneKind::Alone, 1);
    save(&home.input("b_shots"), &frames);
    fs::copy(home.input("b_shots/0000.bmp"), home.input("a.bmp")).unwrap();
    home.analyze_well(&["--jobs", "1", "a.bmp", "b_shots"]);
    let sessions = complete_sessions(&home.out());
    let words: Vec<String> = sessions
        .iter()
        .flat_map(|session| rows_of(session).into_iter().map(|row| row.face.unwrap().emotion))
        .collect();
    assert_eq!(words, ["neutral", "unsure", "unsure"]);
}

#[test]
fn damage_all_over_is_no_session() {
    let home = Home::new();
    let path = home.clip("h264_bframes.mp4");
    let mut bytes = fs::read(&path).unwrap();
    let start = bytes.windows(4).position(|name| name == b"mdat").unwrap() + 4;
    let end = bytes.windows(4).position(|name| name == b"moov").unwrap() - 4;
    bytes[start..end].fill(0x55);
    fs::write(&path, bytes).unwrap();
    let output = home.analyze(&["h264_bframes.mp4"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("is damaged"), "{output:?}");
    assert_eq!(fs::read_dir(home.out()).map_or(0, Iterator::count), 0, "nothing is left behind");
}

#[test]
fn frames_without_a_face_are_rows() {
    let home = Home::new();
    home.clip("h264_bframes.mp4");
    home.analyze_well(&["h264_bframes.mp4"]);
    let rows = rows_of(&only_session(&home));
    let mut frames: Vec<u64> = rows.iter().map(|row| row.frame).collect();
    frames.dedup();
    assert_eq!(frames, (0..12).collect::<Vec<_>>());
    assert!(rows.iter().any(|row| row.face.is_none()));
}

#[test]
fn an_output_that_can_t_be_written_fails_in_words() {
    let home = Home::new();
    home.clip("h264_bframes.mp4");
    fs::write(home.out(), "a file is in the way").unwrap();
    let output = home.analyze(&["h264_bframes.mp4"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("is not a folder"), "{output:?}");
}

/// A video of that many frames of a drawn person, in a container that grows at its end.
fn save_video(path: &Path, count: u32) {
    let file = fs::File::create(path).unwrap();
    let labels = Labels::new(["neutral"]);
    let mut video = Overlay::new(file, SIZE, labels, Pts::ZERO, Some(RATE_HZ)).unwrap();
    for (index, rgb) in drawn(count, SceneKind::Alone, 3).into_iter().enumerate() {
        let pts = Pts::from_secs_f64(index as f64 / RATE_HZ);
        let frame = Frame::new(RunId(1), index as u64, pts, SIZE, rgb).unwrap();
        let seen = Observation {
            run: RunId(1),
            index: index as u64,
            pts,
            frame_size: SIZE,
            faces: Vec::new(),
        };
        video.frame(frame, &seen).unwrap();
    }
    video.finish().unwrap();
}

#[test]
fn files_that_change_or_go_while_they_are_read_are_named_and_leave_nothing() {
    type Act = fn(&Path);
    let grow: Act = |path| {
        let mut file = fs::OpenOptions::new().append(true).open(path).unwrap();
        std::io::Write::write_all(&mut file, &[0; 4096]).unwrap();
    };
    let acts: [(&str, Act); 3] = [
        ("grows", grow),
        ("goes", |path| fs::remove_file(path).unwrap()),
        ("shrinks", |path| fs::write(path, "x").unwrap()),
    ];
    for (what, act) in acts {
        let home = Home::new();
        let path = home.input("a.avi");
        save_video(&path, 100);
        home.clip("vp9_odd.webm");
        let mut command = mien(home.0.path(), &["analyze", "--json", "--jobs", "1", "--out"]);
        command.arg(home.out()).arg(home.input("a.avi")).arg(home.input("vp9_odd.webm"));
        let program = Running::start(&mut command);
        // It is summed up by then, and read.
        program.wait_for_lines(2);
        act(&path);
        let ended = program.end();
        assert_eq!(ended.code, Some(1), "{what}: {:#?}", ended.stdout);
        let failed: Vec<Value> = ended
            .stdout
            .iter()
            .map(|line| serde_json::from_str(line).unwrap())
            .filter(|line: &Value| line["event"] == "failed")
            .collect();
        assert_eq!(failed.len(), 1, "{what}: {:#?}", ended.stdout);
        assert!(failed[0]["reason"].as_str().unwrap().contains("a.avi"), "{what}: {failed:?}");
        assert_eq!(failed[0]["fault"], "file");
        let session = only_session(&home);
        assert!(session.folder().to_str().unwrap().contains("vp9_odd"), "{what}");
    }
}

#[test]
fn links_are_read_where_they_are_named_and_nowhere_else() {
    use std::os::unix::fs::symlink;
    let home = Home::new();
    let outside = home.0.path().join("outside.webm");
    fs::rename(home.clip("vp9_odd.webm"), &outside).unwrap();
    for name in ["folder", "shots"] {
        fs::create_dir(home.input(name)).unwrap();
    }
    symlink(&outside, home.input("folder/link.webm")).unwrap();
    symlink(home.input(""), home.input("folder/round")).unwrap();
    symlink(home.input("gone.mp4"), home.input("dangling.mp4")).unwrap();
    save(&home.input("shots"), &drawn(2, SceneKind::Alone, 1));
    symlink("/etc/passwd", home.input("shots/0002.bmp")).unwrap();
    home.analyze_well(&["shots"]);
    assert_eq!(rows_of(&only_session(&home)).len(), 2, "the link is no picture of it");
    fs::remove_dir_all(home.out()).unwrap();

    let output = home.analyze(&["folder"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("no video"), "{output:?}");
    let output = home.analyze(&["dangling.mp4", "folder/link.webm"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("dangling.mp4"), "{output:?}");
    assert_eq!(complete_sessions(&home.out()).len(), 1, "a link that is named is meant");
}

#[test]
fn a_folder_without_videos_is_told() {
    let home = Home::new();
    fs::create_dir(home.input("empty")).unwrap();
    fs::write(home.input("empty/notes.txt"), "no video").unwrap();
    let output = home.analyze(&["empty"]);
    assert_eq!(output.status.code(), Some(1));
    let errors = text(&output.stderr);
    assert!(errors.contains("empty") && errors.contains("no video"), "{errors}");
    // Something that turns out to be none is passed over, which is no failure.
    fs::write(home.input("empty/data.bin"), [7; 100]).unwrap();
    assert!(home.analyze_well(&["empty"]).contains("no video or picture"));
}

#[test]
fn a_full_or_read_only_disk_fails_in_words_and_leaves_no_half_session() {
    let home = Home::new();
    save_video(&home.input("a.avi"), 60);
    fs::create_dir(home.out()).unwrap();
    let Some(mount) = Mount::new(&home.out(), "size=100k") else { return };
    let arguments = ["a.avi"];
    // The tables fit; the annotated video does not.
    let output = home.analyze(&[&["--overlay"], &arguments[..]].concat());
    let errors = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(errors.contains("disk is full") && errors.contains("overlay.avi"), "{errors}");
    assert_eq!(fs::read_dir(home.out()).unwrap().count(), 0);
    mount.remount("remount,size=16k");
    let output = home.analyze(&arguments);
    assert!(text(&output.stderr).contains("disk is full"), "{output:?}");
    assert_eq!(fs::read_dir(home.out()).unwrap().count(), 0);
    mount.remount("remount,size=1m,ro");
    let output = home.analyze(&arguments);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("read-only"), "{output:?}");
    mount.remount("remount,rw");
    home.analyze_well(&arguments);
    // The tables are there; in Parquet they no longer fit.
    mount.remount("remount,size=36k");
    let output = home.analyze(&[&["--format", "parquet"], &arguments[..]].concat());
    assert!(text(&output.stderr).contains("disk is full"), "{output:?}");
    let session = session_folders(&home.out()).remove(0);
    assert!(!session.join("observations.parquet").exists());
    assert_eq!(rows_of(&Session::open(&session).unwrap()).len(), 60);
}
