//! The companion as a library: readings in, decisions out, answers back. It needs no camera:
//! `cargo run --release --example companion`.

use std::sync::Arc;

use mien::interaction::policy::Network;
use mien::interaction::{
    Answer, Companion, Context, FaceSign, IntentModel, Language, Now, Profile, Reading, Scenario,
    Setup, Strategies,
};
use mien::observation::Affect;

fn main() {
    let setup = Setup {
        strategies: Arc::new(Strategies::builtin()),
        network: Arc::new(Network::builtin()),
        intents: IntentModel::builtin(),
        language: Language::En,
        every_secs: 60.0,
        seed: 1,
    };
    // Time is yours to give: here it simply passes, from ten in the morning on.
    let now = |secs: f64| Now {
        secs,
        minute_of_day: 600 + (secs / 60.0) as u16,
        unix_secs: 1_800_000_000 + secs as i64,
    };
    let mut companion = Companion::new(setup, Profile::default(), &now(0.0));
    companion.set_context(Context {
        scenario: Scenario::Support,
        note: "my router won't connect".into(),
        waiting: 0.8,
        trouble: 0.8,
        ..Context::default()
    });
    for second in 0..1800 {
        let at = now(f64::from(second));
        // `UserFace` makes one from an observation; this one is made up.
        companion.observe(at.secs, annoyed());
        let Some(decision) = companion.decide(&at) else { continue };
        if decision.speaks() {
            print!("{}", decision.explained());
            if let Err(error) = companion.feedback(decision.id, Answer::Helped, &at) {
                eprintln!("{error}");
            }
        }
    }
    println!("\nWhat it thinks about you:");
    for belief in companion.beliefs() {
        println!("  {}, as {}", belief.says, belief.why);
    }
    println!("\nWhat it remembers:\n{}", companion.profile().to_toml());
}

/// A face that reads as anger for sure.
fn annoyed() -> Reading {
    let mut shares = [0.02; 8];
    shares[4] = 0.86;
    let affect = Affect { valence: -0.45, arousal: 0.5 };
    Reading { face: Some(FaceSign { shares, affect, sure: true, looking: true }) }
}
