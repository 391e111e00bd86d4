//! From simulated users to policies: logs, two networks, the levels of the rules.

use std::sync::Arc;

use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::super::chance::Chance;
use super::super::intent::IntentModel;
use super::super::policy::{
    Anything, Example, FitFigures, Network, RuleLevels, Rules, Start, TrainError, TrainOptions,
    train, without_face,
};
use super::super::strategies::Strategies;
use super::TRAIN_FROM;
use super::life::{Logged, World, live};
use super::readout::Noise;

/// Of the logs that are learned from: in so many of the moments in which something may be said, it
/// is, whatever is known; with some users seldom, as a policy that learned is, with others often.
const TALKATIVE: (f64, f64) = (0.05, 0.6);

/// From how much is learned.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LearnOptions {
    /// Users that are learned from.
    pub users: usize,
    /// Interactions of each.
    pub interactions: usize,
    /// Of everything.
    pub seed: u64,
}

/// What is compared.
#[derive(Debug, Clone)]
pub struct Learned {
    /// Sees both branches.
    pub network: Arc<Network>,
    /// Sees `y` alone: what the emotion signal is worth is measured against it.
    pub blind: Arc<Network>,
    /// The best levels of the rules for the same users.
    pub levels: RuleLevels,
    /// How good the network is.
    pub fit: FitFigures,
    /// How good the blind one is.
    pub blind_fit: FitFigures,
}

/// Lets users live with a policy that says anything, and learns from their answers. The tuned
/// rules are tuned on the same users.
///
/// # Errors
/// [`TrainError`] if users are too few.
pub fn learn(
    strategies: &Strategies,
    intents: &IntentModel,
    options: &LearnOptions,
) -> Result<Learned, TrainError> {
    let interactions = options.interactions;
    let world = World { strategies, intents, noise: Noise::NONE, interactions };
    let ids = strategies.ids();
    let examples: Vec<Example> =
        gather(&world, TRAIN_FROM, options.users, options.seed, |l| l.row.example(&ids));
    let training = TrainOptions { seed: options.seed, ..TrainOptions::default() };
    let blind_examples: Vec<Example> =
        examples.iter().map(|e| Example { features: without_face(&e.features), ..*e }).collect();
    let fit = train(Start::Anew(&ids), &examples, &training)?;
    let blind = train(Start::Anew(&ids), &blind_examples, &training)?;
    Ok(Learned {
        network: Arc::new(fit.network),
        blind: Arc::new(blind.network),
        levels: best_levels(&world, options),
        fit: fit.figures,
        blind_fit: blind.figures,
    })
}

/// What so many users, from number `first` on, answer to a policy that says anything.
pub fn logs(world: &World<'_>, first: u64, users: usize, seed: u64) -> Vec<Logged> {
    gather(world, first, users, seed, Some)
}

/// Of the same logs what `keep` keeps, in their order; the rest is dropped at once.
pub fn gather<T: Send>(
    world: &World<'_>,
    first: u64,
    users: usize,
    seed: u64,
    keep: impl Fn(Logged) -> Option<T> + Sync,
) -> Vec<T> {
    // Who takes part in such a study has agreed to be asked often.
    let mut strategies = world.strategies.clone();
    strategies.limits.most_back_off = 1.0;
    let world = &World { strategies: &strategies, ..*world };
    let kept: Vec<Vec<T>> = (0..users as u64)
        .into_par_iter()
        .map(|user| {
            let mut log = Vec::with_capacity(world.interactions);
            let seed = user_seed(seed, first + user);
            let talkative = Chance::stream(seed, 0x7461_6c6b).between(TALKATIVE.0, TALKATIVE.1);
            live(world, seed, &mut Anything { talkative }, Some(&mut log));
            log.iter_mut().for_each(|logged| logged.row.user = user);
            log.into_iter().filter_map(&keep).collect()
        })
        .collect();
    kept.into_iter().flatten().collect()
}

/// Distinct for each user and seed.
pub(super) fn user_seed(seed: u64, user: u64) -> u64 {
    seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ user
}

fn best_levels(world: &World<'_>, options: &LearnOptions) -> RuleLevels {
    let grid = RuleLevels::grid();
    // A hundred users tell levels apart that differ enough to matter.
    let users = options.users.min(200) as u64;
    let worth = |levels: &RuleLevels| -> f64 {
        let lives = (0..users).into_par_iter().map(|user| {
            let mut rules = Rules::that_give_up(world.strategies, *levels);
            let life = live(world, user_seed(options.seed, TRAIN_FROM + user), &mut rules, None);
            life.iter().map(|tally| tally.satisfaction).sum::<f64>()
        });
        lives.collect::<Vec<_>>().iter().sum()
    };
    let judged: Vec<(f64, RuleLevels)> = grid.into_iter().map(|l| (worth(&l), l)).collect();
    let best = judged.into_iter().max_by(|a, b| a.0.total_cmp(&b.0));
    best.map_or(RuleLevels::AS_WRITTEN, |(_, levels)| levels)
}
