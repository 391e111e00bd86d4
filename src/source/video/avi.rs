//! AVI, OpenDML included: a list of chunks, read from front to back, without its index.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::time::Duration;

use super::demux::{
    Codec, DemuxError, Demuxer, Description, MAX_PACKET_BYTES, Packet, Track, micros, seek_to,
};
use super::keys::{KeyPoint, KeyPoints, Place};

/// A file.
pub struct Avi {
    file: BufReader<File>,
    file_bytes: u64,
    at: u64,
    track: Track,
    stream: u8,
    /// Seconds a picture is shown: numerator and denominator.
    tick: (u64, u64),
    /// Pictures so far, with those that a late start leaves out; each has its time by its place.
    index: i64,
    first: Place,
    points: KeyPoints,
    /// How far the file was walked for them.
    walked: Walk,
}

/// A walk over the headers of chunks.
#[derive(Debug, Clone, Copy)]
struct Walk {
    at: u64,
    index: i64,
    given: u64,
    ended: bool,
}

/// Every so many pictures one is remembered: the headers in between are quickly walked again.
const BETWEEN_POINTS: u64 = 64;

/// What a stream header says.
#[derive(Debug, Default)]
struct Stream {
    number: u8,
    scale: u32,
    rate: u32,
    start: u32,
    length: u32,
}

/// Headers are short; longer ones are damage.
const MAX_HEADER_BYTES: u64 = 1 << 16;

impl Avi {
    /// Reads the headers.
    ///
    /// # Errors
    /// [`DemuxError`].
    pub fn open(mut file: BufReader<File>) -> Result<Self, DemuxError> {
        let file_bytes = file.seek(SeekFrom::End(0))?;
        let (mut at, mut streams, mut found) = (0, 0_u8, None);
        let mut description = None;
        while let Some(chunk) = read_chunk(&mut file, at, file_bytes)? {
            at = chunk.next;
            match &chunk.id {
                b"strh" => {
                    let header = read_header(&mut file, &chunk)?;
                    let number = |at: usize| {
                        let bytes = header.get(at..).and_then(<[u8]>::first_chunk);
                        bytes.map_or(0, |bytes| u32::from_le_bytes(*bytes))
                    };
                    if header.starts_with(b"vids") && found.is_none() {
                        found = Some(Stream {
                            number: streams,
                            scale: number(20),
                            rate: number(24),
                            start: number(28),
                            length: number(32),
                        });
                    }
                    streams = streams.saturating_add(1);
                }
                b"strf" if found.is_some() && description.is_none() => {
                    description = describe(&read_header(&mut file, &chunk)?);
                }
                b"movi" => break,
                _ => {}
            }
        }
        let (Some(stream), Some(description)) = (found, description) else {
            return Err(DemuxError::Unsupported("no video track".into()));
        };
        if stream.scale == 0 || stream.rate == 0 {
            return Err(DemuxError::damaged("its picture rate is zero"));
        }
        let tick = (u64::from(stream.scale), u64::from(stream.rate));
        let secs = f64::from(stream.length) * tick.0 as f64 / tick.1 as f64;
        let track = Track {
            container: "avi",
            descriptions: vec![description],
            nominal_rate_hz: tick.1 as f64 / tick.0 as f64,
            duration: Duration::try_from_secs_f64(secs).ok().filter(|secs| !secs.is_zero()),
            ..Track::default()
        };
        let index = stream.start.into();
        Ok(Self {
            file,
            file_bytes,
            at,
            track,
            stream: stream.number,
            tick,
            index,
            first: Place { at, passed: 0, ticks: index },
            points: KeyPoints::default(),
            walked: Walk { at, index, given: 0, ended: false },
        })
    }

    /// The chunk of the next picture from `walk` on, and its time.
    fn walk(&mut self, walk: &mut Walk) -> Result<Option<(Chunk, i64)>, DemuxError> {
        (self.at, self.index) = (walk.at, walk.index);
        let chunk = self.next_chunk()?;
        (walk.at, walk.index) = (self.at, self.index);
        walk.given += u64::from(chunk.is_some());
        Ok(chunk.map(|chunk| (chunk, micros(walk.index - 1, self.tick.0, self.tick.1))))
    }

    /// Every picture can be decoded by itself, so the one wanted is found from a point before it.
    fn find(&mut self, target: i64) -> Option<KeyPoint> {
        let mut walk = self.walked;
        while !walk.ended && !self.points.reach_beyond(target) {
            let (at, index, given) = (walk.at, walk.index, walk.given);
            let Ok(Some((_, micros))) = self.walk(&mut walk) else {
                walk.ended = true;
                break;
            };
            if given.is_multiple_of(BETWEEN_POINTS) {
                let place = Place { at, passed: 0, ticks: index };
                self.points.push(KeyPoint { micros, index: given, place });
            }
        }
        self.walked = walk;
        let mut best = self.points.before(target)?;
        let Place { at, ticks, .. } = best.place;
        let mut walk = Walk { at, index: ticks, given: best.index, ended: false };
        loop {
            let place = Place { at: walk.at, passed: 0, ticks: walk.index };
            let index = walk.given;
            match self.walk(&mut walk) {
                Ok(Some((_, micros))) if micros <= target => {
                    best = KeyPoint { micros, index, place };
                }
                _ => return Some(best),
            }
        }
    }

    /// The next chunk that belongs to the video; chunks without content repeat the picture before.
    fn next_chunk(&mut self) -> Result<Option<Chunk>, DemuxError> {
        while let Some(chunk) = read_chunk(&mut self.file, self.at, self.file_bytes)? {
            self.at = chunk.next;
            let [tens, units, b'd', b'c' | b'b'] = chunk.id else { continue };
            let number =
                tens.wrapping_sub(b'0').wrapping_mul(10).wrapping_add(units.wrapping_sub(b'0'));
            if !tens.is_ascii_digit() || !units.is_ascii_digit() || number != self.stream {
                continue;
            }
            self.index += 1;
            if chunk.bytes > 0 {
                return Ok(Some(chunk));
            }
        }
        Ok(None)
    }
}

impl Demuxer for Avi {
    fn track(&self) -> &Track {
        &self.track
    }

    fn next_packet(&mut self) -> Result<Option<Packet>, DemuxError> {
        let Some(chunk) = self.next_chunk()? else { return Ok(None) };
        if chunk.payload + chunk.bytes > self.file_bytes {
            return Err(DemuxError::Truncated);
        }
        if chunk.bytes > MAX_PACKET_BYTES {
            return Err(DemuxError::damaged("a picture of absurd size"));
        }
        let mut data = vec![0; chunk.bytes as usize];
        seek_to(&mut self.file, chunk.payload)?;
        self.file.read_exact(&mut data)?;
        let micros = micros(self.index - 1, self.tick.0, self.tick.1);
        Ok(Some(Packet { micros, shown: true, is_sync: true, description: 0, data }))
    }

    /// From the headers of chunks: the index of an AVI file has no times and may be missing.
    fn key_before(&mut self, target: i64) -> Option<KeyPoint> {
        let (at, index) = (self.at, self.index);
        let found = self.find(target);
        (self.at, self.index) = (at, index);
        found
    }

    fn go_to(&mut self, point: Option<&KeyPoint>) -> Result<(), DemuxError> {
        let place = point.map_or(self.first, |point| point.place);
        (self.at, self.index) = (place.at, place.ticks);
        Ok(())
    }
}

struct Chunk {
    /// For lists, their kind.
    id: [u8; 4],
    payload: u64,
    bytes: u64,
    /// The next one; for lists, the first one inside.
    next: u64,
}

/// The chunk at `at`; `None` at the end of the file.
fn read_chunk(
    file: &mut BufReader<File>,
    at: u64,
    file_bytes: u64,
) -> Result<Option<Chunk>, DemuxError> {
    if file_bytes.saturating_sub(at) < 8 {
        return Ok(None);
    }
    seek_to(file, at)?;
    let mut head = [0; 8];
    file.read_exact(&mut head)?;
    let [a, b, c, d, s0, s1, s2, s3] = head;
    let (id, bytes) = ([a, b, c, d], u64::from(u32::from_le_bytes([s0, s1, s2, s3])));
    if matches!(&id, b"RIFF" | b"LIST") {
        if file_bytes - at < 12 {
            return Ok(None);
        }
        let mut kind = [0; 4];
        file.read_exact(&mut kind)?;
        return Ok(Some(Chunk { id: kind, payload: at + 12, bytes: 0, next: at + 12 }));
    }
    Ok(Some(Chunk { id, payload: at + 8, bytes, next: at + 8 + bytes + bytes % 2 }))
}

fn read_header(file: &mut BufReader<File>, chunk: &Chunk) -> Result<Vec<u8>, DemuxError> {
    let mut header = Vec::new();
    file.seek(SeekFrom::Start(chunk.payload))?;
    file.take(chunk.bytes.min(MAX_HEADER_BYTES)).read_to_end(&mut header)?;
    Ok(header)
}

/// From the header of a Windows bitmap.
fn describe(header: &[u8]) -> Option<Description> {
    let number = |at: usize| Some(u32::from_le_bytes(*header.get(at..)?.first_chunk()?));
    let letters = header.get(16..20)?;
    let codec = match letters.to_ascii_uppercase().as_slice() {
        b"MJPG" => Codec::Mjpeg,
        [0, ..] => Codec::Other("uncompressed pictures".into()),
        _ => Codec::Other(String::from_utf8_lossy(letters).trim().to_owned()),
    };
    let size = (number(4)?, number(8)?.cast_signed().unsigned_abs());
    Some(Description { codec, size, ..Description::default() })
}
