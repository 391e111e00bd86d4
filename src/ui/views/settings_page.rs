//! Everything the user can choose once, and what is said about the next recording. Choices take
//! effect and are kept at once.

use std::path::PathBuf;

use eframe::egui::{self, Align2, Rect, RichText, TextEdit, vec2};

use super::baseline_settings::baseline_settings;
use super::companion_settings::companion_settings;
use super::model_card::model_card;
use super::teach::call;
use super::{Scene, text_page};
use crate::session::SessionMeta;
use crate::settings::{self, ReducedMotion, Settings};
use crate::ui::actions::{Action, Actions, LockAction};
use crate::ui::lock_store::Purpose;
use crate::ui::theme::{self, Theme};
use crate::ui::widgets::{Button, Look, heading};

const NAME_WIDTH: f32 = 168.0;
const MARKER_WIDTH: f32 = 150.0;
const KEY_WIDTH: f32 = 18.0;
/// A marker is a word or two.
const MARKER_CHARS: usize = 60;
/// From small print to twice the size.
const SIZES: [(&str, f32); 5] =
    [("80 %", 0.8), ("100 %", 1.0), ("125 %", 1.25), ("150 %", 1.5), ("200 %", 2.0)];

/// Text that is being typed.
#[derive(Debug, Default)]
pub struct SettingsPage {
    folder: Option<String>,
    model: Option<String>,
}

impl SettingsPage {
    /// Offers a field for the folder of a model.
    pub fn type_model_path(&mut self) {
        self.model.get_or_insert_default();
    }
}

/// Draws the page.
pub fn settings_page(
    ui: &mut egui::Ui,
    rect: Rect,
    scene: Scene<'_>,
    page: &mut SettingsPage,
    actions: &mut Actions,
) {
    let mut settings = scene.settings.clone();
    let mut meta = scene.meta.clone();
    let head = ("settings", "Settings", "Close settings");
    text_page(ui, rect, scene, head, actions, |ui, actions| {
        card(ui, "Next recording", |ui| recording(ui, &mut meta));
        card(ui, "Where recordings go", |ui| {
            folder(ui, scene, &mut settings, page, actions);
            encryption(ui, scene, &mut settings, actions);
        });
        card(ui, "Names of the number keys", |ui| marker_names(ui, &mut settings.marker_names));
        card(ui, "Emotion model", |ui| {
            model_card(ui, scene, &mut settings, &mut page.model, actions);
        });
        card(ui, "Reading", |ui| reading(ui, &mut settings));
        card(ui, "Baseline", |ui| baseline_settings(ui, scene, &mut settings, actions));
        card(ui, "Companion", |ui| {
            let font = &scene.store.companion.font;
            companion_settings(ui, &mut settings.companion, font, actions);
        });
        card(ui, "Window", |ui| window(ui, &mut settings));
    });
    if settings != *scene.settings {
        actions.push(Action::Change(Box::new(settings)));
    }
    if meta != *scene.meta {
        actions.push(Action::Describe(meta));
    }
}

pub(super) fn card(ui: &mut egui::Ui, title: &str, contents: impl FnOnce(&mut egui::Ui)) {
    let theme = Theme::of(ui);
    theme.card().show(ui, |ui| {
        ui.set_width(ui.available_width());
        heading(ui, title, "");
        ui.add_space(theme::GRID);
        ui.spacing_mut().item_spacing.y = 8.0;
        contents(ui);
    });
    ui.add_space(theme::GAP - theme::GRID);
}

/// A name at the left and its control beside it; the control is named after it.
pub(super) fn row<R>(ui: &mut egui::Ui, name: &str, control: impl FnOnce(&mut egui::Ui) -> R) -> R {
    let theme = Theme::of(ui);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        let width = NAME_WIDTH.min(ui.available_width() * 0.4);
        let (rect, _) =
            ui.allocate_exact_size(vec2(width, theme::CONTROL_HEIGHT), egui::Sense::hover());
        let font = theme::font(theme::SIZE_LIST);
        let galley = crate::ui::widgets::elided(ui, name, font, theme.text, width);
        let corner = egui::pos2(rect.left(), rect.center().y - galley.size().y / 2.0);
        ui.painter().galley(corner, galley, theme.text);
        ui.name_inputs(name, control)
    })
    .inner
}

pub(super) fn note(ui: &mut egui::Ui, text: &str) {
    let theme = Theme::of(ui);
    let text = RichText::new(text).font(theme::font(theme::SIZE_STATUS)).color(theme.muted);
    ui.label(text);
}

pub(super) fn field(text: &mut String) -> TextEdit<'_> {
    TextEdit::singleline(text)
        .desired_width(f32::INFINITY)
        .margin(egui::Margin::symmetric(8, 5))
        .font(theme::font(theme::SIZE_LIST))
}

/// What the box beside it says, and what is stored with the recording.
const AGREED: &str = "The participant has agreed to be recorded";

fn recording(ui: &mut egui::Ui, meta: &mut SessionMeta) {
    let participant = row(ui, "Participant code", |ui| ui.add(field(&mut meta.participant)));
    if participant.changed() {
        // Consent was given by somebody else.
        (meta.consent_utc, meta.consent_text) = (None, None);
    }
    row(ui, "Note", |ui| ui.add(field(&mut meta.note)));
    let mut given = meta.consent_utc.is_some();
    if ui.checkbox(&mut given, AGREED).changed() {
        meta.consent_utc = given.then(now_utc);
        meta.consent_text = given.then(|| AGREED.into());
    }
    match &meta.consent_utc {
        Some(at) => note(ui, &format!("Agreed at {at}; this time is stored with the recording.")),
        None => note(
            ui,
            "A code such as P-07, never a name. All of this is cleared after the recording.",
        ),
    }
}

/// This moment as ISO 8601 in UTC, to the second.
fn now_utc() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn folder(
    ui: &mut egui::Ui,
    scene: Scene<'_>,
    settings: &mut Settings,
    page: &mut SettingsPage,
    actions: &mut Actions,
) {
    let kept = settings.sessions_dir.clone().unwrap_or_else(|| scene.sessions_dir.to_owned());
    let text = page.folder.get_or_insert_with(|| kept.display().to_string());
    let response = row(ui, "Sessions folder", |ui| ui.add(field(text)));
    let typed = PathBuf::from(text.trim());
    // Relative to what, nobody could say who starts Mien from a menu.
    let sound = typed.as_os_str().is_empty() || typed.is_absolute();
    if !sound {
        note(ui, "Please give the whole path, from its beginning.");
    }
    if !response.has_focus() {
        if response.lost_focus() && sound && typed != kept {
            settings.sessions_dir = (!typed.as_os_str().is_empty()).then_some(typed);
        }
        page.folder = None;
    }
    row(ui, "", |ui| {
        if Button::new("Open folder").ui(ui).clicked() {
            actions.push(Action::OpenFolder(kept));
        }
    });
}

/// A field for each key; a key without a name writes its number.
fn marker_names(ui: &mut egui::Ui, names: &mut Vec<String>) {
    let mut typed = names.clone();
    typed.resize(Settings::MARKER_KEYS, String::new());
    let columns = if ui.available_width() < 3.0 * MARKER_WIDTH { 2 } else { 3 };
    let width = ui.available_width() / columns as f32;
    for (row, names) in typed.chunks_mut(columns).enumerate() {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 0.0;
            for (column, name) in names.iter_mut().enumerate() {
                let key = (row * columns + column + 1).to_string();
                let (rect, _) = ui.allocate_exact_size(
                    vec2(KEY_WIDTH, theme::CONTROL_HEIGHT),
                    egui::Sense::hover(),
                );
                let font = theme::bold(theme::SIZE_LIST);
                let color = Theme::of(ui).muted;
                ui.painter().text(rect.left_center(), Align2::LEFT_CENTER, &key, font, color);
                let field = field(name).hint_text(format!("marker {key}"));
                let field = field.desired_width(width - KEY_WIDTH - 24.0).char_limit(MARKER_CHARS);
                let edit = ui.add(field);
                call(ui, &edit, &format!("Name of key {key}"));
                ui.add_space(8.0);
            }
        });
    }
    note(ui, "What keys 1 to 9 write into the recording; without a name, their number.");
    while typed.last().is_some_and(String::is_empty) {
        typed.pop();
    }
    *names = typed;
}

fn encryption(ui: &mut egui::Ui, scene: Scene<'_>, settings: &mut Settings, actions: &mut Actions) {
    ui.checkbox(&mut settings.encrypt_new_sessions, "Encrypt new sessions");
    if !settings.encrypt_new_sessions {
        return;
    }
    note(
        ui,
        "A recording is locked with your passphrase when it ends. While it runs, and after a \
         crash, its rows are plain on the disk; deleted files may stay recoverable there.",
    );
    let text = match scene.knows_passphrase {
        true => "Another passphrase…",
        false => "Passphrase…",
    };
    row(ui, "", |ui| {
        if Button::new(text).ui(ui).clicked() {
            let purpose = Purpose::Recordings { record: false };
            actions.push(Action::Lock(LockAction::Ask(purpose)));
        }
    });
    if !scene.knows_passphrase {
        note(ui, "Without one you are asked at the first recording, once until Mien is closed.");
    }
}

fn reading(ui: &mut egui::Ui, settings: &mut Settings) {
    let pipeline = &mut settings.pipeline;
    row(ui, "Smoothing", |ui| {
        let slider = egui::Slider::new(&mut pipeline.smoothing_secs, 0.0..=2.0).step_by(0.05);
        ui.add(slider.suffix(" s"))
    });
    note(ui, "Steadier bars, and as much lag. Recordings hold the raw values as well.");
    row(ui, "Unsure below", |ui| {
        let slider = egui::Slider::new(&mut pipeline.unsure_below, 0.0..=0.95).step_by(0.05);
        let percent = |value: f64, _| format!("{:.0} %", value * 100.0);
        ui.add(slider.custom_formatter(percent).custom_parser(|text| {
            text.trim_end_matches(['%', ' ']).parse::<f64>().ok().map(|percent| percent / 100.0)
        }))
    });
    row(ui, "Faces at once", |ui| ui.add(egui::Slider::new(&mut pipeline.max_faces, 1..=16)));
}

fn window(ui: &mut egui::Ui, settings: &mut Settings) {
    let themes = [
        ("System", settings::Theme::System),
        ("Dark", settings::Theme::Dark),
        ("Light", settings::Theme::Light),
    ];
    choice(ui, "Theme", &themes, &mut settings.theme);
    choice(ui, "Text size", &SIZES, &mut settings.text_scale);
    let motions =
        [("System", ReducedMotion::System), ("On", ReducedMotion::On), ("Off", ReducedMotion::Off)];
    choice(ui, "Reduced motion", &motions, &mut settings.reduced_motion);
    ui.checkbox(&mut settings.mirror, "Show the camera as a mirror does");
    ui.checkbox(&mut settings.overlays, "Mark faces in the picture");
}

pub(super) fn choice<T: Copy + PartialEq>(
    ui: &mut egui::Ui,
    name: &str,
    options: &[(&str, T)],
    chosen: &mut T,
) {
    row(ui, name, |ui| {
        for (text, value) in options {
            let spoken = format!("{name}: {text}");
            let button = Button::new(text).name(&spoken).look(Look::Pill);
            if button.chosen(chosen == value).ui(ui).clicked() {
                *chosen = *value;
            }
        }
    });
}
