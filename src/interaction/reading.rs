//! What the companion takes from an observation: the face of the user, or that there is none.

use crate::observation::{Affect, Label, Labels, Observation};

/// The expressions it knows, by the names of the built-in model. Classes of other names count for
/// valence and arousal alone.
pub const EXPRESSIONS: [&str; 8] =
    ["neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt"];

/// Turned farther than this, a face looks at something else than the screen: half the angle under
/// which a wide screen is seen from an arm's length, and what five landmarks err.
const LOOKING_DEG: f32 = 25.0;

/// One moment of the user.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Reading {
    /// `None`: no face.
    pub face: Option<FaceSign>,
}

/// What a face said.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FaceSign {
    /// Smoothed probabilities in the order of [`EXPRESSIONS`]; sum at most 1.
    pub shares: [f64; 8],
    /// Valence and arousal, each -1 to 1; 0 where the model does not tell.
    pub affect: Affect,
    /// Whether the program named an expression rather than "unsure".
    pub sure: bool,
    /// Whether the head points at the screen, roughly.
    pub looking: bool,
}

impl Reading {
    /// Of the largest face: that of who sits in front. `labels` names the classes.
    pub fn of(observation: &Observation, labels: &Labels) -> Self {
        let area = |face: &&crate::observation::FaceReading| {
            f64::from(face.detection.bbox.w) * f64::from(face.detection.bbox.h)
        };
        let largest = observation.faces.iter().max_by(|a, b| area(a).total_cmp(&area(b)));
        let face = largest.map(|face| {
            let p = face.smoothed.as_slice();
            let share = |name: &str| {
                let class = labels.names().iter().position(|label| label == name);
                class.and_then(|class| p.get(class)).copied().map_or(0.0, f64::from)
            };
            let turned = face.pose.yaw_deg.abs().max(face.pose.pitch_deg.abs());
            FaceSign {
                shares: EXPRESSIONS.map(share),
                affect: face.affect.unwrap_or_default(),
                sure: matches!(face.label, Label::Class(_)),
                looking: turned < LOOKING_DEG,
            }
        });
        Self { face }
    }
}
