//! Policies side by side, each with the same users and the same luck.

use std::sync::Arc;

use rayon::iter::{IntoParallelIterator, ParallelIterator};
use serde::Serialize;

use super::super::chance::Chance;
use super::super::policy::{Anything, Bandit, Policy, RuleLevels, Rules, Silent};
use super::HELD_OUT_FROM;
use super::learn::{Learned, user_seed};
use super::life::{BUCKET, Life, Tally, World, live, live_knowing};
use super::ope::Estimate;
use super::readout::Noise;
use crate::evaluate::{Interval, percentiles, wilson};

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PolicyKind {
    /// Never a prompt.
    Silent,
    /// A prompt in one of four moments where one is allowed, any of them.
    Random,
    /// [`Rules`] as a designer writes them.
    Rules,
    /// The same with levels that were best for the users that were learned from, and giving up what
    /// is declined: the hardest to beat.
    TunedRules,
    /// The two branches, and the bandit.
    Learned,
    /// The same without the face.
    LearnedWithoutFace,
    /// One who knows all about the person but the mood: how far any policy could come.
    Oracle,
}

impl PolicyKind {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Silent,
        Self::Random,
        Self::Rules,
        Self::TunedRules,
        Self::Learned,
        Self::LearnedWithoutFace,
        Self::Oracle,
    ];

    /// In words.
    pub fn word(self) -> &'static str {
        match self {
            Self::Silent => "silent",
            Self::Random => "random",
            Self::Rules => "fixed rules",
            Self::TunedRules => "tuned rules",
            Self::Learned => "learned",
            Self::LearnedWithoutFace => "learned, without the face",
            Self::Oracle => "one who knows the person",
        }
    }

    /// The life of a new user with it.
    fn live(self, world: &World<'_>, learned: &Learned, seed: u64) -> Life {
        let worth_from = world.strategies.limits.worth_from();
        let mut policy: Box<dyn Policy> = match self {
            Self::Silent => Box::new(Silent),
            Self::Random => Box::new(Anything { talkative: 0.25 }),
            Self::Rules => Box::new(Rules::new(world.strategies, RuleLevels::AS_WRITTEN)),
            Self::TunedRules => Box::new(Rules::that_give_up(world.strategies, learned.levels)),
            Self::Learned => Box::new(Bandit::new(Arc::clone(&learned.network), worth_from)),
            Self::LearnedWithoutFace => {
                Box::new(Bandit::new(Arc::clone(&learned.blind), worth_from).without_face())
            }
            Self::Oracle => return live_knowing(world, seed),
        };
        live(world, seed, policy.as_mut(), None)
    }
}

/// How one policy did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PolicyFigures {
    /// Which one.
    pub policy: PolicyKind,
    /// Expected satisfaction an interaction, over the whole life, -1..=1.
    pub satisfaction: Estimate,
    /// The same after the first half.
    pub satisfaction_after: Estimate,
    /// What luck made of it.
    pub realised: f64,
    /// Prompts in a hundred interactions.
    pub prompts_per_100: f64,
    /// The same after the first half.
    pub prompts_per_100_after: f64,
    /// Prompts that nobody wanted, in a hundred interactions.
    pub harm_per_100: f64,
    /// The same after the first half.
    pub harm_per_100_after: f64,
    /// Of the prompts, wanted; `None` without prompts.
    pub precision: Option<f64>,
    /// Of the moments in which help was wanted, with a prompt.
    pub recall: f64,
    /// Of the prompts, helped.
    pub helped: Option<f64>,
    /// Whether help was wanted was met by a prompt or silence rightly, of all interactions.
    pub accuracy: f64,
    /// Regret a user, summed up to each [`BUCKET`] interactions.
    pub regret: Vec<f64>,
}

/// How often the learned policy is better than the fixed rules, user by user, after the first half
/// of their interactions.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Contest {
    /// Users with whom it is better.
    pub better: usize,
    /// Users with whom both are equal.
    pub equal: usize,
    /// Users with whom it is worse.
    pub worse: usize,
    /// Share with whom it is better, of all.
    pub share: f64,
    /// Limits of 95 % of that (Wilson).
    pub interval: Interval,
    /// Mean difference of satisfaction an interaction.
    pub difference: Estimate,
}

/// All of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// Users, all held out.
    pub users: usize,
    /// Interactions of each; the second half is "after".
    pub interactions: usize,
    /// Noise in the readout.
    pub noise: Noise,
    /// In the order of [`PolicyKind::ALL`].
    pub policies: Vec<PolicyFigures>,
    /// Learned against fixed rules.
    pub against_rules: Contest,
    /// Learned against the tuned rules.
    pub against_tuned: Contest,
    /// Learned against itself without the face: what the emotion signal is worth.
    pub against_blind: Contest,
    /// One who knows the person against fixed rules: more than this is out of reach.
    pub ceiling: Contest,
}

impl Comparison {
    /// The figures of one policy.
    pub fn of(&self, kind: PolicyKind) -> Option<&PolicyFigures> {
        self.policies.iter().find(|figures| figures.policy == kind)
    }
}

/// Before and after the middle of a life.
#[derive(Debug, Clone, Default)]
struct Halves {
    before: Tally,
    after: Tally,
}

/// For each policy: the halves of each user, and the regret of all of them by [`BUCKET`].
type Piece = (Vec<Vec<Halves>>, Vec<Vec<f64>>);

/// Users in one piece of work.
const CHUNK: usize = 32;

/// Lets `users` held-out users live with each policy.
pub fn compare(world: &World<'_>, learned: &Learned, users: usize, seed: u64) -> Comparison {
    let kinds = PolicyKind::ALL;
    let pieces: Vec<Piece> = (0..users.div_ceil(CHUNK))
        .into_par_iter()
        .map(|piece| {
            let range = piece * CHUNK..((piece + 1) * CHUNK).min(users);
            let mut halves = vec![Vec::with_capacity(CHUNK); kinds.len()];
            let mut regret = vec![vec![0.0; world.interactions.div_ceil(BUCKET)]; kinds.len()];
            for user in range {
                for (index, kind) in kinds.into_iter().enumerate() {
                    let seed = user_seed(seed, HELD_OUT_FROM + user as u64);
                    let life = kind.live(world, learned, seed);
                    let mut both = Halves::default();
                    for (place, tally) in life.iter().enumerate() {
                        let late = (place + 1) * BUCKET > world.interactions / 2;
                        if late { &mut both.after } else { &mut both.before }.add(tally);
                        regret[index][place] += tally.regret;
                    }
                    halves[index].push(both);
                }
            }
            (halves, regret)
        })
        .collect();
    let mut halves: Vec<Vec<Halves>> = vec![Vec::with_capacity(users); kinds.len()];
    let mut regret = vec![vec![0.0; world.interactions.div_ceil(BUCKET)]; kinds.len()];
    for (piece, piece_regret) in pieces {
        for (all, more) in halves.iter_mut().zip(piece) {
            all.extend(more);
        }
        for (all, more) in regret.iter_mut().zip(piece_regret) {
            all.iter_mut().zip(more).for_each(|(sum, regret)| *sum += regret);
        }
    }
    let at = |kind: PolicyKind| &halves[kind as usize];
    let policies = kinds.into_iter().zip(&regret);
    Comparison {
        users,
        interactions: world.interactions,
        noise: world.noise,
        policies: policies.map(|(kind, regret)| figures(kind, at(kind), regret, seed)).collect(),
        against_rules: contest(at(PolicyKind::Learned), at(PolicyKind::Rules), seed),
        against_tuned: contest(at(PolicyKind::Learned), at(PolicyKind::TunedRules), seed),
        against_blind: contest(at(PolicyKind::Learned), at(PolicyKind::LearnedWithoutFace), seed),
        ceiling: contest(at(PolicyKind::Oracle), at(PolicyKind::Rules), seed),
    }
}

fn figures(kind: PolicyKind, halves: &[Halves], regret: &[f64], seed: u64) -> PolicyFigures {
    let (mut all, mut after) = (Tally::default(), Tally::default());
    for half in halves {
        all.add(&half.before);
        all.add(&half.after);
        after.add(&half.after);
    }
    let per = |count: u32, of: u32| f64::from(count) / f64::from(of.max(1));
    let some = |count: u32, of: u32| (of > 0).then(|| per(count, of));
    let mean = |tally: &Tally| tally.satisfaction / f64::from(tally.interactions.max(1));
    let whole: Vec<f64> = halves
        .iter()
        .map(|half| {
            let n = half.before.interactions + half.after.interactions;
            (half.before.satisfaction + half.after.satisfaction) / f64::from(n.max(1))
        })
        .collect();
    let late: Vec<f64> = halves.iter().map(|half| mean(&half.after)).collect();
    let right = all.wanted_prompts + (all.interactions - all.wanted - all.unwanted);
    let mut sum = 0.0;
    PolicyFigures {
        policy: kind,
        satisfaction: mean_of(&whole, seed),
        satisfaction_after: mean_of(&late, seed),
        realised: all.realised / f64::from(all.interactions.max(1)),
        prompts_per_100: 100.0 * per(all.prompts, all.interactions),
        prompts_per_100_after: 100.0 * per(after.prompts, after.interactions),
        harm_per_100: 100.0 * per(all.unwanted, all.interactions),
        harm_per_100_after: 100.0 * per(after.unwanted, after.interactions),
        precision: some(all.wanted_prompts, all.prompts),
        recall: per(all.wanted_prompts, all.wanted),
        helped: some(all.helped, all.prompts),
        accuracy: per(right, all.interactions),
        regret: regret
            .iter()
            .map(|regret| {
                sum += regret / halves.len().max(1) as f64;
                sum
            })
            .collect(),
    }
}

fn contest(one: &[Halves], other: &[Halves], seed: u64) -> Contest {
    let mean = |tally: &Tally| tally.satisfaction / f64::from(tally.interactions.max(1));
    let differences: Vec<f64> =
        one.iter().zip(other).map(|(a, b)| mean(&a.after) - mean(&b.after)).collect();
    let count = |holds: fn(f64) -> bool| differences.iter().filter(|d| holds(**d)).count();
    let better = count(|difference| difference > 1e-9);
    let worse = count(|difference| difference < -1e-9);
    let users = differences.len();
    Contest {
        better,
        worse,
        equal: users - better - worse,
        share: better as f64 / users.max(1) as f64,
        interval: wilson(better as u64, users as u64),
        difference: mean_of(&differences, seed),
    }
}

/// Resamples of users; limits of means settle earlier than those of shares.
const RESAMPLES: usize = 400;

fn mean_of(values: &[f64], seed: u64) -> Estimate {
    let n = values.len().max(1) as f64;
    let value = values.iter().sum::<f64>() / n;
    if values.len() < 2 {
        return Estimate { value, interval: None };
    }
    let mut chance = Chance::stream(seed, 0x626f_6f74);
    let draw = |chance: &mut Chance| {
        (0..values.len()).map(|_| values[chance.below(values.len())]).sum::<f64>() / n
    };
    let draws = (0..RESAMPLES).map(|_| draw(&mut chance)).collect();
    Estimate { value, interval: percentiles(draws) }
}
