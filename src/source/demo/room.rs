//! The room behind the people: out of focus, quiet, nothing that could be taken for a face.

use super::curve::{Rgb, mix, mix3, scale3, step};

/// Draws the room over the whole picture.
pub fn draw_room((width, height): (u32, u32), brightness: f32, rgb: &mut [u8]) {
    let rows = rgb.chunks_exact_mut(width as usize * 3);
    for (j, row) in rows.enumerate() {
        for (i, pixel) in row.chunks_exact_mut(3).enumerate() {
            // Heights run 0..=1; widths keep their proportion, 0 is the middle.
            let y = (j as f32 + 0.5) / height as f32;
            let x = (i as f32 + 0.5 - width as f32 / 2.0) / height as f32;
            let color = scale3(room(x, y), brightness);
            for (p, c) in pixel.iter_mut().zip(color) {
                *p = (c * 255.0 + 0.5) as u8;
            }
        }
    }
}

/// How far inside an upright rectangle, 0..=1, with edges `blur` wide.
fn pane(x: f32, y: f32, (x1, x2): (f32, f32), (y1, y2): (f32, f32), blur: f32) -> f32 {
    step(x1 - blur, x1 + blur, x)
        * step(x2 + blur, x2 - blur, x)
        * step(y1 - blur, y1 + blur, y)
        * step(y2 + blur, y2 - blur, y)
}

fn room(x: f32, y: f32) -> Rgb {
    // A wall lit by a window outside the picture on the left.
    let wall = mix3([0.86, 0.835, 0.785], [0.665, 0.65, 0.62], step(-0.75, 0.85, x + 0.35 * y));
    let mut color = scale3(wall, mix(1.02, 0.90, y));
    // Daylight through a curtain.
    let curtain = pane(x, y, (-0.90, -0.50), (-0.2, 0.78), 0.05);
    let folds = 0.93 + 0.07 * (x * 46.0).sin();
    color = mix3(color, scale3([0.86, 0.87, 0.85], folds), 0.75 * curtain);
    // A shelf with books, far out of focus.
    let board = pane(x, y, (0.36, 1.2), (0.325, 0.338), 0.012);
    color = mix3(color, [0.40, 0.33, 0.27], 0.75 * board);
    let books = [
        (0.43, 0.052, 0.150, [0.36, 0.43, 0.46]),
        (0.49, 0.040, 0.185, [0.55, 0.42, 0.34]),
        (0.545, 0.050, 0.140, [0.62, 0.58, 0.48]),
        (0.60, 0.036, 0.170, [0.33, 0.38, 0.34]),
    ];
    for (left, wide, high, tint) in books {
        let book = pane(x, y, (left, left + wide), (0.325 - high, 0.325), 0.013);
        color = mix3(color, tint, 0.62 * book);
    }
    // The skirting of a low cupboard.
    let cupboard = pane(x, y, (0.30, 1.3), (0.80, 1.4), 0.02);
    mix3(color, [0.47, 0.42, 0.37], 0.55 * cupboard)
}
