//! The live half: capture -> one-slot mailbox -> inference -> { window, recorder }.
//!
//! [`Live`] is the handle that the window and the command line hold. None of its calls waits,
//! but [`Live::shutdown`].

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded, select};

use super::cancel::{CancelGuard, cancel_token};
use super::capture::{Capture, CaptureOutlets};
use super::inference::Inference;
use super::mailbox::{MailboxReceiver, mailbox};
use super::marks::{self, MarkError};
use super::recording;
use super::shared::Shared;
use super::teaching::{TeachCommand, Teaching};
use super::worker;
use crate::baseline::Baseline;
use crate::frame::RunId;
use crate::pipeline::PipelineOptions;
use crate::session::SessionEvent;
use crate::source::SourceSpec;

pub use super::inference::{load_emotion, load_pipeline};
pub use super::message::{
    Captured as PreviewFrame, Event, LiveObservation, LiveStats, ModelsInfo, RecordingRequest,
};

/// Observations on their way to the owner.
const OBSERVATION_QUEUE: usize = 256;

/// Observations on their way to the disk: half a minute at 30 a second.
const RECORDER_QUEUE: usize = 1024;

/// Messages on their way to the owner.
const EVENT_QUEUE: usize = 64;

/// Changes of the tuning on their way to the inference thread.
const TUNING_QUEUE: usize = 8;

/// Models on their way to the inference thread; a user changes one at a time.
const MODEL_QUEUE: usize = 4;

/// Baselines on their way to the inference thread; a user changes one at a time.
const BASELINE_QUEUE: usize = 4;

/// How the core is set up.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LiveOptions {
    /// Folder of another detector; `None`: the built-in one.
    pub detector_dir: Option<PathBuf>,
    /// Folder of another emotion model; `None`: the built-in one.
    pub model_dir: Option<PathBuf>,
    /// Tuning of tracking and smoothing.
    pub pipeline: PipelineOptions,
    /// Corrects every face; `None`: none is corrected.
    pub baseline: Option<Arc<Baseline>>,
    /// Where markers of other programs come in while a session is recorded; `None`: nowhere.
    pub mark_socket: Option<PathBuf>,
}

/// Owner's side of the workers. Dropping it stops them, without waiting for them.
pub struct Live {
    shared: Arc<Shared>,
    outlets: CaptureOutlets,
    events: Receiver<Event>,
    observations: Receiver<LiveObservation>,
    tuning: Sender<PipelineOptions>,
    baselines: Sender<Option<Arc<Baseline>>>,
    capture: Option<Capture>,
    recorder: Option<JoinHandle<()>>,
    mark_socket: Option<PathBuf>,
    marks: Option<marks::Listener>,
    inference: Option<JoinHandle<()>>,
    preview: Option<JoinHandle<()>>,
    teaching: Teaching,
    stop: CancelGuard,
}

impl Live {
    /// Starts the inference worker; models load in the background. `wake` is called, from any
    /// worker thread, when there is something to drain. `preview` is called on a thread of its own
    /// with each newest frame, so that it may convert pixels.
    pub fn start(
        options: LiveOptions,
        wake: Arc<dyn Fn() + Send + Sync>,
        preview: Box<dyn FnMut(PreviewFrame) + Send>,
    ) -> Self {
        let (event_sender, events) = bounded(EVENT_QUEUE);
        let (observation_sender, observations) = bounded(OBSERVATION_QUEUE);
        let (tuning, tuning_receiver) = bounded(TUNING_QUEUE);
        let (stop, stopped) = cancel_token();
        let (models, models_receiver) = bounded(MODEL_QUEUE);
        let (baselines, baseline_receiver) = bounded(BASELINE_QUEUE);
        let (to_inference, frames) = mailbox();
        let (to_preview, preview_frames) = mailbox();
        let shared = Arc::new(Shared::new(event_sender, wake, options.pipeline));
        let outlets = CaptureOutlets {
            inference: Arc::new(to_inference),
            preview: Arc::new(to_preview),
            shared: Arc::clone(&shared),
        };
        let teaching =
            Teaching::new(options.model_dir.clone(), models, stopped.clone(), Arc::clone(&shared));
        let mark_socket = options.mark_socket.clone();
        let inference = Inference {
            options,
            frames,
            tuning: tuning_receiver,
            models: models_receiver,
            baselines: baseline_receiver,
            stop: stopped.channel().clone(),
            observations: observation_sender,
            shared: Arc::clone(&shared),
        };
        let inference = start(&shared, "inference", move || inference.run());
        let preview_stop = stopped.channel().clone();
        let preview =
            start(&shared, "preview", move || show(&preview_frames, &preview_stop, preview));
        Self {
            shared,
            outlets,
            events,
            observations,
            tuning,
            baselines,
            capture: None,
            recorder: None,
            mark_socket,
            marks: None,
            inference,
            preview,
            teaching,
            stop,
        }
    }

    /// Stops the current source, if any, and opens another in a new run. The new one waits, on
    /// its own thread, until the old one has let go of its device.
    pub fn open(&mut self, spec: &SourceSpec) -> RunId {
        let run = self.shared.begin_run();
        let before = self.capture.take();
        match Capture::start(spec.clone(), run, self.outlets.clone(), before) {
            Ok(capture) => self.capture = Some(capture),
            Err(error) => self.shared.event(no_thread("capture", &error)),
        }
        run
    }

    /// Stops the source.
    pub fn close(&mut self) {
        self.shared.begin_run();
        self.shared.stats.unwatch();
        if let Some(capture) = self.capture.take() {
            // Its driver may take a while to let go; nobody needs to wait.
            let deadline = Instant::now() + Duration::from_secs(5);
            if let Err(error) = worker::spawn("closing", move || capture.stop(deadline)) {
                tracing::warn!("the source closes by itself: {error}");
            }
        }
    }

    /// The current run.
    pub fn run(&self) -> RunId {
        self.shared.current_run()
    }

    /// Starts writing a session. [`Event::RecordingStarted`] or [`Event::RecordingFailed`]
    /// follows. Does nothing while one is being written.
    pub fn start_recording(&mut self, request: RecordingRequest) {
        if self.recorder.as_ref().is_some_and(|thread| !thread.is_finished()) {
            return;
        }
        let (sender, messages) = bounded(RECORDER_QUEUE);
        self.shared.attach_recorder(Some(sender));
        let shared = Arc::clone(&self.shared);
        self.recorder = start(&self.shared, "recorder", move || {
            recording::record(request, &messages, &shared);
        });
        self.marks = self.mark_socket.clone().and_then(|socket| self.take_marks(&socket));
    }

    /// Takes markers of other programs until the recording ends.
    fn take_marks(&mut self, socket: &Path) -> Option<marks::Listener> {
        // One before lets go of the socket first.
        self.marks = None;
        let shared = Arc::clone(&self.shared);
        let mark = move |text: &str| {
            let (label, at) = (text.to_owned(), Instant::now());
            let taken = shared.record_event(SessionEvent::Marker { label: label.clone() }, at);
            if taken {
                shared.event(Event::Marked { label, at });
            }
            taken
        };
        let tell = |error: MarkError| {
            let message = format!("{error}. {}", error.advice());
            self.shared.event(Event::WorkerFailed { worker: "marks", message });
        };
        match marks::Listener::open(socket, mark) {
            // Nobody asked for it: elsewhere it is not missed.
            Err(MarkError::NotSupported) => None,
            other => other.map_err(tell).ok(),
        }
    }

    /// Ends the session; [`Event::RecordingFinished`] follows.
    pub fn stop_recording(&mut self) {
        self.marks = None;
        self.shared.attach_recorder(None);
    }

    /// Puts a marker into the session being recorded, at this moment. False if none is.
    pub fn mark(&mut self, label: &str) -> bool {
        self.note(SessionEvent::Marker { label: label.to_owned() }, Instant::now())
    }

    /// Notes what happened at a moment in the session being recorded. False if none is.
    pub fn note(&mut self, event: SessionEvent, at: Instant) -> bool {
        self.shared.record_event(event, at)
    }

    /// Changes smoothing and thresholds while running.
    pub fn set_pipeline_options(&mut self, options: PipelineOptions) {
        let changed = std::mem::replace(&mut self.shared.setup().pipeline, options) != options;
        if !changed {
            return;
        }
        if self.tuning.try_send(options).is_err() {
            tracing::error!("the inference thread takes no settings");
        }
        let PipelineOptions { max_faces, smoothing_secs, unsure_below, search_every_secs } =
            options;
        let settings = format!(
            "max_faces {max_faces}, smoothing_secs {smoothing_secs}, \
             unsure_below {unsure_below}, search_every_secs {search_every_secs}"
        );
        self.shared.record_event(SessionEvent::SettingsChanged { settings }, Instant::now());
    }

    /// Corrects faces with another baseline, or with none; [`Event::BaselineChanged`] follows.
    /// False if the inference thread takes no more now.
    pub fn set_baseline(&mut self, baseline: Option<Arc<Baseline>>) -> bool {
        if self.recorder.as_ref().is_none_or(JoinHandle::is_finished) {
            // One that ended by itself is in nobody's way.
            self.shared.attach_recorder(None);
        }
        self.baselines.try_send(baseline).is_ok()
    }

    /// Collects examples, learns from them, uses or writes what was learned;
    /// [`Event::Teaching`] and [`Event::ModelChanged`] follow.
    pub fn teach(&mut self, command: TeachCommand) {
        if self.recorder.as_ref().is_none_or(JoinHandle::is_finished) {
            // One that ended by itself is in nobody's way.
            self.shared.attach_recorder(None);
        }
        self.teaching.take(command);
    }

    /// Next message of the workers, if one is waiting.
    pub fn try_event(&self) -> Option<Event> {
        self.events.try_recv().ok()
    }

    /// Next observation, if one is waiting.
    pub fn try_observation(&self) -> Option<LiveObservation> {
        self.observations.try_recv().ok()
    }

    /// Waits until a message or an observation may be waiting, but not longer than `timeout`. For
    /// programs without a window.
    pub fn wait(&self, timeout: Duration) {
        let mut select = crossbeam_channel::Select::new();
        select.recv(&self.events);
        select.recv(&self.observations);
        let _ = select.ready_timeout(timeout);
    }

    /// Figures of this moment.
    pub fn stats(&self) -> LiveStats {
        self.shared.stats.at(Instant::now())
    }

    /// Stops everything: source first, then what is queued is analysed and recorded, then the
    /// session is closed. Waits at most until `deadline`; false if a thread did not end by then.
    /// Messages of the last moments can still be had from the events returned.
    pub fn shutdown(mut self, deadline: Instant) -> (bool, Vec<Event>) {
        let mut all_ended = true;
        self.marks = None;
        if let Some(capture) = self.capture.take() {
            // Half of the time for the driver, half for the disk.
            let now = Instant::now();
            let half = now + deadline.saturating_duration_since(now) / 2;
            all_ended &= capture.stop(half);
        }
        drop(self.stop);
        all_ended &= self.teaching.stop(deadline);
        all_ended &= self.inference.take().is_none_or(|t| worker::join_until(t, deadline));
        self.shared.attach_recorder(None);
        all_ended &= self.recorder.take().is_none_or(|t| worker::join_until(t, deadline));
        all_ended &= self.preview.take().is_none_or(|t| worker::join_until(t, deadline));
        (all_ended, self.events.try_iter().collect())
    }
}

/// Starts a worker whose panic becomes an event.
pub(super) fn start(
    shared: &Arc<Shared>,
    name: &'static str,
    work: impl FnOnce() + Send + 'static,
) -> Option<JoinHandle<()>> {
    let for_thread = Arc::clone(shared);
    let thread = worker::spawn(name, move || {
        if let Err(message) = worker::guard(work) {
            for_thread.event(Event::WorkerFailed { worker: name, message });
        }
    });
    thread.map_err(|error| shared.event(no_thread(name, &error))).ok()
}

fn no_thread(worker: &'static str, error: &std::io::Error) -> Event {
    Event::WorkerFailed { worker, message: format!("it could not be started: {error}") }
}

/// The preview thread: hands each newest frame to the owner's closure.
fn show(
    frames: &MailboxReceiver<PreviewFrame>,
    stop: &Receiver<()>,
    mut preview: Box<dyn FnMut(PreviewFrame) + Send>,
) {
    loop {
        select! {
            recv(stop) -> _ => return,
            recv(frames.bell()) -> bell => {
                if bell.is_err() {
                    return;
                }
                if let Some(frame) = frames.try_take() {
                    preview(frame);
                }
            }
        }
    }
}
