//! Opens the window, and lends it what it may not do itself: files and devices.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;

use super::{EXIT_OK, InputArgs, fail};
use crate::baseline::Baselines;
use crate::library::{Library, retention};
use crate::runtime::live::LiveOptions;
use crate::session::SessionRecord;
use crate::session::recovery::{self, Unfinished};
use crate::settings::{Folders, Settings, SettingsFile};
use crate::ui::desktop::{Hooks, Reminder};
use crate::ui::store::{CameraEntry, UnfinishedSession};
use crate::ui::{self, WindowOptions};
use crate::words::counted;

/// Runs until the window is closed.
pub fn run(input: InputArgs, files: Vec<std::path::PathBuf>) -> u8 {
    let folders = match Folders::locate() {
        Ok(folders) => folders,
        Err(error) => return fail(&error.to_string(), error.advice()),
    };
    let mut file = folders.settings_file();
    let (settings, trouble) = file.load();
    if let Some(error) = trouble {
        fail(&error.to_string(), error.advice());
    }
    let baselines = folders.baselines();
    let reminder = reminder(settings.erase_after_days, folders.sessions_in_use());
    let mark_socket = Some(folders.mark_socket());
    let options = WindowOptions {
        live: LiveOptions { mark_socket, ..input.live_options() },
        source: input.source,
        files,
        settings,
        profile: folders.companion_profile(),
        sessions_dir: folders.sessions,
        hooks: hooks(file, reminder, baselines),
    };
    match ui::run(options) {
        Ok(()) => EXIT_OK,
        Err(error) => fail(&error.to_string(), ""),
    }
}

fn hooks(mut file: SettingsFile, reminder: Box<Reminder>, baselines: Baselines) -> Hooks {
    Hooks {
        save_settings: Box::new(move |settings: &Settings| {
            match file.save_telling_once(settings) {
                None => Ok(()),
                Some(error) => Err(format!("{error}. {}", error.advice())),
            }
        }),
        list_cameras: Box::new(list_cameras),
        find_unfinished: Box::new(|sessions_dir: &Path| {
            let found = recovery::find_unfinished(sessions_dir).into_iter();
            // A file is analysed again from its start, which the page of files offers.
            let of_file = |session: &Unfinished| {
                SessionRecord::read(&session.folder).is_ok_and(|record| record.file.is_some())
            };
            found.filter(|session| !of_file(session)).map(unfinished).collect()
        }),
        finish_session: Arc::new(finish),
        reminder,
        baselines,
    }
}

/// Says which sessions are due to be erased. To erase them is for the user.
fn reminder(days: Option<u32>, sessions_dir: PathBuf) -> Box<Reminder> {
    Box::new(move || {
        let (days, library) = (days?, Library::open(&sessions_dir));
        let due = retention::due(&library, days, Timestamp::now());
        let names = due.iter().take(3).map(|entry| entry.title()).collect::<Vec<_>>().join(", ");
        let more = if due.len() > 3 { ", …" } else { "" };
        let old = format!("older than {}", counted(days.into(), "day"));
        let how = format!("mien sessions erase --older-than {days}");
        let count = counted(due.len() as u64, "session");
        (!due.is_empty())
            .then(|| format!("Due to be erased, as {old}: {count} ({names}{more}). Run: {how}"))
    })
}

#[cfg(feature = "camera")]
fn list_cameras() -> Vec<CameraEntry> {
    use crate::source::camera;
    let entry = |camera: &camera::CameraInfo| CameraEntry {
        number: camera.number,
        name: camera.name.clone(),
        sizes: camera.sizes().into_iter().rev().collect(),
    };
    camera::cameras().unwrap_or_default().iter().map(entry).collect()
}

#[cfg(not(feature = "camera"))]
fn list_cameras() -> Vec<CameraEntry> {
    Vec::new()
}

fn unfinished(session: Unfinished) -> UnfinishedSession {
    let local = |start: jiff::Timestamp| start.to_zoned(jiff::tz::TimeZone::system());
    let clock = session.start.map(|start| local(start).strftime("%H:%M").to_string());
    UnfinishedSession {
        started: clock.unwrap_or_else(|| session.name()),
        rows: session.rows,
        folder: session.folder,
    }
}

fn finish(session: &UnfinishedSession) -> Result<u64, String> {
    let Some(found) = Unfinished::in_folder(&session.folder) else {
        // Finished meanwhile, by hand or by another window.
        return Ok(session.rows);
    };
    recovery::recover(&found)
        .map(|recovered| recovered.rows)
        .map_err(|error| format!("{error}. {}", error.advice()))
}
