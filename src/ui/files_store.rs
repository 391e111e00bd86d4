//! What is known of the files in the window: the list, the one that is shown, its readings.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::frame::RunId;
use crate::observation::Observation;
use crate::runtime::batch::Outcome;
use crate::runtime::file::{FileError, Progress};
use crate::runtime::file_queue::{FileId, QueueEvent, Readings};
use crate::runtime::player::PlayCommand;
use crate::session::trace::{Follow, Span, Trace};

use super::actions::FilmAction;
use super::film::{Film, MediaState};
use super::preview::ShownFrame;
use super::store::{Tone, count};

/// Files that are opened most recently.
pub const MOST_RECENT: usize = 12;
/// The rate is that of the last seconds, so that it follows what else the computer does.
const RATE_SECS: f64 = 5.0;

/// How far a file of the list is.
#[derive(Debug, Clone, PartialEq)]
pub enum FileState {
    /// Others are before it.
    Waiting,
    /// It is being read.
    Working {
        /// How far.
        progress: Progress,
        /// Seconds of the file a second; `None`: too early to tell.
        speed: Option<f64>,
    },
    /// There is a session.
    Done {
        /// Its folder.
        folder: PathBuf,
        /// Frames that could not be read.
        damaged: u64,
    },
    /// Nothing had to be done.
    Skipped {
        /// The session that was there.
        folder: Option<PathBuf>,
        /// Why, for people.
        reason: String,
    },
    /// The user stopped it.
    Stopped,
    /// What went wrong and what to do.
    Failed(String),
}

impl FileState {
    /// Whether it waits or is in work.
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Waiting | Self::Working { .. })
    }

    /// Its session, once there is one.
    pub fn folder(&self) -> Option<&Path> {
        match self {
            Self::Done { folder, .. } => Some(folder),
            Self::Skipped { folder, .. } => folder.as_deref(),
            _ => None,
        }
    }
}

/// A file of the list.
#[derive(Debug, Clone, PartialEq)]
pub struct FileItem {
    /// The workers' name for it.
    pub id: FileId,
    /// Where it is.
    pub path: PathBuf,
    /// How far it is.
    pub state: FileState,
}

impl FileItem {
    /// Its name on one line.
    pub fn name(&self) -> String {
        one_line(&self.path)
    }
}

/// The last part of a path on one line, whatever bytes it holds.
pub fn one_line(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    name.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// Everything about files.
#[derive(Debug, Default)]
pub struct Files {
    /// In the order in which they were added.
    pub items: Vec<FileItem>,
    /// The file that is shown.
    pub current: Option<FileId>,
    /// How it is played and looked at.
    pub film: Film,
    /// Whether the side shows the list; else the readings.
    pub show_list: bool,
    /// Recent files that are not there.
    pub missing: Vec<PathBuf>,
    /// The window was asked to close while files are in work.
    pub asks_to_close: bool,
    /// The next files that arrive are to be shown.
    pub show_next: bool,
    working: Option<(FileId, Trace)>,
    loaded: Option<(FileId, Trace)>,
    load_problem: Option<(FileId, String)>,
    /// Seconds and file time at which progress was measured.
    pace: Vec<(f64, f64)>,
    summed: Option<(SpanKey, Span)>,
}

/// What a sum depends on.
type SpanKey = ((Duration, Duration), Follow, usize, FileId);

/// Something to do or to tell after a message.
#[derive(Debug, PartialEq)]
pub enum Then {
    /// Nothing.
    Nothing,
    /// Show this file.
    Show(FileId),
    /// Read the session of the file that is shown.
    Load(FileId, PathBuf),
    /// Tell it.
    Tell(Tone, String),
    /// The list of what is still to be done has changed.
    Keep,
}

impl Files {
    /// Of nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Files that wait or are in work.
    pub fn open_files(&self) -> usize {
        self.items.iter().filter(|item| item.state.is_open()).count()
    }

    /// The file that is shown.
    pub fn item(&self) -> Option<&FileItem> {
        let current = self.current?;
        self.items.iter().find(|item| item.id == current)
    }

    /// Readings of the file that is shown.
    pub fn trace(&self) -> Option<&Trace> {
        let current = self.current?;
        let both = [self.working.as_ref(), self.loaded.as_ref()];
        both.into_iter().flatten().find(|(id, _)| *id == current).map(|(_, trace)| trace)
    }

    /// Why the readings of the file that is shown can't be had.
    pub fn load_problem(&self) -> Option<&str> {
        let (id, problem) = self.load_problem.as_ref()?;
        (Some(*id) == self.current).then_some(problem)
    }

    /// Another picture is on the screen.
    pub fn show(&mut self, shown: Option<ShownFrame>) {
        let mut film = std::mem::take(&mut self.film);
        film.show(shown, self.trace());
        self.film = film;
    }

    /// Does what is asked; what the player has to do.
    pub fn act(&mut self, action: FilmAction) -> Option<PlayCommand> {
        let mut film = std::mem::take(&mut self.film);
        let command = film.act(action, self.trace());
        self.film = film;
        command
    }

    /// How long the file is, as far as is known.
    pub fn length(&self) -> Duration {
        self.film.length(self.trace())
    }

    /// What was found in the picture on the screen; `None`: not analysed yet.
    pub fn observation(&self) -> Option<Observation> {
        self.film.picture()?;
        self.film.observation(self.trace()?)
    }

    /// The span that is selected, summed up. Kept until something changes.
    pub fn sum_up(&mut self) {
        let (Some(selection), Some(id)) = (self.film.selection, self.current) else {
            self.summed = None;
            return;
        };
        let Some(frames) = self.trace().map(Trace::len) else {
            self.summed = None;
            return;
        };
        let key = (selection, self.film.follow, frames, id);
        if self.summed.as_ref().is_none_or(|(of, _)| *of != key) {
            let follow = self.film.follow;
            let span = self.trace().map(|trace| trace.span(selection.0, selection.1, follow));
            self.summed = span.map(|span| (key, span));
        }
    }

    /// See [`Self::sum_up`].
    pub fn span(&self) -> Option<&Span> {
        self.summed.as_ref().map(|(_, span)| span)
    }

    /// Another file is shown; what belongs to the one before goes.
    pub fn begin(&mut self, id: FileId) {
        self.current = Some(id);
        let run = RunId(self.film.run.0 + 1);
        self.film = Film::new(run, MediaState::Opening, self.film.speed);
        self.loaded = None;
        self.load_problem = None;
        self.summed = None;
    }

    /// Takes a file off the list.
    pub fn remove(&mut self, id: FileId) {
        self.items.retain(|item| item.id != id);
        if self.current == Some(id) {
            self.begin(id);
            self.current = None;
            self.film.media = MediaState::Absent;
        }
    }

    /// Takes in a message of the list; `now` in seconds.
    pub fn on_queue_event(&mut self, event: QueueEvent, now: f64) -> Then {
        match event {
            QueueEvent::Added(files) => {
                let first = files.first().map(|(id, _)| *id);
                self.show_list |= files.len() > 1;
                let item = |(id, path)| FileItem { id, path, state: FileState::Waiting };
                self.items.extend(files.into_iter().map(item));
                if let Some(first) = first.filter(|_| std::mem::take(&mut self.show_next)) {
                    return Then::Show(first);
                }
            }
            QueueEvent::Nothing(path, reason) => {
                let text = format!("{} was not taken: {reason}.", one_line(&path));
                return Then::Tell(Tone::Trouble, text);
            }
            QueueEvent::Started(id) => {
                self.pace.clear();
                self.working = None;
                self.set(id, FileState::Working { progress: Progress::default(), speed: None });
            }
            QueueEvent::Opened(id, info, labels) => {
                self.working = Some((id, Trace::new(labels, info.size)));
            }
            QueueEvent::Readings(id, readings) => self.take_in(id, readings, now),
            QueueEvent::Ended(id, outcome) => return self.on_end(id, outcome),
            QueueEvent::Loaded(id, Ok(trace)) if self.current == Some(id) => {
                self.loaded = Some((id, *trace));
            }
            QueueEvent::Loaded(id, Err(problem)) => self.load_problem = Some((id, problem)),
            QueueEvent::Loaded(..) => {}
        }
        Then::Nothing
    }

    fn take_in(&mut self, id: FileId, readings: Readings, now: f64) {
        let Some((_, trace)) = self.working.as_mut().filter(|(of, _)| *of == id) else { return };
        for observation in &readings.observations {
            trace.push(observation);
        }
        for (at, event) in readings.events {
            trace.push_event(at, event);
        }
        let progress = readings.progress;
        self.pace.push((now, progress.pts.as_secs_f64()));
        self.pace.retain(|(then, _)| now - then <= RATE_SECS);
        let speed = self.pace.first().and_then(|(then, at)| {
            let passed = now - then;
            (passed > 0.3).then(|| (progress.pts.as_secs_f64() - at) / passed)
        });
        self.set(id, FileState::Working { progress, speed });
    }

    fn on_end(&mut self, id: FileId, outcome: Outcome) -> Then {
        let working = self.working.take().filter(|(of, _)| *of == id);
        let state = match outcome {
            Outcome::Analysed(analysed) => {
                if self.current == Some(id) {
                    self.loaded = working;
                }
                FileState::Done {
                    folder: analysed.finished.folder.clone(),
                    damaged: analysed.damage.iter().map(|d| d.pictures.max(1)).sum(),
                }
            }
            Outcome::Skipped { folder, reason } => FileState::Skipped { folder, reason },
            Outcome::Failed(FileError::Cancelled) => {
                if self.current == Some(id) {
                    // What was read can still be looked at, though no session stays.
                    self.loaded = working;
                }
                FileState::Stopped
            }
            Outcome::Failed(error) => {
                FileState::Failed(format!("{error}. {}", error.advice()).trim().to_owned())
            }
        };
        let folder = state.folder().map(Path::to_owned);
        self.set(id, state);
        match folder {
            Some(folder) if self.current == Some(id) && self.loaded.is_none() => {
                Then::Load(id, folder)
            }
            _ => Then::Keep,
        }
    }

    fn set(&mut self, id: FileId, state: FileState) {
        if let Some(item) = self.items.iter_mut().find(|item| item.id == id) {
            item.state = state;
        }
    }

    /// "2 of 5 files done, 1 failed".
    pub fn summary(&self) -> String {
        if self.items.is_empty() {
            return "no file is open".to_owned();
        }
        let are = |state: fn(&FileState) -> bool| {
            self.items.iter().filter(|item| state(&item.state)).count()
        };
        let done = are(|state| matches!(state, FileState::Done { .. } | FileState::Skipped { .. }));
        let mut text = format!("{done} of {} done", count(self.items.len() as u64, "file"));
        let failed = are(|state| matches!(state, FileState::Failed(_)));
        let stopped = are(|state| *state == FileState::Stopped);
        for (number, how) in [(failed, "failed"), (stopped, "stopped")] {
            if number > 0 {
                text += &format!(", {number} {how}");
            }
        }
        text
    }
}
