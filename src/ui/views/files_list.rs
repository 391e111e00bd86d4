//! The list of files: what each is at, and what can be done about it.

use eframe::egui::accesskit::Role;
use eframe::egui::{self, Key, Rect, Sense, WidgetInfo, pos2, vec2};

use super::files::FilesPage;
use super::picture::capitalised;
use super::settings_page::field;
use super::teach::{call, small};
use super::{Scene, row_region};
use crate::ui::actions::FilesAction;
use crate::ui::files_store::{FileItem, FileState};
use crate::ui::theme::{self, Theme};
use crate::ui::widgets::{Button, Icon, Look, elided, focus_ring, percent};

const ROW: f32 = 52.0;
const TRACK: f32 = 4.0;
/// Rows that are drawn; the list of a corpus is for the command line.
const MOST_ROWS: usize = 300;

/// Draws the list.
pub fn files_list(
    ui: &mut egui::Ui,
    scene: Scene<'_>,
    page: &mut FilesPage,
    asked: &mut Vec<FilesAction>,
) {
    let theme = Theme::of(ui);
    let files = &scene.store.files;
    small(ui, &capitalised(&files.summary()), theme.muted);
    ui.add_space(theme::GRID);
    for item in files.items.iter().take(MOST_ROWS) {
        row(ui, item, files.current == Some(item.id), asked);
    }
    if files.items.len() > MOST_ROWS {
        small(ui, &format!("and {} more", files.items.len() - MOST_ROWS), theme.muted);
    }
    ui.add_space(theme::GAP);
    ui.horizontal(|ui| {
        if Button::new("Open files").name("Add files").ui(ui).clicked() {
            asked.push(FilesAction::Choose);
        }
        if Button::new("Open folder").name("Add folder").ui(ui).clicked() {
            asked.push(FilesAction::ChooseFolder);
        }
    });
    ui.add_space(theme::GRID);
    path_field(ui, page, asked);
}

/// A path is typed or pasted; always there, as not every system has a dialog.
pub fn path_field(ui: &mut egui::Ui, page: &mut FilesPage, asked: &mut Vec<FilesAction>) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        let open = Button::new("Open").name("Open path");
        let width = (ui.available_width() - open.width(ui) - 8.0).max(60.0);
        let id = egui::Id::unique("path of a file");
        let edit = field(&mut page.path).id(id).hint_text("Path of a file or folder");
        let edit = ui.add(edit.desired_width(width));
        call(ui, &edit, "Path of a file or folder");
        if std::mem::take(&mut page.wants_path) {
            edit.request_focus();
        }
        let typed = page.path.trim().trim_matches(['"', '\'']).to_owned();
        let entered = edit.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        let clicked = ui.add_enabled_ui(!typed.is_empty(), |ui| open.ui(ui).clicked()).inner;
        if !typed.is_empty() && (entered || clicked) {
            let path = typed.strip_prefix("file://").unwrap_or(&typed);
            asked.push(FilesAction::Add(vec![path.into()]));
            page.path.clear();
        }
    });
}

fn row(ui: &mut egui::Ui, item: &FileItem, chosen: bool, asked: &mut Vec<FilesAction>) {
    let theme = Theme::of(ui);
    let size = vec2(ui.available_width(), ROW);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    let name = item.name();
    let (text, color) = words(item, theme);
    let spoken = format!("{name}, {text}");
    response.widget_info(|| WidgetInfo::selected(Role::ListItem, true, chosen, &spoken));
    if chosen || response.hovered() {
        ui.painter().rect_filled(rect, theme::RADIUS, theme.raised);
    }
    focus_ring(ui, rect, theme::RADIUS, &response);
    let inner = rect.shrink2(vec2(8.0, 6.0));
    let buttons = buttons(item);
    let width: f32 = buttons.iter().map(|_| theme::CONTROL_HEIGHT).sum();
    let room = inner.width() - width - 8.0;
    let galley = elided(ui, &name, theme::font(theme::SIZE_LIST), theme.text, room);
    ui.painter().galley(inner.min, galley, theme.text);
    let font = theme::font(theme::SIZE_STATUS);
    // The name stands above it.
    let path = item.path.to_string_lossy();
    let short = text.strip_prefix(&*path).map_or(&*text, str::trim_start);
    let galley = elided(ui, short, font, color, room);
    let y = inner.top() + 19.0;
    ui.painter().galley(pos2(inner.left(), y), galley, color);
    if let FileState::Working { progress, .. } = &item.state {
        let end = progress.end.map_or(0.0, |end| end.as_secs_f32());
        if end > 0.0 {
            let share = (progress.pts.as_secs_f64() as f32 / end).min(1.0);
            let track = Rect::from_min_size(
                pos2(inner.left(), inner.bottom() - 1.0),
                vec2(inner.width(), TRACK),
            );
            ui.painter().rect_filled(track, 2, theme.line);
            let fill = track.with_max_x(track.left() + track.width() * share);
            ui.painter().rect_filled(fill, 2, theme.accent);
        }
    }
    let place = inner.with_min_x(inner.right() - width);
    let mut pressed = false;
    ui.push_id(("file", item.id.0), |ui| {
        row_region(ui, "buttons", place, |ui| {
            ui.spacing_mut().item_spacing.x = 0.0;
            for (button, action) in buttons {
                // By what it does: the first one comes and goes, and the keyboard stays.
                let kind = std::mem::discriminant(&action);
                if ui.push_id(kind, |ui| button.ui(ui).clicked()).inner {
                    pressed = true;
                    asked.push(action);
                }
            }
        });
    });
    let tip = format!("{path}\n{text}");
    if response.on_hover_text(tip).clicked() && !pressed {
        asked.push(FilesAction::Show(item.id));
    }
}

/// What a file is at, and how loud to say it.
fn words(item: &FileItem, theme: &Theme) -> (String, egui::Color32) {
    match &item.state {
        FileState::Waiting => ("waiting".to_owned(), theme.muted),
        FileState::Working { progress, .. } if progress.frames == 0 => {
            ("reading".to_owned(), theme.muted)
        }
        FileState::Working { progress, .. } => {
            let end = progress.end.map_or(0.0, |end| end.as_secs_f32());
            let text = if end > 0.0 {
                let share = (progress.pts.as_secs_f64() as f32 / end).min(1.0);
                format!("analysing {}", percent(share))
            } else {
                format!("analysing, {} frames", super::film::grouped(progress.frames))
            };
            (text, theme.muted)
        }
        FileState::Done { damaged: 0, .. } => ("done".to_owned(), theme.muted),
        FileState::Done { damaged, .. } => (format!("done, {damaged} damaged"), theme.warning),
        FileState::Skipped { reason, .. } => (reason.clone(), theme.muted),
        FileState::Stopped => ("stopped".to_owned(), theme.muted),
        FileState::Failed(why) => (why.clone(), theme.warning),
    }
}

fn buttons(item: &FileItem) -> Vec<(Button<'static>, FilesAction)> {
    let quiet = |icon, name| Button::icon(icon, name).look(Look::Quiet);
    let first = match &item.state {
        FileState::Waiting | FileState::Working { .. } => {
            Some((quiet(Icon::Stop, "Stop this file"), FilesAction::Cancel(item.id)))
        }
        FileState::Stopped | FileState::Failed(_) => {
            Some((quiet(Icon::Play, "Try this file again"), FilesAction::Retry(item.id)))
        }
        FileState::Done { .. } | FileState::Skipped { .. } => None,
    };
    let remove = quiet(Icon::Cross, "Take this file off the list");
    first.into_iter().chain([(remove, FilesAction::Remove(item.id))]).collect()
}
