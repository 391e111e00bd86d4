//! A session in memory, compact enough that three hours fit and fast enough to scrub through.

mod load;
mod order;

#[cfg(test)]
mod tests;

use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use super::EventRow;
use super::reader::{ReadError, Session};
use crate::observation::Hint;

/// Readings of a session by time. Sound rows alone; [`Self::problems`] says what was left out.
///
/// A row takes 96 bytes and 8 more for each class, so three hours of one face at 30 frames a
/// second take 52 MB.
#[derive(Debug, Clone, Default)]
pub struct Signal {
    words: Vec<String>,
    samples: Vec<Sample>,
    /// Of each sample, the posterior and then the smoothed one; NaN where the table has none.
    numbers: Vec<f32>,
    events: Vec<EventRow>,
    faces: Vec<FaceTrack>,
    problems: Problems,
}

/// What is known about one face in one frame, or that a frame has none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// Since the session's time zero; never less than that of the sample before.
    pub time: Duration,
    /// Number of the captured frame.
    pub frame: u64,
    /// `None`: the frame has no face.
    pub face: Option<FaceSample>,
}

/// The face of a [`Sample`], without its posteriors. Numbers are `None` where the table has none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FaceSample {
    /// The same face over time; 0 if the table does not tell faces apart.
    pub id: u32,
    /// The label that was shown.
    pub shown: Shown,
    /// Why a reading may be poor.
    pub hint: Option<Hint>,
    /// -1..=1.
    pub valence: Option<f32>,
    /// -1..=1.
    pub arousal: Option<f32>,
    /// Lowest of the four qualities, 0..=1.
    pub quality: Option<f32>,
    /// The four: size, light, sharpness and turn, in steps of 1/255.
    pub conditions: Option<[u8; 4]>,
    /// How sure the detector was, 0..=1.
    pub confidence: Option<f32>,
    /// Left, top, width and height in pixels.
    pub bbox: Option<[f32; 4]>,
    /// Pitch, yaw and roll in degrees.
    pub pose_deg: Option<[f32; 3]>,
}

/// The label of a face.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Shown {
    /// Index in [`Signal::words`].
    Class(u16),
    /// No word was shown.
    Unsure,
    /// The table has no label.
    Missing,
}

/// When a face was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FaceTrack {
    /// As in [`FaceSample::id`].
    pub id: u32,
    /// Time of its first sample.
    pub first: Duration,
    /// Time of its last sample.
    pub last: Duration,
    /// In how many frames it was seen.
    pub samples: usize,
}

/// What of a session could not be used, and why.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Problems {
    /// Rows of `observations.csv` that were left out.
    pub rows: u64,
    /// Rows of `events.csv` that were left out.
    pub events: u64,
    /// In words, the first [`Self::MOST_WORDS`] of them.
    pub words: Vec<String>,
}

impl Problems {
    /// More than a person reads.
    pub const MOST_WORDS: usize = 20;

    /// Whether all could be used.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Notes something in words.
    pub(crate) fn note(&mut self, words: impl FnOnce() -> String) {
        if self.words.len() < Self::MOST_WORDS {
            self.words.push(words());
        }
    }
}

impl Signal {
    /// Reads a session folder, on all cores.
    ///
    /// # Errors
    /// If nothing of it can be read: no session, no table of ours, or no permission. What is
    /// damaged within is left out and told by [`Self::problems`].
    pub fn open(folder: &Path) -> Result<Self, ReadError> {
        Self::read(&Session::open(folder)?)
    }

    /// Reads the tables of a session, on all cores.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn read(session: &Session) -> Result<Self, ReadError> {
        load::signal(session)
    }

    /// Takes in the events as they are in the table now.
    pub(crate) fn read_events_again(&mut self, session: &Session) {
        self.events.clear();
        load::read_events(session, self);
    }

    /// Column words of the classes, in the order of every posterior.
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// All samples by time; those of one frame stand together.
    pub fn samples(&self) -> &[Sample] {
        &self.samples
    }

    /// Posterior of one frame alone, in the order of [`Self::words`]; empty if the table has none
    /// for this sample.
    pub fn posterior(&self, sample: usize) -> &[f32] {
        self.numbers_of(sample, 0)
    }

    /// Posterior after smoothing; empty if the table has none for this sample.
    pub fn smoothed(&self, sample: usize) -> &[f32] {
        self.numbers_of(sample, 1)
    }

    fn numbers_of(&self, sample: usize, which: usize) -> &[f32] {
        let classes = self.words.len();
        let start = (2 * sample + which) * classes;
        let numbers = self.numbers.get(start..start + classes).unwrap_or_default();
        // They are all there or none is, see `load`.
        if numbers.first().is_none_or(|first| first.is_nan()) { &[] } else { numbers }
    }

    /// What happened beside the readings, by time.
    pub fn events(&self) -> &[EventRow] {
        &self.events
    }

    /// Faces in the order of their numbers.
    pub fn faces(&self) -> &[FaceTrack] {
        &self.faces
    }

    /// What was left out, and why.
    pub fn problems(&self) -> &Problems {
        &self.problems
    }

    /// Time of the last sample.
    pub fn end(&self) -> Duration {
        self.samples.last().map_or(Duration::ZERO, |sample| sample.time)
    }

    /// Samples whose time lies in `from..to`.
    pub fn between(&self, from: Duration, to: Duration) -> Range<usize> {
        let start = self.samples.partition_point(|sample| sample.time < from);
        let end = self.samples.partition_point(|sample| sample.time < to);
        start..end.max(start)
    }

    /// Samples of the frame that is seen at `time`: the last one that is not later. Empty before
    /// the first.
    pub fn frame_at(&self, time: Duration) -> Range<usize> {
        let end = self.samples.partition_point(|sample| sample.time <= time);
        let Some(last) = end.checked_sub(1).map(|last| self.samples[last].time) else {
            return 0..0;
        };
        self.samples.partition_point(|sample| sample.time < last)..end
    }

    /// How many faces were in one frame at most.
    pub fn faces_at_once(&self) -> usize {
        let mut most = 0;
        let mut count = 0;
        let mut frame = None;
        for sample in self.samples.iter().filter(|sample| sample.face.is_some()) {
            count = if frame == Some(sample.frame) { count + 1 } else { 1 };
            frame = Some(sample.frame);
            most = most.max(count);
        }
        most
    }

    /// Bytes it holds in memory.
    pub fn bytes(&self) -> usize {
        self.samples.capacity() * size_of::<Sample>() + self.numbers.capacity() * size_of::<f32>()
    }
}
