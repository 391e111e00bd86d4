//! The inference thread: newest frame in, observation out; watches whether frames still come.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TrySendError, select};

use super::drops::DropCounter;
use super::live::LiveOptions;
use super::mailbox::MailboxReceiver;
use super::message::{Captured, Event, LiveObservation, ModelsInfo};
use super::shared::{Setup, Shared};
use super::teaching::TeachingEvent;
use super::worker;
use crate::baseline::{Baseline, Reference};
use crate::frame::RunId;
use crate::model::{DetectorModel, EmotionModel, ModelError};
use crate::pipeline::{Pipeline, PipelineOptions};
use crate::source::SourceError;

/// A live source that sends nothing for this long has stopped.
pub const STALLED_AFTER: Duration = Duration::from_secs(3);

/// How often the watch looks when no frame comes.
const WATCH_EVERY: Duration = Duration::from_millis(200);

/// The same trouble with a model is told again at most this often.
const TROUBLE_EVERY: Duration = Duration::from_secs(10);

/// What the thread works with.
pub struct Inference {
    pub options: LiveOptions,
    pub frames: MailboxReceiver<Captured>,
    pub tuning: Receiver<PipelineOptions>,
    pub models: Receiver<Box<EmotionModel>>,
    pub baselines: Receiver<Option<Arc<Baseline>>>,
    pub stop: Receiver<()>,
    pub observations: Sender<LiveObservation>,
    pub shared: Arc<Shared>,
}

impl Inference {
    /// Runs until `stop` is disconnected; the frame that waits then is still analysed.
    pub fn run(self) {
        let mut pipeline = self.load();
        let mut watch = Watch::default();
        let mut drops = DropCounter::default();
        let mut told_at: Option<Instant> = None;
        loop {
            let mut stopping = false;
            select! {
                recv(self.stop) -> _ => stopping = true,
                recv(self.tuning) -> options => if let (Ok(options), Some(pipeline)) = (options, &mut pipeline) {
                    pipeline.set_options(options);
                },
                recv(self.models) -> model => if let Ok(model) = model {
                    // The one of the start may have been refused.
                    pipeline = pipeline.or_else(|| self.with_built_in());
                    if let Some(pipeline) = &mut pipeline {
                        self.change_model(pipeline, *model);
                    }
                },
                recv(self.baselines) -> baseline => if let (Ok(baseline), Some(pipeline)) = (baseline, &mut pipeline) {
                    self.change_baseline(pipeline, baseline);
                },
                recv(self.frames.bell()) -> bell => stopping = bell.is_err(),
                default(WATCH_EVERY) => {}
            }
            if let Some(captured) = self.frames.try_take() {
                let frame = &captured.frame;
                if let Some(pipeline) = &mut pipeline
                    && frame.run == self.shared.current_run()
                {
                    let dropped =
                        drops.missing_before(frame.run, frame.index, captured.damaged_before);
                    self.shared.stats.dropped(frame.run, dropped);
                    let now = Instant::now();
                    if let Err(message) = self.analyse(pipeline, &captured)
                        && told_at.is_none_or(|at| now.duration_since(at) > TROUBLE_EVERY)
                    {
                        told_at = Some(now);
                        self.shared.event(Event::WorkerFailed { worker: "inference", message });
                    }
                }
            }
            watch.look(&self.shared, Instant::now());
            if stopping {
                return;
            }
        }
    }

    fn load(&self) -> Option<Pipeline> {
        let loaded = worker::guard(|| load_pipeline(&self.options));
        match loaded {
            Ok(Ok(pipeline)) => {
                let info = ModelsInfo::of(&pipeline);
                let baseline = pipeline.baseline().cloned();
                let mut setup = self.shared.setup();
                setup.models = Some(info.clone());
                setup.baseline = baseline;
                drop(setup);
                self.shared.event(Event::ModelsReady(info));
                Some(pipeline)
            }
            Ok(Err(error)) => {
                let message = format!("{error}. {}", error.advice());
                self.shared.event(Event::ModelsFailed { message });
                None
            }
            Err(message) => {
                self.shared.event(Event::ModelsFailed { message });
                None
            }
        }
    }

    /// A pipeline that waits for a model that was loaded later.
    fn with_built_in(&self) -> Option<Pipeline> {
        let options = LiveOptions { model_dir: None, baseline: None, ..self.options.clone() };
        let loaded =
            worker::guard(|| load_pipeline(&options)).and_then(|l| l.map_err(|e| e.to_string()));
        loaded.map_err(|message| self.shared.event(Event::ModelsFailed { message })).ok()
    }

    /// Reads with another emotion model from the next frame on.
    fn change_model(&self, pipeline: &mut Pipeline, model: EmotionModel) {
        let info = ModelsInfo {
            labels: model.card.labels(),
            emotion_model: model.card.name.clone(),
            emotion_sha256: model.card.sha256.clone(),
            rest: Reference::of(&model.card),
            ..ModelsInfo::of(pipeline)
        };
        let change = |setup: &mut Setup| {
            setup.models = Some(info.clone());
            setup.baseline = None;
        };
        if self.shared.change_setup(change) {
            let had_baseline = pipeline.baseline().is_some();
            pipeline.set_emotion(model);
            if had_baseline {
                self.shared.event(Event::BaselineChanged { baseline: None, trouble: None });
            }
            self.shared.event(Event::ModelChanged { models: info, at: Instant::now() });
        } else {
            let message = "A recording keeps the model it began with. Stop it, then change.";
            self.shared.event(Event::Teaching(TeachingEvent::Failed { message: message.into() }));
        }
    }

    /// Corrects with another baseline from the next frame on, or with none.
    fn change_baseline(&self, pipeline: &mut Pipeline, wanted: Option<Arc<Baseline>>) {
        let before = pipeline.baseline().cloned();
        let mut trouble =
            pipeline.set_baseline(wanted).err().map(|error| format!("{error}. {}", error.advice()));
        let now = pipeline.baseline().cloned();
        if !self.shared.change_setup(|setup| setup.baseline = now) {
            // It was applied before, so that it fits.
            let _ = pipeline.set_baseline(before);
            let words = "A recording keeps the baseline it began with. Stop it, then change.";
            trouble = Some(words.into());
        }
        let baseline = pipeline.baseline().cloned();
        self.shared.event(Event::BaselineChanged { baseline, trouble });
    }

    fn analyse(&self, pipeline: &mut Pipeline, captured: &Captured) -> Result<(), String> {
        let observation = worker::guard(|| pipeline.process(&captured.frame))
            .and_then(|result| result.map_err(|error| error.to_string()))?;
        let Captured { frame, captured_at, damaged_before } = captured;
        let analysed_at = Instant::now();
        self.shared.stats.analysed(frame.run, *captured_at, analysed_at);
        let observation = LiveObservation {
            observation: Arc::new(observation),
            captured_at: *captured_at,
            damaged_before: *damaged_before,
            analysed_at,
        };
        self.shared.record(&observation);
        self.shared.collect(frame, &observation.observation, analysed_at);
        match self.observations.try_send(observation) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => self.shared.stats.window_missed(),
            // The owner is gone; stop follows.
            Err(TrySendError::Disconnected(_)) => {}
        }
        self.shared.wake();
        Ok(())
    }
}

/// Loads the models the options name.
///
/// # Errors
/// As the models say, or the baseline that belongs to another one.
pub fn load_pipeline(options: &LiveOptions) -> Result<Pipeline, ModelError> {
    let detector = match &options.detector_dir {
        Some(dir) => DetectorModel::from_dir(dir)?,
        None => DetectorModel::builtin()?,
    };
    let emotion = load_emotion(options.model_dir.as_deref())?;
    let mut pipeline = Pipeline::new(detector, emotion, options.pipeline);
    pipeline.set_baseline(options.baseline.clone())?;
    Ok(pipeline)
}

/// Loads the emotion model in `dir`, or the built-in one.
///
/// # Errors
/// As the model says.
pub fn load_emotion(dir: Option<&Path>) -> Result<EmotionModel, ModelError> {
    dir.map_or_else(EmotionModel::builtin, EmotionModel::from_dir)
}

/// Tells once when frames stop coming, and once when they come again.
#[derive(Debug, Default)]
struct Watch {
    stalled: Option<RunId>,
}

impl Watch {
    fn look(&mut self, shared: &Shared, now: Instant) {
        let (run, last) = shared.stats.last_capture();
        let silent = last.map_or(Duration::ZERO, |at| now.saturating_duration_since(at));
        let stalled = silent >= STALLED_AFTER;
        match self.stalled {
            None if stalled => {
                self.stalled = Some(run);
                let name = shared.setup().source.as_ref().map(|(_, info)| info.name.clone());
                let name = name.unwrap_or_else(|| "The source".into());
                let error = SourceError::Stalled { name, secs: STALLED_AFTER.as_secs() };
                shared.event(Event::SourceFailed { run, error });
            }
            Some(stalled_run) if run != stalled_run || last.is_none() => self.stalled = None,
            Some(_) if !stalled => {
                self.stalled = None;
                shared.event(Event::SourceResumed { run });
            }
            _ => {}
        }
    }
}
