//! Carries out what is asked for about passphrases. They stay in memory until the window closes.

use super::actions::{LockAction, Surroundings, View, Workers};
use super::lock_store::{Purpose, Question};
use super::store::{RecordingState, Tone};
use super::window::Window;
use crate::runtime::librarian::{LibraryCommand, LibraryEvent};
use crate::runtime::live::RecordingRequest;
use crate::session::vault::Passphrase;

impl<W: Workers, S: Surroundings> Window<W, S> {
    pub(super) fn act_on_lock(&mut self, action: LockAction) {
        match action {
            LockAction::Ask(purpose) => {
                self.typing.clear();
                self.store.question = Some(Question::new(purpose));
            }
            LockAction::Leave => {
                self.typing.clear();
                self.store.question = None;
            }
            LockAction::Give(passphrase) => self.give(passphrase),
        }
    }

    fn give(&mut self, passphrase: Passphrase) {
        let Some(question) = &mut self.store.question else { return };
        if question.purpose.is_new()
            && let Err(weak) = passphrase.check()
        {
            question.fail(format!("{weak}. {}", weak.advice()));
            return;
        }
        self.typing.clear();
        question.begin();
        let sessions = &self.store.sessions;
        match question.purpose.clone() {
            Purpose::Lock(name) => {
                let folder = sessions.folder(&name);
                if sessions.replay.as_ref().is_some_and(|replay| replay.folder == folder) {
                    self.close_session();
                }
                self.workers.library(LibraryCommand::Lock(folder, passphrase));
            }
            Purpose::Unlock(name) => {
                let folder = sessions.folder(&name);
                self.workers.library(LibraryCommand::Unlock(folder, passphrase));
            }
            Purpose::Open(name) => {
                let folder = sessions.folder(&name);
                let candidates = self.settings().recent_files.clone();
                self.store.sessions.show(folder.clone());
                let command = LibraryCommand::OpenLocked { folder, candidates, passphrase };
                self.workers.library(command);
            }
            Purpose::Recordings { record } => {
                self.recordings_passphrase = Some(passphrase);
                self.store.question = None;
                if record {
                    self.start_recording();
                }
            }
        }
    }

    /// Begins a recording; asks for a passphrase first, if there is none to lock it with.
    pub(super) fn start_recording(&mut self) {
        let lock = self.recordings_passphrase.clone();
        if self.settings().encrypt_new_sessions && lock.is_none() {
            return self.act_on_lock(LockAction::Ask(Purpose::Recordings { record: true }));
        }
        self.store.recording = RecordingState::Starting;
        let request = RecordingRequest {
            sessions_dir: self.sessions_dir(),
            meta: self.meta().clone(),
            lock: lock.filter(|_| self.settings().encrypt_new_sessions),
        };
        self.workers.start_recording(request);
    }

    /// Takes in what is told of locked sessions; gives back what concerns the page of sessions.
    pub(super) fn on_lock_event(&mut self, event: LibraryEvent) -> Option<LibraryEvent> {
        match event {
            LibraryEvent::NeedsPassphrase(folder, problem) => {
                let shown = self.store.sessions.replay.as_ref();
                if shown.is_some_and(|replay| replay.folder == folder) {
                    self.store.sessions.replay = None;
                    let name = folder.file_name().unwrap_or_default().to_string_lossy();
                    let mut question = Question::new(Purpose::Open(name.into_owned()));
                    question.problem = problem;
                    self.store.question = Some(question);
                    self.typing.clear();
                }
            }
            LibraryEvent::Locking(step) => {
                if let Some(question) = &mut self.store.question {
                    question.step = Some(step);
                }
            }
            LibraryEvent::Locked(folder, result) => {
                self.answer(&folder, result, "is locked");
            }
            LibraryEvent::Unlocked(folder, result) => {
                self.answer(&folder, result, "is unlocked: its files are plain on the disk again");
            }
            LibraryEvent::Opened(folder, content) => {
                self.store.question.take_if(|question| question.is_about(&folder));
                return Some(LibraryEvent::Opened(folder, content));
            }
            event => return Some(event),
        }
        None
    }

    fn answer(&mut self, folder: &std::path::Path, result: Result<(), String>, done: &str) {
        let question = self.store.question.take_if(|question| question.is_about(folder));
        match (result, question) {
            (Ok(()), _) => {
                let name = super::files_store::one_line(folder);
                self.store.tell(Tone::News, format!("{name} {done}."), None);
            }
            (Err(problem), Some(mut question)) => {
                question.fail(problem);
                self.store.question = Some(question);
            }
            (Err(problem), None) => self.store.tell(Tone::Trouble, problem, None),
        }
        // Also after a failure: it may be locked in part.
        if self.view == View::Sessions {
            self.list_sessions();
        }
    }

    /// Whether something is being locked, or will be when the recording ends: worth a wait.
    pub fn locks(&self) -> bool {
        let records = self.store.is_recording() && self.recordings_passphrase.is_some();
        records || self.store.question.as_ref().is_some_and(|question| question.works)
    }
}
