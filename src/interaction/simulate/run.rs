//! A whole simulation: learn, compare, judge from a log, make the readout worse.

use std::sync::Arc;

use super::super::intent::IntentModel;
use super::super::log::LogRow;
use super::super::policy::{Bandit, TrainError};
use super::super::strategies::Strategies;
use super::compare::{PolicyKind, compare};
use super::learn::{LearnOptions, Learned, learn, logs};
use super::life::{Logged, World};
use super::ope::{estimate, truth};
use super::page::{Findings, OffPolicy};
use super::readout::{Noise, NoiseKind};
use super::sweep::{LEVELS, sweep};
use super::{HELD_OUT_FROM, LOGGED_FROM};

/// How much is simulated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SimulateOptions {
    /// What is learned from.
    pub learn: LearnOptions,
    /// Held-out users of the comparison.
    pub users: usize,
    /// Interactions of each before and, as many again, after it is asked who is better.
    pub interactions: usize,
    /// Held-out users for each level of noise; 0: no levels.
    pub sweep_users: usize,
}

/// Learns and compares. The same options give the same findings, on any number of cores.
///
/// # Errors
/// [`TrainError`] if users to learn from are too few.
pub fn run(
    strategies: &Strategies,
    intents: &IntentModel,
    options: &SimulateOptions,
) -> Result<(Learned, Findings), TrainError> {
    let learned = learn(strategies, intents, &options.learn)?;
    let world =
        World { strategies, intents, noise: Noise::NONE, interactions: 2 * options.interactions };
    let seed = options.learn.seed;
    let comparison = compare(&world, &learned, options.users, seed);
    let sweep =
        (options.sweep_users > 0).then(|| sweep(&world, &learned, options.sweep_users, seed));
    let policies = PolicyKind::ALL.len() * world.interactions;
    let levels = if options.sweep_users > 0 { LEVELS.len() + NoiseKind::ALL.len() - 1 } else { 0 };
    let simulated = (options.users + levels * options.sweep_users) * policies
        + options.learn.users * options.learn.interactions;
    let findings = Findings {
        simulated: simulated as u64,
        learned_from: options.learn.users,
        seed,
        fit: learned.fit,
        blind_fit: learned.blind_fit,
        rules: learned.levels,
        comparison,
        off_policy: off_policy(&world, &learned, options),
        sweep,
    };
    Ok((learned, findings))
}

fn off_policy(world: &World<'_>, learned: &Learned, options: &SimulateOptions) -> OffPolicy {
    let world = World { interactions: options.interactions, ..*world };
    // Users that neither the network nor the comparison has met.
    let users = options.users.clamp(1, 2000);
    let logged = logs(&world, HELD_OUT_FROM + LOGGED_FROM, users, options.learn.seed);
    judge(&logged, world.strategies, learned, options.learn.seed)
}

/// The learned policy, as it meets a new user, judged from a log.
pub fn judge(
    logged: &[Logged],
    strategies: &Strategies,
    learned: &Learned,
    seed: u64,
) -> OffPolicy {
    let limits = &strategies.limits;
    let policy = Bandit::new(Arc::clone(&learned.network), limits.worth_from());
    let rows: Vec<LogRow> = logged.iter().map(|logged| logged.row.clone()).collect();
    let cost = limits.cost_of_disturbing;
    OffPolicy {
        decisions: rows.len(),
        estimates: estimate(&rows, &policy, &learned.network, cost, seed),
        truth: truth(logged, &policy, &learned.network, cost),
    }
}
