//! Fits a frame into the detector's input: scaled to fit, at the top left, the rest black.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};

use crate::frame::Frame;

/// Reuses its buffers from frame to frame.
pub struct Letterbox {
    width: u32,
    height: u32,
    resizer: Resizer,
    /// The scaled frame; its size changes only when the frame's does.
    scaled: Image<'static>,
    canvas: Vec<u8>,
}

impl Letterbox {
    /// For an input of `width` x `height` pixels.
    pub fn new(width: u32, height: u32) -> Self {
        Self {
            width,
            height,
            resizer: Resizer::new(),
            scaled: Image::new(1, 1, PixelType::U8x3),
            canvas: vec![0; width as usize * height as usize * 3],
        }
    }

    /// The frame as RGB of the input's size, and how many input pixels one frame pixel became.
    ///
    /// The filter is the one the detector was trained with: bilinear over the area each pixel
    /// covers, as Pillow does it.
    pub fn fit(&mut self, frame: &Frame) -> (&[u8], f32) {
        let (w, h) = (frame.width() as f32, frame.height() as f32);
        let scale = (self.width as f32 / w).min(self.height as f32 / h);
        let scaled_w = ((w * scale).round() as u32).clamp(1, self.width);
        let scaled_h = ((h * scale).round() as u32).clamp(1, self.height);
        if (self.scaled.width(), self.scaled.height()) != (scaled_w, scaled_h) {
            self.scaled = Image::new(scaled_w, scaled_h, PixelType::U8x3);
            self.canvas.fill(0);
        }
        let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear));
        let source = ImageRef::new(frame.width(), frame.height(), frame.rgb(), PixelType::U8x3);
        // Frame::new has checked size against length, the one thing that could fail here.
        let resized = source.map(|source| self.resizer.resize(&source, &mut self.scaled, &options));
        debug_assert!(matches!(resized, Ok(Ok(()))));
        let row_bytes = scaled_w as usize * 3;
        let rows = self.scaled.buffer().chunks_exact(row_bytes);
        for (target, row) in self.canvas.chunks_exact_mut(self.width as usize * 3).zip(rows) {
            target[..row_bytes].copy_from_slice(row);
        }
        (&self.canvas, scale)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::RunId;
    use crate::time::Pts;

    fn frame(width: u32, height: u32, value: u8) -> Frame {
        let rgb = vec![value; (width * height * 3) as usize];
        Frame::new(RunId(0), 0, Pts::ZERO, (width, height), rgb).unwrap()
    }

    #[test]
    fn a_change_of_size_leaves_no_trace_of_the_frame_before() {
        let mut letterbox = Letterbox::new(320, 256);
        let (canvas, scale) = letterbox.fit(&frame(640, 480, 200));
        assert_eq!(scale, 0.5);
        assert_eq!(canvas[(239 * 320 + 319) * 3], 200);
        assert_eq!(canvas[240 * 320 * 3], 0);
        let (canvas, _) = letterbox.fit(&frame(100, 200, 90));
        assert_eq!(canvas[0], 90);
        assert_eq!(canvas[(10 * 320 + 300) * 3], 0, "right of a tall frame it is black");
    }

    #[test]
    fn frames_of_one_pixel_and_of_odd_shapes_fit() {
        let mut letterbox = Letterbox::new(320, 256);
        for (w, h) in [(1, 1), (3000, 1), (1, 3000), (319, 257)] {
            let (canvas, scale) = letterbox.fit(&frame(w, h, 77));
            assert_eq!(canvas[0], 77, "{w}x{h}");
            assert!(scale > 0.0);
        }
    }
}
