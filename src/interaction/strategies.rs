//! What the companion may do: read from a file that people can change.

use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::context::{Intent, Scenario};
use super::reading::EXPRESSIONS;

/// The strategies inside the program.
pub const BUILTIN: &str = include_str!("../../assets/companion/strategies.toml");

/// All strategies and the limits they are under. *Stay silent* is not among them: it is always
/// possible.
#[derive(Debug, Clone, PartialEq)]
pub struct Strategies {
    /// In the order of the file.
    pub list: Vec<Strategy>,
    /// What no policy gets past.
    pub limits: Limits,
}

/// One thing it may do.
#[derive(Debug, Clone, PartialEq)]
pub struct Strategy {
    /// Unique, such as `slow_down`.
    pub id: String,
    /// What it is for.
    pub action: Action,
    /// Where it is allowed; empty: everywhere.
    pub scenarios: Vec<Scenario>,
    /// When it is allowed; empty: always.
    pub intents: Vec<Intent>,
    /// When it is not, whatever else holds.
    pub never: Vec<Never>,
    /// Seconds between two uses.
    pub cooldown_secs: f64,
    /// What is said; at least one fits everything.
    pub messages: Vec<Message>,
}

/// What a strategy does; the program around the companion carries it out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// A pause.
    #[serde(rename = "suggest a break")]
    SuggestBreak,
    /// A rhythm to breathe by.
    #[serde(rename = "breathing pace")]
    BreathingPace,
    /// Smaller steps, less at a time.
    #[serde(rename = "slow down")]
    SlowDown,
    /// A kind word.
    #[serde(rename = "encourage")]
    Encourage,
    /// Easier or harder tasks.
    #[serde(rename = "change the difficulty")]
    ChangeDifficulty,
    /// Something else to see, hear or do.
    #[serde(rename = "change the content")]
    ChangeContent,
    /// A person takes over.
    #[serde(rename = "offer a human")]
    OfferHuman,
    /// Nothing.
    #[serde(rename = "stay silent")]
    StaySilent,
}

/// When a strategy must not be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Never {
    /// In a call, or likely so.
    Call,
    /// Speaking to others, or likely so.
    Presenting,
    /// No face is there to read it.
    Alone,
}

/// What is said, in two languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Only if this expression was most of the last minute; index into [`EXPRESSIONS`].
    pub expression: Option<usize>,
    /// Only with this intent.
    pub intent: Option<Intent>,
    /// English.
    pub en: String,
    /// Chinese.
    pub zh: String,
}

/// Language of the prompts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// English.
    #[default]
    En,
    /// Chinese.
    Zh,
}

impl Message {
    /// In this language.
    pub fn text(&self, language: Language) -> &str {
        match language {
            Language::En => &self.en,
            Language::Zh => &self.zh,
        }
    }
}

impl Strategy {
    /// What to say to someone whose face mostly read as `expression` and who is about `intent`.
    pub fn message(&self, expression: usize, intent: Option<Intent>, language: Language) -> &str {
        let fits = |message: &&Message| {
            message.expression.is_none_or(|wanted| wanted == expression)
                && message.intent.is_none_or(|wanted| Some(wanted) == intent)
        };
        let message = self.messages.iter().find(fits);
        message.map_or("", |message| message.text(language))
    }
}

/// What no policy gets past.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// Between two prompts, seconds.
    pub gap_secs: f64,
    /// Prompts an hour at most.
    pub per_hour: usize,
    /// Minutes of the day from and to which nothing is said; may pass midnight.
    pub quiet: Option<(u16, u16)>,
    /// The gap grows by this factor with each unwanted prompt in a row.
    pub back_off: f64,
    /// Up to this factor.
    pub most_back_off: f64,
    /// Of the last minute, so much must be sure readings.
    pub least_evidence: f64,
    /// How bad an unwanted prompt is, against how good one is that helped.
    pub cost_of_disturbing: f64,
    /// Prompts while a session for research is recorded.
    pub while_recording: bool,
}

impl Limits {
    /// Whether `minute` of the day is quiet.
    pub fn is_quiet(&self, minute: u16) -> bool {
        self.quiet.is_some_and(|(from, to)| {
            if from <= to { (from..to).contains(&minute) } else { minute >= from || minute < to }
        })
    }

    /// A strategy pays off from this chance to help on, 0..=1.
    pub fn worth_from(&self) -> f64 {
        self.cost_of_disturbing / (1.0 + self.cost_of_disturbing)
    }
}

impl Strategies {
    /// Those inside the program.
    pub fn builtin() -> Self {
        Self::from_toml(BUILTIN).expect("the file inside the program is sound")
    }

    /// Ids, in their order.
    pub fn ids(&self) -> Vec<String> {
        self.list.iter().map(|strategy| strategy.id.clone()).collect()
    }

    /// Where the strategy called `id` stands.
    pub fn index_of(&self, id: &str) -> Option<usize> {
        self.list.iter().position(|strategy| strategy.id == id)
    }

    /// Reads a strategies file.
    ///
    /// # Errors
    /// [`StrategyError`] with line and column.
    pub fn from_toml(text: &str) -> Result<Self, StrategyError> {
        let file: File = toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            StrategyError::at(text, at, error.message().replace('\n', " "))
        })?;
        if *file.version.get_ref() != VERSION {
            let said =
                format!("version {} is not known; this is {VERSION}", file.version.get_ref());
            return Err(StrategyError::at(text, file.version.span().start, said));
        }
        let limits = file.limits.checked(text)?;
        let mut list: Vec<Strategy> = Vec::new();
        for written in file.strategy {
            let at = written.id.span().start;
            let strategy = written.checked(text)?;
            if list.iter().any(|other| other.id == strategy.id) {
                let said = format!("the id \u{201c}{}\u{201d} is used twice", strategy.id);
                return Err(StrategyError::at(text, at, said));
            }
            list.push(strategy);
        }
        if list.is_empty() {
            return Err(StrategyError::at(text, text.len(), "there is no [[strategy]]".into()));
        }
        Ok(Self { list, limits })
    }
}

/// What is wrong with a strategies file, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {reason}")]
pub struct StrategyError {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// What is wrong.
    pub reason: String,
}

impl StrategyError {
    fn at(text: &str, byte: usize, reason: String) -> Self {
        let before = text.get(..byte).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.matches('\n').count() + 1;
        Self { line, column: before[line_start..].chars().count() + 1, reason }
    }
}

/// Of the form of the file.
const VERSION: u32 = 1;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: Spanned<u32>,
    limits: WrittenLimits,
    #[serde(default)]
    strategy: Vec<WrittenStrategy>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenLimits {
    gap_minutes: Spanned<f64>,
    per_hour: Spanned<u32>,
    quiet_from: Option<Spanned<String>>,
    quiet_to: Option<Spanned<String>>,
    back_off: Spanned<f64>,
    most_back_off: Spanned<f64>,
    least_evidence: Spanned<f64>,
    cost_of_disturbing: Spanned<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenStrategy {
    id: Spanned<String>,
    action: Action,
    #[serde(default)]
    scenarios: Vec<Scenario>,
    #[serde(default)]
    intents: Vec<Intent>,
    #[serde(default)]
    never: Vec<Never>,
    cooldown_minutes: Spanned<f64>,
    #[serde(default)]
    message: Vec<WrittenMessage>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenMessage {
    expression: Option<Spanned<String>>,
    intent: Option<Intent>,
    en: Spanned<String>,
    zh: Spanned<String>,
}

/// A number within limits, or where it stands and what it may be.
fn within(text: &str, value: &Spanned<f64>, low: f64, high: f64) -> Result<f64, StrategyError> {
    let number = *value.get_ref();
    if (low..=high).contains(&number) {
        return Ok(number);
    }
    let said = format!("{number} is not between {low} and {high}");
    Err(StrategyError::at(text, value.span().start, said))
}

impl WrittenLimits {
    fn checked(self, text: &str) -> Result<Limits, StrategyError> {
        let minute = |time: &Spanned<String>| {
            let parsed = time.get_ref().split_once(':').and_then(|(hours, minutes)| {
                let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
                (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
            });
            parsed.ok_or_else(|| {
                let said = format!("\u{201c}{}\u{201d} is no time such as 22:00", time.get_ref());
                StrategyError::at(text, time.span().start, said)
            })
        };
        let quiet = match (&self.quiet_from, &self.quiet_to) {
            (Some(from), Some(to)) => Some((minute(from)?, minute(to)?)),
            (None, None) => None,
            (Some(one), None) | (None, Some(one)) => {
                let said = "quiet_from and quiet_to come together or not at all".to_owned();
                return Err(StrategyError::at(text, one.span().start, said));
            }
        };
        Ok(Limits {
            gap_secs: 60.0 * within(text, &self.gap_minutes, 1.0, 1440.0)?,
            per_hour: *self.per_hour.get_ref() as usize,
            quiet,
            back_off: within(text, &self.back_off, 1.0, 10.0)?,
            most_back_off: within(text, &self.most_back_off, 1.0, 1000.0)?,
            least_evidence: within(text, &self.least_evidence, 0.05, 1.0)?,
            cost_of_disturbing: within(text, &self.cost_of_disturbing, 0.1, 20.0)?,
            while_recording: false,
        })
    }
}

impl WrittenStrategy {
    fn checked(self, text: &str) -> Result<Strategy, StrategyError> {
        let at = self.id.span().start;
        let id = self.id.into_inner();
        let sound = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if id.is_empty() || !id.chars().all(sound) || id == "silent" {
            let said =
                format!("\u{201c}{id}\u{201d} can't be an id: use a-z, 0-9 and _; silent is taken");
            return Err(StrategyError::at(text, at, said));
        }
        if self.action == Action::StaySilent {
            let said = "staying silent is always possible and needs no entry".to_owned();
            return Err(StrategyError::at(text, at, said));
        }
        let cooldown_secs = 60.0 * within(text, &self.cooldown_minutes, 1.0, 10_080.0)?;
        let mut messages = Vec::with_capacity(self.message.len());
        for message in self.message {
            messages.push(message.checked(text)?);
        }
        if !messages.iter().any(|m| m.expression.is_none() && m.intent.is_none()) {
            let said = format!(
                "{id} needs a [[strategy.message]] without expression and intent, for all else"
            );
            return Err(StrategyError::at(text, at, said));
        }
        Ok(Strategy {
            id,
            action: self.action,
            scenarios: self.scenarios,
            intents: self.intents,
            never: self.never,
            cooldown_secs,
            messages,
        })
    }
}

impl WrittenMessage {
    fn checked(self, text: &str) -> Result<Message, StrategyError> {
        let expression = match &self.expression {
            None => None,
            Some(word) => {
                let index = EXPRESSIONS.iter().position(|name| name == word.get_ref());
                Some(index.ok_or_else(|| {
                    let said = format!(
                        "\u{201c}{}\u{201d} is no expression; write one of {}",
                        word.get_ref(),
                        EXPRESSIONS.join(", ")
                    );
                    StrategyError::at(text, word.span().start, said)
                })?)
            }
        };
        for words in [&self.en, &self.zh] {
            if words.get_ref().trim().is_empty() {
                let said = "a message can't be empty".to_owned();
                return Err(StrategyError::at(text, words.span().start, said));
            }
        }
        let (en, zh) = (self.en.into_inner(), self.zh.into_inner());
        Ok(Message { expression, intent: self.intent, en, zh })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_builtin_file_is_sound_and_covers_every_action() {
        let strategies = Strategies::builtin();
        for action in [
            Action::SuggestBreak,
            Action::BreathingPace,
            Action::SlowDown,
            Action::Encourage,
            Action::ChangeDifficulty,
            Action::ChangeContent,
            Action::OfferHuman,
        ] {
            assert!(strategies.list.iter().any(|strategy| strategy.action == action), "{action:?}");
        }
        assert!(strategies.limits.is_quiet(23 * 60) && strategies.limits.is_quiet(60));
        assert!(!strategies.limits.is_quiet(12 * 60));
    }

    #[test]
    fn messages_fit_state_and_intent_in_both_languages() {
        let strategies = Strategies::builtin();
        let strategy = |id: &str| &strategies.list[strategies.index_of(id).unwrap()];
        let angry = strategy("slow_down").message(4, None, Language::En);
        assert!(angry.contains("one step at a time"));
        assert_ne!(angry, strategy("slow_down").message(0, None, Language::En));
        let practising = strategy("encourage").message(0, Some(Intent::Practising), Language::Zh);
        assert!(practising.contains("继续"));
    }

    #[test]
    fn errors_say_line_and_column() {
        let wrong = |from: &str, to: &str| {
            let text = BUILTIN.replacen(from, to, 1);
            let error = Strategies::from_toml(&text).expect_err(to);
            (error.to_string(), text.lines().nth(error.line - 1).unwrap_or("").to_owned())
        };
        for (from, to, said) in [
            ("per_hour = 8", "per_hour = \"many\"", "invalid type"),
            ("back_off = 2.0", "back_off = 0.5", "not between"),
            ("quiet_from = \"22:00\"", "quiet_from = \"late\"", "no time"),
            ("id = \"break\"", "id = \"Break!\"", "can't be an id"),
            ("id = \"breathing\"", "id = \"break\"", "used twice"),
            ("action = \"encourage\"", "action = \"cheer\"", "unknown variant"),
            ("expression = \"anger\"", "expression = \"rage\"", "no expression"),
            ("cooldown_minutes = 25", "cooldown = 25", "unknown field"),
            ("version = 1", "version = 9", "not known"),
            ("version = 1", "version = = 1", ""),
        ] {
            let (error, line) = wrong(from, to);
            assert!(error.starts_with("line ") && error.contains(said), "{to}: {error}");
            let word = to.split('=').next().unwrap().trim();
            assert!(line.contains(word), "{to}: {error}: {line}");
        }
        assert!(Strategies::from_toml("").is_err());
    }
}
