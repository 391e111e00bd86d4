//! The stateful half of the core: what many frames show.

pub mod assign;
mod motion;
pub mod smooth;
pub mod track;
