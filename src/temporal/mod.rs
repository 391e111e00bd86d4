//! The stateful half of the core: what many frames show.

pub mod assign;
pub mod cut;
pub mod finder;
mod motion;
pub mod smooth;
pub mod track;
