//! Wakes a thread that a camera driver holds.
//!
//! Reading a camera waits until a picture comes, and when none comes any more it waits for ever:
//! neither V4L2 through nokhwa nor AVFoundation lets us set a limit. On Unix a signal ends that
//! wait, so that the thread sees that it was cancelled, closes the device, and the device can be
//! opened again.

use std::sync::{Arc, Mutex, PoisonError};

/// Names one thread, once it has [attached](Self::attach), so that others can wake it. Cheap to
/// clone; clones name the same thread.
///
/// ```
/// # use mien::source::Interrupt;
/// let interrupt = Interrupt::new();
/// let on_thread = interrupt.clone();
/// let thread = std::thread::spawn(move || {
///     let _attached = on_thread.attach();
///     // open the source, read frames until cancelled, drop the source
/// });
/// // Cancel first, then fire until the thread is gone: a single signal may fall into the moment
/// // between the thread's look at its token and its wait.
/// while interrupt.fire() && !thread.is_finished() {
///     std::thread::sleep(std::time::Duration::from_millis(20));
/// }
/// # thread.join().unwrap();
/// ```
#[derive(Debug, Clone, Default)]
pub struct Interrupt {
    target: Arc<Mutex<Option<imp::Target>>>,
}

/// Detaches the thread when dropped. Stays on the thread that it names.
#[derive(Debug)]
#[must_use = "the thread can be woken only while this lives"]
pub struct Attached {
    target: Arc<Mutex<Option<imp::Target>>>,
    // What names a thread must not leave it.
    _not_send: std::marker::PhantomData<*const ()>,
}

impl Interrupt {
    /// Names no thread yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes the calling thread the one that [`Self::fire`] wakes, until the result is dropped.
    pub fn attach(&self) -> Attached {
        *self.target.lock().unwrap_or_else(PoisonError::into_inner) = imp::this_thread();
        Attached { target: Arc::clone(&self.target), _not_send: std::marker::PhantomData }
    }

    /// Ends the wait of the attached thread, if it waits inside the system. False if no thread is
    /// attached, or this system can't wake one.
    pub fn fire(&self) -> bool {
        // The lock is held while the signal is sent: a thread detaches before it ends, so what is
        // signalled here is alive.
        match &*self.target.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(target) => imp::wake(target),
            None => false,
        }
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        *self.target.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

#[cfg(all(unix, feature = "camera"))]
mod imp {
    use std::sync::atomic::AtomicBool;
    use std::sync::{Arc, OnceLock};

    use nix::sys::pthread::{Pthread, pthread_kill, pthread_self};
    use nix::sys::signal::Signal;

    /// The signal sent. By default it does nothing, and hardly anything uses it.
    const SIGNAL: Signal = Signal::SIGURG;

    pub type Target = Pthread;

    pub fn this_thread() -> Option<Target> {
        // Without a handler the signal would be ignored and the wait go on. What the handler does
        // is of no matter: that it runs ends the wait.
        static HANDLED: OnceLock<bool> = OnceLock::new();
        let handled = *HANDLED.get_or_init(|| {
            signal_hook::flag::register(SIGNAL as i32, Arc::new(AtomicBool::new(false))).is_ok()
        });
        handled.then(pthread_self)
    }

    pub fn wake(target: &Target) -> bool {
        pthread_kill(*target, SIGNAL).is_ok()
    }
}

#[cfg(not(all(unix, feature = "camera")))]
mod imp {
    /// No thread can be named here.
    #[derive(Debug)]
    pub enum Target {}

    pub fn this_thread() -> Option<Target> {
        None
    }

    pub fn wake(target: &Target) -> bool {
        match *target {}
    }
}

#[cfg(all(test, unix, feature = "camera"))]
mod tests {
    use super::*;
    use std::io::Read;
    use std::os::unix::net::UnixStream;
    use std::thread;
    use std::time::{Duration, Instant};

    #[test]
    fn ends_a_wait_inside_the_system() {
        let (mut quiet, _other_end) = UnixStream::pair().unwrap();
        // With a time limit the system does not take the wait up again after a signal.
        quiet.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let interrupt = Interrupt::new();
        let on_thread = interrupt.clone();
        let start = Instant::now();
        let reader = thread::Builder::new().spawn(move || {
            let _attached = on_thread.attach();
            quiet.read(&mut [0]).map_err(|err| err.kind())
        });
        let reader = reader.unwrap();
        while !reader.is_finished() {
            interrupt.fire();
            thread::sleep(Duration::from_millis(5));
        }
        assert_eq!(reader.join().unwrap(), Err(std::io::ErrorKind::Interrupted));
        assert!(start.elapsed() < Duration::from_secs(5));
    }

    #[test]
    fn a_thread_that_ended_is_not_signalled() {
        let interrupt = Interrupt::new();
        assert!(!interrupt.fire());
        let on_thread = interrupt.clone();
        let thread = thread::Builder::new().spawn(move || {
            let _attached = on_thread.attach();
            on_thread.fire()
        });
        assert!(thread.unwrap().join().unwrap(), "attached: the signal is sent");
        assert!(!interrupt.fire(), "ended: there is no one to signal");
    }
}
