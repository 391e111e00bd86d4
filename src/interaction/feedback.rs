//! What the user says of a prompt, and what the face says after it.

use serde::{Deserialize, Serialize};

/// The user's answer to a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It helped.
    Helped,
    /// Not now.
    NotNow,
    /// Never this strategy again.
    NeverAgain,
}

impl Answer {
    /// As it is written in files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Helped => "helped",
            Self::NotNow => "not_now",
            Self::NeverAgain => "never_again",
        }
    }

    /// 1 if it helped, 0 if not: what is learned from.
    pub fn reward(self) -> f64 {
        if self == Self::Helped { 1.0 } else { 0.0 }
    }
}

/// Why an answer changed nothing. `Display` says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FeedbackError {
    /// No prompt has this number.
    #[error("there is no prompt {0}; answer with the id of a decision that said something")]
    Unknown(u64),
    /// It has been answered.
    #[error("prompt {0} has been answered already; the first answer counts")]
    Answered(u64),
    /// That strategy does not exist.
    #[error("there is no strategy \u{201c}{0}\u{201d}; see strategies.toml for their ids")]
    NoStrategy(String),
}

/// How long after a prompt the face is looked at again.
pub const AFTER_SECS: f64 = 60.0;

/// What the face did after a prompt. Never learned from by itself: a face also brightens at the
/// relief that the prompt is gone, sobers because reading takes effort, and returns to its usual
/// from any extreme without help (regression to the mean).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ImplicitSignal {
    /// Number of the decision.
    pub id: u64,
    /// Valence in the minute before the prompt.
    pub before: f64,
    /// Valence in the minute after it.
    pub after: f64,
    /// Why this is no answer.
    pub caution: &'static str,
}

impl ImplicitSignal {
    pub(super) const CAUTION: &'static str = "A face may change for other reasons: relief that \
        the prompt is gone, the effort of reading it, or a return to the usual by itself. This is \
        shown and not learned from.";
}
