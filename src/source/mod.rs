//! Where frames come from. Each kind of source is one folder and implements [`FrameSource`].

#[cfg(feature = "camera")]
pub mod camera;
pub mod demo;
pub mod inputs;
mod interrupt;
pub mod media;
pub mod still;
pub mod video;

pub use interrupt::{Attached, Interrupt};

use std::fmt;
use std::str::FromStr;

use crate::frame::{Frame, RunId};
use crate::runtime::cancel::Cancelled;

/// Delivers frames, one after the other. Made, used and dropped on one thread: cameras are not
/// `Send`.
pub trait FrameSource {
    /// What was opened.
    fn info(&self) -> &SourceInfo;

    /// Waits for the next frame. A live source paces itself; it returns
    /// [`SourceError::Cancelled`] soon after `cancelled` fires, if its driver lets it.
    ///
    /// # Errors
    /// After an error for which [`SourceError::is_fatal`] holds the source is of no further use;
    /// after another the next call may succeed.
    fn next_frame(&mut self, cancelled: &Cancelled) -> Result<Frame, SourceError>;
}

/// What a source delivers.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceInfo {
    /// For people: the name of the camera, or "Demo".
    pub name: String,
    /// Width and height in pixels; frames may differ if the source changes its mind.
    pub size: (u32, u32),
    /// Frames a second as the source states it; 0 if it does not.
    pub nominal_rate_hz: f64,
    /// How pixels arrive, for people: "YUYV", "MJPEG", "drawn".
    pub format: String,
    /// Whether people expect to see themselves as in a mirror (cameras).
    pub mirror: bool,
}

/// Which source to open. Written `camera`, `camera:0`, `camera:0@1280x720`, `demo`, `demo:2`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SourceSpec {
    /// A webcam.
    Camera {
        /// Its number, as `mien cameras` lists it; `None`: the first that can be used.
        number: Option<u32>,
        /// Wished width and height in pixels, of which the nearest is taken; `None`: what suits
        /// the analysis.
        size: Option<(u32, u32)>,
    },
    /// The built-in drawn scene with that many people (1 or 2).
    Demo {
        /// 1 or 2.
        people: u8,
    },
}

impl fmt::Display for SourceSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Camera { number, size } => {
                f.write_str("camera")?;
                if let Some(number) = number {
                    write!(f, ":{number}")?;
                }
                if let Some((width, height)) = size {
                    write!(f, "@{width}x{height}")?;
                }
                Ok(())
            }
            Self::Demo { people: 1 } => f.write_str("demo"),
            Self::Demo { people } => write!(f, "demo:{people}"),
        }
    }
}

impl FromStr for SourceSpec {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || {
            format!("unknown source '{text}': use camera, camera:N, camera:N@WxH, demo or demo:2")
        };
        let (name, size) = match text.split_once('@') {
            Some((name, size)) => (name, Some(parse_size(size).ok_or_else(unknown)?)),
            None => (text, None),
        };
        let (kind, number) = match name.split_once(':') {
            Some((kind, number)) => (kind, Some(number.parse().map_err(|_| unknown())?)),
            None => (name, None),
        };
        match (kind, number, size) {
            ("camera", number, size) => Ok(Self::Camera { number, size }),
            ("demo", None | Some(1), None) => Ok(Self::Demo { people: 1 }),
            ("demo", Some(2), None) => Ok(Self::Demo { people: 2 }),
            _ => Err(unknown()),
        }
    }
}

/// Reads `1280x720`; neither side may be zero.
fn parse_size(text: &str) -> Option<(u32, u32)> {
    let (width, height) = text.split_once('x')?;
    let (width, height) = (width.parse().ok()?, height.parse().ok()?);
    (width > 0 && height > 0).then_some((width, height))
}

/// Opens a source for run `run`. Blocks; call it on the thread that will use the source.
///
/// # Errors
/// Says in words why the source can't be used.
pub fn open(spec: &SourceSpec, run: RunId) -> Result<Box<dyn FrameSource>, SourceError> {
    match spec {
        #[cfg(feature = "camera")]
        SourceSpec::Camera { number, size } => {
            Ok(Box::new(camera::Camera::open(*number, *size, run)?))
        }
        #[cfg(not(feature = "camera"))]
        SourceSpec::Camera { .. } => Err(SourceError::NotBuilt),
        SourceSpec::Demo { people } => Ok(Box::new(demo::DemoSource::open(*people, run))),
    }
}

/// Why a source gives no frames. `Display` is one sentence that names the cause;
/// [`Self::advice`] says what to do next.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// Nothing is plugged in.
    #[error("no camera was found")]
    NoCamera,
    /// A camera was asked for that is not there.
    #[error("camera {number} was not found")]
    NotFound {
        /// As asked for.
        number: u32,
    },
    /// Another program has it.
    #[error("\u{201c}{name}\u{201d} is used by another program")]
    Busy {
        /// Name of the camera.
        name: String,
    },
    /// The system denies access.
    #[error("no permission to use \u{201c}{name}\u{201d}")]
    PermissionDenied {
        /// Name of the camera.
        name: String,
    },
    /// It went away.
    #[error("\u{201c}{name}\u{201d} was unplugged")]
    Unplugged {
        /// Name of the camera.
        name: String,
    },
    /// The watchdog saw no frame for a while.
    #[error("\u{201c}{name}\u{201d} stopped sending pictures: none for {secs} s")]
    Stalled {
        /// Name of the camera.
        name: String,
        /// Seconds without a frame.
        secs: u64,
    },
    /// No pixel format in common.
    #[error("\u{201c}{name}\u{201d} offers no usable picture format ({offered})")]
    NoUsableFormat {
        /// Name of the camera.
        name: String,
        /// What it offers, for people.
        offered: String,
    },
    /// One frame could not be decoded; the next may.
    #[error("a damaged picture came from the camera: {reason}")]
    DamagedFrame {
        /// What the decoder said.
        reason: String,
    },
    /// Any other word of the driver.
    #[error("\u{201c}{name}\u{201d} failed: {reason}")]
    Driver {
        /// Name of the camera.
        name: String,
        /// What the driver said.
        reason: String,
    },
    /// This build has no camera support.
    #[error("this build of Mien has no camera support")]
    NotBuilt,
    /// Asked to stop.
    #[error("stopped")]
    Cancelled,
}

impl SourceError {
    /// Whether the source is of no further use.
    pub fn is_fatal(&self) -> bool {
        !matches!(self, Self::DamagedFrame { .. })
    }

    /// What to do next, in one or two sentences.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::NoCamera => "Plug one in; Mien finds it by itself. The demo source needs none.",
            Self::NotFound { .. } => "Run “mien cameras” to see which ones there are.",
            Self::Busy { .. } => "Close the other program, then try again.",
            Self::PermissionDenied { .. } => {
                "On Linux add yourself to the group “video” and log in again; elsewhere allow \
                 camera access in the privacy settings. “mien doctor” checks it."
            }
            Self::Unplugged { .. } => "Plug it in again; Mien goes on by itself.",
            Self::Stalled { .. } => {
                "Another program may be using it, or its cable is loose. Try again, or choose \
                 another source."
            }
            Self::NoUsableFormat { .. } => "Choose another camera, or report its formats to us.",
            Self::DamagedFrame { .. } => "If this goes on, try another cable or port.",
            Self::Driver { .. } => "Try again; if it goes on, unplug the camera and plug it in.",
            Self::NotBuilt => "Build with the feature “camera”, or use the demo source.",
            Self::Cancelled => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specs_read_back_as_written() {
        for text in [
            "camera",
            "camera:0",
            "camera:12",
            "camera:0@1280x720",
            "camera@320x240",
            "demo",
            "demo:2",
        ] {
            assert_eq!(text.parse::<SourceSpec>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "camera:x",
            "camera:",
            "camera:0@",
            "camera:0@640",
            "camera:0@0x480",
            "camera@640x480x2",
            "demo:3",
            "demo:0",
            "demo@640x480",
            "webcam",
            "camera:-1",
        ] {
            assert!(text.parse::<SourceSpec>().is_err(), "{text}");
        }
    }
}
