//! A session that is shown: played, summed up, marked.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use eframe::egui::Key;
use eframe::egui::accesskit::Role;
use egui_kittest::kittest::Queryable;

use mien::frame::{Frame, RunId};
use mien::runtime::librarian::{LibraryCommand, LibraryEvent, NoVideo};
use mien::runtime::player::{PlayCommand, PlayEvent};
use mien::session::{SessionEvent, Signal};
use mien::source::media::MediaInfo;
use mien::stats::{Holds, Selection, summarise};
use mien::time::Pts;
use mien::ui::actions::{Dialog, News};

use crate::hands::{Call, Hands, LARGE};
use crate::made::Made;
use crate::sessions::{asked, click_row, listed, rows, shown, tell, three};

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
