//! Whether a model is right as often as it says, and what it gains by saying nothing.

use serde::Serialize;

use super::Reading;

/// As many bins of equal width as Guo et al. 2017 use.
pub const BINS: usize = 15;

/// The readings whose certainty is above `low` and at most `high`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Bin {
    /// 0..=1.
    pub low: f64,
    /// 0..=1.
    pub high: f64,
    /// Readings in it.
    pub count: u64,
    /// Mean certainty, 0..=1; `None` if it is empty.
    pub certainty: Option<f64>,
    /// Share of right answers, 0..=1; `None` if it is empty.
    pub accuracy: Option<f64>,
}

/// The reliability diagram: accuracy against certainty, in [`BINS`] bins of equal width.
pub fn reliability(readings: &[Reading]) -> Vec<Bin> {
    let mut sums = [(0_u64, 0.0_f64, 0_u64); BINS];
    for reading in readings {
        let certainty = f64::from(reading.certainty());
        let bin = ((certainty * BINS as f64).ceil() as usize).clamp(1, BINS) - 1;
        let (count, sum, right) = &mut sums[bin];
        *count += 1;
        *sum += certainty;
        *right += u64::from(reading.is_right());
    }
    let bin = |(i, (count, sum, right)): (usize, (u64, f64, u64))| Bin {
        low: i as f64 / BINS as f64,
        high: (i + 1) as f64 / BINS as f64,
        count,
        certainty: (count > 0).then(|| sum / count as f64),
        accuracy: (count > 0).then(|| right as f64 / count as f64),
    };
    sums.into_iter().enumerate().map(bin).collect()
}

/// Expected calibration error (Guo et al. 2017): the mean distance between certainty and accuracy
/// over the bins, weighted by their counts; 0..=1, 0 is best.
pub fn calibration_error(bins: &[Bin]) -> Option<f64> {
    let total: u64 = bins.iter().map(|bin| bin.count).sum();
    let distance = |bin: &Bin| {
        let gap = bin.certainty.zip(bin.accuracy).map_or(0.0, |(c, a)| (c - a).abs());
        gap * bin.count as f64
    };
    (total > 0).then(|| bins.iter().map(distance).sum::<f64>() / total as f64)
}

/// What is left if a model answers only when it is sure.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Answered {
    /// It answers at this certainty or above, 0..=1.
    pub threshold: f64,
    /// Share of the pictures it then answers, 0..=1.
    pub coverage: f64,
    /// Share of those answers that are right, 0..=1; `None` if there are none.
    pub accuracy: Option<f64>,
}

/// Readings of at least this certainty.
pub fn answered_above(readings: &[Reading], threshold: f32) -> Option<Answered> {
    let answered: Vec<&Reading> =
        readings.iter().filter(|reading| reading.certainty() >= threshold).collect();
    (!readings.is_empty()).then(|| share(&answered, readings.len(), f64::from(threshold)))
}

/// Accuracy against coverage: the surest share of the readings, in steps of one in a hundred, from
/// few to all. Fewer steps if there are fewer readings.
pub fn coverage(readings: &[Reading]) -> Vec<Answered> {
    let mut surest: Vec<&Reading> = readings.iter().collect();
    // Equal ones stay in order, so that the curve does not depend on how it was sorted.
    surest.sort_by(|a, b| b.certainty().total_cmp(&a.certainty()));
    let mut curve: Vec<Answered> = Vec::new();
    let mut last_count = 0;
    for step in 1..=100 {
        let count = (surest.len() * step).div_ceil(100);
        if count > last_count {
            let threshold = f64::from(surest[count - 1].certainty());
            curve.push(share(&surest[..count], surest.len(), threshold));
            last_count = count;
        }
    }
    curve
}

fn share(answered: &[&Reading], total: usize, threshold: f64) -> Answered {
    let right = answered.iter().filter(|reading| reading.is_right()).count();
    Answered {
        // As it was written, not as the nearest single-precision number.
        threshold: (threshold * 1e6).round() / 1e6,
        coverage: answered.len() as f64 / total as f64,
        accuracy: (!answered.is_empty()).then(|| right as f64 / answered.len() as f64),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::reading;
    use super::*;

    /// Certainty 0.9 twice (one right), 0.6 twice (both right).
    fn readings() -> [Reading; 4] {
        [
            reading(0, &[0.9, 0.1]),
            reading(1, &[0.9, 0.1]),
            reading(1, &[0.4, 0.6]),
            reading(0, &[0.6, 0.4]),
        ]
    }

    #[test]
    fn the_error_by_hand() {
        let bins = reliability(&readings());
        assert_eq!(bins.iter().filter(|bin| bin.count == 2).count(), 2);
        // (2 * |0.9 - 0.5| + 2 * |0.6 - 1|) / 4.
        assert!((calibration_error(&bins).unwrap() - 0.4).abs() < 1e-6);
    }

    #[test]
    fn certainty_that_is_deserved_costs_nothing() {
        let sure = [reading(0, &[1.0, 0.0]), reading(1, &[0.0, 1.0])];
        let bins = reliability(&sure);
        assert_eq!(bins[BINS - 1].count, 2);
        assert_eq!(calibration_error(&bins), Some(0.0));
        assert_eq!(calibration_error(&reliability(&[])), None);
    }

    #[test]
    fn coverage_by_hand() {
        let readings = readings();
        let curve = coverage(&readings);
        let points: Vec<_> = curve.iter().map(|p| (p.coverage, p.accuracy.unwrap())).collect();
        assert_eq!(points, [(0.25, 1.0), (0.5, 0.5), (0.75, 2.0 / 3.0), (1.0, 0.75)]);
        let above = answered_above(&readings, 0.7).unwrap();
        assert_eq!((above.coverage, above.accuracy), (0.5, Some(0.5)));
        let none = answered_above(&readings, 0.95).unwrap();
        assert_eq!((none.coverage, none.accuracy), (0.0, None));
    }

    #[test]
    fn a_thousand_readings_make_a_hundred_steps() {
        let many: Vec<Reading> = (0..1000).map(|_| reading(0, &[0.8, 0.2])).collect();
        assert_eq!(coverage(&many).len(), 100);
        assert_eq!(coverage(&[]).len(), 0);
    }
}
