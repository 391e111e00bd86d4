//! The emotion model on the page of settings: which one reads, what its card says, and others to
//! choose.

use std::path::{Path, PathBuf};

use eframe::egui::accesskit::Role;
use eframe::egui::{self, Key, Rect, Sense, WidgetInfo, pos2, vec2};

use super::Scene;
use super::face_panel::small_text;
use super::sessions_panel::fact_lines;
use super::settings_page::field;
use super::teach::{call, whole_path};
use crate::settings::Settings;
use crate::ui::actions::{Action, Actions, Dialog};
use crate::ui::files_store::one_line;
use crate::ui::model_store::{ModelFacts, ModelPlace};
use crate::ui::theme::{self, Theme};
use crate::ui::widgets::{Button, Icon, Look, elided, focus_ring};

const ROW: f32 = 44.0;
const MARK: f32 = 16.0;
/// Weak points that are shown; the card has all.
const MOST_LIMITS: usize = 3;
/// Lines of a fact.
const LINES: usize = 3;

/// Draws what is in the card.
pub fn model_card(
    ui: &mut egui::Ui,
    scene: Scene<'_>,
    settings: &mut Settings,
    typed: &mut Option<String>,
    actions: &mut Actions,
) {
    let theme = Theme::of(ui);
    let models = &scene.store.model_choice;
    let recording = scene.store.is_recording();
    let free = !recording && models.asked().is_none();
    let folders: Vec<PathBuf> = settings.model_dirs.clone();
    ui.spacing_mut().item_spacing.y = theme::GRID;
    let places = std::iter::once(None).chain(folders.into_iter().map(Some));
    for place in places {
        entry(ui, scene, &place, free, settings, actions);
    }
    ui.add_space(theme::GRID);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        let open = Button::new("Open model folder…");
        if ui.add_enabled_ui(free, |ui| open.ui(ui).clicked()).inner {
            actions.push(Action::ChooseFolder(Dialog::Model));
        }
        if typed.is_none() && Button::new("Type its path").look(Look::Quiet).ui(ui).clicked() {
            *typed = Some(String::new());
        }
    });
    path(ui, free, typed, actions);
    if recording {
        small_text(ui, "A recording keeps the model it began with. Stop it first.", theme.warning);
    }
    if scene.store.classroom.in_use.is_some() {
        small_text(ui, "What you taught reads now, see the page Teach.", theme.muted);
    } else if let Some(Ok(facts)) = models.facts(models.in_use.as_deref()) {
        ui.add_space(theme::GRID);
        details(ui, facts);
    }
}

/// A folder is typed where the system has no dialog.
fn path(ui: &mut egui::Ui, free: bool, typed: &mut Option<String>, actions: &mut Actions) {
    let theme = Theme::of(ui);
    let Some(text) = typed else { return };
    let edit = ui.add(field(text).hint_text("Folder with card.toml and its ONNX file"));
    call(ui, &edit, "Folder of a model");
    let folder = whole_path(text);
    let entered = edit.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    if entered && folder.is_none() {
        small_text(ui, "Please give the whole path, from its beginning.", theme.warning);
    }
    if let Some(folder) = folder.filter(|_| entered && free) {
        actions.push(Action::UseModel(Some(folder)));
        *typed = None;
    }
}

fn entry(
    ui: &mut egui::Ui,
    scene: Scene<'_>,
    place: &ModelPlace,
    free: bool,
    settings: &mut Settings,
    actions: &mut Actions,
) {
    let theme = Theme::of(ui);
    let models = &scene.store.model_choice;
    let facts = models.facts(place.as_deref());
    let name = name_of(place.as_deref(), facts.and_then(|facts| facts.as_ref().ok()));
    let taught = scene.store.classroom.in_use.is_some();
    let chosen = models.in_use == *place && !taught;
    let problem = models.problem.as_ref().filter(|(of, _)| of == place);
    let problem = problem.map(|(_, message)| message.as_str());
    let (second, color) = match (problem, facts) {
        _ if models.asked() == Some(place) => ("being loaded…".to_owned(), theme.muted),
        // What the card lacks is said better by the card than by what then went wrong.
        (_, Some(Err(message))) => (one_line_of(message), theme.warning),
        (Some(problem), _) => (one_line_of(problem), theme.warning),
        (None, Some(Ok(facts))) => (summary(place.as_deref(), facts), theme.muted),
        (None, None) => ("its card is being read…".to_owned(), theme.muted),
    };
    let size = vec2(ui.available_width(), ROW);
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    let removable = place.is_some() && !chosen;
    let button = if removable { theme::CONTROL_HEIGHT + 4.0 } else { 0.0 };
    let row = rect.with_max_x(rect.right() - button);
    let id = egui::Id::unique(("model", place));
    let sense = if free { Sense::click() } else { Sense::hover() };
    let response = ui.interact(row, id, sense);
    let spoken = format!("{name}, {second}");
    response.widget_info(|| WidgetInfo::selected(Role::RadioButton, free, chosen, &spoken));
    if chosen || (free && response.hovered()) {
        ui.painter().rect_filled(row, theme::RADIUS, theme.raised);
    }
    focus_ring(ui, row, theme::RADIUS, &response);
    if chosen {
        let centre = pos2(row.left() + 16.0, row.center().y);
        let square = Rect::from_center_size(centre, vec2(MARK, MARK));
        Icon::Tick.paint(ui.painter(), square, theme.accent);
    }
    let left = row.left() + 34.0;
    let room = row.right() - left - 8.0;
    let galley = elided(ui, &name, theme::bold(theme::SIZE_LIST), theme.text, room);
    let below = elided(ui, &second, theme::font(theme::SIZE_STATUS), color, room);
    let top = row.center().y - (galley.size().y + below.size().y) / 2.0;
    let middle = top + galley.size().y;
    ui.painter().galley(pos2(left, top), galley, theme.text);
    ui.painter().galley(pos2(left, middle), below, color);
    let tip = match place {
        Some(folder) => format!("{}\n{second}", folder.display()),
        None => second,
    };
    if response.on_hover_text(tip).clicked() && (!chosen || problem.is_some()) {
        actions.push(Action::UseModel(place.clone()));
    }
    if let Some(folder) = place.as_ref().filter(|_| removable) {
        let place = rect.with_min_x(rect.right() - theme::CONTROL_HEIGHT);
        let spoken = format!("Forget {name}");
        let forget = ui.push_id(("forget", folder), |ui| {
            super::row_region(ui, "forget", place, |ui| {
                Button::icon(Icon::Cross, &spoken).look(Look::Quiet).ui(ui).clicked()
            })
        });
        if forget.inner {
            settings.model_dirs.retain(|known| known != folder);
        }
    }
}

/// Errors of a parser stand over several lines.
fn one_line_of(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn name_of(place: Option<&Path>, facts: Option<&ModelFacts>) -> String {
    match (place, facts) {
        (None, Some(facts)) => format!("{}, built in", facts.name),
        (None, None) => "The built-in model".to_owned(),
        (Some(_), Some(facts)) => facts.name.clone(),
        (Some(folder), None) => one_line(folder),
    }
}

/// Classes and place on one line.
fn summary(place: Option<&Path>, facts: &ModelFacts) -> String {
    let labels = facts.labels.join(", ");
    match place {
        Some(folder) => format!("{labels} · {}", folder.display()),
        None => labels,
    }
}

/// What the card of the model that reads says.
fn details(ui: &mut egui::Ui, facts: &ModelFacts) {
    let theme = Theme::of(ui);
    let mut line = |name, value: &str, color| fact_lines(ui, name, value, color, LINES);
    line("reads", &facts.labels.join(", "), theme.text);
    let accuracy = facts.accuracy.as_deref();
    let accuracy = accuracy.unwrap_or("its card has no figures; `mien evaluate` measures them");
    line("how good", accuracy, theme.text);
    line("weights", &facts.licence[0], theme.text);
    line("data", &facts.licence[1], theme.text);
    for (index, limit) in facts.limits.iter().take(MOST_LIMITS).enumerate() {
        line(if index == 0 { "weak" } else { "" }, limit, theme.muted);
    }
}
