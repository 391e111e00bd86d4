//! An annotated video: what Mien read, drawn on the pictures that it read it from. It holds pixels,
//! so it is made only where somebody asks for it.
//!
//! It runs as the media does, whatever the rate of that: a picture is held until the next one is
//! due, and of two that are due at once the later one is shown. What is held is stored once.

mod avi;
mod canvas;
mod marks;
mod pace;
mod time_line;

use std::fs::File;
use std::io;

use image::ExtendedColorType;
use image::codecs::jpeg::JpegEncoder;

use avi::Avi;
use canvas::Canvas;
use marks::Marks;
use pace::Rate;
use time_line::TimeLine;

use crate::frame::Frame;
use crate::observation::{Labels, Observation};
use crate::time::Pts;
use crate::vision::letterbox::Letterbox;

/// Of 100: letters stay crisp, and a minute of 640x360 takes some 60 MB.
const JPEG_QUALITY: u8 = 85;

/// An annotated video being written.
pub struct Overlay {
    avi: Avi,
    line: TimeLine,
    marks: Marks,
    /// Of the first picture; others are fitted into it.
    size: (u32, u32),
    letterbox: Option<Letterbox>,
}

impl Overlay {
    /// Begins a video of that many pixels, whose time line starts at `zero`. It has the rate that
    /// is asked for, else that of the media: the median of the times between pictures.
    ///
    /// # Errors
    /// The words of the system, or that the size can't be written.
    pub fn new(
        file: File,
        size: (u32, u32),
        labels: Labels,
        zero: Pts,
        rate_hz: Option<f64>,
    ) -> io::Result<Self> {
        if size.0.max(size.1) > u16::MAX.into() {
            let words = format!("{} x {} pixels are too many for AVI", size.0, size.1);
            return Err(io::Error::other(words));
        }
        let marks = Marks::new(labels).ok_or_else(|| io::Error::other("no typeface"))?;
        let line = TimeLine::new(zero, rate_hz.map(Rate::of_hz));
        Ok(Self { avi: Avi::new(file, size)?, line, marks, size, letterbox: None })
    }

    /// Draws what was read on the frame, and adds it. Times must not run backwards.
    ///
    /// # Errors
    /// The words of the system.
    pub fn frame(&mut self, frame: Frame, seen: &Observation) -> io::Result<()> {
        let (run, index, pts, size) = (frame.run, frame.index, frame.pts, frame.size());
        let mut rgb = frame.into_rgb();
        self.marks.draw(&mut Canvas::new(&mut rgb, size), seen);
        let mut jpeg = Vec::with_capacity(rgb.len() / 8);
        let mut encoder = JpegEncoder::new_with_quality(&mut jpeg, JPEG_QUALITY);
        let fitted = if size == self.size {
            rgb.as_slice()
        } else {
            let (width, height) = self.size;
            let letterbox = self.letterbox.get_or_insert_with(|| Letterbox::new(width, height));
            let drawn = Frame::new(run, index, pts, size, rgb).map_err(io::Error::other)?;
            letterbox.fit(&drawn).0
        };
        encoder
            .encode(fitted, self.size.0, self.size.1, ExtendedColorType::Rgb8)
            .map_err(io::Error::other)?;
        self.line.push(pts, jpeg, &mut |picture| self.avi.picture(picture))
    }

    /// Closes the video; the file, whole.
    ///
    /// # Errors
    /// The words of the system.
    pub fn finish(mut self) -> io::Result<File> {
        let rate = self.line.finish(&mut |picture| self.avi.picture(picture))?;
        self.avi.finish(rate)
    }
}

#[cfg(test)]
mod tests;
