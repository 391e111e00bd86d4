//! Passphrases that opened a session, kept in memory until the end, and what is done with them.

use std::path::Path;

use super::{LibraryEvent, Teller};
use crate::library::lock_session;
use crate::session::vault::{self, Key, Passphrase, VaultError};
use crate::session::{ReadError, Session};

/// Passphrases that are tried; each that does not fit takes a second or two.
const MOST_KEYS: usize = 3;

/// Passphrases that opened a session, the last one first.
#[derive(Default)]
pub struct Keys(Vec<Key>);

/// Why a session is not opened.
pub enum Shut {
    /// It is locked; why the passphrase that was given does not open it.
    Locked(Option<String>),
    /// Cause, for people.
    Unreadable(String),
}

impl Keys {
    /// Opens a session: with the passphrase, or with those that are known.
    pub fn open(&mut self, folder: &Path, given: Option<Passphrase>) -> Result<Session, Shut> {
        match Session::open(folder) {
            Err(ReadError::Locked { .. }) => {}
            other => return other.map_err(|error| Shut::Unreadable(error.to_string())),
        }
        let typed = given.is_some();
        let tried = given.map_or_else(|| self.0.clone(), |given| vec![Key::new(given)]);
        let mut why = None;
        for key in tried {
            match Session::open_with(folder, Some(&key)) {
                Ok(session) => {
                    self.remember(key);
                    return Ok(session);
                }
                Err(ReadError::Vault(error @ VaultError::WrongPassphrase { .. })) => {
                    why = typed.then(|| in_words(&error));
                }
                Err(error) => return Err(Shut::Unreadable(error.to_string())),
            }
        }
        Err(Shut::Locked(why))
    }

    pub fn lock(
        &mut self,
        folder: &Path,
        passphrase: Passphrase,
        teller: &Teller,
    ) -> Result<(), String> {
        passphrase.check().map_err(|weak| format!("{weak}. {}", weak.advice()))?;
        let key = Key::new(passphrase);
        lock_session(folder, &key, &mut |step| teller.tell(LibraryEvent::Locking(step)))
            .map_err(|error| in_words(&error))?;
        self.remember(key);
        Ok(())
    }

    pub fn unlock(
        &mut self,
        folder: &Path,
        passphrase: Passphrase,
        teller: &Teller,
    ) -> Result<(), String> {
        let key = Key::new(passphrase);
        vault::unlock(folder, &key, &mut |step| teller.tell(LibraryEvent::Locking(step)))
            .map_err(|error| in_words(&error))?;
        self.remember(key);
        Ok(())
    }

    fn remember(&mut self, key: Key) {
        self.0.retain(|known| *known != key);
        self.0.insert(0, key);
        self.0.truncate(MOST_KEYS);
    }
}

fn in_words(error: &VaultError) -> String {
    // The folder is at hand where this is read.
    match error {
        VaultError::WrongPassphrase { .. } => {
            format!("The passphrase does not open it. {}", error.advice())
        }
        _ => format!("{error}. {}", error.advice()),
    }
}
