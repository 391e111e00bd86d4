//! Carries out what is asked for on the page of sessions.

use std::path::PathBuf;
use std::time::Duration;

use eframe::egui;

use super::actions::{Dialog, FilmAction, SessionsAction, Surroundings, View, Workers};
use super::film::MediaState;
use super::replay_store::ReplaySide;
use super::sessions_store::{Comparing, Listing, Then};
use super::store::Tone;
use super::window::Window;
use crate::runtime::librarian::LibraryCommand;
use crate::runtime::player::PlayCommand;

/// A pass that comes later than this was not drawn: what is played does not leap ahead.
const LONGEST_PASS: Duration = Duration::from_millis(250);

impl<W: Workers, S: Surroundings> Window<W, S> {
    pub(super) fn act_on_sessions(&mut self, action: SessionsAction) {
        let sessions = &mut self.store.sessions;
        match action {
            SessionsAction::Ask(query, soundness) => sessions.ask(*query, soundness),
            SessionsAction::Sort(by) => sessions.sort(by),
            SessionsAction::Choose(chosen) => sessions.chosen = chosen,
            SessionsAction::Move(by) => {
                if let Some(beside) = sessions.beside(by) {
                    sessions.chosen = Some(beside.to_owned());
                    self.sessions_page.follow_chosen();
                }
            }
            SessionsAction::Tick(name) => sessions.tick(&name),
            SessionsAction::Show(name) => self.show_session(&name),
            SessionsAction::Back => self.close_session(),
            SessionsAction::Label(name, labelling) => {
                let folder = sessions.folder(&name);
                self.workers.library(LibraryCommand::Label(folder, labelling));
            }
            SessionsAction::AskToErase(name) => sessions.asks_to_erase = name,
            SessionsAction::Erase(name) => {
                sessions.asks_to_erase = None;
                let folder = sessions.folder(&name);
                if sessions.replay.as_ref().is_some_and(|replay| replay.folder == folder) {
                    self.close_session();
                }
                self.workers.library(LibraryCommand::Erase(folder));
            }
            SessionsAction::Report(folders) => {
                self.workers.library(LibraryCommand::Report(folders));
            }
            SessionsAction::Compare(sides) => {
                sessions.comparing = Comparing::Working(sides.clone());
                self.workers.library(LibraryCommand::Compare(sides));
            }
            SessionsAction::CloseComparison => sessions.comparing = Comparing::Closed,
            SessionsAction::ShowSide(side) => {
                if let Some(replay) = &mut sessions.replay {
                    replay.side = side;
                }
            }
            SessionsAction::Film(action) => self.act_on_replay(action),
            SessionsAction::Add(event) => {
                if let Some(replay) = &sessions.replay {
                    let rows = vec![replay.row(event)];
                    self.workers.library(LibraryCommand::AddEvents(rows));
                }
            }
            SessionsAction::Remove(row) => {
                self.workers.library(LibraryCommand::RemoveEvent(row));
            }
            SessionsAction::FindVideo => self.choose(Dialog::Video),
        }
    }

    fn act_on_replay(&mut self, action: FilmAction) {
        let Some(replay) = &mut self.store.sessions.replay else { return };
        if let FilmAction::Select(Some(_)) = action {
            // Who draws a span wants to know what is in it.
            replay.side = ReplaySide::Summary;
        }
        if let Some(command) = replay.act(action) {
            self.workers.play(command);
        }
    }

    /// Asks what is in the folder now.
    pub(super) fn list_sessions(&mut self) {
        if self.store.sessions.listing == Listing::Unasked {
            self.store.sessions.listing = Listing::Looking(None);
        }
        let dir = self.sessions_dir();
        self.workers.library(LibraryCommand::List(dir));
    }

    fn show_session(&mut self, name: &str) {
        let sessions = &mut self.store.sessions;
        let folder = sessions.folder(name);
        sessions.chosen = Some(name.to_owned());
        sessions.show(folder.clone());
        let candidates = self.settings().recent_files.clone();
        self.workers.play(PlayCommand::Close);
        self.workers.library(LibraryCommand::Open { folder, candidates });
    }

    pub(super) fn close_session(&mut self) {
        if let Some(replay) = self.store.sessions.replay.take() {
            if replay.film.media != MediaState::Absent {
                self.workers.play(PlayCommand::Close);
            }
            self.workers.library(LibraryCommand::Close);
        }
    }

    /// Another page is shown.
    pub(super) fn pause_session(&mut self) {
        if self.store.sessions.replay.as_ref().is_some_and(|replay| replay.film.playing) {
            self.act_on_replay(FilmAction::TogglePlay);
        }
    }

    /// The one player there is may have played a file meanwhile.
    pub(super) fn play_session_again(&mut self) {
        let Some(replay) = &self.store.sessions.replay else { return };
        let (run, at) = (replay.film.run, replay.film.position());
        if let Some(Ok(path)) = replay.video.clone().filter(|_| run != self.player_run) {
            self.play(run, path);
            self.workers.play(PlayCommand::Seek(at));
        }
    }

    /// The user says where the video is.
    pub(super) fn try_video(&mut self, paths: Vec<PathBuf>) {
        let Some(path) = paths.into_iter().next() else { return };
        if let Some(replay) = &mut self.store.sessions.replay {
            replay.video = None;
            self.workers.library(LibraryCommand::Try(path));
        }
    }

    /// Takes in what is told of sessions, and moves on what is played without pictures.
    pub(super) fn follow_sessions(&mut self, ctx: &egui::Context) {
        while let Some(event) = self.workers.try_library_event() {
            let Some(event) = self.on_lock_event(event) else { continue };
            match self.store.sessions.on_event(event) {
                Then::Nothing => {}
                Then::Tell(tone, text, folder) => self.store.tell(tone, text, folder),
                Then::Play(run, path) => {
                    let at = self.store.sessions.replay.as_ref().map(|r| r.film.position());
                    let speed = self.store.sessions.replay.as_ref().map(|r| r.film.speed);
                    self.play(run, path);
                    self.workers.play(PlayCommand::Speed(speed.unwrap_or(1.0)));
                    if let Some(at) = at.filter(|at| !at.is_zero()) {
                        self.workers.play(PlayCommand::Seek(at));
                    }
                }
                Then::ShowPage(page) => {
                    self.surroundings.open_page(&page);
                    let folder = page.parent().map(PathBuf::from);
                    let text = format!("The report is {}.", page.display());
                    self.store.tell(Tone::News, text, folder);
                }
                Then::List => self.list_sessions(),
            }
        }
        let now = self.store.now();
        let passed = self.moved_at.replace(now).map_or(0.0, |then| now - then);
        let Some(replay) = &mut self.store.sessions.replay else { return };
        if self.view == View::Sessions {
            let passed = Duration::try_from_secs_f64(passed).unwrap_or_default();
            if replay.pass(passed.min(LONGEST_PASS)) {
                ctx.request_repaint();
            }
        }
        if let Some(selection) = replay.wants_summary() {
            self.workers.library(LibraryCommand::Summarise(selection));
        }
    }
}
