//! What acts on the view: source, recording, marker, freeze.

use eframe::egui::accesskit::Role;
use eframe::egui::{self, Popup, Rect, Sense, vec2};

use super::{Scene, bar};
use crate::source::SourceSpec;
use crate::ui::actions::{Action, Actions, NoteAction, View};
use crate::ui::store::{RecordingState, SourceState};
use crate::ui::theme::{self, Theme};
use crate::ui::widgets::{Button, Icon, Look, announce, heading};

/// Widest name of a source.
const SOURCE_WIDTH: f32 = 320.0;
const SOURCE_WIDTH_SMALL: f32 = 190.0;
const MENU_WIDTH: f32 = 280.0;

/// Draws the bar; `open_sources` opens the list of sources once.
pub fn top_bar(
    ui: &mut egui::Ui,
    rect: Rect,
    scene: Scene<'_>,
    open_sources: &mut bool,
    actions: &mut Actions,
) {
    bar(ui, rect, |ui| {
        name(ui);
        let stats = &scene.store.stats;
        let elapsed = clock(stats.recording_for.unwrap_or_default().as_secs());
        let elapsed = if scene.compact { elapsed } else { format!("Recording {elapsed}") };
        let size = format!("· {}", megabytes(stats.recording_bytes));
        let buttons = right_buttons(ui, scene, (&elapsed, &size));
        let width: f32 = buttons.iter().map(|(button, _)| button.width(ui)).sum::<f32>()
            + theme::GAP * (buttons.len() - 1) as f32
            + if scene.compact { theme::GAP + theme::CONTROL_HEIGHT } else { 0.0 };
        let widest = if scene.compact { SOURCE_WIDTH_SMALL } else { SOURCE_WIDTH };
        let room = (ui.available_width() - width - theme::GAP).min(widest);
        sources(ui, scene, room, open_sources, actions);
        ui.add_space((ui.available_width() - width).max(0.0));
        for (button, action) in buttons {
            let enabled = action.is_some();
            let clicked = ui.add_enabled_ui(enabled, |ui| button.ui(ui).clicked()).inner;
            if let Some(action) = action.filter(|_| clicked) {
                actions.push(action);
            }
        }
        if scene.compact {
            more(ui, scene, actions);
        }
    });
}

fn name(ui: &mut egui::Ui) {
    let theme = Theme::of(ui);
    let font = theme::bold(theme::SIZE_NAME);
    let galley = ui.painter().layout_no_wrap("Mien".to_owned(), font, theme.text);
    let (rect, _) = ui.allocate_exact_size(galley.size(), Sense::hover());
    ui.painter().galley(rect.min, galley, theme.text);
    announce(ui, rect, Role::Label, "Mien", None);
}

/// The buttons at the right with what they do; `None`: not now.
fn right_buttons<'a>(
    ui: &egui::Ui,
    scene: Scene<'a>,
    (elapsed, size): (&'a str, &'a str),
) -> Vec<(Button<'a>, Option<Action>)> {
    let theme = Theme::of(ui);
    let store = scene.store;
    let hint = |text: &'a str| if scene.compact { "" } else { text };
    let mut buttons = Vec::new();
    let ready = store.source_info().is_some();
    buttons.push(match &store.recording {
        RecordingState::Off => (
            Button::new("Record").dot(theme.recording).hint(hint("R")),
            ready.then_some(Action::StartRecording),
        ),
        RecordingState::Starting => (Button::new("Starting…").dot(theme.recording), None),
        RecordingState::Stopping => (Button::new("Saving…").dot(theme.recording), None),
        RecordingState::On { .. } => (
            Button::new(elapsed)
                .hint(hint(size))
                .dot(theme.recording)
                .look(Look::Recording)
                .name("Stop recording"),
            Some(Action::StopRecording),
        ),
    });
    if !scene.compact {
        buttons.push((Button::new("Marker").hint("M"), ready.then_some(Action::Mark(None))));
        if matches!(store.recording, RecordingState::On { .. }) {
            buttons.push((Button::new("Note").hint("N"), Some(Action::Note(NoteAction::Begin))));
        }
        let frozen = store.is_frozen();
        let button = Button::new(if frozen { "Frozen" } else { "Freeze" })
            .name(if frozen { "Go on" } else { "Freeze" })
            .hint("Space")
            .chosen(frozen);
        buttons.push((button, (ready || frozen).then_some(Action::Freeze(!frozen))));
    }
    buttons
}

fn sources(
    ui: &mut egui::Ui,
    scene: Scene<'_>,
    max_width: f32,
    open_sources: &mut bool,
    actions: &mut Actions,
) {
    let store = scene.store;
    let name = source_name(scene);
    let hint = match store.source_info() {
        Some(info) if !scene.compact => {
            let (width, height) = info.size;
            let rate = if info.nominal_rate_hz > 0.0 {
                format!(" · {:.0}", info.nominal_rate_hz)
            } else {
                String::new()
            };
            format!("{width} × {height}{rate}")
        }
        _ => String::new(),
    };
    let spoken = format!("Source: {name}");
    let response = Button::new(&name).hint(&hint).name(&spoken).arrow().max_width(max_width).ui(ui);
    if std::mem::take(open_sources) {
        Popup::open_id(ui.ctx(), Popup::default_response_id(&response));
    }
    Popup::menu(&response)
        .width(MENU_WIDTH)
        .gap(theme::GRID)
        .accessible_name("Sources")
        .show(|ui| source_list(ui, scene, actions));
}

fn source_name(scene: Scene<'_>) -> String {
    let store = scene.store;
    if let Some(info) = store.source_info() {
        return info.name.clone();
    }
    match &store.spec {
        None => "No source".to_owned(),
        Some(SourceSpec::Demo { .. }) => "Demo".to_owned(),
        Some(SourceSpec::Camera { number, .. }) => {
            let cameras = store.cameras.as_deref().unwrap_or_default();
            let entry = cameras.iter().find(|c| number.is_none_or(|n| n == c.number));
            entry.map_or_else(|| "Camera".to_owned(), |camera| camera.name.clone())
        }
    }
}

fn source_list(ui: &mut egui::Ui, scene: Scene<'_>, actions: &mut Actions) {
    let theme = Theme::of(ui);
    let store = scene.store;
    ui.set_width(MENU_WIDTH);
    ui.spacing_mut().item_spacing.y = 2.0;
    let entry = |ui: &mut egui::Ui, text: &str, hint: &str, chosen: bool| {
        let mut button = Button::new(text)
            .hint(hint)
            .look(Look::Quiet)
            .chosen(chosen)
            .role(Role::MenuItem)
            .full_width()
            .max_width(MENU_WIDTH);
        if chosen {
            button = button.with_icon(Icon::Tick);
        }
        button.ui(ui).clicked()
    };
    section(ui, "Cameras");
    let cameras = store.cameras.as_deref().unwrap_or_default();
    for (index, camera) in cameras.iter().enumerate() {
        let chosen = match &store.spec {
            Some(SourceSpec::Camera { number, .. }) => {
                number.map_or(index == 0, |number| number == camera.number)
            }
            _ => false,
        };
        let hint = camera.sizes.first().map_or(String::new(), |(w, h)| format!("{w} × {h}"));
        if entry(ui, &camera.name, &hint, chosen) {
            actions
                .push(Action::Open(SourceSpec::Camera { number: Some(camera.number), size: None }));
            ui.close();
        }
        if chosen && camera.sizes.len() > 1 {
            picture_sizes(ui, scene, (camera.number, &camera.sizes), actions);
        }
    }
    if cameras.is_empty() {
        let text = match &store.cameras {
            None => "Looking for cameras…",
            Some(_) => "None is plugged in. Mien keeps looking.",
        };
        ui.horizontal(|ui| {
            ui.add_space(10.0);
            let text = egui::RichText::new(text).font(theme::font(theme::SIZE_LIST));
            ui.label(text.color(theme.muted));
        });
    }
    ui.add_space(theme::GRID);
    section(ui, "Demo");
    for (people, text) in [(1, "Demo, one person"), (2, "Demo, two people")] {
        let spec = SourceSpec::Demo { people };
        if entry(ui, text, "drawn", store.spec.as_ref() == Some(&spec)) {
            actions.push(Action::Open(spec));
            ui.close();
        }
    }
    if matches!(store.source, SourceState::Failed(_)) {
        ui.add_space(theme::GRID);
        if entry(ui, "Try again", "", false) {
            actions.push(Action::Retry);
            ui.close();
        }
    }
}

fn section(ui: &mut egui::Ui, text: &str) {
    ui.horizontal(|ui| {
        ui.add_space(10.0);
        heading(ui, text, "");
    });
}

fn picture_sizes(
    ui: &mut egui::Ui,
    scene: Scene<'_>,
    (number, sizes): (u32, &[(u32, u32)]),
    actions: &mut Actions,
) {
    let shown = scene.store.source_info().map(|info| info.size);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(6.0, theme::GRID);
        ui.add_space(theme::GRID);
        for size in sizes {
            let text = format!("{} × {}", size.0, size.1);
            let name = format!("Picture size {text}");
            let button = Button::new(&text).name(&name).look(Look::Pill);
            if button.chosen(shown == Some(*size)).ui(ui).clicked() {
                actions.push(Action::Open(SourceSpec::Camera {
                    number: Some(number),
                    size: Some(*size),
                }));
                ui.close();
            }
        }
    });
    ui.add_space(theme::GRID);
}

/// What the rail and the bar offer in a large window.
pub(super) fn more(ui: &mut egui::Ui, scene: Scene<'_>, actions: &mut Actions) {
    let response = Button::icon(Icon::Dots, "More").ui(ui);
    Popup::menu(&response).width(200.0).gap(theme::GRID).accessible_name("More").show(|ui| {
        ui.set_width(200.0);
        ui.spacing_mut().item_spacing.y = 2.0;
        let frozen = scene.store.is_frozen();
        let entries = [
            ("Live", "", Action::Show(View::Live)),
            ("Files", "", Action::Show(View::Files)),
            ("Sessions", "L", Action::Show(View::Sessions)),
            ("Teach", "", Action::Show(View::Teach)),
            ("Calibrate", "C", Action::Show(View::Calibrate)),
            ("Settings", "", Action::Show(View::Settings)),
            ("Marker", "M", Action::Mark(None)),
            ("Note", "N", Action::Note(NoteAction::Begin)),
            (if frozen { "Go on" } else { "Freeze" }, "Space", Action::Freeze(!frozen)),
            ("Full screen", "F", Action::FullScreen(true)),
            ("Keys", "?", Action::Help(true)),
        ];
        for (text, key, action) in entries {
            let button = Button::new(text).hint(key).look(Look::Quiet).role(Role::MenuItem);
            if button.full_width().ui(ui).clicked() {
                actions.push(action);
                ui.close();
            }
        }
    });
}

/// `125` as `02:05`, with hours from one hour on.
pub fn clock(secs: u64) -> String {
    let (hours, minutes, secs) = (secs / 3600, secs / 60 % 60, secs % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{secs:02}")
    } else {
        format!("{minutes:02}:{secs:02}")
    }
}

/// Bytes for people.
pub(super) fn megabytes(bytes: u64) -> String {
    if bytes < 100_000 {
        format!("{} kB", bytes / 1000)
    } else {
        format!("{:.1} MB", bytes as f64 / 1e6)
    }
}
