//! What narrows the list of sessions beside the search.

use eframe::egui::accesskit::Role;
use eframe::egui::{self, Popup, ScrollArea};

use super::Scene;
use super::sessions::everything;
use super::sessions_bar::ask;
use crate::library::{Origin, Query};
use crate::ui::actions::{Action, Actions, SessionsAction};
use crate::ui::sessions_store::Soundness;
use crate::ui::theme;
use crate::ui::widgets::{Button, Icon, Look, heading};

const MENU_WIDTH: f32 = 240.0;
/// Entries of a section; the others are found by typing.
const MOST_ENTRIES: usize = 60;

/// Pills for where sessions come from, as far as there is room.
pub fn origins(ui: &mut egui::Ui, scene: Scene<'_>, room: f32, actions: &mut Actions) {
    let sessions = &scene.store.sessions;
    let [recorded, files, imported] = sessions.totals.origins;
    let kinds = [
        (Origin::Recorded, recorded, "Recorded"),
        (Origin::File, files, "From files"),
        (Origin::Imported, imported, "Imported"),
    ];
    let there = kinds.into_iter().filter(|(_, count, _)| *count > 0);
    let all = (None, format!("All {}", sessions.len()));
    let texts: Vec<(Option<Origin>, String)> = std::iter::once(all)
        .chain(there.map(|(origin, count, name)| (Some(origin), format!("{name} {count}"))))
        .collect();
    let pill = |text| Button::new(text).look(Look::Pill);
    let width: f32 = texts.iter().map(|(_, text)| pill(text.as_str()).width(ui) + theme::GAP).sum();
    // With one kind alone there is nothing to choose.
    if width > room || texts.len() < 3 {
        return;
    }
    for (origin, text) in &texts {
        let chosen = sessions.query.origin == *origin;
        if pill(text.as_str()).chosen(chosen).ui(ui).clicked() {
            let query = Query { origin: *origin, ..sessions.query.clone() };
            actions.push(ask(scene, query));
        }
    }
}

/// A menu of states, tags and participants.
pub fn filter_menu(ui: &mut egui::Ui, scene: Scene<'_>, actions: &mut Actions) {
    let sessions = &scene.store.sessions;
    let query = &sessions.query;
    let set = usize::from(sessions.soundness.is_some())
        + query.tags.len()
        + usize::from(query.participant.is_some());
    let hint = if set == 0 { String::new() } else { set.to_string() };
    let name = if set == 0 { "Filter".to_owned() } else { format!("Filter, {set} set") };
    let button = Button::new("Filter").hint(&hint).name(&name).chosen(set > 0).arrow().ui(ui);
    let menu = Popup::menu(&button)
        .width(MENU_WIDTH)
        .gap(theme::GRID)
        .close_behavior(egui::PopupCloseBehavior::CloseOnClickOutside);
    menu.accessible_name("Filter").show(|ui| {
        ui.set_width(MENU_WIDTH);
        ui.spacing_mut().item_spacing.y = 2.0;
        let height = (ui.ctx().content_rect().height() - 160.0).max(160.0);
        ScrollArea::vertical().max_height(height).show(ui, |ui| {
            contents(ui, scene, set > 0, actions);
        });
    });
}

fn contents(ui: &mut egui::Ui, scene: Scene<'_>, set: bool, actions: &mut Actions) {
    let sessions = &scene.store.sessions;
    let query = &sessions.query;
    section(ui, "State");
    let states = [Soundness::Whole, Soundness::CutOff, Soundness::Damaged, Soundness::Locked];
    for soundness in states {
        let chosen = sessions.soundness == Some(soundness);
        if entry(ui, soundness.word(), "", chosen) {
            let soundness = (!chosen).then_some(soundness);
            let asked = SessionsAction::Ask(Box::new(query.clone()), soundness);
            actions.push(Action::Sessions(asked));
        }
    }
    if !sessions.tags.is_empty() {
        section(ui, "Tag");
        for (tag, count) in sessions.tags.iter().take(MOST_ENTRIES) {
            let chosen = query.tags.contains(tag);
            if entry(ui, tag, &count.to_string(), chosen) {
                let mut query = query.clone();
                match chosen {
                    true => query.tags.retain(|other| other != tag),
                    false => query.tags.push(tag.clone()),
                }
                actions.push(ask(scene, query));
            }
        }
    }
    if !sessions.participants.is_empty() {
        section(ui, "Participant");
        for (code, count) in sessions.participants.iter().take(MOST_ENTRIES) {
            let chosen = query.participant.as_ref() == Some(code);
            if entry(ui, code, &count.to_string(), chosen) {
                let participant = (!chosen).then(|| code.clone());
                actions.push(ask(scene, Query { participant, ..query.clone() }));
            }
        }
    }
    ui.add_space(theme::GRID);
    ui.add_enabled_ui(set, |ui| {
        if Button::new("Show all").ui(ui).clicked() {
            let query = Query { text: query.text.clone(), ..everything(query) };
            actions.push(Action::Sessions(SessionsAction::Ask(Box::new(query), None)));
            ui.close();
        }
    });
}

fn section(ui: &mut egui::Ui, text: &str) {
    ui.add_space(theme::GRID);
    ui.horizontal(|ui| {
        ui.add_space(10.0);
        heading(ui, text, "");
    });
}

fn entry(ui: &mut egui::Ui, text: &str, hint: &str, chosen: bool) -> bool {
    let mut button = Button::new(text).hint(hint).look(Look::Quiet).chosen(chosen);
    if chosen {
        button = button.with_icon(Icon::Tick);
    }
    let button = button.role(Role::MenuItemCheckBox).full_width().max_width(MENU_WIDTH);
    button.ui(ui).clicked()
}
