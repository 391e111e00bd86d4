//! The sheet on which a note is written while something is recorded.

use std::time::Instant;

use eframe::egui::{self, Key, RichText};

use super::settings_page::field;
use super::sheet;
use super::teach::call;
use crate::ui::actions::{Action, Actions, NoteAction};
use crate::ui::theme::{self, Theme};
use crate::ui::widgets::{Button, Look};

const WIDTH: f32 = 400.0;

/// A note that is being written.
#[derive(Debug, Clone)]
pub struct NoteSheet {
    /// Its moment: when it was begun.
    pub at: Instant,
    /// What was written so far.
    pub text: String,
    is_new: bool,
}

impl NoteSheet {
    /// Of the moment `at`.
    pub fn begin(at: Instant) -> Self {
        Self { at, text: String::new(), is_new: true }
    }
}

/// Draws the sheet.
pub fn note_sheet(ui: &mut egui::Ui, note: &mut NoteSheet, actions: &mut Actions) {
    let theme = Theme::of(ui);
    let response = sheet(ui, ("note", "Note"), WIDTH, |ui| {
        ui.heading("Note");
        let text = "Of the moment at which it was begun; the recording goes on.";
        ui.label(RichText::new(text).font(theme::font(theme::SIZE_STATUS)).color(theme.muted));
        ui.add_space(theme::GRID);
        let edit = ui.add(field(&mut note.text));
        call(ui, &edit, "Text of the note");
        if std::mem::take(&mut note.is_new) {
            edit.request_focus();
        }
        let entered = edit.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        ui.add_space(8.0);
        ui.horizontal(|ui| {
            let keep = Button::new("Keep").hint("Enter").name("Keep").look(Look::Main);
            let written = !note.text.trim().is_empty();
            let kept = ui.add_enabled_ui(written, |ui| keep.ui(ui).clicked()).inner;
            if kept || entered {
                actions.push(Action::Note(NoteAction::Keep));
            }
            if Button::new("Discard").hint("Esc").name("Discard").ui(ui).clicked() {
                actions.push(Action::Note(NoteAction::Discard));
            }
        });
    });
    if response.should_close() {
        actions.push(Action::Note(NoteAction::Discard));
    }
}
