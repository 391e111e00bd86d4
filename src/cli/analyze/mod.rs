//! `mien analyze`: saved videos and pictures, without a window.

mod report;

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::baseline::named;
use super::{EXIT_FAILED, EXIT_OK, FormatArg, InputArgs, fail};
use crate::baseline::Baseline;
use crate::pipeline::PipelineOptions;
use crate::runtime::batch::{Batch, BatchOptions, FileEvent, Outcome};
use crate::runtime::cancel::cancel_token;
use crate::runtime::file::{FileError, Selection};
use crate::runtime::live::LiveOptions;
use crate::source::inputs::{Shard, inputs};
use crate::source::media::OpenOptions;
use crate::time::Pts;
use report::{Report, one_line};

pub const EXAMPLES: &str = "\
Examples:
  mien analyze interview.mp4
  mien analyze --out sessions --sample-rate 5 recordings/
  mien analyze --from 1:30 --to 2:00 film.mkv
  mien analyze --json *.mp4 > progress.jsonl
  mien analyze --overlay interview.mp4
  mien analyze --baseline me interview.mp4
  mien analyze --shard 3/16 --out sessions/3 corpus/

Each file becomes a folder with observations.csv, events.csv and session.json, as a live recording
does. What was done before with the same content, models and settings is skipped, so a run that was
interrupted is simply started again.";

/// Files, and what of them to analyse.
#[derive(Debug, Args)]
pub struct AnalyzeArgs {
    /// Videos, animations, pictures, or folders of them. A folder of numbered pictures is a video.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Folder in which a folder is made for each file.
    #[arg(long, value_name = "DIR", default_value = "mien-sessions")]
    out: PathBuf,
    /// Analyse so many frames a second, picked by their times; without it all.
    #[arg(long, value_name = "HZ", value_parser = parse_rate)]
    sample_rate: Option<f64>,
    /// Begin at this time: seconds, m:ss or h:mm:ss.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    from: Option<Pts>,
    /// End before this time.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    to: Option<Pts>,
    /// Faces to follow, largest first (1 to 16).
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=16))]
    faces: Option<u8>,
    /// Files at once; each takes two processor cores. Without it half of the cores.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: Option<u16>,
    /// Go on after an interruption. It is what happens anyway; scripts may say so.
    #[arg(long, conflicts_with = "force")]
    resume: bool,
    /// Analyse again what was done before.
    #[arg(long)]
    force: bool,
    /// Only this part of the files, so that several machines share a folder: 3/16 is the third of
    /// sixteen.
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
    /// Write the tables as Parquet too, beside the CSV.
    #[arg(long, value_name = "FORMAT", default_value = "csv")]
    format: FormatArg,
    /// Write an annotated video beside the tables (overlay.avi). It holds pixels, which Mien stores
    /// nowhere else.
    #[arg(long)]
    overlay: bool,
    /// One JSON object a line on standard output: progress, and how each file ended.
    #[arg(long)]
    json: bool,
    /// Leave what Mien can't decode by itself, instead of asking an installed ffmpeg.
    #[arg(long)]
    no_ffmpeg: bool,
    /// Pictures a second of a folder of numbered pictures.
    #[arg(long, value_name = "HZ", default_value = "25", value_parser = parse_rate)]
    picture_rate: f64,
    /// Folder of another face detector (card.toml and its ONNX file).
    #[arg(long, value_name = "DIR")]
    detector: Option<PathBuf>,
    /// Folder of another emotion model (card.toml and its ONNX file).
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,
    /// Correct every face with the baseline of this profile (`mien baseline list`).
    #[arg(long, value_name = "PROFILE")]
    baseline: Option<String>,
}

/// Analyses all files; the exit code says whether each gave a session.
pub fn run(args: AnalyzeArgs, outer: InputArgs) -> u8 {
    if let (Some(from), Some(to)) = (args.from, args.to)
        && to <= from
    {
        return fail("--to must be later than --from", "");
    }
    let mut input_failures = Vec::new();
    let mut inputs = inputs(&args.files, &mut input_failures);
    if inputs.is_empty() && input_failures.is_empty() {
        let folders: Vec<_> = args.files.iter().map(|path| one_line(path)).collect();
        let words = format!("there is no video or picture in {}", folders.join(", "));
        return fail(&words, "Links, hidden files and tables in folders are passed over.");
    }
    if let Some(shard) = args.shard {
        inputs.retain(|input| shard.takes(input));
    }
    let (guard, cancelled) = cancel_token();
    // The handler lives as long as the program; what it holds is dropped by the first Ctrl+C.
    let mut guard = Some(guard);
    let handled = ctrlc::set_handler(move || drop(guard.take()));
    if let Err(error) = handled {
        return fail(&format!("Ctrl+C can't be caught: {error}"), "");
    }
    let baseline = match args.baseline.as_deref().map(named).transpose() {
        Ok(baseline) => baseline,
        Err(problem) => return fail(&problem.cause, problem.advice),
    };
    let mut report = Report::new(&inputs, args.json);
    for (path, error) in input_failures {
        report.unusable(&path, &error);
    }
    let paths = inputs.into_iter().map(|input| input.path).collect();
    let batch = match Batch::start(paths, options(&args, outer, baseline), &cancelled) {
        Ok(batch) => batch,
        Err(error) => return fail(&error.to_string(), error.advice()),
    };
    for event in &batch.events {
        match event.what {
            FileEvent::Started => report.started(event.file),
            FileEvent::Progress(progress) => report.progress(event.file, &progress),
            FileEvent::Ended(outcome) => report.ended(event.file, outcome),
        }
    }
    batch.join();
    let interrupted = cancelled.is_cancelled();
    let all_well = report.finish(interrupted);
    if all_well && !interrupted { EXIT_OK } else { EXIT_FAILED }
}

fn options(args: &AnalyzeArgs, outer: InputArgs, baseline: Option<Arc<Baseline>>) -> BatchOptions {
    let pipeline = PipelineOptions {
        max_faces: args.faces.map_or(PipelineOptions::default().max_faces, usize::from),
        ..PipelineOptions::default()
    };
    // A decoder and a pipeline keep two cores busy.
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    BatchOptions {
        core: LiveOptions {
            detector_dir: args.detector.clone().or(outer.detector),
            model_dir: args.model.clone().or(outer.model),
            pipeline,
            baseline,
            mark_socket: None,
        },
        open: OpenOptions { ffmpeg: !args.no_ffmpeg, picture_rate_hz: args.picture_rate },
        selection: Selection { from: args.from, to: args.to, sample_rate_hz: args.sample_rate },
        sessions_dir: args.out.clone(),
        jobs: args.jobs.map_or((cores / 2).max(1), usize::from),
        force: args.force,
        overlay: args.overlay,
        format: args.format.into(),
    }
}

fn parse_rate(text: &str) -> Result<f64, String> {
    let rate: f64 = text.parse().map_err(|_| format!("'{text}' is no number"))?;
    let sensible = rate.is_finite() && (0.001..=1000.0).contains(&rate);
    sensible.then_some(rate).ok_or_else(|| format!("{text} is not between 0.001 and 1000 a second"))
}

/// `90`, `90.5`, `1:30`, `0:01:30.25`.
pub(super) fn parse_time(text: &str) -> Result<Pts, String> {
    let wrong = || format!("'{text}' is no time: use seconds, m:ss or h:mm:ss");
    let parts: Vec<f64> =
        text.split(':').map(str::parse).collect::<Result<_, _>>().map_err(|_| wrong())?;
    let sensible = parts.iter().all(|part| part.is_finite() && *part >= 0.0);
    let minutes_fit = parts.iter().skip(1).all(|part| *part < 60.0);
    if !sensible || !minutes_fit || parts.len() > 3 {
        return Err(wrong());
    }
    let secs = parts.iter().fold(0.0, |secs, part| secs * 60.0 + part);
    let secs = std::time::Duration::try_from_secs_f64(secs).map_err(|_| wrong())?;
    Ok(Pts::new(secs))
}

/// In words, for the table and the lines: how it ended.
fn state(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Analysed(analysed) if !analysed.damage.is_empty() => "damaged",
        Outcome::Analysed(_) => "analysed",
        Outcome::Skipped { .. } => "skipped",
        Outcome::Failed(FileError::Cancelled) => "stopped",
        Outcome::Failed(_) => "failed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_seconds_minutes_or_hours() {
        let secs = |text: &str| parse_time(text).map(Pts::as_secs_f64);
        assert_eq!(secs("90.5"), Ok(90.5));
        assert_eq!(secs("1:30"), Ok(90.0));
        assert_eq!(secs("1:01:30.25"), Ok(3690.25));
        for wrong in ["", "x", "-1", "1:60", "1:2:3:4", "nan", "inf", "1e300"] {
            assert!(secs(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn rates_are_between_bounds() {
        assert_eq!(parse_rate("29.97"), Ok(29.97));
        for wrong in ["0", "-5", "nan", "inf", "1e9", "fast"] {
            assert!(parse_rate(wrong).is_err(), "{wrong}");
        }
    }
}
