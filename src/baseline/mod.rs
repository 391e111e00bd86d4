//! The personal baseline: how a face reads at rest, and the correction of readings that follows from
//! it. `docs/baseline.md` has the formulas, their sources and what they do to real clips.
//!
//! [`Gathering`] takes in readings of a face at rest and gives a [`Baseline`]; its [`Offset`] is what
//! the core applies between calibration and smoothing; [`Baselines`] keeps them as files.

mod error;
mod estimate;
mod files;
mod gather;
mod measure;
mod offset;
mod reference;
mod refusal;

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::observation::Posterior;

pub use error::BaselineError;
pub use files::{Baselines, Kept};
pub use gather::{Gathering, LEAST, Obstacle, TARGET};
pub use measure::{MeasureError, Measured, measure};
pub use offset::{MOST, Offset};
pub use reference::Reference;
pub use refusal::Refusal;

/// Version of the file. Rises when a field changes its meaning or goes.
const VERSION: u32 = 1;

/// Smaller probabilities count as this: below, a model's logarithms scatter by units and say nothing
/// that anybody would see.
const FLOOR: f32 = 0.01;

/// Letters of a name.
const NAME: RangeInclusive<usize> = 1..=40;

/// How one face reads at rest, for one model. Holds no pixel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    /// Version of the file.
    pub version: u32,
    /// The name that the user picked.
    pub profile: String,
    /// When it was made, ISO 8601 in UTC.
    pub made_utc: String,
    /// Name of the model that read the face.
    pub model: String,
    /// Of its weights, in hex. With any other model the baseline means nothing.
    pub model_sha256: String,
    /// Time with a good reading.
    pub seconds: f64,
    /// Readings in that time.
    pub frames: u64,
    /// Whether the model's card says how neutral faces read; else the fallback was used.
    pub reference_of_card: bool,
    /// Classes in the order of the model.
    pub labels: Vec<String>,
    /// What is added to the logarithm of each probability, `-`[`MOST`]`..=0`, in the order of the
    /// labels; 0 for neutral.
    pub offset: Vec<f64>,
    /// Mean posterior at rest, as read.
    pub at_rest: Vec<f64>,
    /// The same, corrected.
    pub corrected: Vec<f64>,
}

/// What a new baseline is to say of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// The name that the user picked.
    pub profile: String,
    /// This moment, ISO 8601 in UTC.
    pub utc: String,
    /// Name of the model.
    pub model: String,
    /// Of its weights, in hex.
    pub model_sha256: String,
}

impl Baseline {
    /// Reads the file's text.
    ///
    /// # Errors
    /// Says in words what is wrong.
    pub fn from_toml(text: &str) -> Result<Self, String> {
        let baseline: Self =
            toml::from_str(text).map_err(|error| error.message().trim_end().to_owned())?;
        match baseline.problem() {
            None => Ok(baseline),
            Some(problem) => Err(problem),
        }
    }

    /// As the file's text, with a word to those who open it.
    pub fn to_toml(&self) -> String {
        const HEAD: &str = "# How a face reads at rest (Mien, docs/baseline.md). No picture is in it.\n\
                            # offset is added to the logarithm of each probability.\n\n";
        format!("{HEAD}{}", toml::to_string(self).unwrap_or_default())
    }

    fn problem(&self) -> Option<String> {
        let classes = self.labels.len();
        if self.version != VERSION {
            return Some(format!(
                "version {} is not known to this program (it reads {VERSION})",
                self.version
            ));
        }
        if !is_name(&self.profile) {
            return Some("profile is no name".into());
        }
        let lists = [&self.offset, &self.at_rest, &self.corrected];
        if classes < 2 || lists.iter().any(|list| list.len() != classes) {
            return Some("labels, offset, at_rest and corrected differ in length".into());
        }
        if self.offset().is_none() {
            return Some(format!("offset is not within -{MOST} to 0"));
        }
        let shares = self.at_rest.iter().chain(&self.corrected);
        if shares.into_iter().any(|share| !(0.0..=1.0).contains(share)) {
            return Some("at_rest or corrected is not within 0 to 1".into());
        }
        None
    }

    /// What the core applies.
    fn offset(&self) -> Option<Offset> {
        Offset::new(self.offset.iter().map(|value| *value as f32).collect())
    }

    /// The correction, for the model with these weights and classes.
    ///
    /// # Errors
    /// [`BaselineError::OtherModel`] if it was made with another one.
    pub fn offset_for(
        &self,
        model: &str,
        sha256: &str,
        labels: &[String],
    ) -> Result<Offset, BaselineError> {
        let offset = self.offset().filter(|_| self.fits(sha256) && self.labels == labels);
        offset.ok_or_else(|| BaselineError::OtherModel {
            profile: self.profile.clone(),
            made_with: self.model.clone(),
            at_work: model.to_owned(),
        })
    }

    /// Whether it was made with the model of these weights.
    pub fn fits(&self, sha256: &str) -> bool {
        !sha256.is_empty() && self.model_sha256 == sha256
    }

    /// The class other than neutral that is corrected most, with its share at rest before and after,
    /// 0..=1; `None`: nothing is corrected.
    pub fn most_corrected(&self) -> Option<(&str, f64, f64)> {
        let classes = self.labels.iter().zip(self.at_rest.iter().zip(&self.corrected));
        classes
            .filter(|(_, (before, after))| *before - *after > 0.005)
            .max_by(|a, b| (a.1.0 - a.1.1).total_cmp(&(b.1.0 - b.1.1)))
            .map(|(label, (before, after))| (label.as_str(), *before, *after))
    }
}

/// Whether a profile can be called so: up to 40 letters, digits, spaces, `-` and `_`, as it names a
/// file too.
pub fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    NAME.contains(&name.chars().count()) && name.chars().all(plain) && name.trim() == name
}

/// Rounded to what a reader can use; what is stored is what is applied.
fn rounded(value: f64) -> f64 {
    // Without the sign of a zero.
    (value * 1e4).round() / 1e4 + 0.0
}

/// Mean of posteriors, class by class.
fn mean(posteriors: &[Posterior]) -> Vec<f64> {
    let classes = posteriors.first().map_or(0, |posterior| posterior.as_slice().len());
    (0..classes)
        .map(|class| {
            let sum: f64 = posteriors
                .iter()
                .map(|p| f64::from(p.as_slice().get(class).copied().unwrap_or_default()))
                .sum();
            sum / posteriors.len() as f64
        })
        .collect()
}

#[cfg(test)]
mod tests;
