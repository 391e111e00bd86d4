//! First start, sources, their faults, and what is told about them.

use std::time::Duration;

use eframe::egui::Key;
use eframe::egui::accesskit::Role;
use egui_kittest::kittest::Queryable;

use mien::runtime::live::{Event, LiveStats};
use mien::settings::Settings;
use mien::source::{SourceError, SourceSpec};
use mien::ui::actions::News;
use mien::ui::store::CameraEntry;

use crate::hands::{ANY_CAMERA, Call, HAPPY, Hands, LARGE, SMALL, camera_info, face};

#[test]
fn first_start_opens_nothing_until_accepted_and_is_kept() {
    let mut hands = Hands::new(LARGE, Settings::default());
    hands.steps();
    assert!(hands.shows("not a feeling"));
    assert!(hands.shows("European Union"));
    assert!(hands.shows("not stored"));
    hands.key(Key::R);
    assert!(hands.calls().is_empty());
    hands.click("Start with the demo");
    let demo = SourceSpec::Demo { people: 1 };
    assert_eq!(hands.calls(), [Call::Open(demo)]);
    assert!(hands.settings().welcome_seen > 0);
    assert_eq!(hands.settings().source, SourceSpec::Demo { people: 1 });
    let saved = hands.0.state().window.surroundings.saved.last().cloned();
    assert_eq!(saved.as_ref(), Some(hands.settings()));
    assert!(!hands.shows("not a feeling"));
}

#[test]
fn first_start_can_open_the_camera() {
    let mut hands = Hands::new(SMALL, Settings::default());
    hands.steps();
    hands.0.get_by_label("Start with the camera").scroll_to_me();
    hands.steps();
    hands.click("Start with the camera");
    assert_eq!(hands.calls(), [Call::Open(ANY_CAMERA)]);
}

#[test]
fn a_kept_source_is_opened_at_start() {
    let settings = Settings {
        welcome_seen: u32::MAX,
        source: SourceSpec::Demo { people: 2 },
        ..Settings::default()
    };
    let hands = Hands::new(LARGE, settings);
    assert_eq!(hands.calls(), [Call::Open(SourceSpec::Demo { people: 2 })]);
}

#[test]
fn the_source_list_shows_cameras_as_they_come_and_go() {
    let mut hands = Hands::running(LARGE);
    let camera = |number, name: &str, sizes: &[(u32, u32)]| CameraEntry {
        number,
        name: name.to_owned(),
        sizes: sizes.to_vec(),
    };
    hands.news(News::Cameras(vec![camera(0, "Inner Eye", &[(1280, 720), (640, 480)])]));
    hands.click("Source: Test Camera");
    assert!(hands.shows("Inner Eye"));
    assert!(hands.shows("Demo, two people"));
    let both = vec![
        camera(0, "Inner Eye", &[(1280, 720), (640, 480)]),
        camera(2, "Outer Eye", &[(640, 480)]),
    ];
    hands.news(News::Cameras(both));
    hands.click("Picture size 1280 × 720");
    let expected = Call::Open(SourceSpec::Camera { number: Some(0), size: Some((1280, 720)) });
    assert_eq!(hands.calls().last(), Some(&expected));
    hands.click("Source: Inner Eye");
    hands.click("Outer Eye");
    assert_eq!(
        hands.calls().last(),
        Some(&Call::Open(SourceSpec::Camera { number: Some(2), size: None }))
    );
    hands.click("Source: Outer Eye");
    hands.click("Demo, two people");
    assert_eq!(hands.calls().last(), Some(&Call::Open(SourceSpec::Demo { people: 2 })));
}

#[test]
fn without_a_camera_the_window_says_what_to_do_and_opens_one_that_is_plugged_in() {
    let mut hands = Hands::accepted(LARGE);
    hands.news(News::Cameras(Vec::new()));
    let run = hands.run_id();
    hands.event(Event::SourceFailed { run, error: SourceError::NoCamera });
    assert!(hands.shows("No camera found"));
    assert!(hands.shows("Plug one in"));
    let opened = hands.calls().len();
    hands.news(News::Cameras(vec![CameraEntry {
        number: 0,
        name: "New".to_owned(),
        sizes: Vec::new(),
    }]));
    assert_eq!(hands.calls().len(), opened + 1);
    assert!(hands.shows("Opening the camera"));
}

#[test]
fn every_source_error_shows_its_cause_and_its_advice() {
    let name = || "Test Camera".to_owned();
    let errors = [
        SourceError::NotFound { number: 3 },
        SourceError::Busy { name: name() },
        SourceError::PermissionDenied { name: name() },
        SourceError::Unplugged { name: name() },
        SourceError::Stalled { name: name(), secs: 3 },
        SourceError::NoUsableFormat { name: name(), offered: "H264".to_owned() },
        SourceError::Driver { name: name(), reason: "error 5".to_owned() },
        SourceError::NotBuilt,
    ];
    let mut hands = Hands::running(LARGE);
    for error in errors {
        let run = hands.run_id();
        hands.event(Event::SourceOpened { run, info: camera_info() });
        hands.event(Event::SourceFailed { run, error: error.clone() });
        // The first letter is raised at the start of a sentence.
        let cause: String = error.to_string().chars().skip(1).collect();
        assert!(hands.shows(&cause), "{error}");
        assert!(hands.shows(error.advice()), "{error}");
        assert!(hands.shows("no face"), "{error}");
    }
}

#[test]
fn a_stalled_camera_can_be_tried_again_or_left() {
    let mut hands = Hands::running(LARGE);
    hands.observe(vec![face(1, HAPPY)]);
    let run = hands.run_id();
    let stalled = SourceError::Stalled { name: "Test Camera".to_owned(), secs: 3 };
    hands.event(Event::SourceFailed { run, error: stalled.clone() });
    assert!(hands.shows("The camera stopped sending pictures"));
    assert!(hands.shows("Bars return with the picture."));
    assert_eq!(hands.value(Role::Meter, "happiness"), "no reading");
    hands.pass(Duration::from_secs(3));
    assert!(hands.shows("waiting 00:03"));
    hands.event(Event::SourceResumed { run });
    assert!(!hands.shows("The camera stopped sending pictures"));
    hands.event(Event::SourceFailed { run, error: stalled });
    hands.click("Choose another source");
    assert!(hands.shows("Demo, one person"));
    hands.key(Key::Escape);
    hands.click("Try again");
    assert_eq!(hands.calls().last(), Some(&Call::Open(ANY_CAMERA)));
    // What the left run still says is not news.
    hands.event(Event::SourceFailed { run, error: SourceError::NoCamera });
    assert!(!hands.shows("No camera found"));
}

#[test]
fn loading_and_failing_models_are_told_beside_the_picture() {
    let settings = Settings { welcome_seen: u32::MAX, ..Settings::default() };
    let mut hands = Hands::new(LARGE, settings);
    let run = hands.run_id();
    hands.event(Event::SourceOpened { run, info: camera_info() });
    hands.picture();
    assert!(hands.shows("The models are loading."));
    let message = "The card does not fit its model.".to_owned();
    hands.event(Event::ModelsFailed { message: message.clone() });
    assert!(hands.shows(&message));
    assert!(hands.0.query_by_role_and_label(Role::Image, "picture").is_some());
}

#[test]
fn the_status_line_tells_rates_delay_and_losses() {
    let mut hands = Hands::running(LARGE);
    hands.bench().window.workers.stats = LiveStats {
        captured_hz: 29.97,
        analysed_hz: 27.2,
        latency_p50: Some(Duration::from_micros(24_300)),
        latency_p95: Some(Duration::from_millis(31)),
        dropped: 12,
        damaged: 2,
        ..LiveStats::default()
    };
    hands.steps();
    for text in
        ["camera 30.0 fps", "analysed 27 of 30", "delay 24 ms, p95 31", "dropped 12", "damaged 2"]
    {
        assert!(hands.shows(text), "{text}");
    }
}
