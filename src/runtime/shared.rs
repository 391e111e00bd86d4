//! What all workers of one [`super::live::Live`] share: where to report, and what is at work.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crossbeam_channel::{Sender, TrySendError};

use super::message::{Event, LiveObservation, ModelsInfo};
use super::recording::RecorderMessage;
use super::stats::Stats;
use super::teaching::Collector;
use crate::baseline::Baseline;
use crate::frame::{Frame, RunId};
use crate::observation::Observation;
use crate::pipeline::PipelineOptions;
use crate::session::SessionEvent;
use crate::source::{SourceInfo, SourceSpec};

/// Shared by all workers. Every lock is held for moments only.
pub struct Shared {
    pub stats: Stats,
    last_run: AtomicU64,
    events: Sender<Event>,
    wake: Arc<dyn Fn() + Send + Sync>,
    setup: Mutex<Setup>,
    recorder: Mutex<Option<Sender<RecorderMessage>>>,
    collector: Mutex<Option<Collector>>,
    /// Observations that the recorder's queue had no room for since the last one it took.
    recorder_missed: AtomicU64,
}

/// What is at work, for the head of a session.
#[derive(Debug, Clone, Default)]
pub struct Setup {
    pub models: Option<ModelsInfo>,
    pub source: Option<(SourceSpec, SourceInfo)>,
    pub pipeline: PipelineOptions,
    pub baseline: Option<Arc<Baseline>>,
}

impl Shared {
    pub fn new(
        events: Sender<Event>,
        wake: Arc<dyn Fn() + Send + Sync>,
        pipeline: PipelineOptions,
    ) -> Self {
        Self {
            stats: Stats::default(),
            last_run: AtomicU64::new(0),
            events,
            wake,
            setup: Mutex::new(Setup { pipeline, ..Setup::default() }),
            recorder: Mutex::new(None),
            collector: Mutex::new(None),
            recorder_missed: AtomicU64::new(0),
        }
    }

    /// Begins a new run: what belongs to an older one is ignored from now on.
    pub fn begin_run(&self) -> RunId {
        RunId(self.last_run.fetch_add(1, Ordering::AcqRel) + 1)
    }

    /// The run that began last; 0 before the first.
    pub fn current_run(&self) -> RunId {
        RunId(self.last_run.load(Ordering::Acquire))
    }

    /// Calls the owner's attention.
    pub fn wake(&self) {
        (self.wake)();
    }

    /// Tells the owner, and the recorder what concerns it.
    pub fn event(&self, event: Event) {
        let for_session = match &event {
            Event::SourceFailed { error, .. } => {
                Some(SessionEvent::SourceLost { reason: error.to_string() })
            }
            Event::SourceOpened { info, .. } => {
                Some(SessionEvent::SourceReturned { source: info.name.clone() })
            }
            _ => None,
        };
        if let Some(event) = for_session {
            self.record_event(event, Instant::now());
        }
        if let Err(TrySendError::Full(event)) = self.events.try_send(event) {
            tracing::error!("nobody took the message {event:?}");
        }
        self.wake();
    }

    /// Notes what was opened and tells the owner.
    pub fn source_opened(&self, run: RunId, spec: &SourceSpec, info: &SourceInfo) {
        self.setup().source = Some((spec.clone(), info.clone()));
        self.event(Event::SourceOpened { run, info: info.clone() });
    }

    /// What is at work.
    pub fn setup(&self) -> MutexGuard<'_, Setup> {
        self.setup.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends rows to a recorder from now on, or to none.
    pub fn attach_recorder(&self, recorder: Option<Sender<RecorderMessage>>) {
        *self.recorder_slot() = recorder;
        self.recorder_missed.store(0, Ordering::Relaxed);
    }

    /// Hands a row to the recorder, if there is one. When its queue is full the row is lost, which
    /// the session and the owner learn as soon as there is room again.
    pub fn record(&self, observation: &LiveObservation) {
        let recorder = self.recorder_slot();
        let Some(sender) = recorder.as_ref() else { return };
        let missed = self.recorder_missed.load(Ordering::Relaxed);
        if missed > 0 {
            let told = sender.try_send(RecorderMessage::Missed { missed, at: Instant::now() });
            if told.is_ok() {
                self.recorder_missed.fetch_sub(missed, Ordering::Relaxed);
            }
        }
        match sender.try_send(RecorderMessage::Observation(observation.clone())) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => {
                self.recorder_missed.fetch_add(1, Ordering::Relaxed);
            }
            // The recorder has ended and said why.
            Err(TrySendError::Disconnected(_)) => {}
        }
    }

    /// Notes what happened at a moment in the session being recorded. False if there is none or it
    /// has no room.
    pub fn record_event(&self, event: SessionEvent, at: Instant) -> bool {
        let recorder = self.recorder_slot();
        let message = RecorderMessage::Event { event, at };
        recorder.as_ref().is_some_and(|sender| sender.try_send(message).is_ok())
    }

    /// Changes what is at work, unless a session is being recorded: it keeps the models it began
    /// with, as its columns are theirs, and its baseline. False if so.
    pub fn change_setup(&self, change: impl FnOnce(&mut Setup)) -> bool {
        // Held until both are done, so that no recording begins in between.
        let recorder = self.recorder_slot();
        if recorder.is_some() {
            return false;
        }
        change(&mut self.setup());
        true
    }

    /// Hands examples of a class to whoever teaches from now on, or no more.
    pub fn attach_collector(&self, collector: Option<Collector>) {
        *self.collector.lock().unwrap_or_else(PoisonError::into_inner) = collector;
    }

    /// Hands on the face that is being collected, if it is in this frame and enough time passed.
    pub fn collect(&self, frame: &Arc<Frame>, observation: &Observation, now: Instant) {
        let mut collector = self.collector.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(collector) = collector.as_mut() {
            collector.offer(frame, observation, now);
        }
    }

    fn recorder_slot(&self) -> MutexGuard<'_, Option<Sender<RecorderMessage>>> {
        self.recorder.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
