//! Which files are meant: those that are named, and those in folders that are named.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use sha2::{Digest, Sha256};

use super::still::numbered_pictures;
use crate::session::{OVERLAY, RECORD};

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
        let name = || path.file_name().map_or_else(|| path.clone(), PathBuf::from);
        if path.is_dir() {
            let mut found = Vec::new();
            walk(path, 0, &mut found, failures);
            files.extend(found.into_iter().map(|file| {
                let within = file.strip_prefix(path).ok().filter(|within| *within != Path::new(""));
                let within = within.map_or_else(name, Path::to_owned);
                Input { path: file, named: false, within }
            }));
        } else {
            files.push(Input { path: path.clone(), named: true, within: name() });
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
    /// Its path within the folder that was named; of a file that was named, its name. The same on
    /// every machine, wherever the folder is mounted.
    pub within: PathBuf,
}

/// One of several equal parts of all files: `3/16` is the third of sixteen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    number: u32,
    of: u32,
}

impl Shard {
    /// Whether a file belongs to it, by the SHA-256 of [`Input::within`]. Each file belongs to one
    /// shard, the same whatever other files there are, so a corpus may grow.
    pub fn takes(self, input: &Input) -> bool {
        let mut sum = Sha256::new();
        for part in &input.within {
            // No name holds a zero, so no two paths give the same bytes.
            sum.update(part.as_encoded_bytes());
            sum.update([0]);
        }
        let first = sum.finalize().first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
        first % u64::from(self.of) == u64::from(self.number - 1)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('/');
        let parsed = parts.and_then(|(number, of)| Some((number.parse().ok()?, of.parse().ok()?)));
        match parsed {
            Some((number, of)) if (1..=of).contains(&number) => Ok(Self { number, of }),
            _ => Err(format!("'{text}' is no part of a whole: 3/16 is the third of sixteen")),
        }
    }
}

fn walk(
    folder: &Path,
    depth: usize,
    files: &mut Vec<PathBuf>,
    failures: &mut Vec<(PathBuf, io::Error)>,
) {
    if matches!(numbered_pictures(folder), Ok(Some(_))) {
        files.push(folder.to_owned());
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
            Ok(kind) if kind.is_file() && !is_of_session(&path) => {
                files.push(path);
            }
            Ok(_) => {}
        }
    }
}

/// Sessions may lie beside the videos they are about.
fn is_of_session(path: &Path) -> bool {
    if path.ends_with(OVERLAY) && path.with_file_name(RECORD).is_file() {
        return true;
    }
    const OTHER: [&str; 9] = ["csv", "json", "parquet", "part", "txt", "md", "srt", "vtt", "log"];
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

    #[test]
    fn each_file_is_in_one_shard_wherever_its_folder_is_and_whatever_else_there_is() {
        let input = |folder: &str, n: u32| {
            let within = PathBuf::from(format!("day {}/{n}.mp4", n % 7));
            Input { path: Path::new(folder).join(&within), named: false, within }
        };
        for of in [1, 2, 7] {
            let shards: Vec<Shard> =
                (1..=of).map(|number| format!("{number}/{of}").parse().unwrap()).collect();
            let mut sizes = vec![0; shards.len()];
            for n in 0..1000 {
                let of_file = |folder| shards.iter().position(|s| s.takes(&input(folder, n)));
                let (here, there) = (of_file("/a"), of_file("/mnt/b"));
                assert_eq!(here, there);
                let taking = shards.iter().filter(|shard| shard.takes(&input("/a", n)));
                assert_eq!(taking.count(), 1);
                sizes[here.unwrap()] += 1;
            }
            let fair = 1000 / of;
            assert!(sizes.iter().all(|size| (fair / 2..fair * 2).contains(size)), "{sizes:?}");
        }
        // It stays what it is: machines with other versions share a corpus.
        let third: Shard = "3/16".parse().unwrap();
        let numbers: Vec<u32> = (0..60).filter(|n| third.takes(&input("", *n))).collect();
        assert_eq!(numbers, [4, 11, 23, 30, 46, 50, 57]);
        for wrong in ["", "1", "0/4", "5/4", "1/0", "-1/4", "1/4/2", "a/b"] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }
}
