//! Where faces are: by searching the frame, or by following those that were found.
//!
//! A frame is searched unless every face of the frame before was found by two searches in a row,
//! the last search is less than [`PipelineOptions::search_every_secs`] old, and each face can be
//! followed for certain. So a face that appears is found within that time, at once if there was
//! none before; and a face that may be a mistake is never carried along.

use crate::frame::{Frame, RunId};
use crate::model::{DetectorModel, NetworkError};
use crate::observation::Detection;
use crate::pipeline::PipelineOptions;
use crate::time::Pts;
use crate::vision::detect::FaceDetector;
use crate::vision::follow::Likeness;

/// Overlap of two boxes that are the same face in two searches.
const SAME_IOU: f32 = 0.3;

/// Finds faces in the frames of a source, one after the other.
pub struct Finder {
    detector: FaceDetector,
    options: PipelineOptions,
    run: Option<RunId>,
    searched: Pts,
    /// Time of the last frame, and from the one before it to it.
    last: Pts,
    gap_secs: f32,
    faces: Vec<Face>,
    searches: u64,
}

/// A face of the last frame.
struct Face {
    last: Detection,
    /// `None` if the next frame must be searched.
    likeness: Option<Likeness>,
}

impl Finder {
    /// With a detector that is put to work.
    pub fn new(detector: DetectorModel, options: PipelineOptions) -> Self {
        Self {
            detector: FaceDetector::new(detector),
            options,
            run: None,
            searched: Pts::ZERO,
            last: Pts::ZERO,
            gap_secs: 0.0,
            faces: Vec::new(),
            searches: 0,
        }
    }

    /// The faces of the next frame, in pixels of it. A frame of another run starts afresh.
    ///
    /// # Errors
    /// If the engine fails on this frame.
    pub fn find(&mut self, frame: &Frame) -> Result<Vec<Detection>, NetworkError> {
        if self.run.replace(frame.run) != Some(frame.run) {
            self.forget();
        }
        self.gap_secs = frame.pts.saturating_since(self.last).as_secs_f32();
        self.last = frame.pts;
        match self.follow(frame) {
            Some(found) => Ok(found),
            None => self.search(frame),
        }
    }

    /// What was followed so far is another scene: the next frame is searched.
    pub fn forget(&mut self) {
        self.faces.clear();
    }

    /// Changes the tuning from the next frame on.
    pub fn set_options(&mut self, options: PipelineOptions) {
        self.options = options;
    }

    /// The detector at work.
    pub fn model(&self) -> &DetectorModel {
        self.detector.model()
    }

    /// How many frames were searched so far.
    pub fn searches(&self) -> u64 {
        self.searches
    }

    fn follow(&mut self, frame: &Frame) -> Option<Vec<Detection>> {
        let since = frame.pts.saturating_since(self.searched).as_secs_f32();
        if self.faces.is_empty() || self.is_due_after(since) {
            return None;
        }
        let follow = |face: &mut Face| {
            face.last = face.likeness.as_mut()?.follow(frame)?;
            Some(face.last)
        };
        self.faces.iter_mut().map(follow).collect()
    }

    /// Whether a search that is so old is no longer to be followed.
    fn is_due_after(&self, secs: f32) -> bool {
        // A frame a microsecond early, by rounding, still counts.
        secs + 1e-4 >= self.options.search_every_secs
    }

    fn search(&mut self, frame: &Frame) -> Result<Vec<Detection>, NetworkError> {
        self.searches += 1;
        self.searched = frame.pts;
        let before = std::mem::take(&mut self.faces);
        let found = self.detector.detect(frame)?;
        // Those that are read, and no others: a crowd is not followed.
        let mut largest: Vec<&Detection> = found.iter().collect();
        largest.sort_by(|a, b| b.bbox.area().total_cmp(&a.bbox.area()));
        largest.truncate(self.options.max_faces.clamp(1, 16));
        // Frames that come seldom, as of a sampled file, are all searched.
        let following = !self.is_due_after(self.gap_secs);
        self.faces = largest
            .into_iter()
            .map(|detection| {
                let again =
                    before.iter().any(|face| face.last.bbox.iou(&detection.bbox) > SAME_IOU);
                let likeness =
                    (following && again).then(|| Likeness::of(frame, detection)).flatten();
                Face { last: *detection, likeness }
            })
            .collect();
        Ok(found)
    }
}
