//! What decoders have in common.

use super::av1::Av1;
use super::demux::{Codec, Description, Packet};
use super::h264::H264;
use super::hevc::Hevc;
use super::mjpeg::Mjpeg;
use super::picture::{Chroma, Colour, Pixels, YuvPixels};
use super::vp9::Vp9;
use crate::source::media::MAX_PIXELS;

/// Turns packets into pictures. The order of these is the decoder's own affair.
pub trait VideoDecoder {
    /// Decodes one packet. Pictures that are ready are added to `ready`, each with the `id` of its
    /// packet.
    ///
    /// # Errors
    /// What could not be decoded; the next packet may be.
    fn decode(&mut self, id: i64, packet: &Packet, ready: &mut Ready) -> Result<(), DecodeError>;

    /// Gives what is left.
    fn finish(&mut self, ready: &mut Ready);
}

/// Pictures that are ready, each with the `id` of its packet.
pub type Ready = Vec<(i64, Pixels)>;

/// Why a packet gives no picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DecodeError {
    /// It makes no sense.
    Damaged(String),
    /// It is sound, and uses what the decoder does not know.
    Unsupported(String),
    /// More than [`MAX_PIXELS`].
    TooLarge { width: u64, height: u64 },
}

impl DecodeError {
    pub fn damaged(reason: impl ToString) -> Self {
        Self::Damaged(reason.to_string())
    }

    /// In words, for damage in the middle of a file.
    pub fn reason(&self) -> String {
        match self {
            Self::Damaged(reason) => reason.clone(),
            Self::Unsupported(what) => format!("{what} can't be decoded"),
            Self::TooLarge { width, height } => format!("a picture of {width}x{height}"),
        }
    }
}

/// A decoder for packets of this kind.
///
/// # Errors
/// If there is none, or what the container keeps for it makes no sense.
pub fn decoder(of: &Description) -> Result<Box<dyn VideoDecoder>, DecodeError> {
    check_size(of.size.0.into(), of.size.1.into())?;
    Ok(match &of.codec {
        Codec::H264 => Box::new(H264::new(&of.config, of.colour)?),
        Codec::Hevc => Box::new(Hevc::new(&of.config, of.colour)?),
        Codec::Vp9 => Box::new(Vp9::new(of.colour)),
        Codec::Av1 => Box::new(Av1::new(&of.config, of.colour)?),
        Codec::Mjpeg => Box::new(Mjpeg),
        Codec::Other(name) => return Err(DecodeError::Unsupported(name.clone())),
    })
}

/// Refuses what would take too much memory.
pub fn check_size(width: u64, height: u64) -> Result<(), DecodeError> {
    if width.saturating_mul(height) > MAX_PIXELS {
        return Err(DecodeError::TooLarge { width, height });
    }
    Ok(())
}

/// A plane as a decoder holds it, to be copied without padding and at 8 bits.
pub struct PlaneView<'a, T> {
    pub samples: &'a [T],
    pub stride: usize,
    pub left: usize,
    pub top: usize,
}

/// Puts planes together. Samples of more than 8 bits are rounded to 8: models take no more.
///
/// # Errors
/// If a plane is smaller than the picture.
pub fn to_yuv<T: Sample>(
    (width, height): (usize, usize),
    chroma: Chroma,
    bits: u8,
    planes: [PlaneView<'_, T>; 3],
    colour: Colour,
) -> Result<Pixels, DecodeError> {
    let (chroma_width, chroma_height) = match chroma {
        Chroma::None => (0, 0),
        Chroma::Half => (width.div_ceil(2), height.div_ceil(2)),
        Chroma::HalfWide => (width.div_ceil(2), height),
        Chroma::Full => (width, height),
    };
    let sizes = [(width, height), (chroma_width, chroma_height), (chroma_width, chroma_height)];
    let mut copies = [Vec::new(), Vec::new(), Vec::new()];
    for ((plane, (width, height)), copy) in planes.iter().zip(sizes).zip(&mut copies) {
        copy.reserve_exact(width * height);
        for y in plane.top..plane.top + height {
            let start = y * plane.stride + plane.left;
            let row = plane.samples.get(start..start + width);
            let row = row.ok_or_else(|| DecodeError::damaged("a plane is too small"))?;
            T::append(row, bits, copy);
        }
    }
    let size = (width as u32, height as u32);
    Ok(Pixels::Yuv(YuvPixels { size, chroma, planes: copies, colour }))
}

/// A sample of a plane.
pub trait Sample: Copy {
    /// Adds a row at 8 bits.
    fn append(row: &[Self], bits: u8, out: &mut Vec<u8>);
}

impl Sample for u8 {
    fn append(row: &[Self], _: u8, out: &mut Vec<u8>) {
        out.extend_from_slice(row);
    }
}

impl Sample for u16 {
    fn append(row: &[Self], bits: u8, out: &mut Vec<u8>) {
        match u32::from(bits).saturating_sub(8) {
            0 => out.extend(row.iter().map(|sample| *sample as u8)),
            shift => out.extend(row.iter().map(|sample| {
                let rounded = (u32::from(*sample) + (1 << (shift - 1))) >> shift;
                rounded.min(255) as u8
            })),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deep_samples_are_rounded_and_stay_in_range() {
        let mut row = Vec::new();
        u16::append(&[0, 1, 2, 64, 940, 1021, 1022, 1023], 10, &mut row);
        assert_eq!(row, [0, 0, 1, 16, 235, 255, 255, 255]);
    }

    #[test]
    fn a_plane_that_is_too_small_is_damage() {
        let plane = || PlaneView { samples: &[1_u8; 15], stride: 4, left: 0, top: 0 };
        let planes = [plane(), plane(), plane()];
        let pixels = to_yuv((4, 4), Chroma::None, 8, planes, Colour::default());
        assert!(matches!(pixels, Err(DecodeError::Damaged(_))));
    }
}
