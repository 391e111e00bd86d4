//! The window without the system's window around it: takes in what the workers say, draws, and
//! carries out what the user asks for. Generic over both neighbours, so tests drive it by label.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use eframe::egui::{self, ViewportCommand, vec2};

use super::actions::{Action, Actions, Dialog, News, Surroundings, View, Workers};
use super::companion_store::FontSearch;
use super::model_store::ModelPlace;
use super::preview::PreviewView;
use super::store::{RecordingState, SourceState, Store, Tone, count};
use super::theme::{self, Theme};
use super::views::{
    self, CalibratePage, FilesPage, NoteSheet, PassphraseFields, ReplayPage, Scene, SessionsPage,
    SettingsPage, TeachPage,
};
use crate::frame::RunId;
use crate::session::SessionMeta;
use crate::session::vault::Passphrase;
use crate::settings::{ReducedMotion, Settings};
use crate::source::{SourceError, SourceSpec};

/// Draining takes at most this long; the rest waits for the next pass.
const DRAIN_BUDGET: Duration = Duration::from_millis(4);
/// Without news from the workers the window looks at the clock this often, so that marks fade
/// and waiting times count.
const IDLE_REPAINT: Duration = Duration::from_millis(500);

/// Everything in the window.
pub struct Window<W, S> {
    /// The workers.
    pub workers: W,
    /// Files, folders and the system.
    pub surroundings: S,
    /// What the views draw from.
    pub store: Store,
    settings: Settings,
    meta: SessionMeta,
    preview: PreviewView,
    file_preview: PreviewView,
    pub(super) view: View,
    pub(super) page: SettingsPage,
    teach_page: TeachPage,
    calibrate_page: CalibratePage,
    pub(super) files_page: FilesPage,
    pub(super) sessions_page: SessionsPage,
    replay_page: ReplayPage,
    /// The note that is being written.
    pub(super) note: Option<NoteSheet>,
    pub(super) typing: PassphraseFields,
    /// Locks recordings when they end; typed once, and never kept.
    pub(super) recordings_passphrase: Option<Passphrase>,
    /// What the player plays.
    pub(super) player_run: RunId,
    /// The model that is being loaded.
    pub(super) model_asked: Option<ModelPlace>,
    /// The dialog that was asked for last.
    pub(super) dialog: Dialog,
    /// When a session without pictures moved on last.
    pub(super) moved_at: Option<f64>,
    /// Files and folders as they were added, as long as they are not done.
    pub(super) added: Vec<PathBuf>,
    /// The files that were not done at the last end are still to be asked about.
    pub(super) offers_unfinished: bool,
    /// The user was asked and wants the window closed.
    pub(super) closing: bool,
    files_hover: bool,
    pub(super) help: bool,
    pub(super) full_screen: bool,
    open_sources: bool,
    system_reduces_motion: bool,
    sessions_dir: PathBuf,
    applied: Option<Settings>,
    was_recording: bool,
    /// When the current source was asked for.
    opened_at: Instant,
}

impl<W: Workers, S: Surroundings> Window<W, S> {
    /// Opens the source of the last start; before the first-start text is accepted, none. If there
    /// are `files`, they are opened instead, and the source waits until somebody looks at it.
    /// `sessions_dir` is where sessions go unless the settings say otherwise.
    pub fn new(
        workers: W,
        surroundings: S,
        (settings, sessions_dir): (Settings, PathBuf),
        (preview, file_preview): (PreviewView, PreviewView),
        files: Vec<PathBuf>,
        now: Instant,
    ) -> Self {
        let mut window = Self {
            workers,
            surroundings,
            store: Store::new(now),
            offers_unfinished: !settings.unfinished_files.is_empty(),
            settings,
            meta: SessionMeta::default(),
            preview,
            file_preview,
            view: View::Live,
            page: SettingsPage::default(),
            teach_page: TeachPage::default(),
            calibrate_page: CalibratePage::default(),
            files_page: FilesPage::default(),
            sessions_page: SessionsPage::default(),
            replay_page: ReplayPage::default(),
            note: None,
            typing: PassphraseFields::default(),
            recordings_passphrase: None,
            player_run: RunId::default(),
            model_asked: None,
            dialog: Dialog::default(),
            moved_at: None,
            added: Vec::new(),
            closing: false,
            files_hover: false,
            help: false,
            full_screen: false,
            open_sources: false,
            system_reduces_motion: false,
            sessions_dir,
            applied: None,
            was_recording: false,
            opened_at: now,
        };
        if files.is_empty() && window.is_welcomed() {
            window.open(window.settings.source.clone());
        }
        window.add_files(files);
        window.look_for_recent();
        window
    }

    /// The user's choices.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What the user says about the next recording.
    pub fn meta(&self) -> &SessionMeta {
        &self.meta
    }

    /// Whether the window fills the screen.
    pub fn is_full_screen(&self) -> bool {
        self.full_screen
    }

    /// The workers, to end them.
    pub fn into_workers(self) -> W {
        self.workers
    }

    /// Takes in news; draws nothing. Also called while the window is hidden.
    pub fn logic(&mut self, ctx: &egui::Context, now: Instant) {
        let visible = ctx.input(|input| input.viewport().visible()).unwrap_or(true);
        let elsewhere = !self.view.is_live();
        self.preview.set_hidden(!visible || elsewhere || self.store.is_frozen());
        if self.store.drain(&self.workers, now, DRAIN_BUDGET) {
            ctx.request_repaint();
        }
        self.follow_files();
        self.follow_model();
        self.follow_sessions(ctx);
        self.follow_companion(ctx, visible);
        self.follow_baseline();
        self.ask_before_closing(ctx);
        self.follow_chosen_face();
        while let Some(news) = self.surroundings.try_news() {
            self.on_news(news);
        }
        if self.was_recording && self.store.recording == RecordingState::Off {
            // The next recording may be of somebody else, who has to agree anew.
            self.meta = SessionMeta::default();
            if self.view == View::Sessions {
                self.list_sessions();
            }
        }
        self.was_recording = self.store.is_recording();
        self.apply_settings(ctx);
    }

    /// Draws the window into all of `ui`.
    pub fn ui(&mut self, ui: &mut egui::Ui) {
        let mut actions = Actions::new();
        if self.is_welcomed() {
            self.keys(ui.ctx(), &mut actions);
            self.files_hover = self.dropped_files(ui.ctx(), &mut actions);
            self.take_file_picture(ui.ctx());
            if !self.store.is_frozen() && self.preview.update(ui.ctx()) {
                let waited = self.opened_at.elapsed();
                tracing::debug!("first picture {waited:.0?} after its source was asked for");
            }
            self.lay_out(ui, &mut actions);
        } else {
            let rect = ui.max_rect();
            ui.painter().rect_filled(rect, 0, Theme::of(ui).background);
            views::welcome(ui, rect, &mut actions);
        }
        let acted = !actions.is_empty();
        for action in actions {
            self.act(ui.ctx(), action);
        }
        if acted {
            ui.ctx().request_repaint();
        } else if self.store.spec.is_some() {
            ui.ctx().request_repaint_after(IDLE_REPAINT);
        }
        if let Some(change) = self.store.next_change() {
            ui.ctx().request_repaint_after(change);
        }
    }

    fn is_welcomed(&self) -> bool {
        self.settings.welcome_seen >= views::WELCOME_VERSION
    }

    fn lay_out(&mut self, ui: &mut egui::Ui, actions: &mut Actions) {
        let whole = ui.max_rect();
        let compact = whole.width() < theme::FOLD_WIDTH;
        ui.painter().rect_filled(whole, 0, Theme::of(ui).background);
        let top = whole.with_max_y(whole.top() + theme::TOP_HEIGHT);
        let status = whole.with_min_y(whole.bottom() - theme::STATUS_HEIGHT);
        let scene = Scene {
            store: &self.store,
            settings: &self.settings,
            meta: &self.meta,
            sessions_dir: &self.sessions_dir,
            knows_passphrase: self.recordings_passphrase.is_some(),
            texture: self.preview.texture(),
            file_texture: self.file_preview.texture(),
            offers_unfinished: self.offers_unfinished,
            compact,
            reduced_motion: match self.settings.reduced_motion {
                ReducedMotion::System => self.system_reduces_motion,
                ReducedMotion::On => true,
                ReducedMotion::Off => false,
            },
            view: self.view,
        };
        match self.view {
            View::Files => views::files_bar(ui, top, scene, actions),
            View::Sessions => {
                views::sessions_bar(ui, top, scene, &mut self.sessions_page, actions);
            }
            _ => {
                views::top_bar(ui, top, scene, &mut self.open_sources, actions);
            }
        }
        let mut middle = whole.with_min_y(top.bottom()).with_max_y(status.top());
        if compact {
            // Beside the readings there is no room for a sentence.
            middle = views::notices(ui, middle, scene, actions);
        }
        let rail_width = if compact { 0.0 } else { theme::RAIL_WIDTH };
        let side_width = if compact { theme::SIDE_WIDTH_SMALL } else { theme::SIDE_WIDTH };
        let rail = middle.with_max_x(middle.left() + rail_width);
        let side = middle.with_min_x(middle.right() - side_width);
        let centre = middle.with_min_x(rail.right()).with_max_x(side.left());
        // Large text in a small window: side by side, neither would have room.
        let (centre, side) = if whole.width() < theme::STACK_WIDTH {
            middle.split_top_bottom_at_fraction(0.4)
        } else {
            (centre, side)
        };

        if !compact {
            views::rail(ui, rail, scene, actions);
        }
        let wide = if compact { middle } else { centre.with_max_x(middle.right()) };
        let replay = self.store.sessions.replay.is_some();
        match self.view {
            View::Settings | View::Companion => {
                let room = if compact { middle } else { centre };
                let room = room.shrink2(vec2(theme::PAD, 12.0));
                match self.view {
                    View::Companion => views::companion_page(ui, room, scene, actions),
                    _ => views::settings_page(ui, room, scene, &mut self.page, actions),
                }
                if !compact {
                    views::face_panel(ui, side, scene, actions);
                }
            }
            View::Files => {
                views::files_page(ui, centre, scene, &mut self.files_page, actions);
                views::files_panel(ui, side, scene, &mut self.files_page, actions);
            }
            View::Sessions if replay => {
                views::replay_page(ui, centre, scene, &mut self.replay_page, actions);
                views::replay_panel(ui, side, scene, &mut self.replay_page, actions);
            }
            View::Sessions => {
                // Without a chosen one the list has all the room.
                let chosen = self.store.sessions.chosen().is_some();
                let room = if chosen { centre } else { wide };
                let page = &mut self.sessions_page;
                views::sessions_page(ui, room, scene, page, actions);
                if chosen {
                    views::sessions_panel(ui, side, scene, page, actions);
                }
            }
            View::Calibrate => {
                views::live_page(ui, centre, whole.height(), scene, actions);
                views::calibrate_panel(ui, side, scene, &mut self.calibrate_page, actions);
            }
            View::Teach => {
                views::live_page(ui, centre, whole.height(), scene, actions);
                views::teach_panel(ui, side, scene, &mut self.teach_page, actions);
            }
            View::Live => {
                views::live_page(ui, centre, whole.height(), scene, actions);
                views::face_panel(ui, side, scene, actions);
            }
        }
        views::status_line(ui, status, scene);
        if self.help {
            views::help(ui, actions);
        }
        if let Some(note) = &mut self.note {
            views::note_sheet(ui, note, actions);
        }
        views::questions(ui, scene, &mut self.typing, actions);
        if self.files_hover {
            views::drop_overlay(ui, whole);
        }
    }

    fn take_file_picture(&mut self, ctx: &egui::Context) {
        self.file_preview.update(ctx);
        self.store.files.show(self.file_preview.shown());
        self.store.sessions.show_picture(self.file_preview.shown());
    }

    fn act(&mut self, ctx: &egui::Context, action: Action) {
        match action {
            Action::Open(spec) => self.open(spec),
            Action::Retry => {
                let spec = self.store.spec.clone().unwrap_or_else(|| self.settings.source.clone());
                self.open(spec);
            }
            Action::ShowSources => self.open_sources = true,
            Action::StartRecording => self.start_recording(),
            Action::StopRecording => {
                self.store.recording = RecordingState::Stopping;
                self.workers.stop_recording();
            }
            Action::Mark(text) => self.set_marker(text),
            Action::Note(action) => self.act_on_note(action),
            Action::Freeze(frozen) => self.store.set_frozen(frozen),
            Action::Choose(track) => self.store.choose(track),
            Action::Show(view) => self.show_page(view),
            Action::Help(open) => self.help = open,
            Action::FullScreen(full) => {
                self.full_screen = full;
                ctx.send_viewport_cmd(ViewportCommand::Fullscreen(full));
            }
            Action::Change(settings) => {
                if settings.pipeline != self.settings.pipeline {
                    self.workers.set_pipeline_options(settings.pipeline);
                }
                self.keep(*settings);
            }
            Action::Describe(meta) => self.meta = meta,
            Action::Dismiss(id) => self.store.dismiss(id),
            Action::ChooseFolder(dialog) => self.choose(dialog),
            Action::UseModel(place) => self.use_model_in(place),
            Action::OpenFolder(folder) => self.surroundings.open_folder(&folder),
            Action::AcceptWelcome(spec) => {
                let accepted =
                    Settings { welcome_seen: views::WELCOME_VERSION, ..self.settings.clone() };
                self.keep(accepted);
                self.open(spec);
            }
            Action::FinishSession => {
                if !self.store.unfinished.is_empty() {
                    let session = self.store.unfinished.remove(0);
                    self.surroundings.finish_session(&session);
                }
            }
            Action::PostponeSessions => self.store.unfinished.clear(),
            Action::Teach(action) => self.act_on_teaching(action),
            Action::Files(action) => self.act_on_files(ctx, action),
            Action::Sessions(action) => self.act_on_sessions(action),
            Action::Companion(action) => self.act_on_companion(action),
            Action::Lock(action) => self.act_on_lock(action),
            Action::Baseline(action) => self.act_on_baseline(action),
        }
    }

    fn show_page(&mut self, view: View) {
        if view != View::Teach {
            self.stop_collecting();
        }
        if self.view == View::Sessions && view != View::Sessions {
            self.pause_session();
        }
        self.view = view;
        match view {
            view if view.is_live() && self.store.spec.is_none() => {
                // The program was started with files alone.
                self.open(self.settings.source.clone());
            }
            View::Files => {
                self.look_for_recent();
                self.play_file_again();
            }
            View::Sessions => {
                self.list_sessions();
                self.play_session_again();
            }
            View::Settings => self.look_at_models(),
            View::Live | View::Teach | View::Calibrate | View::Companion => {}
        }
    }

    /// Opens a dialog of the system.
    pub(super) fn choose(&mut self, dialog: Dialog) {
        self.dialog = dialog;
        self.surroundings.choose(dialog);
    }

    fn open(&mut self, spec: SourceSpec) {
        self.opened_at = Instant::now();
        let run = self.workers.open(&spec);
        self.preview.clear();
        self.store.on_open(spec.clone(), run);
        if self.settings.source != spec {
            self.keep(Settings { source: spec, ..self.settings.clone() });
        }
    }

    pub(super) fn settings_mut(&mut self) -> &mut Settings {
        &mut self.settings
    }

    pub(super) fn sessions_dir(&self) -> PathBuf {
        self.settings.sessions_dir.clone().unwrap_or_else(|| self.sessions_dir.clone())
    }

    pub(super) fn keep(&mut self, settings: Settings) {
        self.settings = settings;
        self.surroundings.save_settings(&self.settings);
    }

    fn on_news(&mut self, news: News) {
        match news {
            News::Cameras(cameras) => {
                let missing = matches!(
                    self.store.source,
                    SourceState::Failed(SourceError::NoCamera | SourceError::NotFound { .. })
                );
                let known = self.store.cameras.as_ref().map_or(0, Vec::len);
                let more = cameras.len() > known;
                self.store.cameras = Some(cameras);
                if let (true, true, Some(spec)) = (missing, more, self.store.spec.clone()) {
                    self.open(spec);
                }
            }
            News::Unfinished(sessions) => self.store.unfinished = sessions,
            News::Finished(folder, rows) => {
                let text = format!("Recording finished: {}.", count(rows, "row"));
                self.store.tell(Tone::News, text, Some(folder));
            }
            News::Chosen(paths) if self.dialog == Dialog::Video => self.try_video(paths),
            News::Chosen(paths) if self.dialog == Dialog::Profile => self.export_profile(paths),
            News::Chosen(paths) if self.dialog == Dialog::Model => self.model_chosen(paths),
            News::Chosen(paths) if self.dialog == Dialog::Strategies => self.use_strategies(paths),
            News::ReserveFont(font) => self.store.companion.font = FontSearch::Ended(font),
            News::Baselines(known) => self.store.baseline.known = Some(known),
            News::Models(known) => self.store.model_choice.known = known,
            News::Chosen(paths) => self.add_files(paths),
            News::NoDialog => self.on_no_dialog(),
            News::Missing(paths) => self.store.files.missing = paths,
            News::ReducedMotion(reduced) => self.system_reduces_motion = reduced,
            News::Trouble(text) => self.store.tell(Tone::Trouble, text, None),
        }
    }

    fn apply_settings(&mut self, ctx: &egui::Context) {
        let old = self.applied.as_ref();
        if old.is_none_or(|old| old.theme != self.settings.theme) {
            theme::choose(ctx, self.settings.theme);
        }
        if old.is_none_or(|old| old.text_scale != self.settings.text_scale) {
            ctx.set_zoom_factor(self.settings.text_scale);
        }
        if old != Some(&self.settings) {
            self.applied = Some(self.settings.clone());
        }
    }
}
