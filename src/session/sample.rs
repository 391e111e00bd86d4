//! Observations for tests: any numbers a reading may hold, from a seed.

use std::time::Duration;

use super::columns::HINTS;
use super::{ModelRecord, SessionHeader, SessionMeta, SourceRecord};
use crate::frame::RunId;
use crate::geom::Rect;
use crate::observation::{
    Affect, Detection, FaceReading, HeadPose, Label, Labels, Landmarks, Observation, Posterior,
    Quality, TrackId,
};
use crate::pipeline::PipelineOptions;
use crate::time::Pts;

/// SplitMix64 (Steele, Lea, Flood 2014).
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    pub fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * (self.below(1 << 24) as f32 / (1 << 24) as f32)
    }

    pub fn one_of<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize]
    }
}

pub fn labels() -> Labels {
    Labels::new([
        "neutral",
        "happiness",
        "surprise",
        "sadness",
        "anger",
        "disgust",
        "fear",
        "contempt",
    ])
}

pub fn header(labels: &Labels) -> SessionHeader {
    SessionHeader {
        folder_name: "2026-11-24_14-05-33_demo".into(),
        zero_utc: Some("2026-11-24T14:05:33.120Z".parse().unwrap()),
        source: SourceRecord { spec: "demo".into(), name: "Demo".into(), ..Default::default() },
        file: None,
        models: vec![ModelRecord {
            role: "emotion".into(),
            name: "mien-emotion-48".into(),
            sha256: "00".repeat(32),
        }],
        labels: labels.clone(),
        pipeline: PipelineOptions::default(),
        baseline: None,
        meta: SessionMeta { participant: "P07".into(), ..Default::default() },
    }
}

/// The `index`th frame of a source of 30 frames a second, with no face, one or several.
pub fn observation(dice: &mut Dice, index: u64, classes: usize) -> Observation {
    let faces = dice.one_of(&[0, 1, 1, 1, 1, 2, 3]);
    Observation {
        run: RunId(1),
        index,
        pts: Pts::new(Duration::from_micros(index * 33_333)),
        frame_size: (640, 480),
        faces: (1..=faces).map(|track| reading(dice, TrackId(track), classes)).collect(),
    }
}

fn reading(dice: &mut Dice, track: TrackId, classes: usize) -> FaceReading {
    let hint = dice.one_of(&HINTS);
    let class = dice.below(classes as u64) as usize;
    let smoothed = posterior(dice, classes);
    FaceReading {
        track,
        age: Duration::from_secs(1),
        detection: Detection {
            bbox: Rect::new(
                dice.between(-50.0, 640.0),
                dice.between(-50.0, 480.0),
                dice.between(0.0, 2000.0),
                dice.between(0.0, 2000.0),
            ),
            score: dice.between(0.0, 1.0),
            landmarks: Landmarks::default(),
        },
        posterior: posterior(dice, classes),
        certainty: smoothed.top().1,
        smoothed,
        label: dice.one_of(&[Label::Class(class), Label::Unsure(hint)]),
        steady: Duration::ZERO,
        affect: Some(Affect { valence: dice.between(-1.0, 1.0), arousal: dice.between(-1.0, 1.0) }),
        pose: HeadPose {
            pitch_deg: dice.between(-90.0, 90.0),
            yaw_deg: dice.between(-0.01, 0.01),
            roll_deg: dice.between(-180.0, 180.0),
        },
        quality: Quality {
            size: dice.between(0.0, 1.0),
            light: dice.between(0.0, 1.0),
            sharpness: dice.between(0.0, 1.0),
            turn: dice.between(0.0, 1.0),
            hint: dice.one_of(&[None, Some(hint)]),
        },
    }
}

fn posterior(dice: &mut Dice, classes: usize) -> Posterior {
    let weights = (0..classes).map(|_| dice.between(0.0, 1.0).powi(4) + 1e-9).collect();
    Posterior::normalised(weights).unwrap()
}
