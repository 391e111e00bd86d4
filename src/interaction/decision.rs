//! A decision with everything needed to explain it, to learn from it and to judge it later.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::context::Intent;
use super::features::Features;
use super::limits::Blocked;
use super::policy::Contribution;
use super::strategies::Action;
use crate::words::percent;

/// What was decided at one moment, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// From 1; answers refer to it.
    pub id: u64,
    /// On the clock of [`super::Now::secs`].
    pub secs: f64,
    /// Id of the strategy, or `silent`.
    pub strategy: String,
    /// What to do.
    pub action: Action,
    /// What to say; empty when silent.
    pub message: String,
    /// Why, in a sentence.
    pub reason: String,
    /// Chance that it helps, about 0..=1; 0 when silent.
    pub chance: f64,
    /// With which probability this was chosen, 0 < p <= 1.
    pub propensity: f64,
    /// What spoke for it (or, when silent, for the best alternative) most, from both branches.
    pub because: Vec<Contribution>,
    /// All strategies, also those that were not allowed.
    pub alternatives: Vec<Alternative>,
    /// What the user was about, as far as known.
    pub intent: Option<Intent>,
    /// Share of sure readings in the last minute, 0..=1.
    pub evidence: f64,
    /// Both inputs.
    pub features: Features,
}

/// A strategy that was considered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alternative {
    /// Its id.
    pub strategy: String,
    /// Chance to help, about 0..=1.
    pub chance: f64,
    /// Standard deviation of its log-odds.
    pub deviation: f64,
    /// Probability of being chosen.
    pub propensity: f64,
    /// Why it was not allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocked: Option<Blocked>,
}

/// Id of what is done when nothing is.
pub const SILENT: &str = "silent";

impl Decision {
    /// Whether something is said.
    pub fn speaks(&self) -> bool {
        self.strategy != SILENT
    }

    /// The text of its row in `events.csv`: one line, the same fields in the same order.
    pub fn event_text(&self) -> String {
        let mut text = format!(
            "id={} strategy={} chance={:.3} propensity={:.4} evidence={:.2}",
            self.id, self.strategy, self.chance, self.propensity, self.evidence
        );
        for part in self.because.iter().take(3) {
            let _ = write!(text, "; {} {:+.2}", part.feature, part.adds);
        }
        text
    }

    /// In plain words, line by line.
    pub fn explained(&self) -> String {
        let mut text = String::new();
        let what = if self.speaks() {
            format!("said \u{201c}{}\u{201d} ({})", self.message, self.strategy)
        } else {
            "stayed silent".to_owned()
        };
        let _ = writeln!(text, "Decision {} at {:.0} s: {what}.", self.id, self.secs);
        let _ = writeln!(text, "Why: {}.", self.reason);
        if self.chance > 0.0 {
            let _ = writeln!(
                text,
                "Expected to help in {}; chosen with probability {:.3}.",
                percent(self.chance),
                self.propensity
            );
        }
        if !self.because.is_empty() {
            let _ = writeln!(text, "What counted (log-odds; x: you, y: the situation):");
            for part in &self.because {
                let Contribution { branch, feature, value, adds } = part;
                let _ = writeln!(text, "  {branch}  {adds:+.2}  {feature} ({value:+.2})");
            }
        }
        let _ = writeln!(text, "Alternatives:");
        for other in &self.alternatives {
            let blocked = other.blocked.map_or_else(
                || format!("chosen with probability {:.3}", other.propensity),
                |blocked| format!("not now: {}", blocked.words()),
            );
            let _ = writeln!(
                text,
                "  {:<14} helps in {:>6} ± {:.2}, {blocked}",
                other.strategy,
                percent(other.chance.clamp(0.0, 1.0)),
                other.deviation
            );
        }
        text
    }
}
