use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use super::*;
use crate::session::sample::{Dice, header, labels, observation};
use crate::session::{OBSERVATIONS, Recorder, Row, SessionEvent, SessionSummary};

/// A closed session of `frames` drawn at random, with a marker at one second.
fn session(frames: u64) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let mut recorder = Recorder::create(dir.path(), header(&labels())).unwrap();
    let mut dice = Dice::new(frames);
    for index in 0..frames {
        let seen = observation(&mut dice, index, 8);
        recorder.write(&seen, Duration::from_micros(index * 33_333)).unwrap();
    }
    recorder.marker(Duration::from_secs(1), "=one").unwrap();
    recorder.event(Duration::from_millis(500), &SessionEvent::Cut).unwrap();
    let folder = recorder.finish(SessionSummary::default()).unwrap().folder;
    (dir, folder)
}

fn rows(folder: &Path) -> Vec<Row> {
    Session::open(folder).unwrap().observations().unwrap().map(Result::unwrap).collect()
}

#[test]
fn it_holds_what_the_rows_say() {
    let (_dir, folder) = session(700);
    let rows = rows(&folder);
    let signal = Signal::open(&folder).unwrap();
    assert!(signal.problems().is_empty(), "{:?}", signal.problems());
    assert_eq!(signal.samples().len(), rows.len());
    for (index, row) in rows.iter().enumerate() {
        let sample = signal.samples()[index];
        assert_eq!((sample.time, sample.frame), (row.time, row.frame));
        let Some(face) = &row.face else {
            assert!(sample.face.is_none() && signal.posterior(index).is_empty());
            continue;
        };
        let seen = sample.face.unwrap();
        let numbers =
            |numbers: &[Option<f32>]| numbers.iter().map(|n| n.unwrap()).collect::<Vec<_>>();
        assert_eq!(signal.posterior(index), numbers(&face.posterior));
        assert_eq!(signal.smoothed(index), numbers(&face.smoothed));
        assert_eq!(u64::from(seen.id), face.id.unwrap());
        assert_eq!(
            (seen.valence, seen.quality, seen.hint),
            (face.valence, face.quality, face.hint)
        );
        let shown = match seen.shown {
            Shown::Class(class) => signal.words()[usize::from(class)].as_str(),
            Shown::Unsure => "unsure",
            Shown::Missing => "",
        };
        assert_eq!(shown, face.emotion);
    }
    assert_eq!(signal.faces_at_once(), 3);
    assert_eq!(signal.events().iter().map(|e| e.text.as_str()).collect::<Vec<_>>(), ["", "=one"]);
}

#[test]
fn rows_are_found_by_time() {
    let (_dir, folder) = session(100);
    let signal = Signal::open(&folder).unwrap();
    let at = |ms| Duration::from_millis(ms);
    let seen = signal.between(at(100), at(200));
    assert!(signal.samples()[seen.clone()].iter().all(|s| (at(100)..at(200)).contains(&s.time)));
    assert!(signal.samples()[seen.start - 1].time < at(100));
    let frame = signal.frame_at(at(1000));
    assert!(signal.samples()[frame.clone()].iter().all(|s| s.frame == 30), "{frame:?}");
    assert_eq!(signal.frame_at(Duration::from_secs(99)).end, signal.samples().len());
    assert_eq!(signal.between(at(200), at(100)).len(), 0);
    assert_eq!(Signal::default().frame_at(at(1)), 0..0);
}

/// Cuts and flips a table at every kind of place: it opens, sound rows are those that were
/// written, and what is lost is told.
#[test]
fn what_is_damaged_is_told_and_the_rest_is_right() {
    let (_dir, folder) = session(60);
    let path = folder.join(OBSERVATIONS);
    let whole = fs::read(&path).unwrap();
    let sound = rows(&folder);
    let mut dice = Dice::new(9);
    let header = first_line(&whole);
    for round in 0..400 {
        let mut table = whole.clone();
        let at = header + dice.below((whole.len() - header) as u64) as usize;
        match round % 3 {
            0 => table.truncate(at),
            1 => table[at] ^= 1 << dice.below(8),
            _ => drop(table.drain(at..(at + 40).min(whole.len()))),
        }
        fs::write(&path, &table).unwrap();
        let signal = Signal::open(&folder).unwrap();
        assert!(signal.samples().is_sorted_by_key(|sample| sample.time));
        let lost = sound.len() - signal.samples().len();
        assert!(lost <= if round % 3 == 0 { 200 } else { 3 }, "{lost} {:?}", signal.problems());
        if round % 3 != 0 && lost > 0 {
            assert!(signal.problems().rows > 0 || !signal.problems().words.is_empty());
        }
        if round % 3 == 1 {
            assert!(signal.samples().len() + 3 >= sound.len());
        }
    }
}

/// The mark stands where a cell starts, so that it would take the rows after it along.
#[test]
fn a_stray_quotation_mark_costs_one_row() {
    let (_dir, folder) = session(400);
    let path = folder.join(OBSERVATIONS);
    let whole = fs::read(&path).unwrap();
    let sound = rows(&folder).len();
    let line = whole[..whole.len() / 2].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
    let cell = line + whole[line..].iter().position(|byte| *byte == b',').unwrap() + 1;
    for at in [line, cell] {
        let mut table = whole.clone();
        table.insert(at, b'"');
        fs::write(&path, &table).unwrap();
        let signal = Signal::open(&folder).unwrap();
        assert_eq!(signal.samples().len(), sound - 1);
        assert_eq!(signal.problems().rows, 1);
    }
}

fn first_line(bytes: &[u8]) -> usize {
    bytes.iter().position(|byte| *byte == b'\n').unwrap() + 1
}

#[test]
fn other_editors_ends_of_lines_and_orders_of_columns_are_fine() {
    let (_dir, folder) = session(50);
    let path = folder.join(OBSERVATIONS);
    let sound = Signal::open(&folder).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let reversed: String = text
        .lines()
        .map(|line| line.split(',').rev().collect::<Vec<_>>().join(",") + "\n")
        .collect();
    let without_end = text.trim_end().to_owned();
    // Reversed, the classes are in another order: the words say which.
    for other in [text.replace('\n', "\r\n"), format!("\u{feff}{text}"), without_end, reversed] {
        fs::write(&path, other).unwrap();
        let signal = Signal::open(&folder).unwrap();
        assert!(signal.problems().is_empty(), "{:?}", signal.problems());
        assert_eq!(signal.samples().len(), sound.samples().len());
        let class = |signal: &Signal, word: &str| {
            signal.words().iter().position(|known| known == word).unwrap()
        };
        for index in 0..sound.samples().len() {
            let (a, b) = (sound.smoothed(index), signal.smoothed(index));
            if !a.is_empty() {
                assert_eq!(a[class(&sound, "anger")], b[class(&signal, "anger")]);
            }
        }
    }
}

#[test]
fn a_table_of_many_blocks_is_read_whole() {
    let (_dir, folder) = session(30);
    let path = folder.join(OBSERVATIONS);
    let text = fs::read_to_string(&path).unwrap();
    let line = text.lines().find(|line| line.contains(",1,0.") || line.contains(",1,")).unwrap();
    let cells: Vec<&str> = line.split(',').skip(3).collect();
    let mut long = text.lines().next().unwrap().to_owned() + "\n";
    for frame in 0..80_000 {
        let rest = cells.join(",");
        long += &format!("{frame},1,{}.{:06},{rest}\n", frame / 30, (frame % 30) * 33_333);
    }
    assert!(long.len() > 2 * (8 << 20), "{}", long.len());
    fs::write(&path, &long).unwrap();
    let signal = Signal::open(&folder).unwrap();
    assert!(signal.problems().is_empty(), "{:?}", signal.problems());
    assert_eq!(signal.samples().len(), 80_000);
    assert!(signal.samples().iter().enumerate().all(|(i, sample)| sample.frame == i as u64));
}
