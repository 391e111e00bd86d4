//! Locked sessions: every file of the folder encrypted with a passphrase, as `NAME.age` in the
//! format of age (<https://age-encryption.org/v1>, recipient type scrypt), which the tool `age`
//! opens without Mien. What stays readable are names, sizes and times of the files, and the name of
//! the folder. `docs/encryption.md` has the steps.
//!
//! A session counts as locked as soon as one of its three files is, and until the last is not: so
//! nothing takes a session that was locked halfway for a whole one.

mod error;
mod key;
mod passphrase;
mod steps;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

pub use error::VaultError;
pub use key::{Key, Unsealed};
pub use passphrase::{Passphrase, Weak};
pub use steps::{Step, lock, unlock};

use super::{EVENTS, OBSERVATIONS, RECORD};

/// What ends the name of an encrypted file.
pub const SEALED: &str = ".age";

/// In this order they are locked; unlocked in the other one.
const OWN: [&str; 3] = [RECORD, OBSERVATIONS, EVENTS];

/// Where a file of a session is once it is encrypted.
pub fn sealed_path(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}{SEALED}"))
}

/// Whether a session is locked, wholly or in part.
pub fn is_locked(folder: &Path) -> bool {
    OWN.iter().any(|name| sealed_path(folder, name).is_file())
}

/// Whether locking or unlocking ended before it was done.
pub fn is_partly_locked(folder: &Path) -> bool {
    is_locked(folder) && OWN.iter().any(|name| folder.join(name).is_file())
}
