//! One picture of a motion JPEG stream.
//!
//! The buffer that a picture comes in is larger than the picture, and behind it lies what an older
//! and longer one left there. The driver knows where the new one ends; nokhwa does not tell. So
//! when a transfer breaks off, the new beginning runs on into an old end, which any decoder turns
//! into a picture of two halves. That is found here by counting: the data between the header and
//! the end marker must hold exactly as many blocks as the picture has, and data from two pictures
//! do so about once in twenty times.

use std::borrow::Cow;

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::choice::MAX_SIDE;
use super::entropy::{self, Count, Table};
use super::standard_huffman;

/// Decodes the pictures of one camera.
#[derive(Debug, Default)]
pub struct Decoder {
    surpluses_in_a_row: u32,
}

/// A camera that puts more data than needed into this many pictures in a row does so by habit:
/// its pictures are whole. Torn ones come with missing blocks as often as with surplus ones.
const SURPLUSES_BY_HABIT: u32 = 10;

impl Decoder {
    /// Decodes the picture at the start of `buffer`: its width and height, and RGB bytes.
    ///
    /// # Errors
    /// Says what is wrong with the picture; the next one may be right.
    pub fn decode(&mut self, buffer: &[u8]) -> Result<((u32, u32), Vec<u8>), String> {
        let picture = Picture::find(buffer)?;
        match picture.count {
            Count::Exact => self.surpluses_in_a_row = 0,
            Count::Short => return Err("a part of the picture is missing".into()),
            Count::Surplus => {
                self.surpluses_in_a_row = self.surpluses_in_a_row.saturating_add(1);
                if self.surpluses_in_a_row < SURPLUSES_BY_HABIT {
                    return Err("the end belongs to another picture".into());
                }
            }
        }
        let options = DecoderOptions::default()
            .set_max_width(MAX_SIDE as usize)
            .set_max_height(MAX_SIDE as usize)
            .jpeg_set_out_colorspace(ColorSpace::RGB);
        let data = picture.complete();
        let mut decoder = JpegDecoder::new_with_options(ZCursor::new(&*data), options);
        let (width, height) = picture.size;
        let mut rgb = vec![0; width as usize * height as usize * 3];
        decoder.decode_into(&mut rgb).map_err(|err| format!("{err:?}"))?;
        Ok((picture.size, rgb))
    }
}

/// What was found in a buffer.
struct Picture<'a> {
    /// From the start marker to the end marker, both included.
    data: &'a [u8],
    /// Width and height in pixels, neither 0 nor above [`MAX_SIDE`].
    size: (u32, u32),
    /// Where the scan header starts, if no Huffman tables came before it.
    lacks_tables_at: Option<usize>,
    count: Count,
}

/// The header of a picture, as far as counting needs it.
#[derive(Default)]
struct Header {
    size: (u32, u32),
    components: Vec<Component>,
    /// One scan of Huffman codes in order; other kinds are left to the decoder.
    is_sequential: bool,
    dc: [Option<Table>; 4],
    ac: [Option<Table>; 4],
    has_tables: bool,
    /// Units between restart markers; 0: there are none.
    restart_interval: usize,
}

struct Component {
    id: u8,
    /// Blocks in a unit, across and down, 1..=4.
    across: usize,
    down: usize,
}

const CUT_OFF: &str = "the picture breaks off";
const BAD_HEADER: &str = "the header makes no sense";

impl<'a> Picture<'a> {
    /// Finds the end of the picture that starts `buffer`, and counts its blocks.
    fn find(buffer: &'a [u8]) -> Result<Self, String> {
        if !buffer.starts_with(&[0xff, 0xd8]) {
            return Err("no picture was sent".into());
        }
        let mut header = Header::default();
        let mut lacks_tables_at = None;
        let mut count = None;
        let mut at = 2;
        loop {
            let (marker, after) = next_marker(buffer, at).ok_or(CUT_OFF)?;
            if marker == 0xd9 {
                let count = count.ok_or("the picture is empty")?;
                return Ok(Self {
                    data: &buffer[..after],
                    size: header.size,
                    lacks_tables_at,
                    count,
                });
            }
            let length = buffer.get(after..after + 2).ok_or(CUT_OFF)?;
            let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
            let segment = buffer.get(after + 2..after + length.max(2)).ok_or(CUT_OFF)?;
            at = after + length.max(2);
            match marker {
                0xc4 => header.read_tables(segment).ok_or(BAD_HEADER)?,
                0xc0..=0xc2 => header.read_frame(marker, segment).ok_or(BAD_HEADER)?,
                0xdd => {
                    let interval = segment.first_chunk::<2>().ok_or(BAD_HEADER)?;
                    header.restart_interval = usize::from(u16::from_be_bytes(*interval));
                }
                0xda => {
                    if !header.has_tables {
                        lacks_tables_at = Some(after - 2);
                        header.read_tables(&standard_huffman::SEGMENT[4..]).ok_or(BAD_HEADER)?;
                    }
                    let (parts, end) = entropy_data(&buffer[at..]).ok_or(CUT_OFF)?;
                    count = Some(match header.blocks_of_scan(segment).ok_or(BAD_HEADER)? {
                        Some((units, blocks)) => {
                            count_parts(&parts, units, header.restart_interval, &blocks)
                        }
                        None => Count::Exact,
                    });
                    at += end;
                }
                _ => {}
            }
        }
    }

    /// The picture with all tables that a decoder needs.
    fn complete(&self) -> Cow<'a, [u8]> {
        match self.lacks_tables_at {
            None => Cow::Borrowed(self.data),
            Some(at) => Cow::Owned(
                [&self.data[..at], &standard_huffman::SEGMENT, &self.data[at..]].concat(),
            ),
        }
    }
}

impl Header {
    /// Start of frame: size and components.
    fn read_frame(&mut self, marker: u8, segment: &[u8]) -> Option<()> {
        let [precision, h1, h0, w1, w0, count] = *segment.first_chunk::<6>()?;
        let size = (u32::from_be_bytes([0, 0, w1, w0]), u32::from_be_bytes([0, 0, h1, h0]));
        let components = segment.get(6..6 + usize::from(count) * 3)?;
        let sides = 1..=MAX_SIDE;
        if precision != 8 || !sides.contains(&size.0) || !sides.contains(&size.1) {
            return None;
        }
        self.size = size;
        self.is_sequential = marker != 0xc2;
        self.components = components
            .chunks_exact(3)
            .map(|c| Component {
                id: c[0],
                across: usize::from(c[1] >> 4),
                down: usize::from(c[1] & 15),
            })
            .collect();
        let sound = |c: &Component| (1..=4).contains(&c.across) && (1..=4).contains(&c.down);
        (matches!(count, 1 | 3) && self.components.iter().all(sound)).then_some(())
    }

    /// Huffman tables, any number in a segment.
    fn read_tables(&mut self, mut segment: &[u8]) -> Option<()> {
        self.has_tables = true;
        while let Some((&[kind_and_place], rest)) = segment.split_first_chunk() {
            let (counts, rest) = rest.split_first_chunk::<16>()?;
            let length = counts.iter().map(|&n| usize::from(n)).sum();
            let (symbols, rest) = rest.split_at_checked(length)?;
            let is_dc = kind_and_place >> 4 == 0;
            let places = if is_dc { &mut self.dc } else { &mut self.ac };
            *places.get_mut(usize::from(kind_and_place & 15))? =
                Some(Table::new(counts, symbols, is_dc)?);
            segment = rest;
        }
        Some(())
    }

    /// How many units a scan holds, and the tables of each block of a unit. The outer `None`: the
    /// scan contradicts the frame; the inner: it is of a kind that can't be counted.
    #[allow(clippy::type_complexity, reason = "a type for one return value tells less")]
    fn blocks_of_scan(&self, segment: &[u8]) -> Option<Option<(usize, Vec<(&Table, &Table)>)>> {
        let (&count, rest) = segment.split_first()?;
        let selectors = rest.get(..usize::from(count) * 2)?;
        if self.components.is_empty() {
            return None;
        }
        if !self.is_sequential || usize::from(count) != self.components.len() {
            return Some(None);
        }
        let (mut across_max, mut down_max) = (1, 1);
        let mut blocks = Vec::new();
        for selector in selectors.chunks_exact(2) {
            let component = self.components.iter().find(|c| c.id == selector[0])?;
            let dc = self.dc.get(usize::from(selector[1] >> 4))?.as_ref()?;
            let ac = self.ac.get(usize::from(selector[1] & 15))?.as_ref()?;
            // A single component is not interleaved: a unit is one block, whatever it says.
            let (across, down) =
                if count == 1 { (1, 1) } else { (component.across, component.down) };
            (across_max, down_max) = (across.max(across_max), down.max(down_max));
            blocks.extend(std::iter::repeat_n((dc, ac), across * down));
        }
        let units_across = (self.size.0 as usize).div_ceil(8 * across_max);
        let units_down = (self.size.1 as usize).div_ceil(8 * down_max);
        Some(Some((units_across * units_down, blocks)))
    }
}

/// The next marker at or after `at`, and where the bytes after it start.
fn next_marker(buffer: &[u8], at: usize) -> Option<(u8, usize)> {
    let rest = buffer.get(at..)?;
    // Markers stand right after each other; some cameras fill up with any number of 0xff.
    let filled = rest.iter().take_while(|b| **b == 0xff).count();
    let marker = *rest.get(filled)?;
    (filled > 0 && marker != 0).then_some((marker, at + filled + 1))
}

/// The data of a scan, parted at restart markers, without stuffed bytes; and where the marker
/// after it starts. `None` if there is none.
fn entropy_data(scan: &[u8]) -> Option<(Vec<Vec<u8>>, usize)> {
    let mut parts = Vec::new();
    let mut part = Vec::with_capacity(scan.len().min(1 << 16));
    let mut at = 0;
    loop {
        let plain = scan.get(at..)?.iter().position(|b| *b == 0xff)?;
        part.extend_from_slice(&scan[at..at + plain]);
        at += plain;
        match *scan.get(at + 1)? {
            0x00 => {
                part.push(0xff);
                at += 2;
            }
            // Filling before a marker.
            0xff => at += 1,
            0xd0..=0xd7 => {
                parts.push(std::mem::take(&mut part));
                at += 2;
            }
            _ => {
                parts.push(part);
                return Some((parts, at));
            }
        }
    }
}

/// Counts `units` units, of which each part but the last holds `interval` (0: there is one part).
fn count_parts(
    parts: &[Vec<u8>],
    units: usize,
    interval: usize,
    blocks: &[(&Table, &Table)],
) -> Count {
    let interval = if interval == 0 { units } else { interval };
    let mut left = units;
    for part in parts {
        // Some cameras send a restart marker also after the last unit.
        let here = left.min(interval);
        match entropy::count(part, here, blocks) {
            Count::Exact => left -= here,
            other => return other,
        }
    }
    if left == 0 { Count::Exact } else { Count::Short }
}

#[cfg(test)]
mod tests;
