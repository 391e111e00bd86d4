//! Draws a grid of vertices as a smooth surface, straight onto the picture.
//!
//! There is no depth buffer and no supersampling. Columns are drawn from the far side to the near
//! one, which is right for anything shaped like a tube around an upright axis, and the outline is
//! soft because each vertex says how many pixels it lies inside of it (see [`edge`]).

/// A picture being drawn: 8-bit RGB, row by row from the top left.
pub struct Canvas<'a> {
    width: usize,
    height: usize,
    rgb: &'a mut [u8],
}

impl<'a> Canvas<'a> {
    /// Draws on `rgb`, which must hold `width * height * 3` bytes; a shorter one is drawn on as
    /// far as it reaches.
    pub fn new((width, height): (u32, u32), rgb: &'a mut [u8]) -> Self {
        let width = width as usize;
        let height = (height as usize).min(rgb.len() / (3 * width.max(1)));
        Self { width, height, rgb }
    }

    /// Rows of pixels.
    pub fn height(&self) -> usize {
        self.height
    }
}

#[inline]
fn blend(pixel: &mut [u8], color: [f32; 3], alpha: f32) {
    if alpha >= 1.0 {
        for (p, c) in pixel.iter_mut().zip(color) {
            *p = (c * 255.0 + 0.5) as u8;
        }
    } else {
        for (p, c) in pixel.iter_mut().zip(color) {
            let old = f32::from(*p);
            *p = (old + (c * 255.0 - old) * alpha + 0.5) as u8;
        }
    }
}

/// A corner of the surface: where it is in the picture (pixels) and `N` numbers that are
/// interpolated between corners. The first is the depth inside the outline in pixels.
#[derive(Debug, Clone, Copy)]
pub struct Vertex<const N: usize> {
    /// To the right, pixels.
    pub x: f32,
    /// Down, pixels.
    pub y: f32,
    /// Interpolated; `[0]` is [`edge`].
    pub value: [f32; N],
}

impl<const N: usize> Default for Vertex<N> {
    fn default() -> Self {
        Self { x: 0.0, y: 0.0, value: [0.0; N] }
    }
}

/// How far inside the outline a point of a smooth surface lies, in pixels; negative behind it.
///
/// Near its outline a surface of radius `radius_px` looks like a sphere: a point whose normal
/// leans towards the camera by `normal_z` is `radius * normal_z^2 / 2` inside. That is linear in
/// the picture, so it interpolates well and gives an exact one-pixel edge.
#[inline]
pub fn edge(normal_z: f32, radius_px: f32) -> f32 {
    0.5 * radius_px * normal_z * normal_z.abs()
}

/// Draws the quads of a grid of `columns` by `grid.len() / columns` vertices (row by row).
///
/// `near` is the column that faces the camera; the others are drawn before it, the farthest
/// first. `shade` returns colour (0..=1) and opacity (0..=1) from the interpolated values.
pub fn draw<const N: usize>(
    canvas: &mut Canvas<'_>,
    grid: &[Vertex<N>],
    columns: usize,
    near: usize,
    shade: &impl Fn(&[f32; N]) -> ([f32; 3], f32),
) {
    let rows = grid.len() / columns;
    let mut strip = |column: usize| {
        for row in 1..rows {
            let at = (row - 1) * columns + column;
            let quad = [&grid[at], &grid[at + 1], &grid[at + columns], &grid[at + columns + 1]];
            if quad.iter().all(|v| v.value[0] <= 0.0) {
                continue;
            }
            triangle(canvas, [quad[0], quad[1], quad[2]], shade);
            triangle(canvas, [quad[3], quad[2], quad[1]], shade);
        }
    };
    let near = near.min(columns - 1);
    (0..near).for_each(&mut strip);
    (near..columns - 1).rev().for_each(&mut strip);
}

#[inline]
fn triangle<const N: usize>(
    canvas: &mut Canvas<'_>,
    [a, b, c]: [&Vertex<N>; 3],
    shade: &impl Fn(&[f32; N]) -> ([f32; 3], f32),
) {
    let (bx, by, cx, cy) = (b.x - a.x, b.y - a.y, c.x - a.x, c.y - a.y);
    let area = bx * cy - cx * by;
    let [(top_x, top), (mid_x, mid), (bottom_x, bottom)] = by_height(a, b, c);
    let first = pixel(top);
    let end = pixel(bottom).min(canvas.height);
    // Corners in this order run clockwise as seen from outside.
    if first >= end || area < 1e-5 {
        return;
    }
    let inv = 1.0 / area;
    let (mut right, mut down) = ([0.0; N], [0.0; N]);
    for i in 0..N {
        let (db, dc) = (b.value[i] - a.value[i], c.value[i] - a.value[i]);
        right[i] = (db * cy - dc * by) * inv;
        down[i] = (dc * bx - db * cx) * inv;
    }
    // Each edge runs from its upper to its lower end, so that neighbours agree on it exactly.
    let long = (bottom_x - top_x) / (bottom - top);
    let upper = (mid_x - top_x) / (mid - top).max(1e-6);
    let lower = (bottom_x - mid_x) / (bottom - mid).max(1e-6);
    // Pixels from here to the outline are the depth inside it over how fast that falls. Where it
    // falls very fast it is a crease more often than an outline, and a crease must stay opaque.
    let mut sharpness = 1.0;
    if a.value[0].min(b.value[0]).min(c.value[0]) < STEEPEST {
        let fall = (right[0] * right[0] + down[0] * down[0]).sqrt();
        sharpness = 1.0 / fall.min(STEEPEST);
    }
    for row in first..end {
        let y = row as f32 + 0.5;
        let one = top_x + (y - top) * long;
        let other = if y > mid { mid_x + (y - mid) * lower } else { top_x + (y - top) * upper };
        let start = pixel(one.min(other));
        let stop = pixel(one.max(other)).min(canvas.width);
        if start >= stop {
            continue;
        }
        let (dx, dy) = (start as f32 + 0.5 - a.x, y - a.y);
        let mut value = [0.0; N];
        for i in 0..N {
            value[i] = a.value[i] + dx * right[i] + dy * down[i];
        }
        let at = row * canvas.width;
        let pixels = &mut canvas.rgb[(at + start) * 3..(at + stop) * 3];
        for pixel in pixels.chunks_exact_mut(3) {
            if value[0] > 0.0 {
                let (color, opacity) = shade(&value);
                let cover = if value[0] < STEEPEST { value[0] * sharpness } else { 1.0 };
                blend(pixel, color, opacity * cover.min(1.0));
            }
            for i in 0..N {
                value[i] += right[i];
            }
        }
    }
}

/// The fastest fall of the depth inside an outline from pixel to pixel that is taken for one: a
/// surface bent more sharply than its vertices say by that factor. Deeper pixels are opaque.
const STEEPEST: f32 = 1.6;

/// The first pixel whose centre lies beyond `x`.
#[inline]
fn pixel(x: f32) -> usize {
    // Sixteen bits reach beyond any picture, and the cast to them is the cheapest there is.
    usize::from((x + 0.5) as u16)
}

/// The places of three corners, the highest first.
#[inline]
fn by_height<const N: usize>(a: &Vertex<N>, b: &Vertex<N>, c: &Vertex<N>) -> [(f32, f32); 3] {
    let (mut p, mut q, mut r) = ((a.x, a.y), (b.x, b.y), (c.x, c.y));
    if q.1 < p.1 {
        (p, q) = (q, p);
    }
    if r.1 < q.1 {
        (q, r) = (r, q);
    }
    if q.1 < p.1 {
        (p, q) = (q, p);
    }
    [p, q, r]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbouring_triangles_cover_each_pixel_once_even_beyond_the_picture() {
        let corner = |x, y| Vertex { x, y, value: [9.0] };
        let grid = [
            corner(-3.0, -2.5),
            corner(4.3, -2.0),
            corner(30.0, -5.0),
            corner(-3.0, 20.0),
            corner(5.1, 22.0),
            corner(30.0, 25.0),
        ];
        let mut rgb = vec![0; 16 * 12 * 3];
        let shade = |_: &[f32; 1]| ([1.0; 3], 0.5);
        draw(&mut Canvas::new((16, 12), &mut rgb), &grid, 3, 1, &shade);
        assert!(rgb.iter().all(|v| *v == 128), "half opaque white once is 128");
    }

    #[test]
    fn outline_fades_over_one_pixel() {
        let corner = |x, y, inside| Vertex { x, y, value: [inside] };
        let grid = [
            corner(0.0, 0.0, 0.0),
            corner(8.0, 0.0, 8.0),
            corner(0.0, 1.0, 0.0),
            corner(8.0, 1.0, 8.0),
        ];
        let mut rgb = vec![0; 8 * 3];
        draw(&mut Canvas::new((8, 1), &mut rgb), &grid, 2, 0, &|_| ([1.0; 3], 1.0));
        assert_eq!((rgb[0], rgb[3], rgb[21]), (128, 255, 255));
    }
}
