//! One picture file: decoded safely, turned as its EXIF says.

use std::fs::File;
use std::io::{BufRead, BufReader, Seek};
use std::path::Path;

use image::{DynamicImage, ImageDecoder, ImageError, ImageReader, Limits};

use crate::runtime::worker;
use crate::source::media::{MAX_PIXELS, MediaError, Orientation};

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

/// Reads a PNG, JPEG, WebP, BMP or GIF file, of an animation the first picture. What it is is told
/// from its content. More than [`MAX_PIXELS`] are refused before memory is taken for them; what is
/// transparent is put on white.
///
/// # Errors
/// Says what is wrong with the file.
pub fn read_picture(path: &Path) -> Result<StillPicture, MediaError> {
    let file = File::open(path).map_err(|error| MediaError::unreadable(path, &error))?;
    // A decoder that panics on a hostile file must not take the program with it.
    worker::guard(|| decode(BufReader::new(file), path))
        .unwrap_or_else(|panic| Err(MediaError::damaged(path, panic)))
}

fn decode(file: impl BufRead + Seek, path: &Path) -> Result<StillPicture, MediaError> {
    let failed = |error: ImageError| of_image(&error, path);
    let mut reader = ImageReader::new(file)
        .with_guessed_format()
        .map_err(|error| MediaError::unreadable(path, &error))?;
    let mut limits = Limits::default();
    // Four colours of 16 bits at most, and once more for the decoder.
    limits.max_alloc = Some(MAX_PIXELS * 16);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(failed)?;
    check_size(decoder.dimensions(), path)?;
    let turn = decoder.orientation().unwrap_or(image::metadata::Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder).map_err(failed)?;
    picture.apply_orientation(turn);
    let orientation = Orientation::from_exif(turn.to_exif().into());
    Ok(StillPicture {
        size: (picture.width(), picture.height()),
        rgb: on_white(picture),
        orientation,
    })
}

pub(super) fn check_size((width, height): (u32, u32), path: &Path) -> Result<(), MediaError> {
    let (width, height) = (u64::from(width), u64::from(height));
    if width * height > MAX_PIXELS {
        return Err(MediaError::TooLarge { path: path.into(), width, height });
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

pub(super) fn of_image(error: &ImageError, path: &Path) -> MediaError {
    match error {
        ImageError::IoError(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => {
            MediaError::unreadable(path, error)
        }
        ImageError::Unsupported(what) => {
            MediaError::Unsupported { path: path.into(), what: what.to_string(), ffmpeg: None }
        }
        other => MediaError::damaged(path, other.to_string()),
    }
}
