//! What was shown: classes, and examples of each as embeddings.

use std::sync::Arc;

/// Examples that a class needs at least: each is held out once, and some must remain to learn from
/// and to choose by.
pub const MIN_PER_CLASS: usize = 5;

/// What is shown and written where no word is better than a wrong one; no class can be called so.
pub const RESERVED: &str = "unsure";

/// Whether a class can't be called so, as it would read like the absence of a class.
pub fn is_reserved(name: &str) -> bool {
    name.trim().eq_ignore_ascii_case(RESERVED)
}

/// Examples to learn classes from.
#[derive(Debug, Clone, Default)]
pub struct Lesson {
    /// Names, which become the labels in this order.
    pub classes: Vec<String>,
    /// In any order.
    pub examples: Vec<Example>,
    /// What [`Example::group`] stands for.
    pub grouping: Grouping,
}

/// One face that was shown.
#[derive(Debug, Clone)]
pub struct Example {
    /// Index into [`Lesson::classes`].
    pub class: usize,
    /// Examples that are alike for a reason other than their class (one person, one take) share
    /// a group; a group never stands on both sides of a split.
    pub group: u64,
    /// The smallest thing that is never divided, for where groups can't be kept together: one
    /// picture, or two seconds of a take.
    pub unit: u64,
    /// Output of the base model's last layer but one, averaged as its card says.
    pub embedding: Arc<[f32]>,
}

/// What examples of one group have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Grouping {
    /// Nothing is known: every picture stands for itself.
    #[default]
    Picture,
    /// One person each, as told by folders inside the class folders or by what file names begin
    /// with.
    Person,
    /// One go at collecting from the camera.
    Take,
}

impl Lesson {
    /// Examples of each class.
    pub fn counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.classes.len()];
        for example in &self.examples {
            if let Some(count) = counts.get_mut(example.class) {
                *count += 1;
            }
        }
        counts
    }

    /// Whether there is enough to learn from.
    ///
    /// # Errors
    /// Names what is missing.
    pub fn check(&self) -> Result<(), TeachError> {
        if self.classes.len() < 2 {
            return Err(TeachError::TooFewClasses { found: self.classes.len() });
        }
        if self.classes.len() > 1000 {
            return Err(TeachError::TooManyClasses { found: self.classes.len() });
        }
        if self.classes.iter().any(|class| is_reserved(class)) {
            return Err(TeachError::Reserved);
        }
        for (class, found) in self.classes.iter().zip(self.counts()) {
            if found < MIN_PER_CLASS {
                return Err(TeachError::TooFewExamples { class: class.clone(), found });
            }
        }
        let dim = self.examples.first().map_or(0, |example| example.embedding.len());
        let sound = |example: &Example| {
            example.class < self.classes.len()
                && example.embedding.len() == dim
                && example.embedding.iter().all(|value| value.is_finite())
        };
        if dim == 0 || !self.examples.iter().all(sound) {
            return Err(TeachError::NoNumbers);
        }
        Ok(())
    }
}

/// Why nothing was learned. `Display` is the cause; [`Self::advice`] says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TeachError {
    /// There is nothing to tell apart.
    #[error(
        "two classes or more are needed to tell apart, there {} {found}",
        if *found == 1 { "is" } else { "are" }
    )]
    TooFewClasses {
        /// Classes there are.
        found: usize,
    },
    /// More than a model card holds.
    #[error("there are {found} classes; up to 1,000 work")]
    TooManyClasses {
        /// Classes there are.
        found: usize,
    },
    /// A class has a name that means something else.
    #[error("no class can be called \u{201c}{RESERVED}\u{201d}: it is the word for no reading")]
    Reserved,
    /// A class has too few examples.
    #[error(
        "\u{201c}{class}\u{201d} has {found} face{}; {MIN_PER_CLASS} are the least, and 30 begin to \
         be useful",
        if *found == 1 { "" } else { "s" }
    )]
    TooFewExamples {
        /// Its name.
        class: String,
        /// Its examples.
        found: usize,
    },
    /// The base model gave something else than numbers.
    #[error("the model answered with something that is no number for one of the faces")]
    NoNumbers,
    /// The optimisation did not end at a minimum.
    #[error("no head could be fitted: {reason}")]
    NotFitted {
        /// What the solver said.
        reason: String,
    },
    /// It was stopped.
    #[error("stopped before it was through")]
    Cancelled,
}

impl TeachError {
    /// What to do next.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::TooFewClasses { .. } => "Add a class with examples of it.",
            Self::TooManyClasses { .. } => "Leave classes out, or join some.",
            Self::Reserved => "Give this class another name.",
            Self::TooFewExamples { .. } => "Add examples of this class, or leave it out.",
            Self::NoNumbers => "Check the base model with “mien doctor”, or use the shipped one.",
            Self::NotFitted { .. } => {
                "Look for a class whose pictures are all the same, and add others."
            }
            Self::Cancelled => "Start it again; nothing was changed.",
        }
    }
}
