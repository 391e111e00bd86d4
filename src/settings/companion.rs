//! What the user chose for the companion.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::within;
use crate::interaction::{Language, Limits};

/// Whether and how the companion speaks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CompanionSettings {
    /// Whether it is there at all.
    pub on: bool,
    /// Minutes between two prompts at least, [`Self::GAP_MINUTES`].
    pub gap_minutes: f32,
    /// Also while a session is recorded; prompts and answers are then written into it.
    pub while_recording: bool,
    /// Whether nothing is said in quiet hours.
    pub quiet: bool,
    /// They begin at this hour of the day, 0..=23.
    pub quiet_from: u8,
    /// They end at this hour; before [`Self::quiet_from`]: on the next day.
    pub quiet_to: u8,
    /// Of its prompts.
    pub language: Language,
    /// Strategies of the user's own; `None`: the built-in ones.
    pub strategies: Option<PathBuf>,
}

impl Default for CompanionSettings {
    fn default() -> Self {
        Self {
            on: false,
            gap_minutes: 10.0,
            while_recording: false,
            quiet: true,
            quiet_from: 22,
            quiet_to: 7,
            language: Language::En,
            strategies: None,
        }
    }
}

impl CompanionSettings {
    /// Range of [`Self::gap_minutes`]: more often nobody could answer.
    pub const GAP_MINUTES: (f32, f32) = (0.5, 240.0);
    /// It considers to say something so often at most: faces take a while to mean something.
    const DECIDES_SECS: f64 = 120.0;

    pub(super) fn sanitised(mut self) -> Self {
        self.gap_minutes = within(self.gap_minutes, Self::GAP_MINUTES, Self::default().gap_minutes);
        self.quiet_from = self.quiet_from.min(23);
        self.quiet_to = self.quiet_to.min(23);
        self.strategies = self.strategies.filter(|path| path.is_absolute());
        self
    }

    /// Without what can't be said in TOML.
    pub(super) fn said(&self) -> Self {
        let strategies = self.strategies.clone().filter(|path| path.to_str().is_some());
        Self { strategies, ..self.clone() }
    }

    /// Seconds between its decisions.
    pub fn every_secs(&self) -> f64 {
        Self::DECIDES_SECS.min(f64::from(self.gap_minutes) * 60.0)
    }

    /// `limits` with what the user wants of them.
    #[must_use]
    pub fn limits(&self, limits: &Limits) -> Limits {
        let minute = |hour: u8| u16::from(hour) * 60;
        Limits {
            gap_secs: f64::from(self.gap_minutes) * 60.0,
            quiet: self.quiet.then_some((minute(self.quiet_from), minute(self.quiet_to))),
            while_recording: self.while_recording,
            ..limits.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interaction::Strategies;

    #[test]
    fn limits_are_the_user_s_where_the_user_has_a_say() {
        let given = Strategies::builtin().limits;
        let mut wanted = CompanionSettings { gap_minutes: 20.0, ..Default::default() };
        let limits = wanted.limits(&given);
        assert_eq!((limits.gap_secs, limits.per_hour), (1200.0, given.per_hour));
        assert!(limits.is_quiet(23 * 60) && limits.is_quiet(6 * 60) && !limits.is_quiet(7 * 60));
        assert!(!limits.while_recording);
        (wanted.quiet, wanted.while_recording, wanted.gap_minutes) = (false, true, 0.0);
        let limits = wanted.clone().sanitised().limits(&given);
        assert!(!limits.is_quiet(23 * 60) && limits.while_recording);
        assert_eq!(limits.gap_secs, 30.0, "more often than that is no life");
        assert_eq!(wanted.sanitised().every_secs(), 30.0);
    }
}
