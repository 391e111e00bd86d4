//! The companion beside `mien live --headless`: decisions out, answers in.

use std::io::{self, BufReader, Write};
use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use crossbeam_channel::Receiver;
use serde_json::json;

use super::files::Parts;
use super::{PartsArgs, Problem, profile};
use crate::interaction::{Decision, Language, Now, Setup, UserFace};
use crate::observation::Labels;
use crate::runtime::companion::{Attendant, Input, inputs};
use crate::runtime::live::{Live, LiveObservation};
use crate::session::SessionEvent;

/// The companion of `mien live --headless`.
#[derive(Debug, Clone, Args)]
pub struct CompanionArgs {
    /// Respond to the person: decisions beside the readings, answers on standard input.
    #[arg(long, requires = "headless")]
    companion: bool,
    #[command(flatten)]
    parts: PartsArgsOfLive,
    /// Seconds between its decisions.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 120.0,
        value_parser = parse_every,
        requires = "companion"
    )]
    companion_every: f64,
    /// Language of its prompts.
    #[arg(long, value_enum, default_value_t = Language::En, requires = "companion")]
    companion_language: Language,
    /// Let it speak while a session is recorded, where it may change what is studied.
    #[arg(long, requires = "companion")]
    companion_while_recording: bool,
    /// What it remembers of the person, instead of the usual file.
    #[arg(long, value_name = "FILE", requires = "companion")]
    profile: Option<PathBuf>,
}

/// As in [`PartsArgs`], where `--model` is the emotion model.
#[derive(Debug, Clone, Default, Args)]
struct PartsArgsOfLive {
    /// Strategies of your own instead of the built-in ones.
    #[arg(long, value_name = "FILE", requires = "companion")]
    strategies: Option<PathBuf>,
    /// Folder of a model that `mien interact train` wrote.
    #[arg(long, value_name = "DIR", requires = "companion")]
    companion_model: Option<PathBuf>,
}

fn parse_every(text: &str) -> Result<f64, String> {
    let secs = text.parse().ok().filter(|secs| (1.0..=86_400.0).contains(secs));
    secs.ok_or_else(|| format!("'{text}' is no number of seconds from 1 to 86400"))
}

/// The companion at work.
pub struct CompanionSide {
    attendant: Attendant,
    user: UserFace,
    inputs: Receiver<Result<Input, String>>,
    json: bool,
}

impl CompanionSide {
    /// If it is asked for.
    pub fn start(
        args: &CompanionArgs,
        recording: bool,
        json: bool,
    ) -> Result<Option<Self>, Problem> {
        if !args.companion {
            return Ok(None);
        }
        let PartsArgsOfLive { strategies, companion_model } = args.parts.clone();
        let parts = Parts::load(&PartsArgs { strategies, companion_model })?;
        let file = profile::file(args.profile.as_ref())?;
        let mut strategies = (*parts.strategies).clone();
        strategies.limits.while_recording = args.companion_while_recording;
        let setup = Setup {
            strategies: strategies.into(),
            network: parts.network,
            intents: parts.intents,
            language: args.companion_language,
            every_secs: args.companion_every,
            seed: jiff::Timestamp::now().as_nanosecond() as u64,
        };
        let inputs = inputs(BufReader::new(io::stdin()));
        let inputs = inputs.map_err(|error| Problem::new(format!("no thread: {error}"), ""))?;
        let (mut attendant, error) = Attendant::start(setup, file);
        if let Some(error) = error {
            eprintln!("mien: {error}.");
        }
        attendant.set_recording(recording);
        Ok(Some(Self { attendant, user: UserFace::default(), inputs, json }))
    }

    /// Takes one observation.
    pub fn observe(&mut self, live: &LiveObservation, labels: &Labels) {
        self.attendant.observe(live.captured_at, self.user.read(&live.observation, labels));
    }

    /// Hears what came in, decides if it is time, and says so on standard output.
    ///
    /// # Errors
    /// Standard output can't be written.
    pub fn work(&mut self, live: &mut Live) -> io::Result<()> {
        let now = self.attendant.now();
        while let Ok(input) = self.inputs.try_recv() {
            self.hear(input, &now, live)?;
        }
        if let Some(decision) = self.attendant.decide(&now) {
            if decision.speaks() {
                live.note(SessionEvent::Prompt { text: decision.event_text() }, Instant::now());
            }
            self.tell(&decision)?;
        }
        for signal in self.attendant.companion_mut().implicit_signals(&now) {
            if self.json {
                self.line(&json!({ "implicit": signal }))?;
            }
        }
        Ok(())
    }

    fn hear(&mut self, input: Result<Input, String>, now: &Now, live: &mut Live) -> io::Result<()> {
        match input {
            Ok(Input::Context(context)) => self.attendant.set_context(context),
            Ok(Input::Marker { label }) => {
                self.attendant.companion_mut().marker(now.secs, &label);
                live.mark(&label);
            }
            Ok(Input::Beliefs {}) => {
                let beliefs = self.attendant.companion().beliefs();
                return self.line(&json!({ "beliefs": beliefs }));
            }
            Ok(Input::Feedback { id, answer }) => match self.attendant.answer(id, answer, now) {
                Ok(event) => {
                    live.note(event, Instant::now());
                    self.save();
                    // As it came, so that the output alone is a log to learn from.
                    return self.line(&json!({ "feedback": { "id": id, "answer": answer } }));
                }
                Err(error) => return self.complain(&error.to_string()),
            },
            Err(error) => return self.complain(&error),
        }
        Ok(())
    }

    fn tell(&self, decision: &Decision) -> io::Result<()> {
        if self.json {
            return self.line(&json!({ "decision": decision }));
        }
        if decision.speaks() {
            let mut out = io::stdout().lock();
            writeln!(out, "companion: {}", decision.message)?;
            writeln!(out, "           {} (prompt {})", decision.reason, decision.id)?;
        }
        Ok(())
    }

    fn complain(&self, error: &str) -> io::Result<()> {
        eprintln!("mien: {error}");
        if self.json { self.line(&json!({ "error": error })) } else { Ok(()) }
    }

    fn line(&self, value: &serde_json::Value) -> io::Result<()> {
        let mut out = io::stdout().lock();
        writeln!(out, "{value}")?;
        out.flush()
    }

    /// Keeps what was learned; a failure is said and the companion goes on.
    pub fn save(&self) {
        if let Err(error) = self.attendant.save() {
            eprintln!("mien: {error}.");
        }
    }
}
