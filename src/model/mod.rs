//! Models: the facts about one (its card), the engine that runs it, and the two that ship.
//!
//! What a model expects and answers (label order, size, normalisation, kind of output) stands in
//! its card, never in code.

mod builtin;
pub mod card;
pub mod check;
pub mod embedding;
pub mod network;
mod probe;
mod tract;

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use crate::baseline::BaselineError;
use crate::digest::sha256;
use card::{DetectorOutput, InputCard};

pub use card::{Card, DetectorCard, EmotionCard};
pub use embedding::EmbeddingModel;
pub use network::{Network, NetworkError, OnnxFacts};

/// A face detector with its card, ready to run.
pub struct DetectorModel {
    /// Facts about it.
    pub card: DetectorCard,
    /// Answers with scores, boxes and landmarks, in this order; of the size of the card's input.
    pub network: Box<dyn Network>,
    /// Answers with the logit of a face in one box, if the card names such a network.
    pub second_look: Option<Box<dyn Network>>,
    /// The file, from which the network is made at other sizes.
    onnx: Cow<'static, [u8]>,
}

/// An emotion model with its card, ready to run.
pub struct EmotionModel {
    /// Facts about it.
    pub card: EmotionCard,
    /// Answers with one row of class scores.
    pub network: Box<dyn Network>,
}

impl DetectorModel {
    /// The detector inside this program.
    ///
    /// # Errors
    /// Only if the build is broken.
    pub fn builtin() -> Result<Self, ModelError> {
        let (card, onnx) = builtin::DETECTOR;
        Self::from_parts("built-in detector", card, |file| {
            let second = file == builtin::SECOND_LOOK.0;
            Ok(Cow::Borrowed(if second { builtin::SECOND_LOOK.1 } else { onnx }))
        })
    }

    /// The detector in folder `dir`, which holds `card.toml` and the file it names.
    ///
    /// # Errors
    /// Says what is missing, unreadable or does not fit.
    pub fn from_dir(dir: &Path) -> Result<Self, ModelError> {
        let place = dir.display().to_string();
        let model = Self::from_parts(&place, &read_card(dir)?, |file| {
            read_onnx(dir, file).map(Cow::Owned)
        })?;
        // Not only when the first frame of such a shape comes.
        for size in &model.card.other_sizes {
            model.network_at(*size).map_err(|error| ModelError::network(&place, error))?;
        }
        Ok(model)
    }

    fn from_parts(
        place: &str,
        card: &str,
        read: impl Fn(&str) -> Result<Cow<'static, [u8]>, ModelError>,
    ) -> Result<Self, ModelError> {
        let mut card =
            DetectorCard::parse(card).map_err(|reason| ModelError::card(place, reason))?;
        let onnx = read(&card.file)?;
        card.sha256 = check_sha256(place, &onnx, &card.sha256)?;
        let network = detector_at(&card, &onnx, card.input.size())
            .map_err(|error| ModelError::network(place, error))?;
        card.check(network.output_shapes())
            .map_err(|reason| ModelError::mismatch(place, reason))?;
        let second_look = match &mut card.second_look {
            Some(look) => {
                let outputs: Vec<&str> = look.output.iter().map(String::as_str).collect();
                let file = (look.file.as_str(), &mut look.sha256);
                let network = load(place, &read, file, &look.input, &outputs)?;
                look.check(network.output_shapes())
                    .map_err(|reason| ModelError::mismatch(place, reason))?;
                Some(network)
            }
            None => None,
        };
        Ok(Self { card, network, second_look, onnx })
    }

    /// The network at another of the card's sizes, width and height. Takes a tenth of a second.
    ///
    /// # Errors
    /// If the file does not take pictures of this size.
    pub fn network_at(&self, size: [usize; 2]) -> Result<Box<dyn Network>, NetworkError> {
        let network = detector_at(&self.card, &self.onnx, size)?;
        let fits = self.card.check(network.output_shapes());
        fits.map(|()| network).map_err(|reason| NetworkError::Load { reason })
    }
}

fn detector_at(
    card: &DetectorCard,
    onnx: &[u8],
    size: [usize; 2],
) -> Result<Box<dyn Network>, NetworkError> {
    let DetectorOutput { scores, boxes, landmarks, .. } = &card.output;
    load_network(onnx, &card.input_at(size).shape(), &[scores, boxes, landmarks])
}

impl EmotionModel {
    /// The emotion model inside this program.
    ///
    /// # Errors
    /// Only if the build is broken.
    pub fn builtin() -> Result<Self, ModelError> {
        let (card, onnx) = builtin::EMOTION;
        Self::from_parts("built-in emotion model", card, |_| Ok(onnx.into()))
    }

    /// The emotion model in folder `dir`, which holds `card.toml` and the file it names.
    ///
    /// # Errors
    /// Says what is missing, unreadable or does not fit.
    pub fn from_dir(dir: &Path) -> Result<Self, ModelError> {
        Self::from_parts(&dir.display().to_string(), &read_card(dir)?, |file| {
            read_onnx(dir, file).map(Cow::Owned)
        })
    }

    /// An emotion model that is in memory and nowhere else; `name` stands for its place in errors.
    ///
    /// # Errors
    /// Says what does not fit.
    pub fn from_memory(name: &str, card: &str, onnx: &[u8]) -> Result<Self, ModelError> {
        Self::from_parts(name, card, |_| Ok(Cow::Owned(onnx.to_vec())))
    }

    fn from_parts(
        place: &str,
        card: &str,
        read: impl Fn(&str) -> Result<Cow<'static, [u8]>, ModelError>,
    ) -> Result<Self, ModelError> {
        let mut card =
            EmotionCard::parse(card).map_err(|reason| ModelError::card(place, reason))?;
        let outputs: Vec<&str> = card.output.name.iter().map(String::as_str).collect();
        let file = (card.file.as_str(), &mut card.sha256);
        let mut network = load(place, &read, file, &card.input, &outputs)?;
        card.check(network.output_shapes())
            .and_then(|()| {
                let answers = probe::ask(&card.input, &mut *network);
                answers.map_err(|error| error.to_string())?.check(&card)
            })
            .map_err(|reason| ModelError::mismatch(place, reason))?;
        Ok(Self { card, network })
    }
}

/// Cards of the two models inside this program, and the sizes of their files in bytes.
pub fn built_in() -> Vec<(Card, u64)> {
    [builtin::EMOTION, builtin::DETECTOR]
        .into_iter()
        .filter_map(|(card, onnx)| Some((Card::parse(card).ok()?, onnx.len() as u64)))
        .collect()
}

/// Reads a file that a card names, compares its checksum with the one that the card states, which it
/// then always does, and loads it.
fn load(
    place: &str,
    read: &impl Fn(&str) -> Result<Cow<'static, [u8]>, ModelError>,
    (file, sha256): (&str, &mut String),
    input: &InputCard,
    outputs: &[&str],
) -> Result<Box<dyn Network>, ModelError> {
    let onnx = read(file)?;
    *sha256 = check_sha256(place, &onnx, sha256)?;
    load_network(&onnx, &input.shape(), outputs).map_err(|error| ModelError::network(place, error))
}

/// Loads an ONNX file for one input of `shape` and the outputs named, in their order; without
/// names, for its only output. For networks that have no card: a model with one is checked against
/// it by [`EmotionModel::from_dir`] and [`DetectorModel::from_dir`].
///
/// # Errors
/// If the file is damaged, hostile, or no network of one picture, or if it differs from what is
/// asked for.
pub fn load_network(
    onnx: &[u8],
    shape: &[usize],
    outputs: &[&str],
) -> Result<Box<dyn Network>, NetworkError> {
    tract::load(onnx, shape, outputs)
}

/// What an ONNX file says of itself, and everything for which it would be refused.
///
/// # Errors
/// If it can't be read at all.
pub fn inspect(onnx: &[u8]) -> Result<(OnnxFacts, Vec<String>), NetworkError> {
    tract::inspect(onnx)
}

/// Larger files are not read: the largest model worth running live is a tenth of this.
const MAX_ONNX_BYTES: u64 = 1 << 30;

/// No card is longer.
const MAX_CARD_BYTES: u64 = 1 << 20;

/// The card in a folder; the file that it names is not looked at.
///
/// # Errors
/// If there is none, or what is wrong with it.
pub fn card_in(dir: &Path) -> Result<Card, ModelError> {
    Card::parse(&read_card(dir)?)
        .map_err(|reasons| ModelError::card(&dir.display().to_string(), reasons.join("; ")))
}

/// The text of the card in a folder.
///
/// # Errors
/// If there is none, or if it is no text.
pub fn read_card(dir: &Path) -> Result<String, ModelError> {
    let path = dir.join("card.toml");
    let bytes = read_bounded(&path, MAX_CARD_BYTES)?;
    String::from_utf8(bytes)
        .map_err(|_| ModelError::card(&path.display().to_string(), "it is no text".into()))
}

fn read_onnx(dir: &Path, file: &str) -> Result<Vec<u8>, ModelError> {
    read_bounded(&dir.join(file), MAX_ONNX_BYTES)
}

/// Reads a file that is no longer than it should be, and no device.
fn read_bounded(path: &Path, limit: u64) -> Result<Vec<u8>, ModelError> {
    let unreadable = |error: &std::io::Error| ModelError::unreadable(path.to_owned(), error);
    let metadata = std::fs::metadata(path).map_err(|error| unreadable(&error))?;
    if !metadata.is_file() || metadata.len() > limit {
        return Err(ModelError::mismatch(
            &path.display().to_string(),
            format!("it is no file of at most {} MB", limit >> 20),
        ));
    }
    std::fs::read(path).map_err(|error| unreadable(&error))
}

/// The checksum of the file, which must be the one the card states, if it states one.
fn check_sha256(place: &str, onnx: &[u8], stated: &str) -> Result<String, ModelError> {
    let found = sha256(onnx);
    if stated.is_empty() || found.eq_ignore_ascii_case(stated) {
        return Ok(found);
    }
    Err(ModelError::mismatch(
        place,
        format!("the card states sha256 {stated}, but the file has {found}: it was changed"),
    ))
}

/// Why a model can't be used. `Display` names the place and the cause; [`Self::advice`] says what
/// to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// A file can't be read.
    #[error("{} can't be read: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// The card is not sound in itself.
    #[error("the card of {place}: {reason}")]
    Card {
        /// Folder or built-in model.
        place: String,
        /// What is wrong, with the line where known.
        reason: String,
    },
    /// Card and network contradict each other.
    #[error("{place} does not fit its card: {reason}")]
    Mismatch {
        /// Folder or built-in model.
        place: String,
        /// What differs.
        reason: String,
    },
    /// The network itself can't be loaded.
    #[error("the network of {place}: {source}")]
    Network {
        /// Folder or built-in model.
        place: String,
        /// What the engine said.
        source: NetworkError,
    },
    /// The baseline that is to be applied belongs to another model.
    #[error(transparent)]
    Baseline(#[from] BaselineError),
}

impl ModelError {
    fn unreadable(path: PathBuf, error: &std::io::Error) -> Self {
        Self::Unreadable { path, reason: error.to_string() }
    }

    fn card(place: &str, reason: String) -> Self {
        Self::Card { place: place.to_owned(), reason }
    }

    fn mismatch(place: &str, reason: String) -> Self {
        Self::Mismatch { place: place.to_owned(), reason }
    }

    fn network(place: &str, source: NetworkError) -> Self {
        Self::Network { place: place.to_owned(), source }
    }

    /// What to do next.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => {
                "Name a folder that holds card.toml and the model file it names."
            }
            Self::Card { .. } => {
                "Correct card.toml; “mien models check” names all that is wrong with it, and \
                 docs/models.md explains every key."
            }
            Self::Mismatch { .. } => {
                "Correct the card, or get the file it was written for; “mien models check” names \
                 all that differs."
            }
            Self::Network { .. } => {
                "Export the model again as one ONNX file for one picture; “mien models check” \
                 names all that is wrong with it."
            }
            Self::Baseline(error) => error.advice(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dir_with(card: &str, onnx: &[u8]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("card.toml"), card).unwrap();
        std::fs::write(dir.path().join("model.onnx"), onnx).unwrap();
        dir
    }

    fn emotion_error(card: &str, onnx: &[u8]) -> ModelError {
        EmotionModel::from_dir(dir_with(card, onnx).path()).err().expect("must be refused")
    }

    /// The shipped card with one piece of text replaced by another.
    fn edited(from: &str, to: &str) -> String {
        let (card, _) = builtin::EMOTION;
        assert!(card.contains(from), "{from}");
        card.replacen(from, to, 1)
    }

    #[test]
    fn the_shipped_models_load() {
        assert_eq!(EmotionModel::builtin().unwrap().card.labels().len(), 8);
        assert_eq!(DetectorModel::builtin().unwrap().network.output_shapes().len(), 3);
    }

    #[test]
    fn a_folder_without_a_card_is_refused_by_name() {
        let dir = tempfile::tempdir().unwrap();
        let error = EmotionModel::from_dir(dir.path()).err().unwrap();
        assert!(error.to_string().contains("card.toml"), "{error}");
    }

    #[test]
    fn one_label_too_few_is_a_mismatch_in_numbers() {
        let error = emotion_error(&edited(", \"contempt\"]", "]"), builtin::EMOTION.1);
        let text = error.to_string();
        assert!(matches!(error, ModelError::Card { .. } | ModelError::Mismatch { .. }), "{text}");
        assert!(text.contains('7') && text.contains('8'), "{text}");
    }

    #[test]
    fn a_changed_file_is_noticed() {
        let mut onnx = builtin::EMOTION.1.to_vec();
        let last = onnx.len() - 1;
        onnx[last] ^= 1;
        let text = emotion_error(builtin::EMOTION.0, &onnx).to_string();
        assert!(text.contains("sha256"), "{text}");
    }

    #[test]
    fn a_second_look_that_was_changed_or_is_another_network_is_refused() {
        let (card, onnx) = builtin::DETECTOR;
        let dir = dir_with(card, onnx);
        let file = dir.path().join(builtin::SECOND_LOOK.0);
        let error = || DetectorModel::from_dir(dir.path()).err().map(|error| error.to_string());
        assert!(error().unwrap().contains(builtin::SECOND_LOOK.0), "it is missing");
        std::fs::write(&file, builtin::SECOND_LOOK.1).unwrap();
        assert_eq!(error(), None);
        std::fs::write(&file, builtin::EMOTION.1).unwrap();
        assert!(error().unwrap().contains("sha256"));
        let pinned = sha256(builtin::SECOND_LOOK.1);
        let other = card.replace(&pinned, &sha256(builtin::EMOTION.1));
        std::fs::write(dir.path().join("card.toml"), other).unwrap();
        assert!(error().is_some(), "it takes another input");
    }

    #[test]
    fn a_detector_is_refused_for_a_size_that_its_network_can_t_have() {
        let (card, onnx) = builtin::DETECTOR;
        // Its maps are halved five times and doubled again.
        let dir = dir_with(&card.replace("[352, 352]", "[352, 100]"), onnx);
        std::fs::write(dir.path().join(builtin::SECOND_LOOK.0), builtin::SECOND_LOOK.1).unwrap();
        let refused = DetectorModel::from_dir(dir.path()).err();
        assert!(matches!(refused, Some(ModelError::Network { .. })), "{refused:?}");
        let check = check::check(dir.path());
        let of_it = |finding: &check::Finding| finding.what.contains("352x100");
        assert!(check.problems.len() == 1 && check.problems.iter().all(of_it), "{check:?}");
    }

    #[test]
    fn a_wrong_input_size_is_refused() {
        let card = edited("width = 48", "width = 47");
        assert!(!emotion_error(&card, builtin::EMOTION.1).to_string().is_empty());
    }

    #[test]
    fn a_truncated_network_is_refused() {
        let onnx = &builtin::EMOTION.1[..40_000];
        let sha = sha256(onnx);
        let (card, _) = builtin::EMOTION;
        let stated = card.lines().find(|line| line.starts_with("sha256")).unwrap();
        let error = emotion_error(&card.replace(stated, &format!("sha256 = \"{sha}\"")), onnx);
        assert!(matches!(error, ModelError::Network { .. }), "{error}");
    }

    #[test]
    fn an_unknown_key_in_the_card_is_named() {
        let text = emotion_error(&edited("[input]", "[input]\ncolour = 1"), &[]).to_string();
        assert!(text.contains("colour"), "{text}");
    }
}
