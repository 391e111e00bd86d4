//! Pictures on their way to the screen. The pixels are converted on the preview thread; the
//! window only hands the newest finished picture to the graphics card.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use eframe::egui::{self, Color32, ColorImage, TextureHandle, TextureOptions};

use crate::frame::{Frame, RunId};
use crate::runtime::live::PreviewFrame;
use crate::time::Pts;

/// Pictures with more pixels are halved: a texture of this size takes about 2 ms to hand over,
/// and no card in the window is larger except on 4K screens.
const MAX_PIXELS: usize = 1600 * 1200;
/// A picture may wait this long for its reading, so that one repaint shows both; a reading takes
/// about as long.
const WAIT_FOR_READING: Duration = Duration::from_millis(12);

/// Which picture it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShownFrame {
    /// The run it belongs to.
    pub run: RunId,
    /// [`Frame::index`].
    pub index: u64,
    /// [`Frame::pts`].
    pub pts: Pts,
}

#[derive(Default)]
struct Shared {
    newest: Mutex<Option<(ColorImage, ShownFrame)>>,
    hidden: AtomicBool,
}

/// The end on the preview thread.
pub struct PreviewSink {
    shared: Arc<Shared>,
    ctx: egui::Context,
}

/// The end on the window's thread.
pub struct PreviewView {
    shared: Arc<Shared>,
    texture: Option<TextureHandle>,
    shown: Option<ShownFrame>,
}

/// Both ends. `ctx` is woken for each picture.
pub fn preview(ctx: &egui::Context) -> (PreviewSink, PreviewView) {
    let shared = Arc::new(Shared::default());
    (
        PreviewSink { shared: Arc::clone(&shared), ctx: ctx.clone() },
        PreviewView { shared, texture: None, shown: None },
    )
}

impl PreviewSink {
    /// Converts a picture and leaves it for the window; replaces one that was not shown.
    pub fn show(&self, preview: &PreviewFrame) {
        if self.shared.hidden.load(Ordering::Relaxed) {
            return;
        }
        self.leave(&preview.frame);
        self.ctx.request_repaint_after(WAIT_FOR_READING);
    }

    /// The same for a picture of a file, which waits for nothing.
    pub fn show_at_once(&self, frame: &Frame) {
        self.leave(frame);
        self.ctx.request_repaint();
    }

    fn leave(&self, frame: &Frame) {
        let shown = ShownFrame { run: frame.run, index: frame.index, pts: frame.pts };
        let image = to_image(frame);
        *self.shared.newest.lock().unwrap_or_else(PoisonError::into_inner) = Some((image, shown));
    }
}

impl PreviewView {
    /// Whether pictures are worth converting.
    pub fn set_hidden(&self, hidden: bool) {
        self.shared.hidden.store(hidden, Ordering::Relaxed);
    }

    /// Hands the newest picture over, if there is one that was not yet. Whether it is the first
    /// since the last [`Self::clear`].
    pub fn update(&mut self, ctx: &egui::Context) -> bool {
        let newest = self.shared.newest.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some((image, shown)) = newest else { return false };
        self.shown = Some(shown);
        if let Some(texture) = &mut self.texture {
            texture.set(image, TextureOptions::LINEAR);
            return false;
        }
        self.texture = Some(ctx.load_texture("preview", image, TextureOptions::LINEAR));
        true
    }

    /// The picture and its size in pixels, if one came since the last [`Self::clear`].
    pub fn texture(&self) -> Option<&TextureHandle> {
        self.texture.as_ref()
    }

    /// Which picture that is.
    pub fn shown(&self) -> Option<ShownFrame> {
        self.shown
    }

    /// Forgets the picture of the source that was left.
    pub fn clear(&mut self) {
        (self.texture, self.shown) = (None, None);
        self.shared.newest.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

/// RGB to what egui takes, halved while it has more than [`MAX_PIXELS`].
fn to_image(frame: &Frame) -> ColorImage {
    let (width, height) = (frame.width() as usize, frame.height() as usize);
    if width * height <= MAX_PIXELS || width < 2 || height < 2 {
        let pixels = frame.rgb().as_chunks::<3>().0;
        let pixels = pixels.iter().map(|&[r, g, b]| Color32::from_rgb(r, g, b)).collect();
        return ColorImage::new([width, height], pixels);
    }
    let step = ((width * height) as f64 / MAX_PIXELS as f64).sqrt().ceil() as usize;
    let (small_width, small_height) = ((width / step).max(1), (height / step).max(1));
    let mut pixels = Vec::with_capacity(small_width * small_height);
    for y in 0..small_height {
        for x in 0..small_width {
            pixels.push(mean_of_block(frame.rgb(), width, (x * step, y * step), step));
        }
    }
    ColorImage::new([small_width, small_height], pixels)
}

fn mean_of_block(rgb: &[u8], width: usize, (x, y): (usize, usize), step: usize) -> Color32 {
    let mut sum = [0_u32; 3];
    for row in y..y + step {
        let start = (row * width + x) * 3;
        for pixel in rgb[start..start + step * 3].as_chunks::<3>().0 {
            for (sum, value) in sum.iter_mut().zip(pixel) {
                *sum += u32::from(*value);
            }
        }
    }
    let [r, g, b] = sum.map(|s| (s / (step * step) as u32) as u8);
    Color32::from_rgb(r, g, b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::RunId;
    use crate::time::Pts;
    use std::time::Instant;

    fn frame(size: (u32, u32), rgb: Vec<u8>) -> PreviewFrame {
        let frame = Frame::new(RunId(1), 0, Pts::ZERO, size, rgb).unwrap();
        PreviewFrame { frame: Arc::new(frame), captured_at: Instant::now(), damaged_before: 0 }
    }

    #[test]
    fn small_pictures_keep_every_pixel() {
        let image = to_image(&frame((2, 1), vec![1, 2, 3, 250, 251, 252]).frame);
        assert_eq!(image.size, [2, 1]);
        assert_eq!(image.pixels, [Color32::from_rgb(1, 2, 3), Color32::from_rgb(250, 251, 252)]);
    }

    #[test]
    fn large_pictures_shrink_and_keep_their_proportion_and_tone() {
        let size = (3840, 2160);
        let image = to_image(&frame(size, vec![77; 3840 * 2160 * 3]).frame);
        assert!(image.pixels.len() <= MAX_PIXELS);
        let proportion = image.size[0] as f32 / image.size[1] as f32;
        assert!((proportion - 16.0 / 9.0).abs() < 0.01);
        assert!(image.pixels.iter().all(|p| *p == Color32::from_gray(77)));
    }

    #[test]
    fn only_the_newest_picture_is_shown_and_none_while_hidden() {
        let ctx = egui::Context::default();
        let (sink, mut view) = preview(&ctx);
        sink.show(&frame((2, 2), vec![10; 12]));
        sink.show(&frame((4, 2), vec![20; 24]));
        assert!(view.update(&ctx), "the first");
        sink.show(&frame((4, 2), vec![30; 24]));
        assert!(!view.update(&ctx));
        assert_eq!(view.texture().unwrap().size(), [4, 2]);
        view.clear();
        view.set_hidden(true);
        sink.show(&frame((2, 2), vec![10; 12]));
        assert!(!view.update(&ctx));
        assert!(view.texture().is_none());
    }
}
