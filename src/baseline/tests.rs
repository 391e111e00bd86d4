use std::time::Duration;

use super::*;
use crate::frame::RunId;
use crate::geom::{Point, Rect};
use crate::model::card::EmotionCard;
use crate::observation::{
    Detection, FaceReading, HeadPose, Hint, Label, Landmarks, Observation, Quality, TrackId,
};
use crate::time::Pts;

/// The card of the built-in model.
const CARD: &str = include_str!("../../models/mien-emotion-48/card.toml");
const LABELS: [&str; 3] = ["neutral", "happiness", "sadness"];

fn labels() -> Vec<String> {
    LABELS.map(str::to_owned).to_vec()
}

/// A sound one, for other tests.
pub(super) fn baseline(profile: &str) -> Baseline {
    Baseline {
        version: VERSION,
        profile: profile.into(),
        made_utc: "2026-01-02T03:04:05Z".into(),
        model: "m".into(),
        model_sha256: "ab".into(),
        seconds: 10.0,
        frames: 240,
        reference_of_card: true,
        labels: labels(),
        offset: vec![0.0, 0.0, -1.5],
        at_rest: vec![0.6, 0.1, 0.3],
        corrected: vec![0.78, 0.13, 0.09],
    }
}

fn reference() -> Reference {
    Reference {
        neutral: 0,
        log_odds: vec![0.0, -4.0, -3.0],
        spread: vec![0.0, 1.5, 1.5],
        of_card: true,
    }
}

fn made() -> Made {
    Made {
        profile: "me".into(),
        utc: "2026-01-02T03:04:05Z".into(),
        model: "m".into(),
        model_sha256: "ab".into(),
    }
}

fn face(track: u32, weights: [f32; 3]) -> FaceReading {
    let posterior = Posterior::normalised(weights.to_vec()).unwrap();
    let eye = |x| Point::new(x, 100.0);
    FaceReading {
        track: TrackId(track),
        age: Duration::from_secs(1),
        detection: Detection {
            bbox: Rect::new(80.0, 60.0, 90.0, 120.0),
            score: 0.9,
            landmarks: Landmarks {
                eye_left: eye(100.0),
                eye_right: eye(140.0),
                ..Landmarks::default()
            },
        },
        // What is shown may be corrected already; what is gathered is what was read.
        smoothed: Posterior::normalised(vec![1.0; 3]).unwrap(),
        posterior,
        label: Label::Class(0),
        certainty: 0.5,
        steady: Duration::ZERO,
        affect: None,
        pose: HeadPose::default(),
        quality: Quality { size: 1.0, light: 1.0, sharpness: 1.0, turn: 1.0, hint: None },
    }
}

/// Readings of `secs` at 25 a second, of what `at` gives for each moment.
fn gather(secs: f64, mut at: impl FnMut(f64) -> Vec<FaceReading>) -> Gathering {
    let mut gathering = Gathering::new(reference(), TARGET);
    for frame in 0..(secs * 25.0) as u64 {
        let moment = frame as f64 / 25.0;
        gathering.offer(&Observation {
            run: RunId(1),
            index: frame,
            pts: Pts::from_secs_f64(moment),
            frame_size: (640, 480),
            faces: at(moment),
        });
    }
    gathering
}

const SAD_AT_REST: [f32; 3] = [0.66, 0.01, 0.33];

#[test]
fn a_face_that_rests_sad_reads_neutral_and_a_smile_stays_one() {
    let mut gathering = gather(11.0, |_| vec![face(1, SAD_AT_REST)]);
    assert!(gathering.is_done() && gathering.progress() >= 1.0);
    // What comes later counts no more.
    gathering.offer(&Observation {
        run: RunId(1),
        index: 999,
        pts: Pts::from_secs_f64(99.0),
        frame_size: (640, 480),
        faces: Vec::new(),
    });
    let baseline = gathering.end(&labels(), made()).unwrap();
    assert_eq!(baseline.seconds, 10.0);
    let (label, before, after) = baseline.most_corrected().unwrap();
    assert_eq!(label, "sadness");
    assert!(before > 0.32 && after < 0.11, "{before} {after}");
    let offset = baseline.offset_for("m", "ab", &labels()).unwrap();
    let shown = |weights: [f32; 3]| {
        offset.apply(&Posterior::normalised(weights.to_vec()).unwrap()).as_slice().to_vec()
    };
    assert!(shown([0.05, 0.93, 0.02])[1] >= 0.93);
    assert_eq!(baseline.offset[1], 0.0, "what does not show at rest is left alone");
    // A face that reads clearly sad goes on doing so.
    assert!(shown([0.04, 0.01, 0.95])[2] > 0.7, "{:?}", shown([0.04, 0.01, 0.95]));
    assert_eq!(Baseline::from_toml(&baseline.to_toml()), Ok(baseline));
}

#[test]
fn a_face_that_rests_as_others_do_is_left_as_it_is() {
    let gathering = gather(11.0, |_| vec![face(1, [0.97, 0.005, 0.02])]);
    let baseline = gathering.end(&labels(), made()).unwrap();
    assert_eq!(baseline.offset, [0.0; 3]);
    assert_eq!(baseline.at_rest, baseline.corrected);
    assert_eq!(baseline.most_corrected(), None);
}

#[test]
fn what_is_taken_off_is_capped_and_less_where_seconds_differ() {
    let of = |secs: f64, wobble: f32| {
        let at = |moment: f64| {
            let up = wobble * [1.0, 0.0, -1.0][moment as usize % 3];
            vec![face(1, [0.85, 0.01, 0.14 * up.exp()])]
        };
        gather(secs, at).end(&labels(), made()).unwrap().offset[2]
    };
    let (steady, wobbling, short) = (of(11.0, 0.0), of(11.0, 0.9), of(3.2, 0.0));
    assert!((-1.3..-1.1).contains(&steady), "{steady}");
    assert!(wobbling > steady && short > steady, "{steady} {wobbling} {short}");
    let extreme = gather(11.0, |_| vec![face(1, [0.2, 0.01, 0.79])]);
    assert_eq!(extreme.end(&labels(), made()).unwrap().offset[2], f64::from(-MOST));
}

#[test]
fn each_obstacle_is_told_with_what_to_do() {
    let poor = || {
        let mut dark = face(1, SAD_AT_REST);
        dark.quality.light = 0.1;
        dark.quality.hint = Some(Hint::TooDark);
        vec![dark]
    };
    let moving = |moment: f64| {
        let mut face = face(1, SAD_AT_REST);
        let x = 200.0 * (moment * 6.0).sin() as f32;
        face.detection.landmarks.eye_left.x += x;
        face.detection.landmarks.eye_right.x += x;
        vec![face]
    };
    let drifting = |moment: f64| {
        let mut face = face(1, SAD_AT_REST);
        let x = 50.0 * (moment * 0.8).sin() as f32;
        face.detection.landmarks.eye_left.x += x;
        face.detection.landmarks.eye_right.x += x;
        vec![face]
    };
    let smile = |_: f64| vec![face(1, [0.03, 0.95, 0.02])];
    let talk = |moment: f64| {
        let smiles = ((moment * 2.0) as u64).is_multiple_of(2);
        vec![face(1, if smiles { [0.1, 0.88, 0.02] } else { [0.9, 0.05, 0.05] })]
    };
    let cases: [(Gathering, &str, &str); 7] = [
        (gather(11.0, |_| Vec::new()), "no face", "Sit before the camera"),
        (gather(11.0, |_| vec![face(1, SAD_AT_REST), face(2, SAD_AT_REST)]), "several", "alone"),
        (gather(11.0, |_| poor()), "can't be seen", "Put a light"),
        (gather(2.0, |_| vec![face(1, SAD_AT_REST)]), "2.0 s", "Stay before"),
        (gather(11.0, drifting), "moved too much", "keep still"),
        (gather(11.0, smile), "happiness to 95 %", "go slack"),
        (gather(11.0, talk), "changed too much", "say nothing"),
    ];
    for (gathering, what, advice) in cases {
        let words = gathering.end(&labels(), made()).unwrap_err().to_string();
        assert!(words.contains(what) && words.contains(advice), "{words}");
    }
    let gathering = gather(11.0, moving);
    assert!(!gathering.is_done() && gathering.gathered() < Duration::from_secs(8));
}

#[test]
fn a_face_that_went_away_begins_anew_and_a_small_one_behind_does_not_count() {
    let behind = |_: f64| {
        let mut behind = face(7, [1.0; 3]);
        behind.detection.bbox = Rect::new(0.0, 0.0, 20.0, 25.0);
        vec![behind, face(1, SAD_AT_REST)]
    };
    let baseline = gather(11.0, behind).end(&labels(), made()).unwrap();
    assert!(baseline.at_rest[2] > 0.32, "it is the large one that is read");
    let other = |moment: f64| vec![face(if moment < 6.0 { 1 } else { 2 }, SAD_AT_REST)];
    let gathering = gather(11.0, other);
    assert!((4.5..5.1).contains(&gathering.gathered().as_secs_f64()), "{gathering:?}");
    // A pause is no good time.
    let pause = |moment: f64| {
        let gone = (3.0..6.0).contains(&moment);
        if gone { Vec::new() } else { vec![face(1, SAD_AT_REST)] }
    };
    assert!((7.0..8.1).contains(&gather(11.0, pause).gathered().as_secs_f64()));
}

#[test]
fn it_belongs_to_one_model() {
    let made = baseline("me");
    assert!(made.offset_for("m", "ab", &labels()).is_ok());
    for (sha256, names) in [("cd", labels()), ("", labels()), ("ab", labels()[..2].to_vec())] {
        let error = made.offset_for("other", sha256, &names).unwrap_err();
        let words = error.to_string();
        assert!(words.contains("made with m") && words.contains("other is at work"), "{words}");
        assert!(error.advice().contains("Make one with this model"));
    }
}

#[test]
fn the_card_says_how_neutral_faces_read_or_the_fallback_holds() {
    let mut card = EmotionCard::parse(CARD).unwrap();
    let reference = Reference::of(&card).unwrap();
    assert!(reference.of_card);
    assert_eq!(card.labels().name(reference.neutral), "neutral");
    let others = || reference.log_odds.iter().enumerate().filter(|(c, _)| *c != reference.neutral);
    assert!(others().all(|(_, odds)| *odds < -1.0), "{reference:?}");
    card.neutral = None;
    let fallback = Reference::of(&card).unwrap();
    assert!(!fallback.of_card && fallback.neutral == reference.neutral);
    // It corrects less than the card does, class by class.
    assert!(others().all(|(class, odds)| fallback.log_odds[class] >= *odds));
    let taught = CARD.replace("\"neutral\", ", "\"calm\", ");
    let taught = taught.replace("label = \"neutral\"", "label = \"calm\"");
    let mut card = EmotionCard::parse(&taught).unwrap();
    card.neutral = None;
    assert_eq!(Reference::of(&card), None, "nothing to correct towards");
}
