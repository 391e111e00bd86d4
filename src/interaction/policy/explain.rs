//! Which features speak for a strategy, and which against.

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::super::features::{Features, X, X_NAMES, Y, Y_NAMES};
use super::network::Network;

/// What one feature adds to the log-odds that a strategy helps, against a moment of which nothing
/// is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contribution {
    /// `x` (the user's emotion and state) or `y` (context and intent).
    pub branch: String,
    /// What it is, in words.
    pub feature: String,
    /// Its value at this moment.
    pub value: f64,
    /// What it adds.
    pub adds: f64,
}

/// Steps of the integral: enough for contributions to add up to within 0.01.
const STEPS: usize = 32;

/// By integrated gradients (Sundararajan, Taly & Yan 2017) from all zeros, which is "nothing
/// known": together they are the difference of the log-odds. The largest come first.
pub fn contributions(network: &Network, features: &Features, strategy: usize) -> Vec<Contribution> {
    let along = |values: &[f64]| {
        Array2::from_shape_fn((STEPS, values.len()), |(step, place)| {
            values[place] * (step as f64 + 0.5) / STEPS as f64
        })
    };
    let passed = network.pass(along(&features.x).view(), along(&features.y).view());
    let mut slope = Array2::zeros((STEPS, network.strategies.len()));
    slope.column_mut(strategy).fill(1.0 / STEPS as f64);
    let (dx, dy) = network.input_gradient(&passed, &slope);
    let dx = dx.sum_axis(ndarray::Axis(0));
    let dy = dy.sum_axis(ndarray::Axis(0));
    let of = |branch: &str, names: &[&str], values: &[f64], slopes: &[f64]| -> Vec<Contribution> {
        let parts = names.iter().zip(values).zip(slopes);
        parts
            .map(|((name, value), slope)| Contribution {
                branch: branch.to_owned(),
                feature: (*name).to_owned(),
                value: *value,
                adds: value * slope,
            })
            .collect()
    };
    let mut all = of("x", &X_NAMES, &features.x, dx.as_slice().unwrap_or(&[0.0; X]));
    all.extend(of("y", &Y_NAMES, &features.y, dy.as_slice().unwrap_or(&[0.0; Y])));
    all.sort_by(|a, b| b.adds.abs().total_cmp(&a.adds.abs()));
    all
}

/// Of a chance, kept away from 0 and 1.
pub(super) fn log_odds(chance: f64) -> f64 {
    let chance = chance.clamp(1e-9, 1.0 - 1e-9);
    (chance / (1.0 - chance)).ln()
}

#[cfg(test)]
mod tests {
    use super::super::super::chance::Chance;
    use super::*;

    #[test]
    fn contributions_add_up_to_the_difference() {
        let network = Network::new(["a", "b"].map(String::from).to_vec(), 8);
        let mut chance = Chance::new(2);
        for strategy in [0, 1] {
            let features = Features {
                x: std::array::from_fn(|_| chance.between(-1.0, 1.0)),
                y: std::array::from_fn(|_| chance.between(-1.0, 1.0)),
            };
            let parts = contributions(&network, &features, strategy);
            assert_eq!(parts.len(), X + Y);
            let sum: f64 = parts.iter().map(|part| part.adds).sum();
            let at = network.chances(&network.joint(&features))[strategy];
            let zero = Features { x: [0.0; X], y: [0.0; Y] };
            let nothing_known = network.chances(&network.joint(&zero))[strategy];
            let difference = log_odds(at) - log_odds(nothing_known);
            assert!((sum - difference).abs() < 0.01, "{sum} {difference}");
            assert!(parts.windows(2).all(|pair| pair[0].adds.abs() >= pair[1].adds.abs()));
        }
    }
}
