//! What lies in a folder of sessions, file by file.

use std::fs;
use std::path::{Path, PathBuf};

use super::INDEX;
use crate::session::reader::session_folders;
use crate::session::recovery::is_of_session;
use crate::session::vault::{self, SEALED};

/// What lies in a folder of sessions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Inventory {
    /// How many sessions.
    pub sessions: usize,
    /// How many of them are locked.
    pub locked: usize,
    /// Size of their files.
    pub bytes: u64,
    /// Size of the index, if there is one.
    pub index_bytes: Option<u64>,
    /// What Mien did not write there: it writes tables and text, and no picture.
    pub foreign: Vec<PathBuf>,
}

impl Inventory {
    /// Of the folder as it is now. What can't be read counts as not there.
    pub fn of(sessions_dir: &Path) -> Self {
        let mut inventory = Self::default();
        let folders = session_folders(sessions_dir);
        for path in entries(sessions_dir) {
            match path.file_name().and_then(|name| name.to_str()) {
                Some(name) if name.starts_with(INDEX) => {
                    *inventory.index_bytes.get_or_insert(0) += size(&path);
                }
                _ if folders.contains(&path) => inventory.look_into(&path),
                _ => inventory.foreign.push(path),
            }
        }
        inventory
    }

    fn look_into(&mut self, session: &Path) {
        self.sessions += 1;
        let locked = vault::is_locked(session);
        self.locked += usize::from(locked);
        for path in entries(session) {
            let name = path.file_name().and_then(|name| name.to_str());
            // Of a locked session everything is encrypted, whatever it was.
            let is_ours = |name: &str| is_of_session(name) || locked && name.ends_with(SEALED);
            if path.is_file() && name.is_some_and(is_ours) {
                self.bytes += size(&path);
            } else {
                self.foreign.push(path);
            }
        }
    }
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

fn size(path: &Path) -> u64 {
    fs::symlink_metadata(path).map_or(0, |file| file.len())
}
