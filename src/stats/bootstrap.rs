//! How far figures of a span would move with another stretch of the same kind.

use super::bins::{Bins, Sums, figures};
use crate::evaluate::Random;

/// Enough for limits of 95 % to settle within a tenth of their distance.
pub const RESAMPLES: usize = 1000;

/// Any number will do; a fixed one gives the same limits each time.
pub const SEED: u64 = 0x6d69_656e;

/// With fewer blocks limits mean nothing.
const FEWEST_BLOCKS: usize = 5;

/// Figures of many resamples of one span.
#[derive(Debug, Clone)]
pub struct Draws {
    /// Of each resample, as [`figures`] gives them.
    pub figures: Vec<Vec<f64>>,
    /// Length of a block.
    pub block_secs: f64,
    /// How many blocks fit into the span.
    pub blocks: usize,
}

/// Circular block bootstrap (Politis & Romano 1992): readings that follow each other resemble each
/// other, so whole blocks are drawn, whose length follows from the autocorrelation
/// ([`block_length`]). `None` if the span holds fewer than five of them.
pub fn draws(bins: &Bins, seed: u64) -> Option<Draws> {
    let classes = bins.bins.first()?.shown.len();
    let count = bins.bins.len();
    let block = block_length(&series(bins));
    let blocks = count / block;
    if blocks < FEWEST_BLOCKS {
        return None;
    }
    let width = Sums::width(classes);
    // Running sums over two rounds, so that a block is one subtraction, also over the end.
    let mut sums = vec![0.0; (2 * count + 1) * width];
    for (index, bin) in bins.bins.iter().chain(&bins.bins).enumerate() {
        let (before, after) = sums.split_at_mut((index + 1) * width);
        let before = &before[index * width..];
        for ((after, before), value) in after.iter_mut().zip(before).zip(bin.flat()) {
            *after = before + value;
        }
    }
    let mut random = Random(seed);
    let figures = (0..RESAMPLES)
        .map(|_| {
            let mut total = vec![0.0; width];
            let mut left = count;
            while left > 0 {
                let length = block.min(left);
                let start = random.below(count);
                let (from, to) = (&sums[start * width..], &sums[(start + length) * width..]);
                for ((total, from), to) in total.iter_mut().zip(from).zip(to) {
                    *total += to - from;
                }
                left -= length;
            }
            figures(&total)
        })
        .collect();
    Some(Draws { figures, block_secs: block as f64 * bins.bin_secs, blocks })
}

/// Mean posterior of each class by bin; where there is no face, the mean of the span.
fn series(bins: &Bins) -> Vec<Vec<f64>> {
    let classes = bins.bins.first().map_or(0, |bin| bin.posterior.len());
    (0..classes)
        .map(|class| {
            let read: f64 = bins.bins.iter().map(|bin| bin.read).sum();
            let sum: f64 = bins.bins.iter().map(|bin| bin.posterior[class]).sum();
            let mean = if read > 0.0 { sum / read } else { 0.0 };
            let value =
                |bin: &Sums| if bin.read > 0.0 { bin.posterior[class] / bin.read } else { mean };
            bins.bins.iter().map(value).collect()
        })
        .collect()
}

/// In bins, at least 1: the longest that Politis & White (2004, corrected by Patton, Politis & White
/// 2009) find for any of the series.
fn block_length(series: &[Vec<f64>]) -> usize {
    series.iter().map(|values| politis_white(values)).max().unwrap_or(1)
}

fn politis_white(values: &[f64]) -> usize {
    let n = values.len();
    let longest = ((3.0 * (n as f64).sqrt()).min(n as f64 / 3.0).ceil() as usize).max(1);
    let mean = values.iter().sum::<f64>() / n.max(1) as f64;
    let centred: Vec<f64> = values.iter().map(|value| value - mean).collect();
    let covariance = |lag: usize| -> f64 {
        let products = centred.iter().zip(centred.iter().skip(lag)).map(|(a, b)| a * b);
        products.sum::<f64>() / n.max(1) as f64
    };
    let variance = covariance(0);
    if variance < 1e-12 {
        return 1;
    }
    // The lag from which on correlations are no more than noise, several in a row.
    let in_a_row = ((n as f64).log10().sqrt().ceil() as usize).max(5);
    let noise = 2.0 * ((n as f64).log10() / n as f64).sqrt();
    let last_lag = ((n as f64).sqrt().ceil() as usize + in_a_row).min(n.saturating_sub(1));
    let lags: Vec<f64> = (0..=last_lag).map(covariance).collect();
    let mut quiet = 0;
    let mut cut = None;
    for (lag, covariance) in lags.iter().enumerate().skip(1) {
        quiet = if (covariance / variance).abs() < noise { quiet + 1 } else { 0 };
        if quiet == in_a_row {
            cut = Some(lag - in_a_row);
            break;
        }
    }
    let cut = cut.unwrap_or(last_lag).max(1);
    let window = (2 * cut).min(last_lag);
    let (mut weighted, mut spectrum) = (0.0, variance);
    for (lag, covariance) in lags.iter().enumerate().take(window + 1).skip(1) {
        let at = lag as f64 / window as f64;
        let flat_top = if at <= 0.5 { 1.0 } else { 2.0 * (1.0 - at) };
        weighted += 2.0 * flat_top * lag as f64 * covariance;
        spectrum += 2.0 * flat_top * covariance;
    }
    let spread = 4.0 / 3.0 * spectrum * spectrum;
    if spread <= 0.0 {
        return longest;
    }
    let length = (2.0 * weighted * weighted / spread).cbrt() * (n as f64).cbrt();
    (length.ceil() as usize).clamp(1, longest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::sample::Dice;

    /// A first-order autoregressive series.
    fn series(n: usize, memory: f64, seed: u64) -> Vec<f64> {
        let mut dice = Dice::new(seed);
        let mut value = 0.0;
        (0..n)
            .map(|_| {
                value = memory * value + f64::from(dice.between(-1.0, 1.0));
                value
            })
            .collect()
    }

    fn bins(values: &[f64]) -> Bins {
        let bin = |value: &f64| Sums {
            observed: 1.0,
            seen: 1.0,
            face: 1.0,
            labelled: 1.0,
            read: 1.0,
            shown: vec![0.0],
            posterior: vec![*value],
            ..Sums::default()
        };
        Bins { bins: values.iter().map(bin).collect(), bin_secs: 1.0 }
    }

    #[test]
    fn blocks_are_as_long_as_the_memory_of_the_series() {
        let length = |memory| politis_white(&series(2000, memory, 5));
        assert!(length(0.0) <= 4, "{}", length(0.0));
        assert!(length(0.5) < length(0.9), "{} {}", length(0.5), length(0.9));
        // Their formula for this process: (2 G² / D)^(1/3) n^(1/3) with G = 2 rho / (1 - rho)² and
        // D = 4/3 ((1 + rho) / (1 - rho))², in units of the variance; 49 for 0.9 and 2000.
        let rho: f64 = 0.9;
        let g = 2.0 * rho / (1.0 - rho).powi(2);
        let d = 4.0 / 3.0 * ((1.0 + rho) / (1.0 - rho)).powi(2);
        let wanted = (2.0 * g * g / d).cbrt() * 2000_f64.cbrt();
        let found = length(0.9) as f64;
        assert!((wanted / 2.0..wanted * 2.0).contains(&found), "{found} {wanted}");
        assert_eq!(politis_white(&[0.3; 50]), 1);
    }

    /// The limits must hold the true mean in about 95 of 100 series, which they would not by far if
    /// single bins were drawn.
    #[test]
    fn limits_hold_the_truth_as_often_as_they_say() {
        let (mut held, mut held_by_single) = (0, 0);
        for seed in 0..100 {
            let bins = bins(&series(1000, 0.8, 100 + seed));
            let draws = draws(&bins, SEED).unwrap();
            let means: Vec<f64> = draws.figures.iter().map(|figures| figures[5]).collect();
            let limits = crate::evaluate::percentiles(means).unwrap();
            held += u32::from(limits.low <= 0.0 && 0.0 <= limits.high);
            let n = bins.bins.len() as f64;
            let mean = bins.bins.iter().map(|bin| bin.posterior[0]).sum::<f64>() / n;
            let variance =
                bins.bins.iter().map(|bin| (bin.posterior[0] - mean).powi(2)).sum::<f64>() / n;
            held_by_single += u32::from(mean.abs() < 1.96 * (variance / n).sqrt());
        }
        assert!((85..=100).contains(&held), "{held}");
        assert!(held_by_single < 70, "{held_by_single}");
    }

    #[test]
    fn the_same_span_gives_the_same_limits_and_a_short_one_gives_none() {
        let bins = bins(&series(300, 0.5, 1));
        let first = draws(&bins, SEED).unwrap();
        // As text, in which a figure that is no number equals itself.
        let again = draws(&bins, SEED).unwrap();
        assert_eq!(format!("{:?}", first.figures), format!("{:?}", again.figures));
        let short = Bins { bins: bins.bins[..3].to_vec(), bin_secs: 1.0 };
        assert!(draws(&short, SEED).is_none());
    }
}
