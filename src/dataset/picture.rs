//! One picture: from a file, an archive or a table to a frame.

use std::path::{Path, PathBuf};

use super::PictureError;
use crate::frame::{Frame, RunId};
use crate::source::still::{MAX_FILE_BYTES, PictureFault, decode_picture};
use crate::time::Pts;

/// A decoded picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Upright, RGB.
    pub frame: Frame,
    /// Whether all pixels are grey.
    pub is_grey: bool,
}

impl Picture {
    /// `pixels`: row by row from the top left, `channels` (1 grey or 3 RGB) together.
    pub(super) fn from_pixels(
        (width, height): (u32, u32),
        channels: usize,
        pixels: &[u8],
    ) -> Result<Self, PictureError> {
        let rgb = match channels {
            1 => pixels.iter().flat_map(|value| [*value; 3]).collect(),
            _ => pixels.to_vec(),
        };
        Self::from_rgb((width, height), rgb)
    }

    fn from_rgb((width, height): (u32, u32), rgb: Vec<u8>) -> Result<Self, PictureError> {
        let is_grey = rgb.as_chunks::<3>().0.iter().all(|[r, g, b]| r == g && g == b);
        let frame = Frame::new(RunId(0), 0, Pts::ZERO, (width, height), rgb)
            .map_err(|wrong| PictureError::Damaged { reason: wrong.to_string() })?;
        Ok(Self { frame, is_grey })
    }

    /// Reads a picture file (bmp, gif, jpeg, png or webp; of an animation the first picture). The
    /// kind is told by the content. A rotation noted by the camera is carried out; what is transparent
    /// is put on white.
    ///
    /// # Errors
    /// Says why the file is of no use. Never panics, whatever the file holds.
    pub fn read(path: &Path) -> Result<Self, PictureError> {
        let unreadable =
            |error: std::io::Error| PictureError::Unreadable { reason: error.to_string() };
        let metadata = std::fs::metadata(path).map_err(unreadable)?;
        if !metadata.is_file() {
            return Err(PictureError::NotAFile);
        }
        if metadata.len() > MAX_FILE_BYTES {
            return Err(PictureError::TooLarge { size: format!("{} MB", metadata.len() >> 20) });
        }
        Self::decode(&std::fs::read(path).map_err(unreadable)?)
    }

    /// As [`Self::read`], from the content of a file.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn decode(file: &[u8]) -> Result<Self, PictureError> {
        let picture = decode_picture(file)?;
        Self::from_rgb(picture.size, picture.rgb)
    }
}

impl From<PictureFault> for PictureError {
    fn from(fault: PictureFault) -> Self {
        match fault {
            PictureFault::Io(reason) => Self::Unreadable { reason },
            PictureFault::Unsupported(_) => Self::UnknownFormat,
            PictureFault::TooManyPixels { width, height } => {
                Self::TooLarge { size: format!("{width}x{height} pixels") }
            }
            PictureFault::TooMuchMemory => {
                Self::TooLarge { size: "it needs more memory than a picture may".into() }
            }
            PictureFault::CutOff => Self::CutOff,
            PictureFault::Damaged(reason) => Self::Damaged { reason },
        }
    }
}

/// A picture that has not been decoded yet: cheap to hand from thread to thread.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredPicture {
    /// Index of its example.
    pub example: usize,
    content: Content,
}

/// Where the pixels are.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Content {
    File(PathBuf),
    /// Row by row, channels together.
    Pixels {
        size: (u32, u32),
        channels: usize,
        pixels: Vec<u8>,
    },
    /// Grey values as decimal numbers parted by spaces, a square (FER2013).
    Text(String),
    /// It could not even be fetched.
    Missing(PictureError),
}

impl StoredPicture {
    pub(super) fn new(example: usize, content: Content) -> Self {
        Self { example, content }
    }

    /// Decodes it.
    ///
    /// # Errors
    /// As [`Picture::read`].
    pub fn open(&self) -> Result<Picture, PictureError> {
        match &self.content {
            Content::File(path) => Picture::read(path),
            Content::Pixels { size, channels, pixels } => {
                Picture::from_pixels(*size, *channels, pixels)
            }
            Content::Text(text) => parse_pixels(text),
            Content::Missing(error) => Err(error.clone()),
        }
    }
}

fn parse_pixels(text: &str) -> Result<Picture, PictureError> {
    let damaged = |reason: String| PictureError::Damaged { reason };
    let pixels: Vec<u8> = text
        .split_ascii_whitespace()
        .map(|value| value.parse().map_err(|_| damaged(format!("'{value}' is no grey value"))))
        .collect::<Result<_, _>>()?;
    let side = pixels.len().isqrt();
    if side == 0 || side * side != pixels.len() {
        return Err(damaged(format!("{} grey values are no square", pixels.len())));
    }
    Picture::from_pixels((side as u32, side as u32), 1, &pixels)
}
