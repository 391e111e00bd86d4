//! How long each frame stands for.

use std::time::Duration;

use crate::session::Signal;

/// Of each sample of a [`Signal`], for how long it stands: until the next frame, but not beyond
/// [`Self::longest`], so that a gap belongs to nobody. Thus figures are shares of time, not of
/// frames, and a camera that slows down in the dark does not change them.
#[derive(Debug, Clone)]
pub struct Holds {
    secs: Vec<f64>,
    longest: Duration,
    end: Duration,
}

/// Frames may be late by this factor of their usual distance before it counts as a gap.
const LATE: u32 = 3;

/// A rate of ten frames a second is common on a slow machine.
const SHORTEST_LIMIT: Duration = Duration::from_millis(300);

/// For a picture that stands alone.
const ALONE: Duration = Duration::from_millis(40);

impl Holds {
    /// Of the whole session.
    pub fn of(signal: &Signal) -> Self {
        let samples = signal.samples();
        let mut frames: Vec<usize> = Vec::new();
        for (index, sample) in samples.iter().enumerate() {
            if index == 0 || samples[index - 1].frame != sample.frame {
                frames.push(index);
            }
        }
        let mut steps: Vec<Duration> = frames
            .windows(2)
            .map(|pair| samples[pair[1]].time.saturating_sub(samples[pair[0]].time))
            .collect();
        let all_steps = steps.clone();
        let middle = steps.len() / 2;
        let usual = match steps.is_empty() {
            true => ALONE,
            false => *steps.select_nth_unstable(middle).1,
        };
        let longest = (usual * LATE).max(SHORTEST_LIMIT);
        let mut secs = vec![0.0; samples.len()];
        for (number, start) in frames.iter().enumerate() {
            let end = frames.get(number + 1).copied().unwrap_or(samples.len());
            // The last frame stands for as long as the one before it.
            let step = all_steps.get(number).or(all_steps.last());
            let step = step.copied().unwrap_or(usual).min(longest);
            secs[*start..end].fill(step.as_secs_f64());
        }
        let last = secs.last().copied().unwrap_or_default();
        let end = signal.end() + Duration::from_secs_f64(last);
        Self { secs, longest, end }
    }

    /// In seconds, one for each sample.
    pub fn secs(&self) -> &[f64] {
        &self.secs
    }

    /// When the session ends: its last frame stands for a while too.
    pub fn end(&self) -> Duration {
        self.end
    }

    /// A frame stands for no longer than this; what is beyond is a gap.
    pub fn longest(&self) -> Duration {
        self.longest
    }
}
