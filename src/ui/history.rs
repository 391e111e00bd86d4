//! The last minute of readings, in bounded memory: what timeline, sparklines and the trail of
//! affect draw from. Times are seconds since the start of the window.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::observation::{Affect, FaceReading, Label, Observation, TrackId};

/// How far back the timeline reaches.
pub const SPAN_SECS: f64 = 60.0;
/// Samples closer than this are merged into the newer one: ten a second draw a smooth line on any
/// screen, and a minute never takes more than 602.
const SAMPLE_SECS: f64 = 0.1;
/// Longer without a sample is a gap. Tracks survive one second of loss, so a gap this long means
/// that there was nothing to read.
pub const GAP_SECS: f64 = 0.75;
/// Faces remembered; the one unseen for longest goes first.
const MAX_FACES: usize = 16;
/// Markers remembered.
const MAX_MARKERS: usize = 64;
/// A face that is chosen and gone for this long makes room for one that is there.
const CHOICE_KEPT_SECS: f64 = 2.0;
/// The timeline ends at the newest observation, unless that is older than this; then it ends now,
/// and what is missing shows.
const EDGE_SLACK_SECS: f64 = 0.25;

/// One moment of one face.
#[derive(Debug, Clone)]
pub struct Sample {
    /// When the frame was captured.
    pub at: f64,
    /// Label shown.
    pub label: Label,
    /// Smoothed posterior.
    pub smoothed: Arc<[f32]>,
    /// Valence and arousal, if the model tells them.
    pub affect: Option<Affect>,
}

/// A face and its last minute.
#[derive(Debug, Clone)]
pub struct FaceHistory {
    /// Newest reading.
    pub reading: FaceReading,
    /// When the frame of [`Self::reading`] was captured.
    pub seen_at: f64,
    /// Oldest first, at most [`SPAN_SECS`] long.
    pub samples: VecDeque<Sample>,
}

impl FaceHistory {
    /// Which face.
    pub fn track(&self) -> TrackId {
        self.reading.track
    }

    fn push(&mut self, at: f64, reading: &FaceReading) {
        self.seen_at = at;
        self.reading = reading.clone();
        let sample = Sample {
            at,
            label: reading.label,
            smoothed: reading.smoothed.as_slice().into(),
            affect: reading.affect,
        };
        // The last sample moves with time until it is one step from the one before, so that the
        // line always ends at the newest value.
        let slot_open = match (self.samples.iter().rev().nth(1), self.samples.back()) {
            (Some(before), Some(last)) => {
                last.at - before.at < SAMPLE_SECS && at - last.at < SAMPLE_SECS
            }
            _ => false,
        };
        if slot_open {
            self.samples.pop_back();
        }
        self.samples.push_back(sample);
    }

    /// Spans without a reading between `from` and `to`, which are longer than [`GAP_SECS`].
    pub fn gaps(&self, from: f64, to: f64) -> Vec<(f64, f64)> {
        let mut gaps = Vec::new();
        let mut previous = from;
        for at in self.samples.iter().map(|s| s.at).filter(|at| *at >= from).chain([to]) {
            if at - previous > GAP_SECS {
                gaps.push((previous, at));
            }
            previous = at;
        }
        gaps
    }

    /// Spans in which one label stood, oldest first; a gap ends a span.
    pub fn label_spans(&self) -> Vec<(f64, f64, Label)> {
        let mut spans: Vec<(f64, f64, Label)> = Vec::new();
        for sample in &self.samples {
            match spans.last_mut() {
                Some((_, end, label)) if sample.at - *end <= GAP_SECS => {
                    *end = sample.at;
                    if !same_word(*label, sample.label) {
                        spans.push((sample.at, sample.at, sample.label));
                    }
                }
                _ => spans.push((sample.at, sample.at, sample.label)),
            }
        }
        spans
    }
}

/// Whether both read the same; the hints of `unsure` do not matter here.
fn same_word(a: Label, b: Label) -> bool {
    match (a, b) {
        (Label::Unsure(_), Label::Unsure(_)) => true,
        _ => a == b,
    }
}

/// A moment that the user marked.
#[derive(Debug, Clone, PartialEq)]
pub struct Marker {
    /// When the key was pressed.
    pub at: f64,
    /// As written into the session.
    pub text: String,
}

/// Everything that freezes when the user freezes the view.
#[derive(Debug, Clone, Default)]
pub struct Readout {
    /// Newest observation.
    pub latest: Option<Arc<Observation>>,
    /// When the frame of [`Self::latest`] was captured.
    pub latest_at: f64,
    /// Faces of the last minute, in order of their numbers.
    pub faces: Vec<FaceHistory>,
    /// Markers of the last minute, oldest first.
    pub markers: VecDeque<Marker>,
    chosen: Option<TrackId>,
}

impl Readout {
    /// Takes in what was found in the frame captured at `at`.
    pub fn push(&mut self, at: f64, observation: Arc<Observation>) {
        for reading in &observation.faces {
            match self.faces.iter_mut().find(|face| face.track() == reading.track) {
                Some(face) => face.push(at, reading),
                None => {
                    let mut face = FaceHistory {
                        reading: reading.clone(),
                        seen_at: at,
                        samples: VecDeque::new(),
                    };
                    face.push(at, reading);
                    self.faces.push(face);
                }
            }
        }
        self.latest = Some(observation);
        self.latest_at = at;
        self.forget_before(at - SPAN_SECS);
        self.faces.sort_by_key(FaceHistory::track);
        self.keep_choice(at);
    }

    /// Adds a marker.
    pub fn mark(&mut self, at: f64, text: String) {
        self.markers.push_back(Marker { at, text });
        while self.markers.len() > MAX_MARKERS {
            self.markers.pop_front();
        }
    }

    /// Looks at another face.
    pub fn choose(&mut self, track: TrackId) {
        if self.faces.iter().any(|face| face.track() == track) {
            self.chosen = Some(track);
        }
    }

    /// The face the user looks at, also when it just left the picture; its number stays for the
    /// timeline.
    pub fn chosen(&self) -> Option<&FaceHistory> {
        self.faces.iter().find(|face| Some(face.track()) == self.chosen)
    }

    /// The chosen face, if it is in the newest picture.
    pub fn chosen_now(&self) -> Option<&FaceReading> {
        let chosen = self.chosen?;
        self.latest.as_ref()?.faces.iter().find(|face| face.track == chosen)
    }

    /// Right end of the timeline at `now`.
    pub fn edge(&self, now: f64) -> f64 {
        if self.latest.is_none() || now - self.latest_at > EDGE_SLACK_SECS {
            now
        } else {
            self.latest_at
        }
    }

    fn forget_before(&mut self, oldest: f64) {
        for face in &mut self.faces {
            // One sample before the edge stays, so that lines reach it.
            while face.samples.len() > 1 && face.samples[1].at < oldest {
                face.samples.pop_front();
            }
        }
        self.faces.retain(|face| face.seen_at >= oldest);
        while self.markers.front().is_some_and(|marker| marker.at < oldest) {
            self.markers.pop_front();
        }
        while self.faces.len() > MAX_FACES {
            let unseen_longest = (0..self.faces.len())
                .min_by(|a, b| self.faces[*a].seen_at.total_cmp(&self.faces[*b].seen_at));
            if let Some(index) = unseen_longest {
                self.faces.remove(index);
            }
        }
    }

    fn keep_choice(&mut self, now: f64) {
        let kept = self.chosen().is_some_and(|face| now - face.seen_at <= CHOICE_KEPT_SECS);
        let first_there = self.latest.as_ref().and_then(|o| o.faces.first()).map(|f| f.track);
        if !kept && (first_there.is_some() || self.chosen().is_none()) {
            self.chosen = first_there;
        }
    }
}
