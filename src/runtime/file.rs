//! The file half: decode -> detect -> read -> record. Nothing is dropped and no clock is read: each
//! waits for the next, so the same file gives the same session.

mod decode;
mod painting;
mod writing;

use std::path::PathBuf;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded, select};

use decode::{Decode, Decoded};
use writing::{Row, Writing, remove};

use super::cancel::Cancelled;
use super::message::ModelsInfo;
use super::worker;
use crate::frame::{Frame, RunId};
use crate::observation::{Detection, Labels, Observation};
use crate::pipeline::{Pipeline, PipelineOptions, Reading};
use crate::session::recovery::discard;
use crate::session::{
    BaselineRecord, FileRecord, Finished, ModelRecord, RecordError, RecoverError, SessionEvent,
    SessionHeader, SessionMeta, SessionSummary, SourceRecord,
};
use crate::source::media::{Damage, MediaError, MediaInfo, OpenOptions};
use crate::temporal::finder::Finder;
use crate::time::Pts;

/// Frames on their way to the detector, and from there to be read: enough that none waits for the
/// other's jitter, at six megabytes for a large one.
const FRAME_QUEUE: usize = 4;

/// Which part of a file is analysed, and how densely.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Selection {
    /// From this time on.
    pub from: Option<Pts>,
    /// Before this time.
    pub to: Option<Pts>,
    /// At most so many frames a second, picked by their times; `None`: all.
    pub sample_rate_hz: Option<f64>,
}

/// One file to analyse.
#[derive(Debug, Clone)]
pub struct FileJob {
    /// The file, or a folder of numbered pictures.
    pub path: PathBuf,
    /// How it may be opened.
    pub open: OpenOptions,
    /// What of it is analysed.
    pub selection: Selection,
    /// Folder in which the session folder is made.
    pub sessions_dir: PathBuf,
    /// Name of the session folder.
    pub folder_name: String,
    /// What is known of the file beforehand; the reader adds what it finds.
    pub record: FileRecord,
}

/// How far an analysis is.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Progress {
    /// Time of the frame analysed last.
    pub pts: Pts,
    /// When the part to be analysed ends, if the file says so.
    pub end: Option<Duration>,
    /// Frames analysed.
    pub frames: u64,
}

/// What an analysis comes by.
#[derive(Debug, Clone, Copy)]
pub enum Seen<'a> {
    /// The file is open.
    Opened(&'a MediaInfo),
    /// A frame was analysed.
    Frame(&'a Observation, Progress),
    /// A cut or a gap.
    Event(&'a SessionEvent, Pts),
}

/// A file that was analysed.
#[derive(Debug, Clone, PartialEq)]
pub struct Analysed {
    /// What it holds.
    pub info: MediaInfo,
    /// Session folder and rows.
    pub finished: Finished,
    /// Frames analysed.
    pub frames: u64,
    /// Frames with a face.
    pub frames_with_face: u64,
    /// Time of the last frame analysed.
    pub last: Pts,
    /// Hard cuts found.
    pub cuts: u64,
    /// What could not be read.
    pub damage: Vec<Damage>,
}

/// Why a file gave no session.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FileError {
    /// The file.
    #[error(transparent)]
    Media(#[from] MediaError),
    /// The session.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// What is left of an earlier try.
    #[error(transparent)]
    Earlier(#[from] RecoverError),
    /// No frame is in the part that was asked for.
    #[error("no frame lies between the times given")]
    NothingSelected,
    /// A worker.
    #[error("{worker} failed: {message}")]
    Worker {
        /// Its name.
        worker: &'static str,
        /// What it said.
        message: String,
    },
    /// Asked to stop.
    #[error("stopped")]
    Cancelled,
}

impl FileError {
    /// What to do next.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Media(error) => error.advice(),
            Self::Record(_) => {
                "Make room there, or choose another folder with --out. What is done already is \
                 skipped."
            }
            Self::Earlier(_) => "Wait for the other program, or move what is in the way.",
            Self::NothingSelected => "Compare --from and --to with the length of the file.",
            Self::Worker { .. } => "Try again; if it goes on, send us the file.",
            Self::Cancelled => "",
        }
    }
}

/// Analyses one file into one session. Blocks until it is done or `cancelled`; then, and after a
/// failure, no session stays behind. `watch` is called with what happens, in the order of the file.
///
/// # Errors
/// Says why there is no session. A file that is damaged somewhere gives one, up to there.
pub fn analyse(
    pipeline: &mut Pipeline,
    job: &FileJob,
    run: RunId,
    cancelled: &Cancelled,
    watch: &mut dyn FnMut(Seen<'_>),
) -> Result<Analysed, FileError> {
    discard(&job.sessions_dir.join(&job.folder_name))?;
    let (models, labels) = (ModelsInfo::of(pipeline).records(), pipeline.labels().clone());
    let options = pipeline.options();
    let baseline = pipeline.baseline().map(|baseline| BaselineRecord::from(&**baseline));
    let (finder, reading) = pipeline.halves();
    let mut analysis =
        Analysis::new(reading, job, watch, Core { models, labels, options, baseline });
    let (to_detector, decoded) = bounded(FRAME_QUEUE);
    let (to_reading, detected) = bounded(FRAME_QUEUE);
    let (path, open) = (job.path.clone(), job.open);
    let decode = Decode::new(job.selection, run, to_detector);
    let outcome = thread::scope(|scope| {
        let decoder = spawn("decode", move || decode.run(&path, &open))?;
        let detecting = worker::spawn_scoped(scope, "detect", move || {
            find_all(finder, &decoded, &to_reading);
        });
        if let Err(error) = detecting {
            return Err(FileError::Worker { worker: "detect", message: error.to_string() });
        }
        let outcome = analysis.follow(&detected, cancelled);
        // Whatever is still under way, nobody takes it: that stops whoever sends.
        drop(detected);
        outcome.and(join("decode", decoder))
    });
    analysis.end(outcome)
}

/// What holds for the session whatever the file.
struct Core {
    models: Vec<ModelRecord>,
    labels: Labels,
    options: PipelineOptions,
    baseline: Option<BaselineRecord>,
}

/// What the detect thread hands on.
enum Detected {
    Frame(Frame, Vec<Detection>),
    /// All else, as it came.
    Other(Decoded),
    Failed(String),
}

fn find_all(finder: &mut Finder, from: &Receiver<Decoded>, to: &Sender<Detected>) {
    for decoded in from {
        let detected = match decoded {
            Decoded::Frame(frame) => match worker::guard(|| finder.find(&frame)) {
                Ok(Ok(detections)) => Detected::Frame(frame, detections),
                Ok(Err(error)) => Detected::Failed(error.to_string()),
                Err(panic) => Detected::Failed(panic),
            },
            other => {
                if matches!(other, Decoded::Cut(_)) {
                    finder.forget();
                }
                Detected::Other(other)
            }
        };
        if to.send(detected).is_err() {
            return;
        }
    }
}

fn spawn<T: Send + 'static>(
    name: &'static str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<JoinHandle<T>, FileError> {
    worker::spawn(name, work)
        .map_err(|error| FileError::Worker { worker: name, message: error.to_string() })
}

fn join<T>(name: &'static str, thread: JoinHandle<T>) -> Result<T, FileError> {
    worker::joined(thread).map_err(|message| FileError::Worker { worker: name, message })
}

/// What happens on the thread of the job.
struct Analysis<'a> {
    reading: &'a mut Reading,
    job: &'a FileJob,
    watch: &'a mut dyn FnMut(Seen<'_>),
    core: Core,
    info: Option<MediaInfo>,
    writing: Option<Writing>,
    progress: Progress,
    frames_with_face: u64,
    cuts: u64,
    decoded: u64,
    damage: Vec<Damage>,
}

/// More places than these are one: the file is damaged all over.
const MOST_DAMAGE: usize = 1000;

impl<'a> Analysis<'a> {
    fn new(
        reading: &'a mut Reading,
        job: &'a FileJob,
        watch: &'a mut dyn FnMut(Seen<'_>),
        core: Core,
    ) -> Self {
        Self {
            reading,
            job,
            watch,
            core,
            info: None,
            writing: None,
            progress: Progress::default(),
            frames_with_face: 0,
            cuts: 0,
            decoded: 0,
            damage: Vec::new(),
        }
    }

    fn follow(
        &mut self,
        detected: &Receiver<Detected>,
        cancelled: &Cancelled,
    ) -> Result<(), FileError> {
        loop {
            let next = select! {
                recv(detected) -> next => next,
                recv(cancelled.channel()) -> _ => return Err(FileError::Cancelled),
            };
            if cancelled.is_cancelled() {
                return Err(FileError::Cancelled);
            }
            let decoded = match next {
                Ok(Detected::Frame(frame, detections)) => {
                    self.frame(frame, detections)?;
                    continue;
                }
                Ok(Detected::Failed(message)) => {
                    return Err(FileError::Worker { worker: "detect", message });
                }
                Ok(Detected::Other(decoded)) => decoded,
                // Decoding panicked, which joining it tells.
                Err(_) => return Ok(()),
            };
            match decoded {
                Decoded::Opened(info) => {
                    let to = self.job.selection.to.map(Pts::since_start);
                    self.progress.end = match (info.duration, to) {
                        (Some(end), Some(to)) => Some(end.min(to)),
                        (end, to) => end.or(to),
                    };
                    self.reading.set_single_picture(info.single_picture);
                    (self.watch)(Seen::Opened(&info));
                    self.info = Some(info);
                }
                // The detector has turned these into its own.
                Decoded::Frame(_) => {}
                Decoded::Cut(pts) => {
                    self.reading.cut();
                    self.cuts += 1;
                    self.event(SessionEvent::Cut, pts)?;
                }
                Decoded::Damage(damage) => self.damaged(damage)?,
                Decoded::Failed(error) => return Err(error.into()),
                Decoded::Ended { frames } => {
                    self.decoded = frames;
                    return Ok(());
                }
            }
        }
    }

    fn frame(&mut self, frame: Frame, detections: Vec<Detection>) -> Result<(), FileError> {
        let observation = worker::guard(|| self.reading.read(&frame, detections))
            .and_then(|read| read.map_err(|error| error.to_string()))
            .map_err(|message| FileError::Worker { worker: "analysis", message })?;
        self.progress.pts = frame.pts;
        self.progress.frames += 1;
        self.frames_with_face += u64::from(!observation.faces.is_empty());
        (self.watch)(Seen::Frame(&observation, self.progress));
        let painted = self.job.record.overlay.is_some().then_some(frame);
        self.write(Row::Observation(observation, painted))
    }

    fn damaged(&mut self, damage: Damage) -> Result<(), FileError> {
        let duration = damage.to.saturating_since(damage.from);
        let reason = match damage.pictures {
            0 => damage.reason.clone(),
            1 => format!("1 frame is lost: {}", damage.reason),
            pictures => format!("{pictures} frames are lost: {}", damage.reason),
        };
        let from = damage.from;
        if self.damage.len() < MOST_DAMAGE {
            self.damage.push(damage);
            self.event(SessionEvent::Gap { duration, reason }, from)?;
        }
        Ok(())
    }

    fn event(&mut self, event: SessionEvent, at: Pts) -> Result<(), FileError> {
        (self.watch)(Seen::Event(&event, at));
        self.write(Row::Event { event, at: at.since_start() })
    }

    /// Waits while the queue is full: nothing is dropped.
    fn write(&mut self, row: Row) -> Result<(), FileError> {
        let writing = match self.writing.take() {
            Some(writing) => writing,
            None => {
                let header = self.header(&self.info.clone().unwrap_or_default());
                Writing::start(self.job, header)?
            }
        };
        self.writing = Some(writing.write(row)?);
        Ok(())
    }

    fn header(&self, info: &MediaInfo) -> SessionHeader {
        let MediaInfo { container, codec, decoder, size, rotation_deg, nominal_rate_hz, .. } = info;
        let file = FileRecord {
            container: container.clone(),
            codec: codec.clone(),
            decoder: (*decoder).into(),
            rotation_deg: *rotation_deg,
            ..self.job.record.clone()
        };
        SessionHeader {
            folder_name: self.job.folder_name.clone(),
            zero_utc: None,
            source: SourceRecord {
                spec: "file".into(),
                name: file.name.clone(),
                width: size.0,
                height: size.1,
                format: format!("{container}, {codec}"),
                nominal_rate_hz: *nominal_rate_hz,
            },
            file: Some(file),
            models: self.core.models.clone(),
            labels: self.core.labels.clone(),
            pipeline: self.core.options,
            baseline: self.core.baseline.clone(),
            meta: SessionMeta::default(),
        }
    }

    /// Damage all over is no session.
    fn some_frame(&self) -> Result<(), FileError> {
        match self.damage.first() {
            Some(damage) if self.progress.frames == 0 => {
                Err(MediaError::damaged(&self.job.path, &*damage.reason).into())
            }
            _ => Ok(()),
        }
    }

    /// Closes the session, or removes it if there was a failure.
    fn end(mut self, outcome: Result<(), FileError>) -> Result<Analysed, FileError> {
        let Some(writing) = self.writing.take() else {
            outcome?;
            return Err(FileError::NothingSelected);
        };
        let (recorder, written) = writing.end()?;
        let outcome = outcome.and(written).and(self.some_frame());
        if let Err(error) = outcome {
            remove(recorder);
            return Err(error);
        }
        let damaged = self.damage.iter().map(|damage| damage.pictures).sum();
        let finished = recorder.finish(SessionSummary {
            duration: self.progress.pts.since_start(),
            captured: self.decoded + damaged,
            damaged,
            ..SessionSummary::default()
        })?;
        if let Some(failure) = finished.failure {
            return Err(failure.into());
        }
        Ok(Analysed {
            info: self.info.unwrap_or_default(),
            finished,
            frames: self.progress.frames,
            frames_with_face: self.frames_with_face,
            last: self.progress.pts,
            cuts: self.cuts,
            damage: self.damage,
        })
    }
}
