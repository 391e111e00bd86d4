//! Sessions on disk: one schema, its writer, its reader, recovery of what a crash left.

use serde::{Deserialize, Serialize};

/// What the user says about a session before recording.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SessionMeta {
    /// A code, never a name; empty if none.
    pub participant: String,
    /// When consent was given, UTC in ISO 8601; `None` if not asked.
    pub consent_utc: Option<String>,
    /// Free text.
    pub note: String,
}
