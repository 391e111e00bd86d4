//! A drawn head: what a user without a camera sees, and what tests run on without anyone's
//! picture.

use super::{FrameSource, SourceError, SourceInfo};
use crate::frame::{Frame, RunId};
use crate::runtime::cancel::Cancelled;

/// The drawn scene as a live source.
pub struct DemoSource {}

impl DemoSource {
    /// A scene with one or two people.
    pub fn open(people: u8, run: RunId) -> Self {
        let _ = (people, run);
        Self {}
    }
}

impl FrameSource for DemoSource {
    fn info(&self) -> &SourceInfo {
        unreachable!()
    }

    fn next_frame(&mut self, _: &Cancelled) -> Result<Frame, SourceError> {
        unreachable!()
    }
}
