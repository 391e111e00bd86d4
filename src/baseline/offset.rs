//! The correction itself, a pure function of a posterior. Part of the core.

use std::sync::Arc;

use crate::observation::Posterior;

/// No class loses more than this against neutral: a factor of 4.5 in its odds.
pub const MOST: f32 = 1.5;

/// What is added to the logarithm of each probability, one a class, each `-`[`MOST`]`..=0`. Neutral
/// has 0, so no class gains on it. Cheap to clone.
#[derive(Debug, Clone, PartialEq)]
pub struct Offset(Arc<[f32]>);

impl Offset {
    /// `None` if there are none or one is outside its range.
    pub fn new(values: Vec<f32>) -> Option<Self> {
        let sound = !values.is_empty() && values.iter().all(|v| (-MOST..=0.0).contains(v));
        sound.then(|| Self(values.into()))
    }

    /// One a class.
    pub fn as_slice(&self) -> &[f32] {
        &self.0
    }

    /// The corrected posterior, `p_k · exp(offset_k)` scaled to sum 1: the adjustment of outputs to
    /// other prior probabilities of Saerens, Latinne & Decaestecker (2002). One of
    /// another number of classes is given back as it is.
    pub fn apply(&self, posterior: &Posterior) -> Posterior {
        let classes = posterior.as_slice();
        if classes.len() != self.0.len() || self.0.iter().all(|value| *value == 0.0) {
            return posterior.clone();
        }
        let weights = classes.iter().zip(&*self.0).map(|(p, offset)| p * offset.exp()).collect();
        Posterior::normalised(weights).unwrap_or_else(|| posterior.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn posterior(weights: &[f32]) -> Posterior {
        Posterior::normalised(weights.to_vec()).unwrap()
    }

    #[test]
    fn what_is_corrected_is_a_posterior_whatever_it_was() {
        let offset = Offset::new(vec![0.0, -1.5, -0.5, -1.3]).unwrap();
        let mut state = 3_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 24) as f32
        };
        let certain = [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [1e-30, 1.0, 0.0, 1e-30]];
        let random = (0..1000).map(|_| [next().powi(8), next(), next(), next().powi(4)]);
        for weights in certain.into_iter().chain(random) {
            let before = posterior(&weights);
            let after = offset.apply(&before);
            let sum: f32 = after.as_slice().iter().sum();
            assert!((sum - 1.0).abs() < 1e-5, "{after:?}");
            assert!(after.as_slice().iter().all(|p| (0.0..=1.0).contains(p)), "{after:?}");
            // Neutral never loses, and no class loses more than the cap allows.
            for (class, (b, a)) in before.as_slice().iter().zip(after.as_slice()).enumerate() {
                assert!(class != 0 || *a >= b - 1e-6, "{before:?} {after:?}");
                assert!(*a >= b * (-MOST).exp() * (1.0 - 1e-5), "{before:?} {after:?}");
            }
        }
    }

    #[test]
    fn nothing_to_add_changes_no_bit() {
        let before = posterior(&[0.3, 0.21, 0.17, 0.32]);
        assert_eq!(Offset::new(vec![0.0; 4]).unwrap().apply(&before), before);
        // That of a model with other classes is none of ours.
        assert_eq!(Offset::new(vec![0.0, -1.0]).unwrap().apply(&before), before);
    }

    #[test]
    fn what_is_out_of_range_is_no_offset() {
        for wrong in [vec![], vec![0.1, 0.0], vec![0.0, -1.6], vec![0.0, f32::NAN]] {
            assert_eq!(Offset::new(wrong.clone()), None, "{wrong:?}");
        }
    }
}
