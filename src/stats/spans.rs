//! Parts of a session by its markers.

use std::time::Duration;

use serde::Serialize;

use super::Holds;
use crate::session::Signal;

/// A part of a session's time line: from `from`, up to but not including `to`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Span {
    /// What it is called.
    pub label: String,
    /// Session time.
    #[serde(rename = "from_secs", serialize_with = "secs")]
    pub from: Duration,
    /// Session time.
    #[serde(rename = "to_secs", serialize_with = "secs")]
    pub to: Duration,
}

fn secs<S: serde::Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(time.as_secs_f64())
}

impl Span {
    /// The whole session.
    pub fn whole(holds: &Holds) -> Self {
        Self { label: "whole session".into(), from: Duration::ZERO, to: holds.end() }
    }

    /// How long.
    pub fn duration(&self) -> Duration {
        self.to.saturating_sub(self.from)
    }
}

/// A span for each marker: for `window` from it, or, without one, up to the next marker or the end.
/// Empty spans are left out, as are markers after the end.
pub fn by_marker(signal: &Signal, holds: &Holds, window: Option<Duration>) -> Vec<Span> {
    let end = holds.end();
    let markers: Vec<_> = signal.events().iter().filter(|event| event.event == "marker").collect();
    markers
        .iter()
        .enumerate()
        .map(|(index, marker)| {
            let next = markers.get(index + 1).map_or(end, |next| next.time);
            let to = match window {
                Some(window) => marker.time.saturating_add(window).min(end),
                None => next,
            };
            let label = match marker.text.trim() {
                "" => format!("marker {}", index + 1),
                text => text.to_owned(),
            };
            Span { label, from: marker.time, to }
        })
        .filter(|span| span.from < span.to)
        .collect()
}
