//! What a card must obey in itself, before any network is looked at.

use serde::de::DeserializeOwned;

use super::{
    AffectMap, Calibration, DetectorCard, DetectorOutput, EmotionCard, EmotionOutput, Framing,
    InputCard, Licence, NeutralCard, SecondLookCard, Task,
};

/// Version of the card's schema that this program reads.
const SCHEMA: u32 = 1;

/// Keys at the top of a card.
const KEYS: [&str; 18] = [
    "schema",
    "task",
    "name",
    "file",
    "sha256",
    "source",
    "limits",
    "input",
    "other_sizes",
    "output",
    "second_look",
    "framing",
    "calibration",
    "affect",
    "neutral",
    "licence",
    "training",
    "metrics",
];

/// A face is never larger than this on its way into a model, nor a picture for detection.
const SIDES: std::ops::RangeInclusive<usize> = 8..=2048;

/// At each size the network is loaded once more.
const MOST_SIZES: usize = 8;

pub(super) fn head(schema: u32, task: Task, wanted: Task) -> Result<(), String> {
    if schema != SCHEMA {
        return Err(format!("schema {schema} is not known to this version (it reads {SCHEMA})"));
    }
    if task != wanted {
        let kind = if task == Task::Emotion { "an emotion model" } else { "a face detector" };
        return Err(format!("this is {kind}; it was asked for as the other kind"));
    }
    Ok(())
}

/// Problems as one sentence; none is well.
pub(super) fn sound(problems: Vec<String>) -> Result<(), String> {
    if problems.is_empty() { Ok(()) } else { Err(problems.join("; ")) }
}

/// What kind of model a card is about.
pub(super) fn task(table: &toml::Table) -> Result<Task, String> {
    let value = table.get("task").ok_or(
        "it has no task: \u{201c}emotion\u{201d} or \
         \u{201c}face-detection\u{201d}",
    )?;
    value.clone().try_into().map_err(|error| format!("task: {}", words(&error)))
}

pub(super) fn unknown_keys(table: &toml::Table) -> Vec<String> {
    table.keys().filter(|key| !KEYS.contains(&key.as_str())).cloned().collect()
}

/// Stands in for what can't be read of a card, so that the rest can be compared with a file.
const STAND_IN: &str = "\
    schema = 1\nname = \"\"\nfile = \"\"\nframing = { kind = \"box\", margin = 1.0 }\n\
    licence = { weights = \"\", data = \"\" }\n";

/// Everything that is wrong with a card, each section alone, and the card without the sections
/// that can't be read.
pub(super) fn explain(table: &toml::Table) -> (Vec<String>, toml::Table) {
    let readable = STAND_IN.parse().unwrap_or_default();
    let mut sections = Sections { table, problems: Vec::new(), readable };
    sections.needed::<Task>("task");
    if let Some(schema) = sections.needed::<u32>("schema")
        && schema != SCHEMA
    {
        sections
            .problems
            .push(format!("schema {schema} is not known to this version (it reads {SCHEMA})"));
    }
    sections.needed::<String>("name");
    if let Some(file) = sections.needed::<String>("file") {
        sections.problems.extend(file_problems(&file));
    }
    sections.optional::<String>("sha256");
    sections.needed::<Licence>("licence");
    sections.optional::<toml::Table>("training");
    sections.optional::<Vec<toml::Table>>("metrics");
    sections.optional::<Vec<String>>("limits");
    sections.optional::<String>("source");
    if let Some(input) = sections.needed::<InputCard>("input") {
        sections.problems.extend(input.problems());
    }
    if matches!(task(table), Ok(Task::FaceDetection)) {
        if let Some(output) = sections.needed::<DetectorOutput>("output") {
            sections.problems.extend(output.problems());
        }
        if let Some(sizes) = sections.optional::<Vec<[usize; 2]>>("other_sizes") {
            sections.problems.extend(size_problems(&sizes));
        }
        if let Some(look) = sections.optional::<SecondLookCard>("second_look") {
            sections.problems.extend(look.problems());
        }
        return (sections.problems, sections.readable);
    }
    let output = sections.needed::<EmotionOutput>("output");
    if let Some(output) = &output {
        sections.problems.extend(output.problems());
    }
    if let Some(framing) = sections.needed::<Framing>("framing") {
        sections.problems.extend(framing.problems());
    }
    if let Some(calibration) = sections.optional::<Calibration>("calibration") {
        sections.problems.extend(calibration.problems());
    }
    if let (Some(affect), Some(output)) = (sections.optional::<AffectMap>("affect"), &output) {
        sections.problems.extend(affect.problems(output.labels.len()));
    }
    if let (Some(neutral), Some(output)) = (sections.optional::<NeutralCard>("neutral"), &output) {
        sections.problems.extend(neutral.problems(&output.labels));
    }
    (sections.problems, sections.readable)
}

struct Sections<'a> {
    table: &'a toml::Table,
    problems: Vec<String>,
    readable: toml::Table,
}

impl Sections<'_> {
    fn needed<T: DeserializeOwned>(&mut self, key: &str) -> Option<T> {
        if !self.table.contains_key(key) {
            self.problems.push(format!("{key} is missing"));
        }
        self.optional(key)
    }

    fn optional<T: DeserializeOwned>(&mut self, key: &str) -> Option<T> {
        let value = self.table.get(key)?;
        match value.clone().try_into() {
            Ok(section) => {
                self.readable.insert(key.to_owned(), value.clone());
                Some(section)
            }
            Err(error) => {
                self.problems.push(format!("{key}: {}", words(&error)));
                None
            }
        }
    }
}

/// The engine of TOML adds where it was; the key is said already.
fn words(error: &toml::de::Error) -> String {
    error.message().lines().next().unwrap_or_default().to_owned()
}

impl EmotionCard {
    pub(super) fn problems(&self) -> Vec<String> {
        let mut problems = file_problems(&self.file);
        problems.extend(self.input.problems());
        problems.extend(self.output.problems());
        problems.extend(self.framing.problems());
        problems.extend(self.calibration.problems());
        if let Some(affect) = &self.affect {
            problems.extend(affect.problems(self.output.labels.len()));
        }
        if let Some(neutral) = &self.neutral {
            problems.extend(neutral.problems(&self.output.labels));
        }
        problems
    }
}

impl DetectorCard {
    pub(super) fn problems(&self) -> Vec<String> {
        let mut problems = file_problems(&self.file);
        problems.extend(self.input.problems());
        problems.extend(size_problems(&self.other_sizes));
        problems.extend(self.output.problems());
        problems.extend(self.second_look.iter().flat_map(SecondLookCard::problems));
        problems
    }
}

/// A card can't make the program read a file from somewhere else.
fn file_problems(file: &str) -> Vec<String> {
    let plain =
        !file.is_empty() && file != "." && file != ".." && !file.contains(['/', '\\', ':', '\0']);
    if plain {
        Vec::new()
    } else {
        vec![format!("file \u{201c}{file}\u{201d} must be the name of a file beside the card")]
    }
}

fn size_problems(sizes: &[[usize; 2]]) -> Vec<String> {
    let sound = |[width, height]: &[usize; 2]| SIDES.contains(width) && SIDES.contains(height);
    let unsound = sizes.iter().filter(|size| !sound(size)).take(MOST_SIZES);
    let mut problems: Vec<String> =
        unsound.map(|[w, h]| format!("input {w}x{h} is not within 8 to 2048")).collect();
    if sizes.len() > MOST_SIZES {
        problems.push(format!("other_sizes has {} entries; {MOST_SIZES} work", sizes.len()));
    }
    problems
}

impl InputCard {
    pub(in crate::model) fn problems(&self) -> Vec<String> {
        let mut problems = size_problems(&[self.size()]);
        for (name, values) in [("mean", &self.mean), ("std", &self.std)] {
            if values.len() != 1 && values.len() != self.channels.count() {
                let wanted = if self.channels.count() == 1 { "1" } else { "1 or 3" };
                let count = values.len();
                problems.push(format!("input.{name} has {count} values; it needs {wanted}"));
            }
        }
        let finite = self.mean.iter().chain(&self.std).chain([&self.scale]).all(|v| v.is_finite());
        if !finite || self.std.contains(&0.0) || self.scale == 0.0 {
            problems.push("input.scale and input.std must be numbers other than 0".into());
        }
        problems
    }
}

impl EmotionOutput {
    pub(super) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if !(2..=1000).contains(&self.labels.len()) {
            problems
                .push(format!("output.labels has {} entries; 2 to 1000 work", self.labels.len()));
        }
        for (i, label) in self.labels.iter().enumerate() {
            if label.trim().is_empty() || self.labels[..i].contains(label) {
                problems.push(format!("output.labels has \u{201c}{label}\u{201d} twice or empty"));
            }
        }
        if self.embedding.is_some() && self.name.is_none() {
            problems.push("output.name must be stated where output.embedding is".into());
        }
        problems
    }
}

impl Framing {
    pub(super) fn problems(&self) -> Vec<String> {
        match self {
            Self::Box { margin } if !(0.5..=4.0).contains(margin) => {
                vec![format!("framing.margin {margin} is not within 0.5 to 4")]
            }
            Self::Landmarks { template } if template.iter().flatten().any(|v| !v.is_finite()) => {
                vec!["framing.template has a value that is no number".into()]
            }
            _ => Vec::new(),
        }
    }
}

impl Calibration {
    pub(super) fn problems(&self) -> Vec<String> {
        if self.temperature > 0.0 && self.temperature.is_finite() {
            Vec::new()
        } else {
            vec!["calibration.temperature must be above 0".into()]
        }
    }
}

impl AffectMap {
    pub(super) fn problems(&self, labels: usize) -> Vec<String> {
        let mut problems = Vec::new();
        if self.valence.len() != labels || self.arousal.len() != labels {
            problems.push(format!(
                "affect has {} valences and {} arousals for {labels} labels",
                self.valence.len(),
                self.arousal.len(),
            ));
        }
        let within = |values: &[f32]| values.iter().all(|v| (-1.0..=1.0).contains(v));
        if !within(&self.valence) || !within(&self.arousal) {
            problems.push("affect has coordinates outside -1 to 1".into());
        }
        problems
    }
}

impl NeutralCard {
    pub(super) fn problems(&self, labels: &[String]) -> Vec<String> {
        let mut problems = Vec::new();
        let Some(neutral) = labels.iter().position(|label| *label == self.label) else {
            return vec![format!("neutral.label \u{201c}{}\u{201d} is no label", self.label)];
        };
        if self.log_odds.len() != labels.len() || self.spread.len() != labels.len() {
            problems.push(format!(
                "neutral has {} log_odds and {} spreads for {} labels",
                self.log_odds.len(),
                self.spread.len(),
                labels.len(),
            ));
            return problems;
        }
        let sound = |class: usize| {
            let (odds, spread) = (self.log_odds[class], self.spread[class]);
            odds.is_finite() && (class == neutral || spread.is_finite() && spread > 0.0)
        };
        if !(0..labels.len()).all(sound) || self.log_odds[neutral] != 0.0 {
            problems.push(
                "neutral needs numbers: log_odds 0 for neutral itself, spreads above 0".into(),
            );
        }
        problems
    }
}

impl DetectorOutput {
    pub(super) fn problems(&self) -> Vec<String> {
        [("score_threshold", self.score_threshold), ("nms_iou", self.nms_iou)]
            .into_iter()
            .filter(|(_, value)| !(0.0..=1.0).contains(value))
            .map(|(name, value)| format!("output.{name} {value} is not within 0 to 1"))
            .collect()
    }
}

impl SecondLookCard {
    pub(in crate::model) fn problems(&self) -> Vec<String> {
        let mut problems = file_problems(&self.file);
        problems.extend(self.input.problems());
        let framing = Framing::Box { margin: self.margin };
        problems.extend(framing.problems());
        if !(0.0..=1.0).contains(&self.least_score) {
            problems.push(format!("least_score {} is not within 0 to 1", self.least_score));
        }
        if !self.share.is_finite() {
            problems.push("share is no number".into());
        }
        problems.into_iter().map(|problem| format!("second_look: {problem}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Card;
    use super::*;
    use crate::model::builtin;

    /// The shipped card with pieces of text replaced.
    fn edited(changes: &[(&str, &str)]) -> String {
        changes.iter().fold(builtin::EMOTION.0.to_owned(), |card, (from, to)| {
            assert!(card.contains(from), "{from}");
            card.replacen(from, to, 1)
        })
    }

    #[test]
    fn a_frame_is_given_to_the_size_in_which_it_is_largest() {
        let card = DetectorCard::parse(builtin::DETECTOR.0).unwrap();
        let own = card.input.size();
        assert_eq!(card.size_for(640, 480), own);
        for (width, height) in [(1920.0, 1080.0), (100.0, 100.0), (480.0, 640.0), (1080.0, 1920.0)]
        {
            let scale = |[w, h]: [usize; 2]| f64::min(w as f64 / width, h as f64 / height);
            let (width, height) = (width as u32, height as u32);
            let size = card.size_for(width, height);
            assert!(scale(size) > scale(own), "{width}x{height}: {size:?}");
            let (pixels, of_own) = (size[0] * size[1], own[0] * own[1]);
            assert!(pixels <= of_own, "{size:?} would take longer than {own:?}");
        }
        let wrong = builtin::DETECTOR.0.replace("[352, 352]", "[352, 4]");
        assert!(DetectorCard::parse(&wrong).unwrap_err().contains("352x4"));
    }

    #[test]
    fn every_mistake_is_told_at_once() {
        let card = edited(&[
            ("width = 48", "width = 4"),
            ("mean = [0.0]", "mean = [0.0, 1.0]"),
            ("\"happiness\", ", "\"neutral\", "),
            ("temperature = 0.", "temperature = -0."),
            ("kind = \"landmarks\"", "kind = \"circle\""),
            ("file = \"model.onnx\"", ""),
        ]);
        let problems = Card::parse(&card).unwrap_err();
        for wanted in ["4x48", "mean", "twice", "temperature", "framing", "file is missing"] {
            assert!(problems.iter().any(|p| p.contains(wanted)), "{wanted}: {problems:#?}");
        }
        assert!(problems.len() >= 6, "{problems:#?}");
    }

    #[test]
    fn what_can_be_read_of_a_wrong_card_is() {
        let card = edited(&[
            ("kind = \"landmarks\"", "kind = \"circle\""),
            ("temperature = ", "temperature = \"warm\" # "),
        ]);
        let (card, problems) = Card::read_leniently(&card);
        assert_eq!(problems.len(), 2, "{problems:?}");
        let card = card.expect("input and output are sound");
        let shipped = EmotionCard::parse(builtin::EMOTION.0).unwrap();
        assert_eq!((card.input(), card.outputs()), (&shipped.input, vec!["logits"]));
        let (none, problems) = Card::read_leniently(&edited(&[("layout = \"nchw\"", "")]));
        assert!(none.is_none() && problems[0].contains("layout"), "{problems:?}");
        let (sound, none) = Card::read_leniently(builtin::EMOTION.0);
        assert_eq!((sound, none), (Some(Card::Emotion(shipped)), vec![]));
    }

    #[test]
    fn a_card_names_a_file_beside_it_and_no_other() {
        for file in ["../model.onnx", "/etc/passwd", "", "..", "a\\\\b.onnx", "C:model.onnx"] {
            let card = edited(&[("file = \"model.onnx\"", &format!("file = \"{file}\""))]);
            let problem = EmotionCard::parse(&card).unwrap_err();
            assert!(problem.contains("beside the card"), "{file}: {problem}");
        }
    }

    #[test]
    fn a_misspelt_key_is_known_as_such() {
        let card = edited(&[("[calibration]", "[callibration]")]);
        assert_eq!(Card::unknown_keys(&card), ["callibration"]);
        assert_eq!(Card::unknown_keys(builtin::EMOTION.0), Vec::<String>::new());
    }

    #[test]
    fn what_is_no_toml_says_the_line() {
        let problems = Card::parse("schema = 1\ntask = ").unwrap_err();
        assert!(problems.len() == 1 && problems[0].contains("line 2"), "{problems:?}");
        assert!(Card::parse("schema = 1").unwrap_err()[0].contains("task"));
    }
}
