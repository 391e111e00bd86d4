//! The core: frames in, observations out. Reads no clock, opens no file, starts no thread; the
//! same frames give the same observations.

use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::baseline::{Baseline, BaselineError, Offset};
use crate::frame::{Frame, RunId};
use crate::model::{DetectorModel, EmotionModel, NetworkError};
use crate::observation::{Detection, FaceReading, Labels, Observation, TrackId};
use crate::temporal::finder::Finder;
use crate::temporal::smooth::{Smoother, Standing};
use crate::temporal::track::{Tracked, Tracker};
use crate::vision::align::{align, crop_from_frame};
use crate::vision::classify::EmotionClassifier;
use crate::vision::pose::head_pose;
use crate::vision::quality::judge;
use crate::vision::signature::Signature;

/// Tuning of the core; defaults suit a person in front of a webcam.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PipelineOptions {
    /// Faces to follow, largest first; 1..=16.
    pub max_faces: usize,
    /// Time constant of the exponential smoothing in seconds; 0 switches it off. This is the lag
    /// of the smoothed signal.
    pub smoothing_secs: f32,
    /// Below this top of the smoothed posterior the label is `unsure`, 0..=1.
    pub unsure_below: f32,
    /// Between two searches of the frame, faces are followed by their pixels, for less than this
    /// many seconds; see [`Finder`]. 0 searches every frame.
    pub search_every_secs: f32,
}

impl Default for PipelineOptions {
    fn default() -> Self {
        Self { max_faces: 8, smoothing_secs: 0.25, unsure_below: 0.45, search_every_secs: 0.25 }
    }
}

/// Detector, tracker, classifier and smoothers of one source.
pub struct Pipeline {
    finder: Finder,
    reading: Reading,
}

/// What follows detection. Detection does not know what was read, so whoever has frames waiting may
/// find faces in the next while this one is read; what comes out is the same.
pub struct Reading {
    classifier: EmotionClassifier,
    options: PipelineOptions,
    run: Option<RunId>,
    tracker: Tracker,
    smoothers: HashMap<TrackId, Smoother>,
    single_picture: bool,
    baseline: Option<(Arc<Baseline>, Offset)>,
}

impl Pipeline {
    /// Puts two models to work.
    pub fn new(detector: DetectorModel, emotion: EmotionModel, options: PipelineOptions) -> Self {
        Self {
            finder: Finder::new(detector, options),
            reading: Reading {
                classifier: EmotionClassifier::new(emotion).with_helper(),
                options,
                run: None,
                tracker: Tracker::new(),
                smoothers: HashMap::new(),
                single_picture: false,
                baseline: None,
            },
        }
    }

    /// With the models inside this program.
    ///
    /// # Errors
    /// Only if the build is broken.
    pub fn builtin(options: PipelineOptions) -> Result<Self, crate::model::ModelError> {
        Ok(Self::new(DetectorModel::builtin()?, EmotionModel::builtin()?, options))
    }

    /// Classes, in the order of every posterior.
    pub fn labels(&self) -> &Labels {
        self.reading.classifier.labels()
    }

    /// The detector at work.
    pub fn detector(&self) -> &DetectorModel {
        self.finder.model()
    }

    /// The emotion model at work.
    pub fn emotion(&self) -> &EmotionModel {
        self.reading.classifier.model()
    }

    /// Reads with another emotion model from the next frame on. Faces keep their numbers; smoothing
    /// starts afresh, as the classes are others, and a baseline ends, as it belongs to one model.
    pub fn set_emotion(&mut self, emotion: EmotionModel) {
        self.reading.classifier = EmotionClassifier::new(emotion).with_helper();
        self.reading.smoothers.clear();
        self.reading.baseline = None;
    }

    /// The baseline that is applied.
    pub fn baseline(&self) -> Option<&Arc<Baseline>> {
        self.reading.baseline.as_ref().map(|(baseline, _)| baseline)
    }

    /// Corrects every face with this baseline from the next frame on, or none. What was read stays
    /// in [`FaceReading::posterior`]; what is smoothed and named is corrected.
    ///
    /// # Errors
    /// If it was made with another model; then none is applied.
    pub fn set_baseline(&mut self, baseline: Option<Arc<Baseline>>) -> Result<(), BaselineError> {
        self.reading.baseline = None;
        let Some(baseline) = baseline else { return Ok(()) };
        let card = &self.emotion().card;
        let offset = baseline.offset_for(&card.name, &card.sha256, self.labels().names())?;
        self.reading.baseline = Some((baseline, offset));
        Ok(())
    }

    /// The tuning at work.
    pub fn options(&self) -> PipelineOptions {
        self.reading.options
    }

    /// Changes the tuning from the next frame on.
    pub fn set_options(&mut self, options: PipelineOptions) {
        self.finder.set_options(options);
        self.reading.options = options;
    }

    /// Analyses the next frame. A frame of another run starts afresh: tracks and smoothing of the
    /// run before are forgotten.
    ///
    /// # Errors
    /// If a network fails on this frame; the next may succeed.
    pub fn process(&mut self, frame: &Frame) -> Result<Observation, NetworkError> {
        let detections = self.finder.find(frame)?;
        self.reading.read(frame, detections)
    }

    /// Both halves, for two threads.
    pub fn halves(&mut self) -> (&mut Finder, &mut Reading) {
        (&mut self.finder, &mut self.reading)
    }
}

impl Reading {
    /// Reads the next frame, in which the detector found `detections`. A frame of another run starts
    /// afresh.
    ///
    /// # Errors
    /// As [`Pipeline::process`].
    pub fn read(
        &mut self,
        frame: &Frame,
        mut detections: Vec<Detection>,
    ) -> Result<Observation, NetworkError> {
        if self.run.replace(frame.run) != Some(frame.run) {
            self.tracker = Tracker::new();
            self.smoothers.clear();
        }
        detections.sort_by(|a, b| b.bbox.area().total_cmp(&a.bbox.area()));
        detections.truncate(self.options.max_faces.clamp(1, 16));
        let coloured: Vec<_> = detections
            .into_iter()
            .map(|detection| (detection, Signature::of(frame, &detection.bbox)))
            .collect();
        let tracked = self.tracker.update(frame.pts, &coloured);
        self.smoothers.retain(|id, _| self.tracker.is_alive(*id));
        let mut faces = Vec::with_capacity(tracked.len());
        for face in &tracked {
            faces.extend(self.read_face(frame, face)?);
        }
        Ok(Observation {
            run: frame.run,
            index: frame.index,
            pts: frame.pts,
            frame_size: frame.size(),
            faces,
        })
    }

    /// Whether frames are single pictures. In a video a face is named once it has settled; a picture
    /// has no time for that, so its faces are named at once.
    pub fn set_single_picture(&mut self, single_picture: bool) {
        self.single_picture = single_picture;
    }

    /// The source goes on with another scene, as at a cut of a film: tracks and smoothing end, and
    /// faces from now on are other faces, with numbers of their own.
    pub fn cut(&mut self) {
        self.tracker.forget();
        self.smoothers.clear();
    }

    /// `None` if the landmarks coincide, so that no crop can be made.
    fn read_face(
        &mut self,
        frame: &Frame,
        face: &Tracked,
    ) -> Result<Option<FaceReading>, NetworkError> {
        let card = &self.classifier.model().card;
        let Some(crop) = crop_from_frame(&face.detection, &card.framing, &card.input)
            .and_then(|transform| align(frame, transform, &card.input))
        else {
            return Ok(None);
        };
        let posterior = self.classifier.posterior(&crop)?;
        let pose = head_pose(&face.detection.landmarks);
        let quality = judge(&face.detection.landmarks, &pose, &crop);
        let baseline = self.baseline.as_ref();
        let corrected =
            baseline.map_or_else(|| posterior.clone(), |(_, offset)| offset.apply(&posterior));
        let smoother = self
            .smoothers
            .entry(face.track)
            .or_insert_with(|| Smoother::new(frame.pts, corrected.clone()));
        let hits = if self.single_picture { u32::MAX } else { face.hits };
        let standing = Standing { hits, age: face.age };
        let smoothed = smoother.update(frame.pts, &corrected, &quality, standing, &self.options);
        Ok(Some(FaceReading {
            track: face.track,
            age: face.age,
            detection: face.detection,
            certainty: smoothed.posterior.top().1,
            affect: self.classifier.affect(&smoothed.posterior),
            posterior,
            smoothed: smoothed.posterior,
            label: smoothed.label,
            steady: smoothed.steady,
            pose,
            quality,
        }))
    }
}
