//! Matroska and WebM.

use std::fs::File;
use std::io::BufReader;
use std::time::Duration;

use matroska_demuxer::{
    ContentCompAlgo, ContentEncodingValue, DemuxError as MkvError, DisplayUnit, Frame,
    MatrixCoefficients, MatroskaFile, Range, TrackEntry, TrackType,
};

use super::demux::{
    Codec, DemuxError, Demuxer, Description, MAX_PACKET_BYTES, Packet, Track, micros,
};
use super::picture::{Colour, Shape};

/// A file.
pub struct Mkv {
    file: MatroskaFile<BufReader<File>>,
    track: Track,
    number: u64,
    /// Nanoseconds in a tick.
    tick_nanos: u64,
    /// Bytes that each packet begins with and the file leaves out.
    stripped: Vec<u8>,
    frame: Frame,
}

impl Mkv {
    /// Reads the headers.
    ///
    /// # Errors
    /// [`DemuxError`].
    pub fn open(file: BufReader<File>) -> Result<Self, DemuxError> {
        let file = MatroskaFile::open(file).map_err(in_our_words)?;
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
        Ok(Self { track, number, tick_nanos, stripped, file, frame: Frame::default() })
    }
}

impl Demuxer for Mkv {
    fn track(&self) -> &Track {
        &self.track
    }

    fn next_packet(&mut self) -> Result<Option<Packet>, DemuxError> {
        loop {
            if !self.file.next_frame(&mut self.frame).map_err(in_our_words)? {
                return Ok(None);
            }
            if self.frame.track == self.number {
                break;
            }
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

    /// Packets must be read to know their times, so nothing is left out.
    fn skip_to(&mut self, _: i64) -> u64 {
        0
    }
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
        MkvError::IoError(error) => error.into(),
        MkvError::ElementSizeExceedsStream { .. } => DemuxError::Truncated,
        other => DemuxError::Damaged(other.to_string()),
    }
}
