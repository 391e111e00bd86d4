//! Locking a session, and what is known of it elsewhere.

use std::io;
use std::path::Path;

use super::{Entry, INDEX, Library, remove_pages};
use crate::session::vault::{self, Key, Step, VaultError};

/// Locks a session as [`vault::lock`] does, and first takes what is known of it out of the index
/// and removes the pages that the window wrote of it; how many files there were to lock. The next
/// look through the folder lists it as locked.
///
/// # Errors
/// Says what is not locked; no content is lost.
pub fn lock_session(
    folder: &Path,
    key: &Key,
    watch: &mut dyn FnMut(Step),
) -> Result<usize, VaultError> {
    let failed = |error: io::Error| VaultError::Io {
        path: folder.parent().unwrap_or(folder).to_owned(),
        reason: error.to_string(),
    };
    // As an absolute path, so that `.` has a name.
    let folder = &folder.canonicalize().map_err(failed)?;
    // First, so that whatever ends this on the way, the index knows no more than the folder says.
    forget(folder).map_err(failed)?;
    remove_pages(folder).map_err(failed)?;
    let files = vault::lock(folder, key, watch)?;
    // Another program may have looked into it meanwhile.
    forget(folder).map_err(failed)?;
    Ok(files)
}

/// Writes the index without the session, also one of another version, which is made anew anyway.
fn forget(folder: &Path) -> io::Result<()> {
    let (Some(dir), Some(name)) = (folder.parent(), folder.file_name()) else { return Ok(()) };
    if !dir.join(INDEX).is_file() {
        return Ok(());
    }
    let (name, mut library) = (name.to_string_lossy(), Library::cached(dir));
    if library.find(&name).is_some_and(Entry::is_locked) {
        return Ok(());
    }
    library.forget(&name);
    library.save()
}
