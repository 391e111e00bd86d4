//! The regions of the window. Each is a function that draws from a [`Scene`] and pushes what the
//! user asks for.

mod baseline_settings;
mod calibrate;
mod companion_card;
mod companion_page;
mod companion_settings;
mod face_panel;
mod files;
mod files_bar;
mod files_list;
mod files_panel;
mod film;
mod help;
mod live;
mod model_card;
mod note_sheet;
mod notices;
mod passphrase;
mod picture;
mod rail;
mod replay;
mod replay_panel;
mod sessions;
mod sessions_bar;
mod sessions_compare;
mod sessions_filter;
mod sessions_panel;
mod sessions_row;
mod settings_page;
mod status_line;
mod teach;
mod teach_result;
mod timeline_card;
mod top_bar;
mod welcome;

use std::path::Path;

use eframe::egui::{
    self, Align, Layout, Rect, RichText, ScrollArea, TextureHandle, UiBuilder, vec2,
};

use super::actions::{Action, Actions, View};
use super::store::Store;
use super::theme::{self, Theme};
use super::widgets::{Button, Icon, Look};
use crate::session::SessionMeta;
use crate::settings::Settings;

pub use calibrate::{CalibratePage, calibrate_panel};
pub use companion_page::companion_page;
pub use face_panel::face_panel;
pub use files::{FilesPage, drop_overlay, files_page};
pub use files_bar::files_bar;
pub use files_panel::files_panel;
pub use help::help;
pub use live::live_page;
pub use note_sheet::{NoteSheet, note_sheet};
pub use notices::notices;
pub use passphrase::PassphraseFields;
pub use picture::picture;
pub use rail::rail;
pub use replay::{ReplayPage, replay_page};
pub use replay_panel::replay_panel;
pub use sessions::{SessionsPage, sessions_page};
pub use sessions_bar::sessions_bar;
pub use sessions_panel::sessions_panel;
pub use settings_page::{SettingsPage, settings_page};
pub use status_line::status_line;
pub use teach::{TeachPage, teach_panel};
pub use timeline_card::timeline_card;
pub use top_bar::top_bar;
pub use welcome::{WELCOME_VERSION, welcome};

/// What a view may look at.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// The model.
    pub store: &'a Store,
    /// The user's choices.
    pub settings: &'a Settings,
    /// What the user says about the next recording.
    pub meta: &'a SessionMeta,
    /// Where sessions go unless the user chose another folder.
    pub sessions_dir: &'a Path,
    /// Whether there is a passphrase to lock recordings with.
    pub knows_passphrase: bool,
    /// The picture, if there is one.
    pub texture: Option<&'a TextureHandle>,
    /// The picture of the file that is shown, if there is one.
    pub file_texture: Option<&'a TextureHandle>,
    /// Whether to offer to go on with files that were not done.
    pub offers_unfinished: bool,
    /// Whether the window is small, so that rail and timeline are folded away.
    pub compact: bool,
    /// Whether nothing moves by itself.
    pub reduced_motion: bool,
    /// Which page is shown.
    pub view: View,
}

impl Scene<'_> {
    /// Whether [`notices`] has something to say.
    pub fn has_notices(&self) -> bool {
        let files = self.offers_unfinished && !self.settings.unfinished_files.is_empty();
        !self.store.notices.is_empty() || !self.store.unfinished.is_empty() || files
    }
}

/// What is asked before something is done for good.
pub fn questions(
    ui: &mut egui::Ui,
    scene: Scene<'_>,
    typing: &mut PassphraseFields,
    actions: &mut Actions,
) {
    let store = scene.store;
    if store.files.asks_to_close {
        files::close_question(ui, scene, actions);
    }
    if store.sessions.asks_to_erase.is_some() {
        sessions_panel::erase_question(ui, scene, actions);
    }
    if store.companion.asks_to_forget {
        companion_page::forget_question(ui, actions);
    }
    if let Some(profile) = &store.baseline.asks_to_erase {
        baseline_settings::erase_baseline_question(ui, profile, actions);
    }
    passphrase::passphrase_question(ui, scene, typing, actions);
}

/// The panel at the right: its ground and border, and contents that scroll.
pub fn side_panel(
    ui: &mut egui::Ui,
    name: &'static str,
    rect: Rect,
    compact: bool,
    contents: impl FnOnce(&mut egui::Ui),
) {
    let theme = Theme::of(ui);
    ui.painter().rect_filled(rect, 0, theme.panel);
    ui.painter().vline(rect.left() + 0.5, rect.y_range(), theme.border());
    let pad = panel_pad(compact);
    // The scroll bar moves in the padding at the right, not over the numbers.
    let inner = Rect::from_min_max(rect.min + vec2(pad, 1.0), rect.max - vec2(0.0, 1.0));
    region(ui, name, inner, |ui| {
        ScrollArea::vertical().id_salt(name).auto_shrink(false).show(ui, |ui| {
            ui.set_max_width(inner.width() - pad);
            ui.add_space(pad);
            ui.spacing_mut().item_spacing.y = theme::GRID;
            contents(ui);
            ui.add_space(pad);
        });
    });
}

/// A sheet in front of the window, which is dimmed behind it: its id and what screen readers call
/// it, and how wide it is where there is room.
pub fn sheet<R>(
    ui: &egui::Ui,
    (id, name): (&'static str, &str),
    width: f32,
    contents: impl FnOnce(&mut egui::Ui) -> R,
) -> egui::ModalResponse<R> {
    let id = egui::Id::unique(id);
    let area = egui::Modal::default_area(id).accessible_name(name);
    let modal = egui::Modal::new(id).area(area).backdrop_color(theme::BACKDROP);
    modal.frame(Theme::of(ui).card()).show(ui.ctx(), |ui| {
        ui.set_width(width.min(ui.ctx().content_rect().width() - 4.0 * theme::PAD));
        contents(ui)
    })
}

/// The bar at the top: its ground and border, and what stands in it from left to right.
pub fn bar(ui: &mut egui::Ui, rect: Rect, contents: impl FnOnce(&mut egui::Ui)) {
    let theme = Theme::of(ui);
    ui.painter().rect_filled(rect, 0, theme.panel);
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, theme.border());
    row_region(ui, "top bar", rect.shrink2(vec2(theme::GAP, 0.0)), |ui| {
        ui.spacing_mut().item_spacing.x = theme::GAP;
        contents(ui);
    });
}

/// A page of cards with a title, and a cross that leads back to the page Live.
pub fn text_page(
    ui: &mut egui::Ui,
    rect: Rect,
    scene: Scene<'_>,
    (name, title, close): (&'static str, &str, &str),
    actions: &mut Actions,
    contents: impl FnOnce(&mut egui::Ui, &mut Actions),
) {
    // In a small window they stand above every page.
    let rect = if scene.compact { rect } else { notices(ui, rect, scene, actions) };
    region(ui, name, rect, |ui| {
        ScrollArea::vertical().id_salt(name).auto_shrink(false).show(ui, |ui| {
            let width = ui.available_width().min(theme::TEXT_WIDTH + 2.0 * theme::PAD);
            ui.set_max_width(width);
            ui.spacing_mut().item_spacing.y = theme::GRID;
            if scene.compact {
                ui.add_space(theme::GAP);
            }
            ui.horizontal(|ui| {
                let title = RichText::new(title).font(theme::bold(theme::SIZE_TITLE));
                let room = ui.available_width() - theme::CONTROL_HEIGHT - 8.0;
                ui.scope(|ui| {
                    ui.set_max_width(room);
                    ui.add(egui::Label::new(title).wrap());
                });
                ui.add_space((ui.available_width() - theme::CONTROL_HEIGHT).max(0.0) - 8.0);
                if Button::icon(Icon::Cross, close).look(Look::Quiet).ui(ui).clicked() {
                    actions.push(Action::Show(View::Live));
                }
            });
            ui.add_space(8.0);
            contents(ui, actions);
        });
    });
}

/// Between the edge of a panel and what is in it.
fn panel_pad(compact: bool) -> f32 {
    if compact { theme::GAP } else { theme::PAD }
}

/// Draws `contents` in `rect`, top down.
pub fn region<R>(
    ui: &mut egui::Ui,
    name: &'static str,
    rect: Rect,
    contents: impl FnOnce(&mut egui::Ui) -> R,
) -> R {
    region_with(ui, name, rect, Layout::top_down(Align::Min), contents)
}

/// Draws `contents` in `rect`, from left to right, centred.
pub fn row_region<R>(
    ui: &mut egui::Ui,
    name: &'static str,
    rect: Rect,
    contents: impl FnOnce(&mut egui::Ui) -> R,
) -> R {
    region_with(ui, name, rect, Layout::left_to_right(Align::Center), contents)
}

fn region_with<R>(
    ui: &mut egui::Ui,
    name: &'static str,
    rect: Rect,
    layout: Layout,
    contents: impl FnOnce(&mut egui::Ui) -> R,
) -> R {
    let builder = UiBuilder::new().id_salt(name).max_rect(rect).layout(layout);
    let mut child = ui.new_child(builder);
    contents(&mut child)
}
