//! Sessions on disk for the window: lists them, reads one, sums up, compares, names, marks, writes
//! pages, locks, unlocks and erases. Two threads, so that a long look through a folder holds up nothing else; each
//! starts with the first thing asked of it.
//!
//! [`Librarian`] is the handle that the window holds; none of its calls waits but
//! [`Librarian::stop`].

mod desk;
mod safe;
mod shelf;

use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, SendTimeoutError, Sender, TrySendError, bounded};

use super::cancel::{CancelGuard, Cancelled, cancel_token};
use super::worker;
use crate::library::{Labelling, Library, Progress};
use crate::session::signal::FaceTrack;
use crate::session::trace::Trace;
use crate::session::vault::{Passphrase, Step};
use crate::session::{EventRow, SessionRecord};
use crate::stats::{Comparison, Selection, Summary};

/// Things asked of a thread while it is busy; a person asks for one at a time.
const COMMAND_QUEUE: usize = 64;
/// Messages on their way to the owner.
const EVENT_QUEUE: usize = 64;
/// How often a wait looks whether it is still wanted.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// What can be asked.
#[derive(Debug, Clone, PartialEq)]
pub enum LibraryCommand {
    /// List the sessions of a folder: what the index knows at once, then what is there.
    List(PathBuf),
    /// Name or tag a session.
    Label(PathBuf, Labelling),
    /// Remove a session for good, with the pages written of it here.
    Erase(PathBuf),
    /// Read a session. It stays in memory until another is asked for.
    Open {
        /// Its folder.
        folder: PathBuf,
        /// Where the video may be that it was made from.
        candidates: Vec<PathBuf>,
    },
    /// The same of a locked session; the passphrase is remembered until the end.
    OpenLocked {
        /// Its folder.
        folder: PathBuf,
        /// Where the video may be that it was made from.
        candidates: Vec<PathBuf>,
        /// Opens it.
        passphrase: Passphrase,
    },
    /// Encrypt a session.
    Lock(PathBuf, Passphrase),
    /// Decrypt a session.
    Unlock(PathBuf, Passphrase),
    /// Look whether this is the video of the session that is open.
    Try(PathBuf),
    /// Let go of the session that is open.
    Close,
    /// Sum up a part of the session that is open.
    Summarise(Selection),
    /// Add events to the session that is open.
    AddEvents(Vec<EventRow>),
    /// Remove an event from it.
    RemoveEvent(EventRow),
    /// Differences of two sessions, or of parts of them.
    Compare([Side; 2]),
    /// Write a page about these.
    Report(Vec<PathBuf>),
}

/// One side of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    /// Session folder.
    pub folder: PathBuf,
    /// Only the parts of markers of this text, each up to the next marker; `None`: all of it.
    pub marker: Option<String>,
}

/// What is told.
#[derive(Debug)]
pub enum LibraryEvent {
    /// What is known of a folder; with how far a look through it is, if it goes on.
    Listed(Arc<Library>, Option<Progress>),
    /// How far the look is.
    Looking(Progress),
    /// A session was named or tagged.
    Labelled(PathBuf),
    /// A session is gone.
    Erased(PathBuf),
    /// A session was read, or why it can't be.
    Opened(PathBuf, Result<Box<OpenedSession>, String>),
    /// A session is locked, and none of the passphrases that are known opens it; after
    /// [`LibraryCommand::OpenLocked`] why.
    NeedsPassphrase(PathBuf, Option<String>),
    /// How far locking or unlocking is.
    Locking(Step),
    /// A session was locked, or why it is not: cause and what to do.
    Locked(PathBuf, Result<(), String>),
    /// A session was unlocked, or why it is not: cause and what to do.
    Unlocked(PathBuf, Result<(), String>),
    /// The video of the session that is open, or why there is none.
    Video(PathBuf, Result<PathBuf, NoVideo>),
    /// A part of a session in figures.
    Summarised(PathBuf, Box<Summary>),
    /// The events of a session as they are now.
    Events(PathBuf, Vec<EventRow>),
    /// Differences, or why there are none.
    Compared(Result<Box<Compared>, String>),
    /// A page was written.
    Reported(PathBuf),
    /// Something did not work: cause and what to do.
    Failed(String),
}

/// A session in memory.
#[derive(Debug, Clone)]
pub struct OpenedSession {
    /// What it is.
    pub record: SessionRecord,
    /// What to call it.
    pub title: String,
    /// Readings by time.
    pub trace: Trace,
    /// Its faces.
    pub faces: Vec<FaceTrack>,
    /// From its start to the end of its last frame.
    pub length: Duration,
    /// What could not be used, in words.
    pub problems: Vec<String>,
}

/// Why a session is shown without pictures.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoVideo {
    /// Cameras are not stored.
    #[error("It was recorded live, and pictures of a camera are not stored")]
    Live,
    /// A table of another program.
    #[error("It was imported, and the table names no video")]
    Imported,
    /// Not where files were opened from.
    #[error("“{name}” is not where files were opened last")]
    NotFound {
        /// Name of the file.
        name: String,
    },
    /// Another content.
    #[error("“{name}” is there, but its content is not what was analysed")]
    Changed {
        /// Name of the file.
        name: String,
    },
}

impl NoVideo {
    /// Whether another place may hold it.
    pub fn may_be_elsewhere(&self) -> bool {
        matches!(self, Self::NotFound { .. } | Self::Changed { .. })
    }
}

/// Two sides, and what they can be divided by.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    /// What was compared.
    pub sides: [Side; 2],
    /// The figures, first minus second.
    pub comparison: Comparison,
    /// Texts of the markers of each side.
    pub markers: [Vec<String>; 2],
}

/// The owner's side.
pub struct Librarian {
    teller: Teller,
    events: Receiver<LibraryEvent>,
    /// Lists, names and erases.
    shelf: Option<Running>,
    /// Reads, sums up, marks, writes pages, locks and unlocks.
    desk: Option<Running>,
    stop: CancelGuard,
}

struct Running {
    commands: Sender<LibraryCommand>,
    thread: JoinHandle<()>,
}

/// Sends messages and wakes the owner.
#[derive(Clone)]
struct Teller {
    events: Sender<LibraryEvent>,
    wake: Arc<dyn Fn() + Send + Sync>,
    stopped: Cancelled,
}

impl Teller {
    /// Waits while the queue is full, unless nobody needs it any more.
    fn tell(&self, event: LibraryEvent) {
        let mut event = event;
        while !self.stopped.is_cancelled() {
            match self.events.send_timeout(event, LOOK_EVERY) {
                Err(SendTimeoutError::Timeout(again)) => event = again,
                Ok(()) | Err(SendTimeoutError::Disconnected(_)) => break,
            }
        }
        (self.wake)();
    }
}

impl Librarian {
    /// Starts nothing yet. `wake` is called when there is something to drain.
    pub fn new(wake: Arc<dyn Fn() + Send + Sync>) -> Self {
        let (events, receiver) = bounded(EVENT_QUEUE);
        let (stop, stopped) = cancel_token();
        let teller = Teller { events, wake, stopped };
        Self { teller, events: receiver, shelf: None, desk: None, stop }
    }

    /// Asks for something.
    pub fn command(&mut self, command: LibraryCommand) {
        let teller = self.teller.clone();
        let to_shelf = matches!(
            command,
            LibraryCommand::List(_) | LibraryCommand::Label(..) | LibraryCommand::Erase(_)
        );
        let started = if to_shelf {
            Running::start(&mut self.shelf, "session list", |commands| {
                move || shelf::run(&commands, &teller)
            })
        } else {
            Running::start(&mut self.desk, "session desk", |commands| {
                move || desk::run(&commands, teller)
            })
        };
        let message = match started {
            Ok(running) => match running.commands.try_send(command) {
                Ok(()) => return,
                Err(TrySendError::Full(_)) => "One thing after the other: it is still busy.".into(),
                Err(TrySendError::Disconnected(_)) => {
                    "Reading sessions has failed. Start Mien again.".into()
                }
            },
            Err(error) => format!("The system refuses another thread: {error}."),
        };
        if self.teller.events.try_send(LibraryEvent::Failed(message)).is_err() {
            tracing::error!("nobody takes what is told of sessions");
        }
    }

    /// Next message, if one is waiting.
    pub fn try_event(&self) -> Option<LibraryEvent> {
        self.events.try_recv().ok()
    }

    /// Ends the threads; false if one did not end by then.
    pub fn stop(self, deadline: Instant) -> bool {
        drop(self.stop);
        let mut ended = true;
        for running in [self.shelf, self.desk].into_iter().flatten() {
            drop(running.commands);
            ended &= worker::join_until(running.thread, deadline);
        }
        ended
    }
}

impl Running {
    fn start<'a, W: FnOnce() + Send + 'static>(
        place: &'a mut Option<Self>,
        name: &'static str,
        work: impl FnOnce(Receiver<LibraryCommand>) -> W,
    ) -> std::io::Result<&'a Self> {
        if place.is_none() {
            let (commands, receiver) = bounded(COMMAND_QUEUE);
            let thread = worker::spawn(name, work(receiver))?;
            *place = Some(Self { commands, thread });
        }
        place.as_ref().ok_or_else(|| std::io::ErrorKind::NotFound.into())
    }
}

/// Runs `work`; a panic becomes a message.
fn guarded(teller: &Teller, work: impl FnOnce()) {
    if let Err(message) = worker::guard(work) {
        teller.tell(LibraryEvent::Failed(format!("Reading sessions failed: {message}.")));
    }
}
