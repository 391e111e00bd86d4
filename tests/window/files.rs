//! Saved videos and pictures: opened, played, read, and kept in a list.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use eframe::egui::accesskit::Role;
use eframe::egui::{self, Event, Key, Modifiers, PointerButton, Pos2, ViewportCommand, pos2};
use egui_kittest::kittest::{NodeT, Queryable};

use mien::frame::{Frame, RunId};
use mien::observation::{Labels, Observation};
use mien::runtime::batch::Outcome;
use mien::runtime::file::{FileError, Progress};
use mien::runtime::file_queue::{FileId, QueueCommand, QueueEvent, Readings};
use mien::runtime::player::{PlayCommand, PlayEvent};
use mien::session::SessionEvent;
use mien::settings::Settings;
use mien::source::media::{MediaError, MediaInfo};
use mien::time::Pts;
use mien::ui::actions::{Dialog, News};

use crate::hands::{Call, HAPPY, Hands, LARGE, SMALL, face};

const LABELS: [&str; 8] =
    ["neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt"];

fn info() -> MediaInfo {
    MediaInfo {
        container: "mp4".into(),
        codec: "h264".into(),
        decoder: "built-in",
        size: (640, 480),
        nominal_rate_hz: 25.0,
        duration: Some(Duration::from_secs(10)),
        ..MediaInfo::default()
    }
}

fn play(hands: &mut Hands, event: PlayEvent) {
    hands.bench().window.workers.play_events.borrow_mut().push_back(event);
    hands.steps();
}

fn queue(hands: &mut Hands, event: QueueEvent) {
    hands.bench().window.workers.queue_events.borrow_mut().push_back(event);
    hands.steps();
}

fn added(hands: &mut Hands, paths: &[&str]) {
    let files = (1..).map(FileId).zip(paths.iter().map(PathBuf::from)).collect();
    queue(hands, QueueEvent::Added(files));
}

/// A picture of the file comes onto the screen.
fn picture(hands: &mut Hands, run: u64, index: u64) {
    let pts = Pts::from_secs_f64(index as f64 / 25.0);
    let frame = Frame::new(RunId(run), index, pts, (64, 48), vec![90; 64 * 48 * 3]).unwrap();
    hands.bench().file_sink.show_at_once(&Arc::new(frame));
    hands.steps();
}

/// So many frames are read: a happy face, but none in the third second.
fn read(hands: &mut Hands, id: u64, frames: u64) {
    let observation = |index: u64| Observation {
        run: RunId(id),
        index,
        pts: Pts::from_secs_f64(index as f64 / 25.0),
        frame_size: (640, 480),
        faces: if (50..75).contains(&index) { Vec::new() } else { vec![face(1, HAPPY)] },
    };
    let progress = Progress {
        pts: Pts::from_secs_f64(frames as f64 / 25.0),
        end: Some(Duration::from_secs(10)),
        frames,
    };
    let readings = Readings {
        observations: (0..frames).map(observation).collect(),
        events: vec![(Duration::from_millis(1200), SessionEvent::Cut)],
        progress,
    };
    queue(hands, QueueEvent::Readings(FileId(id), readings));
}

/// With a file that plays and is read half.
fn opened(size: egui::Vec2) -> Hands {
    let mut hands = Hands::accepted(size);
    hands.news(News::Chosen(vec!["/videos/talk.mp4".into()]));
    added(&mut hands, &["/videos/talk.mp4"]);
    play(&mut hands, PlayEvent::Opened(RunId(1), info()));
    picture(&mut hands, 1, 0);
    queue(&mut hands, QueueEvent::Started(FileId(1)));
    queue(&mut hands, QueueEvent::Opened(FileId(1), info(), Labels::new(LABELS)));
    read(&mut hands, 1, 125);
    hands
}

fn played(hands: &Hands) -> Vec<PlayCommand> {
    let play = |call: &Call| match call {
        Call::Play(command) => Some(command.clone()),
        _ => None,
    };
    hands.calls().iter().filter_map(play).collect()
}

/// A point of the timeline at this share of its width.
fn on_timeline(hands: &Hands, share: f32) -> Pos2 {
    let rect = hands.0.get_by_role_and_label(Role::Slider, "timeline").rect();
    pos2(rect.left() + rect.width() * share, rect.top() + 30.0)
}

fn pointer(hands: &mut Hands, pos: Pos2, pressed: Option<bool>) {
    hands.0.event(Event::PointerMoved(pos));
    if let Some(pressed) = pressed {
        let button = PointerButton::Primary;
        let modifiers = Modifiers::NONE;
        hands.0.event(Event::PointerButton { pos, button, pressed, modifiers });
    }
    hands.steps();
}

#[test]
fn an_empty_page_says_how_to_open_something_and_the_dialog_is_asked_for() {
    let mut hands = Hands::accepted(LARGE);
    hands.click("Files");
    assert!(hands.shows("Drop files or folders on this window"));
    hands.click("Open files");
    hands.click("Open folder");
    hands.0.key_press_modifiers(Modifiers::COMMAND, Key::O);
    hands.steps();
    assert_eq!(
        hands.bench().window.surroundings.dialogs,
        [Dialog::Files, Dialog::Folder, Dialog::Files]
    );
}

#[test]
fn where_there_is_no_dialog_a_path_is_typed() {
    let mut hands = Hands::accepted(LARGE);
    hands.news(News::NoDialog);
    assert!(hands.shows("Type or paste the path"));
    let field = hands.0.get_by_label("Path of a file or folder");
    assert!(field.accesskit_node().is_focused());
    field.type_text(" '/videos/a b.mp4' ");
    hands.steps();
    hands.click("Open path");
    let Some(Call::Queue(QueueCommand::Add { paths, sessions_dir, .. })) = hands.calls().last()
    else {
        panic!("{:?}", hands.calls());
    };
    assert_eq!(paths, &[PathBuf::from("/videos/a b.mp4")]);
    assert_eq!(sessions_dir, &PathBuf::from("/sessions"));
    assert_eq!(hands.settings().recent_files, [PathBuf::from("/videos/a b.mp4")]);
}

#[test]
fn a_file_is_shown_with_what_was_read_of_the_picture() {
    let mut hands = opened(LARGE);
    assert_eq!(
        played(&hands),
        [PlayCommand::Open { run: RunId(1), path: "/videos/talk.mp4".into() }]
    );
    assert!(hands.shows("talk.mp4"));
    assert!(hands.shows("640 × 480 · 25 fps · 00:10"));
    assert!(hands.shows("Analysed 50"));
    assert!(hands.shows("mp4, h264 → built in"));
    assert_eq!(hands.value(Role::Image, "picture"), "face 1 happiness");
    assert_eq!(hands.value(Role::Meter, "happiness"), "81\u{2009}%");
    assert_eq!(hands.value(Role::Slider, "timeline"), "0:00.00 of 0:10.00");
    // A second in which nobody was there, and one that is not read yet.
    picture(&mut hands, 1, 60);
    assert_eq!(hands.value(Role::Image, "picture"), "no face");
    picture(&mut hands, 1, 200);
    assert_eq!(hands.value(Role::Image, "picture"), "not analysed yet");
    assert!(hands.shows("Analysis is at 0:05.00."));
    assert_eq!(hands.value(Role::Meter, "happiness"), "no reading");
    // Pictures of a file that was left change nothing.
    picture(&mut hands, 0, 3);
    assert!(hands.0.query_by_role_and_label(Role::Image, "picture").is_none());
}

#[test]
fn keys_and_buttons_move_the_picture() {
    let mut hands = opened(LARGE);
    hands.key(Key::Space);
    play(&mut hands, PlayEvent::Playing(RunId(1), true));
    hands.click("Pause");
    play(&mut hands, PlayEvent::Playing(RunId(1), false));
    for key in [Key::ArrowRight, Key::Period, Key::ArrowLeft, Key::Comma, Key::Home, Key::End] {
        hands.key(key);
    }
    hands.click("Speed 1×");
    hands.click("0.25×");
    assert!(hands.shows("Speed 0.25×"));
    assert_eq!(
        played(&hands)[1..],
        [
            PlayCommand::Play,
            PlayCommand::Pause,
            PlayCommand::Step(1),
            PlayCommand::Step(1),
            PlayCommand::Step(-1),
            PlayCommand::Step(-1),
            PlayCommand::Seek(Duration::ZERO),
            PlayCommand::Last,
            PlayCommand::Speed(0.25),
        ]
    );
    // Elsewhere the same keys do nothing to it.
    let before = hands.calls().len();
    hands.click("Settings");
    hands.key(Key::ArrowRight);
    assert_eq!(hands.calls().len(), before);
}

#[test]
fn a_click_on_the_timeline_shows_that_moment_and_a_drag_sums_up_a_span() {
    let mut hands = opened(LARGE);
    let quarter = on_timeline(&hands, 0.25);
    pointer(&mut hands, quarter, Some(true));
    pointer(&mut hands, quarter, Some(false));
    let Some(PlayCommand::Seek(at)) = played(&hands).last().cloned() else {
        panic!("{:?}", played(&hands));
    };
    assert!((at.as_secs_f64() - 2.5).abs() < 0.02, "{at:?}");
    let [from, between, to] = [0.1, 0.3, 0.45].map(|share| on_timeline(&hands, share));
    pointer(&mut hands, from, Some(true));
    pointer(&mut hands, between, None);
    pointer(&mut hands, to, None);
    pointer(&mut hands, to, Some(false));
    // Of 3.5 s one is without a face.
    assert!(hands.shows("happiness 100\u{2009}%"));
    assert!(hands.shows("of 2.5 s with a face; 2 episodes"));
    assert!(hands.shows("face lost for 1.0 s"));
    assert!(hands.shows("cut"));
    hands.key(Key::Escape);
    assert!(!hands.shows("Back to the picture"));
    assert!(hands.shows("Files"), "Escape leaves the span first, then the page");
    assert!(hands.0.query_by_role_and_label(Role::Slider, "timeline").is_some());
}

#[test]
fn the_wheel_zooms_and_the_part_follows_the_picture() {
    let mut hands = opened(LARGE);
    let middle = on_timeline(&hands, 0.5);
    pointer(&mut hands, middle, None);
    for _ in 0..6 {
        hands.0.event(Event::MouseWheel {
            unit: egui::MouseWheelUnit::Point,
            delta: egui::vec2(0.0, 120.0),
            phase: egui::TouchPhase::Move,
            source: egui::MouseWheelSource::Wheel,
            modifiers: Modifiers::NONE,
        });
        hands.steps();
    }
    let part = hands.bench().window.store.files.film.zoom.expect("zoomed in");
    assert!(part.1 - part.0 < Duration::from_secs(5), "{part:?}");
    picture(&mut hands, 1, 249);
    let part = hands.bench().window.store.files.film.zoom.expect("zoomed in");
    assert!(part.1 >= Duration::from_secs_f64(9.96), "{part:?}");
    hands.click("Show all");
    assert_eq!(hands.bench().window.store.files.film.zoom, None);
}

#[test]
fn each_file_of_the_list_says_how_it_is_and_can_be_stopped_and_tried_again() {
    let mut hands = Hands::accepted(LARGE);
    let paths = ["/v/a.mp4", "/v/b.mp4", "/v/c.mp4"];
    hands.news(News::Chosen(paths.iter().map(PathBuf::from).collect()));
    added(&mut hands, &paths);
    queue(&mut hands, QueueEvent::Started(FileId(1)));
    queue(&mut hands, QueueEvent::Opened(FileId(1), info(), Labels::new(LABELS)));
    read(&mut hands, 1, 100);
    assert!(hands.shows("a.mp4, analysing 40"));
    assert!(hands.shows("b.mp4, waiting"));
    assert!(hands.shows("0 of 3 files done"));
    let empty = FileError::Media(MediaError::Empty { path: "/v/b.mp4".into() });
    queue(&mut hands, QueueEvent::Ended(FileId(2), Outcome::Failed(empty)));
    assert!(hands.shows("b.mp4 is empty. Copy or download it again."));
    let reason = "done before: same content, models and settings".to_owned();
    let skipped = Outcome::Skipped { folder: Some("/sessions/c".into()), reason };
    queue(&mut hands, QueueEvent::Ended(FileId(3), skipped));
    assert!(hands.shows("c.mp4, done before"));
    assert!(hands.shows("1 of 3 files done, 1 failed"));

    hands.click("Try this file again");
    assert_eq!(
        hands.calls().last(),
        Some(&Call::Queue(QueueCommand::Retry(FileId(2), "/v/b.mp4".into())))
    );
    // The file in work, then the one that waits again.
    let stops: Vec<_> = hands.0.query_all_by_label("Stop this file").collect();
    assert_eq!(stops.len(), 2);
    stops[0].click();
    hands.steps();
    assert_eq!(hands.calls().last(), Some(&Call::Queue(QueueCommand::Cancel(FileId(1)))));
    queue(&mut hands, QueueEvent::Ended(FileId(1), Outcome::Failed(FileError::Cancelled)));
    assert!(hands.shows("a.mp4, stopped"));

    // What is done is shown from its session.
    hands.0.get_by_label_contains("c.mp4, done before").click();
    hands.steps();
    assert_eq!(
        hands.calls().last(),
        Some(&Call::Queue(QueueCommand::Load(FileId(3), "/sessions/c".into())))
    );
    let removes: Vec<_> = hands.0.query_all_by_label("Take this file off the list").collect();
    removes[2].click();
    hands.steps();
    assert!(!hands.shows("c.mp4, done before"));
    assert!(played(&hands).contains(&PlayCommand::Close));
}

#[test]
fn a_file_that_cannot_be_shown_says_why() {
    let mut hands = Hands::accepted(LARGE);
    hands.news(News::Chosen(vec!["/v/notes.doc".into()]));
    added(&mut hands, &["/v/notes.doc"]);
    let error = MediaError::Unknown { path: "/v/notes.doc".into(), ffmpeg: None };
    play(&mut hands, PlayEvent::Failed(RunId(1), error.clone()));
    queue(&mut hands, QueueEvent::Ended(FileId(1), Outcome::Failed(error.into())));
    assert!(hands.shows("This file can’t be shown"));
    assert!(hands.shows("Mien reads MP4"));
    hands.click("Open another");
    assert_eq!(hands.bench().window.surroundings.dialogs, [Dialog::Files]);
}

fn ask_to_close(hands: &mut Hands) -> bool {
    let viewport = hands.0.input_mut().viewports.entry(egui::ViewportId::ROOT).or_default();
    viewport.events.push(egui::ViewportEvent::Close);
    hands.0.step();
    let cancelled = hands
        .0
        .output()
        .viewport_output
        .values()
        .any(|output| output.commands.contains(&ViewportCommand::CancelClose));
    let viewport = hands.0.input_mut().viewports.entry(egui::ViewportId::ROOT).or_default();
    viewport.events.clear();
    hands.steps();
    cancelled
}

#[test]
fn closing_asks_only_while_files_are_in_work() {
    let mut hands = Hands::accepted(LARGE);
    assert!(!ask_to_close(&mut hands));
    let mut hands = opened(LARGE);
    assert!(ask_to_close(&mut hands));
    assert!(hands.shows("1 file is not done."));
    hands.click("Go on analysing");
    assert!(!hands.shows("1 file is not done."));
    assert!(ask_to_close(&mut hands));
    hands.click("Close");
    assert!(!ask_to_close(&mut hands), "the user has said so");
}

#[test]
fn what_was_not_done_is_kept_and_offered_at_the_next_start() {
    let mut hands = opened(LARGE);
    let kept = hands.settings().clone();
    assert_eq!(kept.unfinished_files, [PathBuf::from("/videos/talk.mp4")]);
    queue(
        &mut hands,
        QueueEvent::Ended(
            FileId(1),
            Outcome::Skipped { folder: Some("/s/talk".into()), reason: "done before".into() },
        ),
    );
    assert_eq!(hands.settings().unfinished_files, Vec::<PathBuf>::new());

    let mut hands = Hands::new(LARGE, kept.clone());
    assert!(hands.shows("“talk.mp4” was not done when Mien closed."));
    hands.click("Go on");
    let add = |call: &Call| matches!(call, Call::Queue(QueueCommand::Add { .. }));
    assert!(hands.calls().iter().any(add));
    assert!(!hands.shows("was not done when Mien closed"));

    let mut hands = Hands::new(LARGE, kept);
    hands.click("Forget");
    assert!(!hands.calls().iter().any(add));
    assert_eq!(hands.settings().unfinished_files, Vec::<PathBuf>::new());
}

#[test]
fn files_that_are_dropped_are_opened() {
    let mut hands = Hands::running(LARGE);
    let path = PathBuf::from("/videos/talk.mp4");
    hands
        .0
        .input_mut()
        .hovered_files
        .push(egui::HoveredFile { path: Some(path.clone()), ..egui::HoveredFile::default() });
    hands.steps();
    let drop = |hands: &Hands| {
        let shapes = hands.0.output().shapes.iter();
        shapes.filter(|shape| format!("{:?}", shape.shape).contains("Drop to analyse")).count()
    };
    assert!(drop(&hands) > 0);
    hands.0.input_mut().hovered_files.clear();
    hands.0.input_mut().dropped_files.push(Arc::new(Dropped(path.clone())));
    hands.0.step();
    hands.0.input_mut().dropped_files.clear();
    hands.steps();
    assert_eq!(drop(&hands), 0);
    let Some(Call::Queue(QueueCommand::Add { paths, .. })) = hands.calls().last() else {
        panic!("{:?}", hands.calls());
    };
    assert_eq!(paths, &[path]);
    assert!(hands.shows("Drop files or folders"), "the page of files");
}

#[derive(Debug)]
struct Dropped(PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &std::path::Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        Err("nobody reads it here".into())
    }
}

#[test]
fn recent_files_are_listed_and_missing_ones_said() {
    let recent_files = vec![PathBuf::from("/v/here.mp4"), PathBuf::from("/v/gone.mp4")];
    let settings = Settings { recent_files, welcome_seen: u32::MAX, ..Settings::default() };
    let mut hands = Hands::new(LARGE, settings);
    hands.news(News::Missing(vec!["/v/gone.mp4".into()]));
    hands.click("Files");
    hands.click("here.mp4");
    let recent = &hands.settings().recent_files;
    assert_eq!(recent[0], PathBuf::from("/v/here.mp4"));
    assert_eq!(recent.len(), 2);
}

#[test]
fn a_small_window_keeps_picture_bars_and_buttons() {
    let mut hands = opened(SMALL);
    assert_eq!(hands.value(Role::Image, "picture"), "face 1 happiness");
    assert_eq!(hands.value(Role::Meter, "happiness"), "81\u{2009}%");
    hands.click("Play");
    assert_eq!(played(&hands).last(), Some(&PlayCommand::Play));
    hands.click("More");
    hands.click("Settings");
    assert!(hands.0.query_by_role_and_label(Role::Image, "picture").is_none());
}
