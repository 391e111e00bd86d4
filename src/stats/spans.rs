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
    pub fn whole(signal: &Signal) -> Self {
        let last = Holds::of(signal).secs().last().copied().unwrap_or_default();
        let end = signal.end() + Duration::from_secs_f64(last);
        // The last frame stands for a while too.
        Self { label: "whole session".into(), from: Duration::ZERO, to: end }
    }

    /// How long.
    pub fn duration(&self) -> Duration {
        self.to.saturating_sub(self.from)
    }
}

/// A span for each marker: for `window` from it, or, without one, up to the next marker or the end.
/// Empty spans are left out, as are markers after the end.
pub fn by_marker(signal: &Signal, window: Option<Duration>) -> Vec<Span> {
    let end = Span::whole(signal).to;
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

/// The spans that have a label, in the order of their first ones.
pub fn by_label(spans: &[Span]) -> Vec<(String, Vec<Span>)> {
    let mut groups: Vec<(String, Vec<Span>)> = Vec::new();
    for span in spans {
        match groups.iter_mut().find(|(label, _)| *label == span.label) {
            Some((_, of_label)) => of_label.push(span.clone()),
            None => groups.push((span.label.clone(), vec![span.clone()])),
        }
    }
    groups
}
