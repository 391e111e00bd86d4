//! Removing sessions for good.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use jiff::Timestamp;

use super::{Failed, cut, each};
use crate::cli::{EXIT_OK, fail};
use crate::library::{Entry, Library, retention};
use crate::session::recovery::discard;
use crate::settings::Settings;
use crate::words::{counted, length};

#[derive(Debug, Args)]
pub struct EraseArgs {
    #[arg(required_unless_present = "older_than", value_name = "SESSION")]
    sessions: Vec<PathBuf>,
    /// All that ended more than so many days ago; they are listed first.
    #[arg(long, value_name = "DAYS", conflicts_with = "sessions", value_parser = parse_days)]
    older_than: Option<u32>,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
}

fn parse_days(text: &str) -> Result<u32, String> {
    let days = text.parse().ok().filter(|days| Settings::ERASE_AFTER_DAYS.contains(days));
    days.ok_or_else(|| format!("{text} is no number of days from 1 on"))
}

pub fn erase(dir: &Path, args: &EraseArgs) -> u8 {
    if let Some(days) = args.older_than {
        return erase_old(dir, days, args.yes);
    }
    each(dir, &args.sessions, |folder| {
        let entry = Entry::of(folder);
        let question = format!("Erase {} ({}) for good?", cut(entry.title(), 60), extent(&entry));
        if !args.yes && !agreed(&question)? {
            println!("{} stays", entry.folder_name);
            return Ok(());
        }
        erase_one(folder)
    })
}

fn erase_old(dir: &Path, days: u32, yes: bool) -> u8 {
    let library = Library::open(dir);
    let now = Timestamp::now();
    let due = retention::due(&library, days, now);
    if due.is_empty() {
        println!("no session ended more than {} ago", counted(days.into(), "day"));
        return EXIT_OK;
    }
    for entry in &due {
        println!("{}  {}, {}", entry.folder_name, age(entry, dir, now), extent(entry));
    }
    let question = format!("Erase {} for good?", counted(due.len() as u64, "session"));
    match if yes { Ok(true) } else { agreed(&question) } {
        Err((message, advice)) => return fail(&message, advice),
        Ok(false) => {
            println!("nothing is erased");
            return EXIT_OK;
        }
        Ok(true) => {}
    }
    let folders: Vec<PathBuf> = due.iter().map(|entry| entry.folder(dir)).collect();
    each(dir, &folders, erase_one)
}

/// How long ago a session ended.
fn age(entry: &Entry, dir: &Path, now: Timestamp) -> String {
    let days = retention::ended(entry, dir).map_or(0, |at| now.duration_since(at).as_hours() / 24);
    format!("{} old", counted(days.unsigned_abs(), "day"))
}

fn extent(entry: &Entry) -> String {
    if entry.is_locked() {
        return entry.state.in_words();
    }
    format!("{}, {}", length(entry.duration_secs), counted(entry.rows, "row"))
}

fn erase_one(folder: &Path) -> Result<(), Failed> {
    discard(folder).map_err(|error| (error.to_string(), error.advice()))?;
    // What was erased leaves the index as well.
    if let Some(parent) = folder.parent() {
        Library::open(parent);
    }
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    println!("{} is erased", cut(&name, 200));
    Ok(())
}

fn agreed(question: &str) -> Result<bool, Failed> {
    let ask = || -> io::Result<String> {
        let mut out = io::stdout().lock();
        write!(out, "{question} [y/N] ")?;
        out.flush()?;
        let mut answer = String::new();
        io::stdin().read_line(&mut answer)?;
        Ok(answer)
    };
    let answer =
        ask().map_err(|error| (error.to_string(), "Say --yes to erase without asking."))?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
