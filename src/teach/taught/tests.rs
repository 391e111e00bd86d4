//! A taught model is written, loaded by the engine, and says what it was taught.

use std::sync::Arc;

use super::*;
use crate::evaluate::Confusion;
use crate::frame::RunId;
use crate::observation::Logits;
use crate::source::demo;
use crate::teach::{Example, Grouping, Lesson, LinearHead, teach};
use crate::vision::align::{FaceCrop, align, crop_from_frame};
use crate::vision::classify::EmotionClassifier;
use crate::vision::detect::FaceDetector;
use crate::vision::embed::FaceEmbedder;

fn origin() -> Origin {
    Origin {
        name: "mine".into(),
        shown: "pictures of the user".into(),
        command: "mien train pictures --out mine".into(),
        seed: 7,
    }
}

/// The face of the demo, cut out as live, and versions of it under other light.
fn crops() -> Vec<FaceCrop> {
    let frame = demo::sample_frame(RunId(0));
    let mut detector = FaceDetector::new(crate::model::DetectorModel::builtin().unwrap());
    let face = detector.detect(&frame).unwrap().remove(0);
    let card = EmotionModel::builtin().unwrap().card;
    let transform = crop_from_frame(&face, &card.framing, &card.input).unwrap();
    let crop = align(&frame, transform, &card.input).unwrap();
    (0..24)
        .map(|i| {
            // Left darker for one class, right for the other, more and more.
            let pixel = |(k, value): (usize, &u8)| {
                let side = if i % 2 == 0 { k % 48 } else { 47 - k % 48 };
                let light = 1.0 - (i as f32 / 40.0 + 0.1) * side as f32 / 47.0;
                (f32::from(*value) * light) as u8
            };
            FaceCrop { pixels: crop.pixels.iter().enumerate().map(pixel).collect(), ..crop.clone() }
        })
        .collect()
}

/// A lesson from the crops, and the head that was learned.
fn taught(base: &Arc<BaseModel>, classes: [&str; 2]) -> (Taught, Vec<Vec<f32>>) {
    let mut embedder = FaceEmbedder::new(base.load().unwrap());
    let embeddings: Vec<Vec<f32>> =
        crops().iter().map(|crop| embedder.embed(crop).unwrap()).collect();
    let examples = embeddings.iter().enumerate().map(|(i, embedding)| Example {
        class: i % 2,
        group: i as u64,
        unit: i as u64,
        embedding: embedding.clone().into(),
    });
    let lesson = Lesson {
        classes: classes.map(str::to_owned).to_vec(),
        examples: examples.collect(),
        grouping: Grouping::Picture,
    };
    (teach(&lesson, 7, &|_| true).unwrap(), embeddings)
}

#[test]
fn the_written_file_agrees_with_the_head_in_memory() {
    let base = Arc::new(BaseModel::builtin().unwrap());
    let (taught, embeddings) = taught(&base, ["left", "right"]);
    let head = taught.head.clone();
    let model = TaughtModel::new(&base, taught, &origin()).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("mine");
    model.write(&folder).unwrap();
    let loaded = EmotionModel::from_dir(&folder).unwrap();
    assert_eq!(loaded.card.labels().names(), ["left", "right"]);
    let classifier = EmotionClassifier::new(loaded);
    for (crop, embedding) in crops().iter().zip(&embeddings) {
        let Logits(engine) = classifier.logits(crop).unwrap();
        for (engine, ours) in engine.iter().zip(head.logits(embedding)) {
            assert!((engine - ours).abs() < 1e-4, "{engine} {ours}");
        }
    }
}

#[test]
fn a_hundred_random_heads_agree_too() {
    let base = Arc::new(BaseModel::builtin().unwrap());
    let mut embedder = FaceEmbedder::new(base.load().unwrap());
    let crop = &crops()[3];
    let embedding = embedder.embed(crop).unwrap();
    let (sample, _) = taught(&base, ["a", "b"]);
    for classes in [2, 3, 7, 40] {
        let value = |i: usize| ((i * 7919 % 1000) as f32 / 500.0 - 1.0) * 2.0;
        let head = LinearHead {
            dim: 96,
            weights: (0..classes * 96).map(value).collect(),
            bias: (0..classes).map(value).collect(),
        };
        let wanted = head.logits(&embedding);
        let report = Report {
            classes: (0..classes).map(|c| format!("class {c}")).collect(),
            confusion: Confusion::new(classes),
            ..sample.report.clone()
        };
        let model = TaughtModel::new(&base, Taught { head, report }, &origin()).unwrap();
        let classifier = EmotionClassifier::new(model.load().unwrap());
        let Logits(engine) = classifier.logits(crop).unwrap();
        assert_eq!(engine.len(), classes);
        assert!(engine.iter().zip(&wanted).all(|(a, b)| (a - b).abs() < 1e-4));
    }
}

#[test]
fn the_card_says_what_is_known_and_maps_affect_only_for_known_names() {
    let base = Arc::new(BaseModel::builtin().unwrap());
    let (own, _) = taught(&base, ["left \"l\"", "right"]);
    let model = TaughtModel::new(&base, own, &origin()).unwrap();
    let card = model.load().unwrap().card;
    assert_eq!(card.labels().names(), ["left \"l\"", "right"]);
    assert!(card.affect.is_none());
    assert!(card.licence.data.contains("pictures of the user"));
    assert!(card.limits.iter().any(|limit| limit.contains("nothing else")));
    assert!(card.calibration.mirror && card.calibration.temperature > 0.0);
    assert_eq!(card.input, base.card.input);
    assert_eq!(card.framing, base.card.framing);
    let (known, _) = taught(&base, ["surprise", "neutral"]);
    let card = TaughtModel::new(&base, known, &origin()).unwrap().load().unwrap().card;
    let affect = card.affect.unwrap();
    assert_eq!((affect.valence, affect.arousal), (vec![0.40, 0.0], vec![0.67, 0.0]));
}

#[test]
fn nothing_is_overwritten_and_nothing_is_left_half_written() {
    let base = Arc::new(BaseModel::builtin().unwrap());
    let (learned, _) = taught(&base, ["left", "right"]);
    let model = TaughtModel::new(&base, learned, &origin()).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let taken = dir.path().join("taken");
    fs::create_dir(&taken).unwrap();
    model.write(&taken).unwrap();
    let error = model.write(&taken).unwrap_err();
    assert_eq!(error, WriteError::Taken { dir: taken.clone() });
    assert!(error.advice().contains("new folder"));
    let file = dir.path().join("file");
    fs::write(&file, "mine").unwrap();
    assert!(matches!(model.write(&file), Err(WriteError::Taken { .. })));
    assert!(model.write(&file.join("inside")).is_err());
    let names: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "{names:?}");
    let inside = fs::read_dir(&taken).unwrap().count();
    assert_eq!(inside, 3);
}
