//! Numbers that look random and are the same for the same seed on every machine.

use crate::evaluate::Random;

/// A stream of such numbers.
#[derive(Debug)]
pub struct Chance(Random);

impl Chance {
    /// The stream of `seed`.
    pub fn new(seed: u64) -> Self {
        Self(Random(seed))
    }

    /// The stream number `index` of a seed; neighbours have nothing in common.
    pub fn stream(seed: u64, index: u64) -> Self {
        let mut mixed = Random(seed ^ index.wrapping_mul(0xd6e8_feb8_6659_fd93));
        Self(Random(mixed.next()))
    }

    /// Evenly from 0..1.
    pub fn unit(&mut self) -> f64 {
        (self.0.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Whether something of this probability happens.
    pub fn happens(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// Evenly from `low..high`.
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// A whole number below `bound`, which is not 0.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0.below(bound)
    }

    /// From the standard normal distribution (Box & Muller 1958).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// An index, each as probable as its weight says; the last one if weights are all 0.
    pub fn pick(&mut self, weights: &[f64]) -> usize {
        let mut left = self.unit() * weights.iter().sum::<f64>();
        for (index, weight) in weights.iter().enumerate() {
            if left < *weight {
                return index;
            }
            left -= weight;
        }
        weights.len().saturating_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_normal_distribution_has_its_moments_and_picks_their_weights() {
        let mut chance = Chance::stream(7, 3);
        let draws: Vec<f64> = (0..100_000).map(|_| chance.normal()).collect();
        let mean = draws.iter().sum::<f64>() / 1e5;
        let variance = draws.iter().map(|x| x * x).sum::<f64>() / 1e5;
        assert!(mean.abs() < 0.015 && (variance - 1.0).abs() < 0.02, "{mean} {variance}");
        let picked = (0..10_000).filter(|_| chance.pick(&[1.0, 3.0]) == 1).count();
        assert!((7_300..7_700).contains(&picked), "{picked}");
    }
}
