//! One drawn moment: expressions read as meant, whoever shows them, and trouble is named.

use mien::frame::RunId;
use mien::model::DetectorModel;
use mien::observation::{Hint, Label, Observation};
use mien::pipeline::Pipeline;
use mien::source::demo::{Appearance, Emotion, Light, Pose, Scene, SceneKind, Still};
use mien::vision::detect::FaceDetector;

use super::{SEED, SIZE, drawn, pipeline};

/// The expressions that the drawing vouches for.
const SHOWN: [Emotion; 4] =
    [Emotion::Neutral, Emotion::Happiness, Emotion::Surprise, Emotion::Sadness];

/// The posterior that the expression shown must reach.
const SURE: f32 = 0.65;

/// Half a second of a still; the observation of the last frame.
fn look_at(pipeline: &mut Pipeline, run: RunId, still: Still) -> Observation {
    let mut scene = Scene::new(SceneKind::Still(still), SIZE, SEED);
    let mut look = |index| pipeline.process(&drawn(&mut scene, run, index, 8.0).0).unwrap();
    (0..3).for_each(|index| drop(look(index)));
    look(3)
}

/// Asserts that each still reads as its emotion with posterior [`SURE`] and without a hint.
fn read_as_meant(stills: impl IntoIterator<Item = (String, Still)>) {
    let mut pipeline = pipeline();
    let mut wrong = Vec::new();
    let mut count = 0;
    for (run, (name, still)) in (1..).zip(stills) {
        let emotion = still.blend.top().0;
        let observation = look_at(&mut pipeline, RunId(run), still);
        let labels = pipeline.labels().names();
        let meant = labels.iter().position(|label| label == emotion.name()).unwrap();
        match &observation.faces[..] {
            [face] => {
                let posterior = face.posterior.as_slice()[meant];
                let (top, _) = face.posterior.top();
                if posterior < SURE || face.label != Label::Class(meant) {
                    wrong.push(format!("{name}: {posterior:.2}, top {}", labels[top]));
                }
                if face.quality.hint.is_some() {
                    wrong.push(format!("{name}: {:?}", face.quality));
                }
            }
            faces => wrong.push(format!("{name}: {} faces", faces.len())),
        }
        count += 1;
    }
    assert!(count >= 12, "only {count} stills");
    assert!(wrong.is_empty(), "of {count}, {} read otherwise:\n{}", wrong.len(), wrong.join("\n"));
}

/// The detector has an input for each of these shapes; one after the other, as in a folder of
/// pictures from several cameras.
#[test]
fn a_face_is_found_in_frames_of_any_shape() {
    let mut detector = FaceDetector::new(DetectorModel::builtin().unwrap());
    let shapes = [(640, 480), (1280, 720), (500, 500), (480, 640), (360, 640), (640, 480)];
    for (run, size) in (1..).zip(shapes) {
        let mut still = Still::of(Emotion::Neutral);
        // The same face to each: sizes of heads are in heights of the frame.
        still.head *= 480.0 / size.1 as f32;
        let mut scene = Scene::new(SceneKind::Still(still), size, SEED);
        let (frame, truth) = drawn(&mut scene, RunId(run), 0, 8.0);
        let found = detector.detect(&frame).unwrap();
        assert_eq!(found.len(), 1, "{size:?}");
        let overlap = found[0].bbox.iou(&truth.people[0].bbox);
        assert!(overlap > 0.6, "{size:?}: {overlap}");
    }
}

#[test]
fn everybody_reads_as_meant() {
    read_as_meant((0..).zip(Appearance::PEOPLE).flat_map(|(person, appearance)| {
        SHOWN.map(|emotion| {
            let name = format!("person {person}, {}", emotion.name());
            (name, Still { appearance, ..Still::of(emotion) })
        })
    }));
}

#[test]
fn light_size_and_noise_do_not_change_the_reading() {
    let plain = Still::of(Emotion::Neutral);
    let dim = Light { strength: 0.6, ambient: 0.30, ..Light::ROOM };
    let other_side = Light { direction: [0.45, -0.50, 0.80], ..Light::ROOM };
    let variants = [
        ("window", Still { light: Light::WINDOW, ..plain.clone() }),
        ("dim", Still { light: dim, ..plain.clone() }),
        ("other side", Still { light: other_side, ..plain.clone() }),
        ("near", Still { head: 0.30, ..plain.clone() }),
        ("far", Still { head: 0.10, ..plain.clone() }),
        ("noise", Still { noise: 5.0, ..plain.clone() }),
        ("noiseless", Still { noise: 0.0, ..plain }),
    ];
    read_as_meant(in_each_emotion(&variants));
}

#[test]
fn small_turns_do_not_change_the_reading() {
    let turned =
        |yaw, pitch, roll| Still { pose: Pose { yaw, pitch, roll }, ..Still::of(Emotion::Neutral) };
    let variants = [
        ("left", turned(-0.25, 0.0, 0.0)),
        ("right", turned(0.25, 0.0, 0.0)),
        ("up", turned(0.0, 0.10, 0.0)),
        ("down", turned(0.0, -0.10, 0.0)),
        ("tilted left", turned(0.0, 0.0, -0.25)),
        ("tilted right", turned(0.0, 0.0, 0.25)),
    ];
    read_as_meant(in_each_emotion(&variants));
}

fn in_each_emotion(variants: &[(&str, Still)]) -> Vec<(String, Still)> {
    let shown = |(name, variant): &(&str, Still)| {
        SHOWN.map(|emotion| {
            let Still { expression, blend, .. } = Still::of(emotion);
            (format!("{name}, {}", emotion.name()), Still { expression, blend, ..variant.clone() })
        })
    };
    variants.iter().flat_map(shown).collect()
}

/// Everybody in one kind of trouble; what is said about each.
fn in_trouble(change: impl Fn(&mut Still)) -> Vec<(Option<Hint>, Label)> {
    let mut pipeline = pipeline();
    let look = |(run, appearance): (u64, Appearance)| {
        let mut still = Still { appearance, ..Still::of(Emotion::Neutral) };
        change(&mut still);
        let faces = look_at(&mut pipeline, RunId(run), still).faces;
        assert_eq!(faces.len(), 1, "person {run}");
        (faces[0].quality.hint, faces[0].label)
    };
    (0..).zip(Appearance::PEOPLE).map(look).collect()
}

#[test]
fn a_face_far_away_is_told_to_come_closer() {
    let said = in_trouble(|still| still.head = 0.03);
    assert!(said.iter().all(|(hint, _)| *hint == Some(Hint::TooSmall)), "{said:?}");
}

#[test]
fn in_the_dark_no_word_is_shown_and_the_reason_is() {
    let dark = Light { strength: 0.08, ambient: 0.04, ..Light::ROOM };
    let said = in_trouble(|still| still.light = dark);
    let wanted = (Some(Hint::TooDark), Label::Unsure(Hint::TooDark));
    assert!(said.iter().all(|said| *said == wanted), "{said:?}");
}

#[test]
fn for_a_face_turned_away_no_word_is_shown_and_the_reason_is() {
    let wanted = (Some(Hint::TurnedAway), Label::Unsure(Hint::TurnedAway));
    for yaw in [-1.0, 1.0] {
        let said = in_trouble(|still| still.pose = Pose { yaw, ..Pose::default() });
        assert!(said.iter().all(|said| *said == wanted), "{said:?}");
    }
}
