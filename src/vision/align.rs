//! Cuts a face out of a frame at the size and pose the emotion model takes.

use crate::frame::Frame;
use crate::geom::{Point, Similarity};
use crate::model::card::{Channels, Framing, InputCard};
use crate::observation::Detection;

/// An aligned face.
#[derive(Debug, Clone, PartialEq)]
pub struct FaceCrop {
    /// Pixels.
    pub width: usize,
    /// Pixels.
    pub height: usize,
    /// 1 (BT.601 luma) or 3 (RGB).
    pub channels: usize,
    /// Row by row from the top left, channels together.
    pub pixels: Vec<u8>,
    /// Takes points of the frame to points of the crop.
    pub crop_from_frame: Similarity,
}

impl FaceCrop {
    /// Left and right exchanged.
    pub fn mirrored(&self) -> Vec<u8> {
        let row_bytes = self.width * self.channels;
        self.pixels
            .chunks_exact(row_bytes)
            .flat_map(|row| row.chunks_exact(self.channels).rev().flatten().copied())
            .collect()
    }

    /// Luma of each pixel, row by row.
    pub fn luma(&self) -> Vec<u8> {
        match self.channels {
            1 => self.pixels.clone(),
            _ => self.pixels.chunks_exact(3).map(|p| luma([p[0], p[1], p[2]])).collect(),
        }
    }
}

/// BT.601 luma in 16-bit fixed point, as Pillow's mode `L`, with which the model was trained.
pub fn luma([r, g, b]: [u8; 3]) -> u8 {
    ((u32::from(r) * 19_595 + u32::from(g) * 38_470 + u32::from(b) * 7_471 + 0x8000) >> 16) as u8
}

/// The transform that frames this face for a model, or `None` if its landmarks coincide.
pub fn crop_from_frame(
    detection: &Detection,
    framing: &Framing,
    input: &InputCard,
) -> Option<Similarity> {
    match (framing, framing.template()) {
        // Fitted from the template, as in training: least squares is not the same both ways.
        (_, Some(template)) => {
            Similarity::fit(&template, &detection.landmarks.to_array())?.inverse()
        }
        (Framing::Box { margin }, None) => {
            let side = detection.bbox.w.max(detection.bbox.h) * margin;
            let scale = input.width.min(input.height) as f32 / side;
            let center = detection.bbox.center();
            scale.is_finite().then(|| Similarity {
                a: scale,
                b: 0.0,
                tx: input.width as f32 / 2.0 - scale * center.x,
                ty: input.height as f32 / 2.0 - scale * center.y,
            })
        }
        (Framing::Landmarks { .. }, None) => None,
    }
}

/// Above this many frame pixels a crop pixel, the frame is averaged down first, by 2, 4, 8 ...
/// The same figure as in training.
const SHRINK_ABOVE: f32 = 1.6;

/// Samples the crop. What lies beyond the frame is black. `None` if the transform has no inverse.
pub fn align(frame: &Frame, crop_from_frame: Similarity, input: &InputCard) -> Option<FaceCrop> {
    let frame_from_crop = crop_from_frame.inverse()?;
    let mut shrink = 1;
    while frame_from_crop.scale() / shrink as f32 > SHRINK_ABOVE && shrink < 256 {
        shrink *= 2;
    }
    let (width, height) = (input.width, input.height);
    let channels = input.channels.count();
    let patch = match input.channels {
        Channels::Grey => {
            Patch::cut::<1>(frame, &frame_from_crop, (width, height), shrink, |p| [luma(p)])
        }
        Channels::Rgb | Channels::Bgr => {
            Patch::cut::<3>(frame, &frame_from_crop, (width, height), shrink, |p| p)
        }
    };
    let mut pixels = vec![0; width * height * channels];
    for (y, row) in pixels.chunks_exact_mut(width * channels).enumerate() {
        for (x, pixel) in row.chunks_exact_mut(channels).enumerate() {
            let p = frame_from_crop.apply(Point::new(x as f32 + 0.5, y as f32 + 0.5));
            patch.sample(p, pixel);
        }
    }
    Some(FaceCrop { width, height, channels, pixels, crop_from_frame })
}

/// The part of the frame that the crop covers, averaged over blocks of `shrink` pixels.
struct Patch {
    /// Of the whole shrunken frame.
    frame_width: i64,
    frame_height: i64,
    /// Of this part, in shrunken pixels.
    left: i64,
    top: i64,
    width: i64,
    height: i64,
    shrink: f32,
    channels: usize,
    pixels: Vec<u8>,
}

impl Patch {
    fn cut<const C: usize>(
        frame: &Frame,
        frame_from_crop: &Similarity,
        (width, height): (usize, usize),
        shrink: i64,
        convert: impl Fn([u8; 3]) -> [u8; C],
    ) -> Self {
        let (w, h) = (width as f32, height as f32);
        let corners = [(0.0, 0.0), (w, 0.0), (0.0, h), (w, h)]
            .map(|(x, y)| frame_from_crop.apply(Point::new(x, y)));
        let (frame_width, frame_height) =
            (i64::from(frame.width()) / shrink, i64::from(frame.height()) / shrink);
        // One pixel more on each side, for interpolation.
        let range = |values: [f32; 4], limit: i64| {
            let low = values.iter().copied().fold(f32::INFINITY, f32::min) / shrink as f32;
            let high = values.iter().copied().fold(f32::NEG_INFINITY, f32::max) / shrink as f32;
            let low = (low.floor() as i64 - 1).clamp(0, limit);
            (low, (high.ceil() as i64 + 1).clamp(low, limit))
        };
        let (left, right) = range(corners.map(|p| p.x), frame_width);
        let (top, bottom) = range(corners.map(|p| p.y), frame_height);
        let mut pixels = Vec::with_capacity(((right - left) * (bottom - top)) as usize * C);
        let stride = frame.width() as usize * 3;
        for y in top..bottom {
            for x in left..right {
                let mut sum = [0u32; C];
                for dy in 0..shrink {
                    let start = (y * shrink + dy) as usize * stride + (x * shrink) as usize * 3;
                    let block = &frame.rgb()[start..start + shrink as usize * 3];
                    for pixel in block.as_chunks::<3>().0 {
                        for (sum, value) in sum.iter_mut().zip(convert(*pixel)) {
                            *sum += u32::from(value);
                        }
                    }
                }
                let area = (shrink * shrink) as u32;
                pixels.extend(sum.map(|sum| ((sum + area / 2) / area) as u8));
            }
        }
        Self {
            frame_width,
            frame_height,
            left,
            top,
            width: right - left,
            height: bottom - top,
            shrink: shrink as f32,
            channels: C,
            pixels,
        }
    }

    /// Bilinear at a point of the frame; untouched (black) beyond the frame.
    fn sample(&self, p: Point, pixel: &mut [u8]) {
        let (x, y) = (p.x / self.shrink, p.y / self.shrink);
        let inside =
            x >= 0.0 && y >= 0.0 && x < self.frame_width as f32 && y < self.frame_height as f32;
        if !inside || self.width == 0 || self.height == 0 {
            return;
        }
        let (x, y) = (x - 0.5, y - 0.5);
        let (x0, y0) = (x.floor(), y.floor());
        let (fx, fy) = (x - x0, y - y0);
        let column =
            |x: i64| (x.clamp(0, self.frame_width - 1) - self.left).clamp(0, self.width - 1);
        let line =
            |y: i64| (y.clamp(0, self.frame_height - 1) - self.top).clamp(0, self.height - 1);
        let at = |x: i64, y: i64| (line(y) * self.width + column(x)) as usize * self.channels;
        let (x0, y0) = (x0 as i64, y0 as i64);
        let corners = [at(x0, y0), at(x0 + 1, y0), at(x0, y0 + 1), at(x0 + 1, y0 + 1)];
        for (c, value) in pixel.iter_mut().enumerate() {
            let [a, b, d, e] = corners.map(|corner| f32::from(self.pixels[corner + c]));
            let (upper, lower) = (a + (b - a) * fx, d + (e - d) * fx);
            *value = (upper + (lower - upper) * fy + 0.5) as u8;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::RunId;
    use crate::model::card::Layout;
    use crate::time::Pts;

    fn input(channels: Channels) -> InputCard {
        InputCard {
            layout: Layout::Nchw,
            width: 16,
            height: 16,
            channels,
            scale: 1.0,
            mean: vec![0.0],
            std: vec![1.0],
        }
    }

    /// Red rises to the right, green downwards.
    fn ramp(width: u32, height: u32) -> Frame {
        let rgb = (0..height)
            .flat_map(|y| (0..width).flat_map(move |x| [x.min(255) as u8, y.min(255) as u8, 0]))
            .collect();
        Frame::new(RunId(0), 0, Pts::ZERO, (width, height), rgb).unwrap()
    }

    #[test]
    fn the_identity_copies_pixels() {
        let crop = align(&ramp(40, 30), Similarity::IDENTITY, &input(Channels::Rgb)).unwrap();
        assert_eq!(crop.pixels[..6], [0, 0, 0, 1, 0, 0]);
        assert_eq!(crop.pixels[(15 * 16 + 15) * 3..], [15, 15, 0]);
    }

    #[test]
    fn a_large_face_is_averaged_not_picked() {
        let quarter = Similarity { a: 0.25, b: 0.0, tx: 0.0, ty: 0.0 };
        let crop = align(&ramp(64, 64), quarter, &input(Channels::Rgb)).unwrap();
        // Crop pixel 5 covers frame pixels 20 to 23, whose mean is 21.5.
        assert!((21..=22).contains(&crop.pixels[5 * 3]), "{}", crop.pixels[5 * 3]);
    }

    #[test]
    fn beyond_the_frame_it_is_black() {
        let shifted = Similarity { tx: 8.0, ty: 0.0, ..Similarity::IDENTITY };
        let crop = align(&ramp(40, 30), shifted, &input(Channels::Grey)).unwrap();
        assert_eq!(crop.pixels[15 * 16 + 7], 0);
        assert!(crop.pixels[15 * 16 + 8] > 0);
        let far = Similarity { tx: -5e5, ..Similarity::IDENTITY };
        let crop = align(&ramp(40, 30), far, &input(Channels::Grey)).unwrap();
        assert!(crop.pixels.iter().all(|p| *p == 0));
    }

    #[test]
    fn mirroring_twice_changes_nothing() {
        let crop = align(&ramp(40, 30), Similarity::IDENTITY, &input(Channels::Rgb)).unwrap();
        let once = FaceCrop { pixels: crop.mirrored(), ..crop.clone() };
        assert_ne!(once.pixels, crop.pixels);
        assert_eq!(once.mirrored(), crop.pixels);
    }
}
