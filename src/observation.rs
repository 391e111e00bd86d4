//! What is known about one frame: the one type that window, recorder and streams read.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::frame::RunId;
use crate::geom::{Point, Rect};
use crate::time::Pts;

/// All that is known about one frame. A frame without a face is an observation too.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// The run the frame belongs to.
    pub run: RunId,
    /// [`crate::frame::Frame::index`].
    pub index: u64,
    /// When the frame was captured.
    pub pts: Pts,
    /// Width and height of the frame in pixels.
    pub frame_size: (u32, u32),
    /// One entry per face, ordered by track id.
    pub faces: Vec<FaceReading>,
}

/// What is known about one face in one frame.
#[derive(Debug, Clone, PartialEq)]
pub struct FaceReading {
    /// The same face over time.
    pub track: TrackId,
    /// How long this face has been followed.
    pub age: Duration,
    /// Where it is.
    pub detection: Detection,
    /// Calibrated posterior of this frame alone, as read: no baseline changes it.
    pub posterior: Posterior,
    /// Posterior after correction by a baseline, if one is applied, and smoothing in time.
    pub smoothed: Posterior,
    /// What to show: the label, or why there is none.
    pub label: Label,
    /// Top of the smoothed posterior, 0..=1.
    pub certainty: f32,
    /// How long [`Self::label`] has stood.
    pub steady: Duration,
    /// Valence and arousal, from the smoothed posterior; `None` if the model's card does not say
    /// where its classes lie.
    pub affect: Option<Affect>,
    /// Rough direction of the head.
    pub pose: HeadPose,
    /// Why a reading may be poor.
    pub quality: Quality,
}

/// Identifies a face within a run, from 1. Never used twice in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TrackId(pub u32);

impl fmt::Display for TrackId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A face found in one frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Detection {
    /// In pixels of the frame; may reach beyond it.
    pub bbox: Rect,
    /// How sure the detector is, 0..=1.
    pub score: f32,
    /// In pixels of the frame.
    pub landmarks: Landmarks,
}

/// Five points of a face. *Left* and *right* are the picture's, not the person's.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Landmarks {
    /// Centre of the eye on the picture's left.
    pub eye_left: Point,
    /// Centre of the eye on the picture's right.
    pub eye_right: Point,
    /// Tip of the nose.
    pub nose: Point,
    /// Corner of the mouth on the picture's left.
    pub mouth_left: Point,
    /// Corner of the mouth on the picture's right.
    pub mouth_right: Point,
}

impl Landmarks {
    /// Eye left, eye right, nose, mouth left, mouth right.
    pub fn to_array(self) -> [Point; 5] {
        [self.eye_left, self.eye_right, self.nose, self.mouth_left, self.mouth_right]
    }

    /// Eye left, eye right, nose, mouth left, mouth right.
    pub fn from_array([eye_left, eye_right, nose, mouth_left, mouth_right]: [Point; 5]) -> Self {
        Self { eye_left, eye_right, nose, mouth_left, mouth_right }
    }

    /// Distance between the eyes in pixels.
    pub fn eye_distance(&self) -> f32 {
        self.eye_left.distance(self.eye_right)
    }
}

/// The classes of a model in its own order. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labels(Arc<[String]>);

impl Labels {
    /// In the order of the model's output.
    pub fn new(names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self(names.into_iter().map(Into::into).collect())
    }

    /// Names in the order of the model's output.
    pub fn names(&self) -> &[String] {
        &self.0
    }

    /// How many classes.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Name of class `index`; empty if there is no such class.
    pub fn name(&self, index: usize) -> &str {
        self.0.get(index).map_or("", String::as_str)
    }
}

/// Raw scores of a model, one per class, not normalised.
#[derive(Debug, Clone, PartialEq)]
pub struct Logits(pub Vec<f32>);

/// Probabilities, one per class in the order of [`Labels`]: each at least 0, sum 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Posterior(Box<[f32]>);

impl Posterior {
    /// Softmax of `logits / temperature`. `None` if a logit is not finite, there are none, or the
    /// temperature is not positive.
    pub fn from_logits(logits: &Logits, temperature: f32) -> Option<Self> {
        let top = logits.0.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let sound = temperature.is_finite() && temperature > 0.0;
        if !sound || logits.0.is_empty() || logits.0.iter().any(|z| !z.is_finite()) {
            return None;
        }
        Self::normalised(logits.0.iter().map(|z| ((z - top) / temperature).exp()).collect())
    }

    /// Scales non-negative weights to sum 1. `None` if one is negative or not finite, or all are 0.
    pub fn normalised(weights: Vec<f32>) -> Option<Self> {
        let sum: f32 = weights.iter().sum();
        let sound =
            weights.iter().all(|w| w.is_finite() && *w >= 0.0) && sum > 0.0 && sum.is_finite();
        sound.then(|| Self(weights.into_iter().map(|w| w / sum).collect()))
    }

    /// Probabilities in the order of the labels.
    pub fn as_slice(&self) -> &[f32] {
        &self.0
    }

    /// Index and probability of the most probable class (the first of equals).
    pub fn top(&self) -> (usize, f32) {
        self.0
            .iter()
            .copied()
            .enumerate()
            .fold((0, f32::NEG_INFINITY), |best, (i, p)| if p > best.1 { (i, p) } else { best })
    }

    /// `self` moved towards `target` by `share` in 0..=1; stays a posterior.
    pub fn moved_towards(&self, target: &Self, share: f32) -> Self {
        let share = share.clamp(0.0, 1.0);
        Self(self.0.iter().zip(&target.0).map(|(p, t)| p + share * (t - p)).collect())
    }
}

/// What to show for a face.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Label {
    /// Class index in [`Labels`].
    Class(usize),
    /// No word is better than a wrong one.
    Unsure(Hint),
}

impl Label {
    /// What a person reads: the class name, or `unsure`.
    pub fn word<'a>(&self, labels: &'a Labels) -> &'a str {
        match self {
            Self::Class(index) => labels.name(*index),
            Self::Unsure(_) => "unsure",
        }
    }
}

/// Why a reading is poor, the strongest reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Hint {
    /// No class stands out.
    Ambiguous,
    /// The face has too few pixels.
    TooSmall,
    /// Too little light on the face.
    TooDark,
    /// Too much light on the face.
    TooBright,
    /// Light from one side only.
    UnevenLight,
    /// Out of focus or moving fast.
    Blurred,
    /// The head is turned away.
    TurnedAway,
    /// Followed too briefly to say.
    JustAppeared,
}

impl Hint {
    /// One or two words, for tables and CSV.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ambiguous => "ambiguous",
            Self::TooSmall => "too small",
            Self::TooDark => "too dark",
            Self::TooBright => "too bright",
            Self::UnevenLight => "uneven light",
            Self::Blurred => "blurred",
            Self::TurnedAway => "turned away",
            Self::JustAppeared => "just appeared",
        }
    }

    /// What the person in front of the camera can do.
    pub fn advice(self) -> &'static str {
        match self {
            Self::Ambiguous => "No expression stands out.",
            Self::TooSmall => "Too far away. Move closer to the camera.",
            Self::TooDark => "Too dark. Put a light in front of you.",
            Self::TooBright => "Too bright. Turn away from the lamp or window.",
            Self::UnevenLight => "Light from one side. Turn towards it.",
            Self::Blurred => "Blurred. Hold still or clean the lens.",
            Self::TurnedAway => "Turned away. Face the camera.",
            Self::JustAppeared => "Just appeared. One moment.",
        }
    }
}

/// Position on the circumplex of affect (Russell 1980).
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Affect {
    /// Unpleasant -1 to pleasant 1.
    pub valence: f32,
    /// Calm -1 to excited 1.
    pub arousal: f32,
}

/// Direction of the head in degrees, estimated from five points: a hint, not a measurement.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct HeadPose {
    /// Positive: chin up.
    pub pitch_deg: f32,
    /// Positive: turned to the picture's right.
    pub yaw_deg: f32,
    /// Positive: tilted clockwise in the picture.
    pub roll_deg: f32,
}

/// How far conditions allow a reading; each 0 (useless) to 1 (good).
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Quality {
    /// Enough pixels.
    pub size: f32,
    /// Enough light, evenly spread.
    pub light: f32,
    /// In focus and still.
    pub sharpness: f32,
    /// Facing the camera.
    pub turn: f32,
    /// The reason for the lowest of the four, if that is below good.
    pub hint: Option<Hint>,
}

impl Quality {
    /// The lowest of the four, 0..=1.
    pub fn overall(&self) -> f32 {
        self.size.min(self.light).min(self.sharpness).min(self.turn)
    }
}
