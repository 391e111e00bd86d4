//! The reading of the chosen face: one word, how sure, the bars, affect, and what stands in the
//! way of a good reading.

use std::time::Duration;

use eframe::egui::accesskit::Role;
use eframe::egui::{self, Color32, Rect, RichText, Sense, StrokeKind, pos2, vec2};

use super::companion_card::companion_card;
use super::{Scene, panel_pad, side_panel};
use crate::observation::{Affect, FaceReading, Hint, Label, Labels};
use crate::ui::actions::Actions;
use crate::ui::store::{ModelState, SourceState};
use crate::ui::theme::{self, Theme};
use crate::ui::widgets::{
    AffectPlane, EmotionBars, Meter, ReadingRow, announce, elided, heading, percent, signed,
};

const SWATCH: f32 = 14.0;
const SWATCH_GAP: f32 = 10.0;
/// Length of the trail of affect.
const TRAIL_SECS: f64 = 5.0;
/// Room that affect and quality need.
const AFFECT_HEIGHT: f32 = 120.0;
const QUALITY_HEIGHT: f32 = 128.0;
/// Distance of the lines beside the plane of affect.
const AFFECT_LINE: f32 = 26.0;

/// Draws the panel.
pub fn face_panel(ui: &mut egui::Ui, rect: Rect, scene: Scene<'_>, actions: &mut Actions) {
    let bottom = rect.bottom() - panel_pad(scene.compact);
    side_panel(ui, "reading", rect, scene.compact, |ui| {
        contents(ui, bottom, scene, actions);
    });
}

/// `bottom` is where the panel ends without scrolling.
fn contents(ui: &mut egui::Ui, bottom: f32, scene: Scene<'_>, actions: &mut Actions) {
    let reading = reading(scene);
    match (reading, scene.store.labels()) {
        (Some(reading), Some(labels)) => {
            title(ui, scene, reading, labels);
            baseline(ui, scene);
        }
        _ => no_reading(ui, scene),
    }
    let Some(labels) = scene.store.labels() else { return };
    ui.add_space(if scene.compact { theme::GRID } else { theme::GAP - theme::GRID });
    // In a small window, what is said would be below the edge.
    let first = scene.compact && scene.store.companion.prompt.is_some();
    if first {
        companion_card(ui, scene, actions);
    }
    bars(ui, scene, reading, labels);
    if !first {
        companion_card(ui, scene, actions);
    }
    // In a small window a part that does not fit is left out: half of it would only disturb.
    let fits = |ui: &egui::Ui, height: f32| {
        !scene.compact || ui.cursor().top() + theme::GAP + height <= bottom
    };
    // A model that does not say where its classes lie tells no affect, and has no empty plane.
    let last = reading.or(scene.store.readout().chosen().map(|face| &face.reading));
    if fits(ui, AFFECT_HEIGHT) && last.is_none_or(|reading| reading.affect.is_some()) {
        ui.add_space(theme::GAP);
        affect(ui, scene, reading);
    }
    if fits(ui, QUALITY_HEIGHT) {
        ui.add_space(theme::GAP);
        quality(ui, reading);
    }
}

/// That readings are corrected, and with what.
fn baseline(ui: &mut egui::Ui, scene: Scene<'_>) {
    let Some(baseline) = &scene.store.baseline.applied else { return };
    let several = scene.store.readout().latest.as_ref().is_some_and(|seen| seen.faces.len() > 1);
    let words = if several {
        format!("baseline “{}”, on every face", baseline.profile)
    } else {
        format!("baseline “{}”", baseline.profile)
    };
    let words = RichText::new(words).font(theme::font(theme::SIZE_STATUS));
    ui.label(words.color(Theme::of(ui).muted))
        .on_hover_text("What this face reads as at rest is taken off. Settings, Baseline.");
}

/// The chosen face, unless no picture comes: an old number would pass for a new one.
fn reading(scene: Scene<'_>) -> Option<&FaceReading> {
    let running = matches!(scene.store.source, SourceState::Running(_));
    scene.store.readout().chosen_now().filter(|_| running)
}

pub(super) fn title(ui: &mut egui::Ui, scene: Scene<'_>, reading: &FaceReading, labels: &Labels) {
    let theme = Theme::of(ui);
    if !scene.compact {
        let note = format!("· for {}", duration(reading.age));
        heading(ui, &format!("Face {}", reading.track), &note);
    }
    let word = reading.label.word(labels);
    match reading.label {
        Label::Class(class) => {
            let color = theme.classes(labels.names()).get(class).copied();
            big_word(ui, scene, word, theme.text, color);
            let text =
                format!("{} · steady for {}", percent(reading.certainty), duration(reading.steady));
            small_text(ui, &text, theme.muted);
        }
        Label::Unsure(hint) => {
            big_word(ui, scene, word, theme.muted, None);
            // "No expression stands out" is news, not a thing to act on.
            let quiet = matches!(hint, Hint::Ambiguous | Hint::JustAppeared);
            small_text(ui, hint.advice(), if quiet { theme.muted } else { theme.warning });
        }
    }
}

fn no_reading(ui: &mut egui::Ui, scene: Scene<'_>) {
    let theme = Theme::of(ui);
    if !scene.compact {
        heading(ui, "Face", "");
    }
    let running = matches!(scene.store.source, SourceState::Running(_));
    match &scene.store.models {
        ModelState::Failed(message) => {
            big_word(ui, scene, "no reading", theme.faint, None);
            small_text(ui, message, theme.warning);
        }
        ModelState::Loading => {
            big_word(ui, scene, "one moment", theme.faint, None);
            small_text(ui, "The models are loading.", theme.muted);
        }
        ModelState::Ready { .. } => {
            big_word(ui, scene, "no face", theme.faint, None);
            let text = if running {
                "Bars return when a face is in the picture."
            } else {
                "Bars return with the picture."
            };
            small_text(ui, text, theme.muted);
        }
    }
}

/// The one word that dominates, with its swatch.
pub(super) fn big_word(
    ui: &mut egui::Ui,
    scene: Scene<'_>,
    word: &str,
    color: Color32,
    swatch: Option<Color32>,
) {
    let size = if scene.compact { theme::SIZE_LABEL_SMALL } else { theme::SIZE_LABEL };
    let lead = if swatch.is_some() { SWATCH + SWATCH_GAP } else { 0.0 };
    let galley = elided(ui, word, theme::bold(size), color, ui.available_width() - lead);
    let height = (size * 1.25).round();
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    let y = rect.center().y;
    if let Some(swatch) = swatch {
        let centre = pos2(rect.left() + SWATCH / 2.0, y + 1.0);
        let square = Rect::from_center_size(centre, vec2(SWATCH, SWATCH));
        ui.painter().rect(square, 4, swatch, egui::Stroke::NONE, StrokeKind::Inside);
    }
    ui.painter().galley(pos2(rect.left() + lead, y - galley.size().y / 2.0), galley, color);
    announce(ui, rect, Role::Heading, word, None);
}

pub(super) fn small_text(ui: &mut egui::Ui, text: &str, color: Color32) {
    ui.label(RichText::new(text).font(theme::font(theme::SIZE_LIST)).color(color));
}

fn bars(ui: &mut egui::Ui, scene: Scene<'_>, reading: Option<&FaceReading>, labels: &Labels) {
    let readout = scene.store.readout();
    let rows = reading.map(|reading| {
        let raw = reading.posterior.as_slice();
        let smoothed = reading.smoothed.as_slice();
        smoothed.iter().zip(raw).map(|(&smoothed, &raw)| ReadingRow { smoothed, raw }).collect()
    });
    EmotionBars {
        labels,
        rows,
        history: readout.chosen(),
        edge: readout.edge(scene.store.shown_at()),
        reduced_motion: scene.reduced_motion,
    }
    .ui(ui);
}

fn affect(ui: &mut egui::Ui, scene: Scene<'_>, reading: Option<&FaceReading>) {
    let readout = scene.store.readout();
    let from = readout.edge(scene.store.shown_at()) - TRAIL_SECS;
    let trail: Vec<Affect> = match (reading, readout.chosen()) {
        (Some(_), Some(face)) => face
            .samples
            .iter()
            .filter(|sample| sample.at >= from)
            .filter_map(|s| s.affect)
            .collect(),
        _ => Vec::new(),
    };
    affect_of(ui, reading.and_then(|reading| reading.affect), &trail);
}

pub(super) fn affect_of(ui: &mut egui::Ui, now: Option<Affect>, trail: &[Affect]) {
    let theme = Theme::of(ui);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = theme::PAD;
        AffectPlane { now, trail }.ui(ui);
        let size = vec2(ui.available_width(), 4.0 * AFFECT_LINE);
        let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
        let line = |index: f32| {
            let top = rect.top() + index * AFFECT_LINE;
            Rect::from_min_size(pos2(rect.left(), top), vec2(rect.width(), AFFECT_LINE))
        };
        super::row_region(ui, "affect heading", line(0.0), |ui| heading(ui, "Affect", ""));
        for (index, name, value) in [
            (1.0, "valence", now.map(|affect| affect.valence)),
            (2.0, "arousal", now.map(|affect| affect.arousal)),
        ] {
            super::row_region(ui, name, line(index), |ui| {
                ui.spacing_mut().item_spacing.x = theme::GRID;
                small_text(ui, name, theme.text);
                let text = value.map_or("–".to_owned(), signed);
                let text = RichText::new(text).font(theme::bold(theme::SIZE_LIST));
                ui.label(text.color(theme.text));
            });
        }
        super::row_region(ui, "affect source", line(3.0), |ui| {
            small_text(ui, "from the bars", theme.muted);
        });
    });
}

pub(super) fn quality(ui: &mut egui::Ui, reading: Option<&FaceReading>) {
    heading(ui, "Reading quality", "");
    ui.add_space(2.0);
    ui.spacing_mut().item_spacing.y = 6.0;
    let quality = reading.map(|reading| reading.quality);
    let complaint = |about: &[Hint]| {
        let hint = quality?.hint?;
        about.contains(&hint).then(|| hint.word())
    };
    let meters = [
        ("size", quality.map(|q| q.size), complaint(&[Hint::TooSmall])),
        (
            "light",
            quality.map(|q| q.light),
            complaint(&[Hint::TooDark, Hint::TooBright, Hint::UnevenLight]),
        ),
        ("sharpness", quality.map(|q| q.sharpness), complaint(&[Hint::Blurred])),
        ("turn", quality.map(|q| q.turn), complaint(&[Hint::TurnedAway])),
    ];
    for (name, value, complaint) in meters {
        Meter { name, value, complaint }.ui(ui);
    }
}

/// "4 s", "2 min", "1 h 5 min".
pub(super) fn duration(time: Duration) -> String {
    let secs = time.as_secs();
    match secs {
        0..60 => format!("{secs} s"),
        60..3600 => format!("{} min", secs / 60),
        _ => format!("{} h {} min", secs / 3600, secs / 60 % 60),
    }
}
