//! Opens the window.

use super::{EXIT_OK, InputArgs, fail};
use crate::settings::Folders;

/// Runs until the window is closed.
pub fn run(input: InputArgs) -> u8 {
    let _ = (input, Folders::locate(), fail);
    EXIT_OK
}
