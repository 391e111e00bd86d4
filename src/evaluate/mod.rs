//! How good a model is on labelled pictures: `mien evaluate`.
//!
//! Pictures take the path that live frames take: the same detector, alignment, tensor, mirror image
//! and temperature. A picture stands alone, so there is no smoothing in time.
//!
//! ```text
//! Dataset -> run (on many cores) -> Reading -> metrics -> Report -> { table, JSON, HTML }
//! ```

mod bootstrap;
mod calibration;
mod chart;
mod classes;
mod conditions;
mod html;
mod metrics;
mod report;
mod run;
mod text;

pub use bootstrap::{Interval, Intervals, RESAMPLES, intervals};
pub(crate) use bootstrap::{Random, percentiles};
pub use calibration::{
    Answered, BINS, Bin, answered_above, calibration_error, coverage, reliability,
};
pub use classes::{ClassChoice, ClassSpace};
pub use conditions::{Conditions, Slice, by_brightness, by_face_width, wilson};
pub use html::to_html;
pub use metrics::{ClassFigures, Confusion, brier, negative_log_likelihood};
pub use report::{Counts, Milliseconds, Mistake, ModelFacts, Named, Report, Score, Times};
pub use run::{EvaluateError, EvaluateOptions, evaluate};
pub use text::{grouped, to_text};

use crate::observation::Posterior;

/// What a model said about one picture, and what people did.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// Index of the example in its data set.
    pub example: usize,
    /// Class that people agree on.
    pub truth: usize,
    /// Over the same classes.
    pub posterior: Posterior,
    /// What the picture is like.
    pub conditions: Conditions,
}

impl Reading {
    /// The most probable class.
    pub fn answer(&self) -> usize {
        self.posterior.top().0
    }

    /// Its probability, 0..=1.
    pub fn certainty(&self) -> f32 {
        self.posterior.top().1
    }

    /// Whether the model says what people say.
    pub fn is_right(&self) -> bool {
        self.answer() == self.truth
    }
}

#[cfg(test)]
mod tests;
