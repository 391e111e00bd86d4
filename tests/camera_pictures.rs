//! What cameras show, through the whole of nokhwa and V4L2, on an emulated device: colours, times,
//! damaged pictures and changing sizes.

#![cfg(all(target_os = "linux", feature = "camera"))]

mod common;

use std::fs;
use std::time::Duration;

use common::camera::{NAME, RUN, file_name, frames, open};
use common::fakecam;
use mien::frame::Frame;
use mien::runtime::cancel::cancel_token;
use mien::source::camera::Camera;
use mien::source::{FrameSource, SourceError};

/// Colours in YUV, each a block of 80 x 240 in a picture of 640 x 480.
const COLOURS: [[u8; 3]; 16] = [
    [16, 128, 128],
    [235, 128, 128],
    [126, 128, 128],
    [82, 90, 240],
    [145, 54, 34],
    [41, 240, 110],
    [210, 16, 146],
    [170, 166, 16],
    [107, 202, 222],
    [60, 100, 150],
    [180, 110, 160],
    [200, 120, 140],
    [90, 140, 120],
    [30, 130, 126],
    [220, 126, 130],
    [150, 128, 100],
];

fn colour_at(x: usize, y: usize) -> [u8; 3] {
    COLOURS[y / 240 * 8 + x / 80]
}

/// ITU-R BT.601 at limited range, as the standard writes it.
fn bt601([y, u, v]: [u8; 3]) -> [f64; 3] {
    let luma = (f64::from(y) - 16.0) * 255.0 / 219.0;
    let (u, v) = ((f64::from(u) - 128.0) * 255.0 / 224.0, (f64::from(v) - 128.0) * 255.0 / 224.0);
    [luma + 1.402 * v, luma - 0.344_14 * u - 0.714_14 * v, luma + 1.772 * u]
        .map(|value| value.clamp(0.0, 255.0))
}

fn assert_shows_colours(frame: &Frame) {
    assert_eq!(frame.size(), (640, 480));
    for (index, pixel) in frame.rgb().chunks_exact(3).enumerate() {
        let (x, y) = (index % 640, index / 640);
        let expected = bt601(colour_at(x, y));
        let differs = pixel.iter().zip(expected).any(|(a, b)| (f64::from(*a) - b).abs() > 3.0);
        assert!(!differs, "({x}, {y}): {pixel:?} instead of {expected:?}");
    }
}

#[test]
fn yuyv_pictures_have_the_right_colours_times_and_numbers() {
    let (_folder, file) = file_name("colours.yuyv");
    let pixels = (0..480).flat_map(|y| {
        (0..640).flat_map(move |x| {
            let [luma, u, v] = colour_at(x, y);
            [luma, if x % 2 == 0 { u } else { v }]
        })
    });
    fs::write(&file, pixels.collect::<Vec<u8>>()).unwrap();
    let test = "yuyv_pictures_have_the_right_colours_times_and_numbers";
    fakecam::with(test, &[("FAKECAM_YUYV", &file)], || {
        let mut camera = Camera::open(None, None, RUN).unwrap();
        let info = camera.info().clone();
        assert_eq!(
            (info.name.as_str(), info.size, info.format.as_str()),
            (NAME, (640, 480), "YUYV")
        );
        assert_eq!((info.nominal_rate_hz, info.mirror), (30.0, true));

        let (_guard, cancelled) = cancel_token();
        let frames: Vec<_> = (0..30)
            .map(|index| {
                if index % 5 == 4 {
                    // So that the next one is fetched late.
                    std::thread::sleep(Duration::from_millis(50));
                }
                camera.next_frame(&cancelled).unwrap()
            })
            .collect();
        assert_shows_colours(&frames[0]);
        assert_shows_colours(&frames[29]);
        assert_eq!(frames[0].pts.as_secs_f64(), 0.0);
        for (index, frame) in frames.iter().enumerate() {
            assert_eq!((frame.run, frame.index), (RUN, index as u64));
        }
        // Capture times, not delivery times: steps of 1/30 s, or whole multiples if frames were
        // lost on a busy machine.
        for pair in frames.windows(2) {
            let step = pair[1].pts.saturating_since(pair[0].pts).as_secs_f64() * 30.0;
            assert!(step > 0.9 && (step - step.round()).abs() < 0.1, "{step} periods");
        }
    });
}

#[test]
fn nv12_pictures_have_the_right_colours() {
    let (_folder, file) = file_name("colours.nv12");
    let luma = (0..480).flat_map(|y| (0..640).map(move |x| colour_at(x, y)[0]));
    let chroma = (0..240).flat_map(|y| {
        (0..320).flat_map(move |x| {
            let [_, u, v] = colour_at(x * 2, y * 2);
            [u, v]
        })
    });
    fs::write(&file, luma.chain(chroma).collect::<Vec<u8>>()).unwrap();
    fakecam::with("nv12_pictures_have_the_right_colours", &[("FAKECAM_NV12", &file)], || {
        let mut camera = open().unwrap();
        assert_eq!(camera.info().format, "NV12");
        assert_shows_colours(&frames(&mut camera, 1).unwrap()[0]);
    });
}

/// A shaded picture with noise; another for each `seed`.
fn scene((width, height): (u32, u32), seed: u32) -> image::RgbImage {
    let mut noise = seed.wrapping_mul(0x9e37_79b9) | 1;
    image::RgbImage::from_fn(width, height, |x, y| {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let value =
            |step: u32| (((x + seed * 150) * step + y) / 4 % 200) as u8 + (noise >> 28) as u8;
        image::Rgb([value(1), value(2), value(3)])
    })
}

fn jpeg(picture: &image::RgbImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 92)
        .encode_image(picture)
        .unwrap();
    bytes
}

fn mean_difference(frame: &Frame, picture: &image::RgbImage) -> f64 {
    let pairs = frame.rgb().iter().zip(picture.as_raw());
    pairs.map(|(a, b)| f64::from(a.abs_diff(*b))).sum::<f64>() / frame.rgb().len() as f64
}

#[test]
fn jpeg_pictures_are_shown_as_they_were_taken() {
    let (_folder, file) = file_name("scenes.mjpeg");
    let scenes = [scene((640, 480), 1), scene((640, 480), 2)];
    fs::write(&file, scenes.iter().flat_map(jpeg).collect::<Vec<u8>>()).unwrap();
    let test = "jpeg_pictures_are_shown_as_they_were_taken";
    fakecam::with(test, &[("FAKECAM_MJPEG", &file)], || {
        let mut camera = open().unwrap();
        assert_eq!(camera.info().format, "MJPEG");
        let frames = frames(&mut camera, 2).unwrap();
        let difference = |frame, scene| mean_difference(&frames[frame], &scenes[scene]);
        assert!(difference(0, 0) < 3.0, "{}", difference(0, 0));
        assert!(difference(1, 1) < 3.0, "{}", difference(1, 1));
        assert!(difference(0, 1) > 10.0, "the two scenes can be told apart");
    });
}

#[test]
fn a_cut_off_jpeg_is_damaged_and_the_next_frame_is_right() {
    let (_folder, file) = file_name("scenes.mjpeg");
    let scenes: Vec<_> = (0..3).map(|seed| scene((640, 480), seed)).collect();
    fs::write(&file, scenes.iter().flat_map(jpeg).collect::<Vec<u8>>()).unwrap();
    let test = "a_cut_off_jpeg_is_damaged_and_the_next_frame_is_right";
    let settings = [("FAKECAM_MJPEG", file.as_str()), ("FAKECAM_CORRUPT", "5")];
    fakecam::with(test, &settings, || {
        let mut camera = open().unwrap();
        let (_guard, cancelled) = cancel_token();
        let mut damaged = Vec::new();
        for index in 0..30 {
            match camera.next_frame(&cancelled) {
                Ok(frame) => {
                    assert_eq!(frame.index, index, "damaged frames are counted");
                    let nearest = scenes
                        .iter()
                        .map(|scene| mean_difference(&frame, scene))
                        .fold(99.0, f64::min);
                    assert!(nearest < 3.0, "frame {index} is no whole picture: {nearest}");
                }
                Err(error) => {
                    assert!(matches!(error, SourceError::DamagedFrame { .. }), "{error}");
                    assert!(!error.is_fatal());
                    damaged.push(index);
                }
            }
        }
        // Each fifth, unless frames were lost on a busy machine.
        assert!((1..=15).contains(&damaged.len()), "{damaged:?}");
    });
}

#[test]
fn jpeg_pictures_may_change_their_size() {
    let (_folder, file) = file_name("sizes.mjpeg");
    let sizes = [(640, 480), (320, 240)];
    let images = sizes.iter().flat_map(|size| jpeg(&scene(*size, 1)));
    fs::write(&file, images.collect::<Vec<u8>>()).unwrap();
    fakecam::with("jpeg_pictures_may_change_their_size", &[("FAKECAM_MJPEG", &file)], || {
        let frames = frames(&mut open().unwrap(), 4).unwrap();
        let seen: Vec<_> = frames.iter().map(Frame::size).collect();
        assert!(sizes.iter().all(|size| seen.contains(size)), "{seen:?}");
    });
}

#[test]
fn a_format_that_changes_in_the_middle_goes_on_in_the_new_size() {
    let test = "a_format_that_changes_in_the_middle_goes_on_in_the_new_size";
    fakecam::with(test, &[("FAKECAM_RESIZE", "5:320x240")], || {
        let frames = frames(&mut open().unwrap(), 20).unwrap();
        assert_eq!((frames[0].size(), frames[19].size()), ((640, 480), (320, 240)));
        for (index, pair) in frames.windows(2).enumerate() {
            assert_eq!(pair[1].index, index as u64 + 1);
            assert!(pair[1].pts > pair[0].pts, "{} after {}", pair[1].pts, pair[0].pts);
        }
    });
}
