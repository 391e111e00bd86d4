//! Files that hold pictures: what a reader of them gives, whatever the format.
//!
//! A reader has no clock and starts no thread; it is driven by whoever wants the next picture.

use std::path::Path;
use std::time::Duration;

use super::still;
use super::video;
pub use super::video::error::MediaError;
pub use super::video::picture::{Orientation, Picture};
use crate::time::Pts;

/// Larger pictures are refused before memory is taken for them: 8192 x 8192.
pub const MAX_PIXELS: u64 = 64 << 20;

/// Gives the pictures of one file, in the order in which they are shown. Made, used and dropped on
/// one thread.
pub trait MediaReader {
    /// What was opened.
    fn info(&self) -> &MediaInfo;

    /// The next picture or piece of damage; `None` at the end.
    ///
    /// # Errors
    /// After an error there is nothing more to be had.
    fn next_item(&mut self) -> Result<Option<MediaItem>, MediaError>;

    /// Goes to `pts`, forwards or back: the next picture is the first that is shown then or later,
    /// the same with the same number as if all had been read from the start. Decoding begins at the
    /// picture before it that can be decoded by itself; where a format has no such pictures, or
    /// `ffmpeg` reads it, at the start.
    ///
    /// # Errors
    /// After an error there is nothing more to be had.
    fn seek(&mut self, pts: Pts) -> Result<(), MediaError>;
}

/// What a reader found next.
#[derive(Debug)]
pub enum MediaItem {
    /// A picture.
    Picture(Picture),
    /// Pictures that should be there and can't be shown.
    Damage(Damage),
}

/// A piece of a file that can't be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// When the first picture that is missing would have been shown.
    pub from: Pts,
    /// When pictures come again, or the end of what was damaged.
    pub to: Pts,
    /// Pictures lost; 0 if nobody knows.
    pub pictures: u64,
    /// Why, for people.
    pub reason: String,
}

/// What a file holds.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MediaInfo {
    /// `mp4`, `matroska`, `avi`, `gif`, `webp`, `pictures`, `png` and so on.
    pub container: String,
    /// `h264`, `hevc`, `vp9`, `av1`, `mjpeg`, or how a picture file is coded.
    pub codec: String,
    /// What decodes it: `built-in` or `ffmpeg`.
    pub decoder: &'static str,
    /// Width and height in pixels as shown, so after rotation; pictures may differ.
    pub size: (u32, u32),
    /// Clockwise turn that the file asks for, in degrees.
    pub rotation_deg: u16,
    /// Pictures a second on average; 0 if unknown.
    pub nominal_rate_hz: f64,
    /// Whether it is a picture file rather than a video.
    pub single_picture: bool,
    /// When the last picture ends, if the file says so. For progress alone.
    pub duration: Option<Duration>,
}

/// How a file may be opened.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OpenOptions {
    /// Whether an installed `ffmpeg` may read what Mien can't.
    pub ffmpeg: bool,
    /// Pictures a second of a folder of numbered pictures.
    pub picture_rate_hz: f64,
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self { ffmpeg: true, picture_rate_hz: 25.0 }
    }
}

/// Opens a video, an animation, a picture, or a folder of numbered pictures. What it is is told
/// from its content, never from its name.
///
/// # Errors
/// Says what stands in the way and what would help.
pub fn open(path: &Path, options: &OpenOptions) -> Result<Box<dyn MediaReader>, MediaError> {
    let metadata = std::fs::metadata(path).map_err(|error| MediaError::unreadable(path, &error))?;
    if metadata.is_dir() {
        return Ok(Box::new(still::Sequence::open(path, options.picture_rate_hz)?));
    }
    if !metadata.is_file() {
        return Err(MediaError::NotAFile { path: path.into() });
    }
    if metadata.len() == 0 {
        return Err(MediaError::Empty { path: path.into() });
    }
    match still::open(path)? {
        Some(reader) => Ok(reader),
        None => video::open(path, options),
    }
}
