//! Things told once, in a strip above the picture: never in the way, gone with one click.

use std::sync::Arc;

use eframe::egui::accesskit::Role;
use eframe::egui::text::{LayoutJob, TextWrapping};
use eframe::egui::{self, Galley, Rect, Sense, StrokeKind, vec2};

use super::{Scene, row_region};
use crate::ui::actions::{Action, Actions, FilesAction};
use crate::ui::files_store::one_line;
use crate::ui::store::{Tone, rows_are_safe};
use crate::ui::theme::{self, Theme};
use crate::ui::widgets::{Button, Icon, Look, announce};

/// Height of a strip with one line of text.
const HEIGHT: f32 = 40.0;
/// More lines end in `…`; the whole text is there under the pointer.
const MAX_LINES: usize = 3;
const MARK: f32 = 8.0;
const SPACING: f32 = 8.0;

/// One thing to tell and what can be done about it.
struct Strip<'a> {
    id: (&'static str, u64),
    text: &'a str,
    tone: Tone,
    buttons: Vec<(Button<'a>, Action)>,
}

/// Draws what is to be told at the top of `rect` and returns what is left of it.
pub fn notices(ui: &mut egui::Ui, rect: Rect, scene: Scene<'_>, actions: &mut Actions) -> Rect {
    let mut rest = rect;
    let gap = if scene.compact { 0.0 } else { theme::GAP };
    if let Some(session) = scene.store.unfinished.first() {
        let text = format!(
            "A recording from {} was not finished. {}",
            session.started,
            rows_are_safe(session.rows),
        );
        let buttons = vec![
            (Button::new("Finish it"), Action::FinishSession),
            (Button::new("Later").look(Look::Quiet), Action::PostponeSessions),
        ];
        let strip = Strip { id: ("unfinished", 0), text: &text, tone: Tone::News, buttons };
        rest.min.y += strip.ui(ui, rest, actions) + gap;
    }
    let unfinished = &scene.settings.unfinished_files;
    if scene.offers_unfinished && !unfinished.is_empty() {
        let verb = if unfinished.len() == 1 { "was" } else { "were" };
        let what = match unfinished.as_slice() {
            [one] => format!("“{}”", one_line(one)),
            several => format!("{} files or folders", several.len()),
        };
        let text = format!("{what} {verb} not done when Mien closed.");
        let buttons = vec![
            (Button::new("Go on"), Action::Files(FilesAction::Resume)),
            (Button::new("Forget").look(Look::Quiet), Action::Files(FilesAction::ForgetUnfinished)),
        ];
        let strip = Strip { id: ("unfinished files", 0), text: &text, tone: Tone::News, buttons };
        rest.min.y += strip.ui(ui, rest, actions) + gap;
    }
    for notice in &scene.store.notices {
        let mut buttons = Vec::new();
        if let Some(folder) = &notice.folder {
            buttons.push((Button::new("Show folder"), Action::OpenFolder(folder.clone())));
        }
        let dismiss = Button::icon(Icon::Cross, "Dismiss").look(Look::Quiet);
        buttons.push((dismiss, Action::Dismiss(notice.id)));
        let id = ("notice", notice.id);
        let strip = Strip { id, text: &notice.text, tone: notice.tone, buttons };
        rest.min.y += strip.ui(ui, rest, actions) + gap;
    }
    rest
}

impl Strip<'_> {
    /// Draws it at the top of `rect` and returns its height.
    fn ui(self, ui: &mut egui::Ui, rect: Rect, actions: &mut Actions) -> f32 {
        let theme = Theme::of(ui);
        let buttons: f32 = self.buttons.iter().map(|(b, _)| b.width(ui) + SPACING).sum();
        let inner = rect.shrink2(vec2(theme::GAP, 0.0));
        let room = (inner.width() - MARK - SPACING - buttons).max(40.0);
        let galley = self.lay_out(ui, room);
        let height = HEIGHT.max(galley.size().y + 16.0).round();
        let strip = rect.with_max_y(rect.top() + height);
        let border = theme.border();
        ui.painter().rect(strip, theme::CARD_RADIUS, theme.panel, border, StrokeKind::Inside);
        ui.push_id(self.id, |ui| {
            row_region(ui, "strip", inner.with_max_y(strip.bottom()), |ui| {
                ui.spacing_mut().item_spacing.x = SPACING;
                let mark = if self.tone == Tone::Trouble { theme.warning } else { theme.accent };
                let (dot, _) = ui.allocate_exact_size(vec2(MARK, MARK), Sense::hover());
                ui.painter().circle_filled(dot.center(), MARK / 2.0, mark);
                let size = vec2(room, galley.size().y);
                let (place, response) = ui.allocate_exact_size(size, Sense::hover());
                let cut = galley.elided;
                ui.painter().galley(place.min, galley, theme.text);
                let role = if self.tone == Tone::Trouble { Role::Alert } else { Role::Status };
                announce(ui, place, role, self.text, None);
                if cut {
                    response.on_hover_text(self.text);
                }
                for (button, action) in self.buttons {
                    if button.ui(ui).clicked() {
                        actions.push(action);
                    }
                }
            });
        });
        height
    }

    fn lay_out(&self, ui: &egui::Ui, width: f32) -> Arc<Galley> {
        let font = theme::font(theme::SIZE_LIST);
        let mut job = LayoutJob::simple(self.text.to_owned(), font, Theme::of(ui).text, width);
        job.wrap = TextWrapping { max_width: width, max_rows: MAX_LINES, ..Default::default() };
        ui.painter().layout_job(job)
    }
}
