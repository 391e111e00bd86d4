//! From labelled pictures to a lesson: faces found and cut out as live, embedded on all cores.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rayon::ThreadPoolBuildError;
use rayon::prelude::*;

use super::lesson::{Example, Grouping, Lesson};
use super::{Progress, TeachError};
use crate::dataset::crop::{CropError, Cut};
use crate::dataset::{Crop, Dataset, DatasetError, FaceCropper, StoredPicture, parallel};
use crate::model::ModelError;
use crate::model::embedding::BaseModel;
use crate::vision::embed::FaceEmbedder;

/// Pictures that are handed out at a time; bounds what waits in memory.
const BATCH: usize = 256;

/// How pictures are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadOptions {
    /// How faces are cut out.
    pub crop: Crop,
    /// Another detector than the built-in one.
    pub detector_dir: Option<PathBuf>,
    /// Threads that read, at least 1.
    pub workers: usize,
}

/// What became of the pictures.
#[derive(Debug, Clone, Default)]
pub struct Shown {
    /// What can be learned from.
    pub lesson: Lesson,
    /// Examples of the lesson that were found by the detector; the others are whole pictures.
    pub detected: usize,
    /// Pictures in which no face was found.
    pub without_face: Vec<String>,
    /// Pictures that can't be used, and why.
    pub unusable: Vec<(String, String)>,
}

/// Reads the faces of `dataset` and embeds them with `base`. `go_on` is told of progress, from
/// several threads, and answers whether to go on. The order of the examples is that of the data
/// set, whatever the number of workers.
///
/// # Errors
/// If the models can't be loaded or the data set can't be read; what is wrong with single pictures
/// is in the answer.
pub fn read(
    dataset: &Dataset,
    base: &Arc<BaseModel>,
    options: &ReadOptions,
    go_on: &(dyn Fn(Progress) -> bool + Sync),
) -> Result<Shown, ReadError> {
    let workers = options.workers.max(1);
    let pool = parallel::thread_pool(workers)?;
    let mut readers: Vec<Reader> = pool.install(|| {
        let reader = |_| Reader::new(dataset, base, options);
        (0..workers).into_par_iter().map(reader).collect::<Result<_, ModelError>>()
    })?;
    let wanted = dataset.select(None)?;
    let (done, stopped) = (AtomicUsize::new(0), AtomicBool::new(false));
    let mut gathered = Gathered::new(dataset);
    let mut failed = None;
    dataset.visit(&wanted, BATCH, &mut |batch| {
        let outcomes = parallel::map(&pool, &mut readers, &batch, |reader, stored| {
            let outcome = reader.read(stored);
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            if !go_on(Progress { done, total: wanted.len() }) {
                stopped.store(true, Ordering::Relaxed);
            }
            outcome
        });
        for (stored, outcome) in batch.iter().zip(outcomes) {
            match outcome {
                Ok(outcome) => gathered.add(stored.example, outcome),
                Err(error) => failed = Some(error),
            }
        }
        if failed.is_some() || stopped.load(Ordering::Relaxed) {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    })?;
    if let Some(error) = failed {
        return Err(error.into());
    }
    if stopped.into_inner() {
        return Err(TeachError::Cancelled.into());
    }
    Ok(gathered.shown)
}

/// What one worker has.
struct Reader {
    cropper: FaceCropper,
    embedder: FaceEmbedder,
}

/// What became of one picture.
enum Outcome {
    Embedded(Vec<f32>, Cut),
    NoFace,
    Unusable(String),
}

impl Reader {
    fn new(
        dataset: &Dataset,
        base: &Arc<BaseModel>,
        options: &ReadOptions,
    ) -> Result<Self, ModelError> {
        let detector = options.detector_dir.clone();
        Ok(Self {
            cropper: FaceCropper::new(options.crop, dataset.holds_face_crops(), detector),
            embedder: FaceEmbedder::new(base.load()?),
        })
    }

    fn read(&mut self, stored: &StoredPicture) -> Result<Outcome, ModelError> {
        let picture = match stored.clone().open() {
            Ok(picture) => picture,
            Err(error) => return Ok(Outcome::Unusable(error.to_string())),
        };
        let (crop, cut) = match self.cropper.cut(&picture, self.embedder.card()) {
            Ok(Some(found)) => found,
            Ok(None) => return Ok(Outcome::NoFace),
            Err(CropError::Model(error)) => return Err(error),
            Err(CropError::Network(error)) => return Ok(Outcome::Unusable(error.to_string())),
        };
        Ok(match self.embedder.embed(&crop) {
            Ok(embedding) => Outcome::Embedded(embedding, cut),
            Err(error) => Outcome::Unusable(format!("the model {error}")),
        })
    }
}

struct Gathered<'a> {
    dataset: &'a Dataset,
    groups: HashMap<&'a str, u64>,
    shown: Shown,
}

impl<'a> Gathered<'a> {
    fn new(dataset: &'a Dataset) -> Self {
        let examples = dataset.examples();
        let mut groups = HashMap::new();
        for group in examples.iter().filter_map(|example| example.group.as_deref()) {
            let next = groups.len() as u64;
            groups.entry(group).or_insert(next);
        }
        let grouping = if groups.is_empty() { Grouping::Picture } else { Grouping::Person };
        let classes = dataset.classes().iter().map(|class| class.word().to_owned()).collect();
        let unusable = dataset.unusable().iter();
        let shown = Shown {
            lesson: Lesson { classes, examples: Vec::new(), grouping },
            unusable: unusable.map(|u| (u.origin.clone(), u.reason.clone())).collect(),
            ..Shown::default()
        };
        Self { dataset, groups, shown }
    }

    fn add(&mut self, index: usize, outcome: Outcome) {
        let Some(example) = self.dataset.examples().get(index) else { return };
        let origin = example.origin.clone();
        match outcome {
            Outcome::Embedded(embedding, cut) => {
                let Some(class) = example.truth.class() else {
                    let reason = "people did not agree on one class".to_owned();
                    self.shown.unusable.push((origin, reason));
                    return;
                };
                self.shown.detected += usize::from(matches!(cut, Cut::Face(_)));
                let unit = (self.groups.len() + index) as u64;
                // Who is not said to be somebody is nobody else either.
                let group = example.group.as_deref().map_or(unit, |group| self.groups[group]);
                let embedding = embedding.into();
                self.shown.lesson.examples.push(Example { class, group, unit, embedding });
            }
            Outcome::NoFace => self.shown.without_face.push(origin),
            Outcome::Unusable(reason) => self.shown.unusable.push((origin, reason)),
        }
    }
}

/// Why pictures could not be read at all.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The data set.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// The models.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// It was stopped.
    #[error(transparent)]
    Teach(#[from] TeachError),
    /// The system refuses threads.
    #[error("the system refuses another thread: {0}")]
    Threads(#[from] ThreadPoolBuildError),
}

impl ReadError {
    /// What to do next.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Dataset(error) => error.advice(),
            Self::Model(error) => error.advice(),
            Self::Teach(error) => error.advice(),
            Self::Threads(_) => "Close other programs and try again.",
        }
    }
}
