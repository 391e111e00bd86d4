//! VP9, all profiles.

use rusty_vp9::{BitReader, Error, Vp9Decoder, parse_uncompressed_header};

use super::decode::{DecodeError, PlaneView, Ready, VideoDecoder, check_size, to_yuv};
use super::demux::Packet;
use super::picture::{Chroma, Colour};

pub struct Vp9 {
    decoder: Vp9Decoder,
    container: Colour,
    stream: Colour,
}

impl Vp9 {
    pub fn new(container: Colour) -> Self {
        Self { decoder: Vp9Decoder::new(), container, stream: Colour::default() }
    }

    /// Refuses sizes before the decoder takes memory for them, and notes what is said of colour.
    fn look_at_headers(&mut self, packet: &[u8]) -> Result<(), DecodeError> {
        for frame in frames(packet) {
            let header = parse_uncompressed_header(&mut BitReader::new(frame), &[(0, 0); 8]);
            // What makes no sense here makes none to the decoder, which says so.
            let Ok(header) = header else { continue };
            check_size(header.width.into(), header.height.into())?;
            if header.key_frame && !header.show_existing_frame {
                // VP9 numbers matrices in its own way.
                let matrix = match header.color_space {
                    1 | 3 => Some(6),
                    2 => Some(1),
                    4 => Some(7),
                    5 => Some(9),
                    7 => Some(0),
                    _ => None,
                };
                self.stream = Colour { matrix, full_range: None };
            }
        }
        Ok(())
    }

    fn drain(&mut self, ready: &mut Ready) -> Result<(), DecodeError> {
        let mut outcome = Ok(());
        // Packets hold few frames; `Again` also stands for one that is not shown.
        for _ in 0..MAX_FRAMES {
            match self.decoder.next_frame() {
                Ok(frame) => {
                    let chroma = match (frame.subsampling_x, frame.subsampling_y) {
                        (1, 1) => Chroma::Half,
                        (1, 0) => Chroma::HalfWide,
                        (0, 0) => Chroma::Full,
                        _ => return Err(DecodeError::Unsupported("VP9 4:4:0".into())),
                    };
                    let colour = self.stream.or(self.container);
                    let size = (frame.width as usize, frame.height as usize);
                    let [y, u, v] = &frame.planes[..] else { continue };
                    let [y_stride, u_stride, v_stride] = frame.strides[..] else { continue };
                    let planes = [(y, y_stride), (u, u_stride), (v, v_stride)];
                    let pixels = if frame.bit_depth > 8 {
                        let deep = planes.map(|(plane, stride)| (words(plane), stride / 2));
                        let [y, u, v] = &deep;
                        let views = [y, u, v].map(|(samples, stride)| view(samples, *stride));
                        to_yuv(size, chroma, frame.bit_depth as u8, views, colour)?
                    } else {
                        let views = planes.map(|(samples, stride)| view(samples, stride));
                        to_yuv(size, chroma, 8, views, colour)?
                    };
                    ready.push((frame.pts.unwrap_or(-1), pixels));
                }
                Err(Error::Eof) => break,
                Err(Error::Again) => {}
                Err(Error::Unsupported(what)) => {
                    outcome = Err(DecodeError::Unsupported(format!("VP9 {what}")));
                }
                Err(error) => outcome = Err(DecodeError::damaged(error)),
            }
        }
        outcome
    }
}

/// Frames in a packet, at most eight, and one question more for each.
const MAX_FRAMES: usize = 16;

impl VideoDecoder for Vp9 {
    fn decode(&mut self, id: i64, packet: &Packet, ready: &mut Ready) -> Result<(), DecodeError> {
        self.look_at_headers(&packet.data)?;
        self.decoder.push(&packet.data, Some(id)).map_err(DecodeError::damaged)?;
        self.drain(ready)
    }

    fn finish(&mut self, _: &mut Ready) {}
}

fn view<T>(samples: &[T], stride: usize) -> PlaneView<'_, T> {
    PlaneView { samples, stride, left: 0, top: 0 }
}

fn words(bytes: &[u8]) -> Vec<u16> {
    bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect()
}

/// The frames of a packet: an index at its end says where each lies (VP9 specification, annex B).
fn frames(packet: &[u8]) -> Vec<&[u8]> {
    let marker = packet.last().copied().unwrap_or(0);
    let (count, bytes) = (usize::from(marker & 7) + 1, usize::from(marker >> 3 & 3) + 1);
    let index = packet.len().checked_sub(2 + count * bytes).and_then(|at| packet.get(at..));
    let index = index.filter(|index| marker & 0xe0 == 0xc0 && index[0] == marker);
    let Some(index) = index else { return vec![packet] };
    let (mut rest, mut frames) = (packet, Vec::with_capacity(count));
    for size in index[1..].chunks_exact(bytes).take(count) {
        let size = size.iter().rev().fold(0, |size, byte| size << 8 | usize::from(*byte));
        let Some((frame, after)) = rest.split_at_checked(size) else { break };
        frames.push(frame);
        rest = after;
    }
    frames
}
