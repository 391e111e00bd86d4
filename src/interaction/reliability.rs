//! Whether readings say anything about the person: a face's affect lasts, noise does not.
//!
//! A sequential test of the same form at two scales. Readings are averaged in bins; if they are
//! noise, a bin owes nothing to the bins shortly before it, beyond what is usual. With `z` the mean
//! probabilities of a bin, `m` what is usual, `d` the mean of near bins less `m`, and `s` the
//! variance of each class, the log-likelihood ratio of `z = m + r d` against `z = m` is
//! `sum((z - m) r d / s - r^2 d^2 / 2 s)`. The gap between a bin and its near ones is longer than a
//! smoothed or held reading lasts. The variance is taken as wide as that of readings that jump, so
//! that a still face, whatever it flickers, is no ground to call it noise.
//!
//! What moves slowly and never flickers is no face either: a picture that stands still, a readout
//! that drifts.

use serde::{Deserialize, Serialize};

use super::reading::EXPRESSIONS;

/// Of a class in one bin.
type Shares = [f64; EXPRESSIONS.len()];

/// A readout is believed from the start: twenty to one that it works.
const BELIEVED: f64 = 3.0;
/// Nor is it ever believed, or disbelieved, so much that an hour of readings could not change it.
const MOST: f64 = 4.0;
const LEAST: f64 = -4.0;

/// Of a bin, so much must be sure readings.
const LEAST_SURE: f64 = 0.25;

/// At which scale it is asked whether readings last.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    pub bin_secs: f64,
    /// Bins in the mean of near ones.
    pub near_bins: f64,
    /// How much of what the near ones say lasts, where readings mean something.
    pub lasts: f64,
}

/// Expressions last for seconds, and the next one may be another: the second after the next one is
/// compared with this one alone.
pub(super) const SECONDS: Scale = Scale { bin_secs: 1.0, near_bins: 1.0, lasts: 0.2 };
/// Moods last for minutes.
pub(super) const MINUTES: Scale = Scale { bin_secs: 20.0, near_bins: 24.0, lasts: 0.25 };

/// What readings showed of themselves so far.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// Log-odds that what is read lasts as moods do, rather than being noise.
    pub log_odds: f64,
    /// Whether it flickered as faces do, 0 (a picture that stands still) to 1.
    pub lived: f64,
}

/// A test at one scale.
#[derive(Debug, Clone)]
pub(super) struct Coherence {
    scale: Scale,
    /// Of the bin that is being filled: sums over sure seconds, these, all seconds.
    sums: Shares,
    sure_secs: f64,
    secs: f64,
    /// The bin before, which is compared with nothing: a reading may be held that long.
    before: Option<Shares>,
    /// Mean of those before it, and on how much of that mean it rests.
    near: Shares,
    near_share: f64,
    log_odds: f64,
    stillness: Stillness,
}

/// How much of all change there is within a minute.
#[derive(Debug, Clone, Copy)]
struct Stillness {
    bins: f64,
    near: f64,
    all: f64,
    /// Bins in a row without any change.
    same: u32,
    /// What was found in earlier sessions, 0..=1.
    lived: f64,
}

impl Stillness {
    /// Bins before anything is said, and about as many as are remembered.
    const FEWEST: f64 = 45.0;
    const KEPT: f64 = 1.0 - 1.0 / 270.0;
    /// Less than this share of all change from one minute to the next is drift for sure; from the
    /// second on it is not.
    const SHARES: (f64, f64) = (0.04, 0.10);
    /// No camera gives the same twice.
    const NOTHING: f64 = 1e-9;

    fn add(&mut self, bin: &Shares, before: &Shares, usual: &Shares) {
        let near = distance(bin, before);
        self.same = if near < Self::NOTHING { self.same + 1 } else { 0 };
        self.bins = Self::KEPT * self.bins + 1.0;
        self.near = Self::KEPT * self.near + 0.5 * near;
        self.all = Self::KEPT * self.all + distance(bin, usual);
    }

    /// 0..=1: 0 is no face.
    fn lives(&self) -> f64 {
        if f64::from(self.same) >= Self::FEWEST {
            return 0.0;
        }
        if self.bins < Self::FEWEST || self.all < Self::NOTHING * self.bins {
            return self.lived;
        }
        let (low, high) = Self::SHARES;
        ((self.near / self.all - low) / (high - low)).clamp(0.0, 1.0)
    }
}

impl Coherence {
    /// With what earlier sessions found, if there were any.
    pub fn new(scale: Scale, found: Option<Found>) -> Self {
        let Found { log_odds, lived } = found.unwrap_or(Found { log_odds: BELIEVED, lived: 1.0 });
        Self {
            scale,
            sums: [0.0; 8],
            sure_secs: 0.0,
            secs: 0.0,
            before: None,
            near: [0.0; 8],
            near_share: 0.0,
            log_odds: log_odds.clamp(LEAST, MOST),
            stillness: Stillness {
                bins: 0.0,
                near: 0.0,
                all: 0.0,
                same: 0,
                lived: lived.clamp(0.0, 1.0),
            },
        }
    }

    /// Sure shares, or nothing sure, for `secs`; `usual` is the mean before them.
    pub fn add(&mut self, shares: Option<&Shares>, mut secs: f64, usual: &Shares) {
        // Nobody watched for hours: what was before is near nothing any more.
        if secs > self.scale.bin_secs * 100.0 {
            (self.before, self.near, self.near_share) = (None, [0.0; 8], 0.0);
            (self.sums, self.sure_secs, self.secs) = ([0.0; 8], 0.0, 0.0);
            return;
        }
        while secs > 0.0 {
            let now = secs.min(self.scale.bin_secs - self.secs);
            if let Some(shares) = shares {
                self.sure_secs += now;
                for (sum, share) in self.sums.iter_mut().zip(shares) {
                    *sum += now * share;
                }
            }
            self.secs += now;
            secs -= now;
            if self.secs >= self.scale.bin_secs * (1.0 - 1e-9) {
                let sure = self.sure_secs >= LEAST_SURE * self.scale.bin_secs;
                let bin = sure.then(|| self.sums.map(|sum| sum / self.sure_secs));
                self.close(bin, usual);
                (self.sums, self.sure_secs, self.secs) = ([0.0; 8], 0.0, 0.0);
            }
        }
    }

    fn close(&mut self, bin: Option<Shares>, usual: &Shares) {
        if let Some(z) = &bin {
            if self.near_share > 0.5 {
                let mut gain = 0.0;
                for ((z, near), usual) in z.iter().zip(self.near).zip(usual) {
                    let variance = 0.5 * usual * (1.0 - usual) + 0.005;
                    let expected = self.scale.lasts * (near / self.near_share - usual);
                    gain += ((z - usual) * expected - 0.5 * expected * expected) / variance;
                }
                self.log_odds = (self.log_odds + gain).clamp(LEAST, MOST);
            }
            if let Some(before) = &self.before {
                self.stillness.add(z, before, usual);
            }
        }
        if let Some(before) = self.before {
            let new = 1.0 / self.scale.near_bins;
            self.near_share += new * (1.0 - self.near_share);
            for (near, before) in self.near.iter_mut().zip(before) {
                *near += new * (before - *near);
            }
        }
        self.before = bin;
    }

    /// For the next session; `None` if there was nothing to find.
    pub fn found(&self) -> Option<Found> {
        let found = Found { log_odds: self.log_odds, lived: self.lives() };
        (self.near_share > 0.0).then_some(found)
    }

    /// Probability that what is read lasts, 0..=1.
    pub fn lasts(&self) -> f64 {
        1.0 / (1.0 + (-self.log_odds).exp())
    }

    /// Whether it flickers as faces do, 0..=1.
    pub fn lives(&self) -> f64 {
        self.stillness.lives()
    }
}

fn distance(a: &Shares, b: &Shares) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}

#[cfg(test)]
mod tests {
    use super::super::chance::Chance;
    use super::super::reading::{FaceSign, Reading};
    use super::super::user::{UserModel, Usual};
    use super::*;
    use crate::observation::Affect;

    fn reading(shares: Shares) -> Reading {
        let affect = Affect { valence: 0.0, arousal: 0.0 };
        Reading { face: Some(FaceSign { shares, affect, sure: true, looking: true }) }
    }

    /// Mostly one class, with what a network leaves for the others.
    fn peaked(class: usize) -> Shares {
        let mut shares = [0.03; 8];
        shares[class] = 0.79;
        shares
    }

    /// Reliability at the end of so many minutes of readings, five a second.
    fn after(minutes: u32, mut at: impl FnMut(f64, &mut Chance) -> Shares) -> f64 {
        let (mut user, mut chance) = (UserModel::new(Usual::default()), Chance::new(11));
        for step in 0..minutes * 300 {
            let secs = f64::from(step) / 5.0;
            user.observe(secs, reading(at(secs, &mut chance)));
        }
        user.reliability()
    }

    /// A mood that lasts some twelve minutes, of which the face shows less than half.
    fn face(secs: f64, chance: &mut Chance, held: &mut (f64, usize)) -> Shares {
        if secs >= held.0 {
            let mood = [1, 4, 0, 3][(secs / 720.0) as usize % 4];
            let shows = if chance.happens(0.45) { mood } else { 0 };
            *held = (secs + 3.0 + 9.0 * chance.unit(), shows);
        }
        let mut shares = peaked(held.1);
        shares.iter_mut().for_each(|share| *share += 0.02 * chance.normal());
        shares
    }

    #[test]
    fn a_face_is_trusted_from_the_first_minute_to_the_third_hour() {
        for minutes in [1, 5, 20, 60, 180] {
            let mut held = (0.0, 0);
            let trust = after(minutes, |secs, chance| face(secs, chance, &mut held));
            assert!(trust > 0.8, "{minutes} min: {trust}");
        }
        // Somebody who sits still and shows little is no noise either.
        let still = after(60, |_, chance| {
            let mut shares = peaked(0);
            shares.iter_mut().for_each(|share| *share += 0.01 * chance.normal());
            shares
        });
        assert!(still > 0.8, "{still}");
    }

    #[test]
    fn noise_of_every_kind_is_found() {
        // Each reading by itself: within minutes, though a bin holds five of them.
        let each = |_: f64, chance: &mut Chance| peaked(chance.below(8));
        assert!(after(45, each) < 0.2, "{}", after(45, each));
        // Held as long as an expression: within hours.
        let mut held = (0.0, 0);
        let hold = after(240, |secs, chance| {
            if secs >= held.0 {
                held = (secs + 10.0, chance.below(8));
            }
            peaked(held.1)
        });
        assert!(hold < 0.3, "{hold}");
        // The same all the time, and what wanders.
        assert_eq!(after(20, |_, _| peaked(4)), 0.0);
        let mut walk = [0.0; 8];
        let wander = after(120, |_, chance| {
            walk.iter_mut().for_each(|at| *at += 0.02 * chance.normal());
            let sum: f64 = walk.iter().map(|at: &f64| at.exp()).sum();
            walk.map(|at| at.exp() / sum)
        });
        assert!(wander < 0.3, "{wander}");
    }

    #[test]
    fn what_was_found_is_kept_and_a_readout_that_is_mended_is_trusted_again() {
        let mut chance = Chance::new(3);
        let mut user = UserModel::new(Usual::default());
        user.dwell(reading(peaked(4)), 1800.0);
        assert_eq!(user.reliability(), 0.0);
        let mut next = UserModel::new(user.usual());
        next.dwell(reading(peaked(4)), 60.0);
        assert_eq!(next.reliability(), 0.0, "it was found in the session before");
        let mut held = (0.0, 0);
        for step in 0..120 * 60 {
            let secs = 120.0 + f64::from(step);
            next.observe(secs, reading(face(secs, &mut chance, &mut held)));
        }
        assert!(next.reliability() > 0.5, "{}", next.reliability());
    }
}
