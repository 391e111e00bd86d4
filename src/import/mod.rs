//! Tables of other programs as sessions.
//!
//! Nothing is guessed: a column either has a stated meaning (`mapping.rs`) or is kept under its own
//! name; a cell that makes no sense ends the import; and what was written is read back before it
//! counts.

mod docs;
mod mapping;
mod table;

#[cfg(test)]
mod tests;

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

pub use docs::import_md;
pub use mapping::{Layout, Mapping, Program};

use crate::digest::sha256;
use crate::session::schema::Schema;
use crate::session::{
    EVENTS, EventRow, FileRecord, FrameCounts, OBSERVATIONS, RecordError, SCHEMA_VERSION, Session,
    SessionRecord, Signal, SourceRecord, create_unique, guarded, replace_with, write_atomically,
};
use table::Foreign;

/// What stands in [`SourceRecord::spec`] of such a session.
pub const SPEC: &str = "imported";

/// A session that was made from a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// Session folder.
    pub folder: PathBuf,
    /// Rows of it.
    pub rows: u64,
    /// Rows of the table that are about something else.
    pub passed_over: u64,
    /// Columns that stand in the session under their own names, with the prefix of the program.
    pub kept: Vec<String>,
}

/// Why there is no session.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The system refuses to read.
    #[error("{} can't be read: {source}", path.display())]
    Read {
        /// The table.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another table.
    #[error("{} is no table of {program}: it has no column “{column}”", path.display())]
    MissingColumn {
        /// The table.
        path: PathBuf,
        /// Whose it should be.
        program: &'static str,
        /// What it lacks.
        column: &'static str,
    },
    /// It has frames and no times.
    #[error("{} has no times", path.display())]
    NoTimes {
        /// The table.
        path: PathBuf,
    },
    /// A cell or a line makes no sense.
    #[error("{}, line {line}: {reason}", path.display())]
    Row {
        /// The table.
        path: PathBuf,
        /// Counted from 1.
        line: u64,
        /// For people.
        reason: String,
    },
    /// It has a head and no rows.
    #[error("{} has no rows", path.display())]
    Empty {
        /// The table.
        path: PathBuf,
    },
    /// What was written is not what a session has to be.
    #[error("{} makes no sound session: {reason}", path.display())]
    Unsound {
        /// The table.
        path: PathBuf,
        /// For people.
        reason: String,
    },
    /// The session can't be written.
    #[error(transparent)]
    Write(#[from] RecordError),
}

impl ImportError {
    /// What to do next, in one sentence.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Read { .. } => "Check the path and the permissions.",
            Self::MissingColumn { .. } => "Check --from, and whether it is the whole table.",
            Self::NoTimes { .. } => "Say with --rate how many frames the video has a second.",
            Self::Row { .. } | Self::Unsound { .. } => {
                "Nothing was imported; mend the table, or export it again."
            }
            Self::Empty { .. } => "Check whether the other program found a face.",
            Self::Write(error) => error.advice(),
        }
    }
}

/// Makes a session folder in `sessions_dir` from a table of another program. `rate_hz`: frames a
/// second, for tables without times.
///
/// # Errors
/// Says why not, and where in the table; then no folder stays behind.
pub fn import(
    path: &Path,
    program: Program,
    sessions_dir: &Path,
    rate_hz: Option<f64>,
) -> Result<Imported, ImportError> {
    let read = |source| ImportError::Read { path: path.to_owned(), source };
    let bytes = fs::read(path).map_err(read)?;
    let mut table = Foreign::open(path, &bytes, program.layout(), rate_hz)?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let folder = create_unique(sessions_dir, &format!("{name}_{}", program_word(program)))?;
    let outcome = write(path, &bytes, &folder, &mut table, program.layout());
    if outcome.is_err() {
        // It is ours, new and useless. The first error is the one to tell.
        let _ = fs::remove_dir_all(&folder);
    }
    outcome
}

fn program_word(program: Program) -> &'static str {
    program.layout().prefix.trim_end_matches('_')
}

fn write(
    path: &Path,
    bytes: &[u8],
    folder: &Path,
    table: &mut Foreign<'_>,
    layout: &Layout,
) -> Result<Imported, ImportError> {
    let failed = |error: io::Error| RecordError::from_io(&error, folder);
    let (schema, kept) = (Schema::with_words(&table.words()), table.kept());
    let mut rows = 0;
    let mut frames = 0;
    let mut last = None;
    let mut wrong = None;
    // The session is one when its table gets its name, so that comes last.
    let mut events = Vec::new();
    Schema::<EventRow>::events().write_header(&mut events).map_err(|error| failed(error.into()))?;
    let mut record = SessionRecord {
        schema_version: SCHEMA_VERSION,
        app_version: env!("CARGO_PKG_VERSION").into(),
        complete: true,
        source: SourceRecord { spec: SPEC.into(), name: layout.name.into(), ..Default::default() },
        file: Some(FileRecord {
            name: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            sha256: sha256(bytes),
            bytes: bytes.len() as u64,
            container: "csv".into(),
            decoder: layout.name.into(),
            ..FileRecord::default()
        }),
        labels: table.words(),
        ..SessionRecord::default()
    };
    let mut lines = |out: &mut dyn Write| -> io::Result<()> {
        let mut line = Vec::new();
        schema.write_header(&mut line)?;
        out.write_all(&with_more(&line, kept.iter().map(String::as_str))?)?;
        loop {
            line.clear();
            match table.next_row() {
                Ok(Some((row, more))) => {
                    schema.write_row(&row, &mut line)?;
                    out.write_all(&with_more(&line, more.iter().map(|cell| &**cell))?)?;
                    rows += 1;
                    frames += u64::from(last != Some(row.frame));
                    (last, record.duration_secs) = (Some(row.frame), row.time.as_secs_f64());
                }
                Ok(None) => return Ok(()),
                Err(error) => {
                    wrong = Some(error);
                    return Err(io::ErrorKind::InvalidData.into());
                }
            }
        }
    };
    let observations = folder.join(OBSERVATIONS);
    let written = replace_with(&observations, |file| {
        let mut out = io::BufWriter::new(file);
        lines(&mut out)?;
        out.flush()
    });
    if let Some(error) = wrong {
        return Err(error);
    }
    written.map_err(failed)?;
    if rows == 0 {
        return Err(ImportError::Empty { path: path.into() });
    }
    record.rows = rows;
    record.frames = FrameCounts { captured: frames, analysed: frames, ..FrameCounts::default() };
    write_atomically(&folder.join(EVENTS), &events).map_err(failed)?;
    record.write(folder).map_err(failed)?;
    check(path, folder, rows)?;
    let passed_over = table.passed_over();
    Ok(Imported { folder: folder.into(), rows, passed_over, kept })
}

/// A line with more cells at its end.
fn with_more<'a>(line: &[u8], more: impl Iterator<Item = &'a str>) -> io::Result<Vec<u8>> {
    let line = line.strip_suffix(b"\n").unwrap_or(line).to_vec();
    let mut cells = csv::WriterBuilder::new().from_writer(Vec::new());
    let more: Vec<_> = more.map(guarded_number).collect();
    if more.is_empty() {
        return Ok([&line[..], b"\n"].concat());
    }
    cells.write_record(more)?;
    let cells = cells.into_inner().map_err(|error| error.into_error())?;
    Ok([&line[..], b",", &cells].concat())
}

/// A number stays one, though it begins with a sign.
fn guarded_number(cell: &str) -> String {
    let cell = cell.trim();
    let number = cell.parse::<f64>().is_ok();
    if number { cell.to_owned() } else { guarded(cell).into_owned() }
}

/// Reads the session as everything else will.
fn check(path: &Path, folder: &Path, rows: u64) -> Result<(), ImportError> {
    let unsound = |reason: String| ImportError::Unsound { path: path.into(), reason };
    let session = Session::open(folder).map_err(|error| unsound(error.to_string()))?;
    let signal = Signal::read(&session).map_err(|error| unsound(error.to_string()))?;
    let problems = crate::library::problems(&session, &signal);
    match problems.into_iter().next() {
        Some(first) => Err(unsound(first)),
        None if signal.samples().len() as u64 != rows => Err(unsound("rows were lost".into())),
        None => Ok(()),
    }
}
