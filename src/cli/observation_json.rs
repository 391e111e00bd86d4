//! One observation as one JSON object: the line that other programs read.
//!
//! Names are those of the CSV columns.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::observation::{FaceReading, Label, Labels, Observation};

/// A line of `mien live --headless --json`.
#[derive(Debug, Serialize)]
pub struct ObservationLine<'a> {
    /// Frame number within the run; gaps are frames that were not analysed.
    frame: u64,
    /// Seconds since the source started.
    timestamp: f64,
    /// Number of the run: it changes when a camera was unplugged and plugged back.
    run: u64,
    width: u32,
    height: u32,
    faces: Vec<FaceLine<'a>>,
}

#[derive(Debug, Serialize)]
struct FaceLine<'a> {
    face_id: u32,
    confidence: f32,
    /// x, y, width, height in pixels.
    bbox: [f32; 4],
    /// Class name, or `unsure`.
    emotion: &'a str,
    certainty: f32,
    /// This frame alone.
    p: BTreeMap<&'a str, f32>,
    smoothed: BTreeMap<&'a str, f32>,
    valence: Option<f32>,
    arousal: Option<f32>,
    /// Degrees.
    pitch: f32,
    yaw: f32,
    roll: f32,
    quality: f32,
    /// Why the reading is poor; absent if it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'static str>,
}

impl<'a> ObservationLine<'a> {
    /// Describes one frame; `labels` names the classes.
    pub fn new(observation: &Observation, labels: &'a Labels) -> Self {
        Self {
            frame: observation.index,
            timestamp: observation.pts.as_secs_f64(),
            run: observation.run.0,
            width: observation.frame_size.0,
            height: observation.frame_size.1,
            faces: observation.faces.iter().map(|face| FaceLine::new(face, labels)).collect(),
        }
    }
}

impl<'a> FaceLine<'a> {
    fn new(face: &FaceReading, labels: &'a Labels) -> Self {
        let by_name = |values: &[f32]| {
            labels.names().iter().map(String::as_str).zip(values.iter().copied()).collect()
        };
        let bbox = face.detection.bbox;
        let reason = match face.label {
            Label::Unsure(hint) => Some(hint),
            Label::Class(_) => face.quality.hint,
        };
        Self {
            face_id: face.track.0,
            confidence: face.detection.score,
            bbox: [bbox.x, bbox.y, bbox.w, bbox.h],
            emotion: face.label.word(labels),
            certainty: face.certainty,
            p: by_name(face.posterior.as_slice()),
            smoothed: by_name(face.smoothed.as_slice()),
            valence: face.affect.map(|affect| affect.valence),
            arousal: face.affect.map(|affect| affect.arousal),
            pitch: face.pose.pitch_deg,
            yaw: face.pose.yaw_deg,
            roll: face.pose.roll_deg,
            quality: face.quality.overall(),
            hint: reason.map(crate::observation::Hint::word),
        }
    }
}
