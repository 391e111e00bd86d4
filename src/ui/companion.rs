//! What the window does with its companion: tells it what it may know, shows what it says, and
//! brings answers back. The companion itself sits on a thread of `runtime`.

use std::time::Instant;

use eframe::egui;

use super::actions::{Action, CompanionAction, Surroundings, View, Workers};
use super::companion_store::FontSearch;
use super::store::{RecordingState, SourceState, Tone};
use super::theme;
use super::window::Window;
use crate::interaction::{Answer, Language};
use crate::runtime::companion::{CompanionCommand, CompanionEvent};
use crate::session::SessionEvent;
use crate::settings::CompanionSettings;

/// What it thinks is asked so often while it is looked at.
const ASK_EVERY_SECS: f64 = 2.0;

impl<W: Workers, S: Surroundings> Window<W, S> {
    /// Part of [`Self::logic`]. `visible`: the window is on the screen.
    pub(super) fn follow_companion(&mut self, ctx: &egui::Context, visible: bool) {
        let now = self.store.now();
        self.store.companion.tick(now);
        self.follow_font(ctx);
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

    /// Looks for a font once the companion is on, and uses it once Chinese is wanted.
    fn follow_font(&mut self, ctx: &egui::Context) {
        let CompanionSettings { on, language, .. } = self.settings().companion;
        let font = &mut self.store.companion.font;
        if on && *font == FontSearch::NotYet {
            *font = FontSearch::Begun;
            self.surroundings.look_for_font();
        } else if language == Language::Zh
            && let FontSearch::Ended(found @ Some(_)) = font
            && let Some(found) = found.take()
        {
            *font = FontSearch::InUse;
            theme::add_reserve(ctx, found);
        }
    }

    /// A file was chosen in the dialog.
    pub(super) fn use_strategies(&mut self, chosen: Vec<std::path::PathBuf>) {
        if let Some(path) = chosen.into_iter().next() {
            let mut settings = self.settings().clone();
            settings.companion.strategies = Some(path);
            self.keep(settings);
            // The same file, perhaps, that was mended meanwhile.
            self.store.companion.told.settings = None;
        }
    }

    fn tell_companion(&mut self, visible: bool) {
        let mut settings = self.settings().companion.clone();
        if self.store.companion.font != FontSearch::InUse {
            // What it says could not be drawn.
            settings.language = Language::En;
        }
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
