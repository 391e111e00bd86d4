//! The model card, `card.toml`: the facts about a model that code must not guess. Every key, with
//! its unit and default, is explained in `docs/models.md`.

mod any;
mod rules;

use serde::Deserialize;

use crate::geom::Point;
use crate::observation::Labels;

pub use any::Card;

/// Card of an emotion model.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct EmotionCard {
    schema: u32,
    task: Task,
    /// Short name, as the folder.
    pub name: String,
    /// ONNX file beside the card.
    pub file: String,
    /// Of that file, in hex. Empty in a card that pins no file; a loaded model always has it.
    #[serde(default)]
    pub sha256: String,
    /// The tensor it takes.
    pub input: InputCard,
    /// The tensor it gives.
    pub output: EmotionOutput,
    /// How a face is cut out for it.
    pub framing: Framing,
    /// How its scores become probabilities.
    #[serde(default)]
    pub calibration: Calibration,
    /// Where its classes lie on the plane of valence and arousal.
    pub affect: Option<AffectMap>,
    /// How neutral faces read with it, for baselines.
    pub neutral: Option<NeutralCard>,
    /// Terms.
    pub licence: Licence,
    /// How it was made, for people: command, recipe, number of parameters.
    #[serde(default)]
    pub training: toml::Table,
    /// What it achieves, as text and figures, for people: one entry a set of pictures. A table in
    /// an entry is a column of figures by class.
    #[serde(default)]
    pub metrics: Vec<toml::Table>,
    /// What it is bad at, for people.
    #[serde(default)]
    pub limits: Vec<String>,
    /// Where these facts are from, for people.
    pub source: Option<String>,
}

/// Card of a face detector.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct DetectorCard {
    schema: u32,
    task: Task,
    /// Short name, as the folder.
    pub name: String,
    /// ONNX file beside the card.
    pub file: String,
    /// Of that file, in hex. Empty in a card that pins no file; a loaded model always has it.
    #[serde(default)]
    pub sha256: String,
    /// The tensor it takes. The picture is scaled to fit and put at the top left; the rest is
    /// black.
    pub input: InputCard,
    /// Further widths and heights that the network is used at, if its file leaves them open.
    #[serde(default)]
    pub other_sizes: Vec<[usize; 2]>,
    /// The tensors it gives.
    pub output: DetectorOutput,
    /// A second network that looks at each box again.
    pub second_look: Option<SecondLookCard>,
    /// Terms.
    pub licence: Licence,
    /// How it was made, for people: command, recipe, number of parameters.
    #[serde(default)]
    pub training: toml::Table,
    /// What it achieves, as text and figures, for people: one entry a set of pictures. A table in
    /// an entry is a column of figures by class.
    #[serde(default)]
    pub metrics: Vec<toml::Table>,
    /// What it is bad at, for people.
    #[serde(default)]
    pub limits: Vec<String>,
    /// Where these facts are from, for people.
    pub source: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Task {
    Emotion,
    FaceDetection,
}

/// The tensor a model takes: one picture, f32.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputCard {
    /// Order of the axes.
    pub layout: Layout,
    /// Pixels.
    pub width: usize,
    /// Pixels.
    pub height: usize,
    /// What the channels are.
    pub channels: Channels,
    /// First each 0..=255 value is multiplied by this ...
    #[serde(default = "one")]
    pub scale: f32,
    /// ... then the mean of its channel is taken off (one value, or one a channel) ...
    #[serde(default = "zeros")]
    pub mean: Vec<f32>,
    /// ... and what is left divided by this.
    #[serde(default = "ones")]
    pub std: Vec<f32>,
}

fn one() -> f32 {
    1.0
}

fn zeros() -> Vec<f32> {
    vec![0.0]
}

fn ones() -> Vec<f32> {
    vec![1.0]
}

/// Order of the axes: batch, channel, height, width, or channels last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layout {
    /// Batch, channel, height, width.
    Nchw,
    /// Batch, height, width, channel.
    Nhwc,
}

/// Colour of the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channels {
    /// One channel, BT.601 luma.
    Grey,
    /// Red, green, blue.
    Rgb,
    /// Blue, green, red.
    Bgr,
}

impl Channels {
    /// 1 or 3.
    pub fn count(self) -> usize {
        match self {
            Self::Grey => 1,
            Self::Rgb | Self::Bgr => 3,
        }
    }
}

impl InputCard {
    /// Width and height.
    pub fn size(&self) -> [usize; 2] {
        [self.width, self.height]
    }

    /// Shape with batch 1.
    pub fn shape(&self) -> [usize; 4] {
        let channels = self.channels.count();
        match self.layout {
            Layout::Nchw => [1, channels, self.height, self.width],
            Layout::Nhwc => [1, self.height, self.width, channels],
        }
    }

    /// Multiplier and offset of channel `c`: normalised = pixel * multiplier + offset.
    pub fn normalisation(&self, c: usize) -> (f32, f32) {
        let of = |values: &[f32]| values.get(c).or(values.first()).copied();
        let (mean, std) = (of(&self.mean).unwrap_or(0.0), of(&self.std).unwrap_or(1.0));
        (self.scale / std, -mean / std)
    }
}

/// What an emotion model gives.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmotionOutput {
    /// Name of the output in the ONNX file. May be left out if that has only one.
    pub name: Option<String>,
    /// Whether softmax was applied.
    pub kind: OutputKind,
    /// Classes in the order of the output.
    labels: Vec<String>,
    /// Output before the last layer, for teaching new classes.
    pub embedding: Option<String>,
}

/// Scores before or after softmax.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OutputKind {
    /// Any numbers.
    Logits,
    /// Not negative, sum 1.
    Softmax,
}

/// How a face is cut out of the frame.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum Framing {
    /// The similarity that takes the five landmarks (eye left, eye right, nose, mouth left, mouth
    /// right, as seen in the picture) to these points of the input, in pixels.
    Landmarks {
        /// x, y of each.
        template: [[f32; 2]; 5],
    },
    /// An upright square around the box of the face, without rotation.
    Box {
        /// Side of the square in longer sides of the box; 1 is tight.
        margin: f32,
    },
}

impl Framing {
    /// The five points, if faces are framed by them.
    pub fn template(&self) -> Option<[Point; 5]> {
        match self {
            Self::Landmarks { template } => Some(template.map(|[x, y]| Point::new(x, y))),
            Self::Box { .. } => None,
        }
    }
}

/// How scores become probabilities.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// Logits are divided by this before softmax (Guo et al. 2017, temperature scaling).
    pub temperature: f32,
    /// Whether logits are averaged over the crop and its mirror image.
    pub mirror: bool,
    /// Expected calibration error on held-out data, 0..=1.
    pub ece: Option<f32>,
    /// Which data, for people.
    pub measured_on: Option<String>,
}

impl Default for Calibration {
    fn default() -> Self {
        Self { temperature: 1.0, mirror: false, ece: None, measured_on: None }
    }
}

/// Coordinates of each class; a posterior's affect is their expectation.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AffectMap {
    /// One a class, -1..=1.
    pub valence: Vec<f32>,
    /// One a class, -1..=1.
    pub arousal: Vec<f32>,
    /// Where the coordinates come from.
    pub source: String,
}

/// How neutral faces read with a model: what the baseline of a person is compared with.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NeutralCard {
    /// The class of faces at rest.
    pub label: String,
    /// Median over neutral faces of `ln p_k - ln p_neutral`, one a class; 0 for neutral.
    pub log_odds: Vec<f32>,
    /// Standard deviation of the same between faces, one a class; above 0 but for neutral.
    pub spread: Vec<f32>,
    /// Which pictures, for people.
    pub measured_on: Option<String>,
}

/// What a detector gives. Positions are in pixels of the input.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DetectorOutput {
    /// Name of the output `[1, n]`, 0..=1.
    pub scores: String,
    /// Name of the output `[1, n, 4]`: x1, y1, x2, y2.
    pub boxes: String,
    /// Name of the output `[1, n, 10]`: x, y of eye left, eye right, nose, mouth left, mouth
    /// right, as seen in the picture.
    pub landmarks: String,
    /// Boxes below this score are not faces.
    pub score_threshold: f32,
    /// Of two boxes that overlap more than this, the weaker one goes.
    pub nms_iou: f32,
}

/// A network that says of one box whether a face is in it. The score of a box is then
/// sigmoid(answer + `share` · logit(score of the detector)).
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecondLookCard {
    /// ONNX file beside the card.
    pub file: String,
    /// Of that file, in hex. Empty in a card that pins no file; a loaded model always has it.
    #[serde(default)]
    pub sha256: String,
    /// The tensor it takes: an upright square around the box.
    pub input: InputCard,
    /// Name of the output `[1, 1]`, a logit. May be left out if the file has only one.
    pub output: Option<String>,
    /// Side of the square in longer sides of the box; 1 is tight.
    pub margin: f32,
    /// Boxes below this score of the detector are not looked at and are no faces.
    pub least_score: f32,
    /// How much of the detector's own logit counts.
    pub share: f32,
}

/// Terms of use.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Licence {
    /// Of the weights.
    pub weights: String,
    /// Of the data they were made from.
    pub data: String,
}

impl EmotionCard {
    /// Reads a card and checks it in itself.
    ///
    /// # Errors
    /// Says in words what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let card: Self = parse(text)?;
        rules::head(card.schema, card.task, Task::Emotion)?;
        rules::sound(card.problems())?;
        Ok(card)
    }

    /// The classes in the order of the output.
    pub fn labels(&self) -> Labels {
        Labels::new(self.output.labels.iter().map(String::as_str))
    }

    /// Compares the card with the network's scores.
    pub(super) fn check(&self, output_shapes: &[Vec<usize>]) -> Result<(), String> {
        let classes: usize =
            output_shapes.iter().map(|shape| shape.iter().product::<usize>()).sum();
        let labels = self.output.labels.len();
        if classes != labels {
            return Err(format!("it names {labels} labels, the network has {classes} outputs"));
        }
        Ok(())
    }
}

impl DetectorCard {
    /// Reads a card and checks it in itself.
    ///
    /// # Errors
    /// Says in words what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let card: Self = parse(text)?;
        rules::head(card.schema, card.task, Task::FaceDetection)?;
        rules::sound(card.problems())?;
        Ok(card)
    }

    /// Width and height of the input for frames of this width and height: of those that the card
    /// names the one in which they are largest, so that tall and wide ones lose no more pixels
    /// than others.
    pub fn size_for(&self, width: u32, height: u32) -> [usize; 2] {
        let scale = |[w, h]: &[usize; 2]| (*w as f32 / width as f32).min(*h as f32 / height as f32);
        let larger =
            |best, size: &[usize; 2]| if scale(size) > scale(&best) { *size } else { best };
        self.other_sizes.iter().fold(self.input.size(), larger)
    }

    /// The tensor it takes at `size`, width and height.
    pub fn input_at(&self, [width, height]: [usize; 2]) -> InputCard {
        InputCard { width, height, ..self.input.clone() }
    }

    /// Compares the card with the network's outputs: scores, boxes, landmarks.
    pub(super) fn check(&self, output_shapes: &[Vec<usize>]) -> Result<(), String> {
        let sizes: Vec<usize> = output_shapes.iter().map(|s| s.iter().product()).collect();
        match sizes[..] {
            [n, boxes, landmarks] if boxes == 4 * n && landmarks == 10 * n && n > 0 => Ok(()),
            _ => Err(format!(
                "scores, boxes and landmarks have {sizes:?} values; they must be n, 4 n and 10 n"
            )),
        }
    }
}

impl SecondLookCard {
    /// Compares the card with the network's outputs.
    pub(super) fn check(&self, output_shapes: &[Vec<usize>]) -> Result<(), String> {
        let values: usize = output_shapes.iter().map(|shape| shape.iter().product::<usize>()).sum();
        if values == 1 {
            return Ok(());
        }
        Err(format!("second_look: the network gives {values} values; one logit is wanted"))
    }
}

fn parse<T: for<'de> Deserialize<'de>>(text: &str) -> Result<T, String> {
    toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())
}
