//! What is remembered of a person between sessions: a small file that they can read, change, carry
//! away and erase.

use serde::{Deserialize, Serialize};

use super::features::{Features, X, Y, padded};
use super::feedback::Answer;
use super::policy::Bandit;
use super::strategies::Strategies;
use super::user::{Belief, Usual};

/// Of the form of the file; rises when a field changes its meaning.
pub const VERSION: u32 = 1;

/// Answers that are kept; the oldest go first.
pub const MOST_ANSWERS: usize = 500;

/// After so many days an answer counts half: people change.
const HALF_LIFE_DAYS: f64 = 60.0;

const HEAD: &str = "\
# What Mien remembers of you for its companion. It stays on this computer.
# Change what is wrong, or delete the file: the companion then begins anew.
#
# never    strategies you never want again
# usual    how your face mostly reads, so that it is compared with yourself
# answers  what you answered, when, and what was known at that moment (x: you, y: the situation);
#          delete a block to make the companion forget it

";

/// The content of the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// 1.
    pub version: u32,
    /// Ids of strategies that are never to be used.
    #[serde(default)]
    pub never: Vec<String>,
    /// How the person usually looks.
    #[serde(default)]
    pub usual: Usual,
    /// From the oldest to the newest.
    #[serde(default)]
    pub answers: Vec<RememberedAnswer>,
}

/// An answer and what was known when the prompt was shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RememberedAnswer {
    /// Id of the strategy.
    pub strategy: String,
    /// What was answered.
    pub answer: Answer,
    /// When, seconds since 1970.
    pub unix_secs: i64,
    /// The user's emotion and state, as [`Features::x`].
    pub x: Vec<f64>,
    /// Context and intent, as [`Features::y`].
    pub y: Vec<f64>,
}

impl Default for Profile {
    fn default() -> Self {
        let (never, usual, answers) = (Vec::new(), Usual::default(), Vec::new());
        Self { version: VERSION, never, usual, answers }
    }
}

/// Why a profile can't be used. `Display` says what is wrong and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// Not what the file should be.
    #[error("line {line}: {reason}")]
    Form {
        /// From 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// Written by a later version.
    #[error("it is of version {0}, and this Mien knows version {VERSION}")]
    Version(u32),
}

impl Profile {
    /// Reads the file.
    ///
    /// # Errors
    /// [`ProfileError`]; nothing of such a file is used.
    pub fn from_toml(text: &str) -> Result<Self, ProfileError> {
        #[derive(Deserialize)]
        struct OnlyVersion {
            version: u32,
        }
        let form = |error: &toml::de::Error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            ProfileError::Form { line, reason: error.message().replace('\n', " ") }
        };
        let OnlyVersion { version } = toml::from_str(text).map_err(|error| form(&error))?;
        if version != VERSION {
            return Err(ProfileError::Version(version));
        }
        let mut profile: Self = toml::from_str(text).map_err(|error| form(&error))?;
        let usual = &mut profile.usual;
        let sound = usual.valence.abs() <= 1.0 && usual.arousal.abs() <= 1.0 && usual.hours >= 0.0;
        if !sound {
            let reason = "usual holds a number out of range".to_owned();
            return Err(ProfileError::Form { line: 1, reason });
        }
        for answer in &profile.answers {
            if answer.features().is_none() {
                let reason = format!(
                    "an answer to {} has more than {X} numbers x or {Y} numbers y, or one beyond 10",
                    answer.strategy
                );
                return Err(ProfileError::Form { line: 1, reason });
            }
        }
        let extra = profile.answers.len().saturating_sub(MOST_ANSWERS);
        profile.answers.drain(..extra);
        Ok(profile)
    }

    /// As TOML, with a word to those who open it.
    pub fn to_toml(&self) -> String {
        format!("{HEAD}{}", toml::to_string(self).unwrap_or_default())
    }

    /// Keeps an answer.
    pub fn remember(&mut self, strategy: &str, answer: Answer, unix_secs: i64, at: &Features) {
        if answer == Answer::NeverAgain {
            self.never_again(strategy);
        }
        if self.answers.len() >= MOST_ANSWERS {
            self.answers.remove(0);
        }
        // Three decimals are finer than any of it is known.
        let short = |values: &[f64]| values.iter().map(|v| (v * 1e3).round() / 1e3).collect();
        let (x, y) = (short(&at.x), short(&at.y));
        self.answers.push(RememberedAnswer { strategy: strategy.into(), answer, unix_secs, x, y });
    }

    /// From now on without this strategy.
    pub fn never_again(&mut self, strategy: &str) {
        if !self.is_never(strategy) {
            self.never.push(strategy.to_owned());
        }
    }

    /// Allows it again.
    pub fn allow_again(&mut self, strategy: &str) {
        self.never.retain(|id| id != strategy);
    }

    /// Forgets all answers to a strategy; how many there were.
    pub fn forget(&mut self, strategy: &str) -> usize {
        let before = self.answers.len();
        self.answers.retain(|answer| answer.strategy != strategy);
        self.allow_again(strategy);
        before - self.answers.len()
    }

    /// Whether the user never wants it.
    pub fn is_never(&self, strategy: &str) -> bool {
        self.never.iter().any(|id| id == strategy)
    }

    /// Teaches a bandit what the answers say, old ones less.
    pub fn teach(&self, bandit: &mut Bandit, unix_secs: i64) {
        let ids = bandit.network().strategies.clone();
        for answer in &self.answers {
            let index = ids.iter().position(|id| *id == answer.strategy);
            if let (Some(index), Some(features)) = (index, answer.features()) {
                let weight = answer.weight(unix_secs);
                bandit.learn_weighted(&features, index, answer.answer.reward(), weight);
            }
        }
    }

    /// What it believes of the user's likes, and why.
    pub fn beliefs(&self, strategies: &Strategies) -> Vec<Belief> {
        let mut beliefs = Vec::new();
        for strategy in &strategies.list {
            let id = &strategy.id;
            if self.is_never(id) {
                beliefs.push(Belief {
                    about: id.clone(),
                    says: format!("you never want \u{201c}{id}\u{201d}"),
                    why: "you said so".into(),
                    sure: 1.0,
                });
                continue;
            }
            let answers = self.answers.iter().filter(|answer| answer.strategy == *id);
            let (all, helped) = answers.fold((0_u32, 0_u32), |(all, helped), answer| {
                (all + 1, helped + u32::from(answer.answer == Answer::Helped))
            });
            if all > 0 {
                // Beta posterior from a flat prior: its width says how sure that is.
                let (a, b) = (f64::from(helped) + 1.0, f64::from(all - helped) + 1.0);
                let deviation = (a * b / ((a + b).powi(2) * (a + b + 1.0))).sqrt();
                beliefs.push(Belief {
                    about: id.clone(),
                    says: format!(
                        "\u{201c}{id}\u{201d} {} you",
                        if a / (a + b) > 0.5 { "mostly helps" } else { "mostly does not help" }
                    ),
                    why: format!("it helped {helped} times of {all}"),
                    sure: 1.0 - (deviation / 0.289).min(1.0),
                });
            }
        }
        beliefs
    }
}

impl RememberedAnswer {
    fn features(&self) -> Option<Features> {
        let sound = |values: &[f64]| values.iter().all(|value| value.abs() <= 10.0);
        let (x, y) = (padded(&self.x)?, padded(&self.y)?);
        (sound(&self.x) && sound(&self.y)).then_some(Features { x, y })
    }

    /// How much it counts, 0..=1. An answer from the future (the clock was wrong) counts as new.
    fn weight(&self, unix_secs: i64) -> f64 {
        let days = unix_secs.saturating_sub(self.unix_secs).max(0) as f64 / 86_400.0;
        0.5_f64.powf(days / HALF_LIFE_DAYS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at() -> Features {
        Features { x: [0.25; X], y: [-0.5; Y] }
    }

    #[test]
    fn it_comes_back_and_is_edited() {
        let mut profile = Profile::default();
        profile.remember("break", Answer::Helped, 1_000, &at());
        profile.remember("human", Answer::NeverAgain, 2_000, &at());
        let back = Profile::from_toml(&profile.to_toml()).unwrap();
        assert_eq!(back, profile);
        assert!(back.is_never("human") && !back.is_never("break"));
        let strategies = Strategies::builtin();
        let words: Vec<String> = back.beliefs(&strategies).into_iter().map(|b| b.says).collect();
        assert!(words.iter().any(|says| says.contains("never want \u{201c}human\u{201d}")));
        let mut edited = back;
        assert_eq!(edited.forget("human"), 1);
        assert!(!edited.is_never("human"));
    }

    #[test]
    fn damage_is_named_with_its_line() {
        let mut profile = Profile::default();
        profile.remember("break", Answer::Helped, 1_000, &at());
        let text = profile.to_toml();
        for (from, to, said) in [
            ("version = 1", "version = 7", "version 7"),
            ("answer = \"helped\"", "answer = \"perhaps\"", "unknown variant"),
            ("hours = 0.0", "hours = -3.0", "out of range"),
            ("x = [", "x = [1, ", "numbers x"),
            ("never = []", "never = [", "line"),
        ] {
            let error = Profile::from_toml(&text.replacen(from, to, 1)).expect_err(to).to_string();
            assert!(error.contains(said), "{to}: {error}");
        }
    }

    #[test]
    fn it_does_not_grow_and_old_answers_fade() {
        let mut profile = Profile::default();
        for index in 0..2 * MOST_ANSWERS as i64 {
            profile.remember("break", Answer::Helped, index, &at());
        }
        assert_eq!(profile.answers.len(), MOST_ANSWERS);
        let answer = &profile.answers[0];
        let days = |days: i64| answer.weight(answer.unix_secs + days * 86_400);
        assert!((days(60) - 0.5).abs() < 1e-9 && days(-100) == 1.0 && days(600) < 0.01);
    }
}
