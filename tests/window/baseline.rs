//! Calibrating in the window: ten guided seconds, what they gave, and what is done with it.

use std::sync::Arc;
use std::time::Duration;

use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Vec2};
use egui_kittest::kittest::{NodeT, Queryable};

use mien::baseline::{Baseline, Reference};
use mien::geom::Point;
use mien::observation::{FaceReading, Hint, Label, Labels, Observation, Posterior};
use mien::runtime::live::{Event, LiveObservation, ModelsInfo};
use mien::settings::BaselineSettings;
use mien::time::Pts;
use mien::ui::actions::News;

use crate::hands::{Call, Hands, LARGE, MARGIN, SMALL, face};

const LABELS: [&str; 8] =
    ["neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt"];
const SAD_AT_REST: [f32; 8] = [0.62, 0.02, 0.01, 0.3, 0.02, 0.01, 0.01, 0.01];
const STEP: Duration = Duration::from_millis(100);

fn models(sha256: &str, knows_neutral: bool) -> ModelsInfo {
    ModelsInfo {
        labels: Labels::new(LABELS),
        emotion_model: "emotion".into(),
        detector: "detector".into(),
        emotion_sha256: sha256.into(),
        detector_sha256: String::new(),
        second_look_sha256: None,
        rest: knows_neutral.then(|| Reference {
            neutral: 0,
            log_odds: vec![0.0, -4.0, -4.0, -3.0, -4.0, -5.0, -5.0, -5.0],
            spread: vec![1.5; 8],
            of_card: true,
        }),
    }
}

fn at_rest() -> FaceReading {
    let mut face = face(1, Label::Class(0));
    face.posterior = Posterior::normalised(SAD_AT_REST.to_vec()).unwrap();
    face.detection.landmarks.eye_left = Point::new(120.0, 160.0);
    face.detection.landmarks.eye_right = Point::new(160.0, 160.0);
    face.quality.light = 0.9;
    face
}

trait Calibrating {
    fn ready(size: Vec2) -> Self;
    fn look(&mut self, at: Duration, faces: Vec<FaceReading>);
    fn rest(&mut self, from: f64, secs: f64);
    fn baselines(&self) -> Vec<Option<String>>;
}

impl Calibrating for Hands {
    fn ready(size: Vec2) -> Self {
        let mut hands = Self::running(size);
        hands.event(Event::ModelsReady(models("ab", true)));
        hands
    }

    /// A reading at that time of the media; a tenth of a second passes.
    fn look(&mut self, at: Duration, faces: Vec<FaceReading>) {
        let run = self.run_id();
        let now = self.bench().clock;
        let index = at.as_millis() as u64;
        let observation =
            Observation { run, index, pts: Pts::new(at), frame_size: (640, 480), faces };
        self.bench().window.workers.observations.borrow_mut().push_back(LiveObservation {
            observation: Arc::new(observation),
            captured_at: now,
            damaged_before: 0,
            analysed_at: now,
        });
        self.pass(STEP);
    }

    fn rest(&mut self, from: f64, secs: f64) {
        for tenth in 0..(secs * 10.0) as u32 {
            self.look(Duration::from_secs_f64(from) + tenth * STEP, vec![at_rest()]);
        }
    }

    /// What the workers were told.
    fn baselines(&self) -> Vec<Option<String>> {
        let told = |call: &Call| match call {
            Call::Baseline(profile) => Some(profile.clone()),
            _ => None,
        };
        self.calls().iter().filter_map(told).collect()
    }
}

/// With what was found.
fn found() -> Hands {
    let mut hands = Hands::ready(LARGE);
    hands.key(Key::C);
    hands.click("Begin calibration");
    hands.pass(Duration::from_secs(3));
    hands.rest(0.0, 10.2);
    hands
}

#[test]
fn ten_guided_seconds_end_with_before_and_after_and_are_kept_if_wanted() {
    let mut hands = Hands::ready(LARGE);
    hands.click("Settings");
    hands.0.get_by_label("Calibrate").scroll_to_me();
    hands.steps();
    hands.click("Calibrate");
    assert!(hands.shows("Your face at rest"));
    hands.click("Begin calibration");
    assert!(hands.shows("let your face go slack"));
    hands.pass(Duration::from_secs(3));
    hands.rest(0.0, 5.0);
    assert!(hands.shows("Keep still"));
    let progress = hands.value(Role::ProgressIndicator, "Calibration");
    assert!(progress.contains("6 seconds") || progress.contains("5 seconds"), "{progress}");
    hands.rest(5.0, 5.3);
    assert!(hands.shows("At rest you read as 30\u{202f}% sadness") || hands.shows("% sadness"));
    assert!(hands.baselines().is_empty(), "nothing is applied before it is kept");
    hands.click("Keep this baseline");
    let kept = &hands.0.state().window.surroundings.kept;
    assert_eq!((kept.len(), kept[0].profile.as_str()), (1, "me"));
    assert!(kept[0].at_rest[3] > 0.29 && kept[0].corrected[3] < 0.1, "{:?}", kept[0]);
    let wanted = BaselineSettings { on: true, profile: Some("me".into()) };
    assert_eq!(hands.settings().baseline, wanted);
    hands.steps();
    assert_eq!(hands.baselines(), [Some("me".to_owned())]);
    hands.look(Duration::from_secs(30), vec![at_rest()]);
    assert!(hands.shows("baseline “me”"), "a quiet sign");
}

#[test]
fn what_was_found_can_be_discarded_and_escape_cancels() {
    let mut hands = found();
    hands.click("Discard this baseline");
    assert!(hands.0.query_by_label("Begin calibration").is_some());
    hands.click("Begin calibration");
    hands.pass(Duration::from_secs(3));
    hands.rest(20.0, 2.0);
    hands.key(Key::Escape);
    assert!(!hands.shows("Your face at rest"));
    hands.key(Key::C);
    assert!(hands.0.query_by_label("Begin calibration").is_some(), "it begins anew");
    let surroundings = &hands.0.state().window.surroundings;
    assert!(surroundings.kept.is_empty() && hands.baselines().is_empty());
}

#[test]
fn what_stands_in_the_way_is_said_at_once_and_in_the_end() {
    let mut hands = Hands::ready(LARGE);
    hands.key(Key::C);
    hands.click("Begin calibration");
    hands.pass(Duration::from_secs(3));
    hands.look(Duration::ZERO, Vec::new());
    assert!(hands.shows("Sit before the camera"));
    let mut second = at_rest();
    second.track.0 = 2;
    hands.look(STEP, vec![at_rest(), second]);
    assert!(hands.shows("Be alone in the picture"));
    let mut dark = at_rest();
    dark.quality.light = 0.1;
    dark.quality.hint = Some(Hint::TooDark);
    hands.look(2 * STEP, vec![dark]);
    assert!(hands.shows("Put a light in front of you"));
    for tenth in 3..40 {
        hands.look(tenth * STEP, Vec::new());
    }
    hands.pass(Duration::from_secs(27));
    assert!(hands.shows("There is no face. Sit before the camera."));
    hands.click("Calibrate again");
    assert!(hands.shows("begins in") || hands.shows("go slack"));
}

#[test]
fn not_while_recording_and_not_without_a_neutral_class() {
    let disabled =
        |hands: &Hands| hands.0.get_by_label("Begin calibration").accesskit_node().is_disabled();
    let mut hands = Hands::ready(LARGE);
    hands.key(Key::C);
    assert!(!disabled(&hands));
    hands.click("Record");
    assert!(disabled(&hands) && hands.shows("A recording keeps the baseline"));
    hands.key(Key::R);
    assert!(!disabled(&hands));
    hands.click("Begin calibration");
    hands.pass(Duration::from_secs(3));
    hands.key(Key::R);
    assert!(hands.shows("A recording has begun"));
    let mut hands = Hands::running(LARGE);
    hands.event(Event::ModelsReady(models("ab", false)));
    hands.key(Key::C);
    assert!(disabled(&hands) && hands.shows("No class of this model is neutral"));
}

#[test]
fn profiles_are_chosen_switched_off_and_erased_and_fit_one_model() {
    let mut hands = found();
    hands.click("Keep this baseline");
    let me = Arc::clone(&hands.0.state().window.surroundings.kept[0]);
    let renamed = |name: &str, sha256: &str| {
        Arc::new(Baseline { profile: name.into(), model_sha256: sha256.into(), ..(*me).clone() })
    };
    hands.news(News::Baselines(vec![
        ("broken".into(), Err("it can't be used".into())),
        ("me".into(), Ok(Arc::clone(&me))),
        ("old".into(), Ok(renamed("old", "cd"))),
        ("second".into(), Ok(renamed("second", "ab"))),
    ]));
    hands.click("Settings");
    let click = |hands: &mut Hands, name: &str| {
        hands.0.get_by_label(name).scroll_to_me();
        hands.steps();
        hands.click(name);
        hands.steps();
    };
    click(&mut hands, "Profile: second");
    assert_eq!(hands.baselines().last(), Some(&Some("second".to_owned())));
    click(&mut hands, "Profile: old");
    assert!(hands.shows("It was made with another model"));
    assert_eq!(hands.baselines().last(), Some(&None));
    click(&mut hands, "Profile: broken");
    assert!(hands.shows("it can't be used"));
    click(&mut hands, "Profile: me");
    click(&mut hands, "Correct live readings with the baseline");
    assert_eq!(hands.baselines().last(), Some(&None));
    assert!(!hands.settings().baseline.on);
    click(&mut hands, "Correct live readings with the baseline");
    assert_eq!(hands.baselines().last(), Some(&Some("me".to_owned())));
    click(&mut hands, "Erase the baseline me");
    hands.click("Keep it");
    assert!(hands.0.state().window.surroundings.erased.is_empty());
    click(&mut hands, "Erase the baseline me");
    hands.click("Erase it");
    assert_eq!(hands.0.state().window.surroundings.erased, ["me"]);
    assert_eq!(hands.settings().baseline, BaselineSettings::default());
    hands.steps();
    assert_eq!(hands.baselines().last(), Some(&None));
    // With another model, the old one fits.
    click(&mut hands, "Profile: old");
    click(&mut hands, "Correct live readings with the baseline");
    hands.event(Event::ModelsReady(models("cd", true)));
    assert_eq!(hands.baselines().last(), Some(&Some("old".to_owned())));
}

#[test]
fn a_small_window_has_room_for_it() {
    let mut hands = Hands::ready(SMALL);
    hands.click("More");
    hands.click("Calibrate");
    for name in ["Name of the profile", "Begin calibration"] {
        hands.0.get_by_label(name).scroll_to_me();
        hands.steps();
        let rect = hands.0.get_by_label(name).rect();
        assert!(rect.right() <= SMALL.x + MARGIN && rect.left() >= MARGIN, "{name}: {rect:?}");
    }
    hands.click("Begin calibration");
    hands.pass(Duration::from_secs(3));
    hands.rest(0.0, 10.2);
    for name in ["Keep this baseline", "Discard this baseline", "Calibrate again"] {
        let rect = hands.0.get_by_label(name).rect();
        assert!(rect.right() <= SMALL.x + MARGIN, "{name}: {rect:?}");
    }
}
