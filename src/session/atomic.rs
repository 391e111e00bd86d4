//! Replacing a small file so that a crash leaves the old one or the new one, never a mixture.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// Writes `content` beside `path`, waits until it is on the disk, then renames it to `path`.
/// A symbolic link at `path` stays one; what it points to is replaced.
pub fn write_atomically(path: &Path, content: &[u8]) -> io::Result<()> {
    replace_with(path, |file| file.write_all(content))
}

/// The same with content that is written bit by bit.
pub fn replace_with(
    path: &Path,
    write: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<()> {
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let (Some(folder), Some(name)) = (target.parent(), target.file_name()) else {
        return Err(io::Error::from(io::ErrorKind::InvalidInput));
    };
    // The process id keeps two instances from writing the same temporary file.
    let mut temporary_name = name.to_owned();
    temporary_name.push(format!(".{}.tmp", std::process::id()));
    let temporary = folder.join(temporary_name);
    let result = (|| {
        let mut file = File::create(&temporary)?;
        write(&mut file)?;
        // Without this the rename may reach the disk before the content does.
        sync_file(&file)?;
        drop(file);
        fs::rename(&temporary, &target)?;
        sync_folder(folder);
        Ok(())
    })();
    if result.is_err() {
        // The first error is the one to tell; this only tidies up.
        let _ = fs::remove_file(&temporary);
    }
    result
}

/// Some network and FUSE file systems can't be told to put a file on the disk and say so. That is
/// no reason not to write there.
pub fn ignoring_unsupported(synced: io::Result<()>) -> io::Result<()> {
    match synced {
        Err(error)
            if matches!(error.kind(), io::ErrorKind::Unsupported | io::ErrorKind::InvalidInput) =>
        {
            Ok(())
        }
        other => other,
    }
}

/// Waits until the content of a file is on the disk, where that can be asked for.
pub fn sync_file(file: &File) -> io::Result<()> {
    ignoring_unsupported(file.sync_all())
}

/// Makes new names in a folder survive a power cut. Not all file systems can, and none of them
/// loses the content by it, so failure is no error.
pub fn sync_folder(folder: &Path) {
    if cfg!(unix)
        && let Ok(folder) = File::open(folder)
    {
        let _ = folder.sync_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_and_leaves_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.json");
        write_atomically(&path, b"one").unwrap();
        write_atomically(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn only_a_file_system_that_can_t_sync_is_forgiven() {
        for (kind, forgiven) in [
            (io::ErrorKind::Unsupported, true),
            (io::ErrorKind::InvalidInput, true),
            (io::ErrorKind::StorageFull, false),
            (io::ErrorKind::Other, false),
        ] {
            assert_eq!(ignoring_unsupported(Err(kind.into())).is_ok(), forgiven);
        }
    }

    #[test]
    fn a_failure_keeps_the_old_content() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.json");
        // A folder stands in the way of the rename.
        fs::create_dir(&path).unwrap();
        assert!(write_atomically(&path, b"one").is_err());
        assert!(path.is_dir());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_a_link() {
        let dir = tempfile::tempdir().unwrap();
        let (target, link) = (dir.path().join("target"), dir.path().join("link"));
        fs::write(&target, "old").unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        write_atomically(&link, b"new").unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs::read(&target).unwrap(), b"new");
    }
}
