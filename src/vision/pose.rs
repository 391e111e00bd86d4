//! Direction of the head from five landmarks.

use crate::observation::{HeadPose, Landmarks};

/// Eye left, eye right, nose tip, mouth left, mouth right of a mean face in eye distances: x to
/// the right, y down, z towards the camera. x and y are the medians over FER pictures (the
/// emotion model's template); depths are rounded from anthropometric tables (nose tip 27 mm before
/// the eyes at 63 mm eye distance).
const MEAN_FACE: [[f32; 3]; 5] =
    [[-0.5, 0.0, 0.0], [0.5, 0.0, 0.0], [0.0, 0.53, 0.43], [-0.42, 0.99, 0.05], [0.42, 0.99, 0.05]];

/// Estimates the pose by scaled orthography (the first step of POSIT, DeMenthon & Davis 1995):
/// the two image axes are linear functions of the model, solved by least squares.
///
/// Good to some ten degrees; its use is to say when a face is turned away.
pub fn head_pose(landmarks: &Landmarks) -> HeadPose {
    let points = landmarks.to_array();
    let n = points.len() as f32;
    let mut model_mean = [0.0; 3];
    let (mut x_mean, mut y_mean) = (0.0, 0.0);
    for (vertex, point) in MEAN_FACE.iter().zip(&points) {
        for (mean, v) in model_mean.iter_mut().zip(vertex) {
            *mean += v / n;
        }
        x_mean += point.x / n;
        y_mean += point.y / n;
    }
    // Normal equations: (M'M) axis = M'image, once for x and once for y.
    let mut normal = [[0.0; 3]; 3];
    let (mut for_x, mut for_y) = ([0.0; 3], [0.0; 3]);
    for (vertex, point) in MEAN_FACE.iter().zip(&points) {
        let v: [f32; 3] = std::array::from_fn(|i| vertex[i] - model_mean[i]);
        for i in 0..3 {
            for j in 0..3 {
                normal[i][j] += v[i] * v[j];
            }
            for_x[i] += v[i] * (point.x - x_mean);
            for_y[i] += v[i] * (point.y - y_mean);
        }
    }
    let (x_axis, y_axis) = (solve(normal, for_x), solve(normal, for_y));
    let length = |v: [f32; 3]| (v[0] * v[0] + v[1] * v[1] + v[2] * v[2]).sqrt();
    let scale = (length(x_axis) + length(y_axis)) / 2.0;
    if !(scale > f32::EPSILON && scale.is_finite()) {
        return HeadPose::default();
    }
    let angle_deg = |sine: f32| (sine / scale).clamp(-1.0, 1.0).asin().to_degrees();
    HeadPose {
        // The nose stands out: where it moves to, the face points.
        pitch_deg: angle_deg(-y_axis[2]),
        yaw_deg: angle_deg(x_axis[2]),
        roll_deg: y_axis[0].atan2(x_axis[0]).to_degrees(),
    }
}

/// Cramer's rule; zeros if singular.
fn solve(m: [[f32; 3]; 3], b: [f32; 3]) -> [f32; 3] {
    let det = |m: [[f32; 3]; 3]| {
        m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1])
            - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0])
            + m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0])
    };
    let whole = det(m);
    std::array::from_fn(|column| {
        let mut replaced = m;
        for row in 0..3 {
            replaced[row][column] = b[row];
        }
        if whole == 0.0 { 0.0 } else { det(replaced) / whole }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geom::Point;

    /// The mean face turned by yaw, then pitch, then roll, and projected.
    fn turned(yaw_deg: f32, pitch_deg: f32, roll_deg: f32) -> Landmarks {
        let (sy, cy) = yaw_deg.to_radians().sin_cos();
        let (sp, cp) = pitch_deg.to_radians().sin_cos();
        let (sr, cr) = roll_deg.to_radians().sin_cos();
        Landmarks::from_array(MEAN_FACE.map(|[x, y, z]| {
            let (x, z) = (cy * x + sy * z, cy * z - sy * x);
            let y = cp * y - sp * z;
            Point::new(300.0 + 80.0 * (cr * x - sr * y), 200.0 + 80.0 * (sr * x + cr * y))
        }))
    }

    #[test]
    fn known_turns_come_back() {
        for (yaw, pitch, roll) in [
            (0.0, 0.0, 0.0),
            (30.0, 0.0, 0.0),
            (-45.0, 0.0, 0.0),
            (0.0, 20.0, 0.0),
            (0.0, -25.0, 0.0),
            (0.0, 0.0, 30.0),
        ] {
            let pose = head_pose(&turned(yaw, pitch, roll));
            let error = (pose.yaw_deg - yaw)
                .abs()
                .max((pose.pitch_deg - pitch).abs())
                .max((pose.roll_deg - roll).abs());
            assert!(error < 4.0, "{yaw} {pitch} {roll} gave {pose:?}");
        }
    }

    #[test]
    fn points_that_coincide_give_no_turn() {
        assert_eq!(head_pose(&Landmarks::default()), HeadPose::default());
    }
}
