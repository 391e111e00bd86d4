use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use super::*;
use crate::session::sample::{Dice, header, labels, observation};
use crate::session::vault::{Key, Passphrase};
use crate::session::{
    EVENTS, EventRow, OBSERVATIONS, RECORD, Recorder, Session, SessionEvent, SessionSummary, Signal,
};

fn record(sessions_dir: &Path, name: &str, frames: u64) -> std::path::PathBuf {
    let header = crate::session::SessionHeader { folder_name: name.into(), ..header(&labels()) };
    let mut recorder = Recorder::create(sessions_dir, header).unwrap();
    let mut dice = Dice::new(frames);
    for index in 0..frames {
        let seen = observation(&mut dice, index, 8);
        recorder.write(&seen, Duration::from_micros(index * 33_333)).unwrap();
    }
    recorder.marker(Duration::from_millis(100), "start").unwrap();
    recorder.finish(SessionSummary::default()).unwrap().folder
}

#[test]
fn sessions_are_found_named_and_searched() {
    let dir = tempfile::tempdir().unwrap();
    let one = record(dir.path(), "2026-11-24_10-00-00_camera", 40);
    record(dir.path(), "2026-11-24_11-00-00_camera", 80);
    fs::create_dir(dir.path().join("no session")).unwrap();
    let labelling = Labelling {
        name: Some(" Interview <b>".into()),
        tags: Some(vec!["pilot".into(), " ".into(), "pilot".into(), "=1+1".into()]),
        note: Some("second try".into()),
        participant: None,
    };
    set_labelling(&one, &labelling).unwrap();
    let library = Library::open(dir.path());
    let first = library.entries().next().unwrap();
    assert_eq!(first.title(), "Interview <b>");
    assert_eq!(first.tags, ["pilot", "=1+1"]);
    assert_eq!((first.participant.as_str(), first.markers, first.faces), ("P07", 1, 3));
    assert_eq!(first.state, State::Complete);
    assert_eq!((first.origin, first.strip.len()), (Origin::Recorded, Strip::COLUMNS));
    assert!(first.mostly().is_some() && first.start.is_some());
    let sum: f32 = first.strip.posterior(3).sum();
    assert!((sum - 1.0).abs() < 0.03, "{sum}");
    let found = |text: &str| Query { text: text.into(), ..Query::default() }.run(&library).len();
    assert_eq!(["interview", "PILOT try", "p07", "11-00", "nobody"].map(found), [1, 1, 2, 1, 0]);
    let tagged = Query { tags: vec!["Pilot".into()], ..Query::default() };
    assert_eq!(tagged.run(&library).len(), 1);
    let longest = Query { sort: SortBy::Length, descending: true, ..Query::default() };
    assert!(longest.run(&library)[0].folder_name.contains("11-00"));
}

#[test]
fn the_index_follows_the_folders() {
    let dir = tempfile::tempdir().unwrap();
    let one = record(dir.path(), "a", 30);
    let two = record(dir.path(), "b", 30);
    let library = Library::open(dir.path());
    let cached = Library::cached(dir.path());
    assert!(library.entries().eq(cached.entries()));
    // Nothing changed: nothing is looked into.
    let mut looks = 0;
    Library::cached(dir.path()).refresh(|progress| {
        looks += progress.all;
        true
    });
    assert_eq!(looks, 0);
    fs::remove_dir_all(&one).unwrap();
    set_labelling(&two, &Labelling { name: Some("two".into()), ..Labelling::default() }).unwrap();
    record(dir.path(), "c", 10);
    let library = Library::open(dir.path());
    let names: Vec<&str> = library.entries().map(Entry::title).collect();
    assert_eq!(names, ["two", "P07"]);
    // What is gone is not in the file either.
    let index = fs::read_to_string(dir.path().join(INDEX)).unwrap();
    assert!(!index.contains("\"a\"") && index.lines().count() == 3);
    // A damaged index costs its damaged lines, one of another version all.
    for damaged in [&index.as_bytes()[..index.len() / 2], b"{\"mien_index\":9}\n{}\n", b"\xff\xfe"]
    {
        fs::write(dir.path().join(INDEX), damaged).unwrap();
        assert!(Library::open(dir.path()).entries().eq(library.entries()));
    }
}

#[test]
fn states_say_what_is_wrong() {
    let dir = tempfile::tempdir().unwrap();
    let state = |folder: &Path| {
        let mut library = Library::cached(dir.path());
        library.refresh(|_| true);
        let name = folder.file_name().unwrap().to_str().unwrap();
        library.find(name).unwrap().state.clone()
    };
    let folder = record(dir.path(), "a", 60);
    let table = folder.join(OBSERVATIONS);
    let whole = fs::read_to_string(&table).unwrap();
    let json = fs::read_to_string(folder.join(RECORD)).unwrap();

    fs::write(&table, &whole[..whole.len() - 20]).unwrap();
    assert!(matches!(state(&folder), State::Damaged { .. }), "{:?}", state(&folder));
    fs::write(&table, whole.lines().take(20).map(|l| format!("{l}\n")).collect::<String>())
        .unwrap();
    assert!(
        state(&folder).in_words().contains("rows that were written are gone"),
        "{:?}",
        state(&folder)
    );
    fs::write(&table, whole.replacen("frame,", "frume,", 1)).unwrap();
    assert!(state(&folder).in_words().contains("no column \u{201c}frame\u{201d}"));
    fs::write(&table, &whole).unwrap();
    assert_eq!(state(&folder), State::Complete);

    fs::write(folder.join(RECORD), json.replace("\"schema_version\": 1", "\"schema_version\": 7"))
        .unwrap();
    assert!(state(&folder).in_words().contains("later version"));
    fs::write(folder.join(RECORD), "{").unwrap();
    assert!(state(&folder).in_words().contains("session.json can't be read"));
    fs::write(folder.join(RECORD), json.replace("\"complete\": true", "\"complete\": false"))
        .unwrap();
    assert!(matches!(state(&folder), State::Stopped { .. }));

    let header = crate::session::SessionHeader { folder_name: "b".into(), ..header(&labels()) };
    let recorder = Recorder::create(dir.path(), header).unwrap();
    let open = recorder.folder().to_owned();
    assert_eq!(state(&open), State::Recording);
    let refused = set_labelling(&open, &Labelling::default()).unwrap_err();
    assert!(matches!(refused, EditError::Open { .. }));
    drop(recorder);
    assert_eq!(state(&open), State::Unfinished);
}

#[test]
fn markers_come_and_go_and_the_rest_of_the_table_stays() {
    let dir = tempfile::tempdir().unwrap();
    let folder = record(dir.path(), "a", 60);
    // A column and an event of a later version.
    let path = folder.join(EVENTS);
    let text = fs::read_to_string(&path).unwrap();
    let wider: String = text
        .lines()
        .enumerate()
        .map(|(i, line)| format!("{},{line}\n", if i == 0 { "mood" } else { "blue" }))
        .collect();
    fs::write(&path, &wider).unwrap();
    let marker = |ms, text: &str| {
        let event = SessionEvent::Marker { label: text.into() };
        EventRow::new(Duration::from_millis(ms), None, &event)
    };
    let note = SessionEvent::Note { text: "@SUM(A1)\nsays, \"hi\"".into() };
    let note = EventRow::new(Duration::from_millis(50), None, &note);
    add_events(&folder, &[marker(900, "late"), marker(10, "=first"), note.clone()]).unwrap();
    let texts: Vec<String> =
        Signal::open(&folder).unwrap().events().iter().map(|event| event.text.clone()).collect();
    assert_eq!(texts, ["=first", "@SUM(A1) says, \"hi\"", "start", "late"]);
    let kept = fs::read_to_string(&path).unwrap();
    assert!(kept.lines().any(|line| line.starts_with("blue,")) && kept.contains("'=first"));
    remove_event(&folder, &marker(10, "=first")).unwrap();
    assert!(matches!(
        remove_event(&folder, &marker(10, "=first")),
        Err(EditError::NoSuchEvent { .. })
    ));
    let rows = Session::open(&folder).unwrap().events().unwrap();
    assert_eq!(rows.filter_map(Result::ok).count(), 3);
    remove_event(&folder, &marker(900, "late")).unwrap();
}

#[test]
fn fields_of_a_later_version_survive_naming() {
    let dir = tempfile::tempdir().unwrap();
    let folder = record(dir.path(), "a", 5);
    let path = folder.join(RECORD);
    let json = fs::read_to_string(&path).unwrap();
    fs::write(&path, json.replacen('{', "{ \"future\": [1, 2],", 1)).unwrap();
    set_labelling(&folder, &Labelling { tags: Some(vec!["x".into()]), ..Labelling::default() })
        .unwrap();
    let json: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    assert_eq!((&json["future"][1], &json["tags"][0]), (&2.into(), &"x".into()));
    assert_eq!(json["participant"], "P07");
    fs::write(&path, "[]").unwrap();
    assert!(matches!(
        set_labelling(&folder, &Labelling::default()),
        Err(EditError::Damaged { .. })
    ));
}

#[test]
fn the_index_forgets_a_session_that_is_locked() {
    let dir = tempfile::tempdir().unwrap();
    let folder = record(dir.path(), "2026-11-24_10-00-00_camera", 40);
    let other = record(dir.path(), "film-mp4_12345678", 40);
    let tags = Some(vec!["sleepless".into()]);
    for folder in [&folder, &other] {
        set_labelling(folder, &Labelling { tags: tags.clone(), ..Labelling::default() }).unwrap();
    }
    Library::open(dir.path());
    let page = report_path(&[other.clone(), folder.clone()]).unwrap();
    fs::create_dir_all(page.parent().unwrap()).unwrap();
    fs::write(&page, "P07").unwrap();
    let index = || fs::read_to_string(dir.path().join(INDEX)).unwrap();
    assert_eq!(index().matches("sleepless").count(), 2);
    let key = Key::new(Passphrase::new("correct horse battery staple".into())).with_work(2);
    // Before the first file is encrypted the index holds nothing of it any more.
    let mut before = None;
    lock_session(&folder, &key, &mut |step| {
        if step.done == 0 {
            before = Some((index(), page.exists()));
        }
    })
    .unwrap();
    let (before, paged) = before.unwrap();
    assert!(before.matches("sleepless").count() == 1 && !before.contains("10-00-00") && !paged);
    // So does one of another version, of which nobody knows what it holds.
    fs::write(dir.path().join(INDEX), "{\"mien_index\":0}\n{\"tags\":[\"sleepless\"]}\n").unwrap();
    lock_session(&folder, &key, &mut |_| ()).unwrap();
    assert!(!index().contains("sleepless"));
    let library = Library::open(dir.path());
    let locked = library.find("2026-11-24_10-00-00_camera").unwrap();
    let known = Entry {
        folder_name: locked.folder_name.clone(),
        start: locked.start,
        bytes: locked.bytes,
        state: State::Locked { partly: false },
        ..Entry::default()
    };
    assert!(*locked == known && locked.start.is_some() && locked.bytes > 1000);
    assert_eq!(locked.title(), "2026-11-24_10-00-00_camera");
    assert!(index().contains("sleepless") && library.find("film-mp4_12345678").is_some());

    let refused = set_labelling(&folder, &Labelling::default()).unwrap_err();
    assert!(matches!(refused, EditError::Locked { .. }));
    let marker = SessionEvent::Marker { label: "x".into() };
    let row = EventRow::new(Duration::ZERO, None, &marker);
    assert!(matches!(add_events(&folder, &[row]).unwrap_err(), EditError::Locked { .. }));
    // Locked ones are taken over as they are, and erased.
    let copied = copy_session(&folder, &dir.path().join("taken")).unwrap();
    assert!(Session::open_with(&copied, Some(&key)).is_ok());
    // One that was locked halfway is told so, and not taken for another.
    fs::write(folder.join(EVENTS), "x").unwrap();
    assert_eq!(Entry::of(&folder).state, State::Locked { partly: true });
    assert!(matches!(copy_session(&folder, dir.path()), Err(CopyError::PartlyLocked { .. })));
    crate::session::recovery::discard(&folder).unwrap();
    assert!(!folder.exists());
}

/// Generous: the benchmark measures; this notices a scan that grows with the size of sessions.
#[test]
fn a_thousand_known_sessions_are_listed_without_reading_them() {
    let dir = tempfile::tempdir().unwrap();
    let folder = record(dir.path(), "0000", 20);
    for number in 1..1000 {
        let copy = dir.path().join(format!("{number:04}"));
        fs::create_dir(&copy).unwrap();
        for file in [OBSERVATIONS, EVENTS, RECORD] {
            fs::hard_link(folder.join(file), copy.join(file)).unwrap();
        }
    }
    Library::open(dir.path());
    let start = Instant::now();
    let library = Library::open(dir.path());
    assert_eq!(library.entries().len(), 1000);
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}
