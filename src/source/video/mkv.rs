//! Matroska and WebM.

mod input;
mod walk;

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::time::Duration;

use matroska_demuxer::{
    ContentCompAlgo, ContentEncodingValue, DemuxError as MkvError, DisplayUnit, Frame,
    MatrixCoefficients, MatroskaFile, Range, TrackEntry, TrackType,
};

use super::demux::{
    Codec, DemuxError, Demuxer, Description, MAX_PACKET_BYTES, Packet, Track, micros, seek_to,
};
use super::keys::KeyPoint;
use super::picture::{Colour, Shape};
use input::{Input, Patch};
use walk::Walk;

/// A file.
pub struct Mkv {
    file: MatroskaFile<Input>,
    /// The same file, to go elsewhere in it.
    input: Input,
    /// Where the packets so far end: the next one lies beyond.
    reached: u64,
    first_cluster: u64,
    walk: Walk,
    track: Track,
    number: u64,
    /// Nanoseconds in a tick.
    tick_nanos: u64,
    /// Bytes that each packet begins with and the file leaves out.
    stripped: Vec<u8>,
    frame: Frame,
    /// Whether it ends before it says it does.
    is_cut_off: bool,
}

impl Mkv {
    /// Reads the headers.
    ///
    /// # Errors
    /// [`DemuxError`].
    pub fn open(mut file: BufReader<File>) -> Result<Self, DemuxError> {
        let file_bytes = file.seek(SeekFrom::End(0))?;
        let head = head_of(&mut file)?;
        let again = file.get_ref().try_clone()?;
        let mut input = Input::new(file, None);
        let file = match MatroskaFile::open(input.clone()) {
            Ok(file) => file,
            // The list of what lies where names what was cut off, or leads in circles. Without it
            // the file is searched.
            Err(_) => {
                let mut file = BufReader::new(again);
                file.seek(SeekFrom::Start(0))?;
                input = Input::new(file, without_list(&head));
                MatroskaFile::open(input.clone()).map_err(in_our_words)?
            }
        };
        // It is left there.
        let first_cluster = input.stream_position()?;
        let video = |track: &&TrackEntry| track.track_type() == TrackType::Video;
        let entry = file.tracks().iter().find(video);
        let entry = entry.ok_or_else(|| DemuxError::Unsupported("no video track".into()))?;
        let tick_nanos = file.info().timestamp_scale().get();
        let ticks = file.info().duration().unwrap_or(0.0);
        let duration = Duration::try_from_secs_f64(ticks * tick_nanos as f64 / 1e9).ok();
        let frame_nanos = entry.default_duration().map_or(0.0, |nanos| nanos.get() as f64);
        let track = Track {
            container: "matroska",
            descriptions: vec![describe(entry)],
            shape: Shape { pixel_aspect: pixel_aspect(entry), ..Shape::default() },
            nominal_rate_hz: if frame_nanos > 0.0 { 1e9 / frame_nanos } else { 0.0 },
            duration: duration.filter(|duration| !duration.is_zero()),
        };
        let (number, stripped) = (entry.track_number().get(), stripped(entry)?);
        let is_cut_off = stated_end(&head).is_some_and(|end| end > file_bytes);
        let frame = Frame::default();
        let walk = Walk::new(first_cluster, number);
        Ok(Self {
            file,
            input,
            reached: first_cluster,
            first_cluster,
            walk,
            track,
            number,
            tick_nanos,
            stripped,
            frame,
            is_cut_off,
        })
    }

    /// The next packet of the track into `self.frame`; false at the end.
    fn next_frame(&mut self) -> Result<bool, DemuxError> {
        loop {
            self.input.allow(input::READS_OF_A_PACKET);
            let found = self.file.next_frame(&mut self.frame);
            // The crate takes what the system refuses for the end of the file.
            if let Some(error) = self.input.failure() {
                return Err(in_our_words(error.into()));
            }
            if !found.map_err(in_our_words)? {
                return Ok(false);
            }
            // Packets of one block share its end.
            let end = self.input.stream_position()?;
            if end < self.reached {
                return Err(DemuxError::damaged(input::CIRCLES));
            }
            self.reached = end;
            if self.frame.track == self.number {
                return Ok(true);
            }
        }
    }
}

impl Demuxer for Mkv {
    fn track(&self) -> &Track {
        &self.track
    }

    fn next_packet(&mut self) -> Result<Option<Packet>, DemuxError> {
        if !self.next_frame()? {
            return if self.is_cut_off { Err(DemuxError::Truncated) } else { Ok(None) };
        }
        let frame = &mut self.frame;
        if frame.data.len() as u64 > MAX_PACKET_BYTES {
            return Err(DemuxError::damaged("a picture of absurd size"));
        }
        let mut data = std::mem::take(&mut frame.data);
        if !self.stripped.is_empty() {
            data.splice(0..0, self.stripped.iter().copied());
        }
        let ticks = i64::try_from(frame.timestamp).unwrap_or(i64::MAX);
        Ok(Some(Packet {
            micros: micros(ticks, self.tick_nanos, 1_000_000_000),
            shown: !frame.is_invisible,
            // Blocks in groups do not say; decoding tells.
            is_sync: frame.is_keyframe.unwrap_or(true),
            description: 0,
            data,
        }))
    }

    fn key_before(&mut self, target: i64) -> Option<KeyPoint> {
        let mut file = self.input.file();
        let here = file.stream_position().ok()?;
        let tick_nanos = self.tick_nanos;
        let in_micros = |ticks| micros(ticks, tick_nanos, 1_000_000_000);
        let found = self.walk.key_before(&mut file, target, in_micros);
        seek_to(&mut file, here).ok()?;
        found
    }

    fn go_to(&mut self, point: Option<&KeyPoint>) -> Result<(), DemuxError> {
        // Makes the crate forget what it has of the last block; where it goes then does not matter.
        self.input.allow(input::READS_OF_A_PACKET);
        let _ = self.file.seek(0);
        let _ = self.input.failure();
        let place = point.map(|point| point.place);
        let at = place.map_or(self.first_cluster, |place| place.at);
        seek_to(&mut self.input.file(), at)?;
        self.reached = at;
        for _ in 0..place.map_or(0, |place| place.passed) {
            self.next_frame()?;
        }
        Ok(())
    }
}

/// Headers lie within so many bytes of the beginning.
const HEAD_BYTES: u64 = 4096;

fn head_of(file: &mut BufReader<File>) -> Result<Vec<u8>, DemuxError> {
    let mut head = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    file.take(HEAD_BYTES).read_to_end(&mut head)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(head)
}

const SEGMENT: [u8; 4] = [0x18, 0x53, 0x80, 0x67];

/// An element in the beginning of a file.
struct Element {
    at: usize,
    head_bytes: usize,
    /// Bytes after its header; `None`: not known when it was written.
    length: Option<u64>,
}

/// The first element with that identifier of four bytes.
fn find(head: &[u8], id: [u8; 4]) -> Option<Element> {
    let at = head.windows(4).position(|window| window == id)?;
    // As many bytes as there are zero bits in front and one more; what follows is the number.
    let first = *head.get(at + 4)?;
    let length_bytes = first.leading_zeros() as usize + 1;
    let bytes = head.get(at + 4..at + 4 + length_bytes)?;
    let high = u64::from(first) & ((1 << (8 - length_bytes.min(8))) - 1);
    let number = bytes[1..].iter().fold(high, |number, byte| number << 8 | u64::from(*byte));
    let unknown = number == (1 << (7 * length_bytes)) - 1;
    Some(Element { at, head_bytes: 4 + length_bytes, length: (!unknown).then_some(number) })
}

/// Where the file ends as it says itself.
fn stated_end(head: &[u8]) -> Option<u64> {
    let segment = find(head, SEGMENT)?;
    (segment.at as u64 + segment.head_bytes as u64).checked_add(segment.length?)
}

/// A patch that turns the list at the beginning (`SeekHead`) into an element that means nothing,
/// and a checksum before it too, at which the crate stays for ever.
fn without_list(head: &[u8]) -> Option<Patch> {
    const SEEK_HEAD: [u8; 4] = [0x11, 0x4d, 0x9b, 0x74];
    const CHECKSUM: u8 = 0xbf;
    const VOID: u8 = 0xec;
    let segment = find(head, SEGMENT)?;
    let first = segment.at + segment.head_bytes;
    if head.get(first) == Some(&CHECKSUM) {
        return Some(Patch { at: first as u64, bytes: vec![VOID] });
    }
    let list = find(head, SEEK_HEAD)?;
    let whole = (list.head_bytes as u64).checked_add(list.length?)?;
    // Its length in eight bytes, the first of which says so.
    let mut bytes = vec![VOID, 1];
    let rest = whole.checked_sub(9)?;
    bytes.extend(&rest.to_be_bytes()[1..]);
    Some(Patch { at: list.at as u64, bytes })
}

fn describe(entry: &TrackEntry) -> Description {
    let private = entry.codec_private().unwrap_or_default();
    let codec = match entry.codec_id() {
        "V_MPEG4/ISO/AVC" => Codec::H264,
        "V_MPEGH/ISO/HEVC" => Codec::Hevc,
        "V_VP9" => Codec::Vp9,
        "V_AV1" => Codec::Av1,
        "V_MJPEG" => Codec::Mjpeg,
        // The header of a Windows bitmap, with the codec's four letters.
        "V_MS/VFW/FOURCC" => match private.get(16..20) {
            Some(b"MJPG" | b"mjpg") => Codec::Mjpeg,
            letters => Codec::Other(String::from_utf8_lossy(letters.unwrap_or_default()).into()),
        },
        other => Codec::Other(other.trim_start_matches("V_").to_owned()),
    };
    let video = entry.video();
    let size = video.map_or((0, 0), |video| {
        let side = |pixels: u64| u32::try_from(pixels).unwrap_or(u32::MAX);
        (side(video.pixel_width().get()), side(video.pixel_height().get()))
    });
    let colour = video.and_then(|video| video.colour()).map_or_else(Colour::default, |colour| {
        let matrix = match colour.matrix_coefficients() {
            Some(MatrixCoefficients::Identity) => Some(0),
            Some(MatrixCoefficients::Bt709) => Some(1),
            Some(MatrixCoefficients::Fcc73682) => Some(4),
            Some(MatrixCoefficients::Bt470bg) => Some(5),
            Some(MatrixCoefficients::Smpte170) => Some(6),
            Some(MatrixCoefficients::Smpte240) => Some(7),
            Some(MatrixCoefficients::Bt2020Ncl | MatrixCoefficients::Bt2020Cl) => Some(9),
            _ => None,
        };
        let full_range = match colour.range() {
            Some(Range::Full) => Some(true),
            Some(Range::Broadcast) => Some(false),
            _ => None,
        };
        Colour { matrix, full_range }
    });
    Description { codec, config: private.to_vec(), size, colour }
}

/// Width of a pixel over its height, from the size at which the track is to be shown.
fn pixel_aspect(entry: &TrackEntry) -> Option<(u32, u32)> {
    let video = entry.video()?;
    if video.display_unit() == Some(DisplayUnit::Unknown) {
        return None;
    }
    let (width, height) = (video.display_width()?.get(), video.display_height()?.get());
    let wide = width.checked_mul(video.pixel_height().get())?;
    let high = height.checked_mul(video.pixel_width().get())?;
    let (wide, high) = (u32::try_from(wide).ok()?, u32::try_from(high).ok()?);
    (wide != high).then_some((wide, high))
}

/// Of the ways to encode packets once more, the one that players write: a common beginning left
/// out.
fn stripped(entry: &TrackEntry) -> Result<Vec<u8>, DemuxError> {
    match entry.content_encodings().unwrap_or_default() {
        [] => Ok(Vec::new()),
        [only] => match only.encoding() {
            ContentEncodingValue::Compression(compression)
                if compression.algo() == ContentCompAlgo::Stripping =>
            {
                Ok(compression.settings().unwrap_or_default().to_vec())
            }
            ContentEncodingValue::Encryption(_) => {
                Err(DemuxError::Unsupported("encrypted video".into()))
            }
            _ => Err(DemuxError::Unsupported("compressed packets".into())),
        },
        _ => Err(DemuxError::Unsupported("packets compressed more than once".into())),
    }
}

fn in_our_words(error: MkvError) -> DemuxError {
    match error {
        MkvError::IoError(error) if error.kind() == io::ErrorKind::InvalidData => {
            DemuxError::Damaged(error.to_string())
        }
        MkvError::IoError(error) => error.into(),
        MkvError::ElementSizeExceedsStream { .. } => DemuxError::Truncated,
        other => DemuxError::Damaged(other.to_string()),
    }
}
