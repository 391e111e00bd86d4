//! How people differ from the network, before the first answer of one of them: learned from the
//! users that the network was learned from, as the hierarchical prior of the bandit.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::bandit::Bandit;
use super::network::Network;
use super::training::Example;

/// Variances of log-odds beyond the network. Means are 0: the network is the mean.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prior {
    /// Of how much people want prompts at all.
    pub open: f64,
    /// Of how much they take to a strategy.
    pub strategy: f64,
    /// Of the weight of each place of `[u; v; u * v]`, by strategy: how much their taste depends
    /// on the moment.
    pub moment: f64,
}

impl Prior {
    /// Where there is nothing to learn it from: two in three people are within a factor of two of
    /// the mean, in both, and it depends little on the moment.
    pub const GUESSED: Self = Self { open: 0.5, strategy: 0.5, moment: 0.01 };

    /// By empirical Bayes: expectation maximisation (Dempster, Laird & Rubin 1977) over users,
    /// whose answers stand together. A few dozen answers of a user say nothing of how their taste
    /// depends on the moment, so that stays a guess.
    #[must_use]
    pub(super) fn fitted(network: &Network, examples: &[Example]) -> Self {
        let users: Vec<&[Example]> =
            examples.chunk_by(|a, b| a.user == b.user).take(MOST_USERS).collect();
        let mut prior = Self::GUESSED;
        if users.len() < FEWEST_USERS {
            return prior;
        }
        for _ in 0..ROUNDS {
            let network = Arc::new(Network { prior, ..network.clone() });
            let (mut open, mut strategy, mut strategies) = (0.0, 0.0, 0.0);
            for answers in &users {
                let mut bandit = Bandit::new(Arc::clone(&network), 0.5);
                for answer in *answers {
                    let reward = f64::from(u8::from(answer.helped));
                    bandit.learn_weighted(&answer.features, answer.strategy, reward, 1.0);
                }
                let square = |(mean, variance): (f64, f64)| mean * mean + variance;
                open += square(bandit.open());
                let used = |index: &usize| answers.iter().any(|a| a.strategy == *index);
                for index in (0..network.strategies.len()).filter(used) {
                    strategies += 1.0;
                    strategy += square(bandit.taste(index));
                }
            }
            prior.open = open / users.len() as f64;
            prior.strategy = strategy / f64::max(strategies, 1.0);
        }
        prior
    }

    /// Whether its numbers make sense.
    pub(super) fn is_sound(&self) -> bool {
        [self.open, self.strategy, self.moment].iter().all(|v| (1e-6..100.0).contains(v))
    }
}

/// Variances hardly move after so many rounds.
const ROUNDS: usize = 12;
/// Enough for variances to settle within a few per cent...
const MOST_USERS: usize = 1500;
/// ...and too few to tell how people differ.
const FEWEST_USERS: usize = 50;
