//! The file a [`Profile`] is kept in. Whatever happens to it, nothing is lost.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::interaction::{Profile, ProfileError};
use crate::session::write_atomically;

/// Where a profile is kept.
#[derive(Debug, Clone)]
pub struct ProfileFile {
    path: PathBuf,
    /// What lies there could be neither read nor moved: it must not be replaced.
    untouchable: bool,
}

/// Why a profile is not as the user left it. `Display` says what happened and what to do.
#[derive(Debug, thiserror::Error)]
pub enum ProfileFileError {
    /// The content makes no sense and was moved aside.
    #[error(
        "the profile in {} can't be used ({why}); it was kept as {}, and the companion begins \
         anew. Mend that file and move it back to have it again", path.display(), aside.display()
    )]
    KeptAside {
        /// The file.
        path: PathBuf,
        /// Where it is now.
        aside: PathBuf,
        /// What is wrong with it.
        why: ProfileError,
    },
    /// It can't be read, or not moved out of the way.
    #[error(
        "the profile in {} can't be read ({reason}); the companion begins anew and writes \
         nothing, so that the file stays as it is. Check its permissions", path.display()
    )]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// It can't be written.
    #[error(
        "the profile can't be saved to {}: {reason}; check space and permissions",
        path.display()
    )]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
}

impl ProfileFile {
    /// The file at `path`, which need not exist.
    pub fn at(path: PathBuf) -> Self {
        Self { path, untouchable: false }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the profile; an empty one if there is none, or none that can be used, which the second
    /// value says.
    pub fn load(&mut self) -> (Profile, Option<ProfileFileError>) {
        let path = self.path.clone();
        let text = match fs::read(&path) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return (Profile::default(), None);
            }
            Err(error) => return self.leave_alone(error.to_string()),
        };
        match Profile::from_toml(&text) {
            Ok(profile) => (profile, None),
            Err(why) => match set_aside(&path) {
                Ok(aside) => {
                    let error = ProfileFileError::KeptAside { path, aside, why };
                    (Profile::default(), Some(error))
                }
                Err(error) => self.leave_alone(format!("{why}; {error}")),
            },
        }
    }

    fn leave_alone(&mut self, reason: String) -> (Profile, Option<ProfileFileError>) {
        self.untouchable = true;
        let error = ProfileFileError::Unreadable { path: self.path.clone(), reason };
        (Profile::default(), Some(error))
    }

    /// Writes the profile; a crash leaves the old one or the new one.
    ///
    /// # Errors
    /// The system refuses.
    pub fn save(&self, profile: &Profile) -> Result<(), ProfileFileError> {
        if self.untouchable {
            return Ok(());
        }
        let written = self
            .path
            .parent()
            .map_or(Ok(()), fs::create_dir_all)
            .and_then(|()| write_atomically(&self.path, profile.to_toml().as_bytes()));
        written.map_err(|error| self.unwritable(&error))
    }

    /// Removes the file for good; false if there was none.
    ///
    /// # Errors
    /// The system refuses.
    pub fn erase(&self) -> Result<bool, ProfileFileError> {
        match fs::remove_file(&self.path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(self.unwritable(&error)),
        }
    }

    fn unwritable(&self, error: &io::Error) -> ProfileFileError {
        ProfileFileError::Unwritable { path: self.path.clone(), reason: error.to_string() }
    }
}

/// Renames a file to a name that is free.
fn set_aside(path: &Path) -> io::Result<PathBuf> {
    for number in 1..1000 {
        let mut aside = path.as_os_str().to_owned();
        aside.push(format!(".damaged-{number}"));
        let aside = PathBuf::from(aside);
        // Holds the name, so that two programs don't take the same one.
        match fs::File::create_new(&aside) {
            Ok(_) => {
                fs::rename(path, &aside)?;
                return Ok(aside);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other("there are a thousand damaged ones beside it already"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_file_is_kept_and_said_each_time() {
        let dir = tempfile::tempdir().unwrap();
        let mut file = ProfileFile::at(dir.path().join("deep/companion.toml"));
        assert!(file.load().1.is_none(), "none is no fault");
        let mut profile = Profile::default();
        profile.never_again("break");
        file.save(&profile).unwrap();
        assert_eq!(file.load().0, profile);
        for (round, text) in ["not = [ toml", "version = 99", "\u{0}"].into_iter().enumerate() {
            fs::write(file.path(), text).unwrap();
            let (empty, error) = file.load();
            assert_eq!(empty, Profile::default());
            let Some(ProfileFileError::KeptAside { aside, .. }) = error else {
                panic!("{error:?}")
            };
            assert_eq!(fs::read_to_string(&aside).unwrap(), text);
            assert!(aside.to_string_lossy().ends_with(&format!("damaged-{}", round + 1)));
        }
        file.save(&profile).unwrap();
        assert!(file.erase().unwrap() && !file.erase().unwrap());
    }

    #[test]
    fn what_can_t_be_read_is_never_replaced() {
        let dir = tempfile::tempdir().unwrap();
        // A folder in its place can't be read as a file, by root either.
        let mut file = ProfileFile::at(dir.path().to_owned());
        let (_, error) = file.load();
        assert!(error.is_some_and(|error| error.to_string().contains("stays as it is")));
        file.save(&Profile::default()).unwrap();
        assert!(dir.path().is_dir());
    }
}
