//! The thread that teaches: embeds the faces that are collected, learns from them, loads and
//! writes what was learned. It starts with the first thing asked of it, so that who never teaches
//! pays nothing.
//!
//! It holds no examples: they go to the owner, who sends them back to be learned from. So there is
//! one place that knows what was shown, and taking a take back is no message.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded, select};

use super::cancel::Cancelled;
use super::inference::load_emotion;
use super::live::start;
use super::mailbox::{MailboxReceiver, MailboxSender, mailbox};
use super::message::Event;
use super::shared::Shared;
use super::worker;
use crate::dataset::parallel;
use crate::frame::Frame;
use crate::model::EmotionModel;
use crate::model::embedding::BaseModel;
use crate::observation::{Detection, Hint, Observation, Quality, TrackId};
use crate::teach::{Lesson, Origin, Progress, TaughtModel, teach};
use crate::vision::align::{align, crop_from_frame};
use crate::vision::embed::FaceEmbedder;

/// Time from example to example: five a second show an expression moving, and a minute is 300.
pub const EXAMPLE_EVERY: Duration = Duration::from_millis(200);

/// Below this overall quality the live view shows no word either, so nothing is to be learned.
const MIN_QUALITY: f32 = 0.25;

/// Things asked of the thread while it is busy.
const COMMAND_QUEUE: usize = 8;

/// Whose examples are collected: a class and one go at it, in numbers of the owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TakeId {
    /// The class.
    pub class: u32,
    /// The take.
    pub take: u32,
}

/// What can be asked.
#[derive(Debug, Clone)]
pub enum TeachCommand {
    /// Collect this face as examples from now on.
    Collect(TakeId, TrackId),
    /// Collect no more.
    StopCollecting,
    /// Learn from a lesson; the result gets this name.
    Learn {
        /// What was shown.
        lesson: Lesson,
        /// Name of the model.
        name: String,
    },
    /// Stop learning.
    Cancel,
    /// Read with this model from now on; `None`: with the one of the start.
    Use(Option<Arc<TaughtModel>>),
    /// Read with the model in this folder from now on; `None`: with the built-in one. It becomes
    /// the one of the start; classes that are being taught go on with the one they began with.
    Load(Option<PathBuf>),
    /// Write a model into a new folder.
    Save {
        /// What was learned.
        model: Arc<TaughtModel>,
        /// Where.
        folder: PathBuf,
    },
}

/// What the thread tells.
#[derive(Debug, Clone)]
pub enum TeachingEvent {
    /// An example was taken.
    Example {
        /// Of what.
        take: TakeId,
        /// Its embedding.
        embedding: Arc<[f32]>,
    },
    /// A face was not taken, and why.
    NotTaken {
        /// Of what it would have been an example.
        take: TakeId,
        /// What the person can change.
        hint: Hint,
    },
    /// Learning goes on.
    Progress(Progress),
    /// Something was learned. It is not at work yet.
    Learned(Arc<TaughtModel>),
    /// Learning was stopped.
    Stopped,
    /// A model was written.
    Saved {
        /// Its folder.
        folder: PathBuf,
    },
    /// Something did not work: cause and what to do, for people.
    Failed {
        /// In words.
        message: String,
    },
}

/// Picks examples out of the stream of frames; lives in what all workers share.
pub(super) struct Collector {
    take: TakeId,
    track: TrackId,
    next_at: Instant,
    to: Arc<MailboxSender<Candidate>>,
}

/// A face on its way to become an example.
struct Candidate {
    frame: Arc<Frame>,
    detection: Detection,
    quality: Quality,
    take: TakeId,
}

impl Collector {
    /// Hands on the face, if it is there and its time has come.
    pub fn offer(&mut self, frame: &Arc<Frame>, observation: &Observation, now: Instant) {
        if now < self.next_at {
            return;
        }
        let Some(face) = observation.faces.iter().find(|face| face.track == self.track) else {
            return;
        };
        self.next_at = now + EXAMPLE_EVERY;
        let candidate = Candidate {
            frame: Arc::clone(frame),
            detection: face.detection,
            quality: face.quality,
            take: self.take,
        };
        // A thread that is gone has said why; a newer face replaces one that waits.
        let _ = self.to.put(candidate);
    }
}

/// The owner's side.
pub(super) struct Teaching {
    model_dir: Option<PathBuf>,
    models: Sender<Box<EmotionModel>>,
    stopped: Cancelled,
    shared: Arc<Shared>,
    cancel: Arc<AtomicBool>,
    running: Option<Running>,
}

struct Running {
    commands: Sender<TeachCommand>,
    candidates: Arc<MailboxSender<Candidate>>,
    thread: JoinHandle<()>,
}

impl Teaching {
    /// Starts nothing yet. `model_dir`: the emotion model of the start, if not the built-in one;
    /// `models`: where models go that are to read.
    pub fn new(
        model_dir: Option<PathBuf>,
        models: Sender<Box<EmotionModel>>,
        stopped: Cancelled,
        shared: Arc<Shared>,
    ) -> Self {
        let cancel = Arc::new(AtomicBool::new(false));
        Self { model_dir, models, stopped, shared, cancel, running: None }
    }

    /// Does what is asked, or has it done. Never waits.
    pub fn take(&mut self, command: TeachCommand) {
        match command {
            TeachCommand::StopCollecting => self.shared.attach_collector(None),
            TeachCommand::Cancel => self.cancel.store(true, Ordering::Relaxed),
            TeachCommand::Collect(take, track) => {
                let Some(running) = self.running() else { return };
                let to = Arc::clone(&running.candidates);
                let collector = Collector { take, track, next_at: Instant::now(), to };
                self.shared.attach_collector(Some(collector));
            }
            command @ (TeachCommand::Learn { .. }
            | TeachCommand::Use(_)
            | TeachCommand::Load(_)
            | TeachCommand::Save { .. }) => {
                if matches!(command, TeachCommand::Learn { .. }) {
                    self.cancel.store(false, Ordering::Relaxed);
                }
                let Some(running) = self.running() else { return };
                let message = match running.commands.try_send(command) {
                    Ok(()) => return,
                    Err(TrySendError::Full(_)) => "One thing after the other: it is still busy.",
                    Err(TrySendError::Disconnected(_)) => "Teaching has failed. Start Mien again.",
                };
                tell(&self.shared, TeachingEvent::Failed { message: message.into() });
            }
        }
    }

    fn running(&mut self) -> Option<&Running> {
        if self.running.is_none() {
            let (commands, command_receiver) = bounded(COMMAND_QUEUE);
            let (to, candidates) = mailbox();
            let room = Room {
                model_dir: self.model_dir.clone(),
                base: None,
                embedder: None,
                models: self.models.clone(),
                cancel: Arc::clone(&self.cancel),
                stopped: self.stopped.clone(),
                shared: Arc::clone(&self.shared),
            };
            let work = move || room.run(&command_receiver, &candidates);
            let thread = start(&self.shared, "teaching", work)?;
            self.running = Some(Running { commands, candidates: Arc::new(to), thread });
        }
        self.running.as_ref()
    }

    /// Ends the thread, which has been told to stop; false if it did not until `deadline`.
    pub fn stop(self, deadline: Instant) -> bool {
        self.cancel.store(true, Ordering::Relaxed);
        self.shared.attach_collector(None);
        self.running.is_none_or(|running| worker::join_until(running.thread, deadline))
    }
}

fn tell(shared: &Shared, event: TeachingEvent) {
    shared.event(Event::Teaching(event));
}

/// What the thread has.
struct Room {
    model_dir: Option<PathBuf>,
    base: Option<Arc<BaseModel>>,
    embedder: Option<FaceEmbedder>,
    models: Sender<Box<EmotionModel>>,
    cancel: Arc<AtomicBool>,
    stopped: Cancelled,
    shared: Arc<Shared>,
}

impl Room {
    fn run(mut self, commands: &Receiver<TeachCommand>, candidates: &MailboxReceiver<Candidate>) {
        let stopped = self.stopped.clone();
        loop {
            select! {
                recv(stopped.channel()) -> _ => return,
                recv(commands) -> command => match command {
                    Ok(command) => self.guarded(|room| room.obey(command)),
                    Err(_) => return,
                },
                recv(candidates.bell()) -> _ => if let Some(candidate) = candidates.try_take() {
                    self.guarded(|room| room.embed(&candidate));
                },
            }
        }
    }

    /// Tells a failure or a panic; the next thing may succeed.
    fn guarded(&mut self, work: impl FnOnce(&mut Self) -> Result<(), String>) {
        if let Err(message) = worker::guard(|| work(self)).and_then(|result| result) {
            // Collecting on would tell the same five times a second.
            self.shared.attach_collector(None);
            tell(&self.shared, TeachingEvent::Failed { message });
        }
    }

    fn obey(&mut self, command: TeachCommand) -> Result<(), String> {
        match command {
            TeachCommand::Learn { lesson, name } => self.learn(&lesson, name),
            TeachCommand::Use(model) => self.use_model(model.as_deref()),
            TeachCommand::Load(dir) => {
                let loaded = load_emotion(dir.as_deref())
                    .map_err(|error| format!("{error}. {}", error.advice()))?;
                self.model_dir = dir;
                self.hand_on(loaded)
            }
            TeachCommand::Save { model, folder } => {
                model.write(&folder).map_err(|e| format!("{e}. {}", e.advice()))?;
                tell(&self.shared, TeachingEvent::Saved { folder });
                Ok(())
            }
            // The owner's side did these itself.
            TeachCommand::Collect(..) | TeachCommand::StopCollecting | TeachCommand::Cancel => {
                Ok(())
            }
        }
    }

    fn base(&mut self) -> Result<Arc<BaseModel>, String> {
        if let Some(base) = &self.base {
            return Ok(Arc::clone(base));
        }
        let base = self.model_dir.as_deref().map_or_else(BaseModel::builtin, BaseModel::from_dir);
        let base = Arc::new(base.map_err(|error| {
            format!("{error}. Start Mien without --model to teach the shipped one.")
        })?);
        self.base = Some(Arc::clone(&base));
        Ok(base)
    }

    fn embed(&mut self, candidate: &Candidate) -> Result<(), String> {
        let Candidate { frame, detection, quality, take } = candidate;
        let take = *take;
        if quality.overall() < MIN_QUALITY {
            let hint = quality.hint.unwrap_or(Hint::Ambiguous);
            tell(&self.shared, TeachingEvent::NotTaken { take, hint });
            return Ok(());
        }
        if self.embedder.is_none() {
            let model = self.base()?.load().map_err(|e| format!("{e}. {}", e.advice()))?;
            self.embedder = Some(FaceEmbedder::new(model));
        }
        let Some(embedder) = &mut self.embedder else { return Ok(()) };
        let card = embedder.card();
        let Some(crop) = crop_from_frame(detection, &card.framing, &card.input)
            .and_then(|transform| align(frame, transform, &card.input))
        else {
            return Ok(());
        };
        let embedding = embedder.embed(&crop).map_err(|error| error.to_string())?.into();
        tell(&self.shared, TeachingEvent::Example { take, embedding });
        Ok(())
    }

    fn learn(&mut self, lesson: &Lesson, name: String) -> Result<(), String> {
        let base = self.base()?;
        // One core stays with the camera.
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let pool = parallel::thread_pool(cores.saturating_sub(1)).map_err(|e| e.to_string())?;
        let told = AtomicUsize::new(0);
        let go_on = |progress: Progress| {
            // From several threads, and often with the same number.
            if told.fetch_max(progress.done, Ordering::Relaxed) < progress.done {
                tell(&self.shared, TeachingEvent::Progress(progress));
            }
            !self.cancel.load(Ordering::Relaxed) && !self.stopped.is_cancelled()
        };
        let taught = match pool.install(|| teach(lesson, 0, &go_on)) {
            Ok(taught) => taught,
            Err(crate::teach::TeachError::Cancelled) => {
                tell(&self.shared, TeachingEvent::Stopped);
                return Ok(());
            }
            Err(error) => return Err(format!("{error}. {}", error.advice())),
        };
        let origin = Origin {
            name,
            shown: "faces collected from the camera by the user".to_owned(),
            command: "collected and trained in the window, page Teach".to_owned(),
            seed: 0,
        };
        let model = TaughtModel::new(&base, taught, &origin)
            .map_err(|error| format!("{error}. {}", error.advice()))?;
        tell(&self.shared, TeachingEvent::Learned(Arc::new(model)));
        Ok(())
    }

    fn use_model(&mut self, model: Option<&TaughtModel>) -> Result<(), String> {
        let loaded = match model {
            Some(model) => model.load(),
            None => load_emotion(self.model_dir.as_deref()),
        };
        self.hand_on(loaded.map_err(|error| format!("{error}. {}", error.advice()))?)
    }

    fn hand_on(&self, loaded: EmotionModel) -> Result<(), String> {
        self.models
            .try_send(Box::new(loaded))
            .map_err(|_| "The reading thread takes no model. Start Mien again.".to_owned())
    }
}
