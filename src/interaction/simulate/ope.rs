//! What a policy would have been worth, from a log of another one.
//!
//! The worth of a decision is 1 for a prompt that helped, minus the cost of disturbing for one that
//! did not, and 0 for silence. A prompt that nobody answered counts as one that did not help.

use serde::Serialize;

use super::super::chance::Chance;
use super::super::feedback::Answer;
use super::super::limits::Blocked;
use super::super::log::LogRow;
use super::super::policy::{Network, Policy};
use super::life::Logged;
use crate::evaluate::{Interval, RESAMPLES, percentiles};

/// An estimate with limits of 95 %, from a bootstrap over users.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimate {
    /// The estimate.
    pub value: f64,
    /// Limits; `None` with fewer than two users.
    pub interval: Option<Interval>,
}

/// All estimates for one policy.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimates {
    /// What the policy of the log was worth itself.
    pub logged: Estimate,
    /// Inverse propensity scoring (Horvitz & Thompson 1952).
    pub ips: Estimate,
    /// Doubly robust (Dudík, Langford & Li 2011), with the network as the model of worth.
    pub doubly_robust: Estimate,
    /// Effective share of the log behind it, 0..=1 (Kish 1965): small means the log knows little
    /// of what this policy does.
    pub effective: f64,
}

/// Estimates the worth of `policy`, a decision on the average. `ids` are its strategies.
pub fn estimate(
    rows: &[LogRow],
    policy: &dyn Policy,
    network: &Network,
    cost: f64,
    seed: u64,
) -> Estimates {
    let ids = &network.strategies;
    let mut chance = Chance::new(seed);
    let mut users: std::collections::BTreeMap<u64, Vec<[f64; 3]>> = Default::default();
    let (mut weights, mut squares) = (0.0, 0.0);
    for row in rows {
        let choice = policy.choose(&row.features, &allowed_in(row, network), &mut chance);
        let said = ids.iter().position(|id| *id == row.strategy);
        let worth = match (row.speaks(), row.answer) {
            (false, _) => 0.0,
            (true, Some(Answer::Helped)) => 1.0,
            (true, _) => -cost,
        };
        // Silence is what is left of the strategies' propensities.
        let silent = 1.0 - choice.views.iter().map(|view| view.propensity).sum::<f64>();
        let would = match said {
            Some(said) => choice.views[said].propensity,
            None if row.speaks() => 0.0,
            None => silent.clamp(0.0, 1.0),
        };
        let weight = would / row.propensity;
        weights += weight;
        squares += weight * weight;
        let chances = network.chances(&network.joint(&row.features));
        let guess = |index: usize| chances[index] * (1.0 + cost) - cost;
        let planned: f64 =
            choice.views.iter().enumerate().map(|(i, v)| v.propensity * guess(i)).sum();
        let guessed = said.map_or(0.0, guess);
        let robust = planned + weight * (worth - guessed);
        users.entry(row.user).or_default().push([worth, weight * worth, robust]);
    }
    let users: Vec<([f64; 3], f64)> = users
        .into_values()
        .map(|rows| {
            let sum =
                rows.iter().fold([0.0; 3], |sum, row| std::array::from_fn(|i| sum[i] + row[i]));
            (sum, rows.len() as f64)
        })
        .collect();
    let of = |place: usize| bootstrap(&users, place, seed);
    let effective =
        if squares > 0.0 { weights * weights / squares / rows.len() as f64 } else { 0.0 };
    Estimates { logged: of(0), ips: of(1), doubly_robust: of(2), effective }
}

/// What the same policy is truly worth in the moments of a log: only a simulation knows.
pub fn truth(logged: &[Logged], policy: &dyn Policy, network: &Network, cost: f64) -> f64 {
    let mut chance = Chance::new(0);
    let worth = logged.iter().map(|Logged { row, helps }| {
        let choice = policy.choose(&row.features, &allowed_in(row, network), &mut chance);
        let pairs = choice.views.iter().zip(helps);
        pairs.map(|(view, helps)| view.propensity * (helps * (1.0 + cost) - cost)).sum::<f64>()
    });
    worth.sum::<f64>() / logged.len().max(1) as f64
}

fn allowed_in(row: &LogRow, network: &Network) -> Vec<Option<Blocked>> {
    let blocked = |id: &String| row.blocked.contains(id).then_some(Blocked::Cooldown);
    network.strategies.iter().map(blocked).collect()
}

/// Users are drawn with replacement, as decisions of one user resemble each other.
fn bootstrap(users: &[([f64; 3], f64)], place: usize, seed: u64) -> Estimate {
    let mean = |sums: (f64, f64)| if sums.1 > 0.0 { sums.0 / sums.1 } else { 0.0 };
    let add = |sums: (f64, f64), user: &([f64; 3], f64)| (sums.0 + user.0[place], sums.1 + user.1);
    let value = mean(users.iter().fold((0.0, 0.0), add));
    if users.len() < 2 {
        return Estimate { value, interval: None };
    }
    let mut chance = Chance::stream(seed, place as u64);
    let draws = (0..RESAMPLES).map(|_| {
        let drawn = (0..users.len()).map(|_| &users[chance.below(users.len())]);
        mean(drawn.fold((0.0, 0.0), add))
    });
    Estimate { value, interval: percentiles(draws.collect()) }
}
