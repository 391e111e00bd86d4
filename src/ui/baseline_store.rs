//! What the window knows of baselines: those that are kept, the one that is applied, and the ten
//! guided seconds for a new one. Knows nothing of how it is drawn.

use std::sync::Arc;

use crate::baseline::{Baseline, Gathering, Made, Reference, TARGET};
use crate::observation::Observation;
use crate::runtime::live::ModelsInfo;
use crate::settings::BaselineSettings;

/// Time to put the hand away and look up.
const LEAD_SECS: f64 = 3.0;
/// Ten good seconds are not to be had in this time.
const LONGEST_SECS: f64 = 30.0;
/// The profile that is offered first.
pub const USUAL_PROFILE: &str = "me";

/// How far calibration is.
#[derive(Debug, Clone, Default)]
pub enum Calibration {
    /// Not begun.
    #[default]
    Idle,
    /// About to begin, at this time of the store.
    Counting(f64),
    /// The face is looked at, since this time of the store.
    Running(Box<Gathering>, f64),
    /// Found, and neither kept nor discarded.
    Found(Arc<Baseline>),
    /// None was found, and why.
    Refused(String),
}

/// A profile that is kept: its name, and its baseline or why that can't be used.
pub type KnownBaseline = (String, Result<Arc<Baseline>, String>);

/// The emotion model at work.
#[derive(Debug, Clone)]
struct Model {
    name: String,
    sha256: String,
    labels: Vec<String>,
    rest: Option<Reference>,
}

/// Everything about baselines.
#[derive(Debug, Default)]
pub struct BaselineStore {
    /// Those that are kept; `None`: not looked yet.
    pub known: Option<Vec<KnownBaseline>>,
    /// The one that corrects readings now.
    pub applied: Option<Arc<Baseline>>,
    /// The ten seconds.
    pub calibration: Calibration,
    /// The profile that is asked about before it is erased.
    pub asks_to_erase: Option<String>,
    /// Those that are kept were asked for.
    pub(super) looked: bool,
    /// What the workers were told last.
    pub(super) asked: Option<Arc<Baseline>>,
    /// The profile of the ten seconds.
    profile: String,
    model: Option<Model>,
}

impl BaselineStore {
    /// These models read from now on, with no baseline applied.
    pub fn on_models(&mut self, models: &ModelsInfo) {
        self.model = Some(Model {
            name: models.emotion_model.clone(),
            sha256: models.emotion_sha256.clone(),
            labels: models.labels.names().to_vec(),
            rest: models.rest.clone(),
        });
        (self.asked, self.applied) = (None, None);
        self.calibration = Calibration::Idle;
    }

    /// Whether the model at work can have a baseline.
    pub fn is_possible(&self) -> bool {
        self.model.as_ref().is_some_and(|model| model.rest.is_some())
    }

    /// Whether the model at work is the one that it was made with.
    pub fn fits(&self, baseline: &Baseline) -> bool {
        self.model.as_ref().is_some_and(|model| baseline.fits(&model.sha256))
    }

    /// What is kept of a profile.
    pub fn known(&self, profile: &str) -> Option<&Result<Arc<Baseline>, String>> {
        let known = self.known.iter().flatten().find(|(name, _)| name == profile);
        known.map(|(_, baseline)| baseline)
    }

    /// What these settings want to be applied.
    pub fn wanted(&self, settings: &BaselineSettings) -> Option<Arc<Baseline>> {
        let profile = settings.profile.as_deref().filter(|_| settings.on)?;
        let baseline = self.known(profile)?.as_ref().ok()?;
        self.fits(baseline).then(|| Arc::clone(baseline))
    }

    /// Begins the ten seconds for a profile, after a moment.
    pub fn begin(&mut self, profile: String, now: f64) {
        self.profile = profile;
        self.calibration = Calibration::Counting(now + LEAD_SECS);
    }

    /// Whether a face is looked at, or about to be.
    pub fn is_busy(&self) -> bool {
        matches!(self.calibration, Calibration::Counting(_) | Calibration::Running(..))
    }

    /// Takes in what was read.
    pub fn offer(&mut self, observation: &Observation) {
        if let Calibration::Running(gathering, _) = &mut self.calibration {
            gathering.offer(observation);
        }
    }

    /// Moves on with the clock; `utc` is this moment as ISO 8601.
    pub fn tick(&mut self, now: f64, utc: impl FnOnce() -> String) {
        let Some(model) = &self.model else { return };
        match &self.calibration {
            Calibration::Counting(at) if now >= *at => {
                let rest = model.rest.clone();
                self.calibration = rest.map_or(Calibration::Idle, |rest| {
                    Calibration::Running(Box::new(Gathering::new(rest, TARGET)), now)
                });
            }
            Calibration::Running(gathering, since)
                if gathering.is_done() || now - since >= LONGEST_SECS =>
            {
                let made = Made {
                    profile: self.profile.clone(),
                    utc: utc(),
                    model: model.name.clone(),
                    model_sha256: model.sha256.clone(),
                };
                let found = gathering.as_ref().clone().end(&model.labels, made);
                self.calibration = match found {
                    Ok(baseline) => Calibration::Found(Arc::new(baseline)),
                    Err(refusal) => Calibration::Refused(refusal.to_string()),
                };
            }
            _ => {}
        }
    }

    /// What was found, to be kept; it counts from now on.
    pub fn keep(&mut self) -> Option<Arc<Baseline>> {
        let Calibration::Found(baseline) = std::mem::take(&mut self.calibration) else {
            return None;
        };
        let known = self.known.get_or_insert_default();
        known.retain(|(name, _)| *name != baseline.profile);
        known.push((baseline.profile.clone(), Ok(Arc::clone(&baseline))));
        known.sort_by_key(|(name, _)| name.to_lowercase());
        Some(baseline)
    }
}
