//! Cameras, through nokhwa.

use super::{FrameSource, SourceError, SourceInfo};
use crate::frame::{Frame, RunId};
use crate::runtime::cancel::Cancelled;

/// A camera that streams.
pub struct Camera {}

impl Camera {
    /// Opens camera `number`, or the first one, and starts it.
    ///
    /// # Errors
    /// Says in words why it can't be used.
    pub fn open(number: Option<u32>, run: RunId) -> Result<Self, SourceError> {
        let _ = (number, run);
        Err(SourceError::NoCamera)
    }
}

impl FrameSource for Camera {
    fn info(&self) -> &SourceInfo {
        unreachable!()
    }

    fn next_frame(&mut self, _: &Cancelled) -> Result<Frame, SourceError> {
        unreachable!()
    }
}
