//! Taking sessions over from another folder, such as a colleague's drive.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::session::vault;
use crate::session::{
    EVENTS, OBSERVATIONS, RECORD, is_session, part_of, safe_name, session_folders,
};

/// Why a session was not taken over.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CopyError {
    /// No session, nor a folder of sessions.
    #[error("{} is no session, nor does it hold any", folder.display())]
    NoSession {
        /// What was taken for one.
        folder: PathBuf,
    },
    /// It was locked or unlocked halfway.
    #[error("{} is locked in part", folder.display())]
    PartlyLocked {
        /// Session folder.
        folder: PathBuf,
    },
    /// It is being recorded, or was not closed.
    #[error("{} is not closed yet", folder.display())]
    Open {
        /// Session folder.
        folder: PathBuf,
    },
    /// A link may lead anywhere, so none is followed.
    #[error("{} is a link", path.display())]
    Link {
        /// The link.
        path: PathBuf,
    },
    /// Nothing is replaced.
    #[error("{} is there already", folder.display())]
    Exists {
        /// Session folder.
        folder: PathBuf,
    },
    /// The system refuses.
    #[error("{} can't be copied: {reason}", path.display())]
    Io {
        /// What was to be copied.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
}

impl CopyError {
    /// What to do next, in one sentence.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::NoSession { .. } => "Name a session folder, or a folder of them.",
            Self::PartlyLocked { .. } => "Lock or unlock it again, then copy it.",
            Self::Open { .. } => "Stop recording, or recover the session, then try again.",
            Self::Link { .. } => "Name what it leads to, if you trust it.",
            Self::Exists { .. } => "Rename one of the two folders, or erase the one that is there.",
            Self::Io { .. } => "Check space and permissions, then try again.",
        }
    }

    fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |error| Self::Io { path, reason: error.to_string() }
    }
}

/// The sessions that `folder` is or holds.
///
/// # Errors
/// [`CopyError::NoSession`], or [`CopyError::Link`].
pub fn sessions_in(folder: &Path) -> Result<Vec<PathBuf>, CopyError> {
    if folder.is_symlink() {
        return Err(CopyError::Link { path: folder.to_owned() });
    }
    let found = match is_session(folder) {
        true => vec![folder.to_owned()],
        false => session_folders(folder),
    };
    if found.is_empty() {
        return Err(CopyError::NoSession { folder: folder.to_owned() });
    }
    Ok(found)
}

/// Copies a closed session into `sessions_dir`: its three files and nothing else; a locked one as
/// it is. What it is called
/// there has letters, digits, `-` and `_` alone. The folder becomes a session last, so a copy that
/// was interrupted is none.
///
/// # Errors
/// Says why not; nothing that was there is changed.
pub fn copy_session(folder: &Path, sessions_dir: &Path) -> Result<PathBuf, CopyError> {
    if folder.is_symlink() {
        return Err(CopyError::Link { path: folder.to_owned() });
    }
    if vault::is_partly_locked(folder) {
        return Err(CopyError::PartlyLocked { folder: folder.to_owned() });
    }
    if folder.join(part_of(OBSERVATIONS)).exists() {
        return Err(CopyError::Open { folder: folder.to_owned() });
    }
    // As an absolute path, so that `.` has a name.
    let whole = fs::canonicalize(folder).map_err(CopyError::io(folder))?;
    let name = safe_name(&whole.file_name().unwrap_or_default().to_string_lossy());
    let target = sessions_dir.join(name);
    fs::create_dir_all(sessions_dir).map_err(CopyError::io(sessions_dir))?;
    match fs::create_dir(&target) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(CopyError::Exists { folder: target });
        }
        Err(error) => return Err(CopyError::io(&target)(error)),
    }
    // Its table last.
    let ending = if vault::is_locked(folder) { vault::SEALED } else { "" };
    let names = [RECORD, EVENTS, OBSERVATIONS].map(|name| format!("{name}{ending}"));
    let copied = names.iter().try_for_each(|name| {
        let needed = name.starts_with(OBSERVATIONS);
        copy_file(&folder.join(name), &target.join(name), needed)
    });
    if copied.is_err() {
        // It is ours, new and incomplete. The first error is the one to tell.
        let _ = fs::remove_dir_all(&target);
    }
    copied.map(|()| target)
}

fn copy_file(from: &Path, to: &Path, needed: bool) -> Result<(), CopyError> {
    let failed = CopyError::io(from);
    match fs::symlink_metadata(from) {
        Ok(file) if file.is_symlink() => Err(CopyError::Link { path: from.to_owned() }),
        Ok(file) if file.is_file() => {
            let copied = fs::copy(from, to).map_err(failed)?;
            if copied == file.len() {
                return Ok(());
            }
            let reason = "it changed meanwhile".into();
            Err(CopyError::Io { path: from.to_owned(), reason })
        }
        Ok(_) => Err(CopyError::Io { path: from.to_owned(), reason: "it is no file".into() }),
        // Rows are readable without the other two.
        Err(error) if error.kind() == io::ErrorKind::NotFound && !needed => Ok(()),
        Err(error) => Err(failed(error)),
    }
}
