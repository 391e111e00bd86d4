//! How a face is read: the confusion of the built-in model, a little different for each person.

use std::sync::LazyLock;

use serde::Deserialize;

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

#[derive(Deserialize)]
struct Measured {
    valence: [f64; 8],
    arousal: [f64; 8],
    confusion: [[f64; 8]; 8],
}

static TABLE: LazyLock<Measured> =
    LazyLock::new(|| toml::from_str(MEASURED).expect("the table inside the program is sound"));

/// How one person is read.
#[derive(Debug, Clone)]
pub struct PersonalReadout {
    /// Rows: shown; columns: read; each row sums to 1.
    rows: [[f64; 8]; 8],
    /// A reading for each class that may be read.
    readings: [Reading; 8],
}

impl PersonalReadout {
    /// Of someone new. `noise` is the share of moments in which the reading has nothing to do with
    /// the face, 0..=1.
    pub fn new(noise: f64, chance: &mut Chance) -> Self {
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
            std::array::from_fn(|class| (1.0 - noise) * personal[class] + noise * anything[class])
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
        Self { rows, readings }
    }

    /// What is read when class `shown` is shown.
    pub fn read(&self, shown: usize, looking: bool, chance: &mut Chance) -> Reading {
        let read = chance.pick(&self.rows[shown]);
        let sure = !chance.happens(UNSURE);
        let mut reading = self.readings[read];
        if let Some(face) = &mut reading.face {
            (face.sure, face.looking) = (sure, looking);
        }
        reading
    }
}

fn normalised(weights: [f64; 8]) -> [f64; 8] {
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
        for (noise, right) in [0.0, 1.0].into_iter().zip(&mut right) {
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
