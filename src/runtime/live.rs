//! The live half: capture -> one-slot mailbox -> inference -> { window, recorder }.
//!
//! [`Live`] is the handle that the window and the command line hold. None of its calls waits.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::frame::{Frame, RunId};
use crate::observation::{Labels, Observation};
use crate::session::SessionMeta;
use crate::source::{SourceError, SourceInfo, SourceSpec};

/// An observation with the times a window or a latency figure needs. Time outside the core.
#[derive(Debug, Clone)]
pub struct LiveObservation {
    /// What the core found.
    pub observation: Arc<Observation>,
    /// When the frame was captured.
    pub captured_at: Instant,
    /// When the observation was ready.
    pub analysed_at: Instant,
}

/// A frame on its way to the screen.
#[derive(Debug, Clone)]
pub struct PreviewFrame {
    /// The pixels.
    pub frame: Arc<Frame>,
    /// When it was captured.
    pub captured_at: Instant,
}

/// What the workers tell their owner. Must arrive: the channel is drained often, and a message
/// that finds it full is logged.
#[derive(Debug, Clone)]
pub enum Event {
    /// Models are loaded; frames are analysed from now on.
    ModelsReady {
        /// Classes of the emotion model in its order.
        labels: Labels,
        /// Name of the emotion model.
        emotion_model: String,
        /// Name of the detector.
        detector: String,
    },
    /// Models can't be used; the picture goes on without readings.
    ModelsFailed {
        /// Cause and what to do, for people.
        message: String,
    },
    /// The source delivers.
    SourceOpened {
        /// Its run.
        run: RunId,
        /// What was opened.
        info: SourceInfo,
    },
    /// The source gives no more frames, or none for now ([`SourceError::Stalled`]).
    SourceFailed {
        /// Its run.
        run: RunId,
        /// Why.
        error: SourceError,
    },
    /// A stalled source delivers again.
    SourceResumed {
        /// Its run.
        run: RunId,
    },
    /// Rows are being written into this folder.
    RecordingStarted {
        /// Session folder.
        folder: PathBuf,
    },
    /// The session is complete.
    RecordingFinished {
        /// Session folder.
        folder: PathBuf,
        /// Rows written.
        rows: u64,
    },
    /// Recording stopped by itself; rows written so far are kept.
    RecordingFailed {
        /// Session folder, if it came into being.
        folder: Option<PathBuf>,
        /// Rows that are safe on disk.
        rows: u64,
        /// Cause and what to do, for people.
        message: String,
    },
    /// A worker panicked; the rest goes on.
    WorkerFailed {
        /// Thread name.
        worker: &'static str,
        /// What it said.
        message: String,
    },
}

/// What is asked of the recorder.
#[derive(Debug, Clone)]
pub struct RecordingRequest {
    /// Folder in which the session folder is made.
    pub sessions_dir: PathBuf,
    /// What the user says about the session.
    pub meta: SessionMeta,
}

/// Figures for the status line. Cheap to copy; made by the workers, read at any time.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct LiveStats {
    /// Frames a second from the source, over the last two seconds.
    pub captured_hz: f64,
    /// Frames a second analysed, over the last two seconds.
    pub analysed_hz: f64,
    /// Capture to observation over the last ten seconds.
    pub latency_p50: Option<Duration>,
    /// Capture to observation over the last ten seconds.
    pub latency_p95: Option<Duration>,
    /// Frames captured in this run.
    pub captured: u64,
    /// Frames analysed in this run.
    pub analysed: u64,
    /// Frames of this run that a newer one replaced before analysis.
    pub dropped: u64,
    /// Damaged frames of this run.
    pub damaged: u64,
    /// How long the current recording has run.
    pub recording_for: Option<Duration>,
    /// Bytes in the current recording.
    pub recording_bytes: u64,
    /// Observations the window was too slow to take.
    pub window_missed: u64,
}

/// How the core is set up.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveOptions {
    /// Folder of another detector; `None`: the built-in one.
    pub detector_dir: Option<PathBuf>,
    /// Folder of another emotion model; `None`: the built-in one.
    pub model_dir: Option<PathBuf>,
    /// Tuning of tracking and smoothing.
    pub pipeline: crate::pipeline::PipelineOptions,
}

/// Owner's side of the workers. Dropping it stops them.
pub struct Live {}

impl Live {
    /// Starts the inference worker; models load in the background. `wake` is called, from any
    /// worker thread, when there is something to drain. `preview` is called on a thread of its own
    /// with each newest frame, so that it may convert pixels.
    pub fn start(
        options: LiveOptions,
        wake: Arc<dyn Fn() + Send + Sync>,
        preview: Box<dyn FnMut(PreviewFrame) + Send>,
    ) -> Self {
        let _ = (options, wake, preview);
        Self {}
    }

    /// Stops the current source, if any, and opens another in a new run.
    pub fn open(&mut self, spec: &SourceSpec) -> RunId {
        let _ = spec;
        RunId(0)
    }

    /// Stops the source.
    pub fn close(&mut self) {}

    /// The current run.
    pub fn run(&self) -> RunId {
        RunId(0)
    }

    /// Starts writing a session.
    pub fn start_recording(&mut self, request: RecordingRequest) {
        let _ = request;
    }

    /// Ends the session; [`Event::RecordingFinished`] follows.
    pub fn stop_recording(&mut self) {}

    /// Puts a marker into the session being recorded, at this moment. False if none is.
    pub fn mark(&mut self, label: &str) -> bool {
        let _ = label;
        false
    }

    /// Changes smoothing and thresholds while running.
    pub fn set_pipeline_options(&mut self, options: crate::pipeline::PipelineOptions) {
        let _ = options;
    }

    /// Next message of the workers, if one is waiting.
    pub fn try_event(&self) -> Option<Event> {
        None
    }

    /// Next observation, if one is waiting.
    pub fn try_observation(&self) -> Option<LiveObservation> {
        None
    }

    /// Figures of this moment.
    pub fn stats(&self) -> LiveStats {
        LiveStats::default()
    }

    /// Stops everything: source first, then what is queued is analysed and recorded, then the
    /// session is closed. Waits at most until `deadline`; false if a thread did not end by then.
    pub fn shutdown(self, deadline: Instant) -> bool {
        let _ = deadline;
        true
    }
}
