//! One drawn moment: expressions read as meant, whoever shows them, and trouble is named.

use std::f32::consts::FRAC_PI_2;

use mien::frame::RunId;
use mien::observation::{Hint, Label, Observation};
use mien::pipeline::Pipeline;
use mien::source::demo::{Appearance, Emotion, Light, Pose, Scene, SceneKind, Still};

use super::{SEED, SIZE, drawn, pipeline};

/// The expressions that the drawing vouches for.
const SHOWN: [Emotion; 4] =
    [Emotion::Neutral, Emotion::Happiness, Emotion::Surprise, Emotion::Sadness];

/// The posterior that the expression shown must reach.
const SURE: f32 = 0.7;

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

#[test]
fn trouble_is_named_and_the_label_withheld() {
    let plain = Still::of(Emotion::Neutral);
    let dark = Light { strength: 0.10, ambient: 0.03, ..Light::ROOM };
    let aside = Light { direction: [-1.0, 0.0, 0.0], strength: 1.5, ambient: 0.02 };
    let mut pipeline = pipeline();
    for (run, (still, hint)) in (1..).zip([
        (Still { head: 0.035, ..plain.clone() }, Hint::TooSmall),
        (Still { light: dark, ..plain.clone() }, Hint::TooDark),
        (Still { light: aside, ..plain.clone() }, Hint::UnevenLight),
        (
            Still { pose: Pose { yaw: FRAC_PI_2 * 0.6, ..Pose::default() }, ..plain },
            Hint::TurnedAway,
        ),
    ]) {
        let observation = look_at(&mut pipeline, RunId(run), still);
        let faces: Vec<_> =
            observation.faces.iter().map(|f| (f.quality, f.label, f.pose, f.detection)).collect();
        println!("{hint:?}: {faces:?}");
    }
}
