//! Names of session folders.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Zoned;

use super::RecordError;
use crate::source::SourceSpec;

/// Folder name of a session: `2026-11-24_14-05-33_camera`. Sorts by time; the time is that of
/// the wall clock where `started` says it is.
pub fn folder_name(started: &Zoned, source: &SourceSpec) -> String {
    let kind = match source {
        SourceSpec::Camera { .. } => "camera",
        SourceSpec::Demo { .. } => "demo",
    };
    format!("{}_{kind}", started.strftime("%Y-%m-%d_%H-%M-%S"))
}

/// A name that is one part of a path on any system and leads nowhere else: letters, digits, `-` and
/// `_`.
pub(crate) fn safe_name(name: &str) -> String {
    let safe = |c: char| if c.is_alphanumeric() || matches!(c, '-' | '_') { c } else { '-' };
    name.chars().map(safe).collect()
}

/// Makes a folder of that name, or `name_2` and so on if it is taken. Whoever makes one first
/// has it, also among several processes.
pub(crate) fn create_unique(sessions_dir: &Path, name: &str) -> Result<PathBuf, RecordError> {
    // More than a person or a script starts in one second.
    const MOST: u32 = 1000;
    fs::create_dir_all(sessions_dir).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => RecordError::NotAFolder { path: sessions_dir.into() },
        _ => RecordError::from_io(&error, sessions_dir),
    })?;
    let name = safe_name(name);
    for number in 1..=MOST {
        let folder = match number {
            1 => sessions_dir.join(&name),
            _ => sessions_dir.join(format!("{name}_{number}")),
        };
        match fs::create_dir(&folder) {
            Ok(()) => return Ok(folder),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(RecordError::from_io(&error, &folder)),
        }
    }
    Err(RecordError::NoFreeName { sessions_dir: sessions_dir.into(), tried: MOST })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_tells_when_and_from_what() {
        let started: Zoned = "2026-11-24T14:05:33.9+01:00[+01:00]".parse().unwrap();
        let camera = folder_name(&started, &SourceSpec::Camera { number: Some(1), size: None });
        assert_eq!(camera, "2026-11-24_14-05-33_camera");
        let demo = folder_name(&started, &SourceSpec::Demo { people: 2 });
        assert_eq!(demo, "2026-11-24_14-05-33_demo");
    }

    #[test]
    fn a_taken_name_gets_a_number_and_none_leaves_the_folder() {
        let dir = tempfile::tempdir().unwrap();
        let names: Vec<PathBuf> =
            (0..3).map(|_| create_unique(dir.path(), "../a b").unwrap()).collect();
        assert_eq!(names, ["---a-b", "---a-b_2", "---a-b_3"].map(|n| dir.path().join(n)));
    }
}
