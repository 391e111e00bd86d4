//! Face crop to calibrated posterior.

use rayon::{ThreadPool, ThreadPoolBuilder};

use super::align::FaceCrop;
use super::tensor;
use crate::model::card::OutputKind;
use crate::model::{EmotionModel, NetworkError};
use crate::observation::{Affect, Labels, Logits, Posterior};

/// An emotion model at work.
pub struct EmotionClassifier {
    model: EmotionModel,
    labels: Labels,
    helper: Option<ThreadPool>,
}

impl EmotionClassifier {
    /// Puts a model to work.
    pub fn new(model: EmotionModel) -> Self {
        Self { labels: model.card.labels(), model, helper: None }
    }

    /// Reads mirror images on a thread of its own, beside the straight ones, where the card asks
    /// for them: a followed frame with one face then takes two thirds of the time on two cores.
    #[must_use]
    pub fn with_helper(mut self) -> Self {
        if self.model.card.calibration.mirror {
            let named = ThreadPoolBuilder::new().num_threads(1).thread_name(|_| "mirror".into());
            // Without a thread one image is read after the other.
            self.helper = named.build().ok();
        }
        self
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
    pub fn logits(&self, crop: &FaceCrop) -> Result<Logits, NetworkError> {
        if !self.model.card.calibration.mirror {
            return self.run(&crop.pixels);
        }
        let mirrored = crop.mirrored();
        let (straight, mirrored) = match &self.helper {
            None => (self.run(&crop.pixels), self.run(&mirrored)),
            Some(helper) => {
                let mut there = None;
                let here = helper.in_place_scope(|scope| {
                    scope.spawn(|_| there = Some(self.run(&mirrored)));
                    self.run(&crop.pixels)
                });
                (here, there.unwrap_or_else(|| self.run(&mirrored)))
            }
        };
        let (mut logits, mirrored) = (straight?, mirrored?);
        for (logit, mirrored) in logits.0.iter_mut().zip(mirrored.0) {
            *logit = (*logit + mirrored) / 2.0;
        }
        Ok(logits)
    }

    /// Probabilities of one crop, calibrated as the card says.
    ///
    /// # Errors
    /// As [`Self::logits`].
    pub fn posterior(&self, crop: &FaceCrop) -> Result<Posterior, NetworkError> {
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

    fn run(&self, pixels: &[u8]) -> Result<Logits, NetworkError> {
        let card = &self.model.card.input;
        let mut input = vec![0.0; card.shape().iter().product()];
        tensor::fill(&mut input, pixels, card);
        let mut outputs = self.model.network.run(&input)?;
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
