//! What must hold of the learned policy, at a size that a test can afford.

use super::super::intent::IntentModel;
use super::super::strategies::Strategies;
use super::*;

struct Lab {
    strategies: Strategies,
    intents: std::sync::Arc<IntentModel>,
    learned: Learned,
}

const SEED: u64 = 11;

/// Learned once for all tests.
fn lab() -> &'static Lab {
    static LAB: std::sync::LazyLock<Lab> = std::sync::LazyLock::new(|| {
        let strategies = Strategies::builtin();
        let intents = IntentModel::builtin();
        let options = LearnOptions { users: 1500, interactions: 200, seed: SEED };
        let learned = learn(&strategies, &intents, &options).expect("there are enough answers");
        Lab { strategies, intents, learned }
    });
    &LAB
}

fn world(noise: f64) -> World<'static> {
    let Lab { strategies, intents, .. } = lab();
    World { strategies, intents, noise, interactions: 400 }
}

#[test]
fn explore() {
    let lab = lab();
    println!("{:?}\n{:?}\n{:?}", lab.learned.fit, lab.learned.blind_fit, lab.learned.levels);
    for noise in [0.0, 0.5, 1.0] {
        let c = compare(&world(noise), &lab.learned, 300, SEED);
        println!("noise {noise}");
        for p in &c.policies {
            println!(
                "{:<28} sat {:+.4} after {:+.4} prompts {:.2} harm {:.2} after {:.2} prec {:?} rec {:.3} helped {:?} regret {:.1}",
                p.policy.word(), p.satisfaction.value, p.satisfaction_after.value, p.prompts_per_100,
                p.harm_per_100, p.harm_per_100_after, p.precision, p.recall, p.helped, p.regret.last().unwrap()
            );
        }
        println!("rules {:?}\nblind {:?}", c.against_rules, c.against_blind);
    }
}
