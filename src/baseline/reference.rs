//! How the average neutral face reads with a model: what a face at rest is compared with.

use crate::dataset::labels::noun;
use crate::model::card::EmotionCard;

/// Spread of the log-odds where the card does not say it; about that of the built-in model.
const USUAL_SPREAD: f32 = 1.0;

/// How neutral faces read with a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Reference {
    /// The neutral class.
    pub neutral: usize,
    /// Median of `ln p_k - ln p_neutral` over neutral faces, one a class; 0 for neutral.
    pub log_odds: Vec<f32>,
    /// Their standard deviation between faces, above 0; of no meaning for neutral.
    pub spread: Vec<f32>,
    /// Whether the card says so; else it is the fallback.
    pub of_card: bool,
}

impl Reference {
    /// What the card says. Where it says nothing, the class that is called neutral counts as the
    /// resting one, and only what exceeds an even share of one half is corrected: the other half is
    /// neutral's. `None`: no class is neutral, so that nothing can be corrected towards it.
    pub fn of(card: &EmotionCard) -> Option<Self> {
        let labels = card.labels();
        let called = |name: &str| labels.names().iter().position(|label| label == name);
        if let Some(neutral) = &card.neutral {
            return Some(Self {
                neutral: called(&neutral.label)?,
                log_odds: neutral.log_odds.clone(),
                spread: neutral.spread.clone(),
                of_card: true,
            });
        }
        let is_neutral = |label: &String| noun(label) == Some("neutral");
        let neutral = labels.names().iter().position(is_neutral)?;
        let even = -(labels.len().saturating_sub(1).max(1) as f32).ln();
        let mut log_odds = vec![even; labels.len()];
        log_odds[neutral] = 0.0;
        let spread = vec![USUAL_SPREAD; labels.len()];
        Some(Self { neutral, log_odds, spread, of_card: false })
    }
}
