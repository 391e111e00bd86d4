//! Which of a camera's formats is taken.
//!
//! nokhwa's own requests either need the exact size to exist or take the largest; neither is what
//! an analysis of faces wants.

use std::fmt;

/// How pixels arrive from a camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PixelFormat {
    /// Packed 4:2:2, two bytes a pixel.
    Yuyv,
    /// Luma plane, then interleaved chroma at half size (4:2:0).
    Nv12,
    /// Three bytes a pixel, red first.
    Rgb,
    /// Three bytes a pixel, blue first.
    Bgr,
    /// One JPEG image a frame.
    Mjpeg,
    /// One byte a pixel.
    Gray,
}

impl fmt::Display for PixelFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Yuyv => "YUYV",
            Self::Nv12 => "NV12",
            Self::Rgb => "RGB",
            Self::Bgr => "BGR",
            Self::Mjpeg => "MJPEG",
            Self::Gray => "GREY",
        })
    }
}

/// Pictures a second as the driver states it: a fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rate {
    /// This many pictures ...
    pub pictures: u32,
    /// ... in this many seconds, at least 1.
    pub secs: u32,
}

impl Rate {
    /// Whole pictures a second.
    pub const fn whole(pictures: u32) -> Self {
        Self { pictures, secs: 1 }
    }

    /// Pictures a second.
    pub fn hz(self) -> f64 {
        f64::from(self.pictures) / f64::from(self.secs)
    }

    /// Pictures a second if the driver states a whole number.
    ///
    /// nokhwa accepts nothing else: 30 is 1/30 s to it, never 2/60 s, and 30000/1001 is refused.
    pub fn as_whole(self) -> Option<u32> {
        (self.secs == 1 && self.pictures > 0).then_some(self.pictures)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.as_whole() {
            Some(pictures) => write!(f, "{pictures}/s"),
            None => write!(f, "{:.2}/s", self.hz()),
        }
    }
}

/// One way in which a camera can send pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CameraFormat {
    /// Width and height in pixels.
    pub size: (u32, u32),
    /// Pictures a second.
    pub rate: Rate,
    /// How pixels arrive.
    pub pixels: PixelFormat,
}

impl CameraFormat {
    /// Whether nokhwa can stream it: on Linux it asks for grey by a name that the kernel does not
    /// know, and nowhere does it take rates that are no whole number.
    pub fn is_for_nokhwa(&self) -> bool {
        let grey = cfg!(target_os = "linux") && self.pixels == PixelFormat::Gray;
        self.rate.as_whole().is_some() && !grey
    }

    /// Whether it can be opened and decoded.
    pub fn is_usable(&self) -> bool {
        let (width, height) = self.size;
        let streams = cfg!(target_os = "linux") || self.is_for_nokhwa();
        streams
            && self.rate.hz() > 0.0
            && (MIN_SIDE..=MAX_SIDE).contains(&width)
            && (MIN_SIDE..=MAX_SIDE).contains(&height)
    }
}

impl fmt::Display for CameraFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}x{} {}", self.pixels, self.size.0, self.size.1, self.rate)
    }
}

/// Shorter sides show no face that could be read.
const MIN_SIDE: u32 = 64;
/// No webcam has longer sides; a driver that claims so is not believed.
pub const MAX_SIDE: u32 = 8192;

/// The size that suits the analysis: the detector sees 416 pixels, and a face at arm's length
/// then fills the emotion model's input. More pixels cost time and tell nothing more.
pub const PREFERRED_SIZE: (u32, u32) = (640, 480);
/// The rate at which expressions are read. More costs time; brief ones last about 1/5 s.
const PREFERRED_RATE_HZ: f64 = 30.0;

/// The format to open, of those `offered`; `None` if none is usable.
///
/// In this order: colour before grey; unless a size is `wanted`, about 30 pictures a second before
/// fewer; the size nearest to the wanted one or to [`PREFERRED_SIZE`]; formats that need no JPEG
/// decoder, which are sharper and cheaper; the rate nearest to 30.
pub fn choose(offered: &[CameraFormat], wanted: Option<(u32, u32)>) -> Option<CameraFormat> {
    let target = wanted.unwrap_or(PREFERRED_SIZE);
    offered.iter().copied().filter(CameraFormat::is_usable).min_by_key(|format| {
        let slowness = slowness(format.rate.hz());
        let distance = size_distance(format.size, target);
        let size_and_rate =
            if wanted.is_some() { (distance, slowness) } else { (slowness, distance) };
        let from_preferred = (format.rate.hz() - PREFERRED_RATE_HZ).abs() * 1000.0;
        (
            format.pixels == PixelFormat::Gray,
            size_and_rate,
            format.pixels == PixelFormat::Mjpeg,
            from_preferred as u64,
            format.pixels,
        )
    })
}

/// 0 for a rate at which motion looks smooth, more for slower ones.
fn slowness(rate_hz: f64) -> u64 {
    match rate_hz {
        hz if hz >= 24.0 => 0,
        hz if hz >= 14.0 => 1,
        _ => 2,
    }
}

/// How far `size` is from `target`, in thousandths of a natural logarithm of area and of aspect.
/// Pixels that lack count twice: larger pictures can be made smaller, not the other way.
fn size_distance(size: (u32, u32), target: (u32, u32)) -> u64 {
    let (width, height) = (f64::from(size.0), f64::from(size.1));
    let (target_width, target_height) = (f64::from(target.0), f64::from(target.1));
    let area = (width * height / (target_width * target_height)).ln();
    let aspect = (width / height / (target_width / target_height)).ln();
    let area = if area < 0.0 { -2.0 * area } else { area };
    ((area + aspect.abs()) * 1000.0) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format(pixels: PixelFormat, size: (u32, u32), rate: u32) -> CameraFormat {
        CameraFormat { size, rate: Rate::whole(rate), pixels }
    }

    #[test]
    fn a_usual_webcam_is_opened_at_640x480_without_jpeg() {
        use PixelFormat::{Mjpeg, Yuyv};
        // What a common USB 2 webcam offers: large raw pictures only at few a second.
        let offered = [
            format(Mjpeg, (1920, 1080), 30),
            format(Mjpeg, (1280, 720), 30),
            format(Mjpeg, (640, 480), 30),
            format(Yuyv, (1920, 1080), 5),
            format(Yuyv, (1280, 720), 10),
            format(Yuyv, (640, 360), 30),
            format(Yuyv, (640, 480), 15),
            format(Yuyv, (640, 480), 30),
            format(Yuyv, (160, 120), 30),
        ];
        assert_eq!(choose(&offered, None), Some(format(Yuyv, (640, 480), 30)));
        assert_eq!(choose(&offered, Some((1280, 720))), Some(format(Mjpeg, (1280, 720), 30)));
        assert_eq!(choose(&offered, Some((1900, 1000))), Some(format(Mjpeg, (1920, 1080), 30)));
    }

    #[test]
    fn a_smooth_jpeg_beats_a_slow_raw_picture() {
        use PixelFormat::{Mjpeg, Yuyv};
        let offered = [format(Yuyv, (640, 480), 10), format(Mjpeg, (640, 480), 30)];
        assert_eq!(choose(&offered, None), Some(offered[1]));
    }

    #[test]
    fn larger_is_better_than_too_small() {
        use PixelFormat::Yuyv;
        let offered = [format(Yuyv, (320, 240), 30), format(Yuyv, (1280, 720), 30)];
        assert_eq!(choose(&offered, None), Some(offered[1]));
        let offered = [format(Yuyv, (1920, 1080), 30), format(Yuyv, (800, 600), 60)];
        assert_eq!(choose(&offered, None), Some(offered[1]));
    }

    #[test]
    fn thirty_a_second_is_enough_and_colour_is_better() {
        use PixelFormat::{Gray, Nv12};
        let offered = [
            format(Gray, (640, 480), 30),
            format(Nv12, (640, 480), 60),
            format(Nv12, (640, 480), 30),
        ];
        assert_eq!(choose(&offered, None), Some(offered[2]));
        assert_eq!(choose(&offered[..1], None), Some(offered[0]));
    }

    #[test]
    fn absurd_sizes_and_rates_are_not_usable_and_fractional_ones_on_linux_alone() {
        let ntsc = CameraFormat {
            size: (640, 480),
            rate: Rate { pictures: 30_000, secs: 1001 },
            pixels: PixelFormat::Yuyv,
        };
        assert_eq!(choose(&[ntsc], None), cfg!(target_os = "linux").then_some(ntsc));
        assert!(!ntsc.is_for_nokhwa());
        assert_eq!(ntsc.to_string(), "YUYV 640x480 29.97/s");
        let offered = [format(PixelFormat::Yuyv, (1 << 20, 480), 30)];
        assert_eq!(choose(&offered, None), None);
        assert_eq!(choose(&[format(PixelFormat::Yuyv, (640, 480), 0)], None), None);
    }
}
