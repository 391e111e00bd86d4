//! The capture thread: opens a source, hands on its frames, reopens it when it comes back.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::cancel::{CancelGuard, Cancelled, cancel_token};
use super::mailbox::MailboxSender;
use super::message::{Captured, Event};
use super::shared::Shared;
use super::worker;
use crate::frame::RunId;
use crate::source::{self, Interrupt, SourceError, SourceSpec};

/// How often a camera that went away is looked for.
const REOPEN_EVERY: Duration = Duration::from_secs(1);

/// How long a new source waits for the one before to let go of its device.
const HANDOVER: Duration = Duration::from_secs(2);

/// Where frames go. Shared by all runs.
#[derive(Clone)]
pub struct CaptureOutlets {
    pub inference: Arc<MailboxSender<Captured>>,
    pub preview: Arc<MailboxSender<Captured>>,
    pub shared: Arc<Shared>,
}

/// A capture thread and the means to end it.
pub struct Capture {
    cancel: CancelGuard,
    interrupt: Interrupt,
    thread: JoinHandle<()>,
}

impl Capture {
    /// Starts capturing `spec` in run `run`, once `before` has ended.
    pub fn start(
        spec: SourceSpec,
        run: RunId,
        outlets: CaptureOutlets,
        before: Option<Capture>,
    ) -> std::io::Result<Self> {
        let (cancel, cancelled) = cancel_token();
        let interrupt = Interrupt::new();
        let for_thread = interrupt.clone();
        let thread = worker::spawn("capture", move || {
            if let Some(before) = before
                && !before.stop(Instant::now() + HANDOVER)
            {
                tracing::warn!("the source before did not let go in time");
            }
            let _attached = for_thread.attach();
            let shared = Arc::clone(&outlets.shared);
            let ended = worker::guard(|| CaptureLoop { spec, outlets, cancelled }.run(run));
            if let Err(message) = ended {
                shared.stats.unwatch();
                shared.event(Event::WorkerFailed { worker: "capture", message });
            }
        })?;
        Ok(Self { cancel, interrupt, thread })
    }

    /// Ends it; false if its driver did not let go until `deadline`. The thread left behind does
    /// no harm: its run is over.
    pub fn stop(self, deadline: Instant) -> bool {
        let Self { cancel, interrupt, thread } = self;
        drop(cancel);
        // A signal may come just before the driver starts to wait, so it is sent again.
        while !thread.is_finished() && Instant::now() < deadline {
            interrupt.fire();
            std::thread::sleep(Duration::from_millis(10));
        }
        worker::join_until(thread, deadline)
    }
}

struct CaptureLoop {
    spec: SourceSpec,
    outlets: CaptureOutlets,
    cancelled: Cancelled,
}

impl CaptureLoop {
    fn run(self, first: RunId) {
        let mut run = first;
        let mut told = None;
        loop {
            if self.cancelled.is_cancelled() {
                return;
            }
            let error = self.capture(run, &mut told);
            if error == SourceError::Cancelled || self.cancelled.is_cancelled() {
                return;
            }
            let shared = &self.outlets.shared;
            shared.stats.unwatch();
            let comes_back = matches!(
                error,
                SourceError::NoCamera
                    | SourceError::NotFound { .. }
                    | SourceError::Unplugged { .. }
            );
            // While a camera is looked for, its absence is told once.
            if told.as_ref() != Some(&error) {
                shared.event(Event::SourceFailed { run, error: error.clone() });
            }
            told = Some(error);
            if !comes_back || !self.cancelled.sleep(REOPEN_EVERY) {
                return;
            }
            run = shared.begin_run();
        }
    }

    /// Opens the source and hands on its frames until it fails.
    fn capture(&self, run: RunId, told: &mut Option<SourceError>) -> SourceError {
        let Self { outlets, cancelled, spec } = self;
        let stats = &outlets.shared.stats;
        stats.begin_run(run);
        let mut source = match source::open(spec, run) {
            Ok(source) => source,
            Err(error @ (SourceError::NoCamera | SourceError::NotFound { .. })) => {
                // A camera that was unplugged is not found while it is away: the same trouble.
                return match told {
                    Some(unplugged @ SourceError::Unplugged { .. }) => unplugged.clone(),
                    _ => error,
                };
            }
            Err(error) => return error,
        };
        *told = None;
        stats.watch(run, Instant::now());
        outlets.shared.source_opened(run, spec, source.info());
        let mut damaged_before = 0;
        loop {
            match source.next_frame(cancelled) {
                Ok(_) if cancelled.is_cancelled() => return SourceError::Cancelled,
                Ok(frame) => {
                    let captured_at = Instant::now();
                    stats.captured(run, captured_at);
                    let captured = Captured { frame: Arc::new(frame), captured_at, damaged_before };
                    let shown = outlets.preview.put(captured.clone());
                    let analysed = outlets.inference.put(captured);
                    if shown.is_err() && analysed.is_err() {
                        return SourceError::Cancelled;
                    }
                }
                Err(error) if error.is_fatal() => return error,
                Err(error) => {
                    tracing::debug!("{error}");
                    damaged_before += 1;
                    stats.damaged(run);
                }
            }
        }
    }
}
