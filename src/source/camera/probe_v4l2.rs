//! Asks V4L2 devices what they offer.
//!
//! nokhwa can't tell without opening a camera for itself, which sets a format under the feet of
//! whoever uses it, and takes metadata nodes for cameras. Here only questions are asked.

use std::fs;
use std::os::unix::fs::MetadataExt;

use v4l::capability::Flags;
use v4l::frameinterval::FrameIntervalEnum;
use v4l::framesize::FrameSizeEnum;
use v4l::video::Capture;
use v4l::video::capture::Parameters;
use v4l::{Device, Format, FourCC, Fraction};

use super::super::choice::{CameraFormat, PREFERRED_SIZE, PixelFormat, Rate};
use super::super::fault::Fault;
use super::{Answer, Node};

/// Letters of V4L2 and what they are here.
const PIXEL_FORMATS: [(&[u8; 4], PixelFormat); 6] = [
    (b"YUYV", PixelFormat::Yuyv),
    (b"NV12", PixelFormat::Nv12),
    (b"RGB3", PixelFormat::Rgb),
    (b"BGR3", PixelFormat::Bgr),
    (b"MJPG", PixelFormat::Mjpeg),
    (b"GREY", PixelFormat::Gray),
];

/// What is offered of a device that takes any size within bounds.
const USUAL_SIZES: [(u32, u32); 5] =
    [PREFERRED_SIZE, (320, 240), (800, 600), (1280, 720), (1920, 1080)];

/// What is offered of a device that takes any rate within bounds.
const USUAL_RATES: [u32; 4] = [60, 30, 15, 10];

/// The `/dev/videoN`, whatever they are. Other names, such as links made by rules of udev, are not
/// cameras of their own.
pub fn nodes() -> Result<Vec<Node>, Fault> {
    let entries = fs::read_dir("/dev")?;
    Ok(entries
        .filter_map(|entry| {
            let file_name = entry.ok()?.file_name();
            let digits = file_name.to_str()?.strip_prefix("video")?;
            if digits.is_empty() || digits.bytes().any(|b| !b.is_ascii_digit()) {
                return None;
            }
            let number = digits.parse().ok()?;
            let name = fs::read_to_string(format!("/sys/class/video4linux/video{number}/name"));
            let identity = fs::metadata(format!("/dev/video{number}"))
                .ok()
                .map(|metadata| (metadata.ino(), metadata.ctime_nsec()));
            Some(Node { number, name: name.unwrap_or_default(), identity })
        })
        .collect())
}

/// Asks device `number` what it is and offers.
pub fn ask(number: u32) -> Result<Answer, Fault> {
    let device = Device::new(number as usize)?;
    let capabilities = device.query_caps()?.capabilities;
    if !capabilities.contains(Flags::VIDEO_CAPTURE | Flags::STREAMING) {
        return Ok(Answer::NotACamera);
    }
    let (mut formats, mut unknown) = (Vec::new(), Vec::new());
    for description in device.enum_formats()? {
        let fourcc = description.fourcc;
        match PIXEL_FORMATS.iter().find(|(letters, _)| **letters == fourcc.repr) {
            Some((_, pixels)) => {
                for size in sizes(&device, fourcc) {
                    let rates = rates(&device, fourcc, size);
                    let format = |rate| CameraFormat { size, rate, pixels: *pixels };
                    formats.extend(rates.into_iter().map(format));
                }
            }
            None => unknown.push(String::from_utf8_lossy(&fourcc.repr).trim().to_owned()),
        }
    }
    Ok(Answer::Camera { formats, unknown })
}

/// Makes the driver take on a format and a rate, or what is nearest; the device, open.
pub fn set_format(number: u32, format: &CameraFormat) -> Result<Device, Fault> {
    let device = Device::new(number as usize)?;
    let (width, height) = format.size;
    let letters = PIXEL_FORMATS.iter().find(|(_, pixels)| *pixels == format.pixels);
    if let Some((letters, _)) = letters {
        device.set_format(&Format::new(width, height, FourCC::new(letters)))?;
    }
    let Rate { pictures, secs } = format.rate;
    device.set_params(&Parameters::new(Fraction::new(secs, pictures)))?;
    Ok(device)
}

fn sizes(device: &Device, fourcc: FourCC) -> Vec<(u32, u32)> {
    let mut sizes = Vec::new();
    // A driver that does not list sizes has the one it is set to.
    let Ok(listed) = device.enum_framesizes(fourcc) else {
        let current = device.format().ok().filter(|format| format.fourcc == fourcc);
        return current.map(|format| (format.width, format.height)).into_iter().collect();
    };
    for listed in listed {
        match listed.size {
            FrameSizeEnum::Discrete(size) => sizes.push((size.width, size.height)),
            FrameSizeEnum::Stepwise(range) => {
                let widths = (range.min_width, range.max_width, range.step_width);
                let heights = (range.min_height, range.max_height, range.step_height);
                let usual = USUAL_SIZES
                    .into_iter()
                    .filter(|&(width, height)| reaches(widths, width) && reaches(heights, height));
                sizes.extend(usual);
                sizes.push((range.max_width, range.max_height));
            }
        }
    }
    sizes
}

/// Whether steps of `step` lead from `min` to `value`, not beyond `max`.
fn reaches((min, max, step): (u32, u32, u32), value: u32) -> bool {
    (min..=max).contains(&value) && (value - min).is_multiple_of(step.max(1))
}

fn rates(device: &Device, fourcc: FourCC, (width, height): (u32, u32)) -> Vec<Rate> {
    let rate =
        |interval: Fraction| Rate { pictures: interval.denominator, secs: interval.numerator };
    let mut rates = Vec::new();
    match device.enum_frameintervals(fourcc, width, height) {
        Ok(listed) => {
            for listed in listed {
                match listed.interval {
                    FrameIntervalEnum::Discrete(interval) => rates.push(rate(interval)),
                    FrameIntervalEnum::Stepwise(range) => {
                        // The shortest interval is the highest rate.
                        let (low, high) = (rate(range.max).hz(), rate(range.min).hz());
                        let inside = |hz: &u32| (low..=high).contains(&f64::from(*hz));
                        rates.extend(USUAL_RATES.into_iter().filter(inside).map(Rate::whole));
                    }
                }
            }
        }
        // A driver that does not list rates has the one it is set to.
        Err(_) => rates.extend(device.params().map(|params| rate(params.interval))),
    }
    rates.retain(|rate| rate.secs > 0 && rate.pictures > 0);
    rates
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_lead_to_usual_sizes() {
        assert!(reaches((16, 1920, 16), 640));
        assert!(!reaches((16, 1920, 16), 600));
        assert!(!reaches((16, 320, 2), 640));
        // Continuous sizes have a step of 1; some drivers say 0.
        assert!(reaches((1, 8192, 0), 641));
    }
}
