//! What the user can ask for, and the two things the window asks it of: the workers and the
//! surroundings. Views only push [`Action`]s; so a test can see what a click does.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::baseline::Baseline;
use crate::frame::RunId;
use crate::interaction::{Answer, Intent};
use crate::library::{Labelling, Query, SortBy};
use crate::observation::TrackId;
use crate::pipeline::PipelineOptions;
use crate::runtime::companion::{CompanionCommand, CompanionEvent, Memory};
use crate::runtime::file_queue::{FileId, QueueCommand, QueueEvent};
use crate::runtime::librarian::{LibraryCommand, LibraryEvent, Side};
use crate::runtime::live::{Event, LiveObservation, LiveStats, RecordingRequest};
use crate::runtime::player::{PlayCommand, PlayEvent};
use crate::runtime::teaching::TeachCommand;
use crate::session::trace::Follow;
use crate::session::vault::Passphrase;
use crate::session::{EventRow, SessionEvent, SessionMeta};
use crate::settings::Settings;
use crate::source::SourceSpec;

use super::lock_store::Purpose;
use super::model_store::{ModelFacts, ModelPlace};
use super::replay_store::ReplaySide;
use super::reserve_font::ReserveFont;
use super::sessions_store::Soundness;
use super::store::{CameraEntry, UnfinishedSession};

/// The pages of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// Picture, readings, timeline.
    Live,
    /// Saved videos and pictures.
    Files,
    /// What was recorded and analysed.
    Sessions,
    /// Picture, and classes of the user's own.
    Teach,
    /// Picture, and ten guided seconds of a face at rest.
    Calibrate,
    /// Everything the user can choose once.
    Settings,
    /// What the companion thinks of the user.
    Companion,
}

impl View {
    /// Whether the live picture is on it.
    pub fn is_live(self) -> bool {
        matches!(self, Self::Live | Self::Teach | Self::Calibrate)
    }
}

/// Something the user asked for.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Use this source.
    Open(SourceSpec),
    /// Try the source again that failed.
    Retry,
    /// Open the list of sources.
    ShowSources,
    /// Store rows from now on.
    StartRecording,
    /// End the session.
    StopRecording,
    /// Mark this moment; `None`: with the next number.
    Mark(Option<String>),
    /// Hold the view, or let it go on.
    Freeze(bool),
    /// Look at another face.
    Choose(TrackId),
    /// Go to a page.
    Show(View),
    /// Show or hide the list of keys.
    Help(bool),
    /// Fill the screen, or stop doing so.
    FullScreen(bool),
    /// Take over and keep these settings.
    Change(Box<Settings>),
    /// What the user says about the next recording.
    Describe(SessionMeta),
    /// Take a notice away.
    Dismiss(u64),
    /// Choose a folder in the system's dialog.
    ChooseFolder(Dialog),
    /// Read with the model in this folder; `None`: the built-in one.
    UseModel(Option<PathBuf>),
    /// Show a folder in the system's file browser.
    OpenFolder(PathBuf),
    /// The first-start text was read; go on with this source.
    AcceptWelcome(SourceSpec),
    /// Finish the first unfinished recording.
    FinishSession,
    /// Leave the unfinished recordings for the next start.
    PostponeSessions,
    /// Something on the page of teaching.
    Teach(TeachAction),
    /// Something on the page of files.
    Files(FilesAction),
    /// Something on the page of sessions.
    Sessions(SessionsAction),
    /// Something about the companion.
    Companion(CompanionAction),
    /// Something about the note that is being written.
    Note(NoteAction),
    /// Something about passphrases.
    Lock(LockAction),
    /// Something about baselines.
    Baseline(BaselineAction),
}

/// What can be asked for while a note is written into the recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoteAction {
    /// Begin one; its time is this moment.
    Begin,
    /// Put it into the session.
    Keep,
    /// Forget it.
    Discard,
}

/// What can be asked for about passphrases.
#[derive(Debug, Clone, PartialEq)]
pub enum LockAction {
    /// Ask for one.
    Ask(Purpose),
    /// There it is.
    Give(Passphrase),
    /// Leave it.
    Leave,
}

/// A dialog of the system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dialog {
    /// Videos and pictures to analyse.
    #[default]
    Files,
    /// Folders of them.
    Folder,
    /// The video of the session that is shown.
    Video,
    /// The folder of a model.
    Model,
    /// A new file for what the companion remembers.
    Profile,
    /// Strategies of the user's own for the companion.
    Strategies,
}

/// What can be asked for where files are played and analysed. Times are those of the file.
#[derive(Debug, Clone, PartialEq)]
pub enum FilesAction {
    /// Choose files in the system's dialog.
    Choose,
    /// Choose a folder there.
    ChooseFolder,
    /// Analyse these and show the first.
    Add(Vec<PathBuf>),
    /// Show a file of the list.
    Show(FileId),
    /// Stop working on a file, or do not begin.
    Cancel(FileId),
    /// Take a file off the list.
    Remove(FileId),
    /// Analyse a file again that failed or was stopped.
    Retry(FileId),
    /// Something about the file that is shown.
    Film(FilmAction),
    /// Show the list of files at the side, or the readings.
    ShowList(bool),
    /// Go on with the files that were not done when the window closed.
    Resume,
    /// Forget them.
    ForgetUnfinished,
    /// Close the window although files are in work.
    Close,
    /// Do not close it.
    StayOpen,
}

/// What can be asked for where sessions are listed and shown. Sessions of the list are named by
/// their folder.
#[derive(Debug, Clone, PartialEq)]
pub enum SessionsAction {
    /// Look for other ones, or in another order.
    Ask(Box<Query>, Option<Soundness>),
    /// Sort by a column, or turn its order.
    Sort(SortBy),
    /// Tell about a session, or about none.
    Choose(Option<String>),
    /// Tell about the session so many rows further on.
    Move(i64),
    /// Tick a session, or take the tick away.
    Tick(String),
    /// Show a session.
    Show(String),
    /// Show the list again.
    Back,
    /// Name or tag a session.
    Label(String, Labelling),
    /// Ask whether to erase a session, or do not.
    AskToErase(Option<String>),
    /// Erase it.
    Erase(String),
    /// Write a page about these and show it.
    Report(Vec<PathBuf>),
    /// Compare two, or parts of them.
    Compare([Side; 2]),
    /// Compare no more.
    CloseComparison,
    /// Something about the session that is shown.
    Film(FilmAction),
    /// What to tell beside the session that is shown.
    ShowSide(ReplaySide),
    /// Add a marker or a note at the moment that is shown.
    Add(SessionEvent),
    /// Remove a marker or a note.
    Remove(EventRow),
    /// Choose the video in the system's dialog.
    FindVideo,
}

/// What can be asked for where something is played. Times are those of the file or session.
#[derive(Debug, Clone, PartialEq)]
pub enum FilmAction {
    /// Play, or stand still.
    TogglePlay,
    /// So many pictures on, or back.
    Step(i32),
    /// Show the picture that stands at this time.
    Seek(Duration),
    /// Show the last picture.
    Last,
    /// Times real time.
    Speed(f64),
    /// Sum up a span of time, or nothing.
    Select(Option<(Duration, Duration)>),
    /// Show this part of the timeline, or all.
    Zoom(Option<(Duration, Duration)>),
    /// Follow another face.
    Follow(Follow),
}

/// What can be asked for where classes are taught. Numbers of classes are those of
/// [`super::classroom::Classroom`].
#[derive(Debug, Clone, PartialEq)]
pub enum TeachAction {
    /// Add a class.
    Add(String),
    /// Give a class another name.
    Rename(u32, String),
    /// Take a class away with all its examples.
    Remove(u32),
    /// Collect the chosen face as examples of a class from now on.
    Collect(u32),
    /// Collect no more.
    StopCollecting,
    /// Take the last take back.
    Undo,
    /// Learn from what was collected.
    Train,
    /// Stop learning.
    StopTraining,
    /// Read with what was learned.
    UseTaught,
    /// Read with the model of the start again.
    UseOriginal,
    /// Write what was learned into a new folder.
    Save(PathBuf),
}

/// What can be asked of the companion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CompanionAction {
    /// Say something to a prompt.
    Answer(u64, Answer),
    /// Show or hide why it said that.
    Why(bool),
    /// Somebody is at the prompt; it must not go away.
    Hold,
    /// What the user is doing.
    Intent(Option<Intent>),
    /// Ask whether to forget everything, or do not.
    AskToForget(bool),
    /// Forget something.
    Forget(Memory),
}

/// What can be asked about baselines. That one is applied is a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BaselineAction {
    /// Look at the face for ten seconds, for the profile of this name.
    Begin(String),
    /// Stop looking, and forget what was found.
    Discard,
    /// Keep what was found, and apply it.
    Keep,
    /// Ask whether to erase a profile, or do not.
    AskToErase(Option<String>),
    /// Erase it.
    Erase(String),
}

/// What the views push their wishes into.
pub type Actions = Vec<Action>;

/// The workers, as the window sees them. None of the calls may wait.
pub trait Workers {
    /// Stops the current source and opens another.
    fn open(&mut self, spec: &SourceSpec) -> RunId;
    /// Starts writing a session.
    fn start_recording(&mut self, request: RecordingRequest);
    /// Ends the session.
    fn stop_recording(&mut self);
    /// Puts a marker into the session; false if none is being recorded.
    fn mark(&mut self, label: &str) -> bool;
    /// Notes what happened at a moment in the session; false if none is being recorded.
    fn note(&mut self, event: SessionEvent, at: Instant) -> bool;
    /// Tells the companion something.
    fn companion(&mut self, command: CompanionCommand);
    /// Changes smoothing and thresholds.
    fn set_pipeline_options(&mut self, options: PipelineOptions);
    /// Corrects faces with a baseline, or with none; false: not now.
    fn set_baseline(&mut self, baseline: Option<Arc<Baseline>>) -> bool;
    /// Collects, learns, uses or writes.
    fn teach(&mut self, command: TeachCommand);
    /// Plays a file.
    fn play(&mut self, command: PlayCommand);
    /// Changes the list of files to analyse.
    fn queue(&mut self, command: QueueCommand);
    /// Lists, reads, names, compares or erases sessions.
    fn library(&mut self, command: LibraryCommand);
    /// Next message about sessions, if one is waiting.
    fn try_library_event(&self) -> Option<LibraryEvent>;
    /// Next message of the companion, if one is waiting.
    fn try_companion_event(&self) -> Option<CompanionEvent>;
    /// Next message of the player, if one is waiting.
    fn try_play_event(&self) -> Option<PlayEvent>;
    /// Next message of the list of files, if one is waiting.
    fn try_queue_event(&self) -> Option<QueueEvent>;
    /// Next message, if one is waiting.
    fn try_event(&self) -> Option<Event>;
    /// Next observation, if one is waiting.
    fn try_observation(&self) -> Option<LiveObservation>;
    /// Figures of this moment.
    fn stats(&self) -> LiveStats;
    /// Stops everything; waits at most until `deadline`. False if a thread did not end by then.
    fn shutdown(self, deadline: Instant) -> bool;
}

/// What comes from outside the workers.
#[derive(Debug, Clone, PartialEq)]
pub enum News {
    /// Cameras that are plugged in now.
    Cameras(Vec<CameraEntry>),
    /// Recordings that were not finished.
    Unfinished(Vec<UnfinishedSession>),
    /// One of them is finished: its folder and its rows.
    Finished(PathBuf, u64),
    /// Whether the system wishes for less movement.
    ReducedMotion(bool),
    /// Files or folders were chosen in the system's dialog; none: it was left.
    Chosen(Vec<PathBuf>),
    /// The system has no such dialog.
    NoDialog,
    /// What the cards of models say, or why they can't be read.
    Models(Vec<(ModelPlace, Result<ModelFacts, String>)>),
    /// Baselines that are kept: the name of each, and it, or why it can't be used.
    Baselines(Vec<(String, Result<Arc<Baseline>, String>)>),
    /// Which of the files that were asked about are not there.
    Missing(Vec<PathBuf>),
    /// A font of the system with Chinese signs, if there is one.
    ReserveFont(Option<ReserveFont>),
    /// Something did not work: what, and what to do.
    Trouble(String),
}

/// Files, folders and the system, as the window sees them. None of the calls may wait; what they
/// find out arrives as [`News`].
pub trait Surroundings {
    /// Keeps the settings for the next start.
    fn save_settings(&mut self, settings: &Settings);
    /// Shows a folder in the system's file browser, making it if it is missing.
    fn open_folder(&mut self, folder: &Path);
    /// Shows a page in the system's browser.
    fn open_page(&mut self, page: &Path);
    /// Finishes a recording that a crash left behind.
    fn finish_session(&mut self, session: &UnfinishedSession);
    /// Has something chosen in the system's dialog; one is open at a time.
    fn choose(&mut self, dialog: Dialog);
    /// Reads the card of the built-in model and of those in these folders.
    fn look_at_models(&mut self, folders: Vec<PathBuf>);
    /// Reads the baselines that are kept.
    fn look_at_baselines(&mut self);
    /// Keeps a baseline in place of the one its profile had, and reads all.
    fn keep_baseline(&mut self, baseline: Arc<Baseline>);
    /// Erases the baseline of a profile, and reads all.
    fn erase_baseline(&mut self, profile: &str);
    /// Looks which of these are there.
    fn look_for(&mut self, paths: Vec<PathBuf>);
    /// Looks for a font with Chinese signs.
    fn look_for_font(&mut self);
    /// Next piece of news, if one is waiting.
    fn try_news(&mut self) -> Option<News>;
}
