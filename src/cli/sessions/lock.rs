//! Locking sessions with a passphrase, and unlocking them.

use std::path::{Path, PathBuf};

use super::{Failed, chosen_name, each};
use crate::cli::fail;
use crate::cli::passphrase::PassphraseArgs;
use crate::library::lock_session;
use crate::session::vault::{self, Key, VaultError};
use crate::session::{ReadError, SessionRecord};
use crate::words::counted;

/// Locks each. One passphrase for all, asked for once.
pub fn lock(dir: &Path, sessions: &[PathBuf], args: &PassphraseArgs) -> u8 {
    let key = match args.to_lock() {
        Ok(passphrase) => Key::new(passphrase),
        Err((message, advice)) => return fail(&message, advice),
    };
    each(dir, sessions, |folder| {
        println!("{}", lock_one(folder, &key)?);
        Ok(())
    })
}

/// Locks one; what to say of it.
pub fn lock_one(folder: &Path, key: &Key) -> Result<String, Failed> {
    let file = SessionRecord::read(folder).ok().and_then(|record| record.file);
    let files = lock_session(folder, key, &mut |_| ()).map_err(in_words)?;
    let name = chosen_name(folder);
    let mut said = match files {
        0 => format!("{name} is locked already"),
        files => format!("{name} is locked: {}", counted(files as u64, "file")),
    };
    if file.is_some() {
        said += "\n  The folder keeps the name of the video. Rename it if that says who it is of.";
    }
    Ok(said)
}

/// Unlocks each.
pub fn unlock(dir: &Path, sessions: &[PathBuf], args: &PassphraseArgs) -> u8 {
    each(dir, sessions, |folder| {
        let name = chosen_name(folder);
        if !vault::is_locked(folder) {
            println!("{name} is not locked");
            return Ok(());
        }
        let unlocked = |key: &Key| vault::unlock(folder, key, &mut |_| ()).map_err(ReadError::from);
        let files = args.with_key(folder, unlocked)?;
        println!("{name} is unlocked: {}", counted(files as u64, "file"));
        Ok(())
    })
}

fn in_words(error: VaultError) -> Failed {
    (error.to_string(), error.advice())
}
