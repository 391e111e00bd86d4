//! Sessions in the formats of other programs, one file for each format. `docs/export.md` states them.
//!
//! What people wrote reaches a file only through `text.rs`, which makes it harmless there.

mod bids;
mod cue;
mod eaf;
mod parquet;
mod rows;
mod srt;
mod table;
mod text;
mod vtt;

#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::library::problems;
use crate::session::{ReadError, RecordError, Session, Signal, replace_with};
use crate::stats::{Episode, Holds, Selection, Span, by_marker, episodes};
pub use table::TableOptions;

/// What a session can become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A table of readings (RFC 4180).
    Csv,
    /// The same table with types, compressed.
    Parquet,
    /// Captions of the label episodes, WebVTT.
    Vtt,
    /// The same as SubRip.
    Srt,
    /// Annotations for ELAN: a tier for each face, and one for markers.
    Eaf,
    /// Events as BIDS has them: `…_events.tsv` and `…_events.json`.
    Bids,
}

impl Format {
    /// How names of its files end.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Csv => ".csv",
            Self::Parquet => ".parquet",
            Self::Vtt => ".vtt",
            Self::Srt => ".srt",
            Self::Eaf => ".eaf",
            Self::Bids => "_events.tsv",
        }
    }
}

/// Why there is no export.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExportError {
    /// The session can't be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Nothing is replaced without being asked to.
    #[error("{} is there already", path.display())]
    Exists {
        /// What is in the way.
        path: PathBuf,
    },
    /// The system refuses.
    #[error("{} can't be written: {reason}", path.display())]
    Write {
        /// What was to be written.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// The same, of a table.
    #[error(transparent)]
    Table(#[from] RecordError),
}

impl ExportError {
    /// What to do next, in one sentence.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Read(_) => "Name session folders; `mien sessions` lists them.",
            Self::Exists { .. } => "Name another one with --out, or say --force to replace it.",
            Self::Write { .. } | Self::Table(_) => {
                "Check space and permissions, or name another place with --out."
            }
        }
    }
}

/// A session, read as far as it is sound.
pub struct Source {
    session: Session,
    signal: Signal,
    holds: Holds,
}

impl Source {
    /// Reads a session folder.
    ///
    /// # Errors
    /// If there is no session, or its table can't be read at all.
    pub fn open(folder: &Path) -> Result<Self, ReadError> {
        Self::of(Session::open(folder)?)
    }

    /// The same of a session that was opened, such as a locked one with its key.
    ///
    /// # Errors
    /// If its table can't be read at all.
    pub fn of(session: Session) -> Result<Self, ReadError> {
        let signal = Signal::read(&session)?;
        let holds = Holds::of(&signal);
        Ok(Self { session, signal, holds })
    }

    /// What of it can't be used, in words.
    pub fn problems(&self) -> Vec<String> {
        problems(&self.session, &self.signal)
    }

    /// Name of its folder.
    fn name(&self) -> String {
        let folder = std::path::absolute(self.session.folder());
        let folder = folder.as_deref().unwrap_or(self.session.folder());
        folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Participant code.
    fn participant(&self) -> &str {
        &self.session.record().meta.participant
    }

    fn episodes(&self) -> Vec<Episode> {
        episodes(&self.signal, &self.holds, &Selection::whole(&self.holds))
    }

    fn marker_spans(&self) -> Vec<Span> {
        by_marker(&self.signal, &self.holds, None)
    }

    /// A name for a file of this session, whatever its folder and participant are called: letters,
    /// digits, `-` and `_`, and in a BIDS name what BIDS allows.
    pub fn file_name(&self, format: Format) -> String {
        match format {
            Format::Bids => bids::file_name(self.participant(), &self.name()),
            _ => format!("{}{}", text::file_stem(&self.name()), format.ending()),
        }
    }

    /// Writes the session to `path`, and for BIDS a file beside it. `now`: when that is, for
    /// formats that state it. The files that were written.
    ///
    /// # Errors
    /// Says why there is none; a file that was there stays as it was.
    pub fn export(
        &self,
        format: Format,
        options: &TableOptions,
        path: &Path,
        now: Timestamp,
    ) -> Result<Vec<PathBuf>, ExportError> {
        let mut written = vec![path.to_owned()];
        match format {
            Format::Csv => save(path, |out| table::write(self, options, out))?,
            Format::Parquet => parquet::write(self, path)?,
            Format::Vtt => save(path, |out| vtt::write(&cue::cues(self), out))?,
            Format::Srt => save(path, |out| srt::write(&cue::cues(self), out))?,
            Format::Eaf => save(path, |out| eaf::write(self, now, out))?,
            Format::Bids => {
                let beside = path.with_extension("json");
                save(path, |out| bids::write_events(self, out))?;
                save(&beside, |out| bids::write_columns(self, out))?;
                written.push(beside);
            }
        }
        Ok(written)
    }
}

fn save(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), ExportError> {
    let saved = replace_with(path, |file: &mut File| {
        let mut out = BufWriter::new(file);
        write(&mut out)?;
        out.flush()
    });
    saved.map_err(|error| ExportError::Write { path: path.into(), reason: error.to_string() })
}
