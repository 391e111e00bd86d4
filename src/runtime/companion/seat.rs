//! The companion beside the window, on a thread of its own: its file may make it wait.
//!
//! [`Seat`] is the handle that the window holds; none of its calls waits but [`Seat::stop`].

use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded, select};

use super::{Attendant, ProfileFile, strategies_of};
use crate::interaction::policy::Network;
use crate::interaction::{
    Answer, Belief, Context, Decision, Intent, IntentModel, Reading, Setup, Strategies, Usual,
};
use crate::runtime::cancel::{CancelGuard, Cancelled, cancel_token};
use crate::runtime::worker;
use crate::session::{SessionEvent, write_atomically};
use crate::settings::CompanionSettings;

/// Two seconds of readings; what a person asks for comes among them.
const COMMAND_QUEUE: usize = 64;
/// Messages on their way to the owner.
const EVENT_QUEUE: usize = 64;
/// How often it looks whether it is time to decide.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How a face usually looks changes slowly; it is kept so often, and at the end.
const SAVE_EVERY: Duration = Duration::from_secs(300);

/// What it can be told.
#[derive(Debug, Clone, PartialEq)]
pub enum CompanionCommand {
    /// How to be, and whether to be there at all.
    Settings(CompanionSettings),
    /// Whether somebody would see a prompt; without, it says nothing.
    Seen(bool),
    /// Whether a session is recorded.
    Recording(bool),
    /// What the user says they are doing.
    Intent(Option<Intent>),
    /// A reading and when its frame was captured.
    Reading(Instant, Reading),
    /// A marker was set.
    Marker(String),
    /// What the user said to a prompt.
    Answer(u64, Answer),
    /// Say what it thinks.
    Ask,
    /// Forget something for good.
    Forget(Memory),
    /// Write all that it remembers into a file of the user's own.
    Export(PathBuf),
}

/// Something it remembers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Memory {
    /// All answers to the strategy of this id.
    Strategy(String),
    /// How the face usually looks.
    Usual,
    /// Everything.
    Everything,
}

/// What it says.
#[derive(Debug)]
pub enum CompanionEvent {
    /// Something to the user.
    Prompt(Box<Decision>),
    /// An answer was learned from; what a session that is recorded says of it.
    Answered(SessionEvent),
    /// What it thinks of the user.
    Mind(Box<Mind>),
    /// What it remembers was written to this file.
    Exported(PathBuf),
    /// Something did not work: cause and what to do.
    Failed(String),
}

/// What it thinks of the user.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Mind {
    /// Of this moment; goes by itself.
    pub now: Vec<Belief>,
    /// How the user usually looks; remembered.
    pub usual: Usual,
    /// Of each strategy that was answered to; remembered.
    pub likings: Vec<Liking>,
    /// The file it is remembered in.
    pub file: PathBuf,
}

/// What the user thinks of a strategy, as the companion believes.
#[derive(Debug, Clone, PartialEq)]
pub struct Liking {
    /// Id of the strategy.
    pub strategy: String,
    /// What it says, in the language of the prompts.
    pub example: String,
    /// What is thought, why, and how sure that is.
    pub belief: Belief,
}

/// Owner's side. Dropping it stops the thread, without waiting for it.
pub struct Seat {
    commands: Sender<CompanionCommand>,
    events: Receiver<CompanionEvent>,
    thread: Option<JoinHandle<()>>,
    stop: CancelGuard,
}

impl Seat {
    /// Starts the thread, which reads the file. `wake` is called when there is something to take.
    ///
    /// # Errors
    /// If the system has no more threads to give.
    pub fn start(file: ProfileFile, wake: Arc<dyn Fn() + Send + Sync>) -> std::io::Result<Self> {
        let (commands, to_obey) = bounded(COMMAND_QUEUE);
        let (sender, events) = bounded(EVENT_QUEUE);
        let (stop, stopped) = cancel_token();
        let teller = Teller { events: sender, wake };
        let thread = worker::spawn("companion", move || {
            let run = worker::guard(|| Sitter::begin(file, &teller).run(&to_obey, &stopped));
            if let Err(message) = run {
                let text =
                    format!("The companion failed and is gone until the next start: {message}");
                teller.tell(CompanionEvent::Failed(text));
            }
        })?;
        Ok(Self { commands, events, thread: Some(thread), stop })
    }

    /// Tells it something. What finds the queue full is lost: of readings there are more, and a
    /// person is slower than any disk.
    pub fn command(&self, command: CompanionCommand) {
        match self.commands.try_send(command) {
            Ok(()) | Err(TrySendError::Full(CompanionCommand::Reading(..))) => {}
            Err(TrySendError::Full(command)) => {
                tracing::error!("the companion did not hear: {command:?}");
            }
            // It failed and has said why.
            Err(TrySendError::Disconnected(_)) => {}
        }
    }

    /// Next message, if one is waiting.
    pub fn try_event(&self) -> Option<CompanionEvent> {
        self.events.try_recv().ok()
    }

    /// Lets it keep what it learned; waits at most until `deadline`. False if it did not end.
    pub fn stop(mut self, deadline: Instant) -> bool {
        drop(self.stop);
        self.thread.take().is_none_or(|thread| worker::join_until(thread, deadline))
    }
}

#[derive(Clone)]
struct Teller {
    events: Sender<CompanionEvent>,
    wake: Arc<dyn Fn() + Send + Sync>,
}

impl Teller {
    fn tell(&self, event: CompanionEvent) {
        if let Err(error) = self.events.try_send(event) {
            tracing::error!("the window did not take: {:?}", error.into_inner());
        }
        (self.wake)();
    }
}

/// What runs on the thread.
struct Sitter<'a> {
    attendant: Attendant,
    teller: &'a Teller,
    settings: CompanionSettings,
    /// As they were written; what the user chose of the limits comes on top.
    given: Strategies,
    seen: bool,
    /// What was learned since the file was written.
    unsaved: bool,
    saved_at: Instant,
}

impl<'a> Sitter<'a> {
    fn begin(file: ProfileFile, teller: &'a Teller) -> Self {
        let settings = CompanionSettings::default();
        let given = Strategies::builtin();
        let setup = Setup {
            strategies: given.clone().into(),
            network: Arc::new(Network::builtin()),
            intents: IntentModel::builtin(),
            language: settings.language,
            every_secs: settings.every_secs(),
            seed: jiff::Timestamp::now().as_nanosecond() as u64,
        };
        let (attendant, error) = Attendant::start(setup, file);
        if let Some(error) = error {
            teller.tell(CompanionEvent::Failed(format!("{error}.")));
        }
        let saved_at = Instant::now();
        Self { attendant, teller, settings, given, seen: false, unsaved: false, saved_at }
    }

    fn run(&mut self, commands: &Receiver<CompanionCommand>, stopped: &Cancelled) {
        loop {
            select! {
                recv(stopped.channel()) -> _ => break,
                recv(commands) -> command => match command {
                    Ok(command) => self.obey(command),
                    Err(_) => break,
                },
                default(LOOK_EVERY) => {}
            }
            self.work();
        }
        // What was said just before the end counts: a "never again" above all.
        commands.try_iter().for_each(|command| self.obey(command));
        if self.unsaved {
            self.save();
        }
    }

    fn obey(&mut self, command: CompanionCommand) {
        match command {
            CompanionCommand::Settings(settings) => self.settle(settings),
            CompanionCommand::Seen(seen) => self.seen = seen,
            CompanionCommand::Recording(recording) => self.attendant.set_recording(recording),
            CompanionCommand::Intent(intent) => {
                self.attendant.set_context(Context { intent, ..Context::default() });
            }
            CompanionCommand::Reading(at, reading) => {
                self.attendant.observe(at, reading);
                self.unsaved = true;
            }
            CompanionCommand::Marker(label) => {
                let secs = self.attendant.now().secs;
                self.attendant.companion_mut().marker(secs, &label);
            }
            CompanionCommand::Answer(id, answer) => self.answer(id, answer),
            CompanionCommand::Ask => self.tell_mind(),
            CompanionCommand::Forget(memory) => self.forget(&memory),
            CompanionCommand::Export(path) => self.export(path),
        }
    }

    fn settle(&mut self, settings: CompanionSettings) {
        match strategies_of(settings.strategies.as_deref()) {
            Ok(given) if given != self.given => {
                let now = self.attendant.now();
                self.attendant.companion_mut().set_strategies(given.clone().into(), &now);
                self.given = given;
            }
            Ok(_) => {}
            Err(error) => self.teller.tell(CompanionEvent::Failed(format!(
                "The companion\u{2019}s strategies can\u{2019}t be used: {}. It goes on with \
                 those it had. Mend the file and choose it again.",
                // The window's font sets a backtick on the letter after it.
                error.replace('`', "\"")
            ))),
        }
        let companion = self.attendant.companion_mut();
        companion.set_manners(settings.every_secs(), settings.limits(&self.given.limits));
        companion.set_language(settings.language);
        self.settings = settings;
    }

    fn work(&mut self) {
        if self.settings.on && self.seen {
            let now = self.attendant.now();
            // Silence is not told: the window shows nothing of it.
            if let Some(decision) = self.attendant.decide(&now).filter(Decision::speaks) {
                self.teller.tell(CompanionEvent::Prompt(Box::new(decision)));
            }
        }
        if self.unsaved && self.saved_at.elapsed() >= SAVE_EVERY {
            self.save();
        }
    }

    fn answer(&mut self, id: u64, answer: Answer) {
        let now = self.attendant.now();
        match self.attendant.answer(id, answer, &now) {
            Ok(event) => {
                self.save();
                self.teller.tell(CompanionEvent::Answered(event));
            }
            // Forgotten meanwhile, with everything else.
            Err(error) => tracing::info!("{error}"),
        }
    }

    fn forget(&mut self, memory: &Memory) {
        let now = self.attendant.now();
        let companion = self.attendant.companion_mut();
        match memory {
            Memory::Strategy(id) => companion.forget(id, &now),
            Memory::Usual => companion.forget_usual(),
            Memory::Everything => companion.forget_everything(&now),
        }
        if *memory == Memory::Everything {
            self.erase();
        } else {
            self.save();
        }
        self.tell_mind();
    }

    fn erase(&mut self) {
        self.unsaved = false;
        if let Err(error) = self.attendant.file().erase() {
            self.teller.tell(CompanionEvent::Failed(format!("{error}.")));
        }
    }

    fn save(&mut self) {
        (self.unsaved, self.saved_at) = (false, Instant::now());
        if let Err(error) = self.attendant.save() {
            self.teller.tell(CompanionEvent::Failed(format!("{error}.")));
        }
    }

    fn export(&self, path: PathBuf) {
        let text = self.attendant.companion().profile().to_toml();
        self.teller.tell(match write_atomically(&path, text.as_bytes()) {
            Ok(()) => CompanionEvent::Exported(path),
            Err(error) => CompanionEvent::Failed(format!(
                "What is remembered could not be written to {} ({error}). Choose another folder.",
                path.display()
            )),
        });
    }

    fn tell_mind(&self) {
        let companion = self.attendant.companion();
        let (profile, strategies) = (companion.profile(), companion.strategies());
        let likings = profile.beliefs(strategies).into_iter().filter_map(|belief| {
            let strategy = &strategies.list[strategies.index_of(&belief.about)?];
            let example = strategy.message(0, None, self.settings.language).to_owned();
            Some(Liking { strategy: strategy.id.clone(), example, belief })
        });
        let is_liking = |belief: &Belief| strategies.index_of(&belief.about).is_some();
        let now = companion.beliefs().into_iter().filter(|belief| !is_liking(belief));
        self.teller.tell(CompanionEvent::Mind(Box::new(Mind {
            now: now.filter(|_| self.settings.on).collect(),
            usual: profile.usual,
            likings: likings.collect(),
            file: self.attendant.file().path().to_owned(),
        })));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interaction::{BUILTIN, FaceSign, Profile};
    use crate::observation::Affect;

    fn wait_for<T>(seat: &Seat, wanted: impl Fn(CompanionEvent) -> Option<T>) -> T {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            if let Some(found) = seat.try_event().and_then(&wanted) {
                return found;
            }
            assert!(Instant::now() < deadline, "nothing came");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn mind(event: CompanionEvent) -> Option<Mind> {
        match event {
            CompanionEvent::Mind(mind) => Some(*mind),
            _ => None,
        }
    }

    fn seat(file: &ProfileFile) -> Seat {
        Seat::start(file.clone(), Arc::new(|| {})).unwrap()
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(20)
    }

    #[test]
    fn what_is_remembered_is_told_exported_and_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        let file = ProfileFile::at(dir.path().join("companion.toml"));
        let mut profile = Profile::default();
        profile.never_again("break");
        profile.never_again("slow_down");
        profile.usual = Usual { valence: 0.2, arousal: 0.1, hours: 3.0, ..Usual::default() };
        file.save(&profile).unwrap();
        let seat = seat(&file);
        seat.command(CompanionCommand::Ask);
        let told = wait_for(&seat, mind);
        assert_eq!(told.likings.len(), 2);
        assert_eq!((told.usual.hours, told.now.len()), (3.0, 0), "it is off");
        let copy = dir.path().join("mine.toml");
        seat.command(CompanionCommand::Export(copy.clone()));
        wait_for(&seat, |event| matches!(event, CompanionEvent::Exported(_)).then_some(()));
        assert_eq!(ProfileFile::at(copy).load().0, profile);
        seat.command(CompanionCommand::Forget(Memory::Strategy("break".into())));
        assert_eq!(wait_for(&seat, mind).likings.len(), 1);
        assert_eq!(file.clone().load().0.never, ["slow_down"]);
        seat.command(CompanionCommand::Forget(Memory::Usual));
        assert_eq!(wait_for(&seat, mind).usual, Usual::default());
        seat.command(CompanionCommand::Forget(Memory::Everything));
        assert_eq!(wait_for(&seat, mind).likings, []);
        assert!(!file.path().exists() && seat.stop(soon()) && !file.path().exists());
    }

    #[test]
    fn it_speaks_when_seen_and_keeps_a_never_again() {
        let dir = tempfile::tempdir().unwrap();
        let file = ProfileFile::at(dir.path().join("companion.toml"));
        let (events, told) = bounded(EVENT_QUEUE);
        let teller = Teller { events, wake: Arc::new(|| {}) };
        let mut sitter = Sitter::begin(file.clone(), &teller);
        let settings = CompanionSettings { on: true, quiet: false, ..Default::default() };
        sitter.obey(CompanionCommand::Settings(settings));
        // A face that turned sour, in a long hour before now.
        let sour = FaceSign {
            shares: [0.1, 0.0, 0.0, 0.1, 0.7, 0.1, 0.0, 0.0],
            affect: Affect { valence: -0.6, arousal: 0.5 },
            sure: true,
            looking: true,
        };
        let start = Instant::now();
        let mut spoken = None;
        for secs in 0..7200 {
            let at = start + Duration::from_secs(secs);
            sitter.obey(CompanionCommand::Reading(at, Reading { face: Some(sour) }));
            let now = crate::interaction::Now { secs: secs as f64, ..sitter.attendant.now() };
            spoken = sitter.attendant.decide(&now).filter(Decision::speaks);
            if spoken.is_some() {
                break;
            }
        }
        let spoken = spoken.expect("in two sour hours it says something");
        assert!(!spoken.message.is_empty());
        sitter.obey(CompanionCommand::Answer(spoken.id, Answer::NeverAgain));
        let kept = file.clone().load().0.never;
        assert_eq!(kept, std::slice::from_ref(&spoken.strategy), "kept at once");
        let answered = told.try_iter().find_map(|event| match event {
            CompanionEvent::Answered(SessionEvent::Answer { text }) => Some(text),
            _ => None,
        });
        assert!(answered.is_some_and(|text| text.ends_with("answer=never_again")));
        sitter.seen = false;
        sitter.work();
        assert_eq!(told.len(), 0, "nobody would see it");
    }

    #[test]
    fn strategies_of_a_file_take_over_and_a_wrong_one_is_named_with_line_and_column() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("strategies.toml");
        let (events, told) = bounded(EVENT_QUEUE);
        let teller = Teller { events, wake: Arc::new(|| {}) };
        let mut sitter = Sitter::begin(ProfileFile::at(dir.path().join("companion.toml")), &teller);
        let ids = |sitter: &Sitter<'_>| sitter.attendant.companion().strategies().ids();
        let builtin = ids(&sitter);
        let settings = CompanionSettings { strategies: Some(path.clone()), ..Default::default() };
        std::fs::write(&path, BUILTIN.replacen("\"encourage\"", "cheer", 2)).unwrap();
        sitter.obey(CompanionCommand::Settings(settings.clone()));
        let Some(CompanionEvent::Failed(said)) = told.try_iter().next() else { panic!("silence") };
        assert!(said.contains("strategies.toml") && said.contains("line "), "{said}");
        assert!(said.contains("column "), "{said}");
        assert_eq!(ids(&sitter), builtin, "it goes on with those it had");
        std::fs::write(&path, BUILTIN.replacen("id = \"break\"", "id = \"tea\"", 1)).unwrap();
        sitter.obey(CompanionCommand::Settings(settings));
        assert_eq!((ids(&sitter)[0].as_str(), told.len()), ("tea", 0));
        sitter.obey(CompanionCommand::Settings(CompanionSettings::default()));
        assert_eq!(ids(&sitter), builtin);
    }

    #[test]
    fn what_was_said_just_before_the_end_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let file = ProfileFile::at(dir.path().join("companion.toml"));
        let mut profile = Profile::default();
        profile.never_again("break");
        file.save(&profile).unwrap();
        let seat = seat(&file);
        seat.command(CompanionCommand::Forget(Memory::Strategy("break".into())));
        assert!(seat.stop(soon()));
        assert_eq!(file.clone().load().0.never, [""; 0]);
    }
}
