//! Readings made by hand, for the tests of this module.

use super::{Conditions, Reading};
use crate::observation::Posterior;

/// What a model said (probabilities that sum to 1) and what is true.
pub fn reading(truth: usize, posterior: &[f32]) -> Reading {
    let posterior = Posterior::normalised(posterior.to_vec()).unwrap();
    Reading { example: 0, truth, posterior, conditions: Conditions::default() }
}
