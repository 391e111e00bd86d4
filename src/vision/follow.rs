//! Follows a face from frame to frame by its pixels, which costs a small part of searching the
//! frame: the pixels of the face as it was found are laid over the next frame so that they differ
//! least, by the inverse compositional method of Lucas and Kanade (Baker & Matthews 2004) over
//! shift, turn and scale, from coarse to fine. Light may change: both are compared at zero mean and
//! unit variance.

use super::align::{align, crop_from_frame};
use crate::frame::Frame;
use crate::geom::{Point, Rect, Similarity};
use crate::model::card::{Channels, Framing, InputCard, Layout};
use crate::observation::{Detection, Landmarks};

/// Side of the square of pixels that a face is followed by. Hair and background outside its box say
/// nothing about it.
const SIDE: usize = 32;

/// The part of the next frame it is looked for in, centred on where it is expected: a quarter of the
/// face further each way. Who moves faster is searched for.
const FIELD: usize = SIDE * 3 / 2;

/// Steps at each of the two sizes; convergence takes less.
const STEPS: usize = 8;

/// Shorter steps, in pixels of the square, are arrival.
const ARRIVED: f32 = 0.02;

/// Standard deviation of grey levels below which there is nothing to hold on to.
const FLAT: f32 = 4.0;

/// Correlation of the pixels below which it may be something else.
const LEAST_CORRELATION: f32 = 0.85;

/// A face does not grow or shrink by more than this factor between two searches.
const MAX_RESCALE: f32 = 1.25;

/// A face as it looked where it was found.
#[derive(Debug, Clone)]
pub struct Likeness {
    found: Detection,
    /// Takes points of the frame it was found in to points of the square.
    square_from_frame: Similarity,
    coarse: Template,
    fine: Template,
    /// Where the square lies in the last frame.
    frame_from_square: Similarity,
    /// How far it moved in the last frame, in pixels of the frame.
    step: Point,
}

impl Likeness {
    /// `None` if the face can't be followed: too plain, or beyond the edge of the frame.
    pub fn of(frame: &Frame, found: &Detection) -> Option<Self> {
        let framing = Framing::Box { margin: 1.0 };
        let square_from_frame = crop_from_frame(found, &framing, &square(SIDE))?;
        let frame_from_square = square_from_frame.inverse()?;
        let inside = [(0.0, 0.0), (SIDE as f32, SIDE as f32)]
            .map(|(x, y)| frame_from_square.apply(Point::new(x, y)))
            .iter()
            .all(|p| {
                (0.0..=frame.width() as f32).contains(&p.x)
                    && (0.0..=frame.height() as f32).contains(&p.y)
            });
        if !inside {
            return None;
        }
        let pixels = Grey::cut(frame, square_from_frame, SIDE)?;
        Some(Self {
            found: *found,
            square_from_frame,
            coarse: Template::of(&pixels.halved())?,
            fine: Template::of(&pixels)?,
            frame_from_square,
            step: Point::default(),
        })
    }

    /// Where the face is in the next frame, or `None` if it is not to be seen for certain. Box and
    /// landmarks are those it was found with, moved; the score is the one it was found with.
    pub fn follow(&mut self, frame: &Frame) -> Option<Detection> {
        let expected = shifted(self.frame_from_square, self.step);
        let to_field = (FIELD - SIDE) as f32 / 2.0;
        let field_from_frame = shifted(expected.inverse()?, Point::new(to_field, to_field));
        let field = Grey::cut(frame, field_from_frame, FIELD)?;
        let start = Similarity { tx: to_field, ty: to_field, ..Similarity::IDENTITY };

        let half = Similarity { tx: start.tx / 2.0, ty: start.ty / 2.0, ..start };
        let (half, _) = self.coarse.lay(&field.halved(), half)?;
        let start = Similarity { tx: half.tx * 2.0, ty: half.ty * 2.0, ..half };
        let (field_from_square, correlation) = self.fine.lay(&field, start)?;
        if correlation < LEAST_CORRELATION {
            return None;
        }

        let frame_from_square = field_from_frame.inverse()?.after(&field_from_square);
        let frame_from_found = frame_from_square.after(&self.square_from_frame);
        let rescale = frame_from_found.scale();
        if !(1.0 / MAX_RESCALE..=MAX_RESCALE).contains(&rescale) {
            return None;
        }
        let middle = Point::new(SIDE as f32 / 2.0, SIDE as f32 / 2.0);
        let (was, is) = (self.frame_from_square.apply(middle), frame_from_square.apply(middle));
        self.step = Point::new(is.x - was.x, is.y - was.y);
        self.frame_from_square = frame_from_square;
        Some(moved(&self.found, &frame_from_found))
    }
}

/// Its middle and landmarks go along; the box stays upright.
fn moved(found: &Detection, to: &Similarity) -> Detection {
    let center = to.apply(found.bbox.center());
    let (w, h) = (found.bbox.w * to.scale(), found.bbox.h * to.scale());
    Detection {
        bbox: Rect::new(center.x - w / 2.0, center.y - h / 2.0, w, h),
        landmarks: Landmarks::from_array(found.landmarks.to_array().map(|p| to.apply(p))),
        score: found.score,
    }
}

fn shifted(transform: Similarity, by: Point) -> Similarity {
    Similarity { tx: transform.tx + by.x, ty: transform.ty + by.y, ..transform }
}

/// A square of grey pixels.
fn square(side: usize) -> InputCard {
    InputCard {
        layout: Layout::Nchw,
        width: side,
        height: side,
        channels: Channels::Grey,
        scale: 1.0,
        mean: vec![0.0],
        std: vec![1.0],
    }
}

/// A square picture, row by row.
struct Grey {
    side: usize,
    pixels: Vec<f32>,
}

impl Grey {
    fn cut(frame: &Frame, from_frame: Similarity, side: usize) -> Option<Self> {
        let crop = align(frame, from_frame, &square(side))?;
        Some(Self { side, pixels: crop.pixels.into_iter().map(f32::from).collect() })
    }

    /// Means of two by two pixels.
    fn halved(&self) -> Self {
        let side = self.side / 2;
        let at = |x: usize, y: usize| self.pixels[y * self.side + x];
        let mean = |x: usize, y: usize| {
            (at(2 * x, 2 * y)
                + at(2 * x + 1, 2 * y)
                + at(2 * x, 2 * y + 1)
                + at(2 * x + 1, 2 * y + 1))
                / 4.0
        };
        let pixels = (0..side).flat_map(|y| (0..side).map(move |x| mean(x, y))).collect();
        Self { side, pixels }
    }

    /// Bilinear between the centres of pixels; beyond the edge as at the edge.
    fn sample(&self, p: Point) -> f32 {
        let last = (self.side - 1) as f32;
        let (x, y) = ((p.x - 0.5).clamp(0.0, last), (p.y - 0.5).clamp(0.0, last));
        let (x0, y0) = (x as usize, y as usize);
        let (x1, y1) = ((x0 + 1).min(self.side - 1), (y0 + 1).min(self.side - 1));
        let (fx, fy) = (x - x0 as f32, y - y0 as f32);
        let at = |x: usize, y: usize| self.pixels[y * self.side + x];
        let upper = at(x0, y0) + (at(x1, y0) - at(x0, y0)) * fx;
        let lower = at(x0, y1) + (at(x1, y1) - at(x0, y1)) * fx;
        upper + (lower - upper) * fy
    }
}

/// What is laid over other pictures, and how it changes when it is moved.
#[derive(Debug, Clone)]
struct Template {
    side: usize,
    /// Zero mean, unit variance.
    pixels: Vec<f32>,
    /// Change of each pixel by scale, turn and both shifts, about the middle; scale and turn in
    /// units that move the edge by a pixel.
    slopes: Vec<[f32; 4]>,
    /// Cholesky factor of the sum of products of slopes, row by row.
    factor: [[f32; 4]; 4],
}

impl Template {
    /// `None` if it is plain.
    fn of(grey: &Grey) -> Option<Self> {
        let side = grey.side;
        let pixels = normalised(grey.pixels.clone())?;
        let at = |x: usize, y: usize| pixels[y * side + x];
        let middle = side as f32 / 2.0;
        let mut slopes = Vec::with_capacity(pixels.len());
        for y in 0..side {
            for x in 0..side {
                let (left, right) = (x.saturating_sub(1), (x + 1).min(side - 1));
                let (above, below) = (y.saturating_sub(1), (y + 1).min(side - 1));
                let dx = (at(right, y) - at(left, y)) / (right - left) as f32;
                let dy = (at(x, below) - at(x, above)) / (below - above) as f32;
                let (u, v) = ((x as f32 + 0.5) / middle - 1.0, (y as f32 + 0.5) / middle - 1.0);
                slopes.push([dx * u + dy * v, dy * u - dx * v, dx, dy]);
            }
        }
        let mut products = [[0.0; 4]; 4];
        for slope in &slopes {
            for (row, a) in products.iter_mut().zip(slope) {
                for (sum, b) in row.iter_mut().zip(slope) {
                    *sum += a * b;
                }
            }
        }
        let factor = cholesky(products)?;
        Some(Self { side, pixels, slopes, factor })
    }

    /// From the place `to`, which takes points of this square to points of `field`, to where both
    /// differ least; and the correlation there.
    fn lay(&self, field: &Grey, mut to: Similarity) -> Option<(Similarity, f32)> {
        let middle = self.side as f32 / 2.0;
        for _ in 0..STEPS {
            let seen = self.seen(field, &to)?;
            let mut sums = [0.0; 4];
            for ((seen, own), slope) in seen.iter().zip(&self.pixels).zip(&self.slopes) {
                for (sum, slope) in sums.iter_mut().zip(slope) {
                    *sum += slope * (seen - own);
                }
            }
            let [scale, turn, x, y] = solve(&self.factor, sums);
            let (a, b) = (1.0 + scale / middle, turn / middle);
            // About the middle of the square.
            let step = Similarity {
                a,
                b,
                tx: x + middle - a * middle + b * middle,
                ty: y + middle - b * middle - a * middle,
            };
            to = to.after(&step.inverse()?);
            if [scale, turn, x, y].iter().all(|part| part.abs() < ARRIVED) {
                break;
            }
        }
        let seen = self.seen(field, &to)?;
        let sum: f32 = seen.iter().zip(&self.pixels).map(|(a, b)| a * b).sum();
        Some((to, sum / self.pixels.len() as f32))
    }

    /// The pixels of `field` under this square, normalised; `None` where they are plain.
    fn seen(&self, field: &Grey, to: &Similarity) -> Option<Vec<f32>> {
        let point = |x, y| to.apply(Point::new(x as f32 + 0.5, y as f32 + 0.5));
        let side = self.side;
        let all = (0..side).flat_map(|y| (0..side).map(move |x| field.sample(point(x, y))));
        normalised(all.collect())
    }
}

/// To zero mean and unit variance; `None` if they hardly vary, or are no numbers.
fn normalised(mut pixels: Vec<f32>) -> Option<Vec<f32>> {
    let count = pixels.len() as f32;
    let mean = pixels.iter().sum::<f32>() / count;
    let variance = pixels.iter().map(|p| (p - mean) * (p - mean)).sum::<f32>() / count;
    let deviation = variance.sqrt();
    if deviation < FLAT || !deviation.is_finite() {
        return None;
    }
    for pixel in &mut pixels {
        *pixel = (*pixel - mean) / deviation;
    }
    Some(pixels)
}

/// The lower triangle whose product with its transpose is `matrix`; `None` if there is none, as for
/// a pattern that looks the same when it is moved.
fn cholesky(matrix: [[f32; 4]; 4]) -> Option<[[f32; 4]; 4]> {
    let mut factor = [[0.0_f32; 4]; 4];
    for row in 0..4 {
        for column in 0..=row {
            let dot: f32 = (0..column).map(|k| factor[row][k] * factor[column][k]).sum();
            let rest = matrix[row][column] - dot;
            if row == column {
                if rest <= 1e-3 * matrix[row][row] || !rest.is_finite() {
                    return None;
                }
                factor[row][row] = rest.sqrt();
            } else {
                factor[row][column] = rest / factor[column][column];
            }
        }
    }
    Some(factor)
}

/// What `factor` and its transpose take to `right`.
fn solve(factor: &[[f32; 4]; 4], mut right: [f32; 4]) -> [f32; 4] {
    for row in 0..4 {
        let dot: f32 = (0..row).map(|k| factor[row][k] * right[k]).sum();
        right[row] = (right[row] - dot) / factor[row][row];
    }
    for row in (0..4).rev() {
        let dot: f32 = (row + 1..4).map(|k| factor[k][row] * right[k]).sum();
        right[row] = (right[row] - dot) / factor[row][row];
    }
    right
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::RunId;
    use crate::time::Pts;

    /// A smooth picture without symmetry, seen through `to`.
    fn picture(to: &Similarity, gain: f32) -> Frame {
        let back = to.inverse().unwrap();
        let level = |x: f32, y: f32| {
            let p = back.apply(Point::new(x, y));
            let wave = (p.x * 0.11).sin()
                + (p.y * 0.07 + 1.0).cos() * (p.x * 0.05).sin()
                + (p.x * 0.03 - p.y * 0.13).sin();
            (110.0 + gain * 30.0 * wave) as u8
        };
        let rgb = (0..240)
            .flat_map(|y| (0..320).flat_map(move |x| [level(x as f32 + 0.5, y as f32 + 0.5); 3]))
            .collect();
        Frame::new(RunId(0), 0, Pts::ZERO, (320, 240), rgb).unwrap()
    }

    fn face() -> Detection {
        let landmarks =
            [(130.0, 100.0), (190.0, 100.0), (160.0, 130.0), (140.0, 160.0), (180.0, 160.0)]
                .map(|(x, y)| Point::new(x, y));
        Detection {
            bbox: Rect::new(110.0, 70.0, 100.0, 120.0),
            score: 0.9,
            landmarks: Landmarks::from_array(landmarks),
        }
    }

    #[test]
    fn shift_turn_scale_and_light_are_followed() {
        let (mut worst, first) = (0.0_f32, picture(&Similarity::IDENTITY, 1.0));
        for (a, b, tx, ty, gain) in [
            (1.0, 0.0, 0.0, 0.0, 1.0),
            (1.0, 0.0, 7.3, -4.6, 1.0),
            (1.03, 0.0, -3.0, -2.0, 0.8),
            (0.97, 0.05, 2.0, -6.0, 1.2),
            (1.0, -0.06, 9.0, 8.0, 1.0),
        ] {
            let truth = Similarity { a, b, tx, ty };
            let mut likeness = Likeness::of(&first, &face()).unwrap();
            let seen = likeness.follow(&picture(&truth, gain)).expect("it is there");
            for (p, q) in face().landmarks.to_array().iter().zip(seen.landmarks.to_array()) {
                worst = worst.max(truth.apply(*p).distance(q));
            }
            let ratio = seen.bbox.w / (face().bbox.w * truth.scale());
            assert!((ratio - 1.0).abs() < 0.01, "{ratio}");
        }
        // Of 60 pixels between the eyes.
        assert!(worst < 0.6, "{worst}");
    }

    #[test]
    fn what_went_away_is_not_followed() {
        let first = picture(&Similarity::IDENTITY, 1.0);
        let mut likeness = Likeness::of(&first, &face()).unwrap();
        assert_eq!(likeness.follow(&picture(&Similarity::IDENTITY, -1.0)), None);
        let grey = Frame::new(RunId(0), 1, Pts::ZERO, (320, 240), vec![90; 320 * 240 * 3]).unwrap();
        assert_eq!(likeness.follow(&grey), None);
        assert!(Likeness::of(&grey, &face()).is_none(), "nothing to hold on to");
        let mut outside = face();
        outside.bbox.x = -20.0;
        assert!(Likeness::of(&first, &outside).is_none());
    }
}
