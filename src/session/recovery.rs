//! Closes sessions that a crash left open.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;

use super::atomic::{sync_file, sync_folder};
use super::reader::{Rows, Session, session_folders};
use super::record::{Gap, SCHEMA_VERSION};
use super::row::Row;
use super::schema::{Schema, TableRow};
use super::vault::SEALED;
use super::{EVENTS, OBSERVATIONS, OVERLAY, RECORD, SessionRecord, part_of};
use crate::observation::Labels;

/// A session that was being written when the program or the system died.
#[derive(Debug, Clone, PartialEq)]
pub struct Unfinished {
    /// Session folder.
    pub folder: PathBuf,
    /// Wall clock time at its time zero, if known.
    pub start: Option<Timestamp>,
    /// Whole rows.
    pub rows: u64,
    /// Time of the last whole row, if there is one.
    pub duration: Option<Duration>,
    /// Size of the rows.
    pub bytes: u64,
}

impl Unfinished {
    /// The session in `folder`, if a crash left it open and no living process is writing it.
    pub fn in_folder(folder: &Path) -> Option<Self> {
        let part = folder.join(part_of(OBSERVATIONS));
        let file = File::open(&part).ok()?;
        // Shared, as that needs no permission to write. Where the file system knows no locks,
        // nothing can be said, and the user knows what is being recorded.
        if let Err(TryLockError::WouldBlock) = file.try_lock_shared() {
            return None;
        }
        let mut file = Locked(file);
        let whole = whole_lines(&mut file.0).ok()?;
        let last = last_row(&mut file.0, whole.end, &part);
        let start = SessionRecord::read(folder).ok().and_then(|record| record.start());
        Some(Self {
            folder: folder.to_owned(),
            start: start.or_else(|| start_of(last.as_ref()?)),
            rows: whole.lines.saturating_sub(1),
            duration: last.map(|row| row.time),
            bytes: whole.end,
        })
    }

    /// Name of the folder, for people.
    pub fn name(&self) -> String {
        self.folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }
}

/// A session that was closed after a crash.
#[derive(Debug, Clone, PartialEq)]
pub struct Recovered {
    /// Session folder.
    pub folder: PathBuf,
    /// Rows kept.
    pub rows: u64,
    /// Up to the last row.
    pub duration: Duration,
}

/// Why a session stays open. It can be tried again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecoverError {
    /// It is being recorded, or recovered, by another program.
    #[error("{} is in use by another program", folder.display())]
    InUse {
        /// Session folder.
        folder: PathBuf,
    },
    /// Someone put a table there that has the name of the one to be closed.
    #[error("{} already exists", path.display())]
    Occupied {
        /// What is in the way.
        path: PathBuf,
    },
    /// Something lies in the folder that is no part of a session, and would be lost with it.
    #[error("{} is no part of a session", path.display())]
    Foreign {
        /// What is in the way.
        path: PathBuf,
    },
    /// The system refuses.
    #[error("{} can't be closed or replaced: {reason}", path.display())]
    Io {
        /// What was to be read or written.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
}

impl RecoverError {
    /// What to do next, in one sentence.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::InUse { .. } => "Stop recording there, then try again.",
            Self::Occupied { .. } => "Move one of the two files away, then try again.",
            Self::Foreign { .. } => "Move it to another folder, then try again.",
            Self::Io { .. } => "Check space and permissions, then try again; no row is lost.",
        }
    }

    fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |error| Self::Io { path, reason: error.to_string() }
    }
}

/// All that a session folder may hold. Tables may lie there as Parquet too.
const FILES: [&str; 5] = [OBSERVATIONS, EVENTS, OVERLAY, "observations.parquet", "events.parquet"];

/// Where a table of a session is while it is written.
pub fn part_path(folder: &Path, table: &str) -> PathBuf {
    folder.join(part_of(table))
}

/// Sessions in `sessions_dir` that a crash left open, in the order of their names; not those
/// that a living process is writing. What can't be read is left out.
pub fn find_unfinished(sessions_dir: &Path) -> Vec<Unfinished> {
    session_folders(sessions_dir)
        .iter()
        .filter_map(|folder| Unfinished::in_folder(folder))
        .collect()
}

/// Whether a file of this name is one that a session has, locked or not; what a crash left of one
/// included.
pub fn is_of_session(name: &str) -> bool {
    let name = name.strip_suffix(".part").and_then(|n| n.strip_suffix(SEALED)).unwrap_or(name);
    let name = name.strip_suffix(SEALED).unwrap_or(name);
    let is_ours = |file: &str| {
        let rest = name.strip_prefix(file);
        rest.is_some_and(|rest| rest.is_empty() || rest == ".part" || rest.ends_with(".tmp"))
    };
    FILES.iter().any(|file| is_ours(file)) || name.starts_with(RECORD)
}

/// Removes the folder of a session, finished or not, to write it anew. A folder that holds anything
/// but a session stays as it is, and so does one that is being written.
///
/// # Errors
/// Says why it stays.
pub fn discard(folder: &Path) -> Result<(), RecoverError> {
    let io_error = RecoverError::io(folder);
    let names = match fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| Ok(entry?.file_name())).collect::<io::Result<Vec<_>>>(),
        // Nothing to remove; whoever makes the folder is told what is in the way.
        Err(error)
            if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) =>
        {
            return Ok(());
        }
        Err(error) => Err(error),
    };
    let names = names.map_err(io_error)?;
    if let Some(other) = names.iter().find(|name| !name.to_str().is_some_and(is_of_session)) {
        return Err(RecoverError::Foreign { path: folder.join(other) });
    }
    if let Ok(file) = File::open(folder.join(part_of(OBSERVATIONS)))
        && matches!(file.try_lock(), Err(TryLockError::WouldBlock))
    {
        return Err(RecoverError::InUse { folder: folder.to_owned() });
    }
    fs::remove_dir_all(folder).map_err(RecoverError::io(folder))
}

/// Closes the session: a last line that was cut is removed, the tables get their names,
/// `session.json` says that it was recovered. Whatever happens on the way, a second call does
/// the rest; for a session that is closed already it does nothing.
///
/// # Errors
/// Says why not; nothing but the cut line is lost.
pub fn recover(unfinished: &Unfinished) -> Result<Recovered, RecoverError> {
    let folder = &unfinished.folder;
    let part = folder.join(part_of(OBSERVATIONS));
    let closed = folder.join(OBSERVATIONS);
    let observations = match OpenOptions::new().read(true).write(true).open(&part) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound && closed.exists() => {
            return Ok(as_closed(folder));
        }
        Err(error) => return Err(RecoverError::io(&part)(error)),
    };
    if let Err(TryLockError::WouldBlock) = observations.try_lock() {
        return Err(RecoverError::InUse { folder: folder.clone() });
    }
    let mut observations = Locked(observations);
    match (part.exists(), closed.exists()) {
        (false, _) => return Ok(as_closed(folder)),
        (true, true) => return Err(RecoverError::Occupied { path: closed }),
        (true, false) => {}
    }

    let record = read_record(folder)?;
    let labels = Labels::new(&record.labels);
    // Without labels the columns are unknown; a table without any is read as one without rows.
    let schema = (!labels.is_empty()).then(|| Schema::observations(&labels));
    mend_table(&mut observations.0, schema.as_ref()).map_err(RecoverError::io(&part))?;
    recover_events(folder)?;

    let copy = observations.0.try_clone().map_err(RecoverError::io(&part))?;
    let found = Found::in_rows(copy, &part)?;
    let record = found.complete(record, gaps_in(folder));
    record.write(folder).map_err(RecoverError::io(&folder.join(RECORD)))?;

    // Last, as a session counts as unfinished until then. Still locked, so that nobody takes it
    // for one to recover meanwhile.
    fs::rename(&part, &closed).map_err(RecoverError::io(&closed))?;
    sync_folder(folder);
    Ok(Recovered { folder: folder.clone(), rows: record.rows, duration: record.duration() })
}

/// Unlocks for certain: closing does too, but not as long as a child that is just being started
/// has a copy of the handle.
struct Locked(File);

impl Drop for Locked {
    fn drop(&mut self) {
        let _ = self.0.unlock();
    }
}

/// Lines of a file that have an end, and where the last of them ends.
struct WholeLines {
    lines: u64,
    end: u64,
}

/// In our tables a line is always a row, as no cell holds a line break.
fn whole_lines(file: &mut File) -> io::Result<WholeLines> {
    file.seek(SeekFrom::Start(0))?;
    let mut whole = WholeLines { lines: 0, end: 0 };
    let mut chunk = vec![0; 64 * 1024];
    let mut start = 0;
    loop {
        let len = match file.read(&mut chunk) {
            Ok(0) => return Ok(whole),
            Ok(len) => len,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let bytes = &chunk[..len];
        whole.lines += bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
        if let Some(last) = bytes.iter().rposition(|byte| *byte == b'\n') {
            whole.end = start + last as u64 + 1;
        }
        start += len as u64;
    }
}

/// The row before `end`, if it makes sense, without reading those before.
fn last_row(file: &mut File, end: u64, path: &Path) -> Option<Row> {
    // Far more than a row has.
    const LONGEST_LINE: u64 = 64 * 1024;
    file.seek(SeekFrom::Start(0)).ok()?;
    let mut lines = Vec::new();
    BufReader::new(file.take(LONGEST_LINE)).read_until(b'\n', &mut lines).ok()?;
    let start = end.saturating_sub(LONGEST_LINE).max(lines.len() as u64);
    file.seek(SeekFrom::Start(start)).ok()?;
    let mut tail = Vec::new();
    file.take(end.checked_sub(start)?).read_to_end(&mut tail).ok()?;
    lines.extend_from_slice(tail.split_inclusive(|byte| *byte == b'\n').next_back()?);
    Rows::<Row>::of_lines(lines, path).ok()?.next()?.ok()
}

/// Wall clock time at time zero, as far as a row tells.
fn start_of(row: &Row) -> Option<Timestamp> {
    row.utc?.checked_sub(jiff::SignedDuration::try_from(row.time).ok()?).ok()
}

fn as_closed(folder: &Path) -> Recovered {
    let record = SessionRecord::read(folder).unwrap_or_default();
    Recovered { folder: folder.to_owned(), rows: record.rows, duration: record.duration() }
}

/// What `session.json` says, or as good as nothing if there is none. One that makes no sense is
/// put aside.
fn read_record(folder: &Path) -> Result<SessionRecord, RecoverError> {
    let path = folder.join(RECORD);
    match SessionRecord::read(folder) {
        Ok(record) => return Ok(record),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) if is_nonsense(&error) => {
            let aside = folder.join(format!("{RECORD}.damaged"));
            fs::rename(&path, aside).map_err(RecoverError::io(&path))?;
        }
        Err(error) => return Err(RecoverError::io(&path)(error)),
    }
    Ok(SessionRecord { schema_version: SCHEMA_VERSION, ..SessionRecord::default() })
}

fn is_nonsense(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof)
}

/// Removes a last line that was cut. If that was the line of column names, it is written anew.
fn mend_table<R: TableRow>(file: &mut File, schema: Option<&Schema<R>>) -> io::Result<()> {
    let whole = whole_lines(file)?;
    file.set_len(whole.end)?;
    if let (0, Some(schema)) = (whole.end, schema) {
        let mut header = Vec::new();
        schema.write_header(&mut header)?;
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&header)?;
    }
    sync_file(file)
}

fn recover_events(folder: &Path) -> Result<(), RecoverError> {
    let (part, closed) = (folder.join(part_of(EVENTS)), folder.join(EVENTS));
    let mut events = match OpenOptions::new().read(true).write(true).open(&part) {
        Ok(file) => file,
        // Closed already, or deleted.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(RecoverError::io(&part)(error)),
    };
    if closed.exists() {
        return Err(RecoverError::Occupied { path: closed });
    }
    mend_table(&mut events, Some(&Schema::events())).map_err(RecoverError::io(&part))?;
    fs::rename(&part, &closed).map_err(RecoverError::io(&closed))
}

/// The gaps that `events.csv` tells of; none if it can't be read.
fn gaps_in(folder: &Path) -> Vec<Gap> {
    let events = Session::open(folder).and_then(|session| session.events());
    let rows = events.into_iter().flatten().flatten();
    rows.filter_map(|row| Gap::of(row.time, &row.as_event()?)).collect()
}

/// What the rows tell about their session.
#[derive(Debug, Default)]
struct Found {
    rows: u64,
    frames: u64,
    last: Option<Row>,
    start: Option<Timestamp>,
    words: Vec<String>,
}

impl Found {
    fn in_rows(file: File, path: &Path) -> Result<Self, RecoverError> {
        let mut rows = Rows::<Row>::of_file(file, path)
            .map_err(|error| RecoverError::Io { path: path.into(), reason: error.to_string() })?;
        let mut found = Self::default();
        for row in &mut rows {
            found.rows += 1;
            // A row that makes no sense stays where it is; its reader will be told.
            let Ok(row) = row else { continue };
            if found.last.as_ref().is_none_or(|last| last.frame != row.frame) {
                found.frames += 1;
            }
            found.start = found.start.or_else(|| start_of(&row));
            found.last = Some(row);
        }
        found.words = rows.label_words().to_vec();
        Ok(found)
    }

    fn complete(self, mut record: SessionRecord, gaps: Vec<Gap>) -> SessionRecord {
        if record.complete {
            // It died between its last two steps; the program knew better than the rows do.
            return record;
        }
        record.recovered = true;
        record.gaps = gaps;
        record.rows = self.rows;
        record.frames.analysed = self.frames;
        record.duration_secs = self.last.map_or(0.0, |row| row.time.as_secs_f64());
        if record.labels.is_empty() {
            record.labels = self.words;
        }
        if record.start_utc.is_none() {
            record.start_utc = self.start.map(|start| start.to_string());
        }
        record
    }
}

#[cfg(test)]
mod tests;
