//! A card whose kind is not known beforehand.

use super::{DetectorCard, EmotionCard, InputCard, Licence, Task, parse, rules};

/// A card of either kind.
#[derive(Debug, Clone, PartialEq)]
pub enum Card {
    /// Of an emotion model.
    Emotion(EmotionCard),
    /// Of a face detector.
    Detector(DetectorCard),
}

impl Card {
    /// Reads a card of the kind that its `task` names.
    ///
    /// # Errors
    /// Everything that is wrong with it, in words, not only the first.
    pub fn parse(text: &str) -> Result<Self, Vec<String>> {
        let table: toml::Table = parse(text).map_err(|reason| vec![reason])?;
        let parsed = match rules::task(&table) {
            Ok(Task::Emotion) => EmotionCard::parse(text).map(Self::Emotion),
            Ok(Task::FaceDetection) => DetectorCard::parse(text).map(Self::Detector),
            Err(reason) => return Err(vec![reason]),
        };
        parsed.map_err(|first| {
            let all = rules::explain(&table).0;
            if all.is_empty() { vec![first] } else { all }
        })
    }

    /// Reads what can be read of a card that may be wrong, and says everything that is wrong with
    /// it. There is a card if its `[input]` and `[output]` can be read, whatever the rest is like;
    /// where problems are told, it serves to compare it with a file and for nothing else.
    pub fn read_leniently(text: &str) -> (Option<Self>, Vec<String>) {
        let table: toml::Table = match parse(text) {
            Ok(table) => table,
            Err(reason) => return (None, vec![reason]),
        };
        let task = match rules::task(&table) {
            Ok(task) => task,
            Err(reason) => return (None, vec![reason]),
        };
        let (problems, readable) = rules::explain(&table);
        let card = match task {
            Task::Emotion => readable.try_into().map(Self::Emotion),
            Task::FaceDetection => readable.try_into().map(Self::Detector),
        };
        (card.ok(), problems)
    }

    /// Keys at the top of the text that no card has: most likely misspelt.
    pub fn unknown_keys(text: &str) -> Vec<String> {
        text.parse().map_or_else(|_| Vec::new(), |table| rules::unknown_keys(&table))
    }

    /// Short name.
    pub fn name(&self) -> &str {
        match self {
            Self::Emotion(card) => &card.name,
            Self::Detector(card) => &card.name,
        }
    }

    /// ONNX file beside the card.
    pub fn file(&self) -> &str {
        match self {
            Self::Emotion(card) => &card.file,
            Self::Detector(card) => &card.file,
        }
    }

    /// Of the file, as the card states it; empty if it pins none.
    pub fn sha256(&self) -> &str {
        match self {
            Self::Emotion(card) => &card.sha256,
            Self::Detector(card) => &card.sha256,
        }
    }

    /// The tensor the model takes.
    pub fn input(&self) -> &InputCard {
        match self {
            Self::Emotion(card) => &card.input,
            Self::Detector(card) => &card.input,
        }
    }

    /// Names of the outputs that are read, as far as the card names them.
    pub fn outputs(&self) -> Vec<&str> {
        match self {
            Self::Emotion(card) => card.output.name.iter().map(String::as_str).collect(),
            Self::Detector(DetectorCard { output, .. }) => {
                vec![&output.scores, &output.boxes, &output.landmarks]
            }
        }
    }

    /// Terms.
    pub fn licence(&self) -> &Licence {
        match self {
            Self::Emotion(card) => &card.licence,
            Self::Detector(card) => &card.licence,
        }
    }

    /// How it was made.
    pub fn training(&self) -> &toml::Table {
        match self {
            Self::Emotion(card) => &card.training,
            Self::Detector(card) => &card.training,
        }
    }

    /// What it achieves.
    pub fn metrics(&self) -> &[toml::Table] {
        match self {
            Self::Emotion(card) => &card.metrics,
            Self::Detector(card) => &card.metrics,
        }
    }

    /// The first set of pictures in its figures, and the figures that sum it up.
    pub fn headline(&self) -> Option<(String, Vec<(String, f64)>)> {
        let first = self.metrics().first()?;
        let set = first.get("set")?.as_str()?.to_owned();
        let figures = ["accuracy", "macro_recall", "ece"]
            .into_iter()
            .filter_map(|key| Some((key.replace('_', " "), first.get(key)?.as_float()?)));
        Some((set, figures.collect()))
    }

    /// What it is bad at.
    pub fn limits(&self) -> &[String] {
        match self {
            Self::Emotion(card) => &card.limits,
            Self::Detector(card) => &card.limits,
        }
    }

    /// Where the facts are from.
    pub fn source(&self) -> Option<&str> {
        match self {
            Self::Emotion(card) => card.source.as_deref(),
            Self::Detector(card) => card.source.as_deref(),
        }
    }

    /// Compares the card with the shapes of the outputs it names.
    pub(in crate::model) fn check(&self, output_shapes: &[Vec<usize>]) -> Result<(), String> {
        match self {
            Self::Emotion(card) => card.check(output_shapes),
            Self::Detector(card) => card.check(output_shapes),
        }
    }
}
