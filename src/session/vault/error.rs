//! Why a session can't be locked, unlocked or read.

use std::io;
use std::path::{Path, PathBuf};

use age::DecryptError;

/// Why a session can't be locked, unlocked or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// It is being recorded, or was not closed.
    #[error("{} is not closed yet", folder.display())]
    Open {
        /// Session folder.
        folder: PathBuf,
    },
    /// It is being locked or unlocked.
    #[error("another program is locking or unlocking {}", folder.display())]
    InUse {
        /// Session folder.
        folder: PathBuf,
    },
    /// A link or a folder: nobody knows where it leads.
    #[error("{} is no plain file", path.display())]
    Foreign {
        /// What is in the way.
        path: PathBuf,
    },
    /// The passphrase opens no file of the session.
    #[error("the passphrase does not open {}", folder.display())]
    WrongPassphrase {
        /// Session folder, or the file that was tried alone.
        folder: PathBuf,
    },
    /// What stands in a file is not what was encrypted, or the file was cut off.
    #[error("{} is damaged: it is not as it was written", path.display())]
    Damaged {
        /// The encrypted file.
        path: PathBuf,
    },
    /// Encrypted to a key, with other means than a passphrase, or as text.
    #[error("{} was not locked with a passphrase", path.display())]
    NoPassphrase {
        /// The encrypted file.
        path: PathBuf,
    },
    /// The file asks for more memory and time than anybody needs.
    #[error("{} asks for more work than Mien does for a passphrase", path.display())]
    TooMuchWork {
        /// The encrypted file.
        path: PathBuf,
    },
    /// Both are there and say different things.
    #[error("{} differs from what is encrypted beside it", path.display())]
    Differs {
        /// The plain file.
        path: PathBuf,
    },
    /// Somebody wrote the file meanwhile.
    #[error("{} changed meanwhile", path.display())]
    Changed {
        /// The plain file.
        path: PathBuf,
    },
    /// What was written does not read back as it should.
    #[error("{} does not read back as it was written", path.display())]
    Unverified {
        /// What was written.
        path: PathBuf,
    },
    /// The system refuses.
    #[error("{} can't be read or written: {reason}", path.display())]
    Io {
        /// What was to be read or written.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
}

impl VaultError {
    /// What to do next, in one sentence.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Open { .. } => "Stop recording, or recover the session, then try again.",
            Self::InUse { .. } => "Wait until it is done, then look again.",
            Self::Foreign { .. } => "Move it to another folder, then try again.",
            Self::WrongPassphrase { .. } => {
                "Try again: capitals and spaces count. Nobody can open it without."
            }
            Self::Damaged { .. } => {
                "Restore it from a copy; the other files of the session can be unlocked without it."
            }
            Self::NoPassphrase { .. } | Self::TooMuchWork { .. } => {
                "Open it with the program it was made with, such as `age --decrypt`."
            }
            Self::Differs { .. } => "Move one of the two files away, then try again.",
            Self::Changed { .. } => "Wait until nobody writes there, then try again.",
            Self::Unverified { .. } => "The disk may be failing: copy the session, then try again.",
            Self::Io { .. } => "Check space and permissions, then try again; nothing is lost.",
        }
    }

    pub(super) fn io(path: &Path) -> impl Fn(io::Error) -> Self {
        let path = path.to_owned();
        move |error| match error.kind() {
            io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => {
                Self::Damaged { path: path.clone() }
            }
            _ => Self::Io { path: path.clone(), reason: error.to_string() },
        }
    }

    pub(super) fn of_age(path: &Path, error: DecryptError) -> Self {
        let path = path.to_owned();
        match error {
            DecryptError::DecryptionFailed | DecryptError::KeyDecryptionFailed => {
                Self::WrongPassphrase { folder: path }
            }
            DecryptError::ExcessiveWork { .. } => Self::TooMuchWork { path },
            DecryptError::NoMatchingKeys => Self::NoPassphrase { path },
            DecryptError::Io(error) => Self::io(&path)(error),
            _ => Self::Damaged { path },
        }
    }

    /// With a passphrase that opens other files of the session, the file itself is at fault.
    pub(super) fn of_known_key(self) -> Self {
        match self {
            Self::WrongPassphrase { folder } => Self::Damaged { path: folder },
            other => other,
        }
    }
}
