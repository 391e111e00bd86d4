//! Classes of the user's own: named, collected, learned, used, saved.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use eframe::egui::accesskit::Role;
use eframe::egui::{self, Key};
use egui_kittest::kittest::{NodeT, Queryable};

use mien::evaluate::Confusion;
use mien::observation::{Hint, Label, Labels, Posterior, TrackId};
use mien::runtime::live::{Event, ModelsInfo};
use mien::runtime::teaching::{TakeId, TeachingEvent};
use mien::teach::{Grouping, Progress, Report, TaughtModel};

use crate::hands::{Call, HAPPY, Hands, LARGE, SMALL, face};

/// On the page, with a face and two classes.
fn with_two_classes(size: egui::Vec2) -> Hands {
    let mut hands = Hands::running(size);
    hands.observe(vec![face(1, HAPPY)]);
    if size == SMALL {
        hands.click("More");
    }
    hands.click("Teach");
    for name in ["calm", "tense"] {
        hands.0.get_by_label("Name of a new class").focus();
        hands.steps();
        hands.0.get_by_label("Name of a new class").type_text(name);
        hands.steps();
        hands.0.get_by_label("Add class").scroll_to_me();
        hands.steps();
        hands.click("Add class");
    }
    hands
}

fn teaching(hands: &mut Hands, event: TeachingEvent) {
    hands.event(Event::Teaching(event));
}

/// Collects so many examples of a class, as the workers would report them.
fn collect(hands: &mut Hands, name: &str, examples: usize) {
    hands.0.get_by_label(&format!("Collect {name}")).scroll_to_me();
    hands.steps();
    hands.click(&format!("Collect {name}"));
    let Some(Call::Collect(take, _)) = hands.calls().last().cloned() else {
        panic!("{:?}", hands.calls());
    };
    for i in 0..examples {
        let example = TeachingEvent::Example { take, embedding: vec![i as f32; 4].into() };
        hands.bench().window.workers.events.borrow_mut().push_back(Event::Teaching(example));
    }
    hands.steps();
    hands.click(&format!("Stop {name}"));
}

fn learned() -> Arc<TaughtModel> {
    let mut confusion = Confusion::new(2);
    for (shown, said, times) in [(0, 0, 28), (0, 1, 2), (1, 0, 5), (1, 1, 25)] {
        (0..times).for_each(|_| confusion.add(shown, said));
    }
    let report = Report {
        classes: vec!["calm".into(), "tense".into()],
        confusion,
        ece: 0.04,
        folds: 5,
        kept: Grouping::Take,
        given: Grouping::Take,
        penalty: 0.1,
        temperature: 1.0,
    };
    Arc::new(TaughtModel {
        name: "calm-tense".into(),
        card: String::new(),
        onnx: Vec::new(),
        readme: String::new(),
        report,
    })
}

#[test]
fn an_empty_page_says_what_to_do_first() {
    let mut hands = Hands::running(LARGE);
    hands.click("Teach");
    assert!(hands.shows("Name what Mien shall tell apart"));
    assert!(hands.shows("No picture is kept"));
    assert!(hands.0.get_by_label("Train").accesskit_node().is_disabled());
    assert!(hands.0.get_by_label("Add class").accesskit_node().is_disabled());
    // The picture stays; the page goes with Escape.
    assert!(hands.0.query_by_role_and_label(Role::Image, "picture").is_some());
    hands.key(Key::Escape);
    assert!(!hands.shows("Name what Mien shall tell apart"));
}

#[test]
fn a_class_is_collected_by_click_and_counted() {
    let mut hands = with_two_classes(LARGE);
    assert!(hands.shows("“calm” has 0 examples; 20 are the least."));
    hands.click("Collect calm");
    let Some(Call::Collect(take, track)) = hands.calls().last().cloned() else {
        panic!("{:?}", hands.calls());
    };
    assert_eq!(track, TrackId(1));
    teaching(&mut hands, TeachingEvent::NotTaken { take, hint: Hint::TooDark });
    assert!(hands.shows(Hint::TooDark.advice()));
    let example = TeachingEvent::Example { take, embedding: vec![1.0; 4].into() };
    teaching(&mut hands, example);
    assert!(hands.shows("calm: 1 example"));
    assert!(!hands.shows(Hint::TooDark.advice()));
    hands.click("Stop calm");
    assert_eq!(hands.calls().last(), Some(&Call::StopCollecting));
    collect(&mut hands, "calm", 24);
    assert!(hands.shows("calm: 25 examples, 2 takes"));
    hands.click("Undo the last take");
    assert!(hands.shows("calm: 1 example"));
}

#[test]
fn held_it_collects_until_it_is_let_go() {
    let mut hands = with_two_classes(LARGE);
    let at = hands.0.get_by_label("Collect tense").rect().center();
    let pointer = |hands: &mut Hands, pressed: bool| {
        hands.0.event(egui::Event::PointerButton {
            pos: at,
            button: egui::PointerButton::Primary,
            pressed,
            modifiers: egui::Modifiers::NONE,
        });
    };
    hands.0.event(egui::Event::PointerMoved(at));
    hands.steps();
    pointer(&mut hands, true);
    hands.steps();
    assert!(matches!(hands.calls().last(), Some(Call::Collect(..))), "{:?}", hands.calls());
    // Each step of the harness is a quarter of a second of its clock.
    hands.steps();
    hands.steps();
    pointer(&mut hands, false);
    hands.steps();
    assert_eq!(hands.calls().last(), Some(&Call::StopCollecting));
    assert!(hands.0.query_by_label("Collect tense").is_some());
}

#[test]
fn collecting_follows_the_face_that_is_looked_at_and_ends_with_the_page() {
    let mut hands = with_two_classes(LARGE);
    hands.click("Collect calm");
    let first = TakeId { class: 1, take: 1 };
    assert_eq!(hands.calls().last(), Some(&Call::Collect(first, TrackId(1))));
    // The same person under another number.
    hands.pass(Duration::from_secs(3));
    hands.observe(vec![face(2, HAPPY)]);
    assert_eq!(hands.calls().last(), Some(&Call::Collect(first, TrackId(2))));
    hands.observe(Vec::new());
    assert!(hands.shows("No face is in the picture."));
    hands.click("Live");
    assert_eq!(hands.calls().last(), Some(&Call::StopCollecting));
}

#[test]
fn it_learns_tells_how_well_and_is_used_and_left() {
    let mut hands = with_two_classes(LARGE);
    collect(&mut hands, "calm", 30);
    collect(&mut hands, "tense", 30);
    hands.click("Train");
    let classes = vec!["calm".to_owned(), "tense".to_owned()];
    assert_eq!(hands.calls().last(), Some(&Call::Learn(classes.clone(), vec![30, 30])));
    teaching(&mut hands, TeachingEvent::Progress(Progress { done: 9, total: 36 }));
    assert_eq!(hands.value(Role::ProgressIndicator, "Training"), "25\u{2009}%");
    teaching(&mut hands, TeachingEvent::Learned(learned()));
    assert!(hands.shows("88\u{2009}% right"));
    assert!(hands.shows("53 of 60 examples"));
    assert!(hands.shows("60 examples are few"));
    assert_eq!(
        hands.value(Role::Table, "confusion"),
        "calm: 28 of 30 found; tense: 25 of 30 found"
    );

    hands.click("Use it now");
    assert_eq!(hands.calls().last(), Some(&Call::Use(Some("calm-tense".into()))));
    let at = hands.bench().clock;
    let models = ModelsInfo {
        labels: Labels::new(&classes),
        emotion_model: "calm-tense".to_owned(),
        detector: "detector".to_owned(),
        emotion_sha256: String::new(),
        detector_sha256: String::new(),
        second_look_sha256: None,
        rest: None,
    };
    hands.event(Event::ModelChanged { models, at });
    assert!(hands.shows("It reads now"));
    // A reading of the model before is still on its way: its eight classes are not these.
    let late = hands.bench().clock - Duration::from_millis(1);
    hands.observe_at(late, vec![face(1, HAPPY)]);
    hands.click("Live");
    assert!(hands.0.query_by_role_and_label(Role::Heading, "tense").is_none());
    hands.pass(Duration::from_millis(30));
    let mut reading = face(1, Label::Class(1));
    reading.smoothed = Posterior::normalised(vec![0.25, 0.75]).unwrap();
    reading.posterior = reading.smoothed.clone();
    hands.observe(vec![reading]);
    assert!(hands.0.query_by_role_and_label(Role::Heading, "tense").is_some());
    assert_eq!(hands.value(Role::Meter, "tense"), "75\u{2009}%");

    hands.click("Teach");
    hands.0.get_by_label("Back to the model before").scroll_to_me();
    hands.steps();
    hands.click("Back to the model before");
    assert_eq!(hands.calls().last(), Some(&Call::Use(None)));
}

#[test]
fn a_recording_keeps_its_classes() {
    let mut hands = with_two_classes(LARGE);
    collect(&mut hands, "calm", 30);
    collect(&mut hands, "tense", 30);
    hands.click("Train");
    teaching(&mut hands, TeachingEvent::Learned(learned()));
    hands.key(Key::R);
    assert!(hands.0.get_by_label("Use it now").accesskit_node().is_disabled());
    assert!(hands.shows("Stop the recording first"));
}

#[test]
fn what_was_learned_is_saved_into_a_folder_with_a_whole_path() {
    let mut hands = with_two_classes(LARGE);
    collect(&mut hands, "calm", 30);
    collect(&mut hands, "tense", 30);
    hands.click("Train");
    teaching(&mut hands, TeachingEvent::Learned(learned()));
    hands.0.get_by_label("Save as…").scroll_to_me();
    hands.steps();
    hands.click("Save as…");
    hands.0.get_by_label("Save the model").scroll_to_me();
    hands.steps();
    hands.click("Save the model");
    let folder = PathBuf::from("/Mien models/calm-tense");
    assert_eq!(hands.calls().last(), Some(&Call::Save(folder.clone())));
    teaching(&mut hands, TeachingEvent::Saved { folder: folder.clone() });
    assert!(hands.shows("Model saved"));
    hands.click("Show folder");
    assert_eq!(hands.0.state().window.surroundings.opened, [folder]);
}

#[test]
fn training_can_be_stopped_and_failures_say_what_to_do() {
    let mut hands = with_two_classes(LARGE);
    collect(&mut hands, "calm", 30);
    collect(&mut hands, "tense", 30);
    hands.click("Train");
    hands.click("Stop training");
    assert_eq!(hands.calls().last(), Some(&Call::StopLearning));
    teaching(&mut hands, TeachingEvent::Stopped);
    hands.click("Train");
    let message = "no head could be fitted. Add others.".to_owned();
    teaching(&mut hands, TeachingEvent::Failed { message: message.clone() });
    assert!(hands.shows(&message));
    hands.click("Train");
    let learns = hands.calls().iter().filter(|call| matches!(call, Call::Learn(..))).count();
    assert_eq!(learns, 3);
}

#[test]
fn classes_are_renamed_and_removed() {
    let mut hands = with_two_classes(LARGE);
    hands.click("Name of calm");
    hands.0.key_press_modifiers(egui::Modifiers::COMMAND, Key::A);
    hands.0.get_by_label("Name of calm").type_text("tense");
    hands.steps();
    assert!(hands.shows("Two classes are called “tense”."));
    hands.0.get_by_label("Name of a new class").focus();
    hands.steps();
    hands.0.get_by_label("Name of a new class").type_text("unsure");
    hands.steps();
    assert!(hands.shows("This is the word for no reading."));
    assert!(hands.0.get_by_label("Add class").accesskit_node().is_disabled());
    let first = hands.0.get_all_by_label("Remove tense").next();
    first.expect("two of them").click();
    hands.steps();
    assert!(hands.shows("Add two classes or more"));
    assert_eq!(hands.0.get_all_by_label("Remove tense").count(), 1);
}

#[test]
fn every_control_of_the_page_is_reached_by_tab() {
    let mut hands = with_two_classes(LARGE);
    collect(&mut hands, "calm", 30);
    collect(&mut hands, "tense", 30);
    hands.click("Train");
    teaching(&mut hands, TeachingEvent::Learned(learned()));
    let mut reached = Vec::new();
    for _ in 0..30 {
        hands.key(Key::Tab);
        let focused = hands.0.query_by(|node| node.is_focused());
        reached.extend(focused.and_then(|node| node.accesskit_node().label()));
    }
    for name in [
        "Name of calm",
        "Remove calm",
        "Collect tense",
        "Name of a new class",
        "Undo the last take",
        "Train again",
        "Use it now",
        "Save as…",
    ] {
        assert!(reached.iter().any(|label| label == name), "{name} is not in {reached:?}");
    }
}

#[test]
fn in_a_small_window_it_works_as_well() {
    let mut hands = with_two_classes(SMALL);
    assert!(hands.0.query_by_role_and_label(Role::Image, "picture").is_some());
    collect(&mut hands, "calm", 30);
    assert!(hands.shows("calm: 30 examples"));
}
