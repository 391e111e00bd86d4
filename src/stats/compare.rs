//! Differences between spans, sessions and groups of sessions.

use serde::Serialize;

use super::bins::{Bins, Figure, figures};
use super::bootstrap::{Draws, RESAMPLES, SEED, draws};
use super::summary::{Estimate, known};
use super::{Holds, Selection};
use crate::evaluate::{Random, percentiles};
use crate::session::Signal;

/// One side of a comparison: a session or several, each with the part that counts.
#[derive(Debug, Clone)]
pub struct Group {
    name: String,
    words: Vec<String>,
    members: Vec<Member>,
}

#[derive(Debug, Clone)]
struct Member {
    figures: Vec<f64>,
    draws: Option<Draws>,
}

impl Group {
    /// A group without sessions.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), words: Vec::new(), members: Vec::new() }
    }

    /// Adds a session, of which `selections` count, as one. Each session of a group weighs the same,
    /// however long it is. False if its classes are others than those of the group, so that it can't
    /// be compared; it is left out then.
    #[must_use]
    pub fn add(&mut self, signal: &Signal, holds: &Holds, selections: &[Selection]) -> bool {
        if self.members.is_empty() {
            self.words = signal.words().to_vec();
        }
        if self.words != signal.words() {
            return false;
        }
        let parts = selections.iter().map(|part| Bins::of(signal, holds, part)).collect();
        if let Some(bins) = Bins::joined(parts) {
            // Each session its own numbers, so that two that are alike are not drawn alike.
            let seed = SEED.wrapping_add(self.members.len() as u64 * 0x9e37);
            let draws = draws(&bins, seed);
            self.members.push(Member { figures: figures(&bins.total()), draws });
        }
        true
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many sessions.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there are no sessions.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Mean over the sessions in which there is such a figure.
    fn value(&self, index: usize) -> f64 {
        mean(self.members.iter().map(|member| member.figures.get(index).copied()))
    }

    /// Resampled [`Self::value`]s: sessions are drawn with replacement, and within each, blocks.
    /// `None` if a session that stands alone is too short for blocks.
    fn resampled(&self, index: usize, seed: u64) -> Option<Vec<f64>> {
        if self.members.len() < 2 && self.members.iter().any(|member| member.draws.is_none()) {
            return None;
        }
        let mut random = Random(seed);
        let count = self.members.len();
        let draw = |random: &mut Random| {
            let member = &self.members[random.below(count)];
            match &member.draws {
                Some(draws) => draws.figures[random.below(draws.figures.len())].get(index).copied(),
                None => member.figures.get(index).copied(),
            }
        };
        (count > 0).then(|| {
            (0..RESAMPLES)
                .map(|_| mean((0..count).map(|_| draw(&mut random)).collect::<Vec<_>>()))
                .collect()
        })
    }

    fn estimate(&self, index: usize, seed: u64) -> Estimate {
        let value = known(self.value(index));
        let drawn = value.and_then(|_| self.resampled(index, seed));
        Estimate { value, interval: drawn.and_then(|drawn| percentiles(finite(drawn))) }
    }
}

fn mean(values: impl IntoIterator<Item = Option<f64>>) -> f64 {
    let known: Vec<f64> = values.into_iter().flatten().filter(|value| value.is_finite()).collect();
    if known.is_empty() { f64::NAN } else { known.iter().sum::<f64>() / known.len() as f64 }
}

fn finite(values: Vec<f64>) -> Vec<f64> {
    values.into_iter().filter(|value| value.is_finite()).collect()
}

/// One figure of two groups.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// `share`, `mean_posterior`, `valence`, `arousal`, `unsure` or `without_face`.
    pub figure: &'static str,
    /// Column word of the class, of the first two.
    pub label: Option<String>,
    /// Of the first group.
    pub first: Estimate,
    /// Of the second group.
    pub second: Estimate,
    /// First minus second.
    pub difference: Estimate,
}

/// Two groups side by side.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// Name of the first group.
    pub first: String,
    /// Name of the second group.
    pub second: String,
    /// Sessions in the first group.
    pub first_sessions: usize,
    /// Sessions in the second group.
    pub second_sessions: usize,
    /// Shares by class, mean posteriors by class, then the rest.
    pub figures: Vec<Difference>,
    /// What the limits can't tell, for people.
    pub remarks: Vec<String>,
}

/// With fewer sessions a resample is too much like the sample, and limits are too narrow.
const ENOUGH_SESSIONS: usize = 8;

/// First minus second, with limits. `None` if a group is empty or their classes differ.
pub fn compare(first: &Group, second: &Group) -> Option<Comparison> {
    if first.is_empty() || second.is_empty() || first.words != second.words {
        return None;
    }
    let classes = first.words.len();
    let words = first.words.iter().enumerate();
    let shares = words.clone().map(|(class, word)| ("share", Some(word), Figure::Share(class)));
    let means = words.map(|(class, word)| ("mean_posterior", Some(word), Figure::Mean(class)));
    let rest = [
        ("valence", None, Figure::Valence),
        ("arousal", None, Figure::Arousal),
        ("unsure", None, Figure::Unsure),
        ("without_face", None, Figure::WithoutFace),
    ];
    let figures = shares.chain(means).chain(rest).map(|(figure, word, which)| {
        let index = which.index(classes);
        let seed = SEED ^ index as u64;
        let difference = known(first.value(index) - second.value(index));
        let drawn = difference
            .and(first.resampled(index, seed))
            .zip(second.resampled(index, !seed))
            .map(|(a, b)| finite(a.iter().zip(b).map(|(a, b)| a - b).collect()));
        Difference {
            figure,
            label: word.cloned(),
            first: first.estimate(index, seed),
            second: second.estimate(index, !seed),
            difference: Estimate { value: difference, interval: drawn.and_then(percentiles) },
        }
    });
    Some(Comparison {
        first: first.name.clone(),
        second: second.name.clone(),
        first_sessions: first.len(),
        second_sessions: second.len(),
        figures: figures.collect(),
        remarks: remarks(first, second),
    })
}

fn remarks(first: &Group, second: &Group) -> Vec<String> {
    let mut remarks = Vec::new();
    let least = first.len().min(second.len());
    if least == 1 {
        remarks.push(
            "The limits say how far a session would move with another stretch of the same length. \
             One session says nothing about other people."
                .to_owned(),
        );
    } else if least < ENOUGH_SESSIONS {
        remarks.push(format!(
            "With {least} sessions in a group the limits are narrower than they should be; \
             {ENOUGH_SESSIONS} or more are better."
        ));
    }
    let short = [first, second]
        .iter()
        .flat_map(|group| &group.members)
        .filter(|member| member.draws.is_none())
        .count();
    if short > 0 {
        let verb = if short == 1 { "is" } else { "are" };
        remarks.push(format!(
            "{short} of the sessions {verb} too short to say how far they would move by themselves."
        ));
    }
    remarks
}
