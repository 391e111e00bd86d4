//! The page of files: what is played, how to move in it, and its timeline. Where nothing is open,
//! how to open something.

use eframe::egui::accesskit::Role;
use eframe::egui::{
    self, Align2, Popup, Rect, RichText, ScrollArea, Sense, StrokeKind, UiBuilder, pos2, vec2,
};

use super::files_list::path_field;
use super::picture::{Marks, State, capitalised, pixels, state};
use super::{Scene, region, row_region};
use crate::session::trace::Follow;
use crate::ui::actions::{Action, Actions, FilesAction};
use crate::ui::files_store::{MediaState, one_line};
use crate::ui::store::count;
use crate::ui::theme::{self, Theme};
use crate::ui::widgets::{
    Button, Icon, Look, TimelineState, TimelineWish, TraceTimeline, announce, elided, heading, time,
};
use crate::words;

/// Height of the card with the timeline; without its numbers in a small window.
const CARD_HEIGHT: f32 = 208.0;
const CARD_HEIGHT_SMALL: f32 = 96.0;
/// Speeds to choose from, times real time.
pub const SPEEDS: [f64; 6] = [0.25, 0.5, 1.0, 2.0, 4.0, 8.0];
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
    match &files.media {
        MediaState::Absent => return start(ui, room, scene, page, actions),
        // Nothing to play.
        MediaState::Failed(_) => return picture(ui, room, scene, actions),
        MediaState::Opening | MediaState::Open(_) => {}
    }
    let (height, gap) = if scene.compact || room.height() < 420.0 {
        (CARD_HEIGHT_SMALL, if scene.compact { 0.0 } else { theme::GAP })
    } else {
        (CARD_HEIGHT, theme::GAP)
    };
    let card = room.with_min_y(room.bottom() - height);
    let view = room.with_max_y(card.top() - gap);
    picture(ui, view, scene, actions);
    player_card(ui, card, scene, page, actions);
}

fn picture(ui: &mut egui::Ui, rect: Rect, scene: Scene<'_>, actions: &mut Actions) {
    let files = &scene.store.files;
    let radius = if scene.compact { 0 } else { theme::CARD_RADIUS };
    ui.painter().rect_filled(rect, radius, theme::VIDEO);
    match &files.media {
        MediaState::Failed(error) => {
            let retry = files.current.map(|id| ("Try again", FilesAction::Retry(id)));
            let shown = State {
                title: "This file can’t be shown".to_owned(),
                text: format!("{}. {}", capitalised(&error.to_string()), error.advice()),
                main: Some(("Open another", Action::Files(FilesAction::Choose))),
                second: retry.map(|(text, action)| (text, Action::Files(action))),
            };
            state(ui, rect, &shown, actions);
        }
        MediaState::Open(_) if files.shown.is_some_and(|shown| shown.run == files.run) => {
            let Some(texture) = scene.file_texture else { return };
            let shown = pixels(ui, rect, texture, radius, false);
            let observation = files.observation();
            let faces = observation.as_ref().map_or(&[][..], |found| &found.faces);
            let labels = files.trace().map(|trace| trace.labels());
            let words: Vec<String> = faces
                .iter()
                .filter_map(|face| {
                    Some(format!("face {} {}", face.track, face.label.word(labels?)))
                })
                .collect();
            let spoken = match (&observation, words.is_empty()) {
                (None, _) => "not analysed yet".to_owned(),
                (Some(_), true) => "no face".to_owned(),
                _ => words.join(", "),
            };
            announce(ui, shown, Role::Image, "picture", Some(spoken));
            if let Some(found) = observation.as_ref().filter(|_| scene.settings.overlays) {
                let marks = Marks {
                    faces: found.faces.iter().map(|face| (face, 1.0)).collect(),
                    frame: found.frame_size,
                    labels,
                    chosen: super::files_panel::followed(scene, found).map(|face| face.track),
                    mirrored: false,
                };
                let follow = |track| Action::Files(FilesAction::Follow(Follow::Track(track)));
                actions.extend(marks.ui(ui, (shown, rect)).map(follow));
            }
            if files.seeking {
                let font = theme::font(theme::SIZE_LIST);
                let text = "searching…".to_owned();
                let galley = ui.painter().layout_no_wrap(text, font, theme::ON_VIDEO);
                let place = Rect::from_center_size(shown.center(), galley.size());
                ui.painter().rect_filled(place.expand(8.0), theme::RADIUS, theme::CHIP);
                ui.painter().galley(place.min, galley, theme::ON_VIDEO);
            }
        }
        _ => state(ui, rect, &State::waiting("Opening the file"), actions),
    }
}

fn player_card(
    ui: &mut egui::Ui,
    rect: Rect,
    scene: Scene<'_>,
    page: &mut FilesPage,
    actions: &mut Actions,
) {
    let theme = Theme::of(ui);
    let files = &scene.store.files;
    let radius = if scene.compact { 0 } else { theme::CARD_RADIUS };
    ui.painter().rect(rect, radius, theme.panel, theme.border(), StrokeKind::Inside);
    let inner = rect.shrink2(vec2(theme::GAP + 1.0, 10.0));
    let mut asked = Vec::new();
    let row = inner.with_max_y(inner.top() + theme::CONTROL_HEIGHT);
    row_region(ui, "transport", row, |ui| transport(ui, row, scene, &mut asked));
    let rest = inner.with_min_y(row.bottom() + 10.0);
    let item = files.item();
    let complete = item.is_some_and(|item| !item.state.is_open());
    region(ui, "file timeline", rest, |ui| {
        let timeline = TraceTimeline {
            trace: files.trace(),
            identity: files.run.0,
            follow: files.follow,
            length: files.length(),
            range: files.range(),
            complete,
            position: files.position(),
            selection: files.selection,
        };
        asked.extend(timeline.ui(ui, &mut page.timeline).map(|wish| match wish {
            TimelineWish::Seek(at) => FilesAction::Seek(at),
            TimelineWish::Select(span) => FilesAction::Select(span),
            TimelineWish::Zoom(part) => FilesAction::Zoom(part),
        }));
    });
    actions.extend(asked.into_iter().map(Action::Files));
}

fn transport(ui: &mut egui::Ui, row: Rect, scene: Scene<'_>, asked: &mut Vec<FilesAction>) {
    let theme = Theme::of(ui);
    let files = &scene.store.files;
    let single = files.info().is_some_and(|info| info.single_picture);
    ui.spacing_mut().item_spacing.x = 8.0;
    if !single {
        if Button::icon(Icon::Back, "One picture back").ui(ui).clicked() {
            asked.push(FilesAction::Step(-1));
        }
        let (icon, name) =
            if files.playing { (Icon::Pause, "Pause") } else { (Icon::Play, "Play") };
        if Button::icon(icon, name).ui(ui).clicked() {
            asked.push(FilesAction::TogglePlay);
        }
        if Button::icon(Icon::On, "One picture on").ui(ui).clicked() {
            asked.push(FilesAction::Step(1));
        }
        speed(ui, files.speed, asked);
    }
    let strong = theme::bold(theme::SIZE_BODY);
    let galley = elided(ui, &time(files.position()), strong, theme.text, 120.0);
    let (place, _) = ui.allocate_exact_size(galley.size(), Sense::hover());
    ui.painter().galley(place.min, galley, theme.text);
    announce(ui, place, Role::Label, &format!("time {}", time(files.position())), None);
    let index = files.shown.filter(|shown| shown.run == files.run).map(|shown| shown.index);
    let number = index.map_or("frame –".to_owned(), |index| format!("frame {}", grouped(index)));
    let galley = elided(ui, &number, theme::font(theme::SIZE_BODY), theme.muted, 120.0);
    let (place, _) = ui.allocate_exact_size(galley.size(), Sense::hover());
    ui.painter().galley(place.min, galley, theme.muted);
    announce(ui, place, Role::Label, &number, None);

    let mut at_right = Vec::new();
    if files.zoom.is_some() {
        let button = Button::new("Show all").look(Look::Pill);
        at_right.push((button, FilesAction::Zoom(None)));
    }
    let followed = match files.follow {
        Follow::Largest => String::new(),
        Follow::Track(track) => format!("Face {track}, follow the largest"),
    };
    if !followed.is_empty() {
        let button = Button::new(&followed).look(Look::Pill).chosen(true);
        at_right.push((button, FilesAction::Follow(Follow::Largest)));
    }
    let buttons: f32 = at_right.iter().map(|(button, _)| button.width(ui) + 8.0).sum();
    let hint = if single { "" } else { "scroll zooms · drag selects a span" };
    let font = theme::font(theme::SIZE_LIST);
    let hint = ui.painter().layout_no_wrap(hint.to_owned(), font, theme.muted);
    let mut left = row.right() - buttons;
    if hint.size().x + buttons + 16.0 < ui.available_width() {
        left -= hint.size().x;
        let corner = pos2(row.right() - hint.size().x, row.center().y - hint.size().y / 2.0);
        ui.painter().galley(corner, hint, theme.muted);
    }
    ui.add_space((left - ui.cursor().left() - 8.0).max(0.0));
    for (button, action) in at_right {
        if button.ui(ui).clicked() {
            asked.push(action);
        }
    }
}

fn speed(ui: &mut egui::Ui, now: f64, asked: &mut Vec<FilesAction>) {
    let text = times(now);
    let name = format!("Speed {text}");
    let response = Button::new(&text).name(&name).ui(ui);
    Popup::menu(&response).width(96.0).gap(theme::GRID).accessible_name("Speed").show(|ui| {
        ui.set_width(96.0);
        ui.spacing_mut().item_spacing.y = 2.0;
        for speed in SPEEDS {
            let text = times(speed);
            let button = Button::new(&text).look(Look::Quiet).role(Role::MenuItem);
            if button.chosen((speed - now).abs() < 1e-9).full_width().ui(ui).clicked() {
                asked.push(FilesAction::Speed(speed));
                ui.close();
            }
        }
    });
}

/// `0.25×`, `8×`.
fn times(speed: f64) -> String {
    format!("{speed}×")
}

/// Thousands apart by a thin space.
pub(super) fn grouped(number: u64) -> String {
    words::grouped(number, '\u{2009}')
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
    let id = egui::Id::unique("close question");
    let area = egui::Modal::default_area(id).accessible_name("Close Mien?");
    let modal = egui::Modal::new(id).area(area).backdrop_color(theme::BACKDROP).frame(theme.card());
    let open = scene.store.files.open_files() as u64;
    let response = modal.show(ui.ctx(), |ui| {
        ui.set_width(380.0_f32.min(ui.ctx().content_rect().width() - 4.0 * theme::PAD));
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
