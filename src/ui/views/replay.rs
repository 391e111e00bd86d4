//! A session that is shown in place of the list: its video if there is one, its timeline, and how
//! to move in it.

use eframe::egui::accesskit::Role;
use eframe::egui::{self, Rect, RichText, Sense, StrokeKind, vec2};

use super::film::{FilmCard, FilmScreen, card_height};
use super::picture::{Ground, State, state_on};
use super::{Scene, row_region};
use crate::ui::actions::{Action, Actions, SessionsAction};
use crate::ui::film::MediaState;
use crate::ui::replay_store::Replay;
use crate::ui::theme::{self, Theme};
use crate::ui::widgets::{Button, TimelineState, announce, elided};

/// Height of the line that says why there is no picture.
const REASON: f32 = 44.0;

/// What is being typed and dragged.
#[derive(Debug, Default)]
pub struct ReplayPage {
    timeline: TimelineState,
    /// The note that is written.
    pub(super) note: String,
}

/// Draws the middle of the page.
pub fn replay_page(
    ui: &mut egui::Ui,
    rect: Rect,
    scene: Scene<'_>,
    page: &mut ReplayPage,
    actions: &mut Actions,
) {
    let Some(replay) = &scene.store.sessions.replay else { return };
    let mut room = rect;
    if !scene.compact {
        room = super::notices(ui, rect.shrink(theme::GAP), scene, actions);
    }
    let waits = match &replay.content {
        None => Some(State::waiting("Reading the session")),
        Some(Err(message)) => Some(State {
            title: "This session can’t be read".to_owned(),
            text: message.clone(),
            main: Some(("Back to the list", Action::Sessions(SessionsAction::Back))),
            second: Some(("Open folder", Action::OpenFolder(replay.folder.clone()))),
        }),
        Some(Ok(_)) => None,
    };
    if let Some(shown) = waits {
        let radius = if scene.compact { 0 } else { theme::CARD_RADIUS };
        let theme = Theme::of(ui);
        ui.painter().rect(room, radius, theme.panel, theme.border(), StrokeKind::Inside);
        return state_on(ui, room, &shown, Ground::Panel, actions);
    }
    let (height, gap) = card_height(room, scene.compact);
    let pictures = replay.film.media != MediaState::Absent;
    // Where there is no picture the timeline is what is looked at.
    let view = match pictures {
        true => room.with_max_y(room.bottom() - height - gap),
        false => room.with_max_y(room.top() + REASON),
    };
    let card = room.with_min_y(view.bottom() + gap);
    if pictures {
        let main = ("Find the video…", Action::Sessions(SessionsAction::FindVideo));
        let screen = FilmScreen { film: &replay.film, trace: replay.trace(), main, second: None };
        let follow = screen.ui(ui, view, scene, actions);
        actions.extend(follow.map(|action| Action::Sessions(SessionsAction::Film(action))));
    } else {
        reason(ui, view, scene, replay, actions);
    }
    let faces = replay.opened().map_or(&[][..], |opened| &opened.faces);
    let card_view = FilmCard { film: &replay.film, trace: replay.trace(), complete: true, faces };
    let asked = card_view.ui(ui, card, scene.compact, &mut page.timeline);
    actions.extend(asked.into_iter().map(|asked| Action::Sessions(SessionsAction::Film(asked))));
}

/// Why there are no pictures, and what can be done about it.
fn reason(ui: &mut egui::Ui, rect: Rect, scene: Scene<'_>, replay: &Replay, actions: &mut Actions) {
    let theme = Theme::of(ui);
    let radius = if scene.compact { 0 } else { theme::CARD_RADIUS };
    ui.painter().rect(rect, radius, theme.panel, theme.border(), StrokeKind::Inside);
    let (title, text, may_be_elsewhere) = match &replay.video {
        None => ("No picture yet", "The video is being looked for.".to_owned(), false),
        Some(Ok(_)) => ("No picture yet", "The video is being opened.".to_owned(), false),
        Some(Err(reason)) => {
            let advice = if reason.may_be_elsewhere() {
                ". Say where it is to see it beside the numbers."
            } else {
                "."
            };
            ("No pictures", format!("{reason}{advice}"), reason.may_be_elsewhere())
        }
    };
    row_region(ui, "no pictures", rect.shrink2(vec2(theme::PAD, 0.0)), |ui| {
        ui.spacing_mut().item_spacing.x = theme::GAP;
        let find = Button::new("Find the video…");
        let right = if may_be_elsewhere { find.width(ui) + theme::GAP } else { 0.0 };
        if !scene.compact {
            let heading = RichText::new(title).font(theme::bold(theme::SIZE_LIST));
            ui.label(heading.color(theme.text));
        }
        let font = theme::font(theme::SIZE_LIST);
        let room = ui.available_width() - right;
        let galley = elided(ui, &text, font, theme.muted, room);
        let cut = galley.elided;
        let (place, response) = ui.allocate_exact_size(galley.size(), Sense::hover());
        ui.painter().galley(place.min, galley, theme.muted);
        announce(ui, place, Role::Label, &text, None);
        if cut {
            response.on_hover_text(&text);
        }
        ui.add_space((ui.available_width() - right + theme::GAP).max(0.0));
        if may_be_elsewhere && find.ui(ui).clicked() {
            actions.push(Action::Sessions(SessionsAction::FindVideo));
        }
    });
}
