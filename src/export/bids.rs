//! Events as the Brain Imaging Data Structure has them (BIDS 1.10, "Task events"): a table of
//! tab-separated values, and what its columns mean beside it.

use std::io::{self, Write};

use serde_json::{Map, Value, json};

use super::Source;
use crate::session::guarded;

/// What is not known.
const NOTHING: &str = "n/a";

/// `sub-P07_ses-20261124140533camera_task-expression_events.tsv`: a BIDS label has letters and
/// digits alone.
pub fn file_name(participant: &str, session: &str) -> String {
    let label = |text: &str, otherwise: &str| -> String {
        let label: String = text.chars().filter(char::is_ascii_alphanumeric).take(60).collect();
        if label.is_empty() { otherwise.into() } else { label }
    };
    let (subject, session) = (label(participant, "unknown"), label(session, "1"));
    format!("sub-{subject}_ses-{session}_task-expression_events.tsv")
}

/// A row for each episode and each marker, by onset.
pub fn write_events(source: &Source, out: &mut dyn Write) -> io::Result<()> {
    let mut rows: Vec<(f64, f64, String, String, String, String)> = Vec::new();
    let nothing = || NOTHING.to_owned();
    for episode in source.episodes() {
        let peak = episode.peak.map_or_else(nothing, |peak| format!("{peak:.6}"));
        let face = episode.face.to_string();
        let (onset, duration) = (episode.onset_secs, episode.duration_secs);
        rows.push((onset, duration, cell(&episode.label), face, peak, nothing()));
    }
    for event in source.signal.events().iter().filter(|event| event.event == "marker") {
        let onset = event.time.as_secs_f64();
        rows.push((onset, 0.0, "marker".into(), nothing(), nothing(), cell(&event.text)));
    }
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    writeln!(out, "onset\tduration\ttrial_type\tface_id\tpeak\tmarker_text")?;
    for (onset, duration, kind, face, peak, text) in rows {
        writeln!(out, "{onset:.6}\t{duration:.6}\t{kind}\t{face}\t{peak}\t{text}")?;
    }
    Ok(())
}

/// Without tabs and line ends, which [`guarded`] takes away, and not a formula. Readers of tables
/// would take a quotation mark at the start for that of a quoted cell.
fn cell(text: &str) -> String {
    match guarded(text).trim() {
        "" => NOTHING.into(),
        text if text.starts_with('"') => format!("'{text}"),
        text => text.into(),
    }
}

/// What the columns mean, and where the readings come from.
pub fn write_columns(source: &Source, out: &mut dyn Write) -> io::Result<()> {
    let level = |word: &String| {
        let meaning = format!("the face showed the expression label {word}");
        (word.clone(), Value::from(meaning))
    };
    let mut levels: Map<String, Value> = source.signal.words().iter().map(level).collect();
    levels.insert("marker".into(), "set by a person or another program".into());
    let record = source.session.record();
    let models: Vec<Value> = record
        .models
        .iter()
        .map(|model| json!({ "role": model.role, "name": model.name, "sha256": model.sha256 }))
        .collect();
    let columns = json!({
        "onset": {
            "Description": "Start, since time zero of the session.", "Units": "s",
        },
        "duration": {
            "Description": "Length of the stretch in which the label was shown; 0 for a marker.",
            "Units": "s",
        },
        "trial_type": {
            "LongName": "Expression label, or marker",
            "Description": "An estimate of an expression, not of a feeling.",
            "Levels": levels,
        },
        "face_id": { "Description": "The same face over time, from 1 in each session." },
        "peak": {
            "Description": "Highest smoothed probability of the label in the stretch, 0 to 1.",
        },
        "marker_text": { "Description": "Text of the marker." },
        "StimulusPresentation": {
            "SoftwareName": "Mien", "SoftwareVersion": record.app_version,
        },
        "MienSession": {
            "Name": source.name(), "StartUTC": record.start_utc, "Note": record.meta.note,
            "Tags": record.meta.tags, "Participant": source.participant(), "Models": models,
        },
    });
    serde_json::to_writer_pretty(&mut *out, &columns)?;
    writeln!(out)
}
