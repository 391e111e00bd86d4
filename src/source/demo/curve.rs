//! The few curves everything is drawn with, chosen so that loops over them vectorise.

/// 0 below `from`, 1 above `to`, smooth between (Hermite); `from > to` falls instead of rises.
#[inline]
pub fn step(from: f32, to: f32, x: f32) -> f32 {
    // Written as a product, so that constant bounds cost no division.
    let t = ((x - from) * (1.0 / (to - from))).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// A bell: 1 at 0, within 0.02 of `exp(-q)` for `q >= 0`, without its cost.
#[inline]
pub fn bell(q: f32) -> f32 {
    let t = (1.0 - q * (1.0 / 16.0)).max(0.0);
    let t2 = t * t;
    let t4 = t2 * t2;
    let t8 = t4 * t4;
    t8 * t8
}

/// A bell over the plane, at `(cx, cy)`, with widths `(sx, sy)`.
#[inline]
pub fn bell2(x: f32, y: f32, (cx, cy): (f32, f32), (sx, sy): (f32, f32)) -> f32 {
    let (u, v) = ((x - cx) * (1.0 / sx), (y - cy) * (1.0 / sy));
    bell(u * u + v * v)
}

/// `a` where `t` is 0, `b` where it is 1.
#[inline]
pub fn mix(a: f32, b: f32, t: f32) -> f32 {
    a + (b - a) * t
}

/// Colours mixed: `a` where `t` is 0, `b` where it is 1.
#[inline]
pub fn mix3(a: Rgb, b: Rgb, t: f32) -> Rgb {
    [mix(a[0], b[0], t), mix(a[1], b[1], t), mix(a[2], b[2], t)]
}

/// A colour made brighter or darker.
#[inline]
pub fn scale3(a: Rgb, k: f32) -> Rgb {
    [a[0] * k, a[1] * k, a[2] * k]
}

/// A colour: red, green, blue as the screen shows them, 0..=1.
pub type Rgb = [f32; 3];

/// A point or direction: to the picture's right, down, towards the camera.
pub type Vec3 = [f32; 3];

/// Scalar product.
#[inline]
pub fn dot(a: Vec3, b: Vec3) -> f32 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// Vector product.
#[inline]
pub fn cross(a: Vec3, b: Vec3) -> Vec3 {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

/// Scaled to length 1; a vector of length 0 stays.
#[inline]
pub fn unit(a: Vec3) -> Vec3 {
    let k = 1.0 / dot(a, a).max(1e-12).sqrt();
    [a[0] * k, a[1] * k, a[2] * k]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bell_stays_close_to_the_exponential() {
        for i in 0..200 {
            let q = i as f32 * 0.05;
            assert!((bell(q) - (-q).exp()).abs() < 0.02, "{q}");
        }
    }

    #[test]
    fn a_step_may_rise_or_fall() {
        assert_eq!(
            (step(1.0, 2.0, 0.5), step(1.0, 2.0, 1.5), step(1.0, 2.0, 3.0)),
            (0.0, 0.5, 1.0)
        );
        assert_eq!((step(2.0, 1.0, 0.5), step(2.0, 1.0, 3.0)), (1.0, 0.0));
    }
}
