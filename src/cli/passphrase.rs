//! Where passphrases come from: a file, the environment, or a person at a terminal. Never from the
//! command line, which every user of the computer can read.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};

use clap::Args;

use super::sessions::Failed;
use crate::session::vault::{Key, Passphrase, VaultError};
use crate::session::{ReadError, Session};

/// Names the passphrase, where nobody can type it.
const VARIABLE: &str = "MIEN_PASSPHRASE";
/// A longer file is another one.
const LONGEST: u64 = 4096;
/// A person may try so often.
const TRIES: usize = 3;

#[derive(Debug, Clone, Default, Args)]
pub struct PassphraseArgs {
    /// Take the passphrase of locked sessions from the first line of this file; without it from
    /// MIEN_PASSPHRASE, else it is asked for.
    #[arg(long, value_name = "PATH", global = true)]
    passphrase_file: Option<PathBuf>,
}

impl PassphraseArgs {
    /// What the file or the environment says.
    pub fn given(&self) -> Result<Option<Passphrase>, Failed> {
        if let Some(path) = &self.passphrase_file {
            return read(path).map(Some);
        }
        match std::env::var_os(VARIABLE) {
            None => Ok(None),
            Some(value) => match value.into_string() {
                Ok(text) if !text.is_empty() => Ok(Some(Passphrase::new(text))),
                Ok(_) => Err((format!("{VARIABLE} is empty"), "Set it, or leave it out.")),
                Err(_) => Err((format!("{VARIABLE} is no text"), "Use --passphrase-file.")),
            },
        }
    }

    /// A passphrase to lock with: what is given, or what a person types twice.
    pub fn to_lock(&self) -> Result<Passphrase, Failed> {
        let passphrase = match self.given()? {
            Some(passphrase) => passphrase,
            None => {
                let first = ask("New passphrase: ")?;
                first.check().map_err(|weak| (weak.to_string(), weak.advice()))?;
                if ask("The same again: ")? != first {
                    return Err(("the two differ".into(), "Nothing is locked. Try again."));
                }
                first
            }
        };
        passphrase.check().map_err(|weak| (weak.to_string(), weak.advice()))?;
        Ok(passphrase)
    }

    /// Does something with a key; asks again, if a person types, until it fits.
    pub fn with_key<T>(
        &self,
        folder: &Path,
        mut act: impl FnMut(&Key) -> Result<T, ReadError>,
    ) -> Result<T, Failed> {
        let given = self.given()?;
        let typed = given.is_none();
        let mut tries = 0;
        loop {
            let passphrase = match &given {
                Some(passphrase) => passphrase.clone(),
                None => ask(&format!("Passphrase of {}: ", folder.display()))?,
            };
            tries += 1;
            match act(&Key::new(passphrase)) {
                Err(ReadError::Vault(VaultError::WrongPassphrase { .. }))
                    if typed && tries < TRIES =>
                {
                    eprintln!("mien: the passphrase does not open it");
                }
                other => return other.map_err(failed),
            }
        }
    }
}

/// Opens sessions, locked ones too. A passphrase that was typed is tried for the next one first.
pub struct Opener<'a> {
    args: &'a PassphraseArgs,
    key: RefCell<Option<Key>>,
}

impl<'a> Opener<'a> {
    /// Has not asked for anything yet.
    pub fn new(args: &'a PassphraseArgs) -> Self {
        Self { args, key: RefCell::default() }
    }

    /// Opens a session.
    pub fn open(&self, folder: &Path) -> Result<Session, Failed> {
        match Session::open(folder) {
            Err(ReadError::Locked { .. }) => {}
            other => return other.map_err(failed),
        }
        if let Some(key) = &*self.key.borrow()
            && let Ok(session) = Session::open_with(folder, Some(key))
        {
            return Ok(session);
        }
        if self.args.given()?.is_none() && !can_ask() {
            return Err(failed(ReadError::Locked { folder: folder.to_owned() }));
        }
        self.args.with_key(folder, |key| {
            let session = Session::open_with(folder, Some(key))?;
            self.key.replace(Some(key.clone()));
            Ok(session)
        })
    }
}

fn failed(error: ReadError) -> Failed {
    let advice = match &error {
        ReadError::Vault(error) => error.advice(),
        ReadError::Locked { .. } => "",
        _ => "`mien sessions` lists those that there are.",
    };
    (error.to_string(), advice)
}

fn can_ask() -> bool {
    io::stdin().is_terminal()
}

fn ask(prompt: &str) -> Result<Passphrase, Failed> {
    let advice = "Give it in MIEN_PASSPHRASE or with --passphrase-file.";
    if !can_ask() {
        return Err(("there is no terminal to ask for the passphrase".into(), advice));
    }
    let _hidden = hidden::Hidden::new();
    match rpassword::prompt_password(prompt) {
        Ok(text) if text.is_empty() => Err(("the passphrase is empty".into(), "Try again.")),
        Ok(text) => Ok(Passphrase::new(text)),
        Err(error) => Err((format!("the passphrase can't be asked for: {error}"), advice)),
    }
}

#[cfg(unix)]
mod hidden {
    use std::fs::File;

    use nix::sys::termios::{LocalFlags, SetArg, Termios, tcgetattr, tcsetattr};

    /// While it lives, the terminal does not show what is typed. `rpassword` sees to that only
    /// after its prompt, too late for who types ahead or pastes.
    pub(super) struct Hidden(Option<(File, Termios)>);

    impl Hidden {
        pub(super) fn new() -> Self {
            let hide = || {
                let terminal = File::open("/dev/tty").ok()?;
                let before = tcgetattr(&terminal).ok()?;
                let mut without = before.clone();
                without.local_flags.remove(LocalFlags::ECHO | LocalFlags::ECHONL);
                tcsetattr(&terminal, SetArg::TCSANOW, &without).ok()?;
                Some((terminal, before))
            };
            Self(hide())
        }
    }

    impl Drop for Hidden {
        fn drop(&mut self) {
            if let Some((terminal, before)) = &self.0 {
                // What is left to do, if this fails, is up to the person: `stty sane`.
                let _ = tcsetattr(terminal, SetArg::TCSANOW, before);
            }
        }
    }
}

#[cfg(not(unix))]
mod hidden {
    /// The console of Windows hides by itself.
    pub(super) struct Hidden;

    impl Hidden {
        pub(super) fn new() -> Self {
            Self
        }
    }
}

/// The first line of a file.
fn read(path: &Path) -> Result<Passphrase, Failed> {
    let failed = |error: io::Error| {
        let text = format!("the passphrase in {} can't be read: {error}", path.display());
        (text, "Check the path and the permissions.")
    };
    let file = File::open(path).map_err(failed)?;
    warn_of_readers(path, &file);
    let mut text = String::new();
    file.take(LONGEST + 1).read_to_string(&mut text).map_err(failed)?;
    let line = text.lines().next().unwrap_or_default().to_owned();
    let too_long = text.len() as u64 > LONGEST;
    zeroize::Zeroize::zeroize(&mut text);
    let advice = "Its first line must be the passphrase.";
    if too_long {
        return Err((format!("{} is too long for a passphrase", path.display()), advice));
    }
    if line.is_empty() {
        return Err((format!("{} begins with an empty line", path.display()), advice));
    }
    Ok(Passphrase::new(line))
}

#[cfg(unix)]
fn warn_of_readers(path: &Path, file: &File) {
    use std::os::unix::fs::PermissionsExt;
    let shared = file.metadata().is_ok_and(|file| file.permissions().mode() & 0o077 != 0);
    if shared {
        eprintln!("mien: others can read {}; `chmod 600` keeps it yours", path.display());
    }
}

#[cfg(not(unix))]
fn warn_of_readers(_: &Path, _: &File) {}
