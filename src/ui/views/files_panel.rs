//! The side of the page of files: the reading of the picture that is shown, or of a span, or the
//! list.

use std::time::Duration;

use eframe::egui::accesskit::Role;
use eframe::egui::{self, Rect};

use super::face_panel::{affect_of, big_word, duration, quality, small_text, title};
use super::files::FilesPage;
use super::files_list::files_list;
use super::{Scene, side_panel};
use crate::observation::Observation;
use crate::session::SessionEvent;
use crate::session::trace::{Follow, Span, Trace};
use crate::ui::actions::{Action, Actions, FilesAction, FilmAction};
use crate::ui::files_store::FileState;
use crate::ui::film::MediaState;
use crate::ui::store::count;
use crate::ui::theme::{self, Theme};
use crate::ui::widgets::{Button, EmotionBars, Look, ReadingRow, heading, percent, time};

/// Events that are listed; the table has all.
const MOST_EVENTS: usize = 60;

/// Draws the panel.
pub fn files_panel(
    ui: &mut egui::Ui,
    rect: Rect,
    scene: Scene<'_>,
    page: &mut FilesPage,
    actions: &mut Actions,
) {
    side_panel(ui, "files", rect, scene.compact, |ui| {
        let mut asked = Vec::new();
        tabs(ui, scene, &mut asked);
        ui.add_space(theme::GAP - theme::GRID);
        if scene.store.files.show_list {
            files_list(ui, scene, page, &mut asked);
        } else {
            reading(ui, scene, &mut asked);
        }
        actions.extend(asked.into_iter().map(Action::Files));
    });
}

fn tabs(ui: &mut egui::Ui, scene: Scene<'_>, asked: &mut Vec<FilesAction>) {
    let files = &scene.store.files;
    let open = files.open_files();
    let list = match (files.items.len(), open) {
        (0, _) => "List".to_owned(),
        (all, 0) => format!("List · {all}"),
        (all, open) => format!("List · {} of {all} done", all - open),
    };
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = theme::GRID;
        for (text, is_list) in [("Reading", false), (list.as_str(), true)] {
            let button = Button::new(text).look(Look::Pill).role(Role::Tab);
            if button.chosen(files.show_list == is_list).ui(ui).clicked() {
                asked.push(FilesAction::ShowList(is_list));
            }
        }
    });
}

fn reading(ui: &mut egui::Ui, scene: Scene<'_>, asked: &mut Vec<FilesAction>) {
    let files = &scene.store.files;
    if let (Some((from, to)), Some(span), Some(trace)) =
        (files.film.selection, files.span(), files.trace())
    {
        selected(ui, scene, ((from, to), span, trace), asked);
        return;
    }
    let found = files.observation();
    let face = found.as_ref().and_then(|found| files.film.followed(found));
    let trace = files.trace();
    match (face, trace) {
        (Some(face), Some(trace)) => title(ui, scene, face, trace.labels()),
        _ => no_reading(ui, scene, found.as_ref()),
    }
    let labels = trace.map(Trace::labels).or(scene.store.labels());
    let Some(labels) = labels else { return };
    ui.add_space(theme::GAP - theme::GRID);
    let rows = face.map(|face| {
        let both = face.smoothed.as_slice().iter().zip(face.posterior.as_slice());
        both.map(|(&smoothed, &raw)| ReadingRow { smoothed, raw }).collect()
    });
    bars(ui, scene, labels, rows);
    if !scene.compact {
        ui.add_space(theme::GAP);
        affect_of(ui, face.and_then(|face| face.affect), &[]);
        ui.add_space(theme::GAP);
        quality(ui, face);
    }
    if let Some(trace) = trace {
        seeks(ui, trace, (Duration::ZERO, Duration::MAX), &[], asked);
    }
}

pub(super) fn bars(
    ui: &mut egui::Ui,
    scene: Scene<'_>,
    labels: &crate::observation::Labels,
    rows: Option<Vec<ReadingRow>>,
) {
    let reduced_motion = scene.reduced_motion;
    EmotionBars { labels, rows, history: None, edge: 0.0, reduced_motion }.ui(ui);
}

fn no_reading(ui: &mut egui::Ui, scene: Scene<'_>, found: Option<&Observation>) {
    let theme = Theme::of(ui);
    let files = &scene.store.files;
    if !scene.compact {
        heading(ui, "Face", "");
    }
    if found.is_some() {
        big_word(ui, scene, "no face", theme.faint, None);
        let text = match files.film.follow {
            Follow::Track(track) => format!("Face {track} is not in this picture."),
            Follow::Largest => "Bars return when a face is in the picture.".to_owned(),
        };
        small_text(ui, &text, theme.muted);
        return;
    }
    let (word, text, color) = match (&files.film.media, files.item().map(|item| &item.state)) {
        (MediaState::Absent, _) => {
            ("no file", "Readings stand here when a file is open.".to_owned(), theme.muted)
        }
        (_, Some(FileState::Failed(why))) => ("no reading", why.clone(), theme.warning),
        (_, Some(FileState::Waiting)) => {
            ("not analysed yet", "Other files are before it.".to_owned(), theme.muted)
        }
        (_, Some(FileState::Stopped)) => (
            "not analysed",
            "Analysis was stopped. The list has a button to begin again.".to_owned(),
            theme.muted,
        ),
        (_, Some(FileState::Working { progress, .. })) => {
            let at = time(progress.pts.since_start());
            ("not analysed yet", format!("Analysis is at {at}."), theme.muted)
        }
        _ => match files.load_problem() {
            Some(problem) => ("no reading", problem.to_owned(), theme.warning),
            None if files.trace().is_none() => {
                ("one moment", "The session is being read.".to_owned(), theme.muted)
            }
            None => ("no reading", "This picture is not in the table.".to_owned(), theme.muted),
        },
    };
    big_word(ui, scene, word, theme.faint, None);
    small_text(ui, &text, color);
}

fn selected(
    ui: &mut egui::Ui,
    scene: Scene<'_>,
    ((from, to), span, trace): ((Duration, Duration), &Span, &Trace),
    asked: &mut Vec<FilesAction>,
) {
    let theme = Theme::of(ui);
    let labels = trace.labels();
    heading(ui, &format!("Selected {} – {}", time(from), time(to)), "");
    let top = (0..labels.len()).max_by(|a, b| span.share(*a).total_cmp(&span.share(*b)));
    match top.filter(|top| span.share(*top) > 0.0) {
        Some(top) => {
            let word = format!("{} {}", labels.name(top), percent(span.share(top)));
            let color = theme.classes(labels.names()).get(top).copied();
            big_word(ui, scene, &word, theme.text, color);
            let class = span.classes[top];
            let text = format!(
                "of {} with a face; {}, longest {:.1} s",
                length(span.with_face),
                count(class.episodes.into(), "episode"),
                class.longest.as_secs_f32(),
            );
            small_text(ui, &text, theme.muted);
        }
        None if span.analysed.is_zero() => {
            big_word(ui, scene, "not analysed yet", theme.faint, None);
        }
        None => {
            let word = if span.with_face.is_zero() { "no face" } else { "unsure" };
            big_word(ui, scene, word, theme.faint, None);
        }
    }
    ui.add_space(theme::GAP - theme::GRID);
    let rows = (!span.with_face.is_zero()).then(|| {
        let row = |class| ReadingRow {
            smoothed: span.share(class),
            raw: span.mean.get(class).copied().unwrap_or_default(),
        };
        (0..labels.len()).map(row).collect()
    });
    bars(ui, scene, labels, rows);
    small_text(
        ui,
        "bar: share of the time this was the label; tick: mean probability",
        theme.faint,
    );
    ui.add_space(theme::GRID);
    if Button::new("Back to the picture").look(Look::Quiet).hint("Esc").ui(ui).clicked() {
        asked.push(FilesAction::Film(FilmAction::Select(None)));
    }
    seeks(ui, trace, (from, to), &span.lost, asked);
}

/// "2 min 21 s", "9.4 s".
fn length(time: Duration) -> String {
    let secs = time.as_secs();
    match secs {
        0..60 => format!("{:.1} s", time.as_secs_f32()),
        60..3600 => format!("{} min {} s", secs / 60, secs % 60),
        _ => duration(time),
    }
}

fn seeks(
    ui: &mut egui::Ui,
    trace: &Trace,
    span: (Duration, Duration),
    lost: &[(Duration, Duration)],
    asked: &mut Vec<FilesAction>,
) {
    let at = events(ui, trace, span, lost);
    asked.extend(at.map(|at| FilesAction::Film(FilmAction::Seek(at))));
}

/// What happened in a span, and when the face was lost; the time of one that was clicked.
pub(super) fn events(
    ui: &mut egui::Ui,
    trace: &Trace,
    (from, to): (Duration, Duration),
    lost: &[(Duration, Duration)],
) -> Option<Duration> {
    let inside = trace.events().iter().filter(|e| e.at >= from && e.at <= to);
    let mut entries: Vec<(Duration, String)> =
        inside.take(MOST_EVENTS).map(|event| (event.at, event_words(&event.event))).collect();
    entries.extend(
        lost.iter()
            .take(MOST_EVENTS)
            .map(|(at, length)| (*at, format!("face lost for {:.1} s", length.as_secs_f32()))),
    );
    entries.sort_by_key(|(at, _)| *at);
    if entries.is_empty() {
        return None;
    }
    ui.add_space(theme::GAP);
    heading(ui, "Events", "");
    let mut clicked = None;
    for (at, text) in entries.iter().take(MOST_EVENTS) {
        let at_text = time(*at);
        let width = ui.available_width();
        let spoken = format!("{at_text} {text}");
        let button = Button::new(&at_text).hint(text).name(&spoken).look(Look::Quiet);
        if button.max_width(width).ui(ui).on_hover_text(text).clicked() {
            clicked = Some(*at);
        }
    }
    clicked
}

/// What happened, in a few words.
pub(super) fn event_words(event: &SessionEvent) -> String {
    match event {
        SessionEvent::Marker { label } if label.starts_with("marker") => label.clone(),
        SessionEvent::Marker { label } => format!("marker {label}").trim_end().to_owned(),
        SessionEvent::Note { text } => format!("note {text}"),
        SessionEvent::Gap { duration, reason } => {
            format!("gap of {:.1} s: {reason}", duration.as_secs_f32())
        }
        SessionEvent::SourceLost { reason } => format!("source lost: {reason}"),
        SessionEvent::SourceReturned { .. } => "source back".to_owned(),
        SessionEvent::Cut => "cut".to_owned(),
        SessionEvent::Prompt { text } => format!("companion: {text}"),
        SessionEvent::Answer { text } => format!("answer: {text}"),
        SessionEvent::SettingsChanged { settings } => format!("settings: {settings}"),
    }
}
