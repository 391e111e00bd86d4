//! The sessions in folders.

use std::fs;
use std::path::{Path, PathBuf};

use crate::session::is_session;

/// Folders within folders that are looked into.
const DEEPEST: usize = 64;

/// Session folders in `folders`, themselves or below, in the order named and then by name; none
/// twice. Links within them are not followed.
pub fn sessions(folders: &[PathBuf]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in folders {
        walk(folder, 0, &mut found);
    }
    let mut seen = std::collections::HashSet::new();
    found.retain(|folder| seen.insert(fs::canonicalize(folder).unwrap_or_else(|_| folder.clone())));
    found
}

fn walk(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) {
    if is_session(folder) {
        return found.push(folder.to_owned());
    }
    if depth == DEEPEST {
        return;
    }
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let is_folder = |entry: &fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_dir());
    let mut folders: Vec<PathBuf> = entries.filter(is_folder).map(|entry| entry.path()).collect();
    folders.sort();
    for folder in folders {
        walk(&folder, depth + 1, found);
    }
}
