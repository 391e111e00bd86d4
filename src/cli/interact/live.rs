//! The companion beside `mien live --headless`: decisions out, answers in.

use std::io::{self, BufReader, Write};
use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use crossbeam_channel::Receiver;
use jiff::Zoned;
use serde_json::json;

use super::files::Parts;
use super::{PartsArgs, Problem, profile};
use crate::interaction::{Companion, Context, Decision, Language, Now, Reading, Setup};
use crate::observation::Labels;
use crate::runtime::companion::{Input, ProfileFile, inputs};
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
    companion: Companion,
    file: ProfileFile,
    inputs: Receiver<Result<Input, String>>,
    began: Instant,
    context: Context,
    recording: bool,
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
        let mut file = profile::file(args.profile.as_ref())?;
        let (remembered, error) = file.load();
        if let Some(error) = error {
            eprintln!("mien: {error}.");
        }
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
        let began = Instant::now();
        let mut side = Self {
            companion: Companion::new(setup, remembered, &now(began)),
            file,
            inputs,
            began,
            context: Context::default(),
            recording,
            json,
        };
        side.set_context(Context::default());
        Ok(Some(side))
    }

    /// Takes one observation.
    pub fn observe(&mut self, live: &LiveObservation, labels: &Labels) {
        let secs = live.captured_at.saturating_duration_since(self.began).as_secs_f64();
        self.companion.observe(secs, Reading::of(&live.observation, labels));
    }

    /// Hears what came in, decides if it is time, and says so on standard output.
    ///
    /// # Errors
    /// Standard output can't be written.
    pub fn work(&mut self, live: &mut Live) -> io::Result<()> {
        let now = now(self.began);
        while let Ok(input) = self.inputs.try_recv() {
            self.hear(input, &now, live)?;
        }
        if let Some(decision) = self.companion.decide(&now) {
            if decision.speaks() {
                live.note(SessionEvent::Prompt { text: decision.event_text() });
            }
            self.tell(&decision)?;
        }
        for signal in self.companion.implicit_signals(&now) {
            if self.json {
                self.line(&json!({ "implicit": signal }))?;
            }
        }
        Ok(())
    }

    fn hear(&mut self, input: Result<Input, String>, now: &Now, live: &mut Live) -> io::Result<()> {
        match input {
            Ok(Input::Context(context)) => self.set_context(context),
            Ok(Input::Marker { label }) => {
                self.companion.marker(now.secs, &label);
                live.mark(&label);
            }
            Ok(Input::Beliefs {}) => {
                let beliefs = self.companion.beliefs();
                return self.line(&json!({ "beliefs": beliefs }));
            }
            Ok(Input::Feedback { id, answer }) => match self.companion.feedback(id, answer, now) {
                Ok(strategy) => {
                    let word = answer.word();
                    live.note(SessionEvent::Answer {
                        text: format!("id={id} strategy={strategy} answer={word}"),
                    });
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

    fn set_context(&mut self, context: Context) {
        self.context = Context { recording: context.recording || self.recording, ..context };
        self.companion.set_context(self.context.clone());
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
        if let Err(error) = self.file.save(&self.companion.profile()) {
            eprintln!("mien: {error}.");
        }
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
