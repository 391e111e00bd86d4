//! What a decision costs beside a plain call of the matrix library: `cargo bench --bench
//! interaction`.

mod reference;

use std::hint::black_box;
use std::sync::Arc;

use mien::interaction::policy::{Bandit, Network, Policy, contributions};
use mien::interaction::simulate::{Noise, World, live};
use mien::interaction::{
    Chance, Companion, Context, Features, IntentModel, Language, Now, Profile, Reading, Scenario,
    Setup, Strategies, X, Y,
};
use ndarray::{Array1, Array2};
use reference::Bench;

fn main() {
    let bench = Bench::new();
    bench.print_head("one decision of the companion", "work");

    // The products that the two branches and their joint consist of, and nothing else.
    let sizes = [(8, X), (8, Y), (7, 24)];
    let plain: Vec<(Array2<f64>, Array1<f64>)> =
        sizes.map(|(rows, columns)| (Array2::ones((rows, columns)), Array1::ones(columns))).into();
    // A thousand times, as one takes less than is shown.
    bench.print("1,000 x plain products of ndarray", || {
        let one = || plain.iter().map(|(matrix, vector)| matrix.dot(vector).sum()).sum::<f64>();
        (0..1000).map(|_| black_box(one())).sum::<f64>()
    });

    let network = Arc::new(Network::builtin());
    let features = Features { x: [0.2; X], y: [0.3; Y] };
    bench.print("1,000 x both branches", || {
        (0..1000).map(|_| black_box(network.chances(&network.joint(&features)))[0]).sum::<f64>()
    });
    let bandit = Bandit::new(Arc::clone(&network), 0.4);
    let free = vec![None; network.strategies.len()];
    let mut chance = Chance::new(1);
    bench.print("choose, with propensities", || bandit.choose(&features, &free, &mut chance));
    bench.print("explain one strategy", || contributions(&network, &features, 0));

    let strategies = Arc::new(Strategies::builtin());
    let intents = IntentModel::builtin();
    let setup = Setup {
        strategies: Arc::clone(&strategies),
        network: Arc::clone(&network),
        intents: Arc::clone(&intents),
        language: Language::En,
        every_secs: 1.0,
        seed: 1,
    };
    let now = |secs: f64| Now { secs, minute_of_day: 600, unix_secs: 0 };
    let mut companion = Companion::new(setup, Profile::default(), &now(0.0));
    companion.set_context(Context {
        scenario: Scenario::Support,
        note: "the router does not connect".into(),
        trouble: 0.8,
        ..Context::default()
    });
    let mut secs = 0.0;
    bench.print("observe and decide, all of it", || {
        secs += 1.0;
        companion.observe(secs, Reading::default());
        companion.decide(&now(secs))
    });

    let world =
        World { strategies: &strategies, intents: &intents, noise: Noise::NONE, interactions: 200 };
    let mut seed = 0;
    bench.print("200 simulated interactions", || {
        seed += 1;
        live(&world, seed, &mut Bandit::new(Arc::clone(&network), 0.4), None)
    });
}
