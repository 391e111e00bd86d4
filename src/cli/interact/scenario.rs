//! `mien interact scenario`: a story, and what the companion makes of it.

use clap::Args;

use super::files::Parts;
use super::{PartsArgs, Problem, print_json};
use crate::interaction::scenario::{Happened, Story};
use crate::interaction::{Language, Ranked, Scenario, Setup};
use crate::words::clock;

/// Which story.
#[derive(Debug, Args)]
pub struct ScenarioArgs {
    /// support, media or education.
    #[arg(value_parser = parse_scenario)]
    scenario: Scenario,
    #[command(flatten)]
    parts: PartsArgs,
    /// Language of the prompts.
    #[arg(long, value_enum, default_value_t = Language::En)]
    language: Language,
    /// Of its draws.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Also why it stayed silent, and what else was considered.
    #[arg(long)]
    explain: bool,
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
}

fn parse_scenario(word: &str) -> Result<Scenario, String> {
    let scenario = Scenario::from_word(word).filter(|s| *s != Scenario::General);
    scenario.ok_or_else(|| "name support, media or education".to_owned())
}

pub fn run(args: &ScenarioArgs) -> Result<(), Problem> {
    let Parts { strategies, network, intents } = Parts::load(&args.parts)?;
    let setup = Setup {
        strategies,
        network,
        intents,
        language: args.language,
        every_secs: 120.0,
        seed: args.seed,
    };
    let Some(story) = Story::of(args.scenario) else {
        return Err(Problem::new("there is no story of that", ""));
    };
    if !args.json {
        println!("{}\n{}\n", story.title, story.about.trim());
    }
    for happened in story.run(setup) {
        if args.json {
            print_json(&happened);
            continue;
        }
        match happened {
            Happened::Told { secs, text } => println!("{:>5}  {text}", clock(secs as u64)),
            Happened::Decided(decision) => {
                let at = clock(decision.secs as u64);
                if decision.speaks() {
                    println!("{at:>5}  #{} \u{201c}{}\u{201d}", decision.id, decision.message);
                    println!("       {}: {}", decision.strategy, decision.reason);
                } else {
                    println!("{at:>5}  #{} silent: {}", decision.id, decision.reason);
                }
                if args.explain {
                    for line in decision.explained().lines().skip(2) {
                        println!("         {line}");
                    }
                }
            }
            Happened::Suggested(best) => {
                for Ranked { title, why, .. } in best {
                    println!("       it suggests \u{201c}{title}\u{201d}: {why}");
                }
            }
            Happened::Ranked(all) => {
                println!("\nBy what the reactions say (-1 skipped, 1 moved, 0 not known):");
                for Ranked { title, score, why } in all {
                    println!("  {score:>+5.2}  {title}: {why}");
                }
            }
            Happened::Answered { answer, .. } => {
                println!("       answered: {}", answer.word().replace('_', " "));
            }
        }
    }
    Ok(())
}
