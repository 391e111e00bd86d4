//! Reads a session once, row by row: whether it is sound, and what it holds in figures.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use crate::session::vault::Key;
use crate::session::{ReadError, Row, SCHEMA_VERSION, Session, SessionRecord, UNSURE};

/// A session that can be joined to others.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Where it is.
    pub folder: PathBuf,
    /// What it is called in the corpus: as its folder.
    pub name: String,
    /// The same for sessions that say the same.
    pub content: String,
    /// Content of `session.json`.
    pub record: SessionRecord,
    /// Column words of its classes.
    pub words: Vec<String>,
    /// What the rows say.
    pub figures: Figures,
}

/// What the rows of a session say.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Figures {
    /// Rows of `observations.csv`.
    pub rows: u64,
    /// Frames.
    pub frames: u64,
    /// Frames with a face.
    pub frames_with_face: u64,
    /// Faces in one frame, at most.
    pub faces_at_once: u64,
    /// Numbers that faces have.
    pub face_ids: HashSet<u64>,
    /// Faces that were read as that word, over all frames.
    pub shown: BTreeMap<String, u64>,
}

impl Figures {
    /// The class that was shown most, of equals the first by name; `None` if none was.
    pub fn mostly(&self) -> Option<&str> {
        let classes = self.shown.iter().filter(|(word, _)| *word != UNSURE && !word.is_empty());
        let most = classes.reduce(|most, other| if other.1 > most.1 { other } else { most });
        most.map(|(word, _)| word.as_str())
    }
}

/// Reads it, with the key if it is locked; else why it can't be joined, in words.
pub fn look(folder: &Path, key: Option<&Key>) -> Result<Found, String> {
    let session = Session::open_with(folder, key).map_err(|error| error.to_string())?;
    if session.is_unfinished() {
        return Err("it is not finished: wait for its end, or `mien sessions recover`".into());
    }
    if let Some(problem) = session.record_problem() {
        return Err(problem.into());
    }
    if session.record().schema_version > SCHEMA_VERSION {
        return Err("a newer version of Mien wrote it".into());
    }
    let (words, figures) = figures_of(&session)?;
    let mut events = session.events().map_err(|error| error.to_string())?;
    events.try_for_each(|row| row.map(drop)).map_err(|error| error.short())?;
    let record = session.record().clone();
    if figures.rows != record.rows {
        return Err(format!("it has {} rows where there should be {}", figures.rows, record.rows));
    }
    let name = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let name = name.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let content = content_of(&record);
    Ok(Found { folder: folder.to_owned(), name, content, record, words, figures })
}

fn figures_of(session: &Session) -> Result<(Vec<String>, Figures), String> {
    let mut rows = session.observations().map_err(|error: ReadError| error.to_string())?;
    let mut figures = Figures::default();
    let (mut frame, mut faces) = (None, 0);
    for row in &mut rows {
        let row: Row = row.map_err(|error| error.short())?;
        figures.rows += 1;
        if frame.replace(row.frame) != Some(row.frame) {
            figures.frames += 1;
            figures.frames_with_face += u64::from(row.face.is_some());
            faces = 0;
        }
        let Some(face) = row.face else { continue };
        faces += 1;
        figures.faces_at_once = figures.faces_at_once.max(faces);
        figures.face_ids.extend(face.id);
        match figures.shown.get_mut(&face.emotion) {
            Some(count) => *count += 1,
            None => drop(figures.shown.insert(face.emotion, 1)),
        }
    }
    match rows.cut_line() {
        Some(line) => Err(format!("its last line, {line}, is cut off")),
        None => Ok((rows.label_words().to_vec(), figures)),
    }
}

/// What a session says follows from the content of the file, what of it was analysed, the models,
/// their tuning, the baseline and the version. A recording is told by its start.
fn content_of(record: &SessionRecord) -> String {
    let SessionRecord { app_version, start_utc, duration_secs, rows, .. } = record;
    let file = record.file.as_ref();
    let part = file.map(|f| (&f.sha256, f.from_secs, f.to_secs, f.sample_rate_hz));
    let models: Vec<&str> = record.models.iter().map(|model| model.sha256.as_str()).collect();
    let source = &record.source.name;
    let live = file.is_none().then_some((start_utc, source, record.meta.participant.as_str()));
    let reading = (models, record.pipeline, &record.baseline);
    let all = (app_version, part, live, duration_secs, rows, reading);
    serde_json::to_string(&all).unwrap_or_default()
}
