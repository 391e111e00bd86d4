//! Top bar and status line of the page of files.

use eframe::egui::accesskit::Role;
use eframe::egui::{self, Rect, Sense, StrokeKind, pos2, vec2};

use super::film::grouped;
use super::top_bar::{clock, more};
use super::{Scene, bar};
use crate::source::media::MediaInfo;
use crate::ui::actions::{Action, Actions, FilesAction};
use crate::ui::files_store::FileState;
use crate::ui::theme::{self, Theme};
use crate::ui::widgets::{Button, announce, elided, percent};

/// Draws the bar: which file, how far, and how to open others.
pub fn files_bar(ui: &mut egui::Ui, rect: Rect, scene: Scene<'_>, actions: &mut Actions) {
    let theme = Theme::of(ui);
    let files = &scene.store.files;
    let item = files.item();
    bar(ui, rect, |ui| {
        let mut buttons = Vec::new();
        if let Some(folder) = item.and_then(|item| item.state.folder())
            && !scene.compact
        {
            let open = Action::OpenFolder(folder.to_owned());
            buttons.push((Button::new("Session folder"), open));
        }
        let hint = if scene.compact { "" } else { "Ctrl+O" };
        let choose = Action::Files(FilesAction::Choose);
        buttons.push((Button::new("Open").hint(hint), choose));
        let mut right: f32 = buttons.iter().map(|(button, _)| button.width(ui) + theme::GAP).sum();
        if scene.compact {
            right += theme::GAP + theme::CONTROL_HEIGHT;
        }
        let progress = item.and_then(|item| progress(&item.state, scene.compact));
        let chip = progress.map(|(strong, quiet)| Progress { strong, quiet });
        right += chip.as_ref().map_or(0.0, |chip| chip.width(ui) + theme::GAP);

        let room = (ui.available_width() - right).max(40.0);
        let name = item.map_or("Mien".to_owned(), |item| item.name());
        let font = theme::bold(theme::SIZE_NAME);
        let name_room = if scene.compact { room } else { room * 0.6 };
        let galley = elided(ui, &name, font, theme.text, name_room);
        let (place, response) = ui.allocate_exact_size(galley.size(), Sense::hover());
        let left = room - galley.size().x - theme::GAP;
        ui.painter().galley(place.min, galley, theme.text);
        announce(ui, place, Role::Label, &name, None);
        response.on_hover_text(item.map_or(name, |item| item.path.to_string_lossy().into_owned()));
        if let Some(info) = files.film.info().filter(|_| left > 60.0) {
            let text = details(info, files.length().as_secs());
            let font = theme::font(theme::SIZE_BODY);
            let galley = elided(ui, &text, font, theme.muted, left);
            let (place, _) = ui.allocate_exact_size(galley.size(), Sense::hover());
            ui.painter().galley(place.min, galley, theme.muted);
            announce(ui, place, Role::Label, &text, None);
        }
        ui.add_space((ui.available_width() - right + theme::GAP).max(0.0));
        if let Some(chip) = chip {
            chip.ui(ui);
        }
        for (button, action) in buttons {
            if button.ui(ui).clicked() {
                actions.push(action);
            }
        }
        if scene.compact {
            more(ui, scene, actions);
        }
    });
}

/// "1920 × 1080 · 29.97 fps · 32:10".
fn details(info: &MediaInfo, secs: u64) -> String {
    let (width, height) = info.size;
    let mut text = format!("{width} × {height}");
    if info.single_picture {
        return text;
    }
    if info.nominal_rate_hz > 0.0 {
        let rate = format!("{:.2}", info.nominal_rate_hz);
        let rate = rate.trim_end_matches('0').trim_end_matches('.');
        text += &format!(" · {rate} fps");
    }
    text + &format!(" · {}", clock(secs))
}

/// What to say of how far it is: first loud, then quiet.
fn progress(state: &FileState, compact: bool) -> Option<(String, String)> {
    match state {
        FileState::Working { progress, speed } => {
            let at = progress.pts.as_secs_f64();
            let end = progress.end.map_or(0.0, |end| end.as_secs_f64());
            let strong = if progress.frames == 0 {
                "Reading".to_owned()
            } else if end > 0.0 {
                let share = percent((at / end).min(1.0) as f32);
                if compact { share } else { format!("Analysed {share}") }
            } else {
                format!("Analysed {} frames", grouped(progress.frames))
            };
            let quiet = match speed.filter(|speed| *speed > 0.0 && !compact) {
                Some(speed) => {
                    let rate =
                        if speed < 9.5 { format!("{speed:.1}") } else { format!("{speed:.0}") };
                    let left = ((end - at).max(0.0) / speed).ceil() as u64;
                    let left =
                        if end > 0.0 { format!(", {} left", clock(left)) } else { String::new() };
                    format!("{rate}× real time{left}")
                }
                None => String::new(),
            };
            Some((strong, quiet))
        }
        FileState::Waiting => Some(("Waiting".to_owned(), String::new())),
        FileState::Stopped => Some(("Stopped".to_owned(), String::new())),
        FileState::Done { .. } | FileState::Skipped { folder: Some(_), .. } => {
            Some(("Analysed".to_owned(), String::new()))
        }
        FileState::Skipped { folder: None, .. } | FileState::Failed(_) => None,
    }
}

struct Progress {
    strong: String,
    quiet: String,
}

impl Progress {
    fn galleys(&self, ui: &egui::Ui) -> [std::sync::Arc<egui::Galley>; 2] {
        let theme = Theme::of(ui);
        let font = theme::font(theme::SIZE_BODY);
        let lay =
            |text: &str, color| ui.painter().layout_no_wrap(text.to_owned(), font.clone(), color);
        [lay(&self.strong, theme.text), lay(&self.quiet, theme.muted)]
    }

    fn width(&self, ui: &egui::Ui) -> f32 {
        let [strong, quiet] = self.galleys(ui);
        let gap = if self.quiet.is_empty() { 0.0 } else { 8.0 };
        (strong.size().x + gap + quiet.size().x + 20.0).ceil()
    }

    fn ui(self, ui: &mut egui::Ui) {
        let theme = Theme::of(ui);
        let [strong, quiet] = self.galleys(ui);
        let size = vec2(self.width(ui), theme::CONTROL_HEIGHT);
        let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
        ui.painter().rect(rect, theme::RADIUS, theme.raised, theme.border(), StrokeKind::Inside);
        let y = rect.center().y;
        let next = rect.left() + 10.0 + strong.size().x + 8.0;
        ui.painter().galley(
            pos2(rect.left() + 10.0, y - strong.size().y / 2.0),
            strong,
            theme.text,
        );
        ui.painter().galley(pos2(next, y - quiet.size().y / 2.0), quiet, theme.muted);
        let text = format!("{} {}", self.strong, self.quiet);
        announce(ui, rect, Role::Status, text.trim(), None);
    }
}

/// Texts of the status line, and whether each asks to look here.
pub(super) fn figures(scene: Scene<'_>) -> Vec<(String, bool)> {
    let files = &scene.store.files;
    let Some(info) = files.film.info() else { return vec![(files.summary(), false)] };
    let decoder = if info.decoder == "ffmpeg" { "ffmpeg" } else { "built in" };
    let coded = if info.codec == info.container {
        info.codec.clone()
    } else {
        format!("{}, {}", info.container, info.codec)
    };
    let mut figures = vec![(format!("{coded} → {decoder}"), false)];
    if !scene.compact && !info.single_picture {
        let text = match files.trace().map_or(1, |trace| trace.stride()) {
            1 => "analysed every frame".to_owned(),
            stride => format!("analysed every frame, shown is one in {stride}"),
        };
        figures.push((text, false));
    }
    match files.item().map(|item| &item.state) {
        Some(FileState::Done { damaged, .. }) => {
            figures.push((format!("{damaged} damaged frames"), *damaged > 0));
        }
        Some(FileState::Failed(why)) => figures.push((why.clone(), true)),
        _ => {}
    }
    figures
}

/// What is stored, for the right end of the line.
pub(super) fn what_is_stored(scene: Scene<'_>) -> String {
    match scene.store.files.item().map(|item| &item.state) {
        Some(FileState::Working { .. }) => "Numbers are stored, no pictures".to_owned(),
        Some(state) if state.folder().is_some() => {
            let folder = state.folder().map(super::super::files_store::one_line);
            format!("Numbers, no pictures, in {}", folder.unwrap_or_default())
        }
        _ => "Pictures are analysed here and not stored".to_owned(),
    }
}
