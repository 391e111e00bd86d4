//! Coarse colours of a face and what surrounds it, to tell two people apart for the second in
//! which one hides the other.
//!
//! Nine numbers that say "dark hair, blue shirt", not who somebody is. They live in memory as
//! long as the track and are stored nowhere.

use crate::frame::Frame;
use crate::geom::Rect;

/// Mean colour of hair, face and chest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Signature([[f32; 3]; 3]);

/// Regions in widths and heights of the face box, from its top left: x, y, width, height.
const REGIONS: [[f32; 4]; 3] =
    [[0.25, -0.12, 0.5, 0.16], [0.2, 0.3, 0.6, 0.5], [0.0, 1.25, 1.0, 0.3]];

impl Signature {
    /// Samples a grid of points, so that its cost does not grow with the face.
    pub fn of(frame: &Frame, bbox: &Rect) -> Self {
        Self(REGIONS.map(|[x, y, w, h]| {
            let region =
                Rect::new(bbox.x + x * bbox.w, bbox.y + y * bbox.h, w * bbox.w, h * bbox.h);
            mean_colour(frame, &region)
        }))
    }

    /// 0 (the same) to 1 (black and white).
    pub fn distance(&self, other: &Self) -> f32 {
        let pairs = self.0.iter().flatten().zip(other.0.iter().flatten());
        pairs.map(|(a, b)| (a - b).abs()).sum::<f32>() / 9.0
    }

    /// Moves towards `newer` by `share`.
    pub fn learn(&mut self, newer: &Self, share: f32) {
        for (mine, theirs) in self.0.iter_mut().flatten().zip(newer.0.iter().flatten()) {
            *mine += share * (theirs - *mine);
        }
    }
}

/// Mean over a grid of 8 x 8 points, each channel 0..=1. Points beyond the frame are moved to its
/// edge.
fn mean_colour(frame: &Frame, region: &Rect) -> [f32; 3] {
    const GRID: usize = 8;
    let mut sum = [0.0; 3];
    for row in 0..GRID {
        for column in 0..GRID {
            let at = |start: f32, length: f32, i: usize, limit: u32| {
                let position = start + length * (i as f32 + 0.5) / GRID as f32;
                position.clamp(0.0, (limit - 1) as f32) as usize
            };
            let x = at(region.x, region.w, column, frame.width());
            let y = at(region.y, region.h, row, frame.height());
            let start = (y * frame.width() as usize + x) * 3;
            for (sum, value) in sum.iter_mut().zip(&frame.rgb()[start..start + 3]) {
                *sum += f32::from(*value) / (255.0 * (GRID * GRID) as f32);
            }
        }
    }
    sum
}
