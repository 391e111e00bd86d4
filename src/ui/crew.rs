//! The workers of the real window: live, player, files that are analysed, sessions, and the
//! companion. All but the first start when they are first needed.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use super::actions::Workers;
use super::preview::PreviewSink;
use crate::baseline::Baseline;
use crate::frame::RunId;
use crate::pipeline::PipelineOptions;
use crate::runtime::companion::{CompanionCommand, CompanionEvent, ProfileFile, Seat};
use crate::runtime::file_queue::{FileQueue, QueueCommand, QueueEvent};
use crate::runtime::librarian::{Librarian, LibraryCommand, LibraryEvent};
use crate::runtime::live::{
    Event, Live, LiveObservation, LiveOptions, LiveStats, RecordingRequest,
};
use crate::runtime::player::{PlayCommand, PlayEvent, Player};
use crate::runtime::teaching::TeachCommand;
use crate::session::SessionEvent;
use crate::source::SourceSpec;

/// Everybody who works for the window.
pub struct Crew {
    live: Live,
    options: LiveOptions,
    wake: Arc<dyn Fn() + Send + Sync>,
    pictures: Option<PreviewSink>,
    player: Option<Player>,
    queue: Option<FileQueue>,
    librarian: Librarian,
    profile: PathBuf,
    seat: Option<Seat>,
}

impl Crew {
    /// `options` are those of the models; pictures of files go to `pictures`; the companion
    /// remembers the user in `profile`.
    pub fn new(
        live: Live,
        options: LiveOptions,
        wake: Arc<dyn Fn() + Send + Sync>,
        pictures: PreviewSink,
        profile: PathBuf,
    ) -> Self {
        let librarian = Librarian::new(Arc::clone(&wake));
        let pictures = Some(pictures);
        let (player, queue, seat) = (None, None, None);
        Self { live, options, wake, pictures, player, queue, librarian, profile, seat }
    }
}

impl Workers for Crew {
    fn open(&mut self, spec: &SourceSpec) -> RunId {
        self.live.open(spec)
    }

    fn start_recording(&mut self, request: RecordingRequest) {
        self.live.start_recording(request);
    }

    fn stop_recording(&mut self) {
        self.live.stop_recording();
    }

    fn mark(&mut self, label: &str) -> bool {
        self.live.mark(label)
    }

    fn note(&mut self, event: SessionEvent, at: Instant) -> bool {
        self.live.note(event, at)
    }

    fn companion(&mut self, command: CompanionCommand) {
        if self.seat.is_none() {
            let file = ProfileFile::at(self.profile.clone());
            match Seat::start(file, Arc::clone(&self.wake)) {
                Ok(seat) => self.seat = Some(seat),
                Err(error) => tracing::error!("there is no thread for the companion: {error}"),
            }
        }
        if let Some(seat) = &self.seat {
            seat.command(command);
        }
    }

    fn try_companion_event(&self) -> Option<CompanionEvent> {
        self.seat.as_ref()?.try_event()
    }

    fn set_pipeline_options(&mut self, options: PipelineOptions) {
        self.live.set_pipeline_options(options);
    }

    fn set_baseline(&mut self, baseline: Option<Arc<Baseline>>) -> bool {
        self.live.set_baseline(baseline)
    }

    fn teach(&mut self, command: TeachCommand) {
        self.live.teach(command);
    }

    fn play(&mut self, command: PlayCommand) {
        if let Some(pictures) = self.pictures.take() {
            let show = Box::new(move |frame: &_| pictures.show_at_once(frame));
            self.player = Some(Player::start(Arc::clone(&self.wake), show));
        }
        if let Some(player) = &self.player {
            player.command(command);
        }
    }

    fn queue(&mut self, command: QueueCommand) {
        let (options, wake) = (&self.options, &self.wake);
        let start = || FileQueue::start(options.clone(), Arc::clone(wake));
        self.queue.get_or_insert_with(start).command(command);
    }

    fn library(&mut self, command: LibraryCommand) {
        self.librarian.command(command);
    }

    fn try_library_event(&self) -> Option<LibraryEvent> {
        self.librarian.try_event()
    }

    fn try_play_event(&self) -> Option<PlayEvent> {
        self.player.as_ref()?.try_event()
    }

    fn try_queue_event(&self) -> Option<QueueEvent> {
        self.queue.as_ref()?.try_event()
    }

    fn try_event(&self) -> Option<Event> {
        self.live.try_event()
    }

    fn try_observation(&self) -> Option<LiveObservation> {
        self.live.try_observation()
    }

    fn stats(&self) -> LiveStats {
        self.live.stats()
    }

    fn shutdown(self, deadline: Instant) -> bool {
        let queue = self.queue.is_none_or(|queue| queue.stop(deadline));
        let player = self.player.is_none_or(|player| player.stop(deadline));
        let librarian = self.librarian.stop(deadline);
        let seat = self.seat.is_none_or(|seat| seat.stop(deadline));
        self.live.shutdown(deadline).0 && queue && player && librarian && seat
    }
}
