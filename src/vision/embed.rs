//! Face crop to embedding: what a taught head is learned from and runs on.

use super::align::FaceCrop;
use super::tensor;
use crate::model::card::EmotionCard;
use crate::model::{EmbeddingModel, NetworkError};

/// An embedding model with its buffers.
pub struct FaceEmbedder {
    model: EmbeddingModel,
    dim: usize,
    input: Vec<f32>,
}

impl FaceEmbedder {
    /// Puts a model to work.
    pub fn new(model: EmbeddingModel) -> Self {
        let input = vec![0.0; model.base.card.input.shape().iter().product()];
        let dim = model.network.output_shapes().iter().flatten().product();
        Self { model, dim, input }
    }

    /// Card of the model, for cutting faces out.
    pub fn card(&self) -> &EmotionCard {
        &self.model.base.card
    }

    /// The embedding of one crop, averaged over the crop and its mirror image if the card says
    /// that logits are: a linear layer on it gives the average of both logits.
    ///
    /// # Errors
    /// If the engine fails, or answers with something that is no number.
    pub fn embed(&mut self, crop: &FaceCrop) -> Result<Vec<f32>, NetworkError> {
        let mut embedding = self.run(&crop.pixels)?;
        if self.model.base.card.calibration.mirror {
            let mirrored = self.run(&crop.mirrored())?;
            for (value, mirrored) in embedding.iter_mut().zip(mirrored) {
                *value = (*value + mirrored) / 2.0;
            }
        }
        Ok(embedding)
    }

    fn run(&mut self, pixels: &[u8]) -> Result<Vec<f32>, NetworkError> {
        tensor::fill(&mut self.input, pixels, &self.model.base.card.input);
        let embedding = self.model.network.run(&self.input)?.pop().unwrap_or_default();
        if embedding.len() != self.dim || embedding.iter().any(|value| !value.is_finite()) {
            return Err(NetworkError::Run { reason: "it answered with no number".into() });
        }
        Ok(embedding)
    }
}
