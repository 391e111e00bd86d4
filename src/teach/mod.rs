//! Teaches an emotion model classes of the user's own: a new last layer on the embedding of a
//! model that stays as it is.
//!
//! [`pictures`] reads faces from labelled pictures, [`lesson`] holds what was shown, [`course`] fits
//! and judges a head on it, [`taught`] makes a model of it that loads like any other. The same
//! examples and the same seed give the same model.

pub mod calibration;
pub mod course;
mod folds;
pub mod head;
pub mod lesson;
pub mod pictures;
pub(crate) mod regression;
pub mod report;
mod shuffle;
pub mod taught;

pub use course::{Progress, Taught, teach};
pub use head::LinearHead;
pub use lesson::{Example, Grouping, Lesson, TeachError};
pub use report::Report;
pub use taught::{Origin, TaughtModel, WriteError};
