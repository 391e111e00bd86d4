//! Networks of other people, where they lie beside the checkout. None is part of the project, so
//! elsewhere these tests say that they were skipped.

use std::path::{Path, PathBuf};

use mien::frame::{Frame, RunId};
use mien::model::check::check;
use mien::model::{DetectorModel, EmotionModel, inspect, load_network};
use mien::pipeline::{Pipeline, PipelineOptions};
use mien::source::demo::{Emotion, Scene, SceneKind, Still};
use mien::time::Pts;

use super::write_model;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn third_party(name: &str) -> Option<PathBuf> {
    let path = root().join("../shared/models/third_party").join(name);
    if path.is_file() {
        return Some(path);
    }
    eprintln!("SKIPPED: {name} is not beside this checkout");
    None
}

/// The prepared card and one of the networks it is for.
fn xception(file: &str) -> Option<tempfile::TempDir> {
    let onnx = std::fs::read(third_party(&format!("mini_xception/{file}"))?).unwrap();
    let card = root().join("models/layouts/mini-xception/card.toml");
    let dir = tempfile::tempdir().unwrap();
    write_model(dir.path(), &std::fs::read_to_string(card).unwrap(), &onnx);
    Some(dir)
}

#[test]
fn xception_with_open_batch_and_channels_last_reads_a_drawn_smile() {
    for file in ["mini_xception_102.onnx", "big_xception_54.onnx"] {
        let Some(dir) = xception(file) else { return };
        let found = check(dir.path());
        assert_eq!(found.problems, [], "{file}");
        let [input] = &found.facts.as_ref().unwrap().inputs[..] else { panic!("one input") };
        assert_eq!(input.shape, Some(vec![None, Some(64), Some(64), Some(1)]));
        let emotion = EmotionModel::from_dir(dir.path()).unwrap();
        let detector = DetectorModel::builtin().unwrap();
        let mut pipeline = Pipeline::new(detector, emotion, PipelineOptions::default());
        assert_eq!(pipeline.labels().len(), 7);
        let mut rgb = Vec::new();
        let kind = SceneKind::Still(Still::of(Emotion::Happiness));
        Scene::new(kind, (640, 480), 1).render(Pts::ZERO, &mut rgb);
        let frame = Frame::new(RunId(1), 0, Pts::ZERO, (640, 480), rgb).unwrap();
        let faces = pipeline.process(&frame).unwrap().faces;
        let [face] = &faces[..] else { panic!("{file}: {} faces", faces.len()) };
        let (top, share) = face.posterior.top();
        assert_eq!(pipeline.labels().name(top), "happiness", "{file}: {share}");
    }
}

/// What ONNX Runtime 1.32 answers to the same numbers.
#[test]
fn xception_answers_as_in_another_runtime() {
    const REFERENCE: [f32; 7] = [
        1.596_39e-6,
        2.454_818e-18,
        1.889_347e-10,
        2.324_222_6e-8,
        1.651_56e-7,
        0.999_998_2,
        1.727_497_9e-9,
    ];
    let Some(path) = third_party("mini_xception/mini_xception_102.onnx") else { return };
    let onnx = std::fs::read(path).unwrap();
    let input: Vec<f32> = (0..64 * 64).map(|i| (i % 97) as f32 / 97.0 - 0.5).collect();
    let network = load_network(&onnx, &[1, 64, 64, 1], &[]).unwrap();
    let answer = network.run(&input).unwrap();
    assert_eq!(answer.len(), 1);
    for (ours, theirs) in answer[0].iter().zip(REFERENCE) {
        // As logarithms, which differ by no more than logits do.
        assert!((ours.ln() - theirs.ln()).abs() < 1e-3, "{answer:?}");
    }
}

/// Taken for what it is not, it is refused with the reason.
#[test]
fn xception_called_logits_or_grey_in_the_other_layout_is_refused() {
    let Some(dir) = xception("mini_xception_102.onnx") else { return };
    let path = dir.path().join("card.toml");
    let card = std::fs::read_to_string(&path).unwrap();
    for (from, to, words) in [
        ("kind = \"softmax\"", "kind = \"logits\"", "probabilities"),
        ("layout = \"nhwc\"", "layout = \"nchw\"", "?x64x64x1"),
        ("\"anger\", ", "\"anger\", \"contempt\", ", "8"),
    ] {
        assert!(card.contains(from), "{from}");
        std::fs::write(&path, card.replacen(from, to, 1)).unwrap();
        let error = EmotionModel::from_dir(dir.path()).err().unwrap().to_string();
        assert!(error.contains(words), "{error}");
    }
}

/// Detectors of other layouts load through the same engine, with all their outputs.
#[test]
fn detectors_of_other_people_load_as_they_are() {
    for (name, shape, outputs) in [
        ("yunet_n/yunet_n_320_320.onnx", [1, 3, 320, 320], 12),
        ("yunet_n/yunet_n_dynamic.onnx", [1, 3, 320, 320], 12),
        ("ultraface_rfb320/version-RFB-320.onnx", [1, 3, 240, 320], 2),
    ] {
        let Some(path) = third_party(name) else { return };
        let onnx = std::fs::read(path).unwrap();
        let (facts, problems) = inspect(&onnx).unwrap();
        assert_eq!((facts.outputs.len(), problems), (outputs, vec![]), "{name}");
        let names: Vec<&str> = facts.outputs.iter().map(|output| output.name.as_str()).collect();
        let network = load_network(&onnx, &shape, &names).unwrap();
        let answer = network.run(&vec![0.5; shape.iter().product()]).unwrap();
        assert_eq!(answer.len(), outputs, "{name}");
        assert!(answer.iter().flatten().all(|value| value.is_finite()), "{name}");
    }
}
