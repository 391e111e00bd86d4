//! `mien interact profile`: what is remembered, in plain words.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::files::{strategies, write};
use super::{Problem, print_json};
use crate::interaction::{Profile, Strategies};
use crate::runtime::companion::ProfileFile;
use crate::settings::Folders;
use crate::words::percent;

/// What to do with it.
#[derive(Debug, Args)]
pub struct ProfileArgs {
    #[command(subcommand)]
    command: Option<ProfileCommand>,
    /// Another profile than yours.
    #[arg(long, value_name = "FILE", global = true)]
    profile: Option<PathBuf>,
    /// One JSON object instead of words.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum ProfileCommand {
    /// What it thinks about you, and why (also without a word).
    Show,
    /// Never use a strategy again.
    Never {
        /// Its id.
        strategy: String,
    },
    /// Allow a strategy again.
    Allow {
        /// Its id.
        strategy: String,
    },
    /// Forget everything you answered to a strategy.
    Forget {
        /// Its id.
        strategy: String,
    },
    /// Write all that is remembered into a file of your own.
    Export {
        /// New file.
        file: PathBuf,
    },
    /// Erase all of it, for good.
    Erase,
}

/// Where the profile is, unless another is named.
pub fn file(named: Option<&PathBuf>) -> Result<ProfileFile, Problem> {
    if let Some(path) = named {
        return Ok(ProfileFile::at(path.clone()));
    }
    let folders = Folders::locate().map_err(|error| Problem::new(&error, error.advice()))?;
    Ok(ProfileFile::at(folders.companion_profile()))
}

pub fn run(args: &ProfileArgs) -> Result<(), Problem> {
    let mut file = file(args.profile.as_ref())?;
    if let Some(ProfileCommand::Erase) = &args.command {
        let erased = file.erase().map_err(|error| Problem::new(error, ""))?;
        println!("{}", if erased { "Erased." } else { "There was nothing to erase." });
        return Ok(());
    }
    let (mut profile, error) = file.load();
    if let Some(error) = error {
        return Err(Problem::new(error, ""));
    }
    let strategies = strategies(None)?;
    match &args.command {
        None | Some(ProfileCommand::Show | ProfileCommand::Erase) => {
            show(&profile, &strategies, args.json, &file);
            return Ok(());
        }
        Some(ProfileCommand::Export { file }) => {
            write(file, &profile.to_toml())?;
            println!("Wrote {}.", file.display());
            return Ok(());
        }
        Some(ProfileCommand::Never { strategy }) => {
            known(strategy, &strategies, &profile)?;
            profile.never_again(strategy);
            println!("\u{201c}{strategy}\u{201d} will not be used again.");
        }
        Some(ProfileCommand::Allow { strategy }) => {
            known(strategy, &strategies, &profile)?;
            profile.allow_again(strategy);
            println!("\u{201c}{strategy}\u{201d} may be used again.");
        }
        Some(ProfileCommand::Forget { strategy }) => {
            known(strategy, &strategies, &profile)?;
            let forgotten = profile.forget(strategy);
            println!("Forgot {forgotten} answers to \u{201c}{strategy}\u{201d}.");
        }
    }
    file.save(&profile).map_err(|error| Problem::new(error, ""))
}

fn known(id: &str, strategies: &Strategies, profile: &Profile) -> Result<(), Problem> {
    let mut ids: Vec<&str> = strategies.list.iter().map(|s| s.id.as_str()).collect();
    // Those of a file of the user's own may be in the profile.
    ids.extend(profile.answers.iter().map(|answer| answer.strategy.as_str()));
    if ids.contains(&id) || profile.is_never(id) {
        return Ok(());
    }
    ids.sort_unstable();
    ids.dedup();
    let cause = format!("there is no strategy \u{201c}{id}\u{201d}");
    Err(Problem::new(cause, &format!("Name one of {}.", ids.join(", "))))
}

fn show(profile: &Profile, strategies: &Strategies, json: bool, file: &ProfileFile) {
    let beliefs = profile.beliefs(strategies);
    if json {
        print_json(&serde_json::json!({
            "file": file.path(), "usual": profile.usual, "answers": profile.answers.len(),
            "never": profile.never, "beliefs": beliefs,
        }));
        return;
    }
    println!("What Mien remembers of you ({})\n", file.path().display());
    let usual = &profile.usual;
    if usual.hours > 0.0 {
        println!(
            "Your face usually reads with valence {:+.2} and arousal {:+.2}, from {:.1} hours.",
            usual.valence, usual.arousal, usual.hours
        );
    }
    for belief in &beliefs {
        println!("It thinks {}, as {}; sure to {}.", belief.says, belief.why, percent(belief.sure));
    }
    if beliefs.is_empty() && usual.hours == 0.0 {
        println!("Nothing.");
    }
    println!("\nChange it with `never`, `allow`, `forget`, or in the file; `erase` removes it.");
}
