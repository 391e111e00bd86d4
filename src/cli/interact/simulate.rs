//! `mien interact simulate`.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Instant;

use clap::Args;

use super::files::{on_cores, strategies, write};
use super::{Problem, print_json};
use crate::interaction::IntentModel;
use crate::interaction::simulate::{
    Comparison, Contest, Estimate, Findings, LIMITS, LearnOptions, Noise, SimulateOptions, World,
    logs, run as simulate, to_html,
};
use crate::words::{grouped, percent};

/// How much to simulate and where to put it.
#[derive(Debug, Args)]
pub struct SimulateArgs {
    /// Held-out users that policies are compared on.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 1000,
        value_parser = clap::value_parser!(u32).range(2..)
    )]
    users: u32,
    /// Interactions of each before, and as many again after, it is asked who is better.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 200,
        value_parser = clap::value_parser!(u32).range(20..=100_000)
    )]
    interactions: u32,
    /// Other users that are learned from.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 2000,
        value_parser = clap::value_parser!(u32).range(20..)
    )]
    learn: u32,
    /// The same seed gives the same figures.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Also with a readout that gets worse, a quarter of the users at each level.
    #[arg(long)]
    noise: bool,
    /// Strategies of your own.
    #[arg(long, value_name = "FILE")]
    strategies: Option<PathBuf>,
    /// Cores to work on; all without it.
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// Write a page with tables and plots.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write decisions and answers of a policy that says anything, as JSON lines, to train on.
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// One JSON object on standard output instead of the table.
    #[arg(long)]
    json: bool,
}

pub fn run(args: &SimulateArgs) -> Result<(), Problem> {
    let strategies = strategies(args.strategies.as_deref())?;
    let intents = IntentModel::builtin();
    let learn = LearnOptions {
        users: args.learn as usize,
        interactions: args.interactions as usize,
        seed: args.seed,
    };
    if let Some(path) = &args.log {
        let interactions = learn.interactions;
        let world =
            World { strategies: &strategies, intents: &intents, noise: Noise::NONE, interactions };
        let logged = on_cores(args.jobs, || logs(&world, 0, learn.users, learn.seed))?;
        let mut text = String::new();
        for logged in &logged {
            text += &serde_json::to_string(&logged.row).unwrap_or_default();
            text.push('\n');
        }
        write(path, &text)?;
        eprintln!("mien: {} decisions in {}", logged.len(), path.display());
    }
    let options = SimulateOptions {
        learn,
        users: args.users as usize,
        interactions: args.interactions as usize,
        sweep_users: if args.noise { (args.users as usize / 4).max(2) } else { 0 },
    };
    let began = Instant::now();
    let found = on_cores(args.jobs, || simulate(&strategies, &intents, &options))?;
    let (_, findings) = found.map_err(|error| Problem::new(error, "Give more with --learn."))?;
    let seconds = began.elapsed().as_secs_f64();
    if let Some(path) = &args.html {
        write(path, &to_html(&findings))?;
        eprintln!("mien: wrote {}", path.display());
    }
    if args.json {
        print_json(&findings);
    } else {
        print!("{}", to_text(&findings));
    }
    let simulated = findings.simulated;
    eprintln!(
        "mien: {} interactions in {seconds:.0} s, {} a second",
        grouped(simulated, ','),
        grouped((simulated as f64 / seconds.max(1e-3)) as u64, ',')
    );
    Ok(())
}

/// For a terminal.
fn to_text(findings: &Findings) -> String {
    let mut text = String::new();
    let comparison = &findings.comparison;
    let _ = writeln!(
        text,
        "{} held-out users, {} interactions with each policy\n",
        comparison.users, comparison.interactions
    );
    table(&mut text, comparison);
    let _ = writeln!(text, "\nAfter the first {} interactions", comparison.interactions / 2);
    contest(&mut text, "learned against fixed rules", &comparison.against_rules);
    contest(&mut text, "against tuned rules", &comparison.against_tuned);
    contest(&mut text, "against itself without the face", &comparison.against_blind);
    contest(&mut text, "one who knows the person, fixed rules", &comparison.ceiling);
    let found = &findings.off_policy;
    let _ = writeln!(text, "\nWorth of the learned policy for a new user, a decision");
    let _ = writeln!(text, "  {:<34} {:+.4}", "truth", found.truth);
    for (name, estimate) in [
        ("inverse propensity, from a log", &found.estimates.ips),
        ("doubly robust", &found.estimates.doubly_robust),
    ] {
        let _ = writeln!(text, "  {name:<34} {}", with_limits(estimate));
    }
    if let Some(sweep) = &findings.sweep {
        let _ = writeln!(text, "\nWith a worse readout: satisfaction after the first half");
        let names = "noise   fixed rules       learned  without face   prompts in 100, learned";
        let _ = writeln!(text, "  {names}");
        for level in &sweep.levels {
            use crate::interaction::simulate::PolicyKind::{Learned, LearnedWithoutFace, Rules};
            let of = |kind| level.comparison.of(kind);
            let satisfaction = |kind| of(kind).map_or(0.0, |f| f.satisfaction_after.value);
            let _ = writeln!(
                text,
                "  {:>5.0} % {:>+11.4} {:>+13.4} {:>+13.4} {:>25.2}",
                level.noise.share * 100.0,
                satisfaction(Rules),
                satisfaction(Learned),
                satisfaction(LearnedWithoutFace),
                of(Learned).map_or(0.0, |figures| figures.prompts_per_100),
            );
        }
        let at = |level: Option<f64>| level.map_or_else(|| "no level tried".into(), percent);
        let _ = writeln!(
            text,
            "  the face stops to help at {}, learning at {}",
            at(sweep.face_stops_helping_at),
            at(sweep.learning_stops_helping_at)
        );
        let _ = writeln!(text, "\nNothing but noise: prompts in 100, and after the first half");
        let _ = writeln!(text, "  {:<28} {:>17} {:>17}", "", "learned", "fixed rules");
        for level in &sweep.kinds {
            use crate::interaction::simulate::PolicyKind::{Learned, Rules};
            let cells = [Learned, Rules].map(|kind| {
                level.comparison.of(kind).map_or_else(String::new, |f| {
                    format!("{:.2} {:>8.2}", f.prompts_per_100, f.prompts_per_100_after)
                })
            });
            let word = level.noise.kind.word();
            let _ = writeln!(text, "  {word:<28} {:>17} {:>17}", cells[0], cells[1]);
        }
    }
    let _ = writeln!(text);
    for line in super::super::text::wrapped(LIMITS, 88) {
        let _ = writeln!(text, "{line}");
    }
    text
}

fn table(text: &mut String, comparison: &Comparison) {
    let _ = writeln!(
        text,
        "{:<26} {:>12} {:>9} {:>8} {:>9} {:>9} {:>7} {:>8} {:>8}",
        "policy",
        "satisfaction",
        "after",
        "prompts",
        "unwanted",
        "precision",
        "recall",
        "helped",
        "regret"
    );
    let share = |share: Option<f64>| share.map_or_else(|| "-".to_owned(), percent);
    for figures in &comparison.policies {
        let _ = writeln!(
            text,
            "{:<26} {:>+12.4} {:>+9.4} {:>8.2} {:>9.2} {:>9} {:>7} {:>8} {:>8.1}",
            figures.policy.word(),
            figures.satisfaction.value,
            figures.satisfaction_after.value,
            figures.prompts_per_100,
            figures.harm_per_100,
            share(figures.precision),
            percent(figures.recall),
            share(figures.helped),
            figures.regret.last().copied().unwrap_or_default(),
        );
    }
    let _ = writeln!(text, "\nprompts and unwanted ones in a hundred interactions; regret a user");
}

fn contest(text: &mut String, name: &str, contest: &Contest) {
    let _ = writeln!(
        text,
        "  {name:<38} better for {} of users ({} to {}), equal {}, worse {}; by {}",
        percent(contest.share),
        percent(contest.interval.low),
        percent(contest.interval.high),
        contest.equal,
        contest.worse,
        with_limits(&contest.difference),
    );
}

pub fn with_limits(estimate: &Estimate) -> String {
    match estimate.interval {
        Some(limits) => {
            format!("{:+.4} ({:+.4} to {:+.4})", estimate.value, limits.low, limits.high)
        }
        None => format!("{:+.4}", estimate.value),
    }
}
