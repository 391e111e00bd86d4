//! What is known of the sessions in the window: the list, what is chosen of it, the session that is
//! shown, a comparison.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::frame::RunId;
use crate::library::{Entry, Library, Origin, Progress, Query, SortBy, State};
use crate::runtime::librarian::{Compared, LibraryEvent, Side};

use super::preview::ShownFrame;
use super::replay_store::Replay;
use super::store::Tone;

/// Sessions that are listed; the others are for the command line.
pub const MOST_SESSIONS: usize = 50_000;
/// Runs of sessions in the player, apart from those of files.
const FIRST_RUN: u64 = 1 << 32;

/// Groups of states to choose from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Soundness {
    /// Ended as it should.
    Whole,
    /// Ended otherwise; what was recorded is sound.
    CutOff,
    /// Something in it can't be used.
    Damaged,
    /// Encrypted.
    Locked,
}

impl Soundness {
    /// For people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::CutOff => "cut off",
            Self::Damaged => "damaged",
            Self::Locked => "locked",
        }
    }

    /// Whether a state is of this group; one that is being recorded is of none.
    pub fn has(self, state: &State) -> bool {
        match state {
            State::Complete => self == Self::Whole,
            State::Stopped { .. } | State::Recovered { .. } | State::Unfinished => {
                self == Self::CutOff
            }
            State::Damaged { .. } => self == Self::Damaged,
            State::Locked { .. } => self == Self::Locked,
            State::Recording => false,
        }
    }
}

/// How far the list is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Listing {
    /// Nothing was asked for.
    #[default]
    Unasked,
    /// The folder is being looked through.
    Looking(Option<Progress>),
    /// All is known.
    Whole,
}

/// A comparison.
#[derive(Debug, Clone, Default)]
pub enum Comparing {
    /// None.
    #[default]
    Closed,
    /// On its way.
    Working([Side; 2]),
    /// There it is.
    Done(Box<Compared>),
    /// It can't be had, and why.
    Failed([Side; 2], String),
}

impl Comparing {
    /// What is compared.
    pub fn sides(&self) -> Option<&[Side; 2]> {
        match self {
            Self::Closed => None,
            Self::Working(sides) | Self::Failed(sides, _) => Some(sides),
            Self::Done(compared) => Some(&compared.sides),
        }
    }
}

/// Everything about sessions.
#[derive(Debug, Default)]
pub struct Sessions {
    /// How far the list is.
    pub listing: Listing,
    /// All that are known.
    pub library: Arc<Library>,
    /// What is looked for.
    pub query: Query,
    /// Only such.
    pub soundness: Option<Soundness>,
    /// Folder names of what was found, in the order of the list.
    pub found: Vec<String>,
    /// How many sessions have each tag.
    pub tags: BTreeMap<String, usize>,
    /// How many sessions each participant has.
    pub participants: BTreeMap<String, usize>,
    /// Sums over all sessions.
    pub totals: Totals,
    /// The session that the side tells about.
    pub chosen: Option<String>,
    /// Sessions that are ticked to be compared, in the order of ticking.
    pub ticked: Vec<String>,
    /// The session that the user was asked about.
    pub asks_to_erase: Option<String>,
    /// A comparison.
    pub comparing: Comparing,
    /// The session that is shown in place of the list.
    pub replay: Option<Replay>,
    runs: u64,
}

/// Sums over all sessions.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Totals {
    /// Recorded live, of saved videos, imported.
    pub origins: [usize; 3],
    /// Seconds.
    pub secs: f64,
    /// Of all tables.
    pub bytes: u64,
}

/// Something to do or to tell after a message.
#[derive(Debug, PartialEq)]
pub enum Then {
    /// Nothing.
    Nothing,
    /// Tell it; the folder is worth opening.
    Tell(Tone, String, Option<PathBuf>),
    /// Play this in the run.
    Play(RunId, PathBuf),
    /// Show this page in the system's browser, and tell where it is.
    ShowPage(PathBuf),
    /// Look through the folder again.
    List,
}

impl Sessions {
    /// Of nothing yet: the newest first.
    pub fn new() -> Self {
        let query = Query { descending: true, ..Query::default() };
        Self { query, runs: FIRST_RUN, ..Self::default() }
    }

    /// A session of the list.
    pub fn entry(&self, folder_name: &str) -> Option<&Entry> {
        self.library.find(folder_name)
    }

    /// The session that the side tells about.
    pub fn chosen(&self) -> Option<&Entry> {
        self.entry(self.chosen.as_deref()?)
    }

    /// Where a session is.
    pub fn folder(&self, folder_name: &str) -> PathBuf {
        self.library.sessions_dir().join(folder_name)
    }

    /// Another wish for the list.
    pub fn ask(&mut self, query: Query, soundness: Option<Soundness>) {
        (self.query, self.soundness) = (query, soundness);
        self.find();
    }

    /// Whether something narrows the list.
    pub fn is_narrowed(&self) -> bool {
        let Query { text, origin, tags, participant, state, .. } = &self.query;
        let other = origin.is_some() || participant.is_some() || state.is_some();
        !text.trim().is_empty() || !tags.is_empty() || other || self.soundness.is_some()
    }

    /// Sorts by a column, or turns its order.
    pub fn sort(&mut self, by: SortBy) {
        let same = self.query.sort == by;
        // Of times, lengths and counts the largest are looked for.
        let falls = matches!(by, SortBy::When | SortBy::Length | SortBy::Faces);
        self.query.descending = if same { !self.query.descending } else { falls };
        self.query.sort = by;
        self.find();
    }

    fn find(&mut self) {
        let wanted = |entry: &&Entry| self.soundness.is_none_or(|group| group.has(&entry.state));
        let found = self.query.run(&self.library).into_iter().filter(wanted);
        self.found = found.take(MOST_SESSIONS).map(|entry| entry.folder_name.clone()).collect();
    }

    /// The session so many rows further in the list than the one chosen.
    pub fn beside(&self, by: i64) -> Option<&str> {
        let last = self.found.len() as i64 - 1;
        let now = self.chosen.as_ref().and_then(|c| self.found.iter().position(|f| f == c));
        // With none chosen the first one comes next.
        let now = now.map_or(-1, |now| now as i64);
        let at = (now + by).clamp(0, last.max(0));
        self.found.get(at as usize).map(String::as_str)
    }

    /// Ticks a session, or takes the tick away; two at most, so the first one goes.
    pub fn tick(&mut self, folder_name: &str) {
        match self.ticked.iter().position(|ticked| ticked == folder_name) {
            Some(at) => drop(self.ticked.remove(at)),
            None => {
                self.ticked.truncate(1);
                self.ticked.push(folder_name.to_owned());
            }
        }
    }

    /// Shows a session in place of the list.
    pub fn show(&mut self, folder: PathBuf) {
        self.runs += 1;
        let speed = self.replay.as_ref().map_or(1.0, |replay| replay.film.speed);
        self.replay = Some(Replay::new(folder, RunId(self.runs), speed));
    }

    /// Another picture is on the screen.
    pub fn show_picture(&mut self, shown: Option<ShownFrame>) {
        if let Some(replay) = &mut self.replay {
            replay.show(shown);
        }
    }

    /// Takes in a message.
    pub fn on_event(&mut self, event: LibraryEvent) -> Then {
        match event {
            LibraryEvent::Listed(library, progress) => {
                self.on_listed(library);
                self.listing = match progress {
                    Some(_) => Listing::Looking(None),
                    None => Listing::Whole,
                };
            }
            LibraryEvent::Looking(progress) => self.listing = Listing::Looking(Some(progress)),
            LibraryEvent::Labelled(_) => {}
            LibraryEvent::Erased(folder) => {
                self.forget(&folder);
                let text = format!("{} is erased.", super::files_store::one_line(&folder));
                return Then::Tell(Tone::News, text, None);
            }
            LibraryEvent::Compared(result) => {
                let sides = self.comparing.sides().cloned();
                self.comparing = match (result, sides) {
                    (Ok(compared), Some(sides)) if compared.sides == sides => {
                        Comparing::Done(compared)
                    }
                    (Err(message), Some(sides)) => Comparing::Failed(sides, message),
                    // Another one was asked for, or none.
                    _ => return Then::Nothing,
                };
            }
            LibraryEvent::Reported(path) => return Then::ShowPage(path),
            LibraryEvent::Failed(message) => {
                if let Some(replay) = &mut self.replay {
                    replay.wait_no_more();
                }
                return Then::Tell(Tone::Trouble, message, None);
            }
            event => {
                let replay = self.replay.as_mut();
                return replay.map_or(Then::Nothing, |replay| replay.on_event(event));
            }
        }
        Then::Nothing
    }

    fn on_listed(&mut self, library: Arc<Library>) {
        self.library = library;
        let (mut tags, mut participants) = (BTreeMap::new(), BTreeMap::new());
        let mut totals = Totals::default();
        for entry in self.library.entries() {
            for tag in &entry.tags {
                *tags.entry(tag.clone()).or_default() += 1;
            }
            if !entry.participant.is_empty() {
                *participants.entry(entry.participant.clone()).or_default() += 1;
            }
            let origin = match entry.origin {
                Origin::Recorded => 0,
                Origin::File => 1,
                Origin::Imported => 2,
            };
            totals.origins[origin] += 1;
            totals.secs += entry.duration_secs;
            totals.bytes += entry.bytes;
        }
        (self.tags, self.participants, self.totals) = (tags, participants, totals);
        // What is gone can't be looked for, nor chosen.
        self.query.tags.retain(|tag| self.tags.contains_key(tag));
        self.query.participant =
            self.query.participant.take().filter(|code| self.participants.contains_key(code));
        self.ticked.retain(|name| self.library.find(name).is_some());
        self.chosen = self.chosen.take().filter(|name| self.library.find(name).is_some());
        self.asks_to_erase =
            self.asks_to_erase.take().filter(|name| self.library.find(name).is_some());
        self.find();
    }

    fn forget(&mut self, folder: &Path) {
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        self.found.retain(|found| *found != name);
        self.ticked.retain(|ticked| *ticked != name);
        self.chosen = self.chosen.take().filter(|chosen| *chosen != name);
        if self.replay.as_ref().is_some_and(|replay| replay.folder == folder) {
            self.replay = None;
        }
        let compares = |sides: &[Side; 2]| sides.iter().any(|side| side.folder == folder);
        if self.comparing.sides().is_some_and(compares) {
            self.comparing = Comparing::Closed;
        }
    }

    /// "128 sessions".
    pub fn len(&self) -> usize {
        self.library.entries().len()
    }

    /// Whether no session is known.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
