//! A row of the list of sessions.

use eframe::egui::accesskit::Role;
use eframe::egui::{self, Color32, Rangef, Rect, Sense, StrokeKind, WidgetInfo, pos2, vec2};

use jiff::Zoned;

use super::Scene;
use crate::library::{Entry, State};
use crate::ui::actions::{Action, Actions, SessionsAction};
use crate::ui::store::count;
use crate::ui::theme::{self, Theme};
use crate::ui::widgets::{Icon, elided, focus_ring, strip};
use crate::words;

/// Height of a row.
pub const ROW: f32 = 50.0;
const STRIP: f32 = 26.0;
const TICK: f32 = 16.0;
const SWATCH: f32 = 9.0;
const GAP: f32 = 14.0;

/// Where the columns of the list are; those for which there is no room are not there.
#[derive(Debug, Clone, Copy)]
pub struct Columns {
    /// Box to tick.
    pub tick: Rangef,
    /// Date and time.
    pub when: Option<Rangef>,
    /// Name, and below it what is known of it.
    pub name: Rangef,
    /// Timeline.
    pub strip: Option<Rangef>,
    /// Duration.
    pub length: Option<Rangef>,
    /// Faces at once.
    pub faces: Option<Rangef>,
    /// The label that was shown longest.
    pub mostly: Option<Rangef>,
    /// Whether it is whole.
    pub state: Option<Rangef>,
}

impl Columns {
    /// Of a list in this room: widths that are fixed, then what is left for names and timelines.
    pub fn of(room: Rect) -> Self {
        let width = room.width();
        let wide = [(420.0, 116.0), (340.0, 58.0), (760.0, 48.0), (620.0, 104.0), (860.0, 150.0)];
        let [when, length, faces, mostly, state] =
            wide.map(|(from, size)| if width >= from { size } else { 0.0 });
        let fixed: f32 = [when, length, faces, mostly, state]
            .iter()
            .filter(|w| **w > 0.0)
            .map(|w| w + GAP)
            .sum();
        let mut x = room.left() + theme::GAP + TICK + GAP;
        let left = room.right() - theme::GAP - x - fixed - GAP;
        let strip = if left >= 220.0 { (left * 0.55).min(320.0) } else { 0.0 };
        let name = left - strip;
        let mut next = |size: f32| {
            let span = Rangef::new(x, x + size);
            if size > 0.0 {
                x += size + GAP;
            }
            (size > 0.0).then_some(span)
        };
        let when = next(when);
        let name = next(name.max(60.0));
        let (strip, length, faces) = (next(strip), next(length), next(faces));
        let (mostly, state) = (next(mostly), next(state));
        let start = room.left() + theme::GAP;
        let tick = Rangef::new(start, start + TICK);
        let name = name.unwrap_or(tick);
        Self { tick, when, name, strip, length, faces, mostly, state }
    }
}

/// Draws a row and takes its clicks.
pub fn row(
    ui: &mut egui::Ui,
    columns: &Columns,
    entry: &Entry,
    scene: Scene<'_>,
    actions: &mut Actions,
) {
    let theme = Theme::of(ui);
    let sessions = &scene.store.sessions;
    let name = &entry.folder_name;
    let size = vec2(ui.available_width(), ROW);
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    let response = ui.interact(rect, egui::Id::unique(("session", name)), Sense::click());
    let chosen = sessions.chosen.as_ref() == Some(name);
    let spoken = spoken(entry);
    response.widget_info(|| WidgetInfo::selected(Role::ListItem, true, chosen, &spoken));
    if chosen || response.hovered() {
        let fill = if chosen { theme.raised } else { theme.raised.gamma_multiply(0.6) };
        ui.painter().rect_filled(rect.with_max_y(rect.bottom() - 1.0), 0, fill);
    }
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, theme.border());
    if chosen {
        let edge = rect.with_max_x(rect.left() + 3.0).with_max_y(rect.bottom() - 1.0);
        ui.painter().rect_filled(edge, 0, theme.accent);
    }
    focus_ring(ui, rect.shrink(2.0), theme::RADIUS, &response);
    paint(ui, rect, columns, entry, theme);
    // What can't be read can't be compared.
    let ticked = !entry.is_locked() && tick(ui, rect, columns, entry, scene);
    if ticked {
        actions.push(Action::Sessions(SessionsAction::Tick(name.clone())));
    }
    if response.on_hover_text(tip(entry)).clicked() && !ticked {
        // The first click tells about it, the second one shows it.
        let action = match chosen {
            true => SessionsAction::Show(name.clone()),
            false => SessionsAction::Choose(Some(name.clone())),
        };
        actions.push(Action::Sessions(action));
    }
}

fn paint(ui: &egui::Ui, rect: Rect, columns: &Columns, entry: &Entry, theme: &Theme) {
    let y = rect.center().y;
    let text = |span: Option<Rangef>, text: &str, color: Color32| {
        let Some(span) = span else { return };
        let galley = elided(ui, text, theme::font(theme::SIZE_LIST), color, span.span());
        ui.painter().galley(pos2(span.min, y - galley.size().y / 2.0), galley, color);
    };
    text(columns.when, &when(entry), theme.muted);
    if entry.is_locked() {
        return paint_locked(ui, rect, columns, entry, theme);
    }
    let below = below(entry, columns.state.is_none());
    let font = theme::bold(theme::SIZE_LIST);
    let title = elided(ui, entry.title(), font, theme.text, columns.name.span());
    if below.is_empty() {
        ui.painter().galley(pos2(columns.name.min, y - title.size().y / 2.0), title, theme.text);
    } else {
        let font = theme::font(theme::SIZE_STATUS);
        let amiss = columns.state.is_none() && is_amiss(&entry.state);
        let color = if amiss { theme.warning } else { theme.muted };
        let second = elided(ui, &below, font, color, columns.name.span());
        let top = y - (title.size().y + second.size().y) / 2.0;
        let height = title.size().y;
        ui.painter().galley(pos2(columns.name.min, top), title, theme.text);
        ui.painter().galley(pos2(columns.name.min, top + height), second, color);
    }
    if let Some(span) = columns.strip {
        let place = Rect::from_x_y_ranges(span, y - STRIP / 2.0..=y + STRIP / 2.0);
        strip(ui, place, &entry.strip, &entry.words);
    }
    text(columns.length, &words::clock(entry.duration_secs as u64), theme.text);
    text(columns.faces, &entry.faces.to_string(), theme.text);
    if let (Some(span), Some(mostly)) = (columns.mostly, entry.mostly()) {
        let color = theme.classes(&entry.words).get(entry.dominant.unwrap_or_default()).copied();
        let swatch = Rect::from_min_size(pos2(span.min, y - SWATCH / 2.0), vec2(SWATCH, SWATCH));
        ui.painter().rect_filled(swatch, 2, color.unwrap_or(theme.faint));
        text(Some(Rangef::new(span.min + SWATCH + 6.0, span.max)), mostly, theme.text);
    }
    text(columns.state, &entry.state.in_words(), state_color(entry, theme));
}

/// A lock, and what is readable of the session.
fn paint_locked(ui: &egui::Ui, rect: Rect, columns: &Columns, entry: &Entry, theme: &Theme) {
    let y = rect.center().y;
    let square = Rect::from_min_size(pos2(columns.name.min, y - 7.0), vec2(14.0, 14.0));
    let color = state_color(entry, theme);
    Icon::Lock.paint(ui.painter(), square, color);
    let title = match (columns.state, is_amiss(&entry.state)) {
        (None, true) => format!("{} · {}", entry.title(), entry.state.in_words()),
        _ => entry.title().to_owned(),
    };
    // Where others have a timeline and figures it has nothing to show.
    let end = columns.state.map_or(rect.right() - theme::GAP, |state| state.min - GAP);
    let texts = [
        (Some(Rangef::new(square.right() + 8.0, end)), &title, theme.muted),
        (columns.state, &entry.state.in_words(), color),
    ];
    for (span, text, color) in texts {
        let Some(span) = span else { continue };
        let galley = elided(ui, text, theme::font(theme::SIZE_LIST), color, span.span());
        ui.painter().galley(pos2(span.min, y - galley.size().y / 2.0), galley, color);
    }
}

fn state_color(entry: &Entry, theme: &Theme) -> Color32 {
    if is_amiss(&entry.state) { theme.warning } else { theme.muted }
}

/// The box that chooses a session for a comparison.
fn tick(ui: &mut egui::Ui, rect: Rect, columns: &Columns, entry: &Entry, scene: Scene<'_>) -> bool {
    let theme = Theme::of(ui);
    let place = Rect::from_x_y_ranges(columns.tick, rect.y_range());
    let square = Rect::from_center_size(place.center(), vec2(TICK, TICK));
    let id = egui::Id::unique(("tick", &entry.folder_name));
    let response = ui.interact(place.expand2(vec2(6.0, 0.0)), id, Sense::click());
    let ticked = scene.store.sessions.ticked.contains(&entry.folder_name);
    let name = format!("Compare {}", entry.title());
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, ticked, &name));
    let color = if ticked { theme.accent } else { theme.faint };
    let fill = if ticked { theme.accent } else { theme.panel };
    let stroke = egui::Stroke::new(theme::LINE, color);
    ui.painter().rect(square, 4, fill, stroke, StrokeKind::Inside);
    if ticked {
        Icon::Tick.paint(ui.painter(), square.shrink(3.0), theme.on_accent);
    }
    focus_ring(ui, square, 4, &response);
    response.on_hover_text("Choose two to compare them").clicked()
}

/// Whether it asks to look here.
pub fn is_amiss(state: &State) -> bool {
    !matches!(state, State::Complete | State::Recording | State::Locked { partly: false })
}

/// When it was recorded, or a file read: "Today 14:02", "20 Nov 09:05", "3 Jan 2024".
pub fn when(entry: &Entry) -> String {
    let Some(at) = entry.at() else {
        return if entry.is_locked() { String::new() } else { "no date".to_owned() };
    };
    let zone = jiff::tz::TimeZone::system();
    day(&at.to_zoned(zone.clone()), &jiff::Timestamp::now().to_zoned(zone))
}

fn day(at: &Zoned, now: &Zoned) -> String {
    let clock = at.strftime("%H:%M");
    let yesterday = now.date().yesterday();
    if at.date() == now.date() {
        format!("Today {clock}")
    } else if yesterday.is_ok_and(|yesterday| yesterday == at.date()) {
        format!("Yesterday {clock}")
    } else if at.year() == now.year() {
        format!("{} {clock}", at.strftime("%-d %b"))
    } else {
        at.strftime("%-d %b %Y").to_string()
    }
}

/// Participant and tags, and the state where it has no column.
fn below(entry: &Entry, with_state: bool) -> String {
    let mut parts = Vec::new();
    if with_state && is_amiss(&entry.state) {
        parts.push(entry.state.in_words());
    }
    // A code that is the title is said already.
    if !entry.participant.is_empty() && entry.title() != entry.participant {
        parts.push(entry.participant.clone());
    }
    if !entry.tags.is_empty() {
        parts.push(entry.tags.join(", "));
    }
    parts.join(" · ")
}

fn spoken(entry: &Entry) -> String {
    if entry.is_locked() {
        return format!("{}, {}, {}", entry.title(), when(entry), entry.state.in_words());
    }
    let mut parts = vec![
        entry.title().to_owned(),
        when(entry),
        words::clock(entry.duration_secs as u64),
        count(entry.faces as u64, "face"),
    ];
    parts.extend(entry.mostly().map(|word| format!("mostly {word}")));
    parts.push(entry.state.in_words());
    parts.push(below(entry, false));
    parts.retain(|part| !part.is_empty());
    parts.join(", ")
}

fn tip(entry: &Entry) -> String {
    let mut lines = vec![entry.title().to_owned()];
    if entry.title() != entry.folder_name {
        lines.push(entry.folder_name.clone());
    }
    if is_amiss(&entry.state) {
        lines.push(entry.state.in_words());
    }
    lines.extend([below(entry, false), entry.note.clone()]);
    lines.retain(|line| !line.is_empty());
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_that_are_near_are_called_by_name() {
        let at = |text: &str| text.parse::<Zoned>().unwrap();
        let now = at("2026-11-26T15:00:00[Europe/Berlin]");
        for (then, said) in [
            ("2026-11-26T14:02:00[Europe/Berlin]", "Today 14:02"),
            ("2026-11-25T23:59:00[Europe/Berlin]", "Yesterday 23:59"),
            ("2026-11-20T09:05:00[Europe/Berlin]", "20 Nov 09:05"),
            ("2024-01-03T09:05:00[Europe/Berlin]", "3 Jan 2024"),
        ] {
            assert_eq!(day(&at(then), &now), said);
        }
    }

    #[test]
    fn columns_fit_into_every_room() {
        for width in [392.0, 560.0, 640.0, 888.0, 1224.0, 2000.0] {
            let room = Rect::from_min_size(pos2(10.0, 0.0), vec2(width, 300.0));
            let columns = Columns::of(room);
            let spans = [
                Some(columns.tick),
                columns.when,
                Some(columns.name),
                columns.strip,
                columns.length,
                columns.faces,
                columns.mostly,
                columns.state,
            ];
            let spans: Vec<Rangef> = spans.into_iter().flatten().collect();
            assert!(spans.windows(2).all(|pair| pair[0].max < pair[1].min), "{width} {spans:?}");
            assert!(spans.last().unwrap().max <= room.right(), "{width} {spans:?}");
            assert!(columns.name.span() >= 90.0, "{width} {spans:?}");
        }
    }
}
