//! Sessions: listed, found, labelled, erased, compared, replayed.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use eframe::egui::Key;
use eframe::egui::accesskit::Role;
use egui_kittest::kittest::{NodeT, Queryable};

use mien::frame::{Frame, RunId};
use mien::library::{Library, Progress};
use mien::observation::Labels;
use mien::runtime::librarian::{
    Compared, LibraryCommand, LibraryEvent, NoVideo, OpenedSession, Side,
};
use mien::runtime::player::{PlayCommand, PlayEvent};
use mien::session::trace::Trace;
use mien::session::{Session, SessionEvent, Signal};
use mien::source::media::MediaInfo;
use mien::stats::{Group, Holds, Selection, compare, summarise};
use mien::time::Pts;
use mien::ui::actions::{Dialog, News};

use crate::hands::{Call, Hands, LARGE, SESSIONS, SMALL};
use crate::made::{EMOTIONS, Made};

fn tell(hands: &mut Hands, event: LibraryEvent) {
    hands.bench().window.workers.library_events.borrow_mut().push_back(event);
    hands.steps();
}

fn asked(hands: &Hands) -> Vec<LibraryCommand> {
    let library = |call: &Call| match call {
        Call::Library(command) => Some(command.clone()),
        _ => None,
    };
    hands.calls().iter().filter_map(library).collect()
}

/// Three sessions: P-07 whole and tagged, P-08 cut off, another without a code.
fn three() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let one = Made { participant: "P-07", tags: &["pilot", "advert"], ..Made::default() };
    one.write(dir.path());
    Made { folder_name: "b", participant: "P-08", frames: 50, closed: false, ..Made::default() }
        .write(dir.path());
    Made { folder_name: "c", happy: 8, frames: 300, ..Made::default() }.write(dir.path());
    dir
}

fn listed(dir: &Path, size: eframe::egui::Vec2) -> Hands {
    let mut hands = Hands::accepted(size);
    hands.key(Key::L);
    tell(&mut hands, LibraryEvent::Listed(Arc::new(Library::open(dir)), None));
    hands
}

fn rows(hands: &Hands) -> Vec<String> {
    let rows = hands.0.query_all_by_role(Role::ListItem);
    rows.filter_map(|row| row.accesskit_node().label()).collect()
}

fn opened(folder: &Path) -> OpenedSession {
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
fn shown(dir: &Path, size: eframe::egui::Vec2) -> (Hands, PathBuf) {
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

fn click_row(hands: &mut Hands, start: &str) {
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
fn a_session_without_pictures_plays_by_the_clock_and_steps_by_rows() {
    let dir = three();
    let (mut hands, folder) = shown(dir.path(), LARGE);
    tell(&mut hands, LibraryEvent::Video(folder, Err(NoVideo::Live)));
    assert!(hands.shows("It was recorded live"));
    assert_eq!(hands.value(Role::Meter, "happiness"), "93\u{2009}%");
    hands.key(Key::Space);
    for _ in 0..10 {
        hands.0.state_mut().clock += Duration::from_millis(50);
        hands.0.step();
    }
    hands.key(Key::Space);
    let at = |hands: &mut Hands| {
        let replay = hands.bench().window.store.sessions.replay.as_ref();
        replay.unwrap().film.position()
    };
    assert_eq!(at(&mut hands), Duration::from_millis(500));
    hands.key(Key::ArrowRight);
    assert_eq!(at(&mut hands), Duration::from_millis(600));
    hands.key(Key::ArrowLeft);
    hands.key(Key::Comma);
    assert_eq!(at(&mut hands), Duration::from_millis(400));
    hands.key(Key::End);
    assert_eq!(at(&mut hands), Duration::from_millis(9900));
    assert_eq!(hands.value(Role::Meter, "neutral"), "93\u{2009}%");
    // Nothing of it reached the player, which has no file.
    let played = |call: &Call| matches!(call, Call::Play(PlayCommand::Seek(_)));
    assert!(!hands.calls().iter().any(played));
    hands.key(Key::Plus);
    assert!(hands.shows("Show all"));
    hands.key(Key::Escape);
    assert_eq!(rows(&hands).len(), 3, "Escape goes back to the list");
    assert_eq!(asked(&hands).last(), Some(&LibraryCommand::Close));
}

#[test]
fn figures_are_of_the_whole_or_of_the_span_that_is_chosen() {
    let dir = three();
    let (mut hands, folder) = shown(dir.path(), LARGE);
    let summed_up = |hands: &Hands| match asked(hands).last() {
        Some(LibraryCommand::Summarise(selection)) => selection.clone(),
        other => panic!("{other:?}"),
    };
    let answer = |hands: &mut Hands, selection: &Selection| {
        let signal = Signal::open(&folder).unwrap();
        let summary = summarise(&signal, &Holds::of(&signal), selection);
        tell(hands, LibraryEvent::Summarised(folder.clone(), Box::new(summary)));
    };
    let whole = summed_up(&hands);
    assert_eq!((whole.face, whole.span.to), (None, Duration::from_secs(10)));
    hands.key(Key::S);
    assert!(hands.shows("Figures and their limits are being drawn."));
    answer(&mut hands, &whole);
    assert!(hands.shows("neutral 70\u{2009}%"));
    assert!(hands.value(Role::Meter, "happiness").starts_with("30\u{2009}%"));
    // The first two seconds are happy alone.
    hands.key(Key::Home);
    hands.key(Key::OpenBracket);
    let moment = summed_up(&hands);
    assert_eq!(moment.span.from, moment.span.to);
    answer(&mut hands, &moment);
    for _ in 0..20 {
        hands.key(Key::ArrowRight);
    }
    hands.key(Key::CloseBracket);
    let part = summed_up(&hands);
    assert_eq!((part.span.from, part.span.to), (Duration::ZERO, Duration::from_secs(2)));
    answer(&mut hands, &whole);
    assert!(!hands.shows("happiness 100\u{2009}%"), "an old answer is not shown");
    answer(&mut hands, &part);
    assert!(hands.shows("happiness 100\u{2009}%"));
    hands.key(Key::Escape);
    assert_eq!(summed_up(&hands), whole);
}

#[test]
fn markers_and_notes_are_added_at_the_moment_that_is_shown_and_removed() {
    let dir = three();
    let (mut hands, folder) = shown(dir.path(), LARGE);
    for _ in 0..5 {
        hands.key(Key::ArrowRight);
    }
    hands.key(Key::M);
    hands.key(Key::Num3);
    let added: Vec<_> = asked(&hands)
        .into_iter()
        .filter_map(|command| match command {
            LibraryCommand::AddEvents(rows) => Some(rows[0].clone()),
            _ => None,
        })
        .collect();
    let texts: Vec<&str> = added.iter().map(|row| row.text.as_str()).collect();
    assert_eq!(texts, ["marker 2", "marker 3"], "one is there already");
    assert_eq!(added[0].time, Duration::from_millis(500));
    assert_eq!(added[0].utc.unwrap().to_string(), "2026-11-24T10:00:00.5Z");
    // A running source gets none of them.
    assert!(!hands.calls().iter().any(|call| matches!(call, Call::Mark(_))));
    hands.click("Markers · 1");
    hands.click("Note at this moment");
    hands.0.get_by_label("Note at this moment").type_text("laughs");
    hands.steps();
    hands.key(Key::Enter);
    let Some(LibraryCommand::AddEvents(rows)) = asked(&hands).last().cloned() else {
        panic!("{:?}", asked(&hands));
    };
    assert_eq!(rows[0].as_event(), Some(SessionEvent::Note { text: "laughs".into() }));
    tell(&mut hands, LibraryEvent::Events(folder, [added, rows].concat()));
    assert!(hands.shows("0:00.50 note laughs"));
    assert!(!hands.shows("stimulus"), "what is told is all there is");
    hands.click("Remove note laughs");
    let Some(LibraryCommand::RemoveEvent(row)) = asked(&hands).last().cloned() else {
        panic!("{:?}", asked(&hands));
    };
    assert_eq!((row.text.as_str(), row.time), ("laughs", Duration::from_millis(500)));
}

#[test]
fn the_video_runs_in_step_where_it_is_found_and_is_asked_for_where_not() {
    let dir = three();
    let (mut hands, folder) = shown(dir.path(), LARGE);
    let missing = NoVideo::NotFound { name: "talk.mp4".into() };
    tell(&mut hands, LibraryEvent::Video(folder.clone(), Err(missing)));
    assert!(hands.shows("“talk.mp4” is not where files were opened last."));
    hands.click("Find the video…");
    assert_eq!(hands.bench().window.surroundings.dialogs, [Dialog::Video]);
    let path = PathBuf::from("/videos/talk.mp4");
    hands.news(News::Chosen(vec![path.clone()]));
    assert_eq!(asked(&hands).last(), Some(&LibraryCommand::Try(path.clone())));
    tell(&mut hands, LibraryEvent::Video(folder, Ok(path.clone())));
    let run = hands.bench().window.store.sessions.replay.as_ref().unwrap().film.run;
    let open = Call::Play(PlayCommand::Open { run, path });
    assert!(hands.calls().contains(&open));
    let info = MediaInfo {
        duration: Some(Duration::from_secs(10)),
        size: (640, 480),
        nominal_rate_hz: 10.0,
        ..MediaInfo::default()
    };
    let events = &hands.bench().window.workers.play_events;
    events.borrow_mut().push_back(PlayEvent::Opened(run, info));
    let pts = Pts::from_secs_f64(4.0);
    let frame = Frame::new(run, 40, pts, (64, 48), vec![90; 64 * 48 * 3]).unwrap();
    hands.bench().file_sink.show_at_once(&Arc::new(frame));
    hands.steps();
    assert_eq!(hands.value(Role::Image, "picture"), "face 1 neutral");
    assert!(hands.shows("0:04.00"));
    hands.key(Key::Space);
    assert_eq!(hands.calls().last(), Some(&Call::Play(PlayCommand::Play)));
    // A picture of a file that was played before is none of this session.
    let pts = Pts::from_secs_f64(1.0);
    let other = Frame::new(RunId(1), 10, pts, (64, 48), vec![90; 64 * 48 * 3]).unwrap();
    hands.bench().file_sink.show_at_once(&Arc::new(other));
    hands.steps();
    assert!(hands.0.query_by_role_and_label(Role::Image, "picture").is_none());
}

#[test]
fn a_session_that_cannot_be_read_says_why() {
    let dir = three();
    let mut hands = listed(dir.path(), LARGE);
    click_row(&mut hands, "P-07");
    hands.click("Replay");
    let folder = dir.path().join(Made::default().folder_name);
    tell(&mut hands, LibraryEvent::Opened(folder, Err("the table is gone".into())));
    assert!(hands.shows("This session can’t be read"));
    assert!(hands.shows("the table is gone"));
    hands.0.query_all_by_label("Back to the list").next().unwrap().click();
    hands.steps();
    assert_eq!(rows(&hands).len(), 3);
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
