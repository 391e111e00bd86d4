//! The card of the last minute: faces to choose from, legend, timeline.

use eframe::egui::accesskit::Role;
use eframe::egui::{self, Rect, Sense, pos2, vec2};

use super::{Scene, region};
use crate::ui::actions::{Action, Actions};
use crate::ui::theme::{self, Theme};
use crate::ui::widgets::{Button, Look, Timeline, announce, heading};

const HEAD: f32 = 24.0;
/// More faces than this are reached by the picture.
const MAX_CHIPS: usize = 6;

/// Draws the card.
pub fn timeline_card(ui: &mut egui::Ui, rect: Rect, scene: Scene<'_>, actions: &mut Actions) {
    let theme = Theme::of(ui);
    let border = theme.border();
    ui.painter().rect(rect, theme::CARD_RADIUS, theme.panel, border, egui::StrokeKind::Inside);
    let inner = rect.shrink2(vec2(theme::GAP + 1.0, 10.0));
    region(ui, "timeline", inner, |ui| {
        ui.spacing_mut().item_spacing.y = 8.0;
        let readout = scene.store.readout();
        let chosen = readout.chosen();
        let (head, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEAD), Sense::hover());
        super::row_region(ui, "timeline head", head, |ui| {
            heading(ui, "Last 60 s", "");
            for face in readout.faces.iter().take(MAX_CHIPS) {
                let text = format!("Face {}", face.track());
                let is_chosen = chosen.is_some_and(|chosen| chosen.track() == face.track());
                if Button::new(&text).look(Look::Pill).chosen(is_chosen).ui(ui).clicked() {
                    actions.push(Action::Choose(face.track()));
                }
            }
            legend(ui, head, scene);
        });
        Timeline {
            labels: scene.store.labels(),
            face: chosen,
            markers: readout.markers.iter().collect(),
            edge: readout.edge(scene.store.shown_at()),
        }
        .ui(ui);
    });
}

/// "raw | smoothed ▬ · lag 0.2 s" at the right.
fn legend(ui: &mut egui::Ui, head: Rect, scene: Scene<'_>) {
    let theme = Theme::of(ui);
    let font = theme::font(theme::SIZE_LIST);
    let lag = scene.settings.pipeline.smoothing_secs;
    let y = head.center().y;
    let lag_text = if lag > 0.0 { format!("· lag {lag:.2} s") } else { "· no lag".to_owned() };
    let lag = ui.painter().layout_no_wrap(lag_text, font.clone(), theme.muted);
    let smoothed = ui.painter().layout_no_wrap("smoothed".to_owned(), font.clone(), theme.muted);
    let raw = ui.painter().layout_no_wrap("raw".to_owned(), font, theme.muted);
    let put = |x: f32, galley: std::sync::Arc<egui::Galley>| {
        ui.painter().galley(pos2(x, y - galley.size().y / 2.0), galley, theme.muted);
    };
    let mut x = head.right() - lag.size().x;
    put(x, lag);
    x -= 6.0 + 14.0;
    let sample = Rect::from_min_size(pos2(x, y - 2.5), vec2(14.0, 6.0));
    ui.painter().rect_filled(sample, 1, theme.muted);
    x -= 6.0 + smoothed.size().x;
    put(x, smoothed);
    x -= 14.0;
    ui.painter().rect_filled(
        Rect::from_min_size(pos2(x, y - 7.0), vec2(2.0, 15.0)),
        0,
        theme.muted,
    );
    x -= 6.0 + raw.size().x;
    put(x, raw);
    let rect = head.with_min_x(x);
    announce(ui, rect, Role::Label, "tick: raw, bar: smoothed", None);
}
