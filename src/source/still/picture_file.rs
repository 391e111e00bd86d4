//! One picture file: decoded safely, turned as its EXIF says. The only place where picture files
//! are decoded, for videos and for labelled pictures alike.

use std::io::{self, Cursor};
use std::path::Path;

use image::{DynamicImage, ImageDecoder, ImageError, ImageReader, Limits};

use super::jpeg;
use crate::runtime::worker;
use crate::source::media::{MAX_PIXELS, MediaError, Orientation};

/// Larger files are not read: [`MAX_PIXELS`] without compression worth its name.
pub const MAX_FILE_BYTES: u64 = 256 << 20;

/// A picture in memory, upright.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StillPicture {
    /// Width and height in pixels.
    pub size: (u32, u32),
    /// `width * height * 3` bytes.
    pub rgb: Vec<u8>,
    /// How it lay in the file.
    pub orientation: Orientation,
}

/// Why the content of a file can't be shown. Without its name: whoever knows that adds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PictureFault {
    /// The system refused.
    Io(String),
    /// Not a kind that is read, in words.
    Unsupported(String),
    /// More than [`MAX_PIXELS`].
    TooManyPixels {
        /// Pixels.
        width: u64,
        /// Pixels.
        height: u64,
    },
    /// Few pixels, and still more memory than a picture may take.
    TooMuchMemory,
    /// The end is missing.
    CutOff,
    /// The content contradicts itself, in words.
    Damaged(String),
}

impl PictureFault {
    pub(super) fn of_file(self, path: &Path) -> MediaError {
        match self {
            Self::Io(reason) => MediaError::Unreadable { path: path.into(), reason },
            Self::Unsupported(what) => {
                MediaError::Unsupported { path: path.into(), what, ffmpeg: None }
            }
            Self::TooManyPixels { width, height } => {
                MediaError::TooLarge { path: path.into(), width, height }
            }
            Self::TooMuchMemory => {
                MediaError::damaged(path, "it asks for more memory than a picture may")
            }
            Self::CutOff => MediaError::damaged(path, "it breaks off before its end"),
            Self::Damaged(reason) => MediaError::damaged(path, reason),
        }
    }
}

impl From<ImageError> for PictureFault {
    fn from(error: ImageError) -> Self {
        match error {
            ImageError::IoError(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                Self::CutOff
            }
            ImageError::IoError(error) => Self::Io(error.to_string()),
            ImageError::Unsupported(what) => Self::Unsupported(what.to_string()),
            ImageError::Limits(_) => Self::TooMuchMemory,
            other => {
                // The first line names the cause; what follows is for developers of the decoder.
                let reason = other.to_string();
                Self::Damaged(reason.lines().next().unwrap_or_default().chars().take(200).collect())
            }
        }
    }
}

/// Reads a PNG, JPEG, WebP, BMP or GIF file, see [`decode_picture`].
///
/// # Errors
/// Says what is wrong with the file.
pub fn read_picture(path: &Path) -> Result<StillPicture, MediaError> {
    let unreadable = |error: &io::Error| MediaError::unreadable(path, error);
    let bytes = std::fs::metadata(path).map_err(|error| unreadable(&error))?.len();
    if bytes > MAX_FILE_BYTES {
        return Err(MediaError::damaged(path, "it has more bytes than a picture needs"));
    }
    let file = std::fs::read(path).map_err(|error| unreadable(&error))?;
    decode_picture(&file).map_err(|fault| fault.of_file(path))
}

/// Decodes the content of a picture file, of an animation the first picture. What it is is told
/// from itself. More than [`MAX_PIXELS`] are refused before memory is taken for them; what is
/// transparent is put on white; a JPEG that breaks off is refused, as decoders fill it up with grey
/// and say nothing.
///
/// # Errors
/// Says what is wrong with it. Never panics, whatever it holds.
pub fn decode_picture(file: &[u8]) -> Result<StillPicture, PictureFault> {
    // A decoder that panics on a hostile file must not take the program with it.
    worker::guard(|| decode(file)).unwrap_or_else(|panic| Err(PictureFault::Damaged(panic)))
}

fn decode(file: &[u8]) -> Result<StillPicture, PictureFault> {
    let mut reader = ImageReader::new(Cursor::new(file))
        .with_guessed_format()
        .map_err(|error| PictureFault::Io(error.to_string()))?;
    if jpeg::is_cut_off(file) {
        return Err(PictureFault::CutOff);
    }
    reader.limits(limits());
    let mut decoder = reader.into_decoder()?;
    check_size(decoder.dimensions())?;
    // A note about rotation that can't be read is no reason to refuse the picture.
    let turn = decoder.orientation().unwrap_or(image::metadata::Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder)?;
    picture.apply_orientation(turn);
    let orientation = Orientation::from_exif(turn.to_exif().into());
    Ok(StillPicture {
        size: (picture.width(), picture.height()),
        rgb: on_white(picture),
        orientation,
    })
}

/// Memory of a decoder: four colours of 16 bits at most, and once more for itself.
pub(super) fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_PIXELS * 16);
    limits
}

pub(super) fn check_size((width, height): (u32, u32)) -> Result<(), PictureFault> {
    let (width, height) = (u64::from(width), u64::from(height));
    if width * height > MAX_PIXELS {
        return Err(PictureFault::TooManyPixels { width, height });
    }
    Ok(())
}

/// RGB bytes; what is transparent shows white.
pub(super) fn on_white(picture: DynamicImage) -> Vec<u8> {
    if !picture.color().has_alpha() {
        return picture.into_rgb8().into_raw();
    }
    let rgba = picture.into_rgba8();
    let mut rgb = Vec::with_capacity(rgba.len() / 4 * 3);
    for pixel in rgba.pixels() {
        let [r, g, b, alpha] = pixel.0.map(u32::from);
        let blend = |colour: u32| ((colour * alpha + 255 * (255 - alpha) + 127) / 255) as u8;
        rgb.extend([blend(r), blend(g), blend(b)]);
    }
    rgb
}
