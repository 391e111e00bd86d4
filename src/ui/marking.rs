//! Recording, markers and notes of the page Live.

use std::time::Instant;

use super::actions::{Action, NoteAction, Surroundings, Workers};
use super::store::{RecordingState, Tone};
use super::views::NoteSheet;
use super::window::Window;
use crate::session::SessionEvent;

impl<W: Workers, S: Surroundings> Window<W, S> {
    pub(super) fn toggle_recording(&self) -> Option<Action> {
        match self.store.recording {
            RecordingState::Off => {
                self.store.source_info().is_some().then_some(Action::StartRecording)
            }
            RecordingState::On { .. } => Some(Action::StopRecording),
            RecordingState::Starting | RecordingState::Stopping => None,
        }
    }

    /// Sets a marker at this moment; without a text, with the next number.
    pub(super) fn set_marker(&mut self, text: Option<String>) {
        let text = text.unwrap_or_else(|| self.store.next_marker());
        if !self.workers.mark(&text) {
            self.say_what_is_not_stored("Markers");
        }
        self.mark_for_companion(&text);
        self.store.mark(text, Instant::now());
    }

    pub(super) fn act_on_note(&mut self, action: NoteAction) {
        match action {
            // Nobody should write for nothing.
            NoteAction::Begin if !self.store.is_recording() => {
                self.say_what_is_not_stored("Notes");
            }
            NoteAction::Begin => self.note = Some(NoteSheet::begin(Instant::now())),
            NoteAction::Discard => self.note = None,
            NoteAction::Keep => self.keep_note(),
        }
    }

    fn keep_note(&mut self) {
        let Some(NoteSheet { at, text, .. }) = self.note.take() else { return };
        let text = text.trim().to_owned();
        if text.is_empty() {
            return;
        }
        if self.workers.note(SessionEvent::Note { text: text.clone() }, at) {
            self.store.mark(text, at);
        } else {
            let words = format!("The recording has ended, so this is not in it: {text}");
            self.store.tell(Tone::Trouble, words, None);
        }
    }

    fn say_what_is_not_stored(&mut self, what: &str) {
        let text = format!("{what} are stored while recording only; press R to record.");
        self.store.tell(Tone::News, text, None);
    }
}
