//! Accuracy by what a picture is like: how bright the face is, and how large.

use serde::Serialize;

use super::Reading;
use super::bootstrap::Interval;

/// What a picture is like.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Conditions {
    /// Mean luma of the face crop, 0..=255.
    pub brightness: f32,
    /// Width in pixels of the face found, or of the whole picture.
    pub face_width: f32,
}

/// Readings under like conditions.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Slice {
    /// From here on.
    pub from: f64,
    /// Up to here, not included; `None`: no limit.
    pub to: Option<f64>,
    /// Readings, at least one.
    pub count: u64,
    /// Share of right answers, 0..=1.
    pub accuracy: f64,
    /// Limits of 95 % for that many readings (Wilson 1927).
    pub interval: Interval,
}

/// Borders of brightness: the same for all data, so that sets can be compared.
const BRIGHTNESS: [f32; 5] = [0.0, 60.0, 100.0, 140.0, 180.0];

/// Borders of width in pixels: each twice the one before.
const FACE_WIDTH: [f32; 5] = [0.0, 32.0, 64.0, 128.0, 256.0];

/// Accuracy by brightness of the face; slices without a reading are left out.
pub fn by_brightness(readings: &[Reading]) -> Vec<Slice> {
    slices(readings, &BRIGHTNESS, |conditions| conditions.brightness)
}

/// Accuracy by width of the face; slices without a reading are left out.
pub fn by_face_width(readings: &[Reading]) -> Vec<Slice> {
    slices(readings, &FACE_WIDTH, |conditions| conditions.face_width)
}

fn slices(readings: &[Reading], borders: &[f32], of: impl Fn(&Conditions) -> f32) -> Vec<Slice> {
    let slice = |i: usize| {
        let (from, to) = (borders[i], borders.get(i + 1).copied());
        let is_within = |value: f32| value >= from && to.is_none_or(|to| value < to);
        let within = readings.iter().filter(|reading| is_within(of(&reading.conditions)));
        let (count, right) = within.fold((0_u64, 0_u64), |(count, right), reading| {
            (count + 1, right + u64::from(reading.is_right()))
        });
        (count > 0).then(|| Slice {
            from: f64::from(from),
            to: to.map(f64::from),
            count,
            accuracy: right as f64 / count as f64,
            interval: wilson(right, count),
        })
    };
    (0..borders.len()).filter_map(slice).collect()
}

/// Where a share lies with a probability of 95 %, after `right` of `count` (at least 1): the
/// interval of Wilson 1927, which holds for few readings and for shares near 0 and 1 too.
pub fn wilson(right: u64, count: u64) -> Interval {
    /// 95 % of a normal distribution lie within this many standard deviations.
    const Z: f64 = 1.959_964;
    let (n, p) = (count as f64, right as f64 / count as f64);
    let center = p + Z * Z / (2.0 * n);
    let reach = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    Interval {
        low: ((center - reach) / scale).clamp(0.0, 1.0),
        high: ((center + reach) / scale).clamp(0.0, 1.0),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::reading;
    use super::*;

    fn lit(brightness: f32, is_right: bool) -> Reading {
        let conditions = Conditions { brightness, face_width: 48.0 };
        Reading { conditions, ..reading(usize::from(!is_right), &[0.9, 0.1]) }
    }

    #[test]
    fn each_reading_is_in_one_slice() {
        let readings = [
            lit(0.0, false),
            lit(59.9, true),
            lit(60.0, true),
            lit(255.0, true),
            lit(181.0, false),
        ];
        let slices = by_brightness(&readings);
        let found: Vec<_> = slices.iter().map(|s| (s.from, s.to, s.count, s.accuracy)).collect();
        let wanted =
            [(0.0, Some(60.0), 2, 0.5), (60.0, Some(100.0), 1, 1.0), (180.0, None, 2, 0.5)];
        assert_eq!(found, wanted);
        assert_eq!(by_face_width(&readings).len(), 1);
        assert!(by_brightness(&[]).is_empty());
    }

    #[test]
    fn limits_by_the_book() {
        // Of 10, 8 right: Wilson's limits are 0.490 and 0.943.
        let limits = wilson(8, 10);
        assert!((limits.low - 0.4902).abs() < 1e-3 && (limits.high - 0.9433).abs() < 1e-3);
        // Of 1, 1 right: certain of nothing.
        let limits = wilson(1, 1);
        assert!((limits.low - 0.2065).abs() < 1e-3 && (limits.high - 1.0).abs() < 1e-9);
    }
}
