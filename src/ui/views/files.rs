//! The page of files: what is played and its timeline. Where nothing is open, how to open
//! something.

use eframe::egui::{self, Align2, Rect, RichText, ScrollArea, StrokeKind, UiBuilder, vec2};

use super::files_list::path_field;
use super::film::{FilmCard, FilmScreen, card_height};
use super::{Scene, sheet};
use crate::ui::actions::{Action, Actions, FilesAction};
use crate::ui::files_store::one_line;
use crate::ui::film::MediaState;
use crate::ui::store::count;
use crate::ui::theme::{self, Theme};
use crate::ui::widgets::{Button, Look, TimelineState, heading};

const START_WIDTH: f32 = 440.0;

/// What is being typed and dragged.
#[derive(Debug, Default)]
pub struct FilesPage {
    timeline: TimelineState,
    /// The path that is typed.
    pub(super) path: String,
    /// The path field wants the keyboard.
    pub wants_path: bool,
}

/// Draws picture and timeline, or how to begin.
pub fn files_page(
    ui: &mut egui::Ui,
    rect: Rect,
    scene: Scene<'_>,
    page: &mut FilesPage,
    actions: &mut Actions,
) {
    let files = &scene.store.files;
    let mut room = rect;
    if !scene.compact {
        room = super::notices(ui, rect.shrink(theme::GAP), scene, actions);
    }
    match &files.film.media {
        MediaState::Absent => return start(ui, room, scene, page, actions),
        // Nothing to play.
        MediaState::Failed(_) => return picture(ui, room, scene, actions),
        MediaState::Opening | MediaState::Open(_) => {}
    }
    let (height, gap) = card_height(room, scene.compact);
    let card = room.with_min_y(room.bottom() - height);
    let view = room.with_max_y(card.top() - gap);
    picture(ui, view, scene, actions);
    player_card(ui, card, scene, page, actions);
}

fn picture(ui: &mut egui::Ui, rect: Rect, scene: Scene<'_>, actions: &mut Actions) {
    let files = &scene.store.files;
    let retry = files.current.map(|id| ("Try again", Action::Files(FilesAction::Retry(id))));
    let main = ("Open another", Action::Files(FilesAction::Choose));
    let screen = FilmScreen { film: &files.film, trace: files.trace(), main, second: retry };
    let follow = screen.ui(ui, rect, scene, actions);
    actions.extend(follow.map(|action| Action::Files(FilesAction::Film(action))));
}

fn player_card(
    ui: &mut egui::Ui,
    rect: Rect,
    scene: Scene<'_>,
    page: &mut FilesPage,
    actions: &mut Actions,
) {
    let files = &scene.store.files;
    let card = FilmCard {
        film: &files.film,
        trace: files.trace(),
        complete: files.item().is_some_and(|item| !item.state.is_open()),
        faces: &[],
    };
    let asked = card.ui(ui, rect, scene.compact, &mut page.timeline);
    actions.extend(asked.into_iter().map(|action| Action::Files(FilesAction::Film(action))));
}

/// How to open something, and what was open before.
fn start(
    ui: &mut egui::Ui,
    rect: Rect,
    scene: Scene<'_>,
    page: &mut FilesPage,
    actions: &mut Actions,
) {
    let theme = Theme::of(ui);
    let radius = if scene.compact { 0 } else { theme::CARD_RADIUS };
    ui.painter().rect(rect, radius, theme.panel, theme.border(), StrokeKind::Inside);
    let inner = rect.shrink(theme::PAD);
    let width = START_WIDTH.min(inner.width());
    let column = Rect::from_center_size(inner.center(), vec2(width, inner.height()));
    let recent = &scene.settings.recent_files;
    let mut asked = Vec::new();
    let builder = UiBuilder::new().id_salt("start").max_rect(column);
    let mut child = ui.new_child(builder);
    ScrollArea::vertical().id_salt("start").auto_shrink(false).show(&mut child, |ui| {
        ui.spacing_mut().item_spacing.y = 8.0;
        let content = 190.0 + 34.0 * recent.len() as f32;
        ui.add_space(((column.height() - content) * 0.4).max(0.0));
        let title = RichText::new("Videos and pictures").font(theme::bold(theme::SIZE_TITLE));
        ui.label(title.color(theme.text));
        let text = "Drop files or folders on this window, or open them here. Each becomes a table \
                    of numbers, as with a recording; no picture is stored.";
        let text = RichText::new(text).font(theme::font(theme::SIZE_LIST)).line_height(Some(20.0));
        ui.label(text.color(theme.muted));
        ui.horizontal(|ui| {
            if Button::new("Open files").look(Look::Main).hint("Ctrl+O").ui(ui).clicked() {
                asked.push(FilesAction::Choose);
            }
            if Button::new("Open folder").ui(ui).clicked() {
                asked.push(FilesAction::ChooseFolder);
            }
        });
        if !scene.store.files.show_list {
            // The list has it too.
            path_field(ui, page, &mut asked);
        }
        if recent.is_empty() {
            return;
        }
        ui.add_space(8.0);
        heading(ui, "Recent", "");
        ui.spacing_mut().item_spacing.y = 2.0;
        for path in recent {
            let missing = scene.store.files.missing.contains(path);
            let folder = path.parent().unwrap_or(path).to_string_lossy().into_owned();
            let hint = if missing { "is not there any more".to_owned() } else { folder };
            let name = one_line(path);
            let room = ui.available_width();
            let hint = if name.chars().count() > 36 && !missing { String::new() } else { hint };
            let hint: String = end_of(&hint, 28);
            let button = Button::new(&name).hint(&hint).look(Look::Quiet);
            let response = button.full_width().max_width(room).ui(ui);
            if response.on_hover_text(path.to_string_lossy()).clicked() {
                asked.push(FilesAction::Add(vec![path.clone()]));
            }
        }
    });
    actions.extend(asked.into_iter().map(Action::Files));
}

/// The end of a path tells more than its start.
fn end_of(text: &str, most: usize) -> String {
    let letters = text.chars().count();
    if letters <= most {
        return text.to_owned();
    }
    let end: String = text.chars().skip(letters + 1 - most).collect();
    format!("…{end}")
}

/// Says what happens when the pointer lets go.
pub fn drop_overlay(ui: &egui::Ui, rect: Rect) {
    let theme = Theme::of(ui);
    let painter = ui
        .ctx()
        .layer_painter(egui::LayerId::new(egui::Order::Foreground, egui::Id::unique("drop")));
    painter.rect_filled(rect, 0, theme::BACKDROP);
    let inner = rect.shrink(2.0 * theme::GAP);
    let stroke = egui::Stroke::new(2.0, theme.accent);
    painter.rect_stroke(inner, theme::CARD_RADIUS, stroke, StrokeKind::Inside);
    let font = theme::bold(theme::SIZE_TITLE);
    let text = "Drop to analyse";
    let galley = painter.layout_no_wrap(text.to_owned(), font, theme.text);
    let plate = Rect::from_center_size(rect.center(), galley.size()).expand2(vec2(24.0, 14.0));
    painter.rect(plate, theme::CARD_RADIUS, theme.panel, theme.border(), StrokeKind::Inside);
    painter.text(
        plate.center(),
        Align2::CENTER_CENTER,
        text,
        theme::bold(theme::SIZE_TITLE),
        theme.text,
    );
}

/// Asks whether to close although files are in work.
pub fn close_question(ui: &mut egui::Ui, scene: Scene<'_>, actions: &mut Actions) {
    let theme = Theme::of(ui);
    let open = scene.store.files.open_files() as u64;
    let response = sheet(ui, ("close question", "Close Mien?"), 380.0, |ui| {
        ui.heading("Close Mien?");
        let verb = if open == 1 { "is" } else { "are" };
        let text = format!(
            "{} {verb} not done. What is done stays; the file in work begins from its start when \
             you go on at the next start.",
            count(open, "file")
        );
        ui.label(RichText::new(text).color(theme.muted));
        ui.add_space(8.0);
        ui.horizontal(|ui| {
            if Button::new("Go on analysing").look(Look::Main).ui(ui).clicked() {
                actions.push(Action::Files(FilesAction::StayOpen));
            }
            if Button::new("Close").ui(ui).clicked() {
                actions.push(Action::Files(FilesAction::Close));
            }
        });
    });
    if response.should_close() {
        actions.push(Action::Files(FilesAction::StayOpen));
    }
}
