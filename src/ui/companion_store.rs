//! The companion, as the window knows it.

use std::time::Instant;

use super::reserve_font::ReserveFont;
use crate::interaction::{Decision, Intent, Reading, UserFace};
use crate::runtime::companion::Mind;
use crate::settings::CompanionSettings;

/// A prompt that nobody answers goes away after this time; nothing is learned from that.
pub const SHOWN_SECS: f64 = 60.0;
/// It stays at least this long after the pointer or the keyboard was on it.
pub const HELD_SECS: f64 = 15.0;
/// Thanks for an answer.
const THANKS_SECS: f64 = 6.0;

/// What is known of the companion.
#[derive(Debug, Default)]
pub struct CompanionStore {
    /// What it says now.
    pub prompt: Option<Prompt>,
    /// What the user says they are doing.
    pub intent: Option<Intent>,
    /// What it thinks, as it was last told.
    pub mind: Option<Box<Mind>>,
    /// The user is asked whether it shall forget everything.
    pub asks_to_forget: bool,
    /// A font for prompts in Chinese.
    pub font: FontSearch,
    /// Readings are wanted.
    pub(super) watches: bool,
    /// Whose face it is told of.
    pub(super) user: UserFace,
    /// The newest reading that it was not told.
    pub(super) reading: Option<(Instant, Reading)>,
    /// What the worker was told last.
    pub(super) told: Told,
    thanked: Option<(f64, &'static str)>,
}

/// A font that the window has not, but the system may have.
#[derive(Debug, Default, PartialEq)]
pub enum FontSearch {
    /// Nobody looked.
    #[default]
    NotYet,
    /// Somebody looks.
    Begun,
    /// There is one, or there is none.
    Ended(Option<ReserveFont>),
    /// It is in use.
    InUse,
}

impl FontSearch {
    /// Whether there is one; `None`: not known yet.
    pub fn found(&self) -> Option<bool> {
        match self {
            Self::NotYet | Self::Begun => None,
            Self::Ended(font) => Some(font.is_some()),
            Self::InUse => Some(true),
        }
    }
}

/// What the worker was told last, so that it is told changes alone.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub settings: Option<CompanionSettings>,
    pub seen: bool,
    pub recording: bool,
    pub asked_at: Option<f64>,
}

/// Something that is said.
#[derive(Debug)]
pub struct Prompt {
    /// What, and why.
    pub decision: Decision,
    /// Goes away then.
    pub until: f64,
    /// The user wants to know why.
    pub why: bool,
}

impl CompanionStore {
    /// Shows a prompt from `now` on.
    pub fn show(&mut self, decision: Decision, now: f64) {
        self.prompt = Some(Prompt { decision, until: now + SHOWN_SECS, why: false });
    }

    /// Keeps the prompt while somebody is at it.
    pub fn hold(&mut self, now: f64) {
        if let Some(prompt) = &mut self.prompt {
            prompt.until = prompt.until.max(now + HELD_SECS);
        }
    }

    /// Takes the prompt away if its time is over.
    pub fn tick(&mut self, now: f64) {
        self.prompt = self.prompt.take().filter(|prompt| now < prompt.until);
        self.thanked = self.thanked.filter(|(until, _)| now < *until);
    }

    /// Takes the prompt away and says `thanks` for a moment.
    pub fn thank(&mut self, thanks: &'static str, now: f64) {
        self.prompt = None;
        self.thanked = Some((now + THANKS_SECS, thanks));
    }

    /// Thanks for the last answer.
    pub fn thanks(&self) -> Option<&'static str> {
        self.thanked.map(|(_, thanks)| thanks)
    }
}
