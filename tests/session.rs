//! Sessions through the public API: what the window, the command line and other programs rely on.

mod common;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use common::mount::Mount;
use jiff::{Timestamp, Zoned};
use mien::frame::RunId;
use mien::geom::Rect;
use mien::observation::{
    Affect, Detection, FaceReading, HeadPose, Hint, Label, Labels, Landmarks, Observation,
    Posterior, Quality, TrackId,
};
use mien::pipeline::PipelineOptions;
use mien::session::recorder::folder_name;
use mien::session::{
    Finished, ModelRecord, RecordError, Recorder, Row, Session, SessionEvent, SessionHeader,
    SessionMeta, SessionSummary, SourceRecord, find_unfinished, recover,
};
use mien::source::{SourceInfo, SourceSpec};
use mien::time::Pts;

const FRAME: Duration = Duration::from_micros(33_333);

fn header() -> SessionHeader {
    let started: Zoned = "2026-11-24T14:05:33.120+00:00[UTC]".parse().unwrap();
    let spec = SourceSpec::Camera { number: Some(0), size: None };
    let info = SourceInfo {
        name: "HD Webcam".into(),
        size: (640, 480),
        nominal_rate_hz: 30.0,
        format: "YUYV".into(),
        mirror: true,
    };
    SessionHeader {
        folder_name: folder_name(&started, &spec),
        zero_utc: Some(started.timestamp()),
        source: SourceRecord::new(&spec, &info),
        file: None,
        models: vec![ModelRecord {
            role: "emotion".into(),
            name: "mien-emotion-48".into(),
            sha256: "ab".repeat(32),
        }],
        labels: Labels::new([
            "neutral",
            "happiness",
            "surprise",
            "sadness",
            "anger",
            "disgust",
            "fear",
            "contempt",
        ]),
        pipeline: PipelineOptions::default(),
        baseline: None,
        meta: SessionMeta {
            participant: "P07".into(),
            consent_utc: Some("2026-11-24T14:00:00Z".into()),
            ..SessionMeta::default()
        },
    }
}

/// A frame of a source of 30 frames a second with that many faces.
fn frame(run: u64, index: u64, faces: u32) -> Observation {
    let happy = |top: f32| {
        let rest = (1.0 - top) / 7.0;
        Posterior::normalised((0..8).map(|class| if class == 1 { top } else { rest }).collect())
            .unwrap()
    };
    let reading = |track| FaceReading {
        track: TrackId(track),
        age: FRAME,
        detection: Detection {
            bbox: Rect::new(200.0 + index as f32 * 0.25, 120.5, 180.0, 220.0),
            score: 0.987_654_3,
            landmarks: Landmarks::default(),
        },
        posterior: happy(0.9),
        smoothed: happy(0.8),
        label: if index.is_multiple_of(2) { Label::Class(1) } else { Label::Unsure(Hint::TooDark) },
        certainty: 0.8,
        steady: FRAME,
        affect: Some(Affect { valence: 0.7, arousal: -0.1 }),
        pose: HeadPose { pitch_deg: -3.25, yaw_deg: 12.5, roll_deg: 0.0 },
        quality: Quality { size: 1.0, light: 0.5, sharpness: 0.9, turn: 0.75, hint: None },
    };
    Observation {
        run: RunId(run),
        index,
        pts: Pts::new(FRAME * index as u32),
        frame_size: (640, 480),
        faces: (1..=faces).map(reading).collect(),
    }
}

/// Writes a second of frames; the failure, if one came.
fn write_second(recorder: &mut Recorder, second: u64) -> Result<(), RecordError> {
    for index in second * 30..(second + 1) * 30 {
        let observation = frame(1, index, 1);
        recorder.write(&observation, observation.pts.since_start())?;
        if index % 8 == 7 {
            recorder.flush(observation.pts.since_start())?;
        }
    }
    Ok(())
}

fn rows_of(folder: &Path) -> Vec<Row> {
    Session::open(folder).unwrap().observations().unwrap().map(Result::unwrap).collect()
}

#[test]
fn a_camera_that_is_unplugged_and_returns_gives_one_session() {
    let dir = tempfile::tempdir().unwrap();
    let mut recorder = Recorder::create(dir.path(), header()).unwrap();
    let secs = Duration::from_secs_f64;
    for index in [0, 1, 3] {
        recorder.write(&frame(1, index + 500, 1), secs(0.02) + FRAME * index as u32).unwrap();
    }
    recorder.event(secs(0.15), &SessionEvent::SourceLost { reason: "unplugged".into() }).unwrap();
    recorder
        .event(secs(0.15), &SessionEvent::Gap { duration: secs(4.85), reason: "unplugged".into() })
        .unwrap();
    let returned = SessionEvent::SourceReturned { source: "HD Webcam".into() };
    recorder.event(secs(5.0), &returned).unwrap();
    for index in [0, 1] {
        recorder.write(&frame(2, index, 2), secs(5.0) + FRAME * index as u32).unwrap();
    }
    recorder.write(&frame(2, 2, 0), secs(5.0) + FRAME * 2).unwrap();
    recorder.marker(secs(5.05), "=SUM(A1:A9)").unwrap();
    let summary = SessionSummary { duration: secs(5.2), captured: 7, ..Default::default() };
    let Finished { folder, rows, failure } = recorder.finish(summary).unwrap();
    assert_eq!((rows, failure), (8, None));
    assert_eq!(folder, dir.path().join("2026-11-24_14-05-33_camera"));

    let table = fs::read_to_string(folder.join("observations.csv")).unwrap();
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(
        lines[1],
        "0,1,0.020000,2026-11-24T14:05:33.140Z,0.987654,1,325.00,120.50,180.00,220.00,\
         happiness,0.800000,\
         0.014286,0.900000,0.014286,0.014286,0.014286,0.014286,0.014286,0.014286,\
         0.028571,0.800000,0.028571,0.028571,0.028571,0.028571,0.028571,0.028571,\
         0.700000,-0.100000,-3.25,12.50,0.00,0.5000,1.0000,0.5000,0.9000,0.7500,"
    );
    assert!(lines[2].ends_with(",too dark"), "{}", lines[2]);
    let nothing = format!("6,,5.066666,2026-11-24T14:05:38.186Z,,0{}", ",".repeat(33));
    assert_eq!(lines[8], nothing);

    let rows = rows_of(&folder);
    let key = |row: &Row| (row.frame, row.time.as_micros(), row.face.as_ref().and_then(|f| f.id));
    assert_eq!(
        rows.iter().map(key).collect::<Vec<_>>(),
        [
            (0, 20_000, Some(1)),
            (1, 53_333, Some(1)),
            (3, 119_999, Some(1)),
            (4, 5_000_000, Some(2)),
            (4, 5_000_000, Some(3)),
            (5, 5_033_333, Some(2)),
            (5, 5_033_333, Some(3)),
            (6, 5_066_666, None),
        ]
    );
    let events = fs::read_to_string(folder.join("events.csv")).unwrap();
    assert_eq!(
        events,
        "timestamp,utc,event,duration,text\n\
         0.150000,2026-11-24T14:05:33.270Z,source_lost,,unplugged\n\
         0.150000,2026-11-24T14:05:33.270Z,gap,4.850000,unplugged\n\
         5.000000,2026-11-24T14:05:38.120Z,source_returned,,HD Webcam\n\
         5.050000,2026-11-24T14:05:38.170Z,marker,,'=SUM(A1:A9)\n"
    );
    let session = Session::open(&folder).unwrap();
    assert_eq!(session.events().unwrap().last().unwrap().unwrap().text, "=SUM(A1:A9)");
    assert_eq!(session.record().gaps[0].end_secs, 5.0);
    assert_eq!(session.record().source.name, "HD Webcam");
}

#[test]
fn a_dropped_recorder_is_recovered_without_loss() {
    let dir = tempfile::tempdir().unwrap();
    let mut recorder = Recorder::create(dir.path(), header()).unwrap();
    (0..3).for_each(|second| write_second(&mut recorder, second).unwrap());
    drop(recorder);
    let unfinished = find_unfinished(dir.path());
    assert_eq!(unfinished.len(), 1);
    let recovered = recover(&unfinished[0]).unwrap();
    assert_eq!(recovered.rows, 90);
    assert_eq!(rows_of(&recovered.folder).len(), 90);
    assert_eq!(find_unfinished(dir.path()), []);
}

#[test]
fn what_a_second_process_writes_is_not_taken_for_a_crash() {
    const SESSIONS_DIR: &str = "MIEN_TEST_SESSIONS_DIR";
    if let Some(dir) = std::env::var_os(SESSIONS_DIR) {
        // In the second process: what the first one writes is left alone.
        assert_eq!(find_unfinished(Path::new(&dir)), []);
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let mut recorder = Recorder::create(dir.path(), header()).unwrap();
    write_second(&mut recorder, 0).unwrap();
    let second = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "what_a_second_process_writes_is_not_taken_for_a_crash"])
        .env(SESSIONS_DIR, dir.path())
        .output()
        .unwrap();
    assert!(second.status.success(), "{}", String::from_utf8_lossy(&second.stdout));
    assert!(String::from_utf8_lossy(&second.stdout).contains("1 passed"));
}

#[test]
fn a_process_killed_at_any_moment_loses_less_than_a_second() {
    const TEST: &str = "a_process_killed_at_any_moment_loses_less_than_a_second";
    const SESSIONS_DIR: &str = "MIEN_TEST_SESSIONS_DIR";
    if let Some(dir) = std::env::var_os(SESSIONS_DIR) {
        record_until_killed(Path::new(&dir));
    }
    let mut longest = Duration::ZERO;
    let mut kills = 0;
    for round in 0..10 {
        let mut children: Vec<_> = (0..10)
            .map(|number| {
                let dir = tempfile::tempdir().unwrap();
                let child = Command::new(std::env::current_exe().unwrap())
                    .args(["--exact", TEST])
                    .env(SESSIONS_DIR, dir.path())
                    .stdout(Stdio::null())
                    .spawn()
                    .unwrap();
                // Spread over a second and a half, from before the first row on.
                (Duration::from_millis((round * 10 + number) * 37 % 1500), child, dir)
            })
            .collect();
        children.sort_by_key(|(moment, ..)| *moment);
        let spawned = Instant::now();
        for (moment, mut child, dir) in children {
            std::thread::sleep(moment.saturating_sub(spawned.elapsed()));
            let killed_at = Timestamp::now();
            child.kill().unwrap();
            child.wait().unwrap();
            kills += 1;
            for unfinished in find_unfinished(dir.path()) {
                let recovered = recover(&unfinished).unwrap();
                let rows = rows_of(&recovered.folder);
                assert_eq!(rows.len() as u64, recovered.rows);
                // Before its first flush a session may be empty, but not for longer than that.
                // Killed before `session.json` was there, it has no start and nothing to lose.
                let start = Session::open(&recovered.folder).unwrap().record().start();
                let Some(saved) = rows.last().map_or(start, |row| row.utc) else {
                    assert!(rows.is_empty());
                    continue;
                };
                let lost = Duration::try_from(killed_at.duration_since(saved)).unwrap_or_default();
                assert!(lost < Duration::from_secs(1), "{lost:?} are missing");
                longest = longest.max(lost);
            }
        }
    }
    println!("{kills} kills, at most {longest:?} missing");
    assert_eq!(kills, 100);
    assert!(longest > Duration::ZERO);
}

/// As the live recorder does: 30 frames a second, a flush four times a second.
fn record_until_killed(sessions_dir: &Path) -> ! {
    let header = SessionHeader { zero_utc: Some(Timestamp::now()), ..header() };
    let zero = Instant::now();
    let mut recorder = Recorder::create(sessions_dir, header).unwrap();
    let mut flushed = Duration::ZERO;
    for index in 0.. {
        while zero.elapsed() < FRAME * index as u32 {
            std::thread::sleep(Duration::from_millis(1));
        }
        recorder.write(&frame(1, index, 1), zero.elapsed()).unwrap();
        if zero.elapsed() >= flushed + Duration::from_millis(250) {
            flushed = zero.elapsed();
            recorder.flush(flushed).unwrap();
        }
    }
    unreachable!("there are more frames than a test waits for")
}

#[test]
fn a_disk_that_is_really_full_keeps_every_row() {
    let dir = tempfile::tempdir().unwrap();
    let Some(_mount) = Mount::new(dir.path(), "size=128k") else { return };
    let mut recorder = Recorder::create(dir.path(), header()).unwrap();
    let error = (0..60).find_map(|second| write_second(&mut recorder, second).err()).unwrap();
    assert!(matches!(error, RecordError::DiskFull { .. }), "{error}");
    assert!(error.advice().starts_with("Free some space"));
    let safe = recorder.rows_on_disk();
    assert!(safe > 200, "{safe}");
    assert_eq!(rows_of(recorder.folder()).len() as u64, safe);
    let folder = recorder.folder().to_owned();
    match recorder.finish(SessionSummary::default()) {
        Ok(finished) => assert_eq!(finished.rows, safe),
        // No space for `session.json` either: the next start can close it.
        Err(error) => {
            assert!(matches!(error, RecordError::DiskFull { .. }), "{error}");
            assert_eq!(find_unfinished(dir.path())[0].rows, safe);
            let ballast = fs::read_dir(dir.path()).unwrap().count();
            assert_eq!(ballast, 1);
        }
    }
    assert_eq!(rows_of(&folder).len() as u64, safe);
}

#[test]
fn a_disk_that_becomes_read_only_keeps_every_row() {
    let dir = tempfile::tempdir().unwrap();
    let Some(mount) = Mount::new(dir.path(), "size=1m") else { return };
    mount.remount("remount,ro");
    let error = Recorder::create(dir.path(), header()).unwrap_err();
    assert!(matches!(error, RecordError::ReadOnly { .. }), "{error}");
    assert!(error.advice().contains("another disk"));
    mount.remount("remount,rw");
    let recorder = Recorder::create(dir.path(), header()).unwrap();
    recorder.finish(SessionSummary::default()).unwrap();
}

#[cfg(unix)]
#[test]
fn a_folder_without_permission_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let sessions_dir = dir.path().join("sessions");
    fs::create_dir(&sessions_dir).unwrap();
    fs::set_permissions(&sessions_dir, fs::Permissions::from_mode(0o555)).unwrap();
    if fs::write(sessions_dir.join("probe"), "").is_ok() {
        eprintln!("SKIPPED: permissions do not bind this user (root)");
        return;
    }
    let error = Recorder::create(&sessions_dir, header()).unwrap_err();
    assert!(matches!(error, RecordError::PermissionDenied { .. }), "{error}");
    assert!(error.advice().contains("folder of your own"));
}

/// Not a benchmark, a floor: a live camera gives 30 rows a second, and three hours of it must
/// open in seconds. Run with `--nocapture` to see the figures.
#[test]
fn three_hours_are_written_and_read_in_seconds() {
    const FRAMES: u64 = 3 * 3600 * 30;
    let dir = tempfile::tempdir().unwrap();
    let mut recorder = Recorder::create(dir.path(), header()).unwrap();
    let started = Instant::now();
    for index in 0..FRAMES {
        // Time all but stands still, so that the disk is not waited for 10,000 times.
        let frame = Observation { pts: Pts::ZERO, ..frame(1, index, 1) };
        recorder.write(&frame, Duration::ZERO).unwrap();
    }
    let folder = recorder.finish(SessionSummary::default()).unwrap().folder;
    let written = FRAMES as f64 / started.elapsed().as_secs_f64();
    let started = Instant::now();
    let rows = Session::open(&folder).unwrap().observations().unwrap();
    assert_eq!(rows.map(Result::unwrap).count() as u64, FRAMES);
    let read = FRAMES as f64 / started.elapsed().as_secs_f64();
    let bytes = fs::metadata(folder.join("observations.csv")).unwrap().len() / FRAMES;
    println!("{written:.0} rows/s written, {read:.0} rows/s read, {bytes} bytes a row");
    assert!(written > 3000.0 && read > 3000.0);
}
