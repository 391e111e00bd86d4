//! The core: frames in, observations out. Reads no clock, opens no file, starts no thread; the
//! same frames give the same observations.

use serde::{Deserialize, Serialize};

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
}

impl Default for PipelineOptions {
    fn default() -> Self {
        Self { max_faces: 4, smoothing_secs: 0.25, unsure_below: 0.45 }
    }
}
