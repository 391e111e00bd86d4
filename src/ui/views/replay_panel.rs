//! The side of a session that is shown: the reading of the moment, or figures of the whole or of
//! the span that is selected, or markers and notes.

use std::time::Duration;

use eframe::egui::accesskit::Role;
use eframe::egui::{self, Key, Rect, Sense, vec2};

use super::face_panel::{affect_of, big_word, quality, small_text, title};
use super::files_panel::{bars, event_words};
use super::replay::ReplayPage;
use super::sessions_panel::fact;
use super::settings_page::field;
use super::teach::call;
use super::{Scene, side_panel};
use crate::observation::{Affect, FaceReading};
use crate::session::trace::{Follow, Trace, TraceEvent};
use crate::session::{EventRow, SessionEvent};
use crate::stats::{Estimate, Summary};
use crate::ui::actions::{Action, Actions, FilmAction, SessionsAction};
use crate::ui::replay_store::{Replay, ReplaySide};
use crate::ui::store::count;
use crate::ui::theme::{self, Theme};
use crate::ui::widgets::{
    Button, Icon, Look, ReadingRow, announce, elided, heading, percent, signed, time,
};

/// Events that are listed; the table has all.
const MOST_EVENTS: usize = 200;
/// Length of the trail of affect.
const TRAIL: Duration = Duration::from_secs(5);
/// Points of the trail.
const TRAIL_POINTS: usize = 40;
const BAR: f32 = 10.0;
const NAME: f32 = 88.0;
const NUMBERS: f32 = 112.0;
const NUMBERS_SLIM: f32 = 40.0;
/// A narrower panel is slim.
const SLIM: f32 = 280.0;

/// Draws the panel.
pub fn replay_panel(
    ui: &mut egui::Ui,
    rect: Rect,
    scene: Scene<'_>,
    page: &mut ReplayPage,
    actions: &mut Actions,
) {
    let Some(replay) = &scene.store.sessions.replay else { return };
    side_panel(ui, "session reading", rect, scene.compact, |ui| {
        let mut asked = Vec::new();
        let Some(opened) = replay.opened() else {
            big_word(ui, scene, "one moment", Theme::of(ui).faint, None);
            return;
        };
        tabs(ui, replay, &mut asked);
        ui.add_space(8.0);
        match replay.side {
            ReplaySide::Moment => moment(ui, scene, replay, &opened.trace),
            ReplaySide::Summary => summary(ui, scene, replay, &mut asked),
            ReplaySide::Events => events(ui, replay, &opened.trace, page, &mut asked),
        }
        actions.extend(asked.into_iter().map(Action::Sessions));
    });
}

fn tabs(ui: &mut egui::Ui, replay: &Replay, asked: &mut Vec<SessionsAction>) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = theme::GRID;
        let events = replay.trace().map_or(0, |trace| trace.events().len());
        let list = if events == 0 { "Markers".to_owned() } else { format!("Markers · {events}") };
        for (text, side) in [
            ("Moment", ReplaySide::Moment),
            ("Summary", ReplaySide::Summary),
            (list.as_str(), ReplaySide::Events),
        ] {
            let button = Button::new(text).look(Look::Pill).role(Role::Tab);
            if button.chosen(replay.side == side).ui(ui).clicked() {
                asked.push(SessionsAction::ShowSide(side));
            }
        }
    });
}

fn moment(ui: &mut egui::Ui, scene: Scene<'_>, replay: &Replay, trace: &Trace) {
    let theme = Theme::of(ui);
    let film = &replay.film;
    let found = film.observation(trace);
    let face = found.as_ref().and_then(|found| film.followed(found));
    match (face, &found) {
        (Some(face), _) => title(ui, scene, face, trace.labels()),
        (None, Some(_)) => {
            if !scene.compact {
                heading(ui, "Face", "");
            }
            big_word(ui, scene, "no face", theme.faint, None);
            let text = match film.follow {
                Follow::Track(track) => format!("Face {track} is not there at this moment."),
                Follow::Largest => "Nobody was in the picture.".to_owned(),
            };
            small_text(ui, &text, theme.muted);
        }
        (None, None) => {
            if !scene.compact {
                heading(ui, "Face", "");
            }
            big_word(ui, scene, "gap", theme.faint, None);
            small_text(ui, "Nothing was recorded at this moment.", theme.muted);
        }
    }
    ui.add_space(theme::GAP - theme::GRID);
    let row = |face: &FaceReading| {
        let both = face.smoothed.as_slice().iter().zip(face.posterior.as_slice());
        both.map(|(&smoothed, &raw)| ReadingRow { smoothed, raw }).collect()
    };
    bars(ui, scene, trace.labels(), face.map(row));
    if !scene.compact {
        ui.add_space(theme::GAP);
        affect_of(ui, face.and_then(|face| face.affect), &trail(replay, trace));
        ui.add_space(theme::GAP);
        quality(ui, face);
    }
}

/// Where the face was in the last seconds.
fn trail(replay: &Replay, trace: &Trace) -> Vec<Affect> {
    let film = &replay.film;
    let at = film.position();
    let frames = trace.frames_in(at.saturating_sub(TRAIL), at);
    let step = (frames.len() / TRAIL_POINTS).max(1);
    let affect = |frame| trace.face(frame, film.follow)?.affect();
    frames.step_by(step).filter_map(affect).collect()
}

fn summary(ui: &mut egui::Ui, scene: Scene<'_>, replay: &Replay, asked: &mut Vec<SessionsAction>) {
    let theme = Theme::of(ui);
    let name = match replay.film.selection {
        Some((from, to)) => format!("Selected {} – {}", time(from), time(to)),
        None => "Whole session".to_owned(),
    };
    let note = match replay.film.follow {
        Follow::Track(track) => format!("· face {track}"),
        Follow::Largest => "· all faces".to_owned(),
    };
    heading(ui, &name, &note);
    let Some(summary) = replay.summary() else {
        big_word(ui, scene, "one moment", theme.faint, None);
        small_text(ui, "Figures and their limits are being drawn.", theme.muted);
        return;
    };
    let labels: Vec<String> = summary.classes.iter().map(|class| class.label.clone()).collect();
    let colors = theme.classes(&labels);
    match summary.dominant() {
        Some(top) => {
            let share = top.share.value.unwrap_or_default();
            let word = format!("{} {}", top.label, percent(share as f32));
            let class = labels.iter().position(|label| *label == top.label);
            big_word(ui, scene, &word, theme.text, class.and_then(|at| colors.get(at)).copied());
        }
        None => big_word(ui, scene, "no label", theme.faint, None),
    }
    let text = format!(
        "of {} with a face, each face counted; {}",
        length(summary.face_secs),
        count(summary.episodes.len() as u64, "episode"),
    );
    small_text(ui, &text, theme.muted);
    ui.add_space(8.0);
    for (class, color) in summary.classes.iter().zip(&colors) {
        share(ui, &class.label, &class.share, *color);
    }
    share(ui, "unsure", &summary.unsure, theme.faint);
    share(ui, "without a face", &summary.without_face, theme.faint);
    let limits = match &summary.bootstrap {
        Some(_) => {
            "share of the time; the thin line is where it would lie with another stretch \
                    like this, 95 %"
        }
        None => "share of the time; too short for limits",
    };
    small_text(ui, limits, theme.faint);
    ui.add_space(theme::GAP);
    more_figures(ui, replay, summary);
    if replay.film.selection.is_some() {
        ui.add_space(theme::GRID);
        let back = Button::new("Whole session").look(Look::Quiet).hint("Esc");
        if back.ui(ui).clicked() {
            asked.push(SessionsAction::Film(FilmAction::Select(None)));
        }
    }
}

fn more_figures(ui: &mut egui::Ui, replay: &Replay, summary: &Summary) {
    let theme = Theme::of(ui);
    heading(ui, "Figures", "");
    let number = |estimate: &Estimate| {
        let write = |value: f64| signed(value as f32);
        match (estimate.value, estimate.interval) {
            (None, _) => "–".to_owned(),
            (Some(value), None) => write(value),
            (Some(value), Some(limits)) => {
                format!("{} [{}, {}]", write(value), write(limits.low), write(limits.high))
            }
        }
    };
    fact(ui, "valence", &number(&summary.valence.mean), theme.text);
    fact(ui, "arousal", &number(&summary.arousal.mean), theme.text);
    let quality = summary.quality.mean.map_or("–".to_owned(), |mean| percent(mean as f32));
    fact(ui, "quality", &quality, theme.text);
    for (hint, share) in summary.quality.hints.iter().take(3) {
        let text = format!("{} of the time {hint}", percent(*share as f32));
        fact(ui, "", &text, theme.muted);
    }
    let longest =
        summary.episodes.iter().max_by(|a, b| a.duration_secs.total_cmp(&b.duration_secs));
    if let Some(longest) = longest {
        let text = format!("{}, {}", longest.label, length(longest.duration_secs));
        fact(ui, "longest", &text, theme.text);
    }
    let median = summary.dominant().and_then(|top| top.median_episode_secs);
    if let Some(median) = median {
        fact(ui, "median", &format!("{} of the most shown label", length(median)), theme.text);
    }
    let (from, to) = replay.film.selection.unwrap_or((Duration::ZERO, Duration::MAX));
    let inside = |wanted: fn(&SessionEvent) -> bool| {
        let events = replay.trace().map_or(&[][..], Trace::events);
        events.iter().filter(|e| e.at >= from && e.at <= to && wanted(&e.event)).count()
    };
    let cuts = inside(|event| matches!(event, SessionEvent::Cut));
    let gaps = inside(|event| matches!(event, SessionEvent::Gap { .. }));
    fact(ui, "cuts", &cuts.to_string(), theme.text);
    fact(ui, "gaps", &gaps.to_string(), if gaps > 0 { theme.warning } else { theme.text });
    fact(ui, "observed", &length(summary.observed_secs), theme.text);
}

/// A share as a bar with its limits.
fn share(ui: &mut egui::Ui, name: &str, estimate: &Estimate, color: egui::Color32) {
    let theme = Theme::of(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 22.0), Sense::hover());
    let y = rect.center().y;
    let font = theme::font(theme::SIZE_LIST);
    let galley = elided(ui, name, font, theme.text, NAME);
    ui.painter().galley(egui::pos2(rect.left(), y - galley.size().y / 2.0), galley, theme.text);
    // In a slim panel the limits are in the bar alone.
    let slim = rect.width() < SLIM;
    let numbers = if slim { NUMBERS_SLIM } else { NUMBERS };
    let track = Rect::from_x_y_ranges(
        rect.left() + NAME + 8.0..=(rect.right() - numbers - 8.0).max(rect.left() + NAME + 20.0),
        y - BAR / 2.0..=y + BAR / 2.0,
    );
    ui.painter().rect_filled(track, 3, theme.raised);
    let x = |share: f64| track.left() + track.width() * share.clamp(0.0, 1.0) as f32;
    if let Some(value) = estimate.value {
        ui.painter().rect_filled(track.with_max_x(x(value)), 3, color);
    }
    if let Some(limits) = estimate.interval {
        let stroke = egui::Stroke::new(1.5, theme.text);
        ui.painter().hline(x(limits.low)..=x(limits.high), y, stroke);
        for end in [limits.low, limits.high] {
            ui.painter().vline(x(end), y - 3.0..=y + 3.0, stroke);
        }
    }
    let whole = |share: f64| format!("{:.0}", share * 100.0);
    let text = match (estimate.value, estimate.interval) {
        (None, _) => "–".to_owned(),
        (Some(value), None) => percent(value as f32),
        (Some(value), Some(limits)) => {
            format!("{} [{}, {}]", percent(value as f32), whole(limits.low), whole(limits.high))
        }
    };
    let short = estimate.value.map(|value| percent(value as f32)).filter(|_| slim);
    let shown = short.as_ref().unwrap_or(&text);
    let galley = elided(ui, shown, theme::font(theme::SIZE_STATUS), theme.muted, numbers);
    let corner = egui::pos2(rect.right() - galley.size().x, y - galley.size().y / 2.0);
    ui.painter().galley(corner, galley, theme.muted);
    announce(ui, rect, Role::Meter, name, Some(text));
}

/// "2 min 21 s", "9.4 s", "1 h 5 min".
fn length(secs: f64) -> String {
    let whole = secs as u64;
    match whole {
        0..60 => format!("{secs:.1} s"),
        60..3600 => format!("{} min {} s", whole / 60, whole % 60),
        _ => format!("{} h {} min", whole / 3600, whole / 60 % 60),
    }
}

/// Markers, notes and what else happened; markers and notes can be added and removed.
fn events(
    ui: &mut egui::Ui,
    replay: &Replay,
    trace: &Trace,
    page: &mut ReplayPage,
    asked: &mut Vec<SessionsAction>,
) {
    let theme = Theme::of(ui);
    heading(ui, "At the moment that is shown", "");
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        let marker = Button::new("Marker").hint("M").name("Add marker");
        let note = Button::new("Note").name("Add note");
        let buttons = marker.width(ui) + note.width(ui) + 16.0;
        let width = (ui.available_width() - buttons).max(60.0);
        let id = egui::Id::unique("note of a moment");
        let edit = field(&mut page.note).id(id).hint_text("Text");
        let edit = ui.add(edit.desired_width(width - 16.0));
        call(ui, &edit, "Note at this moment");
        let entered = edit.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        let text = page.note.trim().to_owned();
        let noted = ui.add_enabled_ui(!text.is_empty(), |ui| note.ui(ui).clicked()).inner;
        if !text.is_empty() && (entered || noted) {
            asked.push(SessionsAction::Add(SessionEvent::Note { text }));
            page.note.clear();
        } else if marker.ui(ui).clicked() {
            asked.push(SessionsAction::Add(SessionEvent::Marker { label: text }));
            page.note.clear();
        }
    });
    ui.add_space(theme::GAP);
    heading(ui, "Markers and events", "");
    let (from, to) = replay.film.selection.unwrap_or((Duration::ZERO, Duration::MAX));
    let inside = trace.events().iter().filter(|e| e.at >= from && e.at <= to);
    let mut listed = 0;
    for (index, event) in inside.take(MOST_EVENTS).enumerate() {
        listed += 1;
        ui.push_id(("event", index), |ui| entry(ui, event, asked));
    }
    if listed == 0 {
        let text = match replay.film.selection {
            Some(_) => "None in the span that is selected.",
            None => "None. M or a number key sets one at the moment shown.",
        };
        small_text(ui, text, theme.muted);
    }
}

fn entry(ui: &mut egui::Ui, event: &TraceEvent, asked: &mut Vec<SessionsAction>) {
    let by_hand = matches!(event.event, SessionEvent::Marker { .. } | SessionEvent::Note { .. });
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        let (at, text) = (time(event.at), event_words(&event.event));
        let spoken = format!("{at} {text}");
        let room = ui.available_width() - if by_hand { theme::CONTROL_HEIGHT } else { 0.0 };
        let button = Button::new(&at).hint(&text).name(&spoken).look(Look::Quiet);
        let width = button.width(ui).min(room);
        if button.max_width(room).ui(ui).on_hover_text(&text).clicked() {
            asked.push(SessionsAction::Film(FilmAction::Seek(event.at)));
        }
        if by_hand {
            ui.add_space((room - width).max(0.0));
            let name = format!("Remove {text}");
            if Button::icon(Icon::Cross, &name).look(Look::Quiet).ui(ui).clicked() {
                let row = EventRow::new(event.at, None, &event.event);
                asked.push(SessionsAction::Remove(row));
            }
        }
    });
}
