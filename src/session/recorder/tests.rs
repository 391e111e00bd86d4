use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::*;
use crate::session::row_file::tests::SmallDisk;
use crate::session::sample::{Dice, header, labels, observation};
use crate::session::{ReadError, Session, find_unfinished};
use crate::time::Pts;

const FRAME: Duration = Duration::from_micros(33_333);

fn create(sessions_dir: &Path) -> Recorder {
    Recorder::create(sessions_dir, header(&labels())).unwrap()
}

/// Writes `count` frames from number `first` on; the time after them.
fn write_frames(recorder: &mut Recorder, first: u64, count: u64) -> Result<Duration, RecordError> {
    let mut dice = Dice::new(first);
    for index in first..first + count {
        let observation = observation(&mut dice, index, 8);
        recorder.write(&observation, observation.pts.since_start())?;
    }
    Ok(FRAME * (first + count) as u32)
}

fn rows_in(folder: &Path) -> Result<u64, ReadError> {
    let mut rows = Session::open(folder)?.observations()?;
    let count = rows.by_ref().map(Result::unwrap).count() as u64;
    Ok(count)
}

#[test]
fn a_session_is_closed_with_what_is_known_about_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut recorder = create(dir.path());
    write_frames(&mut recorder, 0, 90).unwrap();
    let rows = recorder.rows();
    let latency = Latency { p50_ms: 20.0, p95_ms: 40.0, p99_ms: 41.5 };
    let summary = SessionSummary {
        duration: Duration::from_millis(3100),
        captured: 95,
        dropped: 4,
        damaged: 1,
        latency: Some(latency),
    };
    let finished = recorder.finish(summary).unwrap();
    assert_eq!(finished.folder, dir.path().join("2026-11-24_14-05-33_demo"));
    assert_eq!((finished.rows, finished.failure), (rows, None));
    let mut names: Vec<_> =
        fs::read_dir(&finished.folder).unwrap().map(|e| e.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, [EVENTS, OBSERVATIONS, RECORD]);

    let record = SessionRecord::read(&finished.folder).unwrap();
    assert!(record.complete && !record.recovered && record.failure.is_none());
    assert_eq!(record.frames, FrameCounts { captured: 95, analysed: 90, dropped: 4, damaged: 1 });
    assert_eq!((record.rows, record.duration_secs), (rows, 3.1));
    assert_eq!((record.latency, record.meta.participant.as_str()), (Some(latency), "P07"));
    assert_eq!(record.start_utc.as_deref(), Some("2026-11-24T14:05:33.12Z"));
    assert_eq!(record.labels, labels().names());
    assert_eq!(rows_in(&finished.folder).unwrap(), rows);
}

#[test]
fn while_it_is_written_it_says_so_and_is_not_recovered() {
    let dir = tempfile::tempdir().unwrap();
    let mut recorder = create(dir.path());
    let now = write_frames(&mut recorder, 0, 10).unwrap();
    recorder.flush(now).unwrap();
    assert_eq!(rows_in(recorder.folder()).unwrap(), recorder.rows());
    assert_eq!(recorder.rows_on_disk(), recorder.rows());
    assert!(!SessionRecord::read(recorder.folder()).unwrap().complete);
    assert_eq!(find_unfinished(dir.path()), []);
    // Its owner is gone: now it is.
    let rows = recorder.rows();
    drop(recorder);
    let unfinished = find_unfinished(dir.path());
    assert_eq!(unfinished.len(), 1);
    assert_eq!(unfinished[0].rows, rows);
    assert_eq!(unfinished[0].duration, Some(FRAME * 9));
    assert_eq!(unfinished[0].start, header(&labels()).zero_utc);
}

#[test]
fn rows_reach_the_system_within_a_second_even_if_nobody_flushes() {
    let dir = tempfile::tempdir().unwrap();
    let mut recorder = create(dir.path());
    for second in 0..5 {
        write_frames(&mut recorder, second * 30, 30).unwrap();
        let waiting = recorder.rows() - recorder.rows_on_disk();
        // Half a second of at most three faces.
        assert!(waiting <= 15 * 3, "{waiting}");
    }
    let written = fs::metadata(recorder.folder().join(part_of(OBSERVATIONS))).unwrap().len();
    assert!(written > 0 && recorder.bytes() >= written);
}

#[test]
fn faces_of_another_run_are_other_faces() {
    let dir = tempfile::tempdir().unwrap();
    let mut recorder = create(dir.path());
    let mut dice = Dice::new(5);
    let one_face = std::iter::repeat_with(|| observation(&mut dice, 0, 8))
        .find(|observation| observation.faces.len() == 1)
        .unwrap();
    // Run, index, moment, track; wanted: frame, face.
    let cases =
        [(1, 7, 0, 3, 0, 3), (1, 9, 66, 1, 2, 1), (2, 0, 900, 1, 3, 4), (2, 1, 933, 2, 4, 5)];
    for (run, index, millis, track, frame, _) in cases {
        let mut observation = one_face.clone();
        let at = Duration::from_millis(millis);
        (observation.run, observation.index, observation.pts) = (RunId(run), index, Pts::new(at));
        observation.faces[0].track = TrackId(track);
        assert_eq!(recorder.write(&observation, at).unwrap().frame, frame);
    }
    let folder = recorder.finish(SessionSummary::default()).unwrap().folder;
    let rows = Session::open(&folder).unwrap().observations().unwrap().map(Result::unwrap);
    let ids: Vec<_> = rows.map(|row| row.face.unwrap().id.unwrap()).collect();
    assert_eq!(ids, cases.map(|case| case.5));
}

#[test]
fn a_full_disk_ends_recording_and_keeps_every_row() {
    // The disk is full at once, within the header, and after some rows.
    for room in [0, 100, 700, 5_000, 20_000, 40_000] {
        let dir = tempfile::tempdir().unwrap();
        let left = Arc::new(AtomicU64::new(room));
        let mut open = |path: &Path| SmallDisk::create(path, &left, true);
        let mut recorder = match Recorder::create_on(dir.path(), header(&labels()), &mut open) {
            Ok(recorder) => recorder,
            Err(error) => {
                assert!(matches!(error, RecordError::DiskFull { .. }));
                assert!(room < 1000);
                // No folder stays behind.
                assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
                continue;
            }
        };
        let error = write_frames(&mut recorder, 0, 500).unwrap_err();
        assert!(error.to_string().starts_with("the disk is full"), "{error}");
        assert_eq!(recorder.failure(), Some(&error));
        let safe = recorder.rows_on_disk();
        assert_eq!(rows_in(recorder.folder()).unwrap(), safe);
        // The header has some 500 bytes, a row at most 400.
        assert!(safe >= room.saturating_sub(500) / 400, "{safe} rows in {room} bytes");
        // It takes no more, and says why.
        assert_eq!(write_frames(&mut recorder, 500, 1).unwrap_err(), error);
        assert_eq!(recorder.flush(Duration::from_secs(99)).unwrap_err(), error);
        assert_eq!(recorder.marker(Duration::ZERO, "late").unwrap_err(), error);

        let finished = recorder.finish(SessionSummary::default()).unwrap();
        assert_eq!((finished.rows, finished.failure.as_ref()), (safe, Some(&error)));
        assert_eq!(rows_in(&finished.folder).unwrap(), safe);
        let record = SessionRecord::read(&finished.folder).unwrap();
        assert!(!record.complete);
        assert_eq!(record.failure, Some(error.to_string()));
        assert_eq!(find_unfinished(dir.path()), []);
    }
}

#[test]
fn space_that_came_back_before_closing_saves_the_rest() {
    let dir = tempfile::tempdir().unwrap();
    let left = Arc::new(AtomicU64::new(10_000));
    let mut open = |path: &Path| SmallDisk::create(path, &left, true);
    let mut recorder = Recorder::create_on(dir.path(), header(&labels()), &mut open).unwrap();
    write_frames(&mut recorder, 0, 500).unwrap_err();
    let (safe, accepted) = (recorder.rows_on_disk(), recorder.rows());
    assert!(safe < accepted);
    left.store(1_000_000, Ordering::Relaxed);
    let finished = recorder.finish(SessionSummary::default()).unwrap();
    assert_eq!(finished.rows, accepted);
    assert_eq!(rows_in(&finished.folder).unwrap(), accepted);
}

#[cfg(unix)]
#[test]
fn a_deleted_folder_is_noticed_and_written_again() {
    let dir = tempfile::tempdir().unwrap();
    let sessions_dir = dir.path().join("sessions");
    let mut recorder = create(&sessions_dir);
    let now = write_frames(&mut recorder, 0, 60).unwrap();
    recorder.marker(now, "before").unwrap();
    recorder.flush(now).unwrap();
    let rows = recorder.rows();
    fs::remove_dir_all(&sessions_dir).unwrap();
    let error = recorder.flush(now + BETWEEN_SYNCS).unwrap_err();
    let again = sessions_dir.join("2026-11-24_14-05-33_demo_saved-again");
    assert!(error.to_string().contains("vanished while recording"), "{error}");
    assert!(error.to_string().ends_with(&format!("saved again as {}", again.display())));
    assert_eq!((recorder.folder(), recorder.rows_on_disk()), (again.as_path(), rows));
    assert_eq!(rows_in(&again).unwrap(), rows);
    // Still ours, still locked.
    assert_eq!(find_unfinished(&sessions_dir), []);

    let finished = recorder.finish(SessionSummary::default()).unwrap();
    assert_eq!((&finished.folder, finished.rows), (&again, rows));
    assert_eq!(finished.failure, Some(error));
    assert_eq!(rows_in(&again).unwrap(), rows);
    assert_eq!(Session::open(&again).unwrap().events().unwrap().count(), 1);
}

#[cfg(unix)]
#[test]
fn a_folder_deleted_just_before_the_end_is_written_again_too() {
    let dir = tempfile::tempdir().unwrap();
    let mut recorder = create(dir.path());
    write_frames(&mut recorder, 0, 20).unwrap();
    let rows = recorder.rows();
    fs::remove_dir_all(recorder.folder()).unwrap();
    let finished = recorder.finish(SessionSummary::default()).unwrap();
    assert!(matches!(finished.failure, Some(RecordError::Vanished { .. })));
    assert_eq!((rows_in(&finished.folder).unwrap(), finished.rows), (rows, rows));
}

#[cfg(unix)]
#[test]
fn rows_of_a_deleted_folder_that_can_t_be_written_again_count_as_lost() {
    let dir = tempfile::tempdir().unwrap();
    let sessions_dir = dir.path().join("sessions");
    let mut recorder = create(&sessions_dir);
    let now = write_frames(&mut recorder, 0, 20).unwrap();
    fs::remove_dir_all(&sessions_dir).unwrap();
    fs::write(&sessions_dir, "in the way").unwrap();
    let error = recorder.flush(now + BETWEEN_SYNCS).unwrap_err();
    assert!(matches!(error, RecordError::Vanished { kept: Kept::Lost { .. }, .. }), "{error}");
    assert_eq!(recorder.rows_on_disk(), 0);
    assert_eq!(recorder.finish(SessionSummary::default()).unwrap_err(), error);
}

#[cfg(unix)]
#[test]
fn a_moved_folder_is_noticed_and_can_be_recovered_where_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let mut recorder = create(dir.path());
    let now = write_frames(&mut recorder, 0, 60).unwrap();
    let moved = dir.path().join("moved");
    fs::rename(recorder.folder(), &moved).unwrap();
    let error = recorder.flush(now + BETWEEN_SYNCS).unwrap_err();
    assert!(matches!(error, RecordError::Vanished { kept: Kept::Moved, .. }));
    let rows = recorder.rows();
    assert_eq!(recorder.rows_on_disk(), rows);
    assert_eq!(recorder.finish(SessionSummary::default()).unwrap_err(), error);
    assert_eq!(find_unfinished(dir.path())[0].rows, rows);
    assert_eq!(rows_in(&moved).unwrap(), rows);
}

#[test]
fn what_stands_in_the_way_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    for path in [file.clone(), file.join("below")] {
        let error = Recorder::create(&path, header(&labels())).unwrap_err();
        assert_eq!(error, RecordError::NotAFolder { path });
        assert!(error.advice().contains("Choose another folder"));
    }
}

#[test]
fn a_session_without_rows_or_labels_is_a_session() {
    let dir = tempfile::tempdir().unwrap();
    let none = Labels::new(Vec::<String>::new());
    let recorder = Recorder::create(dir.path(), header(&none)).unwrap();
    let finished = recorder.finish(SessionSummary::default()).unwrap();
    assert_eq!((finished.rows, rows_in(&finished.folder).unwrap()), (0, 0));
}

#[test]
fn a_posterior_of_another_length_leaves_cells_empty() {
    let dir = tempfile::tempdir().unwrap();
    let mut recorder = create(dir.path());
    let mut dice = Dice::new(9);
    for (index, classes) in [(0, 3), (1, 20), (2, 8)] {
        recorder.write(&observation(&mut dice, index, classes), FRAME * index as u32).unwrap();
    }
    let rows = recorder.rows();
    let folder = recorder.finish(SessionSummary::default()).unwrap().folder;
    assert_eq!(rows_in(&folder).unwrap(), rows);
}
