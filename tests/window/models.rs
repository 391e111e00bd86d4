//! Choosing the emotion model while the window is open.

use std::path::PathBuf;

use eframe::egui::accesskit::{Role, Toggled};
use egui_kittest::kittest::{NodeT, Queryable};

use mien::observation::Labels;
use mien::runtime::live::{Event, ModelsInfo};
use mien::runtime::teaching::TeachingEvent;
use mien::ui::actions::{Dialog, News};
use mien::ui::model_store::ModelFacts;

use crate::hands::{Call, Hands, LARGE};

fn facts(name: &str, labels: &[&str]) -> ModelFacts {
    ModelFacts {
        name: name.into(),
        labels: labels.iter().map(|label| (*label).to_owned()).collect(),
        licence: ["CC0".into(), "open data".into()],
        accuracy: Some("accuracy 87.3 % (a set)".into()),
        limits: vec!["fear is weak".into()],
    }
}

fn settings_page() -> Hands {
    let mut hands = Hands::running(LARGE);
    hands.click("Settings");
    let built_in = (None, Ok(facts("mien-emotion", &["neutral", "happiness"])));
    hands.news(News::Models(vec![built_in]));
    hands.0.get_by_label("Open model folder…").scroll_to_me();
    hands.steps();
    hands
}

fn other() -> PathBuf {
    "/models/other".into()
}

/// Name, and whether it is the one that reads.
fn models(hands: &Hands) -> Vec<(String, bool)> {
    let rows = hands.0.query_all_by_role(Role::RadioButton);
    rows.filter_map(|row| {
        let node = row.accesskit_node();
        Some((node.label()?, node.toggled() == Some(Toggled::True)))
    })
    .collect()
}

fn changed(hands: &mut Hands) {
    let models = ModelsInfo {
        labels: Labels::new(["calm", "keen"]),
        emotion_model: "other".into(),
        detector: "detector".into(),
        emotion_sha256: String::new(),
        detector_sha256: String::new(),
        second_look_sha256: None,
        rest: None,
    };
    let at = hands.bench().clock;
    hands.event(Event::ModelChanged { models, at });
}

#[test]
fn the_model_that_reads_is_told_with_its_classes_terms_and_figures() {
    let hands = settings_page();
    let [(name, chosen)] = &models(&hands)[..] else { panic!("{:?}", models(&hands)) };
    assert!(name.starts_with("mien-emotion, built in, neutral, happiness") && *chosen);
    for text in ["reads neutral, happiness", "accuracy 87.3 %", "weights CC0", "fear is weak"] {
        assert!(hands.shows(text), "{text}");
    }
}

#[test]
fn another_model_reads_at_once_and_is_kept_once_it_does() {
    let mut hands = settings_page();
    hands.click("Open model folder…");
    assert_eq!(hands.bench().window.surroundings.dialogs, [Dialog::Model]);
    hands.news(News::Chosen(vec![other()]));
    assert_eq!(hands.calls().last(), Some(&Call::Load(Some(other()))));
    assert_eq!(hands.bench().window.surroundings.looked_at, [other()]);
    assert!(hands.shows("other, being loaded…"));
    assert_eq!(hands.settings().model_dir, None);
    hands.news(News::Models(vec![
        (None, Ok(facts("mien-emotion", &["neutral"]))),
        (Some(other()), Ok(facts("keenness", &["calm", "keen"]))),
    ]));
    changed(&mut hands);
    assert!(models(&hands)[1].0.starts_with("keenness, calm, keen") && models(&hands)[1].1);
    assert_eq!(hands.settings().model_dir, Some(other()));
    let saved = hands.0.state().window.surroundings.saved.last().cloned();
    assert_eq!(saved.unwrap().model_dir, Some(other()));
    // And back.
    hands.0.get_by_label_contains("mien-emotion, built in").click();
    hands.steps();
    assert_eq!(hands.calls().last(), Some(&Call::Load(None)));
    changed(&mut hands);
    assert_eq!(hands.settings().model_dir, None);
    hands.click("Forget keenness");
    assert_eq!(hands.settings().model_dirs, Vec::<PathBuf>::new());
}

#[test]
fn a_model_that_is_refused_says_why_and_the_one_before_reads_on() {
    let mut hands = settings_page();
    hands.click("Type its path");
    hands.click("Folder of a model");
    hands.0.get_by_label("Folder of a model").type_text("/models/other");
    hands.steps();
    hands.key(eframe::egui::Key::Enter);
    assert_eq!(hands.calls().last(), Some(&Call::Load(Some(other()))));
    let message = "the card of /models/other: it names 7 labels. Fix the card.".to_owned();
    hands.event(Event::Teaching(TeachingEvent::Failed { message }));
    assert!(models(&hands)[1].0.contains("it names 7 labels. Fix the card."));
    assert!(models(&hands)[0].1);
    assert_eq!(hands.settings().model_dir, None);
    // It is tried again by choosing it again.
    hands.0.get_by_label_contains("it names 7 labels").click();
    hands.steps();
    assert_eq!(hands.calls().last(), Some(&Call::Load(Some(other()))));
}

#[test]
fn a_recording_keeps_its_model() {
    let mut hands = settings_page();
    let before = hands.calls().len();
    hands.key(eframe::egui::Key::R);
    hands.0.get_by_label("Open model folder…").scroll_to_me();
    hands.steps();
    assert!(hands.shows("A recording keeps the model it began with."));
    hands.click("Open model folder…");
    assert!(hands.bench().window.surroundings.dialogs.is_empty());
    assert!(!hands.calls()[before..].iter().any(|call| matches!(call, Call::Load(_))));
}
