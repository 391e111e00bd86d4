//! Why a data set or one of its pictures can't be used.

use std::path::{Path, PathBuf};

/// Why a data set can't be used. `Display` names the place and the cause; [`Self::advice`] says
/// what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DatasetError {
    /// The system refuses.
    #[error("{} can't be read: {reason}", path.display())]
    Unreadable {
        /// File or folder.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// Neither a folder nor a file of a known kind.
    #[error("{} is no data set that Mien reads", path.display())]
    UnknownKind {
        /// The file.
        path: PathBuf,
    },
    /// There is no example in it.
    #[error(
        "{} holds no labelled picture{}",
        path.display(),
        first_reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default()
    )]
    Empty {
        /// What was opened.
        path: PathBuf,
        /// Why the first thing found there is none, if anything was.
        first_reason: Option<String>,
    },
    /// Labels are numbers, and four known sets number the same expressions in four ways.
    #[error("the labels of {} are numbers ({found}), and it does not say whose", path.display())]
    Numbers {
        /// What was opened.
        path: PathBuf,
        /// Some of them.
        found: String,
    },
    /// The table is not as it should be.
    #[error("{}: {reason}", path.display())]
    Table {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The archive is not as it should be.
    #[error("{}: {reason}", path.display())]
    Archive {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A split was asked for that is not there.
    #[error(
        "there is no split \u{201c}{wanted}\u{201d}; {}",
        if existing.is_empty() { "the data have none".to_owned() } else { format!("there are {}", existing.join(", ")) }
    )]
    NoSuchSplit {
        /// As asked for.
        wanted: String,
        /// Those there are.
        existing: Vec<String>,
    },
}

impl DatasetError {
    pub(super) fn unreadable(path: &Path, error: &std::io::Error) -> Self {
        Self::Unreadable { path: path.to_owned(), reason: error.to_string() }
    }

    pub(super) fn table(path: &Path, reason: impl Into<String>) -> Self {
        Self::Table { path: path.to_owned(), reason: reason.into() }
    }

    pub(super) fn archive(path: &Path, reason: impl Into<String>) -> Self {
        Self::Archive { path: path.to_owned(), reason: reason.into() }
    }

    /// What to do next.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "Check the path and who may read it.",
            Self::UnknownKind { .. } => {
                "Name a folder with one sub-folder a class, a CSV table (.csv) or a NumPy archive \
                 (.npz)."
            }
            Self::Empty { .. } => {
                "A folder needs one sub-folder for each class, with pictures in it (bmp, gif, \
                 jpeg, png, webp)."
            }
            Self::Numbers { .. } => {
                "Say whose numbers they are: --numbers fer2013, ck+, affectnet or raf-db; or \
                 names, if they are the names of your own classes."
            }
            Self::Table { .. } => {
                "A table needs a header and the columns path and label, or path and one column of \
                 votes for each class."
            }
            Self::Archive { .. } => {
                "An archive needs images (N, height, width; bytes) and labels (N) or votes \
                 (N, classes)."
            }
            Self::NoSuchSplit { .. } => "Choose one of them, or leave out --split.",
        }
    }
}

/// Why one picture can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    /// The system refuses.
    #[error("can't be read: {reason}")]
    Unreadable {
        /// What the system said.
        reason: String,
    },
    /// A folder, a pipe, a device.
    #[error("is no file")]
    NotAFile,
    /// Not one of the formats that are read.
    #[error("is no picture that Mien reads (bmp, gif, jpeg, png, webp)")]
    UnknownFormat,
    /// More than a picture of a face can need.
    #[error("is too large: {size}")]
    TooLarge {
        /// In pixels or bytes.
        size: String,
    },
    /// The end is missing.
    #[error("breaks off before its end")]
    CutOff,
    /// The content contradicts itself.
    #[error("is damaged: {reason}")]
    Damaged {
        /// What the decoder said.
        reason: String,
    },
}

impl PictureError {
    /// What to do next.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "Check that the file is there and who may read it.",
            Self::NotAFile | Self::UnknownFormat => {
                "Take it out of the data set, or convert it to png or jpeg."
            }
            Self::TooLarge { .. } => "Scale it down; 64 million pixels are read.",
            Self::CutOff | Self::Damaged { .. } => "Get the file again from where it came from.",
        }
    }
}
