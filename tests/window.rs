//! Drives the window by accessible label, without a display and without workers.
#![cfg(feature = "gui")]

use std::cell::RefCell;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use eframe::egui::accesskit::{Role, Toggled};
use eframe::egui::{self, Key, Modifiers, Vec2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};

use mien::frame::{Frame, RunId};
use mien::geom::Rect;
use mien::observation::{
    Affect, Detection, FaceReading, HeadPose, Hint, Label, Labels, Landmarks, Observation,
    Posterior, Quality, TrackId,
};
use mien::pipeline::PipelineOptions;
use mien::runtime::live::{Event, LiveObservation, LiveStats, PreviewFrame, RecordingRequest};
use mien::settings::{Settings, ThemeChoice};
use mien::source::{SourceError, SourceInfo, SourceSpec};
use mien::time::Pts;
use mien::ui::actions::{News, Surroundings, Workers};
use mien::ui::preview::{PreviewSink, preview};
use mien::ui::store::{CameraEntry, RecordingState, UnfinishedSession};
use mien::ui::theme;
use mien::ui::window::Window;

const LARGE: Vec2 = vec2(1280.0, 800.0);
const SMALL: Vec2 = vec2(640.0, 480.0);
/// The harness leaves this margin around what is drawn.
const MARGIN: f32 = 8.0;
const EMOTIONS: [&str; 8] =
    ["neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt"];

#[derive(Debug, Clone, PartialEq)]
enum Call {
    Open(SourceSpec, Option<(u32, u32)>),
    StartRecording(String, bool),
    StopRecording,
    Mark(String),
    Options(PipelineOptions),
}

#[derive(Default)]
struct FakeWorkers {
    calls: Vec<Call>,
    events: RefCell<VecDeque<Event>>,
    observations: RefCell<VecDeque<LiveObservation>>,
    stats: LiveStats,
    runs: u64,
    recording: bool,
}

impl Workers for FakeWorkers {
    fn open(&mut self, spec: &SourceSpec, size: Option<(u32, u32)>) -> RunId {
        self.calls.push(Call::Open(spec.clone(), size));
        self.runs += 1;
        RunId(self.runs)
    }

    fn start_recording(&mut self, request: RecordingRequest) {
        let meta = request.meta;
        self.calls.push(Call::StartRecording(meta.participant, meta.consent_utc.is_some()));
        self.recording = true;
        let folder = request.sessions_dir.join("2026-01-02_03-04");
        self.events.borrow_mut().push_back(Event::RecordingStarted { folder });
    }

    fn stop_recording(&mut self) {
        self.calls.push(Call::StopRecording);
        self.recording = false;
        let folder = PathBuf::from("2026-01-02_03-04");
        self.events.borrow_mut().push_back(Event::RecordingFinished { folder, rows: 3120 });
    }

    fn mark(&mut self, label: &str) -> bool {
        self.calls.push(Call::Mark(label.to_owned()));
        self.recording
    }

    fn set_pipeline_options(&mut self, options: PipelineOptions) {
        self.calls.push(Call::Options(options));
    }

    fn try_event(&self) -> Option<Event> {
        self.events.borrow_mut().pop_front()
    }

    fn try_observation(&self) -> Option<LiveObservation> {
        self.observations.borrow_mut().pop_front()
    }

    fn stats(&self) -> LiveStats {
        self.stats
    }

    fn shutdown(self, _deadline: Instant) -> bool {
        true
    }
}

#[derive(Default)]
struct FakeSurroundings {
    saved: Vec<Settings>,
    opened: Vec<PathBuf>,
    finished: Vec<UnfinishedSession>,
    news: VecDeque<News>,
}

impl Surroundings for FakeSurroundings {
    fn save_settings(&mut self, settings: &Settings) {
        self.saved.push(settings.clone());
    }

    fn open_folder(&mut self, folder: &Path) {
        self.opened.push(folder.to_owned());
    }

    fn finish_session(&mut self, session: &UnfinishedSession) {
        self.finished.push(session.clone());
    }

    fn try_news(&mut self) -> Option<News> {
        self.news.pop_front()
    }
}

struct Bench {
    window: Window<FakeWorkers, FakeSurroundings>,
    sink: PreviewSink,
    clock: Instant,
}

/// A window and the hands on it.
struct Hands(Harness<'static, Bench>);

impl Hands {
    fn new(size: Vec2, settings: Settings) -> Self {
        let clock = Instant::now();
        let (sink, view) = preview(&egui::Context::default());
        let window = Window::new(
            FakeWorkers::default(),
            FakeSurroundings::default(),
            settings,
            None,
            view,
            clock,
        );
        let harness = Harness::builder()
            .with_size(size + Vec2::splat(2.0 * MARGIN))
            .with_context_setup(theme::install)
            .build_ui_state(
                |ui, bench: &mut Bench| {
                    bench.window.logic(ui.ctx(), bench.clock);
                    bench.window.ui(ui);
                },
                Bench { window, sink, clock },
            );
        Self(harness)
    }

    /// With the first-start text accepted and the models loaded.
    fn accepted(size: Vec2) -> Self {
        let settings = Settings { welcome_seen: u32::MAX, ..Settings::default() };
        let mut hands = Self::new(size, settings);
        let labels = Labels::new(EMOTIONS);
        hands.event(Event::ModelsReady {
            labels,
            emotion_model: "emotion".to_owned(),
            detector: "detector".to_owned(),
        });
        hands
    }

    /// With a camera that delivers, and a picture.
    fn running(size: Vec2) -> Self {
        let mut hands = Self::accepted(size);
        let run = hands.run_id();
        hands.event(Event::SourceOpened { run, info: camera_info() });
        hands.picture();
        hands
    }

    fn steps(&mut self) {
        self.0.run_steps(4);
    }

    fn bench(&mut self) -> &mut Bench {
        self.0.state_mut()
    }

    fn run_id(&self) -> RunId {
        RunId(self.0.state().window.workers.runs)
    }

    fn calls(&self) -> &[Call] {
        &self.0.state().window.workers.calls
    }

    fn event(&mut self, event: Event) {
        self.bench().window.workers.events.borrow_mut().push_back(event);
        self.steps();
    }

    fn news(&mut self, news: News) {
        self.bench().window.surroundings.news.push_back(news);
        self.steps();
    }

    fn pass(&mut self, time: Duration) {
        self.bench().clock += time;
        self.steps();
    }

    fn picture(&mut self) {
        let frame = Frame::new(RunId(1), 0, Pts::ZERO, (64, 48), vec![90; 64 * 48 * 3]).unwrap();
        let captured_at = self.bench().clock;
        self.bench().sink.show(&PreviewFrame { frame: Arc::new(frame), captured_at });
        self.steps();
    }

    fn observe(&mut self, faces: Vec<FaceReading>) {
        let run = self.run_id();
        let at = self.bench().clock;
        let observation =
            Observation { run, index: 0, pts: Pts::ZERO, frame_size: (640, 480), faces };
        self.bench().window.workers.observations.borrow_mut().push_back(LiveObservation {
            observation: Arc::new(observation),
            captured_at: at,
            analysed_at: at,
        });
        self.steps();
    }

    fn key(&mut self, key: Key) {
        self.0.key_press(key);
        self.steps();
    }

    fn click(&mut self, name: &str) {
        self.0.get_by_label(name).click();
        self.steps();
    }

    fn shows(&self, text: &str) -> bool {
        self.0.query_all_by_label_contains(text).next().is_some()
    }

    fn settings(&self) -> &Settings {
        self.0.state().window.settings()
    }

    fn recording(&self) -> &RecordingState {
        &self.0.state().window.store.recording
    }

    /// Value of what is announced with this role and name.
    fn value(&self, role: Role, name: &str) -> String {
        self.0.get_by_role_and_label(role, name).value().unwrap_or_default()
    }
}

fn camera_info() -> SourceInfo {
    SourceInfo {
        name: "Test Camera".to_owned(),
        size: (640, 480),
        nominal_rate_hz: 30.0,
        format: "MJPEG".to_owned(),
        mirror: true,
    }
}

fn face(track: u32, label: Label) -> FaceReading {
    let weights = |happy: f32| {
        let mut weights = vec![(1.0 - happy) / 7.0; 8];
        weights[1] = happy;
        Posterior::normalised(weights).unwrap()
    };
    FaceReading {
        track: TrackId(track),
        age: Duration::from_secs(125),
        detection: Detection {
            bbox: Rect::new(100.0 * track as f32, 120.0, 90.0, 120.0),
            score: 0.9,
            landmarks: Landmarks::default(),
        },
        posterior: weights(0.9),
        smoothed: weights(0.81),
        label,
        certainty: 0.81,
        steady: Duration::from_secs(4),
        affect: Affect { valence: 0.58, arousal: -0.24 },
        pose: HeadPose::default(),
        quality: Quality { size: 0.8, light: 0.2, sharpness: 0.7, turn: 0.9, hint: None },
    }
}

const HAPPY: Label = Label::Class(1);

#[test]
fn first_start_opens_nothing_until_accepted_and_is_kept() {
    let mut hands = Hands::new(LARGE, Settings::default());
    hands.steps();
    assert!(hands.shows("not a feeling"));
    assert!(hands.shows("European Union"));
    assert!(hands.shows("not stored"));
    hands.key(Key::R);
    assert!(hands.calls().is_empty());
    hands.click("Start with the demo");
    let demo = SourceSpec::Demo { people: 1 };
    assert_eq!(hands.calls(), [Call::Open(demo, None)]);
    assert!(hands.settings().welcome_seen > 0);
    assert_eq!(hands.settings().source.as_deref(), Some("demo"));
    let saved = hands.0.state().window.surroundings.saved.last().cloned();
    assert_eq!(saved.as_ref(), Some(hands.settings()));
    assert!(!hands.shows("not a feeling"));
}

#[test]
fn first_start_can_open_the_camera() {
    let mut hands = Hands::new(SMALL, Settings::default());
    hands.steps();
    hands.0.get_by_label("Start with the camera").scroll_to_me();
    hands.steps();
    hands.click("Start with the camera");
    assert_eq!(hands.calls(), [Call::Open(SourceSpec::Camera(None), None)]);
}

#[test]
fn a_kept_source_is_opened_at_start() {
    let settings = Settings {
        welcome_seen: u32::MAX,
        source: Some("demo:2".to_owned()),
        ..Settings::default()
    };
    let hands = Hands::new(LARGE, settings);
    assert_eq!(hands.calls(), [Call::Open(SourceSpec::Demo { people: 2 }, None)]);
}

#[test]
fn the_source_list_shows_cameras_as_they_come_and_go() {
    let mut hands = Hands::running(LARGE);
    let camera = |number, name: &str, sizes: &[(u32, u32)]| CameraEntry {
        number,
        name: name.to_owned(),
        sizes: sizes.to_vec(),
    };
    hands.news(News::Cameras(vec![camera(0, "Inner Eye", &[(1280, 720), (640, 480)])]));
    hands.click("Source: Test Camera");
    assert!(hands.shows("Inner Eye"));
    assert!(hands.shows("Demo, two people"));
    let both = vec![
        camera(0, "Inner Eye", &[(1280, 720), (640, 480)]),
        camera(2, "Outer Eye", &[(640, 480)]),
    ];
    hands.news(News::Cameras(both));
    hands.click("Picture size 1280 × 720");
    let expected = Call::Open(SourceSpec::Camera(Some(0)), Some((1280, 720)));
    assert_eq!(hands.calls().last(), Some(&expected));
    hands.click("Source: Inner Eye");
    hands.click("Outer Eye");
    assert_eq!(hands.calls().last(), Some(&Call::Open(SourceSpec::Camera(Some(2)), None)));
    hands.click("Source: Outer Eye");
    hands.click("Demo, two people");
    assert_eq!(hands.calls().last(), Some(&Call::Open(SourceSpec::Demo { people: 2 }, None)));
}

#[test]
fn without_a_camera_the_window_says_what_to_do_and_opens_one_that_is_plugged_in() {
    let mut hands = Hands::accepted(LARGE);
    hands.news(News::Cameras(Vec::new()));
    let run = hands.run_id();
    hands.event(Event::SourceFailed { run, error: SourceError::NoCamera });
    assert!(hands.shows("No camera found"));
    assert!(hands.shows("Plug one in"));
    let opened = hands.calls().len();
    hands.news(News::Cameras(vec![CameraEntry {
        number: 0,
        name: "New".to_owned(),
        sizes: Vec::new(),
    }]));
    assert_eq!(hands.calls().len(), opened + 1);
    assert!(hands.shows("Opening the camera"));
}

#[test]
fn every_source_error_shows_its_cause_and_its_advice() {
    let name = || "Test Camera".to_owned();
    let errors = [
        SourceError::NotFound { number: 3 },
        SourceError::Busy { name: name() },
        SourceError::PermissionDenied { name: name() },
        SourceError::Unplugged { name: name() },
        SourceError::Stalled { name: name(), secs: 3 },
        SourceError::NoUsableFormat { name: name(), offered: "H264".to_owned() },
        SourceError::Driver { name: name(), reason: "error 5".to_owned() },
        SourceError::NotBuilt,
    ];
    let mut hands = Hands::running(LARGE);
    for error in errors {
        let run = hands.run_id();
        hands.event(Event::SourceOpened { run, info: camera_info() });
        hands.event(Event::SourceFailed { run, error: error.clone() });
        // The first letter is raised at the start of a sentence.
        let cause: String = error.to_string().chars().skip(1).collect();
        assert!(hands.shows(&cause), "{error}");
        assert!(hands.shows(error.advice()), "{error}");
        assert!(hands.shows("no face"), "{error}");
    }
}

#[test]
fn a_stalled_camera_can_be_tried_again_or_left() {
    let mut hands = Hands::running(LARGE);
    hands.observe(vec![face(1, HAPPY)]);
    let run = hands.run_id();
    let stalled = SourceError::Stalled { name: "Test Camera".to_owned(), secs: 3 };
    hands.event(Event::SourceFailed { run, error: stalled.clone() });
    assert!(hands.shows("The camera stopped sending pictures"));
    assert!(hands.shows("Bars return with the picture."));
    assert_eq!(hands.value(Role::Meter, "happiness"), "no reading");
    hands.pass(Duration::from_secs(3));
    assert!(hands.shows("waiting 00:03"));
    hands.event(Event::SourceResumed { run });
    assert!(!hands.shows("The camera stopped sending pictures"));
    hands.event(Event::SourceFailed { run, error: stalled });
    hands.click("Choose another source");
    assert!(hands.shows("Demo, one person"));
    hands.key(Key::Escape);
    hands.click("Try again");
    assert_eq!(hands.calls().last(), Some(&Call::Open(SourceSpec::Camera(None), None)));
    // What the left run still says is not news.
    hands.event(Event::SourceFailed { run, error: SourceError::NoCamera });
    assert!(!hands.shows("No camera found"));
}

#[test]
fn recording_is_switched_by_key_and_by_button() {
    let mut hands = Hands::running(LARGE);
    assert!(hands.shows("Pictures are analysed here and not stored"));
    hands.key(Key::R);
    assert!(matches!(hands.recording(), RecordingState::On { .. }));
    assert!(hands.shows("Recording numbers, no pictures, to 2026-01-02_03-04"));
    hands.bench().window.workers.stats.recording_for = Some(Duration::from_secs(134));
    hands.click("Stop recording");
    assert_eq!(*hands.recording(), RecordingState::Off);
    assert!(hands.shows("3\u{2009}120 rows"));
    hands.click("Show folder");
    assert_eq!(hands.0.state().window.surroundings.opened, [PathBuf::from("2026-01-02_03-04")]);
    hands.click("Record");
    hands.key(Key::R);
    let empty = Call::StartRecording(String::new(), false);
    assert_eq!(
        hands.calls()[1..],
        [empty.clone(), Call::StopRecording, empty, Call::StopRecording]
    );
}

#[test]
fn nothing_is_recorded_without_a_source() {
    let mut hands = Hands::accepted(LARGE);
    hands.key(Key::R);
    assert!(hands.0.get_by_label("Record").accesskit_node().is_disabled());
    assert_eq!(hands.calls().len(), 1);
}

#[test]
fn a_failed_recording_stays_told_until_dismissed() {
    let mut hands = Hands::running(LARGE);
    hands.key(Key::R);
    let message = "the disk is full. Free some space, then record again.".to_owned();
    hands.event(Event::RecordingFailed { folder: None, rows: 7, message });
    assert_eq!(*hands.recording(), RecordingState::Off);
    hands.pass(Duration::from_secs(60));
    assert!(hands.shows("the disk is full"));
    assert!(hands.shows("7 rows are safe"));
    hands.click("Dismiss");
    assert!(!hands.shows("the disk is full"));
}

#[test]
fn markers_are_numbered_and_shown_on_the_timeline() {
    let mut hands = Hands::running(LARGE);
    hands.observe(vec![face(1, HAPPY)]);
    hands.key(Key::R);
    hands.key(Key::M);
    hands.click("Marker");
    hands.key(Key::Num7);
    let marks: Vec<_> = hands.calls().iter().filter(|c| matches!(c, Call::Mark(_))).collect();
    let mark = |text: &str| Call::Mark(text.to_owned());
    assert_eq!(marks, [&mark("marker 1"), &mark("marker 2"), &mark("marker 7")]);
    assert!(hands.value(Role::Image, "last 60 seconds").ends_with("markers: 3"));
    assert!(!hands.shows("stored while recording only"));
}

#[test]
fn a_marker_without_a_recording_says_that_it_is_not_stored() {
    let mut hands = Hands::running(LARGE);
    hands.key(Key::M);
    assert!(hands.shows("stored while recording only"));
    hands.pass(Duration::from_secs(9));
    assert!(!hands.shows("stored while recording only"));
}

#[test]
fn freezing_holds_the_reading_and_goes_on_where_time_is() {
    let mut hands = Hands::running(LARGE);
    hands.observe(vec![face(1, HAPPY)]);
    hands.key(Key::Space);
    assert!(hands.shows("view frozen"));
    hands.pass(Duration::from_millis(500));
    hands.observe(Vec::new());
    assert_eq!(hands.value(Role::Meter, "happiness"), "81\u{2009}%");
    hands.click("Go on");
    assert_eq!(hands.value(Role::Meter, "happiness"), "no reading");
    assert!(hands.shows("no face"));
}

#[test]
fn help_lists_the_keys_and_keeps_them_from_working() {
    let mut hands = Hands::running(LARGE);
    hands.key(Key::Questionmark);
    assert!(hands.shows("start or stop recording"));
    hands.key(Key::R);
    assert_eq!(*hands.recording(), RecordingState::Off);
    hands.key(Key::Escape);
    assert!(!hands.shows("start or stop recording"));
    hands.click("Help");
    assert!(hands.shows("start or stop recording"));
    hands.click("Close");
    assert!(!hands.shows("start or stop recording"));
}

#[test]
fn full_screen_comes_and_goes_by_key() {
    let mut hands = Hands::running(LARGE);
    hands.key(Key::F);
    assert!(hands.0.state().window.is_full_screen());
    hands.key(Key::Escape);
    assert!(!hands.0.state().window.is_full_screen());
}

#[test]
fn settings_take_effect_and_are_kept_at_once() {
    let mut hands = Hands::running(LARGE);
    hands.click("Settings");
    hands.click("Theme: Light");
    assert_eq!(hands.settings().theme, ThemeChoice::Light);
    hands.0.get_by_label("Mark faces in the picture").scroll_to_me();
    hands.steps();
    hands.click("Mark faces in the picture");
    assert!(!hands.settings().show_boxes);
    hands.0.get_by_role_and_label(Role::Slider, "Smoothing").set_value_accesskit(0.5);
    hands.steps();
    assert_eq!(hands.settings().pipeline.smoothing_secs, 0.5);
    let options = hands.settings().pipeline;
    assert_eq!(hands.calls().last(), Some(&Call::Options(options)));
    let saved = hands.0.state().window.surroundings.saved.last().cloned();
    assert_eq!(saved.as_ref(), Some(hands.settings()));
    hands.click("Open folder");
    assert_eq!(hands.0.state().window.surroundings.opened, [hands.settings().sessions_dir.clone()]);
    hands.key(Key::Escape);
    assert!(!hands.shows("Sessions folder"));
}

#[test]
fn the_sessions_folder_is_taken_over_when_typing_ends() {
    let mut hands = Hands::running(LARGE);
    hands.click("Settings");
    hands.click("Sessions folder");
    hands.0.key_press_modifiers(Modifiers::COMMAND, Key::A);
    hands.0.get_by_label("Sessions folder").type_text("/tmp/elsewhere");
    hands.steps();
    assert_eq!(hands.settings().sessions_dir, Settings::default().sessions_dir);
    hands.key(Key::Enter);
    assert_eq!(hands.settings().sessions_dir, PathBuf::from("/tmp/elsewhere"));
}

#[test]
fn consent_belongs_to_one_participant_and_one_recording() {
    let mut hands = Hands::running(LARGE);
    let consent = "The participant has agreed to be recorded";
    hands.click("Settings");
    hands.click("Participant code");
    hands.0.get_by_label("Participant code").type_text("P-07");
    hands.steps();
    hands.click(consent);
    let stamp = hands.0.state().window.meta().consent_utc.clone().unwrap();
    assert!(stamp.starts_with("20") && stamp.ends_with('Z') && stamp.len() == 20, "{stamp}");
    hands.click("Participant code");
    hands.0.get_by_label("Participant code").type_text("8");
    hands.steps();
    assert_eq!(hands.0.state().window.meta().consent_utc, None);
    hands.click(consent);
    hands.key(Key::Escape);
    hands.click("Record");
    assert_eq!(hands.calls().last(), Some(&Call::StartRecording("P-078".to_owned(), true)));
    hands.click("Stop recording");
    assert_eq!(*hands.0.state().window.meta(), Default::default());
}

#[test]
fn keys_do_nothing_while_typing() {
    let mut hands = Hands::running(LARGE);
    hands.click("Settings");
    hands.click("Note");
    for key in [Key::R, Key::M, Key::Space, Key::F, Key::Questionmark, Key::Num1] {
        hands.key(key);
    }
    let window = &hands.0.state().window;
    assert_eq!(window.workers.calls.len(), 1);
    assert!(!window.store.is_frozen() && !window.is_full_screen());
    assert!(!hands.shows("start or stop recording"));
}

#[test]
fn keys_with_a_modifier_are_not_ours() {
    let mut hands = Hands::running(LARGE);
    for key in [Key::R, Key::O, Key::M] {
        hands.0.key_press_modifiers(Modifiers::COMMAND, key);
        hands.steps();
    }
    assert_eq!(hands.calls().len(), 1);
}

#[test]
fn the_space_bar_presses_the_control_that_has_the_keyboard() {
    let mut hands = Hands::running(LARGE);
    hands.0.get_by_label("Record").focus();
    hands.steps();
    hands.key(Key::Space);
    assert!(matches!(hands.recording(), RecordingState::On { .. }));
    assert!(!hands.0.state().window.store.is_frozen());
}

#[test]
fn every_control_is_reached_by_tab() {
    let mut hands = Hands::running(LARGE);
    hands.observe(vec![face(1, HAPPY), face(2, HAPPY)]);
    let mut reached = Vec::new();
    for _ in 0..16 {
        hands.key(Key::Tab);
        let focused = hands.0.query_by(|node| node.is_focused());
        reached.extend(focused.and_then(|node| node.accesskit_node().label()));
    }
    for name in [
        "Source: Test Camera",
        "Record",
        "Marker",
        "Freeze",
        "Live",
        "Help",
        "Settings",
        "Look at face 1",
        "Look at face 2",
        "Face 1",
        "Face 2",
    ] {
        assert!(reached.iter().any(|label| label == name), "{name} is not in {reached:?}");
    }
}

#[test]
fn bars_have_names_and_values() {
    let mut hands = Hands::running(LARGE);
    hands.observe(vec![face(1, HAPPY)]);
    assert!(hands.shows("Face 1 · for 2 min"));
    assert!(hands.0.query_by_role_and_label(Role::Heading, "happiness").is_some());
    assert!(hands.shows("81\u{2009}% · steady for 4 s"));
    assert_eq!(hands.value(Role::Meter, "happiness"), "81\u{2009}%");
    assert_eq!(hands.value(Role::Meter, "contempt"), "3\u{2009}%");
    assert_eq!(hands.value(Role::Image, "affect"), "valence +0.58, arousal \u{2212}0.24");
    assert_eq!(hands.value(Role::Meter, "light"), "20\u{2009}% poor");
    assert_eq!(hands.value(Role::Image, "picture"), "face 1 happiness");
}

#[test]
fn unsure_says_why() {
    let mut hands = Hands::running(LARGE);
    hands.observe(vec![face(1, Label::Unsure(Hint::TooDark))]);
    assert!(hands.0.query_by_role_and_label(Role::Heading, "unsure").is_some());
    assert!(hands.shows(Hint::TooDark.advice()));
}

#[test]
fn a_model_with_other_labels_is_drawn_as_well() {
    let mut hands = Hands::running(LARGE);
    let names: Vec<String> = (0..30).map(|n| format!("expression {n}")).collect();
    hands.event(Event::ModelsReady {
        labels: Labels::new(names),
        emotion_model: "other".to_owned(),
        detector: "detector".to_owned(),
    });
    let mut reading = face(1, Label::Class(29));
    reading.smoothed = Posterior::normalised((1..=30).map(|n| n as f32).collect()).unwrap();
    reading.posterior = reading.smoothed.clone();
    hands.observe(vec![reading]);
    assert!(hands.0.query_by_role_and_label(Role::Heading, "expression 29").is_some());
    assert_eq!(hands.value(Role::Meter, "expression 29"), "6\u{2009}%");
}

#[test]
fn another_face_is_chosen_by_chip_and_in_the_picture() {
    let mut hands = Hands::running(LARGE);
    hands.observe(vec![face(1, HAPPY), face(2, Label::Class(3))]);
    assert!(hands.0.query_by_role_and_label(Role::Heading, "happiness").is_some());
    hands.click("Face 2");
    assert!(hands.0.query_by_role_and_label(Role::Heading, "sadness").is_some());
    hands.click("Look at face 1");
    assert!(hands.0.query_by_role_and_label(Role::Heading, "happiness").is_some());
    let chip = hands.0.get_by_label("Face 1");
    assert_eq!(chip.accesskit_node().toggled(), Some(Toggled::True));
    // The chosen face leaves; the other one is read after a while.
    hands.pass(Duration::from_secs(3));
    hands.observe(vec![face(2, Label::Class(3))]);
    assert!(hands.0.query_by_role_and_label(Role::Heading, "sadness").is_some());
}

#[test]
fn a_small_window_keeps_picture_and_bars_and_offers_the_rest_in_a_list() {
    let mut hands = Hands::running(SMALL);
    hands.observe(vec![face(1, HAPPY)]);
    assert!(hands.0.query_by_role_and_label(Role::Image, "picture").is_some());
    assert_eq!(hands.value(Role::Meter, "contempt"), "3\u{2009}%");
    for name in ["Live", "Settings", "Help", "last 60 seconds"] {
        assert!(hands.0.query_by_label(name).is_none(), "{name}");
    }
    let bar = hands.0.get_by_role_and_label(Role::Meter, "contempt").rect();
    assert!(bar.bottom() < SMALL.y + MARGIN - theme::STATUS_HEIGHT);
    hands.click("More");
    hands.click("Settings");
    assert!(hands.shows("Sessions folder"));
    hands.click("Close settings");
    assert!(!hands.shows("Sessions folder"));
}

#[test]
fn loading_and_failing_models_are_told_beside_the_picture() {
    let settings = Settings { welcome_seen: u32::MAX, ..Settings::default() };
    let mut hands = Hands::new(LARGE, settings);
    let run = hands.run_id();
    hands.event(Event::SourceOpened { run, info: camera_info() });
    hands.picture();
    assert!(hands.shows("The models are loading."));
    let message = "The card does not fit its model.".to_owned();
    hands.event(Event::ModelsFailed { message: message.clone() });
    assert!(hands.shows(&message));
    assert!(hands.0.query_by_role_and_label(Role::Image, "picture").is_some());
}

#[test]
fn an_unfinished_recording_is_offered() {
    let mut hands = Hands::running(LARGE);
    let session = UnfinishedSession {
        folder: PathBuf::from("2026-01-01_14-05"),
        started: "14:05".to_owned(),
        rows: 3120,
    };
    hands.news(News::Unfinished(vec![session.clone(), session.clone()]));
    assert!(hands.shows("A recording from 14:05 was not finished"));
    hands.click("Finish it");
    assert_eq!(hands.0.state().window.surroundings.finished, [session.clone()]);
    hands.news(News::Finished(session.folder, 3120));
    assert!(hands.shows("Recording finished"));
    hands.click("Later");
    assert!(!hands.shows("was not finished"));
}

#[test]
fn the_status_line_tells_rates_delay_and_losses() {
    let mut hands = Hands::running(LARGE);
    hands.bench().window.workers.stats = LiveStats {
        captured_hz: 29.97,
        analysed_hz: 27.2,
        latency_p50: Some(Duration::from_micros(24_300)),
        latency_p95: Some(Duration::from_millis(31)),
        dropped: 12,
        damaged: 2,
        ..LiveStats::default()
    };
    hands.steps();
    for text in
        ["camera 30.0 fps", "analysed 27 of 30", "delay 24 ms, p95 31", "dropped 12", "damaged 2"]
    {
        assert!(hands.shows(text), "{text}");
    }
}
