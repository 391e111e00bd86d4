//! What surrounds the companion: the file it remembers a person in, what other programs tell it on
//! standard input, and the thread on which it sits beside the window.

mod attendant;
mod input;
mod profile_file;
mod seat;

pub use attendant::Attendant;
pub use input::{Input, inputs};
pub use profile_file::{ProfileFile, ProfileFileError};
pub use seat::{CompanionCommand, CompanionEvent, Liking, Memory, Mind, Seat};
