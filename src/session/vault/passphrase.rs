//! What a person types to lock a session.

use std::collections::HashSet;
use std::sync::Arc;

use age::secrecy::{ExposeSecret, SecretString};

/// A passphrase; wiped from memory with its last copy, and never shown.
#[derive(Debug, Clone)]
pub struct Passphrase(Arc<SecretString>);

/// Why a passphrase is no good for locking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Weak {
    /// There is none.
    #[error("the passphrase is empty")]
    Empty,
    /// Guessed by trying.
    #[error("the passphrase has fewer than {} characters", Passphrase::SHORTEST)]
    Short,
    /// Guessed by trying patterns first.
    #[error("the passphrase is a pattern that is guessed first")]
    Pattern,
}

impl Weak {
    /// What to do next, in one sentence.
    pub fn advice(self) -> &'static str {
        "Take four or more words that nobody would expect together, and keep them safe: without \
         them the session is lost."
    }
}

impl Passphrase {
    /// Characters of one that locks, at least.
    pub const SHORTEST: usize = 12;

    /// Anything may open a session; [`Self::check`] says what may lock one.
    pub fn new(text: String) -> Self {
        Self(Arc::new(SecretString::from(text)))
    }

    pub(super) fn secret(&self) -> SecretString {
        SecretString::clone(&self.0)
    }

    /// Whether nothing was typed.
    pub fn is_empty(&self) -> bool {
        self.0.expose_secret().is_empty()
    }

    /// Whether it may lock a session. No measure of strength: it refuses what is short, a piece
    /// said again and again, and runs such as `1234` or `aaaa`.
    ///
    /// # Errors
    /// Says why not.
    pub fn check(&self) -> Result<(), Weak> {
        let text: Vec<char> = self.0.expose_secret().trim().chars().collect();
        let lower: Vec<char> = text.iter().flat_map(|c| c.to_lowercase()).collect();
        if text.is_empty() {
            return Err(Weak::Empty);
        }
        if text.len() < Self::SHORTEST {
            return Err(Weak::Short);
        }
        let piece = &lower[..period(&lower)];
        // Those that do not follow from the one before.
        let free = piece.windows(2).filter(|pair| {
            let step = i64::from(u32::from(pair[1])) - i64::from(u32::from(pair[0]));
            step.abs() > 1
        });
        let different: HashSet<&char> = piece.iter().collect();
        let enough = piece.len() >= Self::SHORTEST && free.count() >= 6 && different.len() >= 6;
        if enough { Ok(()) } else { Err(Weak::Pattern) }
    }
}

/// The length of the shortest piece whose repetition the text is.
fn period(text: &[char]) -> usize {
    let repeats = |len: &usize| text.iter().zip(&text[*len..]).all(|(a, b)| a == b);
    (1..text.len()).find(repeats).unwrap_or(text.len())
}

impl PartialEq for Passphrase {
    fn eq(&self, other: &Self) -> bool {
        self.0.expose_secret() == other.0.expose_secret()
    }
}

impl Eq for Passphrase {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_guessed_first_is_refused() {
        let check = |text: &str| Passphrase::new(text.to_owned()).check();
        assert_eq!([check(""), check("   ")], [Err(Weak::Empty); 2]);
        assert_eq!(check("tea Kettle9"), Err(Weak::Short));
        for pattern in [
            "aaaaaaaaaaaaaaaa",
            "123456789012345",
            "abcdefghijklmnop",
            "passwordpassword",
            "ababABababab",
        ] {
            assert_eq!(check(pattern), Err(Weak::Pattern), "{pattern}");
        }
        for good in ["correct horse battery staple", "vier Ähren im Juli", "X7#kd0!mPq2z"] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn it_is_never_shown() {
        let shown = format!("{:?}", Passphrase::new("correct horse".into()));
        assert!(!shown.contains("horse"), "{shown}");
    }
}
