//! Video files: containers, decoders behind one trait, presentation times.
//!
//! A `demux::Demuxer` gives packets with the times of its container, a `decode::VideoDecoder`
//! turns them into pictures in whatever order, and `reader::VideoReader` puts these in the order
//! in which they are shown. What none of them can read goes to an installed `ffmpeg`.

mod av1;
mod avi;
mod bits;
mod decode;
mod demux;
pub mod error;
mod ffmpeg;
mod h264;
mod hevc;
mod keys;
mod mjpeg;
mod mkv;
mod mp4;
pub mod picture;
mod reader;
mod vp9;

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use demux::{DemuxError, Demuxer};
use error::MediaError;

use super::media::{MediaReader, OpenOptions};
use crate::runtime::worker;

/// Opens a video file.
///
/// # Errors
/// As [`super::media::open`].
pub(super) fn open(path: &Path, options: &OpenOptions) -> Result<Box<dyn MediaReader>, MediaError> {
    let refused = match open_builtin(path) {
        Ok(reader) => return Ok(Box::new(reader)),
        Err(
            refused @ (MediaError::Unknown { .. }
            | MediaError::Unsupported { .. }
            | MediaError::Damaged { .. }),
        ) if options.ffmpeg => refused,
        Err(error) => return Err(error),
    };
    match ffmpeg::Ffmpeg::open(path) {
        Ok(reader) => Ok(Box::new(reader)),
        Err(ffmpeg::Refused::NotInstalled) => Err(refused),
        Err(ffmpeg::Refused::Media(error)) => Err(error),
        Err(ffmpeg::Refused::Said(said)) => Err(match refused {
            MediaError::Unknown { path, .. } => MediaError::Unknown { path, ffmpeg: Some(said) },
            MediaError::Unsupported { path, what, .. } => {
                MediaError::Unsupported { path, what, ffmpeg: Some(said) }
            }
            other => other,
        }),
    }
}

fn open_builtin(path: &Path) -> Result<reader::VideoReader, MediaError> {
    let unreadable = |error: &std::io::Error| MediaError::unreadable(path, error);
    let mut file = File::open(path).map_err(|error| unreadable(&error))?;
    let mut head = [0; 12];
    let mut got = 0;
    while got < head.len() {
        match file.read(&mut head[got..]).map_err(|error| unreadable(&error))? {
            0 => break,
            n => got += n,
        }
    }
    file.seek(SeekFrom::Start(0)).map_err(|error| unreadable(&error))?;
    let file = BufReader::with_capacity(64 * 1024, file);
    // A parser that panics on a hostile file must not take the program with it.
    let demuxer = worker::guard(|| -> Result<Option<Box<dyn Demuxer>>, DemuxError> {
        Ok(match &head[..got] {
            [0x1a, 0x45, 0xdf, 0xa3, ..] => Some(Box::new(mkv::Mkv::open(file)?)),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'A', b'V', b'I', b' '] => {
                Some(Box::new(avi::Avi::open(file)?))
            }
            head if mp4::looks_like(head) => Some(Box::new(mp4::Mp4::open(file)?)),
            _ => None,
        })
    })
    .unwrap_or_else(|panic| Err(DemuxError::Damaged(panic)))
    .map_err(|error| error.of_file(path))?;
    let Some(demuxer) = demuxer else {
        return Err(MediaError::Unknown { path: path.into(), ffmpeg: None });
    };
    reader::VideoReader::open(path, demuxer)
}
