//! Mien reads facial expressions from a camera, saved videos or the built-in demo, shows them
//! live and records them.
//!
//! Data flows one way, and the modules are listed in that order:
//!
//! ```text
//! source -> frame -> detection -> track -> crop -> posterior -> observation
//!        -> { window, recorder, standard output }
//! ```
//!
//! The core ([`pipeline`] and everything it calls) is a pure function of its frames: it reads
//! no clock, opens no file and starts no thread. Threads are started in [`runtime`] alone.
//! `docs/ARCHITECTURE.md` states the rules and how each is checked.

pub mod frame;
pub mod geom;
pub mod time;

pub mod source;

pub mod model;
pub mod vision;

pub mod baseline;
pub mod temporal;

pub mod observation;
pub mod overlay;
pub mod pipeline;

pub mod session;
pub mod settings;
pub mod table;

mod digest;
mod page;
mod plot;
mod words;

pub mod export;
pub mod import;
pub mod report;
pub mod stats;

pub mod corpus;
pub mod library;

pub mod audit;
pub mod dataset;
pub mod evaluate;
pub mod teach;

pub mod interaction;

pub mod runtime;

#[cfg(feature = "gui")]
pub mod ui;

pub mod cli;
