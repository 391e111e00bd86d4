//! Our models beside those of other people, through the same engine, on the same core, in the same
//! run: `cargo bench --bench models`.
//!
//! Other people's models are timed where they lie: in `../shared/models/third_party`, and in every
//! folder named in `MIEN_BENCH_MODELS` (separated as in `PATH`) that holds a card. What is not
//! there is named and left out. Detectors of other layouts are not decoded, only run.

mod reference;

use std::path::{Path, PathBuf};

use mien::frame::{Frame, RunId};
use mien::model::{Card, DetectorModel, EmotionModel, card_in, inspect, load_network};
use mien::source::demo::sample_frame;
use mien::vision::align::{align, crop_from_frame};
use mien::vision::classify::EmotionClassifier;
use mien::vision::detect::FaceDetector;
use reference::Bench;

/// Detectors of other people: name, file, sides of the input, factor from 0..=255 to its values.
const DETECTORS: [(&str, &str, [usize; 4], f32); 2] = [
    ("YuNet-n 320x320", "yunet_n/yunet_n_320_320.onnx", [1, 3, 320, 320], 1.0),
    ("UltraFace RFB-320", "ultraface_rfb320/version-RFB-320.onnx", [1, 3, 240, 320], 1.0 / 128.0),
];

/// Emotion networks of other people, for which a card is prepared: name, file, card.
const EMOTION: [(&str, &str, &str); 2] = [
    ("mini-XCEPTION", "mini_xception/mini_xception_102.onnx", "mini-xception"),
    ("big-XCEPTION", "mini_xception/big_xception_54.onnx", "mini-xception"),
];

fn main() {
    let bench = Bench::new();
    bench.print_head("one run of each network, without cutting out and decoding", "model");
    let frame = sample_frame(RunId(0));

    find(&bench, "ours", &DetectorModel::builtin().expect("the built-in model"));
    for (name, file, shape, factor) in DETECTORS {
        let Some(onnx) = read(&third_party().join(file)) else { continue };
        let (facts, _) = inspect(&onnx).expect("an ONNX file");
        let outputs: Vec<&str> = facts.outputs.iter().map(|output| output.name.as_str()).collect();
        let network = load_network(&onnx, &shape, &outputs).expect("it loads");
        let input = vec![100.0 * factor; shape.iter().product()];
        bench.print(name, || network.run(&input).expect("an answer"));
    }

    println!();
    let ours = EmotionModel::builtin().expect("the built-in model");
    let name = format!("{} (ours)", ours.card.name);
    emotion(&bench, &name, ours, &frame);
    for (name, file, card) in EMOTION {
        let Some(onnx) = read(&third_party().join(file)) else { continue };
        let card = root().join("models/layouts").join(card).join("card.toml");
        let dir = tempfile::tempdir().expect("a folder");
        std::fs::copy(card, dir.path().join("card.toml")).expect("a copy");
        std::fs::write(dir.path().join("model.onnx"), onnx).expect("a copy");
        emotion(&bench, name, EmotionModel::from_dir(dir.path()).expect("it loads"), &frame);
    }
    let more = std::env::var_os("MIEN_BENCH_MODELS").unwrap_or_default();
    for dir in std::env::split_paths(&more).filter(|dir| !dir.as_os_str().is_empty()) {
        let timed = match card_in(&dir) {
            Ok(Card::Detector(_)) => DetectorModel::from_dir(&dir)
                .map(|model| find(&bench, &dir.display().to_string(), &model)),
            Ok(Card::Emotion(_)) => EmotionModel::from_dir(&dir)
                .map(|model| emotion(&bench, &model.card.name.clone(), model, &frame)),
            Err(error) => Err(error),
        };
        if let Err(error) = timed {
            println!("{error}");
        }
    }
}

/// One run of a detector at each of its sizes, and of its second look.
fn find(bench: &Bench, whose: &str, model: &DetectorModel) {
    let DetectorModel { card, second_look, .. } = model;
    for size in std::iter::once(&card.input.size()).chain(&card.other_sizes) {
        let input = vec![128.0; card.input_at(*size).shape().iter().product()];
        let network = model.network_at(*size).expect("it loads");
        let name = format!("{} {}x{} ({whose})", card.name, size[0], size[1]);
        bench.print(&name, || network.run(&input).expect("an answer"));
    }
    if let (Some(network), Some(card)) = (second_look, &card.second_look) {
        let input = vec![128.0; card.input.shape().iter().product()];
        bench.print("    its second look, one box", || network.run(&input).expect("an answer"));
    }
}

/// One run, and what a face costs: with its mirror image where the card says so.
fn emotion(bench: &Bench, name: &str, model: EmotionModel, frame: &Frame) {
    let detector = DetectorModel::builtin().expect("the built-in model");
    let face = FaceDetector::new(detector).detect(frame).expect("an answer")[0];
    let (framing, input) = (model.card.framing.clone(), model.card.input.clone());
    let tensor = vec![0.5; input.shape().iter().product()];
    bench.print(name, || model.network.run(&tensor).expect("an answer"));
    if model.card.calibration.mirror {
        let transform = crop_from_frame(&face, &framing, &input).expect("landmarks differ");
        let crop = align(frame, transform, &input).expect("a crop");
        let classifier = EmotionClassifier::new(model);
        bench.print("    with mirror image", || classifier.posterior(&crop).expect("an answer"));
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn third_party() -> PathBuf {
    root().join("../shared/models/third_party")
}

fn read(path: &Path) -> Option<Vec<u8>> {
    let bytes = std::fs::read(path).ok();
    if bytes.is_none() {
        let name = path.file_name().unwrap_or_default();
        println!("SKIPPED: {} is not beside this checkout", name.display());
    }
    bytes
}
