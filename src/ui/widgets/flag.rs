//! The flag of a marker on a timeline.

use eframe::egui::{self, Rect, pos2, vec2};

use super::text::elided;
use crate::ui::theme::{self, Theme};

const HEIGHT: f32 = 15.0;
/// Longer texts are cut.
const WIDEST: f32 = 96.0;

/// Paints a flag at `x` along the top of `bands`; where it ends. It flies to the right, unless
/// `bands` end there.
pub fn flag(ui: &egui::Ui, bands: Rect, x: f32, text: &str) -> f32 {
    let theme = Theme::of(ui);
    let galley = elided(ui, text, theme::font(theme::SIZE_HEADING), theme.background, WIDEST);
    let width = galley.size().x + 10.0;
    let left = if x + width > bands.right() { x - width } else { x };
    let flag = Rect::from_min_size(pos2(left, bands.top()), vec2(width, HEIGHT));
    ui.painter().rect_filled(flag, 0, theme.text);
    let corner = pos2(flag.left() + 5.0, flag.center().y - galley.size().y / 2.0);
    ui.painter().galley(corner, galley, theme.background);
    flag.right()
}
