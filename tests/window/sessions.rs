//! Sessions: listed, found, labelled, erased, compared, replayed.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use eframe::egui::Key;
use eframe::egui::accesskit::Role;
use egui_kittest::kittest::{NodeT, Queryable};

use mien::library::{Library, Progress};
use mien::observation::Labels;
use mien::runtime::librarian::{
    Compared, LibraryCommand, LibraryEvent, NoVideo, OpenedSession, Side,
};
use mien::session::trace::Trace;
use mien::session::{Session, Signal};
use mien::stats::{Group, Holds, Selection, compare};

use crate::hands::{Call, Hands, LARGE, SESSIONS, SMALL};
use crate::made::{EMOTIONS, Made};

pub fn tell(hands: &mut Hands, event: LibraryEvent) {
    hands.bench().window.workers.library_events.borrow_mut().push_back(event);
    hands.steps();
}

pub fn asked(hands: &Hands) -> Vec<LibraryCommand> {
    let library = |call: &Call| match call {
        Call::Library(command) => Some(command.clone()),
        _ => None,
    };
    hands.calls().iter().filter_map(library).collect()
}

/// Three sessions: P-07 whole and tagged, P-08 cut off, another without a code.
pub fn three() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let one = Made { participant: "P-07", tags: &["pilot", "advert"], ..Made::default() };
    one.write(dir.path());
    Made { folder_name: "b", participant: "P-08", frames: 50, closed: false, ..Made::default() }
        .write(dir.path());
    Made { folder_name: "c", happy: 8, frames: 300, ..Made::default() }.write(dir.path());
    dir
}

pub fn listed(dir: &Path, size: eframe::egui::Vec2) -> Hands {
    let mut hands = Hands::accepted(size);
    hands.key(Key::L);
    tell(&mut hands, LibraryEvent::Listed(Arc::new(Library::open(dir)), None));
    hands
}

pub fn rows(hands: &Hands) -> Vec<String> {
    let rows = hands.0.query_all_by_role(Role::ListItem);
    rows.filter_map(|row| row.accesskit_node().label()).collect()
}

pub fn opened(folder: &Path) -> OpenedSession {
    let session = Session::open(folder).unwrap();
    let signal = Signal::read(&session).unwrap();
    OpenedSession {
        record: session.record().clone(),
        title: "P-07".into(),
        trace: Trace::of_signal(&signal, Labels::new(EMOTIONS), (640, 480)),
        faces: signal.faces().to_vec(),
        length: Holds::of(&signal).end(),
        problems: Vec::new(),
    }
}

/// The session of P-07, shown.
pub fn shown(dir: &Path, size: eframe::egui::Vec2) -> (Hands, PathBuf) {
    let mut hands = listed(dir, size);
    let folder = dir.join(Made::default().folder_name);
    click_row(&mut hands, "P-07");
    click_row(&mut hands, "P-07");
    let Some(LibraryCommand::Open { folder: wanted, .. }) = asked(&hands).last().cloned() else {
        panic!("{:?}", asked(&hands));
    };
    assert_eq!(wanted, folder);
    assert!(hands.shows("one moment"));
    let content = Ok(Box::new(opened(&folder)));
    tell(&mut hands, LibraryEvent::Opened(folder.clone(), content));
    (hands, folder)
}

pub fn click_row(hands: &mut Hands, start: &str) {
    let rows = hands.0.query_all_by_role(Role::ListItem);
    let row = rows
        .into_iter()
        .find(|row| row.accesskit_node().label().is_some_and(|label| label.starts_with(start)));
    row.unwrap_or_else(|| panic!("no row {start}")).click();
    hands.steps();
}

#[test]
fn the_page_asks_for_the_folder_and_says_what_it_does_meanwhile() {
    let mut hands = Hands::accepted(LARGE);
    hands.click("Sessions");
    assert_eq!(asked(&hands), [LibraryCommand::List(PathBuf::from(SESSIONS))]);
    assert!(hands.shows("One moment"));
    let progress = Progress { done: 640, all: 5000 };
    tell(&mut hands, LibraryEvent::Looking(progress));
    assert!(hands.shows("640 of 5\u{2009}000 sessions are read."));
    tell(&mut hands, LibraryEvent::Listed(Arc::default(), None));
    assert!(hands.shows("No sessions yet"));
    hands.click("Go to Files");
    assert!(hands.shows("Videos and pictures"));
    tell(&mut hands, LibraryEvent::Failed("The index can’t be read.".into()));
    assert!(hands.shows("The index can’t be read."));
}

#[test]
fn sessions_are_listed_sorted_searched_and_filtered() {
    let dir = three();
    let mut hands = listed(dir.path(), LARGE);
    let all = rows(&hands);
    assert_eq!(all.len(), 3, "{all:?}");
    assert!(all.iter().any(|row| {
        row.starts_with("P-07, ")
            && row.contains("0:10, 1 face, mostly neutral, complete, pilot, advert")
    }));
    assert!(all.iter().any(|row| row.starts_with("P-08") && row.contains("not finished")));
    hands.click("Sort by length");
    assert!(rows(&hands)[0].starts_with("c"), "{:?}", rows(&hands));
    hands.click("Sort by length, falling");
    assert!(rows(&hands)[0].starts_with("P-08"), "{:?}", rows(&hands));

    hands.click("Search sessions");
    hands.0.get_by_label("Search sessions").type_text("ADVERT p-07");
    hands.steps();
    assert_eq!(rows(&hands).len(), 1);
    assert!(hands.shows("1 of 3 sessions"));
    hands.0.get_by_label("Search sessions").type_text("x");
    hands.steps();
    assert!(hands.shows("Nothing found"));
    hands.click("Show all");
    assert_eq!(rows(&hands).len(), 3);

    hands.click("Filter");
    hands.click("cut off");
    assert_eq!(rows(&hands).len(), 1);
    hands.click("cut off");
    hands.click("pilot");
    assert!(rows(&hands)[0].starts_with("P-07"));
    assert_eq!(rows(&hands).len(), 1);
    // With Escape the menu goes, and what it set stays.
    hands.key(Key::Escape);
    assert!(hands.0.query_by_label("Filter, 1 set").is_some());
}

#[test]
fn labels_are_kept_when_the_keyboard_leaves_them() {
    let dir = three();
    let mut hands = listed(dir.path(), LARGE);
    click_row(&mut hands, "P-07");
    hands.click("Tags");
    hands.0.get_by_label("Tags").type_text(", second");
    hands.steps();
    assert!(!asked(&hands).iter().any(|c| matches!(c, LibraryCommand::Label(..))));
    hands.key(Key::Enter);
    let Some(LibraryCommand::Label(folder, labelling)) = asked(&hands).last().cloned() else {
        panic!("{:?}", asked(&hands));
    };
    assert_eq!(folder, dir.path().join(Made::default().folder_name));
    assert_eq!(labelling.tags.unwrap(), ["pilot", "advert", "second"]);
    assert_eq!(labelling.participant.unwrap(), "P-07");
    // Typing is no key of the page.
    hands.click("Note");
    hands.0.get_by_label("Note").type_text("l");
    hands.key(Key::Delete);
    assert!(!hands.shows("Erase this session?"));
    // One that is open can't be labelled.
    click_row(&mut hands, "P-08");
    assert!(hands.shows("It can be labelled once it is closed."));
}

#[test]
fn erasing_asks_and_says_what_goes() {
    let dir = three();
    let mut hands = listed(dir.path(), LARGE);
    let erases = |hands: &Hands| asked(hands).iter().any(|c| matches!(c, LibraryCommand::Erase(_)));
    click_row(&mut hands, "P-07");
    hands.click("Erase this session");
    assert!(hands.shows("100 rows of 0:10 and 1 marker"));
    hands.click("Keep it");
    assert!(!erases(&hands) && !hands.shows("Erase this session?"));
    hands.key(Key::Delete);
    hands.click("Erase");
    let folder = dir.path().join(Made::default().folder_name);
    assert_eq!(asked(&hands).last(), Some(&LibraryCommand::Erase(folder.clone())));
    tell(&mut hands, LibraryEvent::Erased(folder));
    assert!(!rows(&hands).iter().any(|row| row.starts_with("P-07")));
    assert!(hands.shows("is erased."));
}

#[test]
fn two_are_compared_and_parts_of_them() {
    let dir = three();
    let mut hands = listed(dir.path(), LARGE);
    hands.click("Compare P-07");
    hands.click("Compare c");
    hands.click("Compare");
    let Some(LibraryCommand::Compare(sides)) = asked(&hands).last().cloned() else {
        panic!("{:?}", asked(&hands));
    };
    assert_eq!(sides[0].folder, dir.path().join(Made::default().folder_name));
    assert_eq!(sides[1], Side { folder: dir.path().join("c"), marker: None });
    assert!(hands.shows("Both sessions are being read"));
    let group = |side: &Side| {
        let signal = Signal::open(&side.folder).unwrap();
        let holds = Holds::of(&signal);
        let mut group = Group::new("a group");
        assert!(group.add(&signal, &holds, &[Selection::whole(&holds)]));
        group
    };
    let comparison = compare(&group(&sides[0]), &group(&sides[1])).unwrap();
    let markers = [vec!["stimulus".to_owned()], Vec::new()];
    let compared = Compared { sides: sides.clone(), comparison, markers };
    tell(&mut hands, LibraryEvent::Compared(Ok(Box::new(compared))));
    // Three of ten seconds against eight.
    assert!(hands.value(Role::Meter, "happiness").starts_with("\u{2212}50.0 pt"));
    assert!(hands.shows("One session says nothing about other people."));
    hands.click("Part of the first: all of it");
    hands.click("stimulus");
    let Some(LibraryCommand::Compare(sides)) = asked(&hands).last().cloned() else {
        panic!("{:?}", asked(&hands));
    };
    assert_eq!(sides[0].marker.as_deref(), Some("stimulus"));
    tell(&mut hands, LibraryEvent::Compared(Err("They differ.".into())));
    assert!(hands.shows("They differ."));
    hands.click("Close comparison");
    assert!(!hands.shows("They differ."));
}

#[test]
fn a_report_is_written_shown_and_its_place_told() {
    let dir = three();
    let mut hands = listed(dir.path(), LARGE);
    click_row(&mut hands, "P-07");
    hands.click("Report");
    let folder = dir.path().join(Made::default().folder_name);
    assert_eq!(asked(&hands).last(), Some(&LibraryCommand::Report(vec![folder])));
    let page = dir.path().join("reports").join("a.html");
    tell(&mut hands, LibraryEvent::Reported(page.clone()));
    assert_eq!(hands.bench().window.surroundings.pages, [page]);
    assert!(hands.shows("a.html"));
    hands.click("Show folder");
    assert_eq!(hands.bench().window.surroundings.opened, [dir.path().join("reports")]);
}

#[test]
fn the_keyboard_reaches_all_of_the_list() {
    let dir = three();
    let mut hands = listed(dir.path(), LARGE);
    let mut reached = Vec::new();
    for _ in 0..26 {
        hands.key(Key::Tab);
        let focused = hands.0.query_by(|node| node.is_focused());
        reached.extend(focused.and_then(|node| node.accesskit_node().label()));
    }
    for name in ["Search sessions", "Filter", "Sessions", "Sort by name", "Compare P-07"] {
        assert!(reached.iter().any(|label| label == name), "{name} is not in {reached:?}");
    }
    assert!(reached.iter().any(|label| label.starts_with("P-07, ")), "{reached:?}");

    let mut hands = listed(dir.path(), LARGE);
    hands.key(Key::ArrowDown);
    hands.key(Key::ArrowDown);
    let chosen = |hands: &mut Hands| hands.bench().window.store.sessions.chosen.clone();
    assert_eq!(chosen(&mut hands).as_deref(), Some("b"), "{:?}", rows(&hands));
    hands.key(Key::Enter);
    assert!(matches!(asked(&hands).last(), Some(LibraryCommand::Open { .. })));
}

#[test]
fn thousands_are_listed_and_only_those_that_are_seen_are_drawn() {
    let dir = tempfile::tempdir().unwrap();
    let folder = Made { folder_name: "0000", frames: 20, ..Made::default() }.write(dir.path());
    for number in 1..1500 {
        let copy = dir.path().join(format!("{number:04}"));
        fs::create_dir(&copy).unwrap();
        for file in fs::read_dir(&folder).unwrap() {
            let file = file.unwrap();
            fs::hard_link(file.path(), copy.join(file.file_name())).unwrap();
        }
    }
    let mut hands = listed(dir.path(), LARGE);
    assert!(hands.shows("1,500 sessions"));
    assert!(rows(&hands).len() < 30, "{}", rows(&hands).len());
    hands.key(Key::End);
    assert!(rows(&hands).iter().any(|row| row.starts_with("0000,")), "the last one is seen");
    assert!(rows(&hands).len() < 30);
}

/// However many sessions are shown one after the other, one is kept.
#[test]
fn one_session_is_kept_in_memory() {
    let dir = three();
    let (mut hands, folder) = shown(dir.path(), LARGE);
    for _ in 0..20 {
        hands.key(Key::Escape);
        assert_eq!(asked(&hands).last(), Some(&LibraryCommand::Close));
        assert!(hands.bench().window.store.sessions.replay.is_none());
        click_row(&mut hands, "P-07");
        let content = Ok(Box::new(opened(&folder)));
        tell(&mut hands, LibraryEvent::Opened(folder.clone(), content));
        // What is told of another one changes nothing.
        let other = dir.path().join("c");
        tell(&mut hands, LibraryEvent::Opened(other, Err("late".into())));
        assert!(!hands.shows("late"));
    }
}

#[test]
fn a_small_window_has_list_replay_and_figures() {
    let dir = three();
    let (mut hands, folder) = shown(dir.path(), SMALL);
    tell(&mut hands, LibraryEvent::Video(folder, Err(NoVideo::Live)));
    assert_eq!(hands.value(Role::Meter, "happiness"), "93\u{2009}%");
    hands.click("Play");
    hands.click("Summary");
    hands.click("Back to the list");
    assert_eq!(rows(&hands).len(), 3);
    hands.click("More");
    hands.click("Live");
    assert!(rows(&hands).is_empty());
}
