use std::fs;
use std::time::Duration;

use super::*;
use crate::observation::{Labels, Observation};
use crate::session::sample::{Dice, header, labels, observation};
use crate::session::text::column_words;
use crate::session::{Recorder, SessionEvent, SessionSummary, Stamp};

/// Writes observations of 30 frames a second and closes the session.
fn recorded(dir: &Path, labels: &Labels, observations: &[Observation]) -> Session {
    let mut recorder = Recorder::create(dir, header(labels)).unwrap();
    for observation in observations {
        recorder.write(observation, observation.pts.since_start()).unwrap();
    }
    let finished = recorder.finish(SessionSummary::default()).unwrap();
    Session::open(&finished.folder).unwrap()
}

fn session_of(dir: &Path, table: &str) -> Session {
    fs::write(dir.join(OBSERVATIONS), table).unwrap();
    Session::open(dir).unwrap()
}

/// The numbers of a row, each with how far printing may move it.
fn numbers(row: &Row) -> Vec<(Option<f32>, f32)> {
    let Some(face) = &row.face else { return Vec::new() };
    let probabilities = face.posterior.iter().chain(&face.smoothed).copied();
    let six = [face.confidence, face.certainty, face.valence, face.arousal];
    let four = [
        face.quality,
        face.quality_size,
        face.quality_light,
        face.quality_sharpness,
        face.quality_turn,
    ];
    let two = [
        face.bbox_x,
        face.bbox_y,
        face.bbox_w,
        face.bbox_h,
        face.pitch_deg,
        face.yaw_deg,
        face.roll_deg,
    ];
    let with = |step: f32| move |number| (number, step);
    (probabilities.chain(six).map(with(0.6e-6)))
        .chain(four.map(with(0.6e-4)))
        // A float of some thousands has less than four decimals itself.
        .chain(two.map(with(0.51e-2)))
        .collect()
}

fn without_numbers(row: &Row) -> Row {
    let mut row = row.clone();
    if let Some(face) = &mut row.face {
        *face = crate::session::FaceRow {
            id: face.id,
            emotion: std::mem::take(&mut face.emotion),
            hint: face.hint,
            ..Default::default()
        };
    }
    row
}

#[test]
fn what_was_written_is_read_back_up_to_the_printed_decimals() {
    let mut dice = Dice::new(31);
    let odd_labels = Labels::new(["Happy!", "", "=1+1", "unsure", "\u{559c}"]);
    let mut compared = 0;
    for labels in [labels(), odd_labels, Labels::new(["one"])] {
        let dir = tempfile::tempdir().unwrap();
        let frames: Vec<Observation> =
            (0..300).map(|index| observation(&mut dice, index, labels.len())).collect();
        let session = recorded(dir.path(), &labels, &frames);

        let words = column_words(labels.names());
        let zero_utc = header(&labels).zero_utc;
        let written = frames.iter().flat_map(|frame| {
            let stamp = Stamp { time: frame.pts.since_start(), frame: frame.index };
            let mut rows: Vec<Row> = frame
                .faces
                .iter()
                .map(|f| Row::with_face(stamp, zero_utc, f.track.0.into(), f, &words))
                .collect();
            if rows.is_empty() {
                rows.push(Row::without_face(stamp, zero_utc));
            }
            rows
        });
        let mut rows = session.observations().unwrap();
        assert_eq!(rows.label_words(), words);
        for mut written in written {
            let read = rows.next().unwrap().unwrap();
            for ((a, tolerance), (b, _)) in numbers(&written).into_iter().zip(numbers(&read)) {
                assert!((a.unwrap() - b.unwrap()).abs() <= tolerance, "{a:?} {b:?}");
                compared += 1;
            }
            // Wall clock time is printed in milliseconds.
            written.utc = written
                .utc
                .map(|utc| jiff::Timestamp::from_millisecond(utc.as_millisecond()).unwrap());
            assert_eq!(without_numbers(&read), without_numbers(&written));
        }
        assert!(rows.next().is_none());
        assert_eq!(rows.cut_line(), None);
    }
    assert!(compared > 10_000, "{compared}");
}

#[test]
fn reading_and_writing_again_changes_no_byte() {
    let mut dice = Dice::new(32);
    let dir = tempfile::tempdir().unwrap();
    let frames: Vec<Observation> = (0..200).map(|i| observation(&mut dice, i, 8)).collect();
    let session = recorded(dir.path(), &labels(), &frames);
    let schema = Schema::observations(&labels());
    let mut again = Vec::new();
    schema.write_header(&mut again).unwrap();
    for row in session.observations().unwrap() {
        schema.write_row(&row.unwrap(), &mut again).unwrap();
    }
    let table = fs::read(session.folder().join(OBSERVATIONS)).unwrap();
    assert!(table == again);
}

#[test]
fn events_are_read_back() {
    let dir = tempfile::tempdir().unwrap();
    let mut recorder = Recorder::create(dir.path(), header(&labels())).unwrap();
    let texts =
        ["=cmd|' /C calc'!A0", "\u{201c}hi\u{201d}, \"she\" said", "'", "", "+1", "\u{1f600}"];
    let second = Duration::from_secs(1);
    for text in texts {
        recorder.marker(second, text).unwrap();
    }
    let (reason, text) = (String::from("unplugged"), String::from("two\nlines"));
    recorder.event(second, &SessionEvent::Gap { duration: second * 3, reason }).unwrap();
    recorder.event(second * 4, &SessionEvent::SourceReturned { source: text }).unwrap();
    let folder = recorder.finish(SessionSummary::default()).unwrap().folder;
    let session = Session::open(&folder).unwrap();
    let events: Vec<EventRow> = session.events().unwrap().map(Result::unwrap).collect();
    for (event, text) in events.iter().zip(texts) {
        assert_eq!((event.event.as_str(), event.text.as_str()), ("marker", text));
        assert_eq!((event.time, event.duration), (second, None));
        assert_eq!(event.utc.unwrap().to_string(), "2026-11-24T14:05:34.12Z");
    }
    assert_eq!(events[6].event, "gap");
    assert_eq!(events[6].duration, Some(second * 3));
    assert_eq!(events[7].text, "two lines");
    assert_eq!(events.len(), 8);
    assert_eq!(session.record().gaps.len(), 1);
}

#[test]
fn columns_are_found_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let session = session_of(
        dir.path(),
        "\u{feff}valence, success ,mood,p_b,timestamp,p_a,frame,valence\r\n\
         0.5,1,fine,0.25,1.5,0.75,7,0.9\r\n\
         ,0,,,1.6,,8,\r\n",
    );
    let mut rows = session.observations().unwrap();
    assert_eq!(rows.label_words(), ["b", "a"]);
    let row = rows.next().unwrap().unwrap();
    assert_eq!((row.frame, row.time), (7, Duration::from_millis(1500)));
    let face = row.face.unwrap();
    assert_eq!(face.valence, Some(0.5));
    assert_eq!(face.posterior, [Some(0.25), Some(0.75)]);
    assert_eq!((face.arousal, face.smoothed.len(), face.bbox()), (None, 0, None));
    assert_eq!(rows.next().unwrap().unwrap().face, None);
    assert!(rows.next().is_none());
}

#[test]
fn success_decides_whether_there_is_a_face() {
    // OpenFace fills the other cells all the same.
    let dir = tempfile::tempdir().unwrap();
    let session = session_of(
        dir.path(),
        "frame, face_id, timestamp, confidence, success, gaze_0_x\n1, 0, 0.033, 0.98, 1, 0.1\n\
         2, 0, 0.067, 0.1, 0, 0\n",
    );
    let rows: Vec<Row> = session.observations().unwrap().map(Result::unwrap).collect();
    assert_eq!(rows[0].face.as_ref().unwrap().confidence, Some(0.98));
    assert_eq!(rows[1].face, None);
}

#[test]
fn a_wrong_row_is_named_and_the_next_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let session = session_of(
        dir.path(),
        "frame,timestamp,success,valence\n\
         0,0.0,1,0.5\n\
         1,0.1,1,0,5\n\
         2,0.2,1,half\n\
         ,0.3,1,0.5\n\
         4,0.4\n\
         5,0.5,1,0.5\n",
    );
    let rows: Vec<_> = session.observations().unwrap().collect();
    let lines: Vec<u64> = rows.iter().filter_map(|r| r.as_ref().err().map(|e| e.line)).collect();
    assert_eq!(lines, [3, 4, 5, 6]);
    let message = rows[2].as_ref().unwrap_err().to_string();
    assert!(message.ends_with("line 4, column valence: \"half\" is not: number, 6 decimals"));
    assert_eq!(rows[3].as_ref().unwrap_err().column.as_deref(), Some("frame"));
    assert_eq!(rows[5].as_ref().unwrap().frame, 5);
    assert_eq!(rows.len(), 6);
}

#[test]
fn a_stray_quotation_mark_harms_its_own_row_alone() {
    let row = |frame: u64| format!("{frame},{}.5,1,0.25\n", frame);
    for damaged in ["\"2,2.5,1,0.25\n", "2,2.5,\"1,0.25\n", "2,2.5,1,\"0.25\r\n"] {
        let dir = tempfile::tempdir().unwrap();
        let rest: String = (3..200).map(row).collect();
        let head = "frame,timestamp,success,valence\n";
        let session = session_of(dir.path(), &format!("{head}{}{damaged}{rest}", row(1)));
        let (sound, wrong): (Vec<_>, Vec<_>) =
            session.observations().unwrap().partition(Result::is_ok);
        assert_eq!(sound.len(), 198, "{damaged}");
        let wrong = wrong[0].as_ref().unwrap_err();
        assert_eq!(wrong.line, 3);
        assert!(wrong.reason.contains("quotation mark"), "{wrong}");
    }
    // Closed within its line, it is none of our business.
    let dir = tempfile::tempdir().unwrap();
    let session = session_of(dir.path(), "frame,timestamp,success\n1,\"1.5\",\"0\"\n2,2.5,0\n");
    assert_eq!(session.observations().unwrap().filter(Result::is_ok).count(), 2);
}

#[test]
fn a_line_without_end_takes_bounded_memory() {
    let endless = io::repeat(b'7').take(3 << 20).chain(&b"\n1,2,3\n"[..]);
    let mut lines = Lines::new(Box::new(io::Cursor::new(&b"a,b,c\n"[..]).chain(endless)));
    assert_eq!(lines.next_row().unwrap(), Some(1));
    assert_eq!(lines.next_row().unwrap(), Some(2));
    assert_eq!((lines.cells(), lines.cell(0).len()), (1, 1 << 20));
    assert_eq!(lines.next_row().unwrap(), Some(3));
    assert_eq!(lines.cell(2), b"3");
    assert_eq!(lines.next_row().unwrap(), None);
}

#[test]
fn a_last_line_without_end_counts_only_in_a_closed_table() {
    let header = "frame,timestamp,success,valence\n";
    let cases = [
        // Name, last line, rows read, line left out.
        (OBSERVATIONS, "1,0.1,1,0.5", 2, None),
        (OBSERVATIONS, "1,0.1,1", 1, Some(3)),
        (OBSERVATIONS, "1,0.1,1,-", 1, Some(3)),
        ("observations.csv.part", "1,0.1,1,0.5", 1, Some(3)),
        ("observations.csv.part", "1,0.1,1,0.5\n", 2, None),
    ];
    for (name, last, count, cut) in cases {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(name), format!("{header}0,0.0,1,0.5\n{last}")).unwrap();
        let session = Session::open(dir.path()).unwrap();
        assert_eq!(session.is_unfinished(), name != OBSERVATIONS);
        let mut rows = session.observations().unwrap();
        assert_eq!(rows.by_ref().map(Result::unwrap).count(), count, "{name} {last}");
        assert_eq!(rows.cut_line(), cut, "{name} {last}");
    }
}

#[test]
fn any_bytes_are_read_without_panic() {
    let mut dice = Dice::new(33);
    let mut table = Vec::new();
    let schema = Schema::observations(&labels());
    schema.write_header(&mut table).unwrap();
    let header_len = table.len() as u64;
    for i in 0..20 {
        let stamp = Stamp { time: Duration::from_millis(i * 33), frame: i };
        schema.write_row(&Row::without_face(stamp, None), &mut table).unwrap();
    }
    let (mut sound, mut wrong) = (0, 0);
    for round in 0..2000 {
        let dir = tempfile::tempdir().unwrap();
        let mut table = table.clone();
        for _ in 0..=dice.below(4) {
            // In every tenth round the header is hit too.
            let from = if round % 10 == 0 { 0 } else { header_len };
            let at = (from + dice.below(table.len() as u64 - from)) as usize;
            table[at] = dice.one_of(b"\0\"\n\r,'x0-\xff\xef\xbb\xbf");
        }
        fs::write(dir.path().join(part_of(OBSERVATIONS)), &table).unwrap();
        let Ok(rows) = Session::open(dir.path()).unwrap().observations() else { continue };
        for row in rows {
            if row.is_ok() { sound += 1 } else { wrong += 1 }
        }
    }
    assert!(sound > 20_000 && wrong > 1000, "{sound} {wrong}");
}

#[test]
fn what_is_no_session_is_refused_in_words() {
    let dir = tempfile::tempdir().unwrap();
    let error = Session::open(dir.path()).unwrap_err();
    assert!(error.to_string().ends_with("is not a session folder: it has no observations.csv"));
    let session = session_of(dir.path(), "a,b\n1,2\n");
    let error = session.observations().unwrap_err();
    assert!(error.to_string().contains("no column “frame”"), "{error}");
    assert!(session.record_problem().is_some());
    assert!(matches!(session.events(), Err(ReadError::Io { .. })));
    assert_eq!(session_of(dir.path(), "").observations().unwrap().count(), 0);
}
