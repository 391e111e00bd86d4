//! Locking and unlocking, in steps of which each leaves every byte in one place or the other.

use std::fs::{self, File, Metadata, TryLockError};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::key::copy;
use super::{Key, OWN, SEALED, VaultError, sealed_path};
use crate::session::OBSERVATIONS;
use crate::session::atomic::{sync_file, sync_folder};
use crate::session::recovery::part_path;

/// Of an encrypted file, while it is written.
const PART: &str = ".age.part";
/// Of a plain file, while it is written.
const UNLOCKING: &str = ".unlocking.tmp";

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Files done.
    pub done: usize,
    /// Of so many.
    pub of: usize,
}

/// Encrypts every file of a closed session; how many there were to encrypt. Of each file, step by
/// step: `NAME.age.part` is written and put on the disk, read again and compared, renamed to
/// `NAME.age`; then the plain one is removed. What an earlier call left undone is done.
///
/// # Errors
/// The first that stood in the way. Other files are locked all the same; no content is lost.
pub fn lock(folder: &Path, key: &Key, watch: &mut dyn FnMut(Step)) -> Result<usize, VaultError> {
    let _turn = Turn::take(folder)?;
    if part_path(folder, OBSERVATIONS).exists() {
        return Err(VaultError::Open { folder: folder.to_owned() });
    }
    let files = Files::of(folder)?;
    // All files of a session have one passphrase.
    key.check(folder)?;
    files.clear_leftovers(folder)?;
    files.plain.each(watch, |name| seal(folder, name, key))
}

/// Decrypts every file of a locked session; how many there were. Of each file, step by step: the
/// plain one is written under another name and put on the disk, read again and compared, renamed;
/// then the encrypted one is removed.
///
/// # Errors
/// The first that stood in the way. Other files are unlocked all the same; no content is lost.
pub fn unlock(folder: &Path, key: &Key, watch: &mut dyn FnMut(Step)) -> Result<usize, VaultError> {
    let _turn = Turn::take(folder)?;
    let files = Files::of(folder)?;
    key.check(folder)?;
    files.clear_leftovers(folder)?;
    files.sealed.each(watch, |name| unseal(folder, name, key))
}

/// One program at a time works on a folder. Where folders can't be locked, nothing is said.
struct Turn(Option<File>);

impl Turn {
    fn take(folder: &Path) -> Result<Self, VaultError> {
        let Ok(handle) = File::open(folder) else { return Ok(Self(None)) };
        match handle.try_lock() {
            Err(TryLockError::WouldBlock) => Err(VaultError::InUse { folder: folder.to_owned() }),
            _ => Ok(Self(Some(handle))),
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // A child that is just being started may hold a copy of the handle.
        let _ = self.0.take().map(|handle| handle.unlock());
    }
}

/// Names of files, without the ending of encrypted ones.
struct Names(Vec<String>);

/// What lies in a session folder.
struct Files {
    plain: Names,
    sealed: Names,
    /// Begun and not ended; what they were made from is there.
    leftovers: Vec<String>,
}

impl Files {
    fn of(folder: &Path) -> Result<Self, VaultError> {
        let failed = VaultError::io(folder);
        let (mut plain, mut sealed, mut leftovers) = (Vec::new(), Vec::new(), Vec::new());
        for entry in fs::read_dir(folder).map_err(&failed)? {
            let entry = entry.map_err(&failed)?;
            let kind = entry.file_type().map_err(&failed)?;
            let foreign = || VaultError::Foreign { path: entry.path() };
            let name = entry.file_name().into_string().map_err(|_| foreign())?;
            if !kind.is_file() {
                return Err(foreign());
            }
            if name.ends_with(PART) || name.ends_with(UNLOCKING) {
                leftovers.push(name);
            } else if let Some(name) = name.strip_suffix(SEALED) {
                sealed.push(name.to_owned());
            } else {
                plain.push(name);
            }
        }
        // Nothing is removed that is nowhere else.
        let made_from = |name: &str, ending, from: &[&[String]]| {
            let base = name.strip_suffix(ending);
            base.is_some_and(|base| from.iter().any(|from| from.iter().any(|n| n == base)))
        };
        let (left, other): (Vec<String>, Vec<String>) = leftovers.into_iter().partition(|name| {
            made_from(name, PART, &[&plain, &sealed]) || made_from(name, UNLOCKING, &[&sealed])
        });
        plain.extend(other);
        // In the order of `OWN`, then by name; the other way round to unlock.
        let place = |name: &String| OWN.iter().position(|own| own == name).unwrap_or(OWN.len());
        plain.sort_by_key(|name| (place(name), name.clone()));
        sealed.sort_by_key(|name| (place(name), name.clone()));
        sealed.reverse();
        Ok(Self { plain: Names(plain), sealed: Names(sealed), leftovers: left })
    }

    fn clear_leftovers(&self, folder: &Path) -> Result<(), VaultError> {
        self.leftovers.iter().try_for_each(|name| {
            let path = folder.join(name);
            fs::remove_file(&path).map_err(VaultError::io(&path))
        })
    }
}

impl Names {
    /// Does something with each, and goes on after one that fails.
    fn each(
        &self,
        watch: &mut dyn FnMut(Step),
        mut act: impl FnMut(&str) -> Result<(), VaultError>,
    ) -> Result<usize, VaultError> {
        let of = self.0.len();
        let mut outcome = Ok(of);
        for (done, name) in self.0.iter().enumerate() {
            watch(Step { done, of });
            if let Err(error) = act(name) {
                outcome = outcome.and(Err(error));
            }
        }
        watch(Step { done: of, of });
        outcome
    }
}

fn seal(folder: &Path, name: &str, key: &Key) -> Result<(), VaultError> {
    let (plain, sealed) = (folder.join(name), sealed_path(folder, name));
    let part = folder.join(format!("{name}{PART}"));
    if sealed.exists() {
        // Died before the last step; or decrypted by hand.
        return same(&plain, &sealed, key).and_then(|()| remove(&plain));
    }
    let mut input = File::open(&plain).map_err(VaultError::io(&plain))?;
    let before = input.metadata().map_err(VaultError::io(&plain))?;
    let written = write_anew(&part, &before, |out| {
        let (out, sum) = key.seal(&mut input, out)?;
        out.flush().map(|()| sum)
    })?;
    let kept = finish(&part, &sealed, || {
        if sum_of_sealed(&part, key)? != written {
            return Err(VaultError::Unverified { path: part.clone() });
        }
        let now = fs::metadata(&plain).map_err(VaultError::io(&plain))?;
        let same = now.len() == before.len() && now.modified().ok() == before.modified().ok();
        same.then_some(()).ok_or_else(|| VaultError::Changed { path: plain.clone() })
    });
    kept.and_then(|()| remove(&plain))
}

fn unseal(folder: &Path, name: &str, key: &Key) -> Result<(), VaultError> {
    let (plain, sealed) = (folder.join(name), sealed_path(folder, name));
    let part = folder.join(format!("{name}{UNLOCKING}"));
    if plain.exists() {
        return same(&plain, &sealed, key).and_then(|()| remove(&sealed));
    }
    let mut input = key.open_of_session(&sealed)?;
    let before = fs::metadata(&sealed).map_err(VaultError::io(&sealed))?;
    let mut damaged = false;
    let written = write_anew(&part, &before, |out| {
        let sum = copy(&mut input, out)
            .inspect_err(|error| damaged = error.kind() == io::ErrorKind::InvalidData)?;
        out.flush().map(|()| sum)
    });
    let written = written.map_err(|error| match damaged {
        true => VaultError::Damaged { path: sealed.clone() },
        false => error,
    })?;
    let kept = finish(&part, &plain, || match sum_of(&part)? == written {
        true => Ok(()),
        false => Err(VaultError::Unverified { path: part.clone() }),
    });
    kept.and_then(|()| remove(&sealed))
}

/// Writes a file that is nobody's yet and waits until it is on the disk. It may be read by whom
/// `like` may be, and is as old.
fn write_anew(
    path: &Path,
    like: &Metadata,
    write: impl FnOnce(&mut BufWriter<&File>) -> io::Result<[u8; 32]>,
) -> Result<[u8; 32], VaultError> {
    let written = (|| {
        let file = File::create(path)?;
        // Before there is anything to read. Not all file systems know permissions.
        let _ = file.set_permissions(like.permissions());
        let sum = write(&mut BufWriter::new(&file))?;
        // What is due to be erased is told by it.
        let _ = like.modified().and_then(|time| file.set_modified(time));
        sync_file(&file)?;
        Ok(sum)
    })();
    written.map_err(|error| {
        // The first error is the one to tell; this only tidies up.
        let _ = fs::remove_file(path);
        VaultError::io(path)(error)
    })
}

/// Gives a file its name if it is as it should be; else removes it.
fn finish(
    part: &Path,
    whole: &PathBuf,
    check: impl FnOnce() -> Result<(), VaultError>,
) -> Result<(), VaultError> {
    let named = check().and_then(|()| fs::rename(part, whole).map_err(VaultError::io(whole)));
    match &named {
        Ok(()) => whole.parent().into_iter().for_each(sync_folder),
        Err(_) => drop(fs::remove_file(part)),
    }
    named
}

fn same(plain: &Path, sealed: &Path, key: &Key) -> Result<(), VaultError> {
    match sum_of(plain)? == sum_of_sealed(sealed, key)? {
        true => Ok(()),
        false => Err(VaultError::Differs { path: plain.to_owned() }),
    }
}

fn sum_of_sealed(path: &Path, key: &Key) -> Result<[u8; 32], VaultError> {
    let mut content = key.open_of_session(path)?;
    copy(&mut content, &mut io::sink()).map_err(VaultError::io(path))
}

fn sum_of(path: &Path) -> Result<[u8; 32], VaultError> {
    let mut file = File::open(path).map_err(VaultError::io(path))?;
    copy(&mut file, &mut io::sink()).map_err(VaultError::io(path))
}

fn remove(path: &Path) -> Result<(), VaultError> {
    fs::remove_file(path).map_err(VaultError::io(path))?;
    path.parent().into_iter().for_each(sync_folder);
    Ok(())
}
