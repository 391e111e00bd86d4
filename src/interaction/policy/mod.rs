//! How a strategy is chosen: `strategy = g(W' x + b', W'' y + b'')`, adapted to the person by a
//! contextual bandit; and what it is compared with.

mod bandit;
mod explain;
mod judge;
mod network;
mod prior;
mod rules;
mod training;

pub use bandit::Bandit;
pub(super) use bandit::without_face;
pub use explain::{Contribution, contributions};
pub use judge::{AnswerFigures, judge_answers};
pub use network::{HIDDEN, Network, NetworkError};
pub use prior::Prior;
pub use rules::{RuleLevels, Rules};
pub use training::{Example, Fit, FitFigures, Start, TrainError, TrainOptions, train};

use serde::{Deserialize, Serialize};

use super::chance::Chance;
use super::features::Features;
use super::limits::Blocked;

/// What was chosen, and how probable each alternative was.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// Index of the strategy; `None`: stay silent.
    pub strategy: Option<usize>,
    /// With which probability this was chosen, 0 < p <= 1: its propensity.
    pub propensity: f64,
    /// One for each strategy.
    pub views: Vec<View>,
}

/// What a policy thinks of a strategy at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct View {
    /// Chance that it helps, about 0..=1.
    pub chance: f64,
    /// Standard deviation of the draw around it, in log-odds: how little is known for this person.
    pub deviation: f64,
    /// Probability of being chosen, 0..=1.
    pub propensity: f64,
}

impl Choice {
    /// To stay silent for sure, among `strategies`.
    pub fn silent(strategies: usize) -> Self {
        Self { strategy: None, propensity: 1.0, views: vec![View::default(); strategies] }
    }
}

/// Chooses, and learns from answers.
pub trait Policy {
    /// Chooses among the strategies for which `allowed` has no reason against, and silence.
    fn choose(
        &self,
        features: &Features,
        allowed: &[Option<Blocked>],
        chance: &mut Chance,
    ) -> Choice;

    /// The user answered: `reward` is 1 if it helped, 0 if not.
    fn learn(&mut self, features: &Features, strategy: usize, reward: f64);
}

/// Never says anything.
pub struct Silent;

impl Policy for Silent {
    fn choose(&self, _: &Features, allowed: &[Option<Blocked>], _: &mut Chance) -> Choice {
        Choice::silent(allowed.len())
    }

    fn learn(&mut self, _: &Features, _: usize, _: f64) {}
}

/// Says something with a fixed probability, whatever is known: the policy that logs to learn from
/// are made with.
pub struct Anything {
    /// Probability of a prompt where one is allowed, 0..=1.
    pub talkative: f64,
}

impl Policy for Anything {
    fn choose(&self, _: &Features, allowed: &[Option<Blocked>], chance: &mut Chance) -> Choice {
        let free: Vec<usize> = (0..allowed.len()).filter(|i| allowed[*i].is_none()).collect();
        if free.is_empty() {
            return Choice::silent(allowed.len());
        }
        let each = self.talkative / free.len() as f64;
        let mut views = vec![View::default(); allowed.len()];
        for index in &free {
            views[*index].propensity = each;
        }
        if chance.happens(self.talkative) {
            let strategy = free[chance.below(free.len())];
            Choice { strategy: Some(strategy), propensity: each, views }
        } else {
            Choice { strategy: None, propensity: 1.0 - self.talkative, views }
        }
    }

    fn learn(&mut self, _: &Features, _: usize, _: f64) {}
}
