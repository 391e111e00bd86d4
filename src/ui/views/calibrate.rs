//! Ten guided seconds of a face at rest, beside the picture.

use std::f32::consts::{FRAC_PI_2, TAU};

use eframe::egui::accesskit::{Live, Role};
use eframe::egui::{self, Color32, Rect, RichText, Sense, Shape, Stroke, pos2, vec2};

use super::face_panel::small_text;
use super::settings_page::field;
use super::teach::call;
use super::{Scene, side_panel};
use crate::baseline::{Baseline, Gathering, is_name};
use crate::ui::actions::{Action, Actions, BaselineAction, View};
use crate::ui::baseline_store::{Calibration, USUAL_PROFILE};
use crate::ui::store::SourceState;
use crate::ui::theme::{self, Theme};
use crate::ui::widgets::{Button, Icon, Look, announce, heading, percent};

/// Width of the ring and of its line.
const RING: f32 = 132.0;
const RING_LINE: f32 = 8.0;
/// Points on the whole ring.
const STEPS: usize = 90;
/// Classes in the table of what was found.
const MOST: usize = 4;
/// A class below this share at rest is not worth a line.
const LEAST: f64 = 0.01;

/// What is being typed.
#[derive(Debug, Default)]
pub struct CalibratePage {
    profile: Option<String>,
}

/// Draws the panel.
pub fn calibrate_panel(
    ui: &mut egui::Ui,
    rect: Rect,
    scene: Scene<'_>,
    page: &mut CalibratePage,
    actions: &mut Actions,
) {
    side_panel(ui, "calibrate", rect, scene.compact, |ui| {
        let theme = Theme::of(ui);
        ui.horizontal(|ui| {
            heading(ui, "Calibrate", "");
            ui.add_space((ui.available_width() - theme::CONTROL_HEIGHT).max(0.0) - 8.0);
            let close = Button::icon(Icon::Cross, "Close calibration").look(Look::Quiet);
            if close.ui(ui).clicked() {
                actions.push(Action::Show(View::Live));
            }
        });
        let title = RichText::new("Your face at rest").font(theme::bold(theme::SIZE_TITLE));
        ui.label(title.color(theme.text));
        match &scene.store.baseline.calibration {
            Calibration::Idle => before(ui, scene, page, actions),
            Calibration::Counting(until) => {
                let left = (until - scene.store.now()).max(0.0).ceil();
                ring(ui, 0.0, &format!("{left:.0}"), "begins in");
                ui.ctx().request_repaint_after(std::time::Duration::from_millis(100));
                guide(ui, "Look at the screen and let your face go slack.", theme.text);
                cancel(ui, actions);
            }
            Calibration::Running(gathering, _) => running(ui, gathering, actions),
            Calibration::Found(baseline) => found(ui, baseline, page, actions),
            Calibration::Refused(words) => refused(ui, words, page, actions),
        }
        ui.add_space(theme::GRID);
        small_text(
            ui,
            "No picture is kept: a baseline is one number for each word, in a file on this computer.",
            theme.muted,
        );
    });
}

/// Why it can't begin.
fn obstacle(scene: Scene<'_>) -> Option<&'static str> {
    let running = matches!(scene.store.source, SourceState::Running(_));
    if scene.store.is_recording() {
        return Some("A recording keeps the baseline it began with. Stop it first.");
    }
    if !running || scene.store.labels().is_none() {
        return Some("There is no picture. Choose a source at the top.");
    }
    if !scene.store.baseline.is_possible() {
        return Some(
            "No class of this model is neutral, so that there is nothing to correct towards.",
        );
    }
    None
}

fn before(ui: &mut egui::Ui, scene: Scene<'_>, page: &mut CalibratePage, actions: &mut Actions) {
    let theme = Theme::of(ui);
    small_text(
        ui,
        "Some faces read as sad or cross when they rest. Show yours for ten seconds, and what it \
         reads as at rest is taken off from then on. Strong expressions stay; weak ones of the same \
         kind are harder to tell from rest.",
        theme.text,
    );
    small_text(
        ui,
        "Sit as usual, in the usual light, alone in the picture. Do not pose: let your face go slack.",
        theme.muted,
    );
    ui.add_space(theme::GRID);
    let chosen = scene.settings.baseline.profile.as_deref().unwrap_or(USUAL_PROFILE);
    let name = page.profile.get_or_insert_with(|| chosen.to_owned());
    small_text(ui, "Profile", theme.muted);
    let edit = ui.add(field(name));
    call(ui, &edit, "Name of the profile");
    let wanted = name.trim().to_owned();
    let known = scene.store.baseline.known(&wanted);
    if !is_name(&wanted) {
        let words = "Up to 40 letters, digits, spaces, - and _.";
        small_text(ui, words, theme.warning);
    } else if known.is_some() {
        small_text(ui, "There is one of this name, which is replaced.", theme.muted);
    } else {
        let words = "Recordings name it: a code is better than a name.";
        small_text(ui, words, theme.muted);
    }
    ui.add_space(theme::GRID);
    let obstacle = obstacle(scene);
    let ready = obstacle.is_none() && is_name(&wanted);
    let begin = Button::new("Begin").name("Begin calibration").look(Look::Main);
    if ui.add_enabled_ui(ready, |ui| begin.ui(ui).clicked()).inner {
        actions.push(BaselineAction::Begin(wanted).into());
    }
    if let Some(obstacle) = obstacle {
        small_text(ui, obstacle, theme.warning);
    }
}

fn running(ui: &mut egui::Ui, gathering: &Gathering, actions: &mut Actions) {
    let theme = Theme::of(ui);
    let left = gathering.left().as_secs_f32().ceil();
    ring(ui, gathering.progress(), &format!("{left:.0}"), "seconds");
    match gathering.obstacle() {
        None => guide(ui, "Good. Keep still and do nothing.", theme.text),
        Some(obstacle) => {
            // What to do says what is wrong, where the reading is poor.
            guide(ui, obstacle.advice(), theme.warning);
        }
    }
    cancel(ui, actions);
}

fn cancel(ui: &mut egui::Ui, actions: &mut Actions) {
    if Button::new("Cancel").name("Cancel calibration").hint("Esc").ui(ui).clicked() {
        actions.push(BaselineAction::Discard.into());
    }
}

fn found(ui: &mut egui::Ui, baseline: &Baseline, page: &mut CalibratePage, actions: &mut Actions) {
    let theme = Theme::of(ui);
    let words = match baseline.most_corrected() {
        Some((label, before, after)) => format!(
            "At rest you read as {} {label}; corrected, {}.",
            percent(before as f32),
            percent(after as f32)
        ),
        None => "At rest you read as most people do: there is nothing to correct.".to_owned(),
    };
    guide(ui, &words, theme.text);
    table(ui, baseline);
    if !baseline.reference_of_card {
        small_text(
            ui,
            "The card of this model does not say how neutral faces read, so that less is corrected.",
            theme.muted,
        );
    }
    ui.add_space(theme::GRID);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        if Button::new("Keep").name("Keep this baseline").look(Look::Main).ui(ui).clicked() {
            page.profile = None;
            actions.push(BaselineAction::Keep.into());
        }
        if Button::new("Discard").name("Discard this baseline").ui(ui).clicked() {
            actions.push(BaselineAction::Discard.into());
        }
        again(ui, &baseline.profile, actions);
    });
}

fn refused(ui: &mut egui::Ui, words: &str, page: &mut CalibratePage, actions: &mut Actions) {
    let theme = Theme::of(ui);
    guide(ui, words, theme.warning);
    ui.add_space(theme::GRID);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        let profile = page.profile.as_deref().unwrap_or(USUAL_PROFILE).trim().to_owned();
        again(ui, &profile, actions);
        if Button::new("Back").name("Back to the start").ui(ui).clicked() {
            actions.push(BaselineAction::Discard.into());
        }
    });
}

fn again(ui: &mut egui::Ui, profile: &str, actions: &mut Actions) {
    if Button::new("Again").name("Calibrate again").ui(ui).clicked() {
        actions.push(BaselineAction::Begin(profile.to_owned()).into());
    }
}

/// What to do now; screen readers say it when it changes.
fn guide(ui: &mut egui::Ui, words: &str, color: Color32) {
    let words = RichText::new(words).font(theme::font(theme::SIZE_BODY)).color(color);
    let response = ui.add(egui::Label::new(words).wrap());
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_live(Live::Polite));
}

/// A ring that fills, with a number in it.
fn ring(ui: &mut egui::Ui, share: f32, number: &str, unit: &str) {
    let theme = Theme::of(ui);
    let size = vec2(ui.available_width(), RING + 2.0 * theme::GAP);
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    let (centre, radius) = (rect.center(), (RING - RING_LINE) / 2.0);
    ui.painter().circle_stroke(centre, radius, Stroke::new(RING_LINE, theme.raised));
    let steps = (STEPS as f32 * share.clamp(0.0, 1.0)).ceil() as usize;
    if steps > 0 {
        let points = (0..=steps)
            .map(|step| {
                let part = (step as f32 / STEPS as f32).min(share);
                let (sin, cos) = (TAU * part - FRAC_PI_2).sin_cos();
                centre + radius * vec2(cos, sin)
            })
            .collect();
        ui.painter().add(Shape::line(points, Stroke::new(RING_LINE, theme.accent)));
    }
    let text = |ui: &egui::Ui, text: &str, font, color, y: f32| {
        let galley = ui.painter().layout_no_wrap(text.to_owned(), font, color);
        let corner = pos2(centre.x - galley.size().x / 2.0, y - galley.size().y / 2.0);
        ui.painter().galley(corner, galley, color);
    };
    text(ui, number, theme::bold(theme::SIZE_LABEL), theme.text, centre.y - 6.0);
    text(ui, unit, theme::font(theme::SIZE_STATUS), theme.muted, centre.y + 18.0);
    let spoken = format!("{}, {number} {unit}", percent(share));
    announce(ui, rect, Role::ProgressIndicator, "Calibration", Some(spoken));
}

/// The classes that matter at rest: as read, and corrected.
fn table(ui: &mut egui::Ui, baseline: &Baseline) {
    let theme = Theme::of(ui);
    let pairs = baseline.at_rest.iter().zip(&baseline.corrected);
    let mut rows: Vec<(&String, (&f64, &f64))> = baseline.labels.iter().zip(pairs).collect();
    rows.sort_by(|a, b| b.1.0.total_cmp(a.1.0));
    rows.retain(|(_, (before, after))| before.max(**after) >= LEAST);
    ui.add_space(theme::GRID);
    egui::Grid::new("at rest").num_columns(3).spacing(vec2(theme::PAD, 2.0)).show(ui, |ui| {
        for word in ["", "as read", "corrected"] {
            let word = RichText::new(word).font(theme::font(theme::SIZE_STATUS));
            ui.label(word.color(theme.muted));
        }
        ui.end_row();
        for (label, (before, after)) in rows.into_iter().take(MOST) {
            small_text(ui, label, theme.text);
            small_text(ui, &percent(*before as f32), theme.muted);
            small_text(ui, &percent(*after as f32), theme.text);
            ui.end_row();
        }
    });
}
