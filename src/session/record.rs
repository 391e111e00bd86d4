//! `session.json`: what a session is.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{RECORD, SessionEvent, SessionMeta, write_atomically};
use crate::baseline::Baseline;
use crate::pipeline::PipelineOptions;
use crate::source::{SourceInfo, SourceSpec};

/// Version of the tables and of `session.json`. Rises when a column or field changes its meaning
/// or goes; a new one is no reason.
pub const SCHEMA_VERSION: u32 = 1;

/// Content of `session.json`. A missing field has its default, an unknown one is ignored.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SessionRecord {
    /// [`SCHEMA_VERSION`] of the writer.
    pub schema_version: u32,
    /// Version of the program that wrote the session.
    pub app_version: String,
    /// Whether recording ended as it should.
    pub complete: bool,
    /// Whether the session was closed after a crash; what only the program knew is missing.
    pub recovered: bool,
    /// Why recording stopped by itself, for people.
    pub failure: Option<String>,
    /// Wall clock time at the session's time zero, ISO 8601 in UTC; `None` for files.
    pub start_utc: Option<String>,
    /// From time zero to the end.
    pub duration_secs: f64,
    /// Rows of `observations.csv`.
    pub rows: u64,
    /// How many frames became what.
    pub frames: FrameCounts,
    /// Whiles without rows though there should be.
    pub gaps: Vec<Gap>,
    /// Capture to observation.
    pub latency: Option<Latency>,
    /// Participant code, consent, note.
    #[serde(flatten)]
    pub meta: SessionMeta,
    /// Where frames came from.
    pub source: SourceRecord,
    /// The file that was analysed; `None` for what was recorded live.
    pub file: Option<FileRecord>,
    /// Models that read them.
    pub models: Vec<ModelRecord>,
    /// Classes as the model names them, in its order; columns have [`super::schema`]'s words.
    pub labels: Vec<String>,
    /// Tuning at the start.
    pub pipeline: PipelineOptions,
    /// The baseline that was applied throughout; `None`: none.
    pub baseline: Option<BaselineRecord>,
}

/// A baseline that was applied: enough to correct the raw columns again, see `docs/baseline.md`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct BaselineRecord {
    /// The name that the user picked.
    pub profile: String,
    /// When it was made, ISO 8601 in UTC.
    pub made_utc: String,
    /// Of the model it was made with and applied to, in hexadecimal.
    pub model_sha256: String,
    /// What was added to the logarithm of each probability, one a label.
    pub offset: Vec<f64>,
}

impl From<&Baseline> for BaselineRecord {
    fn from(baseline: &Baseline) -> Self {
        Self {
            profile: baseline.profile.clone(),
            made_utc: baseline.made_utc.clone(),
            model_sha256: baseline.model_sha256.clone(),
            offset: baseline.offset.clone(),
        }
    }
}

impl BaselineRecord {
    /// What readers of figures have to know.
    pub fn in_words(&self) -> String {
        format!(
            "labels, valence and arousal are corrected with the baseline \u{201c}{}\u{201d}, mean \
             probabilities are as read",
            self.profile
        )
    }
}

/// How many frames became what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct FrameCounts {
    /// Came from the source.
    pub captured: u64,
    /// Became rows.
    pub analysed: u64,
    /// Replaced by a newer one before analysis.
    pub dropped: u64,
    /// Could not be decoded.
    pub damaged: u64,
}

/// A while without rows though there should be.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Gap {
    /// Session time.
    pub start_secs: f64,
    /// Session time.
    pub end_secs: f64,
    /// For people.
    pub reason: String,
}

impl Gap {
    /// The gap that began at `time`; `None` if the event is another.
    pub(super) fn of(time: Duration, event: &SessionEvent) -> Option<Self> {
        let SessionEvent::Gap { duration, reason } = event else { return None };
        Some(Self {
            start_secs: time.as_secs_f64(),
            end_secs: time.saturating_add(*duration).as_secs_f64(),
            reason: reason.clone(),
        })
    }
}

/// Capture to observation, over the session.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Latency {
    /// Half of the frames took no longer.
    pub p50_ms: f64,
    /// 19 of 20 frames took no longer.
    pub p95_ms: f64,
    /// 99 of 100 frames took no longer.
    pub p99_ms: f64,
}

/// A model that took part.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ModelRecord {
    /// `detector`, `emotion`.
    pub role: String,
    /// As its card names it.
    pub name: String,
    /// Of the weights, in hexadecimal.
    pub sha256: String,
}

/// Where frames came from.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SourceRecord {
    /// As on the command line: `camera:0`, `demo`; `file` for what was analysed.
    pub spec: String,
    /// For people.
    pub name: String,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// How pixels arrived.
    pub format: String,
    /// Frames a second as the source states it; 0 if it does not.
    pub nominal_rate_hz: f64,
}

/// The file behind a session, and what of it was analysed: enough to see that doing it again would
/// give the same.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct FileRecord {
    /// Its name without folders; characters that are no text are replaced.
    pub name: String,
    /// Of its content, in hexadecimal; of a folder of pictures, of the list of theirs.
    pub sha256: String,
    /// Its size.
    pub bytes: u64,
    /// `mp4`, `matroska`, `avi`, `gif`, `pictures` and so on.
    pub container: String,
    /// `h264`, `hevc`, `vp9`, `av1`, `mjpeg`, or another's name.
    pub codec: String,
    /// `built-in` or `ffmpeg`.
    pub decoder: String,
    /// Clockwise turn that the file asks for, in degrees; applied.
    pub rotation_deg: u16,
    /// Only pictures from this time on were analysed.
    pub from_secs: Option<f64>,
    /// Only pictures before this time were analysed.
    pub to_secs: Option<f64>,
    /// So many pictures a second were analysed; `None`: all.
    pub sample_rate_hz: Option<f64>,
    /// The annotated video beside the tables. It holds pixels: whoever ran the analysis asked for
    /// it. `None`: there is none.
    pub overlay: Option<String>,
    /// Sums up content, models, settings and range; ends the name of the folder.
    pub key: String,
}

impl SourceRecord {
    /// What was asked for and what was opened.
    pub fn new(spec: &SourceSpec, info: &SourceInfo) -> Self {
        Self {
            spec: spec.to_string(),
            name: info.name.clone(),
            width: info.size.0,
            height: info.size.1,
            format: info.format.clone(),
            nominal_rate_hz: info.nominal_rate_hz,
        }
    }
}

impl SessionRecord {
    /// Reads `session.json` of a session folder.
    ///
    /// # Errors
    /// The words of the system if it can't be read, or of the parser if it makes no sense
    /// ([`io::ErrorKind::InvalidData`]).
    pub fn read(folder: &Path) -> io::Result<Self> {
        Self::parse(&fs::read(folder.join(RECORD))?)
    }

    pub(super) fn parse(json: &[u8]) -> io::Result<Self> {
        Ok(serde_json::from_slice(json)?)
    }

    /// Replaces `session.json` of a session folder; a crash leaves the old one or the new one.
    ///
    /// # Errors
    /// The words of the system.
    pub fn write(&self, folder: &Path) -> io::Result<()> {
        let mut json = serde_json::to_vec_pretty(self)?;
        json.push(b'\n');
        write_atomically(&folder.join(RECORD), &json)
    }

    /// Wall clock time at the session's time zero, if it is known and makes sense.
    pub fn start(&self) -> Option<Timestamp> {
        self.start_utc.as_deref()?.parse().ok()
    }

    /// From time zero to the end.
    pub fn duration(&self) -> Duration {
        Duration::try_from_secs_f64(self.duration_secs).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_fields_have_defaults_and_unknown_ones_are_ignored() {
        let json = r#"{ "participant": "P07", "future": [1, 2], "frames": { "captured": 9 } }"#;
        let record: SessionRecord = serde_json::from_str(json).unwrap();
        assert_eq!(record.meta.participant, "P07");
        assert_eq!(record.frames.captured, 9);
        assert_eq!(record.frames.dropped, 0);
        assert_eq!(record.pipeline, PipelineOptions::default());
        assert!(!record.complete);
    }

    #[test]
    fn reads_back_what_was_written() {
        let dir = tempfile::tempdir().unwrap();
        let record = SessionRecord {
            schema_version: SCHEMA_VERSION,
            start_utc: Some("2026-11-24T14:05:33.120Z".into()),
            duration_secs: 12.5,
            gaps: vec![Gap { start_secs: 1.0, end_secs: 2.5, reason: "unplugged".into() }],
            latency: Some(Latency { p50_ms: 21.5, p95_ms: 40.25, p99_ms: 51.0 }),
            meta: SessionMeta {
                participant: "P07".into(),
                consent_utc: Some("2026-11-24T14:00:00Z".into()),
                note: "\u{201c}first\u{201d}\nsecond line".into(),
                name: "interview".into(),
                tags: vec!["pilot".into(), "=1+1".into()],
                consent_text: None,
            },
            labels: vec!["neutral".into(), "Anger/Disgust".into()],
            ..SessionRecord::default()
        };
        record.write(dir.path()).unwrap();
        assert_eq!(SessionRecord::read(dir.path()).unwrap(), record);
        assert_eq!(record.start().unwrap().as_millisecond() % 1000, 120);
        assert_eq!(record.duration(), Duration::from_millis(12_500));
    }

    #[test]
    fn nonsense_is_an_error_not_a_panic() {
        let dir = tempfile::tempdir().unwrap();
        for content in ["", "{", "[]x", "{\"rows\": \"many\"}", "\0\0\0\0"] {
            fs::write(dir.path().join(RECORD), content).unwrap();
            let error = SessionRecord::read(dir.path()).unwrap_err();
            assert!(matches!(
                error.kind(),
                io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof
            ));
        }
    }
}
