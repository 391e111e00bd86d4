//! The list of keys.

use eframe::egui::{self, Align, Layout, RichText, Sense, vec2};

use super::sheet;
use crate::ui::actions::{Action, Actions};
use crate::ui::theme::{self, Theme};
use crate::ui::widgets::Button;

const WIDTH: f32 = 360.0;
const KEYS: [(&str, &str); 19] = [
    ("R", "start or stop recording"),
    ("M", "set a marker"),
    ("1 – 9", "set a marker with this number, or its name"),
    ("N", "write a note into the recording"),
    ("Space", "freeze the view, or let it go on"),
    ("Ctrl+O", "open videos and pictures"),
    ("Space", "where something plays: go on, or stand still"),
    ("← →", "there: one picture back or on; with Shift 5 s"),
    ("Home End", "there: first and last picture"),
    ("+ −", "where something plays: look closer, or less close"),
    ("[ ]", "there: a span from here, or up to here"),
    ("L", "the list of sessions"),
    ("C", "calibrate: ten seconds of your face at rest"),
    ("↑ ↓ Enter", "in Sessions: choose one, and show it"),
    ("S", "in a session: figures, or the moment"),
    ("F", "full screen"),
    ("Esc", "leave full screen, a page or a list"),
    ("Tab", "next control; Enter or Space presses it"),
    ("?", "this list"),
];

/// Draws the sheet.
pub fn help(ui: &mut egui::Ui, actions: &mut Actions) {
    let theme = Theme::of(ui);
    let response = sheet(ui, ("help", "Keys"), WIDTH, |ui| {
        ui.heading("Keys");
        ui.add_space(theme::GRID);
        ui.spacing_mut().item_spacing.y = 0.0;
        for (key, what) in KEYS {
            ui.horizontal(|ui| {
                let (rect, _) = ui.allocate_exact_size(vec2(64.0, 22.0), Sense::hover());
                let font = theme::bold(theme::SIZE_LIST);
                let galley = ui.painter().layout_no_wrap(key.to_owned(), font, theme.text);
                let corner = egui::pos2(rect.left(), rect.center().y - galley.size().y / 2.0);
                ui.painter().galley(corner, galley, theme.text);
                let text = RichText::new(what).font(theme::font(theme::SIZE_LIST));
                ui.label(text.color(theme.muted));
            });
        }
        ui.add_space(8.0);
        ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
            Button::new("Close").ui(ui).clicked()
        })
        .inner
    });
    if response.inner || response.should_close() {
        actions.push(Action::Help(false));
    }
}
