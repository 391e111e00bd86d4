//! `mien interact train`.

use std::fs;
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::files::{FIGURES, INTENTS, NETWORK, logs as read_logs, strategies, write};
use super::{Problem, print_json};
use crate::dataset::parallel::thread_pool;
use crate::interaction::policy::{Example, FitFigures, TrainOptions, train};
use crate::interaction::simulate::{World, logs};
use crate::interaction::{IntentFigures, IntentModel, LogRow, rows_from_csv};

/// What to learn from and where to put it.
#[derive(Debug, Args)]
pub struct TrainArgs {
    /// New folder for the model.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Logs with answers, a file for each user; without any, simulated users are learned from.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    log: Vec<PathBuf>,
    /// Table with the columns intent and note (and face, looking, scenario where known).
    #[arg(long, value_name = "CSV")]
    intents: Option<PathBuf>,
    /// Simulated users.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 4000,
        conflicts_with = "log",
        value_parser = clap::value_parser!(u32).range(20..)
    )]
    users: u32,
    /// Interactions of each.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 200,
        conflicts_with = "log",
        value_parser = clap::value_parser!(u32).range(20..)
    )]
    interactions: u32,
    /// The same seed gives the same model.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Strategies of your own.
    #[arg(long, value_name = "FILE")]
    strategies: Option<PathBuf>,
    /// One JSON object on standard output instead of words.
    #[arg(long)]
    json: bool,
}

pub fn run(args: &TrainArgs) -> Result<(), Problem> {
    let strategies = strategies(args.strategies.as_deref())?;
    let ids = strategies.ids();
    let rows: Vec<LogRow> = if args.log.is_empty() {
        let interactions = args.interactions as usize;
        let intents = IntentModel::builtin();
        let world = World { strategies: &strategies, intents: &intents, noise: 0.0, interactions };
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let pool = thread_pool(cores);
        let pool = pool.map_err(|error| Problem::new(format!("no threads: {error}"), ""))?;
        let logged = pool.install(|| logs(&world, 0, args.users as usize, args.seed));
        logged.into_iter().map(|logged| logged.row).collect()
    } else {
        read_logs(&args.log)?.rows
    };
    let examples: Vec<Example> = rows.iter().filter_map(|row| row.example(&ids)).collect();
    let options = TrainOptions { seed: args.seed, ..TrainOptions::default() };
    let fit = train(&ids, &examples, &options).map_err(|error| {
        Problem::new(error, "Name a log for each user, or leave --log out to simulate users.")
    })?;
    let intents = args.intents.as_ref().map(train_intents).transpose()?;
    fs::create_dir_all(&args.out).map_err(|error| Problem::of_file(&args.out, "made", error))?;
    let stored = serde_json::to_string(&fit.network.stored()).unwrap_or_default();
    write(&args.out.join(NETWORK), &(stored + "\n"))?;
    let figures = json!({
        "answers": examples.len(),
        "from": if args.log.is_empty() { "simulated users" } else { "logs" },
        "network": fit.figures,
        "intents": intents.as_ref().map(|(_, figures)| figures),
    });
    if let Some((model, _)) = &intents {
        let stored = serde_json::to_string(&model.stored()).unwrap_or_default();
        write(&args.out.join(INTENTS), &(stored + "\n"))?;
    }
    write(&args.out.join(FIGURES), &format!("{figures:#}\n"))?;
    if args.json {
        print_json(&figures);
    } else {
        let FitFigures { epoch, loss, held_out_loss, base_loss } = fit.figures;
        println!("{} answers learned from, best after {epoch} rounds", examples.len());
        println!("cross-entropy {held_out_loss:.4} on held-out users, {loss:.4} on the others,");
        println!("{base_loss:.4} for how often each strategy helps, and nothing else");
        if held_out_loss >= base_loss {
            println!("It knows no more than that: it needs more, or more varied, answers.");
        }
        if let Some((_, IntentFigures { right, wrong, unknown })) = intents {
            println!("notes, held out: {right} right, {wrong} wrong, {unknown} left unknown");
        }
    }
    eprintln!("mien: wrote {}", args.out.display());
    Ok(())
}

/// Of each ten rows, two are held out in turn.
const FOLDS: usize = 5;

fn train_intents(path: &PathBuf) -> Result<(IntentModel, IntentFigures), Problem> {
    let bytes = fs::read(path).map_err(|error| Problem::of_file(path, "read", error))?;
    let wrong = |error| Problem::new(format!("{}: {error}", path.display()), "");
    let rows = rows_from_csv(&bytes).map_err(wrong)?;
    let model = IntentModel::train(&rows).map_err(wrong)?;
    let figures = IntentModel::cross_validate(&rows, FOLDS).map_err(wrong)?;
    Ok((model, figures))
}
