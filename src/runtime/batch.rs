//! Many files: each is summed up, skipped if it was done before, else analysed. Several at once, if
//! asked; each on a thread with models of its own, so that how many there are changes no result.

use std::collections::{HashMap, VecDeque};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::SystemTime;

use crossbeam_channel::{Receiver, Sender, bounded};
use sha2::{Digest, Sha256};

use super::cancel::Cancelled;
use super::file::{Analysed, FileError, FileJob, Progress, Seen, Selection, analyse};
use super::live::{LiveOptions, load_pipeline};
use super::message::ModelsInfo;
use super::worker;
use crate::digest::hex;
use crate::frame::RunId;
use crate::model::ModelError;
use crate::pipeline::Pipeline;
use crate::session::recovery::discard;
use crate::session::vault;
use crate::session::{
    BaselineRecord, FileRecord, OBSERVATIONS, OVERLAY, SCHEMA_VERSION, Session, SessionRecord,
};
use crate::source::media::{MediaError, OpenOptions};
use crate::source::still::numbered_pictures;
use crate::table::TableFormat;
use crate::table::of_session::{CopyError, named, write_tables};

/// Messages on their way to the owner. Word of progress is left out when it is full; the rest
/// waits.
const EVENT_QUEUE: usize = 256;

/// What holds for all files.
#[derive(Debug, Clone)]
pub struct BatchOptions {
    /// Models and tuning.
    pub core: LiveOptions,
    /// How files may be opened.
    pub open: OpenOptions,
    /// What of each is analysed.
    pub selection: Selection,
    /// Folder in which the session folders are made.
    pub sessions_dir: PathBuf,
    /// Files at once, at least 1.
    pub jobs: usize,
    /// Whether to analyse again what was done before.
    pub force: bool,
    /// Whether to write an annotated video of each, which holds pixels.
    pub overlay: bool,
    /// How the tables are written; beside the CSV, if it is another format.
    pub format: TableFormat,
}

/// What happened to the file of that place in the list.
#[derive(Debug)]
pub struct BatchEvent {
    /// Place in the list of inputs.
    pub file: usize,
    /// What happened.
    pub what: FileEvent,
}

/// What happened to a file.
#[derive(Debug)]
pub enum FileEvent {
    /// It is read once, to sum up its content.
    Started,
    /// Frames were analysed.
    Progress(Progress),
    /// It is done.
    Ended(Outcome),
}

/// How it ended for a file.
#[derive(Debug)]
pub enum Outcome {
    /// There is a new session.
    Analysed(Box<Analysed>),
    /// Nothing had to be done.
    Skipped {
        /// The session that is there already.
        folder: Option<PathBuf>,
        /// Why, for people.
        reason: String,
    },
    /// There is no session.
    Failed(FileError),
}

impl Outcome {
    /// A folder may hold anything beside videos; only what somebody `named` must be one.
    #[must_use]
    pub fn of_file(self, named: bool) -> Self {
        match self {
            Self::Failed(FileError::Media(MediaError::Unknown { .. })) if !named => {
                Self::Skipped { folder: None, reason: "no video or picture".into() }
            }
            outcome => outcome,
        }
    }
}

/// A running batch. The events end when it does.
pub struct Batch {
    /// What happens.
    pub events: Receiver<BatchEvent>,
    threads: Vec<JoinHandle<()>>,
}

impl Batch {
    /// Starts on `inputs`, in their order.
    ///
    /// # Errors
    /// If the models can't be loaded.
    pub fn start(
        inputs: Vec<PathBuf>,
        options: BatchOptions,
        cancelled: &Cancelled,
    ) -> Result<Self, ModelError> {
        // Once here, so that models that can't be used are told before anything is read.
        let mut first = Some(load_pipeline(&options.core)?);
        let (sender, events) = bounded(EVENT_QUEUE);
        let shared = Arc::new(Shared {
            waiting: Mutex::new(inputs.into_iter().enumerate().collect()),
            taken: Mutex::new(HashMap::new()),
            options,
        });
        let mut threads = Vec::new();
        for _ in 0..shared.options.jobs.max(1) {
            let job = Job {
                shared: Arc::clone(&shared),
                events: sender.clone(),
                cancelled: cancelled.clone(),
            };
            let pipeline = first.take();
            match worker::spawn("analysis", move || job.run(pipeline)) {
                Ok(thread) => threads.push(thread),
                Err(error) => tracing::error!("no thread for a job: {error}"),
            }
        }
        Ok(Self { events, threads })
    }

    /// Waits for the end, once the events have ended.
    pub fn join(self) {
        drop(self.events);
        for thread in self.threads {
            if let Err(message) = worker::joined(thread) {
                tracing::error!("a job panicked: {message}");
            }
        }
    }
}

struct Shared {
    waiting: Mutex<VecDeque<(usize, PathBuf)>>,
    taken: Taken,
    options: BatchOptions,
}

struct Job {
    shared: Arc<Shared>,
    events: Sender<BatchEvent>,
    cancelled: Cancelled,
}

impl Job {
    fn run(self, mut pipeline: Option<Pipeline>) {
        while !self.cancelled.is_cancelled() {
            let next =
                self.shared.waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            let Some((file, path)) = next else { return };
            let tell = |what| self.events.send(BatchEvent { file, what }).is_ok();
            if !tell(FileEvent::Started) {
                return;
            }
            let ended = worker::guard(|| self.file(&mut pipeline, file, &path));
            let outcome = ended.unwrap_or_else(|message| {
                // Whatever state it is in, it is not used again.
                pipeline = None;
                Err(FileError::Worker { worker: "analysis", message })
            });
            if matches!(outcome, Err(FileError::Worker { .. })) {
                pipeline = None;
            }
            if !tell(FileEvent::Ended(outcome.unwrap_or_else(Outcome::Failed))) {
                return;
            }
        }
    }

    fn file(
        &self,
        pipeline: &mut Option<Pipeline>,
        file: usize,
        path: &Path,
    ) -> Result<Outcome, FileError> {
        let options = &self.shared.options;
        let pipeline = loaded(pipeline, &options.core)?;
        let mut watch = |seen: Seen<'_>| {
            if let Seen::Frame(_, progress) = seen {
                // More of it comes soon.
                let what = FileEvent::Progress(progress);
                let _ = self.events.try_send(BatchEvent { file, what });
            }
        };
        let run = RunId(file as u64 + 1);
        let one = One { path, options, taken: &self.shared.taken, cancelled: &self.cancelled };
        one.analyse(pipeline, run, &mut watch)
    }
}

/// The pipeline, loaded with the first file.
pub(super) fn loaded<'a>(
    pipeline: &'a mut Option<Pipeline>,
    core: &LiveOptions,
) -> Result<&'a mut Pipeline, FileError> {
    if pipeline.is_none() {
        let failed = |message| FileError::Worker { worker: "analysis", message };
        *pipeline = Some(load_pipeline(core).map_err(|error| failed(error.to_string()))?);
    }
    pipeline.as_mut().ok_or(FileError::Cancelled)
}

/// Session folders that were written, and the file each belongs to.
pub(super) type Taken = Mutex<HashMap<String, PathBuf>>;

/// One file of several.
pub(super) struct One<'a> {
    pub path: &'a Path,
    pub options: &'a BatchOptions,
    pub taken: &'a Taken,
    pub cancelled: &'a Cancelled,
}

impl One<'_> {
    /// Sums it up, and analyses it unless that was done before.
    ///
    /// # Errors
    /// As [`analyse`].
    pub fn analyse(
        &self,
        pipeline: &mut Pipeline,
        run: RunId,
        watch: &mut dyn FnMut(Seen<'_>),
    ) -> Result<Outcome, FileError> {
        let Self { path, options, taken, cancelled } = *self;
        let before = state_of(path)?;
        let content = sum_up(path, cancelled)?;
        let record = file_record(path, content, pipeline, options);
        let folder_name = folder_name(&record);
        let folder = options.sessions_dir.join(&folder_name);
        let mut taken = taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(other) = taken.insert(folder_name.clone(), path.to_owned())
            && other != path
        {
            let reason = format!("the same content and name as {}", other.display());
            return Ok(Outcome::Skipped { folder: Some(folder), reason });
        }
        drop(taken);
        if vault::is_locked(&folder) {
            let reason = "its session is locked: unlock or erase it first".into();
            return Ok(Outcome::Skipped { folder: Some(folder), reason });
        }
        if !options.force && is_done(&folder, &record) {
            write_tables_too(&folder, options.format)?;
            let reason = "done before: same content, models and settings".into();
            return Ok(Outcome::Skipped { folder: Some(folder), reason });
        }
        let job = FileJob {
            path: path.to_owned(),
            open: options.open,
            selection: options.selection,
            sessions_dir: options.sessions_dir.clone(),
            folder_name,
            record,
        };
        let analysed = analyse(pipeline, &job, run, cancelled, watch)?;
        // A file that was written meanwhile is not the one that was summed up.
        if state_of(path).ok() != Some(before) {
            let _ = discard(&analysed.finished.folder);
            return Err(MediaError::Changed { path: path.into() }.into());
        }
        write_tables_too(&analysed.finished.folder, options.format)?;
        Ok(Outcome::Analysed(Box::new(analysed)))
    }
}

/// Writes the tables of a session in another format beside its own, unless they are there.
fn write_tables_too(folder: &Path, format: TableFormat) -> Result<(), FileError> {
    // They are written after the events.
    if format == TableFormat::Csv || named(folder, OBSERVATIONS, format).is_file() {
        return Ok(());
    }
    let failed = |message| FileError::Worker { worker: "the writer of tables", message };
    let session = Session::open(folder).map_err(|error| failed(error.to_string()))?;
    write_tables(&session, folder, format).map_err(|error| match error {
        CopyError::Write(error) => error.into(),
        other => failed(other.to_string()),
    })
}

/// Size and time of the last change; whether it can be analysed at all.
fn state_of(path: &Path) -> Result<(u64, Option<SystemTime>), MediaError> {
    let metadata = fs::metadata(path).map_err(|error| MediaError::unreadable(path, &error))?;
    // Reading a pipe would wait for ever.
    if !metadata.is_file() && !metadata.is_dir() {
        return Err(MediaError::NotAFile { path: path.into() });
    }
    if metadata.is_file() && metadata.len() == 0 {
        return Err(MediaError::Empty { path: path.into() });
    }
    Ok((metadata.len(), metadata.modified().ok()))
}

/// SHA-256 in hexadecimal and size of a file; of a folder, of the list of its pictures.
pub(super) fn sum_up(path: &Path, cancelled: &Cancelled) -> Result<(String, u64), FileError> {
    let unreadable = |error: &io::Error| MediaError::unreadable(path, error);
    if !path.is_dir() {
        return sum_up_file(path, cancelled);
    }
    let pictures = numbered_pictures(path).map_err(|error| unreadable(&error))?;
    let (mut list, mut total) = (Sha256::new(), 0);
    for (number, picture) in pictures.unwrap_or_default() {
        let (sha256, bytes) = sum_up_file(&picture, cancelled)?;
        list.update(format!("{number} {sha256}\n"));
        total += bytes;
    }
    Ok((hex(&list.finalize()), total))
}

fn sum_up_file(path: &Path, cancelled: &Cancelled) -> Result<(String, u64), FileError> {
    let unreadable = |error: io::Error| MediaError::unreadable(path, &error);
    let mut file = File::open(path).map_err(unreadable)?;
    let (mut sum, mut bytes, mut piece) = (Sha256::new(), 0, vec![0; 1 << 20]);
    loop {
        if cancelled.is_cancelled() {
            return Err(FileError::Cancelled);
        }
        match file.read(&mut piece) {
            Ok(0) => return Ok((hex(&sum.finalize()), bytes)),
            Ok(n) => {
                sum.update(&piece[..n]);
                bytes += n as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(unreadable(error).into()),
        }
    }
}

fn file_record(
    path: &Path,
    (sha256, bytes): (String, u64),
    pipeline: &Pipeline,
    options: &BatchOptions,
) -> FileRecord {
    // A path such as `..` has no name of its own.
    let absolute = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let name = path.file_name().or(absolute.file_name()).unwrap_or_default();
    let name: String = name.to_string_lossy().chars().map(printable).collect();
    let secs = |pts: crate::time::Pts| pts.as_secs_f64();
    let mut record = FileRecord {
        name,
        sha256,
        bytes,
        from_secs: options.selection.from.map(secs),
        to_secs: options.selection.to.map(secs),
        sample_rate_hz: options.selection.sample_rate_hz,
        ..FileRecord::default()
    };
    let models: Vec<String> =
        ModelsInfo::of(pipeline).records().into_iter().map(|model| model.sha256).collect();
    let settings = (record.from_secs, record.to_secs, record.sample_rate_hz, pipeline.options());
    // Another version may read differently, so what an older one did does not count as done.
    let version = (env!("CARGO_PKG_VERSION"), SCHEMA_VERSION, options.open.picture_rate_hz);
    let summed = serde_json::to_vec(&(&record.sha256, models, settings, version));
    let mut key = Sha256::new_with_prefix(summed.unwrap_or_default());
    if let Some(baseline) = pipeline.baseline() {
        let summed = serde_json::to_vec(&BaselineRecord::from(&**baseline));
        key.update(summed.unwrap_or_default());
    }
    if options.overlay {
        record.overlay = Some(OVERLAY.into());
        key.update(OVERLAY);
    }
    record.key = hex(&key.finalize());
    record
}

fn printable(c: char) -> char {
    if c.is_control() { '\u{fffd}' } else { c }
}

/// `single_face-mp4_1a2b3c4d`: the name of the file, and the beginning of the key, so that other
/// content or other settings never meet in one folder.
fn folder_name(record: &FileRecord) -> String {
    // Letters may take four bytes, and 255 is the limit of most file systems.
    let name: String = record.name.chars().take(50).collect();
    let key: String = record.key.chars().take(8).collect();
    let name = if name.is_empty() { "file" } else { &name };
    let safe = |c: char| if c.is_alphanumeric() || matches!(c, '-' | '_') { c } else { '-' };
    format!("{}_{key}", name.chars().map(safe).collect::<String>())
}

/// Whether the session of this very analysis is there and complete.
fn is_done(folder: &Path, wanted: &FileRecord) -> bool {
    let Ok(record) = SessionRecord::read(folder) else { return false };
    let same = record.file.as_ref().is_some_and(|file| file.key == wanted.key);
    let is_there = |name: &str| folder.join(name).is_file();
    let overlay = wanted.overlay.as_deref().is_none_or(is_there);
    same && record.complete && is_there(OBSERVATIONS) && overlay
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_named_by_file_and_key() {
        let of = |name: &str| {
            folder_name(&FileRecord {
                name: name.into(),
                key: "0123456789abcdef".into(),
                ..FileRecord::default()
            })
        };
        assert_eq!(of("single_face.mp4"), "single_face-mp4_01234567");
        assert_eq!(of("../a b\u{fffd}.mp4"), "---a-b--mp4_01234567");
        assert_eq!(of(""), "file_01234567");
        assert!(of(&"\u{1f600}".repeat(300)).len() < 255);
    }
}
