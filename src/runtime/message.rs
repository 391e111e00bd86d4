//! What travels between the workers and the window or the command line.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::baseline::{Baseline, Reference};
use crate::frame::{Frame, RunId};
use crate::observation::{Labels, Observation};
use crate::pipeline::Pipeline;
use crate::session::vault::Passphrase;
use crate::session::{ModelRecord, SessionMeta};
use crate::source::{SourceError, SourceInfo};

use super::teaching::TeachingEvent;

/// A frame with the moment it was captured. Time outside the core.
#[derive(Debug, Clone)]
pub struct Captured {
    /// The pixels.
    pub frame: Arc<Frame>,
    /// When it was captured.
    pub captured_at: Instant,
    /// Damaged frames of its run that came before it; they have a place in `Frame::index` too.
    pub damaged_before: u64,
}

/// An observation with the times a window or a latency figure needs.
#[derive(Debug, Clone)]
pub struct LiveObservation {
    /// What the core found.
    pub observation: Arc<Observation>,
    /// When the frame was captured.
    pub captured_at: Instant,
    /// As in [`Captured`].
    pub damaged_before: u64,
    /// When the observation was ready.
    pub analysed_at: Instant,
}

/// What the workers tell their owner. Must arrive: the channel is drained often, and a message
/// that finds it full is logged.
#[derive(Debug, Clone)]
pub enum Event {
    /// Models are loaded; frames are analysed from now on.
    ModelsReady(ModelsInfo),
    /// Another emotion model reads from now on; what was analysed before `at` is of the one before.
    ModelChanged {
        /// The models at work now.
        models: ModelsInfo,
        /// When.
        at: Instant,
    },
    /// Faces are corrected with this baseline from now on, or with none.
    BaselineChanged {
        /// What is applied now.
        baseline: Option<Arc<Baseline>>,
        /// Why it is not the one that was asked for, for people.
        trouble: Option<String>,
    },
    /// Word from the thread that teaches.
    Teaching(TeachingEvent),
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
    /// The disk is too slow: so many observations of this session were not written.
    RecordingBehind {
        /// Observations missing since the last such message.
        missed: u64,
    },
    /// Another program put a marker into the session.
    Marked {
        /// Its words.
        label: String,
        /// When it arrived.
        at: Instant,
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
    /// A session that was to be locked stays plain, wholly or in part. Before the message that
    /// says how it ended.
    LockFailed {
        /// Session folder.
        folder: PathBuf,
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

/// The models at work.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelsInfo {
    /// Classes of the emotion model in its order.
    pub labels: Labels,
    /// Name of the emotion model.
    pub emotion_model: String,
    /// Of its file, in hex.
    pub emotion_sha256: String,
    /// Name of the detector.
    pub detector: String,
    /// Of its file, in hex.
    pub detector_sha256: String,
    /// Of the file of its second look, in hex, if it has one.
    pub second_look_sha256: Option<String>,
    /// How neutral faces read with the emotion model; `None`: none of its classes is neutral.
    pub rest: Option<Reference>,
}

impl ModelsInfo {
    /// Of a pipeline at work.
    pub fn of(pipeline: &Pipeline) -> Self {
        let (detector, emotion) = (&pipeline.detector().card, &pipeline.emotion().card);
        Self {
            labels: pipeline.labels().clone(),
            emotion_model: emotion.name.clone(),
            emotion_sha256: emotion.sha256.clone(),
            detector: detector.name.clone(),
            detector_sha256: detector.sha256.clone(),
            second_look_sha256: detector.second_look.as_ref().map(|look| look.sha256.clone()),
            rest: Reference::of(emotion),
        }
    }

    /// As a session states them: detector, its second look if it has one, then emotion model.
    pub fn records(&self) -> Vec<ModelRecord> {
        let record = |role: &str, name: &str, sha256: &str| ModelRecord {
            role: role.into(),
            name: name.into(),
            sha256: sha256.into(),
        };
        let mut records = vec![record("detector", &self.detector, &self.detector_sha256)];
        let second_look = self.second_look_sha256.as_ref();
        records.extend(second_look.map(|sha256| record("second look", &self.detector, sha256)));
        records.push(record("emotion", &self.emotion_model, &self.emotion_sha256));
        records
    }
}

/// What is asked of the recorder.
#[derive(Debug, Clone)]
pub struct RecordingRequest {
    /// Folder in which the session folder is made.
    pub sessions_dir: PathBuf,
    /// What the user says about the session.
    pub meta: SessionMeta,
    /// Locks the session when it ends; `None`: it stays plain.
    pub lock: Option<Passphrase>,
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
