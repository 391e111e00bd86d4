//! Time inside a run. Wall clock time is handled by the recorder alone.

use std::fmt;
use std::time::Duration;

/// Presentation time: how long after the start of its source a frame was captured.
///
/// Media time for files, capture time for cameras; never wall clock. Monotonic within a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Pts(Duration);

impl Pts {
    /// The start of the source.
    pub const ZERO: Self = Self(Duration::ZERO);

    /// `since_start` is the time since the first moment of the source.
    pub const fn new(since_start: Duration) -> Self {
        Self(since_start)
    }

    /// Seconds, at microsecond precision or better.
    pub fn from_secs_f64(secs: f64) -> Self {
        Self(Duration::try_from_secs_f64(secs).unwrap_or_default())
    }

    /// Time since the source started.
    pub const fn since_start(self) -> Duration {
        self.0
    }

    /// Seconds since the source started.
    pub fn as_secs_f64(self) -> f64 {
        self.0.as_secs_f64()
    }

    /// Time from `earlier` to `self`; zero if `earlier` is later.
    pub fn saturating_since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for Pts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3} s", self.as_secs_f64())
    }
}
