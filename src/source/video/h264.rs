//! H.264: 8 bits, 4:2:0, progressive. What else there is is found in the headers and left to
//! `ffmpeg`.

use rusty_h264_decoder::{DecodeError as H264Error, Decoder};

use super::bits::{Bits, push_unit, unescaped, units};
use super::decode::{DecodeError, Ready, VideoDecoder, check_size};
use super::demux::Packet;
use super::picture::{Chroma, Colour, Pixels, YuvPixels};

pub struct H264 {
    decoder: Decoder,
    length_bytes: usize,
    container: Colour,
    stream: Colour,
    units: Vec<u8>,
}

impl H264 {
    /// `config` is avcC.
    pub fn new(config: &[u8], container: Colour) -> Result<Self, DecodeError> {
        let parameters = parameters(config)
            .ok_or_else(|| DecodeError::damaged("H.264 without its parameters"))?;
        let mut h264 = Self {
            decoder: Decoder::new(),
            length_bytes: usize::from(config[4] & 3) + 1,
            container,
            stream: Colour::default(),
            units: Vec::new(),
        };
        for unit in parameters {
            h264.look_at(unit)?;
            push_unit(&mut h264.units, unit);
        }
        let units = std::mem::take(&mut h264.units);
        h264.decoder.decode(&units).map_err(in_our_words)?;
        Ok(h264)
    }

    /// Refuses what the decoder can't do before it tries, and notes what is said of colour.
    fn look_at(&mut self, unit: &[u8]) -> Result<(), DecodeError> {
        const SPS: u8 = 7;
        if unit.first().is_none_or(|head| head & 0x1f != SPS) {
            return Ok(());
        }
        // What makes no sense here makes none to the decoder, which says so.
        let Some(sps) = Sps::read(&unescaped(&unit[1..])) else { return Ok(()) };
        check_size(sps.width, sps.height)?;
        let unsupported = |what: &str| Err(DecodeError::Unsupported(format!("{what} H.264")));
        match sps {
            Sps { bits, .. } if bits > 8 => unsupported("10-bit"),
            Sps { chroma: 2, .. } => unsupported("4:2:2"),
            Sps { chroma: 3, .. } => unsupported("4:4:4"),
            Sps { chroma: 0, .. } => unsupported("grey"),
            Sps { interlaced: true, .. } => unsupported("interlaced"),
            Sps { colour, .. } => {
                self.stream = colour;
                Ok(())
            }
        }
    }
}

impl VideoDecoder for H264 {
    fn decode(&mut self, id: i64, packet: &Packet, ready: &mut Ready) -> Result<(), DecodeError> {
        self.units.clear();
        for unit in units(&packet.data, self.length_bytes) {
            self.look_at(unit)?;
            push_unit(&mut self.units, unit);
        }
        let frame = self.decoder.decode(&self.units).map_err(in_our_words)?;
        let Some(frame) = frame else { return Ok(()) };
        let (width, height) = (frame.width, frame.height);
        let chroma = width.div_ceil(2) * height.div_ceil(2);
        if (frame.y.len(), frame.u.len(), frame.v.len()) != (width * height, chroma, chroma) {
            return Err(DecodeError::damaged("a plane is too small"));
        }
        let colour = self.stream.or(self.container);
        let (size, planes) = ((width as u32, height as u32), [frame.y, frame.u, frame.v]);
        ready.push((id, Pixels::Yuv(YuvPixels { size, chroma: Chroma::Half, planes, colour })));
        Ok(())
    }

    fn finish(&mut self, _: &mut Ready) {}
}

/// Whether a packet holds a picture with which decoding can begin anew: an instantaneous refresh.
pub fn begins(config: &[u8], packet: &[u8]) -> bool {
    const IDR_SLICE: u8 = 5;
    let length_bytes = usize::from(config.get(4).copied().unwrap_or(3) & 3) + 1;
    units(packet, length_bytes)
        .any(|unit| unit.first().is_some_and(|head| head & 0x1f == IDR_SLICE))
}

fn in_our_words(error: H264Error) -> DecodeError {
    match error {
        H264Error::Unsupported(what) => DecodeError::Unsupported(format!("H.264 with {what}")),
        error => DecodeError::damaged(error),
    }
}

/// The parameter sets of avcC: first sequences, then pictures, each unit after its length.
fn parameters(config: &[u8]) -> Option<Vec<&[u8]>> {
    let mut rest = config.get(5..)?;
    let mut found = Vec::new();
    for mask in [0x1f, 0xff] {
        let (count, after) = rest.split_first()?;
        rest = after;
        for _ in 0..count & mask {
            let length = usize::from(u16::from_be_bytes(*rest.first_chunk()?));
            let (unit, after) = rest.get(2..)?.split_at_checked(length)?;
            found.push(unit);
            rest = after;
        }
    }
    Some(found)
}

/// The part of a sequence parameter set that is needed before decoding.
#[derive(Debug, PartialEq, Eq)]
struct Sps {
    /// Coded, so before cropping, in pixels.
    width: u64,
    height: u64,
    bits: u32,
    /// `chroma_format_idc`: 1 is 4:2:0.
    chroma: u32,
    interlaced: bool,
    colour: Colour,
}

impl Sps {
    /// Follows section 7.3.2.1.1 of the standard; `None` if the set makes no sense.
    fn read(rbsp: &[u8]) -> Option<Self> {
        let mut bits = Bits::new(rbsp);
        let profile = bits.bits(8)?;
        bits.bits(16)?;
        bits.ue()?;
        let (mut chroma, mut depth) = (1, 8);
        const HIGH: [u32; 13] = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135];
        if HIGH.contains(&profile) {
            chroma = bits.ue()?;
            if chroma == 3 {
                bits.bit()?;
            }
            depth = 8_u32.checked_add(bits.ue()?.max(bits.ue()?))?;
            bits.bit()?;
            if bits.bit()? {
                for list in 0..if chroma == 3 { 12 } else { 8 } {
                    if bits.bit()? {
                        skip_scaling_list(&mut bits, if list < 6 { 16 } else { 64 })?;
                    }
                }
            }
        }
        bits.ue()?;
        match bits.ue()? {
            0 => drop(bits.ue()?),
            1 => {
                bits.bit()?;
                bits.se()?;
                bits.se()?;
                for _ in 0..bits.ue()?.min(256) {
                    bits.se()?;
                }
            }
            _ => {}
        }
        bits.ue()?;
        bits.bit()?;
        let (columns, rows) = (u64::from(bits.ue()?) + 1, u64::from(bits.ue()?) + 1);
        let progressive = bits.bit()?;
        if !progressive {
            bits.bit()?;
        }
        bits.bit()?;
        if bits.bit()? {
            for _ in 0..4 {
                bits.ue()?;
            }
        }
        let colour = if bits.bit()? { colour(&mut bits)? } else { Colour::default() };
        Some(Self {
            width: columns * 16,
            height: rows * if progressive { 16 } else { 32 },
            bits: depth,
            chroma,
            interlaced: !progressive,
            colour,
        })
    }
}

fn skip_scaling_list(bits: &mut Bits<'_>, count: u32) -> Option<()> {
    let (mut last, mut next) = (8, 8);
    for _ in 0..count {
        if next != 0 {
            next = (last + bits.se()?.clamp(-512, 512)).rem_euclid(256);
        }
        last = if next == 0 { last } else { next };
    }
    Some(())
}

/// The beginning of the usability information (annex E).
fn colour(bits: &mut Bits<'_>) -> Option<Colour> {
    const EXTENDED_ASPECT: u32 = 255;
    if bits.bit()? && bits.bits(8)? == EXTENDED_ASPECT {
        bits.bits(32)?;
    }
    if bits.bit()? {
        bits.bit()?;
    }
    if !bits.bit()? {
        return Some(Colour::default());
    }
    bits.bits(3)?;
    let full_range = Some(bits.bit()?);
    if !bits.bit()? {
        return Some(Colour { matrix: None, full_range });
    }
    bits.bits(16)?;
    Some(Colour::coded(bits.bits(8)? as u8, full_range))
}
