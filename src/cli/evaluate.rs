//! `mien evaluate`: how good a model is on labelled pictures.

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::baseline::named;
use super::{EXIT_OK, InputArgs, fail};
use crate::dataset::{Crop, DatasetOptions, Numbering};
use crate::evaluate::{ClassChoice, EvaluateOptions, Report, evaluate, to_html, to_text};
use crate::session::write_atomically;

pub(super) const EXAMPLES: &str = "\
Examples:
  mien evaluate pictures                     a folder with one sub-folder for each class
  mien evaluate labels.csv --model my-model  a table with the columns path and label
  mien evaluate ferplus.npz --split valid --html report.html
  mien evaluate pictures --json | jq .accuracy

docs/evaluate.md describes the layouts of data, the names of classes and the fields of --json.";

#[derive(Debug, Args)]
pub(super) struct EvaluateArgs {
    /// Folder with one sub-folder a class, CSV table, or NumPy archive (.npz).
    data: PathBuf,
    /// Folder of the emotion model (card.toml and its ONNX file); else the built-in one.
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,
    /// Folder of the face detector; else the built-in one.
    #[arg(long, value_name = "DIR")]
    detector: Option<PathBuf>,
    /// Which classes count.
    #[arg(long, value_name = "WHICH", default_value = "model")]
    classes: ClassesArg,
    /// The part of the data to use: train, valid, test ...
    #[arg(long, value_name = "NAME")]
    split: Option<String>,
    /// How a face is cut out of a picture.
    #[arg(long, value_name = "HOW", default_value = "auto")]
    crop: CropArg,
    /// Whose numbers the labels are, if they are numbers.
    #[arg(long, value_name = "SET")]
    numbers: Option<NumbersArg>,
    /// At most so many pictures, taken evenly from all.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    limit: Option<u32>,
    /// Cores to use; else all.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=512))]
    jobs: Option<u16>,
    /// Correct readings with the baseline of this profile, to see what that costs.
    #[arg(long, value_name = "PROFILE")]
    baseline: Option<String>,
    /// One JSON object on standard output instead of the table.
    #[arg(long)]
    json: bool,
    /// Write a page with plots as well.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ClassesArg {
    /// Those of the model; pictures of others are left out.
    Model,
    /// The eight of FER+; those that the model lacks count as missed.
    #[value(name = "8")]
    Eight,
    /// The seven of FER2013; contempt is left out.
    #[value(name = "7")]
    Seven,
    /// The seven of FER2013; contempt counts as disgust.
    #[value(name = "7-merged")]
    SevenMerged,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum CropArg {
    /// Small grey squares and arrays whole, other pictures by detection.
    Auto,
    /// The largest face found, aligned as live.
    Detect,
    /// The whole picture: it is a cut-out face.
    Whole,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum NumbersArg {
    /// 0 angry, 1 disgust, 2 fear, 3 happy, 4 sad, 5 surprise, 6 neutral.
    Fer2013,
    /// 0 neutral, 1 anger, 2 contempt, 3 disgust, 4 fear, 5 happy, 6 sadness, 7 surprise.
    #[value(name = "ck+")]
    CkPlus,
    /// 0 neutral, 1 happy, 2 sad, 3 surprise, 4 fear, 5 disgust, 6 anger, 7 contempt.
    #[value(name = "affectnet")]
    AffectNet,
    /// 1 surprise, 2 fear, 3 disgust, 4 happiness, 5 sadness, 6 anger, 7 neutral.
    RafDb,
    /// The numbers are the names of classes.
    Names,
}

impl EvaluateArgs {
    fn options(&self, outer: &InputArgs) -> EvaluateOptions {
        let defaults = EvaluateOptions::default();
        EvaluateOptions {
            model_dir: self.model.clone().or_else(|| outer.model.clone()),
            detector_dir: self.detector.clone().or_else(|| outer.detector.clone()),
            dataset: DatasetOptions {
                numbering: self.numbers.map(|numbers| match numbers {
                    NumbersArg::Fer2013 => Numbering::Fer2013,
                    NumbersArg::CkPlus => Numbering::CkPlus,
                    NumbersArg::AffectNet => Numbering::AffectNet,
                    NumbersArg::RafDb => Numbering::RafDb,
                    NumbersArg::Names => Numbering::Names,
                }),
            },
            split: self.split.clone(),
            classes: match self.classes {
                ClassesArg::Model => ClassChoice::Model,
                ClassesArg::Eight => ClassChoice::Eight,
                ClassesArg::Seven => ClassChoice::Seven,
                ClassesArg::SevenMerged => ClassChoice::SevenMerged,
            },
            crop: match self.crop {
                CropArg::Auto => Crop::Auto,
                CropArg::Detect => Crop::Detect,
                CropArg::Whole => Crop::Whole,
            },
            limit: self.limit.map(|limit| limit as usize),
            jobs: self.jobs.map_or(defaults.jobs, usize::from),
            ..defaults
        }
    }
}

/// Evaluates and prints; `outer` is what stands before the subcommand.
pub(super) fn run(args: &EvaluateArgs, outer: &InputArgs) -> u8 {
    let baseline = match args.baseline.as_deref().map(named).transpose() {
        Ok(baseline) => baseline,
        Err(problem) => return fail(&problem.cause, problem.advice),
    };
    let options = EvaluateOptions { baseline, ..args.options(outer) };
    let bar = progress_bar();
    let result = evaluate(&args.data, &options, &mut |done, total| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
    });
    bar.finish_and_clear();
    let report = match result {
        Ok(report) => report,
        Err(error) => return fail(&error.to_string(), error.advice()),
    };
    // The page first: whoever closes the pipe early has it all the same.
    if let Some(path) = &args.html
        && let Err(error) = write_atomically(path, to_html(&report).as_bytes())
    {
        let cause = format!("{} can't be written: {error}", path.display());
        return fail(&cause, "Name a file in a folder that you may write to.");
    }
    match print(&report, args) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            fail(&format!("standard output can't be written: {error}"), "")
        }
        _ => EXIT_OK,
    }
}

fn print(report: &Report, args: &EvaluateArgs) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if args.json {
        serde_json::to_writer(&mut out, report)?;
        return writeln!(out);
    }
    write!(out, "{}", to_text(report))?;
    if let Some(path) = &args.html {
        writeln!(out, "\nThe page is in {}", path.display())?;
    }
    Ok(())
}

/// On standard error, and only where a person can see it; drawn from the first picture on.
fn progress_bar() -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
    let template = "{bar:32} {human_pos} of {human_len} pictures, {eta} left";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("━╸─"));
    }
    bar
}
