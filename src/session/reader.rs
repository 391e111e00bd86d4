//! Reads a session, whole or not, row by row: three hours need no more memory than a second.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use lines::Lines;

use super::cell::Value;
use super::schema::{Column, Schema, TableRow};
use super::vault::{self, Key, VaultError, sealed_path};
use super::{EVENTS, EventRow, OBSERVATIONS, RECORD, Row, SESSIONS, SessionRecord, part_of};

/// A session folder.
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    folder: PathBuf,
    record: SessionRecord,
    record_problem: Option<String>,
    /// Opens its files, if it is locked.
    key: Option<Key>,
}

impl Session {
    /// Looks at a session folder.
    ///
    /// # Errors
    /// [`ReadError::NotASession`] if it has no `observations.csv`, closed or not, or that is one of
    /// many sessions; [`ReadError::Locked`] if it is.
    pub fn open(folder: &Path) -> Result<Self, ReadError> {
        Self::open_with(folder, None)
    }

    /// The same; with a key also if it is locked. What is read is decrypted in memory, piece by
    /// piece.
    ///
    /// # Errors
    /// As [`Self::open`], and [`ReadError::Vault`] if the key does not open it.
    pub fn open_with(folder: &Path, key: Option<&Key>) -> Result<Self, ReadError> {
        if !is_session(folder) {
            return Err(ReadError::NotASession { folder: folder.to_owned() });
        }
        let key = match key {
            _ if !vault::is_locked(folder) => None,
            None => return Err(ReadError::Locked { folder: folder.to_owned() }),
            Some(key) => {
                key.check(folder)?;
                Some(key.clone())
            }
        };
        let session = Self {
            folder: folder.to_owned(),
            record: SessionRecord::default(),
            record_problem: None,
            key,
        };
        Ok(match session.read_record() {
            Ok(record) => Self { record, ..session },
            Err(problem) => Self { record_problem: Some(problem), ..session },
        })
    }

    fn read_record(&self) -> Result<SessionRecord, String> {
        let SessionFile { mut input, path, .. } =
            self.file(RECORD).map_err(|error| error.to_string())?;
        let mut json = Vec::new();
        let read = input.read_to_end(&mut json);
        read.and_then(|_| SessionRecord::parse(&json))
            .map_err(|error| format!("{} can't be read: {error}", path.display()))
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Content of `session.json`; the default if [`Self::record_problem`] says why.
    pub fn record(&self) -> &SessionRecord {
        &self.record
    }

    /// Why `session.json` can't be read, for people. Rows can be read all the same.
    pub fn record_problem(&self) -> Option<&str> {
        self.record_problem.as_deref()
    }

    /// Whether it is being written, or was when the program or the system died.
    pub fn is_unfinished(&self) -> bool {
        let closed = [self.folder.join(OBSERVATIONS), sealed_path(&self.folder, OBSERVATIONS)];
        closed.iter().all(|path| !path.exists())
    }

    /// Whether it is locked.
    pub fn is_locked(&self) -> bool {
        self.key.is_some()
    }

    /// Rows of `observations.csv` from the start.
    ///
    /// # Errors
    /// The table can't be opened or is none of ours.
    pub fn observations(&self) -> Result<Rows<Row>, ReadError> {
        self.table(OBSERVATIONS)
    }

    /// Rows of `events.csv` from the start.
    ///
    /// # Errors
    /// The table can't be opened or is none of ours.
    pub fn events(&self) -> Result<Rows<EventRow>, ReadError> {
        self.table(EVENTS)
    }

    fn table<R: TableRow>(&self, name: &str) -> Result<Rows<R>, ReadError> {
        let SessionFile { input, len, last, path } = self.file(name)?;
        let tail = Tail::new(len, last, &path);
        Rows::new(Box::new(input.take(len)), tail, &path)
    }

    /// Opens a file of the session: the one place that knows whether it is plain or encrypted. As
    /// long as there is a plain one it counts: nothing is encrypted that differs from it.
    pub(super) fn file(&self, name: &str) -> Result<SessionFile, ReadError> {
        let sealed = sealed_path(&self.folder, name);
        match (table_path(&self.folder, name), &self.key) {
            (None, Some(key)) if sealed.is_file() => SessionFile::sealed(sealed, key),
            (plain, _) => SessionFile::plain(plain.unwrap_or_else(|| self.folder.join(name))),
        }
    }
}

/// A file of a session, opened.
pub(super) struct SessionFile {
    /// Its content from the start.
    pub input: Box<dyn Read + Send>,
    /// Bytes of content.
    pub len: u64,
    /// The last byte; `None` if there is none.
    last: Option<u8>,
    /// Where it is.
    pub path: PathBuf,
}

impl SessionFile {
    fn plain(path: PathBuf) -> Result<Self, ReadError> {
        let failed = |error: io::Error| ReadError::io(&path, &error);
        let mut file = File::open(&path).map_err(failed)?;
        let (len, last) = end_of(&mut file).map_err(failed)?;
        Ok(Self { input: Box::new(file), len, last, path })
    }

    fn sealed(path: PathBuf, key: &Key) -> Result<Self, ReadError> {
        let failed = |error: io::Error| ReadError::io(&path, &error);
        let len = key.open_of_session(&path)?.len().map_err(failed)?;
        let last = match len.checked_sub(1) {
            Some(at) => Some(key.open_of_session(&path)?.byte(at).map_err(failed)?),
            None => None,
        };
        let input = Box::new(key.open_of_session(&path)?);
        Ok(Self { input, len, last, path })
    }
}

/// Length and last byte of a file, which is at its start afterwards.
fn end_of(file: &mut File) -> io::Result<(u64, Option<u8>)> {
    let len = file.seek(SeekFrom::End(0))?;
    let mut last = [0];
    if len > 0 {
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
    }
    file.seek(SeekFrom::Start(0))?;
    Ok((len, (len > 0).then_some(last[0])))
}

/// Whether a folder is a session, finished or not, locked or not.
pub fn is_session(folder: &Path) -> bool {
    let sealed = || sealed_path(folder, OBSERVATIONS).is_file();
    (table_path(folder, OBSERVATIONS).is_some() || sealed()) && !folder.join(SESSIONS).is_file()
}

/// Where a plain table is: closed, or being written.
fn table_path(folder: &Path, name: &str) -> Option<PathBuf> {
    [folder.join(name), folder.join(part_of(name))].into_iter().find(|path| path.is_file())
}

/// The rows of a table, one after the other. A row that makes no sense is an error that names
/// its line; the next one may be sound.
///
/// Columns are found by name, in any order; unknown ones are ignored. A byte order mark and
/// Windows line ends are fine. A last line that was cut is left out, see [`Self::cut_line`].
pub struct Rows<R: 'static> {
    lines: Lines,
    path: PathBuf,
    words: Vec<String>,
    /// Known columns and where they are.
    columns: Vec<(usize, Column<R>)>,
    width: usize,
    tail: Tail,
    cut_line: Option<u64>,
    done: bool,
}

/// How a table ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Tail {
    len: u64,
    /// Ends with a line end.
    whole: bool,
    /// Being written: a last line without an end is cut for sure. RFC 4180 allows one in a
    /// closed table, and some editors write it that way.
    unfinished: bool,
}

impl Tail {
    fn new(len: u64, last: Option<u8>, path: &Path) -> Self {
        let unfinished = path.extension().is_some_and(|extension| extension == "part");
        Self { len, whole: last == Some(b'\n'), unfinished }
    }
}

impl<R: TableRow> Rows<R> {
    /// Reads from the start of `file` to where its end is now.
    pub(super) fn of_file(mut file: File, path: &Path) -> Result<Self, ReadError> {
        let (len, last) = end_of(&mut file).map_err(|error| ReadError::io(path, &error))?;
        Self::new(Box::new(file.take(len)), Tail::new(len, last, path), path)
    }

    /// Reads whole lines from memory.
    pub(crate) fn of_lines(lines: Vec<u8>, path: &Path) -> Result<Self, ReadError> {
        let tail = Tail { len: lines.len() as u64, whole: true, unfinished: true };
        Self::new(Box::new(io::Cursor::new(lines)), tail, path)
    }

    fn new(input: Box<dyn Read + Send>, tail: Tail, path: &Path) -> Result<Self, ReadError> {
        let mut lines = Lines::new(input);
        let header = lines.next_row().map_err(|error| ReadError::io(path, &error))?;
        let has_header = header.is_some();
        let header_cut = tail.unfinished && !tail.whole && lines.bytes_read() >= tail.len;
        let names: Vec<String> = (0..lines.cells())
            .map(|index| String::from_utf8_lossy(lines.cell(index)).trim().to_owned())
            .collect();
        let mut rows = Self {
            lines,
            path: path.to_owned(),
            words: words_in::<R>(&names),
            columns: Vec::new(),
            width: names.len(),
            tail,
            cut_line: (has_header && header_cut).then_some(1),
            done: !has_header || header_cut,
        };
        if !rows.done {
            rows.columns = find_columns(&names, &rows.words, path)?;
        }
        Ok(rows)
    }

    /// Words of the labels in the order of [`super::FaceRow::posterior`].
    pub fn label_words(&self) -> &[String] {
        &self.words
    }

    /// Once all rows are read: the line that was left out because it was cut.
    pub fn cut_line(&self) -> Option<u64> {
        self.cut_line
    }

    fn parse(&self, line: u64) -> Result<R, RowError> {
        let wrong = |column: Option<&str>, reason: String| RowError {
            path: self.path.clone(),
            line,
            column: column.map(str::to_owned),
            reason,
        };
        if self.lines.is_open() {
            return Err(wrong(None, "has a quotation mark that is not closed".into()));
        }
        if self.lines.cells() != self.width {
            let reason =
                format!("has {} cells where there should be {}", self.lines.cells(), self.width);
            return Err(wrong(None, reason));
        }
        let mut row = R::default();
        for (position, column) in &self.columns {
            let bytes = self.lines.cell(*position);
            let spec = column.spec;
            let value = str::from_utf8(bytes).ok().and_then(|cell| spec.format.read(cell));
            let taken = match value {
                Some(Value::Empty) => !R::REQUIRED.contains(&spec.name),
                Some(value) => (spec.take)(&mut row, column.class, value).is_some(),
                None => false,
            };
            if !taken {
                // Enough to find it by.
                let cell: String = String::from_utf8_lossy(bytes).chars().take(40).collect();
                let reason = format!("{cell:?} is not: {}", spec.format.describe());
                return Err(wrong(Some(&column.name), reason));
            }
        }
        Ok(row)
    }
}

impl<R: TableRow> Iterator for Rows<R> {
    type Item = Result<R, RowError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let line = match self.lines.next_row() {
            Ok(Some(line)) => line,
            Ok(None) => {
                self.done = true;
                return None;
            }
            Err(error) => {
                self.done = true;
                let (path, reason) = (self.path.clone(), error.to_string());
                return Some(Err(RowError {
                    path,
                    line: self.lines.line() + 1,
                    column: None,
                    reason,
                }));
            }
        };
        let row = self.parse(line);
        let without_end = !self.tail.whole && self.lines.bytes_read() >= self.tail.len;
        if without_end && (self.tail.unfinished || row.is_err()) {
            self.cut_line = Some(line);
            self.done = true;
            return None;
        }
        Some(row)
    }
}

impl<R> std::fmt::Debug for Rows<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rows").field("path", &self.path).finish_non_exhaustive()
    }
}

/// What follows the prefix of the first column per label, in the order of the table.
fn words_in<R: TableRow>(names: &[String]) -> Vec<String> {
    let Some(prefix) = R::COLUMNS.iter().find(|spec| spec.per_label).map(|spec| spec.name) else {
        return Vec::new();
    };
    names.iter().filter_map(|name| name.strip_prefix(prefix)).map(str::to_owned).collect()
}

fn find_columns<R: TableRow>(
    names: &[String],
    words: &[String],
    path: &Path,
) -> Result<Vec<(usize, Column<R>)>, ReadError> {
    let mut positions = HashMap::new();
    for (position, name) in names.iter().enumerate() {
        // The first of two columns of one name counts.
        positions.entry(name.as_str()).or_insert(position);
    }
    if let Some(missing) = R::REQUIRED.iter().find(|name| !positions.contains_key(**name)) {
        return Err(ReadError::MissingColumn { path: path.to_owned(), column: missing });
    }
    let mut found: Vec<_> = Schema::<R>::with_words(words)
        .columns()
        .iter()
        .filter_map(|column| Some((*positions.get(column.name.as_str())?, column.clone())))
        .collect();
    // Whether there is a face is for this column to say, whatever stands in the others.
    found.sort_by_key(|(_, column)| column.name == "success");
    Ok(found)
}

/// Why a session can't be read at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// Another folder, or none.
    #[error("{} is not a session folder: it has no {OBSERVATIONS}", folder.display())]
    NotASession {
        /// What was taken for one.
        folder: PathBuf,
    },
    /// Its files are encrypted, and there is no key.
    #[error(
        "{} is locked: give its passphrase in MIEN_PASSPHRASE or with --passphrase-file, or unlock \
         it with `mien sessions unlock`", folder.display()
    )]
    Locked {
        /// Session folder.
        folder: PathBuf,
    },
    /// The key does not open it.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// Another table.
    #[error("{} is not a table of Mien: it has no column “{column}”", path.display())]
    MissingColumn {
        /// The table.
        path: PathBuf,
        /// What it lacks.
        column: &'static str,
    },
    /// The system refuses.
    #[error("{} can't be read: {reason}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
}

impl ReadError {
    pub(super) fn io(path: &Path, error: &io::Error) -> Self {
        Self::Io { path: path.to_owned(), reason: error.to_string() }
    }
}

/// Why a row makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{}, line {line}{}: {reason}", path.display(),
    column.as_ref().map(|name| format!(", column {name}")).unwrap_or_default()
)]
pub struct RowError {
    /// The table.
    pub path: PathBuf,
    /// Counted from 1, the line of column names.
    pub line: u64,
    /// Where in the line; `None`: the line as a whole.
    pub column: Option<String>,
    /// For people.
    pub reason: String,
}

impl RowError {
    /// The same, where `lines` more lines stand before what was read.
    pub(super) fn after_lines(mut self, lines: u64) -> Self {
        self.line += lines;
        self
    }

    /// In words, with the name of the table alone.
    pub fn short(&self) -> String {
        let name = self.path.file_name().unwrap_or_default();
        Self { path: name.into(), ..self.clone() }.to_string()
    }
}

/// Names of folders that hold a session, in the order of their names.
pub fn session_folders(sessions_dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(sessions_dir).into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> =
        entries.map(|entry| entry.path()).filter(|folder| is_session(folder)).collect();
    folders.sort();
    folders
}

mod lines;
#[cfg(test)]
mod tests;
