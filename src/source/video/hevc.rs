//! HEVC: Main, Main 10 and Main Still Picture.

use rusty_h265::nal::unescape;
use rusty_h265::ps::{Sps, parse_sps};
use rusty_h265::{Decoder, Error, Frame};

use super::bits::{push_unit, units};
use super::decode::{DecodeError, PlaneView, Ready, VideoDecoder, check_size, to_yuv};
use super::demux::Packet;
use super::picture::{Chroma, Colour, Pixels};

pub struct Hevc {
    decoder: Decoder,
    length_bytes: usize,
    container: Colour,
    stream: Colour,
    units: Vec<u8>,
}

/// Bytes of hvcC before its parameter sets.
const CONFIG_BYTES: usize = 22;

impl Hevc {
    /// `config` is hvcC.
    pub fn new(config: &[u8], container: Colour) -> Result<Self, DecodeError> {
        let parameters = parameters(config)
            .ok_or_else(|| DecodeError::damaged("HEVC without its parameters"))?;
        let mut hevc = Self {
            decoder: Decoder::new(),
            length_bytes: usize::from(config[21] & 3) + 1,
            container,
            stream: Colour::default(),
            units: Vec::new(),
        };
        for unit in parameters {
            hevc.look_at(unit)?;
            push_unit(&mut hevc.units, unit);
        }
        hevc.push(None)?;
        Ok(hevc)
    }

    /// Refuses sizes before the decoder takes memory for them, and notes what is said of colour.
    fn look_at(&mut self, unit: &[u8]) -> Result<(), DecodeError> {
        const SPS: u8 = 33;
        let is_sps = unit.len() > 2 && unit[0] >> 1 & 0x3f == SPS;
        // What makes no sense here makes none to the decoder, which says so.
        let sps = is_sps.then(|| parse_sps(&unescape(&unit[2..]).data)).and_then(Result::ok);
        let Some(Sps { width, height, vui, .. }) = sps else { return Ok(()) };
        check_size(width.into(), height.into())?;
        self.stream = vui.map_or_else(Colour::default, |vui| {
            // Zero primaries: the colours were not described, nor was the matrix.
            let matrix = if vui.colour_primaries == 0 { 2 } else { vui.matrix_coeffs };
            Colour::coded(matrix, vui.video_full_range_flag.then_some(true))
        });
        Ok(())
    }

    fn push(&mut self, id: Option<i64>) -> Result<(), DecodeError> {
        let pushed = self.decoder.push_annexb(&self.units, id);
        self.units.clear();
        pushed.map_err(|error| match error {
            Error::Unsupported(what) => DecodeError::Unsupported(format!("HEVC {what}")),
            error => DecodeError::damaged(error),
        })
    }

    fn drain(&mut self, ready: &mut Ready) -> Result<(), DecodeError> {
        while let Ok(frame) = self.decoder.next_frame() {
            let id = frame.pts.unwrap_or(-1);
            ready.push((id, self.pixels(&frame)?));
        }
        Ok(())
    }

    fn pixels(&self, frame: &Frame) -> Result<Pixels, DecodeError> {
        let picture = &frame.picture;
        let (left, top, width, height) = picture.crop;
        let (chroma, across, down) = match picture.chroma_format_idc {
            0 => (Chroma::None, 1, 1),
            1 => (Chroma::Half, 2, 2),
            2 => (Chroma::HalfWide, 2, 1),
            _ => (Chroma::Full, 1, 1),
        };
        let [y, u, v] = &picture.planes;
        let planes = [(y, 1, 1), (u, across, down), (v, across, down)];
        let planes = planes.map(|(plane, across, down)| PlaneView {
            samples: &plane.data[..],
            stride: plane.stride,
            left: left / across,
            top: top / down,
        });
        let colour = self.stream.or(self.container);
        to_yuv((width, height), chroma, picture.bit_depth_luma, planes, colour)
    }
}

impl VideoDecoder for Hevc {
    fn decode(&mut self, id: i64, packet: &Packet, ready: &mut Ready) -> Result<(), DecodeError> {
        for unit in units(&packet.data, self.length_bytes) {
            self.look_at(unit)?;
            push_unit(&mut self.units, unit);
        }
        let pushed = self.push(Some(id));
        self.drain(ready)?;
        pushed
    }

    fn finish(&mut self, ready: &mut Ready) {
        self.decoder.flush();
        // At the end there is nobody left to tell of damage that was not noticed before.
        let _ = self.drain(ready);
    }
}

/// The parameter sets of hvcC: arrays by kind, each unit after its length.
fn parameters(config: &[u8]) -> Option<Vec<&[u8]>> {
    let (&arrays, mut rest) = config.get(CONFIG_BYTES..)?.split_first()?;
    let mut found = Vec::new();
    for _ in 0..arrays {
        let count = u16::from_be_bytes(*rest.get(1..)?.first_chunk()?);
        rest = rest.get(3..)?;
        for _ in 0..count {
            let length = usize::from(u16::from_be_bytes(*rest.first_chunk()?));
            let (unit, after) = rest.get(2..)?.split_at_checked(length)?;
            found.push(unit);
            rest = after;
        }
    }
    Some(found)
}
