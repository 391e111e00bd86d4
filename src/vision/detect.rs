//! Finds faces in a frame.

use super::letterbox::Letterbox;
use super::second_look::SecondLook;
use super::tensor;
use crate::frame::Frame;
use crate::geom::{Point, Rect};
use crate::model::card::InputCard;
use crate::model::{DetectorModel, Network, NetworkError};
use crate::observation::{Detection, Landmarks};

/// A detector with its buffers.
pub struct FaceDetector {
    model: DetectorModel,
    second_look: Option<SecondLook>,
    /// One for each shape of frame that was seen, of those that the model makes a difference of.
    sights: Vec<Sight>,
}

/// The detector at one size.
struct Sight {
    card: InputCard,
    /// `None` where the model's own has this size.
    network: Option<Box<dyn Network>>,
    letterbox: Letterbox,
    input: Vec<f32>,
}

impl Sight {
    fn new(card: InputCard, network: Option<Box<dyn Network>>) -> Self {
        let letterbox = Letterbox::new(card.width as u32, card.height as u32);
        let input = vec![0.0; card.shape().iter().product()];
        Self { card, network, letterbox, input }
    }
}

impl FaceDetector {
    /// Puts a model to work.
    pub fn new(mut model: DetectorModel) -> Self {
        let second_look = model.second_look.take().zip(model.card.second_look.clone());
        let second_look = second_look.map(|(network, card)| SecondLook::new(network, card));
        let sights = vec![Sight::new(model.card.input.clone(), None)];
        Self { model, second_look, sights }
    }

    /// Where in `sights` that for frames of this size is; the first frame of another shape takes
    /// a tenth of a second longer.
    fn sight_for(&mut self, (width, height): (u32, u32)) -> Result<usize, NetworkError> {
        let size = self.model.card.size_for(width, height);
        let known = self.sights.iter().position(|sight| sight.card.size() == size);
        if let Some(known) = known {
            return Ok(known);
        }
        let network = self.model.network_at(size)?;
        self.sights.push(Sight::new(self.model.card.input_at(size), Some(network)));
        Ok(self.sights.len() - 1)
    }

    /// The faces of `frame`, strongest first, without overlaps, in pixels of the frame.
    ///
    /// # Errors
    /// If the engine fails on this frame.
    pub fn detect(&mut self, frame: &Frame) -> Result<Vec<Detection>, NetworkError> {
        let sight = self.sight_for(frame.size())?;
        let Sight { card, network, letterbox, input } = &mut self.sights[sight];
        let (canvas, scale) = letterbox.fit(frame);
        tensor::fill(input, canvas, card);
        let outputs = network.as_ref().unwrap_or(&self.model.network).run(input)?;
        let [scores, boxes, landmarks] = &outputs[..] else {
            return Err(NetworkError::Run { reason: "it did not give three outputs".into() });
        };
        let output = &self.model.card.output;
        let least =
            self.second_look.as_ref().map_or(output.score_threshold, SecondLook::least_score);
        let mut found: Vec<Detection> = scores
            .iter()
            .zip(boxes.as_chunks::<4>().0)
            .zip(landmarks.as_chunks::<10>().0)
            .filter(|((score, _), _)| **score >= least)
            .filter_map(|((score, corners), points)| to_frame(*score, corners, points, scale))
            .collect();
        found.sort_by(|a, b| b.score.total_cmp(&a.score));
        let mut found = suppress_overlaps(found, output.nms_iou);
        if let Some(second_look) = &mut self.second_look {
            second_look.rescore(frame, &mut found)?;
            found.retain(|detection| detection.score >= output.score_threshold);
            found.sort_by(|a, b| b.score.total_cmp(&a.score));
        }
        Ok(found)
    }

    /// The model at work.
    pub fn model(&self) -> &DetectorModel {
        &self.model
    }
}

/// `None` for boxes that are no boxes: a network may answer with anything.
fn to_frame(score: f32, corners: &[f32; 4], points: &[f32; 10], scale: f32) -> Option<Detection> {
    let [x1, y1, x2, y2] = corners.map(|v| v / scale);
    let points = points.map(|v| v / scale);
    let finite = [x1, y1, x2, y2].iter().chain(&points).all(|v| v.is_finite());
    if !finite || x2 - x1 < 1.0 || y2 - y1 < 1.0 {
        return None;
    }
    let point = |i: usize| Point::new(points[2 * i], points[2 * i + 1]);
    let landmarks = Landmarks::from_array([point(0), point(1), point(2), point(3), point(4)]);
    Some(Detection { bbox: Rect::from_corners(x1, y1, x2, y2), score: score.min(1.0), landmarks })
}

/// Greedy non-maximum suppression; `found` comes strongest first and stays so.
fn suppress_overlaps(found: Vec<Detection>, max_iou: f32) -> Vec<Detection> {
    let mut kept: Vec<Detection> = Vec::new();
    for candidate in found {
        if kept.iter().all(|stronger| stronger.bbox.iou(&candidate.bbox) <= max_iou) {
            kept.push(candidate);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detection(x: f32, score: f32) -> Detection {
        Detection { bbox: Rect::new(x, 0.0, 10.0, 10.0), score, landmarks: Landmarks::default() }
    }

    #[test]
    fn of_two_overlapping_boxes_the_stronger_stays() {
        let kept = suppress_overlaps(
            vec![detection(0.0, 0.9), detection(2.0, 0.8), detection(30.0, 0.7)],
            0.4,
        );
        assert_eq!(kept.iter().map(|d| d.score).collect::<Vec<_>>(), [0.9, 0.7]);
    }

    #[test]
    fn a_box_that_is_not_a_number_is_left_out() {
        assert!(to_frame(0.9, &[0.0, f32::NAN, 5.0, 5.0], &[0.0; 10], 0.5).is_none());
        assert!(to_frame(0.9, &[5.0, 5.0, 0.0, 0.0], &[0.0; 10], 0.5).is_none());
        assert!(to_frame(0.9, &[0.0, 0.0, 5.0, 5.0], &[0.0; 10], 0.5).is_some());
    }
}
