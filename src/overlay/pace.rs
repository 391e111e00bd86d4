//! How fast an annotated video runs, and which of its places a moment of the media has.

use std::time::Duration;

/// Frames in a whole number of seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    frames: u32,
    secs: u32,
}

impl Default for Rate {
    /// One a second, for a single picture.
    fn default() -> Self {
        Self { frames: 1, secs: 1 }
    }
}

impl Rate {
    /// The nearest that can be written, 0.001 to 1000 frames a second. What is within rounding of a
    /// rate in use (25, 30000/1001) is that.
    pub fn of_hz(hz: f64) -> Self {
        let hz = hz.clamp(0.001, 1000.0);
        let near = |rate: &Self| (rate.hz() / hz - 1.0).abs() < 1e-4;
        let whole = (hz.round() as u32).max(1);
        let candidates =
            [Self { frames: whole, secs: 1 }, Self { frames: whole * 1000, secs: 1001 }];
        let fine = Self { frames: (hz * 1000.0).round() as u32, secs: 1000 };
        candidates.into_iter().find(near).unwrap_or(fine)
    }

    /// That of the median of the times between pictures, in microseconds; one a second if there is
    /// none.
    pub fn of_times(micros: impl IntoIterator<Item = u64>) -> Self {
        let times: Vec<u64> = micros.into_iter().collect();
        let mut between: Vec<u64> =
            times.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).collect();
        between.sort_unstable();
        match between.get(between.len() / 2) {
            Some(&median) => Self::of_hz(1e6 / median.max(1) as f64),
            None => Self::default(),
        }
    }

    /// Frames, and the seconds they take; both at least 1.
    pub fn parts(self) -> (u32, u32) {
        (self.frames, self.secs)
    }

    /// Frames a second.
    pub fn hz(self) -> f64 {
        f64::from(self.frames) / f64::from(self.secs)
    }

    /// The place of a moment: the one that begins nearest to it.
    pub fn nearest(self, time: Duration) -> u64 {
        self.place(time, u64::from(self.secs) * 500_000)
    }

    /// The place of a moment: the one it lies in; a microsecond early, by rounding, still counts.
    pub fn containing(self, time: Duration) -> u64 {
        self.place(time + Duration::from_micros(1), 0)
    }

    /// `late` is added to the product of microseconds and frames, where a place takes
    /// `secs * 1,000,000`.
    fn place(self, time: Duration, late: u64) -> u64 {
        let product = time.as_micros() * u128::from(self.frames) + u128::from(late);
        let place = product / (u128::from(self.secs) * 1_000_000);
        u64::try_from(place).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_in_use_are_found_in_rounded_times() {
        let of = |micros: u64| Rate::of_times((0..9).map(|n| n * micros)).parts();
        assert_eq!(of(40_000), (25, 1));
        assert_eq!(of(33_333), (30, 1));
        assert_eq!(of(33_367), (30_000, 1001));
        assert_eq!(of(41_708), (24_000, 1001));
        assert_eq!(of(16_683), (60_000, 1001));
        assert_eq!(of(80_000), (12_500, 1000));
        assert_eq!(of(2_000_000), (500, 1000));
        assert_eq!(Rate::of_hz(0.001).parts(), (1, 1000));
        assert_eq!(Rate::of_times([5]), Rate::default());
        assert_eq!(Rate::of_times([0, 0, 0]).parts(), (1000, 1));
        // A pause and a hasty pair are not the rate.
        assert_eq!(Rate::of_times([0, 40_000, 80_000, 9_000_000, 9_001_000, 9_041_000]).hz(), 25.0);
    }

    #[test]
    fn a_moment_has_the_place_that_is_nearest_or_holds_it() {
        let rate = Rate::of_hz(25.0);
        let at = |millis: u64| Duration::from_millis(millis);
        assert_eq!([0, 19, 20, 59, 60].map(|t| rate.nearest(at(t))), [0, 0, 1, 1, 2]);
        assert_eq!([0, 39, 40, 79, 80].map(|t| rate.containing(at(t))), [0, 0, 1, 1, 2]);
        assert_eq!(Rate::of_hz(5.0).containing(Duration::from_micros(199_999)), 1);
        // Ten hours on, it is still exact.
        let ntsc = Rate::of_hz(30_000.0 / 1001.0);
        let time = Duration::from_micros(1_000_000 * 1001 * 36);
        assert_eq!(ntsc.nearest(time), 30_000 * 36);
    }
}
