//! Which emotion model reads, and which others can be chosen.

use std::path::{Path, PathBuf};

use crate::model::Card;

/// Folders that are remembered.
pub const MOST_MODELS: usize = 12;

/// What is said of a model before it is chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelFacts {
    /// As its card names it.
    pub name: String,
    /// Its classes in their order.
    pub labels: Vec<String>,
    /// Terms of the weights and of the data.
    pub licence: [String; 2],
    /// How good it is, and on what; `None`: its card has no figures.
    pub accuracy: Option<String>,
    /// What it is bad at.
    pub limits: Vec<String>,
}

impl ModelFacts {
    /// Of a card; `None` if it is that of a detector.
    pub fn of(card: &Card) -> Option<Self> {
        let Card::Emotion(emotion) = card else { return None };
        let accuracy = card.headline().map(|(set, figures)| {
            let figures = figures.iter().map(|(name, figure)| match name.as_str() {
                "ece" => format!("calibration error {figure:.3}"),
                name => format!("{name} {}", crate::words::percent(*figure)),
            });
            format!("{} ({set})", figures.collect::<Vec<_>>().join(", "))
        });
        Some(Self {
            name: emotion.name.clone(),
            labels: emotion.labels().names().to_vec(),
            licence: [emotion.licence.weights.clone(), emotion.licence.data.clone()],
            accuracy: accuracy.filter(|text| !text.starts_with(' ')),
            limits: emotion.limits.clone(),
        })
    }
}

/// A model by its folder; `None` is the one inside the program.
pub type ModelPlace = Option<PathBuf>;

/// Everything about choosing a model.
#[derive(Debug, Default)]
pub struct Models {
    /// What cards say, or why they can't be read.
    pub known: Vec<(ModelPlace, Result<ModelFacts, String>)>,
    /// The one that reads, or is to from the start.
    pub in_use: ModelPlace,
    /// The one that is being loaded.
    asked: Option<ModelPlace>,
    /// Why the one that was asked for last does not read.
    pub problem: Option<(ModelPlace, String)>,
}

impl Models {
    /// What the card of a model says.
    pub fn facts(&self, place: Option<&Path>) -> Option<&Result<ModelFacts, String>> {
        let found = self.known.iter().find(|(known, _)| known.as_deref() == place);
        found.map(|(_, facts)| facts)
    }

    /// A model was asked to read.
    pub fn ask(&mut self, place: ModelPlace) {
        self.problem = None;
        self.asked = Some(place);
    }

    /// The one that is being loaded.
    pub fn asked(&self) -> Option<&ModelPlace> {
        self.asked.as_ref()
    }

    /// Another model reads now; the place of it, if it was asked for here.
    pub fn on_changed(&mut self) -> Option<ModelPlace> {
        let place = self.asked.take()?;
        self.in_use.clone_from(&place);
        Some(place)
    }

    /// The one that was asked for can't be used; whether one was.
    pub fn on_failed(&mut self, message: &str) -> bool {
        let Some(place) = self.asked.take() else { return false };
        self.problem = Some((place, message.to_owned()));
        true
    }
}
