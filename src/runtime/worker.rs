//! Starts threads with a name, so that a debugger and a panic message tell which is which.

use std::io;
use std::thread::{Builder, JoinHandle};

/// Starts `work` on a thread called `name`.
///
/// # Errors
/// The system refuses another thread.
pub fn spawn<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<JoinHandle<T>> {
    Builder::new().name(name.to_owned()).spawn(work)
}
