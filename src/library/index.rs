//! The list of all sessions of a folder, kept in one file beside them.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rayon::iter::{IntoParallelIterator, ParallelIterator};
use serde::{Deserialize, Serialize};

use super::Entry;
use super::look::{Fingerprint, look};
use crate::dataset::parallel::thread_pool;
use crate::session::reader::session_folders;
use crate::session::write_atomically;

/// Name of the index inside the sessions folder. It can be deleted at any time.
pub const INDEX: &str = ".mien-index.jsonl";

/// First line of the file; with another one it is made anew.
const HEAD: &str = r#"{"mien_index":2}"#;

/// The sessions of a folder.
#[derive(Debug, Clone, Default)]
pub struct Library {
    sessions_dir: PathBuf,
    entries: Vec<Kept>,
    /// What the file holds differs from what is known.
    stale: bool,
}

/// A line of the file.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Kept {
    fingerprint: Fingerprint,
    entry: Entry,
}

/// How far a refresh has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Sessions looked into so far.
    pub done: usize,
    /// Sessions to look into; those that did not change are not among them.
    pub all: usize,
}

/// Looked into at once; between two such lots progress is told.
const LOT: usize = 64;

impl Library {
    /// What the index knows, without looking into any folder: for a first picture at once. A file
    /// that is missing, damaged or of another version gives nothing, or the lines that are sound.
    pub fn cached(sessions_dir: &Path) -> Self {
        let text = fs::read_to_string(sessions_dir.join(INDEX)).unwrap_or_default();
        let mut lines = text.lines();
        let known = lines.next() == Some(HEAD);
        let entries: Vec<Kept> = match known {
            true => lines.filter_map(|line| serde_json::from_str(line).ok()).collect(),
            false => Vec::new(),
        };
        Self { sessions_dir: sessions_dir.to_owned(), entries, stale: !known }
    }

    /// All sessions of a folder as they are now, see [`Self::refresh`], and keeps the index.
    pub fn open(sessions_dir: &Path) -> Self {
        let mut library = Self::cached(sessions_dir);
        library.refresh(|_| true);
        // Without an index the next start is slower, no more: a folder may be read-only.
        if let Err(error) = library.save() {
            tracing::info!("the index is not kept: {error}");
        }
        library
    }

    /// Forgets sessions that are gone and looks into those that are new or changed, on all cores.
    /// `go_on` hears of progress and may end it early by `false`; what was found until then stays.
    pub fn refresh(&mut self, mut go_on: impl FnMut(Progress) -> bool) {
        let mut known: HashMap<String, Kept> =
            self.entries.drain(..).map(|kept| (kept.entry.folder_name.clone(), kept)).collect();
        let before = known.len();
        let mut to_look = Vec::new();
        let mut unchanged = 0;
        for folder in session_folders(&self.sessions_dir) {
            let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let fingerprint = Fingerprint::of(&folder);
            match known.remove(&name) {
                // One that is being written may have been given up meanwhile.
                Some(kept) if kept.fingerprint == fingerprint && !kept.is_open() => {
                    unchanged += 1;
                    self.entries.push(kept);
                }
                _ => to_look.push((folder, fingerprint)),
            }
        }
        self.stale |= unchanged != before || !to_look.is_empty();
        let all = to_look.len();
        let workers = std::thread::available_parallelism().map_or(1, usize::from);
        let pool = thread_pool(workers);
        for (number, lot) in to_look.chunks(LOT).enumerate() {
            if !go_on(Progress { done: number * LOT, all }) {
                break;
            }
            let one = |(folder, fingerprint): &(PathBuf, Fingerprint)| Kept {
                entry: look(folder, fingerprint),
                fingerprint: fingerprint.clone(),
            };
            match &pool {
                Ok(pool) => {
                    let found: Vec<Kept> = pool.install(|| lot.into_par_iter().map(one).collect());
                    self.entries.extend(found);
                }
                Err(_) => self.entries.extend(lot.iter().map(one)),
            }
        }
        self.entries.sort_by(|a, b| a.entry.folder_name.cmp(&b.entry.folder_name));
    }

    /// Takes a session out of the list; its folder stays.
    pub fn forget(&mut self, folder_name: &str) {
        self.entries.retain(|kept| kept.entry.folder_name != folder_name);
        self.stale = true;
    }

    /// Keeps the index, if it changed. The old one is replaced as a whole, so what was erased is not
    /// in the file any more.
    ///
    /// # Errors
    /// The words of the system.
    pub fn save(&mut self) -> io::Result<()> {
        if !self.stale || !self.sessions_dir.is_dir() {
            return Ok(());
        }
        let mut text = String::from(HEAD);
        text.push('\n');
        for kept in self.entries.iter().filter(|kept| !kept.is_open()) {
            text.push_str(&serde_json::to_string(kept)?);
            text.push('\n');
        }
        write_atomically(&self.sessions_dir.join(INDEX), text.as_bytes())?;
        self.stale = false;
        Ok(())
    }

    /// The folder.
    pub fn sessions_dir(&self) -> &Path {
        &self.sessions_dir
    }

    /// In the order of folder names, which is that of time.
    pub fn entries(&self) -> impl ExactSizeIterator<Item = &Entry> + Clone {
        self.entries.iter().map(|kept| &kept.entry)
    }

    /// By the name of its folder.
    pub fn find(&self, folder_name: &str) -> Option<&Entry> {
        let at = self
            .entries
            .binary_search_by(|kept| kept.entry.folder_name.as_str().cmp(folder_name))
            .ok()?;
        Some(&self.entries[at].entry)
    }
}

impl Kept {
    /// Whether its state may change without its files.
    fn is_open(&self) -> bool {
        matches!(self.entry.state, super::State::Recording | super::State::Unfinished)
    }
}
