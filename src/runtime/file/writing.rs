//! The recorder thread: rows, events and, if it was asked for, the annotated video.

use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};

use super::painting::Painting;
use super::{FRAME_QUEUE, FileError, FileJob, join, spawn};
use crate::frame::Frame;
use crate::observation::Observation;
use crate::session::recovery::discard;
use crate::session::{RecordError, Recorder, SessionEvent, SessionHeader};

/// Observations on their way to the disk; as few as frames, where those come along.
const ROW_QUEUE: usize = 64;

/// What it writes.
pub enum Row {
    /// With the frame, if that is to be in the annotated video.
    Observation(Observation, Option<Frame>),
    Event {
        event: SessionEvent,
        at: Duration,
    },
}

/// The thread: its queue, and what it ends with.
pub struct Writing {
    rows: Sender<Row>,
    thread: JoinHandle<(Recorder, Result<(), RecordError>)>,
}

impl Writing {
    /// Makes the session folder and starts.
    pub fn start(job: &FileJob, header: SessionHeader) -> Result<Self, FileError> {
        let labels = header.labels.clone();
        let mut recorder = Recorder::create(&job.sessions_dir, header)?;
        let painting =
            job.record.overlay.is_some().then(|| Painting::new(recorder.folder(), job, labels));
        let (rows, queue) = bounded(if painting.is_some() { FRAME_QUEUE } else { ROW_QUEUE });
        let thread = spawn("recorder", move || {
            let outcome = write_all(&mut recorder, painting, &queue);
            (recorder, outcome)
        })?;
        Ok(Self { rows, thread })
    }

    /// Waits while the queue is full.
    pub fn write(self, row: Row) -> Result<Self, FileError> {
        if self.rows.send(row).is_ok() {
            return Ok(self);
        }
        let (recorder, outcome) = self.end()?;
        remove(recorder);
        let message = "it ended before the file did".into();
        Err(outcome.err().unwrap_or(FileError::Worker { worker: "recorder", message }))
    }

    /// Waits until all is written; the recorder, and how that went.
    pub fn end(self) -> Result<(Recorder, Result<(), FileError>), FileError> {
        drop(self.rows);
        let (recorder, outcome) = join("recorder", self.thread)?;
        Ok((recorder, outcome.map_err(FileError::from)))
    }
}

/// Leaves no session behind.
pub fn remove(recorder: Recorder) {
    let folder = recorder.folder().to_owned();
    drop(recorder);
    // The error that led here is the one to tell; the next try tidies up too.
    let _ = discard(&folder);
}

fn write_all(
    recorder: &mut Recorder,
    mut painting: Option<Painting>,
    queue: &Receiver<Row>,
) -> Result<(), RecordError> {
    for row in queue {
        match row {
            Row::Observation(observation, frame) => {
                recorder.write(&observation, observation.pts.since_start())?;
                if let (Some(painting), Some(frame)) = (&mut painting, frame) {
                    painting.frame(frame, &observation)?;
                }
            }
            Row::Event { event, at } => recorder.event(at, &event)?,
        }
    }
    painting.map_or(Ok(()), Painting::finish)
}
