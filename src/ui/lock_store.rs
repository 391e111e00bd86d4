//! What a passphrase is asked for, and how far that is.

use std::path::Path;

use crate::session::vault::Step;

/// What a passphrase is asked for. Sessions are named by their folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// To lock a session.
    Lock(String),
    /// To unlock a session.
    Unlock(String),
    /// To show a locked session.
    Open(String),
    /// To lock recordings when they end; then to begin one, if it was asked for.
    Recordings {
        /// Begin one.
        record: bool,
    },
}

impl Purpose {
    /// Whether it is a new one, which is typed twice.
    pub fn is_new(&self) -> bool {
        matches!(self, Self::Lock(_) | Self::Recordings { .. })
    }

    /// The session.
    pub fn session(&self) -> Option<&str> {
        match self {
            Self::Lock(name) | Self::Unlock(name) | Self::Open(name) => Some(name),
            Self::Recordings { .. } => None,
        }
    }
}

/// A question for a passphrase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// What for.
    pub purpose: Purpose,
    /// It was given and is at work.
    pub works: bool,
    /// How far that is.
    pub step: Option<Step>,
    /// Why the last one did not do: cause and what to do.
    pub problem: Option<String>,
}

impl Question {
    /// Nothing was given yet.
    pub fn new(purpose: Purpose) -> Self {
        Self { purpose, works: false, step: None, problem: None }
    }

    /// Whether it is about this session.
    pub fn is_about(&self, folder: &Path) -> bool {
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        self.purpose.session() == Some(&*name)
    }

    /// It is at work.
    pub fn begin(&mut self) {
        (self.works, self.step, self.problem) = (true, None, None);
    }

    /// It did not do.
    pub fn fail(&mut self, problem: String) {
        (self.works, self.step, self.problem) = (false, None, Some(problem));
    }
}
