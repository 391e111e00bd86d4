//! AV1.

use re_rav1d::dav1d::{Decoder, Error, Picture, PixelLayout, PlanarImageComponent, Settings};

use super::decode::{DecodeError, PlaneView, Ready, VideoDecoder, check_size, to_yuv};
use super::demux::Packet;
use super::picture::{Chroma, Colour, Pixels};
use crate::source::media::MAX_PIXELS;

pub struct Av1 {
    decoder: Decoder,
    container: Colour,
}

/// Bytes of av1C before the headers it keeps.
const CONFIG_BYTES: usize = 4;

/// More rounds without an end are none that a stream asks for.
const MAX_ROUNDS: usize = 256;

impl Av1 {
    /// `config` is av1C, or empty.
    pub fn new(config: &[u8], container: Colour) -> Result<Self, DecodeError> {
        let mut settings = Settings::new();
        // Several frames at once would change nothing but the delay.
        settings.set_n_threads(1);
        settings.set_max_frame_delay(1);
        settings.set_frame_size_limit(MAX_PIXELS as u32);
        let decoder = Decoder::with_settings(&settings).map_err(DecodeError::damaged)?;
        let mut av1 = Self { decoder, container };
        if let Some(headers) = config.get(CONFIG_BYTES..).filter(|headers| !headers.is_empty()) {
            // They are in the stream too, as a rule; if these are wrong, the stream's count.
            let _ = av1.feed(headers.to_vec(), -1, &mut Vec::new());
        }
        Ok(av1)
    }

    fn feed(&mut self, data: Vec<u8>, id: i64, ready: &mut Ready) -> Result<(), DecodeError> {
        if data.is_empty() {
            return Err(DecodeError::damaged("an empty packet"));
        }
        let mut sent = self.decoder.send_data(data, None, Some(id), None);
        for _ in 0..MAX_ROUNDS {
            self.drain(ready)?;
            match sent {
                Ok(()) => return Ok(()),
                Err(Error::Again) => sent = self.decoder.send_pending_data(),
                Err(Error::UnsupportedBitstream) => {
                    return Err(DecodeError::Unsupported("this kind of AV1".into()));
                }
                Err(error) => return Err(DecodeError::damaged(error)),
            }
        }
        // What is pending now would make the next call panic.
        self.decoder.flush();
        Err(DecodeError::damaged("a packet without an end"))
    }

    fn drain(&mut self, ready: &mut Ready) -> Result<(), DecodeError> {
        for _ in 0..MAX_ROUNDS {
            match self.decoder.get_picture() {
                Ok(picture) => {
                    let pixels = self.pixels(&picture)?;
                    ready.push((picture.timestamp().unwrap_or(-1), pixels));
                }
                Err(Error::Again) => return Ok(()),
                Err(error) => return Err(DecodeError::damaged(error)),
            }
        }
        Ok(())
    }

    fn pixels(&self, picture: &Picture) -> Result<Pixels, DecodeError> {
        check_size(picture.width().into(), picture.height().into())?;
        let chroma = match picture.pixel_layout() {
            PixelLayout::I400 => Chroma::None,
            PixelLayout::I420 => Chroma::Half,
            PixelLayout::I422 => Chroma::HalfWide,
            PixelLayout::I444 => Chroma::Full,
        };
        let full_range = Some(picture.color_range() as u8 != 0);
        let matrix = picture.matrix_coefficients() as u8;
        let colour = Colour::coded(matrix, full_range).or(self.container);
        let size = (picture.width() as usize, picture.height() as usize);
        let bits = picture.bit_depth() as u8;
        let components: &[_] = match chroma {
            Chroma::None => &[PlanarImageComponent::Y],
            _ => &[PlanarImageComponent::Y, PlanarImageComponent::U, PlanarImageComponent::V],
        };
        // The stride is in bytes, whatever its description says.
        let planes = components
            .iter()
            .map(|component| (picture.plane(*component), picture.stride(*component) as usize))
            .collect::<Vec<_>>();
        if bits > 8 {
            let deep: Vec<_> =
                planes.iter().map(|(plane, stride)| (words(plane), stride / 2)).collect();
            let view = |index: usize| match deep.get(index) {
                Some((samples, stride)) => view(samples, *stride),
                None => view(&[], 0),
            };
            to_yuv(size, chroma, bits, [view(0), view(1), view(2)], colour)
        } else {
            let view = |index: usize| match planes.get(index) {
                Some((samples, stride)) => view(&samples[..], *stride),
                None => view(&[][..], 0),
            };
            to_yuv(size, chroma, 8, [view(0), view(1), view(2)], colour)
        }
    }
}

impl VideoDecoder for Av1 {
    fn decode(&mut self, id: i64, packet: &Packet, ready: &mut Ready) -> Result<(), DecodeError> {
        self.feed(packet.data.clone(), id, ready)
    }

    fn finish(&mut self, ready: &mut Ready) {
        // At the end there is nobody left to tell of damage that was not noticed before.
        let _ = self.drain(ready);
    }
}

fn view<T>(samples: &[T], stride: usize) -> PlaneView<'_, T> {
    PlaneView { samples, stride, left: 0, top: 0 }
}

fn words(bytes: &[u8]) -> Vec<u16> {
    bytes.chunks_exact(2).map(|pair| u16::from_ne_bytes([pair[0], pair[1]])).collect()
}
