//! The command line: what is asked for, and the exit code.

mod analyze;
mod audit;
mod baseline;
#[cfg(feature = "camera")]
mod cameras;
mod doctor;
mod evaluate;
mod export;
mod import;
mod interact;
mod live;
mod mark;
mod merge;
mod models;
mod observation_json;
mod passphrase;
mod privacy;
mod report;
mod sessions;
mod stats;
mod text;
mod train;
#[cfg(feature = "gui")]
mod window;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use tracing_subscriber::EnvFilter;

use crate::runtime::live::LiveOptions;
use crate::source::SourceSpec;
use crate::table::TableFormat;

/// Everything worked.
pub const EXIT_OK: u8 = 0;
/// Something did not; a sentence on standard error says what and what to do.
pub const EXIT_FAILED: u8 = 1;
/// The command line was not understood (clap's code).
pub const EXIT_USAGE: u8 = 2;

const EXAMPLES: &str = "\
Examples:
  mien                                     open the window
  mien interview.mp4                       the window with a saved video
  mien --source demo:2                     the window on the drawn demo with two people
  mien cameras                             list cameras
  mien live --headless --source camera:0 --record sessions --seconds 60
                                           record a minute without a window
  mien analyze recordings/                 read saved videos and pictures into CSV
  mien merge mien-sessions --out corpus    their sessions as one table
  mien live --headless --json | jq .       readings as JSON lines, for other programs
  mien sessions                            what was recorded
  mien report sessions/NAME                a session as one page
  mien evaluate pictures --html report.html
                                           how good the model is on labelled pictures
  mien baseline make rest.mp4              how your face reads at rest, to correct readings
  mien doctor                              check cameras, display, models and folders
  mien train pictures --out my-model       teach it classes of your own, one folder each
  mien --model my-model                    the window with them
  mien models check my-model               say why a model does not fit its card, and try it
  mien audit --html steady.html            how far readings move when they should not

Exit codes: 0 all well, 1 something failed (standard error says what), 2 wrong command line.
Logging: set MIEN_LOG=debug. Other folders: MIEN_CONFIG_DIR, MIEN_DATA_DIR.";

/// Reads facial expressions live from a webcam, on this computer alone, and records them to CSV.
#[derive(Debug, Parser)]
#[command(name = "mien", version, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    input: InputArgs,
    /// Videos, pictures or folders to open in the window.
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Read a source live: in the window, or with --headless without one.
    #[command(after_help = LIVE_EXAMPLES)]
    Live(LiveArgs),
    /// Read saved videos and pictures: a folder of CSV for each.
    #[command(after_help = analyze::EXAMPLES)]
    Analyze(analyze::AnalyzeArgs),
    /// Join sessions to one table.
    #[command(after_help = merge::EXAMPLES)]
    Merge(merge::MergeArgs),
    /// List the cameras, what they offer and which format Mien takes.
    Cameras {
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// Check cameras, permissions, display, models and folders; say how to fix what is wrong.
    Doctor,
    /// Measure how good a model is on labelled pictures.
    #[command(after_help = evaluate::EXAMPLES)]
    Evaluate(evaluate::EvaluateArgs),
    /// Teach it classes of your own from pictures, and measure how well it learned.
    #[command(after_help = TRAIN_EXAMPLES)]
    Train(train::TrainArgs),
    /// Personal baselines: how a face reads at rest, and what corrects it.
    #[command(after_help = baseline::EXAMPLES)]
    Baseline(baseline::BaselineArgs),
    /// Say what is stored on this computer, and where.
    Privacy,
    /// Write sessions as one page to read, print and hand on.
    #[command(after_help = report::EXAMPLES)]
    Report(report::ReportArgs),
    /// Make sessions of the tables of OpenFace, Py-Feat or iMotions.
    #[command(after_help = import::EXAMPLES)]
    Import(import::ImportArgs),
    /// Put a marker into the session that is being recorded.
    #[command(after_help = mark::EXAMPLES)]
    Mark(mark::MarkArgs),
    /// Write sessions in the formats of other programs: tables, captions, ELAN, BIDS.
    #[command(after_help = export::EXAMPLES)]
    Export(export::ExportArgs),
    /// List, show, name, check, recover, lock and erase sessions.
    #[command(after_help = sessions::EXAMPLES)]
    Sessions(sessions::SessionsArgs),
    /// Figures of sessions with 95 % limits: shares, means, episodes, transitions, differences.
    #[command(after_help = stats::EXAMPLES)]
    Stats(stats::StatsArgs),
    /// List the models, show a card, or explain why a model does not load.
    #[command(after_help = MODELS_EXAMPLES)]
    Models(models::ModelsArgs),
    /// Measure how far a model's readings move on a drawn head when skin, hair, light, pose, size
    /// or noise change and the expression does not.
    #[command(after_help = AUDIT_EXAMPLES)]
    Audit(audit::AuditArgs),
    /// The companion: simulate, train, evaluate, explain; what it remembers of you.
    #[command(after_help = interact::EXAMPLES)]
    Interact(interact::InteractArgs),
    /// Print a completion script for a shell.
    #[command(
        after_help = "Example: mien completions bash > ~/.local/share/bash-completion/completions/mien"
    )]
    Completions {
        /// bash, elvish, fish, powershell or zsh.
        shell: clap_complete::Shell,
    },
}

const LIVE_EXAMPLES: &str = "\
Examples:
  mien live --headless --source demo --seconds 5
  mien live --headless --json > readings.jsonl
  mien live --headless --record sessions --participant P07 --consent @consent.txt
  mien live --headless --record sessions --lock    encrypted when it ends
  mien live --headless --companion --json  decisions beside readings; answers on standard input

Without --seconds it runs until Ctrl+C, which ends a recording properly.";

const TRAIN_EXAMPLES: &str = "\
Examples:
  mien train pictures --out my-model       pictures/bored/*.jpg, pictures/keen/*.jpg ...
  mien train pictures --out my-model --json | jq .accuracy

From 5 faces a class; 30 begin to be useful, 200 of several people are good. Put the pictures of
each person into a folder of their own (pictures/bored/anna/1.jpg), so that the figures say how it
reads people it has not seen. Only the last layer is learned, on the embedding of a model; the
figures are of pictures that were held out.";
const MODELS_EXAMPLES: &str = "\
Examples:
  mien models                       the built-in models
  mien models ~/models              and those in folders there
  mien models show mien-emotion-48  how good, weak points, terms, training
  mien models check ~/models/mine   everything that is wrong, or a trial on a drawn head

docs/models.md says how to write a card for a model of your own.";

const AUDIT_EXAMPLES: &str = "\
Examples:
  mien audit                          the built-in model
  mien audit ~/models/mine --html steady.html

A drawn head is no population: this can't prove that a model is fair.";

/// Source and models.
#[derive(Debug, Clone, Args)]
struct InputArgs {
    /// camera, camera:N, camera:N@WxH, demo or demo:2.
    #[arg(long, value_name = "SOURCE")]
    source: Option<SourceSpec>,
    /// Folder of another face detector (card.toml and its ONNX file).
    #[arg(long, value_name = "DIR")]
    detector: Option<PathBuf>,
    /// Folder of another emotion model (card.toml and its ONNX file).
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct LiveArgs {
    /// No window: readings go to standard output.
    #[arg(long)]
    headless: bool,
    #[command(flatten)]
    input: InputArgs,
    /// Record a session into a new folder inside DIR.
    #[arg(long, value_name = "DIR", requires = "headless")]
    record: Option<PathBuf>,
    /// Stop after so many seconds of picture.
    #[arg(long, value_name = "N", value_parser = parse_seconds, requires = "headless")]
    seconds: Option<Duration>,
    /// One JSON object a frame on standard output.
    #[arg(long, requires = "headless")]
    json: bool,
    /// Participant code (never a name) to store in the session.
    #[arg(long, value_name = "CODE", requires = "record")]
    participant: Option<String>,
    /// Note to store in the session.
    #[arg(long, value_name = "TEXT", requires = "record")]
    note: Option<String>,
    /// Correct every face with the baseline of this profile (`mien baseline list`).
    #[arg(long, value_name = "PROFILE", requires = "headless")]
    baseline: Option<String>,
    #[command(flatten)]
    companion: interact::CompanionArgs,
    /// What the participant has agreed to, stored with the time; @FILE: the text of a file.
    #[arg(long, value_name = "TEXT", requires = "record")]
    consent: Option<String>,
    /// A list of what is shown when (CSV: onset in seconds, label), which becomes markers.
    #[arg(long, value_name = "FILE", requires = "record")]
    stimuli: Option<PathBuf>,
    /// Encrypt the session with a passphrase when it ends; until then its rows are plain.
    #[arg(long, requires = "record")]
    lock: bool,
    #[command(flatten)]
    passphrase: passphrase::PassphraseArgs,
}

/// How tables are written.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum FormatArg {
    Csv,
    Parquet,
}

impl From<FormatArg> for TableFormat {
    fn from(format: FormatArg) -> Self {
        match format {
            FormatArg::Csv => Self::Csv,
            FormatArg::Parquet => Self::Parquet,
        }
    }
}

impl InputArgs {
    fn live_options(&self) -> LiveOptions {
        LiveOptions {
            detector_dir: self.detector.clone(),
            model_dir: self.model.clone(),
            ..LiveOptions::default()
        }
    }

    /// `self`, completed by what `outer` (given before the subcommand) says.
    fn or(self, outer: Self) -> Self {
        Self {
            source: self.source.or(outer.source),
            detector: self.detector.or(outer.detector),
            model: self.model.or(outer.model),
        }
    }
}

fn parse_seconds(text: &str) -> Result<Duration, String> {
    let secs: f64 = text.parse().map_err(|_| format!("'{text}' is no number of seconds"))?;
    Duration::try_from_secs_f64(secs)
        .ok()
        .filter(|duration| !duration.is_zero())
        .ok_or_else(|| format!("{text} seconds is not a span of time"))
}

/// Runs what the command line asks for.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    start_logging();
    ExitCode::from(match cli.command {
        None => open_window(cli.input, cli.files),
        Some(Command::Live(args)) if args.headless => {
            let input = args.input.clone().or(cli.input);
            live::run(&input, &args)
        }
        Some(Command::Live(args)) => open_window(args.input.or(cli.input), Vec::new()),
        Some(Command::Analyze(args)) => analyze::run(args, cli.input),
        Some(Command::Merge(args)) => merge::run(&args),
        Some(Command::Cameras { json }) => list_cameras(json),
        Some(Command::Train(args)) => train::run(&args.or(cli.input)),
        Some(Command::Doctor) => doctor::run(&cli.input.live_options()),
        Some(Command::Evaluate(args)) => evaluate::run(&args, &cli.input),
        Some(Command::Export(args)) => export::run(&args),
        Some(Command::Import(args)) => import::run(&args),
        Some(Command::Mark(args)) => mark::run(&args),
        Some(Command::Baseline(args)) => baseline::run(&args, &cli.input),
        Some(Command::Privacy) => privacy::run(),
        Some(Command::Report(args)) => report::run(&args),
        Some(Command::Sessions(args)) => sessions::run(&args),
        Some(Command::Stats(args)) => stats::run(&args),
        Some(Command::Models(args)) => models::run(&args),
        Some(Command::Audit(args)) => {
            let model_dir = args.dir.clone().or(args.model.clone()).or(cli.input.model);
            let detector_dir = args.detector.clone().or(cli.input.detector);
            audit::run(&args, &LiveOptions { model_dir, detector_dir, ..LiveOptions::default() })
        }
        Some(Command::Interact(args)) => interact::run(&args),
        Some(Command::Completions { shell }) => {
            clap_complete::generate(shell, &mut Cli::command(), "mien", &mut std::io::stdout());
            EXIT_OK
        }
    })
}

fn start_logging() {
    let filter = EnvFilter::try_from_env("MIEN_LOG").unwrap_or_else(|_| EnvFilter::new("error"));
    // Fails only if a host program has set its own, which then stays.
    let _ =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init();
}

#[cfg(feature = "gui")]
fn open_window(input: InputArgs, files: Vec<PathBuf>) -> u8 {
    window::run(input, files)
}

#[cfg(not(feature = "gui"))]
fn open_window(_: InputArgs, _: Vec<PathBuf>) -> u8 {
    fail("this build has no window", "Use `mien live --headless`, or build with the feature `gui`.")
}

#[cfg(feature = "camera")]
fn list_cameras(json: bool) -> u8 {
    cameras::run(json)
}

#[cfg(not(feature = "camera"))]
fn list_cameras(_: bool) -> u8 {
    let error = crate::source::SourceError::NotBuilt;
    fail(&error.to_string(), error.advice())
}

/// Tells what went wrong and what to do; the exit code for it.
fn fail(cause: &str, advice: &str) -> u8 {
    eprintln!("mien: {cause}");
    if !advice.is_empty() {
        eprintln!("      {advice}");
    }
    EXIT_FAILED
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn recording_needs_no_window_and_seconds_are_a_span() {
        let parse = |line: &str| Cli::try_parse_from(line.split(' '));
        assert!(parse("mien live --headless --record out --seconds 1.5 --json").is_ok());
        assert!(parse("mien live --record out").is_err());
        for wrong in ["0", "-1", "x", "nan", "1e400"] {
            assert!(parse(&format!("mien live --headless --seconds {wrong}")).is_err(), "{wrong}");
        }
        assert!(parse("mien --source demo:7").is_err());
    }

    #[test]
    fn models_are_listed_shown_and_checked() {
        let parse = |line: &str| Cli::try_parse_from(line.split(' '));
        for sound in [
            "mien models",
            "mien models --json a b",
            "mien models list a",
            "mien models show mien-emotion-48",
            "mien models check a --json",
            "mien audit a --html page.html",
            "mien audit --model a --json",
        ] {
            assert!(parse(sound).is_ok(), "{sound}");
        }
        for wrong in ["mien models check", "mien models show", "mien audit a --model b"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
