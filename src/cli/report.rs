//! `mien report`: sessions as one page.

use std::path::PathBuf;

use clap::Args;

use super::passphrase::{Opener, PassphraseArgs};
use super::{EXIT_OK, fail};
use crate::report::{Reported, to_html};
use crate::session::write_atomically;

pub const EXAMPLES: &str = "\
Examples:
  mien report SESSION --out report.html
  mien report A B --out compared.html    side by side, with the differences of the two

The page needs no network and no script, and prints well. It holds what the sessions hold: codes,
tags and notes too, and no picture.";

#[derive(Debug, Args)]
pub struct ReportArgs {
    /// Session folders.
    #[arg(required = true, value_name = "DIR")]
    sessions: Vec<PathBuf>,
    /// The page; an existing one is replaced.
    #[arg(long, value_name = "FILE", default_value = "report.html")]
    out: PathBuf,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

pub fn run(args: &ReportArgs) -> u8 {
    let (mut sessions, opener) = (Vec::new(), Opener::new(&args.passphrase));
    for folder in &args.sessions {
        let advice = "Name session folders; `mien sessions --dir DIR` lists them.";
        let reported = opener.open(folder).and_then(|session| {
            Reported::of(&session).map_err(|error| (error.to_string(), advice))
        });
        match reported {
            Ok(session) => sessions.push(session),
            Err((message, advice)) => return fail(&message, advice),
        }
    }
    if let Err(error) = write_atomically(&args.out, to_html(&sessions).as_bytes()) {
        return fail(
            &format!("{} can't be written: {error}", args.out.display()),
            "Name another file with --out.",
        );
    }
    println!("{}", args.out.display());
    EXIT_OK
}
