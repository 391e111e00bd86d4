//! The annotated video of a session, for the recorder thread.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::FileJob;
use crate::frame::Frame;
use crate::observation::{Labels, Observation};
use crate::overlay::Overlay;
use crate::session::recovery::part_path;
use crate::session::{OVERLAY, RecordError, sync_file};
use crate::time::Pts;

/// Begins with the first frame, and has another name until it is whole.
pub struct Painting {
    part: PathBuf,
    whole: PathBuf,
    labels: Labels,
    zero: Pts,
    rate_hz: Option<f64>,
    overlay: Option<Overlay>,
}

impl Painting {
    /// In a session folder.
    pub fn new(folder: &Path, job: &FileJob, labels: Labels) -> Self {
        Self {
            part: part_path(folder, OVERLAY),
            whole: folder.join(OVERLAY),
            labels,
            zero: job.selection.from.unwrap_or_default(),
            rate_hz: job.selection.sample_rate_hz,
            overlay: None,
        }
    }

    /// Adds a frame, and what was read in it.
    pub fn frame(&mut self, frame: Frame, seen: &Observation) -> Result<(), RecordError> {
        self.add(frame, seen).map_err(|error| RecordError::from_io(&error, &self.whole))
    }

    fn add(&mut self, frame: Frame, seen: &Observation) -> io::Result<()> {
        let overlay = match &mut self.overlay {
            Some(overlay) => overlay,
            none => {
                let (file, labels) = (File::create(&self.part)?, self.labels.clone());
                none.insert(Overlay::new(file, frame.size(), labels, self.zero, self.rate_hz)?)
            }
        };
        overlay.frame(frame, seen)
    }

    /// Closes it and gives it its name.
    pub fn finish(self) -> Result<(), RecordError> {
        let Some(overlay) = self.overlay else { return Ok(()) };
        let finished = overlay
            .finish()
            .and_then(|file| sync_file(&file))
            .and_then(|()| fs::rename(&self.part, &self.whole));
        finished.map_err(|error| RecordError::from_io(&error, &self.whole))
    }
}
