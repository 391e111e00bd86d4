//! Picture files: single ones, animations, and folders of numbered ones.

mod animation;
mod jpeg;
mod picture_file;
mod sequence;

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use image::ImageFormat;

pub use picture_file::{MAX_FILE_BYTES, PictureFault, StillPicture, decode_picture, read_picture};
pub use sequence::{Sequence, numbered_pictures};

use super::media::{MediaError, MediaInfo, MediaItem, MediaReader};
use super::video::picture::{Picture, Pixels, Shape};
use crate::time::Pts;
use animation::Animation;

/// Opens a picture or an animation; `None` if the file is neither.
pub(super) fn open(path: &Path) -> Result<Option<Box<dyn MediaReader>>, MediaError> {
    let Some(format) = format_of(path)? else { return Ok(None) };
    if matches!(format, ImageFormat::Gif | ImageFormat::WebP)
        && let Some(animation) = Animation::open(path, format)?
    {
        return Ok(Some(Box::new(animation)));
    }
    let picture = read_picture(path)?;
    Ok(Some(Box::new(Single::new(path, format, picture))))
}

/// What kind of picture a file is, by its first bytes; `None` if it is none that Mien reads.
fn format_of(path: &Path) -> Result<Option<ImageFormat>, MediaError> {
    let unreadable = |error: &io::Error| MediaError::unreadable(path, error);
    let mut head = Vec::new();
    let file = File::open(path).map_err(|error| unreadable(&error))?;
    file.take(64).read_to_end(&mut head).map_err(|error| unreadable(&error))?;
    let format = image::guess_format(&head).ok();
    Ok(format.filter(|format| FORMATS.contains(format)))
}

const FORMATS: [ImageFormat; 5] =
    [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP, ImageFormat::Bmp, ImageFormat::Gif];

/// As `session.json` names it.
fn name_of(format: ImageFormat) -> &'static str {
    match format {
        ImageFormat::Png => "png",
        ImageFormat::Jpeg => "jpeg",
        ImageFormat::WebP => "webp",
        ImageFormat::Bmp => "bmp",
        ImageFormat::Gif => "gif",
        _ => "picture",
    }
}

/// What is known of pictures that are decoded here.
fn info_of(container: &str, codec: &str, size: (u32, u32)) -> MediaInfo {
    MediaInfo {
        container: container.into(),
        codec: codec.into(),
        decoder: "built-in",
        size,
        rotation_deg: 0,
        nominal_rate_hz: 0.0,
        single_picture: false,
        duration: None,
    }
}

fn as_picture(picture: StillPicture, pts: Pts, index: u64) -> Picture {
    let pixels = Pixels::Rgb { size: picture.size, rgb: picture.rgb };
    Picture { pts, index, pixels, shape: Shape::default() }
}

/// One picture, shown at time zero.
struct Single {
    path: PathBuf,
    info: MediaInfo,
    picture: Option<StillPicture>,
}

impl Single {
    fn new(path: &Path, format: ImageFormat, picture: StillPicture) -> Self {
        let name = name_of(format);
        let mut info = info_of(name, name, picture.size);
        info.rotation_deg = picture.orientation.degrees();
        info.single_picture = true;
        Self { path: path.into(), info, picture: Some(picture) }
    }
}

impl MediaReader for Single {
    fn info(&self) -> &MediaInfo {
        &self.info
    }

    fn next_item(&mut self) -> Result<Option<MediaItem>, MediaError> {
        Ok(self.picture.take().map(|p| MediaItem::Picture(as_picture(p, Pts::ZERO, 0))))
    }

    fn seek(&mut self, pts: Pts) -> Result<(), MediaError> {
        if pts > Pts::ZERO {
            self.picture = None;
        } else if self.picture.is_none() {
            self.picture = Some(read_picture(&self.path)?);
        }
        Ok(())
    }
}
