//! The same pictures through another runtime: Pillow and ONNX Runtime, by
//! `tests/reference/make.py`. What the networks are given is compared first, then their answers.

use std::path::PathBuf;

use image::{GrayImage, RgbImage};
use mien::frame::{Frame, RunId};
use mien::geom::{Point, Rect, Similarity};
use mien::model::card::Framing;
use mien::model::{DetectorModel, EmotionCard, EmotionModel};
use mien::observation::{Detection, Landmarks};
use mien::source::demo::{Appearance, Emotion, Light, Pose, Scene, SceneKind, Still};
use mien::time::Pts;
use mien::vision::align::{FaceCrop, align, crop_from_frame};
use mien::vision::classify::EmotionClassifier;
use mien::vision::detect::FaceDetector;
use mien::vision::letterbox::Letterbox;

use super::{SEED, SIZE};

const NAMES: [&str; 3] = ["near", "tilted", "far"];

/// Numbers a network gives in its answers.
const CANDIDATES: usize = 2730;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/reference")
}

/// What the other runtime made of one picture.
struct Reference {
    name: &'static str,
    frame: Frame,
    canvas: RgbImage,
    scores: Vec<f32>,
    boxes: Vec<f32>,
    landmarks: Vec<f32>,
    /// Of the strongest face, in pixels of the frame.
    points: [Point; 5],
    crop: GrayImage,
    logits: Vec<f32>,
    mirrored_logits: Vec<f32>,
    /// Around the strongest box, in pixels of the frame.
    bbox: Rect,
    look: RgbImage,
    look_logit: f32,
}

impl Reference {
    fn load(name: &'static str) -> Self {
        let open = |suffix: &str| {
            image::open(folder().join(format!("{name}{suffix}.png"))).expect("a picture")
        };
        let picture = open("").into_rgb8();
        let frame =
            Frame::new(RunId(1), 0, Pts::ZERO, picture.dimensions(), picture.into_raw()).unwrap();
        let bytes = std::fs::read(folder().join(format!("{name}.f32"))).unwrap();
        let (numbers, rest) = bytes.as_chunks::<4>();
        let mut numbers = numbers.iter().map(|number| f32::from_le_bytes(*number));
        let mut take = |count: usize| {
            let taken: Vec<f32> = numbers.by_ref().take(count).collect();
            assert_eq!(taken.len(), count, "{name}.f32 is too short");
            taken
        };
        let [scores, boxes, landmarks] = [1, 4, 10].map(|per| take(per * CANDIDATES));
        let points = take(10);
        let points = std::array::from_fn(|i| Point::new(points[2 * i], points[2 * i + 1]));
        let (logits, mirrored_logits) = (take(8), take(8));
        let (corners, look_logit) = (take(4), take(1)[0]);
        assert!(rest.is_empty() && numbers.next().is_none(), "{name}.f32 is too long");
        Self {
            name,
            frame,
            canvas: open(".canvas").into_rgb8(),
            scores,
            boxes,
            landmarks,
            points,
            crop: open(".crop").into_luma8(),
            logits,
            mirrored_logits,
            bbox: Rect::from_corners(corners[0], corners[1], corners[2], corners[3]),
            look: open(".look").into_rgb8(),
            look_logit,
        }
    }

    fn detection(&self) -> Detection {
        let landmarks = Landmarks::from_array(self.points);
        Detection { bbox: self.bbox, score: 1.0, landmarks }
    }

    /// The reference crop as a crop of ours.
    fn face_crop(&self) -> FaceCrop {
        FaceCrop {
            width: 48,
            height: 48,
            channels: 1,
            pixels: self.crop.as_raw().clone(),
            crop_from_frame: Similarity::IDENTITY,
        }
    }
}

/// Red, green and blue, one after the other, as both networks of the detector take them.
fn planes(picture: &RgbImage) -> Vec<f32> {
    let plane = |c: usize| picture.as_raw()[c..].iter().step_by(3).map(|v| f32::from(*v));
    (0..3).flat_map(plane).collect()
}

/// Largest and mean difference of two pictures in levels of 8 bits.
fn levels_apart(a: &[u8], b: &[u8]) -> (u8, f64) {
    assert_eq!(a.len(), b.len());
    let differences = || a.iter().zip(b).map(|(a, b)| a.abs_diff(*b));
    let sum: f64 = differences().map(f64::from).sum();
    (differences().max().unwrap_or_default(), sum / a.len() as f64)
}

/// Largest difference; of numbers above 1, relative to them.
fn apart(ours: &[f32], theirs: &[f32]) -> f32 {
    assert_eq!(ours.len(), theirs.len());
    let difference = |(a, b): (&f32, &f32)| (a - b).abs() / b.abs().max(1.0);
    let differences = ours.iter().zip(theirs).map(difference);
    // `max` would pass over a NaN.
    differences.fold(0.0, |most, d| if d > most || d.is_nan() { d } else { most })
}

#[test]
fn the_detector_is_given_the_same_pixels() {
    let card = DetectorModel::builtin().unwrap().card;
    for reference in NAMES.map(Reference::load) {
        let mut letterbox = Letterbox::new(card.input.width as u32, card.input.height as u32);
        let (canvas, scale) = letterbox.fit(&reference.frame);
        assert_eq!(scale, 0.65);
        let (most, mean) = levels_apart(canvas, reference.canvas.as_raw());
        println!("{} canvas: most {most}, mean {mean:.4}", reference.name);
        assert!(most <= 1, "{}: the canvas is {most} levels off", reference.name);
    }
}

/// Asserts that the crop at this transform is the reference's.
fn same_crop(reference: &Reference, crop_from_frame: Similarity, card: &EmotionCard) {
    let crop = align(&reference.frame, crop_from_frame, &card.input).unwrap();
    let (most, mean) = levels_apart(&crop.pixels, reference.crop.as_raw());
    println!("{} crop: most {most}, mean {mean:.4}", reference.name);
    assert!(most <= 2, "{}: the crop is {most} levels off", reference.name);
    // Pillow cuts fractions off where we round, which is half a level.
    assert!(mean <= 0.5, "{}: the crop is {mean} levels off on average", reference.name);
}

#[test]
fn a_crop_at_the_same_transform_has_the_same_pixels() {
    let card = EmotionModel::builtin().unwrap().card;
    let template = card.framing.template().unwrap();
    for reference in NAMES.map(Reference::load) {
        let frame_from_crop = Similarity::fit(&template, &reference.points).unwrap();
        same_crop(&reference, frame_from_crop.inverse().unwrap(), &card);
    }
}

/// The model was trained on crops whose transform takes the template to the landmarks with least
/// squares in the picture. The other way round gives crops up to a hundredth larger.
#[test]
fn the_emotion_model_is_given_the_same_pixels() {
    let card = EmotionModel::builtin().unwrap().card;
    for reference in NAMES.map(Reference::load) {
        let transform = crop_from_frame(&reference.detection(), &card.framing, &card.input);
        same_crop(&reference, transform.unwrap(), &card);
    }
}

#[test]
fn the_detector_answers_the_same() {
    let detector = DetectorModel::builtin().unwrap();
    for reference in NAMES.map(Reference::load) {
        let outputs = detector.network.run(&planes(&reference.canvas)).unwrap();
        let theirs = [&reference.scores, &reference.boxes, &reference.landmarks];
        assert_eq!(outputs.len(), theirs.len());
        for (what, (ours, theirs)) in
            ["scores", "boxes", "landmarks"].into_iter().zip(outputs.iter().zip(theirs))
        {
            let apart = apart(ours, theirs);
            println!("{} {what}: {apart:.2e}", reference.name);
            assert!(apart <= 1e-3, "{} {what}: {apart}", reference.name);
        }
    }
}

#[test]
fn the_second_look_is_given_the_same_pixels_and_answers_the_same() {
    let mut detector = DetectorModel::builtin().unwrap();
    let card = detector.card.second_look.clone().unwrap();
    let network = detector.second_look.take().unwrap();
    let framing = Framing::Box { margin: card.margin };
    for reference in NAMES.map(Reference::load) {
        let transform = crop_from_frame(&reference.detection(), &framing, &card.input).unwrap();
        let crop = align(&reference.frame, transform, &card.input).unwrap();
        let (most, mean) = levels_apart(&crop.pixels, reference.look.as_raw());
        println!("{} second look: most {most}, mean {mean:.4}", reference.name);
        assert!(most <= 2 && mean <= 0.5, "{}: {most} levels off, {mean}", reference.name);
        let answer = network.run(&planes(&reference.look)).unwrap();
        let apart = apart(&answer[0], &[reference.look_logit]);
        println!("{} second look: {apart:.2e}", reference.name);
        assert!(apart <= 1e-3, "{}: {apart}", reference.name);
    }
}

#[test]
fn the_strongest_face_is_the_same() {
    let mut detector = FaceDetector::new(DetectorModel::builtin().unwrap());
    for reference in NAMES.map(Reference::load) {
        let found = detector.detect(&reference.frame).unwrap();
        assert_eq!(found.len(), 1, "{}", reference.name);
        for (ours, theirs) in found[0].landmarks.to_array().into_iter().zip(reference.points) {
            let distance = ours.distance(theirs);
            assert!(distance < 0.5, "{}: {distance} px apart", reference.name);
        }
    }
}

#[test]
fn the_emotion_model_answers_the_same() {
    let network = EmotionModel::builtin().unwrap().network;
    let classifier = EmotionClassifier::new(EmotionModel::builtin().unwrap());
    for reference in NAMES.map(Reference::load) {
        let crop = reference.face_crop();
        for (pixels, theirs) in [
            (crop.pixels.clone(), &reference.logits),
            (crop.mirrored(), &reference.mirrored_logits),
        ] {
            let tensor: Vec<f32> = pixels.iter().map(|v| f32::from(*v)).collect();
            let apart = apart(&network.run(&tensor).unwrap()[0], theirs);
            println!("{} logits: {apart:.2e}", reference.name);
            assert!(apart <= 1e-3, "{}: {apart}", reference.name);
        }
        let pairs = reference.logits.iter().zip(&reference.mirrored_logits);
        let averaged: Vec<f32> = pairs.map(|(a, b)| (a + b) / 2.0).collect();
        let apart = apart(&classifier.logits(&crop).unwrap().0, &averaged);
        assert!(apart <= 1e-3, "{} with its mirror image: {apart}", reference.name);
    }
}

/// Draws the pictures that `make.py` starts from. They are kept as they are: a new drawing is no
/// reason for new references.
#[test]
#[ignore = "overwrites the pictures in tests/reference; run make.py after it"]
fn draw_the_pictures() {
    let [first, second, third, ..] = Appearance::PEOPLE;
    let of = |emotion, appearance, head, pose| Still {
        appearance,
        head,
        pose,
        light: Light::WINDOW,
        // Noise makes large files and tests nothing here.
        noise: 0.0,
        ..Still::of(emotion)
    };
    let tilted = Pose { yaw: 0.2, pitch: -0.05, roll: 0.3 };
    let stills = [
        of(Emotion::Happiness, first, 0.32, Pose::default()),
        of(Emotion::Surprise, second, 0.19, tilted),
        of(Emotion::Sadness, third, 0.09, Pose::default()),
    ];
    for (name, still) in NAMES.into_iter().zip(stills) {
        let mut rgb = Vec::new();
        Scene::new(SceneKind::Still(still), SIZE, SEED).render(Pts::ZERO, &mut rgb);
        let picture = RgbImage::from_raw(SIZE.0, SIZE.1, rgb).unwrap();
        picture.save(folder().join(format!("{name}.png"))).unwrap();
    }
}
