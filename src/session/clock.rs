//! One time line for a session, though a source that is lost and found again starts over.

use std::time::Duration;

use crate::frame::RunId;
use crate::time::Pts;

/// When and where in the session a frame stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp {
    /// Since the session's time zero; whole microseconds, as they are printed.
    pub time: Duration,
    /// Counts captured frames from 0; a gap means frames that were captured and not analysed.
    pub frame: u64,
}

/// Maps the frames of each run to session time and session frame number.
///
/// Within a run, session time advances exactly as `pts` does; where the run starts, the given
/// moment decides. Both time and frame number increase strictly, whatever a source claims: time
/// by a microsecond at least. Frames that a run left out stay left out; between two runs
/// nobody knows how many frames there would have been, so numbering goes on with the next.
#[derive(Debug, Clone, Default)]
pub struct SessionClock {
    run: Option<RunStart>,
    last: Option<Stamp>,
}

#[derive(Debug, Clone, Copy)]
struct RunStart {
    run: RunId,
    pts: Pts,
    index: u64,
    stamp: Stamp,
}

impl SessionClock {
    /// A clock before its first frame.
    pub fn new() -> Self {
        Self::default()
    }

    /// Stamps a frame: `pts` and `index` as in [`crate::frame::Frame`], `captured_at` since the
    /// session's time zero. The latter counts for the first frame of a run alone, so that the
    /// jitter of later frames is the source's, not ours.
    pub fn stamp(&mut self, run: RunId, pts: Pts, index: u64, captured_at: Duration) -> Stamp {
        let next = self.last.map_or(Stamp { time: Duration::ZERO, frame: 0 }, |last| Stamp {
            time: last.time.saturating_add(MICROSECOND),
            frame: last.frame.saturating_add(1),
        });
        let start = match self.run {
            Some(start) if start.run == run => start,
            _ => {
                let time = whole_micros(captured_at).max(next.time);
                let stamp = Stamp { time, frame: next.frame };
                RunStart { run, pts, index, stamp }
            }
        };
        self.run = Some(start);
        let time = whole_micros(start.stamp.time.saturating_add(pts.saturating_since(start.pts)));
        let frame = start.stamp.frame.saturating_add(index.saturating_sub(start.index));
        let stamp = Stamp { time: time.max(next.time), frame: frame.max(next.frame) };
        self.last = Some(stamp);
        stamp
    }

    /// The latest stamp given.
    pub fn last(&self) -> Option<Stamp> {
        self.last
    }
}

const MICROSECOND: Duration = Duration::from_micros(1);

/// Cuts what is below a microsecond, so that two times that differ also print differently.
fn whole_micros(time: Duration) -> Duration {
    Duration::new(time.as_secs(), time.subsec_micros() * 1000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::sample::Dice;

    fn micros(n: u64) -> Duration {
        Duration::from_micros(n)
    }

    #[test]
    fn a_run_keeps_its_own_spacing_and_its_gaps() {
        let mut clock = SessionClock::new();
        // Recording starts while the source has been running for 100 frames.
        let first = clock.stamp(RunId(7), Pts::new(micros(3_333_333)), 100, micros(20_000));
        assert_eq!(first, Stamp { time: micros(20_000), frame: 0 });
        // Three frames on, two of them dropped; the moment of capture no longer counts.
        let fourth = clock.stamp(RunId(7), Pts::new(micros(3_433_333)), 103, micros(999_999));
        assert_eq!(fourth, Stamp { time: micros(120_000), frame: 3 });
    }

    #[test]
    fn another_run_starts_at_its_moment_and_numbers_on() {
        let mut clock = SessionClock::new();
        clock.stamp(RunId(1), Pts::new(micros(0)), 0, micros(0));
        clock.stamp(RunId(1), Pts::new(micros(33_000)), 1, micros(33_000));
        let back = clock.stamp(RunId(2), Pts::new(micros(5)), 0, micros(9_000_000));
        assert_eq!(back, Stamp { time: micros(9_000_000), frame: 2 });
        let next = clock.stamp(RunId(2), Pts::new(micros(33_005)), 1, micros(9_034_000));
        assert_eq!(next, Stamp { time: micros(9_033_000), frame: 3 });
        assert_eq!(clock.last(), Some(next));
    }

    #[test]
    fn stamps_increase_strictly_whatever_the_source_claims() {
        let mut dice = Dice::new(11);
        for _ in 0..200 {
            let mut clock = SessionClock::new();
            let mut last: Option<Stamp> = None;
            for _ in 0..300 {
                // Few runs, times and indices, so that repeats and steps back are frequent.
                let run = RunId(dice.below(3));
                let pts = Pts::new(Duration::from_nanos(dice.below(40_000)));
                let stamp = clock.stamp(run, pts, dice.below(20), micros(dice.below(50)));
                assert_eq!(stamp.time.subsec_nanos() % 1000, 0);
                if let Some(last) = last {
                    assert!(stamp.time > last.time && stamp.frame > last.frame);
                }
                last = Some(stamp);
            }
        }
    }

    #[test]
    fn a_well_behaved_source_is_mapped_exactly() {
        let mut dice = Dice::new(12);
        for _ in 0..100 {
            let mut clock = SessionClock::new();
            let (mut moment, mut frame) = (micros(dice.below(1000)), 0);
            for run in 0..3 {
                let (pts0, index0) = (dice.below(1_000_000), dice.below(1000));
                let (mut pts, mut index) = (pts0, index0);
                for _ in 0..100 {
                    let stamp =
                        clock.stamp(RunId(run), Pts::new(micros(pts)), index, moment + micros(77));
                    let expected = moment + micros(77) + micros(pts - pts0);
                    assert_eq!(stamp.frame, frame + index - index0);
                    // `moment` moves with the run's frames only between runs.
                    assert_eq!(stamp.time, expected);
                    pts += 1 + dice.below(100_000);
                    index += 1 + dice.below(3);
                }
                let last = clock.last().unwrap();
                moment = last.time + micros(1 + dice.below(10_000_000));
                frame = last.frame + 1;
            }
        }
    }

    #[test]
    fn absurd_numbers_do_not_overflow() {
        let mut clock = SessionClock::new();
        clock.stamp(RunId(1), Pts::ZERO, 0, Duration::ZERO);
        let huge = Duration::from_secs(u64::MAX / 4);
        let stamp = clock.stamp(RunId(1), Pts::new(huge), u64::MAX - 1, huge);
        assert_eq!(stamp.frame, u64::MAX - 1);
    }
}
