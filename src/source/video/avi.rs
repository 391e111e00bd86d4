//! AVI, OpenDML included: a list of chunks, read from front to back, without its index.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::time::Duration;

use super::demux::{
    Codec, DemuxError, Demuxer, Description, MAX_PACKET_BYTES, Packet, Track, micros,
};

/// A file.
pub struct Avi {
    file: BufReader<File>,
    file_bytes: u64,
    at: u64,
    track: Track,
    stream: u8,
    /// Seconds a picture is shown: numerator and denominator.
    tick: (u64, u64),
    /// Pictures so far; each has its time by its place.
    index: i64,
}

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
        Ok(Self { file, file_bytes, at, track, stream: stream.number, tick, index })
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
        self.file.seek(SeekFrom::Start(chunk.payload))?;
        self.file.read_exact(&mut data)?;
        let micros = micros(self.index - 1, self.tick.0, self.tick.1);
        Ok(Some(Packet { micros, shown: true, is_sync: true, description: 0, data }))
    }

    /// Chunks must be walked to be counted, so nothing is left out.
    fn skip_to(&mut self, _: i64) -> u64 {
        0
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
    // Keeps what is in the buffer when the target lies within it.
    let here = file.stream_position()?;
    file.seek_relative(at.wrapping_sub(here) as i64)?;
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
