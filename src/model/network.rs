//! What the rest of Mien knows of an inference engine.

use std::fmt;

/// A network with one input of fixed shape.
pub trait Network: Send + Sync {
    /// Shapes of the outputs, in the order they were asked for at load.
    fn output_shapes(&self) -> &[Vec<usize>];

    /// Runs once. `input` is the flattened input; the answer is each output flattened.
    ///
    /// # Errors
    /// If the length of `input` is wrong or the engine fails; the next call may succeed.
    fn run(&self, input: &[f32]) -> Result<Vec<Vec<f32>>, NetworkError>;
}

/// A linear layer to put on an embedding: logits = weights · embedding + bias.
#[derive(Debug, Clone, Copy)]
pub struct HeadLayer<'a> {
    /// One row a class.
    pub weights: &'a [f32],
    /// One a class.
    pub bias: &'a [f32],
}

/// What an ONNX file says of itself, before any engine has run it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnnxFacts {
    /// Version of the set of operators it is written in.
    pub opset: i64,
    /// Program that wrote it, as it says.
    pub producer: String,
    /// Numbers in its weights.
    pub parameters: u64,
    /// What it is to be given.
    pub inputs: Vec<TensorFacts>,
    /// What it gives.
    pub outputs: Vec<TensorFacts>,
}

/// A tensor as a file declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorFacts {
    /// Name in the file.
    pub name: String,
    /// Type of its numbers, such as `float32`.
    pub element: String,
    /// Sizes of its axes, `None` where open; `None` if not even their number is said.
    pub shape: Option<Vec<Option<usize>>>,
}

impl fmt::Display for TensorFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = |side: &Option<usize>| side.map_or_else(|| "?".to_owned(), |n| n.to_string());
        let shape = self.shape.as_ref().map_or_else(
            || "of any shape".to_owned(),
            |shape| shape.iter().map(side).collect::<Vec<_>>().join("x"),
        );
        write!(f, "{} ({} {shape})", self.name, self.element)
    }
}

/// What the engine said.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NetworkError {
    /// The file is no network this engine reads, or one it must not read.
    #[error("can't be loaded: {reason}")]
    Load {
        /// In words.
        reason: String,
    },
    /// An output named in the card does not exist.
    #[error("has no output \u{201c}{name}\u{201d}; its outputs are {existing}")]
    NoSuchOutput {
        /// As in the card.
        name: String,
        /// The ones there are.
        existing: String,
    },
    /// The card names no output, and there is more than one.
    #[error("has the outputs {existing}; the card must name the one to read (output.name)")]
    WhichOutput {
        /// The ones there are.
        existing: String,
    },
    /// Card and file differ about the input.
    #[error("takes an input of {stated}; the card says {wanted}")]
    InputShape {
        /// In the file, `?` where it is open.
        stated: String,
        /// In the card.
        wanted: String,
    },
    /// It loaded but failed on this input.
    #[error("failed to run: {reason}")]
    Run {
        /// The engine's words.
        reason: String,
    },
}
