//! The only folder that starts threads. Wires the pure core to sources and sinks.

pub mod batch;
pub mod cancel;
mod capture;
pub mod companion;
pub mod devices;
mod drops;
pub mod file;
pub mod file_queue;
mod inference;
pub mod librarian;
pub mod live;
pub mod mailbox;
pub mod marks;
pub mod message;
pub mod player;
mod recording;
mod shared;
mod stats;
pub mod teaching;
pub mod worker;

pub use stats::percentile;
