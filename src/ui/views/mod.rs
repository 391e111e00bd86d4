//! The regions of the window. Each is a function that draws from a [`Scene`] and pushes what the
//! user asks for.

mod face_panel;
mod files;
mod files_bar;
mod files_list;
mod files_panel;
mod help;
mod live;
mod notices;
mod picture;
mod rail;
mod settings_page;
mod status_line;
mod teach;
mod teach_result;
mod timeline_card;
mod top_bar;
mod welcome;

use std::path::Path;

use eframe::egui::{self, Align, Layout, Rect, TextureHandle, UiBuilder};

use super::store::Store;
use crate::session::SessionMeta;
use crate::settings::Settings;

pub use face_panel::face_panel;
pub use files::{FilesPage, close_question, drop_overlay, files_page};
pub use files_bar::files_bar;
pub use files_panel::files_panel;
pub use help::help;
pub use live::live_page;
pub use notices::notices;
pub use picture::picture;
pub use rail::rail;
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
    pub view: super::actions::View,
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
