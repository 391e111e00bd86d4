//! What there is: the list, and one session in lines.

use std::io::{self, Write};
use std::path::Path;

use clap::Args;

use super::cut;
use crate::cli::{EXIT_OK, fail};
use crate::library::{Entry, Library, Origin, Query, SortBy};
use crate::words::{counted, length};

#[derive(Debug, Args, Default)]
pub struct ListArgs {
    /// Words that stand in name, folder, tags, participant or note.
    #[arg(long, value_name = "WORDS", default_value = "")]
    find: String,
    /// Only those with this tag; may be given again.
    #[arg(long, value_name = "TAG")]
    tag: Vec<String>,
    /// Only those of this participant.
    #[arg(long, value_name = "CODE")]
    participant: Option<String>,
    /// Only those recorded, from files, or imported.
    #[arg(long)]
    from: Option<Origin>,
    /// Only those that are complete, stopped, recovered, recording, unfinished, locked or damaged.
    #[arg(long, value_name = "STATE")]
    state: Option<String>,
    /// Order.
    #[arg(long, default_value = "when")]
    sort: SortBy,
    /// The other way round.
    #[arg(long)]
    descending: bool,
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
}

/// Lists the sessions in `dir`; `named`: by the user.
pub fn list(dir: &Path, named: bool, args: &ListArgs) -> u8 {
    if !dir.is_dir() {
        if named {
            let cause = format!("there is no folder {}", dir.display());
            return fail(&cause, "Record a session, or name another folder with --dir.");
        }
        eprintln!("mien: no sessions yet: they will be kept in {}", dir.display());
        eprintln!("      Press R in the window, or record one into a folder that you name:");
        eprintln!("      mien live --headless --record DIR");
        return EXIT_OK;
    }
    let library = Library::open(dir);
    let query = Query {
        text: args.find.clone(),
        origin: args.from,
        tags: args.tag.clone(),
        participant: args.participant.clone(),
        state: args.state.clone(),
        sort: args.sort,
        descending: args.descending,
    };
    let found = query.run(&library);
    // Whoever closed the pipe has seen enough.
    let _ =
        if args.json { print_json(&found) } else { print_table(&found, library.entries().len()) };
    EXIT_OK
}

fn print_json(entries: &[&Entry]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    entries.iter().try_for_each(|entry| writeln!(out, "{}", serde_json::json!(entry)))
}

fn print_table(entries: &[&Entry], all: usize) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let line = |out: &mut dyn Write, cells: [&str; 6]| {
        let [folder, title, length, faces, mostly, state] = cells;
        writeln!(out, "{folder:<34} {title:<24} {length:>8} {faces:>5}  {mostly:<12} {state}")
    };
    if !entries.is_empty() {
        line(&mut out, ["session", "name", "length", "faces", "mostly", "state"])?;
    }
    for entry in entries {
        let title = if entry.title() == entry.folder_name { "" } else { entry.title() };
        let figures = match entry.is_locked() {
            true => ["-".to_owned(), "-".to_owned()],
            false => [length(entry.duration_secs), entry.faces.to_string()],
        };
        line(
            &mut out,
            [
                &cut(&entry.folder_name, 34),
                &cut(title, 24),
                &figures[0],
                &figures[1],
                entry.mostly().unwrap_or("-"),
                &entry.state.in_words(),
            ],
        )?;
    }
    match entries.len() {
        shown if shown == all => writeln!(out, "{}", counted(all as u64, "session")),
        shown => writeln!(out, "{shown} of {}", counted(all as u64, "session")),
    }
}

/// What is known of one.
pub fn show(entry: &Entry, folder: &Path) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{}", cut(entry.title(), 200))?;
    let start = entry.start.map_or_else(|| "-".into(), |start| start.to_string());
    let lines = [
        ("folder", folder.display().to_string()),
        ("from", entry.origin.word().into()),
        ("start (UTC)", start),
        ("length", length(entry.duration_secs)),
        ("rows", entry.rows.to_string()),
        ("size", format!("{:.1} MB", entry.bytes as f64 / 1e6)),
        ("faces at once", entry.faces.to_string()),
        ("face numbers", entry.face_numbers.to_string()),
        ("mostly", entry.mostly().unwrap_or("-").into()),
        ("markers", entry.markers.to_string()),
        ("participant", entry.participant.clone()),
        ("tags", entry.tags.join(", ")),
        ("note", entry.note.clone()),
        ("state", entry.state.in_words()),
    ];
    for (what, value) in lines.iter().filter(|(_, value)| !value.is_empty()) {
        writeln!(out, "  {what:<14} {}", cut(value, 400))?;
    }
    Ok(())
}
