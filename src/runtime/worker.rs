//! Starts threads. Each has a name, so that a debugger, a profiler and a panic message tell them
//! apart.

use std::io;
use std::thread::{Builder, JoinHandle};

/// Starts `work` on a thread called `name`.
///
/// # Errors
/// The system has no room for another thread.
pub fn spawn<T: Send + 'static>(
    name: &'static str,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<JoinHandle<T>> {
    Builder::new().name(name.to_owned()).spawn(work)
}
