//! One condition of a good reading: a thin bar and a word.

use eframe::egui::accesskit::Role;
use eframe::egui::{self, Rect, Sense, pos2, vec2};

use super::text::{announce, elided, percent};
use crate::ui::theme::{self, Theme};

const HEIGHT: f32 = 20.0;
const NAME_WIDTH: f32 = 76.0;
const WORD_WIDTH: f32 = 84.0;
const TRACK: f32 = 4.0;
/// From here on a condition is good, and above the second bound fair.
const GOOD: f32 = 0.6;
const FAIR: f32 = 0.35;

/// A condition.
#[derive(Debug, Clone, Copy)]
pub struct Meter<'a> {
    /// What is judged.
    pub name: &'a str,
    /// 0 useless, 1 good; `None`: not known.
    pub value: Option<f32>,
    /// What is wrong, if this is why a reading is poor.
    pub complaint: Option<&'a str>,
}

impl Meter<'_> {
    /// Draws it.
    pub fn ui(self, ui: &mut egui::Ui) {
        let theme = Theme::of(ui);
        let width = ui.available_width();
        let (rect, _) = ui.allocate_exact_size(vec2(width, HEIGHT), Sense::hover());
        let (word, color) = match (self.value, self.complaint) {
            (None, _) => ("–", theme.faint),
            (Some(_), Some(complaint)) => (complaint, theme.warning),
            (Some(value), None) if value >= GOOD => ("good", theme.muted),
            (Some(value), None) if value >= FAIR => ("fair", theme.muted),
            (Some(_), None) => ("poor", theme.warning),
        };
        let y = rect.center().y;
        let font = theme::font(theme::SIZE_STATUS);
        let name = elided(ui, self.name, font.clone(), theme.muted, NAME_WIDTH);
        ui.painter().galley(pos2(rect.left(), y - name.size().y / 2.0), name, theme.muted);
        let track = Rect::from_min_max(
            pos2(rect.left() + NAME_WIDTH + 8.0, y - TRACK / 2.0),
            pos2(rect.right() - WORD_WIDTH - 8.0, y + TRACK / 2.0),
        );
        ui.painter().rect_filled(track, 2, theme.raised);
        if let Some(value) = self.value {
            let fill = track.with_max_x(track.left() + track.width() * value.clamp(0.0, 1.0));
            ui.painter().rect_filled(fill, 2, color);
        }
        let galley = elided(ui, word, font, color, WORD_WIDTH);
        let x = rect.right() - WORD_WIDTH;
        ui.painter().galley(pos2(x, y - galley.size().y / 2.0), galley, color);
        let value = match self.value {
            Some(value) => format!("{} {word}", percent(value)),
            None => "no reading".to_owned(),
        };
        announce(ui, rect, Role::Meter, self.name, Some(value));
    }
}
