//! Carries out what is asked for on the page of files.

use std::path::{Path, PathBuf};
use std::time::Duration;

use eframe::egui::{self, Event, Key, ViewportCommand};

use super::actions::{Action, Actions, FilesAction, Surroundings, View, Workers};
use super::files_store::{FileState, MOST_RECENT, MediaState, Then};
use super::store::Tone;
use super::window::Window;
use crate::runtime::file_queue::{FileId, QueueCommand};
use crate::runtime::player::PlayCommand;
use crate::settings::Settings;

impl<W: Workers, S: Surroundings> Window<W, S> {
    pub(super) fn act_on_files(&mut self, ctx: &egui::Context, action: FilesAction) {
        let files = &mut self.store.files;
        match action {
            FilesAction::Choose => self.surroundings.choose_files(false),
            FilesAction::ChooseFolder => self.surroundings.choose_files(true),
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
            FilesAction::TogglePlay => {
                let command = if files.playing { PlayCommand::Pause } else { PlayCommand::Play };
                self.workers.play(command);
            }
            FilesAction::Step(by) => self.workers.play(PlayCommand::Step(by)),
            FilesAction::Seek(at) => self.workers.play(PlayCommand::Seek(at)),
            FilesAction::Last => self.workers.play(PlayCommand::Last),
            FilesAction::Speed(speed) => {
                files.speed = speed;
                self.workers.play(PlayCommand::Speed(speed));
            }
            FilesAction::Select(span) => files.selection = span,
            FilesAction::Zoom(part) => files.zoom = part,
            FilesAction::Follow(follow) => files.follow = follow,
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

    fn show_file(&mut self, id: FileId) {
        let files = &mut self.store.files;
        let Some(item) = files.items.iter().find(|item| item.id == id).cloned() else { return };
        files.begin(id);
        let run = files.run;
        self.workers.play(PlayCommand::Open { run, path: item.path });
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
            let then = self.store.files.on_play_event(event);
            self.carry_on(then);
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

    /// Keys of the player. Held keys repeat.
    pub(super) fn files_keys(&self, ctx: &egui::Context, actions: &mut Actions) {
        let keys: Vec<(Key, egui::Modifiers, bool)> = ctx.input(|input| {
            let key = |event: &Event| match *event {
                Event::Key { key, pressed: true, modifiers, repeat, .. } => {
                    Some((key, modifiers, repeat))
                }
                _ => None,
            };
            input.events.iter().filter_map(key).collect()
        });
        let focused = ctx.memory(|memory| memory.focused().is_some());
        let plays = matches!(self.store.files.media, MediaState::Open(_));
        for (key, modifiers, repeat) in keys {
            let asked = match key {
                Key::O if modifiers.command && modifiers.shift && !repeat => {
                    Some(FilesAction::ChooseFolder)
                }
                Key::O if modifiers.command && !repeat => Some(FilesAction::Choose),
                _ if modifiers.any() || self.view != View::Files || !plays => None,
                Key::Space if !focused && !repeat => Some(FilesAction::TogglePlay),
                Key::ArrowLeft | Key::Comma => Some(FilesAction::Step(-1)),
                Key::ArrowRight | Key::Period => Some(FilesAction::Step(1)),
                Key::Home => Some(FilesAction::Seek(Duration::ZERO)),
                Key::End => Some(FilesAction::Last),
                Key::Escape if self.store.files.selection.is_some() => {
                    Some(FilesAction::Select(None))
                }
                _ => None,
            };
            actions.extend(asked.map(Action::Files));
        }
    }

    /// The system has no dialog: the path is typed.
    pub(super) fn on_no_dialog(&mut self) {
        self.view = View::Files;
        self.files_page.wants_path = true;
        let text = "This system offers no dialog for files. Type or paste the path.";
        self.store.tell(Tone::News, text, None);
    }
}
