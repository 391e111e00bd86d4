//! What can be wrong with a baseline that is kept.

use std::path::PathBuf;

/// Why a baseline can't be used or kept. `Display` is the cause; [`Self::advice`] says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BaselineError {
    /// A profile can't be called so.
    #[error("\u{201c}{name}\u{201d} is no name for a profile")]
    Name {
        /// As given.
        name: String,
    },
    /// There is none of that name.
    #[error("there is no baseline \u{201c}{profile}\u{201d} in {}", dir.display())]
    NotThere {
        /// As given.
        profile: String,
        /// Where baselines are.
        dir: PathBuf,
    },
    /// Its content makes no sense.
    #[error("the baseline in {} can't be used: {reason}", path.display())]
    Damaged {
        /// The file, which stays as it is.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The system does not let it be read.
    #[error("{} can't be read: {reason}", path.display())]
    Unreadable {
        /// File or folder.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// The system does not let it be written or removed.
    #[error("{} can't be written: {reason}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// It belongs to another model.
    #[error(
        "the baseline \u{201c}{profile}\u{201d} was made with {made_with}, and {at_work} is at work, \
         or another version of it"
    )]
    OtherModel {
        /// Its name.
        profile: String,
        /// The model it was made with.
        made_with: String,
        /// The model at work.
        at_work: String,
    },
}

impl BaselineError {
    /// What to do next.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Name { .. } => "Up to 40 letters, digits, spaces, - and _ make a name.",
            Self::NotThere { .. } => {
                "`mien baseline list` names those there are; `mien baseline make` and Calibrate in \
                 the window make one."
            }
            Self::Damaged { .. } => "Make it again, or erase it: mien baseline erase and its name.",
            Self::Unreadable { .. } => "Check its permissions.",
            Self::Unwritable { .. } => "Check space and permissions.",
            Self::OtherModel { .. } => "Make one with this model: how a face reads is its own.",
        }
    }
}
