//! `mien sessions`: what is in a folder of sessions, and what becomes of it.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};

use super::{EXIT_OK, fail};
use crate::library::{Entry, Labelling, Library, Origin, Query, SortBy, State, set_labelling};
use crate::session::recovery::{self, Unfinished, discard};
use crate::session::{Session, Signal};
use crate::settings::Folders;
use crate::stats::Holds;
use crate::words;

pub const EXAMPLES: &str = "\
Examples:
  mien sessions                          all sessions, newest last
  mien sessions list --find \"pilot P07\" --sort length
  mien sessions list --dir study --state damaged --json
  mien sessions show SESSION             what is known of one
  mien sessions label SESSION --name \"advert A\" --tag pilot --participant P07
  mien sessions verify                   reads every row; fails if one is not sound
  mien sessions recover SESSION          finish one that a crash left open
  mien sessions erase SESSION            remove it for good; asks first

SESSION is the name of a session in the folder, or a path.";

#[derive(Debug, Args)]
pub struct SessionsArgs {
    /// Folder of sessions; else where the window keeps them.
    #[arg(long, value_name = "DIR", global = true)]
    dir: Option<PathBuf>,
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List sessions.
    List(ListArgs),
    /// Say what is known of sessions.
    Show {
        #[arg(required = true, value_name = "SESSION")]
        sessions: Vec<PathBuf>,
    },
    /// Name a session, tag it, set its participant code or note.
    Label(LabelArgs),
    /// Read every row and say what is not sound.
    Verify {
        /// These alone; else all.
        #[arg(value_name = "SESSION")]
        sessions: Vec<PathBuf>,
    },
    /// Finish sessions that a crash left open.
    Recover {
        /// These alone; else all.
        #[arg(value_name = "SESSION")]
        sessions: Vec<PathBuf>,
    },
    /// Remove sessions for good.
    Erase {
        #[arg(required = true, value_name = "SESSION")]
        sessions: Vec<PathBuf>,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, Args, Default)]
struct ListArgs {
    /// Words that stand in name, folder, tags, participant or note.
    #[arg(long, value_name = "WORDS", default_value = "")]
    find: String,
    /// Only those with this tag; may be given again.
    #[arg(long, value_name = "TAG")]
    tag: Vec<String>,
    /// Only those of this participant.
    #[arg(long, value_name = "CODE")]
    participant: Option<String>,
    /// Only those recorded, or from files.
    #[arg(long)]
    from: Option<From>,
    /// Only those that are complete, stopped, recovered, recording, unfinished or damaged.
    #[arg(long, value_name = "STATE")]
    state: Option<String>,
    /// Order.
    #[arg(long, default_value = "when")]
    sort: Order,
    /// The other way round.
    #[arg(long)]
    descending: bool,
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum From {
    Recorded,
    File,
}

#[derive(Debug, Clone, Copy, ValueEnum, Default)]
enum Order {
    #[default]
    When,
    Name,
    Participant,
    Length,
    Faces,
    Mostly,
    State,
}

#[derive(Debug, Args)]
struct LabelArgs {
    #[arg(value_name = "SESSION")]
    session: PathBuf,
    /// What it is called.
    #[arg(long)]
    name: Option<String>,
    /// All its tags; may be given again.
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// Take its tags away.
    #[arg(long, conflicts_with = "tags")]
    no_tags: bool,
    /// Participant code, never a name.
    #[arg(long, value_name = "CODE")]
    participant: Option<String>,
    /// Free text.
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
}

pub fn run(args: &SessionsArgs) -> u8 {
    let dir = match args.dir.clone().map_or_else(window_folder, Ok) {
        Ok(dir) => dir,
        Err(code) => return code,
    };
    match &args.what {
        None => list(&dir, &ListArgs::default()),
        Some(What::List(args)) => list(&dir, args),
        Some(What::Show { sessions }) => each(&dir, sessions, |folder| {
            // Whoever closed the pipe has seen enough.
            let _ = show(&Entry::of(folder), folder);
            Ok(())
        }),
        Some(What::Label(args)) => label(&dir, args),
        Some(What::Verify { sessions }) => verify(&dir, sessions),
        Some(What::Recover { sessions }) => recover(&dir, sessions),
        Some(What::Erase { sessions, yes }) => erase(&dir, sessions, *yes),
    }
}

/// Where the window keeps sessions.
fn window_folder() -> Result<PathBuf, u8> {
    let folders = Folders::locate().map_err(|error| fail(&error.to_string(), error.advice()))?;
    let (settings, _) = folders.settings_file().load();
    Ok(settings.sessions_dir.unwrap_or(folders.sessions))
}

fn list(dir: &Path, args: &ListArgs) -> u8 {
    if !dir.is_dir() {
        return fail(
            &format!("there is no folder {}", dir.display()),
            "Record a session, or name another folder with --dir.",
        );
    }
    let library = Library::open(dir);
    let query = Query {
        text: args.find.clone(),
        origin: args.from.map(|from| match from {
            From::Recorded => Origin::Recorded,
            From::File => Origin::File,
        }),
        tags: args.tag.clone(),
        participant: args.participant.clone(),
        state: args.state.clone(),
        sort: match args.sort {
            Order::When => SortBy::When,
            Order::Name => SortBy::Name,
            Order::Participant => SortBy::Participant,
            Order::Length => SortBy::Length,
            Order::Faces => SortBy::Faces,
            Order::Mostly => SortBy::Mostly,
            Order::State => SortBy::State,
        },
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
        line(
            &mut out,
            [
                &cut(&entry.folder_name, 34),
                &cut(title, 24),
                &clock(entry.duration_secs),
                &entry.faces.to_string(),
                entry.mostly().unwrap_or("-"),
                &entry.state.in_words(),
            ],
        )?;
    }
    match entries.len() {
        shown if shown == all => writeln!(out, "{}", counted(all)),
        shown => writeln!(out, "{shown} of {}", counted(all)),
    }
}

fn counted(sessions: usize) -> String {
    if sessions == 1 { "1 session".into() } else { format!("{sessions} sessions") }
}

/// At most `most` characters, the last of which says that there are more. Control characters would
/// reach the terminal.
fn cut(text: &str, most: usize) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().count() <= most {
        return text;
    }
    text.chars().take(most - 1).chain(['\u{2026}']).collect()
}

/// Of whole seconds.
fn clock(secs: f64) -> String {
    words::clock(secs as u64)
}

/// The folder of a session that is named or pointed at.
fn folder_of(dir: &Path, session: &Path) -> Result<PathBuf, String> {
    let named = dir.join(session);
    let is_plain_name = session.components().count() == 1;
    let found = [is_plain_name.then_some(named), Some(session.to_owned())];
    found.into_iter().flatten().find(|folder| Session::open(folder).is_ok()).ok_or_else(|| {
        format!("{} is no session, nor is it one in {}", session.display(), dir.display())
    })
}

/// Does something with each, and goes on after one that fails.
fn each(
    dir: &Path,
    sessions: &[PathBuf],
    mut act: impl FnMut(&Path) -> Result<(), (String, &'static str)>,
) -> u8 {
    let mut code = EXIT_OK;
    for session in sessions {
        let acted = folder_of(dir, session)
            .map_err(|message| (message, "`mien sessions` lists those that there are."))
            .and_then(|folder| act(&folder));
        if let Err((message, advice)) = acted {
            code = fail(&message, advice);
        }
    }
    code
}

fn show(entry: &Entry, folder: &Path) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{}", cut(entry.title(), 200))?;
    let start = entry.start.map_or_else(|| "-".into(), |start| start.to_string());
    let lines = [
        ("folder", folder.display().to_string()),
        ("from", entry.origin.word().into()),
        ("start (UTC)", start),
        ("length", clock(entry.duration_secs)),
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

fn label(dir: &Path, args: &LabelArgs) -> u8 {
    let tags = (args.no_tags || !args.tags.is_empty()).then(|| args.tags.clone());
    let labelling = Labelling {
        name: args.name.clone(),
        tags,
        participant: args.participant.clone(),
        note: args.note.clone(),
    };
    each(dir, std::slice::from_ref(&args.session), |folder| {
        set_labelling(folder, &labelling).map_err(|error| (error.to_string(), error.advice()))
    })
}

/// The sessions that are named, or all.
fn chosen(dir: &Path, sessions: &[PathBuf]) -> Vec<PathBuf> {
    if sessions.is_empty() { crate::session::session_folders(dir) } else { sessions.to_vec() }
}

fn verify(dir: &Path, sessions: &[PathBuf]) -> u8 {
    let chosen = chosen(dir, sessions);
    let code = each(dir, &chosen, |folder| {
        let read = Session::open(folder).and_then(|session| {
            let signal = Signal::read(&session)?;
            Ok((session, signal))
        });
        let (session, signal) = read.map_err(|error| {
            (error.to_string(), "What other files of the session hold may still be read by hand.")
        })?;
        let entry = Entry::of_read(&session, &signal, &Holds::of(&signal));
        let name = cut(&entry.folder_name, 200);
        let problems = signal.problems();
        if problems.is_empty() && !matches!(entry.state, State::Damaged { .. }) {
            println!("{name}: {} rows, {}", entry.rows, entry.state.in_words());
            return Ok(());
        }
        for words in &problems.words {
            println!("{name}: {words}");
        }
        let left_out = problems.rows + problems.events;
        Err((
            format!("{name}: {}; {left_out} rows can't be used", entry.state.in_words()),
            "The other rows are sound, and everything that reads the session uses those.",
        ))
    });
    println!("{} looked into", counted(chosen.len()));
    code
}

fn recover(dir: &Path, sessions: &[PathBuf]) -> u8 {
    let named: Vec<PathBuf> = if sessions.is_empty() {
        recovery::find_unfinished(dir).into_iter().map(|one| one.folder).collect()
    } else {
        sessions.to_vec()
    };
    if named.is_empty() {
        println!("no session is unfinished");
        return EXIT_OK;
    }
    each(dir, &named, |folder| {
        let Some(found) = Unfinished::in_folder(folder) else {
            let entry = Entry::of(folder);
            return Err((
                format!(
                    "{} is not unfinished: it is {}",
                    entry.folder_name,
                    entry.state.in_words()
                ),
                "There is nothing to recover.",
            ));
        };
        let recovered =
            recovery::recover(&found).map_err(|error| (error.to_string(), error.advice()))?;
        println!("{}: {} rows kept", found.name(), recovered.rows);
        Ok(())
    })
}

fn erase(dir: &Path, sessions: &[PathBuf], yes: bool) -> u8 {
    each(dir, sessions, |folder| {
        let entry = Entry::of(folder);
        if !yes && !agreed(&entry)? {
            println!("{} stays", entry.folder_name);
            return Ok(());
        }
        discard(folder).map_err(|error| (error.to_string(), error.advice()))?;
        // What was erased leaves the index as well.
        if let Some(parent) = folder.parent() {
            Library::open(parent);
        }
        println!("{} is erased", entry.folder_name);
        Ok(())
    })
}

fn agreed(entry: &Entry) -> Result<bool, (String, &'static str)> {
    let ask = || -> io::Result<String> {
        let mut out = io::stdout().lock();
        write!(
            out,
            "Erase {} ({}, {} rows) for good? [y/N] ",
            cut(entry.title(), 60),
            clock(entry.duration_secs),
            entry.rows
        )?;
        out.flush()?;
        let mut answer = String::new();
        io::stdin().read_line(&mut answer)?;
        Ok(answer)
    };
    let answer =
        ask().map_err(|error| (error.to_string(), "Say --yes to erase without asking."))?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
