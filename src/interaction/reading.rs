//! What the companion takes from an observation: the face of the user, or that there is none.

use crate::frame::RunId;
use crate::observation::{Affect, FaceReading, Label, Labels, Observation, TrackId};

/// The expressions it knows, by the names of the built-in model. Classes of other names count for
/// valence and arousal alone.
pub const EXPRESSIONS: [&str; 8] =
    ["neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt"];

/// Turned farther than this, a face looks at something else than the screen: half the angle under
/// which a wide screen is seen from an arm's length, and what five landmarks err.
const LOOKING_DEG: f32 = 25.0;

/// Somebody sits in front of the user's face from this many times its area on; people side by side
/// are as large, and now one is, now the other.
const IN_FRONT: f32 = 1.5;

/// Whose face is read: the largest, as of who sits in front, until it is gone or another one is
/// clearly in front of it.
#[derive(Debug, Clone, Default)]
pub struct UserFace {
    last: Option<(RunId, TrackId)>,
}

impl UserFace {
    /// The reading of the user. `labels` names the classes.
    pub fn read(&mut self, observation: &Observation, labels: &Labels) -> Reading {
        let area = |face: &FaceReading| face.detection.bbox.area();
        let faces = &observation.faces;
        // Who is back in a moment is read on.
        let Some(largest) = faces.iter().max_by(|a, b| area(a).total_cmp(&area(b))) else {
            return Reading::default();
        };
        let before = faces.iter().find(|face| self.last == Some((observation.run, face.track)));
        let still = before.filter(|before| area(largest) < IN_FRONT * area(before));
        let face = still.unwrap_or(largest);
        self.last = Some((observation.run, face.track));
        Reading { face: Some(FaceSign::of(face, labels)) }
    }
}

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

impl FaceSign {
    fn of(face: &FaceReading, labels: &Labels) -> Self {
        let p = face.smoothed.as_slice();
        let share = |name: &str| {
            let class = labels.names().iter().position(|label| label == name);
            class.and_then(|class| p.get(class)).copied().map_or(0.0, f64::from)
        };
        let turned = face.pose.yaw_deg.abs().max(face.pose.pitch_deg.abs());
        Self {
            shares: EXPRESSIONS.map(share),
            affect: face.affect.unwrap_or_default(),
            sure: matches!(face.label, Label::Class(_)),
            looking: turned < LOOKING_DEG,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::geom::Rect;
    use crate::observation::{Detection, HeadPose, Landmarks, Posterior, Quality};
    use crate::time::Pts;

    /// Valence of whom `user` reads, of faces with these numbers, widths and valences.
    fn read(user: &mut UserFace, run: u64, faces: &[(u32, f32, f32)]) -> Option<f32> {
        let posterior = Posterior::normalised(vec![1.0; 8]).unwrap();
        let faces = faces.iter().map(|(track, width, valence)| FaceReading {
            track: TrackId(*track),
            age: Duration::ZERO,
            detection: Detection {
                bbox: Rect::new(0.0, 0.0, *width, 100.0),
                score: 1.0,
                landmarks: Landmarks::default(),
            },
            posterior: posterior.clone(),
            smoothed: posterior.clone(),
            label: Label::Class(0),
            certainty: 0.125,
            steady: Duration::ZERO,
            affect: Some(Affect { valence: *valence, arousal: 0.0 }),
            pose: HeadPose::default(),
            quality: Quality::default(),
        });
        let observation = Observation {
            run: RunId(run),
            index: 0,
            pts: Pts::ZERO,
            frame_size: (640, 480),
            faces: faces.collect(),
        };
        let labels = Labels::new(EXPRESSIONS);
        user.read(&observation, &labels).face.map(|face| face.affect.valence)
    }

    #[test]
    fn of_two_people_side_by_side_one_is_read_until_the_other_is_clearly_in_front() {
        let mut user = UserFace::default();
        assert_eq!(read(&mut user, 1, &[(1, 100.0, 0.5), (2, 95.0, -0.5)]), Some(0.5));
        // Now the other one is larger, but not by much.
        assert_eq!(read(&mut user, 1, &[(2, 120.0, -0.5), (1, 100.0, 0.5)]), Some(0.5));
        assert_eq!(read(&mut user, 1, &[]), None);
        assert_eq!(read(&mut user, 1, &[(2, 120.0, -0.5), (1, 100.0, 0.5)]), Some(0.5));
        assert_eq!(read(&mut user, 1, &[(2, 160.0, -0.5), (1, 100.0, 0.5)]), Some(-0.5));
        // It is gone; the number is another's in another run.
        assert_eq!(read(&mut user, 1, &[(1, 100.0, 0.5)]), Some(0.5));
        assert_eq!(read(&mut user, 2, &[(1, 100.0, 0.5), (3, 110.0, 0.25)]), Some(0.25));
    }
}
