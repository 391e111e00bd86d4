//! All that an evaluation found, in one structure: what `--json` prints, the table shows and the
//! page draws. `docs/evaluate.md` describes the fields.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use serde::Serialize;

use super::bootstrap::{self, Interval};
use super::calibration::{Answered, Bin, answered_above, calibration_error, coverage, reliability};
use super::conditions::{Slice, by_brightness, by_face_width};
use super::metrics::{self, Confusion};
use super::run::{EvaluateOptions, FaceTimes};
use super::{ClassSpace, Reading};
use crate::dataset::{Dataset, Unusable};
use crate::model::EmotionCard;

/// Version of the structure; fields may be added without a new one.
const SCHEMA: u32 = 1;

/// So many of the surest mistakes are named: where labels are wrong, they are among them.
const MISTAKES: usize = 30;

/// Fewer persons or folders than this say nothing about how persons differ.
const LEAST_GROUPS: usize = 10;

/// What an evaluation found. Shares and probabilities are 0..=1.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Version of this structure.
    pub schema: u32,
    /// Name and version of the program.
    pub program: String,
    /// Which model.
    pub model: ModelFacts,
    /// Which data: as named on the command line.
    pub data: String,
    /// Which part of them; `None`: all.
    pub split: Option<String>,
    /// Parts there are.
    pub splits: Vec<String>,
    /// Classes of the data.
    pub data_classes: Vec<String>,
    /// `model`, `8`, `7` or `7-merged`.
    pub classes: &'static str,
    /// The classes that count; every list by class is in this order.
    pub labels: Vec<String>,
    /// Classes that count and have no picture, so that nothing is known about them.
    pub absent_from_data: Vec<String>,
    /// Classes that count and that the model can't answer.
    pub unknown_to_model: Vec<String>,
    /// What became of the pictures.
    pub counts: Counts,
    /// Pictures in the figures below.
    pub evaluated: u64,
    /// Share of right answers.
    pub accuracy: Score,
    /// Mean over the classes, each counted the same, of the share found.
    pub macro_recall: Score,
    /// Persons or folders drawn for the limits; `None`: pictures were drawn.
    pub drawn_groups: Option<usize>,
    /// Mean F1 over the classes.
    pub macro_f1: f64,
    /// Expected calibration error.
    pub ece: f64,
    /// Negative log-likelihood in nats.
    pub nll: f64,
    /// Brier score, 0..=2.
    pub brier: f64,
    /// One entry a class.
    pub per_class: Vec<ClassLine>,
    /// One row for each class that people gave, one column for each that the model gave.
    pub confusion: Vec<Vec<u64>>,
    /// Accuracy against certainty.
    pub reliability: Vec<Bin>,
    /// Accuracy against coverage.
    pub coverage: Vec<Answered>,
    /// At the threshold below which the app says `unsure`.
    pub unsure: Answered,
    /// Accuracy by mean luma of the face, 0..=255.
    pub by_brightness: Vec<Slice>,
    /// Accuracy by width of the face in pixels.
    pub by_face_width: Vec<Slice>,
    /// How long a face takes.
    pub time: Times,
    /// The surest wrong answers.
    pub surest_mistakes: Vec<Mistake>,
}

/// What a reader needs to know of the model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ModelFacts {
    /// As in the card.
    pub name: String,
    /// Of the ONNX file, in hex.
    pub sha256: String,
    /// Its classes in its order.
    pub labels: Vec<String>,
    /// Width and height of its input in pixels.
    pub input: [usize; 2],
    /// Whether the mirror image is read too.
    pub mirror: bool,
    /// Logits are divided by this.
    pub temperature: f32,
}

/// What became of the pictures.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Counts {
    /// In the list, or in the split; the sum of all that follow.
    pub listed: u64,
    /// Left out because people do not agree on a class.
    pub without_majority: u64,
    /// Left out because their class does not count, by class.
    pub of_other_classes: BTreeMap<String, u64>,
    /// Left out as more than were asked for.
    pub over_limit: u64,
    /// Evaluated as they are.
    pub taken_whole: u64,
    /// Evaluated by the face found in them.
    pub detected: u64,
    /// No face was found in these.
    pub without_face: Vec<String>,
    /// These could not be read, or say too little.
    pub unreadable: Vec<Named>,
    /// The network failed on these.
    pub failed: Vec<Named>,
}

/// A picture, a row or a file, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Named {
    /// Where it comes from.
    pub origin: String,
    /// What is wrong.
    pub reason: String,
}

impl From<&Unusable> for Named {
    fn from(unusable: &Unusable) -> Self {
        Self { origin: unusable.origin.clone(), reason: unusable.reason.clone() }
    }
}

/// A share with the limits between which 95 % of resamples lie; absent for a single picture.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Score {
    /// 0..=1.
    pub value: f64,
    /// 0..=1.
    pub interval: Option<Interval>,
}

/// Figures of one class; `null` where there is nothing to divide by.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassLine {
    /// Name of the class.
    pub label: String,
    /// Pictures that people gave it.
    pub support: u64,
    /// Pictures that the model gave it.
    pub answered: u64,
    /// Share found.
    pub recall: Option<f64>,
    /// Share of its answers that are right.
    pub precision: Option<f64>,
    /// Harmonic mean of both.
    pub f1: Option<f64>,
}

/// How long one face takes on one core.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Times {
    /// Cores that worked at the same time; with more than one each is somewhat slower.
    pub jobs: usize,
    /// The classifier alone, the mirror image included.
    pub classifier_ms: Milliseconds,
    /// With detection and alignment; absent if all pictures were taken whole.
    pub with_detection_ms: Option<Milliseconds>,
}

/// Of the times of all faces.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Milliseconds {
    /// The fastest: what an undisturbed core takes.
    pub least: f64,
    /// Half are faster.
    pub median: f64,
    /// 95 % are faster.
    pub p95: f64,
}

/// A wrong answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Mistake {
    /// Which picture.
    pub origin: String,
    /// What people said.
    pub truth: String,
    /// What the model said.
    pub answer: String,
    /// How sure it was.
    pub certainty: f32,
}

/// What a report is built from.
pub(super) struct Facts<'a> {
    pub dataset: &'a Dataset,
    pub options: &'a EvaluateOptions,
    pub model: &'a EmotionCard,
    pub space: &'a ClassSpace,
    pub counts: Counts,
    /// At least one.
    pub readings: &'a [Reading],
    pub times: &'a FaceTimes,
    pub jobs: usize,
}

pub(super) fn build(facts: Facts<'_>) -> Report {
    let Facts { dataset, options, model, space, counts, readings, times, jobs } = facts;
    let labels = space.labels.names();
    let confusion = Confusion::of(readings, labels.len());
    let groups = groups(dataset, readings);
    let intervals = bootstrap::intervals(readings, labels.len(), |reading| match &groups {
        Some(groups) => groups.get(&reading.example).copied().unwrap_or_default(),
        None => reading.example,
    });
    let bins = reliability(readings);
    let owned = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect();
    let per_class = labels.iter().zip(confusion.by_class()).map(|(label, figures)| ClassLine {
        label: label.clone(),
        support: figures.support,
        answered: figures.answered,
        recall: figures.recall,
        precision: figures.precision,
        f1: figures.f1,
    });
    let nothing = Answered { threshold: 0.0, coverage: 0.0, accuracy: None };
    Report {
        schema: SCHEMA,
        program: format!("mien {}", env!("CARGO_PKG_VERSION")),
        model: ModelFacts {
            name: model.name.clone(),
            sha256: model.sha256.clone(),
            labels: model.labels().names().to_vec(),
            input: [model.input.width, model.input.height],
            mirror: model.calibration.mirror,
            temperature: model.calibration.temperature,
        },
        data: dataset.path().display().to_string(),
        split: options.split.clone(),
        splits: owned(dataset.splits()),
        data_classes: dataset.classes().iter().map(|class| class.word().to_owned()).collect(),
        classes: options.classes.name(),
        labels: labels.to_vec(),
        absent_from_data: per_class
            .clone()
            .filter(|line| line.support == 0)
            .map(|line| line.label)
            .collect(),
        unknown_to_model: owned(space.unknown_to_model()),
        counts,
        evaluated: readings.len() as u64,
        accuracy: Score {
            value: confusion.accuracy().unwrap_or_default(),
            interval: intervals.map(|intervals| intervals.accuracy),
        },
        macro_recall: Score {
            value: confusion.macro_recall().unwrap_or_default(),
            interval: intervals.map(|intervals| intervals.macro_recall),
        },
        drawn_groups: groups.map(|groups| distinct(groups.into_values())),
        macro_f1: confusion.macro_f1().unwrap_or_default(),
        ece: calibration_error(&bins).unwrap_or_default(),
        nll: metrics::negative_log_likelihood(readings).unwrap_or_default(),
        brier: metrics::brier(readings).unwrap_or_default(),
        per_class: per_class.collect(),
        confusion: confusion.rows().map(<[u64]>::to_vec).collect(),
        reliability: bins,
        coverage: coverage(readings),
        unsure: answered_above(readings, options.unsure_below).unwrap_or(nothing),
        by_brightness: by_brightness(readings),
        by_face_width: by_face_width(readings),
        time: Times {
            jobs,
            classifier_ms: milliseconds(&times.classifying).unwrap_or_default(),
            with_detection_ms: milliseconds(&times.with_detection),
        },
        surest_mistakes: surest_mistakes(dataset, readings, space),
    }
}

/// A number for the group of each example read, if all have one and there are enough of them.
fn groups(dataset: &Dataset, readings: &[Reading]) -> Option<HashMap<usize, usize>> {
    let mut numbers: HashMap<&str, usize> = HashMap::new();
    let mut groups = HashMap::with_capacity(readings.len());
    for reading in readings {
        let name = dataset.examples()[reading.example].group.as_deref()?;
        let next = numbers.len();
        groups.insert(reading.example, *numbers.entry(name).or_insert(next));
    }
    (numbers.len() >= LEAST_GROUPS && numbers.len() < readings.len()).then_some(groups)
}

fn distinct(numbers: impl Iterator<Item = usize>) -> usize {
    numbers.collect::<std::collections::HashSet<_>>().len()
}

fn surest_mistakes(dataset: &Dataset, readings: &[Reading], space: &ClassSpace) -> Vec<Mistake> {
    let mut wrong: Vec<&Reading> = readings.iter().filter(|reading| !reading.is_right()).collect();
    wrong.sort_by(|a, b| b.certainty().total_cmp(&a.certainty()));
    let mistake = |reading: &Reading| Mistake {
        origin: dataset.examples()[reading.example].origin.clone(),
        truth: space.labels.name(reading.truth).to_owned(),
        answer: space.labels.name(reading.answer()).to_owned(),
        certainty: reading.certainty(),
    };
    wrong.into_iter().take(MISTAKES).map(mistake).collect()
}

fn milliseconds(times: &[Duration]) -> Option<Milliseconds> {
    let mut times: Vec<f64> = times.iter().map(|time| time.as_secs_f64() * 1000.0).collect();
    times.sort_by(f64::total_cmp);
    let last = times.len().checked_sub(1)?;
    let at = |share: f64| times[(share * last as f64).round() as usize];
    Some(Milliseconds { least: at(0.0), median: at(0.5), p95: at(0.95) })
}

/// What became of the pictures, if none could be evaluated.
pub(super) fn why_nothing(counts: &Counts) -> String {
    let others: u64 = counts.of_other_classes.values().sum();
    let mut reasons: Vec<String> = [
        (counts.without_majority, "without a class that most people agree on"),
        (others, "of classes that do not count"),
        (counts.without_face.len() as u64, "without a face that was found"),
        (counts.unreadable.len() as u64, "that can't be read"),
        (counts.failed.len() as u64, "that the network failed on"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, what)| format!("{count} {what}"))
    .collect();
    if let Some(first) = counts.unreadable.first().or(counts.failed.first()) {
        reasons.push(format!("the first: {} {}", first.origin, first.reason));
    }
    if reasons.is_empty() { "there is none".to_owned() } else { reasons.join(", ") }
}
