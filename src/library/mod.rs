//! All sessions of a folder: what is there, found fast, named, tagged and sorted.
//!
//! The folders are the truth. What the index holds is made from them and can be thrown away at any
//! time; a folder that changed is read again.

mod copy;
mod edit;
mod entry;
mod index;
mod inventory;
mod lock;
mod look;
mod pages;
mod query;
pub mod retention;
mod stimuli;
mod strip;

#[cfg(test)]
mod tests;

pub use copy::{CopyError, copy_session, sessions_in};
pub use edit::{EditError, Labelling, add_events, remove_event, set_labelling};
pub use entry::{Entry, Origin, State};
pub use index::{INDEX, Library, Progress};
pub use inventory::Inventory;
pub use lock::lock_session;
pub use look::{missing_rows, problems};
pub use pages::{remove_pages, report_path};
pub use query::{Query, SortBy};
pub use stimuli::{Attached, StimuliError, Stimulus, attach, read_stimuli};
pub use strip::Strip;
