//! From good readings of a face at rest to the correction.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Baseline, FLOOR, MOST, Made, Offset, Reference, Refusal, VERSION, mean, rounded};
use crate::geom::Point;
use crate::observation::Posterior;

/// A face rests a little differently every time, so that ten even seconds are no proof: least
/// standard deviation of the log-odds of a second.
const LEAST_DEVIATION: f32 = 0.5;
/// Beyond this mean distance (total variation) from its own mean, a face did not rest.
const STEADY: f32 = 0.2;
/// A face whose neutral is below this share shows an expression.
const RESTS: f64 = 0.1;
/// Standard deviation of the place of a head that keeps still, in eye distances.
const STILL: f32 = 0.5;
/// The same of where it looks, in degrees.
const LOOKS: f32 = 12.0;

/// A second with fewer readings says nothing by itself.
const IN_A_SECOND: usize = 2;

/// One good reading.
#[derive(Debug, Clone)]
pub struct Sample {
    /// Which second of good time.
    pub second: u64,
    /// Calibrated posterior of the frame alone.
    pub posterior: Posterior,
    /// Middle between the eyes, in pixels.
    pub at: Point,
    /// Their distance.
    pub eyes: f32,
    /// Yaw and pitch in degrees.
    pub turn: (f32, f32),
}

/// The baseline of good readings.
///
/// # Errors
/// If they are not of a face at rest.
pub fn estimate(
    samples: &[Sample],
    reference: &Reference,
    labels: &[String],
    good: Duration,
    made: Made,
) -> Result<Baseline, Refusal> {
    let posteriors: Vec<Posterior> = samples.iter().map(|s| s.posterior.clone()).collect();
    let at_rest = mean(&posteriors);
    if moved(samples) {
        return Err(Refusal::Moved);
    }
    if unsteadiness(&posteriors, &at_rest) > STEADY {
        return Err(Refusal::Unsteady);
    }
    if at_rest.get(reference.neutral).copied().unwrap_or_default() < RESTS {
        let top = at_rest.iter().copied().enumerate().max_by(|a, b| a.1.total_cmp(&b.1));
        let (class, share) = top.unwrap_or_default();
        let label = labels.get(class).cloned().unwrap_or_default();
        return Err(Refusal::Expressive { label, share });
    }
    let offset: Vec<f64> = (0..labels.len())
        .map(|class| rounded(f64::from(offset_of(class, samples, reference))))
        .collect();
    let applied = Offset::new(offset.iter().map(|value| *value as f32).collect());
    let corrected: Vec<Posterior> = posteriors
        .iter()
        .map(|posterior| applied.as_ref().map_or(posterior.clone(), |o| o.apply(posterior)))
        .collect();
    let shares = |shares: Vec<f64>| shares.into_iter().map(rounded).collect();
    Ok(Baseline {
        version: VERSION,
        profile: made.profile,
        made_utc: made.utc,
        model: made.model,
        model_sha256: made.model_sha256,
        seconds: rounded(good.as_secs_f64()),
        frames: samples.len() as u64,
        reference_of_card: reference.of_card,
        labels: labels.to_vec(),
        offset,
        at_rest: shares(at_rest),
        corrected: shares(mean(&corrected)),
    })
}

/// How much more likely against neutral the class is than for the average neutral face, taken off as
/// far as the readings bear it.
fn offset_of(class: usize, samples: &[Sample], reference: &Reference) -> f32 {
    let (Some(usual), Some(spread)) = (reference.log_odds.get(class), reference.spread.get(class))
    else {
        return 0.0;
    };
    if class == reference.neutral {
        return 0.0;
    }
    let share =
        |sample: &Sample| sample.posterior.as_slice().get(class).copied().unwrap_or_default();
    if median(samples.iter().map(share).collect()) <= FLOOR {
        // What is not there can't be taken off, however little is neutral.
        return 0.0;
    }
    let mut all = Vec::with_capacity(samples.len());
    let mut seconds: BTreeMap<u64, Vec<f32>> = BTreeMap::new();
    for sample in samples {
        let log = |class: usize| {
            sample.posterior.as_slice().get(class).copied().unwrap_or(FLOOR).max(FLOOR).ln()
        };
        let odds = log(class) - log(reference.neutral);
        all.push(odds);
        seconds.entry(sample.second).or_default().push(odds);
    }
    let of_seconds: Vec<f32> =
        seconds.into_values().filter(|odds| odds.len() >= IN_A_SECOND).map(median).collect();
    let excess = (median(all) - usual).max(0.0);
    // Frames of a second are nearly the same picture, so that seconds count and not frames.
    let independent = of_seconds.len().max(1) as f32;
    let deviation = deviation(&of_seconds).max(LEAST_DEVIATION);
    let trust = spread.powi(2) / (spread.powi(2) + deviation.powi(2) / independent);
    -(trust * excess).min(MOST)
}

pub fn median(mut values: Vec<f32>) -> f32 {
    values.sort_by(f32::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => 0.0,
        n if n % 2 == 1 => values[middle],
        _ => (values[middle - 1] + values[middle]) / 2.0,
    }
}

/// Standard deviation; 0 of fewer than two.
pub fn deviation(values: &[f32]) -> f32 {
    if values.len() < 2 {
        return 0.0;
    }
    let mean = values.iter().sum::<f32>() / values.len() as f32;
    let squares: f32 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (squares / (values.len() - 1) as f32).sqrt()
}

fn moved(samples: &[Sample]) -> bool {
    let of =
        |value: fn(&Sample) -> f32| deviation(&samples.iter().map(value).collect::<Vec<f32>>());
    let eyes = median(samples.iter().map(|sample| sample.eyes).collect()).max(1.0);
    let place = of(|sample| sample.at.x).hypot(of(|sample| sample.at.y)) / eyes;
    place > STILL || of(|sample| sample.turn.0) > LOOKS || of(|sample| sample.turn.1) > LOOKS
}

/// Mean total variation between each reading and their mean, 0..=1.
fn unsteadiness(posteriors: &[Posterior], mean: &[f64]) -> f32 {
    let distance = |posterior: &Posterior| -> f64 {
        let pairs = posterior.as_slice().iter().zip(mean);
        pairs.map(|(p, m)| (f64::from(*p) - m).abs()).sum::<f64>() / 2.0
    };
    let sum: f64 = posteriors.iter().map(distance).sum();
    (sum / posteriors.len().max(1) as f64) as f32
}
