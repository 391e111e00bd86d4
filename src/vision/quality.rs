//! How far conditions allow a reading, and what to change.

use super::align::FaceCrop;
use crate::observation::{HeadPose, Hint, Landmarks, Quality};

/// Below this a quality is worth a hint.
pub const GOOD: f32 = 0.5;

/// Judges one face. Each figure is a ramp between two measured values: where readings fall apart
/// (0) and where they no longer improve (1).
pub fn judge(landmarks: &Landmarks, pose: &HeadPose, crop: &FaceCrop) -> Quality {
    let crop = Shrunk::of(crop);
    let light = Light::of(&crop);
    // The model sees eyes 18 px apart; below 6 px nothing is left of the mouth.
    let size = ramp(landmarks.eye_distance(), 6.0, 18.0);
    let dark = ramp(light.mean, 16.0, 44.0);
    let bright = ramp(light.mean, 250.0, 225.0);
    let even = ramp(light.imbalance, 0.75, 0.40);
    let sharpness = ramp(sharpness(&crop), 0.02, 0.08);
    // Five points show 0 to 60 degrees; from 45 on half of the mouth is hidden.
    let turn = ramp(pose.yaw_deg.abs().max(pose.pitch_deg.abs()), 55.0, 20.0);
    let reasons = [
        (size, Hint::TooSmall),
        (dark, Hint::TooDark),
        (bright, Hint::TooBright),
        (even, Hint::UnevenLight),
        (sharpness, Hint::Blurred),
        (turn, Hint::TurnedAway),
    ];
    let worst = reasons.into_iter().min_by(|a, b| a.0.total_cmp(&b.0));
    Quality {
        size,
        light: dark.min(bright).min(even),
        sharpness,
        turn,
        hint: worst.filter(|(value, _)| *value < GOOD).map(|(_, hint)| hint),
    }
}

/// 0 at `bad`, 1 at `good`, straight between; either may be the larger.
fn ramp(value: f32, bad: f32, good: f32) -> f32 {
    ((value - bad) / (good - bad)).clamp(0.0, 1.0)
}

/// Side of a crop that the figures above were measured on; models take crops of other sizes.
const USUAL_SIDE: usize = 48;

/// Luma of a crop, averaged over blocks until it is about [`USUAL_SIDE`] wide: a model that takes
/// larger crops sees the same face, and its finest detail is no finer.
struct Shrunk {
    width: usize,
    height: usize,
    luma: Vec<f32>,
}

impl Shrunk {
    fn of(crop: &FaceCrop) -> Self {
        let block = (crop.width.min(crop.height) / USUAL_SIDE).max(1);
        let (width, height) = (crop.width / block, crop.height / block);
        let luma = crop.luma();
        let mean = |x: usize, y: usize| {
            let rows = (y * block..(y + 1) * block).map(|row| row * crop.width + x * block);
            let sum: u32 = rows
                .flat_map(|start| &luma[start..start + block])
                .map(|value| u32::from(*value))
                .sum();
            sum as f32 / (block * block) as f32
        };
        let luma = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        Self { width, height, luma: luma.map(|(x, y)| mean(x, y)).collect() }
    }
}

struct Light {
    /// Mean luma of the middle of the face, 0..=255.
    mean: f32,
    /// Difference of the halves over their sum, 0..=1.
    imbalance: f32,
}

impl Light {
    fn of(crop: &Shrunk) -> Self {
        // The middle three fifths hold skin only; hair and background are outside.
        let (x0, x1) = (crop.width / 5, crop.width - crop.width / 5);
        let (y0, y1) = (crop.height / 4, crop.height - crop.height / 5);
        let mean = |columns: std::ops::Range<usize>| {
            let count = (columns.len() * (y1 - y0)).max(1) as f32;
            let sum: f32 = (y0..y1)
                .flat_map(|y| columns.clone().map(move |x| (x, y)))
                .map(|(x, y)| crop.luma[y * crop.width + x])
                .sum();
            sum / count
        };
        let middle = crop.width / 2;
        let (left, right) = (mean(x0..middle), mean(middle..x1));
        let sum = left + right;
        Self {
            mean: sum / 2.0,
            imbalance: if sum > 0.0 { (left - right).abs() / sum } else { 0.0 },
        }
    }
}

/// Share of the contrast that lies in the finest detail: mean absolute Laplacian over four
/// standard deviations of luma. Independent of brightness and contrast.
fn sharpness(crop: &Shrunk) -> f32 {
    let luma = &crop.luma;
    let (w, h) = (crop.width, crop.height);
    let n = luma.len() as f32;
    let mean = luma.iter().sum::<f32>() / n;
    let variance = luma.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / n;
    if w < 3 || h < 3 || variance < 1.0 {
        return 0.0;
    }
    let at = |x: usize, y: usize| luma[y * w + x];
    let mut sum = 0.0;
    for y in 1..h - 1 {
        for x in 1..w - 1 {
            let around = at(x - 1, y) + at(x + 1, y) + at(x, y - 1) + at(x, y + 1);
            sum += (around - 4.0 * at(x, y)).abs();
        }
    }
    sum / ((w - 2) * (h - 2)) as f32 / (4.0 * variance.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geom::{Point, Similarity};

    fn crop(pixel: impl Fn(usize, usize) -> u8) -> FaceCrop {
        let pixels = (0..48 * 48).map(|i| pixel(i % 48, i / 48)).collect();
        FaceCrop {
            width: 48,
            height: 48,
            channels: 1,
            pixels,
            crop_from_frame: Similarity::IDENTITY,
        }
    }

    fn landmarks(eye_distance: f32) -> Landmarks {
        Landmarks { eye_right: Point::new(eye_distance, 0.0), ..Landmarks::default() }
    }

    fn checker(x: usize, y: usize) -> u8 {
        if (x / 4 + y / 4).is_multiple_of(2) { 90 } else { 170 }
    }

    #[test]
    fn each_trouble_gets_its_own_hint() {
        let ahead = HeadPose::default();
        let aside = HeadPose { yaw_deg: 50.0, ..ahead };
        let good = crop(checker);
        let hint =
            |eyes: f32, pose: &HeadPose, crop: &FaceCrop| judge(&landmarks(eyes), pose, crop).hint;
        assert_eq!(hint(40.0, &ahead, &good), None);
        assert_eq!(hint(7.0, &ahead, &good), Some(Hint::TooSmall));
        assert_eq!(hint(40.0, &aside, &good), Some(Hint::TurnedAway));
        let dark = crop(|x, y| checker(x, y) / 12);
        assert_eq!(hint(40.0, &ahead, &dark), Some(Hint::TooDark));
        let bright = crop(|x, y| 255 - checker(x, y) / 20);
        assert_eq!(hint(40.0, &ahead, &bright), Some(Hint::TooBright));
        let half = crop(|x, y| if x < 24 { checker(x, y) / 6 } else { checker(x, y) });
        assert_eq!(hint(40.0, &ahead, &half), Some(Hint::UnevenLight));
        let smooth = crop(|x, _| 60 + 3 * x as u8);
        assert_eq!(hint(40.0, &ahead, &smooth), Some(Hint::Blurred));
    }

    /// The same face, enlarged for a model that takes 224 pixels in colour, is as sharp and as
    /// light as for one that takes 48 in grey.
    #[test]
    fn a_model_that_takes_larger_crops_gets_the_same_judgement() {
        let small = crop(checker);
        let judged = judge(&landmarks(40.0), &HeadPose::default(), &small);
        for (side, channels) in [(48, 3), (96, 1), (144, 3), (240, 3)] {
            let at = |i: usize| small.pixels[i / side * 48 / side * 48 + i % side * 48 / side];
            let pixels = (0..side * side).flat_map(|i| vec![at(i); channels]).collect();
            let large = FaceCrop { width: side, height: side, channels, pixels, ..small.clone() };
            let again = judge(&landmarks(40.0), &HeadPose::default(), &large);
            assert!((again.sharpness - judged.sharpness).abs() < 0.01, "{side}: {again:?}");
            assert!((again.light - judged.light).abs() < 0.01, "{side}: {again:?}");
            assert_eq!(again.hint, None);
        }
    }
}
