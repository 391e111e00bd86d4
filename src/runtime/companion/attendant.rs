//! The companion with what it needs around it: its file, the time, and what it knows of the
//! program. Used by the window's thread and by the command line alike.

use std::time::Instant;

use jiff::Zoned;

use super::{ProfileFile, ProfileFileError};
use crate::interaction::{
    Answer, Companion, Context, Decision, FeedbackError, Now, Reading, Setup,
};
use crate::session::SessionEvent;

/// The companion of one person, at work.
#[derive(Debug)]
pub struct Attendant {
    companion: Companion,
    file: ProfileFile,
    began: Instant,
    context: Context,
    recording: bool,
}

impl Attendant {
    /// Reads the file; what is wrong with it, if anything, comes second.
    pub fn start(setup: Setup, mut file: ProfileFile) -> (Self, Option<ProfileFileError>) {
        let (remembered, error) = file.load();
        let began = Instant::now();
        let companion = Companion::new(setup, remembered, &now(began));
        let context = Context::default();
        (Self { companion, file, began, context, recording: false }, error)
    }

    /// This moment.
    pub fn now(&self) -> Now {
        now(self.began)
    }

    /// What it thinks.
    pub fn companion(&self) -> &Companion {
        &self.companion
    }

    /// To change what it thinks.
    pub fn companion_mut(&mut self) -> &mut Companion {
        &mut self.companion
    }

    /// Where it remembers the person.
    pub fn file(&self) -> &ProfileFile {
        &self.file
    }

    /// Takes the reading of a frame that was captured at `at`.
    pub fn observe(&mut self, at: Instant, reading: Reading) {
        let secs = at.saturating_duration_since(self.began).as_secs_f64();
        self.companion.observe(secs, reading);
    }

    /// What the program around knows from now on. That a session is recorded is known either way.
    pub fn set_context(&mut self, context: Context) {
        self.context = context;
        self.tell_context();
    }

    /// Whether this program records a session.
    pub fn set_recording(&mut self, recording: bool) {
        self.recording = recording;
        self.tell_context();
    }

    fn tell_context(&mut self) {
        let recording = self.context.recording || self.recording;
        self.companion.set_context(Context { recording, ..self.context.clone() });
    }

    /// Learns from an answer. What a session that is recorded says of it.
    ///
    /// # Errors
    /// [`FeedbackError`]; then nothing changed.
    pub fn answer(
        &mut self,
        id: u64,
        answer: Answer,
        now: &Now,
    ) -> Result<SessionEvent, FeedbackError> {
        let strategy = self.companion.feedback(id, answer, now)?;
        let word = answer.word();
        Ok(SessionEvent::Answer { text: format!("id={id} strategy={strategy} answer={word}") })
    }

    /// Decides, if it is time.
    pub fn decide(&mut self, now: &Now) -> Option<Decision> {
        self.companion.decide(now)
    }

    /// Keeps what was learned.
    ///
    /// # Errors
    /// The system refuses.
    pub fn save(&self) -> Result<(), ProfileFileError> {
        self.file.save(&self.companion.profile())
    }
}

fn now(began: Instant) -> Now {
    let wall = Zoned::now();
    Now {
        secs: began.elapsed().as_secs_f64(),
        minute_of_day: wall.hour() as u16 * 60 + wall.minute() as u16,
        unix_secs: wall.timestamp().as_second(),
    }
}
