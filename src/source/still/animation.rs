//! GIF and animated WebP, each picture at its time.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::time::Duration;

use image::codecs::gif::GifDecoder;
use image::codecs::webp::WebPDecoder;
use image::{AnimationDecoder, DynamicImage, Frames, ImageDecoder, ImageFormat};

use super::picture_file::{PictureFault, StillPicture, check_size, limits, on_white};
use super::{as_picture, info_of, name_of};
use crate::runtime::worker;
use crate::source::media::{Damage, MediaError, MediaInfo, MediaItem, MediaReader, Orientation};
use crate::time::Pts;

/// Shorter times are those of authors who meant "as fast as possible"; browsers and ffmpeg show
/// such a picture for a tenth of a second.
const SHORTEST: Duration = Duration::from_millis(20);
const INSTEAD: Duration = Duration::from_millis(100);

/// An animation.
pub struct Animation {
    path: PathBuf,
    format: ImageFormat,
    info: MediaInfo,
    frames: Frames<'static>,
    /// The first picture after a seek.
    first: Option<MediaItem>,
    at: Duration,
    index: u64,
    ended: bool,
}

impl Animation {
    /// `None` for a WebP file with a single picture.
    pub fn open(path: &Path, format: ImageFormat) -> Result<Option<Self>, MediaError> {
        let file = File::open(path).map_err(|error| MediaError::unreadable(path, &error))?;
        let file = BufReader::new(file);
        let opened = worker::guard(|| frames(file, format))
            .unwrap_or_else(|panic| Err(PictureFault::Damaged(panic)))
            .map_err(|fault| fault.of_file(path))?;
        let Some(Opened { size, frames }) = opened else { return Ok(None) };
        let name = name_of(format);
        let info = info_of(name, name, size);
        Ok(Some(Self {
            path: path.into(),
            info,
            frames,
            format,
            first: None,
            at: Duration::ZERO,
            index: 0,
            ended: false,
        }))
    }
}

struct Opened {
    size: (u32, u32),
    frames: Frames<'static>,
}

/// The size is checked before memory is taken for pictures.
fn frames(file: BufReader<File>, format: ImageFormat) -> Result<Option<Opened>, PictureFault> {
    if format == ImageFormat::Gif {
        let mut decoder = GifDecoder::new(file)?;
        // Each picture states a size of its own.
        decoder.set_limits(limits())?;
        let size = decoder.dimensions();
        check_size(size)?;
        return Ok(Some(Opened { size, frames: decoder.into_frames() }));
    }
    let decoder = WebPDecoder::new(file)?;
    let size = decoder.dimensions();
    check_size(size)?;
    Ok(decoder.has_animation().then(|| Opened { size, frames: decoder.into_frames() }))
}

impl MediaReader for Animation {
    fn info(&self) -> &MediaInfo {
        &self.info
    }

    fn next_item(&mut self) -> Result<Option<MediaItem>, MediaError> {
        if let Some(item) = self.first.take() {
            return Ok(Some(item));
        }
        if self.ended {
            return Ok(None);
        }
        let frames = &mut self.frames;
        let next = worker::guard(|| frames.next());
        let reason = match next {
            Ok(None) => {
                self.ended = true;
                return Ok(None);
            }
            Ok(Some(Ok(frame))) => {
                let delay = Duration::from(frame.delay());
                let picture = DynamicImage::ImageRgba8(frame.into_buffer());
                let size = (picture.width(), picture.height());
                let (rgb, orientation) = (on_white(picture), Orientation::default());
                let picture = StillPicture { size, rgb, orientation };
                let (pts, index) = (Pts::new(self.at), self.index);
                self.at += if delay < SHORTEST { INSTEAD } else { delay };
                self.index += 1;
                return Ok(Some(MediaItem::Picture(as_picture(picture, pts, index))));
            }
            Ok(Some(Err(error))) => error.to_string(),
            Err(panic) => panic,
        };
        self.ended = true;
        if self.index == 0 {
            return Err(MediaError::damaged(&self.path, reason));
        }
        let at = Pts::new(self.at);
        Ok(Some(MediaItem::Damage(Damage { from: at, to: at, pictures: 0, reason })))
    }

    /// Each picture is drawn over the one before, so they are drawn from the first on.
    fn seek(&mut self, pts: Pts) -> Result<(), MediaError> {
        self.first = None;
        // Times only grow, and that of the next picture is known.
        if Pts::new(self.at) > pts || self.ended {
            let again = Self::open(&self.path, self.format)?;
            *self = again.ok_or_else(|| MediaError::damaged(&self.path, "it has changed"))?;
        }
        loop {
            let item = self.next_item()?;
            match &item {
                Some(MediaItem::Picture(picture)) if picture.pts < pts => {}
                _ => {
                    self.first = item;
                    return Ok(());
                }
            }
        }
    }
}
