//! Carries out what is asked for on the page of files.

use std::path::{Path, PathBuf};

use eframe::egui::{self, ViewportCommand};

use super::actions::{Action, Actions, Dialog, FilesAction, Surroundings, View, Workers};
use super::files_store::{FileState, MOST_RECENT, Then};
use super::film::Told;
use super::store::Tone;
use super::window::Window;
use crate::frame::RunId;
use crate::runtime::file_queue::{FileId, QueueCommand};
use crate::runtime::player::PlayCommand;
use crate::settings::Settings;

impl<W: Workers, S: Surroundings> Window<W, S> {
    pub(super) fn act_on_files(&mut self, ctx: &egui::Context, action: FilesAction) {
        let files = &mut self.store.files;
        match action {
            FilesAction::Choose => self.choose(Dialog::Files),
            FilesAction::ChooseFolder => self.choose(Dialog::Folder),
            FilesAction::Add(paths) => self.add_files(paths),
            FilesAction::Show(id) => self.show_file(id),
            FilesAction::Cancel(id) => {
                if let Some(item) = files.items.iter_mut().find(|item| item.id == id)
                    && item.state == FileState::Waiting
                {
                    item.state = FileState::Stopped;
                }
                self.workers.queue(QueueCommand::Cancel(id));
                self.keep_unfinished();
            }
            FilesAction::Remove(id) => {
                self.workers.queue(QueueCommand::Cancel(id));
                if files.current == Some(id) {
                    self.workers.play(PlayCommand::Close);
                }
                self.store.files.remove(id);
                self.keep_unfinished();
            }
            FilesAction::Retry(id) => {
                if let Some(item) = files.items.iter_mut().find(|item| item.id == id) {
                    item.state = FileState::Waiting;
                    let path = item.path.clone();
                    self.workers.queue(QueueCommand::Retry(id, path));
                    if files.current == Some(id) {
                        self.show_file(id);
                    }
                }
                self.keep_unfinished();
            }
            FilesAction::Film(action) => {
                if let Some(command) = files.act(action) {
                    self.workers.play(command);
                }
            }
            FilesAction::ShowList(list) => files.show_list = list,
            FilesAction::Resume => {
                let paths = std::mem::take(&mut self.settings_mut().unfinished_files);
                self.add_files(paths);
            }
            FilesAction::ForgetUnfinished => {
                self.offers_unfinished = false;
                self.keep_unfinished();
            }
            FilesAction::Close => {
                self.closing = true;
                ctx.send_viewport_cmd(ViewportCommand::Close);
            }
            FilesAction::StayOpen => files.asks_to_close = false,
        }
    }

    /// Takes files in, shows the first, and remembers them.
    pub(super) fn add_files(&mut self, paths: Vec<PathBuf>) {
        if paths.is_empty() {
            return;
        }
        self.view = View::Files;
        self.stop_collecting();
        self.offers_unfinished = false;
        let absolute = |path: &PathBuf| std::path::absolute(path).unwrap_or_else(|_| path.clone());
        let paths: Vec<PathBuf> = paths.iter().map(absolute).collect();
        let files = &mut self.store.files;
        files.show_next = true;
        files.show_list |= !files.items.is_empty();
        self.added.extend(paths.iter().cloned());
        let mut recent = paths.clone();
        recent.extend(self.settings().recent_files.iter().filter(|p| !paths.contains(p)).cloned());
        recent.truncate(MOST_RECENT);
        self.settings_mut().recent_files = recent;
        self.keep_unfinished();
        self.look_for_recent();
        let command = QueueCommand::Add {
            paths,
            pipeline: self.settings().pipeline,
            model_dir: self.store.model_choice.in_use.clone(),
            sessions_dir: self.sessions_dir(),
        };
        self.workers.queue(command);
    }

    pub(super) fn look_for_recent(&mut self) {
        let recent = self.settings().recent_files.clone();
        if !recent.is_empty() {
            self.surroundings.look_for(recent);
        }
    }

    /// Plays a file from its start; what was played before is let go.
    pub(super) fn play(&mut self, run: RunId, path: PathBuf) {
        self.player_run = run;
        self.workers.play(PlayCommand::Open { run, path });
    }

    /// The one player there is may have played a session meanwhile.
    pub(super) fn play_file_again(&mut self) {
        let film = &self.store.files.film;
        let (run, at) = (film.run, film.position());
        let Some(item) = self.store.files.item() else { return };
        if film.has_pictures() && run != self.player_run {
            self.play(run, item.path.clone());
            self.workers.play(PlayCommand::Seek(at));
        }
    }

    fn show_file(&mut self, id: FileId) {
        let files = &mut self.store.files;
        let Some(item) = files.items.iter().find(|item| item.id == id).cloned() else { return };
        files.begin(id);
        let run = files.film.run;
        self.play(run, item.path);
        if let Some(folder) = item.state.folder() {
            self.workers.queue(QueueCommand::Load(id, folder.to_owned()));
        }
    }

    /// What was added and is not done, for the next start; a folder as long as anything in it is
    /// not done.
    fn keep_unfinished(&mut self) {
        let items = &self.store.files.items;
        let unknown = |path: &Path| !items.iter().any(|item| item.path.starts_with(path));
        let open = |path: &Path| {
            let mut inside = items.iter().filter(|item| item.path.starts_with(path));
            inside.any(|item| item.state.is_open())
        };
        // What was just added is on its way to the list.
        let waits = self.store.files.show_next;
        self.added.retain(|path| open(path) || waits && unknown(path));
        let mut unfinished = self.added.clone();
        unfinished.truncate(Settings::MOST_FILES);
        if self.offers_unfinished {
            return;
        }
        let settings = Settings { unfinished_files: unfinished, ..self.settings().clone() };
        self.keep(settings);
    }

    /// Takes in what player and list have to say.
    pub(super) fn follow_files(&mut self) {
        let mut keep = false;
        while let Some(event) = self.workers.try_play_event() {
            let film = match (event.run(), &mut self.store.sessions.replay) {
                (Some(run), Some(replay)) if run == replay.film.run => &mut replay.film,
                _ => &mut self.store.files.film,
            };
            if let Told::Trouble(text) = film.on_play_event(event) {
                self.store.tell(Tone::Trouble, text, None);
            }
        }
        while let Some(event) = self.workers.try_queue_event() {
            let now = self.store.now();
            let then = self.store.files.on_queue_event(event, now);
            keep |= matches!(then, Then::Keep | Then::Load(..));
            self.carry_on(then);
        }
        if keep {
            self.keep_unfinished();
        }
        self.store.files.sum_up();
    }

    fn carry_on(&mut self, then: Then) {
        match then {
            Then::Nothing | Then::Keep => {}
            Then::Show(id) => self.show_file(id),
            Then::Load(id, folder) => self.workers.queue(QueueCommand::Load(id, folder)),
            Then::Tell(tone, text) => self.store.tell(tone, text, None),
        }
    }

    /// Files that are dropped on the window; whether some are over it.
    pub(super) fn dropped_files(&self, ctx: &egui::Context, actions: &mut Actions) -> bool {
        let paths: Vec<PathBuf> = ctx.input(|input| {
            input.raw.dropped_files.iter().map(|file| file.path().to_owned()).collect()
        });
        if !paths.is_empty() {
            actions.push(Action::Files(FilesAction::Add(paths)));
        }
        ctx.input(|input| !input.raw.hovered_files.is_empty())
    }

    /// Asks before the window closes while files are in work.
    pub(super) fn ask_before_closing(&mut self, ctx: &egui::Context) {
        let asked = ctx.input(|input| input.viewport().close_requested());
        if asked && !self.closing && self.store.files.open_files() > 0 {
            ctx.send_viewport_cmd(ViewportCommand::CancelClose);
            self.store.files.asks_to_close = true;
        }
    }

    /// The system has no dialog: the path is typed.
    pub(super) fn on_no_dialog(&mut self) {
        if self.dialog == Dialog::Video {
            let text = "This system offers no dialog for files. Open the video on the page Files, \
                        then look again.";
            return self.store.tell(Tone::News, text, None);
        }
        if self.dialog == Dialog::Profile {
            let text = "This system offers no dialog for files. Copy the file that is named here, \
                        or use `mien interact profile export FILE`.";
            return self.store.tell(Tone::News, text, None);
        }
        if self.dialog == Dialog::Strategies {
            let text = "This system offers no dialog for files. Write the path of the file as \
                        strategies in the table companion of settings.toml, and start Mien again.";
            return self.store.tell(Tone::News, text, None);
        }
        if self.dialog == Dialog::Model {
            let text = "This system offers no dialog for folders. Type or paste the path.";
            self.page.type_model_path();
            return self.store.tell(Tone::News, text, None);
        }
        self.view = View::Files;
        self.files_page.wants_path = true;
        let text = "This system offers no dialog for files. Type or paste the path.";
        self.store.tell(Tone::News, text, None);
    }
}
