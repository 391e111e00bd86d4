//! What surrounds the companion: the file it remembers a person in, what other programs tell it on
//! standard input, and the thread on which it sits beside the window.

mod attendant;
mod input;
mod profile_file;
mod seat;
mod strategies_file;

pub use attendant::Attendant;
pub use input::{Input, inputs};
pub use profile_file::{ProfileFile, ProfileFileError};
pub use seat::{CompanionCommand, CompanionEvent, Liking, Memory, Mind, Seat};
pub use strategies_file::strategies_of;
