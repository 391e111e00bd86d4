//! What the list knows about a session.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Strip;
use super::look::{Fingerprint, look, look_at, look_into};
use crate::session::{Session, Signal};
use crate::stats::Holds;

/// One session of the list.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Entry {
    /// Name of its folder inside the sessions folder.
    pub folder_name: String,
    /// What the user called it; else the name of its file; else empty.
    pub name: String,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// A code, or empty.
    pub participant: String,
    /// Free text.
    pub note: String,
    /// Wall clock time at its time zero; `None` for files.
    pub start: Option<Timestamp>,
    /// When its table was written last: for a file, when it was analysed.
    pub written: Option<Timestamp>,
    /// From time zero to the end.
    pub duration_secs: f64,
    /// Rows that could be read.
    pub rows: u64,
    /// Size of the folder's tables.
    pub bytes: u64,
    /// How many faces were in the picture at once, at most.
    pub faces: usize,
    /// How many face numbers there are; more than [`Self::faces`] where a face was lost and found.
    pub face_numbers: usize,
    /// Markers.
    pub markers: usize,
    /// Column words of the classes, in the order of the model.
    pub words: Vec<String>,
    /// Index in [`Self::words`] of the class that was shown longest; `None` if none was.
    pub dominant: Option<usize>,
    /// Where it comes from.
    pub origin: Origin,
    /// Whether it is whole.
    pub state: State,
    /// Timeline in a few columns.
    pub strip: Strip,
}

/// Where a session comes from.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, clap::ValueEnum,
)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// Recorded live.
    #[default]
    Recorded,
    /// A saved video or picture that was analysed.
    File,
    /// A table of another program.
    Imported,
}

impl Origin {
    /// For people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Recorded => "recorded",
            Self::File => "file",
            Self::Imported => "imported",
        }
    }
}

/// Whether a session is whole.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum State {
    /// Ended as it should, and all rows are sound.
    #[default]
    Complete,
    /// Ended by itself; what was recorded is whole.
    Stopped {
        /// Why, for people.
        reason: String,
    },
    /// Closed after a crash.
    Recovered {
        /// What the gaps miss.
        missing_secs: f64,
    },
    /// Being written now.
    Recording,
    /// A crash left it open; it can be recovered.
    Unfinished,
    /// Encrypted with a passphrase: nothing is known of it but the name of its folder.
    Locked {
        /// Locking or unlocking ended before it was done.
        partly: bool,
    },
    /// Something in it can't be used.
    Damaged {
        /// What, for people.
        reason: String,
    },
}

impl State {
    /// One line for people.
    pub fn in_words(&self) -> String {
        match self {
            Self::Complete => "complete".into(),
            Self::Stopped { reason } => format!("stopped: {reason}"),
            Self::Recovered { missing_secs } if *missing_secs >= 0.5 => {
                format!("recovered, {missing_secs:.0} s missing")
            }
            Self::Recovered { .. } => "recovered".into(),
            Self::Recording => "being recorded".into(),
            Self::Unfinished => "not finished: recover it".into(),
            Self::Locked { partly: false } => "locked".into(),
            Self::Locked { partly: true } => "locked in part: lock or unlock it again".into(),
            Self::Damaged { reason } => format!("damaged: {reason}"),
        }
    }

    /// Word of the state alone.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Stopped { .. } => "stopped",
            Self::Recovered { .. } => "recovered",
            Self::Recording => "recording",
            Self::Unfinished => "unfinished",
            Self::Locked { .. } => "locked",
            Self::Damaged { .. } => "damaged",
        }
    }
}

impl Entry {
    /// When it was recorded, or else when it was written.
    pub fn at(&self) -> Option<Timestamp> {
        self.start.or(self.written)
    }

    /// Reads a session as far as it is sound; of a locked one what its folder says.
    pub fn of(folder: &Path) -> Self {
        look(folder, &Fingerprint::of(folder))
    }

    /// The same of a session that was opened, such as a locked one with its key.
    pub fn of_session(session: &Session) -> Self {
        look_into(session, &Fingerprint::of(session.folder()))
    }

    /// The same of a session whose rows are read already.
    pub fn of_read(session: &Session, signal: &Signal, holds: &Holds) -> Self {
        look_at(session, signal, holds, &Fingerprint::of(session.folder()))
    }

    /// Where it is.
    pub fn folder(&self, sessions_dir: &Path) -> PathBuf {
        sessions_dir.join(&self.folder_name)
    }

    /// What to call it: its name, else its participant, else its folder.
    pub fn title(&self) -> &str {
        [&self.name, &self.participant]
            .into_iter()
            .find(|name| !name.trim().is_empty())
            .unwrap_or(&self.folder_name)
    }

    /// Whether it is locked.
    pub fn is_locked(&self) -> bool {
        matches!(self.state, State::Locked { .. })
    }

    /// Word of the class that was shown longest.
    pub fn mostly(&self) -> Option<&str> {
        self.words.get(self.dominant?).map(String::as_str)
    }
}
