//! `mien interact explain`.

use std::path::PathBuf;

use clap::Args;

use super::Problem;
use super::files::logs;

/// Which decision.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// The lines that `mien live --headless --companion --json` printed.
    #[arg(value_name = "FILE")]
    log: PathBuf,
    /// Number of the decision; without it, the last one that said something.
    #[arg(long, value_name = "N")]
    id: Option<u64>,
}

pub fn run(args: &ExplainArgs) -> Result<(), Problem> {
    let log = logs(std::slice::from_ref(&args.log))?;
    let decision = match args.id {
        Some(id) => log.decisions.iter().find(|decision| decision.id == id),
        None => log.decisions.iter().rev().find(|d| d.speaks()).or(log.decisions.last()),
    };
    let Some(decision) = decision else {
        let known: Vec<String> = log.decisions.iter().map(|d| d.id.to_string()).collect();
        return Err(Problem::new(
            "the log has no such decision with its reasons",
            &match known.as_slice() {
                [] => "Logs of simulated users hold no reasons; give one of `mien live`.".into(),
                [first, .., last] => format!("It has {first} to {last}."),
                [only] => format!("It has {only}."),
            },
        ));
    };
    print!("{}", decision.explained());
    let row = log.rows.iter().find(|row| row.id == decision.id);
    if let Some(answer) = row.and_then(|row| row.answer) {
        println!("You answered: {}.", answer.word().replace('_', " "));
    }
    Ok(())
}
