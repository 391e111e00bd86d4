//! What Mien thinks about the user, and why; and how to make it forget.

use eframe::egui::{self, Rect, RichText};

use super::companion_card::{sentence, strategy_words};
use super::face_panel::small_text;
use super::settings_page::card;
use super::{Scene, sheet, text_page};
use crate::interaction::Belief;
use crate::runtime::companion::{Liking, Memory, Mind};
use crate::ui::actions::{Action, Actions, CompanionAction, Dialog, View};
use crate::ui::theme::{self, Theme};
use crate::ui::widgets::{Button, Look, percent, signed};

const TITLE: &str = "What Mien thinks about you, and why";

/// Draws the page.
pub fn companion_page(ui: &mut egui::Ui, rect: Rect, scene: Scene<'_>, actions: &mut Actions) {
    let head = ("companion", TITLE, "Close this page");
    text_page(ui, rect, scene, head, actions, |ui, actions| match &scene.store.companion.mind {
        Some(mind) => contents(ui, scene, mind, actions),
        None => small_text(ui, "One moment.", Theme::of(ui).muted),
    });
}

fn contents(ui: &mut egui::Ui, scene: Scene<'_>, mind: &Mind, actions: &mut Actions) {
    let theme = Theme::of(ui);
    card(ui, "At this moment", |ui| {
        if !scene.settings.companion.on {
            small_text(ui, "The companion is off and looks at nothing.", theme.muted);
            if Button::new("Go to Settings").ui(ui).clicked() {
                actions.push(Action::Show(View::Settings));
            }
        } else if mind.now.is_empty() {
            small_text(ui, "Nothing yet.", theme.muted);
        }
        mind.now.iter().for_each(|belief| told(ui, belief));
    });
    let has_usual = mind.usual.hours > 0.0;
    card(ui, "How you usually look", |ui| {
        let usual = mind.usual;
        if !has_usual {
            return small_text(
                ui,
                "Nothing yet. It builds up while the companion is on.",
                theme.muted,
            );
        }
        let word = match usual.valence {
            v if v > 0.15 => "rather pleasant",
            v if v < -0.15 => "rather unpleasant",
            _ => "neither pleasant nor unpleasant",
        };
        forgettable(ui, "how you usually look", Memory::Usual, actions, |ui| {
            small_text(ui, &format!("Your face mostly reads as {word}."), theme.text);
            let (valence, arousal) = (signed(usual.valence as f32), signed(usual.arousal as f32));
            let text = format!(
                "Valence {valence}, arousal {arousal}, from {} of readings. You are compared with \
                 yourself.",
                hours(usual.hours)
            );
            small_text(ui, &text, theme.muted);
        });
    });
    card(ui, "What helps you", |ui| {
        if mind.likings.is_empty() {
            small_text(ui, "Nothing yet. It learns from your answers alone.", theme.muted);
        }
        for liking in &mind.likings {
            liked(ui, liking, actions);
        }
    });
    card(ui, "Your data", |ui| {
        let text = format!(
            "All of it is guesses from your face and your answers, and can be wrong. It is kept in \
             {}, without pictures, and goes nowhere.",
            mind.file.display()
        );
        small_text(ui, &text, theme.muted);
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing.x = 8.0;
            if Button::new("Export…").name("Export what is remembered").ui(ui).clicked() {
                actions.push(Action::ChooseFolder(Dialog::Profile));
            }
            let something = has_usual || !mind.likings.is_empty();
            let forget = Button::new("Forget everything…").name("Forget everything");
            if ui.add_enabled_ui(something, |ui| forget.ui(ui).clicked()).inner {
                actions.push(CompanionAction::AskToForget(true).into());
            }
        });
    });
}

fn told(ui: &mut egui::Ui, belief: &Belief) {
    let theme = Theme::of(ui);
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        small_text(ui, &sentence(&belief.says), theme.text);
        let sure = percent(belief.sure.clamp(0.0, 1.0) as f32);
        small_text(ui, &sentence(&format!("{}; sure to {sure}", belief.why)), theme.muted);
    });
}

fn liked(ui: &mut egui::Ui, liking: &Liking, actions: &mut Actions) {
    let theme = Theme::of(ui);
    let name = strategy_words(&liking.strategy);
    let memory = Memory::Strategy(liking.strategy.clone());
    let says = liking.belief.says.replace(&liking.strategy, &name);
    forgettable(ui, &name, memory, actions, |ui| {
        told(ui, &Belief { says, ..liking.belief.clone() });
        small_text(ui, &format!("It says such as: “{}”", liking.example), theme.muted);
    });
}

/// What is remembered, and at the right a button that forgets it.
fn forgettable(
    ui: &mut egui::Ui,
    name: &str,
    memory: Memory,
    actions: &mut Actions,
    contents: impl FnOnce(&mut egui::Ui),
) {
    ui.horizontal(|ui| {
        let spoken = format!("Forget {name}");
        let button = Button::new("Forget").name(&spoken);
        let width = ui.available_width() - button.width(ui) - theme::GAP;
        ui.vertical(|ui| {
            ui.set_width(width.max(80.0));
            ui.spacing_mut().item_spacing.y = 0.0;
            contents(ui);
        });
        if button.ui(ui).clicked() {
            actions.push(CompanionAction::Forget(memory).into());
        }
    });
}

fn hours(hours: f64) -> String {
    if hours < 1.0 { format!("{:.0} min", hours * 60.0) } else { format!("{hours:.1} h") }
}

/// Asks before everything is forgotten.
pub fn forget_question(ui: &mut egui::Ui, actions: &mut Actions) {
    let theme = Theme::of(ui);
    let response = sheet(ui, ("forget question", "Forget everything?"), 420.0, |ui| {
        ui.heading("Forget everything?");
        ui.add_space(theme::GRID);
        let text = "How you usually look, all your answers, and what you never want again are \
                    removed for good. The companion begins anew. Recorded sessions stay.";
        let text = RichText::new(text).font(theme::font(theme::SIZE_LIST)).line_height(Some(20.0));
        ui.label(text.color(theme.muted));
        ui.add_space(8.0);
        ui.horizontal(|ui| {
            if Button::new("Keep it").look(Look::Main).ui(ui).clicked() {
                actions.push(CompanionAction::AskToForget(false).into());
            }
            if Button::new("Forget").name("Forget all of it").ui(ui).clicked() {
                actions.push(CompanionAction::Forget(Memory::Everything).into());
            }
        });
    });
    if response.should_close() {
        actions.push(CompanionAction::AskToForget(false).into());
    }
}
