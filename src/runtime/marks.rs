//! Markers from other programs: a local socket, which is a file that its owner alone may open. It is
//! there while a session is recorded, and no network is part of it.
//!
//! [`Folders::mark_socket`](crate::settings::Folders::mark_socket) says where it is. Whoever connects sends one line of text and hears one line: `marked`, or why not.

use std::io;
use std::path::{Path, PathBuf};

/// More than a marker needs.
pub const LONGEST_BYTES: usize = 1000;

/// What is answered when the marker is in the session.
const MARKED: &str = "marked";

/// Why a marker was not set, or none can be.
#[derive(Debug, thiserror::Error)]
pub enum MarkError {
    /// Nobody listens, or nobody records.
    #[error("nothing is being recorded")]
    NothingRecords,
    /// Another recording has the socket.
    #[error("another Mien takes the markers of other programs at {}", path.display())]
    Taken {
        /// The socket.
        path: PathBuf,
    },
    /// Empty, too long, or more than a line.
    #[error("a marker is one line of 1 to {LONGEST_BYTES} bytes")]
    Text,
    /// The recording took too long to answer.
    #[error("the recording does not answer")]
    NoAnswer,
    /// The system refuses.
    #[error("{}: {source}", path.display())]
    Io {
        /// The socket.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Windows, so far.
    #[error("markers of other programs are not supported on this system yet")]
    NotSupported,
}

impl MarkError {
    /// What to do next, in one sentence.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::NothingRecords => {
                "Start a recording: R in the window, or `mien live --headless --record DIR`."
            }
            Self::Taken { .. } => "They go into that recording; this one goes on without.",
            Self::Text => "Shorten it.",
            Self::NoAnswer => "Look whether it still runs; the marker may not be there.",
            Self::Io { .. } => "Check who owns the socket; it must be you.",
            Self::NotSupported => "Press M in the window.",
        }
    }
}

/// Puts a marker into the session being recorded by the program that owns `socket`.
///
/// # Errors
/// Says why there is none.
pub fn send(socket: &Path, text: &str) -> Result<(), MarkError> {
    let text = text.trim();
    if text.is_empty() || text.len() > LONGEST_BYTES || text.contains(['\n', '\r']) {
        return Err(MarkError::Text);
    }
    system::send(socket, text)
}

pub use system::Listener;

#[cfg(unix)]
mod unix;
#[cfg(unix)]
use unix as system;

#[cfg(not(unix))]
mod system {
    //! Named pipes of Windows would do, and are not written yet.

    use std::path::Path;

    use super::MarkError;

    /// Never there.
    pub struct Listener;

    impl Listener {
        pub fn open(
            _: &Path,
            _: impl FnMut(&str) -> bool + Send + 'static,
        ) -> Result<Self, MarkError> {
            Err(MarkError::NotSupported)
        }
    }

    pub fn send(_: &Path, _: &str) -> Result<(), MarkError> {
        Err(MarkError::NotSupported)
    }
}

#[cfg(all(test, unix))]
mod tests;
