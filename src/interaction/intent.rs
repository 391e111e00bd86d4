//! What the user is about: what they say, else what a small classifier makes of a note and of the
//! context. Not sure enough is unknown.

use std::sync::{Arc, LazyLock};

use serde::{Deserialize, Serialize};

use super::context::{Context, Intent, Scenario};
use super::user::UserModel;
use crate::teach::regression::{self, Design, Standard};

/// Rows of words that the built-in model learns from, English and Chinese.
const BUILTIN_ROWS: &str = include_str!("../../assets/companion/intents.csv");

/// Places that n-grams are hashed to.
const BUCKETS: usize = 2048;
/// Numbers beside them: looking, face, the four scenarios.
const AROUND: usize = 6;
const DIM: usize = BUCKETS + AROUND;
const CLASSES: usize = Intent::ALL.len();

/// Found by cross-validation on the built-in rows among 1e-2, 1e-3, 1e-4 and 1e-5; a smaller one
/// would be surer than it may.
const PENALTY: f64 = 1e-4;

/// Below this probability an intent is unknown: then it is more likely another.
pub const KNOWN_FROM: f64 = 0.5;

/// How probable each intent is, and whether that is enough to go by.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct IntentGuess {
    /// Probabilities in the order of [`Intent::ALL`]; sum 1.
    pub shares: [f64; CLASSES],
    /// The one to go by.
    pub known: Option<Intent>,
    /// The user said so themselves.
    pub said: bool,
}

impl IntentGuess {
    /// Nothing is known.
    pub const UNKNOWN: Self =
        Self { shares: [1.0 / CLASSES as f64; CLASSES], known: None, said: false };

    fn said(intent: Intent) -> Self {
        let shares = Intent::ALL.map(|each| f64::from(u8::from(each == intent)));
        Self { shares, known: Some(intent), said: true }
    }
}

/// A labelled row to learn from.
#[derive(Debug, Clone, PartialEq)]
pub struct IntentRow {
    /// What the user was about.
    pub intent: Intent,
    /// What they typed; may be empty.
    pub note: String,
    /// What was around.
    pub around: Around,
}

/// What the classifier knows beside the note. `None`: not known.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Around {
    /// Share of the last minute with a face, 0..=1.
    pub face: Option<f64>,
    /// Of that, looking at the screen, 0..=1.
    pub looking: Option<f64>,
    /// What the companion is part of.
    pub scenario: Option<Scenario>,
}

impl Around {
    /// Of the last minute.
    pub fn of(user: &UserModel, context: &Context) -> Self {
        let minute = &user.windows()[1];
        let scenario = Some(context.scenario);
        Self { face: minute.face(), looking: minute.looking(), scenario }
    }
}

/// Multinomial logistic regression on hashed n-grams and a few numbers of the context.
#[derive(Debug, Clone, PartialEq)]
pub struct IntentModel {
    /// `CLASSES * DIM`, class by class.
    weights: Vec<f64>,
    bias: Vec<f64>,
}

/// Why rows can't be learned from. `Display` says what to do.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum IntentError {
    /// The table makes no sense.
    #[error("line {line}: {reason}")]
    Row {
        /// From 1.
        line: u64,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// Too little of a class.
    #[error("only {count} rows say {}; give at least {least} of each intent", intent.word())]
    TooFew {
        /// Which one.
        intent: Intent,
        /// How many there are.
        count: usize,
        /// How many there must be.
        least: usize,
    },
    /// The solver found no minimum.
    #[error("no weights fit the rows: {0}")]
    NotFitted(String),
    /// A stored model of another make.
    #[error("the stored intent model is not one of this version; train it again")]
    OtherVersion,
}

/// Rows that a class needs.
const FEWEST_ROWS: usize = 4;

impl IntentModel {
    /// The model of the built-in rows, learned when it is first asked for (some tenths of a
    /// second).
    pub fn builtin() -> Arc<Self> {
        static BUILTIN: LazyLock<Arc<IntentModel>> = LazyLock::new(|| {
            let rows = builtin_rows();
            Arc::new(IntentModel::train(&rows).unwrap_or_else(|_| IntentModel::knowing_nothing()))
        });
        Arc::clone(&BUILTIN)
    }

    /// Calls everything unknown.
    pub fn knowing_nothing() -> Self {
        Self { weights: vec![0.0; CLASSES * DIM], bias: vec![0.0; CLASSES] }
    }

    /// Learns from rows.
    ///
    /// # Errors
    /// [`IntentError::TooFew`], [`IntentError::NotFitted`].
    pub fn train(rows: &[IntentRow]) -> Result<Self, IntentError> {
        for (class, intent) in Intent::ALL.into_iter().enumerate() {
            let count = rows.iter().filter(|row| class_of(row.intent) == class).count();
            if count < FEWEST_ROWS {
                return Err(IntentError::TooFew { intent, count, least: FEWEST_ROWS });
            }
        }
        let features: Vec<Vec<f32>> = rows
            .iter()
            .map(|row| features(&row.note, &row.around).iter().map(|x| *x as f32).collect())
            .collect();
        let features: Vec<&[f32]> = features.iter().map(Vec::as_slice).collect();
        let classes: Vec<usize> = rows.iter().map(|row| class_of(row.intent)).collect();
        // Hashed features are of one scale already; standardising would blow up the rare ones.
        let standard = Standard { mean: vec![0.0; DIM], scale: vec![1.0; DIM] };
        let design = Design::new(&features, &classes, CLASSES, &standard);
        let mut weights = regression::fit(&design, PENALTY, vec![0.0; design.parameters()])
            .map_err(|error| IntentError::NotFitted(error.to_string()))?;
        let bias = weights.split_off(CLASSES * DIM);
        Ok(Self { weights, bias })
    }

    /// What the user is about; what they say beats what is guessed.
    pub fn guess(&self, context: &Context, around: &Around) -> IntentGuess {
        match context.intent {
            Some(intent) => IntentGuess::said(intent),
            None => self.classify(&context.note, around),
        }
    }

    fn classify(&self, note: &str, around: &Around) -> IntentGuess {
        let row = features(note, around);
        if row.iter().all(|x| *x == 0.0) {
            return IntentGuess::UNKNOWN;
        }
        let mut logits = [0.0; CLASSES];
        regression::scores(&self.weights, &self.bias, &row, &mut logits);
        let log_sum = regression::log_sum_exp(&logits);
        let shares = logits.map(|logit| (logit - log_sum).exp());
        let top = (1..CLASSES).fold(0, |best, i| if shares[i] > shares[best] { i } else { best });
        let known = (shares[top] >= KNOWN_FROM).then_some(Intent::ALL[top]);
        IntentGuess { shares, known, said: false }
    }

    /// Of rows held out in turn, how many were named rightly, wrongly, and called unknown.
    ///
    /// # Errors
    /// As [`Self::train`].
    pub fn cross_validate(rows: &[IntentRow], folds: usize) -> Result<IntentFigures, IntentError> {
        let mut figures = IntentFigures::default();
        // Each class is dealt out by itself, so that every fold has some of each.
        let mut dealt = [0usize; CLASSES];
        let fold_of: Vec<usize> = rows
            .iter()
            .map(|row| {
                let count = &mut dealt[class_of(row.intent)];
                *count += 1;
                *count % folds
            })
            .collect();
        for fold in 0..folds {
            let pick = |held: bool| {
                let pairs = rows.iter().zip(&fold_of);
                pairs.filter(move |(_, of)| (**of == fold) == held).map(|(row, _)| row)
            };
            let model = Self::train(&pick(false).cloned().collect::<Vec<_>>())?;
            for row in pick(true) {
                match model.classify(&row.note, &row.around).known {
                    Some(intent) if intent == row.intent => figures.right += 1,
                    Some(_) => figures.wrong += 1,
                    None => figures.unknown += 1,
                }
            }
        }
        Ok(figures)
    }

    /// The weights that are not 0, as they are stored.
    pub fn stored(&self) -> StoredIntentModel {
        let weights = self.weights.iter().enumerate().filter(|(_, w)| w.abs() > 1e-6);
        StoredIntentModel {
            buckets: BUCKETS,
            weights: weights.map(|(at, w)| (at as u32, *w as f32)).collect(),
            bias: self.bias.clone(),
        }
    }

    /// Back from [`Self::stored`].
    ///
    /// # Errors
    /// [`IntentError::OtherVersion`] if it has another shape.
    pub fn from_stored(stored: &StoredIntentModel) -> Result<Self, IntentError> {
        let mut model = Self::knowing_nothing();
        let sound = stored.buckets == BUCKETS && stored.bias.len() == CLASSES;
        if !sound || stored.bias.iter().any(|bias| !bias.is_finite()) {
            return Err(IntentError::OtherVersion);
        }
        model.bias.clone_from(&stored.bias);
        for (at, weight) in &stored.weights {
            match model.weights.get_mut(*at as usize) {
                Some(place) if weight.is_finite() => *place = f64::from(*weight),
                _ => return Err(IntentError::OtherVersion),
            }
        }
        Ok(model)
    }
}

/// An [`IntentModel`] in a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoredIntentModel {
    buckets: usize,
    weights: Vec<(u32, f32)>,
    bias: Vec<f64>,
}

/// How an intent model did on rows it had not seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct IntentFigures {
    /// Named rightly.
    pub right: usize,
    /// Named wrongly.
    pub wrong: usize,
    /// Left unknown.
    pub unknown: usize,
}

/// The rows of the built-in model.
pub fn builtin_rows() -> Vec<IntentRow> {
    rows_from_csv(BUILTIN_ROWS.as_bytes()).unwrap_or_default()
}

/// Reads a table with the columns `intent` and `note`, and, where known, `face`, `looking` (0 to
/// 1) and `scenario`.
///
/// # Errors
/// [`IntentError::Row`] with the line.
pub fn rows_from_csv(bytes: &[u8]) -> Result<Vec<IntentRow>, IntentError> {
    let mut reader = csv::Reader::from_reader(bytes);
    let wrong = |line: u64, reason: String| IntentError::Row { line, reason };
    let headers = reader.headers().map_err(|error| wrong(1, error.to_string()))?.clone();
    let column = |name: &str| headers.iter().position(|header| header.trim() == name);
    let Some(intent_at) = column("intent") else {
        return Err(wrong(1, "there is no column \u{201c}intent\u{201d}; add one".into()));
    };
    let places = ["note", "face", "looking", "scenario"].map(column);
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| {
            let line = error.position().map_or(0, csv::Position::line);
            wrong(line, error.to_string())
        })?;
        let line = record.position().map_or(0, csv::Position::line);
        let word = record.get(intent_at).unwrap_or_default().trim();
        let intent = Intent::from_word(word).ok_or_else(|| {
            let words = Intent::ALL.map(Intent::word).join(", ");
            wrong(line, format!("\u{201c}{word}\u{201d} is no intent; write one of {words}"))
        })?;
        let cell = |at: usize| {
            let cell = places[at].and_then(|place| record.get(place)).unwrap_or_default().trim();
            (!cell.is_empty()).then_some(cell)
        };
        let share = |at: usize| -> Result<Option<f64>, IntentError> {
            let Some(cell) = cell(at) else { return Ok(None) };
            let share = cell.parse().ok().filter(|share| (0.0..=1.0).contains(share));
            share.map(Some).ok_or_else(|| {
                wrong(line, format!("\u{201c}{cell}\u{201d} is no share from 0 to 1"))
            })
        };
        let scenario = match cell(3) {
            None => None,
            Some(word) => Some(
                Scenario::from_word(word)
                    .ok_or_else(|| wrong(line, format!("\u{201c}{word}\u{201d} is no scenario")))?,
            ),
        };
        let around = Around { face: share(1)?, looking: share(2)?, scenario };
        rows.push(IntentRow { intent, note: cell(0).unwrap_or_default().to_owned(), around });
    }
    Ok(rows)
}

fn class_of(intent: Intent) -> usize {
    intent as usize
}

/// N-grams of the note, hashed and scaled to length 1, then the numbers around it.
fn features(note: &str, around: &Around) -> Vec<f64> {
    let mut row = vec![0.0; DIM];
    let mut gram = |text: &[char]| row[bucket(text)] += 1.0;
    let note = note.to_lowercase();
    for word in note.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let letters: Vec<char> = word.chars().collect();
        if letters.iter().all(|c| is_han(*c)) {
            // Without spaces, words are pairs of characters more often than not.
            letters.chunks(1).chain(letters.windows(2)).for_each(&mut gram);
            continue;
        }
        gram(&letters);
        let bordered: Vec<char> =
            std::iter::once('<').chain(letters).chain(std::iter::once('>')).collect();
        bordered.windows(4).for_each(&mut gram);
    }
    let length = row.iter().map(|x| x * x).sum::<f64>().sqrt();
    if length > 0.0 {
        row.iter_mut().for_each(|x| *x /= length);
    }
    // Centred, so that what is not known is 0.
    row[BUCKETS] = around.looking.map_or(0.0, |share| share - 0.5);
    row[BUCKETS + 1] = around.face.map_or(0.0, |share| share - 0.5);
    if let Some(scenario) = around.scenario {
        row[BUCKETS + 2 + scenario as usize] = 1.0;
    }
    row
}

fn is_han(c: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&c)
}

/// FNV-1a (Fowler, Noll & Vo): the same on every machine and in every version.
fn bucket(gram: &[char]) -> usize {
    let hash = gram.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, c| {
        (hash ^ u64::from(u32::from(*c))).wrapping_mul(0x0000_0100_0000_01b3)
    });
    (hash % BUCKETS as u64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guess(note: &str) -> IntentGuess {
        IntentModel::builtin().classify(note, &Around::default())
    }

    #[test]
    fn notes_are_understood_in_both_languages() {
        for (note, intent) in [
            ("I am in a meeting with my colleague", Intent::Call),
            ("writing a report", Intent::Working),
            ("watching a film with subtitles", Intent::Reading),
            ("taking a short break", Intent::Resting),
            ("practising expressions", Intent::Practising),
            ("视频会议", Intent::Call),
            ("休息", Intent::Resting),
        ] {
            assert_eq!(guess(note).known, Some(intent), "{note}: {:?}", guess(note));
        }
    }

    #[test]
    fn unknown_stays_unknown_and_what_is_said_counts() {
        for note in ["", "zqxv jkwy", "???"] {
            assert_eq!(guess(note).known, None, "{note}: {:?}", guess(note));
        }
        let context =
            Context { intent: Some(Intent::Call), note: "休息".into(), ..Context::default() };
        let said = IntentModel::builtin().guess(&context, &Around::default());
        assert_eq!((said.known, said.said), (Some(Intent::Call), true));
    }

    #[test]
    fn rows_that_were_held_out_are_mostly_named_rightly() {
        let figures = IntentModel::cross_validate(&builtin_rows(), 5).unwrap();
        let named = figures.right + figures.wrong;
        assert_eq!(named + figures.unknown, builtin_rows().len());
        assert!(figures.right * 10 >= named * 7, "{figures:?}");
    }

    #[test]
    fn a_model_comes_back_from_its_file() {
        let model = IntentModel::builtin();
        let text = serde_json::to_string(&model.stored()).unwrap();
        let back = IntentModel::from_stored(&serde_json::from_str(&text).unwrap()).unwrap();
        let (a, b) = (guess("on the phone"), back.classify("on the phone", &Around::default()));
        assert!((a.shares[4] - b.shares[4]).abs() < 1e-4);
        let other = StoredIntentModel { buckets: 3, ..model.stored() };
        assert_eq!(IntentModel::from_stored(&other), Err(IntentError::OtherVersion));
    }

    #[test]
    fn wrong_rows_are_named_with_their_line() {
        let error = rows_from_csv(b"intent,note\nworking,x\nflying,y\n").unwrap_err();
        assert!(error.to_string().starts_with("line 3: \u{201c}flying\u{201d}"), "{error}");
        let error = rows_from_csv(b"intent,note,face\nworking,x,2\n").unwrap_err();
        assert!(error.to_string().contains("no share"), "{error}");
        let few = rows_from_csv(b"intent,note\nworking,x\n").unwrap();
        assert!(matches!(IntentModel::train(&few), Err(IntentError::TooFew { .. })));
    }
}
