//! Where a person is and which way the head points, and how that lands in the picture.

use super::curve::Vec3;
use crate::geom::Point;

/// Place of a person in the picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Placement {
    /// Middle of the face when looking straight ahead, pixels to the right.
    pub x: f32,
    /// The same, pixels down.
    pub y: f32,
    /// Half the width of the head without hair, pixels: how near the person is.
    pub radius: f32,
}

/// Direction of the head in radians. Left, right and clockwise are the picture's.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Pose {
    /// Positive: turned to the picture's right.
    pub yaw: f32,
    /// Positive: chin up.
    pub pitch: f32,
    /// Positive: tilted clockwise.
    pub roll: f32,
}

/// Distance of the camera from the middle of the head in half head widths: an arm's length.
const CAMERA: f32 = 9.0;

/// The head turns about the top of the neck.
const PIVOT: Vec3 = [0.0, 0.75, -0.30];

/// Takes a person's own space to the picture. That space is measured in half head widths from
/// the middle of the face: to the picture's right, down, towards the camera.
#[derive(Debug, Clone, Copy)]
pub struct View {
    rows: [Vec3; 3],
    shift: Vec3,
    placement: Placement,
}

impl View {
    /// For what turns with the head.
    pub fn head(placement: Placement, pose: Pose) -> Self {
        let (sy, cy) = pose.yaw.sin_cos();
        let (sp, cp) = pose.pitch.sin_cos();
        let (sr, cr) = pose.roll.sin_cos();
        // Yaw first, then pitch, then roll: the order in which a neck is built.
        let pitched = [[cy, 0.0, sy], [sp * sy, cp, -sp * cy], [-cp * sy, sp, cp * cy]];
        let mut rows = pitched;
        for (i, row) in rows.iter_mut().enumerate() {
            for (k, cell) in row.iter_mut().enumerate() {
                *cell = match i {
                    0 => cr * pitched[0][k] - sr * pitched[1][k],
                    1 => sr * pitched[0][k] + cr * pitched[1][k],
                    _ => pitched[2][k],
                };
            }
        }
        let mut view = Self { rows, shift: [0.0; 3], placement };
        let turned = view.turn(PIVOT);
        view.shift = [PIVOT[0] - turned[0], PIVOT[1] - turned[1], PIVOT[2] - turned[2]];
        view
    }

    /// For what stays upright: neck and shoulders.
    pub fn body(placement: Placement) -> Self {
        Self::head(placement, Pose::default())
    }

    /// A direction, turned.
    #[inline]
    pub fn turn(&self, v: Vec3) -> Vec3 {
        let row = |r: Vec3| r[0] * v[0] + r[1] * v[1] + r[2] * v[2];
        [row(self.rows[0]), row(self.rows[1]), row(self.rows[2])]
    }

    /// A point, turned about the neck; still in half head widths.
    #[inline]
    pub fn place(&self, p: Vec3) -> Vec3 {
        let t = self.turn(p);
        [t[0] + self.shift[0], t[1] + self.shift[1], t[2] + self.shift[2]]
    }

    /// Where a placed point lands in the picture.
    #[inline]
    pub fn project(&self, placed: Vec3) -> Point {
        let k = self.placement.radius * CAMERA / (CAMERA - placed[2]);
        Point::new(self.placement.x + k * placed[0], self.placement.y + k * placed[1])
    }

    /// Where a point of the person's own space lands in the picture.
    pub fn point(&self, p: Vec3) -> Point {
        self.project(self.place(p))
    }

    /// How far the normal at a placed point leans towards the camera, -1..=1.
    #[inline]
    pub fn facing(placed: Vec3, normal: Vec3) -> f32 {
        let to = [-placed[0], -placed[1], CAMERA - placed[2]];
        let length = (to[0] * to[0] + to[1] * to[1] + to[2] * to[2]).sqrt();
        (normal[0] * to[0] + normal[1] * to[1] + normal[2] * to[2]) / length
    }

    /// Half the width of the head in pixels.
    pub fn radius(&self) -> f32 {
        self.placement.radius
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Placement = Placement { x: 100.0, y: 80.0, radius: 50.0 };

    #[test]
    fn the_nose_goes_where_the_head_turns() {
        let nose = [0.0, 0.2, 1.0];
        let straight = View::head(PLACE, Pose::default()).point(nose);
        let right = View::head(PLACE, Pose { yaw: 0.4, ..Pose::default() }).point(nose);
        let up = View::head(PLACE, Pose { pitch: 0.3, ..Pose::default() }).point(nose);
        assert!((straight.x - 100.0).abs() < 1e-4);
        assert!(right.x > straight.x + 10.0);
        assert!(up.y < straight.y - 10.0);
    }

    #[test]
    fn roll_is_clockwise_and_keeps_lengths() {
        let view = View::head(PLACE, Pose { roll: 0.5, ..Pose::default() });
        let v = view.turn([1.0, 0.0, 0.0]);
        assert!(v[1] > 0.4 && (v[0].hypot(v[1]) - 1.0).abs() < 1e-5);
    }

    #[test]
    fn a_turn_is_a_rotation() {
        let view = View::head(PLACE, Pose { yaw: 0.7, pitch: -0.3, roll: 0.2 });
        for v in [[1.0, 2.0, 3.0], [-0.5, 0.3, 0.9]] {
            let t = view.turn(v);
            let length = |v: [f32; 3]| v.iter().map(|x| x * x).sum::<f32>();
            let (a, b) = (length(v), length(t));
            assert!((a - b).abs() < 1e-4);
        }
    }
}
