//! Reading every row to say what is not sound.

use std::path::{Path, PathBuf};

use super::{chosen, cut, each};
use crate::cli::passphrase::Opener;
use crate::library::{Entry, missing_rows, problems};
use crate::session::{Session, Signal};
use crate::stats::Holds;
use crate::words::counted;

/// Of the sessions that are named, or of all.
pub fn verify(dir: &Path, sessions: &[PathBuf], opener: &Opener<'_>) -> u8 {
    let chosen = chosen(dir, sessions);
    let code = each(dir, &chosen, |folder| {
        let session = opener.open(folder)?;
        let signal = Signal::read(&session).map_err(|error| {
            (error.to_string(), "What other files of the session hold may still be read by hand.")
        })?;
        let entry = Entry::of_read(&session, &signal, &Holds::of(&signal));
        let name = cut(&entry.folder_name, 200);
        let problems = problems(&session, &signal);
        if problems.is_empty() {
            println!("{name}: {}, {}", counted(entry.rows, "row"), entry.state.in_words());
            return Ok(());
        }
        for words in &problems {
            println!("{name}: {words}");
        }
        let lost = losses(&session, &signal);
        let lost = if lost.is_empty() { String::new() } else { format!("{lost}; ") };
        Err((
            format!("{name} is not sound: {lost}{} can be used", counted(entry.rows, "row")),
            "Whatever reads the session uses the rows that are sound. Restore the files from a \
             copy if there is one.",
        ))
    });
    println!("{} looked into", counted(chosen.len() as u64, "session"));
    code
}

/// How many rows can't be used, of which kind; empty if all can.
fn losses(session: &Session, signal: &Signal) -> String {
    let problems = signal.problems();
    [
        (problems.rows, "row", "left out"),
        (problems.events, "event", "left out"),
        (missing_rows(session, signal), "row", "gone"),
    ]
    .into_iter()
    .filter(|(count, ..)| *count > 0)
    .map(|(count, what, fate)| format!("{} {fate}", counted(count, what)))
    .collect::<Vec<_>>()
    .join(", ")
}
