//! The first start: what Mien can tell, what it cannot, what is stored, what it is not for.

use eframe::egui::{self, Rect, RichText, ScrollArea, Sense, pos2, vec2};

use super::region;
use crate::source::SourceSpec;
use crate::ui::actions::{Action, Actions};
use crate::ui::theme::{self, Theme};
use crate::ui::widgets::{Button, Icon, Look};

/// Raised when the text says something new that users should read.
pub const WELCOME_VERSION: u32 = 1;

const ICON: f32 = 40.0;
const POINTS: [(&str, &str); 4] = [
    (
        "It reads the expression on a face, not a feeling.",
        "Mien estimates which of a few expressions a face shows. People smile when they are \
         sad and frown when they think. What someone feels, means or will do, it cannot know; and \
         it errs more often with poor light, a turned head, glasses or a covered mouth.",
    ),
    (
        "Pictures stay on this computer and are not stored.",
        "They are analysed here and forgotten. Nothing is written until you record, and then it \
         is numbers, not pictures. Nothing is sent anywhere.",
    ),
    (
        "Everybody in the picture should know and agree.",
        "You can note a participant’s consent with a recording, in the settings.",
    ),
    (
        "It is not for judging people.",
        "Not for hiring, grading, policing or health. In the European Union, inferring emotions \
         of people at work or in education is banned, but for medical or safety reasons.",
    ),
];

/// Draws the page.
pub fn welcome(ui: &mut egui::Ui, rect: Rect, actions: &mut Actions) {
    let theme = Theme::of(ui);
    let width = theme::TEXT_WIDTH.min(rect.width() - 2.0 * theme::PAD);
    let id = ui.scope_id().with("welcome height");
    let height = ui.data(|data| data.get_temp::<f32>(id)).unwrap_or(520.0);
    let top = ((rect.height() - height) * 0.45).max(theme::PAD);
    let left = rect.center().x - width / 2.0;
    let scroll =
        Rect::from_min_max(pos2(left, rect.top()), pos2(left + width + 12.0, rect.bottom()));
    region(ui, "welcome", scroll, |ui| {
        ScrollArea::vertical().id_salt("welcome").auto_shrink(false).show(ui, |ui| {
            ui.set_width(width);
            ui.add_space(top);
            let start = ui.cursor().top();
            ui.spacing_mut().item_spacing.y = theme::GRID;
            // In a small window the words and both buttons matter more.
            if rect.height() >= theme::FOLD_HEIGHT {
                let (square, _) = ui.allocate_exact_size(vec2(ICON, ICON), Sense::hover());
                Icon::Smile.paint(ui.painter(), square.expand(3.0), theme.accent);
                ui.add_space(theme::GAP);
            }
            ui.label(RichText::new("Before you start").font(theme::bold(theme::SIZE_LABEL)));
            for (title, text) in POINTS {
                ui.add_space(theme::GAP);
                ui.label(RichText::new(title).font(theme::bold(theme::SIZE_BODY)));
                ui.label(RichText::new(text).line_height(Some(20.0)).color(theme.muted));
            }
            ui.add_space(theme::PAD + theme::GRID);
            ui.horizontal_wrapped(|ui| {
                let camera = Button::new("Start with the camera").look(Look::Main).ui(ui);
                if camera.clicked() {
                    actions.push(Action::AcceptWelcome(SourceSpec::Camera {
                        number: None,
                        size: None,
                    }));
                }
                if Button::new("Start with the demo").ui(ui).clicked() {
                    actions.push(Action::AcceptWelcome(SourceSpec::Demo { people: 1 }));
                }
            });
            let used = ui.cursor().top() - start;
            ui.add_space(theme::PAD);
            if (used - height).abs() > 0.5 {
                ui.data_mut(|data| data.insert_temp(id, used));
                ui.ctx().request_repaint();
            }
        });
    });
}
