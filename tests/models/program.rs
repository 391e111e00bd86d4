//! The program itself with models of other people.

use std::path::Path;

use serde_json::Value;

use super::common::program::{Ended, Running, mien};
use super::nets::{Net, PLAIN};
use super::write_model;

fn run(args: &[&str]) -> Ended {
    let home = tempfile::tempdir().unwrap();
    Running::start(&mut mien(home.path(), args)).end()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn models_lists_what_is_built_in_and_what_lies_in_a_folder() {
    let dir = tempfile::tempdir().unwrap();
    write_model(&dir.path().join("b"), &PLAIN.card(), &PLAIN.onnx());
    write_model(&dir.path().join("a"), &PLAIN.card().replace("tiny", "other"), &PLAIN.onnx());
    let ended = run(&["models", "--json", text(dir.path())]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let lines: Vec<Value> =
        ended.stdout.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let names: Vec<_> = lines.iter().map(|line| line["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["mien-emotion-48", "mien-detector", "other", "tiny"]);
    assert_eq!(lines[0]["labels"].as_array().unwrap().len(), 8);
    assert_eq!(lines[1]["other_sizes"][0], serde_json::json!([448, 256]));
    assert_eq!((&lines[0]["built_in"], &lines[2]["built_in"]), (&true.into(), &false.into()));
    assert_eq!(lines[3]["sha256"], Value::Null);
    let ended = run(&["models", "no such folder"]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.stderr.contains("card.toml"), "{}", ended.stderr);
}

#[test]
fn a_card_is_shown_with_figures_by_class_and_weak_points() {
    let ended = run(&["models", "show", "mien-emotion-48"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let shown = ended.stdout.join("\n");
    for words in ["Weak points", "Terms", "How good", "accuracy", "contempt", "sha256"] {
        assert!(shown.contains(words), "{words}\n{shown}");
    }
}

#[test]
fn a_sound_model_is_tried_and_its_sum_is_printed() {
    let dir = tempfile::tempdir().unwrap();
    let net = Net { batch: None, nhwc: true, softmax: true, ..PLAIN };
    write_model(dir.path(), &net.card(), &net.onnx());
    let ended = run(&["models", "check", text(dir.path())]);
    let said = ended.stdout.join("\n");
    assert_eq!(ended.code, Some(0), "{said}\n{}", ended.stderr);
    for words in ["It loads and runs", "sha256 = \"", "ms a face", "drawn happiness", "?x20x16x1"] {
        assert!(said.contains(words), "{words}\n{said}");
    }
    let ended = run(&["models", "check", "--json", text(dir.path())]);
    let object: Value = serde_json::from_str(&ended.stdout[0]).unwrap();
    let sum = object["sha256"].as_str().unwrap();
    assert_eq!((sum.len(), &object["loads"]), (64, &true.into()));
    assert!(said.contains(sum));
    assert_eq!(object["trial"]["readings"].as_array().unwrap().len(), 4);
}

#[test]
fn a_wrong_model_is_explained_and_fails() {
    let dir = tempfile::tempdir().unwrap();
    let card = PLAIN.card().replace("width = 16", "width = 40").replace("\"a\", ", "");
    write_model(dir.path(), &card, &PLAIN.onnx());
    let ended = run(&["models", "check", text(dir.path())]);
    let said = ended.stdout.join("\n");
    assert_eq!(ended.code, Some(1), "{said}");
    for words in ["width 16", "3 labels", "2 thing(s) to correct"] {
        assert!(said.contains(words), "{words}\n{said}");
    }
}

/// Rows, columns and JSON follow the classes of the card.
#[test]
fn readings_follow_the_classes_of_the_card() {
    let home = tempfile::tempdir().unwrap();
    let model = home.path().join("seven");
    let net = Net { classes: 7, softmax: true, ..PLAIN };
    write_model(&model, &net.card(), &net.onnx());
    let args = ["live", "--headless", "--source", "demo", "--json", "--seconds", "1", "--model"];
    let mut command = mien(home.path(), &args);
    command.arg(&model).arg("--record").arg(home.path().join("sessions"));
    let ended = Running::start(&mut command).end();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let observations = ended.observations();
    let faces: Vec<&Value> =
        observations.iter().filter_map(|line| line["faces"].as_array()?.first()).collect();
    assert!(!faces.is_empty());
    for face in faces {
        let labels: Vec<_> = face["p"].as_object().unwrap().keys().cloned().collect();
        assert_eq!(labels, ["a", "b", "c", "d", "e", "f", "g"]);
    }
    let session = std::fs::read_dir(home.path().join("sessions")).unwrap().next().unwrap();
    let table = std::fs::read_to_string(session.unwrap().path().join("observations.csv")).unwrap();
    let header = table.lines().next().unwrap();
    for column in ["p_a", "p_g", "smoothed_a", "smoothed_g"] {
        assert!(header.split(',').any(|name| name == column), "{column}: {header}");
    }
    assert!(!header.contains("p_h") && !header.contains("happiness"), "{header}");
}

#[test]
fn an_audit_of_another_model_makes_a_table_a_page_and_json() {
    let dir = tempfile::tempdir().unwrap();
    let net = Net { classes: 3, ..PLAIN };
    write_model(dir.path(), &net.card(), &net.onnx());
    let page = dir.path().join("steady.html");
    let ended = run(&["audit", text(dir.path()), "--json", "--html", text(&page)]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let audit: Value = serde_json::from_str(&ended.stdout[0]).unwrap();
    assert_eq!(audit["model"], "tiny");
    let factors = audit["factors"].as_array().unwrap();
    assert!(factors.len() >= 10, "{} factors", factors.len());
    let of = |key: &str| factors.iter().find(|factor| factor["factor"] == key).unwrap();
    // It answers with the mean of the grey: noise moves it little, the amount of light a lot.
    let mean = |key: &str| of(key)["mean"].as_f64().unwrap();
    assert!(mean("control") < 0.02, "{}", mean("control"));
    assert!(mean("light-level") > 5.0 * mean("control"), "{}", mean("light-level"));
    assert!(audit["note"].as_str().unwrap().contains("no proof of fairness"));
    let html = std::fs::read_to_string(page).unwrap();
    assert!(html.starts_with("<!DOCTYPE html>") && html.contains("<svg"));
    assert!(html.matches("data:image/jpeg;base64,").count() > 70);
    for link in ["http://", "https://", "<script", "<link", "src=\"/"] {
        let outside = html.replace("http://www.w3.org/2000/svg", "");
        assert!(!outside.contains(link), "the page needs nothing else: {link}");
    }
}
