//! The personal baseline on the page of settings.

use eframe::egui;

use super::face_panel::small_text;
use super::settings_page::{note, row};
use super::{Scene, sheet};
use crate::baseline::Baseline;
use crate::settings::Settings;
use crate::ui::actions::{Action, Actions, BaselineAction, View};
use crate::ui::theme::{self, Theme};
use crate::ui::widgets::{Button, Look, percent};

/// Draws what is in the card.
pub fn baseline_settings(
    ui: &mut egui::Ui,
    scene: Scene<'_>,
    settings: &mut Settings,
    actions: &mut Actions,
) {
    let theme = Theme::of(ui);
    let store = &scene.store.baseline;
    let known = store.known.as_deref().unwrap_or_default();
    let chosen = settings.baseline.profile.clone();
    let recording = scene.store.is_recording();
    note(
        ui,
        "How your face reads at rest is taken off what is read, so that a face that rests sad reads \
         neutral. Recordings hold the raw values as well, and say so.",
    );
    if !known.is_empty() {
        ui.add_enabled_ui(!recording, |ui| {
            row(ui, "Profile", |ui| {
                ui.horizontal_wrapped(|ui| {
                    for (name, _) in known {
                        let spoken = format!("Profile: {name}");
                        let pill = Button::new(name).name(&spoken).look(Look::Pill);
                        if pill.chosen(chosen.as_ref() == Some(name)).ui(ui).clicked() {
                            settings.baseline.profile = Some(name.clone());
                        }
                    }
                });
            });
            ui.add_enabled_ui(chosen.is_some(), |ui| {
                ui.checkbox(&mut settings.baseline.on, "Correct live readings with the baseline");
            });
        });
    }
    if recording {
        note(ui, "A recording keeps the baseline it began with.");
    }
    match chosen.as_deref().and_then(|profile| store.known(profile)) {
        Some(Ok(baseline)) if store.fits(baseline) => note(ui, &effect(baseline)),
        Some(Ok(baseline)) => {
            let words = format!(
                "It was made with another model ({}), or another version of it, and is not applied. \
                 Calibrate again.",
                baseline.model
            );
            small_text(ui, &words, theme.warning);
        }
        Some(Err(words)) => small_text(ui, words, theme.warning),
        None => {}
    }
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        if Button::new("Calibrate…").name("Calibrate").hint("C").ui(ui).clicked() {
            actions.push(Action::Show(View::Calibrate));
        }
        if let Some(profile) = chosen.filter(|profile| store.known(profile).is_some()) {
            let spoken = format!("Erase the baseline {profile}");
            if Button::new("Erase…").name(&spoken).ui(ui).clicked() {
                actions.push(BaselineAction::AskToErase(Some(profile)).into());
            }
        }
    });
}

fn effect(baseline: &Baseline) -> String {
    let day = baseline.made_utc.split('T').next().unwrap_or_default();
    match baseline.most_corrected() {
        Some((label, before, after)) => format!(
            "At rest {} {label}, corrected {}. Made on {day}; make another when light, camera or \
             glasses change. It corrects every face in the picture: it is for one person alone.",
            percent(before as f32),
            percent(after as f32)
        ),
        None => format!("Reads neutral at rest as it is: nothing is corrected. Made on {day}."),
    }
}

/// Asks before a baseline is erased.
pub fn erase_baseline_question(ui: &mut egui::Ui, profile: &str, actions: &mut Actions) {
    let theme = Theme::of(ui);
    let response = sheet(ui, ("erase baseline question", "Erase the baseline?"), 420.0, |ui| {
        ui.heading("Erase the baseline?");
        ui.add_space(theme::GRID);
        let words = format!(
            "“{profile}” is removed for good. Recordings keep the numbers that were applied to them."
        );
        small_text(ui, &words, theme.text);
        ui.add_space(theme::GRID);
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 8.0;
            let keep = Button::new("Keep it").look(Look::Main).ui(ui).clicked();
            if Button::new("Erase").name("Erase it").ui(ui).clicked() {
                actions.push(BaselineAction::Erase(profile.to_owned()).into());
            }
            keep
        })
        .inner
    });
    if response.inner || response.should_close() {
        actions.push(BaselineAction::AskToErase(None).into());
    }
}
