//! What the views draw from: everything the window knows, and nothing of how it is drawn.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::frame::RunId;
use crate::observation::{Labels, TrackId};
use crate::runtime::live::{Event, LiveObservation, LiveStats, ModelsInfo};
use crate::runtime::teaching::TeachingEvent;
use crate::source::{SourceError, SourceInfo, SourceSpec};
use crate::words;

use super::actions::Workers;
use super::baseline_store::BaselineStore;
use super::classroom::Classroom;
use super::companion_store::CompanionStore;
use super::files_store::Files;
use super::history::Readout;
use super::lock_store::Question;
use super::model_store::Models;
use super::sessions_store::Sessions;

/// Notices shown at once; older ones make room.
const MAX_NOTICES: usize = 3;
/// Good news goes away by itself after this time.
const NEWS_SECS: f64 = 8.0;

/// The source, as the user sees it.
#[derive(Debug, Clone, PartialEq)]
pub enum SourceState {
    /// None was asked for.
    Absent,
    /// Asked for, no picture yet.
    Opening,
    /// Pictures come.
    Running(SourceInfo),
    /// Pictures stopped coming; they may come again.
    Stalled {
        /// What was opened.
        info: SourceInfo,
        /// What the watchdog says.
        error: SourceError,
        /// When it said so.
        since: f64,
    },
    /// No pictures, and why.
    Failed(SourceError),
}

/// The models, as the user sees them.
#[derive(Debug, Clone, PartialEq)]
pub enum ModelState {
    /// On their way.
    Loading,
    /// Frames are analysed.
    Ready {
        /// Classes in the model's order.
        labels: Labels,
        /// Name of the emotion model.
        emotion_model: String,
        /// Name of the detector.
        detector: String,
    },
    /// Pictures are shown without readings.
    Failed(String),
}

/// The recorder, as the user sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordingState {
    /// Nothing is stored.
    Off,
    /// Asked for.
    Starting,
    /// Rows are being written.
    On {
        /// Session folder.
        folder: PathBuf,
    },
    /// Asked to end; what is queued is being written.
    Stopping,
}

/// How loud a notice is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Good to know; goes away by itself.
    News,
    /// Something went wrong; stays until dismissed.
    Trouble,
}

/// Something told once.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// Identifies it for dismissal.
    pub id: u64,
    /// How loud.
    pub tone: Tone,
    /// What happened and what to do.
    pub text: String,
    /// A folder worth opening.
    pub folder: Option<PathBuf>,
    at: f64,
}

/// A camera that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CameraEntry {
    /// As in `SourceSpec::Camera`.
    pub number: u32,
    /// As the system names it.
    pub name: String,
    /// Picture sizes to choose from, largest first; empty if there is no choice.
    pub sizes: Vec<(u32, u32)>,
}

/// A recording that a crash or a power cut left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnfinishedSession {
    /// Session folder.
    pub folder: PathBuf,
    /// When it was started, for people: "14:05".
    pub started: String,
    /// Rows that are safe.
    pub rows: u64,
}

/// The model behind the window.
#[derive(Debug)]
pub struct Store {
    epoch: Instant,
    now: f64,
    run: RunId,
    live: Readout,
    frozen: Option<(f64, Readout)>,
    next_notice: u64,
    marks: u64,
    /// Readings from before this moment are of the model that was at work then.
    model_since: Option<Instant>,
    /// What the user asked for last.
    pub spec: Option<SourceSpec>,
    /// The source.
    pub source: SourceState,
    /// The models.
    pub models: ModelState,
    /// The recorder.
    pub recording: RecordingState,
    /// Figures of this moment.
    pub stats: LiveStats,
    /// Cameras that are plugged in; `None`: not looked yet.
    pub cameras: Option<Vec<CameraEntry>>,
    /// What is to be told, oldest first.
    pub notices: Vec<Notice>,
    /// Recordings to finish, asked about one by one.
    pub unfinished: Vec<UnfinishedSession>,
    /// What is being taught.
    pub classroom: Classroom,
    /// Saved videos and pictures.
    pub files: Files,
    /// Models to choose from.
    pub model_choice: Models,
    /// What was recorded and analysed.
    pub sessions: Sessions,
    /// The companion.
    pub companion: CompanionStore,
    /// What a passphrase is asked for, and how far that is.
    pub question: Option<Question>,
    /// Baselines, and the ten seconds for a new one.
    pub baseline: BaselineStore,
}

impl Store {
    /// Knows nothing yet. `epoch` is the zero of all times in the store.
    pub fn new(epoch: Instant) -> Self {
        Self {
            epoch,
            now: 0.0,
            run: RunId::default(),
            live: Readout::default(),
            frozen: None,
            next_notice: 0,
            marks: 0,
            model_since: None,
            spec: None,
            source: SourceState::Absent,
            models: ModelState::Loading,
            recording: RecordingState::Off,
            stats: LiveStats::default(),
            cameras: None,
            notices: Vec::new(),
            unfinished: Vec::new(),
            classroom: Classroom::default(),
            files: Files::new(),
            model_choice: Models::default(),
            sessions: Sessions::new(),
            companion: CompanionStore::default(),
            question: None,
            baseline: BaselineStore::default(),
        }
    }

    /// Takes in what the workers have to say, for at most `budget`; true if more is waiting.
    pub fn drain(&mut self, workers: &impl Workers, now: Instant, budget: Duration) -> bool {
        self.tick(now);
        self.stats = workers.stats();
        let deadline = Instant::now() + budget;
        while let Some(event) = workers.try_event() {
            self.on_event(event);
        }
        while let Some(observation) = workers.try_observation() {
            self.on_observation(observation);
            if Instant::now() >= deadline {
                return true;
            }
        }
        false
    }

    /// Moves the clock, which goes forward only.
    pub fn tick(&mut self, now: Instant) {
        self.now = self.now.max(self.secs(now));
        let now = self.now;
        self.notices.retain(|n| n.tone == Tone::Trouble || now - n.at < NEWS_SECS);
    }

    /// The current time in seconds since the epoch.
    pub fn now(&self) -> f64 {
        self.now
    }

    /// When the next notice goes away, as a time from now.
    pub fn next_change(&self) -> Option<Duration> {
        let news = self.notices.iter().filter(|n| n.tone == Tone::News);
        let soonest = news.map(|n| n.at + NEWS_SECS - self.now).min_by(f64::total_cmp)?;
        Some(Duration::from_secs_f64(soonest.max(0.0)))
    }

    fn secs(&self, at: Instant) -> f64 {
        at.saturating_duration_since(self.epoch).as_secs_f64()
    }

    /// The user asked for a source; messages of earlier runs are ignored from now on.
    pub fn on_open(&mut self, spec: SourceSpec, run: RunId) {
        self.begin_run(run);
        self.spec = Some(spec);
        self.source = SourceState::Opening;
    }

    fn begin_run(&mut self, run: RunId) {
        if run != self.run {
            // Faces are numbered anew in every run; markers belong to the user and stay.
            self.forget_readings();
        }
        self.run = run;
    }

    /// Takes in one message.
    pub fn on_event(&mut self, event: Event) {
        match event {
            Event::ModelsReady(models) => {
                self.baseline.on_models(&models);
                let ModelsInfo { labels, emotion_model, detector, .. } = models;
                self.models = ModelState::Ready { labels, emotion_model, detector };
            }
            Event::ModelChanged { models, at } => self.on_model_changed(models, at),
            Event::BaselineChanged { baseline, trouble } => {
                self.baseline.applied = baseline;
                if let Some(text) = trouble {
                    self.tell(Tone::Trouble, text, None);
                }
            }
            Event::Teaching(TeachingEvent::Failed { message })
                if self.model_choice.on_failed(&message) => {}
            Event::Teaching(event) => {
                if let Some((tone, text, folder)) = self.classroom.on_event(event) {
                    self.tell(tone, text, folder);
                }
            }
            Event::ModelsFailed { message } => self.models = ModelState::Failed(message),
            Event::SourceOpened { run, info } if run >= self.run => {
                // A later run than asked for: the source came back by itself.
                self.begin_run(run);
                self.source = SourceState::Running(info);
            }
            Event::SourceFailed { run, error } if run >= self.run => self.on_source_error(error),
            Event::SourceResumed { run } if run >= self.run => {
                if let SourceState::Stalled { info, .. } = &self.source {
                    self.source = SourceState::Running(info.clone());
                }
            }
            Event::SourceOpened { .. }
            | Event::SourceFailed { .. }
            | Event::SourceResumed { .. } => {}
            Event::RecordingStarted { folder } => self.recording = RecordingState::On { folder },
            Event::RecordingBehind { missed } => {
                let text =
                    format!("The disk is too slow: {} not recorded.", count(missed, "frame"));
                self.tell(Tone::Trouble, text, None);
            }
            Event::Marked { label, at } => self.mark(label, at),
            Event::RecordingFinished { folder, rows } => {
                self.recording = RecordingState::Off;
                let text = format!("Recording saved: {}.", count(rows, "row"));
                self.tell(Tone::News, text, Some(folder));
            }
            Event::RecordingFailed { folder, rows, message } => {
                self.recording = RecordingState::Off;
                let text = format!("Recording stopped: {message} {}", rows_are_safe(rows));
                self.tell(Tone::Trouble, text, folder);
            }
            Event::LockFailed { folder, message } => {
                let text = format!("The recording is not locked: {message}");
                self.tell(Tone::Trouble, text, Some(folder));
            }
            Event::WorkerFailed { worker, message } => {
                let text = format!("The part “{worker}” failed and the rest goes on: {message}");
                self.tell(Tone::Trouble, text, None);
            }
        }
    }

    /// Readings of two models can't stand in one picture: their classes are others.
    fn on_model_changed(&mut self, models: ModelsInfo, at: Instant) {
        self.baseline.on_models(&models);
        let ModelsInfo { labels, emotion_model, detector, .. } = models;
        self.models = ModelState::Ready { labels, emotion_model, detector };
        self.model_since = Some(at);
        self.forget_readings();
        self.classroom.on_model_changed();
        self.model_choice.on_changed();
    }

    fn forget_readings(&mut self) {
        self.live.faces.clear();
        self.live.latest = None;
        self.frozen = None;
    }

    fn on_source_error(&mut self, error: SourceError) {
        let since = self.now;
        self.source = match (&self.source, error) {
            (_, SourceError::Cancelled) => SourceState::Absent,
            // One damaged picture is counted in the status line; pictures go on.
            (_, SourceError::DamagedFrame { .. }) => return,
            (
                SourceState::Running(info) | SourceState::Stalled { info, .. },
                error @ SourceError::Stalled { .. },
            ) => SourceState::Stalled { info: info.clone(), error, since },
            (_, error) => SourceState::Failed(error),
        };
        self.frozen = None;
    }

    /// Takes in one observation, unless it belongs to a source that was left.
    pub fn on_observation(&mut self, live: LiveObservation) {
        if live.observation.run < self.run
            || self.model_since.is_some_and(|since| live.analysed_at < since)
        {
            return;
        }
        self.begin_run(live.observation.run);
        let at = self.secs(live.captured_at);
        if let (true, Some(labels)) = (self.companion.watches, self.labels().cloned()) {
            let reading = self.companion.user.read(&live.observation, &labels);
            self.companion.reading = Some((live.captured_at, reading));
        }
        self.baseline.offer(&live.observation);
        self.live.push(at, live.observation);
    }

    /// What to draw: the present, or the frozen moment.
    pub fn readout(&self) -> &Readout {
        self.frozen.as_ref().map_or(&self.live, |(_, readout)| readout)
    }

    /// Time to draw at: now, or the frozen moment.
    pub fn shown_at(&self) -> f64 {
        self.frozen.as_ref().map_or(self.now, |(at, _)| *at)
    }

    /// Holds what is shown, or lets it go on. Recording is not touched.
    pub fn set_frozen(&mut self, frozen: bool) {
        self.frozen = frozen.then(|| (self.now, self.live.clone()));
    }

    /// Whether the view is frozen.
    pub fn is_frozen(&self) -> bool {
        self.frozen.is_some()
    }

    /// Looks at another face.
    pub fn choose(&mut self, track: TrackId) {
        self.live.choose(track);
        if let Some((_, readout)) = &mut self.frozen {
            readout.choose(track);
        }
    }

    /// The words of the next marker, counted from 1.
    pub fn next_marker(&mut self) -> String {
        self.marks += 1;
        format!("marker {}", self.marks)
    }

    /// Shows a marker or a note at its moment.
    pub fn mark(&mut self, text: String, at: Instant) {
        self.live.mark(self.secs(at), text);
    }

    /// Tells something once.
    pub fn tell(&mut self, tone: Tone, text: impl Into<String>, folder: Option<PathBuf>) {
        let text = text.into();
        self.notices.retain(|notice| notice.text != text);
        if self.notices.len() >= MAX_NOTICES {
            self.notices.remove(0);
        }
        self.next_notice += 1;
        self.notices.push(Notice { id: self.next_notice, tone, text, folder, at: self.now });
    }

    /// Takes a notice away.
    pub fn dismiss(&mut self, id: u64) {
        self.notices.retain(|notice| notice.id != id);
    }

    /// Classes of the model, if it is loaded.
    pub fn labels(&self) -> Option<&Labels> {
        match &self.models {
            ModelState::Ready { labels, .. } => Some(labels),
            ModelState::Loading | ModelState::Failed(_) => None,
        }
    }

    /// What delivers pictures, or did until it stalled.
    pub fn source_info(&self) -> Option<&SourceInfo> {
        match &self.source {
            SourceState::Running(info) | SourceState::Stalled { info, .. } => Some(info),
            SourceState::Absent | SourceState::Opening | SourceState::Failed(_) => None,
        }
    }

    /// Whether rows are being written, or will be, or were a moment ago.
    pub fn is_recording(&self) -> bool {
        self.recording != RecordingState::Off
    }
}

/// "1 row is safe."
pub fn rows_are_safe(rows: u64) -> String {
    format!("{} {} safe.", count(rows, "row"), if rows == 1 { "is" } else { "are" })
}

/// A number with commas between thousands and the right form of `noun`.
pub fn count(number: u64, noun: &str) -> String {
    let text = words::grouped(number, ',');
    format!("{text} {noun}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests;
