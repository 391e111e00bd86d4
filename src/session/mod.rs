//! Sessions on disk: one schema, its writer, its reader, recovery of what a crash left.
//!
//! A session is a folder:
//!
//! | file | content |
//! |---|---|
//! | `observations.csv` | one row per face and frame; a frame without a face is a row too |
//! | `events.csv` | markers, gaps, a source lost and found, changed settings |
//! | `session.json` | what the session is: source, models, settings, counts, whether complete |
//! | `overlay.avi` | only where it was asked for: an annotated video of an analysed file |
//!
//! While it is written the two tables end in `.part`; locked, each file ends in `.age`, see
//! [`vault`]. Nothing here reads a clock: times come as
//! arguments, so that a recording can be repeated exactly.

mod atomic;
mod cell;
mod columns;
mod error;
mod events;
mod folder;
mod record;
mod row;
mod row_file;
mod text;

#[cfg(test)]
pub(crate) mod sample;

pub mod clock;
pub mod docs;
pub mod reader;
pub mod recorder;
pub mod recovery;
pub mod schema;
pub mod signal;
pub mod trace;
pub mod vault;

use serde::{Deserialize, Serialize};

pub use cell::{Format, Value};
pub use clock::{SessionClock, Stamp};
pub use error::{Kept, RecordError};
pub use events::{EventRow, SessionEvent};
pub use reader::{ReadError, RowError, Rows, Session, is_session, session_folders};
pub use record::{
    BaselineRecord, FileRecord, FrameCounts, Gap, Latency, ModelRecord, SCHEMA_VERSION,
    SessionRecord, SourceRecord,
};
pub use recorder::{Finished, Recorder, SessionHeader, SessionSummary};
pub use recovery::{RecoverError, Recovered, Unfinished, find_unfinished, recover};
pub use row::{FaceRow, Row};
pub use signal::Signal;

pub(crate) use atomic::{replace_with, sync_file, sync_folder, write_atomically};
pub(crate) use folder::{create_unique, safe_name};
pub(crate) use row::utc_at;
pub(crate) use text::{UNSURE, guarded};

/// What the user says about a session before recording.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SessionMeta {
    /// What the session is called; empty: as its file or folder is.
    pub name: String,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// A code, never a name; empty if none.
    pub participant: String,
    /// When consent was given, UTC in ISO 8601; `None` if not asked.
    pub consent_utc: Option<String>,
    /// What was consented to, as it was shown; `None` if not asked.
    pub consent_text: Option<String>,
    /// Free text.
    pub note: String,
}

/// One row per face and frame, once the session is closed.
pub const OBSERVATIONS: &str = "observations.csv";
/// One row per event, once the session is closed.
pub const EVENTS: &str = "events.csv";
/// What the session is.
pub const RECORD: &str = "session.json";

/// In a folder with this table, the others are those of many sessions, see [`crate::corpus`].
pub const SESSIONS: &str = "sessions.csv";
/// Annotated video of an analysed file, where it was asked for.
pub const OVERLAY: &str = "overlay.avi";

/// Name of a table while it is written. A session is unfinished as long as its
/// `observations.csv.part` exists.
pub(crate) fn part_of(table: &str) -> String {
    format!("{table}.part")
}
