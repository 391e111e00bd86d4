//! One picture: from a file, an archive or a table to a frame.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageReader, Limits};

use super::{PictureError, jpeg};
use crate::frame::{Frame, RunId};
use crate::time::Pts;

/// A photograph of a large camera has 60 million pixels; more is a mistake or an attack.
const MAX_PIXELS: u64 = 64_000_000;

/// Such a photograph, without compression worth its name.
const MAX_FILE_BYTES: u64 = 256 << 20;

/// What a decoder may take: [`MAX_PIXELS`] of four 16-bit channels.
const MAX_DECODER_BYTES: u64 = MAX_PIXELS * 8;

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
    /// kind is told by the content. A rotation noted by the camera is carried out; transparency is
    /// dropped.
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
        // Decoders are made for sound files; a hostile one may make them panic.
        catch_unwind(AssertUnwindSafe(|| decode(file)))
            .unwrap_or_else(|_| Err(PictureError::Damaged { reason: "it can't be decoded".into() }))
    }
}

fn decode(file: &[u8]) -> Result<Picture, PictureError> {
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_DECODER_BYTES);
    let mut reader = ImageReader::new(Cursor::new(file))
        .with_guessed_format()
        .map_err(|error| PictureError::Unreadable { reason: error.to_string() })?;
    reader.limits(limits);
    if reader.format().is_none() {
        return Err(PictureError::UnknownFormat);
    }
    if jpeg::is_cut_off(file) {
        return Err(PictureError::CutOff);
    }
    let mut decoder = reader.into_decoder().map_err(picture_error)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(PictureError::TooLarge { size: format!("{width}x{height} pixels") });
    }
    // A note about rotation that can't be read is no reason to refuse the picture.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut image = DynamicImage::from_decoder(decoder).map_err(picture_error)?;
    image.apply_orientation(orientation);
    let size = (image.width(), image.height());
    Picture::from_rgb(size, image.into_rgb8().into_raw())
}

fn picture_error(error: ImageError) -> PictureError {
    match error {
        ImageError::Unsupported(_) => PictureError::UnknownFormat,
        ImageError::Limits(_) => {
            PictureError::TooLarge { size: "it needs more memory than a picture may".into() }
        }
        ImageError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            PictureError::CutOff
        }
        other => {
            // The first line names the cause; what follows is for developers of the decoder.
            let reason = other.to_string();
            let line = reason.lines().next().unwrap_or_default();
            PictureError::Damaged { reason: line.chars().take(200).collect() }
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
