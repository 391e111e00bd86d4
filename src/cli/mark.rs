//! `mien mark`: a marker for the recording that runs.

use std::io;

use clap::Args;

use super::{EXIT_OK, fail};
use crate::runtime::marks::send;
use crate::settings::Folders;

pub const EXAMPLES: &str = "\
Examples:
  mien mark \"stimulus 3\"            now, in the recording of the window or of mien live
  mien mark \"response\" --at-key     at each Enter, until Ctrl+D; a line typed before is its text

The time of the marker is that of its arrival. The command takes a while to start, on a busy
computer a tenth of a second; --at-key has started already, and is as exact as the keyboard.";

#[derive(Debug, Args)]
pub struct MarkArgs {
    /// Its text.
    #[arg(value_name = "TEXT", default_value = "mark")]
    text: String,
    /// Wait, and mark at each Enter.
    #[arg(long)]
    at_key: bool,
}

pub fn run(args: &MarkArgs) -> u8 {
    let folders = match Folders::locate() {
        Ok(folders) => folders,
        Err(error) => return fail(&error.to_string(), error.advice()),
    };
    let socket = folders.mark_socket();
    let mark =
        |text: &str| send(&socket, text).map_err(|error| fail(&error.to_string(), error.advice()));
    if !args.at_key {
        return mark(&args.text).err().unwrap_or(EXIT_OK);
    }
    for line in io::stdin().lines() {
        let line = match line {
            Ok(line) => line,
            Err(error) => return fail(&format!("the keyboard can't be read: {error}"), ""),
        };
        let text = if line.trim().is_empty() { args.text.as_str() } else { line.trim() };
        if let Err(code) = mark(text) {
            return code;
        }
        println!("{text}");
    }
    EXIT_OK
}
