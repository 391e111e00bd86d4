//! A taught model as files: ONNX, card, a page for people. It loads like any other.

use std::path::{Path, PathBuf};
use std::{fs, io};

use toml::{Table, Value};

use super::course::{Taught, split_in_words};
use super::report::Report;
use crate::digest::sha256;
use crate::model::embedding::BaseModel;
use crate::model::network::HeadLayer;
use crate::model::{EmotionModel, ModelError};

/// Name of the ONNX file beside the card.
const FILE: &str = "model.onnx";

/// What is known of where a taught model comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Short name of the new model.
    pub name: String,
    /// What was shown, for people: `pictures of the user`.
    pub shown: String,
    /// The command that makes it again, or what was done instead.
    pub command: String,
    /// Seed of the splits.
    pub seed: u64,
}

/// A model that was taught. In memory until it is written.
#[derive(Debug, Clone, PartialEq)]
pub struct TaughtModel {
    /// Short name.
    pub name: String,
    /// `card.toml`.
    pub card: String,
    /// The network.
    pub onnx: Vec<u8>,
    /// `README.md`.
    pub readme: String,
    /// How good it is.
    pub report: Report,
}

impl TaughtModel {
    /// Puts the taught head onto the model that it was learned on.
    ///
    /// # Errors
    /// If the last layer of `base` can't be replaced.
    pub fn new(base: &BaseModel, taught: Taught, origin: &Origin) -> Result<Self, ModelError> {
        let Taught { head, report } = taught;
        let layer = HeadLayer { weights: &head.weights, bias: &head.bias };
        let (onnx, output) = base.with_head(&layer)?;
        let card = card(base, &report, origin, &output, &sha256(&onnx));
        let readme = readme(base, &report, origin);
        Ok(Self { name: origin.name.clone(), card, onnx, readme, report })
    }

    /// Loads it as the window and the command line load models.
    ///
    /// # Errors
    /// Says what does not fit.
    pub fn load(&self) -> Result<EmotionModel, ModelError> {
        EmotionModel::from_memory(&self.name, &self.card, &self.onnx)
    }

    /// Writes it into `dir`, which comes into being complete or not at all.
    ///
    /// # Errors
    /// If something is there already, or the system refuses.
    pub fn write(&self, dir: &Path) -> Result<(), WriteError> {
        let failed =
            |error: io::Error| WriteError::Io { dir: dir.to_owned(), reason: error.to_string() };
        check_free(dir)?;
        let parent = match dir.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        fs::create_dir_all(parent).map_err(failed)?;
        let mut hidden = std::ffi::OsString::from(".");
        hidden.push(dir.file_name().unwrap_or(self.name.as_ref()));
        hidden.push(format!(".{}.part", std::process::id()));
        let part = parent.join(hidden);
        let written = (|| {
            fs::create_dir(&part)?;
            fs::write(part.join(FILE), &self.onnx)?;
            fs::write(part.join("README.md"), &self.readme)?;
            fs::write(part.join("card.toml"), &self.card)?;
            if dir.is_dir() {
                // Empty, as was checked; not every system renames onto a folder.
                fs::remove_dir(dir)?;
            }
            fs::rename(&part, dir)
        })();
        if written.is_err() {
            // The first error is the one to tell; this only tidies up.
            let _ = fs::remove_dir_all(&part);
        }
        written.map_err(failed)
    }
}

/// Whether a model can be written into `dir`: it is not there, or empty.
///
/// # Errors
/// If something is in the way.
pub fn check_free(dir: &Path) -> Result<(), WriteError> {
    match fs::read_dir(dir) {
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => Err(WriteError::Taken { dir: dir.to_owned() }),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            Err(WriteError::Taken { dir: dir.to_owned() })
        }
        Err(error) => Err(WriteError::Io { dir: dir.to_owned(), reason: error.to_string() }),
    }
}

/// Why a model was not written. `Display` is the cause; [`Self::advice`] says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// Nothing is overwritten.
    #[error("{} is there already and not empty", dir.display())]
    Taken {
        /// The folder.
        dir: PathBuf,
    },
    /// The system refuses.
    #[error("{} can't be written: {reason}", dir.display())]
    Io {
        /// The folder.
        dir: PathBuf,
        /// What the system said.
        reason: String,
    },
}

impl WriteError {
    /// What to do next.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Taken { .. } => "Name a new folder, or move that one away.",
            Self::Io { .. } => "Name a folder that can be written, on a disk with room.",
        }
    }
}

/// The card, in the order in which people read one. What the new model shares with `base` is taken
/// over as it stands there.
fn card(base: &BaseModel, report: &Report, origin: &Origin, output: &str, sha256: &str) -> String {
    let facts = &base.card_table;
    let shared = |key: &str| facts.get(key).cloned().unwrap_or_else(|| Value::Table(Table::new()));
    let shared_in = |section: &str, key: &str| facts.get(section)?.get(key).cloned();
    let strings = |items: &[String]| Value::Array(items.iter().cloned().map(Value::from).collect());
    let mut out = String::from("# Written by Mien.\n");
    let mut put = |entries: Vec<(&str, Option<Value>)>| {
        for (key, value) in entries {
            let Some(value) = value else { continue };
            if matches!(value, Value::Table(_)) || key == "metrics" {
                out.push('\n');
            }
            out += &Table::from_iter([(key.to_owned(), value)]).to_string();
        }
    };
    put(vec![
        ("schema", facts.get("schema").cloned()),
        ("task", facts.get("task").cloned()),
        ("name", Some(origin.name.as_str().into())),
        ("file", Some(FILE.into())),
        ("sha256", Some(sha256.into())),
        ("limits", Some(strings(&limits(report, origin)))),
        ("input", Some(shared("input"))),
    ]);
    put(vec![(
        "output",
        Some(table(vec![
            ("name", Some(output.into())),
            ("kind", Some("logits".into())),
            ("labels", Some(strings(&report.classes))),
            ("embedding", shared_in("output", "embedding")),
        ])),
    )]);
    put(vec![
        ("framing", Some(shared("framing"))),
        (
            "calibration",
            Some(table(vec![
                ("temperature", Some(rounded(report.temperature))),
                ("mirror", shared_in("calibration", "mirror")),
                ("ece", Some(rounded(report.ece))),
                ("measured_on", Some(set_in_words(report, origin).into())),
            ])),
        ),
        ("affect", affect(base, &report.classes)),
        ("licence", Some(licence(base, origin))),
        (
            "training",
            Some(table(vec![
                ("base", Some(base.card.name.as_str().into())),
                ("base_sha256", Some(base.card.sha256.as_str().into())),
                ("command", Some(origin.command.as_str().into())),
                ("seed", Some((origin.seed as i64).into())),
                ("penalty", Some(report.penalty.into())),
                (
                    "recipe",
                    Some(
                        "multinomial logistic regression on the standardised embedding, each \
                         class weighing the same, L2 penalty by cross-validation, L-BFGS"
                            .into(),
                    ),
                ),
            ])),
        ),
        ("metrics", Some(Value::Array(vec![metrics(report, origin)]))),
    ]);
    out
}

fn table(entries: Vec<(&str, Option<Value>)>) -> Value {
    let known = entries.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
    Value::Table(known.collect())
}

/// Four decimals say all that is known.
fn rounded(value: f64) -> Value {
    Value::Float((value * 1e4).round() / 1e4)
}

fn set_in_words(report: &Report, origin: &Origin) -> String {
    format!("{} examples ({}), {}", report.held_out(), origin.shown, split_in_words(report))
}

fn limits(report: &Report, origin: &Origin) -> Vec<String> {
    let names = report.classes.join(", ");
    let mut limits = vec![
        format!(
            "Knows what it was shown and nothing else: every face is one of {names}, or unsure."
        ),
        format!(
            "Learned from {} examples ({}): other people, cameras and light may read worse.",
            report.held_out(),
            origin.shown
        ),
        "How it differs between groups of people is not known.".to_owned(),
    ];
    limits.extend(report.warnings());
    limits
}

/// Coordinates of the classes, if the base model has them for all.
fn affect(base: &BaseModel, classes: &[String]) -> Option<Value> {
    let map = base.card.affect.as_ref()?;
    let labels = base.card.labels();
    let known: Vec<usize> = classes
        .iter()
        .map(|class| labels.names().iter().position(|label| label == class))
        .collect::<Option<_>>()?;
    let of = |coordinates: &[f32]| {
        let of_class = |&label: &usize| rounded(f64::from(coordinates[label]));
        Value::Array(known.iter().map(of_class).collect())
    };
    Some(table(vec![
        ("valence", Some(of(&map.valence))),
        ("arousal", Some(of(&map.arousal))),
        ("source", Some(map.source.as_str().into())),
    ]))
}

fn licence(base: &BaseModel, origin: &Origin) -> Value {
    let base_licence = &base.card.licence;
    let weights = format!(
        "last layer: whoever taught it decides; the layers below are those of {}: {}",
        base.card.name, base_licence.weights
    );
    let data = format!("last layer: {}; {}: {}", origin.shown, base.card.name, base_licence.data);
    table(vec![("weights", Some(weights.into())), ("data", Some(data.into()))])
}

fn metrics(report: &Report, origin: &Origin) -> Value {
    let by_class = |value: &dyn Fn(usize) -> Option<f64>| {
        let entries = report.classes.iter().enumerate();
        let entries = entries.filter_map(|(c, name)| Some((name.clone(), rounded(value(c)?))));
        Some(Value::Table(entries.collect()))
    };
    let (low, high) = report.accuracy_interval();
    let figures = report.confusion.by_class();
    table(vec![
        ("set", Some(set_in_words(report, origin).into())),
        ("examples", Some((report.held_out() as i64).into())),
        ("accuracy", Some(rounded(report.accuracy()))),
        ("accuracy_95", Some(Value::Array(vec![rounded(low), rounded(high)]))),
        ("macro_recall", Some(rounded(report.macro_recall()))),
        ("ece", Some(rounded(report.ece))),
        ("recall", by_class(&|class| figures[class].recall)),
        ("precision", by_class(&|class| figures[class].precision)),
    ])
}

fn readme(base: &BaseModel, report: &Report, origin: &Origin) -> String {
    let (low, high) = report.accuracy_interval();
    let mut out = format!(
        "# {}\n\nTells apart: {}. Taught with Mien on the embedding of {}, from {}.\n\n\
         Use it: `mien --model` and this folder.\n\n\
         Of {} examples, {} were named right ({:.0} %; with many more such examples {:.0} to \
         {:.0} %), each by a head that had not seen it ({}). Mean over the classes: {:.0} %. \
         Calibration error (ECE): {:.3}.\n\n| class | examples | found |\n|---|---|---|\n",
        origin.name,
        report.classes.join(", "),
        base.card.name,
        origin.shown,
        report.held_out(),
        report.right(),
        report.accuracy() * 100.0,
        low * 100.0,
        high * 100.0,
        split_in_words(report),
        report.macro_recall() * 100.0,
        report.ece,
    );
    for (name, figures) in report.classes.iter().zip(report.confusion.by_class()) {
        let name = name.replace('|', "\\|");
        let recall = figures.recall.unwrap_or_default() * 100.0;
        out += &format!("| {name} | {} | {recall:.0} % |\n", figures.support);
    }
    out += "\nWhat to keep in mind:\n\n";
    for limit in limits(report, origin) {
        out += &format!("* {limit}\n");
    }
    out += "\nAn expression is not a feeling. Not for judging people.\n";
    out
}

#[cfg(test)]
mod tests;
