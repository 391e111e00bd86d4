//! One picture of a source, and the run it belongs to.

use crate::time::Pts;

/// One start-to-stop of a source. What belongs to another run is ignored, so that a thread
/// that outlives its run does no harm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct RunId(pub u64);

/// A picture: 8-bit RGB (sRGB), row by row from the top left, three bytes a pixel, no padding.
///
/// Shared as `Arc<Frame>` and never changed.
#[derive(Clone, PartialEq, Eq)]
pub struct Frame {
    /// The run this frame belongs to.
    pub run: RunId,
    /// Counts the frames the source captured in this run, from 0; a gap means frames were
    /// captured and not handed on.
    pub index: u64,
    /// When it was captured.
    pub pts: Pts,
    width: u32,
    height: u32,
    rgb: Vec<u8>,
}

impl Frame {
    /// Wraps pixels as a frame.
    ///
    /// # Errors
    /// Returns [`WrongSize`] unless `rgb.len() == width * height * 3` and neither side is zero.
    pub fn new(
        run: RunId,
        index: u64,
        pts: Pts,
        (width, height): (u32, u32),
        rgb: Vec<u8>,
    ) -> Result<Self, WrongSize> {
        let expected = width as usize * height as usize * 3;
        if expected == 0 || rgb.len() != expected {
            return Err(WrongSize { width, height, bytes: rgb.len() });
        }
        Ok(Self { run, index, pts, width, height, rgb })
    }

    /// Width in pixels, at least 1.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height in pixels, at least 1.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Width and height in pixels.
    pub fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// The pixels alone, as [`Self::rgb`] has them.
    pub fn into_rgb(self) -> Vec<u8> {
        self.rgb
    }

    /// `width * height * 3` bytes: R, G, B of each pixel, row by row from the top left.
    pub fn rgb(&self) -> &[u8] {
        &self.rgb
    }
}

impl std::fmt::Debug for Frame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Frame {{ run {:?}, index {}, pts {}, {}x{} }}",
            self.run, self.index, self.pts, self.width, self.height
        )
    }
}

/// The pixels do not fill a picture of that size.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a picture of {width}x{height} needs {} bytes of RGB, got {bytes}", *width as usize * *height as usize * 3)]
pub struct WrongSize {
    /// Claimed width in pixels.
    pub width: u32,
    /// Claimed height in pixels.
    pub height: u32,
    /// Bytes that came.
    pub bytes: usize,
}
