//! Things told once, in a strip above the picture: never in the way, gone with one click.

use eframe::egui::accesskit::Role;
use eframe::egui::{self, Rect, Sense, StrokeKind, vec2};

use super::{Scene, row_region};
use crate::ui::actions::{Action, Actions};
use crate::ui::store::{Tone, rows_are_safe};
use crate::ui::theme::{self, Theme};
use crate::ui::widgets::{Button, Icon, Look, announce, elided};

const HEIGHT: f32 = 40.0;
const MARK: f32 = 8.0;

/// Draws what is to be told at the top of `rect` and returns what is left of it.
pub fn notices(ui: &mut egui::Ui, rect: Rect, scene: Scene<'_>, actions: &mut Actions) -> Rect {
    let mut rest = rect;
    let strip = |rest: &mut Rect| {
        let strip = rest.with_max_y(rest.top() + HEIGHT);
        rest.min.y = strip.bottom() + if scene.compact { 0.0 } else { theme::GAP };
        strip
    };
    if let Some(session) = scene.store.unfinished.first() {
        let text = format!(
            "A recording from {} was not finished. {}",
            session.started,
            rows_are_safe(session.rows),
        );
        let buttons = [
            (Button::new("Finish it"), Action::FinishSession),
            (Button::new("Later").look(Look::Quiet), Action::PostponeSessions),
        ];
        bar(ui, strip(&mut rest), ("unfinished", 0), &text, Tone::News, buttons, actions);
    }
    for notice in &scene.store.notices {
        let dismiss =
            (Button::icon(Icon::Cross, "Dismiss").look(Look::Quiet), Action::Dismiss(notice.id));
        let place = strip(&mut rest);
        let id = ("notice", notice.id);
        match &notice.folder {
            Some(folder) => {
                let open = (Button::new("Show folder"), Action::OpenFolder(folder.clone()));
                bar(ui, place, id, &notice.text, notice.tone, [open, dismiss], actions);
            }
            None => bar(ui, place, id, &notice.text, notice.tone, [dismiss], actions),
        }
    }
    rest
}

fn bar<const N: usize>(
    ui: &mut egui::Ui,
    rect: Rect,
    id: (&'static str, u64),
    text: &str,
    tone: Tone,
    buttons: [(Button<'_>, Action); N],
    actions: &mut Actions,
) {
    let theme = Theme::of(ui);
    let border = theme.border();
    ui.painter().rect(rect, theme::CARD_RADIUS, theme.panel, border, StrokeKind::Inside);
    ui.push_id(id, |ui| {
        row_region(ui, "notice", rect.shrink2(vec2(theme::GAP, 0.0)), |ui| {
            ui.spacing_mut().item_spacing.x = 8.0;
            let mark = if tone == Tone::Trouble { theme.warning } else { theme.accent };
            let (dot, _) = ui.allocate_exact_size(vec2(MARK, MARK), Sense::hover());
            ui.painter().circle_filled(dot.center(), MARK / 2.0, mark);
            let width: f32 = buttons.iter().map(|(button, _)| button.width(ui) + 8.0).sum();
            let room = (ui.available_width() - width).max(40.0);
            let galley = elided(ui, text, theme::font(theme::SIZE_LIST), theme.text, room);
            let size = vec2(room, galley.size().y);
            let (place, response) = ui.allocate_exact_size(size, Sense::hover());
            ui.painter().galley(place.min, galley, theme.text);
            let role = if tone == Tone::Trouble { Role::Alert } else { Role::Status };
            announce(ui, place, role, text, None);
            response.on_hover_text(text);
            for (button, action) in buttons {
                if button.ui(ui).clicked() {
                    actions.push(action);
                }
            }
        });
    });
}
