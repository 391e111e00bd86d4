//! A token that stops work. Stopping means dropping the sender, so it can't be forgotten and
//! never waits.

use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

/// Cancels when dropped.
#[derive(Debug)]
pub struct CancelGuard {
    _alive: Sender<()>,
}

/// Tells whether the work was cancelled. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Cancelled {
    alive: Receiver<()>,
}

/// A guard that cancels when dropped, and the token that learns of it.
pub fn cancel_token() -> (CancelGuard, Cancelled) {
    let (sender, receiver) = bounded(0);
    (CancelGuard { _alive: sender }, Cancelled { alive: receiver })
}

impl Cancelled {
    /// Whether the guard is gone.
    pub fn is_cancelled(&self) -> bool {
        matches!(self.alive.try_recv(), Err(crossbeam_channel::TryRecvError::Disconnected))
    }

    /// Sleeps until `deadline`; false if cancelled before.
    pub fn sleep_until(&self, deadline: Instant) -> bool {
        matches!(self.alive.recv_deadline(deadline), Err(RecvTimeoutError::Timeout))
    }

    /// Sleeps for `duration`; false if cancelled before.
    pub fn sleep(&self, duration: Duration) -> bool {
        self.sleep_until(Instant::now() + duration)
    }

    /// For `select!`: becomes ready (disconnected) on cancellation.
    pub fn channel(&self) -> &Receiver<()> {
        &self.alive
    }
}
