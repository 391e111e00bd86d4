//! Labelled pictures: what `mien evaluate` measures with and `mien train` learns from.
//!
//! A data set is listed first (names, labels, groups; no pixels), so that what is wrong with it is
//! known at once. Pixels are read afterwards, a batch at a time, so that ten thousand pictures take
//! no more memory than a hundred. Whatever can't be used is named; nothing is left out in silence.
//!
//! ```text
//! folder, table (CSV) or archive (npz) -> Dataset -> StoredPicture -> Picture -> FaceCrop
//! ```

mod archive;
pub mod crop;
mod error;
mod folder;
pub mod labels;
mod npy;
pub mod parallel;
pub mod picture;
mod table;
mod votes;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

pub use crop::{Crop, FaceCropper};
pub use error::{DatasetError, PictureError};
pub use labels::{Class, Numbering};
pub use picture::{Picture, StoredPicture};

use picture::Content;

/// How a data set is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DatasetOptions {
    /// Whose numbers the labels are, if they are numbers.
    pub numbering: Option<Numbering>,
}

/// The list of a data set, in a fixed order: the same files give the same list.
#[derive(Debug)]
pub struct Dataset {
    path: PathBuf,
    classes: Vec<Class>,
    examples: Vec<Example>,
    unusable: Vec<Unusable>,
    store: Store,
}

/// One labelled picture, without its pixels.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// Where it comes from, for people: the path, or archive and number.
    pub origin: String,
    /// What belongs together and must not be torn apart between training and test: the person
    /// where known, else a folder or what file names begin with.
    pub group: Option<String>,
    /// Part of the data set it was assigned to, as written there: `train`, `valid` ...
    pub split: Option<String>,
    /// What people said about it.
    pub truth: Truth,
    place: Place,
}

/// What people said about a picture. Indices are those of [`Dataset::classes`].
#[derive(Debug, Clone, PartialEq)]
pub enum Truth {
    /// One class.
    Class(usize),
    /// Many people voted.
    Votes {
        /// Votes for each class.
        votes: Box<[f32]>,
        /// The class that most agree on; `None` if there is none (FER+: more than half of the
        /// votes, not counting single ones).
        majority: Option<usize>,
    },
}

impl Truth {
    /// The one class to compare a reading with, if people agree.
    pub fn class(&self) -> Option<usize> {
        match self {
            Self::Class(class) => Some(*class),
            Self::Votes { majority, .. } => *majority,
        }
    }
}

/// Something that was found but is no example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unusable {
    /// File, or table and line.
    pub origin: String,
    /// Why not.
    pub reason: String,
}

/// Where the pixels of an example are.
#[derive(Debug, Clone, PartialEq)]
enum Place {
    File(PathBuf),
    /// Number within the archive.
    Entry(u64),
    /// A row of a table that holds its pixels as text.
    Row(Box<csv::Position>),
}

#[derive(Debug)]
enum Store {
    Files,
    Archive(archive::Pictures),
    PixelTable(table::PixelTable),
}

impl Dataset {
    /// Lists the data set at `path`: a folder with one sub-folder a class, a CSV table, or a NumPy
    /// archive (`.npz`). `docs/evaluate.md` describes the layouts.
    ///
    /// # Errors
    /// If it can't be read, is of no known kind, or holds no example at all.
    pub fn open(path: &Path, options: DatasetOptions) -> Result<Self, DatasetError> {
        let is_dir = std::fs::metadata(path)
            .map_err(|error| DatasetError::unreadable(path, &error))?
            .is_dir();
        let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
        let listing = match extension.to_str() {
            _ if is_dir => folder::list(path, options)?,
            Some("npz") => archive::list(path, options)?,
            Some("csv" | "tsv" | "txt") => table::list(path, options)?,
            _ => return Err(DatasetError::UnknownKind { path: path.to_owned() }),
        };
        let dataset = listing.finish(path);
        if dataset.examples.is_empty() {
            let first_reason = dataset.unusable.first().map(|unusable| unusable.reason.clone());
            return Err(DatasetError::Empty { path: path.to_owned(), first_reason });
        }
        Ok(dataset)
    }

    /// What was opened.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The classes: expressions in the order of FER+, then others by name.
    pub fn classes(&self) -> &[Class] {
        &self.classes
    }

    /// All examples.
    pub fn examples(&self) -> &[Example] {
        &self.examples
    }

    /// What was found while listing and is no example.
    pub fn unusable(&self) -> &[Unusable] {
        &self.unusable
    }

    /// Whether its pictures are cut-out faces by its layout (arrays of pixels), so that a detector
    /// has no place in it.
    pub fn holds_face_crops(&self) -> bool {
        !matches!(self.store, Store::Files)
    }

    /// Names of the splits there are, in order of appearance.
    pub fn splits(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for split in self.examples.iter().filter_map(|example| example.split.as_deref()) {
            if !names.contains(&split) {
                names.push(split);
            }
        }
        names
    }

    /// Indices of the examples in `split`, or of all.
    ///
    /// # Errors
    /// If there is no such split.
    pub fn select(&self, split: Option<&str>) -> Result<Vec<usize>, DatasetError> {
        let Some(wanted) = split else { return Ok((0..self.examples.len()).collect()) };
        let is_wanted = |example: &Example| {
            example.split.as_deref().is_some_and(|split| labels::same_split(split, wanted))
        };
        let chosen: Vec<usize> =
            (0..self.examples.len()).filter(|i| is_wanted(&self.examples[*i])).collect();
        if chosen.is_empty() {
            let existing = self.splits().into_iter().map(str::to_owned).collect();
            return Err(DatasetError::NoSuchSplit { wanted: wanted.to_owned(), existing });
        }
        Ok(chosen)
    }

    /// Hands the pictures of `wanted` (indices of examples) to `visit`, at most `batch` at a time,
    /// in ascending order, each once. Pictures are still packed: [`StoredPicture::open`] is the
    /// expensive half and can run on many cores. `visit` may break off.
    ///
    /// # Errors
    /// If the store can't be opened again. What is damaged inside it comes as a picture that does
    /// not open.
    pub fn visit(
        &self,
        wanted: &[usize],
        batch: usize,
        visit: &mut dyn FnMut(Vec<StoredPicture>) -> ControlFlow<()>,
    ) -> Result<(), DatasetError> {
        let mut wanted: Vec<usize> =
            wanted.iter().copied().filter(|i| *i < self.examples.len()).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let batch = batch.max(1);
        let mut waiting = Vec::with_capacity(batch.min(wanted.len()));
        let mut collect = |example: usize, content: Content| {
            waiting.push(StoredPicture::new(example, content));
            if waiting.len() < batch {
                return ControlFlow::Continue(());
            }
            visit(std::mem::replace(&mut waiting, Vec::with_capacity(batch)))
        };
        let flow = match &self.store {
            Store::Files => wanted.iter().try_for_each(|i| match &self.examples[*i].place {
                Place::File(path) => collect(*i, Content::File(path.clone())),
                Place::Entry(_) | Place::Row(_) => ControlFlow::Continue(()),
            }),
            Store::Archive(pictures) => {
                let entries = wanted.iter().filter_map(|i| match self.examples[*i].place {
                    Place::Entry(entry) => Some((*i, entry)),
                    Place::File(_) | Place::Row(_) => None,
                });
                pictures.each(&self.path, entries, &mut collect)?
            }
            Store::PixelTable(table) => {
                let rows = wanted.iter().filter_map(|i| match &self.examples[*i].place {
                    Place::Row(position) => Some((*i, &**position)),
                    Place::File(_) | Place::Entry(_) => None,
                });
                table.each(&self.path, rows, &mut collect)?
            }
        };
        if flow.is_continue() && !waiting.is_empty() {
            // The last batch; nothing comes after it that could be broken off.
            let _ = visit(waiting);
        }
        Ok(())
    }
}

/// A data set while it is being listed: classes in order of appearance.
#[derive(Debug)]
struct Listing {
    classes: labels::ClassList,
    examples: Vec<Example>,
    unusable: Vec<Unusable>,
    store: Store,
}

impl Listing {
    fn new(store: Store) -> Self {
        Self {
            classes: labels::ClassList::default(),
            examples: Vec::new(),
            unusable: Vec::new(),
            store,
        }
    }

    fn reject(&mut self, origin: String, reason: impl Into<String>) {
        self.unusable.push(Unusable { origin, reason: reason.into() });
    }

    /// Puts the classes in their final order.
    fn finish(self, path: &Path) -> Dataset {
        let (classes, new_index) = self.classes.in_order();
        let mut examples = self.examples;
        for example in &mut examples {
            match &mut example.truth {
                Truth::Class(class) => *class = new_index[*class],
                Truth::Votes { votes, majority } => {
                    let mut moved = vec![0.0; classes.len()].into_boxed_slice();
                    for (old, count) in votes.iter().enumerate() {
                        moved[new_index[old]] += count;
                    }
                    *votes = moved;
                    *majority = majority.map(|class| new_index[class]);
                }
            }
        }
        Dataset {
            path: path.to_owned(),
            classes,
            examples,
            unusable: self.unusable,
            store: self.store,
        }
    }
}

#[cfg(test)]
mod tests;
