//! Which sessions have been kept for as long as they may.

use std::fs;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};

use super::{Entry, Library, State};
use crate::session::OBSERVATIONS;
use crate::session::vault::sealed_path;

/// Sessions that ended more than `days` before `now`, in the order of the library; not those that
/// are being recorded.
pub fn due(library: &Library, days: u32, now: Timestamp) -> Vec<&Entry> {
    let limit = SignedDuration::from_hours(24 * i64::from(days));
    library
        .entries()
        .filter(|entry| entry.state != State::Recording)
        .filter(|entry| {
            ended(entry, library.sessions_dir()).is_some_and(|at| now.duration_since(at) > limit)
        })
        .collect()
}

/// When a session ended: by its own clock, or, where it has none as of a file, when its table was
/// written. `None`: nobody knows, and what nobody knows is not due.
pub fn ended(entry: &Entry, sessions_dir: &Path) -> Option<Timestamp> {
    if let Some(start) = entry.start {
        let length = SignedDuration::try_from_secs_f64(entry.duration_secs).ok()?;
        return start.checked_add(length).ok();
    }
    let folder = entry.folder(sessions_dir);
    let plain = fs::metadata(folder.join(OBSERVATIONS));
    let table = plain.or_else(|_| fs::metadata(sealed_path(&folder, OBSERVATIONS))).ok()?;
    Timestamp::try_from(table.modified().ok()?).ok()
}
