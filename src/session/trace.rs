//! The readings of a whole file or session in compact columns: what a timeline draws from, and what
//! is shown for a single frame. Filled while a file is analysed, or from the tables of a session.
//!
//! Three hours at 30 frames a second take about 30 MB with one face. Memory is bounded: from
//! a million faces on, every other frame is left out, also of those that follow.

mod of_signal;
mod span;

use std::collections::HashMap;
use std::ops::Range;
use std::time::Duration;

use super::SessionEvent;
use super::columns::HINTS;
use crate::frame::RunId;
use crate::geom;
use crate::observation::{
    Affect, Detection, FaceReading, HeadPose, Hint, Label, Labels, Landmarks, Observation,
    Posterior, Quality, TrackId,
};
use crate::time::Pts;

/// Readings of faces that are kept; nine hours of one face at 30 frames a second.
const MOST_FACES: usize = 1 << 20;
/// Events that are kept.
const MOST_EVENTS: usize = 10_000;
/// Longer without a frame is a gap, unless frames are rare by choice.
const GAP: Duration = Duration::from_millis(750);
/// How a share is kept: in steps of 1/65535.
const FULL: f32 = 65_535.0;
const UNSURE: u8 = u8::MAX;

pub use span::{ClassTime, Span};

/// Which face is followed through time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Follow {
    /// The largest of each frame: numbers change at every cut.
    #[default]
    Largest,
    /// One face.
    Track(TrackId),
}

/// Something that happened at a time.
#[derive(Debug, Clone, PartialEq)]
pub struct TraceEvent {
    /// Since the start.
    pub at: Duration,
    /// What.
    pub event: SessionEvent,
}

/// What is known about one frame.
#[derive(Debug, Clone, Copy)]
struct FrameMark {
    micros: u64,
    index: u64,
    /// Its first face in [`Trace::faces`].
    first: u32,
}

#[derive(Debug, Clone, Copy)]
struct FaceMark {
    track: u32,
    bbox: [f32; 4],
    score: f32,
    /// Class, or [`UNSURE`].
    label: u8,
    /// Index in [`HINTS`]; beyond it: none.
    hint: u8,
    /// In steps of 1/255.
    quality: [u8; 4],
    /// NaN: not told.
    affect: [f32; 2],
    born_millis: u32,
    label_since_millis: u32,
}

/// How long a face and its label have been there.
#[derive(Debug, Clone, Copy)]
struct Standing {
    born: u64,
    since: u64,
    label: u8,
    last: u64,
}

/// Readings in the order of time.
#[derive(Debug, Clone)]
pub struct Trace {
    labels: Labels,
    frame_size: (u32, u32),
    frames: Vec<FrameMark>,
    faces: Vec<FaceMark>,
    /// For each face the smoothed posterior, then that of the frame alone.
    shares: Vec<u16>,
    events: Vec<TraceEvent>,
    alive: HashMap<u32, Standing>,
    /// Of the frames given, one in so many is kept.
    stride: u64,
    given: u64,
    /// Whether the frame given last was kept.
    keeping: bool,
}

impl Trace {
    /// Of nothing yet. `labels` are the classes of the model, `frame_size` the pixels of a frame.
    pub fn new(labels: Labels, frame_size: (u32, u32)) -> Self {
        Self {
            labels,
            frame_size,
            frames: Vec::new(),
            faces: Vec::new(),
            shares: Vec::new(),
            events: Vec::new(),
            alive: HashMap::new(),
            stride: 1,
            given: 0,
            keeping: false,
        }
    }

    /// Classes in the order of the posteriors.
    pub fn labels(&self) -> &Labels {
        &self.labels
    }

    /// How many frames there are.
    pub fn len(&self) -> usize {
        self.frames.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// One in so many frames is kept; 1: all of them.
    pub fn stride(&self) -> u64 {
        self.stride
    }

    /// Time of the last frame.
    pub fn end(&self) -> Option<Duration> {
        self.frames.last().map(|frame| Duration::from_micros(frame.micros))
    }

    /// In the order of time.
    pub fn events(&self) -> &[TraceEvent] {
        &self.events
    }

    /// Adds what was found in the next frame. Frames come in the order of time.
    pub fn push(&mut self, observation: &Observation) {
        self.frame_size = observation.frame_size;
        let micros = micros_of(observation.pts.since_start());
        if !self.begin_frame(micros, observation.index) {
            return;
        }
        for face in &observation.faces {
            let FaceReading { detection, affect, quality, .. } = face;
            let geom::Rect { x, y, w, h } = detection.bbox;
            let (label, hint) = match face.label {
                Label::Class(class) => (class as u8, quality.hint),
                Label::Unsure(hint) => (UNSURE, Some(hint)),
            };
            self.push_face(FaceMark {
                track: face.track.0,
                bbox: [x, y, w, h],
                score: detection.score,
                label,
                hint: hint_index(hint),
                quality: [quality.size, quality.light, quality.sharpness, quality.turn].map(byte),
                affect: affect.map_or([f32::NAN; 2], |a| [a.valence, a.arousal]),
                born_millis: 0,
                label_since_millis: 0,
            });
            self.shares.extend(face.smoothed.as_slice().iter().copied().map(share));
            self.shares.extend(face.posterior.as_slice().iter().copied().map(share));
        }
    }

    /// Adds something that happened.
    pub fn push_event(&mut self, at: Duration, event: SessionEvent) {
        if self.events.len() < MOST_EVENTS {
            self.events.push(TraceEvent { at, event });
        }
    }

    /// Replaces all that happened, in the order of time.
    pub fn set_events(&mut self, events: impl IntoIterator<Item = TraceEvent>) {
        self.events = events.into_iter().take(MOST_EVENTS).collect();
    }

    /// Whether the frame is kept.
    fn begin_frame(&mut self, micros: u64, index: u64) -> bool {
        if self.faces.len() >= MOST_FACES || self.frames.len() >= MOST_FACES {
            self.thin();
        }
        self.keeping = self.given.is_multiple_of(self.stride);
        self.given += 1;
        if self.keeping {
            let first = self.faces.len() as u32;
            self.frames.push(FrameMark { micros, index, first });
            self.alive.retain(|_, standing| micros.saturating_sub(standing.last) < 2_000_000);
        }
        self.keeping
    }

    fn push_face(&mut self, mut face: FaceMark) {
        let Some(FrameMark { micros, .. }) = self.frames.last().copied() else { return };
        let new = Standing { born: micros, since: micros, label: face.label, last: micros };
        let standing = self.alive.entry(face.track).or_insert(new);
        if standing.label != face.label {
            (standing.label, standing.since) = (face.label, micros);
        }
        standing.last = micros;
        face.born_millis = millis(standing.born);
        face.label_since_millis = millis(standing.since);
        self.faces.push(face);
    }

    /// Leaves out every other frame.
    fn thin(&mut self) {
        let classes = 2 * self.labels.len();
        let (mut frames, mut faces, mut shares) = (Vec::new(), Vec::new(), Vec::new());
        for at in (0..self.frames.len()).step_by(2) {
            let range = self.faces_of(at);
            frames.push(FrameMark { first: faces.len() as u32, ..self.frames[at] });
            shares.extend_from_slice(&self.shares[range.start * classes..range.end * classes]);
            faces.extend_from_slice(&self.faces[range]);
        }
        (self.frames, self.faces, self.shares) = (frames, faces, shares);
        self.stride *= 2;
        self.given = self.frames.len() as u64 * self.stride;
    }

    fn faces_of(&self, frame: usize) -> Range<usize> {
        let first = |frame: usize| self.frames.get(frame).map(|frame| frame.first as usize);
        first(frame).unwrap_or(self.faces.len())..first(frame + 1).unwrap_or(self.faces.len())
    }

    /// Time of a frame.
    pub fn time(&self, frame: usize) -> Duration {
        self.frames.get(frame).map_or(Duration::ZERO, |frame| Duration::from_micros(frame.micros))
    }

    /// Number of a frame in its source.
    pub fn index(&self, frame: usize) -> Option<u64> {
        self.frames.get(frame).map(|frame| frame.index)
    }

    /// The frame that is shown at `at`; `None` before the first and in a gap.
    pub fn frame_at(&self, at: Duration) -> Option<usize> {
        let micros = micros_of(at);
        let frame = self.frames.partition_point(|frame| frame.micros <= micros).checked_sub(1)?;
        (at.saturating_sub(self.time(frame)) <= self.longest_step()).then_some(frame)
    }

    /// Frames from `from` on and before `to`.
    pub fn frames_in(&self, from: Duration, to: Duration) -> Range<usize> {
        let place = |at| self.frames.partition_point(|frame| frame.micros < micros_of(at));
        let start = place(from);
        start..place(to).max(start)
    }

    /// The longest time from frame to frame that is no gap.
    pub fn longest_step(&self) -> Duration {
        let (Some(first), Some(last)) = (self.frames.first(), self.frames.last()) else {
            return GAP;
        };
        let steps = (self.frames.len() as u64 - 1).max(1);
        GAP.max(3 * Duration::from_micros((last.micros - first.micros) / steps))
    }

    /// How long a frame stands: until the next one, but not through a gap.
    pub fn stands(&self, frame: usize) -> Duration {
        let step = match self.frames.get(frame + 1) {
            Some(_) => self.time(frame + 1).saturating_sub(self.time(frame)),
            None if frame > 0 => self.time(frame).saturating_sub(self.time(frame - 1)),
            None => Duration::ZERO,
        };
        if step > self.longest_step() { Duration::ZERO } else { step }
    }

    /// The face of a frame that is followed.
    pub fn face(&self, frame: usize, follow: Follow) -> Option<FaceAt<'_>> {
        let mut faces = self.faces_of(frame);
        let index = match follow {
            Follow::Track(track) => faces.find(|face| self.faces[*face].track == track.0)?,
            Follow::Largest => {
                let area = |face: usize| self.faces[face].bbox[2] * self.faces[face].bbox[3];
                faces.max_by(|a, b| area(*a).total_cmp(&area(*b)))?
            }
        };
        Some(FaceAt { trace: self, index })
    }

    /// What was found in a frame, as it was when it was analysed; landmarks and head direction are
    /// not kept.
    pub fn observation(&self, frame: usize) -> Option<Observation> {
        let mark = self.frames.get(frame)?;
        let mut faces: Vec<FaceReading> =
            self.faces_of(frame).filter_map(|face| self.reading(face, mark.micros)).collect();
        faces.sort_by_key(|face| face.track);
        Some(Observation {
            run: RunId::default(),
            index: mark.index,
            pts: Pts::new(Duration::from_micros(mark.micros)),
            frame_size: self.frame_size,
            faces,
        })
    }

    fn reading(&self, face: usize, micros: u64) -> Option<FaceReading> {
        let mark = &self.faces[face];
        let at = FaceAt { trace: self, index: face };
        let posterior = |shares: &[u16]| {
            Posterior::normalised(shares.iter().map(|share| f32::from(*share) / FULL).collect())
        };
        let (smoothed, raw) = (posterior(at.smoothed())?, posterior(at.raw())?);
        let [x, y, w, h] = mark.bbox;
        let [size, light, sharpness, turn] = mark.quality.map(|byte| f32::from(byte) / 255.0);
        let [valence, arousal] = mark.affect;
        let past =
            |then: u32| Duration::from_millis(u64::from(millis(micros).saturating_sub(then)));
        let hint = HINTS.get(usize::from(mark.hint)).copied();
        Some(FaceReading {
            track: TrackId(mark.track),
            age: past(mark.born_millis),
            detection: Detection {
                bbox: geom::Rect::new(x, y, w, h),
                score: mark.score,
                landmarks: Landmarks::default(),
            },
            certainty: smoothed.top().1,
            posterior: raw,
            smoothed,
            label: at.label().unwrap_or(Label::Unsure(hint.unwrap_or(Hint::Ambiguous))),
            steady: past(mark.label_since_millis),
            affect: (!valence.is_nan()).then_some(Affect { valence, arousal }),
            pose: HeadPose::default(),
            quality: Quality { size, light, sharpness, turn, hint },
        })
    }
}

/// One face in one frame.
#[derive(Debug, Clone, Copy)]
pub struct FaceAt<'a> {
    trace: &'a Trace,
    index: usize,
}

impl<'a> FaceAt<'a> {
    /// Smoothed posterior in the order of the labels, in steps of 1/65535.
    pub fn smoothed(&self) -> &'a [u16] {
        let classes = self.trace.labels.len();
        &self.trace.shares[2 * classes * self.index..][..classes]
    }

    /// Posterior of the frame alone, likewise.
    fn raw(&self) -> &'a [u16] {
        let classes = self.trace.labels.len();
        &self.trace.shares[classes * (2 * self.index + 1)..][..classes]
    }

    /// The class that is shown; `None`: unsure.
    pub fn label(&self) -> Option<Label> {
        let label = self.trace.faces[self.index].label;
        (label != UNSURE).then_some(Label::Class(usize::from(label)))
    }

    /// Valence and arousal, if they were told.
    pub fn affect(&self) -> Option<Affect> {
        let [valence, arousal] = self.trace.faces[self.index].affect;
        (!valence.is_nan()).then_some(Affect { valence, arousal })
    }

    /// Which face.
    pub fn track(&self) -> TrackId {
        TrackId(self.trace.faces[self.index].track)
    }
}

fn micros_of(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

fn millis(micros: u64) -> u32 {
    u32::try_from(micros / 1000).unwrap_or(u32::MAX)
}

fn share(value: f32) -> u16 {
    (value.clamp(0.0, 1.0) * FULL).round() as u16
}

fn byte(value: f32) -> u8 {
    (value.clamp(0.0, 1.0) * 255.0).round() as u8
}

fn hint_index(hint: Option<Hint>) -> u8 {
    let index = hint.and_then(|hint| HINTS.iter().position(|known| *known == hint));
    index.map_or(UNSURE, |index| index as u8)
}

#[cfg(test)]
mod tests;
