//! `mien live --headless`: readings without a window.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, bounded};
use jiff::Timestamp;

use super::baseline::named;
use super::interact::CompanionSide;
use super::observation_json::ObservationLine;
use super::sessions::lock_one;
use super::{EXIT_FAILED, EXIT_OK, InputArgs, LiveArgs, fail};
use crate::library::{Stimulus, attach, read_stimuli};
use crate::observation::Labels;
use crate::runtime::live::{Event, Live, LiveObservation, LiveOptions, RecordingRequest};
use crate::session::SessionMeta;
use crate::session::vault::Key;
use crate::settings::Folders;
use crate::source::{SourceError, SourceSpec};

/// At the end, workers get this long to write what is queued.
const SHUTDOWN: Duration = Duration::from_secs(5);

/// How often it looks for the end when nothing comes.
const IDLE: Duration = Duration::from_millis(200);

/// A person reads one line a second.
const SUMMARY_EVERY: Duration = Duration::from_secs(1);

/// Runs until the time is up, the source fails for good, or Ctrl+C.
pub fn run(input: &InputArgs, args: &LiveArgs) -> u8 {
    // Before anything is recorded that could not be locked.
    let lock = match args.lock.then(|| args.passphrase.to_lock()).transpose() {
        Ok(passphrase) => passphrase.map(Key::new),
        Err((message, advice)) => return fail(&message, advice),
    };
    let interrupted = match interrupts() {
        Ok(interrupted) => interrupted,
        Err(error) => return fail(&format!("Ctrl+C can't be caught: {error}"), ""),
    };
    let companion = match CompanionSide::start(&args.companion, args.record.is_some(), args.json) {
        Ok(companion) => companion,
        Err(problem) => return fail(&problem.cause, &problem.advice),
    };
    let consent = match args.consent.as_deref().map(consent_text).transpose() {
        Ok(consent) => consent,
        Err(message) => return fail(&message, "Name a text file, or say the text itself."),
    };
    let spec = input.source.clone().unwrap_or(SourceSpec::Camera { number: None, size: None });
    let stimuli = match args.stimuli.as_deref().map(read_stimuli).transpose() {
        Ok(stimuli) => stimuli.unwrap_or_default(),
        Err(error) => return fail(&error.to_string(), error.advice()),
    };
    let baseline = match args.baseline.as_deref().map(named).transpose() {
        Ok(baseline) => baseline,
        Err(problem) => return fail(&problem.cause, problem.advice),
    };
    // Without a home there is no place for the socket, and a recording does without.
    let mark_socket = args.record.as_ref().and_then(|_| Folders::locate().ok());
    let options = LiveOptions {
        mark_socket: mark_socket.map(|folders| folders.mark_socket()),
        baseline,
        ..input.live_options()
    };
    let mut live = Live::start(options, Arc::new(|| ()), Box::new(drop));
    let mut output = Output {
        args,
        spec,
        labels: None,
        companion,
        first_captured_at: None,
        summary_at: None,
        consent,
        stimuli,
        lock,
        failed: false,
    };
    let ended = output.follow(&mut live, &interrupted);
    if let Some(companion) = &output.companion {
        companion.save();
    }
    let (all_ended, last_events) = live.shutdown(Instant::now() + SHUTDOWN);
    for event in last_events {
        output.tell(&event);
    }
    if !all_ended {
        tracing::warn!("a worker did not end in time");
    }
    if ended.is_err() || output.failed { EXIT_FAILED } else { EXIT_OK }
}

/// What was agreed to: the text itself, or that of a file. A text that is empty states nothing.
fn consent_text(said: &str) -> Result<String, String> {
    let text = match said.strip_prefix('@') {
        Some(path) => fs::read_to_string(path)
            .map_err(|error| format!("the consent text in {path} can't be read: {error}"))?,
        None => said.to_owned(),
    };
    match text.trim() {
        "" => Err("the consent text is empty".into()),
        text => Ok(text.to_owned()),
    }
}

/// Becomes ready at Ctrl+C or when the system asks to end.
fn interrupts() -> Result<Receiver<()>, ctrlc::Error> {
    let (sender, receiver) = bounded(1);
    ctrlc::set_handler(move || {
        // A second Ctrl+C finds the first one still waiting, which is as good.
        let _ = sender.try_send(());
    })?;
    Ok(receiver)
}

/// It ended because of a failure that has been told.
struct Failed;

/// What became of a line on standard output.
enum Written {
    Yes,
    /// Whoever read has seen enough.
    Unwanted,
}

impl TryFrom<io::Result<()>> for Written {
    type Error = Failed;

    fn try_from(written: io::Result<()>) -> Result<Self, Failed> {
        match written {
            Ok(()) => Ok(Self::Yes),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Self::Unwanted),
            Err(error) => {
                fail(&format!("standard output can't be written: {error}"), "");
                Err(Failed)
            }
        }
    }
}

struct Output<'a> {
    args: &'a LiveArgs,
    spec: SourceSpec,
    labels: Option<Labels>,
    companion: Option<CompanionSide>,
    /// When the first frame read was captured: `--seconds` counts from there.
    first_captured_at: Option<Instant>,
    summary_at: Option<Instant>,
    /// What the participant has agreed to.
    consent: Option<String>,
    /// Become markers of the recording when it ends.
    stimuli: Vec<Stimulus>,
    /// Locks the recording when it ends.
    lock: Option<Key>,
    failed: bool,
}

impl Output<'_> {
    fn follow(&mut self, live: &mut Live, interrupted: &Receiver<()>) -> Result<(), Failed> {
        // The picture starts when it can be read: nothing of it is lost to loading.
        while self.labels.is_none() {
            live.wait(IDLE);
            while let Some(event) = live.try_event() {
                self.handle(&event)?;
            }
            if interrupted.try_recv().is_ok() {
                return Ok(());
            }
        }
        live.open(&self.spec);
        loop {
            live.wait(IDLE);
            while let Some(event) = live.try_event() {
                self.handle(&event)?;
            }
            while let Some(observation) = live.try_observation() {
                if self.first_captured_at.is_none() {
                    self.start_recording(live);
                }
                if self.is_over(&observation) {
                    return Ok(());
                }
                if let (Some(companion), Some(labels)) = (&mut self.companion, &self.labels) {
                    companion.observe(&observation, labels);
                }
                if let Written::Unwanted = self.print(&observation).try_into()? {
                    return Ok(());
                }
            }
            if let Some(companion) = &mut self.companion
                && let Written::Unwanted = companion.work(live).try_into()?
            {
                return Ok(());
            }
            if interrupted.try_recv().is_ok() {
                return Ok(());
            }
        }
    }

    /// Records, if asked to. From the first reading on: a source that opens and then gives no
    /// picture leaves no empty session.
    fn start_recording(&self, live: &mut Live) {
        let Some(sessions_dir) = self.args.record.clone() else { return };
        let meta = SessionMeta {
            participant: self.args.participant.clone().unwrap_or_default(),
            note: self.args.note.clone().unwrap_or_default(),
            consent_utc: self.consent.as_ref().map(|_| Timestamp::now().to_string()),
            consent_text: self.consent.clone(),
            ..SessionMeta::default()
        };
        live.start_recording(RecordingRequest { sessions_dir, meta, lock: None });
    }

    fn handle(&mut self, event: &Event) -> Result<(), Failed> {
        self.tell(event);
        match event {
            Event::ModelsReady(info) => self.labels = Some(info.labels.clone()),
            // A camera that was there may come back; one that never was would be waited for
            // without end.
            Event::SourceFailed { error, .. }
                if self.first_captured_at.is_none()
                    || !matches!(
                        error,
                        SourceError::Unplugged { .. }
                            | SourceError::Stalled { .. }
                            | SourceError::NoCamera
                    ) =>
            {
                return Err(Failed);
            }
            Event::ModelsFailed { .. } | Event::RecordingFailed { .. } => return Err(Failed),
            _ => {}
        }
        Ok(())
    }

    /// Says on standard error what a person should know.
    fn tell(&mut self, event: &Event) {
        match event {
            Event::SourceOpened { info, .. } => eprintln!(
                "mien: reading \u{201c}{}\u{201d}, {}x{} {}",
                info.name, info.size.0, info.size.1, info.format
            ),
            Event::SourceFailed { error, .. } => {
                fail(&error.to_string(), error.advice());
            }
            Event::SourceResumed { .. } => eprintln!("mien: pictures come again"),
            Event::ModelsFailed { message } => {
                fail(message, "");
            }
            Event::RecordingStarted { folder } => {
                eprintln!("mien: recording into {}", folder.display());
            }
            Event::RecordingBehind { missed } => {
                eprintln!("mien: the disk is too slow, {missed} frames were not written");
            }
            Event::RecordingFinished { folder, rows } => {
                eprintln!("mien: {rows} rows in {}", folder.display());
                self.attach_stimuli(folder);
                self.lock(folder);
            }
            Event::RecordingFailed { folder, message, rows } => {
                self.failed = true;
                fail(message, &format!("{rows} rows are safe."));
                folder.iter().for_each(|folder| self.lock(folder));
            }
            Event::LockFailed { message, .. } => {
                self.failed = true;
                fail(&format!("the session is not locked: {message}"), "");
            }
            Event::WorkerFailed { worker, message } => {
                fail(&format!("{worker}: {message}"), "The rest goes on.");
            }
            Event::Marked { label, .. } => eprintln!("mien: marker “{label}”"),
            Event::ModelsReady(_)
            | Event::ModelChanged { .. }
            | Event::BaselineChanged { .. }
            | Event::Teaching(_) => {}
        }
    }

    /// Afterwards, as the times of a list are exact and need not be waited for.
    fn attach_stimuli(&mut self, folder: &Path) {
        if self.stimuli.is_empty() {
            return;
        }
        match attach(folder, &self.stimuli) {
            Ok(attached) => eprintln!("mien: {attached}"),
            Err(error) => {
                self.failed = true;
                fail(&error.to_string(), error.advice());
            }
        }
    }

    fn lock(&mut self, folder: &Path) {
        let Some(key) = &self.lock else { return };
        eprintln!("mien: locking {}", folder.display());
        match lock_one(folder, key) {
            Ok(said) => eprintln!("mien: {said}"),
            Err((message, advice)) => {
                self.failed = true;
                fail(&format!("the session is not locked: {message}"), advice);
            }
        }
    }

    fn is_over(&mut self, live: &LiveObservation) -> bool {
        let first = *self.first_captured_at.get_or_insert(live.captured_at);
        let since = live.captured_at.saturating_duration_since(first);
        self.args.seconds.is_some_and(|limit| since >= limit)
    }

    fn print(&mut self, live: &LiveObservation) -> io::Result<()> {
        let Some(labels) = &self.labels else { return Ok(()) };
        let observation = &live.observation;
        let mut out = io::stdout().lock();
        if self.args.json {
            serde_json::to_writer(&mut out, &ObservationLine::new(observation, labels))?;
            out.write_all(b"\n")?;
            return out.flush();
        }
        if self.summary_at.is_some_and(|at| live.captured_at < at) {
            return Ok(());
        }
        self.summary_at = Some(live.captured_at + SUMMARY_EVERY);
        write!(out, "{:>8.1} s", observation.pts.as_secs_f64())?;
        for face in &observation.faces {
            let word = face.label.word(labels);
            write!(out, "   {}: {word} {:.0} %", face.track, face.certainty * 100.0)?;
        }
        if observation.faces.is_empty() {
            write!(out, "   no face")?;
        }
        writeln!(out)
    }
}
