//! A one-slot mailbox that keeps only the newest value.
//!
//! A live view wants the newest frame, never a queue of old ones. `put` never blocks and
//! replaces an unread value; the value it displaced is counted as dropped.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError, bounded};
use std::time::{Duration, Instant};

/// Creates the two ends of a mailbox.
pub fn mailbox<T>() -> (MailboxSender<T>, MailboxReceiver<T>) {
    // The bell carries no data: it only says that the slot may hold something.
    let (bell_tx, bell_rx) = bounded(1);
    let slot = Arc::new(Mutex::new(None));
    let dropped = Arc::new(AtomicU64::new(0));
    (
        MailboxSender { slot: Arc::clone(&slot), bell: bell_tx, dropped: Arc::clone(&dropped) },
        MailboxReceiver { slot, bell: bell_rx, dropped },
    )
}

/// The receiver is gone.
#[derive(Debug, PartialEq, Eq)]
pub struct Closed;

/// The writing end.
pub struct MailboxSender<T> { slot: Arc<Mutex<Option<T>>>, bell: Sender<()>, dropped: Arc<AtomicU64> }
/// The reading end.
pub struct MailboxReceiver<T> { slot: Arc<Mutex<Option<T>>>, bell: Receiver<()>, dropped: Arc<AtomicU64> }

impl<T> MailboxSender<T> {
    /// Replaces the unread value, if any. Never blocks.
    pub fn put(&self, value: T) -> Result<(), Closed> {
        let displaced = self.slot.lock().unwrap_or_else(PoisonError::into_inner).replace(value);
        if displaced.is_some() { self.dropped.fetch_add(1, Ordering::Relaxed); }
        match self.bell.try_send(()) {
            Ok(()) | Err(TrySendError::Full(())) => Ok(()),
            Err(TrySendError::Disconnected(())) => Err(Closed),
        }
    }
    /// Values that were replaced before anyone read them.
    pub fn dropped(&self) -> u64 { self.dropped.load(Ordering::Relaxed) }
}

impl<T> MailboxReceiver<T> {
    /// Usable in `select!`; after it fires, call [`Self::try_take`].
    pub fn bell(&self) -> &Receiver<()> { &self.bell }
    /// Takes the newest value, if one is waiting.
    pub fn try_take(&self) -> Option<T> { self.slot.lock().unwrap_or_else(PoisonError::into_inner).take() }
    /// Waits for the newest value.
    pub fn take_timeout(&self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        let deadline = Instant::now() + timeout;
        loop {
            if let Some(value) = self.try_take() { return Ok(value); }
            // A bell may outlive its value, hence the loop.
            match self.bell.recv_deadline(deadline) {
                Ok(()) => {}
                Err(err) => return self.try_take().ok_or(err),
            }
        }
    }
    pub fn dropped(&self) -> u64 { self.dropped.load(Ordering::Relaxed) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossbeam_channel::select;
    use std::thread;

    #[test]
    fn newest_wins_and_drops_are_counted() {
        let (tx, rx) = mailbox();
