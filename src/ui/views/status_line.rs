//! Figures at the left; at the right always what is stored.

use eframe::egui::accesskit::Role;
use eframe::egui::{self, Rect, Sense, vec2};

use super::{Scene, row_region};
use crate::source::SourceSpec;
use crate::ui::actions::View;
use crate::ui::store::{RecordingState, SourceState};
use crate::ui::theme::{self, Theme};
use crate::ui::widgets::{announce, elided};

/// Draws the line.
pub fn status_line(ui: &mut egui::Ui, rect: Rect, scene: Scene<'_>) {
    let theme = Theme::of(ui);
    let is_files = scene.view == View::Files;
    ui.painter().rect_filled(rect, 0, theme.panel);
    ui.painter().hline(rect.x_range(), rect.top() + 0.5, theme.border());
    row_region(ui, "status line", rect.shrink2(vec2(theme::GAP, 0.0)), |ui| {
        ui.spacing_mut().item_spacing.x = theme::PAD;
        let figures = match scene.view {
            View::Files => super::files_bar::figures(scene),
            View::Sessions => super::sessions_bar::figures(scene),
            View::Live | View::Teach | View::Calibrate | View::Settings | View::Companion => {
                figures(scene)
            }
        };
        for (text, alarming) in figures {
            status_text(ui, &text, if alarming { theme.warning } else { theme.muted });
        }
        let stored = if is_files && !scene.store.is_recording() {
            super::files_bar::what_is_stored(scene)
        } else {
            what_is_stored(scene)
        };
        let font = theme::font(theme::SIZE_STATUS);
        let room = ui.available_width();
        let width = elided(ui, &stored, font, theme.muted, room).size().x;
        ui.add_space((room - width).max(0.0));
        status_text(ui, &stored, theme.muted);
    });
}

fn status_text(ui: &mut egui::Ui, text: &str, color: egui::Color32) {
    let font = theme::font(theme::SIZE_STATUS);
    let galley = elided(ui, text, font, color, ui.available_width());
    let (rect, _) = ui.allocate_exact_size(galley.size(), Sense::hover());
    ui.painter().galley(rect.min, galley, color);
    announce(ui, rect, Role::Status, text, None);
}

/// Texts, and whether each asks to look here.
fn figures(scene: Scene<'_>) -> Vec<(String, bool)> {
    let store = scene.store;
    let stats = &store.stats;
    let source = match &store.spec {
        Some(SourceSpec::Demo { .. }) => "demo",
        _ => "camera",
    };
    let mut figures = Vec::new();
    match &store.source {
        SourceState::Running(_) => {
            let rate = format!("{:.1} fps", stats.captured_hz);
            figures.push((if scene.compact { rate } else { format!("{source} {rate}") }, false));
            if !scene.compact {
                let text = format!("analysed {:.0} of {:.0}", stats.analysed_hz, stats.captured_hz);
                figures.push((text, false));
            }
            let millis = |delay: Option<std::time::Duration>| {
                delay.map_or("–".to_owned(), |d| format!("{:.0}", d.as_secs_f64() * 1e3))
            };
            let (p50, p95) = (millis(stats.latency_p50), millis(stats.latency_p95));
            figures.push(if scene.compact {
                (format!("{p50} ms"), false)
            } else {
                (format!("delay {p50} ms, p95 {p95}"), false)
            });
            figures.push((format!("dropped {}", stats.dropped), false));
            if stats.damaged > 0 {
                figures.push((format!("damaged {}", stats.damaged), true));
            }
        }
        SourceState::Stalled { since, .. } => {
            figures.push((format!("{source} 0 fps"), false));
            figures.push(("analysed –".to_owned(), false));
            let waited = (store.now() - since).max(0.0) as u64;
            figures.push((format!("waiting {}", super::top_bar::clock(waited)), true));
        }
        SourceState::Opening => figures.push((format!("{source} opening"), false)),
        SourceState::Absent | SourceState::Failed(_) => {
            figures.push((format!("{source} –"), false));
        }
    }
    if store.is_frozen() {
        figures.push(("view frozen, Space goes on".to_owned(), true));
    }
    figures
}

fn what_is_stored(scene: Scene<'_>) -> String {
    let locks = scene.settings.encrypt_new_sessions && scene.knows_passphrase;
    match &scene.store.recording {
        RecordingState::On { .. } if locks => {
            "Recording numbers, no pictures; locked at its end".to_owned()
        }
        RecordingState::On { folder } => {
            // The end of a path tells more than its start.
            let name = folder.file_name().unwrap_or(folder.as_os_str()).to_string_lossy();
            format!("Recording numbers, no pictures, to {name}")
        }
        RecordingState::Starting => "Recording numbers, no pictures".to_owned(),
        RecordingState::Stopping if locks => "Locking the recording".to_owned(),
        RecordingState::Stopping => "Writing the last numbers".to_owned(),
        RecordingState::Off if scene.settings.companion.on => {
            "Pictures are not stored; the companion keeps what it learns of you".to_owned()
        }
        RecordingState::Off => "Pictures are analysed here and not stored".to_owned(),
    }
}
