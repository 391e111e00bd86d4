//! What a session says in figures: shares, means, episodes, transitions, and how sure they are.
//! Formulas and sources are in `docs/statistics.md`.
//!
//! ```text
//! Signal -> Selection (a face, a span) -> Weighted readings -> Summary -> Comparison
//! ```

mod bins;
mod bootstrap;
mod columns;
mod compare;
mod episodes;
mod hold;
mod spans;
mod summary;

#[cfg(test)]
mod tests;

pub use columns::{Column, columns};
pub use compare::{Comparison, Difference, Group, compare};
pub use episodes::{Episode, Transitions, episodes, transitions};
pub use hold::Holds;
pub use spans::{Span, by_marker};
pub use summary::{ClassSummary, Estimate, Extent, Quality, Selection, Summary, summarise};
