//! Label episodes as captions.

use super::Source;
use super::text::plain;

/// A caption: when, in whole milliseconds, and what. It lasts a millisecond at least.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cue {
    pub from_ms: u64,
    pub to_ms: u64,
    pub text: String,
}

impl Cue {
    /// A stretch of time in whole milliseconds that is not empty.
    pub fn span_ms(from_secs: f64, to_secs: f64) -> (u64, u64) {
        let ms = |secs: f64| (secs * 1000.0).round() as u64;
        let from = ms(from_secs);
        (from, ms(to_secs).max(from + 1))
    }
}

/// A caption for each episode, by onset. With more than one face each names its own.
pub fn cues(source: &Source) -> Vec<Cue> {
    let several = source.signal.faces().len() > 1;
    let cue = |episode: super::Episode| {
        let (from_ms, to_ms) = Cue::span_ms(episode.onset_secs, episode.offset_secs);
        let label = plain(&episode.label.replace('_', " "));
        let text = if several { format!("Face {}: {label}", episode.face) } else { label };
        Cue { from_ms, to_ms, text }
    };
    source.episodes().into_iter().map(cue).collect()
}

/// `00:01:05.250`, with `point` before the milliseconds.
pub fn clock(ms: u64, point: char) -> String {
    let secs = ms / 1000;
    let (hours, minutes) = (secs / 3600, secs / 60 % 60);
    format!("{hours:02}:{minutes:02}:{:02}{point}{:03}", secs % 60, ms % 1000)
}
