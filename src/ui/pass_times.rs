//! How long the window's passes take, for those who look: with `MIEN_LOG=mien::ui=debug` it is
//! told every ten seconds.

use std::time::{Duration, Instant};

use crate::runtime::percentile;

const TOLD_EVERY: Duration = Duration::from_secs(10);

/// Times of the passes since they were last told.
#[derive(Debug)]
pub struct PassTimes {
    since: Instant,
    /// What our code took: taking in news and laying out.
    ours: Vec<Duration>,
    /// All that a pass took, with the toolkit's tessellation and the hand-over of textures.
    whole: Vec<Duration>,
}

impl PassTimes {
    pub fn new(now: Instant) -> Self {
        Self { since: now, ours: Vec::new(), whole: Vec::new() }
    }

    /// Adds a pass: our part of this one, and all of the one before it.
    pub fn add(&mut self, ours: Duration, whole_before: Option<f32>, now: Instant) {
        if !tracing::enabled!(tracing::Level::DEBUG) {
            return;
        }
        self.ours.push(ours);
        self.whole.extend(whole_before.and_then(|secs| Duration::try_from_secs_f32(secs).ok()));
        if now.saturating_duration_since(self.since) < TOLD_EVERY {
            return;
        }
        let [ours, whole] = [&mut self.ours, &mut self.whole].map(|times| {
            times.sort_unstable();
            let ms = |share| percentile(times, share).map_or(0.0, |t| t.as_secs_f64() * 1e3);
            format!("{:.2} / {:.2} / {:.2}", ms(0.50), ms(0.95), ms(1.0))
        });
        tracing::debug!(
            "{} passes; p50 / p95 / largest in ms: ours {ours}, with drawing {whole}",
            self.ours.len()
        );
        *self = Self::new(now);
    }
}
