//! Decisions and answers as JSON lines: what is trained on, evaluated on and explained.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::decision::{Decision, SILENT};
use super::features::Features;
use super::feedback::Answer;
use super::policy::Example;

/// One decision of a log, reduced to what learning needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogRow {
    /// Whose it is.
    pub user: u64,
    /// Of the decision.
    pub id: u64,
    /// Id of the strategy, or `silent`.
    pub strategy: String,
    /// With which probability that was chosen.
    pub propensity: f64,
    /// Strategies that were not allowed.
    pub blocked: Vec<String>,
    /// Both inputs.
    pub features: Features,
    /// What the user answered, if anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answer>,
}

impl LogRow {
    /// Whether something was said.
    pub fn speaks(&self) -> bool {
        self.strategy != SILENT
    }

    /// To learn from, if it was a prompt that was answered; `ids` are the outputs of the network.
    pub fn example(&self, ids: &[String]) -> Option<Example> {
        let strategy = ids.iter().position(|id| *id == self.strategy)?;
        let helped = self.answer? == Answer::Helped;
        Some(Example { features: self.features, strategy, helped, user: self.user })
    }

    fn of(decision: Decision, user: u64) -> Self {
        let blocked = decision.alternatives.into_iter().filter(|other| other.blocked.is_some());
        Self {
            user,
            id: decision.id,
            strategy: decision.strategy,
            propensity: decision.propensity,
            blocked: blocked.map(|other| other.strategy).collect(),
            features: decision.features,
            answer: None,
        }
    }
}

/// A line of a log, or of what `mien live --headless --companion --json` prints. All other lines,
/// such as observations, are passed over.
#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Decision { decision: Box<Decision> },
    Feedback { feedback: Given },
    Row(Box<LogRow>),
    Other(serde::de::IgnoredAny),
}

#[derive(Deserialize)]
struct Given {
    id: u64,
    answer: Answer,
}

/// What a log held.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Log {
    /// In the order of the lines.
    pub rows: Vec<LogRow>,
    /// Whole decisions, where the log has them.
    pub decisions: Vec<Decision>,
    /// Lines that are no JSON, from 1.
    pub unreadable: Vec<usize>,
    /// Answers to decisions that the log does not have.
    pub strayed: usize,
}

impl Log {
    /// Adds the lines of one file. Decisions that name no user are `user`'s.
    pub fn add(&mut self, text: &str, user: u64) {
        let first = self.rows.len();
        let mut at: BTreeMap<u64, usize> = BTreeMap::new();
        for (number, line) in text.lines().enumerate() {
            if line.trim().is_empty() {
                continue;
            }
            match serde_json::from_str(line) {
                Ok(Line::Decision { decision }) => {
                    at.insert(decision.id, self.rows.len());
                    self.decisions.push((*decision).clone());
                    self.rows.push(LogRow::of(*decision, user));
                }
                Ok(Line::Feedback { feedback: Given { id, answer } }) => {
                    match at.get(&id).and_then(|at| self.rows.get_mut(*at)) {
                        Some(row) => row.answer = row.answer.or(Some(answer)),
                        None => self.strayed += 1,
                    }
                }
                Ok(Line::Row(row)) => self.rows.push(*row),
                Ok(Line::Other(_)) => {}
                Err(_) => self.unreadable.push(number + 1),
            }
        }
        // A propensity that is none would poison every estimate.
        let sound = |row: &LogRow| row.propensity > 0.0 && row.propensity <= 1.0;
        let mut index = 0;
        let before = self.rows.len();
        self.rows.retain(|row| {
            index += 1;
            index <= first || sound(row)
        });
        self.strayed += before - self.rows.len();
    }
}

#[cfg(test)]
mod tests {
    use super::super::features::{X, Y};
    use super::*;

    #[test]
    fn rows_answers_and_other_lines_are_told_apart() {
        let row = LogRow {
            user: 3,
            id: 1,
            strategy: "break".into(),
            propensity: 0.2,
            blocked: vec!["human".into()],
            features: Features { x: [0.5; X], y: [0.0; Y] },
            answer: Some(Answer::Helped),
        };
        let mut text = serde_json::to_string(&row).unwrap();
        let zero = LogRow { propensity: 0.0, ..row.clone() };
        text += &format!("\n{}\n", serde_json::to_string(&zero).unwrap());
        text += "{\"frame\":0,\"faces\":[]}\n\nnot json\n";
        text += "{\"feedback\":{\"id\":99,\"answer\":\"helped\"}}\n";
        let mut log = Log::default();
        log.add(&text, 7);
        assert_eq!(log.rows, [row]);
        assert_eq!((log.unreadable.as_slice(), log.strayed), (&[5][..], 2));
        let ids = ["human", "break"].map(String::from);
        let example = log.rows[0].example(&ids).unwrap();
        assert!(example.strategy == 1 && example.helped && example.user == 3);
    }
}
