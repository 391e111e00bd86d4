//! The recorder thread: rows to disk, and word to the owner when that fails.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError};
use jiff::{Timestamp, Zoned};

use super::drops::DropCounter;
use super::message::{Event, LiveObservation, RecordingRequest};
use super::shared::{Setup, Shared};
use crate::library::lock_session;
use crate::session::recorder::folder_name;
use crate::session::vault::{Key, Passphrase};
use crate::session::{
    BaselineRecord, Latency, RecordError, Recorder, SessionEvent, SessionHeader, SessionSummary,
    SourceRecord,
};

/// Rows wait in memory at most this long.
const FLUSH_EVERY: Duration = Duration::from_millis(250);

/// What the recorder is told. When its channel is disconnected the session is complete.
#[derive(Debug)]
pub enum RecorderMessage {
    /// A row for each face.
    Observation(LiveObservation),
    /// Something happened.
    Event { event: SessionEvent, at: Instant },
    /// There was no room for this many observations.
    Missed { missed: u64, at: Instant },
}

/// Records until `messages` is disconnected or writing fails, and tells the owner how it ended.
pub fn record(
    mut request: RecordingRequest,
    messages: &Receiver<RecorderMessage>,
    shared: &Arc<Shared>,
) {
    let passphrase = request.lock.take();
    let setup = shared.setup().clone();
    let mut session = match Session::begin(request, &setup, shared) {
        Ok(session) => session,
        Err(message) => {
            shared.event(Event::RecordingFailed { folder: None, rows: 0, message });
            return;
        }
    };
    let folder = session.recorder.folder().to_owned();
    shared.event(Event::RecordingStarted { folder });
    let outcome = session.write_all(messages);
    let event = session.end(outcome.err());
    shared.stats.recording(None, 0);
    if let (Some(passphrase), Some(folder)) = (passphrase, folder_of(&event)) {
        lock(folder, passphrase, shared);
    }
    shared.event(event);
}

fn folder_of(event: &Event) -> Option<&Path> {
    match event {
        Event::RecordingFinished { folder, .. } => Some(folder),
        Event::RecordingFailed { folder, .. } => folder.as_deref(),
        _ => None,
    }
}

/// Locks the session that has just ended. Whatever fails, its rows are safe.
fn lock(folder: &Path, passphrase: Passphrase, shared: &Shared) {
    if let Err(error) = lock_session(folder, &Key::new(passphrase), &mut |_| ()) {
        let message = format!("{error}. {}", error.advice());
        shared.event(Event::LockFailed { folder: folder.to_owned(), message });
    }
}

struct Session {
    recorder: Recorder,
    /// The session's time zero.
    zero: Instant,
    shared: Arc<Shared>,
    drops: DropCounter,
    /// Since when it is known that no frames come, and why.
    lost: Option<(Duration, String)>,
    /// Time of the last row.
    last_row: Option<Duration>,
    dropped: u64,
    analysed: u64,
    /// Damaged frames that came before the session.
    damaged_before: u64,
    latencies: LatencyHistogram,
}

impl Session {
    fn begin(
        request: RecordingRequest,
        setup: &Setup,
        shared: &Arc<Shared>,
    ) -> Result<Self, String> {
        let models =
            setup.models.as_ref().ok_or("The models are not ready. Try again in a moment.")?;
        let source = setup.source.as_ref();
        let (spec, info) = source.ok_or("There is no picture to record. Choose a source first.")?;
        let zero = Instant::now();
        let header = SessionHeader {
            folder_name: folder_name(&Zoned::now(), spec),
            zero_utc: Some(Timestamp::now()),
            source: SourceRecord::new(spec, info),
            file: None,
            models: models.records(),
            labels: models.labels.clone(),
            pipeline: setup.pipeline,
            baseline: setup.baseline.as_deref().map(BaselineRecord::from),
            meta: request.meta,
        };
        let recorder = Recorder::create(&request.sessions_dir, header).map_err(|e| in_words(&e))?;
        shared.stats.recording(Some(zero), recorder.bytes());
        Ok(Self {
            recorder,
            zero,
            shared: Arc::clone(shared),
            drops: DropCounter::default(),
            lost: None,
            last_row: None,
            dropped: 0,
            analysed: 0,
            damaged_before: shared.stats.damaged_in_all_runs(),
            latencies: LatencyHistogram::default(),
        })
    }

    fn write_all(&mut self, messages: &Receiver<RecorderMessage>) -> Result<(), RecordError> {
        let mut flush_at = Instant::now() + FLUSH_EVERY;
        loop {
            match messages.recv_deadline(flush_at) {
                Ok(message) => self.take(message)?,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
            if Instant::now() >= flush_at {
                self.recorder.flush(self.zero.elapsed())?;
                self.shared.stats.recording(Some(self.zero), self.recorder.bytes());
                flush_at = Instant::now() + FLUSH_EVERY;
            }
        }
    }

    fn take(&mut self, message: RecorderMessage) -> Result<(), RecordError> {
        match message {
            RecorderMessage::Observation(live) => self.observation(&live),
            RecorderMessage::Event { event, at } => {
                let time = at.saturating_duration_since(self.zero);
                match &event {
                    SessionEvent::SourceLost { reason } => {
                        self.lost.get_or_insert_with(|| (time, reason.clone()));
                    }
                    // Opened again without having been lost: the user chose another source.
                    SessionEvent::SourceReturned { .. } if self.lost.is_none() => {
                        self.lost = Some((time, "another source was chosen".into()));
                    }
                    _ => {}
                }
                self.recorder.event(time, &event)
            }
            RecorderMessage::Missed { missed, at } => {
                // They leave a gap in the frame numbers, and are counted there.
                self.shared.event(Event::RecordingBehind { missed });
                let time = at.saturating_duration_since(self.zero);
                let reason = format!("the disk was too slow: {missed} frames were not written");
                self.recorder.event(time, &SessionEvent::Gap { duration: Duration::ZERO, reason })
            }
        }
    }

    fn observation(&mut self, live: &LiveObservation) -> Result<(), RecordError> {
        // Captured before the session began.
        let Some(captured_at) = live.captured_at.checked_duration_since(self.zero) else {
            return Ok(());
        };
        // A frame that was captured before may still be on its way when the loss is known.
        if self.lost.as_ref().is_some_and(|(known_at, _)| *known_at <= captured_at) {
            self.end_gap(captured_at)?;
        }
        let observation = &live.observation;
        self.dropped +=
            self.drops.missing_before(observation.run, observation.index, live.damaged_before);
        self.analysed += 1;
        self.latencies.add(live.analysed_at.saturating_duration_since(live.captured_at));
        self.last_row = Some(self.recorder.write(observation, captured_at)?.time);
        Ok(())
    }

    /// Notes the while without frames, if there is one: from the last row on, as some losses are
    /// noticed late.
    fn end_gap(&mut self, end: Duration) -> Result<(), RecordError> {
        let Some((known_at, reason)) = self.lost.take() else { return Ok(()) };
        let start = self.last_row.map_or(known_at, |last| last.min(known_at));
        let duration = end.saturating_sub(start);
        self.recorder.event(start, &SessionEvent::Gap { duration, reason })
    }

    fn end(mut self, failure: Option<RecordError>) -> Event {
        let damaged = self.shared.stats.damaged_in_all_runs() - self.damaged_before;
        // Should it fail, so will closing, which tells.
        let _ = self.end_gap(self.zero.elapsed());
        let folder: PathBuf = self.recorder.folder().to_owned();
        let rows = self.recorder.rows_on_disk();
        let summary = SessionSummary {
            duration: self.zero.elapsed(),
            captured: self.analysed + self.dropped + damaged,
            dropped: self.dropped,
            damaged,
            latency: self.latencies.summary(),
        };
        match (self.recorder.finish(summary), failure) {
            (Ok(finished), None) if finished.failure.is_none() => {
                Event::RecordingFinished { folder: finished.folder, rows: finished.rows }
            }
            (Ok(finished), failure) => {
                let failure = finished.failure.or(failure);
                Event::RecordingFailed {
                    folder: Some(finished.folder),
                    rows: finished.rows,
                    message: failure.map_or_else(String::new, |error| in_words(&error)),
                }
            }
            (Err(closing), failure) => {
                let message = in_words(failure.as_ref().unwrap_or(&closing));
                Event::RecordingFailed { folder: Some(folder), rows, message }
            }
        }
    }
}

fn in_words(error: &RecordError) -> String {
    let text = format!("{error}. {}", error.advice());
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Latencies in steps of a millisecond: a session of any length takes the same memory.
#[derive(Debug)]
struct LatencyHistogram {
    counts: Vec<u64>,
}

impl Default for LatencyHistogram {
    fn default() -> Self {
        // What takes longer than two seconds counts as two seconds.
        Self { counts: vec![0; 2001] }
    }
}

impl LatencyHistogram {
    fn add(&mut self, latency: Duration) {
        let step = (latency.as_millis() as usize).min(self.counts.len() - 1);
        self.counts[step] += 1;
    }

    fn summary(&self) -> Option<Latency> {
        let total: u64 = self.counts.iter().sum();
        let percentile = |share: f64| {
            let rank = (share * total as f64).ceil() as u64;
            let mut seen = 0;
            let reached = |count: &u64| {
                seen += count;
                seen >= rank
            };
            self.counts.iter().position(reached).unwrap_or_default() as f64
        };
        (total > 0).then(|| Latency {
            p50_ms: percentile(0.50),
            p95_ms: percentile(0.95),
            p99_ms: percentile(0.99),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_histogram_gives_percentiles() {
        let mut histogram = LatencyHistogram::default();
        assert!(histogram.summary().is_none());
        for ms in 1..=100 {
            histogram.add(Duration::from_millis(ms));
        }
        let latency = histogram.summary().unwrap();
        assert_eq!((latency.p50_ms, latency.p95_ms, latency.p99_ms), (50.0, 95.0, 99.0));
    }
}
