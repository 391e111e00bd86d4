//! An emotion model up to its last layer but one: what classes of the user's own are taught on.

use std::path::Path;
use std::sync::Arc;

use super::card::EmotionCard;
use super::network::{HeadLayer, Network};
use super::{ModelError, builtin, check_sha256, read_card, read_onnx, tract};

/// A model that answers with its embedding instead of its scores.
pub struct EmbeddingModel {
    /// What it was loaded from.
    pub base: Arc<BaseModel>,
    /// Answers with one embedding.
    pub network: Box<dyn Network>,
}

/// The files behind it, from which a taught model is made. Not changed once read.
pub struct BaseModel {
    place: String,
    /// The facts, as its card states them.
    pub card: EmotionCard,
    /// The same as a table, with what this version does not know.
    pub card_table: toml::Table,
    /// Name of the output that is the embedding.
    embedding: String,
    onnx: Vec<u8>,
}

impl BaseModel {
    /// The model inside this program.
    ///
    /// # Errors
    /// Only if the build is broken.
    pub fn builtin() -> Result<Self, ModelError> {
        let (card, onnx) = builtin::EMOTION;
        Self::from_parts("built-in emotion model", card, |_| Ok(onnx.to_vec()))
    }

    /// The emotion model in folder `dir`, whose card names an embedding.
    ///
    /// # Errors
    /// Says what is missing or does not fit.
    pub fn from_dir(dir: &Path) -> Result<Self, ModelError> {
        let place = dir.display().to_string();
        Self::from_parts(&place, &read_card(dir)?, |file| read_onnx(dir, file))
    }

    fn from_parts(
        place: &str,
        card_text: &str,
        onnx: impl FnOnce(&str) -> Result<Vec<u8>, ModelError>,
    ) -> Result<Self, ModelError> {
        let refused = |reason: String| ModelError::card(place, reason);
        let card = EmotionCard::parse(card_text).map_err(refused)?;
        let card_table: toml::Table =
            card_text.parse().map_err(|error: toml::de::Error| refused(error.to_string()))?;
        let embedding = card.output.embedding.clone().ok_or_else(|| {
            refused(
                "output.embedding is missing: without an output before the last layer, nothing \
                 can be taught on it"
                    .into(),
            )
        })?;
        let onnx = onnx(&card.file)?;
        check_sha256(place, &onnx, &card.sha256)?;
        Ok(Self { place: place.to_owned(), card, card_table, embedding, onnx })
    }

    /// The ONNX file with `head` as its last layer, and the name of the output that gives its
    /// scores.
    ///
    /// # Errors
    /// If the network is one whose last layer can't be replaced.
    pub fn with_head(&self, head: &HeadLayer<'_>) -> Result<(Vec<u8>, String), ModelError> {
        tract::rehead(&self.onnx, &self.embedding, head)
            .map_err(|error| ModelError::network(&self.place, error))
    }

    /// Loads the network; each thread that works needs one of its own.
    ///
    /// # Errors
    /// Says what does not fit.
    pub fn load(self: &Arc<Self>) -> Result<EmbeddingModel, ModelError> {
        let shape = self.card.input.shape();
        let network = tract::load(&self.onnx, &shape, &[&self.embedding])
            .map_err(|error| ModelError::network(&self.place, error))?;
        Ok(EmbeddingModel { base: Arc::clone(self), network })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_without_an_embedding_says_so() {
        let (card, onnx) = builtin::EMOTION;
        let without = card.replace("embedding = \"embedding\"", "");
        let error = BaseModel::from_parts("this one", &without, |_| Ok(onnx.to_vec()));
        let text = error.err().unwrap().to_string();
        assert!(text.contains("embedding") && text.contains("this one"), "{text}");
    }

    #[test]
    fn the_shipped_model_has_an_embedding() {
        let model = Arc::new(BaseModel::builtin().unwrap()).load().unwrap();
        assert_eq!(model.network.output_shapes().concat(), [1, 96]);
    }
}
