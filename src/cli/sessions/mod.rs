//! `mien sessions`: what is in a folder of sessions, and what becomes of it.

mod erase;
mod list;
mod lock;
mod verify;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::passphrase::{Opener, PassphraseArgs};
use super::{EXIT_OK, fail};
use crate::library::{
    Entry, Labelling, attach, copy_session, read_stimuli, sessions_in, set_labelling,
};
use crate::session::is_session;
use crate::session::recovery::{self, Unfinished};
use crate::session::vault;
use crate::settings::Folders;
use erase::{EraseArgs, erase};
use list::{ListArgs, list, show};
pub(super) use lock::lock_one;

pub const EXAMPLES: &str = "\
Examples:
  mien sessions                          all sessions, newest last
  mien sessions list --find \"pilot P07\" --sort length
  mien sessions list --dir study --state damaged --json
  mien sessions show SESSION             what is known of one
  mien sessions label SESSION --name \"advert A\" --tag pilot --participant P07
  mien sessions verify                   reads every row; fails if one is not sound
  mien sessions recover SESSION          finish one that a crash left open
  mien sessions import /media/usb/study  copy closed sessions into the folder
  mien sessions attach SESSION list.csv  what was shown when, as markers
  mien sessions lock SESSION             encrypt its files with a passphrase
  mien sessions unlock SESSION           decrypt them
  mien sessions erase SESSION            remove it for good; asks first
  mien sessions erase --older-than 90    and those of which it is time, after listing them

SESSION is the name of a session in the folder, or a path. The passphrase of a locked one is the first
line of --passphrase-file, else MIEN_PASSPHRASE, else it is asked for; docs/encryption.md says what
each of them risks.";

#[derive(Debug, Args)]
pub struct SessionsArgs {
    /// Folder of sessions; else where the window keeps them.
    #[arg(long, value_name = "DIR", global = true)]
    dir: Option<PathBuf>,
    #[command(flatten)]
    passphrase: PassphraseArgs,
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
    /// Copy sessions of another folder into this one.
    Import {
        /// Session folders, or folders of them.
        #[arg(required = true, value_name = "DIR")]
        from: Vec<PathBuf>,
    },
    /// Write a list of what was shown when into a session, as markers.
    Attach {
        #[arg(value_name = "SESSION")]
        session: PathBuf,
        /// CSV with the columns onset, in seconds of the session, and label.
        #[arg(value_name = "FILE")]
        list: PathBuf,
    },
    /// Encrypt sessions with a passphrase: only who knows it can read them.
    Lock {
        #[arg(required = true, value_name = "SESSION")]
        sessions: Vec<PathBuf>,
    },
    /// Decrypt sessions again.
    Unlock {
        #[arg(required = true, value_name = "SESSION")]
        sessions: Vec<PathBuf>,
    },
    /// Remove sessions for good.
    Erase(EraseArgs),
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
    // Of a folder that the user did not name, it is no fault that nothing was recorded there yet.
    let named = args.dir.is_some();
    match &args.what {
        None => list(&dir, named, &ListArgs::default()),
        Some(What::List(args)) => list(&dir, named, args),
        Some(What::Show { sessions }) => {
            let opener = Opener::new(&args.passphrase);
            each(&dir, sessions, |folder| {
                let entry = match vault::is_locked(folder) {
                    true => Entry::of_session(&opener.open(folder)?),
                    false => Entry::of(folder),
                };
                // Whoever closed the pipe has seen enough.
                let _ = show(&entry, folder);
                Ok(())
            })
        }
        Some(What::Label(args)) => label(&dir, args),
        Some(What::Verify { sessions }) => {
            verify::verify(&dir, sessions, &Opener::new(&args.passphrase))
        }
        Some(What::Lock { sessions }) => lock::lock(&dir, sessions, &args.passphrase),
        Some(What::Unlock { sessions }) => lock::unlock(&dir, sessions, &args.passphrase),
        Some(What::Recover { sessions }) => recover(&dir, sessions),
        Some(What::Import { from }) => import(&dir, from),
        Some(What::Attach { session, list }) => attach_list(&dir, session, list),
        Some(What::Erase(args)) => erase(&dir, args),
    }
}

/// What went wrong, and what to do.
pub(super) type Failed = (String, &'static str);

/// Where the window keeps sessions.
fn window_folder() -> Result<PathBuf, u8> {
    let folders = Folders::locate().map_err(|error| fail(&error.to_string(), error.advice()))?;
    Ok(folders.sessions_in_use())
}

/// The folder of a session that is named or pointed at.
fn folder_of(dir: &Path, session: &Path) -> Result<PathBuf, String> {
    let named = dir.join(session);
    let is_plain_name = session.components().count() == 1;
    let found = [is_plain_name.then_some(named), Some(session.to_owned())];
    found.into_iter().flatten().find(|folder| is_session(folder)).ok_or_else(|| {
        format!("{} is no session, nor is it one in {}", session.display(), dir.display())
    })
}

/// The folder of a session that is pointed at, or named as one where the window keeps them.
pub(super) fn located(session: &Path) -> Result<PathBuf, Failed> {
    let advice = "`mien sessions` lists those that there are.";
    if is_session(session) {
        return Ok(session.to_owned());
    }
    let folders = Folders::locate().map_err(|error| (error.to_string(), error.advice()))?;
    folder_of(&folders.sessions_in_use(), session).map_err(|message| (message, advice))
}

/// Does something with each, and goes on after one that fails.
fn each(dir: &Path, sessions: &[PathBuf], mut act: impl FnMut(&Path) -> Result<(), Failed>) -> u8 {
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

fn import(dir: &Path, from: &[PathBuf]) -> u8 {
    let mut code = EXIT_OK;
    for folder in from {
        let found = match sessions_in(folder) {
            Ok(found) => found,
            Err(error) => {
                code = fail(&error.to_string(), error.advice());
                continue;
            }
        };
        for session in found {
            match copy_session(&session, dir) {
                Ok(copied) => println!("{}", copied.display()),
                Err(error) => code = fail(&error.to_string(), error.advice()),
            }
        }
    }
    code
}

fn attach_list(dir: &Path, session: &Path, list: &Path) -> u8 {
    let stimuli = match read_stimuli(list) {
        Ok(stimuli) => stimuli,
        Err(error) => return fail(&error.to_string(), error.advice()),
    };
    each(dir, &[session.to_owned()], |folder| {
        let attached =
            attach(folder, &stimuli).map_err(|error| (error.to_string(), error.advice()))?;
        println!("{attached}");
        Ok(())
    })
}

/// Name of a session folder, for people.
fn chosen_name(folder: &Path) -> String {
    let whole = folder.canonicalize();
    let folder = whole.as_deref().unwrap_or(folder);
    cut(&folder.file_name().unwrap_or_default().to_string_lossy(), 200)
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
