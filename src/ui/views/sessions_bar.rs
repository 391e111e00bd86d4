//! Top bar and status line of the page of sessions.

use eframe::egui::accesskit::Role;
use eframe::egui::{self, Rect, Sense};

use super::sessions::SessionsPage;
use super::sessions_filter::{filter_menu, origins};
use super::sessions_row::when;
use super::settings_page::field;
use super::teach::call;
use super::top_bar::{megabytes, more};
use super::{Scene, bar};
use crate::library::{Entry, Query};
use crate::runtime::librarian::Side;
use crate::ui::actions::{Action, Actions, SessionsAction};
use crate::ui::replay_store::Replay;
use crate::ui::sessions_store::Listing;
use crate::ui::store::count;
use crate::ui::theme::{self, Theme};
use crate::ui::widgets::{Button, Icon, announce, elided};
use crate::words;

const SEARCH_WIDTH: f32 = 280.0;
const SEARCH_WIDTH_SMALL: f32 = 132.0;

/// Draws the bar: of the list what is looked for, of a session what it is.
pub fn sessions_bar(
    ui: &mut egui::Ui,
    rect: Rect,
    scene: Scene<'_>,
    page: &mut SessionsPage,
    actions: &mut Actions,
) {
    bar(ui, rect, |ui| {
        match &scene.store.sessions.replay {
            Some(replay) => of_session(ui, scene, replay, actions),
            None => of_list(ui, scene, page, actions),
        }
        if scene.compact {
            more(ui, scene, actions);
        }
    });
}

fn of_list(ui: &mut egui::Ui, scene: Scene<'_>, page: &mut SessionsPage, actions: &mut Actions) {
    let sessions = &scene.store.sessions;
    if !scene.compact {
        title(ui, "Sessions", f32::INFINITY);
    }
    let mut query = sessions.query.clone();
    let id = egui::Id::unique("search of sessions");
    let edit = field(&mut query.text).id(id);
    let (hint, width) = match scene.compact {
        true => ("Search", SEARCH_WIDTH_SMALL),
        false => ("Search name, tag, participant…", SEARCH_WIDTH),
    };
    let edit = edit.hint_text(hint);
    let edit = ui.add(edit.desired_width(width));
    call(ui, &edit, "Search sessions");
    if std::mem::take(&mut page.wants_search) {
        edit.request_focus();
    }
    if edit.changed() {
        actions.push(ask(scene, query.clone()));
    }
    // What acts at the right, and how much room that leaves.
    let ticked = sessions.ticked.len();
    let hint = if ticked == 0 { String::new() } else { format!("{ticked} of 2") };
    let compare = Button::new("Compare").hint(if scene.compact { "" } else { &hint });
    let mut right = compare.width(ui);
    if scene.compact {
        right += theme::GAP + theme::CONTROL_HEIGHT;
    }
    let filter = filter_menu_width(ui);
    origins(ui, scene, ui.available_width() - right - filter - 3.0 * theme::GAP, actions);
    filter_menu(ui, scene, actions);
    ui.add_space((ui.available_width() - right).max(0.0));
    let pressed = ui.add_enabled_ui(ticked == 2, |ui| {
        compare.ui(ui).on_disabled_hover_text("Tick two sessions of the list").clicked()
    });
    if let ([first, second], true) = (&sessions.ticked[..], pressed.inner) {
        let side = |name: &str| Side { folder: sessions.folder(name), marker: None };
        let sides = [side(first), side(second)];
        actions.push(Action::Sessions(SessionsAction::Compare(sides)));
    }
}

fn filter_menu_width(ui: &egui::Ui) -> f32 {
    Button::new("Filter").hint("9").arrow().width(ui)
}

/// The list with another wish.
pub(super) fn ask(scene: Scene<'_>, query: Query) -> Action {
    let soundness = scene.store.sessions.soundness;
    Action::Sessions(SessionsAction::Ask(Box::new(query), soundness))
}

fn of_session(ui: &mut egui::Ui, scene: Scene<'_>, replay: &Replay, actions: &mut Actions) {
    let theme = Theme::of(ui);
    let back = Button::new("Sessions").with_icon(Icon::Left).name("Back to the list");
    if back.ui(ui).clicked() {
        actions.push(Action::Sessions(SessionsAction::Back));
    }
    let mut buttons = Vec::new();
    if !scene.compact {
        let folder = replay.folder.clone();
        buttons.push((Button::new("Session folder"), Action::OpenFolder(folder)));
    }
    let entry = scene.store.sessions.chosen();
    let locked = entry.is_some_and(Entry::is_locked);
    if !locked {
        // A page would be plain on the disk.
        let report = SessionsAction::Report(vec![replay.folder.clone()]);
        buttons.push((Button::new("Report"), Action::Sessions(report)));
    }
    let mut right: f32 = buttons.iter().map(|(button, _)| button.width(ui) + theme::GAP).sum();
    if scene.compact {
        right += theme::GAP + theme::CONTROL_HEIGHT;
    }
    let name = match replay.opened() {
        Some(opened) => opened.title.clone(),
        None => crate::ui::files_store::one_line(&replay.folder),
    };
    let room = (ui.available_width() - right).max(40.0);
    let used = title(ui, &name, if scene.compact { room } else { room * 0.5 });
    let left = room - used - theme::GAP;
    if let Some(entry) = entry.filter(|_| left > 80.0) {
        let mut parts = vec![when(entry)];
        if locked {
            parts.push(entry.state.in_words());
        } else {
            parts.push(words::clock(entry.duration_secs as u64));
            parts.push(count(entry.faces as u64, "face"));
        }
        if entry.title() != entry.participant {
            parts.push(entry.participant.clone());
        }
        parts.retain(|part| !part.is_empty());
        let text = parts.join(" · ");
        let galley = elided(ui, &text, theme::font(theme::SIZE_BODY), theme.muted, left);
        let (place, _) = ui.allocate_exact_size(galley.size(), Sense::hover());
        ui.painter().galley(place.min, galley, theme.muted);
        announce(ui, place, Role::Label, &text, None);
    }
    ui.add_space((ui.available_width() - right + theme::GAP).max(0.0));
    for (button, action) in buttons {
        if button.ui(ui).clicked() {
            actions.push(action);
        }
    }
}

/// A name in bold; its width.
fn title(ui: &mut egui::Ui, text: &str, most: f32) -> f32 {
    let theme = Theme::of(ui);
    let galley = elided(ui, text, theme::bold(theme::SIZE_NAME), theme.text, most);
    let width = galley.size().x;
    let cut = galley.elided;
    let (place, response) = ui.allocate_exact_size(galley.size(), Sense::hover());
    ui.painter().galley(place.min, galley, theme.text);
    announce(ui, place, Role::Label, text, None);
    if cut {
        response.on_hover_text(text);
    }
    width
}

/// Texts of the status line, and whether each asks to look here.
pub(super) fn figures(scene: Scene<'_>) -> Vec<(String, bool)> {
    let sessions = &scene.store.sessions;
    if let Some(replay) = &sessions.replay {
        return of_replay(replay);
    }
    let all = count(sessions.len() as u64, "session");
    let found = sessions.found.len() as u64;
    let mut figures = vec![if sessions.is_narrowed() {
        (format!("{} of {all}", words::grouped(found, ',')), false)
    } else {
        (all, false)
    }];
    if !sessions.is_empty() {
        let minutes = (sessions.totals.secs / 60.0) as u64;
        figures.push((format!("{} h {} min", minutes / 60, minutes % 60), false));
        figures.push((megabytes(sessions.totals.bytes), false));
    }
    if let Listing::Looking(Some(progress)) = sessions.listing {
        figures.push((format!("reading {} of {}", progress.done, progress.all), false));
    }
    figures
}

fn of_replay(replay: &Replay) -> Vec<(String, bool)> {
    let Some(opened) = replay.opened() else { return Vec::new() };
    let mut figures = vec![(count(opened.record.rows, "row"), false)];
    if opened.trace.stride() > 1 {
        figures.push((format!("shown is one frame in {}", opened.trace.stride()), false));
    }
    match opened.problems.first() {
        Some(problem) => figures.push((problem.clone(), true)),
        None => figures.push(("all rows are sound".to_owned(), false)),
    }
    figures
}
