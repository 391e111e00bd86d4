//! Figures of the running workers, shared under one short lock.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::message::LiveStats;
use crate::frame::RunId;

/// Rates are means over this time.
const RATE_WINDOW: Duration = Duration::from_secs(2);

/// Latencies are percentiles over this time.
const LATENCY_WINDOW: Duration = Duration::from_secs(10);

/// Written by the workers, read by anyone.
#[derive(Debug, Default)]
pub struct Stats(Mutex<Figures>);

#[derive(Debug, Default)]
struct Figures {
    run: RunId,
    counts: LiveStats,
    captured_at: VecDeque<Instant>,
    analysed: VecDeque<(Instant, Duration)>,
    last_capture: Option<Instant>,
    recording_since: Option<Instant>,
    damaged_in_all_runs: u64,
}

impl Stats {
    fn lock(&self) -> MutexGuard<'_, Figures> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new run begins: counts start at zero. The recording, if any, goes on.
    pub fn begin_run(&self, run: RunId) {
        let mut figures = self.lock();
        let before = std::mem::take(&mut *figures);
        figures.run = run;
        figures.recording_since = before.recording_since;
        figures.counts.recording_bytes = before.counts.recording_bytes;
        figures.damaged_in_all_runs = before.damaged_in_all_runs;
    }

    /// A frame came.
    pub fn captured(&self, run: RunId, at: Instant) {
        let mut figures = self.lock();
        if figures.run == run {
            figures.counts.captured += 1;
            figures.last_capture = Some(at);
            figures.captured_at.push_back(at);
        }
        figures.forget(at);
    }

    /// A damaged frame came.
    pub fn damaged(&self, run: RunId) {
        let mut figures = self.lock();
        if figures.run == run {
            figures.counts.damaged += 1;
            figures.damaged_in_all_runs += 1;
        }
    }

    /// Damaged frames since the program started: a session may span several runs.
    pub fn damaged_in_all_runs(&self) -> u64 {
        self.lock().damaged_in_all_runs
    }

    /// A frame was analysed.
    pub fn analysed(&self, run: RunId, captured_at: Instant, analysed_at: Instant) {
        let mut figures = self.lock();
        if figures.run == run {
            figures.counts.analysed += 1;
            let latency = analysed_at.saturating_duration_since(captured_at);
            figures.analysed.push_back((analysed_at, latency));
        }
        figures.forget(analysed_at);
    }

    /// Frames of `run` that were replaced before analysis.
    pub fn dropped(&self, run: RunId, count: u64) {
        let mut figures = self.lock();
        if figures.run == run {
            figures.counts.dropped += count;
        }
    }

    /// The window did not take an observation.
    pub fn window_missed(&self) {
        self.lock().counts.window_missed += 1;
    }

    /// The recording as it stands; `None`: there is none.
    pub fn recording(&self, since: Option<Instant>, bytes: u64) {
        let mut figures = self.lock();
        figures.recording_since = since;
        figures.counts.recording_bytes = bytes;
    }

    /// From now on frames are expected of `run`.
    pub fn watch(&self, run: RunId, now: Instant) {
        let mut figures = self.lock();
        if figures.run == run {
            figures.last_capture = Some(now);
        }
    }

    /// No frames are expected.
    pub fn unwatch(&self) {
        self.lock().last_capture = None;
    }

    /// The current run, and when its last frame came if more are expected.
    pub fn last_capture(&self) -> (RunId, Option<Instant>) {
        let figures = self.lock();
        (figures.run, figures.last_capture)
    }

    /// Figures at `now`.
    pub fn at(&self, now: Instant) -> LiveStats {
        let mut figures = self.lock();
        figures.forget(now);
        let mut latencies: Vec<_> = figures.analysed.iter().map(|(_, latency)| *latency).collect();
        latencies.sort_unstable();
        let recent = |at: &Instant| now.saturating_duration_since(*at) <= RATE_WINDOW;
        LiveStats {
            captured_hz: rate(figures.captured_at.iter().copied(), now),
            analysed_hz: rate(figures.analysed.iter().map(|(at, _)| *at).filter(recent), now),
            latency_p50: percentile(&latencies, 0.50),
            latency_p95: percentile(&latencies, 0.95),
            recording_for: figures.recording_since.map(|at| now.saturating_duration_since(at)),
            ..figures.counts
        }
    }
}

impl Figures {
    fn forget(&mut self, now: Instant) {
        let older = |at: &Instant, window| now.saturating_duration_since(*at) > window;
        while self.captured_at.front().is_some_and(|at| older(at, RATE_WINDOW)) {
            self.captured_at.pop_front();
        }
        while self.analysed.front().is_some_and(|(at, _)| older(at, LATENCY_WINDOW)) {
            self.analysed.pop_front();
        }
    }
}

/// Events a second: those after the first over the time since the first, so that the figure is
/// right from the second event on.
fn rate(times: impl Iterator<Item = Instant>, now: Instant) -> f64 {
    let times: Vec<_> = times.collect();
    let (Some(first), Some(last)) = (times.first(), times.last()) else { return 0.0 };
    let count = (times.len() - 1) as f64;
    let span = last.saturating_duration_since(*first).as_secs_f64();
    // A source that has stopped slows down to zero instead of keeping its last figure.
    let idle = now.saturating_duration_since(*last).as_secs_f64();
    let usual = if count > 0.0 { span / count } else { 0.0 };
    let span = if idle > 2.0 * usual { span + idle } else { span };
    if span > 0.0 { count / span } else { 0.0 }
}

/// Nearest rank; `sorted` ascending.
pub fn percentile(sorted: &[Duration], share: f64) -> Option<Duration> {
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_and_percentiles_are_those_of_the_window() {
        let stats = Stats::default();
        let start = Instant::now();
        stats.begin_run(RunId(3));
        for frame in 0..120_u64 {
            let at = start + Duration::from_millis(frame * 100 / 3);
            stats.captured(RunId(3), at);
            stats.captured(RunId(2), at);
            let latency = Duration::from_millis(if frame % 10 == 0 { 40 } else { 20 });
            stats.analysed(RunId(3), at, at + latency);
        }
        let now = start + Duration::from_millis(119 * 100 / 3);
        let figures = stats.at(now);
        assert!((figures.captured_hz - 30.0).abs() < 0.6, "{figures:?}");
        assert_eq!(figures.latency_p50, Some(Duration::from_millis(20)));
        assert_eq!(figures.latency_p95, Some(Duration::from_millis(40)));
        assert_eq!(figures.captured, 120, "frames of another run do not count");
        let later = stats.at(now + Duration::from_secs(11));
        assert_eq!((later.captured_hz, later.latency_p50), (0.0, None));
    }

    #[test]
    fn a_new_run_counts_afresh_and_keeps_what_a_session_needs() {
        let stats = Stats::default();
        stats.begin_run(RunId(1));
        stats.recording(Some(Instant::now()), 512);
        stats.damaged(RunId(1));
        stats.damaged(RunId(1));
        stats.begin_run(RunId(2));
        stats.damaged(RunId(1));
        stats.damaged(RunId(2));
        let figures = stats.at(Instant::now());
        assert_eq!((figures.damaged, figures.recording_bytes), (1, 512));
        assert!(figures.recording_for.is_some());
        assert_eq!(stats.damaged_in_all_runs(), 3);
    }

    #[test]
    fn nothing_has_no_percentile() {
        assert_eq!(percentile(&[], 0.5), None);
        assert_eq!(percentile(&[Duration::ZERO], 0.95), Some(Duration::ZERO));
    }
}
