//! One row of `observations.csv` as a value: what the writer writes and the reader gives back.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::clock::Stamp;
use super::text::UNSURE;
use crate::geom::Rect;
use crate::observation::{FaceReading, Hint, Label};

/// What is known about one face in one frame, or that a frame has no face.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Row {
    /// [`Stamp::frame`].
    pub frame: u64,
    /// [`Stamp::time`]: since the session's time zero.
    pub time: Duration,
    /// Wall clock time of capture; `None` for files.
    pub utc: Option<Timestamp>,
    /// `None`: no face in this frame.
    pub face: Option<FaceRow>,
}

/// The face of a [`Row`]. Ranges as in [`FaceReading`]; `None` where a table lacks the column or
/// the number was not finite.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FaceRow {
    /// The same face over time; never used twice in a session.
    pub id: Option<u64>,
    /// How sure the detector is, 0..=1.
    pub confidence: Option<f32>,
    /// Left edge in pixels.
    pub bbox_x: Option<f32>,
    /// Top edge in pixels.
    pub bbox_y: Option<f32>,
    /// Width in pixels.
    pub bbox_w: Option<f32>,
    /// Height in pixels.
    pub bbox_h: Option<f32>,
    /// Column word of the label shown, or `unsure`; empty if the table lacks it.
    pub emotion: String,
    /// Top of the smoothed posterior, 0..=1.
    pub certainty: Option<f32>,
    /// Posterior of this frame alone, in the order of the labels.
    pub posterior: Vec<Option<f32>>,
    /// Posterior after smoothing, in the order of the labels.
    pub smoothed: Vec<Option<f32>>,
    /// -1..=1.
    pub valence: Option<f32>,
    /// -1..=1.
    pub arousal: Option<f32>,
    /// Degrees.
    pub pitch_deg: Option<f32>,
    /// Degrees.
    pub yaw_deg: Option<f32>,
    /// Degrees.
    pub roll_deg: Option<f32>,
    /// Lowest of the four qualities, 0..=1.
    pub quality: Option<f32>,
    /// 0..=1.
    pub quality_size: Option<f32>,
    /// 0..=1.
    pub quality_light: Option<f32>,
    /// 0..=1.
    pub quality_sharpness: Option<f32>,
    /// 0..=1.
    pub quality_turn: Option<f32>,
    /// Why the label is `unsure`, or else why the reading may be poor.
    pub hint: Option<Hint>,
}

impl Row {
    /// The row of a frame without a face. `zero_utc` is wall clock time at the session's time
    /// zero.
    pub fn without_face(stamp: Stamp, zero_utc: Option<Timestamp>) -> Self {
        let utc = utc_at(zero_utc, stamp.time);
        Self { frame: stamp.frame, time: stamp.time, utc, face: None }
    }

    /// The row of one face. `words` are the column words of the labels.
    pub fn with_face(
        stamp: Stamp,
        zero_utc: Option<Timestamp>,
        id: u64,
        reading: &FaceReading,
        words: &[String],
    ) -> Self {
        Self { face: Some(FaceRow::new(id, reading, words)), ..Self::without_face(stamp, zero_utc) }
    }
}

impl FaceRow {
    fn new(id: u64, reading: &FaceReading, words: &[String]) -> Self {
        let FaceReading { detection, affect, pose, quality, .. } = reading;
        let (emotion, hint) = match reading.label {
            Label::Class(index) => (words.get(index).map_or("", String::as_str), quality.hint),
            Label::Unsure(hint) => (UNSURE, Some(hint)),
        };
        let numbers = |posterior: &[f32]| posterior.iter().copied().map(finite).collect();
        Self {
            id: Some(id),
            confidence: finite(detection.score),
            bbox_x: finite(detection.bbox.x),
            bbox_y: finite(detection.bbox.y),
            bbox_w: finite(detection.bbox.w),
            bbox_h: finite(detection.bbox.h),
            emotion: emotion.to_owned(),
            certainty: finite(reading.certainty),
            posterior: numbers(reading.posterior.as_slice()),
            smoothed: numbers(reading.smoothed.as_slice()),
            valence: affect.and_then(|affect| finite(affect.valence)),
            arousal: affect.and_then(|affect| finite(affect.arousal)),
            pitch_deg: finite(pose.pitch_deg),
            yaw_deg: finite(pose.yaw_deg),
            roll_deg: finite(pose.roll_deg),
            quality: finite(quality.overall()),
            quality_size: finite(quality.size),
            quality_light: finite(quality.light),
            quality_sharpness: finite(quality.sharpness),
            quality_turn: finite(quality.turn),
            hint,
        }
    }

    /// Where the face is, in pixels; `None` if one of the four numbers is missing.
    pub fn bbox(&self) -> Option<Rect> {
        Some(Rect::new(self.bbox_x?, self.bbox_y?, self.bbox_w?, self.bbox_h?))
    }
}

/// Wall clock time at `time` in a session.
pub(crate) fn utc_at(zero_utc: Option<Timestamp>, time: Duration) -> Option<Timestamp> {
    zero_utc?.checked_add(SignedDuration::try_from(time).ok()?).ok()
}

/// A number a table can hold.
fn finite(number: f32) -> Option<f32> {
    number.is_finite().then_some(number)
}
