//! Asks for a passphrase: to lock or unlock a session, to show a locked one, to lock recordings.

use eframe::egui::text_edit::TextEditState;
use eframe::egui::{self, Id, Key, RichText};
use zeroize::Zeroize;

use super::face_panel::small_text;
use super::settings_page::field;
use super::teach::call;
use super::{Scene, sheet};
use crate::session::vault::Passphrase;
use crate::ui::actions::{Action, Actions, LockAction};
use crate::ui::lock_store::{Purpose, Question};
use crate::ui::theme::{self, Theme};
use crate::ui::widgets::{Button, Icon, Look};

const WIDTH: f32 = 440.0;

/// What is being typed; wiped when it is done with.
#[derive(Default)]
pub struct PassphraseFields {
    passphrase: String,
    again: String,
    /// The first field is to have the keyboard.
    fresh: bool,
    /// The two differ; told under the fields.
    differ: bool,
}

impl PassphraseFields {
    /// Wipes what was typed.
    pub fn clear(&mut self) {
        self.passphrase.zeroize();
        self.again.zeroize();
        (self.fresh, self.differ) = (true, false);
    }
}

impl Drop for PassphraseFields {
    fn drop(&mut self) {
        self.clear();
    }
}

struct Words {
    title: &'static str,
    text: String,
    button: &'static str,
}

fn words(question: &Question, scene: Scene<'_>) -> Words {
    let (title, text, button) = match &question.purpose {
        Purpose::Lock(name) => {
            let entry = scene.store.sessions.entry(name);
            let named = entry.is_some_and(|entry| entry.start.is_none());
            let named = match named {
                true => " The folder keeps its name, which is that of the video.",
                false => "",
            };
            let text = format!(
                "Its files are encrypted. Name, code, tags and notes leave the list, and reports \
                 written of it here are removed.{named} Whoever forgets the passphrase has lost \
                 the session. What was deleted may stay recoverable on the disk."
            );
            ("Lock this session?", text, "Lock")
        }
        Purpose::Unlock(_) => {
            let text = "Its files are plain on the disk again, for everybody who can read there.";
            ("Unlock this session?", text.to_owned(), "Unlock")
        }
        Purpose::Open(_) => {
            let text = "It is decrypted in memory and stays locked on the disk. The passphrase is \
                        remembered until Mien is closed.";
            ("This session is locked", text.to_owned(), "Open")
        }
        Purpose::Recordings { record } => {
            let text = "Recordings are locked with it when they end, until Mien is closed. Whoever \
                        forgets it has lost them. While one runs, and after a crash, its rows are \
                        plain on the disk.";
            let button = if *record { "Record" } else { "Keep" };
            ("A passphrase for new sessions", text.to_owned(), button)
        }
    };
    Words { title, text, button }
}

/// Draws the question, if there is one.
pub fn passphrase_question(
    ui: &mut egui::Ui,
    scene: Scene<'_>,
    fields: &mut PassphraseFields,
    actions: &mut Actions,
) {
    let theme = Theme::of(ui);
    let Some(question) = &scene.store.question else { return };
    let Words { title, text, button } = words(question, scene);
    let mut asked = None;
    let response = sheet(ui, ("passphrase question", title), WIDTH, |ui| {
        ui.spacing_mut().item_spacing.y = 8.0;
        ui.horizontal(|ui| {
            let (square, _) = ui.allocate_exact_size(egui::vec2(18.0, 18.0), egui::Sense::hover());
            Icon::Lock.paint(ui.painter(), square, theme.muted);
            ui.heading(title);
        });
        if let Some(name) = question.purpose.session() {
            ui.label(RichText::new(name).font(theme::bold(theme::SIZE_LIST)).color(theme.text));
        }
        let text = RichText::new(text).font(theme::font(theme::SIZE_LIST)).line_height(Some(20.0));
        ui.label(text.color(theme.muted));
        let entered = ui.add_enabled_ui(!question.works, |ui| typed(ui, question, fields)).inner;
        status(ui, question, fields.differ);
        ui.horizontal(|ui| {
            ui.add_enabled_ui(!question.works, |ui| {
                if Button::new(button).look(Look::Main).ui(ui).clicked() || entered {
                    asked = submit(question, fields);
                }
                if Button::new("Cancel").ui(ui).clicked() {
                    asked = Some(LockAction::Leave);
                }
            });
        });
    });
    if response.should_close() && !question.works {
        asked = Some(LockAction::Leave);
    }
    if asked.is_some() {
        // Their histories hold what was typed.
        for id in [field_id(0), field_id(1)] {
            ui.ctx().data_mut(|data| data.remove::<TextEditState>(id));
        }
        actions.extend(asked.map(Action::Lock));
    }
}

fn field_id(number: usize) -> Id {
    Id::unique(("passphrase", number))
}

/// The fields; whether they were left by Enter.
fn typed(ui: &mut egui::Ui, question: &Question, fields: &mut PassphraseFields) -> bool {
    let mut entered = false;
    let texts = [("Passphrase", &mut fields.passphrase), ("The same again", &mut fields.again)];
    let wanted = if question.purpose.is_new() { 2 } else { 1 };
    for (number, (name, text)) in texts.into_iter().enumerate().take(wanted) {
        let edit = field(text).id(field_id(number)).password(true).hint_text(name);
        let edit = ui.add(edit);
        call(ui, &edit, name);
        if number == 0 && std::mem::take(&mut fields.fresh) {
            edit.request_focus();
        }
        if edit.changed() {
            fields.differ = false;
        }
        entered |= edit.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    }
    entered
}

fn status(ui: &mut egui::Ui, question: &Question, differ: bool) {
    let theme = Theme::of(ui);
    match (&question.problem, question.step) {
        _ if differ => small_text(ui, "The two differ.", theme.warning),
        _ if question.works => {
            let text = match question.step {
                Some(step) => format!("One moment: {} of {} files are done.", step.done, step.of),
                None => "One moment: work on the passphrase takes a second or two.".to_owned(),
            };
            small_text(ui, &text, theme.muted);
        }
        (Some(problem), _) => {
            small_text(ui, &super::picture::capitalised(problem), theme.warning);
        }
        (None, _) => {}
    }
}

/// What was typed, if it is worth trying.
fn submit(question: &Question, fields: &mut PassphraseFields) -> Option<LockAction> {
    if fields.passphrase.is_empty() {
        fields.fresh = true;
        return None;
    }
    if question.purpose.is_new() && fields.passphrase != fields.again {
        fields.differ = true;
        return None;
    }
    Some(LockAction::Give(Passphrase::new(fields.passphrase.clone())))
}
