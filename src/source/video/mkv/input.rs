//! The file as the crate that reads it sees it. The crate follows lists wherever they lead, also in
//! circles, and takes whatever the system refuses for the end; so reads are counted here, and
//! failures kept.

use std::cell::{RefCell, RefMut};
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::rc::Rc;

use super::super::demux::seek_to;

/// How many reads opening may take: four for an element, of which a file of ten hours has less
/// than a million.
const READS_TO_OPEN: u64 = 1 << 24;

/// How many reads may lie between two packets.
pub const READS_OF_A_PACKET: u64 = 1 << 20;

/// What a file is that takes more, in words.
pub const CIRCLES: &str = "its lists lead in circles, or nowhere";

/// Bytes that read as others.
#[derive(Clone)]
pub struct Patch {
    pub at: u64,
    pub bytes: Vec<u8>,
}

/// Shared between the crate and [`super::Mkv`].
#[derive(Clone)]
pub struct Input(Rc<RefCell<Inner>>);

struct Inner {
    file: BufReader<File>,
    patch: Option<Patch>,
    reads_left: u64,
    failure: Option<io::Error>,
}

impl Input {
    /// Allows as many reads as opening may take.
    pub fn new(file: BufReader<File>, patch: Option<Patch>) -> Self {
        Self(Rc::new(RefCell::new(Inner { file, patch, reads_left: READS_TO_OPEN, failure: None })))
    }

    /// The file, to go elsewhere in it.
    pub fn file(&self) -> RefMut<'_, BufReader<File>> {
        RefMut::map(self.0.borrow_mut(), |inner| &mut inner.file)
    }

    /// Allows that many reads from now on.
    pub fn allow(&self, reads: u64) {
        self.0.borrow_mut().reads_left = reads;
    }

    /// What went wrong since it was last asked.
    pub fn failure(&self) -> Option<io::Error> {
        self.0.borrow_mut().failure.take()
    }
}

impl Inner {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(left) = self.reads_left.checked_sub(1) else {
            return Err(io::Error::new(io::ErrorKind::InvalidData, CIRCLES));
        };
        self.reads_left = left;
        let Some(Patch { at: start, bytes }) = &self.patch else { return self.file.read(buffer) };
        let at = self.file.stream_position()?;
        let read = self.file.read(buffer)?;
        for (place, &byte) in (*start..).zip(bytes) {
            if let Some(here) = place.checked_sub(at).and_then(|n| usize::try_from(n).ok())
                && here < read
            {
                buffer[here] = byte;
            }
        }
        Ok(read)
    }

    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match to {
            // The crate goes to where it is all the time.
            SeekFrom::Start(offset) => seek_to(&mut self.file, offset).map(|()| offset),
            other => self.file.seek(other),
        }
    }

    /// Keeps a failure. An end is none.
    fn noted<T>(&mut self, done: io::Result<T>) -> io::Result<T> {
        done.inspect_err(|error| {
            if error.kind() != io::ErrorKind::Interrupted {
                self.failure = Some(io::Error::new(error.kind(), error.to_string()));
            }
        })
    }
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut inner = self.0.borrow_mut();
        let done = inner.read(buffer);
        inner.noted(done)
    }
}

impl Seek for Input {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.borrow_mut().seek(to)
    }

    fn stream_position(&mut self) -> io::Result<u64> {
        self.0.borrow_mut().file.stream_position()
    }
}
