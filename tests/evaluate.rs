//! `mien evaluate` as a user meets it: drawn heads as picture files, broken files, tables and
//! archives, and, where they lie beside the checkout, FER+ and somebody else's model.

#![cfg(target_os = "linux")]

mod common;

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use common::program::{Ended, Running, mien};
use image::{GrayImage, Luma, RgbImage};
use mien::source::demo::{Appearance, Emotion, Scene, SceneKind, Still};
use mien::time::Pts;
use npyz::{AutoSerialize, WriterBuilder};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// The expressions that the drawing vouches for, as other data sets call them.
const SHOWN: [(Emotion, &str); 4] = [
    (Emotion::Neutral, "neutral"),
    (Emotion::Happiness, "happy"),
    (Emotion::Surprise, "Surprised"),
    (Emotion::Sadness, "04_sad"),
];

fn evaluate(home: &Path, args: &[&str]) -> Ended {
    let mut all = vec!["evaluate"];
    all.extend(args);
    Running::start(&mut mien(home, &all)).end()
}

/// Evaluates with `--json`, which must succeed.
fn report(home: &Path, args: &[&str]) -> Value {
    let mut all = args.to_vec();
    all.push("--json");
    let ended = evaluate(home, &all);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(ended.stdout.len(), 1, "one line of JSON");
    serde_json::from_str(&ended.stdout[0]).unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn drawn(appearance: Appearance, emotion: Emotion) -> RgbImage {
    let still = Still { appearance, ..Still::of(emotion) };
    let mut rgb = Vec::new();
    Scene::new(SceneKind::Still(still), (640, 480), 1).render(Pts::ZERO, &mut rgb);
    RgbImage::from_raw(640, 480, rgb).unwrap()
}

/// Three drawn people in four expressions, in a folder for each expression.
fn drawn_people(home: &TempDir) -> PathBuf {
    let data = home.path().join("pictures");
    for (emotion, class) in SHOWN {
        fs::create_dir_all(data.join(class)).unwrap();
        for (person, appearance) in Appearance::PEOPLE.into_iter().take(3).enumerate() {
            let file = data.join(class).join(format!("P{person}_{class}.png"));
            drawn(appearance, emotion).save(file).unwrap();
        }
    }
    data
}

/// Every picture that was listed must be accounted for.
fn assert_sums(report: &Value) {
    let counts = &report["counts"];
    let number = |name: &str| counts[name].as_u64().unwrap();
    let length = |name: &str| counts[name].as_array().unwrap().len() as u64;
    let others: u64 =
        counts["of_other_classes"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum();
    let sum = number("without_majority")
        + others
        + number("over_limit")
        + number("taken_whole")
        + number("detected")
        + length("without_face")
        + length("unreadable")
        + length("failed");
    assert_eq!(number("listed"), sum, "{counts}");
    assert_eq!(report["evaluated"], number("taken_whole") + number("detected"));
    let confusion: u64 = report["confusion"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|row| row.as_array().unwrap())
        .map(|count| count.as_u64().unwrap())
        .sum();
    assert_eq!(report["evaluated"], confusion);
    for slices in ["by_brightness", "by_face_width", "reliability"] {
        let slices = report[slices].as_array().unwrap();
        let sum: u64 = slices.iter().map(|slice| slice["count"].as_u64().unwrap()).sum();
        assert_eq!(report["evaluated"], sum);
    }
}

#[test]
fn drawn_heads_are_found_and_read_as_they_are_meant() {
    let home = tempfile::tempdir().unwrap();
    let data = drawn_people(&home);
    let report = report(home.path(), &[text(&data)]);
    assert_sums(&report);
    assert_eq!(report["evaluated"], 12);
    assert_eq!(report["counts"]["detected"], 12);
    assert_eq!(report["accuracy"]["value"], 1.0, "{}", report["surest_mistakes"]);
    assert_eq!(report["macro_recall"]["value"], 1.0);
    let names = |key: &str| report[key].clone();
    assert_eq!(
        names("data_classes"),
        serde_json::json!(["neutral", "happiness", "surprise", "sadness"])
    );
    assert_eq!(
        names("absent_from_data"),
        serde_json::json!(["anger", "disgust", "fear", "contempt"])
    );
    let time = |name: &str| report["time"][name]["median"].as_f64().unwrap();
    assert!(time("with_detection_ms") > time("classifier_ms"), "{}", report["time"]);
}

#[test]
fn what_is_broken_is_named_and_the_rest_is_evaluated() {
    let home = tempfile::tempdir().unwrap();
    let data = drawn_people(&home);
    let happy = data.join("happy");
    let whole = fs::read(happy.join("P0_happy.png")).unwrap();
    fs::write(happy.join("half.png"), &whole[..whole.len() / 2]).unwrap();
    fs::write(happy.join("notes.txt"), "nothing to see").unwrap();
    RgbImage::new(320, 240).save(happy.join("nobody.png")).unwrap();
    fs::write(data.join("stray.txt"), "in no class").unwrap();
    let report = report(home.path(), &[text(&data)]);
    assert_sums(&report);
    assert_eq!(report["evaluated"], 12);
    let unreadable = report["counts"]["unreadable"].as_array().unwrap();
    let named = |file: &str| {
        let ends = |entry: &&Value| entry["origin"].as_str().unwrap().ends_with(file);
        unreadable.iter().find(ends).unwrap()["reason"].as_str().unwrap()
    };
    assert_eq!(unreadable.len(), 3);
    assert!(named("half.png").contains("breaks off"));
    assert!(named("notes.txt").contains("no picture"));
    assert!(named("stray.txt").contains("no class folder"));
    let faceless = report["counts"]["without_face"].as_array().unwrap();
    assert!(faceless.len() == 1 && faceless[0].as_str().unwrap().ends_with("nobody.png"));
    let ended = evaluate(home.path(), &[text(&data)]);
    assert_eq!(ended.code, Some(0));
    let table = ended.stdout.join("\n");
    assert!(table.contains("3 can't be read:") && table.contains("half.png breaks off"), "{table}");
    let from = ended.stdout.iter().position(|line| line.starts_with("  class ")).unwrap();
    let widths: Vec<_> = ended.stdout[from..from + 9].iter().map(|l| l.chars().count()).collect();
    assert!(widths.iter().all(|width| *width == widths[0]), "{table}");
    assert!(ended.stderr.is_empty(), "no progress bar where nobody looks: {}", ended.stderr);
}

#[test]
fn what_can_not_be_evaluated_ends_with_a_reason_and_advice() {
    let home = tempfile::tempdir().unwrap();
    let empty = home.path().join("empty");
    fs::create_dir_all(empty.join("happy")).unwrap();
    let strange = home.path().join("strange");
    fs::create_dir_all(strange.join("yawning")).unwrap();
    GrayImage::new(48, 48).save(strange.join("yawning/a.png")).unwrap();
    let numbered = home.path().join("numbered");
    fs::create_dir_all(numbered.join("3")).unwrap();
    GrayImage::new(48, 48).save(numbered.join("3/a.png")).unwrap();
    let broken = home.path().join("broken");
    fs::create_dir_all(broken.join("happy")).unwrap();
    fs::write(broken.join("happy/a.png"), "x").unwrap();
    for (data, cause, advice) in [
        (&empty, "no labelled picture", "one sub-folder for each class"),
        (&strange, "knows none of the classes of the data (yawning)", "--model"),
        (&numbered, "are numbers (3)", "--numbers"),
        (&broken, "no picture could be evaluated", "look at them"),
        (&home.path().join("nowhere"), "can't be read", "Check the path"),
    ] {
        let ended = evaluate(home.path(), &[text(data)]);
        assert_eq!(ended.code, Some(1), "{}", ended.stderr);
        assert!(ended.stdout.is_empty());
        let said = &ended.stderr;
        assert!(said.contains(cause) && said.contains(advice), "{said}");
    }
    let split = evaluate(home.path(), &[text(&strange), "--split", "test"]);
    assert_eq!(split.code, Some(1));
    assert!(split.stderr.contains("the data have none"), "{}", split.stderr);
    let usage = evaluate(home.path(), &[text(&strange), "--classes", "6"]);
    assert_eq!(usage.code, Some(2));
}

#[test]
fn a_table_of_votes_leaves_out_what_people_do_not_agree_on() {
    let home = tempfile::tempdir().unwrap();
    let data = drawn_people(&home);
    let table = data.join("votes.csv");
    let rows = "path,neutral,happiness,sadness,unknown\n\
                happy/P0_happy.png,1,9,0,0\n\
                happy/P1_happy.png,4,6,0,0\n\
                neutral/P0_neutral.png,5,5,0,0\n\
                neutral/P1_neutral.png,10,0,0,0\n\
                missing.png,10,0,0,0\n";
    fs::write(&table, rows).unwrap();
    let report = report(home.path(), &[text(&table)]);
    assert_sums(&report);
    assert_eq!(report["evaluated"], 3);
    assert_eq!(report["counts"]["without_majority"], 1);
    assert_eq!(report["counts"]["unreadable"].as_array().unwrap().len(), 1);
    assert_eq!(report["accuracy"]["value"], 1.0);
}

/// Adds an array to an archive.
fn add<T: AutoSerialize>(zip: &mut ZipWriter<File>, name: &str, shape: &[u64], values: &[T]) {
    zip.start_file(format!("{name}.npy"), SimpleFileOptions::default()).unwrap();
    let options = npyz::WriteOptions::new().default_dtype().shape(shape).writer(zip);
    let mut writer = options.begin_nd().unwrap();
    writer.extend(values).unwrap();
    writer.finish().unwrap();
}

/// Forty squares of noise with the numbers 0 to 6 of FER2013 as labels.
fn noise_archive(home: &TempDir) -> PathBuf {
    let path = home.path().join("noise.npz");
    let mut zip = ZipWriter::new(File::create(&path).unwrap());
    let pixels: Vec<u8> =
        (0..40 * 48 * 48_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    add(&mut zip, "images", &[40, 48, 48], &pixels);
    let labels: Vec<i32> = (0..40).map(|i| i % 7).collect();
    add(&mut zip, "labels", &[40], &labels);
    zip.finish().unwrap();
    path
}

#[test]
fn an_archive_is_taken_whole_and_gives_the_same_on_any_number_of_cores() {
    let home = tempfile::tempdir().unwrap();
    let path = noise_archive(&home);
    let run = |jobs| {
        let mut report =
            report(home.path(), &[text(&path), "--numbers", "fer2013", "--jobs", jobs]);
        assert_eq!(report["time"]["jobs"].as_u64().unwrap().to_string(), jobs);
        report["time"].take();
        report
    };
    let one = run("1");
    assert_sums(&one);
    assert_eq!(one["counts"]["taken_whole"], 40);
    assert_eq!(one["absent_from_data"], serde_json::json!(["contempt"]));
    assert_eq!(one, run("3"));
    let limited = report(home.path(), &[text(&path), "--numbers", "fer2013", "--limit", "14"]);
    assert_sums(&limited);
    assert_eq!((&limited["evaluated"], &limited["counts"]["over_limit"]), (&14.into(), &26.into()));
}

#[test]
fn the_page_stands_alone_and_escapes_what_it_names() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("set");
    fs::create_dir_all(data.join("happy")).unwrap();
    let gradient = GrayImage::from_fn(48, 48, |x, y| Luma([(x * 3 + y * 2) as u8]));
    gradient.save(data.join("happy/face.png")).unwrap();
    fs::write(data.join("happy/<script>alert(1)<").with_extension("png"), "x").unwrap();
    let page = home.path().join("report.html");
    let ended = evaluate(home.path(), &[text(&data), "--html", text(&page)]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stdout.last().unwrap().ends_with("report.html"));
    let html = fs::read_to_string(&page).unwrap();
    assert!(html.contains("&lt;script&gt;alert(1)"), "the broken picture is named");
    assert_eq!(html.matches("<svg").count(), 2);
    for foreign in ["<script", "http:", "https:", "url(", "@import", "src="] {
        assert!(!html.contains(foreign), "{foreign}");
    }
    let nowhere = home.path().join("no/such/folder/report.html");
    let ended = evaluate(home.path(), &[text(&data), "--html", text(&nowhere)]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.stderr.contains("can't be written"), "{}", ended.stderr);
}

fn shared(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared").join(name);
    if path.exists() {
        return Some(path);
    }
    eprintln!("SKIPPED: {name} is not beside this checkout");
    None
}

#[test]
fn the_shipped_model_reads_fer_plus_as_its_card_says() {
    let Some(data) = shared("data/ferplus.npz") else { return };
    let home = tempfile::tempdir().unwrap();
    let report = report(home.path(), &[text(&data), "--split", "valid"]);
    assert_sums(&report);
    assert_eq!(report["counts"]["listed"], 3579);
    assert_eq!(report["counts"]["without_majority"], 380);
    assert_eq!(report["evaluated"], 3199);
    // 88 % with the mirror image; a model that is worse must not be shipped.
    let accuracy = report["accuracy"]["value"].as_f64().unwrap();
    assert!(accuracy > 0.87, "{accuracy}");
    let (low, high) =
        (&report["accuracy"]["interval"]["low"], &report["accuracy"]["interval"]["high"]);
    let width = high.as_f64().unwrap() - low.as_f64().unwrap();
    assert!((0.015..0.03).contains(&width), "{low} to {high}");
    assert!(report["ece"].as_f64().unwrap() < 0.03, "{}", report["ece"]);
    assert!(report["unsure"]["coverage"].as_f64().unwrap() > 0.9);
}

#[test]
fn a_model_with_other_classes_and_another_layout_is_evaluated_too() {
    let Some(data) = shared("data/ferplus.npz") else { return };
    let Some(onnx) = shared("models/third_party/mini_xception/mini_xception_102.onnx") else {
        return;
    };
    let home = tempfile::tempdir().unwrap();
    let onnx = fs::read(onnx).unwrap();
    let model = home.path().join("mini-xception");
    fs::create_dir(&model).unwrap();
    let sha256: String = Sha256::digest(&onnx).iter().map(|byte| format!("{byte:02x}")).collect();
    fs::write(model.join("model.onnx"), &onnx).unwrap();
    fs::write(model.join("card.toml"), XCEPTION_CARD.replace("SHA256", &sha256)).unwrap();
    let args = [text(&data), "--split", "valid", "--limit", "600", "--model", text(&model)];
    let own = report(home.path(), &args);
    assert_sums(&own);
    assert_eq!(own["labels"][0], "angry");
    assert_eq!(own["counts"]["of_other_classes"]["contempt"], 13);
    // Chance would be a third, as often as people say neutral.
    let accuracy = own["accuracy"]["value"].as_f64().unwrap();
    assert!((0.55..0.85).contains(&accuracy), "{accuracy}");
    let eight = report(home.path(), &[&args[..], &["--classes", "8"]].concat());
    assert_sums(&eight);
    assert_eq!(eight["unknown_to_model"], serde_json::json!(["contempt"]));
    assert_eq!(eight["per_class"][7]["recall"], 0.0);
}

const XCEPTION_CARD: &str = r#"
schema = 1
task = "emotion"
name = "mini-xception"
file = "model.onnx"
sha256 = "SHA256"

[input]
layout = "nhwc"
width = 64
height = 64
channels = "grey"
scale = 0.00784313725490196
mean = [1.0]
std = [1.0]

[output]
name = "predictions"
kind = "softmax"
labels = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]

[framing]
kind = "box"
margin = 1.0

[licence]
weights = "MIT"
data = "FER2013"
"#;
