//! From what a camera sends to RGB.
//!
//! Webcams send BT.601 at limited range (luma 16..=235) unless they say otherwise, and nokhwa does
//! not tell what they say.

use yuv::{YuvBiPlanarImage, YuvConversionMode, YuvPackedImage, YuvRange, YuvStandardMatrix};

use super::choice::PixelFormat;
use super::jpeg;

/// Decodes the pictures of one camera.
#[derive(Debug, Default)]
pub struct Decoder {
    jpeg: jpeg::Decoder,
}

impl Decoder {
    /// Decodes a buffer: width and height of the picture, and RGB bytes row by row. `announced` is
    /// the size that was agreed with the driver; a JPEG picture states its own.
    ///
    /// The buffer may be longer than the picture: drivers round up to pages.
    ///
    /// # Errors
    /// Says what is wrong with the picture; the next one may be right.
    pub fn decode(
        &mut self,
        pixels: PixelFormat,
        announced: (u32, u32),
        buffer: &[u8],
    ) -> Result<((u32, u32), Vec<u8>), String> {
        let rgb = match pixels {
            PixelFormat::Mjpeg => return self.jpeg.decode(buffer),
            PixelFormat::Yuyv => yuyv(announced, buffer)?,
            PixelFormat::Nv12 => nv12(announced, buffer)?,
            PixelFormat::Rgb => picture_bytes(buffer, pixel_count(announced) * 3)?.to_vec(),
            PixelFormat::Bgr => {
                let mut rgb = picture_bytes(buffer, pixel_count(announced) * 3)?.to_vec();
                rgb.chunks_exact_mut(3).for_each(|pixel| pixel.swap(0, 2));
                rgb
            }
            PixelFormat::Gray => {
                let luma = picture_bytes(buffer, pixel_count(announced))?;
                luma.iter().flat_map(|&y| [y; 3]).collect()
            }
        };
        Ok((announced, rgb))
    }
}

fn yuyv((width, height): (u32, u32), buffer: &[u8]) -> Result<Vec<u8>, String> {
    // Pixels come in pairs.
    let stride = width.next_multiple_of(2) * 2;
    let image = YuvPackedImage {
        yuy: picture_bytes(buffer, stride as usize * height as usize)?,
        yuy_stride: stride,
        width,
        height,
    };
    let mut rgb = vec![0; pixel_count((width, height)) * 3];
    yuv::yuyv422_to_rgb(&image, &mut rgb, width * 3, YuvRange::Limited, YuvStandardMatrix::Bt601)
        .map_err(|err| err.to_string())?;
    Ok(rgb)
}

fn nv12((width, height): (u32, u32), buffer: &[u8]) -> Result<Vec<u8>, String> {
    let uv_stride = width.next_multiple_of(2);
    let y_length = pixel_count((width, height));
    let uv_length = uv_stride as usize * height.div_ceil(2) as usize;
    let (y_plane, uv_plane) = picture_bytes(buffer, y_length + uv_length)?.split_at(y_length);
    let image = YuvBiPlanarImage { y_plane, y_stride: width, uv_plane, uv_stride, width, height };
    let mut rgb = vec![0; y_length * 3];
    yuv::yuv_nv12_to_rgb(
        &image,
        &mut rgb,
        width * 3,
        YuvRange::Limited,
        YuvStandardMatrix::Bt601,
        YuvConversionMode::Balanced,
    )
    .map_err(|err| err.to_string())?;
    Ok(rgb)
}

fn pixel_count((width, height): (u32, u32)) -> usize {
    width as usize * height as usize
}

/// The first `length` bytes of `buffer`.
fn picture_bytes(buffer: &[u8], length: usize) -> Result<&[u8], String> {
    buffer.get(..length).ok_or_else(|| format!("{} bytes came instead of {length}", buffer.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ITU-R BT.601, limited range.
    fn bt601(y: u8, u: u8, v: u8) -> [f64; 3] {
        let y = 255.0 / 219.0 * (f64::from(y) - 16.0);
        let (u, v) =
            (255.0 / 224.0 * (f64::from(u) - 128.0), 255.0 / 224.0 * (f64::from(v) - 128.0));
        [y + 1.402 * v, y - 0.344_136 * u - 0.714_136 * v, y + 1.772 * u]
            .map(|c| c.clamp(0.0, 255.0))
    }

    fn assert_near(rgb: &[u8], expected: [f64; 3], what: &str) {
        for (channel, want) in rgb.iter().zip(expected) {
            assert!((f64::from(*channel) - want).abs() <= 3.0, "{what}: {rgb:?}, not {expected:?}");
        }
    }

    /// Colours that cover the cube; each channel of YUV in its limited range.
    fn colours() -> impl Iterator<Item = [u8; 3]> {
        let steps = [16, 60, 110, 128, 170, 235];
        steps.into_iter().flat_map(move |y| {
            steps.into_iter().flat_map(move |u| steps.into_iter().map(move |v| [y, u, v]))
        })
    }

    #[test]
    fn yuyv_and_nv12_give_the_colours_of_bt601() {
        // 34 is not a multiple of any SIMD width, so that the remainder is tried too.
        let size = (34, 6);
        let mut decoder = Decoder::default();
        for [y, u, v] in colours() {
            let packed = [y, u, y, v].repeat(34 / 2 * 6);
            let (_, rgb) = decoder.decode(PixelFormat::Yuyv, size, &packed).unwrap();
            let planar = [vec![y; 34 * 6], [u, v].repeat(17 * 3)].concat();
            let (_, rgb2) = decoder.decode(PixelFormat::Nv12, size, &planar).unwrap();
            assert_eq!((rgb.len(), rgb2.len()), (34 * 6 * 3, 34 * 6 * 3));
            for pixel in [0, 1, 33, 34 * 6 - 1] {
                let at = pixel * 3..pixel * 3 + 3;
                assert_near(&rgb[at.clone()], bt601(y, u, v), "YUYV");
                assert_near(&rgb2[at], bt601(y, u, v), "NV12");
            }
        }
    }

    #[test]
    fn pixels_stand_where_they_belong() {
        let mut decoder = Decoder::default();
        // One white pair in black, at (4..6, 1) of 8 x 2.
        let mut packed = [16, 128].repeat(16);
        (packed[(8 + 4) * 2], packed[(8 + 5) * 2]) = (235, 235);
        let (size, rgb) = decoder.decode(PixelFormat::Yuyv, (8, 2), &packed).unwrap();
        assert_eq!(size, (8, 2));
        let white: Vec<_> = (0..16).filter(|pixel| rgb[pixel * 3] > 250).collect();
        assert_eq!(white, [12, 13]);
    }

    #[test]
    fn plain_formats_are_reordered() {
        let mut decoder = Decoder::default();
        let mut rgb = |pixels, bytes: &[u8]| decoder.decode(pixels, (2, 1), bytes).map(|d| d.1);
        assert_eq!(rgb(PixelFormat::Rgb, &[1, 2, 3, 4, 5, 6]), Ok(vec![1, 2, 3, 4, 5, 6]));
        assert_eq!(rgb(PixelFormat::Bgr, &[1, 2, 3, 4, 5, 6]), Ok(vec![3, 2, 1, 6, 5, 4]));
        assert_eq!(rgb(PixelFormat::Gray, &[7, 9]), Ok(vec![7, 7, 7, 9, 9, 9]));
    }

    #[test]
    fn sizes_that_do_not_fit_are_damage_and_never_a_panic() {
        let mut decoder = Decoder::default();
        for pixels in [PixelFormat::Yuyv, PixelFormat::Nv12, PixelFormat::Rgb, PixelFormat::Gray] {
            assert!(decoder.decode(pixels, (640, 480), &[0; 1000]).is_err(), "{pixels}");
            assert!(decoder.decode(pixels, (640, 480), &[]).is_err(), "{pixels}");
            // Odd sides, and more bytes than needed.
            let (size, rgb) = decoder.decode(pixels, (5, 3), &[128; 4096]).unwrap();
            assert_eq!((size, rgb.len()), ((5, 3), 45), "{pixels}");
        }
    }
}
