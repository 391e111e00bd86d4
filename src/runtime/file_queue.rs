//! Files that the window has analysed one after the other, along the path of `mien analyze`: each
//! is a session like there, and what either did the other skips. The list may change meanwhile.
//!
//! [`FileQueue`] is the handle that the window holds; none of its calls waits but
//! [`FileQueue::stop`].

use std::collections::{HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, SendTimeoutError, Sender, TrySendError, bounded, select};

use super::batch::{BatchOptions, One, Outcome, Taken, loaded};
use super::cancel::{CancelGuard, Cancelled, cancel_token};
use super::file::{FileError, Progress, Seen, Selection};
use super::live::LiveOptions;
use super::worker;
use crate::frame::RunId;
use crate::observation::{Labels, Observation};
use crate::pipeline::{Pipeline, PipelineOptions};
use crate::session::trace::Trace;
use crate::session::{Session, SessionEvent, Signal};
use crate::source::inputs;
use crate::source::media::{MediaInfo, OpenOptions};
use crate::table::TableFormat;

/// Messages on their way to the owner.
const EVENT_QUEUE: usize = 128;
/// Files that may wait; a folder with more is a corpus, for the command line.
const MOST_FILES: usize = 5_000;
/// Readings go to the owner this often.
const TELL_EVERY: Duration = Duration::from_millis(100);
/// An owner who is behind gets them the next time, unless so many wait; then analysis does too.
const MOST_PENDING: usize = 4096;
/// How often a wait looks whether it is still wanted.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A file in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u64);

/// What the queue is asked to do.
#[derive(Debug, Clone, PartialEq)]
pub enum QueueCommand {
    /// Take these in; folders stand for what is in them.
    Add {
        /// Files and folders.
        paths: Vec<PathBuf>,
        /// How to read them.
        pipeline: PipelineOptions,
        /// Folder of the emotion model; `None`: the built-in one.
        model_dir: Option<PathBuf>,
        /// Where their sessions go.
        sessions_dir: PathBuf,
    },
    /// Stop working on a file, or do not begin.
    Cancel(FileId),
    /// Analyse a file of the list again that failed or was stopped.
    Retry(FileId, PathBuf),
    /// Read the readings of a session that is complete.
    Load(FileId, PathBuf),
}

/// What the queue says.
#[derive(Debug)]
pub enum QueueEvent {
    /// These are in the list now: the path each was asked by, and their own.
    Added(Vec<(FileId, PathBuf)>),
    /// A folder can't be read; or there is nothing in it.
    Nothing(PathBuf, String),
    /// A file is being summed up, then opened.
    Started(FileId),
    /// It is open; the readings to come are of these classes.
    Opened(FileId, MediaInfo, Labels),
    /// What was found since.
    Readings(FileId, Readings),
    /// It is done.
    Ended(FileId, Outcome),
    /// What was in its session; or why that can't be read.
    Loaded(FileId, Result<Box<Trace>, String>),
}

/// What was found in some frames.
#[derive(Debug, Default)]
pub struct Readings {
    /// In the order of time.
    pub observations: Vec<Observation>,
    /// Cuts and gaps.
    pub events: Vec<(Duration, SessionEvent)>,
    /// How far it is.
    pub progress: Progress,
}

/// The list and who works on it.
pub struct FileQueue {
    shared: Arc<Shared>,
    events: Receiver<QueueEvent>,
    thread: Option<JoinHandle<()>>,
    stop: CancelGuard,
    stopped: Cancelled,
    next: Arc<Mutex<u64>>,
}

/// A file that waits.
#[derive(Debug, Clone)]
struct Waiting {
    id: FileId,
    path: PathBuf,
    /// Whether somebody named it, rather than a folder it lies in.
    named: bool,
    pipeline: PipelineOptions,
    model_dir: Option<PathBuf>,
    sessions_dir: PathBuf,
}

struct Shared {
    waiting: Mutex<VecDeque<Waiting>>,
    running: Mutex<Option<(FileId, CancelGuard)>>,
    /// How files were asked for that may be asked for again.
    known: Mutex<HashMap<FileId, Waiting>>,
    bell: Sender<()>,
    events: Sender<QueueEvent>,
    wake: Arc<dyn Fn() + Send + Sync>,
    options: LiveOptions,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl FileQueue {
    /// Starts the thread, which loads the models of `options` with the first file. `wake` is called
    /// when there is something to drain.
    pub fn start(options: LiveOptions, wake: Arc<dyn Fn() + Send + Sync>) -> Self {
        let (events, receiver) = bounded(EVENT_QUEUE);
        let (bell, rings) = bounded(1);
        let (stop, stopped) = cancel_token();
        let shared = Arc::new(Shared {
            waiting: Mutex::default(),
            running: Mutex::default(),
            known: Mutex::default(),
            bell,
            events,
            wake,
            options,
        });
        let work = Work { shared: Arc::clone(&shared), rings, stopped: stopped.clone() };
        let thread = worker::spawn("files", move || work.run());
        if let Err(error) = &thread {
            tracing::error!("no thread for files: {error}");
        }
        Self {
            shared,
            events: receiver,
            thread: thread.ok(),
            stop,
            stopped,
            next: Arc::new(Mutex::new(0)),
        }
    }

    /// Does what is asked, on other threads.
    pub fn command(&self, command: QueueCommand) {
        match command {
            QueueCommand::Add { paths, pipeline, model_dir, sessions_dir } => {
                self.add(paths, pipeline, model_dir, sessions_dir);
            }
            QueueCommand::Cancel(id) => self.shared.cancel(id),
            QueueCommand::Retry(id, path) => {
                let again = locked(&self.shared.known).get(&id).cloned();
                if let Some(again) = again.filter(|again| again.path == path) {
                    locked(&self.shared.waiting).push_back(Waiting { named: true, ..again });
                    self.shared.ring();
                }
            }
            QueueCommand::Load(id, folder) => self.load(id, folder),
        }
    }

    /// Next message, if one is waiting.
    pub fn try_event(&self) -> Option<QueueEvent> {
        self.events.try_recv().ok()
    }

    fn add(
        &self,
        paths: Vec<PathBuf>,
        pipeline: PipelineOptions,
        model_dir: Option<PathBuf>,
        sessions_dir: PathBuf,
    ) {
        let (shared, next) = (Arc::clone(&self.shared), Arc::clone(&self.next));
        let stopped = self.stopped.clone();
        self.apart("file list", move || {
            let mut failures = Vec::new();
            let mut found = inputs::inputs(&paths, &mut failures);
            for (path, error) in failures {
                shared.say(QueueEvent::Nothing(path, error.to_string()), &stopped);
            }
            let room = MOST_FILES.saturating_sub(locked(&shared.waiting).len());
            if found.len() > room {
                let reason = format!(
                    "it holds {} files, and {MOST_FILES} may wait here; `mien analyze` takes all",
                    found.len()
                );
                shared.say(
                    QueueEvent::Nothing(paths.first().cloned().unwrap_or_default(), reason),
                    &stopped,
                );
                found.truncate(room);
            } else if found.is_empty() {
                let reason = "there is no video or picture in it".to_owned();
                shared.say(
                    QueueEvent::Nothing(paths.first().cloned().unwrap_or_default(), reason),
                    &stopped,
                );
            }
            let waiting: Vec<Waiting> = found
                .into_iter()
                .map(|input| {
                    let mut next = locked(&next);
                    *next += 1;
                    Waiting {
                        id: FileId(*next),
                        // A relative path means the folder in which the program was started.
                        path: std::path::absolute(&input.path).unwrap_or(input.path),
                        named: input.named,
                        pipeline,
                        model_dir: model_dir.clone(),
                        sessions_dir: sessions_dir.clone(),
                    }
                })
                .collect();
            let told = waiting.iter().map(|file| (file.id, file.path.clone())).collect();
            shared.say(QueueEvent::Added(told), &stopped);
            locked(&shared.known).extend(waiting.iter().map(|file| (file.id, file.clone())));
            locked(&shared.waiting).extend(waiting);
            shared.ring();
        });
    }

    fn load(&self, id: FileId, folder: PathBuf) {
        let (shared, stopped) = (Arc::clone(&self.shared), self.stopped.clone());
        self.apart("session rows", move || {
            let loaded = worker::guard(|| read_session(&folder)).unwrap_or_else(Err);
            shared.say(QueueEvent::Loaded(id, loaded.map(Box::new)), &stopped);
        });
    }

    fn apart(&self, name: &'static str, work: impl FnOnce() + Send + 'static) {
        if let Err(error) = worker::spawn(name, work) {
            let reason = format!("the system refuses another thread: {error}");
            let told = self.shared.events.try_send(QueueEvent::Nothing(PathBuf::new(), reason));
            if told.is_err() {
                tracing::error!("no thread for {name}");
            }
        }
    }

    /// Stops all work; false if a thread did not end by then. A file in work leaves no session.
    pub fn stop(self, deadline: Instant) -> bool {
        drop(self.stop);
        locked(&self.shared.running).take();
        self.thread.is_none_or(|thread| worker::join_until(thread, deadline))
    }
}

impl Shared {
    fn ring(&self) {
        // A bell that rings already is heard.
        let _ = self.bell.try_send(());
    }

    fn cancel(&self, id: FileId) {
        locked(&self.waiting).retain(|waiting| waiting.id != id);
        let mut running = locked(&self.running);
        if running.as_ref().is_some_and(|(at_work, _)| *at_work == id) {
            // Dropping the guard is the message.
            *running = None;
        }
    }

    /// Waits while the queue is full, unless nobody needs it any more.
    fn say(&self, event: QueueEvent, stopped: &Cancelled) {
        let mut event = event;
        while !stopped.is_cancelled() {
            match self.events.send_timeout(event, LOOK_EVERY) {
                Err(SendTimeoutError::Timeout(again)) => event = again,
                Ok(()) | Err(SendTimeoutError::Disconnected(_)) => break,
            }
        }
        (self.wake)();
    }
}

/// What the thread has.
struct Work {
    shared: Arc<Shared>,
    rings: Receiver<()>,
    stopped: Cancelled,
}

impl Work {
    fn run(self) {
        let (mut pipeline, mut loaded_from) = (None, None);
        let taken = Taken::default();
        loop {
            let next = locked(&self.shared.waiting).pop_front();
            if self.stopped.is_cancelled() {
                return;
            }
            let Some(file) = next else {
                select! {
                    recv(self.rings) -> _ => continue,
                    recv(self.stopped.channel()) -> _ => return,
                }
            };
            let outcome =
                worker::guard(|| self.file(&file, (&mut pipeline, &mut loaded_from), &taken))
                    .unwrap_or_else(|message| {
                        Err(FileError::Worker { worker: "analysis", message })
                    });
            if matches!(outcome, Err(FileError::Worker { .. })) {
                // Whatever state it is in, it is not used again.
                pipeline = None;
            }
            locked(&self.shared.running).take();
            let outcome = outcome.unwrap_or_else(Outcome::Failed).of_file(file.named);
            self.shared.say(QueueEvent::Ended(file.id, outcome), &self.stopped);
        }
    }

    fn file(
        &self,
        file: &Waiting,
        (pipeline, loaded_from): (&mut Option<Pipeline>, &mut Option<Option<PathBuf>>),
        taken: &Taken,
    ) -> Result<Outcome, FileError> {
        let (guard, cancelled) = cancel_token();
        *locked(&self.shared.running) = Some((file.id, guard));
        self.shared.say(QueueEvent::Started(file.id), &self.stopped);
        let core = LiveOptions { model_dir: file.model_dir.clone(), ..self.shared.options.clone() };
        if loaded_from.as_ref() != Some(&core.model_dir) {
            // Another model was chosen since.
            (*pipeline, *loaded_from) = (None, Some(core.model_dir.clone()));
        }
        let pipeline = loaded(pipeline, &core)?;
        pipeline.set_options(file.pipeline);
        let options = BatchOptions {
            core,
            open: OpenOptions::default(),
            selection: Selection::default(),
            sessions_dir: file.sessions_dir.clone(),
            jobs: 1,
            force: false,
            overlay: false,
            format: TableFormat::Csv,
        };
        let mut telling = Telling {
            shared: &self.shared,
            stopped: &self.stopped,
            cancelled: &cancelled,
            id: file.id,
            labels: pipeline.labels().clone(),
            pending: Readings::default(),
            told_at: Instant::now(),
        };
        let one = One { path: &file.path, options: &options, taken, cancelled: &cancelled };
        let outcome = one.analyse(pipeline, RunId(file.id.0), &mut |seen| telling.see(seen));
        telling.tell(true);
        outcome
    }
}

/// Collects what an analysis sees and hands it on a few times a second.
struct Telling<'a> {
    shared: &'a Shared,
    stopped: &'a Cancelled,
    cancelled: &'a Cancelled,
    id: FileId,
    labels: Labels,
    pending: Readings,
    told_at: Instant,
}

impl Telling<'_> {
    fn see(&mut self, seen: Seen<'_>) {
        match seen {
            Seen::Opened(info) => {
                let opened = QueueEvent::Opened(self.id, info.clone(), self.labels.clone());
                self.shared.say(opened, self.stopped);
            }
            Seen::Frame(observation, progress) => {
                self.pending.observations.push(observation.clone());
                self.pending.progress = progress;
                if self.told_at.elapsed() >= TELL_EVERY {
                    self.tell(self.pending.observations.len() >= MOST_PENDING);
                }
            }
            Seen::Event(event, at) => {
                self.pending.events.push((at.since_start(), event.clone()));
            }
        }
    }

    /// Hands on what there is; an owner who is behind gets it next time, unless it `must` arrive.
    fn tell(&mut self, must: bool) {
        self.told_at = Instant::now();
        let readings = std::mem::take(&mut self.pending);
        if readings.observations.is_empty() && readings.events.is_empty() {
            return;
        }
        let event = QueueEvent::Readings(self.id, readings);
        if must && !self.cancelled.is_cancelled() {
            return self.shared.say(event, self.stopped);
        }
        match self.shared.events.try_send(event) {
            Err(TrySendError::Full(QueueEvent::Readings(_, readings))) => self.pending = readings,
            _ => (self.shared.wake)(),
        }
    }
}

/// The readings of a session, for a timeline.
///
/// # Errors
/// Why it can't be read, for people.
pub fn read_session(folder: &Path) -> Result<Trace, String> {
    let session = Session::open(folder).map_err(|error| error.to_string())?;
    let signal = Signal::read(&session).map_err(|error| error.to_string())?;
    Ok(trace_of(&session, &signal))
}

/// The same of a session whose rows are read already.
pub fn trace_of(session: &Session, signal: &Signal) -> Trace {
    let record = session.record();
    let labels = if record.labels.len() == signal.words().len() {
        Labels::new(record.labels.clone())
    } else {
        Labels::new(signal.words().to_vec())
    };
    Trace::of_signal(signal, labels, (record.source.width, record.source.height))
}
