//! What is around the user: the time, the task, and what they say they are doing.

use serde::{Deserialize, Serialize};

/// The moment of a call. Nothing in this module reads a clock.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Now {
    /// Seconds on a clock that only runs on, such as that of a source.
    pub secs: f64,
    /// Minutes since midnight where the user is, 0..1440.
    pub minute_of_day: u16,
    /// Seconds since 1970, for what is remembered beyond a session. May jump.
    pub unix_secs: i64,
}

/// What the companion is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scenario {
    /// None of the others.
    #[default]
    General,
    /// A customer with a problem.
    Support,
    /// Someone who watches, listens or reads for pleasure.
    Media,
    /// Someone who learns.
    Education,
}

impl Scenario {
    /// All of them, in the order of the features.
    pub const ALL: [Self; 4] = [Self::General, Self::Support, Self::Media, Self::Education];

    /// As it is written in files.
    pub fn word(self) -> &'static str {
        match self {
            Self::General => "general",
            Self::Support => "support",
            Self::Media => "media",
            Self::Education => "education",
        }
    }

    /// The scenario called `word`.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scenario| scenario.word() == word)
    }
}

/// What the user is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Intent {
    /// Work of any kind.
    Working,
    /// Practising expressions, a speech, a role.
    Practising,
    /// Speaking to others.
    Presenting,
    /// Reading or watching.
    Reading,
    /// In a call.
    Call,
    /// Doing nothing in particular.
    Resting,
}

impl Intent {
    /// All of them, in the order of the features.
    pub const ALL: [Self; 6] = [
        Self::Working,
        Self::Practising,
        Self::Presenting,
        Self::Reading,
        Self::Call,
        Self::Resting,
    ];

    /// As it is written in files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Working => "working",
            Self::Practising => "practising",
            Self::Presenting => "presenting",
            Self::Reading => "reading",
            Self::Call => "call",
            Self::Resting => "resting",
        }
    }

    /// The intent called `word`.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|intent| intent.word() == word)
    }
}

/// What the program around the companion knows. Everything may be left out.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Context {
    /// What it is part of.
    pub scenario: Scenario,
    /// What the user says they are doing; beats every guess.
    pub intent: Option<Intent>,
    /// What the user typed about it.
    pub note: String,
    /// How long they have been kept waiting, 0 (not) to 1 (far too long).
    pub waiting: f64,
    /// How much goes wrong, 0 (nothing) to 1 (everything): wrong answers, failed attempts, skips.
    pub trouble: f64,
    /// How far they are, 0..=1.
    pub progress: f64,
    /// A session for research is being recorded.
    pub recording: bool,
}

impl Context {
    /// Brings all values into range.
    #[must_use]
    pub fn sanitised(mut self) -> Self {
        for value in [&mut self.waiting, &mut self.trouble, &mut self.progress] {
            *value = if value.is_nan() { 0.0 } else { value.clamp(0.0, 1.0) };
        }
        // A note is a sentence; more would only cost time.
        if let Some((end, _)) = self.note.char_indices().nth(500) {
            self.note.truncate(end);
        }
        self
    }
}
