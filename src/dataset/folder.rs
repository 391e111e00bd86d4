//! A folder with one sub-folder for each class, such as FER2013 as pictures and CK+.
//!
//! ```text
//! pictures/happy/anna_01.png            class happy, group anna
//! pictures/happy/S005/frame_11.png      class happy, group S005
//! pictures/train/happy/anna_01.png      split train
//! ```

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use super::labels::{self, Numbering};
use super::{DatasetError, DatasetOptions, Example, Listing, Place, Store, Truth};

/// Folders below a class are followed this deep; links to folders are not, so there are no loops.
const MAX_DEPTH: usize = 16;

/// Lists the pictures below `root`. Whatever file lies in a class folder counts as a picture until
/// it proves to be none.
pub fn list(root: &Path, options: DatasetOptions) -> Result<Listing, DatasetError> {
    let mut listing = Listing::new(Store::Files);
    let top = entries(root).map_err(|error| DatasetError::unreadable(root, &error))?;
    let is_split = |path: &PathBuf| {
        let name = name_of(path).to_lowercase();
        labels::SPLITS.iter().any(|names| names.contains(&name.as_str()))
    };
    let folders: Vec<PathBuf> = top.iter().filter(|path| path.is_dir()).cloned().collect();
    let has_splits = !folders.is_empty() && folders.iter().all(is_split);
    let mut classes: Vec<(Option<String>, PathBuf)> = Vec::new();
    for folder in folders {
        if !has_splits {
            classes.push((None, folder));
            continue;
        }
        let inner = entries(&folder).map_err(|error| DatasetError::unreadable(&folder, &error))?;
        for path in inner {
            if path.is_dir() {
                classes.push((Some(name_of(&folder)), path));
            } else {
                listing.reject(path.display().to_string(), "lies in no class folder");
            }
        }
    }
    for file in top.iter().filter(|path| !path.is_dir()) {
        listing.reject(file.display().to_string(), "lies in no class folder");
    }
    check_numbers(root, &classes, options)?;
    for (split, folder) in &classes {
        list_class(&mut listing, split.as_deref(), folder, options);
    }
    group_by_file_names(&mut listing.examples);
    Ok(listing)
}

/// Folders that are called 0, 1, 2 ... say nothing unless one knows whose numbers they are.
fn check_numbers(
    root: &Path,
    classes: &[(Option<String>, PathBuf)],
    options: DatasetOptions,
) -> Result<(), DatasetError> {
    let names: BTreeSet<String> = classes.iter().map(|(_, folder)| name_of(folder)).collect();
    let all_numbers = !names.is_empty() && names.iter().all(|name| labels::is_number(name));
    if !all_numbers || options.numbering.is_some() {
        return Ok(());
    }
    let found = names.into_iter().take(8).collect::<Vec<_>>().join(", ");
    Err(DatasetError::Numbers { path: root.to_owned(), found })
}

fn list_class(listing: &mut Listing, split: Option<&str>, folder: &Path, options: DatasetOptions) {
    let class = listing.classes.index_of(&Numbering::resolve(options.numbering, &name_of(folder)));
    // What is still to be looked into, with the group that a folder stands for.
    let mut waiting: Vec<(PathBuf, Option<String>, usize)> = vec![(folder.to_owned(), None, 0)];
    let mut found: Vec<(PathBuf, Option<String>)> = Vec::new();
    while let Some((folder, group, depth)) = waiting.pop() {
        let inside = match entries(&folder) {
            Ok(inside) => inside,
            Err(error) => {
                listing.reject(folder.display().to_string(), format!("can't be read: {error}"));
                continue;
            }
        };
        for path in inside {
            if !path.is_dir() {
                found.push((path, group.clone()));
            } else if path.is_symlink() {
                listing.reject(path.display().to_string(), "is a link to a folder");
            } else if depth == MAX_DEPTH {
                listing.reject(path.display().to_string(), "lies too deep");
            } else {
                let group = group.clone().or_else(|| Some(name_of(&path)));
                waiting.push((path, group, depth + 1));
            }
        }
    }
    found.sort();
    listing.examples.extend(found.into_iter().map(|(path, group)| Example {
        origin: path.display().to_string(),
        group,
        split: split.map(str::to_owned),
        truth: Truth::Class(class),
        place: Place::File(path),
    }));
}

/// What is in `folder`, by name, without what systems put there unasked.
fn entries(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = name_of(&path);
        let is_clutter = name.starts_with('.')
            || name.eq_ignore_ascii_case("thumbs.db")
            || name.eq_ignore_ascii_case("desktop.ini");
        if !is_clutter {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn name_of(path: &Path) -> String {
    path.file_name().map(OsStr::to_string_lossy).unwrap_or_default().into_owned()
}

/// Where no folder says who is who, file names may: `S005_001_011.png` and `S005_002_003.png` begin
/// with the same person. That holds only if a beginning is shared by files of several classes and
/// not by all files, else it is a counter or the class again.
fn group_by_file_names(examples: &mut [Example]) {
    if examples.iter().any(|example| example.group.is_some()) {
        return;
    }
    let mut classes_of: BTreeMap<String, HashSet<Option<usize>>> = BTreeMap::new();
    for example in &*examples {
        if let Some(prefix) = prefix_of(example) {
            classes_of.entry(prefix).or_default().insert(example.truth.class());
        }
    }
    let is_shared = classes_of.values().any(|classes| classes.len() > 1);
    if classes_of.len() < 2 || !is_shared {
        return;
    }
    for example in examples {
        example.group = prefix_of(example);
    }
}

fn prefix_of(example: &Example) -> Option<String> {
    let Place::File(path) = &example.place else { return None };
    let stem = path.file_stem()?.to_string_lossy();
    let (prefix, _) = stem.split_once(['_', '-', '.', ' '])?;
    (!prefix.is_empty()).then(|| prefix.to_owned())
}
