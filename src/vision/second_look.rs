//! Looks at each box again, at the pixels of the frame: the detector sees the whole frame at a few
//! hundred pixels, and takes some hands, torsos and patterns for faces.

use super::align::{align, crop_from_frame};
use super::tensor;
use crate::frame::Frame;
use crate::model::card::{Framing, SecondLookCard};
use crate::model::{Network, NetworkError};
use crate::observation::Detection;

/// More boxes are not looked at, the weakest ones, so that a picture full of them takes no longer.
const MOST_BOXES: usize = 64;

/// Scores this close to 0 or 1 count as this close, so that their logit is a number.
const EDGE: f32 = 1e-4;

/// A network with its buffers.
pub struct SecondLook {
    network: Box<dyn Network>,
    card: SecondLookCard,
    framing: Framing,
    input: Vec<f32>,
}

impl SecondLook {
    /// Puts a network to work.
    pub fn new(network: Box<dyn Network>, card: SecondLookCard) -> Self {
        let input = vec![0.0; card.input.shape().iter().product()];
        Self { network, framing: Framing::Box { margin: card.margin }, card, input }
    }

    /// Boxes below this score of the detector are not looked at.
    pub fn least_score(&self) -> f32 {
        self.card.least_score
    }

    /// Replaces the score of each of `found`, which come strongest first, by that of both looks.
    ///
    /// # Errors
    /// If the engine fails or answers with no number.
    pub fn rescore(
        &mut self,
        frame: &Frame,
        found: &mut Vec<Detection>,
    ) -> Result<(), NetworkError> {
        found.truncate(MOST_BOXES);
        for detection in found {
            let score = detection.score.clamp(EDGE, 1.0 - EDGE);
            let first = (score / (1.0 - score)).ln();
            let logit = self.logit(frame, detection)? + self.card.share * first;
            detection.score = 1.0 / (1.0 + (-logit).exp());
        }
        Ok(())
    }

    fn logit(&mut self, frame: &Frame, detection: &Detection) -> Result<f32, NetworkError> {
        let no_number = || NetworkError::Run { reason: "it answered with no number".into() };
        let crop = crop_from_frame(detection, &self.framing, &self.card.input)
            .and_then(|transform| align(frame, transform, &self.card.input));
        // A box so large or small that no square surrounds it shows nothing.
        let Some(crop) = crop else { return Ok(f32::NEG_INFINITY) };
        tensor::fill(&mut self.input, &crop.pixels, &self.card.input);
        let outputs = self.network.run(&self.input)?;
        let logit = outputs.first().and_then(|output| output.first()).copied();
        logit.filter(|logit| logit.is_finite()).ok_or_else(no_number)
    }
}
