//! Motion JPEG: every packet is a picture.

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::decode::{DecodeError, Ready, VideoDecoder, check_size};
use super::demux::Packet;
use super::picture::Pixels;

pub struct Mjpeg;

impl VideoDecoder for Mjpeg {
    fn decode(&mut self, id: i64, packet: &Packet, ready: &mut Ready) -> Result<(), DecodeError> {
        // JPEG itself goes up to 65,535 pixels a side.
        let options = DecoderOptions::default()
            .set_max_width(usize::from(u16::MAX))
            .set_max_height(usize::from(u16::MAX))
            .jpeg_set_out_colorspace(ColorSpace::RGB);
        let mut decoder = JpegDecoder::new_with_options(ZCursor::new(&packet.data), options);
        let damaged = |error| DecodeError::Damaged(format!("{error:?}"));
        decoder.decode_headers().map_err(damaged)?;
        let (width, height) =
            decoder.dimensions().ok_or_else(|| DecodeError::damaged("a picture without a size"))?;
        check_size(width as u64, height as u64)?;
        let rgb = decoder.decode().map_err(damaged)?;
        if rgb.len() != width * height * 3 {
            return Err(DecodeError::damaged("a picture with too few colours"));
        }
        ready.push((id, Pixels::Rgb { size: (width as u32, height as u32), rgb }));
        Ok(())
    }

    fn finish(&mut self, _: &mut Ready) {}
}
