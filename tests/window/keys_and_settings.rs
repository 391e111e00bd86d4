//! Keys, focus, help, settings.

use std::path::PathBuf;

use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT, Queryable};

use mien::settings;
use mien::ui::store::RecordingState;

use crate::hands::{Call, HAPPY, Hands, LARGE, SESSIONS, face};

#[test]
fn help_lists_the_keys_and_keeps_them_from_working() {
    let mut hands = Hands::running(LARGE);
    hands.key(Key::Questionmark);
    assert!(hands.shows("start or stop recording"));
    hands.key(Key::R);
    assert_eq!(*hands.recording(), RecordingState::Off);
    hands.key(Key::Escape);
    assert!(!hands.shows("start or stop recording"));
    hands.click("Help");
    assert!(hands.shows("start or stop recording"));
    hands.click("Close");
    assert!(!hands.shows("start or stop recording"));
}

#[test]
fn full_screen_comes_and_goes_by_key() {
    let mut hands = Hands::running(LARGE);
    hands.key(Key::F);
    assert!(hands.0.state().window.is_full_screen());
    hands.key(Key::Escape);
    assert!(!hands.0.state().window.is_full_screen());
}

#[test]
fn settings_take_effect_and_are_kept_at_once() {
    let mut hands = Hands::running(LARGE);
    hands.click("Settings");
    hands.0.get_by_label("Theme: Light").scroll_to_me();
    hands.steps();
    hands.click("Theme: Light");
    assert_eq!(hands.settings().theme, settings::Theme::Light);
    hands.0.get_by_label("Mark faces in the picture").scroll_to_me();
    hands.steps();
    hands.click("Mark faces in the picture");
    assert!(!hands.settings().overlays);
    hands.0.get_by_role_and_label(Role::Slider, "Smoothing").set_value_accesskit(0.5);
    hands.steps();
    assert_eq!(hands.settings().pipeline.smoothing_secs, 0.5);
    let options = hands.settings().pipeline;
    assert_eq!(hands.calls().last(), Some(&Call::Options(options)));
    let saved = hands.0.state().window.surroundings.saved.last().cloned();
    assert_eq!(saved.as_ref(), Some(hands.settings()));
    hands.0.get_by_label("Open folder").scroll_to_me();
    hands.steps();
    hands.click("Open folder");
    assert_eq!(hands.0.state().window.surroundings.opened, [PathBuf::from(SESSIONS)]);
    hands.key(Key::Escape);
    assert!(!hands.shows("Sessions folder"));
}

#[test]
fn the_sessions_folder_is_taken_over_when_typing_ends() {
    let mut hands = Hands::running(LARGE);
    hands.click("Settings");
    hands.click("Sessions folder");
    hands.0.key_press_modifiers(Modifiers::COMMAND, Key::A);
    hands.0.get_by_label("Sessions folder").type_text("/tmp/elsewhere");
    hands.steps();
    assert_eq!(hands.settings().sessions_dir, None);
    hands.key(Key::Enter);
    assert_eq!(hands.settings().sessions_dir, Some(PathBuf::from("/tmp/elsewhere")));
    hands.click("Sessions folder");
    hands.0.key_press_modifiers(Modifiers::COMMAND, Key::A);
    hands.0.get_by_label("Sessions folder").type_text("elsewhere");
    hands.steps();
    assert!(hands.shows("whole path"));
    hands.key(Key::Enter);
    assert_eq!(hands.settings().sessions_dir, Some(PathBuf::from("/tmp/elsewhere")));
}

#[test]
fn keys_do_nothing_while_typing() {
    let mut hands = Hands::running(LARGE);
    hands.click("Settings");
    hands.click("Note");
    for key in [Key::R, Key::M, Key::Space, Key::F, Key::Questionmark, Key::Num1] {
        hands.key(key);
    }
    let window = &hands.0.state().window;
    assert_eq!(window.workers.calls.len(), 1);
    assert!(!window.store.is_frozen() && !window.is_full_screen());
    assert!(!hands.shows("start or stop recording"));
}

#[test]
fn keys_with_a_modifier_are_not_ours() {
    let mut hands = Hands::running(LARGE);
    for key in [Key::R, Key::O, Key::M] {
        hands.0.key_press_modifiers(Modifiers::COMMAND, key);
        hands.steps();
    }
    assert_eq!(hands.calls().len(), 1);
}

#[test]
fn the_space_bar_presses_the_control_that_has_the_keyboard() {
    let mut hands = Hands::running(LARGE);
    hands.0.get_by_label("Record").focus();
    hands.steps();
    hands.key(Key::Space);
    assert!(matches!(hands.recording(), RecordingState::On { .. }));
    assert!(!hands.0.state().window.store.is_frozen());
}

#[test]
fn every_control_is_reached_by_tab() {
    let mut hands = Hands::running(LARGE);
    hands.observe(vec![face(1, HAPPY), face(2, HAPPY)]);
    let mut reached = Vec::new();
    for _ in 0..16 {
        hands.key(Key::Tab);
        let focused = hands.0.query_by(|node| node.is_focused());
        reached.extend(focused.and_then(|node| node.accesskit_node().label()));
    }
    for name in [
        "Source: Test Camera",
        "Record",
        "Marker",
        "Freeze",
        "Live",
        "Help",
        "Settings",
        "Look at face 1",
        "Look at face 2",
        "Face 1",
        "Face 2",
    ] {
        assert!(reached.iter().any(|label| label == name), "{name} is not in {reached:?}");
    }
}
