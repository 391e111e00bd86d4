//! How far figures would move with other pictures of the same kind.

use serde::Serialize;

use super::Reading;
use super::metrics::Confusion;

/// Enough for limits of 95 % to settle within a tenth of their distance.
pub const RESAMPLES: usize = 2000;

/// Any number will do; a fixed one gives the same limits each time.
const SEED: u64 = 0x6d69_656e;

/// Two limits between which a figure lies in 95 % of the resamples.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    /// 2.5th percentile.
    pub low: f64,
    /// 97.5th percentile.
    pub high: f64,
}

/// Limits of accuracy and macro recall.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Intervals {
    /// Of the accuracy.
    pub accuracy: Interval,
    /// Of the mean recall.
    pub macro_recall: Interval,
}

/// Percentile bootstrap (Efron & Tibshirani 1993): readings are drawn with replacement. `unit_of`
/// names what is drawn as a whole, such as a person, whose pictures resemble each other; where
/// each reading is its own unit, pictures are drawn. `None` if there are fewer than two units.
pub fn intervals(
    readings: &[Reading],
    classes: usize,
    unit_of: impl Fn(&Reading) -> usize,
) -> Option<Intervals> {
    let mut units: std::collections::BTreeMap<usize, Vec<(usize, usize)>> = Default::default();
    for reading in readings {
        units.entry(unit_of(reading)).or_default().push((reading.truth, reading.answer()));
    }
    let units: Vec<_> = units.into_values().collect();
    if units.len() < 2 {
        return None;
    }
    let mut random = Random(SEED);
    let mut accuracies = Vec::with_capacity(RESAMPLES);
    let mut recalls = Vec::with_capacity(RESAMPLES);
    for _ in 0..RESAMPLES {
        let mut confusion = Confusion::new(classes);
        for _ in 0..units.len() {
            for (truth, answer) in &units[random.below(units.len())] {
                confusion.add(*truth, *answer);
            }
        }
        accuracies.extend(confusion.accuracy());
        // A class of which no picture was drawn weighs nothing in this resample.
        recalls.extend(confusion.macro_recall());
    }
    Some(Intervals { accuracy: percentiles(accuracies)?, macro_recall: percentiles(recalls)? })
}

pub(crate) fn percentiles(mut values: Vec<f64>) -> Option<Interval> {
    values.sort_by(f64::total_cmp);
    let last = values.len().checked_sub(1)?;
    let at = |share: f64| values[(share * last as f64).round() as usize];
    Some(Interval { low: at(0.025), high: at(0.975) })
}

/// SplitMix64 (Steele et al. 2014): small, and good enough to draw pictures with.
#[derive(Debug)]
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`, which is not 0. Multiplying is biased by less than one in 2^32 for
    /// any number of pictures.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.next()) * bound as u128) >> 64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::reading;
    use super::*;

    /// 100 readings of two classes of which `right` are right.
    fn hundred(right: usize) -> Vec<Reading> {
        (0..100)
            .map(|i| {
                let truth = i % 2;
                let says = if i < right { truth } else { 1 - truth };
                let posterior = if says == 0 { [0.8, 0.2] } else { [0.2, 0.8] };
                Reading { example: i, ..reading(truth, &posterior) }
            })
            .collect()
    }

    #[test]
    fn limits_are_those_of_the_binomial_distribution() {
        let found = intervals(&hundred(80), 2, |reading| reading.example).unwrap();
        // sqrt(0.8 * 0.2 / 100) = 0.04, so the limits lie about 0.078 off.
        assert!((found.accuracy.low - 0.72).abs() < 0.02, "{found:?}");
        assert!((found.accuracy.high - 0.88).abs() < 0.02, "{found:?}");
        assert!(found.macro_recall.low < 0.8 && found.macro_recall.high > 0.8);
    }

    #[test]
    fn the_same_readings_have_the_same_limits() {
        let draw = || intervals(&hundred(63), 2, |reading| reading.example);
        assert_eq!(draw(), draw());
    }

    #[test]
    fn pictures_of_few_persons_say_less() {
        let readings = hundred(80);
        let by_picture = intervals(&readings, 2, |reading| reading.example).unwrap().accuracy;
        let by_person = intervals(&readings, 2, |reading| reading.example / 20).unwrap().accuracy;
        assert!(by_person.high - by_person.low > 2.0 * (by_picture.high - by_picture.low));
    }

    #[test]
    fn one_unit_has_no_limits_and_perfection_has_narrow_ones() {
        assert_eq!(intervals(&hundred(80), 2, |_| 0), None);
        let perfect = intervals(&hundred(100), 2, |reading| reading.example).unwrap();
        assert_eq!(perfect.accuracy, Interval { low: 1.0, high: 1.0 });
    }

    #[test]
    fn numbers_are_drawn_evenly() {
        let mut random = Random(1);
        let mut counts = [0_u32; 7];
        for _ in 0..70_000 {
            counts[random.below(7)] += 1;
        }
        assert!(counts.iter().all(|count| (9_500..10_500).contains(count)), "{counts:?}");
    }
}
