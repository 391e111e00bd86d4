//! Points, rectangles and similarity transforms. Pixels, x to the right, y down; the centre of
//! the top left pixel is (0.5, 0.5).

/// A point in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Point {
    /// To the right.
    pub x: f32,
    /// Down.
    pub y: f32,
}

impl Point {
    /// `x` to the right, `y` down.
    pub const fn new(x: f32, y: f32) -> Self {
        Self { x, y }
    }

    /// Euclidean distance in pixels.
    pub fn distance(self, other: Self) -> f32 {
        (self.x - other.x).hypot(self.y - other.y)
    }
}

/// An upright rectangle in pixels; may reach beyond the picture.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Rect {
    /// Left edge.
    pub x: f32,
    /// Top edge.
    pub y: f32,
    /// Width, not negative.
    pub w: f32,
    /// Height, not negative.
    pub h: f32,
}

impl Rect {
    /// Left, top, width, height.
    pub const fn new(x: f32, y: f32, w: f32, h: f32) -> Self {
        Self { x, y, w, h }
    }

    /// From the corners at the top left and the bottom right.
    pub fn from_corners(x1: f32, y1: f32, x2: f32, y2: f32) -> Self {
        Self { x: x1, y: y1, w: (x2 - x1).max(0.0), h: (y2 - y1).max(0.0) }
    }

    /// The middle.
    pub fn center(&self) -> Point {
        Point::new(self.x + self.w / 2.0, self.y + self.h / 2.0)
    }

    /// Square pixels.
    pub fn area(&self) -> f32 {
        self.w * self.h
    }

    /// Intersection over union, 0..=1; 0 for empty rectangles.
    pub fn iou(&self, other: &Self) -> f32 {
        let w = (self.x + self.w).min(other.x + other.w) - self.x.max(other.x);
        let h = (self.y + self.h).min(other.y + other.h) - self.y.max(other.y);
        if w <= 0.0 || h <= 0.0 {
            return 0.0;
        }
        let intersection = w * h;
        let union = self.area() + other.area() - intersection;
        if union > 0.0 { intersection / union } else { 0.0 }
    }
}

/// Rotation, uniform scale and shift: `(x, y) -> (a x - b y + tx, b x + a y + ty)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Similarity {
    /// Scale times cosine.
    pub a: f32,
    /// Scale times sine.
    pub b: f32,
    /// Shift to the right.
    pub tx: f32,
    /// Shift down.
    pub ty: f32,
}

impl Similarity {
    /// Leaves points where they are.
    pub const IDENTITY: Self = Self { a: 1.0, b: 0.0, tx: 0.0, ty: 0.0 };

    /// The least-squares similarity that takes `from[i]` to `to[i]` (Umeyama 1991, without
    /// reflection). `None` if all points of `from` coincide or a number is not finite.
    pub fn fit(from: &[Point], to: &[Point]) -> Option<Self> {
        let n = from.len().min(to.len()) as f32;
        if n < 2.0 {
            return None;
        }
        let mean = |points: &[Point]| {
            let sum = points.iter().fold(Point::default(), |s, p| Point::new(s.x + p.x, s.y + p.y));
            Point::new(sum.x / n, sum.y / n)
        };
        let (from_mean, to_mean) = (mean(&from[..n as usize]), mean(&to[..n as usize]));
        let (mut dot, mut cross, mut norm) = (0.0, 0.0, 0.0);
        for (p, q) in from.iter().zip(to) {
            let (px, py) = (p.x - from_mean.x, p.y - from_mean.y);
            let (qx, qy) = (q.x - to_mean.x, q.y - to_mean.y);
            dot += px * qx + py * qy;
            cross += px * qy - py * qx;
            norm += px * px + py * py;
        }
        let (a, b) = (dot / norm, cross / norm);
        let fitted = Self {
            a,
            b,
            tx: to_mean.x - (a * from_mean.x - b * from_mean.y),
            ty: to_mean.y - (b * from_mean.x + a * from_mean.y),
        };
        (norm > 0.0 && fitted.scale().is_finite() && fitted.tx.is_finite() && fitted.ty.is_finite())
            .then_some(fitted)
    }

    /// Applies the transform.
    pub fn apply(&self, p: Point) -> Point {
        Point::new(self.a * p.x - self.b * p.y + self.tx, self.b * p.x + self.a * p.y + self.ty)
    }

    /// The transform that does `first`, then this.
    pub fn after(&self, first: &Self) -> Self {
        let shift = self.apply(Point::new(first.tx, first.ty));
        Self {
            a: self.a * first.a - self.b * first.b,
            b: self.b * first.a + self.a * first.b,
            tx: shift.x,
            ty: shift.y,
        }
    }

    /// How many target pixels one source pixel becomes.
    pub fn scale(&self) -> f32 {
        self.a.hypot(self.b)
    }

    /// The way back; `None` if the scale is zero.
    pub fn inverse(&self) -> Option<Self> {
        let norm = self.a * self.a + self.b * self.b;
        if norm <= f32::MIN_POSITIVE {
            return None;
        }
        let (a, b) = (self.a / norm, -self.b / norm);
        Some(Self { a, b, tx: -(a * self.tx - b * self.ty), ty: -(b * self.tx + a * self.ty) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fit_recovers_a_known_transform_and_inverse_undoes_it() {
        let truth = Similarity { a: 0.8, b: -0.5, tx: 12.0, ty: -7.0 };
        let from = [Point::new(1.0, 2.0), Point::new(30.0, 4.0), Point::new(15.0, 40.0)];
        let to = from.map(|p| truth.apply(p));
        let fitted = Similarity::fit(&from, &to).unwrap();
        let back = fitted.inverse().unwrap();
        for (p, q) in from.into_iter().zip(to) {
            assert!(fitted.apply(p).distance(q) < 1e-3);
            assert!(back.apply(q).distance(p) < 1e-3);
        }
    }

    #[test]
    fn one_after_the_other_is_both() {
        let first = Similarity { a: 0.8, b: -0.5, tx: 12.0, ty: -7.0 };
        let then = Similarity { a: 1.3, b: 0.4, tx: -2.0, ty: 5.0 };
        let p = Point::new(3.0, -4.0);
        assert!(then.after(&first).apply(p).distance(then.apply(first.apply(p))) < 1e-4);
        let nothing = first.inverse().unwrap().after(&first);
        assert!(nothing.apply(p).distance(p) < 1e-4);
    }

    #[test]
    fn fit_refuses_points_that_coincide() {
        let p = [Point::new(3.0, 3.0); 5];
        assert_eq!(Similarity::fit(&p, &p), None);
    }

    #[test]
    fn iou_of_half_overlap_is_a_third() {
        let a = Rect::new(0.0, 0.0, 10.0, 10.0);
        assert!((a.iou(&Rect::new(5.0, 0.0, 10.0, 10.0)) - 1.0 / 3.0).abs() < 1e-6);
        assert_eq!(a.iou(&Rect::new(20.0, 0.0, 10.0, 10.0)), 0.0);
    }
}
