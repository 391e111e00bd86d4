//! Naming, tagging and marking a session that is closed.
//!
//! Changes go into the folder itself, each file replaced as a whole, so that a crash leaves the old
//! one or the new one. Fields and columns that this version does not know stay as they are.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::look::is_being_written;
use crate::session::schema::Schema;
use crate::session::vault;
use crate::session::{
    EVENTS, EventRow, OBSERVATIONS, RECORD, Session, SessionEvent, write_atomically,
};

/// What the user says about a session afterwards. `None` leaves it as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Labelling {
    /// What it is called; empty: as its file or folder is.
    pub name: Option<String>,
    /// All its tags.
    pub tags: Option<Vec<String>>,
    /// Participant code.
    pub participant: Option<String>,
    /// Free text.
    pub note: Option<String>,
}

/// Why a session stays as it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// It is being recorded, or was not closed.
    #[error("{} is not closed yet", folder.display())]
    Open {
        /// Session folder.
        folder: PathBuf,
    },
    /// It is encrypted.
    #[error("{} is locked", folder.display())]
    Locked {
        /// Session folder.
        folder: PathBuf,
    },
    /// A file of it makes no sense, and writing it anew would lose what may be saved by hand.
    #[error("{} can't be changed: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// There is no such event.
    #[error("{} holds no such event", path.display())]
    NoSuchEvent {
        /// The table.
        path: PathBuf,
    },
    /// The system refuses.
    #[error("{} can't be changed: {reason}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
}

impl EditError {
    /// What to do next, in one sentence.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Open { .. } => "Stop recording, or recover the session, then try again.",
            Self::Locked { .. } => "Unlock it, change it, and lock it again.",
            Self::Damaged { .. } => {
                "Restore the file from a copy, or delete it: rows stay readable without it."
            }
            Self::NoSuchEvent { .. } => "It may have been removed by another window; look again.",
            Self::Io { .. } => "Check space and permissions, then try again.",
        }
    }

    fn io(path: &Path, error: &io::Error) -> Self {
        Self::Io { path: path.to_owned(), reason: error.to_string() }
    }
}

/// Names and tags a session. Tags are trimmed; empty ones and repeats are left out.
///
/// # Errors
/// Says why it stays as it was.
pub fn set_labelling(folder: &Path, labelling: &Labelling) -> Result<(), EditError> {
    closed(folder)?;
    let path = folder.join(RECORD);
    let mut record = match fs::read(&path) {
        Ok(bytes) => serde_json::from_slice::<Map<String, Value>>(&bytes).map_err(|error| {
            EditError::Damaged { path: path.clone(), reason: error.to_string() }
        })?,
        Err(error) => return Err(EditError::io(&path, &error)),
    };
    let texts = [
        ("name", &labelling.name),
        ("participant", &labelling.participant),
        ("note", &labelling.note),
    ];
    for (field, text) in texts {
        if let Some(text) = text {
            record.insert(field.into(), text.trim().into());
        }
    }
    if let Some(tags) = &labelling.tags {
        let mut kept: Vec<&str> = Vec::new();
        for tag in tags.iter().map(|tag| tag.trim()).filter(|tag| !tag.is_empty()) {
            if !kept.contains(&tag) {
                kept.push(tag);
            }
        }
        record.insert("tags".into(), kept.into());
    }
    let mut json = serde_json::to_vec_pretty(&record)
        .map_err(|error| EditError::Damaged { path: path.clone(), reason: error.to_string() })?;
    json.push(b'\n');
    write_atomically(&path, &json).map_err(|error| EditError::io(&path, &error))
}

/// Adds events to a closed session, each at its place in time. What is in the table stays byte by
/// byte.
///
/// # Errors
/// Says why the table stays as it was.
pub fn add_events(folder: &Path, rows: &[EventRow]) -> Result<(), EditError> {
    let mut table = EventTable::read(folder)?;
    for row in rows {
        let mut line = Vec::new();
        Schema::events().write_row(row, &mut line).map_err(|error| table.damaged(&error))?;
        let line = table.in_own_columns(&line)?;
        let at = table.lines.iter().rposition(|(time, _)| *time <= row.time);
        table.lines.insert(at.map_or(0, |at| at + 1), (row.time, line));
    }
    table.write()
}

/// Removes an event that was set by a person: a marker or a note. The first that is the same in
/// time, kind and text.
///
/// # Errors
/// [`EditError::NoSuchEvent`], or why the table stays as it was.
pub fn remove_event(folder: &Path, row: &EventRow) -> Result<(), EditError> {
    let mut table = EventTable::read(folder)?;
    let by_hand =
        matches!(row.as_event(), Some(SessionEvent::Marker { .. } | SessionEvent::Note { .. }));
    let rows = Session::open(folder).and_then(|session| session.events());
    let same = |other: &EventRow| {
        (other.time, &other.event, &other.text) == (row.time, &row.event, &row.text)
    };
    let at = rows.ok().and_then(|mut rows| rows.position(|other| other.is_ok_and(|o| same(&o))));
    match at.filter(|at| by_hand && *at < table.lines.len()) {
        Some(at) => table.lines.remove(at),
        None => return Err(EditError::NoSuchEvent { path: table.path }),
    };
    table.write()
}

/// `events.csv` as lines.
struct EventTable {
    path: PathBuf,
    header: Vec<u8>,
    /// Time of each line, that of the line before if it makes no sense, and the line.
    lines: Vec<(std::time::Duration, Vec<u8>)>,
}

impl EventTable {
    fn read(folder: &Path) -> Result<Self, EditError> {
        closed(folder)?;
        let path = folder.join(EVENTS);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(EditError::io(&path, &error)),
        };
        let mut lines = bytes.split_inclusive(|byte| *byte == b'\n').map(|line| {
            let mut line = line.to_vec();
            if !line.ends_with(b"\n") {
                line.push(b'\n');
            }
            line
        });
        let header = match lines.next() {
            Some(header) => header,
            None => {
                let mut header = Vec::new();
                Schema::events().write_header(&mut header).map_err(|error| EditError::Damaged {
                    path: path.clone(),
                    reason: error.to_string(),
                })?;
                header
            }
        };
        let mut table = Self { path, header, lines: Vec::new() };
        let mut time = std::time::Duration::ZERO;
        for line in lines {
            time = table.time_of(&line).unwrap_or(time);
            table.lines.push((time, line));
        }
        Ok(table)
    }

    fn time_of(&self, line: &[u8]) -> Option<std::time::Duration> {
        let text = [&self.header[..], line].concat();
        let mut rows = crate::session::Rows::<EventRow>::of_lines(text, &self.path).ok()?;
        rows.next()?.ok().map(|row| row.time)
    }

    /// A line of ours with the columns of this table, which another version may have written.
    fn in_own_columns(&self, line: &[u8]) -> Result<Vec<u8>, EditError> {
        let mut own = Vec::new();
        Schema::events().write_header(&mut own).map_err(|error| self.damaged(&error))?;
        let cells = |bytes: &[u8]| -> csv::Result<Vec<String>> {
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(bytes);
            let first = reader.records().next().transpose()?;
            Ok(first.iter().flatten().map(str::to_owned).collect())
        };
        let known = cells(&own).map_err(|error| self.damaged(&error))?;
        let values = cells(line).map_err(|error| self.damaged(&error))?;
        let columns = cells(&self.header).map_err(|error| self.damaged(&error))?;
        if !columns.iter().any(|column| column == "timestamp") {
            return Err(EditError::Damaged {
                path: self.path.clone(),
                reason: "it has no column “timestamp”".into(),
            });
        }
        let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
        let row = columns.iter().map(|column| {
            let at = known.iter().position(|name| name == column);
            at.and_then(|at| values.get(at)).map_or("", String::as_str)
        });
        writer.write_record(row).map_err(|error| self.damaged(&error))?;
        writer.into_inner().map_err(|error| self.damaged(error.error()))
    }

    fn damaged(&self, error: &dyn std::fmt::Display) -> EditError {
        EditError::Damaged { path: self.path.clone(), reason: error.to_string() }
    }

    fn write(self) -> Result<(), EditError> {
        let lines = self.lines.iter().flat_map(|(_, line)| line);
        let bytes: Vec<u8> = self.header.iter().chain(lines).copied().collect();
        write_atomically(&self.path, &bytes).map_err(|error| EditError::io(&self.path, &error))
    }
}

fn closed(folder: &Path) -> Result<(), EditError> {
    // A new table beside the encrypted one would be a second truth.
    if vault::is_locked(folder) {
        return Err(EditError::Locked { folder: folder.to_owned() });
    }
    if folder.join(OBSERVATIONS).is_file() && !is_being_written(folder) {
        return Ok(());
    }
    Err(EditError::Open { folder: folder.to_owned() })
}
