//! The page of sessions: the list, with a comparison below it. Rows are drawn as far as they are
//! seen, so thousands scroll as smoothly as ten.

use eframe::egui::accesskit::Role;
use eframe::egui::{self, Rect, RichText, ScrollArea, Sense, UiBuilder, WidgetInfo, pos2, vec2};

use super::sessions_compare::comparison;
use super::sessions_panel::Draft;
use super::sessions_row::{Columns, ROW, row};
use super::{Scene, region};
use crate::library::{Query, SortBy};
use crate::ui::actions::{Action, Actions, SessionsAction, View};
use crate::ui::sessions_store::{Comparing, Listing};
use crate::ui::theme::{self, Theme};
use crate::ui::widgets::{Button, Icon, Look, elided, focus_ring};
use crate::words;

/// Height of the line of column names.
const HEAD: f32 = 36.0;
/// Least height of a list above a comparison.
const LEAST_LIST: f32 = HEAD + 2.0 * ROW;
/// Width of what stands where rows would be.
const EMPTY_WIDTH: f32 = 440.0;

/// What is being typed and scrolled.
#[derive(Debug, Default)]
pub struct SessionsPage {
    /// The search field wants the keyboard.
    pub wants_search: bool,
    /// The chosen row is to come into view.
    follow: bool,
    /// How far the list is scrolled, in points.
    offset: f32,
    /// What is written about the chosen session.
    pub(super) draft: Draft,
}

impl SessionsPage {
    /// Brings the chosen row into view.
    pub fn follow_chosen(&mut self) {
        self.follow = true;
    }
}

/// Draws the list.
pub fn sessions_page(
    ui: &mut egui::Ui,
    rect: Rect,
    scene: Scene<'_>,
    page: &mut SessionsPage,
    actions: &mut Actions,
) {
    let sessions = &scene.store.sessions;
    let mut room = rect;
    if !scene.compact && scene.has_notices() {
        let inner = rect.shrink(theme::GAP);
        let left = super::notices(ui, inner, scene, actions);
        room.min.y = left.top();
    }
    if let Comparing::Working(_) | Comparing::Done(_) | Comparing::Failed(..) = sessions.comparing {
        let gap = if scene.compact { 0.0 } else { theme::GAP };
        let most = (room.height() - LEAST_LIST - gap).max(120.0);
        let card = room.shrink2(vec2(gap, gap));
        let height = comparison(ui, card, most, scene, actions);
        room.max.y -= height + 2.0 * gap;
    }
    if sessions.found.is_empty() {
        return nothing(ui, room, scene, actions);
    }
    let columns = Columns::of(room);
    let head = room.with_max_y(room.top() + HEAD);
    header(ui, head, &columns, scene, actions);
    let list = room.with_min_y(head.bottom());
    region(ui, "sessions", list, |ui| rows(ui, list, &columns, scene, page, actions));
}

fn rows(
    ui: &mut egui::Ui,
    list: Rect,
    columns: &Columns,
    scene: Scene<'_>,
    page: &mut SessionsPage,
    actions: &mut Actions,
) {
    let sessions = &scene.store.sessions;
    ui.spacing_mut().item_spacing.y = 0.0;
    let mut area = ScrollArea::vertical().id_salt("sessions").auto_shrink(false);
    if std::mem::take(&mut page.follow) {
        let at = sessions
            .chosen
            .as_ref()
            .and_then(|chosen| sessions.found.iter().position(|found| found == chosen));
        if let Some(top) = at.map(|at| at as f32 * ROW) {
            let lowest = top - (list.height() - ROW).max(0.0);
            area = area.vertical_scroll_offset(page.offset.clamp(lowest.max(0.0), top));
        }
    }
    let output = area.show_rows(ui, ROW, sessions.found.len(), |ui, range| {
        let found = sessions.found.get(range).unwrap_or_default();
        for entry in found.iter().filter_map(|name| sessions.entry(name)) {
            row(ui, columns, entry, scene, actions);
        }
    });
    page.offset = output.state.unclamped_offset().y;
}

/// Names of the columns; a click sorts.
fn header(
    ui: &mut egui::Ui,
    rect: Rect,
    columns: &Columns,
    scene: Scene<'_>,
    actions: &mut Actions,
) {
    let theme = Theme::of(ui);
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, theme.border());
    let query = &scene.store.sessions.query;
    let names = [
        ("When", columns.when, SortBy::When),
        ("Name", Some(columns.name), SortBy::Name),
        ("Length", columns.length, SortBy::Length),
        ("Faces", columns.faces, SortBy::Faces),
        ("Mostly", columns.mostly, SortBy::Mostly),
        ("State", columns.state, SortBy::State),
    ];
    for (name, span, by) in names {
        let Some(span) = span else { continue };
        let cell = Rect::from_x_y_ranges(span, rect.y_range()).shrink2(vec2(0.0, 4.0));
        let response = ui.interact(cell, ui.scope_id().with(("sort", name)), Sense::click());
        let chosen = query.sort == by;
        let order = match (chosen, query.descending) {
            (false, _) => "",
            (true, true) => ", falling",
            (true, false) => ", rising",
        };
        let spoken = format!("Sort by {}{order}", name.to_lowercase());
        response.widget_info(|| WidgetInfo::selected(Role::ColumnHeader, true, chosen, &spoken));
        let lit = chosen || response.hovered();
        let color = if lit { theme.text } else { theme.muted };
        let font = theme::font(theme::SIZE_STATUS);
        let galley = elided(ui, name, font, color, cell.width() - 14.0);
        let end = cell.left() + galley.size().x;
        let corner = pos2(cell.left(), cell.center().y - galley.size().y / 2.0);
        ui.painter().galley(corner, galley, color);
        if chosen {
            let icon = if query.descending { Icon::Arrow } else { Icon::ArrowUp };
            let square = Rect::from_center_size(pos2(end + 9.0, cell.center().y), vec2(8.0, 8.0));
            icon.paint(ui.painter(), square, color);
        }
        focus_ring(ui, cell, theme::RADIUS, &response);
        if response.clicked() {
            actions.push(Action::Sessions(SessionsAction::Sort(by)));
        }
    }
    if let Some(span) = columns.strip {
        let font = theme::font(theme::SIZE_STATUS);
        let galley = elided(ui, "Expression over time", font, theme.muted, span.span());
        let corner = pos2(span.min, rect.center().y - galley.size().y / 2.0);
        ui.painter().galley(corner, galley, theme.muted);
    }
}

/// What stands where rows would be.
fn nothing(ui: &mut egui::Ui, rect: Rect, scene: Scene<'_>, actions: &mut Actions) {
    let theme = Theme::of(ui);
    let sessions = &scene.store.sessions;
    let (title, text) = match sessions.listing {
        Listing::Unasked | Listing::Looking(None) if sessions.is_empty() => {
            ("One moment".to_owned(), "The folder is being looked through.".to_owned())
        }
        Listing::Looking(Some(progress)) if sessions.is_empty() => {
            let [done, all] =
                [progress.done, progress.all].map(|n| words::grouped(n as u64, '\u{2009}'));
            let text = format!(
                "{done} of {all} sessions are read. This is done once; the next time they are \
                 there at once."
            );
            ("Reading the sessions".to_owned(), text)
        }
        _ if sessions.is_narrowed() && !sessions.is_empty() => {
            let text = match sessions.query.text.trim() {
                "" => "No session has all that the filter asks for.".to_owned(),
                text => format!("No session has “{text}” and whatever else is asked for."),
            };
            ("Nothing found".to_owned(), text)
        }
        _ => (
            "No sessions yet".to_owned(),
            "Record yourself on the page Live (R starts and stops), or have a saved video read on \
             the page Files. Each becomes a session: numbers over time, no pictures."
                .to_owned(),
        ),
    };
    let buttons: &[(&str, Action)] = match title.as_str() {
        "Nothing found" => {
            let query = Query { text: String::new(), ..everything(&sessions.query) };
            &[("Show all", Action::Sessions(SessionsAction::Ask(Box::new(query), None)))]
        }
        "No sessions yet" => {
            &[("Go to Live", Action::Show(View::Live)), ("Go to Files", Action::Show(View::Files))]
        }
        _ => &[],
    };
    let width = EMPTY_WIDTH.min(rect.width() - 2.0 * theme::PAD);
    let place =
        Rect::from_center_size(rect.center() - vec2(0.0, rect.height() * 0.08), vec2(width, 140.0));
    let mut child = ui.new_child(UiBuilder::new().id_salt("no sessions").max_rect(place));
    child.spacing_mut().item_spacing.y = 8.0;
    let heading = RichText::new(&title).font(theme::bold(theme::SIZE_TITLE)).color(theme.text);
    child.label(heading);
    let text = RichText::new(text).font(theme::font(theme::SIZE_LIST)).line_height(Some(20.0));
    child.label(text.color(theme.muted));
    child.horizontal(|ui| {
        for (index, (text, action)) in buttons.iter().enumerate() {
            let look = if index == 0 { Look::Main } else { Look::Plain };
            if Button::new(text).look(look).ui(ui).clicked() {
                actions.push(action.clone());
            }
        }
    });
}

/// A query in the same order that narrows nothing.
pub(super) fn everything(query: &Query) -> Query {
    Query { sort: query.sort, descending: query.descending, ..Query::default() }
}
