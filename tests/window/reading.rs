//! Faces, bars, freezing, small windows.

use std::time::Duration;

use eframe::egui::Key;
use eframe::egui::accesskit::{Role, Toggled};
use egui_kittest::kittest::{NodeT, Queryable};

use mien::observation::{Hint, Label, Labels, Posterior};
use mien::runtime::live::{Event, ModelsInfo};
use mien::ui::theme;

use crate::hands::{HAPPY, Hands, LARGE, MARGIN, SMALL, face};

#[test]
fn freezing_holds_the_reading_and_goes_on_where_time_is() {
    let mut hands = Hands::running(LARGE);
    hands.observe(vec![face(1, HAPPY)]);
    hands.key(Key::Space);
    assert!(hands.shows("view frozen"));
    hands.pass(Duration::from_millis(500));
    hands.observe(Vec::new());
    assert_eq!(hands.value(Role::Meter, "happiness"), "81\u{2009}%");
    hands.click("Go on");
    assert_eq!(hands.value(Role::Meter, "happiness"), "no reading");
    assert!(hands.shows("no face"));
}

#[test]
fn bars_have_names_and_values() {
    let mut hands = Hands::running(LARGE);
    hands.observe(vec![face(1, HAPPY)]);
    assert!(hands.shows("Face 1 · for 2 min"));
    assert!(hands.0.query_by_role_and_label(Role::Heading, "happiness").is_some());
    assert!(hands.shows("81\u{2009}% · steady for 4 s"));
    assert_eq!(hands.value(Role::Meter, "happiness"), "81\u{2009}%");
    assert_eq!(hands.value(Role::Meter, "contempt"), "3\u{2009}%");
    assert_eq!(hands.value(Role::Image, "affect"), "valence +0.58, arousal \u{2212}0.24");
    assert_eq!(hands.value(Role::Meter, "light"), "20\u{2009}% poor");
    assert_eq!(hands.value(Role::Image, "picture"), "face 1 happiness");
}

#[test]
fn unsure_says_why() {
    let mut hands = Hands::running(LARGE);
    hands.observe(vec![face(1, Label::Unsure(Hint::TooDark))]);
    assert!(hands.0.query_by_role_and_label(Role::Heading, "unsure").is_some());
    assert!(hands.shows(Hint::TooDark.advice()));
}

#[test]
fn a_model_with_other_labels_is_drawn_as_well() {
    let mut hands = Hands::running(LARGE);
    let names: Vec<String> = (0..30).map(|n| format!("expression {n}")).collect();
    hands.event(Event::ModelsReady(ModelsInfo {
        labels: Labels::new(names),
        emotion_model: "other".to_owned(),
        detector: "detector".to_owned(),
        emotion_sha256: String::new(),
        detector_sha256: String::new(),
        second_look_sha256: None,
        rest: None,
    }));
    let mut reading = face(1, Label::Class(29));
    reading.smoothed = Posterior::normalised((1..=30).map(|n| n as f32).collect()).unwrap();
    reading.posterior = reading.smoothed.clone();
    hands.observe(vec![reading]);
    assert!(hands.0.query_by_role_and_label(Role::Heading, "expression 29").is_some());
    assert_eq!(hands.value(Role::Meter, "expression 29"), "6\u{2009}%");
}

#[test]
fn another_face_is_chosen_by_chip_and_in_the_picture() {
    let mut hands = Hands::running(LARGE);
    hands.observe(vec![face(1, HAPPY), face(2, Label::Class(3))]);
    assert!(hands.0.query_by_role_and_label(Role::Heading, "happiness").is_some());
    hands.click("Face 2");
    assert!(hands.0.query_by_role_and_label(Role::Heading, "sadness").is_some());
    hands.click("Look at face 1");
    assert!(hands.0.query_by_role_and_label(Role::Heading, "happiness").is_some());
    let chip = hands.0.get_by_label("Face 1");
    assert_eq!(chip.accesskit_node().toggled(), Some(Toggled::True));
    // The chosen face leaves; the other one is read after a while.
    hands.pass(Duration::from_secs(3));
    hands.observe(vec![face(2, Label::Class(3))]);
    assert!(hands.0.query_by_role_and_label(Role::Heading, "sadness").is_some());
}

#[test]
fn a_small_window_keeps_picture_and_bars_and_offers_the_rest_in_a_list() {
    let mut hands = Hands::running(SMALL);
    hands.observe(vec![face(1, HAPPY)]);
    assert!(hands.0.query_by_role_and_label(Role::Image, "picture").is_some());
    assert_eq!(hands.value(Role::Meter, "contempt"), "3\u{2009}%");
    for name in ["Live", "Settings", "Help", "last 60 seconds"] {
        assert!(hands.0.query_by_label(name).is_none(), "{name}");
    }
    let bar = hands.0.get_by_role_and_label(Role::Meter, "contempt").rect();
    assert!(bar.bottom() < SMALL.y + MARGIN - theme::STATUS_HEIGHT);
    hands.click("More");
    hands.click("Settings");
    assert!(hands.shows("Sessions folder"));
    hands.click("Close settings");
    assert!(!hands.shows("Sessions folder"));
}
