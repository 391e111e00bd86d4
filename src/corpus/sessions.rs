//! `sessions.csv`: one row per session.

use std::path::Path;

use super::look::{Figures, Found};
use crate::session::{Format, RecordError, SessionRecord, UNSURE, Value};
use crate::table::{Table, TableColumn, TableFormat};

/// Writes it. `words` are the classes of all.
pub fn write(path: &Path, sessions: &[Found], words: &[String]) -> Result<(), RecordError> {
    let mut columns: Vec<TableColumn> =
        COLUMNS.iter().map(|(name, format)| TableColumn::new(*name, *format)).collect();
    let shares: Vec<&str> = words.iter().map(String::as_str).chain([UNSURE]).collect();
    let share = |word: &&str| TableColumn::new(format!("share_{word}"), Format::Fixed(6));
    columns.extend(shares.iter().map(share));
    let mut table = Table::create(path, TableFormat::Csv, columns)?;
    for found in sessions {
        let (folder, tags) = (found.folder.to_string_lossy(), found.record.meta.tags.join(" "));
        let cells = cells(found, &folder, &tags).into_iter();
        table.row(cells.chain(shares.iter().map(|word| share_of(&found.figures, word))))?;
    }
    table.finish().map(drop)
}

/// In the order of [`cells`].
const COLUMNS: [(&str, Format); 20] = [
    ("session", Format::Text),
    ("folder", Format::Text),
    ("name", Format::Text),
    ("participant", Format::Text),
    ("tags", Format::Text),
    ("state", Format::Word),
    ("start", Format::Utc),
    ("duration", Format::Seconds),
    ("rows", Format::Count),
    ("frames", Format::Count),
    ("frames_with_face", Format::Count),
    ("faces_at_once", Format::Count),
    ("face_ids", Format::Count),
    ("damaged_frames", Format::Count),
    ("mostly", Format::Word),
    ("sample_rate", Format::Fixed(3)),
    ("file_sha256", Format::Word),
    ("file_bytes", Format::Count),
    ("model_sha256", Format::Word),
    ("mien_version", Format::Word),
];

fn cells<'a>(found: &'a Found, folder: &'a str, tags: &'a str) -> [Value<'a>; 20] {
    let Found { name, record, figures, .. } = found;
    let SessionRecord { meta, source, file, models, .. } = record;
    let text = |text: &'a str| if text.is_empty() { Value::Empty } else { Value::Text(text) };
    let named = [meta.name.trim(), file.as_ref().map_or(&*source.name, |file| &*file.name)];
    let emotion = models.iter().find(|model| model.role == "emotion");
    let (state, file) = (if record.recovered { "recovered" } else { "complete" }, file.as_ref());
    [
        Value::Text(name),
        text(folder),
        text(named.into_iter().find(|name| !name.is_empty()).unwrap_or_default()),
        text(&meta.participant),
        text(tags),
        Value::Text(if record.failure.is_some() { "stopped" } else { state }),
        record.start().map_or(Value::Empty, Value::Utc),
        Value::Time(record.duration()),
        Value::Count(figures.rows),
        Value::Count(figures.frames),
        Value::Count(figures.frames_with_face),
        Value::Count(figures.faces_at_once),
        Value::Count(figures.face_ids.len() as u64),
        Value::Count(record.frames.damaged),
        figures.mostly().map_or(Value::Empty, Value::Text),
        file.and_then(|file| file.sample_rate_hz)
            .map_or(Value::Empty, |hz| Value::Number(hz as f32)),
        file.map_or(Value::Empty, |file| text(&file.sha256)),
        file.map_or(Value::Empty, |file| Value::Count(file.bytes)),
        emotion.map_or(Value::Empty, |model| text(&model.sha256)),
        text(&record.app_version),
    ]
}

/// Share of the rows about a face that say the word; empty if there are none.
fn share_of(figures: &Figures, word: &str) -> Value<'static> {
    let all: u64 = figures.shown.values().sum();
    let count = figures.shown.get(word).copied().unwrap_or(0);
    if all == 0 { Value::Empty } else { Value::Number((count as f64 / all as f64) as f32) }
}
