//! Boxes: a length, a name, and what is inside.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};

use super::super::demux::DemuxError;

/// The header of a box in the file.
pub struct Header {
    pub name: [u8; 4],
    /// Where its content begins.
    pub payload: u64,
    /// Where the next box begins; the end of the file for a box that claims to go on.
    pub end: u64,
}

/// The header of the box at `at`; `None` if there is none.
pub fn read_header(
    file: &mut BufReader<File>,
    at: u64,
    file_bytes: u64,
) -> Result<Option<Header>, DemuxError> {
    if file_bytes.saturating_sub(at) < 8 {
        return Ok(None);
    }
    file.seek(SeekFrom::Start(at))?;
    let mut head = [0; 8];
    file.read_exact(&mut head)?;
    let [s0, s1, s2, s3, n0, n1, n2, n3] = head;
    let (mut bytes, mut head_bytes) = (u64::from(u32::from_be_bytes([s0, s1, s2, s3])), 8);
    if bytes == 1 {
        let mut long = [0; 8];
        file.read_exact(&mut long)?;
        (bytes, head_bytes) = (u64::from_be_bytes(long), 16);
    }
    // Zero: up to the end of the file. A file that was cut off has a last box that claims more.
    let end = match bytes {
        0 => file_bytes,
        _ if bytes < head_bytes => return Ok(None),
        _ => at.saturating_add(bytes).min(file_bytes),
    };
    let payload = (at + head_bytes).min(end);
    Ok(Some(Header { name: [n0, n1, n2, n3], payload, end }))
}

/// Walks the boxes inside another one.
pub struct Boxes<'a> {
    rest: &'a [u8],
}

impl<'a> Boxes<'a> {
    pub fn new(payload: &'a [u8]) -> Self {
        Self { rest: payload }
    }

    /// The content of the first box of that name.
    pub fn find(payload: &'a [u8], wanted: &[u8; 4]) -> Option<&'a [u8]> {
        Self::new(payload).find(|(name, _)| name == wanted).map(|(_, content)| content)
    }

    /// The content of the box at the end of a path of names.
    pub fn find_path(payload: &'a [u8], path: &[&[u8; 4]]) -> Option<&'a [u8]> {
        path.iter().try_fold(payload, |payload, name| Self::find(payload, name))
    }
}

impl<'a> Iterator for Boxes<'a> {
    type Item = ([u8; 4], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let name = *self.rest.get(4..)?.first_chunk()?;
        let (bytes, head_bytes) = match be32(self.rest, 0)? {
            0 => (self.rest.len() as u64, 8),
            1 => (be64(self.rest, 8)?, 16),
            bytes => (u64::from(bytes), 8),
        };
        let bytes = usize::try_from(bytes).ok()?.min(self.rest.len());
        if bytes < head_bytes {
            return None;
        }
        let (this, rest) = self.rest.split_at(bytes);
        self.rest = rest;
        Some((name, &this[head_bytes..]))
    }
}

/// The big-endian number at `at`.
pub fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// The big-endian number at `at`.
pub fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// The big-endian number at `at`.
pub fn be64(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}
