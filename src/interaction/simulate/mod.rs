//! Simulated users: what policies are trained on before anybody uses them, and compared on.
//!
//! A simulation proves that the parts work together and where they stop to; it proves nothing about
//! people. What is assumed is in [`person`], with sources where there are any; how faces are read
//! is measured ([`readout`]).

mod compare;
mod learn;
mod life;
mod ope;
mod page;
pub mod person;
mod plot;
pub mod readout;
mod run;
mod sweep;

#[cfg(test)]
mod tests;

pub use compare::{Comparison, Contest, PolicyFigures, PolicyKind, compare};
pub use learn::{LearnOptions, Learned, gather, learn, logs};
pub use life::{BUCKET, Life, Logged, Tally, World, live, live_knowing};
pub use ope::{Estimate, Estimates, estimate, truth};
pub use page::{Findings, LIMITS, OffPolicy, to_html};
pub use readout::{Noise, NoiseKind};
pub use run::{SimulateOptions, judge, run};
pub use sweep::{NoiseLevel, Sweep, sweep};

/// Users that are learned from begin here; those that are judged begin at [`HELD_OUT_FROM`].
pub const TRAIN_FROM: u64 = 0;
/// Users from here on are never learned from.
pub const HELD_OUT_FROM: u64 = 1 << 32;
/// Added to the former for users whose logs are judged.
const LOGGED_FROM: u64 = 1 << 31;
