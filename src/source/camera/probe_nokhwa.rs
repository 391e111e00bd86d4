//! Asks cameras what they offer where nokhwa is the only way to.

use nokhwa::utils::{ApiBackend, CameraIndex, RequestedFormat, RequestedFormatType};

use super::super::choice::{CameraFormat, Rate};
use super::super::fault::Fault;
use super::super::{FORMATS, pixel_format};
use super::{Answer, Node};

/// The cameras that the system lists.
pub fn nodes() -> Result<Vec<Node>, Fault> {
    let listed = nokhwa::query(ApiBackend::Auto)?;
    Ok(listed
        .iter()
        .filter_map(|camera| {
            let CameraIndex::Index(number) = camera.index() else { return None };
            Some(Node { number: *number, name: camera.human_name(), identity: None })
        })
        .collect())
}

/// Asks camera `number` what it offers.
pub fn ask(number: u32) -> Result<Answer, Fault> {
    let request = RequestedFormat::with_formats(RequestedFormatType::None, &FORMATS);
    let mut camera = nokhwa::Camera::new(CameraIndex::Index(number), request)?;
    let formats = camera.compatible_camera_formats()?;
    let formats = formats
        .iter()
        .map(|format| CameraFormat {
            size: (format.width(), format.height()),
            rate: Rate::whole(format.frame_rate()),
            pixels: pixel_format(format.format()),
        })
        .collect();
    Ok(Answer::Camera { formats, unknown: Vec::new() })
}
