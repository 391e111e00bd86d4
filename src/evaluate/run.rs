//! Reads every picture of a data set, on many cores, and counts what could not be read.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::report::{self, Counts, Named, Report};
use super::{ClassChoice, ClassSpace, Conditions, Reading};
use crate::baseline::{Baseline, BaselineError, Offset};
use crate::dataset::crop::{Crop, CropError, Cut, FaceCropper};
use crate::dataset::{
    Dataset, DatasetError, DatasetOptions, PictureError, StoredPicture, parallel,
};
use crate::model::{EmotionModel, ModelError, NetworkError};
use crate::observation::Posterior;
use crate::pipeline::PipelineOptions;
use crate::vision::align::FaceCrop;
use crate::vision::classify::EmotionClassifier;

/// What to evaluate and how.
#[derive(Debug, Clone, PartialEq)]
pub struct EvaluateOptions {
    /// Folder of the emotion model; `None`: the built-in one.
    pub model_dir: Option<PathBuf>,
    /// Folder of the detector; `None`: the built-in one.
    pub detector_dir: Option<PathBuf>,
    /// How labels are read.
    pub dataset: DatasetOptions,
    /// The part of the data to use; `None`: all of it.
    pub split: Option<String>,
    /// Which classes count.
    pub classes: ClassChoice,
    /// How a face is cut out.
    pub crop: Crop,
    /// At most so many pictures, evenly from the whole list; `None`: all.
    pub limit: Option<usize>,
    /// Cores to use, at least 1.
    pub jobs: usize,
    /// Below this certainty the app says `unsure`, 0..=1.
    pub unsure_below: f32,
    /// Corrects every reading; `None`: none is corrected.
    pub baseline: Option<Arc<Baseline>>,
}

impl Default for EvaluateOptions {
    fn default() -> Self {
        Self {
            model_dir: None,
            detector_dir: None,
            dataset: DatasetOptions::default(),
            split: None,
            classes: ClassChoice::Model,
            crop: Crop::Auto,
            limit: None,
            jobs: std::thread::available_parallelism().map_or(1, usize::from),
            unsure_below: PipelineOptions::default().unsure_below,
            baseline: None,
        }
    }
}

/// Why there is no evaluation. `Display` is the cause; [`Self::advice`] says what to do.
#[derive(Debug, thiserror::Error)]
pub enum EvaluateError {
    /// The data set can't be used.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// A model can't be used.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The baseline belongs to another model.
    #[error(transparent)]
    Baseline(#[from] BaselineError),
    /// Data and model speak of different things.
    #[error("the model knows none of the classes of the data ({data}); it knows {model}")]
    NoCommonClass {
        /// Names of the data.
        data: String,
        /// Names of the model.
        model: String,
    },
    /// All pictures fell away.
    #[error("no picture could be evaluated: {why}")]
    Nothing {
        /// What became of them.
        why: String,
    },
    /// The system starts no threads.
    #[error("no threads can be started: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
}

impl EvaluateError {
    /// What to do next.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Dataset(error) => error.advice(),
            Self::Model(error) => error.advice(),
            Self::Baseline(error) => error.advice(),
            Self::NoCommonClass { .. } => {
                "Rename the classes of the data, or name the model they are for with --model."
            }
            Self::Nothing { .. } => {
                "If the pictures are cut-out faces already, try --crop whole; else look at them."
            }
            Self::Threads(_) => "Try --jobs 1.",
        }
    }
}

/// Evaluates a model on the data set at `path`. `progress` is told how many pictures are done, and
/// of how many.
///
/// # Errors
/// If a model or the data can't be used, or no picture is left. Single pictures that can't be read
/// are named in the report.
pub fn evaluate(
    path: &std::path::Path,
    options: &EvaluateOptions,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Report, EvaluateError> {
    let dataset = Dataset::open(path, options.dataset)?;
    let selected = dataset.select(options.split.as_deref())?;
    let first = EmotionClassifier::new(load_model(options)?);
    let offset = options.baseline.as_ref().map(|baseline| {
        let card = &first.model().card;
        baseline.offset_for(&card.name, &card.sha256, first.labels().names())
    });
    let offset = offset.transpose()?;
    let space = ClassSpace::new(options.classes, dataset.classes(), first.labels());
    check_common_classes(&dataset, &first, &space)?;
    let mut counts = Counts {
        listed: (selected.len() + dataset.unusable().len()) as u64,
        unreadable: dataset.unusable().iter().map(Named::from).collect(),
        ..Counts::default()
    };
    let eligible = wanted(&dataset, selected, &space, &mut counts);
    let eligible_count = eligible.len();
    let wanted = limited(eligible, options.limit);
    counts.over_limit = (eligible_count - wanted.len()) as u64;

    let jobs = options.jobs.clamp(1, wanted.len().max(1));
    let pool = parallel::thread_pool(jobs)?;
    let mut workers = vec![Worker::new(first, &dataset, options)];
    let others: Vec<Worker> = pool.install(|| {
        (1..jobs)
            .into_par_iter()
            .map(|_| {
                let classifier = EmotionClassifier::new(load_model(options)?);
                Ok(Worker::new(classifier, &dataset, options))
            })
            .collect::<Result<_, ModelError>>()
    })?;
    workers.extend(others);

    let mut tally = Tally {
        dataset: &dataset,
        space: &space,
        counts,
        readings: Vec::with_capacity(wanted.len()),
        offset,
        times: FaceTimes::default(),
    };
    let mut failed = None;
    let mut done = 0;
    progress(done, wanted.len());
    dataset.visit(&wanted, jobs * BATCH_PER_JOB, &mut |pictures| {
        let outcomes =
            parallel::map(&pool, &mut workers, &pictures, |worker, stored| worker.read(stored));
        done += pictures.len();
        progress(done, wanted.len());
        for (stored, outcome) in pictures.iter().zip(outcomes) {
            if let Err(error) = tally.count(stored.example, outcome) {
                failed = Some(error);
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    })?;
    if let Some(error) = failed {
        return Err(error.into());
    }
    let Tally { counts, readings, times, .. } = tally;
    if readings.is_empty() {
        return Err(EvaluateError::Nothing { why: report::why_nothing(&counts) });
    }
    let model = &workers[0].classifier.model().card;
    Ok(report::build(report::Facts {
        dataset: &dataset,
        options,
        model,
        space: &space,
        counts,
        readings: &readings,
        times: &times,
        jobs,
    }))
}

/// Pictures read at a time, for each worker: enough that waiting for the last one costs little.
const BATCH_PER_JOB: usize = 32;

fn load_model(options: &EvaluateOptions) -> Result<EmotionModel, ModelError> {
    match &options.model_dir {
        None => EmotionModel::builtin(),
        Some(dir) => EmotionModel::from_dir(dir),
    }
}

fn check_common_classes(
    dataset: &Dataset,
    classifier: &EmotionClassifier,
    space: &ClassSpace,
) -> Result<(), EvaluateError> {
    let any_from_data = (0..dataset.classes().len()).any(|class| space.of_data(class).is_some());
    if any_from_data && space.unknown_to_model().len() < space.labels.len() {
        return Ok(());
    }
    let data: Vec<&str> = dataset.classes().iter().map(|class| class.word()).collect();
    Err(EvaluateError::NoCommonClass {
        data: data.join(", "),
        model: classifier.labels().names().join(", "),
    })
}

/// Examples with a class that counts; the others are counted.
fn wanted(
    dataset: &Dataset,
    selected: Vec<usize>,
    space: &ClassSpace,
    counts: &mut Counts,
) -> Vec<usize> {
    let mut wanted = Vec::with_capacity(selected.len());
    for example in selected {
        match dataset.examples()[example].truth.class() {
            None => counts.without_majority += 1,
            Some(class) if space.of_data(class).is_none() => {
                let word = dataset.classes()[class].word();
                *counts.of_other_classes.entry(word.to_owned()).or_default() += 1;
            }
            Some(_) => wanted.push(example),
        }
    }
    wanted
}

/// Evenly from the whole list, as lists go class by class.
fn limited(wanted: Vec<usize>, limit: Option<usize>) -> Vec<usize> {
    match limit {
        Some(limit) if limit < wanted.len() => {
            (0..limit).map(|i| wanted[i * wanted.len() / limit]).collect()
        }
        _ => wanted,
    }
}

/// The networks of one thread.
struct Worker {
    classifier: EmotionClassifier,
    cropper: FaceCropper,
}

/// What became of one picture.
enum Outcome {
    Read {
        posterior: Posterior,
        cut: Cut,
        conditions: Conditions,
        cutting: Duration,
        classifying: Duration,
    },
    NoFace,
    Unreadable(PictureError),
    Failed(NetworkError),
    /// No other picture will fare better.
    NoDetector(ModelError),
}

impl Worker {
    fn new(classifier: EmotionClassifier, dataset: &Dataset, options: &EvaluateOptions) -> Self {
        let detector_dir = options.detector_dir.clone();
        let cropper = FaceCropper::new(options.crop, dataset.holds_face_crops(), detector_dir);
        Self { classifier, cropper }
    }

    fn read(&mut self, stored: &StoredPicture) -> Outcome {
        let picture = match stored.open() {
            Ok(picture) => picture,
            Err(error) => return Outcome::Unreadable(error),
        };
        let start = Instant::now();
        let (crop, cut) = match self.cropper.cut(&picture, &self.classifier.model().card) {
            Ok(Some(found)) => found,
            Ok(None) => return Outcome::NoFace,
            Err(CropError::Model(error)) => return Outcome::NoDetector(error),
            Err(CropError::Network(error)) => return Outcome::Failed(error),
        };
        let cutting = start.elapsed();
        let start = Instant::now();
        match self.classifier.posterior(&crop) {
            Ok(posterior) => Outcome::Read {
                posterior,
                cut,
                cutting,
                classifying: start.elapsed(),
                conditions: conditions(&crop, &cut, picture.frame.width()),
            },
            Err(error) => Outcome::Failed(error),
        }
    }
}

fn conditions(crop: &FaceCrop, cut: &Cut, picture_width: u32) -> Conditions {
    let luma = crop.luma();
    let sum: u64 = luma.iter().map(|value| u64::from(*value)).sum();
    Conditions {
        brightness: sum as f32 / luma.len().max(1) as f32,
        face_width: match cut {
            Cut::Face(face) => face.bbox.w,
            Cut::Whole => picture_width as f32,
        },
    }
}

/// How long single faces took.
#[derive(Debug, Default)]
pub(super) struct FaceTimes {
    /// The classifier alone.
    pub classifying: Vec<Duration>,
    /// Detector, alignment and classifier, where a face was looked for.
    pub with_detection: Vec<Duration>,
}

struct Tally<'a> {
    dataset: &'a Dataset,
    space: &'a ClassSpace,
    counts: Counts,
    readings: Vec<Reading>,
    offset: Option<Offset>,
    times: FaceTimes,
}

impl Tally<'_> {
    fn count(&mut self, example: usize, outcome: Outcome) -> Result<(), ModelError> {
        let info = &self.dataset.examples()[example];
        let named = |reason: String| Named { origin: info.origin.clone(), reason };
        match outcome {
            Outcome::NoDetector(error) => return Err(error),
            Outcome::NoFace => self.counts.without_face.push(info.origin.clone()),
            Outcome::Unreadable(error) => self.counts.unreadable.push(named(error.to_string())),
            Outcome::Failed(error) => {
                self.counts.failed.push(named(format!("the network {error}")));
            }
            Outcome::Read { posterior, cut, conditions, cutting, classifying } => {
                let truth = info.truth.class().and_then(|class| self.space.of_data(class));
                // Only examples with a class that counts were asked for.
                let Some(truth) = truth else { return Ok(()) };
                match cut {
                    Cut::Whole => self.counts.taken_whole += 1,
                    Cut::Face(_) => {
                        self.counts.detected += 1;
                        self.times.with_detection.push(cutting + classifying);
                    }
                }
                self.times.classifying.push(classifying);
                let corrected = self.offset.as_ref().map(|offset| offset.apply(&posterior));
                let posterior = self.space.posterior(&corrected.unwrap_or(posterior));
                self.readings.push(Reading { example, truth, posterior, conditions });
            }
        }
        Ok(())
    }
}
