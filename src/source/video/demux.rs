//! What a container gives: packets with their times, and what they hold.

use std::fs::File;
use std::io::{self, BufReader, Seek};
use std::path::Path;
use std::time::Duration;

use super::error::MediaError;
use super::keys::KeyPoint;
use super::picture::{Colour, Shape};

/// Larger packets are damage: a picture of 64 megapixels takes less.
pub const MAX_PACKET_BYTES: u64 = 128 << 20;

/// Gives the packets of one video track in decoding order, from memory that does not grow with
/// the file.
pub trait Demuxer {
    /// What the track holds.
    fn track(&self) -> &Track;

    /// The next packet; `None` at the end.
    ///
    /// # Errors
    /// [`DemuxError::Damaged`] and [`DemuxError::Io`]: nothing more comes.
    fn next_packet(&mut self) -> Result<Option<Packet>, DemuxError>;

    /// The last packet that can be decoded by itself and is shown at `micros` or before, found from
    /// tables or from the headers of packets; `None` if there is none. What comes next stays what it
    /// is.
    fn key_before(&mut self, micros: i64) -> Option<KeyPoint>;

    /// Goes on from a packet that [`Self::key_before`] gave; `None`: from the first.
    ///
    /// # Errors
    /// As [`Self::next_packet`].
    fn go_to(&mut self, point: Option<&KeyPoint>) -> Result<(), DemuxError>;
}

/// One video track.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Track {
    /// `mp4`, `matroska`, `avi`.
    pub container: &'static str,
    /// One for each way in which packets of the track are coded; most files have one.
    pub descriptions: Vec<Description>,
    pub shape: Shape,
    /// Pictures a second on average; 0 if unknown.
    pub nominal_rate_hz: f64,
    pub duration: Option<Duration>,
}

/// How packets are coded.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Description {
    pub codec: Codec,
    /// What the container keeps for the decoder: avcC, hvcC and the like without their headers.
    pub config: Vec<u8>,
    /// Width and height in pixels that the container states; 0 if it does not.
    pub size: (u32, u32),
    pub colour: Colour,
}

/// How pictures are coded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Codec {
    H264,
    Hevc,
    Vp9,
    Av1,
    Mjpeg,
    /// As the container names it.
    Other(String),
}

impl Default for Codec {
    fn default() -> Self {
        Self::Other(String::new())
    }
}

impl Codec {
    /// As `session.json` names it.
    pub fn name(&self) -> &str {
        match self {
            Self::H264 => "h264",
            Self::Hevc => "hevc",
            Self::Vp9 => "vp9",
            Self::Av1 => "av1",
            Self::Mjpeg => "mjpeg",
            Self::Other(name) => name,
        }
    }
}

/// A coded picture.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Packet {
    /// When it is shown, in millionths of a second, rounded to the nearest; may be negative.
    pub micros: i64,
    /// Whether it is shown at all: an edit list may leave it out though others need it.
    pub shown: bool,
    /// Whether it can be decoded without others.
    pub is_sync: bool,
    /// Index of its [`Description`].
    pub description: usize,
    pub data: Vec<u8>,
}

/// `ticks` of `numerator / denominator` seconds in millionths, rounded to the nearest as ffprobe
/// prints them.
pub fn micros(ticks: i64, numerator: u64, denominator: u64) -> i64 {
    // A hostile header may claim ticks of centuries: such times end up at the limit.
    let scaled = i128::from(ticks).saturating_mul(i128::from(numerator)).saturating_mul(2_000_000);
    let denominator = i128::from(denominator.max(1));
    let rounded = scaled.saturating_add(denominator).div_euclid(2 * denominator);
    rounded.clamp(i64::MIN.into(), i64::MAX.into()) as i64
}

/// Goes to `offset`, and keeps what is in the buffer when it lies within.
pub fn seek_to(file: &mut BufReader<File>, offset: u64) -> io::Result<()> {
    let here = file.stream_position()?;
    file.seek_relative(offset.wrapping_sub(here).cast_signed())
}

/// Why a container gives no packets, or no more.
#[derive(Debug)]
pub enum DemuxError {
    Io(io::Error),
    /// Headers or tables that make no sense.
    Damaged(String),
    /// The file ends before its time.
    Truncated,
    /// Sound, but not for us.
    Unsupported(String),
}

impl From<io::Error> for DemuxError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::Truncated,
            _ => Self::Io(error),
        }
    }
}

impl DemuxError {
    pub fn damaged(reason: impl Into<String>) -> Self {
        Self::Damaged(reason.into())
    }

    /// The same about a file that can't be opened because of it.
    pub fn of_file(self, path: &Path) -> MediaError {
        match self {
            Self::Io(error) => MediaError::unreadable(path, &error),
            Self::Damaged(reason) => MediaError::damaged(path, reason),
            Self::Truncated => MediaError::damaged(path, ENDS_EARLY),
            Self::Unsupported(what) => {
                MediaError::Unsupported { path: path.into(), what, ffmpeg: None }
            }
        }
    }

    /// In words, for damage in the middle of a file.
    pub fn reason(&self) -> String {
        match self {
            Self::Io(error) => error.to_string(),
            Self::Damaged(reason) | Self::Unsupported(reason) => reason.clone(),
            Self::Truncated => ENDS_EARLY.into(),
        }
    }
}

const ENDS_EARLY: &str = "the file ends early";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_rounded_to_the_nearest_microsecond() {
        assert_eq!(micros(1, 1, 30), 33_333);
        assert_eq!(micros(2, 1, 30), 66_667);
        assert_eq!(micros(-1, 1, 30), -33_333);
        assert_eq!(micros(1001, 1, 30_000), 33_367);
        assert_eq!(micros(i64::MAX, u64::MAX, 1), i64::MAX);
        assert_eq!(micros(5, 1, 0), 5_000_000);
    }
}
