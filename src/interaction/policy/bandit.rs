//! What the network does not know: this person. A contextual bandit on top of it, by Thompson
//! sampling (Thompson 1933; for linear models Agrawal & Goyal 2013) on the joint features.
//!
//! For each strategy the log-odds to help are those of the network plus `w . [1; u; v; u * v]`,
//! where `w` is normal around 0 before the first answer, as wide as people were found to differ
//! ([`Prior`]), and learned from answers. A draw from what
//! is believed decides, so what is not known is tried now and then, with a probability that is
//! known and logged: the propensity.

use std::sync::{Arc, LazyLock};

use ndarray::{Array1, Array2};

use super::super::chance::Chance;
use super::super::features::Features;
use super::super::limits::Blocked;
use super::explain::log_odds;
use super::network::{JOINT, Network, sigmoid};
use super::prior::Prior;
use super::{Choice, Policy, View};

/// Draws are this much narrower than what is believed (Chapelle & Li 2011 found that to lose less):
/// to try what is not known costs a person their peace.
const CURIOSITY: f64 = 0.5;
/// Nobody is so sure that one answer could not matter.
const SUREST: f64 = 0.01;

/// Points of the integral for propensities: enough for an error below 0.001 even where one
/// strategy is known ten times better than another.
const POINTS: usize = 96;

/// The network and what is known of one person beyond it.
#[derive(Debug, Clone)]
pub struct Bandit {
    network: Arc<Network>,
    /// What the person's log-odds have beyond the network, whatever the strategy: mean, variance.
    /// Nothing is tried to learn it faster.
    open: (f64, f64),
    arms: Vec<Arm>,
    /// A strategy pays off from this chance to help on.
    worth_from: f64,
    /// What the network may see; false: the face is left out.
    sees_face: bool,
}

/// What is known of one strategy.
#[derive(Debug, Clone)]
struct Arm {
    mean: Array1<f64>,
    covariance: Array2<f64>,
}

impl Bandit {
    /// Of someone of whom nothing is known. Strategies pay off from a chance of `worth_from` on.
    pub fn new(network: Arc<Network>, worth_from: f64) -> Self {
        let Prior { open, strategy, moment } = network.prior;
        let variance = |place| if place == 0 { strategy } else { moment };
        let covariance = Array2::from_diag(&Array1::from_shape_fn(JOINT + 1, variance));
        let arm = Arm { mean: Array1::zeros(JOINT + 1), covariance };
        let arms = vec![arm; network.strategies.len()];
        let open = (0.0, open);
        Self { network, open, arms, worth_from, sees_face: true }
    }

    /// The same, blind to the face: `x` is 0. What the emotion signal is worth is measured
    /// against it.
    #[must_use]
    pub fn without_face(self) -> Self {
        Self { sees_face: false, ..self }
    }

    /// The network below.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// What the person's log-odds have beyond the network, whatever the strategy: mean, variance.
    pub(super) fn open(&self) -> (f64, f64) {
        self.open
    }

    /// The same of one strategy, whatever the moment: mean, variance.
    pub(super) fn taste(&self, strategy: usize) -> (f64, f64) {
        let Arm { mean, covariance } = &self.arms[strategy];
        (mean[0], covariance[[0, 0]])
    }

    /// Learns from an answer that counts `weight`, 0..=1, of a fresh one.
    pub fn learn_weighted(
        &mut self,
        features: &Features,
        strategy: usize,
        reward: f64,
        weight: f64,
    ) {
        let (joint, expected) = self.look(features);
        let (Some(arm), Some(expected)) = (self.arms.get_mut(strategy), expected.get(strategy))
        else {
            return;
        };
        if weight <= 0.0 {
            return;
        }
        // Bayesian logistic regression, one row at a time, straightened at what is believed now
        // (an extended Kalman filter).
        let (open, open_variance) = self.open;
        let chance = sigmoid(log_odds(*expected) + open + arm.mean.dot(&joint));
        let slope = (chance * (1.0 - chance)).max(SUREST);
        let spread = arm.covariance.dot(&joint);
        let total = joint.dot(&spread) + open_variance + 1.0 / (slope * weight.min(1.0));
        let surprise = (reward - chance) / (slope * total);
        // What both have in common is left out: each takes its share of the surprise.
        self.open.0 += surprise * open_variance;
        self.open.1 -= open_variance * open_variance / total;
        arm.mean.scaled_add(surprise, &spread);
        for (i, a) in spread.iter().enumerate() {
            for (j, b) in spread.iter().enumerate() {
                arm.covariance[[i, j]] -= a * b / total;
            }
        }
    }

    fn look(&self, features: &Features) -> (Array1<f64>, Array1<f64>) {
        let seen = if self.sees_face { *features } else { without_face(features) };
        let joint = self.network.joint(&seen);
        let chances = self.network.chances(&joint);
        let with_one = std::iter::once(1.0).chain(joint).collect();
        (with_one, chances)
    }
}

/// The same moment with `x` left out.
pub(in super::super) fn without_face(features: &Features) -> Features {
    Features { x: [0.0; super::super::features::X], y: features.y }
}

impl Policy for Bandit {
    fn choose(
        &self,
        features: &Features,
        allowed: &[Option<Blocked>],
        chance: &mut Chance,
    ) -> Choice {
        let mut choice = Choice::silent(self.arms.len());
        let (joint, expected) = self.look(features);
        for ((view, arm), expected) in choice.views.iter_mut().zip(&self.arms).zip(&expected) {
            let variance = joint.dot(&arm.covariance.dot(&joint));
            view.chance = sigmoid(log_odds(*expected) + self.open.0 + arm.mean.dot(&joint));
            view.deviation = CURIOSITY * variance.max(1e-12).sqrt();
        }
        let free = |index: &usize| allowed.get(*index).is_some_and(Option::is_none);
        let free: Vec<usize> = (0..self.arms.len()).filter(free).collect();
        if free.is_empty() {
            return choice;
        }
        let worth_from = log_odds(self.worth_from);
        let mut best = worth_from;
        for &index in &free {
            let view = &choice.views[index];
            let draw = log_odds(view.chance) + view.deviation * chance.normal();
            if draw > best {
                best = draw;
                choice.strategy = Some(index);
            }
        }
        let silence = propensities(&mut choice.views, &free, worth_from);
        choice.propensity = match choice.strategy {
            Some(index) => choice.views[index].propensity,
            None => silence,
        }
        .max(1e-6);
        choice
    }

    fn learn(&mut self, features: &Features, strategy: usize, reward: f64) {
        self.learn_weighted(features, strategy, reward, 1.0);
    }
}

/// Fills in with which probability the draw of each strategy of `free` is above `worth_from` (log-
/// odds) and above all others; the probability that none is.
fn propensities(views: &mut [View], free: &[usize], worth_from: f64) -> f64 {
    // A strategy that is hardly ever above is no rival either.
    let mut rivals = Vec::with_capacity(free.len());
    let mut silence = 1.0;
    for &index in free {
        let (mean, deviation) = (log_odds(views[index].chance), views[index].deviation);
        let below = normal_below((worth_from - mean) / deviation);
        silence *= below;
        if below < 1.0 - NEGLIGIBLE {
            rivals.push((index, mean, deviation));
        }
    }
    let mut sum = 0.0;
    for &(index, mean, deviation) in &rivals {
        let from = worth_from.max(mean - 6.0 * deviation);
        let width = (mean + 6.0 * deviation - from) / POINTS as f64;
        let mut mass = 0.0;
        for point in 0..POINTS {
            let at = from + (point as f64 + 0.5) * width;
            let z = (at - mean) / deviation;
            let others = rivals.iter().filter(|other| other.0 != index);
            let beats: f64 = others.map(|other| normal_below((at - other.1) / other.2)).product();
            mass += (-0.5 * z * z).exp() * beats;
        }
        mass *= width.max(0.0) / (deviation * std::f64::consts::TAU.sqrt());
        views[index].propensity = mass;
        sum += mass;
    }
    // What is left of the integral's error goes to all alike.
    if sum > 0.0 {
        for (index, ..) in rivals {
            views[index].propensity *= (1.0 - silence) / sum;
        }
    }
    silence
}

/// Less than this is no chance to be chosen.
const NEGLIGIBLE: f64 = 1e-7;

/// The standard normal distribution at so many points from -`REACH` to `REACH`; a line between two
/// of them errs by 4e-7.
const STEPS: usize = 4096;
const REACH: f64 = 6.0;

static BELOW: LazyLock<Vec<f64>> = LazyLock::new(|| {
    let z = |step: usize| REACH * (2.0 * step as f64 / STEPS as f64 - 1.0);
    (0..=STEPS).map(|step| 0.5 * libm::erfc(-z(step) / std::f64::consts::SQRT_2)).collect()
});

fn normal_below(z: f64) -> f64 {
    let at = (z + REACH) * (STEPS as f64 / (2.0 * REACH));
    if at <= 0.0 {
        return 0.0;
    }
    let step = at as usize;
    match BELOW.get(step..step + 2) {
        Some(&[low, high]) => low + (high - low) * (at - step as f64),
        _ => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::features::{X, Y};
    use super::*;

    fn bandit(worth_from: f64) -> Bandit {
        let ids = ["a", "b", "c", "d"].map(String::from).to_vec();
        Bandit::new(Arc::new(Network::new(ids, 4)), worth_from)
    }

    fn moment(seed: u64) -> Features {
        let mut chance = Chance::new(seed);
        Features {
            x: std::array::from_fn::<_, X, _>(|_| chance.between(-1.0, 1.0)),
            y: std::array::from_fn::<_, Y, _>(|_| chance.between(-1.0, 1.0)),
        }
    }

    #[test]
    fn propensities_are_the_shares_of_many_draws() {
        let mut bandit = bandit(0.5);
        for answer in 0..30 {
            bandit.learn(&moment(answer), 1, 1.0);
            bandit.learn(&moment(answer + 100), 2, 0.0);
        }
        let allowed = [None, None, None, Some(Blocked::Cooldown)];
        let at = moment(500);
        let mut chance = Chance::new(1);
        let mut counts = [0_u32; 5];
        const DRAWS: u32 = 40_000;
        let mut said = None;
        for _ in 0..DRAWS {
            let choice = bandit.choose(&at, &allowed, &mut chance);
            counts[choice.strategy.unwrap_or(4)] += 1;
            let views: Vec<f64> = choice.views.iter().map(|view| view.propensity).collect();
            said.get_or_insert(views);
        }
        let said = said.unwrap();
        assert_eq!(counts[3], 0, "what is not allowed is never chosen");
        for (count, said) in counts.iter().zip(&said) {
            let share = f64::from(*count) / f64::from(DRAWS);
            assert!((share - said).abs() < 0.01, "{counts:?} {said:?}");
        }
    }

    #[test]
    fn answers_move_the_chance_of_their_strategy_most() {
        let mut bandit = bandit(0.5);
        let (at, allowed) = (moment(7), [None; 4]);
        let views = |bandit: &Bandit| bandit.choose(&at, &allowed, &mut Chance::new(0)).views;
        let before = views(&bandit);
        for _ in 0..20 {
            bandit.learn(&at, 0, 0.0);
        }
        let after = views(&bandit);
        assert!(after[0].chance < 0.4 * before[0].chance);
        assert!(after[0].deviation < 0.8 * before[0].deviation);
        // Who declines so often may be less open to all of it.
        assert!(after[1].chance < before[1].chance, "{before:?} {after:?}");
        assert!(after[1].chance / before[1].chance > after[0].chance / before[0].chance);
        let mut old = Bandit::new(Arc::clone(&bandit.network), 0.5);
        old.learn_weighted(&at, 0, 0.0, 0.01);
        assert!(views(&old)[0].chance > 0.95 * before[0].chance, "old answers count little");
    }

    #[test]
    fn without_the_face_the_face_changes_nothing() {
        let bandit = bandit(0.5).without_face();
        let other = Features { x: moment(3).x, y: moment(2).y };
        let choose = |at: &Features| bandit.choose(at, &[None; 4], &mut Chance::new(0));
        assert_eq!(choose(&moment(2)), choose(&other));
    }
}
