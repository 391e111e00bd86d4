//! The readout gets worse until learning from it stops to help.

use serde::Serialize;

use super::compare::{Comparison, compare};
use super::learn::Learned;
use super::life::World;
use super::readout::{Noise, NoiseKind};

/// Levels of noise: the share of moments in which the reading has nothing to do with the face.
pub const LEVELS: [f64; 6] = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0];

/// Everything at one level.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NoiseLevel {
    /// How much and what.
    pub noise: Noise,
    /// How policies did.
    pub comparison: Comparison,
}

/// All levels.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sweep {
    /// From no noise to noise alone.
    pub levels: Vec<NoiseLevel>,
    /// Noise alone, of each kind.
    pub kinds: Vec<NoiseLevel>,
    /// The first level at which seeing the face is no longer better for sure than not seeing it:
    /// the lower limit of 95 % of the difference is at or below 0.
    pub face_stops_helping_at: Option<f64>,
    /// The first level at which the learned policy is no longer better for sure than the rules.
    pub learning_stops_helping_at: Option<f64>,
}

/// Compares at each level. Networks and rules are those that were learned without noise, as
/// nobody tells them that the camera got worse.
pub fn sweep(world: &World<'_>, learned: &Learned, users: usize, seed: u64) -> Sweep {
    let at = |noise: Noise| {
        let noisy = World { noise, ..*world };
        NoiseLevel { noise, comparison: compare(&noisy, learned, users, seed) }
    };
    let levels: Vec<NoiseLevel> = LEVELS.into_iter().map(|share| at(Noise::held(share))).collect();
    // The first kind is that of the levels.
    let others = NoiseKind::ALL[1..].iter().map(|kind| at(Noise { share: 1.0, kind: *kind }));
    let kinds = levels.last().cloned().into_iter().chain(others).collect();
    let stops = |contest: fn(&Comparison) -> f64| {
        levels.iter().find(|level| contest(&level.comparison) <= 0.0).map(|level| level.noise.share)
    };
    Sweep {
        face_stops_helping_at: stops(|c| {
            c.against_blind.difference.interval.map_or(0.0, |limits| limits.low)
        }),
        learning_stops_helping_at: stops(|c| {
            c.against_rules.difference.interval.map_or(0.0, |limits| limits.low)
        }),
        levels,
        kinds,
    }
}
