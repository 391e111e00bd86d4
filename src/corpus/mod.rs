//! Many sessions as one table. A corpus is a folder:
//!
//! | file | content |
//! |---|---|
//! | `sessions.csv` | one row per session: what it is, and what it holds in figures |
//! | `observations.csv` or `.parquet` | the rows of all, with the column `session` in front |
//! | `events.csv` or `.parquet` | the same for events |
//!
//! Sessions are read twice, first to see that each is sound, then to write; row by row both times,
//! so memory does not grow with the corpus.

mod find;
mod look;
mod sessions;

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::iter::{IntoParallelIterator, ParallelIterator};

use look::{Found, look};

use crate::session::schema::TableRow;
use crate::session::vault::Key;
use crate::session::{
    EVENTS, EventRow, Format, OBSERVATIONS, ReadError, RecordError, Row, Rows, SESSIONS, Session,
    Value, is_session,
};
use crate::table::of_session::{CopyError, Fitting, named};
use crate::table::{Table, TableColumn, TableFormat};

/// How far a merge is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What is done with them.
    pub pass: Pass,
    /// Sessions done.
    pub done: usize,
    /// Of so many.
    pub of: usize,
}

/// Each session is read twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pass {
    /// To see that it is sound.
    Looking,
    /// To write its rows.
    Joining,
}

impl Pass {
    /// For people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Looking => "looking",
            Self::Joining => "joining",
        }
    }
}

/// A corpus that was written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Merged {
    /// Sessions in it.
    pub sessions: usize,
    /// Rows of observations.
    pub rows: u64,
    /// Sessions that are not in it, and why.
    pub left_out: Vec<LeftOut>,
}

/// A session that is not in the corpus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Where it is.
    pub folder: PathBuf,
    /// For people.
    pub reason: String,
    /// Whether nothing is lost by it, as another session says the same.
    pub duplicate: bool,
}

/// Why there is no corpus.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum MergeError {
    /// There is nothing to join.
    #[error("there is no session to join")]
    NoSession {
        /// Those that there are can't be joined, and why.
        left_out: Vec<LeftOut>,
    },
    /// The folder for it is a session.
    #[error("{} is a session itself", out.display())]
    IntoSession {
        /// The folder.
        out: PathBuf,
    },
    /// A session was sound a moment ago.
    #[error("a session changed while it was read: {0}")]
    Changed(String),
    /// A table can't be written.
    #[error(transparent)]
    Write(#[from] RecordError),
}

impl MergeError {
    /// What to do next.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::NoSession { .. } => {
                "Name folders with sessions; `mien analyze` and the window make them."
            }
            Self::IntoSession { .. } => "Name a folder of its own with --out.",
            Self::Changed(_) => "Wait until nobody writes there, then try again.",
            Self::Write(_) => "Make room there, or choose another folder with --out.",
        }
    }
}

impl From<CopyError> for MergeError {
    fn from(error: CopyError) -> Self {
        match error {
            CopyError::Write(error) => Self::Write(error),
            other => Self::Changed(other.to_string()),
        }
    }
}

impl From<ReadError> for MergeError {
    fn from(error: ReadError) -> Self {
        Self::Changed(error.to_string())
    }
}

/// Joins the sessions in `folders`, which are sessions or hold some at any depth, into the corpus
/// `out`. Sessions that are damaged or unfinished, and those that say what one before says, are left
/// out. Classes that only some models know are columns all the same, with empty cells for the
/// others. What an earlier merge left in `out` is replaced. Locked sessions are read with the key.
///
/// # Errors
/// Says why there is no corpus, or which of its tables could not be written.
pub fn merge(
    folders: &[PathBuf],
    out: &Path,
    format: TableFormat,
    key: Option<&Key>,
    watch: &(dyn Fn(Progress) + Sync),
) -> Result<Merged, MergeError> {
    if is_session(out) {
        return Err(MergeError::IntoSession { out: out.into() });
    }
    let (sessions, left_out) = sound_sessions(find::sessions(folders), key, watch);
    if sessions.is_empty() {
        return Err(MergeError::NoSession { left_out });
    }
    let mut words = Vec::<String>::new();
    for word in sessions.iter().flat_map(|session| &session.words) {
        if !words.contains(word) {
            words.push(word.clone());
        }
    }
    fs::create_dir_all(out).map_err(|error| RecordError::from_io(&error, out))?;
    if out.join(SESSIONS).is_file() {
        remove_tables(out, format);
    }
    // First, as it tells that the folder is no session, whatever else is in it.
    sessions::write(&out.join(SESSIONS), &sessions, &words)?;
    let open = |found: &Found| Session::open_with(&found.folder, key);
    join::<EventRow>(&sessions, &words, &named(out, EVENTS, format), format, &mut |found| {
        open(found)?.events()
    })?;
    let table = named(out, OBSERVATIONS, format);
    let (mut done, of) = (0, sessions.len());
    let rows = join::<Row>(&sessions, &words, &table, format, &mut |found| {
        watch(Progress { pass: Pass::Joining, done, of });
        done += 1;
        open(found)?.observations()
    })?;
    Ok(Merged { sessions: sessions.len(), rows, left_out })
}

/// Tables that an earlier merge left in another format; beside the new ones they would be taken for
/// theirs.
fn remove_tables(corpus: &Path, format: TableFormat) {
    let other = match format {
        TableFormat::Csv => TableFormat::Parquet,
        TableFormat::Parquet => TableFormat::Csv,
    };
    for table in [OBSERVATIONS, EVENTS] {
        // None is there, mostly.
        let _ = fs::remove_file(named(corpus, table, other));
    }
}

/// Those that can be joined, each with a name of its own, and the others.
fn sound_sessions(
    folders: Vec<PathBuf>,
    key: Option<&Key>,
    watch: &(dyn Fn(Progress) + Sync),
) -> (Vec<Found>, Vec<LeftOut>) {
    let (of, done) = (folders.len(), AtomicUsize::new(0));
    let looked_at: Vec<_> = folders
        .into_par_iter()
        .map(|folder| {
            let found = look(&folder, key);
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            watch(Progress { pass: Pass::Looking, done, of });
            (folder, found)
        })
        .collect();
    let (mut sessions, mut left_out) = (Vec::<Found>::new(), Vec::new());
    let (mut names, mut contents) = (HashMap::<String, u32>::new(), HashMap::new());
    for (folder, found) in looked_at {
        let mut found = match found {
            Ok(found) => found,
            Err(reason) => {
                left_out.push(LeftOut { folder, reason, duplicate: false });
                continue;
            }
        };
        if let Some(earlier) = contents.get(&found.content) {
            let reason = format!("says what {earlier} says");
            left_out.push(LeftOut { folder, reason, duplicate: true });
            continue;
        }
        contents.insert(found.content.clone(), folder.display().to_string());
        // Two cameras may record in the same second.
        let uses = names.entry(found.name.clone()).or_default();
        *uses += 1;
        if *uses > 1 {
            found.name = format!("{}_{uses}", found.name);
        }
        sessions.push(found);
    }
    (sessions, left_out)
}

/// Writes the rows of all sessions into one table; how many.
fn join<R: TableRow>(
    sessions: &[Found],
    words: &[String],
    path: &Path,
    format: TableFormat,
    rows_of: &mut dyn FnMut(&Found) -> Result<Rows<R>, ReadError>,
) -> Result<u64, MergeError> {
    let mut columns = vec![TableColumn::new("session", Format::Text)];
    columns.extend(Fitting::<R>::new(words, &[]).columns());
    let mut table = Table::create(path, format, columns)?;
    for found in sessions {
        let rows = rows_of(found)?;
        let fitting = Fitting::<R>::new(words, rows.label_words());
        for row in rows {
            let row = row.map_err(CopyError::from)?;
            table.row([Value::Text(&found.name)].into_iter().chain(fitting.cells(&row)))?;
        }
    }
    Ok(table.finish()?)
}
