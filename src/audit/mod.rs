//! How steady a model is: the same expression, drawn under conditions that should not matter, and
//! how far the posterior moves.
//!
//! A drawn head is no population. The audit finds what a model trips over; it can't prove that a
//! model is fair to people.

mod factors;
mod html;
mod plot;
mod tiles;

use crate::frame::{Frame, RunId};
use crate::model::NetworkError;
use crate::observation::{FaceReading, Hint, Labels, Posterior};
use crate::pipeline::Pipeline;
use crate::source::demo::{Emotion, Still, still_frame};

pub use factors::{Condition, Factor, factors};
pub use html::page;
pub use tiles::Tile;

/// What webcams send.
const SIZE: (u32, u32) = (640, 480);

/// What the sheet of drawn faces shows: the expression that models read best.
const SHOWN: Emotion = Emotion::Happiness;

/// What it is not, for every report.
pub const LIMITS: &str = "A drawn head is no population, and these figures are no proof of \
    fairness: they say how far a model's answer moves when a drawing changes in one respect, all \
    else being the same. Real faces differ in many respects at once, and errors on real people are \
    measured on pictures of real people alone. Age, glasses, make-up, headwear and the room are \
    not varied.";

/// An audit of one model.
#[derive(Debug, Clone)]
pub struct Audit {
    /// Short name of the model.
    pub model: String,
    /// Of its file, in hex.
    pub sha256: String,
    /// Its classes.
    pub labels: Labels,
    /// The reading of each expression in the reference condition, in the order of
    /// [`Emotion::ALL`].
    pub references: Vec<Reference>,
    /// What was varied.
    pub results: Vec<FactorResult>,
}

/// An expression in the reference condition: front, ordinary light, usual size.
#[derive(Debug, Clone)]
pub struct Reference {
    /// What was drawn.
    pub emotion: Emotion,
    /// What was read.
    pub posterior: Posterior,
    /// How it looked.
    pub tile: Tile,
}

/// What varying one thing did.
#[derive(Debug, Clone)]
pub struct FactorResult {
    /// What was varied and how.
    pub factor: Factor,
    /// Of each of its conditions.
    pub conditions: Vec<ConditionResult>,
}

/// What one condition did to each expression, in the order of [`Emotion::ALL`].
#[derive(Debug, Clone)]
pub struct ConditionResult {
    /// `None` where no face was found.
    pub shifts: Vec<Option<Shift>>,
    /// How it looked.
    pub tile: Tile,
}

/// How a reading differs from that of the same expression in the reference condition.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shift {
    /// Total variation distance of the posteriors: half the sum of absolute differences, 0 (the
    /// same) to 1.
    pub distance: f32,
    /// Most probable class.
    pub top: usize,
    /// Whether that is another one than in the reference.
    pub changed: bool,
    /// What the program would have said about the conditions.
    pub hint: Option<Hint>,
}

/// One row of the table.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// Faces drawn: conditions times expressions.
    pub drawn: usize,
    /// Of these, not found.
    pub missed: usize,
    /// Mean distance over those found, 0..=1.
    pub mean: f32,
    /// Largest distance, with the condition and the expression.
    pub worst: Option<(f32, String, Emotion)>,
    /// Readings whose most probable class changed ...
    pub changed: usize,
    /// ... of these, without any hint that conditions are poor.
    pub changed_unwarned: usize,
}

/// Why a model can't be audited.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuditError {
    /// The network failed.
    #[error("{0}")]
    Network(#[from] NetworkError),
    /// Without a reference there is nothing to compare with.
    #[error("the detector finds no face in the plain drawing of {0}")]
    NoReference(&'static str),
}

impl AuditError {
    /// What to do next.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Network(_) => "“mien models check” says whether the model fits its card.",
            Self::NoReference(_) => "Use the built-in detector.",
        }
    }
}

/// How many faces [`run`] draws for these factors.
pub fn faces(factors: &[Factor]) -> usize {
    let conditions: usize = factors.iter().map(|factor| factor.conditions.len()).sum();
    (1 + conditions) * Emotion::ALL.len()
}

/// Draws every expression under every condition and reads it. `after_each` is called after each
/// face. Slow: one pass of both networks for each of [`faces`].
///
/// # Errors
/// If a network fails, or if the plain drawing is not found.
pub fn run(
    pipeline: &mut Pipeline,
    factors: Vec<Factor>,
    mut after_each: impl FnMut(),
) -> Result<Audit, AuditError> {
    let mut reader = Reader { pipeline, run: 0 };
    let mut references = Vec::with_capacity(Emotion::ALL.len());
    for emotion in Emotion::ALL {
        let still = Still::of(emotion);
        let (face, frame) = reader.read(&still, factors::SEED)?;
        let face = face.ok_or(AuditError::NoReference(emotion.name()))?;
        let posterior = face.posterior;
        references.push(Reference { emotion, posterior, tile: Tile::of(&frame, &still) });
        after_each();
    }
    let mut results = Vec::with_capacity(factors.len());
    for factor in factors {
        let mut conditions = Vec::with_capacity(factor.conditions.len());
        for condition in &factor.conditions {
            let mut shifts = Vec::with_capacity(references.len());
            let mut tile = None;
            for reference in &references {
                let still = condition.of(reference.emotion);
                let (face, frame) = reader.read(&still, condition.seed)?;
                shifts.push(face.map(|face| Shift::between(&reference.posterior, &face)));
                if reference.emotion == SHOWN {
                    tile = Some(Tile::of(&frame, &still));
                }
                after_each();
            }
            conditions.extend(tile.map(|tile| ConditionResult { shifts, tile }));
        }
        results.push(FactorResult { factor, conditions });
    }
    let card = &reader.pipeline.emotion().card;
    Ok(Audit {
        model: card.name.clone(),
        sha256: card.sha256.clone(),
        labels: reader.pipeline.labels().clone(),
        references,
        results,
    })
}

struct Reader<'a> {
    pipeline: &'a mut Pipeline,
    run: u64,
}

impl Reader<'_> {
    /// The largest face, if one is found, and the picture.
    fn read(
        &mut self,
        still: &Still,
        seed: u64,
    ) -> Result<(Option<FaceReading>, Frame), AuditError> {
        // Each picture is a run of its own, so that nothing is remembered from the one before.
        self.run += 1;
        let frame = still_frame(still, seed, RunId(self.run)).0;
        let faces = self.pipeline.process(&frame)?.faces;
        let area = |face: &FaceReading| face.detection.bbox.area();
        Ok((faces.into_iter().max_by(|a, b| area(a).total_cmp(&area(b))), frame))
    }
}

impl Shift {
    /// By the unsmoothed reading.
    fn between(reference: &Posterior, face: &FaceReading) -> Self {
        let top = face.posterior.top().0;
        Self {
            distance: total_variation(reference, &face.posterior),
            top,
            changed: top != reference.top().0,
            hint: face.quality.hint,
        }
    }
}

/// Half the sum of absolute differences, 0..=1.
fn total_variation(a: &Posterior, b: &Posterior) -> f32 {
    let sum: f32 = a.as_slice().iter().zip(b.as_slice()).map(|(a, b)| (a - b).abs()).sum();
    (sum / 2.0).min(1.0)
}

impl FactorResult {
    /// Over all expressions.
    pub fn summary(&self) -> Summary {
        self.summary_where(|_| true)
    }

    /// Over one expression.
    pub fn summary_of(&self, emotion: Emotion) -> Summary {
        self.summary_where(|shown| shown == emotion)
    }

    fn summary_where(&self, wanted: impl Fn(Emotion) -> bool) -> Summary {
        let mut summary = Summary {
            drawn: 0,
            missed: 0,
            mean: 0.0,
            worst: None,
            changed: 0,
            changed_unwarned: 0,
        };
        let mut sum = 0.0;
        for (condition, result) in self.factor.conditions.iter().zip(&self.conditions) {
            let shown = Emotion::ALL.into_iter().zip(&result.shifts);
            for (emotion, shift) in shown.filter(|(emotion, _)| wanted(*emotion)) {
                summary.drawn += 1;
                let Some(shift) = shift else {
                    summary.missed += 1;
                    continue;
                };
                sum += shift.distance;
                if summary.worst.as_ref().is_none_or(|(worst, ..)| shift.distance > *worst) {
                    summary.worst = Some((shift.distance, condition.name.clone(), emotion));
                }
                summary.changed += usize::from(shift.changed);
                summary.changed_unwarned += usize::from(shift.changed && shift.hint.is_none());
            }
        }
        summary.mean = sum / (summary.drawn - summary.missed).max(1) as f32;
        summary
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::PipelineOptions;

    fn posterior(shares: &[f32]) -> Posterior {
        Posterior::normalised(shares.to_vec()).unwrap()
    }

    #[test]
    fn distance_is_the_share_that_moved() {
        let a = posterior(&[0.9, 0.1, 0.0]);
        let b = posterior(&[0.3, 0.6, 0.1]);
        assert_eq!(total_variation(&a, &a), 0.0);
        assert!((total_variation(&a, &b) - 0.6).abs() < 1e-6);
        let apart = total_variation(&posterior(&[1.0, 0.0]), &posterior(&[0.0, 1.0]));
        assert!((apart - 1.0).abs() < 1e-6);
    }

    #[test]
    fn missed_faces_are_counted_and_change_no_mean() {
        let factor = factors().swap_remove(1);
        let tile = Tile::of(&still_frame(&Still::of(SHOWN), 1, RunId(0)).0, &Still::of(SHOWN));
        let shift = |distance, changed, hint| Some(Shift { distance, top: 0, changed, hint });
        let mut shifts = vec![None; 8];
        shifts[0] = shift(0.2, false, None);
        shifts[1] = shift(0.6, true, None);
        shifts[2] = shift(0.1, true, Some(Hint::TooDark));
        let result = FactorResult { factor, conditions: vec![ConditionResult { shifts, tile }] };
        let summary = result.summary();
        assert_eq!((summary.drawn, summary.missed), (8, 5));
        assert_eq!((summary.changed, summary.changed_unwarned), (2, 1));
        assert!((summary.mean - 0.3).abs() < 1e-6);
        let worst = summary.worst.unwrap();
        assert_eq!((worst.0, worst.2), (0.6, Emotion::Happiness));
        assert_eq!(result.summary_of(Emotion::Neutral).changed, 0);
    }

    /// The same drawing is the same reading, and a face in the dark is another one.
    #[test]
    fn what_does_not_change_the_picture_does_not_move_the_reading() {
        let mut pipeline = Pipeline::builtin(PipelineOptions::default()).unwrap();
        let still = Still { noise: 0.0, ..Still::of(Emotion::Happiness) };
        let mut conditions = vec![Condition::new("same", None, still.clone())];
        let dark = crate::source::demo::Light { strength: 0.02, ambient: 0.01, ..still.light };
        conditions.push(Condition::new("dark", None, Still { light: dark, ..still }));
        let factor = Factor { key: "test", name: "test", what: "", unit: "", conditions };
        let mut count = 0;
        let expected = faces(std::slice::from_ref(&factor));
        let audit = run(&mut pipeline, vec![factor], || count += 1).unwrap();
        assert_eq!((count, audit.references.len()), (expected, 8));
        let [same, dark] = &audit.results[0].conditions[..] else { panic!("two conditions") };
        // The reference has the noise of a webcam, this drawing has none.
        assert!(same.shifts[1].is_some_and(|shift| shift.distance < 0.1 && !shift.changed));
        let moved =
            |shift: &Option<Shift>| shift.is_none_or(|s| s.distance > 0.1 || s.hint.is_some());
        assert!(dark.shifts.iter().all(moved), "{:?}", dark.shifts);
    }
}
