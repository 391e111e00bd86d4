//! Sessions with known readings, made in a moment.

use std::path::{Path, PathBuf};
use std::time::Duration;

use mien::frame::RunId;
use mien::geom::Rect;
use mien::observation::{
    Affect, Detection, FaceReading, HeadPose, Label, Labels, Landmarks, Observation, Posterior,
    Quality, TrackId,
};
use mien::pipeline::PipelineOptions;
use mien::session::{
    FileRecord, Recorder, SessionHeader, SessionMeta, SessionSummary, SourceRecord,
};
use mien::time::Pts;

pub const EMOTIONS: [&str; 8] =
    ["neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt"];

/// What is to be made.
pub struct Made<'a> {
    pub folder_name: &'a str,
    pub participant: &'a str,
    pub tags: &'a [&'a str],
    pub frames: u64,
    /// From frame to frame.
    pub step: Duration,
    /// For so many of ten seconds the face is happy, else neutral.
    pub happy: u64,
    pub file: Option<FileRecord>,
    /// Whether it is closed as it should.
    pub closed: bool,
}

impl Default for Made<'_> {
    fn default() -> Self {
        Self {
            folder_name: "2026-11-24_10-00-00_demo",
            participant: "",
            tags: &[],
            frames: 100,
            step: Duration::from_millis(100),
            happy: 3,
            file: None,
            closed: true,
        }
    }
}

impl Made<'_> {
    /// Writes it; its folder.
    pub fn write(self, sessions_dir: &Path) -> PathBuf {
        let header = SessionHeader {
            folder_name: self.folder_name.into(),
            zero_utc: Some("2026-11-24T10:00:00Z".parse().unwrap()),
            source: SourceRecord { spec: "demo".into(), name: "Demo".into(), ..Default::default() },
            file: self.file,
            models: Vec::new(),
            labels: Labels::new(EMOTIONS),
            pipeline: PipelineOptions::default(),
            baseline: None,
            meta: SessionMeta {
                participant: self.participant.into(),
                tags: self.tags.iter().map(|tag| (*tag).to_owned()).collect(),
                ..SessionMeta::default()
            },
        };
        let mut recorder = Recorder::create(sessions_dir, header).unwrap();
        for index in 0..self.frames {
            let at = self.step * index as u32;
            let class = usize::from(at.as_secs() % 10 < self.happy);
            let seen = Observation {
                run: RunId(1),
                index,
                pts: Pts::new(at),
                frame_size: (640, 480),
                faces: vec![face(class)],
            };
            recorder.write(&seen, at).unwrap();
            if index == 20 {
                recorder.marker(at, "stimulus").unwrap();
            }
        }
        let duration = self.step * self.frames as u32;
        if !self.closed {
            let folder = recorder.folder().to_owned();
            drop(recorder);
            return folder;
        }
        let summary = SessionSummary { duration, captured: self.frames, ..Default::default() };
        recorder.finish(summary).unwrap().folder
    }
}

fn face(class: usize) -> FaceReading {
    let mut weights = vec![0.01; EMOTIONS.len()];
    weights[class] = 0.93;
    let posterior = Posterior::normalised(weights).unwrap();
    FaceReading {
        track: TrackId(1),
        age: Duration::from_secs(1),
        detection: Detection {
            bbox: Rect::new(100.0, 100.0, 90.0, 110.0),
            score: 0.9,
            landmarks: Landmarks::default(),
        },
        posterior: posterior.clone(),
        smoothed: posterior,
        label: Label::Class(class),
        certainty: 0.93,
        steady: Duration::from_secs(1),
        affect: Some(Affect { valence: 0.5, arousal: 0.1 }),
        pose: HeadPose::default(),
        quality: Quality { size: 0.8, light: 0.9, sharpness: 0.7, turn: 0.9, hint: None },
    }
}
