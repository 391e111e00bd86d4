//! Cameras, through nokhwa. No other folder names it.
//!
//! A [`Camera`] is opened, read and dropped on one thread. Its `next_frame` waits inside the driver
//! and may do so for ever; [`Interrupt`](super::Interrupt) ends that wait on Unix.
//!
//! What nokhwa 0.10 does not do is done here: choosing a format ([`choose`]), telling cameras from
//! other devices and asking them without disturbing them ([`cameras`]), telling causes of errors
//! apart, noticing torn JPEG pictures, times that never run backwards, going on after a transfer
//! broke off, and, on Linux, fractional rates and grey pictures.

mod choice;
mod clock;
mod decode;
mod entropy;
mod fault;
mod jpeg;
mod list;
mod standard_huffman;
#[cfg(target_os = "linux")]
mod v4l2_stream;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use nokhwa::utils::{CameraIndex, FrameFormat, RequestedFormat, RequestedFormatType, Resolution};

pub use choice::{CameraFormat, PREFERRED_SIZE, PixelFormat, Rate, choose};
pub use decode::Decoder;
pub use list::{CameraInfo, cameras};

use self::clock::CaptureClock;
use self::fault::Fault;
use self::list::guarded;
use super::{FrameSource, SourceError, SourceInfo};
use crate::frame::{Frame, RunId};
use crate::runtime::cancel::Cancelled;

/// A camera that streams.
///
/// [`Frame::index`] counts the pictures that the driver handed over, damaged ones included; those
/// that the driver itself dropped are not known.
pub struct Camera {
    /// `None` only between a failed restart and the drop.
    device: Option<Device>,
    number: u32,
    wanted_size: Option<(u32, u32)>,
    info: SourceInfo,
    run: RunId,
    next_index: u64,
    clock: CaptureClock,
    decoder: Decoder,
    /// Whether a picture came since the device was started.
    delivered: bool,
}

/// How many formats are tried on a camera that takes on another one than it was asked for.
const MAX_ATTEMPTS: usize = 3;

impl Camera {
    /// Opens camera `number`, or the first one that can be used, and starts it at the size nearest
    /// to `wanted_size`, or at what suits the analysis.
    ///
    /// A camera that another program streams from may fail only at the first
    /// [`next_frame`](FrameSource::next_frame): V4L2 tells no earlier.
    ///
    /// # Errors
    /// Says in words why it can't be used.
    pub fn open(
        number: Option<u32>,
        wanted_size: Option<(u32, u32)>,
        run: RunId,
    ) -> Result<Self, SourceError> {
        let camera = pick(number)?;
        let (device, format) = start(&camera, wanted_size)?;
        tracing::info!(camera = camera.number, name = camera.name, %format, "camera opened");
        Ok(Self {
            device: Some(device),
            number: camera.number,
            wanted_size,
            info: info_of(&camera, &format),
            run,
            next_index: 0,
            clock: CaptureClock::default(),
            decoder: Decoder::default(),
            delivered: false,
        })
    }

    /// Waits for a picture of the driver.
    fn read(&mut self) -> Result<RawPicture, Fault> {
        match &mut self.device {
            Some(device) => device.read(),
            None => Err(Fault::Gone),
        }
    }

    /// Closes the device and opens it again, in the same run.
    ///
    /// Needed also after a mere signal: nokhwa hands the driver the same buffer twice if it is
    /// asked again after an error, which fails.
    fn restart(&mut self, cause: &Fault) -> Result<(), SourceError> {
        tracing::warn!(camera = self.number, ?cause, "camera restarted");
        close(self.device.take());
        list::forget(self.number);
        let name = self.info.name.clone();
        let camera = pick(Some(self.number)).map_err(|error| match error {
            SourceError::NotFound { .. } => SourceError::Unplugged { name },
            other => other,
        })?;
        let (device, format) = start(&camera, self.wanted_size)?;
        self.device = Some(device);
        self.info = info_of(&camera, &format);
        self.delivered = false;
        Ok(())
    }

    fn decode(&mut self, picture: &RawPicture) -> Result<Frame, SourceError> {
        let now = Instant::now();
        let pts = self.clock.pts(now, picture.age);
        let index = self.next_index;
        self.next_index += 1;

        let RawPicture { pixels, size: announced, bytes, .. } = picture;
        // What comes over a cable is not to end the program, whatever a decoder thinks of it.
        let decoder = AssertUnwindSafe(&mut self.decoder);
        let decoded = catch_unwind(move || { decoder }.0.decode(*pixels, *announced, bytes))
            .unwrap_or_else(|_| Err("the decoder gave up".to_owned()));
        let damaged = |reason| SourceError::DamagedFrame { reason };
        let (size, rgb) = decoded.map_err(damaged)?;
        Frame::new(self.run, index, pts, size, rgb).map_err(|err| damaged(err.to_string()))
    }
}

impl FrameSource for Camera {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn next_frame(&mut self, cancelled: &Cancelled) -> Result<Frame, SourceError> {
        loop {
            if cancelled.is_cancelled() {
                return Err(SourceError::Cancelled);
            }
            match self.read() {
                Ok(picture) => {
                    self.delivered = true;
                    return self.decode(&picture);
                }
                Err(Fault::Interrupted) if cancelled.is_cancelled() => {}
                Err(Fault::Interrupted) => self.restart(&Fault::Interrupted)?,
                // Once for each time that it worked; a camera that never does is given up.
                Err(Fault::Transfer) if self.delivered => self.restart(&Fault::Transfer)?,
                Err(fault) => return Err(fault.into_error(&self.info.name)),
            }
        }
    }
}

impl Drop for Camera {
    fn drop(&mut self) {
        close(self.device.take());
    }
}

/// A picture as the driver handed it over.
struct RawPicture {
    pixels: PixelFormat,
    /// Width and height that were agreed with the driver.
    size: (u32, u32),
    /// Maybe more than the picture: drivers round up to pages.
    bytes: Vec<u8>,
    /// How long ago it was captured, if the driver tells.
    age: Option<Duration>,
}

/// An open device.
enum Device {
    Nokhwa(Box<nokhwa::Camera>),
    #[cfg(target_os = "linux")]
    V4l2(v4l2_stream::V4l2Stream),
}

impl Device {
    fn read(&mut self) -> Result<RawPicture, Fault> {
        match self {
            Self::Nokhwa(camera) => {
                let buffer = guarded(|| camera.frame())?;
                let pixels = pixel_format(buffer.source_frame_format());
                let size = (buffer.resolution().width(), buffer.resolution().height());
                let age = buffer.capture_timestamp().and_then(clock::age);
                let bytes = buffer.buffer_bytes();
                // With one holder left, the bytes change hands without being copied.
                drop(buffer);
                Ok(RawPicture { pixels, size, bytes: bytes.into(), age })
            }
            #[cfg(target_os = "linux")]
            Self::V4l2(stream) => guarded(|| stream.read()),
        }
    }
}

/// Closes a device; the libraries below panic if the driver reports an error then.
fn close(device: Option<Device>) {
    if let Err(fault) = guarded(|| -> Result<(), Fault> {
        drop(device);
        Ok(())
    }) {
        tracing::warn!(?fault, "the camera did not close properly");
    }
}

/// Camera `number`, or the first that can be used.
fn pick(number: Option<u32>) -> Result<CameraInfo, SourceError> {
    ask_for_permission()?;
    let mut cameras = cameras()?;
    let position = match number {
        Some(number) => cameras
            .iter()
            .position(|camera| camera.number == number)
            .ok_or(SourceError::NotFound { number })?,
        // If none can be used, the first says why.
        None if cameras.is_empty() => return Err(SourceError::NoCamera),
        None => cameras.iter().position(CameraInfo::is_usable).unwrap_or(0),
    };
    let camera = cameras.swap_remove(position);
    match camera.problem {
        Some(problem) => Err(problem),
        None => Ok(camera),
    }
}

/// Opens and starts a camera; tells in which format.
fn start(
    camera: &CameraInfo,
    wanted_size: Option<(u32, u32)>,
) -> Result<(Device, CameraFormat), SourceError> {
    let mut offered = camera.formats.clone();
    let mut last = None;
    for _ in 0..MAX_ATTEMPTS {
        let Some(format) = choose(&offered, wanted_size) else { break };
        match start_with(camera.number, &format) {
            Ok(device) => return Ok((device, format)),
            Err(Fault::Refused(reason)) => {
                tracing::warn!(camera = camera.number, %format, reason, "format refused");
                offered.retain(|other| *other != format);
                last = Some(Fault::Refused(reason));
            }
            Err(fault) => return Err(fault.into_error(&camera.name)),
        }
    }
    let none = || Fault::Other("it offers no picture format any more".to_owned());
    Err(last.unwrap_or_else(none).into_error(&camera.name))
}

fn info_of(camera: &CameraInfo, format: &CameraFormat) -> SourceInfo {
    SourceInfo {
        name: camera.name.clone(),
        size: format.size,
        nominal_rate_hz: format.rate.hz(),
        format: format.pixels.to_string(),
        mirror: true,
    }
}

fn start_with(number: u32, format: &CameraFormat) -> Result<Device, Fault> {
    #[cfg(target_os = "linux")]
    if !format.is_for_nokhwa() {
        let stream = guarded(|| v4l2_stream::V4l2Stream::open(number, *format))?;
        return Ok(Device::V4l2(stream));
    }
    let rate = format.rate.as_whole().ok_or(Fault::FractionalRate)?;
    let (width, height) = format.size;
    let wish = nokhwa::utils::CameraFormat::new(
        Resolution::new(width, height),
        frame_format(format.pixels),
        rate,
    );
    // Exact is not compared with nokhwa's own list, which lacks formats.
    let request = RequestedFormat::with_formats(RequestedFormatType::Exact(wish), &FORMATS);
    let open = || guarded(|| nokhwa::Camera::new(CameraIndex::Index(number), request));
    let opened = match open() {
        // nokhwa reads the current rate first and gives up if that is a fraction.
        #[cfg(target_os = "linux")]
        Err(Fault::FractionalRate) => {
            guarded(|| list::set_format(number, format))?;
            open()
        }
        other => other,
    };
    let mut device = opened?;
    match guarded(|| device.open_stream()) {
        Ok(()) => Ok(Device::Nokhwa(Box::new(device))),
        Err(fault) => {
            close(Some(Device::Nokhwa(Box::new(device))));
            Err(fault)
        }
    }
}

/// All that can be decoded.
const FORMATS: [FrameFormat; 6] = [
    FrameFormat::YUYV,
    FrameFormat::NV12,
    FrameFormat::RAWRGB,
    FrameFormat::RAWBGR,
    FrameFormat::MJPEG,
    FrameFormat::GRAY,
];

fn frame_format(pixels: PixelFormat) -> FrameFormat {
    match pixels {
        PixelFormat::Yuyv => FrameFormat::YUYV,
        PixelFormat::Nv12 => FrameFormat::NV12,
        PixelFormat::Rgb => FrameFormat::RAWRGB,
        PixelFormat::Bgr => FrameFormat::RAWBGR,
        PixelFormat::Mjpeg => FrameFormat::MJPEG,
        PixelFormat::Gray => FrameFormat::GRAY,
    }
}

fn pixel_format(format: FrameFormat) -> PixelFormat {
    match format {
        FrameFormat::YUYV => PixelFormat::Yuyv,
        FrameFormat::NV12 => PixelFormat::Nv12,
        // Media Foundation's RGB24 has blue first and is handed on under this name.
        FrameFormat::RAWRGB if cfg!(windows) => PixelFormat::Bgr,
        FrameFormat::RAWRGB => PixelFormat::Rgb,
        FrameFormat::RAWBGR => PixelFormat::Bgr,
        FrameFormat::MJPEG => PixelFormat::Mjpeg,
        FrameFormat::GRAY => PixelFormat::Gray,
    }
}

/// macOS asks the user once, and nothing works before the answer.
#[cfg(target_os = "macos")]
fn ask_for_permission() -> Result<(), SourceError> {
    /// A person who has not answered by then sees the error and can try again.
    const PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);
    if nokhwa::nokhwa_check() {
        return Ok(());
    }
    let (sender, answer) = crossbeam_channel::bounded(1);
    nokhwa::nokhwa_initialize(move |granted| {
        // Nobody may wait any more.
        let _ = sender.try_send(granted);
    });
    match answer.recv_timeout(PATIENCE) {
        Ok(true) => Ok(()),
        _ => Err(SourceError::PermissionDenied { name: "camera".to_owned() }),
    }
}

#[cfg(not(target_os = "macos"))]
fn ask_for_permission() -> Result<(), SourceError> {
    Ok(())
}
