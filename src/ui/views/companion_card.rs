//! The companion beside the readings: that it is on, what the user is doing, and now and then
//! something it says. It takes no focus, covers nothing, and goes away by itself.

use eframe::egui::accesskit::Live;
use eframe::egui::{self, Popup, RichText};

use super::Scene;
use super::face_panel::small_text;
use crate::interaction::policy::Contribution;
use crate::interaction::{Alternative, Answer, Decision, Intent};
use crate::ui::actions::{Action, Actions, CompanionAction, View};
use crate::ui::companion_store::{HELD_SECS, Prompt};
use crate::ui::theme::{self, Theme};
use crate::ui::widgets::{Button, Look, heading, percent};

const MENU_WIDTH: f32 = 200.0;
/// Causes and alternatives that are shown; `mien interact explain` has all.
const MOST: usize = 3;
/// A cause that adds so much to the log-odds speaks strongly; below the second, slightly.
const STRONG: f64 = 0.5;
const SLIGHT: f64 = 0.15;
/// The last seconds of a prompt.
const FADE_SECS: f64 = 2.0;

/// Draws it, if it is on.
pub fn companion_card(ui: &mut egui::Ui, scene: Scene<'_>, actions: &mut Actions) {
    let settings = &scene.settings.companion;
    if !settings.on {
        return;
    }
    let theme = Theme::of(ui);
    let companion = &scene.store.companion;
    ui.add_space(theme::GAP);
    heading(ui, "Companion", "· on");
    ui.horizontal(|ui| {
        small_text(ui, "Doing now", theme.muted);
        intents(ui, companion.intent, actions);
    });
    match &companion.prompt {
        Some(prompt) => prompt_card(ui, scene, prompt, actions),
        None => {
            let silent = scene.store.is_recording() && !settings.while_recording;
            let text = match companion.thanks() {
                Some(thanks) => thanks,
                None if silent => "Silent while a session is recorded.",
                None => "Speaks seldom, when it may help.",
            };
            small_text(ui, text, theme.muted);
        }
    }
}

fn intents(ui: &mut egui::Ui, chosen: Option<Intent>, actions: &mut Actions) {
    let text = intent_words(chosen);
    let spoken = format!("Doing now: {text}");
    let button = Button::new(text).name(&spoken).look(Look::Pill).arrow().ui(ui);
    Popup::menu(&button).width(MENU_WIDTH).gap(theme::GRID).accessible_name("Doing now").show(
        |ui| {
            ui.set_width(MENU_WIDTH);
            ui.spacing_mut().item_spacing.y = 2.0;
            let all = Intent::ALL.into_iter().map(Some).chain([None]);
            for intent in all {
                let entry = Button::new(intent_words(intent)).look(Look::Quiet).full_width();
                if entry.chosen(intent == chosen).ui(ui).clicked() {
                    actions.push(CompanionAction::Intent(intent).into());
                    ui.close();
                }
            }
        },
    );
}

/// Completes "you are", or "unknown".
fn intent_words(intent: Option<Intent>) -> &'static str {
    match intent {
        Some(Intent::Working) => "working",
        Some(Intent::Practising) => "practising",
        Some(Intent::Presenting) => "presenting",
        Some(Intent::Reading) => "reading or watching",
        Some(Intent::Call) => "in a call",
        Some(Intent::Resting) => "resting",
        None => "unknown",
    }
}

fn prompt_card(ui: &mut egui::Ui, scene: Scene<'_>, prompt: &Prompt, actions: &mut Actions) {
    let theme = Theme::of(ui);
    let now = scene.store.now();
    let left = prompt.until - now;
    let frame = theme.card().inner_margin(egui::Margin::same(theme::GAP as i8));
    let response = frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        if left < FADE_SECS && !scene.reduced_motion {
            ui.multiply_opacity((left / FADE_SECS).clamp(0.0, 1.0) as f32);
            ui.ctx().request_repaint();
        }
        ui.spacing_mut().item_spacing = egui::vec2(8.0, 8.0);
        let message = RichText::new(&prompt.decision.message).font(theme::font(theme::SIZE_BODY));
        let message = ui.add(egui::Label::new(message).wrap());
        // Said by screen readers when they have nothing else to say.
        ui.ctx().accesskit_node_builder(message.id, |node| node.set_live(Live::Polite));
        let mut focused = false;
        ui.horizontal_wrapped(|ui| {
            for (text, answer) in [
                ("Helped", Answer::Helped),
                ("Not now", Answer::NotNow),
                ("Never again", Answer::NeverAgain),
            ] {
                let response = Button::new(text).ui(ui);
                focused |= response.has_focus();
                if response.clicked() {
                    actions.push(CompanionAction::Answer(prompt.decision.id, answer).into());
                }
            }
            let why = Button::new("Why?").look(Look::Quiet).chosen(prompt.why).ui(ui);
            focused |= why.has_focus();
            if why.clicked() {
                actions.push(CompanionAction::Why(!prompt.why).into());
            }
        });
        if prompt.why {
            focused |= reasons(ui, &prompt.decision, actions);
        }
        focused
    });
    let at_it = response.inner || prompt.why || response.response.contains_pointer();
    // Half a second of slack, so that a hand at rest does not keep the window busy.
    if at_it && left < HELD_SECS - 0.5 {
        actions.push(CompanionAction::Hold.into());
    }
}

/// Why this and nothing else, in words; whether a control of it has the keyboard.
fn reasons(ui: &mut egui::Ui, decision: &Decision, actions: &mut Actions) -> bool {
    let theme = Theme::of(ui);
    ui.spacing_mut().item_spacing.y = theme::GRID;
    small_text(ui, &sentence(&decision.reason), theme.text);
    if !decision.because.is_empty() {
        ui.add_space(theme::GRID);
        heading(ui, "What counted", "");
        for part in decision.because.iter().take(MOST) {
            small_text(ui, &contribution(part), theme.text);
        }
    }
    let others = decision.alternatives.iter().filter(|other| other.strategy != decision.strategy);
    let mut others: Vec<&Alternative> = others.collect();
    others.sort_by(|a, b| {
        (a.blocked.is_some(), b.chance)
            .partial_cmp(&(b.blocked.is_some(), a.chance))
            .unwrap_or(std::cmp::Ordering::Equal)
    });
    if !others.is_empty() {
        ui.add_space(theme::GRID);
        heading(ui, "Instead", "");
        for other in others.into_iter().take(MOST) {
            small_text(ui, &alternative(other), theme.text);
        }
    }
    ui.add_space(theme::GRID);
    small_text(ui, "Readings can be wrong, and so can this.", theme.muted);
    let all = Button::new("What Mien thinks about you").look(Look::Quiet).ui(ui);
    if all.clicked() {
        actions.push(Action::Show(View::Companion));
    }
    all.has_focus()
}

/// Completes a bare clause to a sentence.
pub(super) fn sentence(clause: &str) -> String {
    let mut letters = clause.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), letters.as_str())
}

fn contribution(part: &Contribution) -> String {
    let how = match part.adds.abs() {
        size if size >= STRONG => "strongly ",
        size if size < SLIGHT => "slightly ",
        _ => "",
    };
    let side = if part.adds > 0.0 { "for" } else { "against" };
    sentence(&format!("{}: {how}{side} it", part.feature))
}

fn alternative(other: &Alternative) -> String {
    let name = strategy_words(&other.strategy);
    match other.blocked {
        Some(blocked) => sentence(&format!("{name}: not now, {}", blocked.words())),
        None => {
            let chance = percent(other.chance.clamp(0.0, 1.0) as f32);
            sentence(&format!("{name}: expected to help in {chance}"))
        }
    }
}

/// An id, for people.
pub(super) fn strategy_words(id: &str) -> String {
    id.replace('_', " ")
}
