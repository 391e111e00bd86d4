//! Why what was gathered is no baseline.

use super::Obstacle;

/// Why ten seconds gave no baseline. `Display` says what happened and what to do.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// Most of the time something stood in the way.
    #[error("{} {}", obstacle.words(), obstacle.advice())]
    Obstacle {
        /// What it was most of the time.
        obstacle: Obstacle,
    },
    /// Not enough good readings in a row.
    #[error(
        "There are {seconds:.1} s of good readings in a row; {needed} s are needed. Stay before the \
         camera until the time is up."
    )]
    TooShort {
        /// What there is.
        seconds: f64,
        /// What is needed.
        needed: f64,
    },
    /// Too few readings in that time.
    #[error(
        "There are only {frames} readings, {needed} are needed. Close other programs, or choose a \
         smaller picture."
    )]
    TooFew {
        /// What there is.
        frames: usize,
        /// What is needed.
        needed: usize,
    },
    /// The head was elsewhere half of the time.
    #[error("The head moved too much. Sit comfortably, look at the screen and keep still.")]
    Moved,
    /// The face changed.
    #[error(
        "The face changed too much to say how it rests. Let it go slack, say nothing, and try again."
    )]
    Unsteady,
    /// It was no resting face.
    #[error(
        "The face read as {label} to {share:.0} %, which is an expression and no rest. Let the face go \
         slack and try again.", share = share * 100.0
    )]
    Expressive {
        /// The class.
        label: String,
        /// Its mean share, 0..=1.
        share: f64,
    },
}
