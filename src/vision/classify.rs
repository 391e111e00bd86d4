//! Face crop to calibrated posterior.

use super::align::FaceCrop;
use super::tensor;
use crate::model::card::OutputKind;
use crate::model::{EmotionModel, NetworkError};
use crate::observation::{Affect, Labels, Logits, Posterior};

/// An emotion model with its buffers.
pub struct EmotionClassifier {
    model: EmotionModel,
    labels: Labels,
    input: Vec<f32>,
}

impl EmotionClassifier {
    /// Puts a model to work.
    pub fn new(model: EmotionModel) -> Self {
        let input = vec![0.0; model.card.input.shape().iter().product()];
        Self { labels: model.card.labels(), model, input }
    }

    /// The classes, in the order of every posterior.
    pub fn labels(&self) -> &Labels {
        &self.labels
    }

    /// The model at work.
    pub fn model(&self) -> &EmotionModel {
        &self.model
    }

    /// Scores of one crop, one per class, averaged over the crop and its mirror image if the card
    /// says so. For a model that ends in softmax these are log-probabilities.
    ///
    /// # Errors
    /// If the engine fails, or answers with something that is not a number.
    pub fn logits(&mut self, crop: &FaceCrop) -> Result<Logits, NetworkError> {
        let mut logits = self.run(&crop.pixels)?;
        if self.model.card.calibration.mirror {
            let mirrored = self.run(&crop.mirrored())?;
            for (logit, mirrored) in logits.0.iter_mut().zip(mirrored.0) {
                *logit = (*logit + mirrored) / 2.0;
            }
        }
        Ok(logits)
    }

    /// Probabilities of one crop, calibrated as the card says.
    ///
    /// # Errors
    /// As [`Self::logits`].
    pub fn posterior(&mut self, crop: &FaceCrop) -> Result<Posterior, NetworkError> {
        let logits = self.logits(crop)?;
        Posterior::from_logits(&logits, self.model.card.calibration.temperature)
            .ok_or_else(|| NetworkError::Run { reason: "it answered with no number".into() })
    }

    /// Expectation of valence and arousal under `posterior`; `None` if the card maps none.
    pub fn affect(&self, posterior: &Posterior) -> Option<Affect> {
        let expectation = |coordinates: &[f32]| {
            coordinates.iter().zip(posterior.as_slice()).map(|(c, p)| c * p).sum()
        };
        self.model.card.affect.as_ref().map(|map| Affect {
            valence: expectation(&map.valence),
            arousal: expectation(&map.arousal),
        })
    }

    fn run(&mut self, pixels: &[u8]) -> Result<Logits, NetworkError> {
        tensor::fill(&mut self.input, pixels, &self.model.card.input);
        let mut outputs = self.model.network.run(&self.input)?;
        let scores = outputs.pop().unwrap_or_default();
        if scores.len() != self.labels.len() || scores.iter().any(|s| !s.is_finite()) {
            return Err(NetworkError::Run { reason: "it answered with no number".into() });
        }
        Ok(Logits(match self.model.card.output.kind {
            OutputKind::Logits => scores,
            // The smallest probability told apart from 0, so that its logarithm is a number.
            OutputKind::Softmax => scores.iter().map(|p| p.max(1e-7).ln()).collect(),
        }))
    }
}
