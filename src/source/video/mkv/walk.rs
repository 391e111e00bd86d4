//! Walks over the headers of clusters and blocks without reading what they hold. The list of a
//! file's own (`Cues`) says where clusters lie, but not how many pictures come before them, and a
//! file that was cut off has none; headers say both.

use std::fs::File;
use std::io::{self, BufReader, Read};

use super::super::demux::seek_to;
use super::super::keys::{KeyPoint, KeyPoints, Place};

/// How far a file was walked, and what was found.
pub struct Walk {
    /// Number of the track.
    track: u64,
    at: u64,
    cluster: Cluster,
    /// Pictures shown so far.
    shown: u64,
    /// The last block of the track, while it is not known whether others are needed to decode it.
    pending: Option<Block>,
    points: KeyPoints,
    ended: bool,
}

#[derive(Debug, Clone, Copy, Default)]
struct Cluster {
    at: u64,
    ticks: i64,
    /// Packets of the track so far.
    packets: u64,
}

#[derive(Debug, Clone, Copy)]
struct Block {
    ticks: i64,
    place: Place,
    packets: u64,
    is_shown: bool,
    is_key: bool,
}

/// An element: what it is, and where its content begins and ends.
struct Element {
    id: u32,
    payload: u64,
    /// `None`: not known when it was written.
    end: Option<u64>,
}

const SEGMENT: u32 = 0x1853_8067;
const CLUSTER: u32 = 0x1f43_b675;
const TIMESTAMP: u32 = 0xe7;
const SIMPLE_BLOCK: u32 = 0xa3;
const BLOCK_GROUP: u32 = 0xa0;
const BLOCK: u32 = 0xa1;
const REFERENCE: u32 = 0xfb;

impl Walk {
    /// From the first cluster of a file, for the track of that number.
    pub fn new(first_cluster: u64, track: u64) -> Self {
        Self {
            track,
            at: first_cluster,
            cluster: Cluster::default(),
            shown: 0,
            pending: None,
            points: KeyPoints::default(),
            ended: false,
        }
    }

    /// The last key point shown at `target` or before, with `in_micros` for times. Walks on as far
    /// as is needed. Where the file can't be walked any more it ends: reading it says why.
    pub fn key_before(
        &mut self,
        file: &mut BufReader<File>,
        target: i64,
        in_micros: impl Fn(i64) -> i64,
    ) -> Option<KeyPoint> {
        while !self.ended && !self.points.reach_beyond(target) {
            if !self.step(file, &in_micros).unwrap_or(false) {
                self.settle(&in_micros);
                self.ended = true;
            }
        }
        self.points.before(target)
    }

    /// One element further; false at the end.
    fn step(
        &mut self,
        file: &mut BufReader<File>,
        in_micros: &impl Fn(i64) -> i64,
    ) -> io::Result<bool> {
        seek_to(file, self.at)?;
        let Some(element) = read_element(file, self.at)? else { return Ok(false) };
        match element.id {
            SEGMENT | CLUSTER | BLOCK_GROUP => {
                if element.id == CLUSTER {
                    self.settle(in_micros);
                    self.cluster = Cluster { at: self.at, ..Cluster::default() };
                }
                self.at = element.payload;
                return Ok(true);
            }
            TIMESTAMP => {
                let bytes = element.end.map_or(0, |end| end - element.payload).min(8);
                let mut number = [0; 8];
                file.read_exact(&mut number[8 - bytes as usize..])?;
                self.cluster.ticks = i64::try_from(u64::from_be_bytes(number)).unwrap_or(i64::MAX);
            }
            SIMPLE_BLOCK | BLOCK => {
                self.settle(in_micros);
                self.block(file, element.id == SIMPLE_BLOCK)?;
            }
            REFERENCE => {
                if let Some(pending) = &mut self.pending {
                    pending.is_key = false;
                }
            }
            _ => {}
        }
        let Some(end) = element.end else { return Ok(false) };
        self.at = end;
        Ok(true)
    }

    fn block(&mut self, file: &mut impl Read, is_simple: bool) -> io::Result<()> {
        let Some((number, _)) = read_number(file, true)? else { return Ok(()) };
        if number != self.track {
            return Ok(());
        }
        let mut head = [0; 3];
        file.read_exact(&mut head)?;
        let [high, low, flags] = head;
        let packets = match flags >> 1 & 3 {
            0 => 1,
            // Several pictures in one block: their number less one.
            _ => {
                let mut more = [0];
                file.read_exact(&mut more)?;
                u64::from(more[0]) + 1
            }
        };
        let Cluster { at, ticks, packets: passed } = self.cluster;
        self.pending = Some(Block {
            ticks: ticks.saturating_add(i16::from_be_bytes([high, low]).into()),
            place: Place { at, passed, ticks: 0 },
            packets,
            is_shown: flags & 8 == 0,
            is_key: !is_simple || flags & 0x80 != 0,
        });
        self.cluster.packets += packets;
        Ok(())
    }

    /// Takes the last block into account: whether it needs others is known by now.
    fn settle(&mut self, in_micros: &impl Fn(i64) -> i64) {
        let Some(Block { ticks, place, packets, is_shown, is_key }) = self.pending.take() else {
            return;
        };
        let micros = in_micros(ticks);
        if is_key {
            self.points.push(KeyPoint { micros, index: self.shown, place });
        }
        if is_shown && micros >= 0 {
            self.shown += packets;
        }
    }
}

/// The header of the element at `at`, where `file` stands; `None` at the end, or where there is
/// none.
fn read_element(file: &mut impl Read, at: u64) -> io::Result<Option<Element>> {
    let Some((id, id_bytes)) = read_number(file, false)? else { return Ok(None) };
    let Some((length, length_bytes)) = read_number(file, true)? else { return Ok(None) };
    let payload = at + id_bytes + length_bytes;
    let unknown = length == (1 << (7 * length_bytes)) - 1;
    let Some(end) = payload.checked_add(length) else { return Ok(None) };
    let id = u32::try_from(id).unwrap_or(0);
    Ok(Some(Element { id, payload, end: (!unknown).then_some(end) }))
}

/// A number of one to eight bytes, and how many they were. As many bytes follow the first as there
/// are zero bits in front; for a value the bit that ends them does not count.
fn read_number(file: &mut impl Read, is_value: bool) -> io::Result<Option<(u64, u64)>> {
    let mut bytes = [0; 8];
    match file.read_exact(&mut bytes[..1]) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    let more = bytes[0].leading_zeros() as usize;
    if more > 7 {
        return Ok(None);
    }
    let rest = &mut bytes[1..=more];
    file.read_exact(rest)?;
    if is_value {
        bytes[0] &= 0x7f >> more;
    }
    let number = bytes[..=more].iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
    Ok(Some((number, more as u64 + 1)))
}
