//! What the user can ask for, and the two things the window asks it of: the workers and the
//! surroundings. Views only push [`Action`]s; so a test can see what a click does.

use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::frame::RunId;
use crate::observation::TrackId;
use crate::pipeline::PipelineOptions;
use crate::runtime::live::{Event, Live, LiveObservation, LiveStats, RecordingRequest};
use crate::runtime::teaching::TeachCommand;
use crate::session::SessionMeta;
use crate::settings::Settings;
use crate::source::SourceSpec;

use super::store::{CameraEntry, UnfinishedSession};

/// The pages of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// Picture, readings, timeline.
    Live,
    /// Picture, and classes of the user's own.
    Teach,
    /// Everything the user can choose once.
    Settings,
}

/// Something the user asked for.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Use this source.
    Open(SourceSpec),
    /// Try the source again that failed.
    Retry,
    /// Open the list of sources.
    ShowSources,
    /// Store rows from now on.
    StartRecording,
    /// End the session.
    StopRecording,
    /// Mark this moment; `None`: with the next number.
    Mark(Option<String>),
    /// Hold the view, or let it go on.
    Freeze(bool),
    /// Look at another face.
    Choose(TrackId),
    /// Go to a page.
    Show(View),
    /// Show or hide the list of keys.
    Help(bool),
    /// Fill the screen, or stop doing so.
    FullScreen(bool),
    /// Take over and keep these settings.
    Change(Box<Settings>),
    /// What the user says about the next recording.
    Describe(SessionMeta),
    /// Take a notice away.
    Dismiss(u64),
    /// Show a folder in the system's file browser.
    OpenFolder(PathBuf),
    /// The first-start text was read; go on with this source.
    AcceptWelcome(SourceSpec),
    /// Finish the first unfinished recording.
    FinishSession,
    /// Leave the unfinished recordings for the next start.
    PostponeSessions,
    /// Something on the page of teaching.
    Teach(TeachAction),
}

/// What can be asked for where classes are taught. Numbers of classes are those of
/// [`super::classroom::Classroom`].
#[derive(Debug, Clone, PartialEq)]
pub enum TeachAction {
    /// Add a class.
    Add(String),
    /// Give a class another name.
    Rename(u32, String),
    /// Take a class away with all its examples.
    Remove(u32),
    /// Collect the chosen face as examples of a class from now on.
    Collect(u32),
    /// Collect no more.
    StopCollecting,
    /// Take the last take back.
    Undo,
    /// Learn from what was collected.
    Train,
    /// Stop learning.
    StopTraining,
    /// Read with what was learned.
    UseTaught,
    /// Read with the model of the start again.
    UseOriginal,
    /// Write what was learned into a new folder.
    Save(PathBuf),
}

/// What the views push their wishes into.
pub type Actions = Vec<Action>;

/// The workers, as the window sees them. None of the calls may wait.
pub trait Workers {
    /// Stops the current source and opens another.
    fn open(&mut self, spec: &SourceSpec) -> RunId;
    /// Starts writing a session.
    fn start_recording(&mut self, request: RecordingRequest);
    /// Ends the session.
    fn stop_recording(&mut self);
    /// Puts a marker into the session; false if none is being recorded.
    fn mark(&mut self, label: &str) -> bool;
    /// Changes smoothing and thresholds.
    fn set_pipeline_options(&mut self, options: PipelineOptions);
    /// Collects, learns, uses or writes.
    fn teach(&mut self, command: TeachCommand);
    /// Next message, if one is waiting.
    fn try_event(&self) -> Option<Event>;
    /// Next observation, if one is waiting.
    fn try_observation(&self) -> Option<LiveObservation>;
    /// Figures of this moment.
    fn stats(&self) -> LiveStats;
    /// Stops everything; waits at most until `deadline`. False if a thread did not end by then.
    fn shutdown(self, deadline: Instant) -> bool;
}

impl Workers for Live {
    fn open(&mut self, spec: &SourceSpec) -> RunId {
        Self::open(self, spec)
    }

    fn start_recording(&mut self, request: RecordingRequest) {
        Self::start_recording(self, request);
    }

    fn stop_recording(&mut self) {
        Self::stop_recording(self);
    }

    fn mark(&mut self, label: &str) -> bool {
        Self::mark(self, label)
    }

    fn set_pipeline_options(&mut self, options: PipelineOptions) {
        Self::set_pipeline_options(self, options);
    }

    fn teach(&mut self, command: TeachCommand) {
        Self::teach(self, command);
    }

    fn try_event(&self) -> Option<Event> {
        Self::try_event(self)
    }

    fn try_observation(&self) -> Option<LiveObservation> {
        Self::try_observation(self)
    }

    fn stats(&self) -> LiveStats {
        Self::stats(self)
    }

    fn shutdown(self, deadline: Instant) -> bool {
        Self::shutdown(self, deadline).0
    }
}

/// What comes from outside the workers.
#[derive(Debug, Clone, PartialEq)]
pub enum News {
    /// Cameras that are plugged in now.
    Cameras(Vec<CameraEntry>),
    /// Recordings that were not finished.
    Unfinished(Vec<UnfinishedSession>),
    /// One of them is finished: its folder and its rows.
    Finished(PathBuf, u64),
    /// Whether the system wishes for less movement.
    ReducedMotion(bool),
    /// Something did not work: what, and what to do.
    Trouble(String),
}

/// Files, folders and the system, as the window sees them. None of the calls may wait; what they
/// find out arrives as [`News`].
pub trait Surroundings {
    /// Keeps the settings for the next start.
    fn save_settings(&mut self, settings: &Settings);
    /// Shows a folder in the system's file browser, making it if it is missing.
    fn open_folder(&mut self, folder: &Path);
    /// Finishes a recording that a crash left behind.
    fn finish_session(&mut self, session: &UnfinishedSession);
    /// Next piece of news, if one is waiting.
    fn try_news(&mut self) -> Option<News>;
}
