//! Small pictures of what was drawn, for the sheet in the report. They show drawings; nobody's
//! face is in them.

use image::codecs::jpeg::JpegEncoder;
use image::imageops::{self, FilterType};
use image::{ExtendedColorType, RgbImage};

use crate::frame::Frame;
use crate::source::demo::Still;

/// Pixels.
const SIDE: u32 = 96;

/// Side of the part of the picture that is shown, in heights of the picture: head and shoulders
/// at the usual size. The part is the same for other sizes, so that they show.
const PART: f32 = 0.66;

/// A small picture as a file in JPEG format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tile {
    /// Bytes of the file.
    pub jpeg: Vec<u8>,
}

impl Tile {
    /// The head in a drawn picture.
    ///
    /// # Panics
    /// Never: a frame is full of pixels, and writing to memory does not fail.
    pub fn of(frame: &Frame, still: &Still) -> Self {
        let (width, height) = frame.size();
        let picture = RgbImage::from_raw(width, height, frame.rgb().to_vec())
            .expect("a frame is full of pixels");
        // A head that is nearer is shown whole.
        let part = (PART * (still.head / 0.24).max(1.0)).min(1.0);
        let side = ((height as f32 * part) as u32).min(width).min(height);
        let top = ((height as f32 * 0.475 - side as f32 * 0.53).max(0.0) as u32).min(height - side);
        let part = imageops::crop_imm(&picture, (width - side) / 2, top, side, side).to_image();
        let small = imageops::resize(&part, SIDE, SIDE, FilterType::Triangle);
        let mut jpeg = Vec::new();
        JpegEncoder::new_with_quality(&mut jpeg, 88)
            .encode(&small, SIDE, SIDE, ExtendedColorType::Rgb8)
            .expect("memory takes it");
        Self { jpeg }
    }

    /// For the `src` of an image in HTML.
    pub fn data_uri(&self) -> String {
        format!("data:image/jpeg;base64,{}", base64(&self.jpeg))
    }
}

/// RFC 4648, with padding.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let byte = |i: usize| u32::from(group.get(i).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for i in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * i)) as usize & 63];
            text.push(if i <= group.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::RunId;
    use crate::source::demo::{Emotion, still_frame};

    #[test]
    fn base64_is_that_of_the_standard() {
        // RFC 4648, section 10.
        let vectors = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ];
        for (plain, encoded) in vectors {
            assert_eq!(base64(plain.as_bytes()), encoded);
        }
        assert_eq!(base64(&[0xfb, 0xff]), "+/8=");
    }

    #[test]
    fn a_tile_is_a_small_jpeg_of_the_head() {
        let still = Still::of(Emotion::Happiness);
        let frame = still_frame(&still, 1, RunId(0)).0;
        let tile = Tile::of(&frame, &still);
        let picture = image::load_from_memory(&tile.jpeg).unwrap();
        assert_eq!((picture.width(), picture.height()), (SIDE, SIDE));
        assert!(tile.jpeg.len() < 8000, "{} bytes", tile.jpeg.len());
        assert!(tile.data_uri().starts_with("data:image/jpeg;base64,/9j/"));
    }
}
