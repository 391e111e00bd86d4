//! `mien merge`: many sessions as one table.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::passphrase::PassphraseArgs;
use super::{EXIT_FAILED, EXIT_OK, FormatArg, fail};
use crate::corpus::{LeftOut, MergeError, Progress, merge};
use crate::session::vault::Key;
use crate::words;

pub const EXAMPLES: &str = "\
Examples:
  mien merge mien-sessions --out corpus
  mien merge shards/1 shards/2 --out corpus --format parquet

DIR is a session or holds some, at any depth. The tables have the column session in front;
sessions.csv has a row for each. Sessions that are damaged or unfinished are named and left out, and
the exit code is 1; duplicates are named and left out. Locked sessions are read with the passphrase of --passphrase-file or
MIEN_PASSPHRASE, and are plain in the tables. docs/corpus.md has queries.";

#[derive(Debug, Args)]
pub struct MergeArgs {
    /// Sessions, or folders of them.
    #[arg(value_name = "DIR", required = true)]
    folders: Vec<PathBuf>,
    /// Folder for the tables; those of an earlier merge are replaced.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// How the tables of rows are written; sessions.csv is always CSV.
    #[arg(long, value_name = "FORMAT", default_value = "csv")]
    format: FormatArg,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

/// Joins them; the exit code says whether all sessions are in it.
pub fn run(args: &MergeArgs) -> u8 {
    if let Some(missing) = args.folders.iter().find(|folder| !folder.is_dir()) {
        return fail(&format!("there is no folder {}", missing.display()), "Check the path.");
    }
    let key = match args.passphrase.given() {
        Ok(passphrase) => passphrase.map(Key::new),
        Err((message, advice)) => return fail(&message, advice),
    };
    let bar = ProgressBar::new(0);
    // The template is ours; should it be wrong, the default bar is as good.
    if let Ok(style) = ProgressStyle::with_template("{msg} {bar:24} {pos} of {len}, {eta} left") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    let merged = merge(&args.folders, &args.out, args.format.into(), key.as_ref(), &|progress| {
        let Progress { pass, done, of } = progress;
        bar.set_message(pass.word());
        bar.set_length(of as u64);
        bar.set_position(done as u64);
    });
    bar.finish_and_clear();
    let merged = match merged {
        Ok(merged) => merged,
        Err(error) => {
            if let MergeError::NoSession { left_out } = &error {
                tell(left_out);
            }
            return fail(&error.to_string(), error.advice());
        }
    };
    tell(&merged.left_out);
    let whole = merged.left_out.iter().all(|session| session.duplicate);
    let sessions = merged.sessions;
    println!(
        "{sessions} session{} with {} rows in {}",
        if sessions == 1 { "" } else { "s" },
        words::grouped(merged.rows, ','),
        args.out.display()
    );
    if whole { EXIT_OK } else { EXIT_FAILED }
}

fn tell(left_out: &[LeftOut]) {
    for LeftOut { folder, reason, .. } in left_out {
        fail(&format!("{} is left out: {reason}", folder.display()), "");
    }
}
