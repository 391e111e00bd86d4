//! Explains a model folder: everything in which card and file are wrong or differ, not only the
//! first of it, each with what to do.

use std::path::Path;

use super::card::{Card, Channels, DetectorCard, InputCard, Layout, SecondLookCard};
use super::network::{Network, NetworkError, OnnxFacts, TensorFacts};
use super::{probe, read_card, read_onnx, sha256, tract};

/// What was found out about a folder.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Check {
    /// The card, as far as it can be read.
    pub card: Option<Card>,
    /// What the file says of itself, if it can be read.
    pub facts: Option<OnnxFacts>,
    /// Of the file, in hex.
    pub sha256: Option<String>,
    /// Why the model can't be used. Empty: it loads.
    pub problems: Vec<Finding>,
    /// What is worth knowing about a model that loads.
    pub notes: Vec<Finding>,
}

/// One thing found.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    /// What is so.
    pub what: String,
    /// What to do; may be empty.
    pub fix: String,
}

impl Finding {
    fn new(what: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { what: what.into(), fix: fix.into() }
    }
}

/// Looks at the model in `dir`, loads its network and runs it on test pictures.
pub fn check(dir: &Path) -> Check {
    let mut check = Check::default();
    let text = match read_card(dir) {
        Ok(text) => text,
        Err(error) => {
            check.problem(error.to_string(), error.advice());
            return check;
        }
    };
    for key in Card::unknown_keys(&text) {
        check.note(
            format!("the card has a key \u{201c}{key}\u{201d} that Mien does not read"),
            "Look for a misspelling; docs/models.md lists the keys.",
        );
    }
    let (card, problems) = Card::read_leniently(&text);
    check.card = card;
    for problem in problems {
        check.problem(format!("card.toml: {problem}"), "docs/models.md explains every key.");
    }
    let Some(file) = Check::file_named(&text) else { return check };
    if let Some(onnx) = check.read(dir, &file) {
        check.look_at_file(&onnx);
    }
    if let Some(Card::Detector(DetectorCard { second_look: Some(look), .. })) = check.card.clone()
        && look.problems().is_empty()
        && let Some(onnx) = check.read(dir, &look.file)
    {
        check.look_at_second(&look, &onnx);
    }
    check
}

impl Check {
    fn problem(&mut self, what: impl Into<String>, fix: impl Into<String>) {
        self.problems.push(Finding::new(what, fix));
    }

    fn note(&mut self, what: impl Into<String>, fix: impl Into<String>) {
        self.notes.push(Finding::new(what, fix));
    }

    fn read(&mut self, dir: &Path, file: &str) -> Option<Vec<u8>> {
        match read_onnx(dir, file) {
            Ok(onnx) => Some(onnx),
            Err(error) => {
                self.problem(error.to_string(), format!("Put the model there as {file}."));
                None
            }
        }
    }

    /// The network that looks at each box again.
    fn look_at_second(&mut self, look: &SecondLookCard, onnx: &[u8]) {
        let found = sha256(onnx);
        if !look.sha256.is_empty() && !found.eq_ignore_ascii_case(&look.sha256) {
            self.problem(
                format!("second_look states sha256 {}, {} has {found}", look.sha256, look.file),
                "Get the file the card was written for, or, if this one is right, state its sum.",
            );
        }
        let outputs: Vec<&str> = look.output.iter().map(String::as_str).collect();
        match tract::load(onnx, &look.input.shape(), &outputs) {
            Ok(network) => {
                if let Err(reason) = look.check(network.output_shapes()) {
                    self.problem(reason, "Export it with one logit as its output.");
                }
            }
            Err(error) => self.problem(
                format!("the network {} {error}", look.file),
                "Export it again, or take [second_look] out of the card.",
            ),
        }
    }

    /// The ONNX file that the card names, also if the card is wrong otherwise.
    fn file_named(text: &str) -> Option<String> {
        let table: toml::Table = text.parse().ok()?;
        let file = table.get("file")?.as_str()?;
        // What is no plain name is a problem of the card, and nothing to be opened.
        (!file.is_empty() && !file.contains(['/', '\\', ':'])).then(|| file.to_owned())
    }

    fn look_at_file(&mut self, onnx: &[u8]) {
        let found = sha256(onnx);
        if let Some(card) = &self.card {
            let stated = card.sha256().to_owned();
            if stated.is_empty() {
                self.note(
                    "the card pins no file: another one would not be noticed",
                    format!("Add this line to card.toml: sha256 = \"{found}\""),
                );
            } else if !found.eq_ignore_ascii_case(&stated) {
                self.problem(
                    format!("the card states sha256 {stated}, the file has {found}"),
                    "Get the file the card was written for, or, if this one is right, state its sum.",
                );
            }
        }
        self.sha256 = Some(found);
        let (facts, refused) = match tract::inspect(onnx) {
            Ok(inspected) => inspected,
            Err(error) => return self.problem(error.to_string(), "Get or export the file again."),
        };
        let sound = refused.is_empty();
        for reason in refused {
            self.problem(reason, "Export the model again; docs/models.md says how.");
        }
        if let Some(card) = self.card.clone() {
            let expected = self.compare(&card, &facts);
            if sound {
                self.try_loading(&card, onnx, &expected, &facts);
            }
        }
        self.facts = Some(facts);
    }

    /// Compares what the card says with what the file says; the input to try it with.
    fn compare(&mut self, card: &Card, facts: &OnnxFacts) -> InputCard {
        let mut input = card.input().clone();
        match &facts.inputs[..] {
            [stated] => {
                if stated.element != "float32" {
                    self.problem(
                        format!("the file takes {}, Mien gives float32", stated.element),
                        "Export it with float32 input.",
                    );
                }
                if let Some(shape) = &stated.shape
                    && !agrees(shape, &input.shape())
                {
                    let guess = guessed(&input, shape);
                    self.problem(
                        format!("the file takes {stated}, the card says {}", described(&input)),
                        guess.as_ref().map_or_else(
                            || "Export it for one picture: four axes, batch 1 or open.".to_owned(),
                            |guess| format!("Under [input], state {}.", described(guess)),
                        ),
                    );
                    input = guess.unwrap_or(input);
                }
            }
            inputs => self.problem(
                format!(
                    "the file takes {} inputs ({}), not one picture",
                    inputs.len(),
                    names(inputs)
                ),
                "Export the part that takes a picture and gives scores.",
            ),
        }
        for name in card.outputs() {
            if !facts.outputs.iter().any(|output| output.name == name) {
                self.problem(
                    format!("the file has no output \u{201c}{name}\u{201d}"),
                    format!("Its outputs are {}.", names(&facts.outputs)),
                );
            }
        }
        if let Card::Emotion(card) = card
            && let Some(name) = &card.output.embedding
            && !facts.outputs.iter().any(|output| output.name == *name)
        {
            self.problem(
                format!("the file has no output \u{201c}{name}\u{201d} to be the embedding"),
                format!("Its outputs are {}.", names(&facts.outputs)),
            );
        }
        if card.outputs().is_empty() && facts.outputs.len() != 1 {
            self.problem(
                format!("the file has {} outputs and the card names none", facts.outputs.len()),
                format!("Under [output], state name as one of {}.", names(&facts.outputs)),
            );
        }
        input
    }

    fn try_loading(&mut self, card: &Card, onnx: &[u8], input: &InputCard, facts: &OnnxFacts) {
        let exists = |name: &&str| facts.outputs.iter().any(|output| output.name == **name);
        let mut outputs = card.outputs();
        if !outputs.iter().all(exists) || outputs.is_empty() {
            // Its only output is the one that was meant.
            if facts.outputs.len() != 1 || matches!(card, Card::Detector(_)) {
                return;
            }
            outputs.clear();
        }
        let mut network = match tract::load(onnx, &input.shape(), &outputs) {
            Ok(network) => network,
            Err(error) => {
                // What was said in comparing is not said again.
                let said = !self.problems.is_empty() && !matches!(error, NetworkError::Load { .. });
                if !said {
                    self.problem(
                        format!("the network {error}"),
                        "Export it again as ONNX of operator set 9 to 18, with fixed sizes.",
                    );
                }
                return;
            }
        };
        if let Err(reason) = card.check(network.output_shapes()) {
            self.problem(
                reason,
                "State the classes in the order in which the model was trained on them.",
            );
        }
        if let Card::Detector(detector) = card {
            for size in &detector.other_sizes {
                let fits = super::detector_at(detector, onnx, *size)
                    .map_err(|error| format!("the network {error}"))
                    .and_then(|network| card.check(network.output_shapes()));
                if let Err(reason) = fits {
                    self.problem(
                        format!("other_sizes, {}x{}: {reason}", size[0], size[1]),
                        "Export it with open sizes, or take this one out of the card.",
                    );
                }
            }
        }
        // With a normalisation that is none, answers would say nothing.
        if let Card::Emotion(card) = card
            && input.problems().is_empty()
        {
            self.try_running(card, input, &mut *network);
        }
    }

    fn try_running(
        &mut self,
        card: &super::EmotionCard,
        input: &InputCard,
        network: &mut dyn Network,
    ) {
        match probe::ask(input, network) {
            Err(error) => self.problem(format!("the network {error}"), "Export it again."),
            Ok(answers) => {
                if let Err(reason) = answers.check(card) {
                    self.problem(reason, "Correct output.kind, or export the model again.");
                } else if answers.are_all_equal() {
                    self.note(
                        "it gives the same answer to three different pictures",
                        "Look whether input.scale, mean and std are those it was trained with.",
                    );
                }
            }
        }
    }
}

fn agrees(stated: &[Option<usize>], wanted: &[usize]) -> bool {
    stated.len() == wanted.len()
        && stated.iter().zip(wanted).all(|(stated, wanted)| stated.is_none_or(|s| s == *wanted))
}

/// The card's input with the layout, size and colour that the file states, where that is clear.
fn guessed(input: &InputCard, shape: &[Option<usize>]) -> Option<InputCard> {
    let [None | Some(1), a, b, c] = shape[..] else { return None };
    let (layout, count, height, width) = match (a, c) {
        (Some(count @ (1 | 3)), _) => (Layout::Nchw, count, b, c),
        (_, Some(count @ (1 | 3))) => (Layout::Nhwc, count, a, b),
        _ => return None,
    };
    let channels = match (count, input.channels) {
        (1, _) => Channels::Grey,
        (_, Channels::Bgr) => Channels::Bgr,
        _ => Channels::Rgb,
    };
    let (width, height) = (width.unwrap_or(input.width), height.unwrap_or(input.height));
    Some(InputCard { layout, channels, width, height, ..input.clone() })
}

/// As a person would write it: `nchw, width 48, height 48, grey`.
fn described(input: &InputCard) -> String {
    let layout = match input.layout {
        Layout::Nchw => "nchw",
        Layout::Nhwc => "nhwc",
    };
    let channels = match input.channels {
        Channels::Grey => "grey",
        Channels::Rgb => "rgb",
        Channels::Bgr => "bgr",
    };
    format!(
        "layout \"{layout}\", width {}, height {}, channels \"{channels}\"",
        input.width, input.height
    )
}

fn names(tensors: &[TensorFacts]) -> String {
    tensors.iter().map(|tensor| tensor.name.as_str()).collect::<Vec<_>>().join(", ")
}
