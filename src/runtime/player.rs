//! Plays a file: one thread that decodes, waits until a picture is due, and hands it over. Going to
//! a time shows the picture that stands there, exactly.
//!
//! [`Player`] is the handle that the window holds; none of its calls waits but [`Player::stop`].

mod open_file;
mod playback;

use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};

use super::cancel::{CancelGuard, cancel_token};
use super::worker;
use crate::frame::{Frame, RunId};
use crate::source::media::{MediaError, MediaInfo};
use playback::Playback;

/// Commands on their way to the thread, which takes all that wait before it does anything.
const COMMAND_QUEUE: usize = 64;
/// Messages on their way to the owner.
const EVENT_QUEUE: usize = 64;

/// What the player is asked to do.
#[derive(Debug, Clone, PartialEq)]
pub enum PlayCommand {
    /// Open a file and show its first picture. `run` is the owner's name for it.
    Open {
        /// Frames and messages have it.
        run: RunId,
        /// The file.
        path: PathBuf,
    },
    /// Let go of the file.
    Close,
    /// Go on, at the end from the start.
    Play,
    /// Stop where it is.
    Pause,
    /// Times real time.
    Speed(f64),
    /// Show the picture that stands at this time.
    Seek(Duration),
    /// So many pictures on, or back.
    Step(i32),
    /// Show the last picture.
    Last,
}

/// What the player says.
#[derive(Debug, Clone, PartialEq)]
pub enum PlayEvent {
    /// The file is open.
    Opened(RunId, MediaInfo),
    /// It plays, or stands.
    Playing(RunId, bool),
    /// It is on its way to a time, or arrived.
    Seeking(RunId, bool),
    /// The last picture begins at this time; known once it was reached.
    Ends(RunId, Duration),
    /// It can't be played, or no further.
    Failed(RunId, MediaError),
    /// The thread failed.
    Broken(String),
}

impl PlayEvent {
    /// The run it is about; `None`: the player itself.
    pub fn run(&self) -> Option<RunId> {
        match self {
            Self::Opened(run, _)
            | Self::Playing(run, _)
            | Self::Seeking(run, _)
            | Self::Ends(run, _)
            | Self::Failed(run, _) => Some(*run),
            Self::Broken(_) => None,
        }
    }
}

/// Plays one file at a time.
pub struct Player {
    commands: Sender<PlayCommand>,
    events: Receiver<PlayEvent>,
    thread: Option<JoinHandle<()>>,
    stop: CancelGuard,
}

impl Player {
    /// Starts the thread. `show` is called on it with each picture that is to be seen, `wake` when
    /// there is something to drain.
    pub fn start(wake: Arc<dyn Fn() + Send + Sync>, show: Box<dyn FnMut(&Frame) + Send>) -> Self {
        let (commands, receiver) = bounded(COMMAND_QUEUE);
        let (sender, events) = bounded(EVENT_QUEUE);
        let (stop, stopped) = cancel_token();
        let teller = Teller { events: sender, wake };
        let for_thread = teller.clone();
        let thread = worker::spawn("player", move || {
            let playback = Playback::new(receiver, for_thread.clone(), stopped, show);
            if let Err(message) = worker::guard(|| playback.run()) {
                for_thread.tell(PlayEvent::Broken(message));
            }
        });
        if let Err(error) = &thread {
            teller.tell(PlayEvent::Broken(error.to_string()));
        }
        Self { commands, events, thread: thread.ok(), stop }
    }

    /// Asks for something.
    pub fn command(&self, command: PlayCommand) {
        // Whoever holds a key down over a slow file asks for more than can be done; what they see
        // last is where they are.
        if self.commands.try_send(command).is_err() {
            tracing::debug!("the player is busy");
        }
    }

    /// Next message, if one is waiting.
    pub fn try_event(&self) -> Option<PlayEvent> {
        self.events.try_recv().ok()
    }

    /// Ends the thread; false if it did not end by then.
    pub fn stop(self, deadline: Instant) -> bool {
        drop(self.stop);
        drop(self.commands);
        self.thread.is_none_or(|thread| worker::join_until(thread, deadline))
    }
}

/// Sends messages and wakes the owner.
#[derive(Clone)]
struct Teller {
    events: Sender<PlayEvent>,
    wake: Arc<dyn Fn() + Send + Sync>,
}

impl Teller {
    fn tell(&self, event: PlayEvent) {
        if self.events.try_send(event).is_err() {
            tracing::error!("nobody takes what the player says");
        }
        (self.wake)();
    }
}
