//! A stream from V4L2 where nokhwa can't: rates that are no whole number, such as the 29.97 of
//! capture cards, and grey pictures, which the kernel calls `GREY` and nokhwa asks for as `GRAY`.

use std::time::Duration;

use nix::time::{ClockId, clock_gettime};
use v4l::buffer::{Flags, Type};
use v4l::io::mmap::Stream;
use v4l::io::traits::CaptureStream;
use v4l::video::Capture;

use super::choice::CameraFormat;
use super::fault::Fault;
use super::{RawPicture, list};

/// As many as nokhwa asks for; the driver fills one while another is read.
const BUFFERS: u32 = 4;

/// A device that streams. Streaming begins with the first picture that is read.
pub struct V4l2Stream {
    stream: Stream<'static>,
    format: CameraFormat,
}

impl V4l2Stream {
    /// Opens camera `number` in `format`.
    pub fn open(number: u32, format: CameraFormat) -> Result<Self, Fault> {
        let device = list::set_format(number, &format)?;
        // A driver that can't do what it is asked does something near.
        let taken = Capture::format(&device)?;
        if (taken.width, taken.height) != format.size {
            let reason = format!("it took on {}x{} instead", taken.width, taken.height);
            return Err(Fault::Refused(reason));
        }
        let stream = Stream::with_buffers(&device, Type::VideoCapture, BUFFERS)?;
        Ok(Self { stream, format })
    }

    /// Waits for a picture.
    pub fn read(&mut self) -> Result<RawPicture, Fault> {
        let CameraFormat { size, pixels, .. } = self.format;
        let (buffer, metadata) = CaptureStream::next(&mut self.stream)?;
        let damaged = metadata.flags.contains(Flags::ERROR);
        // A torn picture is handed on without its bytes, which the decoder finds to be damage.
        let used = if damaged { 0 } else { metadata.bytesused as usize };
        let bytes = buffer.get(..used).unwrap_or(buffer).to_vec();
        let is_monotonic = metadata.flags & Flags::TIMESTAMP_MASK == Flags::TIMESTAMP_MONOTONIC;
        let age = now().filter(|_| is_monotonic).and_then(|now| {
            let captured = Duration::from(metadata.timestamp);
            now.checked_sub(captured)
        });
        Ok(RawPicture { pixels, size, bytes, age })
    }
}

/// On the clock that drivers use.
fn now() -> Option<Duration> {
    clock_gettime(ClockId::CLOCK_MONOTONIC).ok().map(Duration::from)
}
