//! Why a session can't be written, in words that say what to do.

use std::io;
use std::path::{Path, PathBuf};

/// Why a session can't be written. `Display` is one sentence that names the cause;
/// [`Self::advice`] says what to do next.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// No space, or the user's share of it is used up.
    #[error("the disk is full: {} can't be written", path.display())]
    DiskFull {
        /// What was to be written.
        path: PathBuf,
    },
    /// The file system is mounted read-only.
    #[error("the disk is read-only: {} can't be written", path.display())]
    ReadOnly {
        /// What was to be written.
        path: PathBuf,
    },
    /// The system denies access.
    #[error("no permission to write {}", path.display())]
    PermissionDenied {
        /// What was to be written.
        path: PathBuf,
    },
    /// A part of the path is a file.
    #[error("{} is not a folder", path.display())]
    NotAFolder {
        /// What was taken for a folder.
        path: PathBuf,
    },
    /// The session folder was deleted, moved or unmounted meanwhile.
    #[error("the session folder {} vanished while recording; {kept}", folder.display())]
    Vanished {
        /// Where it was.
        folder: PathBuf,
        /// What became of the rows.
        kept: Kept,
    },
    /// The process or the system has too many files open.
    #[error("too many files are open: {} can't be opened", path.display())]
    TooManyFiles {
        /// What was to be opened.
        path: PathBuf,
    },
    /// The file system or the account allows no larger file.
    #[error("{} has reached the largest size a file may have here", path.display())]
    FileTooLarge {
        /// What was to be written.
        path: PathBuf,
    },
    /// All names for a session of this second are taken.
    #[error("{} already holds {tried} sessions of this second", sessions_dir.display())]
    NoFreeName {
        /// Where the session was to be made.
        sessions_dir: PathBuf,
        /// How many names were tried.
        tried: u32,
    },
    /// Any other word of the system.
    #[error("{} can't be written: {reason}", path.display())]
    Other {
        /// What was to be written.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
}

/// What became of the rows of a folder that vanished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// The folder was moved, or its drive unplugged, and the rows went with it.
    Moved,
    /// The folder was deleted; its rows were written again.
    WrittenAgain {
        /// New session folder.
        folder: PathBuf,
    },
    /// They are gone: writing them again failed too.
    Lost {
        /// Why, for people.
        reason: String,
    },
}

impl std::fmt::Display for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Moved => f.write_str("its rows went with it"),
            Self::WrittenAgain { folder } => {
                write!(f, "its rows were saved again as {}", folder.display())
            }
            Self::Lost { reason } => write!(f, "its rows are gone, as {reason}"),
        }
    }
}

impl RecordError {
    /// Names the cause of `error`, which the system gave when `path` was to be written.
    pub fn from_io(error: &io::Error, path: &Path) -> Self {
        use io::ErrorKind as Kind;
        let path = path.to_owned();
        match error.kind() {
            Kind::StorageFull | Kind::QuotaExceeded | Kind::WriteZero => Self::DiskFull { path },
            Kind::ReadOnlyFilesystem => Self::ReadOnly { path },
            Kind::PermissionDenied => Self::PermissionDenied { path },
            Kind::FileTooLarge => Self::FileTooLarge { path },
            Kind::NotADirectory => Self::NotAFolder { path },
            _ if too_many_files(error) => Self::TooManyFiles { path },
            _ => Self::Other { path, reason: error.to_string() },
        }
    }

    /// What to do next, in one or two sentences.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::DiskFull { .. } => {
                "Free some space, or choose a folder on another disk in the settings, then record \
                 again."
            }
            Self::ReadOnly { .. } => "Choose a folder on another disk in the settings.",
            Self::PermissionDenied { .. } => {
                "Choose a folder of your own in the settings, or change the permissions of this \
                 one."
            }
            Self::NotAFolder { .. } => {
                "Choose another folder in the settings, or move the file out of the way."
            }
            Self::Vanished { kept: Kept::WrittenAgain { .. }, .. } => {
                "Delete the new folder too if you meant to; else record again."
            }
            Self::Vanished { kept: Kept::Moved, .. } => {
                "Move it back, or plug its drive in again, and Mien offers to close the session at \
                 its next start. Record again to go on."
            }
            Self::Vanished { kept: Kept::Lost { .. }, .. } => {
                "Choose a folder that stays, then record again."
            }
            Self::TooManyFiles { .. } => "Close other programs, then record again.",
            Self::FileTooLarge { .. } => {
                "Record again to begin a new session, or choose a folder on another disk."
            }
            Self::NoFreeName { .. } => "Wait a second, then record again.",
            Self::Other { .. } => {
                "Check the disk, or choose another folder in the settings, then record again."
            }
        }
    }
}

/// The standard library has no kind for these yet.
fn too_many_files(error: &io::Error) -> bool {
    // ENFILE and EMFILE have the same numbers on all Unix systems that Mien runs on;
    // ERROR_TOO_MANY_OPEN_FILES on Windows.
    let codes: &[i32] = if cfg!(windows) { &[4] } else { &[23, 24] };
    error.raw_os_error().is_some_and(|code| codes.contains(&code))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers are those of Linux.
    #[cfg(target_os = "linux")]
    #[test]
    fn the_cause_is_named_and_the_advice_fits() {
        let path = Path::new("/sessions/a");
        let cases = [
            (28, "the disk is full: /sessions/a can't be written", "Free some space"),
            (122, "the disk is full: /sessions/a can't be written", "Free some space"),
            (30, "the disk is read-only: /sessions/a can't be written", "another disk"),
            (13, "no permission to write /sessions/a", "permissions"),
            (20, "/sessions/a is not a folder", "move the file"),
            (24, "too many files are open: /sessions/a can't be opened", "Close other programs"),
            (27, "/sessions/a has reached the largest size a file may have here", "new session"),
            (5, "/sessions/a can't be written: Input/output error (os error 5)", "Check the disk"),
        ];
        for (code, display, advice) in cases {
            let error = RecordError::from_io(&io::Error::from_raw_os_error(code), path);
            assert_eq!(error.to_string(), display);
            assert!(error.advice().contains(advice), "{error}: {}", error.advice());
        }
    }
}
