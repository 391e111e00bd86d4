//! Teaching through the live workers, on the drawn demo: collect, learn, use, save, and back.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mien::observation::{Observation, TrackId};
use mien::runtime::live::{Event, Live, LiveOptions, RecordingRequest};
use mien::runtime::teaching::{TakeId, TeachCommand, TeachingEvent};
use mien::session::SessionMeta;
use mien::source::SourceSpec;
use mien::teach::{Example, Grouping, Lesson, TaughtModel};

/// Nothing takes longer, on however busy a machine.
const PATIENCE: Duration = Duration::from_secs(90);
const EXAMPLES: usize = 12;

/// The workers, and what they told.
struct Workers {
    live: Live,
    events: Vec<Event>,
    newest: Option<Arc<Observation>>,
}

impl Workers {
    fn start() -> Self {
        let mut live = Live::start(LiveOptions::default(), Arc::new(|| ()), Box::new(drop));
        live.open(&SourceSpec::Demo { people: 1 });
        Self { live, events: Vec::new(), newest: None }
    }

    /// Waits until `found` has something among what is told and seen.
    fn wait<T>(&mut self, what: &str, mut found: impl FnMut(&mut Self) -> Option<T>) -> T {
        let patience = Instant::now() + PATIENCE;
        loop {
            while let Some(event) = self.live.try_event() {
                self.events.push(event);
            }
            while let Some(observation) = self.live.try_observation() {
                self.newest = Some(observation.observation);
            }
            if let Some(found) = found(self) {
                return found;
            }
            assert!(Instant::now() < patience, "in vain: {what}; {:?}", self.events);
            self.live.wait(Duration::from_millis(50));
        }
    }

    /// Takes the first event that `wanted` answers for.
    fn event<T>(&mut self, what: &str, wanted: impl Fn(&Event) -> Option<T>) -> T {
        self.wait(what, |workers| {
            let found = workers.events.iter().position(|event| wanted(event).is_some())?;
            wanted(&workers.events.remove(found))
        })
    }

    fn classes_read(&self) -> Option<usize> {
        let face = self.newest.as_ref()?.faces.first()?;
        Some(face.posterior.as_slice().len())
    }

    /// Examples of whoever is in the picture. On a busy machine frames are so far apart that a face
    /// may get another number.
    fn collect(&mut self, take: TakeId) -> Vec<Arc<[f32]>> {
        let mut followed: Option<TrackId> = None;
        let mut examples = Vec::new();
        while examples.len() < EXAMPLES {
            let embedding = self.wait("an example", |workers| {
                let face = workers.newest.as_ref()?.faces.first()?.track;
                if followed.replace(face) != Some(face) {
                    workers.live.teach(TeachCommand::Collect(take, face));
                }
                let is_example = |event: &Event| match event {
                    Event::Teaching(TeachingEvent::Example { take: of, .. }) => *of == take,
                    _ => false,
                };
                let found = workers.events.iter().position(is_example)?;
                match workers.events.remove(found) {
                    Event::Teaching(TeachingEvent::Example { embedding, .. }) => Some(embedding),
                    _ => None,
                }
            });
            examples.push(embedding);
        }
        self.live.teach(TeachCommand::StopCollecting);
        examples
    }
}

fn failure(event: &Event) -> Option<String> {
    match event {
        Event::Teaching(TeachingEvent::Failed { message }) => Some(message.clone()),
        _ => None,
    }
}

fn changed(event: &Event) -> Option<Vec<String>> {
    match event {
        Event::ModelChanged { models, .. } => Some(models.labels.names().to_vec()),
        _ => None,
    }
}

fn learned(event: &Event) -> Option<Arc<TaughtModel>> {
    match event {
        Event::Teaching(TeachingEvent::Learned(model)) => Some(Arc::clone(model)),
        _ => None,
    }
}

#[test]
fn two_takes_are_collected_learned_read_with_saved_and_left_again() {
    let mut workers = Workers::start();
    workers.wait("a face", |workers| workers.classes_read());
    assert_eq!(workers.classes_read(), Some(8));

    let classes = ["one", "other"].map(str::to_owned).to_vec();
    let mut lesson =
        Lesson { classes: classes.clone(), examples: vec![], grouping: Grouping::Take };
    for class in 0..2 {
        let take = TakeId { class: class as u32, take: class as u32 };
        for (i, embedding) in workers.collect(take).into_iter().enumerate() {
            assert_eq!(embedding.len(), 96);
            let (group, unit) = (class as u64, (class * 100 + i) as u64);
            lesson.examples.push(Example { class, group, unit, embedding });
        }
    }
    workers.live.teach(TeachCommand::Learn { lesson, name: "who".into() });
    let model = workers.event("a model", learned);
    assert_eq!(model.report.held_out(), 2 * EXAMPLES);

    workers.live.teach(TeachCommand::Use(Some(Arc::clone(&model))));
    assert_eq!(workers.event("another model", changed), classes);
    workers.wait("its readings", |workers| (workers.classes_read() == Some(2)).then_some(()));

    // A recording keeps the classes it began with.
    let home = tempfile::tempdir().unwrap();
    let sessions_dir = home.path().join("sessions");
    let request = RecordingRequest { sessions_dir, meta: SessionMeta::default(), lock: None };
    workers.live.start_recording(request);
    let folder: PathBuf = workers.event("a recording", |event| match event {
        Event::RecordingStarted { folder } => Some(folder.clone()),
        _ => None,
    });
    workers.live.teach(TeachCommand::Use(None));
    let message = workers.event("a refusal", failure);
    assert!(message.contains("recording"), "{message}");
    workers.live.stop_recording();
    workers
        .event("its end", |event| matches!(event, Event::RecordingFinished { .. }).then_some(()));
    let table = std::fs::read_to_string(folder.join("observations.csv")).unwrap();
    let header = table.lines().next().unwrap();
    assert!(header.contains("p_one,p_other,smoothed_one,smoothed_other"), "{header}");

    workers.live.teach(TeachCommand::Use(None));
    assert_eq!(workers.event("the model before", changed).len(), 8);
    workers.wait("its readings", |workers| (workers.classes_read() == Some(8)).then_some(()));

    let folder = home.path().join("models/who");
    workers.live.teach(TeachCommand::Save { model: Arc::clone(&model), folder: folder.clone() });
    workers.event("a folder", |event| {
        matches!(event, Event::Teaching(TeachingEvent::Saved { .. })).then_some(())
    });
    assert!(folder.join("card.toml").is_file());
    workers.live.teach(TeachCommand::Save { model, folder });
    assert!(workers.event("a refusal", failure).contains("not empty"));

    let (all_ended, _) = workers.live.shutdown(Instant::now() + PATIENCE);
    assert!(all_ended);
}

#[test]
fn learning_stops_when_asked_and_when_everything_ends() {
    let mut workers = Workers::start();
    // Enough to learn from for a while.
    let lesson = || Lesson {
        classes: (0..6).map(|class| format!("class {class}")).collect(),
        examples: (0..6000)
            .map(|i| Example {
                class: i % 6,
                group: i as u64,
                unit: i as u64,
                embedding: (0..96).map(|k| ((i * 31 + k * 17) % 101) as f32).collect(),
            })
            .collect(),
        grouping: Grouping::Picture,
    };
    workers.live.teach(TeachCommand::Learn { lesson: lesson(), name: "long".into() });
    workers.live.teach(TeachCommand::Cancel);
    workers.event("an end", |event| {
        matches!(event, Event::Teaching(TeachingEvent::Stopped)).then_some(())
    });
    workers.live.teach(TeachCommand::Learn { lesson: lesson(), name: "long".into() });
    let (all_ended, _) = workers.live.shutdown(Instant::now() + PATIENCE);
    assert!(all_ended);
}
