//! Strategies of the user's own.

use std::fs;
use std::path::Path;

use crate::interaction::Strategies;

/// Those of a file, or the built-in ones.
///
/// # Errors
/// What is wrong with the file and where, in words.
pub fn strategies_of(path: Option<&Path>) -> Result<Strategies, String> {
    let Some(path) = path else { return Ok(Strategies::builtin()) };
    let text = fs::read_to_string(path)
        .map_err(|error| format!("{} can\u{2019}t be read: {error}", path.display()))?;
    Strategies::from_toml(&text).map_err(|error| format!("{}, {error}", path.display()))
}
