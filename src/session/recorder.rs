//! Writes a session. Reads no clock: whoever owns it says what time it is.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;

use super::atomic::sync_folder;
use super::clock::{SessionClock, Stamp};
use super::error::{Kept, RecordError};
use super::events::{EventRow, SessionEvent};
use super::folder::create_unique;
pub use super::folder::folder_name;
use super::record::{
    BaselineRecord, FileRecord, FrameCounts, Gap, Latency, ModelRecord, SCHEMA_VERSION,
    SessionRecord, SourceRecord,
};
use super::row::{Row, utc_at};
use super::row_file::{RowFile, Storage, Whereabouts, create_storage};
use super::schema::Schema;
use super::text::column_words;
use super::{EVENTS, OBSERVATIONS, RECORD, SessionMeta, part_of};
use crate::frame::RunId;
use crate::observation::{Labels, Observation, TrackId};
use crate::pipeline::PipelineOptions;

/// What is known about a session before its first row.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionHeader {
    /// Wanted name of the folder, as [`folder_name`] makes it.
    pub folder_name: String,
    /// Wall clock time at the session's time zero; `None` for files.
    pub zero_utc: Option<Timestamp>,
    /// Where frames come from.
    pub source: SourceRecord,
    /// The file behind it; `None` live.
    pub file: Option<FileRecord>,
    /// Models that read them.
    pub models: Vec<ModelRecord>,
    /// Classes of the emotion model; they name columns.
    pub labels: Labels,
    /// Tuning at the start.
    pub pipeline: PipelineOptions,
    /// The baseline that is applied throughout.
    pub baseline: Option<BaselineRecord>,
    /// What the user says about the session.
    pub meta: SessionMeta,
}

/// What is known about a session after its last row.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SessionSummary {
    /// From time zero to the end.
    pub duration: Duration,
    /// Frames that came from the source.
    pub captured: u64,
    /// Frames that a newer one replaced before analysis.
    pub dropped: u64,
    /// Frames that could not be decoded.
    pub damaged: u64,
    /// Capture to observation.
    pub latency: Option<Latency>,
}

/// A session that was closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// Session folder.
    pub folder: PathBuf,
    /// Rows of `observations.csv`.
    pub rows: u64,
    /// Why recording stopped by itself, if it did; rows written before are in the folder.
    pub failure: Option<RecordError>,
}

/// Writes one session. After its first failure it takes no more rows; [`Self::finish`] then
/// closes what there is.
///
/// Times are durations since the session's time zero, a moment that the owner chooses. Call
/// [`Self::flush`] several times a second, also while no rows come. Dropped without
/// [`Self::finish`], it leaves an unfinished session, to be recovered.
#[derive(Debug)]
pub struct Recorder {
    folder: PathBuf,
    record: SessionRecord,
    zero_utc: Option<Timestamp>,
    words: Vec<String>,
    observation_schema: Schema<Row>,
    event_schema: Schema<EventRow>,
    observations: RowFile,
    events: RowFile,
    clock: SessionClock,
    face_ids: FaceIds,
    flushed_at: Duration,
    synced_at: Duration,
    failure: Option<RecordError>,
    closed: bool,
}

impl Recorder {
    /// Makes a new session folder in `sessions_dir`, which is made too if need be.
    ///
    /// # Errors
    /// Names what stands in the way. No folder stays behind.
    pub fn create(sessions_dir: &Path, header: SessionHeader) -> Result<Self, RecordError> {
        Self::create_on(sessions_dir, header, &mut create_storage)
    }

    fn create_on(
        sessions_dir: &Path,
        header: SessionHeader,
        open: &mut dyn FnMut(&Path) -> io::Result<Box<dyn Storage>>,
    ) -> Result<Self, RecordError> {
        let folder = create_unique(sessions_dir, &header.folder_name)?;
        Self::create_in(&folder, header, open).inspect_err(|_| {
            // It is ours, new and useless. The first error is the one to tell.
            let _ = fs::remove_dir_all(&folder);
        })
    }

    fn create_in(
        folder: &Path,
        header: SessionHeader,
        open: &mut dyn FnMut(&Path) -> io::Result<Box<dyn Storage>>,
    ) -> Result<Self, RecordError> {
        let mut table = |name: &str| {
            let path = folder.join(part_of(name));
            match open(&path) {
                Ok(storage) => Ok(RowFile::new(path, storage)),
                Err(error) => Err(RecordError::from_io(&error, &path)),
            }
        };
        let mut observations = table(OBSERVATIONS)?;
        let events = table(EVENTS)?;
        if !observations.lock() {
            // Only a recovery that looked at this very moment can have it.
            let (path, reason) = (folder.into(), "another program has it open".into());
            return Err(RecordError::Other { path, reason });
        }
        let SessionHeader {
            zero_utc, source, file, models, labels, pipeline, baseline, meta, ..
        } = header;
        let mut recorder = Self {
            folder: folder.to_owned(),
            record: SessionRecord {
                schema_version: SCHEMA_VERSION,
                app_version: env!("CARGO_PKG_VERSION").into(),
                start_utc: zero_utc.map(|utc| utc.to_string()),
                meta,
                source,
                file,
                models,
                labels: labels.names().to_vec(),
                pipeline,
                baseline,
                ..SessionRecord::default()
            },
            zero_utc,
            words: column_words(labels.names()),
            observation_schema: Schema::observations(&labels),
            event_schema: Schema::events(),
            observations,
            events,
            clock: SessionClock::new(),
            face_ids: FaceIds::default(),
            flushed_at: Duration::ZERO,
            synced_at: Duration::ZERO,
            failure: None,
            closed: false,
        };
        recorder.begin().inspect_err(|_| recorder.closed = true)?;
        Ok(recorder)
    }

    fn begin(&mut self) -> Result<(), RecordError> {
        self.record
            .write(&self.folder)
            .map_err(|error| RecordError::from_io(&error, &self.folder))?;
        self.observations
            .push(|out| self.observation_schema.write_header(out))
            .and_then(|()| self.observations.flush())
            .map_err(|error| RecordError::from_io(&error, self.observations.path()))?;
        self.events
            .push(|out| self.event_schema.write_header(out))
            .and_then(|()| self.events.flush())
            .map_err(|error| RecordError::from_io(&error, self.events.path()))
    }

    /// Adds the rows of one frame, which was captured at `captured_at`. Where they stand in the
    /// session is for [`SessionClock`] to say.
    ///
    /// # Errors
    /// The failure that ended recording, this time or before.
    pub fn write(
        &mut self,
        observation: &Observation,
        captured_at: Duration,
    ) -> Result<Stamp, RecordError> {
        self.check()?;
        let Observation { run, pts, index, faces, .. } = observation;
        let stamp = self.clock.stamp(*run, *pts, *index, captured_at);
        if faces.is_empty() {
            self.push_row(&Row::without_face(stamp, self.zero_utc))?;
        }
        for face in faces {
            let id = self.face_ids.in_session(*run, face.track);
            self.push_row(&Row::with_face(stamp, self.zero_utc, id, face, &self.words))?;
        }
        self.record.frames.analysed += 1;
        let overdue = stamp.time.saturating_sub(self.flushed_at) >= LONGEST_IN_MEMORY;
        if overdue || self.observations.pending_bytes() >= MOST_IN_MEMORY {
            self.flush(stamp.time)?;
        }
        Ok(stamp)
    }

    /// Puts a marker at this moment.
    ///
    /// # Errors
    /// The failure that ended recording, this time or before.
    pub fn marker(&mut self, time: Duration, label: &str) -> Result<(), RecordError> {
        self.event(time, &SessionEvent::Marker { label: label.to_owned() })
    }

    /// Notes what happened at this moment; for a gap, its start. Gaps go into `session.json` too.
    ///
    /// # Errors
    /// The failure that ended recording, this time or before.
    pub fn event(&mut self, time: Duration, event: &SessionEvent) -> Result<(), RecordError> {
        self.check()?;
        let row = EventRow::new(time, utc_at(self.zero_utc, time), event);
        if let Err(error) = self.events.push(|out| self.event_schema.write_row(&row, out)) {
            let error = RecordError::from_io(&error, self.events.path());
            return Err(self.fail(error));
        }
        self.record.gaps.extend(Gap::of(time, event));
        Ok(())
    }

    /// Secures what was written; `now` is the time in the session. Two dangers, two measures:
    ///
    /// * This process dies. Rows in its memory are lost, so they are given to the system, each
    ///   time. That costs microseconds.
    /// * The system dies or loses power. Rows in its memory are lost, so it is told to put them
    ///   on the disk, at most once a second, as that may take tens of milliseconds.
    ///
    /// At most once a second too, it looks whether the folder is still there: on Unix, writing
    /// into a deleted one works as if nothing had happened.
    ///
    /// # Errors
    /// The failure that ended recording, this time or before.
    pub fn flush(&mut self, now: Duration) -> Result<(), RecordError> {
        self.check()?;
        self.flushed_at = now;
        self.give_to_system()?;
        if now.saturating_sub(self.synced_at) >= BETWEEN_SYNCS {
            self.synced_at = now;
            self.check_folder()?;
            self.put_on_disk()?;
        }
        Ok(())
    }

    /// Closes the session, also after a failure: what is in memory is written if now it can be,
    /// the tables get their names, `session.json` says how it ended.
    ///
    /// # Errors
    /// The session could not be closed. What was written stays readable and can be recovered.
    pub fn finish(mut self, summary: SessionSummary) -> Result<Finished, RecordError> {
        self.closed = true;
        match self.failure {
            // Meanwhile there may be space again. If not, the failure is known already.
            Some(_) => drop(self.give_to_system()),
            // What fails here is kept in `failure`.
            None => drop(self.give_to_system().and_then(|()| self.check_folder())),
        }
        let _ = self.put_on_disk();
        if let Some(error @ RecordError::Vanished { kept, .. }) = &self.failure
            && !matches!(kept, Kept::WrittenAgain { .. })
        {
            return Err(error.clone());
        }
        let ended = self.clock.last().map_or(Duration::ZERO, |stamp| stamp.time);
        self.record.duration_secs = summary.duration.max(ended).as_secs_f64();
        self.record.rows = self.observations.rows_on_disk();
        self.record.frames = FrameCounts {
            captured: summary.captured,
            analysed: self.record.frames.analysed,
            dropped: summary.dropped,
            damaged: summary.damaged,
        };
        self.record.latency = summary.latency;
        self.record.complete = self.failure.is_none();
        self.record.failure = self.failure.as_ref().map(ToString::to_string);
        self.close()?;
        Ok(Finished {
            folder: self.folder.clone(),
            rows: self.record.rows,
            failure: self.failure.take(),
        })
    }

    /// Session folder. Changes if it was deleted meanwhile and written again.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Rows written, those still in memory included.
    pub fn rows(&self) -> u64 {
        self.observations.rows()
    }

    /// Whole rows that are in a file someone can open.
    pub fn rows_on_disk(&self) -> u64 {
        match self.failure {
            Some(RecordError::Vanished { kept: Kept::Lost { .. }, .. }) => 0,
            _ => self.observations.rows_on_disk(),
        }
    }

    /// Bytes of both tables, those still in memory included.
    pub fn bytes(&self) -> u64 {
        let bytes = |table: &RowFile| table.bytes_on_disk() + table.pending_bytes() as u64;
        bytes(&self.observations) + bytes(&self.events)
    }

    /// Why recording stopped by itself, if it did.
    pub fn failure(&self) -> Option<&RecordError> {
        self.failure.as_ref()
    }

    fn check(&self) -> Result<(), RecordError> {
        self.failure.clone().map_or(Ok(()), Err)
    }

    /// Keeps the first failure and gives it back.
    fn fail(&mut self, error: RecordError) -> RecordError {
        self.failure.get_or_insert(error).clone()
    }

    fn push_row(&mut self, row: &Row) -> Result<(), RecordError> {
        let pushed = self.observations.push(|out| self.observation_schema.write_row(row, out));
        pushed.map_err(|error| {
            let error = RecordError::from_io(&error, self.observations.path());
            self.fail(error)
        })
    }

    fn give_to_system(&mut self) -> Result<(), RecordError> {
        self.on_both_tables(RowFile::flush)
    }

    fn put_on_disk(&mut self) -> Result<(), RecordError> {
        self.on_both_tables(RowFile::sync)
    }

    /// Does `work` on both tables, though it may fail on one. The first failure counts.
    fn on_both_tables(
        &mut self,
        work: impl Fn(&mut RowFile) -> io::Result<()>,
    ) -> Result<(), RecordError> {
        let mut outcome = Ok(());
        for table in [&mut self.observations, &mut self.events] {
            if let Err(error) = work(table) {
                let error = RecordError::from_io(&error, table.path());
                outcome = outcome.and(Err(self.failure.get_or_insert(error).clone()));
            }
        }
        outcome
    }

    fn check_folder(&mut self) -> Result<(), RecordError> {
        let folder = self.folder.clone();
        let kept = match self.observations.whereabouts() {
            Whereabouts::Here => return Ok(()),
            Whereabouts::Moved => Kept::Moved,
            Whereabouts::Deleted => match self.write_again() {
                Ok(()) => Kept::WrittenAgain { folder: self.folder.clone() },
                Err(error) => Kept::Lost { reason: error.to_string() },
            },
        };
        Err(self.fail(RecordError::Vanished { folder, kept }))
    }

    /// Writes what a deleted folder held into a new one beside it. Someone who deletes the folder
    /// of a running recording did so by mistake more likely than not; who meant it is told where
    /// the new one is.
    fn write_again(&mut self) -> Result<(), RecordError> {
        let name = self.folder.file_name().unwrap_or_default().to_string_lossy();
        let sessions_dir = self.folder.parent().unwrap_or(Path::new("."));
        let folder = create_unique(sessions_dir, &format!("{name}_saved-again"))?;
        for (table, name) in [(&mut self.observations, OBSERVATIONS), (&mut self.events, EVENTS)] {
            let path = folder.join(part_of(name));
            table.write_again(path.clone()).map_err(|error| RecordError::from_io(&error, &path))?;
        }
        self.observations.lock();
        self.folder = folder;
        // Without it the session is still readable, and closing writes it anew.
        let _ = self.record.write(&self.folder);
        Ok(())
    }

    /// `observations.csv` gets its name last: as long as it has not, the session counts as
    /// unfinished, and a crash between two steps is recovered from.
    fn close(&mut self) -> Result<(), RecordError> {
        let events = self.folder.join(EVENTS);
        let observations = self.folder.join(OBSERVATIONS);
        self.events
            .rename(events.clone())
            .map_err(|error| RecordError::from_io(&error, &events))?;
        self.record
            .write(&self.folder)
            .map_err(|error| RecordError::from_io(&error, &self.folder.join(RECORD)))?;
        self.observations
            .rename(observations.clone())
            .map_err(|error| RecordError::from_io(&error, &observations))?;
        sync_folder(&self.folder);
        Ok(())
    }
}

impl Drop for Recorder {
    /// Leaves as little to lose as possible, if the owner panicked.
    fn drop(&mut self) {
        if !self.closed {
            let _ = self.give_to_system();
        }
    }
}

/// Half of the second that a crash may cost at most.
const LONGEST_IN_MEMORY: Duration = Duration::from_millis(500);

/// Some 200 rows; larger writes are no faster.
const MOST_IN_MEMORY: usize = 64 * 1024;

/// What a power cut may cost at most, and a rate that wears no disk.
const BETWEEN_SYNCS: Duration = Duration::from_secs(1);

/// Face numbers of the session. Each run counts its faces from 1, and the first faces of two
/// runs need not be the same person.
#[derive(Debug, Default)]
struct FaceIds {
    run: Option<RunId>,
    base: u64,
    highest: u64,
}

impl FaceIds {
    /// The first run keeps its numbers, those that the window shows.
    fn in_session(&mut self, run: RunId, track: TrackId) -> u64 {
        if self.run != Some(run) {
            self.run = Some(run);
            self.base = self.highest;
        }
        let id = self.base + u64::from(track.0);
        self.highest = self.highest.max(id);
        id
    }
}

#[cfg(test)]
mod tests;
