//! `mien interact train`.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::files::{FIGURES, INTENTS, NETWORK, Source, strategies, write};
use super::{Problem, print_json};
use crate::interaction::policy::{Example, FitFigures, Network, Start, TrainOptions, train};
use crate::interaction::simulate::TRAIN_FROM;
use crate::interaction::{IntentFigures, IntentModel, LogRow, UNHEARD_OF, rows_from_csv};

/// What to learn from and where to put it.
#[derive(Debug, Args)]
pub struct TrainArgs {
    /// New folder for the model.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Logs with answers, a file for each user, which the built-in network learns from; without
    /// any, a new one learns from simulated users.
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
    let from_logs = !args.log.is_empty();
    let source = Source {
        logs: &args.log,
        first: TRAIN_FROM,
        users: args.users,
        interactions: args.interactions,
        seed: args.seed,
    };
    let keep = |row: LogRow| Some((row.speaks(), row.answer.is_some(), row.example(&ids)));
    let rows = source.gather(&strategies, &IntentModel::builtin(), keep)?;
    let count =
        |of: fn(&(bool, bool, Option<Example>)) -> bool| rows.iter().filter(|row| of(row)).count();
    let (prompts, answered) = (count(|row| row.0), count(|row| row.1));
    let examples: Vec<Example> = rows.iter().filter_map(|row| row.2).collect();
    // People's answers are few: they change what is known already. Simulated ones are many.
    let known = Network::builtin().for_strategies(&ids, UNHEARD_OF);
    let start = if from_logs { Start::From(&known) } else { Start::Anew(&ids) };
    let options = TrainOptions { seed: args.seed, ..TrainOptions::default() };
    let fit = train(start, &examples, &options).map_err(|error| {
        let mut advice = format!(
            "Of {} decisions, {prompts} were prompts and {answered} of these were answered. \
             Gather more with `mien live --headless --companion --json`, name the logs of more \
             people, or leave --log out to learn from simulated users.",
            rows.len()
        );
        if examples.len() < answered {
            let _ = write!(
                advice,
                " {} answers are to strategies that are not among these; name their file with \
                 --strategies.",
                answered - examples.len()
            );
        }
        Problem::new(error, &advice)
    })?;
    let intents = args.intents.as_ref().map(train_intents).transpose()?;
    fs::create_dir_all(&args.out).map_err(|error| Problem::of_file(&args.out, "made", error))?;
    let stored = serde_json::to_string(&fit.network.stored()).unwrap_or_default();
    write(&args.out.join(NETWORK), &(stored + "\n"))?;
    let figures = json!({
        "answers": examples.len(),
        "from": if from_logs { "logs" } else { "simulated users" },
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
        report(examples.len(), &fit.figures);
        if let Some((_, IntentFigures { right, wrong, unknown })) = intents {
            println!("notes, held out: {right} right, {wrong} wrong, {unknown} left unknown");
        }
    }
    eprintln!("mien: wrote {}", args.out.display());
    Ok(())
}

fn report(answers: usize, figures: &FitFigures) {
    let FitFigures { epoch, by_user, loss, held_out_loss, base_loss, first_loss } = *figures;
    let held_out = if by_user { "users" } else { "answers" };
    println!("{answers} answers learned from, best after {epoch} rounds");
    println!("cross-entropy {held_out_loss:.4} on held-out {held_out}, {loss:.4} on the others,");
    println!("{base_loss:.4} for how often each strategy helps, and nothing else");
    if let Some(first) = first_loss {
        println!("{first:.4} for the built-in network, which this began with");
    }
    if epoch == 0 {
        println!(
            "No round made it better: what was written is the built-in network. It needs more"
        );
        println!("answers, or more varied ones.");
    } else if held_out_loss >= base_loss {
        println!("It knows no more than that: it needs more, or more varied, answers.");
    }
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
