//! What is played: its picture, how to move in it, and its timeline. For files and for sessions.

use eframe::egui::accesskit::Role;
use eframe::egui::{self, Popup, Rect, Sense, StrokeKind, pos2, vec2};

use super::picture::{Marks, State, capitalised, pixels, state};
use super::{Scene, region, row_region};
use crate::observation::TrackId;
use crate::session::signal::FaceTrack;
use crate::session::trace::{Follow, Trace};
use crate::ui::actions::{Action, Actions, FilmAction};
use crate::ui::film::{Film, MediaState};
use crate::ui::theme::{self, Theme};
use crate::ui::widgets::{
    Button, Icon, Look, TimelineState, TimelineWish, TraceTimeline, announce, elided, time,
};
use crate::words;

/// Height of the card with the timeline; without its numbers in a small window.
const CARD_HEIGHT: f32 = 208.0;
const CARD_HEIGHT_SMALL: f32 = 96.0;
/// Speeds to choose from, times real time.
pub const SPEEDS: [f64; 6] = [0.25, 0.5, 1.0, 2.0, 4.0, 8.0];
/// Faces to choose from; a crowd has more numbers than a menu has room for.
const MOST_FACES: usize = 40;
/// Width of a menu of faces.
const FACES_WIDTH: f32 = 220.0;

/// Height of [`FilmCard`] in a page of this room, and the gap above it.
pub fn card_height(room: Rect, compact: bool) -> (f32, f32) {
    if compact || room.height() < 420.0 {
        (CARD_HEIGHT_SMALL, if compact { 0.0 } else { theme::GAP })
    } else {
        (CARD_HEIGHT, theme::GAP)
    }
}

/// The picture with its faces.
pub struct FilmScreen<'a> {
    pub film: &'a Film,
    pub trace: Option<&'a Trace>,
    /// What can be done where it can't be shown.
    pub main: (&'static str, Action),
    /// What else.
    pub second: Option<(&'static str, Action)>,
}

impl FilmScreen<'_> {
    /// Draws it; the face that was clicked.
    pub fn ui(
        self,
        ui: &mut egui::Ui,
        rect: Rect,
        scene: Scene<'_>,
        actions: &mut Actions,
    ) -> Option<FilmAction> {
        let Self { film, trace, main, second } = self;
        let radius = if scene.compact { 0 } else { theme::CARD_RADIUS };
        ui.painter().rect_filled(rect, radius, theme::VIDEO);
        match &film.media {
            MediaState::Failed(error) => {
                let shown = State {
                    title: "This file can’t be shown".to_owned(),
                    text: format!("{}. {}", capitalised(&error.to_string()), error.advice()),
                    main: Some(main),
                    second,
                };
                state(ui, rect, &shown, actions);
            }
            MediaState::Open(_) if film.picture().is_some() => {
                let texture = scene.file_texture?;
                let shown = pixels(ui, rect, texture, radius, false);
                let observation = trace.and_then(|trace| film.observation(trace));
                let faces = observation.as_ref().map_or(&[][..], |found| &found.faces);
                let labels = trace.map(Trace::labels);
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
                let mut clicked = None;
                if let Some(found) = observation.as_ref().filter(|_| scene.settings.overlays) {
                    let marks = Marks {
                        faces: found.faces.iter().map(|face| (face, 1.0)).collect(),
                        frame: found.frame_size,
                        labels,
                        chosen: film.followed(found).map(|face| face.track),
                        mirrored: false,
                    };
                    clicked = marks.ui(ui, (shown, rect));
                }
                if film.seeking {
                    searching(ui, shown);
                }
                return clicked.map(|track| FilmAction::Follow(Follow::Track(track)));
            }
            _ => state(ui, rect, &State::waiting("Opening the file"), actions),
        }
        None
    }
}

fn searching(ui: &egui::Ui, shown: Rect) {
    let font = theme::font(theme::SIZE_LIST);
    let galley = ui.painter().layout_no_wrap("searching…".to_owned(), font, theme::ON_VIDEO);
    let place = Rect::from_center_size(shown.center(), galley.size());
    ui.painter().rect_filled(place.expand(8.0), theme::RADIUS, theme::CHIP);
    ui.painter().galley(place.min, galley, theme::ON_VIDEO);
}

/// Buttons and timeline.
pub struct FilmCard<'a> {
    pub film: &'a Film,
    pub trace: Option<&'a Trace>,
    /// Everything there will be is there.
    pub complete: bool,
    /// Faces to choose from; none: the followed one can only be let go.
    pub faces: &'a [FaceTrack],
}

impl FilmCard<'_> {
    /// Draws it; what was asked for.
    pub fn ui(
        &self,
        ui: &mut egui::Ui,
        rect: Rect,
        compact: bool,
        timeline: &mut TimelineState,
    ) -> Vec<FilmAction> {
        let theme = Theme::of(ui);
        let radius = if compact { 0 } else { theme::CARD_RADIUS };
        ui.painter().rect(rect, radius, theme.panel, theme.border(), StrokeKind::Inside);
        let inner = rect.shrink2(vec2(theme::GAP + 1.0, 10.0));
        let mut asked = Vec::new();
        let row = inner.with_max_y(inner.top() + theme::CONTROL_HEIGHT);
        row_region(ui, "transport", row, |ui| self.transport(ui, row, &mut asked));
        let rest = inner.with_min_y(row.bottom() + 10.0);
        region(ui, "film timeline", rest, |ui| {
            let shown = TraceTimeline {
                trace: self.trace,
                identity: self.film.run.0,
                follow: self.film.follow,
                length: self.film.length(self.trace),
                range: self.film.range(self.trace),
                complete: self.complete,
                position: self.film.position(),
                selection: self.film.selection,
            };
            asked.extend(shown.ui(ui, timeline).map(|wish| match wish {
                TimelineWish::Seek(at) => FilmAction::Seek(at),
                TimelineWish::Select(span) => FilmAction::Select(span),
                TimelineWish::Zoom(part) => FilmAction::Zoom(part),
            }));
        });
        asked
    }

    fn transport(&self, ui: &mut egui::Ui, row: Rect, asked: &mut Vec<FilmAction>) {
        let theme = Theme::of(ui);
        let film = self.film;
        let single = film.info().is_some_and(|info| info.single_picture);
        ui.spacing_mut().item_spacing.x = 8.0;
        if !single {
            if Button::icon(Icon::Back, "One picture back").ui(ui).clicked() {
                asked.push(FilmAction::Step(-1));
            }
            let (icon, name) =
                if film.playing { (Icon::Pause, "Pause") } else { (Icon::Play, "Play") };
            if Button::icon(icon, name).ui(ui).clicked() {
                asked.push(FilmAction::TogglePlay);
            }
            if Button::icon(Icon::On, "One picture on").ui(ui).clicked() {
                asked.push(FilmAction::Step(1));
            }
            speed(ui, film.speed, asked);
        }
        let moment = time(film.position());
        let strong = theme::bold(theme::SIZE_BODY);
        let galley = elided(ui, &moment, strong, theme.text, 120.0);
        let (place, _) = ui.allocate_exact_size(galley.size(), Sense::hover());
        ui.painter().galley(place.min, galley, theme.text);
        announce(ui, place, Role::Label, &format!("time {moment}"), None);
        let number =
            self.frame().map_or("frame –".to_owned(), |n| format!("frame {}", grouped(n)));
        let galley = elided(ui, &number, theme::font(theme::SIZE_BODY), theme.muted, 120.0);
        let (place, _) = ui.allocate_exact_size(galley.size(), Sense::hover());
        ui.painter().galley(place.min, galley, theme.muted);
        announce(ui, place, Role::Label, &number, None);

        let followed = match film.follow {
            Follow::Largest => "Largest face".to_owned(),
            Follow::Track(track) if self.faces.is_empty() => {
                format!("Face {track}, follow the largest")
            }
            Follow::Track(track) => format!("Face {track}"),
        };
        let all = Button::new("Show all").look(Look::Pill);
        let let_go = Button::new(&followed).look(Look::Pill).chosen(true);
        let spoken = format!("Follow: {followed}");
        let picker = Button::new(&followed).name(&spoken).look(Look::Pill).arrow();
        let (zoomed, picks) = (film.zoom.is_some(), self.faces.len() > 1);
        let lets_go = self.faces.is_empty() && film.follow != Follow::Largest;
        let widths = [(zoomed, &all), (lets_go, &let_go), (picks, &picker)];
        let buttons: f32 =
            widths.iter().filter(|(there, _)| *there).map(|(_, b)| b.width(ui) + 8.0).sum();
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
        if zoomed && all.ui(ui).clicked() {
            asked.push(FilmAction::Zoom(None));
        }
        if lets_go && let_go.ui(ui).clicked() {
            asked.push(FilmAction::Follow(Follow::Largest));
        }
        if picks {
            self.faces_menu(&picker.ui(ui), asked);
        }
    }

    /// Number of the frame that is shown.
    fn frame(&self) -> Option<u64> {
        match self.film.picture() {
            Some(shown) => Some(shown.index),
            None if self.film.has_pictures() => None,
            None => {
                let trace = self.trace?;
                trace.index(trace.frame_at(self.film.position())?)
            }
        }
    }

    fn faces_menu(&self, button: &egui::Response, asked: &mut Vec<FilmAction>) {
        let menu = Popup::menu(button).width(FACES_WIDTH).gap(theme::GRID);
        menu.accessible_name("Face").show(|ui| {
            ui.set_width(FACES_WIDTH);
            ui.spacing_mut().item_spacing.y = 2.0;
            egui::ScrollArea::vertical().max_height(320.0).show(ui, |ui| {
                let mut entry = |ui: &mut egui::Ui, text: &str, hint: &str, follow| {
                    let button = Button::new(text).hint(hint).look(Look::Quiet);
                    let button = button.role(Role::MenuItem).chosen(self.film.follow == follow);
                    if button.full_width().ui(ui).clicked() {
                        asked.push(FilmAction::Follow(follow));
                        ui.close();
                    }
                };
                entry(ui, "Largest face", "", Follow::Largest);
                for face in self.faces.iter().take(MOST_FACES) {
                    let [from, to] = [face.first, face.last].map(|at| words::clock(at.as_secs()));
                    let follow = Follow::Track(TrackId(face.id));
                    entry(ui, &format!("Face {}", face.id), &format!("{from} – {to}"), follow);
                }
            });
        });
    }
}

fn speed(ui: &mut egui::Ui, now: f64, asked: &mut Vec<FilmAction>) {
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
                asked.push(FilmAction::Speed(speed));
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
