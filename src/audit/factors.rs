//! What an audit varies. Everything else stays as in the reference.

use crate::source::demo::{Appearance, Emotion, HairStyle, Light, Pose, Still};

/// Noise of the reference pictures.
pub(super) const SEED: u64 = 1;

/// One thing that is varied.
#[derive(Debug, Clone, PartialEq)]
pub struct Factor {
    /// One word, for files.
    pub key: &'static str,
    /// For people.
    pub name: &'static str,
    /// What is varied, in a sentence.
    pub what: &'static str,
    /// Of [`Condition::at`]; empty if the conditions have no order.
    pub unit: &'static str,
    /// The ways to set it.
    pub conditions: Vec<Condition>,
}

/// One way to set a factor.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// For people.
    pub name: String,
    /// Where it lies on the scale of its factor, if that has one.
    pub at: Option<f32>,
    /// Decides about the noise of the picture.
    pub seed: u64,
    still: Still,
}

impl Condition {
    pub(super) fn new(name: impl Into<String>, at: Option<f32>, still: Still) -> Self {
        Self { name: name.into(), at, seed: SEED, still }
    }

    /// This condition with an expression.
    pub fn of(&self, emotion: Emotion) -> Still {
        let Still { expression, blend, .. } = Still::of(emotion);
        Still { expression, blend, ..self.still.clone() }
    }
}

/// All that is varied, the control first.
pub fn factors() -> Vec<Factor> {
    vec![
        control(),
        skin(),
        hair(),
        beard(),
        person(),
        light_direction(),
        light_level(),
        yaw(),
        pitch(),
        roll(),
        size(),
        noise(),
    ]
}

fn plain() -> Still {
    Still::of(Emotion::Neutral)
}

/// The same picture with other noise: what moves here moves by chance.
fn control() -> Factor {
    let conditions = (2..=5u64).map(|seed| Condition {
        seed,
        ..Condition::new(format!("again {}", seed - 1), None, plain())
    });
    Factor {
        key: "control",
        name: "nothing (control)",
        what: "The reference drawn again, with other noise of the camera: what moves here is \
               chance, and the other rows are to be compared with it.",
        unit: "",
        conditions: conditions.collect(),
    }
}

/// The Monk Skin Tone Scale (E. Monk 2019, published by Google in 2022, CC BY 4.0), sRGB.
const MONK: [[u8; 3]; 10] = [
    [0xf6, 0xed, 0xe4],
    [0xf3, 0xe7, 0xdb],
    [0xf7, 0xea, 0xd0],
    [0xea, 0xda, 0xba],
    [0xd7, 0xbd, 0x96],
    [0xa0, 0x7e, 0x56],
    [0x82, 0x5c, 0x43],
    [0x60, 0x41, 0x34],
    [0x3a, 0x31, 0x2a],
    [0x29, 0x24, 0x20],
];

fn skin() -> Factor {
    let conditions = MONK.iter().zip(1u8..).map(|(tone, number)| {
        let skin = tone.map(|v| f32::from(v) / 255.0);
        let appearance = Appearance { skin, lips: lips(skin), ..Appearance::default() };
        Condition::new(
            format!("tone {number}"),
            Some(f32::from(number)),
            Still { appearance, ..plain() },
        )
    });
    Factor {
        key: "skin",
        name: "skin tone",
        what: "The ten tones of the Monk Skin Tone Scale, from light to dark, with lips to match.",
        unit: "tone",
        conditions: conditions.collect(),
    }
}

/// Lips that go with a skin, between those of the lightest and the darkest drawn person.
fn lips(skin: [f32; 3]) -> [f32; 3] {
    const OF_LIGHT: [f32; 3] = [0.84, 0.62, 0.69];
    const OF_DARK: [f32; 3] = [1.05, 0.86, 1.07];
    let lightness = (skin.iter().sum::<f32>() / 3.0 - 0.30) / 0.40;
    let share = lightness.clamp(0.0, 1.0);
    [0, 1, 2].map(|c| skin[c] * (OF_DARK[c] + share * (OF_LIGHT[c] - OF_DARK[c])))
}

fn hair() -> Factor {
    use HairStyle::{Bob, Cropped, Long, Short};
    const BLACK: [f32; 3] = [0.055, 0.047, 0.045];
    const BROWN: [f32; 3] = [0.23, 0.145, 0.095];
    const BLOND: [f32; 3] = [0.56, 0.415, 0.265];
    const RED: [f32; 3] = [0.45, 0.19, 0.09];
    const GREY: [f32; 3] = [0.55, 0.54, 0.53];
    const WHITE: [f32; 3] = [0.86, 0.85, 0.83];
    let worn = [
        ("short, black", Short, BLACK),
        ("short, blond", Short, BLOND),
        ("short, grey", Short, GREY),
        ("cropped, black", Cropped, BLACK),
        ("cropped, white", Cropped, WHITE),
        ("bob, brown", Bob, BROWN),
        ("bob, red", Bob, RED),
        ("bob, white", Bob, WHITE),
        ("long, black", Long, BLACK),
        ("long, blond", Long, BLOND),
        ("long, grey", Long, GREY),
    ];
    let conditions = worn.map(|(name, style, hair)| {
        let appearance = Appearance { style, hair, ..Appearance::default() };
        Condition::new(name, None, Still { appearance, ..plain() })
    });
    Factor {
        key: "hair",
        name: "hair",
        what: "Colour and cut; brows take the colour of the hair.",
        unit: "",
        conditions: conditions.into(),
    }
}

fn beard() -> Factor {
    let conditions = [0.0, 0.5, 0.75, 1.0].map(|beard| {
        let appearance = Appearance { beard, ..Appearance::default() };
        let name = format!("{:.0} %", beard * 100.0);
        Condition::new(name, Some(beard * 100.0), Still { appearance, ..plain() })
    });
    Factor {
        key: "beard",
        name: "beard",
        what: "Shade of a beard; the reference has 22 %.",
        unit: "% shade",
        conditions: conditions.into(),
    }
}

fn person() -> Factor {
    let others = Appearance::PEOPLE.into_iter().zip(1..).skip(1);
    let conditions = others.map(|(appearance, number)| {
        Condition::new(format!("person {number}"), None, Still { appearance, ..plain() })
    });
    Factor {
        key: "person",
        name: "person",
        what: "Another drawn person: skin, hair, eyes, lips, jaw, brows and clothes at once.",
        unit: "",
        conditions: conditions.collect(),
    }
}

fn light_direction() -> Factor {
    let from = [
        ("front", [0.0, -0.1, 1.0]),
        ("left", [-1.0, -0.1, 0.45]),
        ("right", [1.0, -0.1, 0.45]),
        ("above", [0.0, -1.0, 0.45]),
        ("below", [0.0, 1.0, 0.45]),
        ("behind", [-0.5, -0.4, -0.8]),
    ];
    let soft = from.map(|(name, direction)| {
        let light = Light { direction, ..Light::ROOM };
        Condition::new(name, None, Still { light, ..plain() })
    });
    // The same lamp in a dark room throws half of the face into shadow.
    let hard = from[1..5].iter().map(|(name, direction)| {
        let light = Light { direction: *direction, ambient: 0.15, ..Light::ROOM };
        Condition::new(format!("{name}, hard"), None, Still { light, ..plain() })
    });
    Factor {
        key: "light-direction",
        name: "direction of light",
        what: "Where the lamp stands: in a bright room, and (hard) in a dim one.",
        unit: "",
        conditions: soft.into_iter().chain(hard).collect(),
    }
}

fn light_level() -> Factor {
    let conditions = [0.15, 0.25, 0.4, 0.6, 0.8, 1.2, 1.4].map(|level: f32| {
        let room = Light::ROOM;
        let light =
            Light { strength: room.strength * level, ambient: room.ambient * level, ..room };
        let name = format!("{:.0} %", level * 100.0);
        Condition::new(name, Some(level * 100.0), Still { light, ..plain() })
    });
    Factor {
        key: "light-level",
        name: "amount of light",
        what: "Lamp and room together, as a share of the reference.",
        unit: "% of the reference",
        conditions: conditions.into(),
    }
}

fn turned(degrees: &[f32], pose: fn(f32) -> Pose) -> Vec<Condition> {
    let condition = |degrees: &f32| {
        let still = Still { pose: pose(degrees.to_radians()), ..plain() };
        Condition::new(format!("{degrees:+.0}°"), Some(*degrees), still)
    };
    degrees.iter().map(condition).collect()
}

fn yaw() -> Factor {
    Factor {
        key: "yaw",
        name: "head turned aside",
        what: "To the picture's left (-) and right (+).",
        unit: "degrees",
        conditions: turned(&[-45.0, -30.0, -20.0, -10.0, 10.0, 20.0, 30.0, 45.0], |yaw| Pose {
            yaw,
            ..Pose::default()
        }),
    }
}

fn pitch() -> Factor {
    Factor {
        key: "pitch",
        name: "head up and down",
        what: "Chin up (+) and down (-).",
        unit: "degrees",
        conditions: turned(&[-30.0, -20.0, -10.0, 10.0, 20.0, 30.0], |pitch| Pose {
            pitch,
            ..Pose::default()
        }),
    }
}

fn roll() -> Factor {
    Factor {
        key: "roll",
        name: "head tilted",
        what: "Anticlockwise (-) and clockwise (+).",
        unit: "degrees",
        conditions: turned(&[-30.0, -20.0, -10.0, 10.0, 20.0, 30.0], |roll| Pose {
            roll,
            ..Pose::default()
        }),
    }
}

fn size() -> Factor {
    let conditions = [24.0, 32.0, 48.0, 72.0, 110.0, 260.0, 360.0].map(|width: f32| {
        let head = width / 2.0 / super::SIZE.1 as f32;
        Condition::new(format!("{width:.0} px"), Some(width), Still { head, ..plain() })
    });
    Factor {
        key: "size",
        name: "size of the face",
        what: "Width of the head in a picture of 640x480; the reference has 182 px.",
        unit: "px",
        conditions: conditions.into(),
    }
}

fn noise() -> Factor {
    let conditions = [0.0, 4.0, 8.0, 12.0, 20.0, 30.0].map(|noise: f32| {
        Condition::new(format!("{noise:.0}"), Some(noise), Still { noise, ..plain() })
    });
    Factor {
        key: "noise",
        name: "noise of the camera",
        what: "Standard deviation in steps of 8-bit colour; the reference has 1.6.",
        unit: "steps",
        conditions: conditions.into(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_condition_but_the_control_changes_the_drawing() {
        let reference = plain();
        for factor in factors() {
            assert!(factor.conditions.len() >= 3, "{}", factor.name);
            let names: HashSet<_> = factor.conditions.iter().map(|c| &c.name).collect();
            assert_eq!(names.len(), factor.conditions.len(), "{}", factor.name);
            for condition in &factor.conditions {
                let same = condition.of(Emotion::Neutral) == reference;
                assert_eq!(same, factor.key == "control", "{}, {}", factor.name, condition.name);
                assert_eq!(condition.at.is_some(), !factor.unit.is_empty(), "{}", factor.name);
            }
        }
    }

    #[test]
    fn a_condition_keeps_the_expression_it_is_given() {
        for condition in factors().iter().flat_map(|factor| &factor.conditions) {
            for emotion in Emotion::ALL {
                let still = condition.of(emotion);
                assert_eq!(still.expression, Still::of(emotion).expression);
                assert_eq!(still.blend.top().0, emotion);
            }
        }
    }

    #[test]
    fn lips_stay_colours() {
        for tone in MONK {
            let lips = lips(tone.map(|v| f32::from(v) / 255.0));
            assert!(lips.iter().all(|v| (0.0..=1.0).contains(v)), "{lips:?}");
        }
    }
}
