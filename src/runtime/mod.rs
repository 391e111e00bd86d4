//! The only folder that starts threads. Wires the pure core to sources and sinks.

pub mod cancel;
pub mod live;
pub mod mailbox;
pub mod worker;
