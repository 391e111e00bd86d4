//! The companion on the page of settings.

use eframe::egui;

use super::settings_page::{choice, note, row};
use crate::interaction::Language;
use crate::settings::CompanionSettings;
use crate::ui::actions::{Action, Actions, Dialog, View};
use crate::ui::companion_store::FontSearch;
use crate::ui::widgets::Button;

const GAPS: [(&str, f32); 4] = [("5 min", 5.0), ("10 min", 10.0), ("20 min", 20.0), ("1 h", 60.0)];

/// Draws what is in the card.
pub fn companion_settings(
    ui: &mut egui::Ui,
    companion: &mut CompanionSettings,
    font: &FontSearch,
    actions: &mut Actions,
) {
    ui.checkbox(&mut companion.on, "Let a companion speak now and then");
    note(
        ui,
        "It looks at the readings and, seldom, suggests a break, a slower pace or the like, as a \
         few words beside the picture. It learns from your answers. Readings can be wrong, and so \
         can it. It keeps how your face usually reads and what you answered in a file on this \
         computer; never a picture. It is not for work or school, where others would have a say.",
    );
    if companion.on {
        choice(ui, "At most every", &GAPS, &mut companion.gap_minutes);
        row(ui, "Quiet hours", |ui| quiet_hours(ui, companion));
        language(ui, companion, font);
        strategies(ui, companion, actions);
        ui.checkbox(&mut companion.while_recording, "Speak also while a session is recorded");
        if companion.while_recording {
            note(
                ui,
                "What it says may change what you record. Its words and your answers are then \
                 written among the events of the session.",
            );
        }
    }
    if Button::new("What Mien thinks about you, and why").ui(ui).clicked() {
        actions.push(Action::Show(View::Companion));
    }
}

fn language(ui: &mut egui::Ui, companion: &mut CompanionSettings, font: &FontSearch) {
    match font.found() {
        Some(true) => {
            let languages = [("English", Language::En), ("Chinese", Language::Zh)];
            choice(ui, "Its language", &languages, &mut companion.language);
        }
        Some(false) => {
            row(ui, "Its language", |ui| ui.label("English"));
            note(
                ui,
                "Chinese needs a font of this system, and none with its signs was found. Install \
                 one, such as Noto Sans CJK, and start Mien again.",
            );
        }
        None => {}
    }
}

fn strategies(ui: &mut egui::Ui, companion: &mut CompanionSettings, actions: &mut Actions) {
    row(ui, "What it may say", |ui| {
        if Button::new("Choose a file").name("Strategies of your own").ui(ui).clicked() {
            actions.push(Action::ChooseFolder(Dialog::Strategies));
        }
        if companion.strategies.is_some()
            && Button::new("Built-in ones").name("Built-in strategies").ui(ui).clicked()
        {
            companion.strategies = None;
        }
    });
    match &companion.strategies {
        Some(path) => note(ui, &format!("From {}.", path.display())),
        None => note(
            ui,
            "A file of your own may say other things; docs/companion.md describes it. What is \
             wrong in it is named with line and column.",
        ),
    }
}

fn quiet_hours(ui: &mut egui::Ui, companion: &mut CompanionSettings) {
    ui.checkbox(&mut companion.quiet, "from");
    let hours = [("Quiet from", &mut companion.quiet_from), ("Quiet to", &mut companion.quiet_to)];
    ui.add_enabled_ui(companion.quiet, |ui| {
        for (index, (name, hour)) in hours.into_iter().enumerate() {
            if index == 1 {
                ui.label("to");
            }
            ui.name_inputs(name, |ui| {
                ui.add(egui::DragValue::new(hour).range(0..=23).suffix(":00"))
            });
        }
    });
}
