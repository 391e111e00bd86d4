//! Classes of the user's own: name them, collect each from the picture, train, use.

use std::path::PathBuf;

use eframe::egui::accesskit::Role;
use eframe::egui::{self, Color32, Key, Rect, RichText, Sense, pos2, vec2};

use super::settings_page::field;
use super::{Scene, side_panel, teach_result};
use crate::teach::lesson::is_reserved;
use crate::ui::actions::{Actions, TeachAction};
use crate::ui::classroom::{Course, MAX_CLASSES, MAX_EXAMPLES, MIN_EXAMPLES, TaughtClass};
use crate::ui::store::{SourceState, count};
use crate::ui::theme::{self, Theme};
use crate::ui::widgets::{Button, Icon, Look, announce, heading};

use super::super::actions::Action;

/// A press this long is held: collecting ends when it is let go. A shorter one is a click:
/// collecting goes on until the next.
const HELD_SECS: f64 = 0.4;
const SWATCH: f32 = 10.0;
/// Height of the bar that fills while examples are collected.
const TRACK: f32 = 4.0;
/// Examples at which that bar is full: more hardly help from one person.
const PLENTY: usize = 100;

/// What is being typed and pressed.
#[derive(Debug, Default)]
pub struct TeachPage {
    new_class: String,
    /// Which class's button is down since when, in seconds of the window's clock.
    press: Option<(u32, f64)>,
    /// Where to save, while that is being asked.
    pub(super) folder: Option<String>,
}

/// Draws the panel.
pub fn teach_panel(
    ui: &mut egui::Ui,
    rect: Rect,
    scene: Scene<'_>,
    page: &mut TeachPage,
    actions: &mut Actions,
) {
    side_panel(ui, "teach", rect, scene.compact, |ui| {
        let mut asked = Vec::new();
        contents(ui, scene, page, &mut asked);
        actions.extend(asked.into_iter().map(Action::Teach));
    });
}

fn contents(
    ui: &mut egui::Ui,
    scene: Scene<'_>,
    page: &mut TeachPage,
    asked: &mut Vec<TeachAction>,
) {
    let theme = Theme::of(ui);
    let room = &scene.store.classroom;
    heading(ui, "Teach", "");
    let title = RichText::new("Classes of your own").font(theme::bold(theme::SIZE_TITLE));
    ui.label(title.color(theme.text));
    if room.classes().is_empty() {
        small(
            ui,
            "Name what Mien shall tell apart, at least two, such as “calm” and “tense”. Then show \
             each to the camera and collect it.",
            theme.muted,
        );
    } else {
        small(
            ui,
            "Show each and hold Collect, or click it to start and stop. Move a little. Three takes \
             of each, a while apart, are better than one.",
            theme.muted,
        );
    }
    ui.add_space(theme::GRID);
    let names: Vec<String> = room.classes().iter().map(|c| c.name.trim().to_owned()).collect();
    for (class, color) in room.classes().iter().zip(theme.classes(&names)) {
        class_row(ui, scene, (class, color), page, asked);
    }
    add_row(ui, scene, page, asked);
    ui.add_space(theme::GAP - theme::GRID);
    train(ui, scene, asked);
    teach_result::result(ui, scene, page, asked);
    ui.add_space(theme::GRID);
    small(
        ui,
        "No picture is kept: an example is a row of numbers in memory, gone when Mien closes.",
        theme.muted,
    );
}

pub(super) fn small(ui: &mut egui::Ui, text: &str, color: Color32) {
    ui.label(RichText::new(text).font(theme::font(theme::SIZE_LIST)).color(color));
}

/// Names a field for screen readers.
pub(super) fn call(ui: &egui::Ui, response: &egui::Response, name: &str) {
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_label(name));
}

/// Why nothing can be collected now.
fn obstacle(scene: Scene<'_>) -> Option<&'static str> {
    let running = matches!(scene.store.source, SourceState::Running(_));
    if !running || scene.store.labels().is_none() {
        return Some("There is no picture to collect from. Choose a source at the top.");
    }
    if scene.store.readout().chosen_now().is_none() {
        return Some("No face is in the picture.");
    }
    None
}

fn class_row(
    ui: &mut egui::Ui,
    scene: Scene<'_>,
    (class, color): (&TaughtClass, Color32),
    page: &mut TeachPage,
    asked: &mut Vec<TeachAction>,
) {
    let theme = Theme::of(ui);
    let room = &scene.store.classroom;
    let collecting = room.collecting.filter(|collecting| collecting.take.class == class.id);
    let shown = if class.name.trim().is_empty() { "class" } else { class.name.trim() };
    ui.push_id(("class", class.id), |ui| {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 8.0;
            let (square, _) = ui.allocate_exact_size(vec2(SWATCH, SWATCH), Sense::hover());
            ui.painter().rect_filled(square, 3, color);
            let mut name = class.name.clone();
            let room = ui.available_width() - theme::CONTROL_HEIGHT - 8.0;
            let edit = ui.add(field(&mut name).desired_width(room));
            call(ui, &edit, &format!("Name of {shown}"));
            if edit.changed() {
                asked.push(TeachAction::Rename(class.id, name));
            }
            let spoken = format!("Remove {shown}");
            if Button::icon(Icon::Cross, &spoken).look(Look::Quiet).ui(ui).clicked() {
                asked.push(TeachAction::Remove(class.id));
            }
        });
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 8.0;
            let full = class.examples() >= MAX_EXAMPLES;
            let text = if collecting.is_some() { "Stop" } else { "Collect" };
            let spoken =
                format!("{} {shown}", if collecting.is_some() { "Stop" } else { "Collect" });
            let button = Button::new(text).name(&spoken).chosen(collecting.is_some());
            // Both words start at one place, so that the pointer stays over the button.
            amount(ui, class, Button::new("Collect").width(ui));
            let enabled = collecting.is_some() || obstacle(scene).is_none() && !full;
            let response = ui.add_enabled_ui(enabled, |ui| button.ui(ui)).inner;
            asked.extend(press(ui, &response, class.id, collecting.is_some(), page));
        });
        if let Some(collecting) = collecting {
            match (obstacle(scene), collecting.hint) {
                (Some(obstacle), _) => small(ui, obstacle, theme.warning),
                (None, Some(hint)) => {
                    small(ui, &format!("Not taken. {}", hint.advice()), theme.warning);
                }
                (None, None) => {}
            }
        }
        ui.add_space(theme::GRID);
    });
}

/// "48 examples in 2 takes" over a bar; leaves `right` points free at the right.
fn amount(ui: &mut egui::Ui, class: &TaughtClass, right: f32) {
    let theme = Theme::of(ui);
    let examples = class.examples();
    let size = vec2((ui.available_width() - right - 8.0).max(20.0), theme::CONTROL_HEIGHT);
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    let number = count(examples as u64, "example");
    let text = match class.takes() {
        0 => "no example yet".to_owned(),
        1 => number,
        takes => format!("{number}, {takes} takes"),
    };
    let font = theme::font(theme::SIZE_STATUS);
    let color = if examples < MIN_EXAMPLES { theme.faint } else { theme.muted };
    let galley = crate::ui::widgets::elided(ui, &text, font, color, size.x);
    ui.painter().galley(pos2(rect.left(), rect.top() + 1.0), galley, color);
    let track = Rect::from_min_size(
        pos2(rect.left(), rect.bottom() - TRACK - 3.0),
        vec2(rect.width(), TRACK),
    );
    ui.painter().rect_filled(track, 2, theme.raised);
    let share = (examples as f32 / PLENTY as f32).min(1.0);
    if share > 0.0 {
        let fill = track.with_max_x(track.left() + track.width() * share);
        ui.painter().rect_filled(fill, 2, theme.muted);
    }
    announce(ui, rect, Role::Status, &format!("{}: {text}", class.name.trim()), None);
}

/// What a press of the button asks for: held, it collects until it is let go; clicked, until the
/// next click.
fn press(
    ui: &egui::Ui,
    response: &egui::Response,
    class: u32,
    collecting: bool,
    page: &mut TeachPage,
) -> Option<TeachAction> {
    let now = ui.input(|input| input.time);
    let down = response.is_pointer_button_down_on();
    match page.press {
        None if down && !collecting => {
            page.press = Some((class, now));
            return Some(TeachAction::Collect(class));
        }
        Some((pressed, since)) if pressed == class && !down => {
            page.press = None;
            let held = now - since >= HELD_SECS;
            return (held && collecting).then_some(TeachAction::StopCollecting);
        }
        Some(_) => return None,
        None => {}
    }
    if !response.clicked() {
        return None;
    }
    Some(if collecting { TeachAction::StopCollecting } else { TeachAction::Collect(class) })
}

fn add_row(
    ui: &mut egui::Ui,
    scene: Scene<'_>,
    page: &mut TeachPage,
    asked: &mut Vec<TeachAction>,
) {
    let room = &scene.store.classroom;
    if room.classes().len() >= MAX_CLASSES {
        return;
    }
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        let empty = room.classes().is_empty();
        let add = Button::new("Add").name("Add class");
        let add = if empty { add.look(Look::Main) } else { add };
        let width = ui.available_width() - add.width(ui) - 8.0;
        // With an identity of its own: rows above come and go, and the keyboard stays here.
        let id = egui::Id::unique("name of a new class");
        let edit = field(&mut page.new_class).id(id).hint_text("Name of a class");
        let edit = ui.add(edit.desired_width(width));
        call(ui, &edit, "Name of a new class");
        let free = room.is_free(&page.new_class, None);
        let entered = edit.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        let clicked = ui.add_enabled_ui(free, |ui| add.ui(ui).clicked()).inner;
        if free && (entered || clicked) {
            asked.push(TeachAction::Add(std::mem::take(&mut page.new_class)));
            // The next name can be typed at once.
            edit.request_focus();
        }
    });
    let typed = page.new_class.trim();
    if is_reserved(typed) {
        small(ui, "This is the word for no reading. Choose another.", Theme::of(ui).warning);
    } else if !typed.is_empty() && !room.is_free(typed, None) {
        small(ui, "Another class has this name.", Theme::of(ui).warning);
    }
}

fn train(ui: &mut egui::Ui, scene: Scene<'_>, asked: &mut Vec<TeachAction>) {
    let theme = Theme::of(ui);
    let room = &scene.store.classroom;
    if let Course::Running(progress) = room.course {
        let share = progress.done as f32 / progress.total.max(1) as f32;
        ui.horizontal(|ui| {
            let stop = Button::new("Stop").name("Stop training");
            let width = ui.available_width() - stop.width(ui) - theme::GAP;
            let size = vec2(width.max(20.0), theme::CONTROL_HEIGHT);
            let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
            let track = Rect::from_center_size(rect.center(), vec2(rect.width(), TRACK));
            ui.painter().rect_filled(track, 2, theme.raised);
            let fill = track.with_max_x(track.left() + track.width() * share);
            ui.painter().rect_filled(fill, 2, theme.accent);
            let percent = crate::ui::widgets::percent(share);
            announce(ui, rect, Role::ProgressIndicator, "Training", Some(percent));
            if stop.ui(ui).clicked() {
                asked.push(TeachAction::StopTraining);
            }
        });
        return;
    }
    let missing = room.missing();
    let learned = room.learned().is_some() && !room.changed;
    let look = if missing.is_none() && !learned { Look::Main } else { Look::Plain };
    let text = if room.learned().is_some() { "Train again" } else { "Train" };
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        let button = Button::new(text).look(look);
        if ui.add_enabled_ui(missing.is_none(), |ui| button.ui(ui).clicked()).inner {
            asked.push(TeachAction::Train);
        }
        if let Some((name, examples)) = room.last_take() {
            let undo = Button::new("Undo last take").name("Undo the last take").look(Look::Quiet);
            let of = format!("{} of “{}”", count(examples as u64, "example"), name.trim());
            if undo.ui(ui).on_hover_text(of).clicked() {
                asked.push(TeachAction::Undo);
            }
        }
    });
    if let Some(missing) = missing.filter(|_| !room.classes().is_empty()) {
        small(ui, &missing, theme.muted);
    }
    if let Course::Failed(message) = &room.course {
        small(ui, message, theme.warning);
    }
}

/// The folder that is typed, if it is a whole path.
pub(super) fn whole_path(text: &str) -> Option<PathBuf> {
    let folder = PathBuf::from(text.trim());
    folder.is_absolute().then_some(folder)
}
