//! Where baselines are kept: a file for each profile, readable by people.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{Baseline, BaselineError, is_name};
use crate::session::write_atomically;

/// Nobody has more profiles; what is beyond is no list to choose from.
const MOST: usize = 500;
/// A baseline of a thousand classes is smaller.
const MOST_BYTES: u64 = 256 * 1024;
const ENDING: &str = "toml";

/// The folder of baselines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Baselines {
    dir: PathBuf,
}

/// A profile there is: its name, and its baseline or why that can't be used.
pub type Kept = (String, Result<Baseline, BaselineError>);

impl Baselines {
    /// In the folder `dir`, which need not exist.
    pub fn at(dir: PathBuf) -> Self {
        Self { dir }
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The file of a profile.
    ///
    /// # Errors
    /// If it can't be called so.
    pub fn path(&self, profile: &str) -> Result<PathBuf, BaselineError> {
        if is_name(profile) {
            return Ok(self.dir.join(format!("{profile}.{ENDING}")));
        }
        Err(BaselineError::Name { name: profile.to_owned() })
    }

    /// All of them by name, with those that are damaged.
    ///
    /// # Errors
    /// If the folder can't be read; that there is none is no error.
    pub fn list(&self) -> Result<Vec<Kept>, BaselineError> {
        let unreadable = |error: &io::Error| BaselineError::Unreadable {
            path: self.dir.clone(),
            reason: error.to_string(),
        };
        let entries = match fs::read_dir(&self.dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(unreadable(&error)),
        };
        let mut names = Vec::new();
        for entry in entries {
            let path = entry.map_err(|error| unreadable(&error))?.path();
            let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
            if path.extension().is_some_and(|ending| ending == ENDING) && is_name(name) {
                names.push(name.to_owned());
            }
        }
        names.sort_by_key(|name| name.to_lowercase());
        names.truncate(MOST);
        Ok(names.into_iter().map(|name| (name.clone(), self.load(&name))).collect())
    }

    /// The baseline of a profile.
    ///
    /// # Errors
    /// It is not there, can't be read, or is damaged; the file stays as it is.
    pub fn load(&self, profile: &str) -> Result<Baseline, BaselineError> {
        let path = self.path(profile)?;
        let unreadable = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => {
                BaselineError::NotThere { profile: profile.to_owned(), dir: self.dir.clone() }
            }
            _ => BaselineError::Unreadable { path: path.clone(), reason: error.to_string() },
        };
        let damaged = |reason| BaselineError::Damaged { path: path.clone(), reason };
        let metadata = fs::metadata(&path).map_err(unreadable)?;
        if !metadata.is_file() || metadata.len() > MOST_BYTES {
            return Err(damaged("it is no file of a baseline".into()));
        }
        let bytes = fs::read(&path).map_err(unreadable)?;
        let baseline = Baseline::from_toml(&String::from_utf8_lossy(&bytes)).map_err(damaged)?;
        if baseline.profile != profile {
            return Err(damaged(format!(
                "it says that it is \u{201c}{}\u{201d}",
                baseline.profile
            )));
        }
        Ok(baseline)
    }

    /// Keeps a baseline, in place of the one its profile had; a crash leaves the old one or the new
    /// one.
    ///
    /// # Errors
    /// It can't be called so, or the system refuses.
    pub fn save(&self, baseline: &Baseline) -> Result<PathBuf, BaselineError> {
        let path = self.path(&baseline.profile)?;
        let written = fs::create_dir_all(&self.dir)
            .and_then(|()| write_atomically(&path, baseline.to_toml().as_bytes()));
        match written {
            Ok(()) => Ok(path),
            Err(error) => Err(BaselineError::Unwritable { path, reason: error.to_string() }),
        }
    }

    /// Removes a baseline for good; false if there was none.
    ///
    /// # Errors
    /// It can't be called so, or the system refuses.
    pub fn erase(&self, profile: &str) -> Result<bool, BaselineError> {
        let path = self.path(profile)?;
        match fs::remove_file(&path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(BaselineError::Unwritable { path, reason: error.to_string() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::baseline;
    use super::*;

    #[test]
    fn what_is_kept_is_read_back_listed_and_erased() {
        let dir = tempfile::tempdir().unwrap();
        let files = Baselines::at(dir.path().join("baselines"));
        assert_eq!(files.list().unwrap(), []);
        let (me, other) = (baseline("me"), baseline("P-07 b"));
        files.save(&me).unwrap();
        files.save(&other).unwrap();
        assert_eq!(files.load("me").unwrap(), me);
        let again = Baseline { made_utc: "2026-01-03T00:00:00Z".into(), ..me.clone() };
        files.save(&again).unwrap();
        let names = [("me".to_owned(), Ok(again)), ("P-07 b".to_owned(), Ok(other))];
        assert_eq!(files.list().unwrap(), names);
        assert!(files.erase("me").unwrap() && !files.erase("me").unwrap());
        let error = files.load("me").unwrap_err();
        assert!(matches!(error, BaselineError::NotThere { .. }), "{error}");
        // Nothing is left of writing.
        assert_eq!(fs::read_dir(files.dir()).unwrap().count(), 1);
    }

    #[test]
    fn a_name_leads_nowhere_else() {
        let files = Baselines::at("/x".into());
        for name in ["", " a", "a ", "../a", "a/b", "a\\b", ".", "a.b", "a\n", &"x".repeat(41)] {
            assert!(matches!(files.path(name), Err(BaselineError::Name { .. })), "{name:?}");
        }
        for name in ["a", "P-07", "Jörg 2", "office_lamp", &"x".repeat(40)] {
            assert!(files.path(name).unwrap().starts_with("/x"), "{name}");
        }
    }

    #[test]
    fn a_damaged_file_is_named_listed_and_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let files = Baselines::at(dir.path().to_owned());
        let sound = baseline("me").to_toml();
        let path = files.path("me").unwrap();
        let spoilt = [
            String::new(),
            sound[..sound.len() / 2].to_owned(),
            sound.replace("version = 1", "version = 9"),
            sound.replace("profile = \"me\"", "profile = \"you\""),
            sound.replace("offset = [0.0,", "offset = ["),
            sound.replace("-1.5", "-7.5"),
            sound.replace("-1.5", "nan"),
            sound.replace("0.6,", "3.0,"),
            "\0\0\0".to_owned(),
        ];
        for text in spoilt {
            fs::write(&path, &text).unwrap();
            let error = files.load("me").unwrap_err();
            assert!(matches!(error, BaselineError::Damaged { .. }), "{error}: {text}");
            assert!(!error.advice().is_empty());
            let listed = files.list().unwrap();
            assert!(matches!(&listed[..], [(name, Err(_))] if name == "me"), "{listed:?}");
            assert_eq!(fs::read_to_string(&path).unwrap(), text, "it stays as it is");
        }
        fs::write(&path, vec![b'#'; MOST_BYTES as usize + 1]).unwrap();
        assert!(files.load("me").is_err());
    }
}
