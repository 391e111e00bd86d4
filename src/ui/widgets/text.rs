//! Text that is painted to the point, and how screen readers learn of what is painted.

use std::sync::Arc;

use eframe::egui::accesskit::Role;
use eframe::egui::text::{LayoutJob, TextFormat, TextWrapping};
use eframe::egui::{self, Color32, FontId, Galley, Rect, Response, Sense, WidgetInfo};

use crate::ui::theme::{self, Theme};

/// Lays out one line that ends in `…` where it would be wider than `max_width`.
pub fn elided(
    ui: &egui::Ui,
    text: &str,
    font: FontId,
    color: Color32,
    max_width: f32,
) -> Arc<Galley> {
    let mut job = LayoutJob::simple_singleline(text.to_owned(), font, color);
    job.wrap = TextWrapping::truncate_at_width(max_width.max(1.0));
    ui.painter().layout_job(job)
}

/// A heading in capitals, and after it `note` as it is written.
pub fn heading(ui: &mut egui::Ui, text: &str, note: &str) -> Response {
    let theme = Theme::of(ui);
    let capitals = TextFormat {
        extra_letter_spacing: theme::HEADING_SPACING,
        ..TextFormat::simple(theme::font(theme::SIZE_HEADING), theme.faint)
    };
    let mut job = LayoutJob::default();
    job.append(&text.to_uppercase(), 0.0, capitals);
    if !note.is_empty() {
        let format = TextFormat::simple(theme::font(theme::SIZE_HEADING), theme.faint);
        job.append(note, theme::GRID, format);
    }
    job.wrap = TextWrapping::truncate_at_width(ui.available_width());
    let galley = ui.painter().layout_job(job);
    let (rect, response) = ui.allocate_exact_size(galley.size(), Sense::hover());
    ui.painter().galley(rect.min, galley, theme.faint);
    let spoken = format!("{text} {note}").trim().to_owned();
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &spoken));
    response
}

/// Tells screen readers what is painted in `rect`: what it is, its name, and its value if it has
/// one.
pub fn announce(
    ui: &mut egui::Ui,
    rect: Rect,
    role: Role,
    name: &str,
    value: Option<String>,
) -> Response {
    // By position in the row, not by name: names such as "camera 30.1 fps" change all the time.
    let id = ui.next_auto_id().with("announced");
    ui.skip_ahead_auto_ids(1);
    let response = ui.interact(rect, id, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(role, true, name));
    if let Some(value) = value {
        ui.ctx().accesskit_node_builder(response.id, |node| node.set_value(value));
    }
    response
}

/// `share` in 0..=1 as whole percent, with a thin space.
pub fn percent(share: f32) -> String {
    format!("{:.0}\u{2009}%", share * 100.0)
}

/// A number with its sign, two decimals and a real minus.
pub fn signed(value: f32) -> String {
    let text = format!("{value:+.2}");
    if text == "-0.00" { "+0.00".to_owned() } else { text.replace('-', "\u{2212}") }
}
