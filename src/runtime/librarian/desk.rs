//! The thread that reads one session, and whatever takes longer than a moment.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crossbeam_channel::{Receiver, select};

use super::safe::{Keys, Shut};
use super::{
    Compared, LibraryCommand, LibraryEvent, NoVideo, OpenedSession, Side, Teller, guarded,
};
use crate::library::{EditError, Entry, add_events, remove_event, report_path};
use crate::report::{Reported, to_html};
use crate::runtime::batch::sum_up;
use crate::runtime::cancel::{CancelGuard, Cancelled, cancel_token};
use crate::runtime::file_queue::trace_of;
use crate::runtime::worker;
use crate::session::vault::{self, Passphrase};
use crate::session::{FileRecord, Session, Signal, write_atomically};
use crate::stats::{Group, Holds, Selection, by_marker, compare, summarise};

/// Runs until the teller is stopped or nobody can ask any more.
pub(super) fn run(commands: &Receiver<LibraryCommand>, teller: Teller) {
    let mut desk = Desk { teller: teller.clone(), open: None, keys: Keys::default() };
    loop {
        let command = select! {
            recv(commands) -> command => command,
            recv(teller.stopped.channel()) -> _ => return,
        };
        let Ok(command) = command else { return };
        guarded(&teller, || desk.obey(command));
    }
}

struct Desk {
    teller: Teller,
    open: Option<Open>,
    /// Of sessions that were opened.
    keys: Keys,
}

/// The session that lies on the desk.
struct Open {
    session: Session,
    signal: Signal,
    holds: Holds,
    /// Ends the look for its video.
    search: Option<CancelGuard>,
}

impl Open {
    fn read(session: Session) -> Result<Self, String> {
        let signal = Signal::read(&session).map_err(|error| error.to_string())?;
        let holds = Holds::of(&signal);
        Ok(Self { session, signal, holds, search: None })
    }

    fn title(&self) -> String {
        let entry = Entry::of_read(&self.session, &self.signal, &self.holds);
        entry.title().to_owned()
    }

    fn opened(&self) -> OpenedSession {
        let record = self.session.record().clone();
        let problems = self.session.record_problem().map(str::to_owned).into_iter();
        OpenedSession {
            title: self.title(),
            trace: trace_of(&self.session, &self.signal),
            faces: self.signal.faces().to_vec(),
            length: self.holds.end(),
            problems: problems.chain(self.signal.problems().words.clone()).collect(),
            record,
        }
    }
}

fn last_part(folder: &Path) -> String {
    folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

impl Desk {
    fn obey(&mut self, command: LibraryCommand) {
        match command {
            LibraryCommand::Open { folder, candidates } => self.open(&folder, candidates, None),
            LibraryCommand::OpenLocked { folder, candidates, passphrase } => {
                self.open(&folder, candidates, Some(passphrase));
            }
            LibraryCommand::Lock(folder, passphrase) => {
                // What it holds is not to stay in memory.
                self.open = self.open.take().filter(|open| open.session.folder() != folder);
                let locked = self.keys.lock(&folder, passphrase, &self.teller);
                self.teller.tell(LibraryEvent::Locked(folder, locked));
            }
            LibraryCommand::Unlock(folder, passphrase) => {
                let unlocked = self.keys.unlock(&folder, passphrase, &self.teller);
                self.teller.tell(LibraryEvent::Unlocked(folder, unlocked));
            }
            LibraryCommand::Try(path) => self.look_for_video(vec![path]),
            LibraryCommand::Close => self.open = None,
            LibraryCommand::Summarise(selection) => {
                let Some(open) = &self.open else { return };
                let summary = summarise(&open.signal, &open.holds, &selection);
                let folder = open.session.folder().to_owned();
                self.teller.tell(LibraryEvent::Summarised(folder, Box::new(summary)));
            }
            LibraryCommand::AddEvents(rows) => self.edit(|folder| add_events(folder, &rows)),
            LibraryCommand::RemoveEvent(row) => self.edit(|folder| remove_event(folder, &row)),
            LibraryCommand::Compare(sides) => {
                let compared = self.compare(sides).map(Box::new);
                self.teller.tell(LibraryEvent::Compared(compared));
            }
            LibraryCommand::Report(folders) => {
                self.teller.tell(match report(&folders) {
                    Ok(path) => LibraryEvent::Reported(path),
                    Err(message) => LibraryEvent::Failed(message),
                });
            }
            // These are for the shelf.
            LibraryCommand::List(_) | LibraryCommand::Label(..) | LibraryCommand::Erase(_) => {}
        }
    }

    fn open(&mut self, folder: &Path, candidates: Vec<PathBuf>, passphrase: Option<Passphrase>) {
        // The one before goes first: two of three hours are a lot.
        self.open = None;
        let read = match self.keys.open(folder, passphrase) {
            Ok(session) => Open::read(session),
            Err(Shut::Locked(why)) => {
                return self.teller.tell(LibraryEvent::NeedsPassphrase(folder.to_owned(), why));
            }
            Err(Shut::Unreadable(why)) => Err(why),
        };
        let told = read.as_ref().map(|open| Box::new(open.opened())).map_err(Clone::clone);
        self.open = read.ok();
        self.teller.tell(LibraryEvent::Opened(folder.to_owned(), told));
        self.look_for_video(candidates);
    }

    /// Reads the candidates on a thread of its own: a film may take a minute.
    fn look_for_video(&mut self, candidates: Vec<PathBuf>) {
        let Some(open) = &mut self.open else { return };
        let folder = open.session.folder().to_owned();
        let record = open.session.record();
        let none = if record.source.spec == "imported" { NoVideo::Imported } else { NoVideo::Live };
        let Some(file) = record.file.clone() else {
            return self.teller.tell(LibraryEvent::Video(folder, Err(none)));
        };
        let (guard, cancelled) = cancel_token();
        open.search = Some(guard);
        let teller = self.teller.clone();
        let started = worker::spawn("session video", move || {
            guarded(&teller, || {
                let found = video(&file, &candidates, &cancelled);
                if !cancelled.is_cancelled() {
                    teller.tell(LibraryEvent::Video(folder, found));
                }
            });
        });
        if let Err(error) = started {
            let text = format!("The system refuses another thread: {error}.");
            self.teller.tell(LibraryEvent::Failed(text));
        }
    }

    fn edit(&mut self, change: impl FnOnce(&Path) -> Result<(), EditError>) {
        let Some(open) = &mut self.open else { return };
        let folder = open.session.folder().to_owned();
        if let Err(error) = change(&folder) {
            let text = format!("{error}. {}", error.advice());
            self.teller.tell(LibraryEvent::Failed(text));
        }
        open.signal.read_events_again(&open.session);
        self.teller.tell(LibraryEvent::Events(folder, open.signal.events().to_vec()));
    }

    fn compare(&mut self, sides: [Side; 2]) -> Result<Compared, String> {
        let mut markers = [Vec::new(), Vec::new()];
        let mut groups = Vec::new();
        for (side, markers) in sides.iter().zip(&mut markers) {
            let session = self.keys.open(&side.folder, None).map_err(|shut| match shut {
                Shut::Unreadable(why) => why,
                Shut::Locked(_) => "One of them is locked. Open it once, then compare.".into(),
            })?;
            let open = Open::read(session)?;
            let mut name = open.title();
            let Open { signal, holds, .. } = open;
            let spans = by_marker(&signal, &holds, None);
            let labels: BTreeSet<String> = spans.iter().map(|span| span.label.clone()).collect();
            *markers = labels.into_iter().collect();
            let parts: Vec<Selection> = match &side.marker {
                None => vec![Selection::whole(&holds)],
                Some(text) => {
                    name = format!("{text} ({name})");
                    let inside = spans.into_iter().filter(|span| span.label == *text);
                    inside.map(|span| Selection { face: None, span }).collect()
                }
            };
            if parts.is_empty() {
                return Err(format!("{name}: there is no such part any more."));
            }
            let mut group = Group::new(name);
            if group.add(&signal, &holds, &parts) {
                groups.push(group);
            }
        }
        let comparison = match &groups[..] {
            [first, second] => compare(first, second),
            _ => None,
        };
        let Some(comparison) = comparison else {
            return Err("They were read with models of different classes.".into());
        };
        Ok(Compared { sides, comparison, markers })
    }
}

/// The candidate whose content is that of the file.
fn video(
    file: &FileRecord,
    candidates: &[PathBuf],
    cancelled: &Cancelled,
) -> Result<PathBuf, NoVideo> {
    let mut missing = NoVideo::NotFound { name: file.name.clone() };
    for path in candidates {
        let Ok(metadata) = fs::metadata(path) else { continue };
        let named = last_part(path) == file.name;
        if named {
            missing = NoVideo::Changed { name: file.name.clone() };
        }
        // Names and sizes first: another film need not be read to its end.
        let may_be = if metadata.is_dir() { named } else { metadata.len() == file.bytes };
        let same = || sum_up(path, cancelled).is_ok_and(|(sha256, _)| sha256 == file.sha256);
        if may_be && same() {
            return Ok(path.clone());
        }
    }
    Err(missing)
}

fn report(folders: &[PathBuf]) -> Result<PathBuf, String> {
    if folders.iter().any(|folder| vault::is_locked(folder)) {
        // Whoever locks a session does not expect it plain beside.
        return Err("No report: a page is plain text on the disk. Unlock the session first.".into());
    }
    let sessions: Result<Vec<Reported>, _> =
        folders.iter().map(|folder| Reported::open(folder)).collect();
    let sessions = sessions.map_err(|error| format!("No report: {error}."))?;
    let path = report_path(folders).ok_or("No report: the sessions have no folder.")?;
    let written = path.parent().map_or(Ok(()), fs::create_dir_all);
    written.and_then(|()| write_atomically(&path, to_html(&sessions).as_bytes())).map_err(
        |error| {
            format!("{} can’t be written: {error}. Check space and permissions.", path.display())
        },
    )?;
    Ok(path)
}
