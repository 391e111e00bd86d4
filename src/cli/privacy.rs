//! `mien privacy`: what is stored on this computer, and where.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use super::{EXIT_OK, fail};
use crate::library::{INDEX, Inventory, Library, retention};
use crate::settings::Folders;
use crate::words::counted;

/// More than these are not read anyway.
const MOST_FOREIGN: usize = 20;

pub fn run() -> u8 {
    let folders = match Folders::locate() {
        Ok(folders) => folders,
        Err(error) => return fail(&error.to_string(), error.advice()),
    };
    // Whoever closed the pipe has seen enough.
    let _ = print(&folders);
    EXIT_OK
}

/// Every place comes from the function that whoever writes there asks.
fn print(folders: &Folders) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let mut line = |what: &str, path: &Path, says: &str| {
        writeln!(out, "{what:<9} {}\n          {says}", path.display())
    };
    let mut file = folders.settings_file();
    let (settings, _) = file.load();
    line(
        "settings",
        file.path(),
        &format!("{}: choices, and names of files opened last", there(file.path())),
    )?;

    let profile = folders.companion_profile();
    let says = format!("{}: what the companion remembers, once it is on", there(&profile));
    line("companion", &profile, &says)?;
    let baselines = folders.baselines();
    let kept = baselines.list().unwrap_or_default();
    let names = kept.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
    let says = match kept.len() {
        0 => "none: how your face reads at rest, once you calibrate".to_owned(),
        count => format!(
            "{} ({names}): how a face reads at rest, numbers and no picture; mien baseline erase NAME",
            counted(count as u64, "profile")
        ),
    };
    line("baselines", baselines.dir(), &says)?;
    let dir = folders.sessions_in_use();
    let inventory = Inventory::of(&dir);
    let sessions = counted(inventory.sessions as u64, "session");
    let size = size(inventory.bytes);
    line("sessions", &dir, &format!("{sessions}, {size}: tables of numbers, no picture"))?;
    let locked = counted(inventory.locked as u64, "session");
    let says = match inventory.locked {
        0 => "none is; mien sessions lock encrypts one, docs/encryption.md says what that hides"
            .into(),
        _ => format!("{locked}; names, sizes and times of their files stay readable"),
    };
    line("locked", &dir, &says)?;
    for path in inventory.foreign.iter().take(MOST_FOREIGN) {
        line("", path, "not written by Mien: look what it is")?;
    }
    if inventory.foreign.len() > MOST_FOREIGN {
        line("", &dir, &format!("{} more such files", inventory.foreign.len() - MOST_FOREIGN))?;
    }
    let index = dir.join(INDEX);
    line(
        "index",
        &index,
        &format!(
            "{}: names, codes and notes of sessions that are not locked; made again when needed",
            there(&index)
        ),
    )?;
    let kept = match settings.erase_after_days {
        None => "nothing is erased by itself; erase_after_days in the settings reminds you".into(),
        Some(days) => {
            let library = Library::open(&dir);
            let due = retention::due(&library, days, jiff::Timestamp::now()).len();
            format!(
                "{} of {} are older than {}; mien sessions erase --older-than {days}",
                due,
                library.entries().len(),
                counted(days.into(), "day"),
            )
        }
    };
    line("kept", &dir, &kept)?;
    let socket = folders.mark_socket();
    line("markers", &socket, "a local socket, yours alone, while a session is recorded")?;
    writeln!(
        out,
        "elsewhere only what you name: --record, --out, and where you save models you taught\n\
         network   none: there is no code for it"
    )
}

fn there(path: &Path) -> String {
    fs::metadata(path).map_or_else(|_| "not there yet".into(), |file| size(file.len()))
}

fn size(bytes: u64) -> String {
    if bytes < 1_000_000 {
        format!("{:.1} kB", bytes as f64 / 1e3)
    } else {
        format!("{:.1} MB", bytes as f64 / 1e6)
    }
}
