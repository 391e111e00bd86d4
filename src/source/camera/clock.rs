//! When a picture was captured, on a clock that never jumps.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::time::Pts;

/// Times of one run of a camera.
#[derive(Debug, Default)]
pub struct CaptureClock {
    first: Option<Instant>,
    last: Duration,
}

/// A picture older than this was not waiting for us: the driver's clock is another one than ours.
const MAX_AGE: Duration = Duration::from_secs(2);

/// The least step from picture to picture, so that no two have the same time.
const MIN_STEP: Duration = Duration::from_micros(1);

impl CaptureClock {
    /// Time of a picture that was handed over at `now`, `age` after the driver says it was
    /// captured. The first one of a run has time 0.
    ///
    /// Always later than the one before: a driver whose clock jumps back costs accuracy, never
    /// order.
    pub fn pts(&mut self, now: Instant, age: Option<Duration>) -> Pts {
        let age = age.filter(|age| *age <= MAX_AGE).unwrap_or_default();
        let captured = now.checked_sub(age).unwrap_or(now);
        let since_first = match self.first {
            None => {
                self.first = Some(captured);
                Duration::ZERO
            }
            Some(first) => captured.saturating_duration_since(first).max(self.last + MIN_STEP),
        };
        self.last = since_first;
        Pts::new(since_first)
    }
}

/// How long ago `captured` was; `None` if it lies ahead.
///
/// nokhwa gives the capture time as time since 1970, made from the driver's monotonic time a
/// moment ago. Only its distance from the wall clock's now is used, so that setting the wall clock
/// during a run does no harm.
pub fn age(captured: Duration) -> Option<Duration> {
    SystemTime::now().duration_since(UNIX_EPOCH).ok()?.checked_sub(captured)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn times_are_those_of_the_capture_not_of_the_delivery() {
        let (mut clock, t0) = (CaptureClock::default(), Instant::now());
        assert_eq!(clock.pts(t0 + 10 * MS, Some(10 * MS)), Pts::ZERO);
        // Delivered late, captured on time.
        assert_eq!(clock.pts(t0 + 73 * MS, Some(40 * MS)).since_start(), 33 * MS);
        assert_eq!(clock.pts(t0 + 67 * MS, Some(MS)).since_start(), 66 * MS);
    }

    #[test]
    fn a_mad_driver_clock_is_ignored_and_order_kept() {
        let (mut clock, t0) = (CaptureClock::default(), Instant::now());
        assert_eq!(clock.pts(t0, None), Pts::ZERO);
        let hour = Duration::from_secs(3600);
        assert_eq!(clock.pts(t0 + 33 * MS, Some(hour)).since_start(), 33 * MS);
        // Says it was captured before the one before.
        let back = clock.pts(t0 + 66 * MS, Some(50 * MS));
        assert_eq!(back.since_start(), 33 * MS + MIN_STEP);
        assert_eq!(clock.pts(t0 + 99 * MS, None).since_start(), 99 * MS);
    }

    #[test]
    fn age_of_a_time_ahead_is_unknown() {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        assert_eq!(age(now + Duration::from_secs(5)), None);
        let second_ago = age(now - Duration::from_secs(1)).unwrap();
        assert!(second_ago >= Duration::from_secs(1) && second_ago < Duration::from_secs(60));
    }
}
