//! What was learned, in plain words, and what can be done with it.

use std::sync::Arc;

use eframe::egui::accesskit::Role;
use eframe::egui::{self, Align2, Rect, RichText, Sense, pos2, vec2};

use super::Scene;
use super::settings_page::field;
use super::teach::{TeachPage, call, small, whole_path};
use crate::teach::{Report, TaughtModel};
use crate::ui::actions::TeachAction;
use crate::ui::store::count;
use crate::ui::teaching::model_folder;
use crate::ui::theme::{self, Theme};
use crate::ui::widgets::{Button, Look, announce, elided, heading, percent};

/// Height of a row of the table.
const ROW: f32 = 22.0;
const NAME_WIDTH: f32 = 96.0;
/// A number of three figures.
const CELL_MIN: f32 = 26.0;
const CELL_MAX: f32 = 48.0;

/// Draws it, if there is something.
pub fn result(
    ui: &mut egui::Ui,
    scene: Scene<'_>,
    page: &mut TeachPage,
    asked: &mut Vec<TeachAction>,
) {
    let theme = Theme::of(ui);
    let room = &scene.store.classroom;
    if let Some(model) = room.learned() {
        ui.add_space(theme::GAP);
        figures(ui, &model.report);
        if room.changed {
            small(ui, "Examples or names changed since. Train again to learn them.", theme.warning);
        }
        ui.add_space(8.0);
        what_next(ui, scene, model, page, asked);
    } else if room.in_use.is_some() {
        ui.add_space(theme::GAP);
        ui.horizontal_wrapped(|ui| back(ui, scene, asked));
    }
}

fn figures(ui: &mut egui::Ui, report: &Report) {
    let theme = Theme::of(ui);
    heading(ui, "Result", "· each judged before it was learned from");
    let big = format!("{} right", percent(report.accuracy() as f32));
    let text = RichText::new(&big).font(theme::bold(theme::SIZE_LABEL_SMALL));
    ui.label(text.color(theme.text));
    let mut text = format!("{} of {}", report.right(), count(report.held_out() as u64, "example"));
    if !report.is_small() {
        // Else the first warning says so.
        let (low, high) = report.accuracy_interval();
        text += &format!("; with many more {:.0} to {}", low * 100.0, percent(high as f32));
    }
    small(ui, &format!("{text}."), theme.muted);
    ui.add_space(theme::GRID);
    confusion(ui, report);
    for warning in report.warnings() {
        ui.add_space(2.0);
        small(ui, &warning, theme.warning);
    }
}

/// Rows: what was shown; columns: what was said.
fn confusion(ui: &mut egui::Ui, report: &Report) {
    let n = report.classes.len();
    let room = ui.available_width() - NAME_WIDTH;
    let cell = (room / n as f32).floor().clamp(CELL_MIN, CELL_MAX);
    if cell * n as f32 > room {
        egui::ScrollArea::horizontal().id_salt("confusion").show(ui, |ui| table(ui, report, cell));
    } else {
        table(ui, report, cell);
    }
}

fn table(ui: &mut egui::Ui, report: &Report, cell: f32) {
    let theme = Theme::of(ui);
    let n = report.classes.len();
    let size = vec2(NAME_WIDTH + cell * n as f32, ROW * (n + 1) as f32);
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    let painter = ui.painter();
    let colors = theme.classes(&report.classes);
    let font = theme::font(theme::SIZE_STATUS);
    let column = |class: usize| rect.left() + NAME_WIDTH + cell * class as f32;
    let caption = theme::font(theme::SIZE_HEADING);
    let caption = elided(ui, "shown ↓  said →", caption, theme.faint, NAME_WIDTH);
    painter.galley(pos2(rect.left(), rect.top() + 4.0), caption, theme.faint);
    for (class, color) in colors.iter().enumerate() {
        // Names do not fit over numbers; the swatch of the row does.
        let square = Rect::from_center_size(
            pos2(column(class) + cell - 11.0, rect.top() + ROW / 2.0),
            vec2(10.0, 10.0),
        );
        painter.rect_filled(square, 3, *color);
    }
    for (class, name) in report.classes.iter().enumerate() {
        let top = rect.top() + ROW * (class + 1) as f32;
        painter.hline(rect.x_range(), top, theme.border());
        let square =
            Rect::from_center_size(pos2(rect.left() + 5.0, top + ROW / 2.0), vec2(10.0, 10.0));
        painter.rect_filled(square, 3, colors[class]);
        let word = elided(ui, name, font.clone(), theme.text, NAME_WIDTH - 22.0);
        let y = top + (ROW - word.size().y) / 2.0;
        painter.galley(pos2(rect.left() + 16.0, y), word, theme.text);
        for said in 0..n {
            let number = report.confusion.count(class, said);
            let (font, color) = match (said == class, number) {
                (true, _) => (theme::bold(theme::SIZE_STATUS), theme.text),
                (false, 0) => (font.clone(), theme.faint),
                (false, _) => (font.clone(), theme.warning),
            };
            let corner = pos2(column(said) + cell - 6.0, top + ROW / 2.0);
            let text = if number == 0 { "·".to_owned() } else { number.to_string() };
            painter.text(corner, Align2::RIGHT_CENTER, text, font, color);
        }
    }
    announce(ui, rect, Role::Table, "confusion", Some(spoken(report)));
}

/// "calm: 19 of 20 found; tense: ..."
fn spoken(report: &Report) -> String {
    let class = |(class, name): (usize, &String)| {
        format!("{name}: {} of {} found", report.found(class), report.shown(class))
    };
    report.classes.iter().enumerate().map(class).collect::<Vec<_>>().join("; ")
}

fn what_next(
    ui: &mut egui::Ui,
    scene: Scene<'_>,
    model: &Arc<TaughtModel>,
    page: &mut TeachPage,
    asked: &mut Vec<TeachAction>,
) {
    let theme = Theme::of(ui);
    let room = &scene.store.classroom;
    let in_use = room.in_use.as_ref().is_some_and(|used| Arc::ptr_eq(used, model));
    let free = !scene.store.is_recording() && !room.is_changing();
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        if !in_use {
            // One thing is to be done next: while a folder is asked for, that.
            let look = if page.folder.is_none() { Look::Main } else { Look::Plain };
            let button = Button::new("Use it now").look(look);
            if ui.add_enabled_ui(free, |ui| button.ui(ui).clicked()).inner {
                asked.push(TeachAction::UseTaught);
            }
        }
        if room.in_use.is_some() {
            back(ui, scene, asked);
        }
        if page.folder.is_none() && Button::new("Save as…").ui(ui).clicked() {
            let sessions = scene.settings.sessions_dir.as_deref().unwrap_or(scene.sessions_dir);
            page.folder = Some(model_folder(sessions, &model.name).display().to_string());
        }
    });
    save_row(ui, page, asked);
    if scene.store.is_recording() {
        small(ui, "Stop the recording first: it keeps the classes it began with.", theme.warning);
    } else if in_use {
        small(ui, "It reads now. Bars, words and recordings follow it.", theme.muted);
    }
}

fn back(ui: &mut egui::Ui, scene: Scene<'_>, asked: &mut Vec<TeachAction>) {
    let free = !scene.store.is_recording() && !scene.store.classroom.is_changing();
    let button = Button::new("Back to the model before");
    if ui.add_enabled_ui(free, |ui| button.ui(ui).clicked()).inner {
        asked.push(TeachAction::UseOriginal);
    }
}

/// Where to save, while that is being asked.
fn save_row(ui: &mut egui::Ui, page: &mut TeachPage, asked: &mut Vec<TeachAction>) {
    let theme = Theme::of(ui);
    let Some(folder) = &mut page.folder else { return };
    ui.add_space(theme::GRID);
    let edit = ui.add(field(folder));
    call(ui, &edit, "Folder for the model");
    let path = whole_path(folder);
    if path.is_none() {
        small(ui, "Please give the whole path, from its beginning.", theme.warning);
    }
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        let save = Button::new("Save").name("Save the model").look(Look::Main);
        let saved = ui.add_enabled_ui(path.is_some(), |ui| save.ui(ui).clicked()).inner;
        let dropped = Button::new("Cancel").name("Do not save").ui(ui).clicked();
        if let Some(path) = path.filter(|_| saved) {
            asked.push(TeachAction::Save(path));
        }
        if saved || dropped {
            page.folder = None;
        }
    });
}
