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
pub struct MailboxSender<T> {
    slot: Arc<Mutex<Option<T>>>,
    bell: Sender<()>,
    dropped: Arc<AtomicU64>,
}
/// The reading end.
pub struct MailboxReceiver<T> {
    slot: Arc<Mutex<Option<T>>>,
    bell: Receiver<()>,
    dropped: Arc<AtomicU64>,
}

impl<T> MailboxSender<T> {
    /// Replaces the unread value, if any. Never blocks.
    pub fn put(&self, value: T) -> Result<(), Closed> {
        let displaced = self.slot.lock().unwrap_or_else(PoisonError::into_inner).replace(value);
        if displaced.is_some() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
        match self.bell.try_send(()) {
            Ok(()) | Err(TrySendError::Full(())) => Ok(()),
            Err(TrySendError::Disconnected(())) => Err(Closed),
        }
    }
    /// Values that were replaced before anyone read them.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

impl<T> MailboxReceiver<T> {
    /// Usable in `select!`; after it fires, call [`Self::try_take`].
    pub fn bell(&self) -> &Receiver<()> {
        &self.bell
    }
    /// Takes the newest value, if one is waiting.
    pub fn try_take(&self) -> Option<T> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
    /// Waits for the newest value.
    pub fn take_timeout(&self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        let deadline = Instant::now() + timeout;
        loop {
            if let Some(value) = self.try_take() {
                return Ok(value);
            }
            // A bell may outlive its value, hence the loop.
            match self.bell.recv_deadline(deadline) {
                Ok(()) => {}
                Err(err) => return self.try_take().ok_or(err),
            }
        }
    }
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::worker;
    use crossbeam_channel::select;
    use std::thread;

    #[test]
    fn newest_wins_and_drops_are_counted() {
        let (tx, rx) = mailbox();
        for i in 0..5 {
            tx.put(i).unwrap();
        }
        assert_eq!(rx.try_take(), Some(4));
        assert_eq!(rx.try_take(), None);
        assert_eq!(tx.dropped(), 4);
    }

    #[test]
    fn last_value_survives_sender() {
        let (tx, rx) = mailbox();
        tx.put(7).unwrap();
        drop(tx);
        assert_eq!(rx.take_timeout(Duration::from_secs(1)), Ok(7));
        assert_eq!(rx.take_timeout(Duration::from_secs(1)), Err(RecvTimeoutError::Disconnected));
    }

    #[test]
    fn sender_learns_of_closed_receiver() {
        let (tx, rx) = mailbox();
        drop(rx);
        assert_eq!(tx.put(1), Err(Closed));
    }

    #[test]
    fn stress_no_lost_wakeup_order_kept_and_accounted() {
        for round in 0..50 {
            let (tx, rx) = mailbox::<u64>();
            let n = 100_000u64;
            let h = worker::spawn("test", move || {
                for i in 1..=n {
                    tx.put(i).unwrap();
                }
            });
            let mut last = 0;
            let mut seen = 0;
            loop {
                match rx.take_timeout(Duration::from_secs(5)) {
                    Ok(v) => {
                        assert!(last < v);
                        last = v;
                        seen += 1;
                        if round % 2 == 0 && seen % 100 == 0 {
                            thread::yield_now();
                        }
                    }
                    Err(RecvTimeoutError::Disconnected) => break,
                    Err(RecvTimeoutError::Timeout) => panic!("lost wakeup"),
                }
            }
            h.unwrap().join().unwrap();
            assert_eq!(last, n);
            assert_eq!(seen + rx.dropped(), n);
        }
    }

    #[test]
    fn selects_with_commands() {
        let (tx, rx) = mailbox::<u32>();
        let (cmd_tx, cmd_rx) = bounded::<&str>(4);
        let (seen_tx, seen) = bounded(4);
        let reader = worker::spawn("reader", move || {
            loop {
                select! {
                    recv(cmd_rx) -> command => match command {
                        Ok("stop") | Err(_) => return,
                        Ok(_) => {}
                    },
                    recv(rx.bell()) -> bell => match (bell, rx.try_take()) {
                        (Ok(()), Some(value)) => seen_tx.send(value).unwrap(),
                        (Ok(()), None) => {}
                        (Err(_), _) => return,
                    }
                }
            }
        });
        for value in [1, 2] {
            tx.put(value).unwrap();
            assert_eq!(seen.recv_timeout(Duration::from_secs(5)), Ok(value));
        }
        cmd_tx.send("stop").unwrap();
        reader.unwrap().join().unwrap();
    }
}
