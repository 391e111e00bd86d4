//! How a face is read: the confusion of the built-in model, a little different for each person.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::super::chance::Chance;
use super::super::reading::{FaceSign, Reading};
use crate::observation::Affect;

/// The measured table.
const MEASURED: &str = include_str!("../../../assets/companion/readout.toml");

/// Share of moments in which the program says "unsure" of a face in good conditions.
const UNSURE: f64 = 0.12;
/// Spread, in log-odds, of how well single persons are read: some faces are read wrongly again and
/// again, and no averaging over time helps.
const PERSONAL: f64 = 0.8;
/// Smoothed probability of the class that was read; the rest goes where its mistakes go.
const TOP: f64 = 0.75;

/// How far noise that wanders goes, in log-odds, and in what time.
const WALK: f64 = 2.0;
const WALK_SECS: f64 = 1800.0;

#[derive(Deserialize)]
struct Measured {
    valence: [f64; 8],
    arousal: [f64; 8],
    confusion: [[f64; 8]; 8],
}

static TABLE: LazyLock<Measured> =
    LazyLock::new(|| toml::from_str(MEASURED).expect("the table inside the program is sound"));

/// What is read where the reading has nothing to do with the face.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NoiseKind {
    /// Any expression, each held as long as expressions are.
    Held,
    /// Any expression, another one every two seconds.
    Each,
    /// A mixture that wanders, over half an hour or so.
    Walk,
    /// The same all the time.
    Constant,
}

impl NoiseKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Held, Self::Each, Self::Walk, Self::Constant];

    /// In words.
    pub fn word(self) -> &'static str {
        match self {
            Self::Held => "held as expressions are",
            Self::Each => "each reading by itself",
            Self::Walk => "a slow random walk",
            Self::Constant => "constant",
        }
    }
}

/// How much of the readout is noise.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Noise {
    /// Share of moments in which the reading has nothing to do with the face, 0..=1.
    pub share: f64,
    /// What it is then.
    pub kind: NoiseKind,
}

impl Noise {
    /// None at all.
    pub const NONE: Self = Self::held(0.0);

    /// [`NoiseKind::Held`].
    pub const fn held(share: f64) -> Self {
        Self { share, kind: NoiseKind::Held }
    }
}

/// How one person is read.
#[derive(Debug, Clone)]
pub struct PersonalReadout {
    noise: Noise,
    /// Of [`NoiseKind::Walk`] and [`NoiseKind::Constant`]: where it is, as logits.
    walk: [f64; 8],
    /// How often each class is read.
    anything: [f64; 8],
    /// Rows: shown; columns: read; each row sums to 1.
    rows: [[f64; 8]; 8],
    /// A reading for each class that may be read.
    readings: [Reading; 8],
}

impl PersonalReadout {
    /// Of someone new.
    pub fn new(noise: Noise, chance: &mut Chance) -> Self {
        let table = &*TABLE;
        let mut columns = [0.0; 8];
        for row in &table.confusion {
            for (column, count) in columns.iter_mut().zip(row) {
                *column += count;
            }
        }
        let anything = normalised(columns);
        let rows = table.confusion.map(|row| {
            // One picture of each kind is added, as what was never seen in 3,199 is not impossible.
            let personal = row.map(|count| (count + 1.0) * (PERSONAL * chance.normal()).exp());
            let personal = normalised(personal);
            let share = if noise.kind == NoiseKind::Held { noise.share } else { 0.0 };
            std::array::from_fn(|class| (1.0 - share) * personal[class] + share * anything[class])
        });
        let readings = std::array::from_fn(|read| {
            let mistakes = normalised(std::array::from_fn(|shown| table.confusion[shown][read]));
            let mut shares = mistakes.map(|share| (1.0 - TOP) * share);
            shares[read] += TOP;
            let mean = |points: &[f64; 8]| shares.iter().zip(points).map(|(p, v)| p * v).sum();
            let (valence, arousal): (f64, f64) = (mean(&table.valence), mean(&table.arousal));
            let affect = Affect { valence: valence as f32, arousal: arousal as f32 };
            Reading { face: Some(FaceSign { shares, affect, sure: true, looking: true }) }
        });
        let walk = std::array::from_fn(|_| WALK * chance.normal());
        Self { noise, walk, anything, rows, readings }
    }

    /// What is read instead of the face for `secs`, piece by piece; false if the face is read.
    pub fn instead(
        &mut self,
        secs: f64,
        chance: &mut Chance,
        see: &mut impl FnMut(Reading, f64),
    ) -> bool {
        let Noise { share, kind } = self.noise;
        if kind == NoiseKind::Held || !chance.happens(share) {
            return false;
        }
        if kind == NoiseKind::Each {
            let pieces = (secs / 2.0).round();
            for _ in 0..pieces as u32 {
                see(self.readings[chance.pick(&self.anything)], secs / pieces);
            }
            return true;
        }
        if kind == NoiseKind::Walk {
            let kept = (-secs / WALK_SECS).exp();
            let new = WALK * (1.0 - kept * kept).sqrt();
            for place in &mut self.walk {
                *place = kept * *place + new * chance.normal();
            }
        }
        let shares = normalised(self.walk.map(f64::exp));
        let mean = |points: &[f64; 8]| shares.iter().zip(points).map(|(p, v)| p * v).sum::<f64>();
        let affect =
            Affect { valence: mean(&TABLE.valence) as f32, arousal: mean(&TABLE.arousal) as f32 };
        let sign = FaceSign { shares, affect, sure: true, looking: true };
        see(Reading { face: Some(sign) }, secs);
        true
    }

    /// Chance that `read` is read where `shown` is shown.
    pub fn chance_of(&self, shown: usize, read: usize) -> f64 {
        self.rows[shown][read]
    }

    /// What is read when class `shown` is shown, and as which class.
    pub fn read(&self, shown: usize, looking: bool, chance: &mut Chance) -> (usize, Reading) {
        let read = chance.pick(&self.rows[shown]);
        let sure = !chance.happens(UNSURE);
        let mut reading = self.readings[read];
        if let Some(face) = &mut reading.face {
            (face.sure, face.looking) = (sure, looking);
        }
        (read, reading)
    }
}

pub(super) fn normalised<const N: usize>(weights: [f64; N]) -> [f64; N] {
    let sum: f64 = weights.iter().sum();
    weights.map(|weight| weight / sum)
}

#[cfg(test)]
mod tests {
    use super::super::super::reading::EXPRESSIONS;
    use super::*;

    #[derive(Deserialize)]
    struct Named {
        labels: Vec<String>,
        sha256: String,
    }

    #[test]
    fn the_table_is_that_of_the_built_in_model() {
        let named: Named = toml::from_str(MEASURED).unwrap();
        let card = crate::model::EmotionModel::builtin().unwrap().card;
        assert_eq!(named.labels, EXPRESSIONS);
        assert_eq!(named.labels, card.labels().names());
        assert_eq!(named.sha256, card.sha256, "measure the new model and write its table");
    }

    #[test]
    fn people_are_read_about_as_measured_and_noise_reads_nothing() {
        let mut chance = Chance::new(1);
        let mut right = [0.0; 2];
        for (noise, right) in [0.0, 1.0].map(Noise::held).into_iter().zip(&mut right) {
            for _ in 0..400 {
                let person = PersonalReadout::new(noise, &mut chance);
                *right += person.rows[1][1] / 400.0;
                assert!((person.rows[4].iter().sum::<f64>() - 1.0).abs() < 1e-9);
            }
        }
        // Happiness: found in 95 %; some persons less, so a little lower on the whole.
        assert!((0.85..0.96).contains(&right[0]), "{right:?}");
        assert!((right[1] - 0.279).abs() < 0.01, "its share of all readings: {right:?}");
    }
}
