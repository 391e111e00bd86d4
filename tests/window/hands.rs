//! A window with fake neighbours, and the hands that work it.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use eframe::egui::accesskit::Role;
use eframe::egui::{self, Key, Vec2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;

use mien::baseline::Baseline;
use mien::frame::{Frame, RunId};
use mien::geom::Rect;
use mien::observation::{
    Affect, Detection, FaceReading, HeadPose, Label, Labels, Landmarks, Observation, Posterior,
    Quality, TrackId,
};
use mien::pipeline::PipelineOptions;
use mien::runtime::companion::{CompanionCommand, CompanionEvent};
use mien::runtime::file_queue::{QueueCommand, QueueEvent};
use mien::runtime::librarian::{LibraryCommand, LibraryEvent};
use mien::runtime::live::{
    Event, LiveObservation, LiveStats, ModelsInfo, PreviewFrame, RecordingRequest,
};
use mien::runtime::player::{PlayCommand, PlayEvent};
use mien::runtime::teaching::{TakeId, TeachCommand};
use mien::session::SessionEvent;
use mien::session::vault::Passphrase;
use mien::settings::Settings;
use mien::source::{SourceInfo, SourceSpec};
use mien::time::Pts;
use mien::ui::actions::{Dialog, News, Surroundings, Workers};
use mien::ui::preview::{PreviewSink, preview};
use mien::ui::store::{RecordingState, UnfinishedSession};
use mien::ui::theme;
use mien::ui::window::Window;

pub const LARGE: Vec2 = vec2(1280.0, 800.0);
pub const SMALL: Vec2 = vec2(640.0, 480.0);
/// The harness leaves this margin around what is drawn.
pub const MARGIN: f32 = 8.0;
/// Where sessions go by default.
pub const SESSIONS: &str = "/sessions";
/// The first camera there is.
pub const ANY_CAMERA: SourceSpec = SourceSpec::Camera { number: None, size: None };
const EMOTIONS: [&str; 8] =
    ["neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt"];

#[derive(Debug, Clone, PartialEq)]
pub enum Call {
    Open(SourceSpec),
    StartRecording(String, bool),
    StopRecording,
    Mark(String),
    Options(PipelineOptions),
    Collect(TakeId, TrackId),
    StopCollecting,
    /// Classes and examples of each.
    Learn(Vec<String>, Vec<usize>),
    StopLearning,
    /// Name of a taught model; `None`: the one of the start.
    Use(Option<String>),
    Save(PathBuf),
    /// Folder of a model; `None`: the built-in one.
    Load(Option<PathBuf>),
    Play(PlayCommand),
    Queue(QueueCommand),
    Library(LibraryCommand),
    Note(SessionEvent),
    /// Profile of the baseline that is applied; `None`: none.
    Baseline(Option<String>),
}

#[derive(Default)]
pub struct FakeWorkers {
    pub calls: Vec<Call>,
    pub events: RefCell<VecDeque<Event>>,
    pub play_events: RefCell<VecDeque<PlayEvent>>,
    pub queue_events: RefCell<VecDeque<QueueEvent>>,
    pub library_events: RefCell<VecDeque<LibraryEvent>>,
    pub observations: RefCell<VecDeque<LiveObservation>>,
    pub stats: LiveStats,
    pub runs: u64,
    pub recording: bool,
    /// What recordings were to be locked with.
    pub locks: Vec<Option<Passphrase>>,
    /// What the companion was told.
    pub companion: Vec<CompanionCommand>,
    pub companion_events: RefCell<VecDeque<CompanionEvent>>,
}

impl Workers for FakeWorkers {
    fn open(&mut self, spec: &SourceSpec) -> RunId {
        self.calls.push(Call::Open(spec.clone()));
        self.runs += 1;
        RunId(self.runs)
    }

    fn start_recording(&mut self, request: RecordingRequest) {
        let meta = request.meta;
        self.locks.push(request.lock);
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

    fn note(&mut self, event: SessionEvent, _at: Instant) -> bool {
        self.calls.push(Call::Note(event));
        self.recording
    }

    fn companion(&mut self, command: CompanionCommand) {
        self.companion.push(command);
    }

    fn try_companion_event(&self) -> Option<CompanionEvent> {
        self.companion_events.borrow_mut().pop_front()
    }

    fn set_pipeline_options(&mut self, options: PipelineOptions) {
        self.calls.push(Call::Options(options));
    }

    fn set_baseline(&mut self, baseline: Option<Arc<Baseline>>) -> bool {
        self.calls.push(Call::Baseline(baseline.as_ref().map(|b| b.profile.clone())));
        self.events.borrow_mut().push_back(Event::BaselineChanged { baseline, trouble: None });
        true
    }

    fn teach(&mut self, command: TeachCommand) {
        self.calls.push(match command {
            TeachCommand::Collect(take, track) => Call::Collect(take, track),
            TeachCommand::StopCollecting => Call::StopCollecting,
            TeachCommand::Learn { lesson, .. } => {
                Call::Learn(lesson.classes.clone(), lesson.counts())
            }
            TeachCommand::Cancel => Call::StopLearning,
            TeachCommand::Use(model) => Call::Use(model.map(|model| model.name.clone())),
            TeachCommand::Save { folder, .. } => Call::Save(folder),
            TeachCommand::Load(place) => Call::Load(place),
        });
    }

    fn play(&mut self, command: PlayCommand) {
        self.calls.push(Call::Play(command));
    }

    fn queue(&mut self, command: QueueCommand) {
        self.calls.push(Call::Queue(command));
    }

    fn library(&mut self, command: LibraryCommand) {
        self.calls.push(Call::Library(command));
    }

    fn try_library_event(&self) -> Option<LibraryEvent> {
        self.library_events.borrow_mut().pop_front()
    }

    fn try_play_event(&self) -> Option<PlayEvent> {
        self.play_events.borrow_mut().pop_front()
    }

    fn try_queue_event(&self) -> Option<QueueEvent> {
        self.queue_events.borrow_mut().pop_front()
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
pub struct FakeSurroundings {
    pub saved: Vec<Settings>,
    pub opened: Vec<PathBuf>,
    pub finished: Vec<UnfinishedSession>,
    pub news: VecDeque<News>,
    pub pages: Vec<PathBuf>,
    /// Folders of models that were looked at last.
    pub looked_at: Vec<PathBuf>,
    /// Baselines that were kept, and profiles that were erased.
    pub kept: Vec<Arc<Baseline>>,
    pub erased: Vec<String>,
    /// How often a font was looked for.
    pub fonts_looked_for: u32,
    /// Dialogs that were asked for.
    pub dialogs: Vec<Dialog>,
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

    fn open_page(&mut self, page: &Path) {
        self.pages.push(page.to_owned());
    }

    fn choose(&mut self, dialog: Dialog) {
        self.dialogs.push(dialog);
    }

    fn look_at_models(&mut self, folders: Vec<PathBuf>) {
        self.looked_at = folders;
    }

    fn look_at_baselines(&mut self) {}

    fn keep_baseline(&mut self, baseline: Arc<Baseline>) {
        self.kept.push(baseline);
    }

    fn erase_baseline(&mut self, profile: &str) {
        self.erased.push(profile.to_owned());
    }

    fn look_for(&mut self, _paths: Vec<PathBuf>) {}

    fn look_for_font(&mut self) {
        self.fonts_looked_for += 1;
    }

    fn try_news(&mut self) -> Option<News> {
        self.news.pop_front()
    }
}

pub struct Bench {
    pub window: Window<FakeWorkers, FakeSurroundings>,
    pub sink: PreviewSink,
    pub file_sink: PreviewSink,
    pub clock: Instant,
}

/// A window and the hands on it.
pub struct Hands(pub Harness<'static, Bench>);

impl Hands {
    pub fn new(size: Vec2, settings: Settings) -> Self {
        let clock = Instant::now();
        let (sink, view) = preview(&egui::Context::default());
        let (file_sink, file_view) = preview(&egui::Context::default());
        let window = Window::new(
            FakeWorkers::default(),
            FakeSurroundings::default(),
            (settings, PathBuf::from(SESSIONS)),
            (view, file_view),
            Vec::new(),
            clock,
        );
        let harness = Harness::builder()
            .with_size(size + Vec2::splat(2.0 * MARGIN))
            .with_context_setup(theme::install)
            .build_ui_state(
                |ui, bench: &mut Bench| {
                    ui.ctx().options_mut(|options| options.warn_on_id_clash = true);
                    bench.window.logic(ui.ctx(), bench.clock);
                    bench.window.ui(ui);
                },
                Bench { window, sink, file_sink, clock },
            );
        Self(harness)
    }

    /// With the first-start text accepted and the models loaded.
    pub fn accepted(size: Vec2) -> Self {
        let settings = Settings { welcome_seen: u32::MAX, ..Settings::default() };
        let mut hands = Self::new(size, settings);
        let labels = Labels::new(EMOTIONS);
        hands.event(Event::ModelsReady(ModelsInfo {
            labels,
            emotion_model: "emotion".to_owned(),
            detector: "detector".to_owned(),
            emotion_sha256: String::new(),
            detector_sha256: String::new(),
            second_look_sha256: None,
            rest: None,
        }));
        hands
    }

    /// With a camera that delivers, and a picture.
    pub fn running(size: Vec2) -> Self {
        let mut hands = Self::accepted(size);
        let run = hands.run_id();
        hands.event(Event::SourceOpened { run, info: camera_info() });
        hands.picture();
        hands
    }

    pub fn steps(&mut self) {
        self.0.run_steps(4);
        // egui paints a complaint when two widgets share an identity.
        let shapes = self.0.output().shapes.iter().map(|clipped| &clipped.shape);
        assert!(!shapes.flat_map(texts).any(|text| text.contains("use of")));
    }

    pub fn bench(&mut self) -> &mut Bench {
        self.0.state_mut()
    }

    pub fn run_id(&self) -> RunId {
        RunId(self.0.state().window.workers.runs)
    }

    pub fn calls(&self) -> &[Call] {
        &self.0.state().window.workers.calls
    }

    pub fn event(&mut self, event: Event) {
        self.bench().window.workers.events.borrow_mut().push_back(event);
        self.steps();
    }

    pub fn news(&mut self, news: News) {
        self.bench().window.surroundings.news.push_back(news);
        self.steps();
    }

    pub fn pass(&mut self, time: Duration) {
        self.bench().clock += time;
        self.steps();
    }

    pub fn picture(&mut self) {
        let frame = Frame::new(RunId(1), 0, Pts::ZERO, (64, 48), vec![90; 64 * 48 * 3]).unwrap();
        let captured_at = self.bench().clock;
        self.bench().sink.show(&PreviewFrame {
            frame: Arc::new(frame),
            captured_at,
            damaged_before: 0,
        });
        self.steps();
    }

    pub fn observe(&mut self, faces: Vec<FaceReading>) {
        let at = self.bench().clock;
        self.observe_at(at, faces);
    }

    /// As if captured and analysed at that moment.
    pub fn observe_at(&mut self, at: Instant, faces: Vec<FaceReading>) {
        let run = self.run_id();
        let observation =
            Observation { run, index: 0, pts: Pts::ZERO, frame_size: (640, 480), faces };
        self.bench().window.workers.observations.borrow_mut().push_back(LiveObservation {
            observation: Arc::new(observation),
            captured_at: at,
            damaged_before: 0,
            analysed_at: at,
        });
        self.steps();
    }

    pub fn key(&mut self, key: Key) {
        self.0.key_press(key);
        self.steps();
    }

    pub fn click(&mut self, name: &str) {
        self.0.get_by_label(name).click();
        self.steps();
    }

    pub fn shows(&self, text: &str) -> bool {
        self.0.query_all_by_label_contains(text).next().is_some()
    }

    pub fn settings(&self) -> &Settings {
        self.0.state().window.settings()
    }

    pub fn recording(&self) -> &RecordingState {
        &self.0.state().window.store.recording
    }

    /// Value of what is announced with this role and name.
    pub fn value(&self, role: Role, name: &str) -> String {
        self.0.get_by_role_and_label(role, name).value().unwrap_or_default()
    }
}

fn texts(shape: &egui::Shape) -> Vec<String> {
    match shape {
        egui::Shape::Text(text) => vec![text.galley.text().to_owned()],
        egui::Shape::Vec(shapes) => shapes.iter().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

pub fn camera_info() -> SourceInfo {
    SourceInfo {
        name: "Test Camera".to_owned(),
        size: (640, 480),
        nominal_rate_hz: 30.0,
        format: "MJPEG".to_owned(),
        mirror: true,
    }
}

pub fn face(track: u32, label: Label) -> FaceReading {
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
        affect: Some(Affect { valence: 0.58, arousal: -0.24 }),
        pose: HeadPose::default(),
        quality: Quality { size: 0.8, light: 0.2, sharpness: 0.7, turn: 0.9, hint: None },
    }
}

pub const HAPPY: Label = Label::Class(1);
