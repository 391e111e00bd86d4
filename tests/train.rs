//! `mien train`, from pictures of drawn people to a model that the program reads with.

#![cfg(target_os = "linux")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::program::{Ended, Running, mien};
use image::RgbImage;
use mien::model::EmotionModel;
use mien::source::demo::{Appearance, Emotion, Light, Pose, Scene, SceneKind, Still};
use mien::time::Pts;
use serde_json::Value;

const SIZE: (u32, u32) = (320, 240);

/// People who are drawn, the expressions they show, and pictures of each.
const PEOPLE: usize = 6;
const SHOWN: [Emotion; 2] = [Emotion::Happiness, Emotion::Sadness];
const EACH: usize = 4;

fn run(home: &Path, args: &[&str]) -> Ended {
    Running::start(&mut mien(home, args)).end()
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path of letters")
}

fn draw(still: Still, seed: u64, path: &Path) {
    let mut rgb = Vec::new();
    Scene::new(SceneKind::Still(still), SIZE, seed).render(Pts::ZERO, &mut rgb);
    let picture = RgbImage::from_raw(SIZE.0, SIZE.1, rgb).expect("a scene fills its frame");
    picture.save(path).expect("the folder can be written");
}

/// `pictures/<class>/<person>/<n>.png`, with classes that have names of the user's own.
fn pictures(home: &Path) -> PathBuf {
    let root = home.join("pictures");
    for (person, appearance) in Appearance::PEOPLE.into_iter().take(PEOPLE).enumerate() {
        for emotion in SHOWN {
            let class = if emotion == SHOWN[0] { "glad" } else { "low" };
            let folder = root.join(class).join(format!("person {person}"));
            fs::create_dir_all(&folder).unwrap();
            for n in 0..EACH {
                let turn = 0.1 * n as f32 - 0.15;
                let still = Still {
                    appearance,
                    light: if n == 0 { Light::WINDOW } else { Light::ROOM },
                    pose: Pose { yaw: turn, pitch: 0.0, roll: -turn / 2.0 },
                    ..Still::of(emotion)
                };
                draw(still, n as u64, &folder.join(format!("{n}.png")));
            }
        }
    }
    root
}

#[test]
fn classes_of_drawn_people_are_learned_judged_by_person_and_read_live() {
    let home = tempfile::tempdir().unwrap();
    let root = pictures(home.path());
    fs::write(root.join("glad/notes.txt"), "no picture").unwrap();
    let whole = fs::read(root.join("low/person 1/2.png")).unwrap();
    fs::write(root.join("low/person 1/cut.png"), &whole[..whole.len() / 2]).unwrap();
    RgbImage::from_pixel(64, 48, image::Rgb([90, 120, 90]))
        .save(root.join("low/wall.png"))
        .unwrap();

    let out = home.path().join("my model");
    let args = ["train", text(&root), "--out", text(&out), "--json"];
    let ended = run(home.path(), &args);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let report: Value = serde_json::from_str(&ended.stdout.join("\n")).unwrap();
    let faces = PEOPLE * SHOWN.len() * EACH;
    assert_eq!(report["faces"], faces);
    assert_eq!(report["held_out"], faces);
    assert!(report["accuracy"].as_f64().unwrap() >= 0.9, "{report}");
    assert!(report["split"].as_str().unwrap().contains("person"), "{report}");
    assert!(report["without_face"][0].as_str().unwrap().ends_with("wall.png"), "{report}");
    let unusable: Vec<&str> = report["unusable"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["picture"].as_str().unwrap())
        .collect();
    assert_eq!(unusable.len(), 2, "{unusable:?}");
    assert!(unusable.iter().any(|name| name.ends_with("notes.txt")));
    assert!(unusable.iter().any(|name| name.ends_with("cut.png")));

    let card = EmotionModel::from_dir(&out).unwrap().card;
    assert_eq!(card.name, "my model");
    assert_eq!(card.labels().names(), ["glad", "low"]);
    assert!(fs::read_to_string(out.join("README.md")).unwrap().contains("glad, low"));

    // Read with it: the demo laughs from its third second on.
    let live = ["--model", text(&out), "live", "--headless", "--source", "demo", "--json"];
    let ended = run(home.path(), &[&live[..], &["--seconds", "5"]].concat());
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let late: Vec<Value> = ended
        .observations()
        .into_iter()
        .filter(|line| line["timestamp"].as_f64().unwrap() > 4.2)
        .collect();
    assert!(!late.is_empty());
    for line in &late {
        let p = &line["faces"][0]["p"];
        assert!(p["glad"].as_f64().unwrap() > p["low"].as_f64().unwrap(), "{line}");
    }

    // Nothing is overwritten.
    let again = run(home.path(), &args);
    assert_eq!(again.code, Some(1));
    assert!(again.stderr.contains("not empty"), "{}", again.stderr);
}

#[test]
fn the_same_seed_writes_the_same_bytes() {
    let home = tempfile::tempdir().unwrap();
    let root = pictures(home.path());
    let file = |name: &str, seed: &str| {
        let out = home.path().join(name).join("taught");
        let args = ["train", text(&root), "--out", text(&out), "--seed", seed];
        let ended = run(home.path(), &args);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        let said = ended.stdout.join("\n");
        assert!(said.contains("48 faces") && said.contains("accuracy"), "{said}");
        ["model.onnx", "card.toml", "README.md"].map(|file| fs::read(out.join(file)).unwrap())
    };
    assert!(file("a", "3") == file("b", "3"));
}

#[test]
fn what_can_not_be_learned_is_refused_in_words() {
    let home = tempfile::tempdir().unwrap();
    let out = home.path().join("out");
    let train = |root: &Path| {
        let ended = run(home.path(), &["train", text(root), "--out", text(&out)]);
        assert_eq!(ended.code, Some(1), "{}", ended.stderr);
        assert!(!out.exists());
        ended.stderr
    };
    assert!(train(&home.path().join("nowhere")).contains("nowhere"));
    let root = home.path().join("few");
    fs::create_dir_all(root.join("only")).unwrap();
    for n in 0..6 {
        draw(Still::of(Emotion::Neutral), n, &root.join(format!("only/{n}.png")));
    }
    assert!(train(&root).contains("two classes or more"));
    fs::create_dir_all(root.join("other")).unwrap();
    draw(Still::of(Emotion::Surprise), 0, &root.join("other/0.png"));
    let said = train(&root);
    assert!(said.contains("\u{201c}other\u{201d} has 1 face;"), "{said}");
    assert!(said.contains("Add examples"), "{said}");
}
