//! A list of what was shown when, attached to a session as markers.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::edit::{EditError, add_events};
use crate::session::{EventRow, Format, ReadError, Session, SessionEvent, Value, utc_at};
use crate::words::counted;

/// Something that was shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stimulus {
    /// Since the session's time zero.
    pub onset: Duration,
    /// Becomes the text of the marker.
    pub label: String,
}

/// What became of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Attached {
    /// Markers that were written.
    pub written: usize,
    /// Markers of the same time and text that were there before.
    pub known: usize,
    /// Stimuli after the end of the session; they are left out.
    pub after_end: usize,
}

impl fmt::Display for Attached {
    /// `3 markers written, 1 after the end left out`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} written", counted(self.written as u64, "marker"))?;
        if self.known > 0 {
            write!(f, ", {} there already", self.known)?;
        }
        if self.after_end > 0 {
            write!(f, ", {} after the end left out", self.after_end)?;
        }
        Ok(())
    }
}

/// Why a list can't be attached.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StimuliError {
    /// The list can't be read.
    #[error("{} can't be read: {reason}", path.display())]
    Read {
        /// The list.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// The list makes no sense.
    #[error("{}, line {line}: {reason}", path.display())]
    Line {
        /// The list.
        path: PathBuf,
        /// Counted from 1.
        line: u64,
        /// For people.
        reason: String,
    },
    /// The session can't be read.
    #[error(transparent)]
    Session(#[from] ReadError),
    /// The session can't be changed.
    #[error(transparent)]
    Edit(#[from] EditError),
}

impl StimuliError {
    /// What to do next, in one sentence.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Read { .. } => "Check the path and the permissions.",
            Self::Line { .. } => "A list has the columns onset, in seconds, and label.",
            Self::Session(_) => "`mien sessions` lists those that there are.",
            Self::Edit(error) => error.advice(),
        }
    }
}

/// Reads a list: CSV with the columns `onset`, in seconds since the session's time zero, and
/// `label`. Others are ignored.
///
/// # Errors
/// Says which line makes no sense.
pub fn read_stimuli(path: &Path) -> Result<Vec<Stimulus>, StimuliError> {
    let failed =
        |error: io::Error| StimuliError::Read { path: path.to_owned(), reason: error.to_string() };
    let bytes = fs::read(path).map_err(failed)?;
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&bytes);
    let wrong = |line, reason: String| StimuliError::Line { path: path.to_owned(), line, reason };
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(bytes);
    let names = reader.headers().map_err(|error| wrong(1, error.to_string()))?.clone();
    let find = |name: &str| {
        let at = names.iter().position(|column| column == name);
        at.ok_or_else(|| wrong(1, format!("there is no column “{name}”")))
    };
    let (onset, label) = (find("onset")?, find("label")?);
    let mut stimuli = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| {
            wrong(error.position().map_or(0, csv::Position::line), error.to_string())
        })?;
        let line = record.position().map_or(0, csv::Position::line);
        let Some(Value::Time(time)) = Format::Seconds.read(&record[onset]) else {
            return Err(wrong(line, format!("“{}” is no time in seconds", &record[onset])));
        };
        stimuli.push(Stimulus { onset: time, label: record[label].to_owned() });
    }
    if stimuli.is_empty() {
        return Err(wrong(1, "it has no rows".into()));
    }
    stimuli.sort_by_key(|stimulus| stimulus.onset);
    Ok(stimuli)
}

/// Writes a marker for each stimulus into a closed session. One that is there already is not
/// written again, so a list may be attached twice.
///
/// # Errors
/// Says why the session stays as it was.
pub fn attach(folder: &Path, stimuli: &[Stimulus]) -> Result<Attached, StimuliError> {
    let session = Session::open(folder)?;
    let record = session.record();
    let there: Vec<EventRow> =
        session.events().map(|rows| rows.filter_map(Result::ok).collect()).unwrap_or_default();
    let mut attached = Attached::default();
    let mut rows = Vec::new();
    for stimulus in stimuli {
        // A session whose end nobody noted takes them all.
        if record.duration_secs > 0.0 && stimulus.onset > record.duration() {
            attached.after_end += 1;
            continue;
        }
        let event = SessionEvent::Marker { label: stimulus.label.clone() };
        let row = EventRow::new(stimulus.onset, utc_at(record.start(), stimulus.onset), &event);
        let same = |other: &EventRow| {
            (other.time, &other.event, &other.text) == (row.time, &row.event, &row.text)
        };
        if there.iter().chain(&rows).any(same) {
            attached.known += 1;
        } else {
            rows.push(row);
        }
    }
    attached.written = rows.len();
    if !rows.is_empty() {
        add_events(folder, &rows)?;
    }
    Ok(attached)
}
