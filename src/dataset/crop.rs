//! From a picture to the face that a model takes: exactly as live.

use std::path::PathBuf;

use super::picture::Picture;
use crate::geom::Similarity;
use crate::model::card::{EmotionCard, InputCard};
use crate::model::{DetectorModel, ModelError, NetworkError};
use crate::observation::Detection;
use crate::vision::align::{FaceCrop, align, crop_from_frame};
use crate::vision::detect::FaceDetector;

/// How a face is cut out of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Crop {
    /// [`Self::Whole`] for pictures that are cut-out faces, by the layout of their data set or by
    /// being grey, square and small; [`Self::Detect`] for others.
    #[default]
    Auto,
    /// The largest face that the detector finds, turned and scaled as live.
    Detect,
    /// The whole picture, scaled to the model's input; what is missing to its shape is black.
    Whole,
}

/// FER2013 has 48 pixels a side, and other sets of grey faces up to twice that.
const MAX_CROP_SIDE: u32 = 128;

impl Crop {
    /// Whether this picture is taken whole.
    fn is_whole(self, picture: &Picture, holds_face_crops: bool) -> bool {
        match self {
            Self::Detect => false,
            Self::Whole => true,
            Self::Auto => {
                let (width, height) = picture.frame.size();
                holds_face_crops || picture.is_grey && width == height && width <= MAX_CROP_SIDE
            }
        }
    }
}

/// Where a crop came from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cut {
    /// The largest face found.
    Face(Detection),
    /// The whole picture.
    Whole,
}

/// Cuts faces out of pictures. Loads its detector when it first needs one.
pub struct FaceCropper {
    crop: Crop,
    holds_face_crops: bool,
    /// `None`: the built-in one.
    detector_dir: Option<PathBuf>,
    detector: Option<FaceDetector>,
}

impl FaceCropper {
    /// `holds_face_crops`: see [`super::Dataset::holds_face_crops`]. `detector_dir`: another
    /// detector than the built-in one.
    pub fn new(crop: Crop, holds_face_crops: bool, detector_dir: Option<PathBuf>) -> Self {
        Self { crop, holds_face_crops, detector_dir, detector: None }
    }

    /// The face in `picture` for the model of `card`; `None` if none is found.
    ///
    /// # Errors
    /// If the detector can't be loaded, or fails on this picture.
    pub fn cut(
        &mut self,
        picture: &Picture,
        card: &EmotionCard,
    ) -> Result<Option<(FaceCrop, Cut)>, CropError> {
        if self.crop.is_whole(picture, self.holds_face_crops) {
            let crop = align(&picture.frame, fit(picture.frame.size(), &card.input), &card.input);
            return Ok(crop.map(|crop| (crop, Cut::Whole)));
        }
        let faces = self.detector()?.detect(&picture.frame)?;
        let largest = faces.into_iter().max_by(|a, b| a.bbox.area().total_cmp(&b.bbox.area()));
        Ok(largest.and_then(|face| {
            let transform = crop_from_frame(&face, &card.framing, &card.input)?;
            Some((align(&picture.frame, transform, &card.input)?, Cut::Face(face)))
        }))
    }

    fn detector(&mut self) -> Result<&mut FaceDetector, ModelError> {
        match self.detector {
            Some(ref mut detector) => Ok(detector),
            None => {
                let model = match &self.detector_dir {
                    None => DetectorModel::builtin()?,
                    Some(dir) => DetectorModel::from_dir(dir)?,
                };
                Ok(self.detector.insert(FaceDetector::new(model)))
            }
        }
    }
}

/// Scales a picture into the middle of a model's input, without changing its shape.
fn fit((width, height): (u32, u32), input: &InputCard) -> Similarity {
    let (width, height) = (width as f32, height as f32);
    let (input_width, input_height) = (input.width as f32, input.height as f32);
    let scale = (input_width / width).min(input_height / height);
    Similarity {
        a: scale,
        b: 0.0,
        tx: (input_width - scale * width) / 2.0,
        ty: (input_height - scale * height) / 2.0,
    }
}

/// Why a face could not be looked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CropError {
    /// There is no detector: no picture of this set can be read.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// It failed on this picture.
    #[error("the face detector {0}")]
    Network(#[from] NetworkError),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Frame, RunId};
    use crate::model::EmotionModel;
    use crate::pipeline::{Pipeline, PipelineOptions};
    use crate::source::demo;
    use crate::time::Pts;
    use crate::vision::classify::EmotionClassifier;

    fn grey(width: u32, height: u32) -> Picture {
        let rgb = (0..width * height).flat_map(|i| [(i % 251) as u8; 3]).collect();
        let frame = Frame::new(RunId(0), 0, Pts::ZERO, (width, height), rgb).unwrap();
        Picture { frame, is_grey: true }
    }

    fn whole(picture: &Picture) -> FaceCrop {
        let card = EmotionModel::builtin().unwrap().card;
        let mut cropper = FaceCropper::new(Crop::Whole, false, None);
        let (crop, cut) = cropper.cut(picture, &card).unwrap().unwrap();
        assert_eq!(cut, Cut::Whole);
        crop
    }

    #[test]
    fn a_face_in_a_picture_is_read_exactly_as_live() {
        let frame = demo::sample_frame(RunId(0));
        let mut pipeline = Pipeline::builtin(PipelineOptions::default()).unwrap();
        let live = pipeline.process(&frame).unwrap();
        let classifier = EmotionClassifier::new(EmotionModel::builtin().unwrap());
        let mut cropper = FaceCropper::new(Crop::Auto, false, None);
        let picture = Picture { frame, is_grey: false };
        let (crop, cut) = cropper.cut(&picture, &classifier.model().card).unwrap().unwrap();
        assert_eq!(cut, Cut::Face(live.faces[0].detection));
        assert_eq!(classifier.posterior(&crop).unwrap(), live.faces[0].posterior);
    }

    #[test]
    fn a_picture_of_the_models_size_is_taken_pixel_by_pixel() {
        let picture = grey(48, 48);
        let wanted: Vec<u8> = picture.frame.rgb().iter().step_by(3).copied().collect();
        assert_eq!(whole(&picture).pixels, wanted);
    }

    #[test]
    fn other_shapes_are_fitted_into_the_middle() {
        let bright = Picture {
            frame: Frame::new(RunId(0), 0, Pts::ZERO, (96, 48), vec![200; 96 * 48 * 3]).unwrap(),
            is_grey: true,
        };
        let crop = whole(&bright);
        let row = |y: usize| &crop.pixels[y * 48..(y + 1) * 48];
        assert!(row(11).iter().chain(row(36)).all(|pixel| *pixel == 0));
        assert!(row(12).iter().chain(row(35)).all(|pixel| *pixel == 200));
    }

    #[test]
    fn only_small_grey_squares_and_arrays_are_whole_by_themselves() {
        let colour = Picture { is_grey: false, ..grey(48, 48) };
        for (picture, is_array, wanted) in [
            (grey(48, 48), false, true),
            (grey(128, 128), false, true),
            (grey(129, 129), false, false),
            (grey(48, 47), false, false),
            (colour.clone(), false, false),
            (colour.clone(), true, true),
        ] {
            assert_eq!(Crop::Auto.is_whole(&picture, is_array), wanted, "{:?}", picture.frame);
        }
        assert!(Crop::Whole.is_whole(&colour, false) && !Crop::Detect.is_whole(&colour, true));
    }

    #[test]
    fn a_picture_without_a_face_has_none() {
        let card = EmotionModel::builtin().unwrap().card;
        let mut cropper = FaceCropper::new(Crop::Detect, false, None);
        let frame = Frame::new(RunId(0), 0, Pts::ZERO, (64, 64), vec![90; 64 * 64 * 3]).unwrap();
        let found = cropper.cut(&Picture { frame, is_grey: true }, &card).unwrap();
        assert!(found.is_none());
        let missing = Some(std::path::PathBuf::from("no such folder"));
        let mut cropper = FaceCropper::new(Crop::Detect, false, missing);
        let error = cropper.cut(&grey(64, 64), &card).unwrap_err();
        assert!(matches!(error, CropError::Model(_)), "{error}");
    }
}
