//! Pages about sessions, beside them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Folder inside the sessions folder in which the window writes pages.
const REPORTS: &str = "reports";

/// Where a page about these sessions goes: beside them, named after their folders.
pub fn report_path(folders: &[PathBuf]) -> Option<PathBuf> {
    let dir = folders.first()?.parent()?;
    let names: Vec<_> = folders.iter().filter_map(|folder| folder.file_name()?.to_str()).collect();
    Some(dir.join(REPORTS).join(format!("{}.html", names.join(" and "))))
}

/// Removes the pages that were written of a session: they hold what it held.
///
/// # Errors
/// The words of the system.
pub fn remove_pages(folder: &Path) -> io::Result<()> {
    let (Some(dir), Some(name)) = (folder.parent(), folder.file_name().and_then(|n| n.to_str()))
    else {
        return Ok(());
    };
    let entries = match fs::read_dir(dir.join(REPORTS)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let path = entry?.path();
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let (first, second) = (format!("{name} and "), format!(" and {name}"));
        if stem == name || stem.starts_with(&first) || stem.ends_with(&second) {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}
