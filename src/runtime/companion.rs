//! What surrounds the companion: the file it remembers a person in, and what other programs tell
//! it on standard input.

mod input;
mod profile_file;

pub use input::{Input, inputs};
pub use profile_file::{ProfileFile, ProfileFileError};
