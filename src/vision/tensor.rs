//! Pixels to the numbers a model takes.

use crate::model::card::{Channels, InputCard, Layout};

/// Writes 8-bit pixels into `tensor` in the order and scale the card states.
///
/// `pixels`: row by row, channels together; one channel (grey) or three (RGB), as
/// [`Channels::count`] of the card says. `tensor.len() == pixels.len()`.
pub fn fill(tensor: &mut [f32], pixels: &[u8], input: &InputCard) {
    let channels = input.channels.count();
    let plane = pixels.len() / channels;
    debug_assert_eq!(tensor.len(), pixels.len());
    for c in 0..channels {
        let from = if input.channels == Channels::Bgr { channels - 1 - c } else { c };
        let (multiplier, offset) = input.normalisation(c);
        let values = pixels[from..].iter().step_by(channels);
        let values = values.map(|pixel| f32::from(*pixel) * multiplier + offset);
        match input.layout {
            Layout::Nchw => {
                for (target, value) in tensor[c * plane..(c + 1) * plane].iter_mut().zip(values) {
                    *target = value;
                }
            }
            Layout::Nhwc => {
                for (target, value) in tensor[c..].iter_mut().step_by(channels).zip(values) {
                    *target = value;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(layout: Layout, channels: Channels) -> InputCard {
        InputCard {
            layout,
            width: 8,
            height: 8,
            channels,
            scale: 1.0 / 255.0,
            mean: vec![0.5],
            std: vec![0.5],
        }
    }

    #[test]
    fn layouts_and_colour_orders() {
        let two_pixels = [255, 0, 51, 0, 255, 102];
        let mut tensor = [0.0; 6];
        let near = |tensor: &[f32], wanted: [f32; 6]| {
            tensor.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-6)
        };
        fill(&mut tensor, &two_pixels, &card(Layout::Nchw, Channels::Rgb));
        assert!(near(&tensor, [1.0, -1.0, -1.0, 1.0, -0.6, -0.2]), "{tensor:?}");
        fill(&mut tensor, &two_pixels, &card(Layout::Nhwc, Channels::Rgb));
        assert!(near(&tensor, [1.0, -1.0, -0.6, -1.0, 1.0, -0.2]), "{tensor:?}");
        fill(&mut tensor, &two_pixels, &card(Layout::Nchw, Channels::Bgr));
        assert!(near(&tensor, [-0.6, -0.2, -1.0, 1.0, 1.0, -1.0]), "{tensor:?}");
    }
}
