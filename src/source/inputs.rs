//! Which files are meant: those that are named, and those in folders that are named.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::still::numbered_pictures;

/// Folders within folders that are looked into; deeper ones are no collection of videos.
const DEEPEST: usize = 64;

/// The files that `named` stands for, in its order. A folder stands for the files in it and below,
/// by name; one that holds nothing but numbered pictures for itself, as a video. Within folders,
/// links are not followed, as they may lead out of them, and hidden files are passed over, as are
/// the tables and records of sessions. What is named is taken whatever it is; what can't be read
/// goes into `failures`.
pub fn inputs(named: &[PathBuf], failures: &mut Vec<(PathBuf, io::Error)>) -> Vec<Input> {
    let mut files = Vec::new();
    for path in named {
        if path.is_dir() {
            walk(path, 0, &mut files, failures);
        } else {
            files.push(Input { path: path.clone(), named: true });
        }
    }
    files
}

/// A file to analyse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// Where it is.
    pub path: PathBuf,
    /// Whether somebody named it, rather than a folder it lies in.
    pub named: bool,
}

impl Input {
    fn found(path: PathBuf) -> Self {
        Self { path, named: false }
    }
}

fn walk(
    folder: &Path,
    depth: usize,
    files: &mut Vec<Input>,
    failures: &mut Vec<(PathBuf, io::Error)>,
) {
    if matches!(numbered_pictures(folder), Ok(Some(_))) {
        files.push(Input::found(folder.to_owned()));
        return;
    }
    let entries = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    let mut entries = match entries {
        Ok(entries) => entries,
        Err(error) => return failures.push((folder.to_owned(), error)),
    };
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        match entry.file_type() {
            Err(error) => failures.push((path, error)),
            Ok(_) if hidden => {}
            Ok(kind) if kind.is_dir() && depth < DEEPEST => walk(&path, depth + 1, files, failures),
            Ok(kind) if kind.is_file() && !is_table(&path) => {
                files.push(Input::found(path));
            }
            Ok(_) => {}
        }
    }
}

/// Sessions may lie beside the videos they are about.
fn is_table(path: &Path) -> bool {
    const OTHER: [&str; 8] = ["csv", "json", "part", "txt", "md", "srt", "vtt", "log"];
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| OTHER.contains(&extension.to_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_walked_by_name_and_numbered_pictures_are_one_video() {
        let root = tempfile::tempdir().unwrap();
        let at = |name: &str| root.path().join(name);
        for folder in ["b", "b/shots", ".hidden"] {
            fs::create_dir_all(at(folder)).unwrap();
        }
        for file in [
            "c.mp4",
            "a.mkv",
            "notes.txt",
            "b/x.avi",
            "b/shots/1.png",
            "b/shots/2.png",
            ".hidden/y.mp4",
        ] {
            fs::write(at(file), "x").unwrap();
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink(at("c.mp4"), at("link.mp4")).unwrap();
        let mut failures = Vec::new();
        let found = inputs(&[at("c.mp4"), root.path().to_owned()], &mut failures);
        assert_eq!(found.iter().filter(|input| input.named).count(), 1);
        let found: Vec<_> = found.into_iter().map(|input| input.path).collect();
        assert_eq!(found, ["c.mp4", "a.mkv", "b/shots", "b/x.avi", "c.mp4"].map(at));
        assert!(failures.is_empty());
        let found = inputs(&[at("missing.mp4")], &mut failures);
        assert_eq!(
            found[0].path,
            at("missing.mp4"),
            "named, so somebody must be told that it is missing"
        );
    }
}
