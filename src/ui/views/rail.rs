//! The pages of the window at its left edge; help and settings at the foot.

use eframe::egui::accesskit::Role;
use eframe::egui::{self, Align2, Rect, Sense, WidgetInfo, pos2, vec2};

use super::{Scene, region};
use crate::ui::actions::{Action, Actions, View};
use crate::ui::theme::{self, Theme};
use crate::ui::widgets::{Icon, focus_ring};

/// Pages at the top. Another page is another line.
const PAGES: [(View, &str, Icon); 4] = [
    (View::Live, "Live", Icon::Smile),
    (View::Files, "Files", Icon::Film),
    (View::Sessions, "Sessions", Icon::Rows),
    (View::Teach, "Teach", Icon::Cap),
];

const ENTRY_WIDTH: f32 = 44.0;
const ENTRY_HEIGHT: f32 = 48.0;
const ICON: f32 = 20.0;

/// Draws the rail.
pub fn rail(ui: &mut egui::Ui, rect: Rect, scene: Scene<'_>, actions: &mut Actions) {
    let theme = Theme::of(ui);
    ui.painter().rect_filled(rect, 0, theme.panel);
    ui.painter().vline(rect.right() - 0.5, rect.y_range(), theme.border());
    let inner = rect.shrink2(vec2((theme::RAIL_WIDTH - ENTRY_WIDTH) / 2.0, 8.0));
    region(ui, "rail", inner, |ui| {
        ui.spacing_mut().item_spacing.y = theme::GRID;
        for (view, text, icon) in PAGES {
            if entry(ui, text, icon, scene.view == view) {
                actions.push(Action::Show(view));
            }
        }
        let foot = 2.0 * ENTRY_HEIGHT + 2.0 * theme::GRID;
        ui.add_space((ui.available_height() - foot).max(0.0));
        if entry(ui, "Help", Icon::Question, false) {
            actions.push(Action::Help(true));
        }
        if entry(ui, "Settings", Icon::Gear, scene.view == View::Settings) {
            actions.push(Action::Show(View::Settings));
        }
    });
}

fn entry(ui: &mut egui::Ui, text: &str, icon: Icon, chosen: bool) -> bool {
    let theme = Theme::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ENTRY_WIDTH, ENTRY_HEIGHT), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Tab, true, chosen, text));
    let lit = chosen || response.hovered();
    if lit {
        ui.painter().rect_filled(rect, theme::CARD_RADIUS, theme.raised);
    }
    let color = if lit { theme.text } else { theme.muted };
    let centre = pos2(rect.center().x, rect.top() + 17.0);
    icon.paint(ui.painter(), Rect::from_center_size(centre, vec2(ICON, ICON)), color);
    let font = theme::font(theme::SIZE_RAIL);
    let foot = pos2(rect.center().x, rect.bottom() - 3.0);
    ui.painter().text(foot, Align2::CENTER_BOTTOM, text, font, color);
    focus_ring(ui, rect, theme::CARD_RADIUS, &response);
    response.clicked()
}
