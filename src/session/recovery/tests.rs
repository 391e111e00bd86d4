use std::collections::BTreeSet;

use super::*;
use crate::session::sample::{Dice, header, labels, observation};
use crate::session::{Recorder, SessionEvent, SessionSummary};

/// What a killed program leaves: a folder and the rows in it.
struct Crash {
    dir: tempfile::TempDir,
    folder: PathBuf,
    table: Vec<u8>,
}

fn crash(frames: u64) -> Crash {
    let dir = dir_in_memory();
    let mut recorder = Recorder::create(dir.path(), header(&labels())).unwrap();
    let mut dice = Dice::new(41);
    for index in 0..frames {
        let observation = observation(&mut dice, index, 8);
        recorder.write(&observation, observation.pts.since_start()).unwrap();
    }
    let second = Duration::from_secs(1);
    recorder.marker(second, "now").unwrap();
    let gap = SessionEvent::Gap { duration: second, reason: "unplugged".into() };
    recorder.event(second, &gap).unwrap();
    let folder = recorder.folder().to_owned();
    drop(recorder);
    let table = fs::read(folder.join(part_of(OBSERVATIONS))).unwrap();
    Crash { dir, folder, table }
}

/// Hundreds of recoveries, each of which waits for the disk several times, would take half a
/// minute.
fn dir_in_memory() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

impl Crash {
    fn cut(&self, len: usize) {
        fs::write(self.folder.join(part_of(OBSERVATIONS)), &self.table[..len]).unwrap();
    }

    fn found(&self) -> Unfinished {
        let mut found = find_unfinished(self.dir.path());
        assert_eq!(found.len(), 1);
        found.remove(0)
    }

    /// Back to the state after the crash.
    fn undo_recovery(&self) {
        fs::remove_file(self.folder.join(OBSERVATIONS)).unwrap();
        fs::rename(self.folder.join(EVENTS), self.folder.join(part_of(EVENTS))).unwrap();
    }

    /// Recovers and checks that exactly the whole lines of the table are there.
    fn recover_and_check(&self, len: usize) {
        let lines = self.table[..len].iter().filter(|byte| **byte == b'\n').count();
        let whole_end = self.table[..len].iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
        let rows = lines.saturating_sub(1) as u64;
        let found = self.found();
        assert_eq!((found.rows, found.bytes), (rows, whole_end as u64));

        let recovered = recover(&found).unwrap();
        assert_eq!(recovered.rows, rows);
        let table = fs::read(self.folder.join(OBSERVATIONS)).unwrap();
        if lines > 0 {
            assert!(table == self.table[..whole_end], "cut at {len}");
        } else {
            let header_end = self.table.iter().position(|byte| *byte == b'\n').unwrap() + 1;
            assert!(table == self.table[..header_end], "cut at {len}");
        }
        let session = Session::open(&self.folder).unwrap();
        assert!(!session.is_unfinished());
        let record = session.record();
        assert!(record.recovered && !record.complete);
        assert_eq!(record.rows, rows);
        let read: Vec<Row> = session.observations().unwrap().map(Result::unwrap).collect();
        assert_eq!(read.len() as u64, rows);
        let last = read.last().map_or(Duration::ZERO, |row| row.time);
        assert_eq!((record.duration(), recovered.duration), (last, last));
        assert_eq!(found.duration, read.last().map(|row| row.time));
        let frames: BTreeSet<u64> = read.iter().map(|row| row.frame).collect();
        assert_eq!(record.frames.analysed, frames.len() as u64);
        assert_eq!((record.gaps.len(), record.gaps[0].end_secs), (1, 2.0));
        // What was known at the start still is.
        assert_eq!(record.meta.participant, "P07");
    }
}

#[test]
fn cut_anywhere_in_the_last_rows_all_whole_rows_are_kept() {
    let crash = crash(60);
    let ends: Vec<usize> = crash
        .table
        .iter()
        .enumerate()
        .filter_map(|(at, byte)| (*byte == b'\n').then_some(at + 1))
        .collect();
    let third_last = ends[ends.len() - 4];
    let mut cuts = 0;
    for len in third_last..=crash.table.len() {
        crash.cut(len);
        crash.recover_and_check(len);
        crash.undo_recovery();
        cuts += 1;
    }
    assert!(cuts > 100, "{cuts}");
}

#[test]
fn cut_at_random_places_all_whole_rows_are_kept() {
    let crash = crash(200);
    let mut dice = Dice::new(42);
    let header_end = crash.table.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    let edges = [0, 1, header_end - 1, header_end, header_end + 1];
    let random = (0..100).map(|_| dice.below(crash.table.len() as u64 + 1) as usize);
    for len in edges.into_iter().chain(random) {
        crash.cut(len);
        crash.recover_and_check(len);
        crash.undo_recovery();
    }
}

#[test]
fn a_tail_of_zeros_is_cut_off() {
    // What some file systems leave after a power cut.
    let crash = crash(20);
    let mut table = crash.table.clone();
    table.extend([0; 5000]);
    fs::write(crash.folder.join(part_of(OBSERVATIONS)), table).unwrap();
    recover(&crash.found()).unwrap();
    assert!(fs::read(crash.folder.join(OBSERVATIONS)).unwrap() == crash.table);
}

#[test]
fn a_recovery_that_died_at_any_step_is_done_again() {
    let names = |folder: &Path| -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> =
            entries.map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    };
    let wanted = ["events.csv", "observations.csv", "session.json"];
    for step in 0..5 {
        let crash = crash(30);
        let len = crash.table.len() - 10;
        crash.cut(len);
        let found = crash.found();
        // The steps of a recovery, up to where it died.
        if step >= 1 {
            let whole = crash.table[..len].iter().rposition(|b| *b == b'\n').unwrap() + 1;
            crash.cut(whole);
        }
        if step >= 2 {
            fs::rename(crash.folder.join(part_of(EVENTS)), crash.folder.join(EVENTS)).unwrap();
        }
        if step >= 3 {
            let mut record = SessionRecord::read(&crash.folder).unwrap();
            record.recovered = true;
            record.write(&crash.folder).unwrap();
        }
        if step >= 4 {
            let part = crash.folder.join(part_of(OBSERVATIONS));
            fs::rename(part, crash.folder.join(OBSERVATIONS)).unwrap();
            let record = SessionRecord::read(&crash.folder).unwrap();
            SessionRecord { rows: found.rows, ..record }.write(&crash.folder).unwrap();
        }
        let recovered = recover(&found).unwrap();
        assert_eq!(recovered.rows, found.rows);
        assert_eq!(names(&crash.folder), wanted);
        assert_eq!(find_unfinished(crash.dir.path()), []);
        // And once more changes nothing.
        let table = fs::read(crash.folder.join(OBSERVATIONS)).unwrap();
        assert_eq!(recover(&found).unwrap().rows, recovered.rows);
        assert!(fs::read(crash.folder.join(OBSERVATIONS)).unwrap() == table);
    }
}

#[test]
fn a_program_that_died_between_its_last_two_steps_is_believed() {
    let crash = crash(30);
    let mut record = SessionRecord::read(&crash.folder).unwrap();
    (record.complete, record.duration_secs, record.frames.dropped) = (true, 7.5, 3);
    record.write(&crash.folder).unwrap();
    recover(&crash.found()).unwrap();
    assert_eq!(SessionRecord::read(&crash.folder).unwrap(), record);
}

#[test]
fn a_damaged_or_missing_record_is_made_anew_from_the_rows() {
    for content in [None, Some(""), Some("{\"rows\""), Some("\0\0\0\0\0\0")] {
        let crash = crash(30);
        let path = crash.folder.join(RECORD);
        let damaged = crash.folder.join("session.json.damaged");
        match content {
            Some(content) => fs::write(&path, content).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
        let found = crash.found();
        // Rows print whole milliseconds.
        let truth = header(&labels()).zero_utc.unwrap();
        let close =
            |start: Option<Timestamp>| truth.duration_since(start.unwrap()).as_millis() == 0;
        assert!(close(found.start));
        recover(&found).unwrap();
        let record = SessionRecord::read(&crash.folder).unwrap();
        assert!(record.recovered);
        assert_eq!(record.labels, labels().names());
        assert!(close(record.start()));
        assert_eq!(record.rows, found.rows);
        assert_eq!(fs::read_to_string(&damaged).ok().as_deref(), content);
    }
}

#[test]
fn with_neither_header_nor_record_there_is_an_empty_session() {
    for len in [0, 5] {
        let crash = crash(3);
        crash.cut(len);
        fs::remove_file(crash.folder.join(RECORD)).unwrap();
        assert_eq!(recover(&crash.found()).unwrap().rows, 0);
        let session = Session::open(&crash.folder).unwrap();
        assert_eq!(session.observations().unwrap().count(), 0);
        assert!(session.record().recovered);
    }
}

#[test]
fn a_row_that_makes_no_sense_stays_and_stops_nothing() {
    let crash = crash(30);
    let mut table = crash.table.clone();
    let middle = table.len() / 2;
    table[middle..middle + 40].fill(b'\xff');
    fs::write(crash.folder.join(part_of(OBSERVATIONS)), &table).unwrap();
    let recovered = recover(&crash.found()).unwrap();
    assert!(fs::read(crash.folder.join(OBSERVATIONS)).unwrap() == table);
    let rows: Vec<_> = Session::open(&crash.folder).unwrap().observations().unwrap().collect();
    assert!(rows.iter().filter(|row| row.is_err()).count() >= 1);
    assert!(recovered.rows >= 25 && recovered.duration > Duration::ZERO);
}

#[test]
fn what_another_program_writes_is_left_alone() {
    let crash = crash(30);
    let found = crash.found();
    let file = File::open(crash.folder.join(part_of(OBSERVATIONS))).unwrap();
    file.lock().unwrap();
    assert_eq!(find_unfinished(crash.dir.path()), []);
    let error = recover(&found).unwrap_err();
    assert_eq!(error, RecoverError::InUse { folder: crash.folder.clone() });
    file.unlock().unwrap();
    recover(&found).unwrap();
}

#[test]
fn no_file_is_overwritten() {
    for name in [OBSERVATIONS, EVENTS] {
        let crash = crash(30);
        let found = crash.found();
        let path = crash.folder.join(name);
        fs::write(&path, "mine").unwrap();
        assert_eq!(recover(&found).unwrap_err(), RecoverError::Occupied { path: path.clone() });
        assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
        fs::remove_file(&path).unwrap();
        recover(&found).unwrap();
    }
}

#[test]
fn only_unfinished_sessions_are_found() {
    let crash = crash(3);
    let dir = crash.dir.path();
    assert_eq!(find_unfinished(&dir.join("none")), []);
    fs::create_dir(dir.join("empty")).unwrap();
    fs::write(dir.join("file"), "").unwrap();
    let recorder = Recorder::create(dir, header(&labels())).unwrap();
    recorder.finish(SessionSummary::default()).unwrap();
    let found = find_unfinished(dir);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].folder, crash.folder);
    assert_eq!(found[0].name(), "2026-11-24_14-05-33_demo");
}
