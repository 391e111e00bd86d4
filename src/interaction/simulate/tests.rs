//! What must hold of the shipped policy, at a size that a test can afford; `docs/companion.md` has
//! the figures at full size. Users and seeds are others than those it learned from.

use std::sync::{Arc, LazyLock};

use super::super::intent::IntentModel;
use super::super::policy::{FitFigures, Network, RuleLevels};
use super::super::strategies::Strategies;
use super::*;

struct Lab {
    strategies: Strategies,
    intents: Arc<IntentModel>,
    learned: Learned,
    clean: Comparison,
    noise: Comparison,
}

const SEED: u64 = 77;
const USERS: usize = 120;

/// Compared once for all tests.
static LAB: LazyLock<Lab> = LazyLock::new(|| {
    let strategies = Strategies::builtin();
    let intents = IntentModel::builtin();
    let network = Arc::new(Network::builtin());
    let unknown = FitFigures {
        epoch: 0,
        by_user: true,
        loss: 0.0,
        held_out_loss: 0.0,
        base_loss: 0.0,
        first_loss: None,
    };
    let learned = Learned {
        blind: Arc::clone(&network),
        network,
        levels: RuleLevels { face: 0.5, trouble: 0.5, either: false },
        fit: unknown,
        blind_fit: unknown,
    };
    let world = |noise| World {
        strategies: &strategies,
        intents: &intents,
        noise: Noise::held(noise),
        interactions: 400,
    };
    let clean = compare(&world(0.0), &learned, USERS, SEED);
    let noise = compare(&world(1.0), &learned, USERS, SEED);
    Lab { strategies, intents, learned, clean, noise }
});

fn of(comparison: &Comparison, kind: PolicyKind) -> &PolicyFigures {
    comparison.of(kind).expect("all are compared")
}

#[test]
fn the_learned_policy_beats_fixed_rules_and_silence_and_disturbs_less() {
    let clean = &LAB.clean;
    let contest = &clean.against_rules;
    assert!(contest.share > 0.85 && contest.interval.high >= 0.9, "{contest:?}");
    // More than that is out of reach of anybody.
    assert!(clean.ceiling.share > contest.share, "{:?}", clean.ceiling);
    assert!(contest.difference.interval.is_some_and(|limits| limits.low > 0.0), "{contest:?}");
    let (learned, rules) = (of(clean, PolicyKind::Learned), of(clean, PolicyKind::Rules));
    assert!(learned.harm_per_100 < 0.5 * rules.harm_per_100, "{learned:?} {rules:?}");
    assert!(learned.precision > rules.precision);
    let silent = of(clean, PolicyKind::Silent);
    assert!(learned.satisfaction_after.value > silent.satisfaction_after.value);
    assert_eq!((silent.prompts_per_100, silent.recall), (0.0, 0.0));
}

#[test]
fn where_readings_are_noise_it_falls_silent_and_does_not_nag() {
    let Lab { strategies, intents, learned, .. } = &*LAB;
    for kind in NoiseKind::ALL {
        let noise = Noise { share: 1.0, kind };
        let world = World { strategies, intents, noise, interactions: 400 };
        let found = compare(&world, learned, USERS, SEED);
        let learned = of(&found, PolicyKind::Learned);
        assert!(learned.prompts_per_100 < 1.2, "{kind:?}: {learned:?}");
        assert!(learned.prompts_per_100_after < 0.6, "{kind:?}: {learned:?}");
    }

    let (clean, noise) = (&LAB.clean, &LAB.noise);
    let (learned, rules) = (of(noise, PolicyKind::Learned), of(noise, PolicyKind::Rules));
    // It disturbs a fraction of what rules do.
    assert!(learned.harm_per_100_after < 0.4 * rules.harm_per_100_after, "{learned:?} {rules:?}");
    assert!(
        learned.prompts_per_100 < 0.4 * of(clean, PolicyKind::Learned).prompts_per_100,
        "it speaks less than with readings that mean something"
    );
}

#[test]
fn the_same_seed_gives_the_same_figures_and_regret_only_grows() {
    let Lab { strategies, intents, learned, .. } = &*LAB;
    let world = World { strategies, intents, noise: Noise::NONE, interactions: 60 };
    let once = compare(&world, learned, 40, 3);
    assert_eq!(once, compare(&world, learned, 40, 3));
    for figures in &once.policies {
        assert!(figures.regret.windows(2).all(|pair| pair[0] <= pair[1]), "{figures:?}");
        assert_eq!(figures.regret.len(), 3);
    }
}

#[test]
fn estimates_from_a_log_meet_the_truth() {
    let Lab { strategies, intents, learned, .. } = &*LAB;
    let world = World { strategies, intents, noise: Noise::NONE, interactions: 200 };
    let logged = logs(&world, HELD_OUT_FROM + LOGGED_FROM, 400, SEED);
    let found = judge(&logged, strategies, learned, SEED);
    for estimate in [found.estimates.ips, found.estimates.doubly_robust] {
        let limits = estimate.interval.expect("there are many users");
        assert!(limits.low <= found.truth && found.truth <= limits.high, "{found:?}");
    }
    assert!(found.estimates.logged.value < found.truth, "better than saying anything");
    let width = |e: Estimate| e.interval.map_or(f64::INFINITY, |i| i.high - i.low);
    assert!(width(found.estimates.doubly_robust) < 1.1 * width(found.estimates.ips));
}

#[test]
fn the_shipped_network_knows_the_strategies_that_are_shipped() {
    let ids: Vec<&str> = LAB.strategies.list.iter().map(|s| s.id.as_str()).collect();
    assert_eq!(LAB.learned.network.strategies, ids);
}

#[test]
fn what_is_learned_is_more_than_base_rates() {
    let Lab { strategies, intents, .. } = &*LAB;
    let options = LearnOptions { users: 600, interactions: 200, seed: 5 };
    let learned = learn(strategies, intents, &options).expect("there are enough answers");
    assert!(learned.fit.held_out_loss < learned.fit.base_loss, "{:?}", learned.fit);
}
