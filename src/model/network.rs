//! What the rest of Mien knows of an inference engine.

/// A network with one input of fixed shape. Runs on one thread at a time.
pub trait Network: Send {
    /// Shapes of the outputs, in the order they were asked for at load.
    fn output_shapes(&self) -> &[Vec<usize>];

    /// Runs once. `input` is the flattened input; the answer is each output flattened.
    ///
    /// # Errors
    /// If the length of `input` is wrong or the engine fails; the next call may succeed.
    fn run(&mut self, input: &[f32]) -> Result<Vec<Vec<f32>>, NetworkError>;
}

/// A linear layer to put on an embedding: logits = weights · embedding + bias.
#[derive(Debug, Clone, Copy)]
pub struct HeadLayer<'a> {
    /// One row a class.
    pub weights: &'a [f32],
    /// One a class.
    pub bias: &'a [f32],
}

/// What the engine said.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NetworkError {
    /// The file is no network this engine reads.
    #[error("can't be loaded: {reason}")]
    Load {
        /// The engine's words.
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
