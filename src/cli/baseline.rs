//! `mien baseline`: make a baseline from a saved video, list, show and erase them; and what a model's
//! card says of neutral faces.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, Subcommand};
use jiff::Timestamp;

use super::analyze::parse_time;
use super::{EXIT_OK, InputArgs, fail};
use crate::baseline::{
    Baseline, BaselineError, Baselines, Gathering, Made, Reference, TARGET, measure,
};
use crate::frame::RunId;
use crate::runtime::live::{LiveOptions, load_emotion, load_pipeline};
use crate::settings::Folders;
use crate::source::media::{self, MediaItem, OpenOptions};
use crate::time::Pts;
use crate::words::percent;

pub const EXAMPLES: &str = "\
Examples:
  mien baseline make rest.mp4                     ten seconds of a resting face; profile \"me\"
  mien baseline make talk.mp4 --from 0:03 --to 0:14 --profile P-07
  mien baseline list
  mien baseline show P-07
  mien baseline erase P-07
  mien live --headless --baseline me --json
  mien analyze --baseline P-07 interview.mp4

In the window: Settings, Calibrate. docs/baseline.md says what it does, and what it does not.";

/// The profile where none is named.
pub const USUAL: &str = "me";

#[derive(Debug, Args)]
pub struct BaselineArgs {
    #[command(subcommand)]
    command: BaselineCommand,
}

#[derive(Debug, Subcommand)]
enum BaselineCommand {
    /// From a video of one face at rest: its first ten good seconds, at least three.
    Make {
        /// Video, or folder of numbered pictures.
        file: PathBuf,
        /// What to call it: up to 40 letters, digits, spaces, - and _; better a code than a name.
        #[arg(long, value_name = "NAME", default_value = USUAL)]
        profile: String,
        /// Begin at this time: seconds, m:ss or h:mm:ss.
        #[arg(long, value_name = "TIME", value_parser = parse_time)]
        from: Option<Pts>,
        /// End before this time.
        #[arg(long, value_name = "TIME", value_parser = parse_time)]
        to: Option<Pts>,
        /// Folder of another emotion model: the baseline is for that one alone.
        #[arg(long, value_name = "DIR")]
        model: Option<PathBuf>,
        /// Say what it would be, and keep nothing.
        #[arg(long)]
        try_only: bool,
    },
    /// Those there are.
    List {
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// What one says.
    Show {
        /// Its name.
        profile: String,
        /// One JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Remove one for good.
    Erase {
        /// Its name.
        profile: String,
    },
    /// For authors of models: how neutral pictures read, as the card states it.
    Reference {
        /// Labelled pictures, as `mien evaluate` takes them.
        data: PathBuf,
        /// The part of the data to use: train, valid, test ...
        #[arg(long, value_name = "NAME")]
        split: Option<String>,
        /// Folder of the emotion model; else the built-in one.
        #[arg(long, value_name = "DIR")]
        model: Option<PathBuf>,
    },
}

/// What went wrong and what to do.
#[derive(Debug)]
pub struct Problem {
    pub cause: String,
    pub advice: &'static str,
}

impl From<BaselineError> for Problem {
    fn from(error: BaselineError) -> Self {
        Self { cause: error.to_string(), advice: error.advice() }
    }
}

fn baselines() -> Result<Baselines, Problem> {
    let located = Folders::locate().map(|folders| folders.baselines());
    located.map_err(|error| Problem { cause: error.to_string(), advice: error.advice() })
}

/// The baseline of a profile, to be applied.
pub fn named(profile: &str) -> Result<Arc<Baseline>, Problem> {
    Ok(Arc::new(baselines()?.load(profile)?))
}

pub fn run(args: &BaselineArgs, outer: &InputArgs) -> u8 {
    match work(&args.command, outer) {
        Ok(()) => EXIT_OK,
        Err(problem) => fail(&problem.cause, problem.advice),
    }
}

fn work(command: &BaselineCommand, outer: &InputArgs) -> Result<(), Problem> {
    match command {
        BaselineCommand::Make { file, profile, from, to, model, try_only } => {
            let files = baselines()?;
            // A name that will not do is told before anything is read.
            files.path(profile)?;
            let options = LiveOptions {
                model_dir: model.clone().or_else(|| outer.model.clone()),
                ..outer.live_options()
            };
            let baseline = make(file, (*from, *to), options, profile)?;
            print!("{}", in_words(&baseline));
            if *try_only {
                return Ok(());
            }
            println!("\nkept in {}", files.save(&baseline)?.display());
            Ok(())
        }
        BaselineCommand::List { json } => list(*json),
        BaselineCommand::Show { profile, json } => {
            let baseline = named(profile)?;
            if *json {
                println!("{}", serde_json::json!(&*baseline));
            } else {
                print!("{}", in_words(&baseline));
            }
            Ok(())
        }
        BaselineCommand::Erase { profile } => {
            let files = baselines()?;
            if !files.erase(profile)? {
                let dir = files.dir().to_owned();
                return Err(BaselineError::NotThere { profile: profile.clone(), dir }.into());
            }
            println!("Erased.");
            Ok(())
        }
        BaselineCommand::Reference { data, split, model } => {
            let dir = model.as_deref().or(outer.model.as_deref());
            let emotion = load_emotion(dir)
                .map_err(|error| Problem { cause: error.to_string(), advice: error.advice() })?;
            let measured = measure(data, split.as_deref(), emotion)
                .map_err(|error| Problem { cause: error.to_string(), advice: error.advice() })?;
            println!("{measured}");
            if measured.left_out > 0 {
                eprintln!("mien: {} neutral pictures could not be read", measured.left_out);
            }
            Ok(())
        }
    }
}

/// Reads the part of a video, frame by frame, until there is enough.
fn make(
    file: &Path,
    (from, to): (Option<Pts>, Option<Pts>),
    options: LiveOptions,
    profile: &str,
) -> Result<Baseline, Problem> {
    let mut pipeline = load_pipeline(&options)
        .map_err(|error| Problem { cause: error.to_string(), advice: error.advice() })?;
    let card = &pipeline.emotion().card;
    let made = Made {
        profile: profile.to_owned(),
        utc: Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        model: card.name.clone(),
        model_sha256: card.sha256.clone(),
    };
    let reference = Reference::of(card).ok_or_else(|| Problem {
        cause: format!("no class of {} is neutral", card.name),
        advice: "A baseline corrects towards neutral; use a model that knows it.",
    })?;
    let mut gathering = Gathering::new(reference, TARGET);
    let unreadable =
        |error: media::MediaError| Problem { cause: error.to_string(), advice: error.advice() };
    let mut reader = media::open(file, &OpenOptions::default()).map_err(unreadable)?;
    if let Some(from) = from {
        reader.seek(from).map_err(unreadable)?;
    }
    while !gathering.is_done() {
        let picture = match reader.next_item().map_err(unreadable)? {
            None => break,
            Some(MediaItem::Damage(_)) => continue,
            Some(MediaItem::Picture(picture)) => picture,
        };
        if to.is_some_and(|to| picture.pts >= to) {
            break;
        }
        let Ok(frame) = picture.into_frame(RunId(1)) else { continue };
        let seen = pipeline.process(&frame).map_err(|error| Problem {
            cause: format!("the model {error}"),
            advice: "Try another model; `mien models check` says what is wrong with this one.",
        })?;
        gathering.offer(&seen);
    }
    let labels = pipeline.labels().names().to_vec();
    gathering.end(&labels, made).map_err(|refusal| Problem {
        cause: refusal.to_string(),
        advice: "--from and --to choose a part of the video in which the face rests.",
    })
}

fn list(json: bool) -> Result<(), Problem> {
    let files = baselines()?;
    let kept = files.list()?;
    if kept.is_empty() && !json {
        println!("There is no baseline. Calibrate in the window, or `mien baseline make`.");
    }
    for (name, baseline) in kept {
        match (baseline, json) {
            (Ok(baseline), true) => println!("{}", serde_json::json!(baseline)),
            (Err(error), true) => {
                println!(
                    "{}",
                    serde_json::json!({ "profile": name, "problem": error.to_string() })
                );
            }
            (Ok(baseline), false) => {
                println!("{name:<24} {}  {}", baseline.made_utc, effect(&baseline));
            }
            (Err(error), false) => println!("{name:<24} ! {error}"),
        }
    }
    Ok(())
}

/// "at rest 24 % sadness, corrected 9 %".
fn effect(baseline: &Baseline) -> String {
    match baseline.most_corrected() {
        None => "reads neutral at rest as it is; nothing is corrected".into(),
        Some((label, before, after)) => {
            format!("at rest {} {label}, corrected {}", percent(before), percent(after))
        }
    }
}

fn in_words(baseline: &Baseline) -> String {
    let Baseline { profile, made_utc, model, seconds, frames, .. } = baseline;
    let compared = if baseline.reference_of_card {
        "compared with the neutral faces of the model's card"
    } else {
        "the model's card says nothing of neutral faces: compared with an even share of one half"
    };
    let mut text = format!(
        "profile {profile}, made {made_utc} with {model} from {seconds:.1} s, {frames} readings\n\
         {compared}\n\n{:<14}{:>9}{:>11}{:>9}\n",
        "", "at rest", "corrected", "offset"
    );
    let rows = baseline.at_rest.iter().zip(&baseline.corrected).zip(&baseline.offset);
    for (label, ((before, after), offset)) in baseline.labels.iter().zip(rows) {
        text +=
            &format!("{label:<14}{:>9}{:>11}{offset:>9.2}\n", percent(*before), percent(*after));
    }
    text
}
