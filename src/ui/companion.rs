//! What the window does with its companion: tells it what it may know, shows what it says, and
//! brings answers back. The companion itself sits on a thread of `runtime`.

use std::time::Instant;

use super::actions::{Action, CompanionAction, Surroundings, View, Workers};
use super::store::{RecordingState, SourceState, Tone};
use super::window::Window;
use crate::interaction::Answer;
use crate::runtime::companion::{CompanionCommand, CompanionEvent};
use crate::session::SessionEvent;

/// What it thinks is asked so often while it is looked at.
const ASK_EVERY_SECS: f64 = 2.0;

impl<W: Workers, S: Surroundings> Window<W, S> {
    /// Part of [`Self::logic`]. `visible`: the window is on the screen.
    pub(super) fn follow_companion(&mut self, visible: bool) {
        let now = self.store.now();
        self.store.companion.tick(now);
        self.tell_companion(visible);
        while let Some(event) = self.workers.try_companion_event() {
            self.on_companion_event(event);
        }
        let asked_at = self.store.companion.told.asked_at;
        if self.view == View::Companion && asked_at.is_none_or(|at| now >= at + ASK_EVERY_SECS) {
            self.store.companion.told.asked_at = Some(now);
            self.workers.companion(CompanionCommand::Ask);
        }
    }

    fn tell_companion(&mut self, visible: bool) {
        let settings = self.settings().companion.clone();
        let store = &mut self.store;
        let running = matches!(store.source, SourceState::Running(_));
        let recording = store.is_recording();
        // A prompt that nobody sees would count as one that was not answered.
        let seen = settings.on
            && visible
            && running
            && self.view == View::Live
            && !store.is_frozen()
            && store.companion.prompt.is_none();
        let companion = &mut store.companion;
        companion.watches = settings.on;
        if !settings.on {
            companion.prompt = None;
            if companion.told.settings.is_none() {
                return;
            }
        }
        let mut commands = Vec::new();
        if companion.told.settings.as_ref() != Some(&settings) {
            companion.told.settings = Some(settings.clone());
            commands.push(CompanionCommand::Settings(settings));
        }
        if std::mem::replace(&mut companion.told.recording, recording) != recording {
            commands.push(CompanionCommand::Recording(recording));
        }
        if let Some((at, reading)) = companion.reading.take() {
            commands.push(CompanionCommand::Reading(at, reading));
        }
        if std::mem::replace(&mut companion.told.seen, seen) != seen {
            commands.push(CompanionCommand::Seen(seen));
        }
        for command in commands {
            self.workers.companion(command);
        }
    }

    fn on_companion_event(&mut self, event: CompanionEvent) {
        let now = self.store.now();
        match event {
            CompanionEvent::Prompt(decision) if self.settings().companion.on => {
                self.note_for_companion(SessionEvent::Prompt { text: decision.event_text() });
                self.store.companion.show(*decision, now);
            }
            // It was switched off meanwhile.
            CompanionEvent::Prompt(_) => {}
            CompanionEvent::Answered(event) => self.note_for_companion(event),
            CompanionEvent::Mind(mind) => self.store.companion.mind = Some(mind),
            CompanionEvent::Exported(path) => {
                let text = format!("What is remembered of you was written to {}.", path.display());
                self.store.tell(Tone::News, text, path.parent().map(Into::into));
            }
            CompanionEvent::Failed(text) => self.store.tell(Tone::Trouble, text, None),
        }
    }

    /// Into the session, if one is recorded and the user allowed prompts in it.
    fn note_for_companion(&mut self, event: SessionEvent) {
        let recording = matches!(self.store.recording, RecordingState::On { .. });
        if recording && self.settings().companion.while_recording {
            self.workers.note(event, Instant::now());
        }
    }

    /// A marker was set.
    pub(super) fn mark_for_companion(&mut self, label: &str) {
        if self.settings().companion.on {
            self.workers.companion(CompanionCommand::Marker(label.to_owned()));
        }
    }

    pub(super) fn act_on_companion(&mut self, action: CompanionAction) {
        let now = self.store.now();
        let companion = &mut self.store.companion;
        match action {
            CompanionAction::Answer(id, answer) => {
                companion.thank(
                    match answer {
                        Answer::Helped => "Thank you. It learns from that.",
                        Answer::NotNow => "It will wait longer.",
                        Answer::NeverAgain => "Kept: it will not suggest that again.",
                    },
                    now,
                );
                self.workers.companion(CompanionCommand::Answer(id, answer));
            }
            CompanionAction::Why(why) => {
                companion.hold(now);
                if let Some(prompt) = &mut companion.prompt {
                    prompt.why = why;
                }
            }
            CompanionAction::Hold => companion.hold(now),
            CompanionAction::Intent(intent) => {
                companion.intent = intent;
                self.workers.companion(CompanionCommand::Intent(intent));
            }
            CompanionAction::AskToForget(asks) => companion.asks_to_forget = asks,
            CompanionAction::Forget(memory) => {
                companion.asks_to_forget = false;
                // What is on the screen may be of what is forgotten.
                companion.prompt = None;
                self.workers.companion(CompanionCommand::Forget(memory));
            }
        }
    }

    pub(super) fn export_profile(&mut self, chosen: Vec<std::path::PathBuf>) {
        for path in chosen {
            self.workers.companion(CompanionCommand::Export(path));
        }
    }
}

impl From<CompanionAction> for Action {
    fn from(action: CompanionAction) -> Self {
        Self::Companion(action)
    }
}
