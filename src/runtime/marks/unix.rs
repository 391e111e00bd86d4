//! A Unix socket.

use std::fs::{self, DirBuilder, Permissions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::{LONGEST_BYTES, MARKED, MarkError};
use crate::runtime::worker;

/// A line that does not come in this time is not waited for: others may want to mark.
const PATIENCE: Duration = Duration::from_millis(500);

/// A recording answers at once.
const ANSWER_WITHIN: Duration = Duration::from_secs(3);

/// Takes markers until it is dropped.
pub struct Listener {
    path: PathBuf,
    stop: Arc<AtomicBool>,
}

impl Listener {
    /// Listens at `path`. `mark` is called on a thread of its own with each text as it arrives; it
    /// answers whether the marker was taken.
    ///
    /// # Errors
    /// [`MarkError::Taken`] if another program listens there, or the words of the system. What an
    /// ended one left behind is replaced.
    pub fn open(
        path: &Path,
        mark: impl FnMut(&str) -> bool + Send + 'static,
    ) -> Result<Self, MarkError> {
        let failed = |source| MarkError::Io { path: path.to_owned(), source };
        if let Some(folder) = path.parent() {
            // Ours alone, if it has to be made.
            DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
        }
        let listener = match UnixListener::bind(path) {
            Err(error) if error.kind() == ErrorKind::AddrInUse => {
                if UnixStream::connect(path).is_ok() {
                    return Err(MarkError::Taken { path: path.to_owned() });
                }
                // Of a program that was killed.
                fs::remove_file(path).map_err(failed)?;
                UnixListener::bind(path).map_err(failed)?
            }
            other => other.map_err(failed)?,
        };
        fs::set_permissions(path, Permissions::from_mode(0o600)).map_err(failed)?;
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        worker::spawn("marks", move || listen(&listener, &stopped, mark)).map_err(failed)?;
        Ok(Self { path: path.to_owned(), stop })
    }
}

impl Drop for Listener {
    /// Waits for nobody: a line that is just coming is answered before the thread ends.
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        // Wakes it, as it waits for whoever connects. Where nothing is left to wake, it has ended.
        let _ = UnixStream::connect(&self.path);
        let _ = fs::remove_file(&self.path);
    }
}

fn listen(listener: &UnixListener, stop: &AtomicBool, mut mark: impl FnMut(&str) -> bool) {
    for stream in listener.incoming() {
        if stop.load(Ordering::Acquire) {
            return;
        }
        // Who left, or sent nothing in time, hears nothing.
        match stream.and_then(|stream| answer(stream, &mut mark)) {
            Ok(()) => {}
            Err(error) => tracing::info!("a marker did not arrive: {error}"),
        }
    }
}

fn answer(mut stream: UnixStream, mark: &mut impl FnMut(&str) -> bool) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut line = Vec::new();
    let deadline = Instant::now() + PATIENCE;
    let mut bytes = [0; 256];
    while !line.contains(&b'\n') && line.len() <= LONGEST_BYTES && Instant::now() < deadline {
        match stream.read(&mut bytes)? {
            0 => break,
            count => line.extend_from_slice(&bytes[..count]),
        }
    }
    let text = str::from_utf8(&line).ok().and_then(|text| text.strip_suffix('\n'));
    let said = match text.filter(|text| !text.is_empty() && !text.contains('\n')) {
        Some(text) if mark(text) => MARKED,
        Some(_) => "nothing is being recorded",
        None => "no line of text",
    };
    stream.write_all(format!("{said}\n").as_bytes())
}

pub fn send(socket: &Path, text: &str) -> Result<(), MarkError> {
    let failed = |source: io::Error| match source.kind() {
        ErrorKind::NotFound | ErrorKind::ConnectionRefused => MarkError::NothingRecords,
        ErrorKind::WouldBlock | ErrorKind::TimedOut => MarkError::NoAnswer,
        _ => MarkError::Io { path: socket.to_owned(), source },
    };
    let mut stream = UnixStream::connect(socket).map_err(failed)?;
    stream.set_read_timeout(Some(ANSWER_WITHIN)).map_err(failed)?;
    stream.write_all(format!("{text}\n").as_bytes()).map_err(failed)?;
    let mut said = String::new();
    let mut answer = stream.take(LONGEST_BYTES as u64);
    answer.read_to_string(&mut said).map_err(failed)?;
    match said.trim() {
        MARKED => Ok(()),
        "" => Err(MarkError::NoAnswer),
        _ => Err(MarkError::NothingRecords),
    }
}
