//! Opens and reads the emulated camera inside this process.

use mien::frame::{Frame, RunId};
use mien::runtime::cancel::cancel_token;
use mien::source::camera::Camera;
use mien::source::{FrameSource, SourceError};

pub const RUN: RunId = RunId(7);
/// As the emulated camera calls itself, said once.
pub const NAME: &str = "Fake Camera";

pub fn open() -> Result<Camera, SourceError> {
    Camera::open(Some(0), None, RUN)
}

/// The next `count` frames.
pub fn frames(camera: &mut Camera, count: usize) -> Result<Vec<Frame>, SourceError> {
    let (_guard, cancelled) = cancel_token();
    (0..count).map(|_| camera.next_frame(&cancelled)).collect()
}

/// A folder and the name of a file in it, as settings of the emulated camera need it.
pub fn file_name(name: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name).to_str().unwrap().to_owned();
    (folder, path)
}
