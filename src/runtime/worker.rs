//! Threads with names, whose panics become messages.

use std::any::Any;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::{Builder, JoinHandle, Scope, ScopedJoinHandle};
use std::time::{Duration, Instant};

/// Starts a thread called `name`.
///
/// # Errors
/// If the system has no more threads to give.
pub fn spawn<T: Send + 'static>(
    name: &'static str,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<JoinHandle<T>> {
    Builder::new().name(name.to_owned()).spawn(work)
}

/// Starts a thread called `name` that may borrow what outlives `scope`.
///
/// # Errors
/// If the system has no more threads to give.
pub fn spawn_scoped<'scope, T: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    name: &'static str,
    work: impl FnOnce() -> T + Send + 'scope,
) -> io::Result<ScopedJoinHandle<'scope, T>> {
    Builder::new().name(name.to_owned()).spawn_scoped(scope, work)
}

/// Runs `work`; a panic comes back as what it said. For work whose state is thrown away or reset
/// after a panic.
///
/// # Errors
/// The message of the panic.
pub fn guard<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| panic_message(panic.as_ref()))
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "unknown cause".into())
}

/// Waits for a thread to end and takes what it gives.
///
/// # Errors
/// The message of its panic.
pub fn joined<T>(thread: JoinHandle<T>) -> Result<T, String> {
    thread.join().map_err(|panic| panic_message(panic.as_ref()))
}

/// Waits for a thread to end, but not beyond `deadline`; false if it is still running then and
/// was left alone.
pub fn join_until<T>(thread: JoinHandle<T>, deadline: Instant) -> bool {
    while !thread.is_finished() {
        if Instant::now() >= deadline {
            return false;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    // A panic has been reported by the thread itself.
    let _ = thread.join();
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_comes_back_in_words() {
        assert_eq!(guard(|| panic!("no luck")), Err::<(), _>("no luck".into()));
        assert_eq!(guard(|| panic!("{} lucks", 2)), Err::<(), _>("2 lucks".into()));
        assert_eq!(guard(|| 7), Ok(7));
    }

    #[test]
    fn a_thread_that_hangs_is_left_alone() {
        let (release, wait) = crossbeam_channel::bounded::<()>(0);
        let thread = spawn("hangs", move || wait.recv().is_err()).unwrap();
        assert!(!join_until(thread, Instant::now() + Duration::from_millis(30)));
        drop(release);
        let thread = spawn("ends", || ()).unwrap();
        assert!(join_until(thread, Instant::now() + Duration::from_secs(5)));
    }
}
