//! `mien interact evaluate`.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use serde_json::json;

use super::files::{Parts, Source};
use super::simulate::with_limits;
use super::{PartsArgs, Problem, print_json};
use crate::interaction::policy::{Bandit, Example, judge_answers};
use crate::interaction::simulate::{HELD_OUT_FROM, estimate};
use crate::interaction::{LogRow, UNHEARD_OF};
use crate::words::percent;

/// What to judge, on what.
#[derive(Debug, Args)]
pub struct EvaluateArgs {
    /// Logs with answers that the model has not learned from; without any, simulated users that
    /// nothing was learned from.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    log: Vec<PathBuf>,
    /// Simulated users, where there is no log.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 1000,
        conflicts_with = "log",
        value_parser = clap::value_parser!(u32).range(2..)
    )]
    users: u32,
    /// Of the simulated users and of the bootstrap.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    parts: PartsArgs,
    /// One JSON object on standard output instead of the table.
    #[arg(long)]
    json: bool,
}

pub fn run(args: &EvaluateArgs) -> Result<(), Problem> {
    let Parts { strategies, network, intents } = Parts::load(&args.parts)?;
    let source = Source {
        logs: &args.log,
        first: HELD_OUT_FROM,
        users: args.users,
        interactions: 200,
        seed: args.seed,
    };
    let rows: Vec<LogRow> = source.gather(&strategies, &intents, Some)?;
    let ids = strategies.ids();
    let network = network.for_strategies(&ids, UNHEARD_OF);
    let examples: Vec<Example> = rows.iter().filter_map(|row| row.example(&ids)).collect();
    let limits = &strategies.limits;
    let policy = Bandit::new(Arc::new(network.clone()), limits.worth_from());
    let worth = estimate(&rows, &policy, &network, limits.cost_of_disturbing, args.seed);
    let answers = judge_answers(&network, &examples, limits.worth_from());
    let prompts = rows.iter().filter(|row| row.speaks()).count();
    if args.json {
        let figures = json!({
            "decisions": rows.len(), "prompts": prompts, "answers": answers, "worth": worth,
        });
        print_json(&figures);
        return Ok(());
    }
    println!("{} decisions, {prompts} prompts", rows.len());
    match answers {
        None => println!("no prompt was answered, so nothing can be said of the predictions"),
        Some(figures) => {
            let some = |share: Option<f64>| share.map_or_else(|| "-".into(), percent);
            println!("\nWhether a prompt helps, from the features alone");
            println!("  {:<34} {}", "answers", figures.answers);
            println!("  {:<34} {}", "satisfied (said it helped)", percent(figures.helped));
            println!(
                "  {:<34} {} (never: {})",
                "accuracy",
                percent(figures.accuracy),
                percent(figures.accuracy_of_never)
            );
            println!("  {:<34} {}", "recall", some(figures.recall));
            println!("  {:<34} {}", "precision", some(figures.precision));
            let auc = figures.auc.map_or_else(|| "-".into(), |auc| format!("{auc:.3}"));
            println!("  {:<34} {auc}", "area under the ROC curve");
            println!("  {:<34} {:.4}", "cross-entropy", figures.cross_entropy);
        }
    }
    println!("\nWorth a decision, for a new user (1 helped, -1 times the cost not, 0 silence)");
    println!("  {:<34} {}", "the policy of the log", with_limits(&worth.logged));
    println!("  {:<34} {}", "this model, inverse propensity", with_limits(&worth.ips));
    println!("  {:<34} {}", "this model, doubly robust", with_limits(&worth.doubly_robust));
    println!("  {:<34} {}", "of the log counts in effect", percent(worth.effective));
    Ok(())
}
