//! Motion JPEG in AVI, with the indexes of OpenDML, so that a file may be larger than 2 GB: a chain
//! of `RIFF` lists of at most [`SEGMENT_BYTES`], each with an index of its own, and in the header an
//! index of those. The first list has the old index too, for programs that know no other.
//!
//! Sources: Microsoft, "AVI RIFF File Reference"; Matrox, "OpenDML AVI File Format Extensions" 1.02.

use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};

use super::pace::Rate;

/// Where a new list begins.
const SEGMENT_BYTES: u64 = 1 << 30;

/// Pictures of a list, so that its index takes 8 MB at most.
const SEGMENT_PICTURES: usize = 1 << 20;

/// Lists that the header has room for: a terabyte.
const MOST_SEGMENTS: usize = 1024;

/// `RIFF`, its size, `AVI `.
const RIFF_BYTES: u64 = 12;

/// A file being written.
#[derive(Debug)]
pub struct Avi {
    out: BufWriter<File>,
    at: u64,
    size: (u32, u32),
    segment_bytes: u64,
    /// Where this `RIFF` list and the list of pictures in it begin.
    riff_at: u64,
    movi_at: u64,
    /// The pictures of this list.
    index: Vec<Entry>,
    segments: Vec<Segment>,
}

/// Where the bytes of a picture are.
#[derive(Debug, Clone, Copy)]
struct Entry {
    at: u64,
    bytes: u32,
}

/// A list that is written, and its index.
#[derive(Debug, Clone, Copy)]
struct Segment {
    index_at: u64,
    index_bytes: u32,
    pictures: u32,
    largest: u32,
}

impl Avi {
    /// Begins a video of that many pixels, 1 to 65,535 a side.
    ///
    /// # Errors
    /// The words of the system.
    pub fn new(file: File, size: (u32, u32)) -> io::Result<Self> {
        Self::in_segments(file, size, SEGMENT_BYTES)
    }

    pub(super) fn in_segments(
        file: File,
        size: (u32, u32),
        segment_bytes: u64,
    ) -> io::Result<Self> {
        let mut avi = Self {
            out: BufWriter::with_capacity(1 << 18, file),
            at: 0,
            size,
            segment_bytes,
            riff_at: 0,
            movi_at: 0,
            index: Vec::new(),
            segments: Vec::new(),
        };
        avi.put(b"RIFF\0\0\0\0AVI ")?;
        // It has the same length whatever is in it, and is written again at the end.
        let header = avi.header(Rate::default());
        avi.put(&header)?;
        avi.begin_pictures()?;
        Ok(avi)
    }

    /// Adds a picture, coded as JPEG; an empty one shows the one before on.
    ///
    /// # Errors
    /// The words of the system, or that the file can't become any larger.
    pub fn picture(&mut self, jpeg: &[u8]) -> io::Result<()> {
        // The picture with its head, and what it adds to the indexes.
        let bytes_after = self.at - self.riff_at + (jpeg.len() + 8 + 24 * self.index.len()) as u64;
        let is_full = bytes_after > self.segment_bytes || self.index.len() == SEGMENT_PICTURES;
        if is_full && !self.index.is_empty() {
            self.end_segment()?;
            self.riff_at = self.at;
            self.put(b"RIFF\0\0\0\0AVIX")?;
            self.begin_pictures()?;
        }
        let bytes = u32::try_from(jpeg.len()).map_err(io::Error::other)?;
        self.index.push(Entry { at: self.at + 8, bytes });
        self.put(&chunk_head(b"00dc", jpeg.len()))?;
        self.put(jpeg)?;
        if jpeg.len() % 2 == 1 { self.put(&[0]) } else { Ok(()) }
    }

    /// Writes the indexes and the header; the file, whole.
    ///
    /// # Errors
    /// The words of the system.
    pub fn finish(mut self, rate: Rate) -> io::Result<File> {
        self.end_segment()?;
        let header = self.header(rate);
        self.overwrite(RIFF_BYTES, &header)?;
        self.out.into_inner().map_err(io::IntoInnerError::into_error)
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)?;
        self.at += bytes.len() as u64;
        Ok(())
    }

    fn overwrite(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.out.seek(SeekFrom::Start(at))?;
        self.out.write_all(bytes)?;
        self.out.seek(SeekFrom::Start(self.at))?;
        Ok(())
    }

    fn begin_pictures(&mut self) -> io::Result<()> {
        self.movi_at = self.at;
        self.put(b"LIST\0\0\0\0movi")
    }

    fn end_segment(&mut self) -> io::Result<()> {
        if self.segments.len() == MOST_SEGMENTS {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let entries = std::mem::take(&mut self.index);
        let index = standard_index(self.movi_at, &entries);
        self.segments.push(Segment {
            index_at: self.at,
            index_bytes: index.len() as u32,
            pictures: entries.len() as u32,
            largest: entries.iter().map(|entry| entry.bytes).max().unwrap_or(0),
        });
        self.put(&index)?;
        let movi_end = self.at;
        if self.riff_at == 0 {
            self.put(&old_index(self.movi_at, &entries))?;
        }
        let ends = [(self.riff_at, self.at), (self.movi_at, movi_end)];
        for (at, end) in ends {
            self.overwrite(at + 4, &((end - at - 8) as u32).to_le_bytes())?;
        }
        Ok(())
    }

    /// The list of headers, for as many pictures as are written.
    fn header(&self, rate: Rate) -> Vec<u8> {
        let (width, height) = self.size;
        let total: u32 = self.segments.iter().map(|segment| segment.pictures).sum();
        let first = self.segments.first().map_or(0, |segment| segment.pictures);
        let largest = self.segments.iter().map(|segment| segment.largest).max().unwrap_or(0);
        let (frames, secs) = rate.parts();
        let micros = (u64::from(secs) * 1_000_000 / u64::from(frames)).min(u32::MAX.into()) as u32;
        const HAS_INDEX: u32 = 0x10;

        let mut main = Fields::default();
        main.u32s(&[micros, 0, 0, HAS_INDEX, first, 0, 1, largest, width, height, 0, 0, 0, 0]);

        let mut stream = Fields(b"vidsMJPG".to_vec());
        // Flags, priority and language, initial frames, scale, rate, start, length, buffer,
        // quality unknown, no fixed size of samples.
        stream.u32s(&[0, 0, 0, secs, frames, 0, total, largest, u32::MAX, 0]);
        stream.u16s(&[0, 0, width as u16, height as u16]);

        let mut bitmap = Fields::default();
        bitmap.u32s(&[40, width, height]);
        bitmap.u16s(&[1, 24]);
        bitmap.0.extend_from_slice(b"MJPG");
        bitmap.u32s(&[width.saturating_mul(height).saturating_mul(3), 0, 0, 0, 0]);

        let mut index = Fields::default();
        // Four words an entry, an index of indexes.
        index.u16s(&[4, 0]);
        index.u32s(&[self.segments.len() as u32]);
        index.0.extend_from_slice(b"00dc");
        index.u32s(&[0, 0, 0]);
        for segment in &self.segments {
            index.0.extend_from_slice(&segment.index_at.to_le_bytes());
            index.u32s(&[segment.index_bytes, segment.pictures]);
        }
        index.0.resize(24 + 16 * MOST_SEGMENTS, 0);

        let mut extended = Fields::default();
        extended.u32s(&[total]);
        extended.0.resize(248, 0);

        let stream_list =
            [chunk(b"strh", &stream.0), chunk(b"strf", &bitmap.0), chunk(b"indx", &index.0)];
        let lists = [
            chunk(b"avih", &main.0),
            list(b"strl", &stream_list.concat()),
            list(b"odml", &chunk(b"dmlh", &extended.0)),
        ];
        list(b"hdrl", &lists.concat())
    }
}

/// Numbers, lowest byte first.
#[derive(Default)]
struct Fields(Vec<u8>);

impl Fields {
    fn u16s(&mut self, numbers: &[u16]) {
        self.0.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
    }

    fn u32s(&mut self, numbers: &[u32]) {
        self.0.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
    }
}

fn chunk_head(id: &[u8; 4], bytes: usize) -> [u8; 8] {
    let [a, b, c, d] = *id;
    let [e, f, g, h] = (bytes as u32).to_le_bytes();
    [a, b, c, d, e, f, g, h]
}

/// A chunk whose content is of even length.
fn chunk(id: &[u8; 4], content: &[u8]) -> Vec<u8> {
    [&chunk_head(id, content.len()), content].concat()
}

fn list(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    chunk(b"LIST", &[kind, content].concat())
}

/// Of one list of pictures; places count from the start of that list.
fn standard_index(movi_at: u64, entries: &[Entry]) -> Vec<u8> {
    let mut index = Fields::default();
    // Two words an entry, an index of chunks.
    index.0.extend_from_slice(&[2, 0, 0, 1]);
    index.u32s(&[entries.len() as u32]);
    index.0.extend_from_slice(b"00dc");
    index.0.extend_from_slice(&movi_at.to_le_bytes());
    index.u32s(&[0]);
    for entry in entries {
        index.u32s(&[(entry.at - movi_at) as u32, entry.bytes]);
    }
    chunk(b"ix00", &index.0)
}

/// That of the first AVI; places are those of the heads of chunks, from the word `movi`.
fn old_index(movi_at: u64, entries: &[Entry]) -> Vec<u8> {
    const KEY_FRAME: u32 = 0x10;
    let mut index = Fields::default();
    for entry in entries {
        index.0.extend_from_slice(b"00dc");
        index.u32s(&[KEY_FRAME, (entry.at - 8 - (movi_at + 8)) as u32, entry.bytes]);
    }
    chunk(b"idx1", &index.0)
}
