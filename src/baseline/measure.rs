//! How neutral faces read with a model, measured on labelled pictures: what `[neutral]` of its card
//! says.

use std::fmt;
use std::ops::ControlFlow;
use std::path::Path;

use super::estimate::{deviation, median};
use super::{FLOOR, Reference, rounded};
use crate::dataset::crop::CropError;
use crate::dataset::labels::noun;
use crate::dataset::{Crop, Dataset, DatasetError, DatasetOptions, FaceCropper};
use crate::model::{EmotionModel, ModelError};
use crate::vision::classify::EmotionClassifier;

/// Fewer pictures say nothing of faces in general.
const FEWEST: usize = 50;
/// Pictures in memory at a time.
const BATCH: usize = 64;

/// What was measured. `Display` is the section of the card.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// Name of the neutral class.
    pub label: String,
    /// Medians of `ln p_k - ln p_neutral`, one a class.
    pub log_odds: Vec<f64>,
    /// Their standard deviations, one a class.
    pub spread: Vec<f64>,
    /// Pictures that were read.
    pub pictures: usize,
    /// Listed neutral pictures that could not be read or show no face.
    pub left_out: usize,
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |values: &[f64]| {
            values.iter().map(|value| format!("{value:.2}")).collect::<Vec<_>>().join(", ")
        };
        writeln!(f, "[neutral]\nlabel = {:?}", self.label)?;
        writeln!(f, "log_odds = [{}]", list(&self.log_odds))?;
        writeln!(f, "spread = [{}]", list(&self.spread))?;
        write!(f, "measured_on = \"{} neutral pictures\"", self.pictures)
    }
}

/// Why there is no measurement. `Display` is the cause; [`Self::advice`] says what to do.
#[derive(Debug, thiserror::Error)]
pub enum MeasureError {
    /// The data set can't be used.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// A model can't be used.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The model has no neutral class.
    #[error("no class of the model is neutral ({classes})")]
    NoNeutral {
        /// Its classes.
        classes: String,
    },
    /// Not enough neutral faces.
    #[error("only {pictures} pictures of neutral faces can be read; {FEWEST} are needed")]
    TooFew {
        /// What there is.
        pictures: usize,
    },
}

impl MeasureError {
    /// What to do next.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Dataset(error) => error.advice(),
            Self::Model(error) => error.advice(),
            Self::NoNeutral { .. } => "A baseline corrects towards neutral; this model needs none.",
            Self::TooFew { .. } => "Name a set of pictures with a class neutral.",
        }
    }
}

/// Reads the neutral pictures of the data set at `path` (of `split`, if that is named) with `model`,
/// along the path of `mien evaluate`.
///
/// # Errors
/// If model or data can't be used.
pub fn measure(
    path: &Path,
    split: Option<&str>,
    model: EmotionModel,
) -> Result<Measured, MeasureError> {
    let labels = model.card.labels();
    let neutral = Reference::of(&model.card).map(|reference| reference.neutral);
    let neutral =
        neutral.ok_or_else(|| MeasureError::NoNeutral { classes: labels.names().join(", ") })?;
    let dataset = Dataset::open(path, DatasetOptions::default())?;
    let is_neutral = |example: &usize| {
        let class = dataset.examples()[*example].truth.class();
        class.is_some_and(|class| noun(dataset.classes()[class].word()) == Some("neutral"))
    };
    let wanted: Vec<usize> = dataset.select(split)?.into_iter().filter(is_neutral).collect();
    let classifier = EmotionClassifier::new(model);
    let mut cropper = FaceCropper::new(Crop::Auto, dataset.holds_face_crops(), None);
    let mut odds: Vec<Vec<f32>> = vec![Vec::with_capacity(wanted.len()); labels.len()];
    let mut failed = None;
    dataset.visit(&wanted, BATCH, &mut |pictures| {
        for stored in &pictures {
            let Ok(picture) = stored.open() else { continue };
            let crop = match cropper.cut(&picture, &classifier.model().card) {
                Ok(Some((crop, _))) => crop,
                Err(CropError::Model(error)) => {
                    failed = Some(error);
                    return ControlFlow::Break(());
                }
                Ok(None) | Err(CropError::Network(_)) => continue,
            };
            let Ok(posterior) = classifier.posterior(&crop) else { continue };
            let logs: Vec<f32> = posterior.as_slice().iter().map(|p| p.max(FLOOR).ln()).collect();
            for (class, odds) in odds.iter_mut().enumerate() {
                odds.push(logs[class] - logs[neutral]);
            }
        }
        ControlFlow::Continue(())
    })?;
    if let Some(error) = failed {
        return Err(error.into());
    }
    let pictures = odds[neutral].len();
    if pictures < FEWEST {
        return Err(MeasureError::TooFew { pictures });
    }
    let medians: Vec<f32> = odds.iter().map(|odds| median(odds.clone())).collect();
    let spread = odds.iter().map(|odds| f64::from(deviation(odds)));
    Ok(Measured {
        label: labels.name(neutral).to_owned(),
        log_odds: medians.iter().map(|value| rounded(f64::from(*value))).collect(),
        spread: spread.map(rounded).collect(),
        pictures,
        left_out: wanted.len() - pictures,
    })
}
