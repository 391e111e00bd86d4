//! The flags of markers on a timeline.

use eframe::egui::{self, Rangef, Rect, pos2, vec2};

use super::text::elided;
use crate::ui::theme::{self, Theme};

const HEIGHT: f32 = 15.0;
/// Longer texts are cut.
const WIDEST: f32 = 96.0;

/// Flags along the top of a timeline, none over another.
pub struct Flags {
    bands: Rect,
    taken: Vec<Rangef>,
}

impl Flags {
    /// None yet.
    pub fn new(bands: Rect) -> Self {
        Self { bands, taken: Vec::new() }
    }

    /// Paints a flag at `x`, if those that fly already leave room. It flies to the right, unless the
    /// timeline ends there.
    pub fn fly(&mut self, ui: &egui::Ui, x: f32, text: &str) {
        let theme = Theme::of(ui);
        let galley = elided(ui, text, theme::font(theme::SIZE_HEADING), theme.background, WIDEST);
        let width = galley.size().x + 10.0;
        let left = if x + width > self.bands.right() { x - width } else { x };
        let place = Rangef::new(left, left + width);
        if self.taken.iter().any(|taken| taken.intersects(place)) {
            return;
        }
        self.taken.push(place);
        let flag = Rect::from_min_size(pos2(left, self.bands.top()), vec2(width, HEIGHT));
        ui.painter().rect_filled(flag, 0, theme.text);
        let corner = pos2(flag.left() + 5.0, flag.center().y - galley.size().y / 2.0);
        ui.painter().galley(corner, galley, theme.background);
    }
}
