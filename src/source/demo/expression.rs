//! What a face does: muscles as numbers, and how they look for each emotion.

/// The classes of FER+, in its order. The drawing knows how each looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Emotion {
    /// At rest.
    Neutral,
    /// A smile with teeth and raised cheeks.
    Happiness,
    /// Raised brows, wide eyes, open mouth.
    Surprise,
    /// Inner brows up, mouth corners down, heavy lids.
    Sadness,
    /// Brows drawn together and down, lips pressed.
    Anger,
    /// Wrinkled nose, raised upper lip.
    Disgust,
    /// Brows up and together, wide eyes, lips drawn apart.
    Fear,
    /// One corner of the mouth raised.
    Contempt,
}

impl Emotion {
    /// All of them, in the order of FER+.
    pub const ALL: [Self; 8] = [
        Self::Neutral,
        Self::Happiness,
        Self::Surprise,
        Self::Sadness,
        Self::Anger,
        Self::Disgust,
        Self::Fear,
        Self::Contempt,
    ];

    /// The noun that models and files use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Neutral => "neutral",
            Self::Happiness => "happiness",
            Self::Surprise => "surprise",
            Self::Sadness => "sadness",
            Self::Anger => "anger",
            Self::Disgust => "disgust",
            Self::Fear => "fear",
            Self::Contempt => "contempt",
        }
    }
}

/// How far each part of the face is from rest (all 0). Mostly -1..=1.5; lengths are in half face
/// widths times a factor of the drawing.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Expression {
    /// Mouth corners up (+) or down (-).
    pub corner: f32,
    /// Mouth wider (+) or narrower (-).
    pub wide: f32,
    /// Mouth and jaw open.
    pub open: f32,
    /// How much of the opening the upper teeth fill, 0..=1.
    pub teeth: f32,
    /// Brows up (+) or down (-).
    pub brow: f32,
    /// Inner ends of the brows up (+) or down and together (-).
    pub inner: f32,
    /// Eyes wider (+) or narrower (-); -1 is shut.
    pub lid: f32,
    /// Cheeks raised.
    pub cheek: f32,
    /// Lips pressed thin.
    pub press: f32,
    /// Nose wrinkled and upper lip raised.
    pub nose: f32,
    /// The corner on the picture's right up alone.
    pub smirk: f32,
}

impl Expression {
    /// The face of `emotion` at full strength.
    pub const fn of(emotion: Emotion) -> Self {
        let rest = Self::REST;
        match emotion {
            Emotion::Neutral => rest,
            Emotion::Happiness => Self {
                corner: 1.0,
                wide: 0.65,
                open: 0.5,
                teeth: 1.0,
                cheek: 0.75,
                lid: 0.05,
                brow: 0.1,
                ..rest
            },
            Emotion::Surprise => Self { open: 1.25, wide: -0.35, brow: 1.5, lid: 0.85, ..rest },
            Emotion::Sadness => {
                Self { corner: -1.05, inner: 1.55, brow: -0.2, lid: -0.35, cheek: 0.55, ..rest }
            }
            Emotion::Anger => Self {
                corner: -0.6,
                wide: -0.5,
                press: 0.55,
                inner: -1.5,
                brow: -0.55,
                lid: 0.6,
                cheek: 0.35,
                nose: 0.6,
                ..rest
            },
            Emotion::Disgust => Self {
                corner: -0.85,
                wide: -0.35,
                inner: -1.3,
                brow: -0.9,
                lid: -0.6,
                cheek: 0.7,
                nose: 1.5,
                open: 0.03,
                ..rest
            },
            Emotion::Fear => Self {
                corner: -1.35,
                wide: 0.7,
                open: 1.15,
                teeth: 0.4,
                brow: 0.2,
                inner: 1.0,
                lid: 0.95,
                cheek: 0.1,
                nose: 0.6,
                ..rest
            },
            Emotion::Contempt => {
                Self { smirk: 1.0, press: 0.5, wide: 0.2, inner: -0.3, lid: -0.15, ..rest }
            }
        }
    }

    /// At rest.
    pub const REST: Self = Self {
        corner: 0.0,
        wide: 0.0,
        open: 0.0,
        teeth: 0.0,
        brow: 0.0,
        inner: 0.0,
        lid: 0.0,
        cheek: 0.0,
        press: 0.0,
        nose: 0.0,
        smirk: 0.0,
    };

    /// The mixture of expressions in the shares of `blend`.
    pub fn blended(blend: &Blend) -> Self {
        let mut sum = [0.0; 11];
        for (emotion, weight) in Emotion::ALL.into_iter().zip(blend.weights()) {
            for (total, part) in sum.iter_mut().zip(Self::of(emotion).to_array()) {
                *total += weight * part;
            }
        }
        Self::from_array(sum)
    }

    fn to_array(self) -> [f32; 11] {
        [
            self.corner,
            self.wide,
            self.open,
            self.teeth,
            self.brow,
            self.inner,
            self.lid,
            self.cheek,
            self.press,
            self.nose,
            self.smirk,
        ]
    }

    fn from_array(parts: [f32; 11]) -> Self {
        let [corner, wide, open, teeth, brow, inner, lid, cheek, press, nose, smirk] = parts;
        Self { corner, wide, open, teeth, brow, inner, lid, cheek, press, nose, smirk }
    }
}

/// Shares of the emotions in an expression: each 0..=1, sum 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Blend([f32; 8]);

impl Blend {
    /// One emotion at full strength.
    pub fn pure(emotion: Emotion) -> Self {
        Self::between(emotion, emotion, 0.0)
    }

    /// On the way from one emotion (`share` 0) to another (`share` 1).
    pub fn between(from: Emotion, to: Emotion, share: f32) -> Self {
        let share = share.clamp(0.0, 1.0);
        let mut weights = [0.0; 8];
        weights[from as usize] += 1.0 - share;
        weights[to as usize] += share;
        Self(weights)
    }

    /// In the order of [`Emotion::ALL`].
    pub fn weights(&self) -> [f32; 8] {
        self.0
    }

    /// The emotion with the largest share (the first of equals) and its share.
    pub fn top(&self) -> (Emotion, f32) {
        Emotion::ALL.into_iter().zip(self.0).fold(
            (Emotion::Neutral, f32::NEG_INFINITY),
            |best, (emotion, weight)| {
                if weight > best.1 { (emotion, weight) } else { best }
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halfway_is_the_mean_of_both_faces() {
        let half = Blend::between(Emotion::Happiness, Emotion::Surprise, 0.5);
        assert_eq!(half.weights().iter().sum::<f32>(), 1.0);
        let (a, b) = (Expression::of(Emotion::Happiness), Expression::of(Emotion::Surprise));
        let mixed = Expression::blended(&half);
        assert!((mixed.open - (a.open + b.open) / 2.0).abs() < 1e-6);
        assert!((mixed.brow - (a.brow + b.brow) / 2.0).abs() < 1e-6);
    }

    #[test]
    fn a_pure_blend_is_the_preset() {
        for emotion in Emotion::ALL {
            let blend = Blend::pure(emotion);
            assert_eq!(blend.top(), (emotion, 1.0));
            assert_eq!(Expression::blended(&blend), Expression::of(emotion));
        }
    }
}
