//! `mien interact`: the companion without a window.

mod evaluate;
mod explain;
mod files;
mod live;
mod profile;
mod scenario;
mod simulate;
mod train;

use std::path::PathBuf;

use clap::{Args, Subcommand};

pub use live::{CompanionArgs, CompanionSide};

use super::{EXIT_OK, fail};

pub const EXAMPLES: &str = "\
Examples:
  mien interact simulate --html report.html   policies side by side on simulated users
  mien interact simulate --noise              until which noise the emotion signal helps
  mien interact train --out mine --log decisions.jsonl
  mien interact evaluate --log decisions.jsonl --model mine
  mien interact explain decisions.jsonl --id 3
  mien interact scenario support              a worked example
  mien interact profile                       what it thinks about you, and why
  mien live --headless --companion --json     the companion at work

The companion is off unless it is asked for. docs/companion.md says what it does, how good it is,
and what it must not be used for.";

/// What to do with the companion.
#[derive(Debug, Args)]
pub struct InteractArgs {
    #[command(subcommand)]
    command: InteractCommand,
}

#[derive(Debug, Subcommand)]
enum InteractCommand {
    /// Compare policies on simulated users: silence, chance, fixed rules, the one that learned.
    Simulate(simulate::SimulateArgs),
    /// Learn from logs of answers, or from simulated users.
    Train(train::TrainArgs),
    /// Say how good a model is on a log: accuracy, recall, satisfaction, worth.
    Evaluate(evaluate::EvaluateArgs),
    /// Say why something was decided.
    Explain(explain::ExplainArgs),
    /// A worked example: customer support, media recommendation or education.
    Scenario(scenario::ScenarioArgs),
    /// Show, change, export or erase what is remembered of you.
    Profile(profile::ProfileArgs),
}

/// What the companion is made of.
#[derive(Debug, Clone, Default, Args)]
pub struct PartsArgs {
    /// Strategies of your own instead of the built-in ones.
    #[arg(long, value_name = "FILE")]
    pub strategies: Option<PathBuf>,
    /// Folder of a model that `mien interact train` wrote.
    #[arg(long = "companion-model", alias = "model", value_name = "DIR")]
    pub companion_model: Option<PathBuf>,
}

pub fn run(args: &InteractArgs) -> u8 {
    let done = match &args.command {
        InteractCommand::Simulate(args) => simulate::run(args),
        InteractCommand::Train(args) => train::run(args),
        InteractCommand::Evaluate(args) => evaluate::run(args),
        InteractCommand::Explain(args) => explain::run(args),
        InteractCommand::Scenario(args) => scenario::run(args),
        InteractCommand::Profile(args) => profile::run(args),
    };
    match done {
        Ok(()) => EXIT_OK,
        Err(Problem { cause, advice }) => fail(&cause, &advice),
    }
}

/// What went wrong, and what to do.
#[derive(Debug)]
pub struct Problem {
    pub cause: String,
    pub advice: String,
}

impl Problem {
    pub fn new(cause: impl ToString, advice: &str) -> Self {
        Self { cause: cause.to_string(), advice: advice.to_owned() }
    }

    /// A file that can't be read or written.
    pub fn of_file(path: &std::path::Path, did: &str, error: impl std::fmt::Display) -> Self {
        Self::new(
            format!("{} can't be {did}: {error}", path.display()),
            "Check the name, the folder and its permissions.",
        )
    }
}

/// Whoever closed the pipe has seen enough.
fn print_json(value: &impl serde::Serialize) {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    let _ = serde_json::to_writer(&mut out, value).map(|()| writeln!(out));
}
