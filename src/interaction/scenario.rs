//! Small worked examples: a story step by step, and what the companion makes of it.

use serde::{Deserialize, Serialize};

use super::companion::{Companion, Setup};
use super::context::{Context, Intent, Now, Scenario};
use super::decision::Decision;
use super::feedback::Answer;
use super::profile::Profile;
use super::ranking::{Item, Ranked, Reactions};
use super::reading::{EXPRESSIONS, FaceSign, Reading};
use super::strategies::Action;
use crate::observation::Affect;

/// A story.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Story {
    /// In a few words.
    pub title: String,
    /// Where it plays.
    pub about: String,
    scenario: Scenario,
    intent: Intent,
    /// What can be suggested.
    #[serde(default, rename = "item")]
    items: Vec<Item>,
    #[serde(rename = "step")]
    steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    minutes: u32,
    /// Title of the item that is on.
    item: Option<String>,
    /// Most in the face, besides neutral.
    face: String,
    /// Of the time.
    #[serde(default)]
    share: f64,
    #[serde(default)]
    trouble: f64,
    #[serde(default)]
    waiting: f64,
    #[serde(default)]
    progress: f64,
    /// To what is said in this step.
    answer: Option<Answer>,
    note: String,
}

/// Something that happened in a story.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Happened {
    /// The story goes on.
    Told {
        /// Seconds since the start.
        secs: f64,
        /// What happens.
        text: String,
    },
    /// The companion decided.
    Decided(Box<Decision>),
    /// Where the content may change: what comes to mind, the best first.
    Suggested(Vec<Ranked>),
    /// At the end: all items, the best first.
    Ranked(Vec<Ranked>),
    /// The user answered.
    Answered {
        /// Number of the decision.
        id: u64,
        /// What.
        answer: Answer,
    },
}

impl Story {
    /// One of those inside the program.
    pub fn of(scenario: Scenario) -> Option<Self> {
        let text = match scenario {
            Scenario::Support => include_str!("../../assets/companion/scenarios/support.toml"),
            Scenario::Media => include_str!("../../assets/companion/scenarios/media.toml"),
            Scenario::Education => include_str!("../../assets/companion/scenarios/education.toml"),
            Scenario::General => return None,
        };
        Some(toml::from_str(text).expect("the stories inside the program are sound"))
    }

    /// Lets a companion without memory live through it, from ten in the morning.
    pub fn run(&self, setup: Setup) -> Vec<Happened> {
        let now = |secs: f64| Now {
            secs,
            minute_of_day: 600 + (secs / 60.0) as u16,
            unix_secs: secs as i64,
        };
        let mut companion = Companion::new(setup, Profile::default(), &now(0.0));
        let mut happened = Vec::new();
        let mut reactions = Reactions::default();
        let mut second = 0_u32;
        for step in &self.steps {
            let told = Happened::Told { secs: f64::from(second), text: step.note.clone() };
            happened.push(told);
            companion.set_context(Context {
                scenario: self.scenario,
                intent: Some(self.intent),
                trouble: step.trouble,
                waiting: step.waiting,
                progress: step.progress,
                ..Context::default()
            });
            for within in 0..step.minutes * 60 {
                let at = now(f64::from(second));
                companion.observe(at.secs, step.reading(within));
                second += 1;
                if let Some(item) = &step.item {
                    reactions.observe(item, companion.user(), step.trouble, 1.0);
                }
                let Some(decision) = companion.decide(&at) else { continue };
                let (id, speaks) = (decision.id, decision.speaks());
                let other = decision.action == Action::ChangeContent && !self.items.is_empty();
                happened.push(Happened::Decided(Box::new(decision)));
                if other {
                    let mut best = reactions.suggestions(&self.items);
                    best.truncate(SUGGESTED);
                    happened.push(Happened::Suggested(best));
                }
                if let (true, Some(answer)) = (speaks, step.answer)
                    && companion.feedback(id, answer, &at).is_ok()
                {
                    happened.push(Happened::Answered { id, answer });
                }
            }
        }
        if !self.items.is_empty() {
            happened.push(Happened::Ranked(reactions.ranked(&self.items)));
        }
        happened
    }
}

/// As many as the prompt says.
const SUGGESTED: usize = 2;

/// Valence and arousal of an expression, for stories: as the built-in model has them.
const AFFECT: [(f32, f32); 8] = [
    (0.0, 0.0),
    (0.76, 0.48),
    (0.40, 0.67),
    (-0.63, -0.27),
    (-0.51, 0.59),
    (-0.60, 0.35),
    (-0.64, 0.60),
    (-0.55, 0.10),
];

impl Step {
    /// The face comes and goes in stretches of twenty seconds, as faces do.
    fn reading(&self, second: u32) -> Reading {
        let named = EXPRESSIONS.iter().position(|name| *name == self.face).unwrap_or(0);
        // The golden ratio spreads the stretches evenly over any length.
        let place = f64::from(second / 20) * 0.618_033_988_75 % 1.0;
        let class = if place < self.share { named } else { 0 };
        let mut shares = [0.02; 8];
        shares[class] = 0.86;
        let (valence, arousal) = AFFECT[class];
        let affect = Affect { valence: 0.85 * valence, arousal: 0.85 * arousal };
        Reading { face: Some(FaceSign { shares, affect, sure: true, looking: true }) }
    }
}
