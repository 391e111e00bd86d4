//! A decoded picture, and how it becomes a frame: colours, pixel shape, rotation.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use yuv::{YuvGrayImage, YuvPlanarImage, YuvRange, YuvStandardMatrix};

use crate::frame::{Frame, RunId};
use crate::source::media::MAX_PIXELS;
use crate::time::Pts;

/// Pixels of no camera are so many times as long as wide; those of anamorphic lenses are twice.
const MOST_ASPECT: f64 = 16.0;

/// One picture of a file. Colours are converted only when [`Self::into_frame`] is called, so a
/// picture that is passed over costs its decoding alone.
#[derive(Debug)]
pub struct Picture {
    /// When it is shown.
    pub pts: Pts,
    /// Counts the pictures of the file from 0, in the order they are shown.
    pub index: u64,
    pub(crate) pixels: Pixels,
    pub(crate) shape: Shape,
}

/// How decoded pixels become what people see.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Shape {
    pub orientation: Orientation,
    /// Width of a pixel over its height; `None`: square.
    pub pixel_aspect: Option<(u32, u32)>,
}

/// Pixels as a decoder gives them.
#[derive(Debug)]
pub(crate) enum Pixels {
    Yuv(YuvPixels),
    Rgb { size: (u32, u32), rgb: Vec<u8> },
}

/// Planes of 8 bits, without padding.
#[derive(Debug)]
pub(crate) struct YuvPixels {
    pub size: (u32, u32),
    pub chroma: Chroma,
    /// Luma, blue and red differences; the last two empty for [`Chroma::None`].
    pub planes: [Vec<u8>; 3],
    pub colour: Colour,
}

/// How much coarser the colour planes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Chroma {
    None,
    Half,
    HalfWide,
    Full,
}

/// What a stream or its container says about colour; `None` where it says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Colour {
    /// Matrix coefficients as ITU-T H.273 numbers them.
    pub matrix: Option<u8>,
    pub full_range: Option<bool>,
}

impl Colour {
    /// Codes of H.273; 2 is "unspecified".
    pub fn coded(matrix: u8, full_range: Option<bool>) -> Self {
        Self { matrix: (matrix != 2).then_some(matrix), full_range }
    }

    /// What `self` does not say, `other` may.
    pub fn or(self, other: Self) -> Self {
        Self {
            matrix: self.matrix.or(other.matrix),
            full_range: self.full_range.or(other.full_range),
        }
    }

    /// The matrix to use. Where nothing is said players go by size, as broadcasters did: BT.709
    /// from 1280 columns or more than 576 rows on, else BT.601.
    fn matrix(self, (width, height): (u32, u32)) -> YuvStandardMatrix {
        match self.matrix {
            Some(1) => YuvStandardMatrix::Bt709,
            Some(4) => YuvStandardMatrix::Fcc,
            Some(5 | 6) => YuvStandardMatrix::Bt601,
            Some(7) => YuvStandardMatrix::Smpte240,
            Some(9 | 10) => YuvStandardMatrix::Bt2020,
            _ if width >= 1280 || height > 576 => YuvStandardMatrix::Bt709,
            _ => YuvStandardMatrix::Bt601,
        }
    }

    fn range(self) -> YuvRange {
        if self.full_range == Some(true) { YuvRange::Full } else { YuvRange::Limited }
    }
}

/// Turn and mirror that a file asks for: first mirrored left to right, then turned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Orientation {
    /// Clockwise quarter turns, 0..=3.
    pub quarter_turns: u8,
    /// Whether left and right change places first.
    pub mirrored: bool,
}

impl Orientation {
    /// From the tag of EXIF, 1..=8; any other is upright.
    pub fn from_exif(tag: u32) -> Self {
        let (quarter_turns, mirrored) = match tag {
            2 => (0, true),
            3 => (2, false),
            4 => (2, true),
            5 => (3, true),
            6 => (1, false),
            7 => (1, true),
            8 => (3, false),
            _ => (0, false),
        };
        Self { quarter_turns, mirrored }
    }

    /// From the linear part of a display matrix, `x' = a x + c y`, `y' = b x + d y`; a turn by
    /// anything but quarters counts as none.
    pub(crate) fn from_matrix([a, b, c, d]: [i32; 4]) -> Self {
        let (quarter_turns, mirrored) = match [a, b, c, d].map(i32::signum) {
            [0, 1, -1, 0] => (1, false),
            [-1, 0, 0, -1] => (2, false),
            [0, -1, 1, 0] => (3, false),
            [-1, 0, 0, 1] => (0, true),
            [0, -1, -1, 0] => (1, true),
            [1, 0, 0, -1] => (2, true),
            [0, 1, 1, 0] => (3, true),
            _ => (0, false),
        };
        Self { quarter_turns, mirrored }
    }

    /// Degrees clockwise.
    pub fn degrees(self) -> u16 {
        u16::from(self.quarter_turns) * 90
    }

    /// Size after turning.
    pub fn applied_to(self, (width, height): (u32, u32)) -> (u32, u32) {
        if self.quarter_turns % 2 == 1 { (height, width) } else { (width, height) }
    }
}

impl Shape {
    /// Size of a picture as it is shown.
    pub fn shown_size(&self, size: (u32, u32)) -> (u32, u32) {
        self.orientation.applied_to(self.square_pixels(size))
    }

    /// Size once pixels are square: the width is stretched, never the height, as players do.
    fn square_pixels(&self, (width, height): (u32, u32)) -> (u32, u32) {
        let Some((wide, high)) = self.pixel_aspect else { return (width, height) };
        let aspect = f64::from(wide) / f64::from(high);
        let stretched = (f64::from(width) * aspect).round();
        // A shape that no camera has, that makes a line of a picture, or more pixels than are read,
        // is a mistake.
        let fits = (1.0 / MOST_ASPECT..=MOST_ASPECT).contains(&aspect)
            && stretched >= 1.0
            && stretched * f64::from(height) <= MAX_PIXELS as f64;
        if fits { (stretched as u32, height) } else { (width, height) }
    }
}

impl Picture {
    /// The picture as it is shown, in RGB.
    ///
    /// # Errors
    /// Says why the pixels make no picture.
    pub fn into_frame(self, run: RunId) -> Result<Frame, String> {
        let Self { pts, index, pixels, shape } = self;
        let size = pixels.size();
        let mut rgb = pixels.into_rgb()?;
        let square = shape.square_pixels(size);
        if square != size {
            rgb = stretch(&rgb, size, square)?;
        }
        let (rgb, size) = turn(rgb, square, shape.orientation);
        Frame::new(run, index, pts, size, rgb).map_err(|error| error.to_string())
    }

    /// Width and height in pixels as coded: before rotation and stretching.
    pub fn coded_size(&self) -> (u32, u32) {
        self.pixels.size()
    }

    /// The luma plane as coded, `width * height` bytes, limited range if the stream is; for RGB
    /// an approximation.
    pub fn luma(&self) -> std::borrow::Cow<'_, [u8]> {
        match &self.pixels {
            Pixels::Yuv(yuv) => yuv.planes[0].as_slice().into(),
            Pixels::Rgb { rgb, .. } => {
                let luma = |p: &[u8]| {
                    let [r, g, b] = [p[0], p[1], p[2]].map(u32::from);
                    ((19_595 * r + 38_470 * g + 7_471 * b + 32_768) >> 16) as u8
                };
                rgb.chunks_exact(3).map(luma).collect::<Vec<_>>().into()
            }
        }
    }
}

impl Pixels {
    pub fn size(&self) -> (u32, u32) {
        match self {
            Self::Yuv(yuv) => yuv.size,
            Self::Rgb { size, .. } => *size,
        }
    }

    fn into_rgb(self) -> Result<Vec<u8>, String> {
        match self {
            Self::Rgb { rgb, .. } => Ok(rgb),
            Self::Yuv(yuv) => yuv.to_rgb(),
        }
    }
}

impl YuvPixels {
    fn to_rgb(&self) -> Result<Vec<u8>, String> {
        let (width, height) = self.size;
        let mut rgb = vec![0; width as usize * height as usize * 3];
        let (range, matrix) = (self.colour.range(), self.colour.matrix(self.size));
        let [y_plane, u_plane, v_plane] = &self.planes;
        let chroma_width = match self.chroma {
            Chroma::Half | Chroma::HalfWide => width.div_ceil(2),
            Chroma::Full | Chroma::None => width,
        };
        let image = YuvPlanarImage {
            y_plane,
            y_stride: width,
            u_plane,
            u_stride: chroma_width,
            v_plane,
            v_stride: chroma_width,
            width,
            height,
        };
        match self.chroma {
            Chroma::Half => yuv::yuv420_to_rgb(&image, &mut rgb, width * 3, range, matrix),
            Chroma::HalfWide => yuv::yuv422_to_rgb(&image, &mut rgb, width * 3, range, matrix),
            // Identity: the planes are green, blue and red.
            Chroma::Full if self.colour.matrix == Some(0) => {
                let planes = y_plane.iter().zip(u_plane).zip(v_plane);
                for (pixel, ((g, b), r)) in rgb.chunks_exact_mut(3).zip(planes) {
                    pixel.copy_from_slice(&[*r, *g, *b]);
                }
                Ok(())
            }
            Chroma::Full => yuv::yuv444_to_rgb(&image, &mut rgb, width * 3, range, matrix),
            Chroma::None => {
                let grey = YuvGrayImage { y_plane, y_stride: width, width, height };
                yuv::yuv400_to_rgb(&grey, &mut rgb, width * 3, range, matrix)
            }
        }
        .map_err(|error| format!("the planes do not fit the picture: {error}"))?;
        Ok(rgb)
    }
}

fn stretch(rgb: &[u8], from: (u32, u32), to: (u32, u32)) -> Result<Vec<u8>, String> {
    let mut stretched = Image::new(to.0, to.1, PixelType::U8x3);
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear));
    let source = ImageRef::new(from.0, from.1, rgb, PixelType::U8x3).map_err(|e| e.to_string())?;
    Resizer::new().resize(&source, &mut stretched, &options).map_err(|e| e.to_string())?;
    Ok(stretched.into_vec())
}

/// Mirrors and turns RGB pixels.
fn turn(
    rgb: Vec<u8>,
    (width, height): (u32, u32),
    orientation: Orientation,
) -> (Vec<u8>, (u32, u32)) {
    if orientation == Orientation::default() {
        return (rgb, (width, height));
    }
    let (w, h) = (width as usize, height as usize);
    let turned_size = orientation.applied_to((width, height));
    let mut turned = Vec::with_capacity(rgb.len());
    for y in 0..turned_size.1 as usize {
        for x in 0..turned_size.0 as usize {
            let (from_x, from_y) = match orientation.quarter_turns {
                0 => (x, y),
                1 => (y, h - 1 - x),
                2 => (w - 1 - x, h - 1 - y),
                _ => (w - 1 - y, x),
            };
            let from_x = if orientation.mirrored { w - 1 - from_x } else { from_x };
            let at = (from_y * w + from_x) * 3;
            turned.extend_from_slice(&rgb[at..at + 3]);
        }
    }
    (turned, turned_size)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two rows of three pixels, numbered.
    fn numbered() -> Vec<u8> {
        (0..6).flat_map(|n| [n; 3]).collect()
    }

    fn turned(orientation: Orientation) -> Vec<u8> {
        turn(numbered(), (3, 2), orientation).0.chunks_exact(3).map(|p| p[0]).collect()
    }

    #[test]
    fn every_exif_orientation_is_undone() {
        let expected = [
            vec![0, 1, 2, 3, 4, 5],
            vec![2, 1, 0, 5, 4, 3],
            vec![5, 4, 3, 2, 1, 0],
            vec![3, 4, 5, 0, 1, 2],
            vec![0, 3, 1, 4, 2, 5],
            vec![3, 0, 4, 1, 5, 2],
            vec![5, 2, 4, 1, 3, 0],
            vec![2, 5, 1, 4, 0, 3],
        ];
        for (tag, expected) in (1..).zip(expected) {
            assert_eq!(turned(Orientation::from_exif(tag)), expected, "orientation {tag}");
        }
    }

    #[test]
    fn a_display_matrix_and_exif_agree() {
        let one = 1 << 16;
        for (tag, matrix) in [
            (1, [one, 0, 0, one]),
            (2, [-one, 0, 0, one]),
            (3, [-one, 0, 0, -one]),
            (4, [one, 0, 0, -one]),
            (5, [0, one, one, 0]),
            (6, [0, one, -one, 0]),
            (7, [0, -one, -one, 0]),
            (8, [0, -one, one, 0]),
        ] {
            assert_eq!(Orientation::from_matrix(matrix), Orientation::from_exif(tag), "{tag}");
        }
    }

    fn grey_frame(level: u8, size: (u32, u32), colour: Colour, red: u8) -> [u8; 3] {
        let (luma, chroma) = ((size.0 * size.1) as usize, (size.0 * size.1 / 4) as usize);
        let planes = [vec![level; luma], vec![128; chroma], vec![red; chroma]];
        let pixels = Pixels::Yuv(YuvPixels { size, chroma: Chroma::Half, planes, colour });
        let picture = Picture { pts: Pts::ZERO, index: 0, pixels, shape: Shape::default() };
        let frame = picture.into_frame(RunId(1)).unwrap();
        [frame.rgb()[0], frame.rgb()[1], frame.rgb()[2]]
    }

    #[test]
    fn range_and_matrix_are_those_of_the_stream_or_of_the_size() {
        let unknown = Colour::default();
        assert_eq!(grey_frame(235, (64, 64), unknown, 128), [255; 3], "limited unless said");
        let full = Colour { full_range: Some(true), ..unknown };
        assert_eq!(grey_frame(235, (64, 64), full, 128), [235; 3]);
        // The share of red differs: 1.402 in BT.601, 1.5748 in BT.709 (H.273), full range.
        let red = |size, matrix| {
            let colour = Colour { matrix, full_range: Some(true) };
            i32::from(grey_frame(100, size, colour, 160)[0])
        };
        let near = |value: i32, expected: f64| (f64::from(value) - expected).abs() <= 1.0;
        assert!(near(red((64, 64), None), 100.0 + 1.402 * 32.0));
        assert!(near(red((64, 64), Some(1)), 100.0 + 1.5748 * 32.0));
        assert!(near(red((1280, 64), None), 100.0 + 1.5748 * 32.0));
        assert!(near(red((1280, 64), Some(6)), 100.0 + 1.402 * 32.0));
    }

    #[test]
    fn pixels_that_are_not_square_stretch_the_width() {
        let shape = |aspect| Shape { pixel_aspect: Some(aspect), ..Shape::default() };
        assert_eq!(shape((16, 11)).shown_size((704, 576)), (1024, 576));
        assert_eq!(shape((1, u32::MAX)).shown_size((704, 576)), (704, 576));
        assert_eq!(shape((u32::MAX, 1)).shown_size((704, 576)), (704, 576));
        // Small enough to be read, and no shape of pixels all the same.
        assert_eq!(shape((25_260, 1)).shown_size((64, 48)), (64, 48));
        assert_eq!(shape((16, 1)).shown_size((64, 48)), (1024, 48));
    }
}
