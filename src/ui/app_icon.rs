//! The icon of the window, drawn: a face in the accent colour on a dark tile.

use eframe::egui::{Color32, IconData};

use super::theme;

/// Side in pixels.
const SIDE: u32 = 128;

/// Draws the icon.
pub fn app_icon() -> IconData {
    let mut rgba = Vec::with_capacity((SIDE * SIDE * 4) as usize);
    for y in 0..SIDE {
        for x in 0..SIDE {
            // -1..=1 across the tile.
            let at = |v: u32| (v as f32 + 0.5) / SIDE as f32 * 2.0 - 1.0;
            rgba.extend(pixel(at(x), at(y)).to_srgba_unmultiplied());
        }
    }
    IconData { rgba, width: SIDE, height: SIDE }
}

fn pixel(x: f32, y: f32) -> Color32 {
    // Signed distances, negative inside; one pixel of the tile softens each edge.
    let cover = |distance: f32| (0.5 - distance * SIDE as f32 / 2.0).clamp(0.0, 1.0);
    let ring = |radius: f32, width: f32, (cx, cy): (f32, f32)| {
        ((x - cx).hypot(y - cy) - radius).abs() - width
    };
    let corner = 0.4;
    let outside = ((x.abs() - 1.0 + corner).max(0.0)).hypot((y.abs() - 1.0 + corner).max(0.0));
    let tile = outside - corner;
    let head = ring(0.66, 0.07, (0.0, 0.0));
    let eyes = (x.abs() - 0.25).hypot(y + 0.16) - 0.1;
    // The lower part of a ring.
    let mouth = ring(0.34, 0.06, (0.0, 0.04)).max(0.22 - y);
    let lines = head.min(eyes).min(mouth);
    let face = theme::DARK.panel.lerp_to_gamma(theme::DARK.accent, cover(lines));
    face.gamma_multiply(cover(tile))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_icon_has_transparent_corners_and_a_face() {
        let icon = app_icon();
        assert_eq!(icon.rgba.len(), (SIDE * SIDE * 4) as usize);
        assert_eq!(icon.rgba[3], 0);
        assert_eq!(pixel(0.0, 0.0), theme::DARK.panel);
        assert_eq!(pixel(0.25, -0.16), theme::DARK.accent);
        assert_eq!(pixel(0.0, 0.38), theme::DARK.accent);
    }
}
