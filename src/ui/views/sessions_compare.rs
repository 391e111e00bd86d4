//! The differences of two sessions: each figure with its limits, first minus second.

use eframe::egui::accesskit::Role;
use eframe::egui::{
    self, Align2, Color32, Popup, Rect, ScrollArea, Sense, Stroke, StrokeKind, pos2, vec2,
};

use super::face_panel::small_text;
use super::{Scene, region, row_region};
use crate::runtime::librarian::{Compared, Side};
use crate::stats::{Difference, Estimate};
use crate::ui::actions::{Action, Actions, SessionsAction};
use crate::ui::files_store::one_line;
use crate::ui::sessions_store::Comparing;
use crate::ui::store::count;
use crate::ui::theme::{self, Theme};
use crate::ui::widgets::{Button, Icon, Look, announce, elided, signed};

const ROW: f32 = 20.0;
const NAME: f32 = 110.0;
const NUMBERS: f32 = 150.0;
const HEAD: f32 = 44.0;
const POINT: f32 = 4.5;
const MENU_WIDTH: f32 = 220.0;

/// Draws the card at the bottom of `room`, no higher than `most`; its height.
pub fn comparison(
    ui: &mut egui::Ui,
    room: Rect,
    most: f32,
    scene: Scene<'_>,
    actions: &mut Actions,
) -> f32 {
    let theme = Theme::of(ui);
    let comparing = &scene.store.sessions.comparing;
    let height = match comparing {
        Comparing::Done(compared) => {
            let rows = shown(compared).count() as f32;
            HEAD + (rows + 1.0) * ROW + 2.0 * theme::PAD + 44.0
        }
        _ => HEAD + 64.0,
    };
    let height = height.min(most);
    let card = room.with_min_y(room.bottom() - height);
    let radius = if scene.compact { 0 } else { theme::CARD_RADIUS };
    ui.painter().rect(card, radius, theme.panel, theme.border(), StrokeKind::Inside);
    let inner = card.shrink2(vec2(theme::PAD, 8.0));
    let head = inner.with_max_y(inner.top() + theme::CONTROL_HEIGHT);
    row_region(ui, "comparison", head, |ui| header(ui, head, scene, actions));
    let rest = inner.with_min_y(head.bottom() + 8.0);
    region(ui, "differences", rest, |ui| {
        ScrollArea::vertical().id_salt("differences").auto_shrink(false).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            match comparing {
                Comparing::Done(compared) => differences(ui, compared),
                Comparing::Failed(_, message) => small_text(ui, message, theme.warning),
                _ => small_text(ui, "Both sessions are being read…", theme.muted),
            }
        });
    });
    height
}

fn header(ui: &mut egui::Ui, rect: Rect, scene: Scene<'_>, actions: &mut Actions) {
    let theme = Theme::of(ui);
    let comparing = &scene.store.sessions.comparing;
    let Some(sides) = comparing.sides() else { return };
    ui.spacing_mut().item_spacing.x = 8.0;
    let report = Button::new("Report");
    let close = Button::icon(Icon::Cross, "Close comparison").look(Look::Quiet);
    let right = report.width(ui) + theme::CONTROL_HEIGHT + 16.0;
    let name = |side: &Side| match side.folder.file_name().and_then(|name| name.to_str()) {
        Some(name) => {
            scene.store.sessions.entry(name).map_or(name, |entry| entry.title()).to_owned()
        }
        None => one_line(&side.folder),
    };
    let title = format!("{} − {}", name(&sides[0]), name(&sides[1]));
    let room = (rect.width() - right).max(60.0);
    let galley = elided(ui, &title, theme::bold(theme::SIZE_BODY), theme.text, room * 0.5);
    let (place, response) = ui.allocate_exact_size(galley.size(), Sense::hover());
    ui.painter().galley(place.min, galley, theme.text);
    announce(ui, place, Role::Heading, &title, None);
    response.on_hover_text(&title);
    if let Comparing::Done(compared) = comparing {
        for which in 0..2 {
            parts(ui, which, compared, actions);
        }
    }
    let left = ui.available_width() - right;
    if left > 200.0 {
        let text = "share of the time, difference with 95 % limits";
        let galley = elided(ui, text, theme::font(theme::SIZE_LIST), theme.muted, left);
        let (place, _) = ui.allocate_exact_size(galley.size(), Sense::hover());
        ui.painter().galley(place.min, galley, theme.muted);
    }
    ui.add_space((ui.available_width() - right + 8.0).max(0.0));
    if report.ui(ui).clicked() {
        let folders = sides.iter().map(|side| side.folder.clone()).collect();
        actions.push(Action::Sessions(SessionsAction::Report(folders)));
    }
    if close.ui(ui).clicked() {
        actions.push(Action::Sessions(SessionsAction::CloseComparison));
    }
}

/// A menu of the parts of one side; none if it has no markers.
fn parts(ui: &mut egui::Ui, which: usize, compared: &Compared, actions: &mut Actions) {
    let (markers, side) = (&compared.markers[which], &compared.sides[which]);
    if markers.is_empty() {
        return;
    }
    let now = side.marker.as_deref().unwrap_or("all of it");
    let order = if which == 0 { "first" } else { "second" };
    let name = format!("Part of the {order}: {now}");
    let button = Button::new(now).name(&name).look(Look::Pill).arrow().max_width(140.0).ui(ui);
    let menu = Popup::menu(&button).width(MENU_WIDTH).gap(theme::GRID).accessible_name(name);
    menu.show(|ui| {
        ui.set_width(MENU_WIDTH);
        ui.spacing_mut().item_spacing.y = 2.0;
        ScrollArea::vertical().max_height(300.0).show(ui, |ui| {
            let all = std::iter::once(None).chain(markers.iter().map(Some));
            for marker in all {
                let text = marker.map_or("all of it", String::as_str);
                let chosen = side.marker.as_ref() == marker;
                let button = Button::new(text).look(Look::Quiet).role(Role::MenuItem);
                let button = button.chosen(chosen).full_width().max_width(MENU_WIDTH);
                if button.ui(ui).clicked() {
                    let mut sides = compared.sides.clone();
                    sides[which].marker = marker.cloned();
                    actions.push(Action::Sessions(SessionsAction::Compare(sides)));
                    ui.close();
                }
            }
        });
    });
}

/// Figures that are shares of time, each by its name.
fn shown(compared: &Compared) -> impl Iterator<Item = (&Difference, String)> {
    compared.comparison.figures.iter().filter_map(|figure| {
        let name = match (figure.figure, &figure.label) {
            ("share", Some(label)) => label.clone(),
            ("unsure", _) => "unsure".to_owned(),
            ("without_face", _) => "without a face".to_owned(),
            _ => return None,
        };
        Some((figure, name))
    })
}

fn differences(ui: &mut egui::Ui, compared: &Compared) {
    let theme = Theme::of(ui);
    let comparison = &compared.comparison;
    let labels: Vec<String> = comparison
        .figures
        .iter()
        .filter(|figure| figure.figure == "share")
        .filter_map(|figure| figure.label.clone())
        .collect();
    let colors = theme.classes(&labels);
    let reach = shown(compared)
        .flat_map(|(figure, _)| ends(&figure.difference))
        .fold(0.05_f64, |most, end| most.max(end.abs()));
    for (figure, name) in shown(compared) {
        let class = labels.iter().position(|label| Some(label) == figure.label.as_ref());
        let color = class.and_then(|class| colors.get(class)).copied().unwrap_or(theme.muted);
        line(ui, (&name, color), figure, reach);
    }
    ui.add_space(8.0);
    for figure in &comparison.figures {
        if matches!(figure.figure, "valence" | "arousal") {
            let text = format!(
                "{} {}",
                figure.figure,
                limits(&figure.difference, |v| signed(v as f32), "")
            );
            small_text(ui, &text, theme.text);
        }
    }
    ui.add_space(theme::GRID);
    let [first, second] = [comparison.first_sessions, comparison.second_sessions];
    if first + second > 2 {
        let text = format!(
            "{} against {}.",
            count(first as u64, "session"),
            count(second as u64, "session")
        );
        small_text(ui, &text, theme.muted);
    }
    for remark in &comparison.remarks {
        small_text(ui, remark, theme.muted);
    }
}

fn ends(estimate: &Estimate) -> Vec<f64> {
    let limits = estimate.interval.map(|limits| [limits.low, limits.high]);
    estimate.value.into_iter().chain(limits.into_iter().flatten()).collect()
}

/// One figure: name, point and limits around the line of no difference, numbers.
fn line(ui: &mut egui::Ui, (name, color): (&str, Color32), figure: &Difference, reach: f64) {
    let theme = Theme::of(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    let y = rect.center().y;
    let font = theme::font(theme::SIZE_STATUS);
    let galley = elided(ui, name, font.clone(), theme.muted, NAME);
    let right = rect.left() + NAME;
    let corner = pos2(right - galley.size().x, y - galley.size().y / 2.0);
    ui.painter().galley(corner, galley, theme.muted);
    let plot = Rect::from_x_y_ranges(
        right + 16.0..=(rect.right() - NUMBERS - 16.0).max(right + 40.0),
        rect.y_range(),
    );
    let x =
        |value: f64| plot.center().x + plot.width() / 2.0 * (value / reach).clamp(-1.0, 1.0) as f32;
    ui.painter().vline(plot.center().x, plot.y_range(), theme.border());
    if let Some(limits) = figure.difference.interval {
        let stroke = Stroke::new(3.0, color);
        ui.painter().hline(x(limits.low)..=x(limits.high), y, stroke);
    }
    if let Some(value) = figure.difference.value {
        ui.painter().circle_filled(pos2(x(value), y), POINT, color);
    }
    let text = limits(&figure.difference, points, " pt");
    let telling = figure.difference.interval.is_some_and(|limits| limits.low * limits.high > 0.0);
    let color = if telling { theme.text } else { theme.muted };
    let corner = pos2(rect.right() - 8.0, y);
    ui.painter().text(corner, Align2::RIGHT_CENTER, &text, font, color);
    let share = |estimate: &Estimate| estimate.value.map_or("–".to_owned(), crate::words::percent);
    let spoken = format!("{text}; {} against {}", share(&figure.first), share(&figure.second));
    let response = announce(ui, rect, Role::Meter, name, Some(spoken.clone()));
    response.on_hover_text(format!("{name}: {spoken}"));
}

/// In points of a hundred: "+16.2".
fn points(value: f64) -> String {
    let text = format!("{:+.1}", value * 100.0);
    if text == "-0.0" { "+0.0".to_owned() } else { text.replace('-', "\u{2212}") }
}

fn limits(estimate: &Estimate, write: impl Fn(f64) -> String, unit: &str) -> String {
    match (estimate.value, estimate.interval) {
        (None, _) => "–".to_owned(),
        (Some(value), None) => format!("{}{unit}, too short for limits", write(value)),
        (Some(value), Some(limits)) => {
            let [value, low, high] = [value, limits.low, limits.high].map(write);
            format!("{value}{unit} [{low}, {high}]")
        }
    }
}
