//! `mien train`: classes of the user's own from a folder of pictures, without Python.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;

use super::{EXIT_OK, InputArgs, fail};
use crate::dataset::{Crop, Dataset, DatasetOptions, Numbering, parallel};
use crate::model::embedding::BaseModel;
use crate::teach::course::split_in_words;
use crate::teach::pictures::{self, ReadError, ReadOptions, Shown};
use crate::teach::taught::check_free;
use crate::teach::{Origin, Progress, Report, TaughtModel, teach};

/// More names than this are counted, not listed, for people.
const LISTED: usize = 20;

/// What `mien train` is told.
#[derive(Debug, Args)]
pub struct TrainArgs {
    /// Folder with one sub-folder of pictures for each class; folders inside those part people.
    /// A CSV table or a NumPy archive works too.
    #[arg(value_name = "PICTURES_DIR")]
    pictures: PathBuf,
    /// New folder for the model.
    #[arg(long, value_name = "MODEL_DIR")]
    out: PathBuf,
    /// Name of the model; else that of its folder.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Folder of the emotion model to teach, which keeps all but its last layer; else the shipped
    /// one.
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,
    /// Folder of another face detector.
    #[arg(long, value_name = "DIR")]
    detector: Option<PathBuf>,
    /// auto: small square grey pictures are faces already, in others a face is found; detect; or
    /// whole.
    #[arg(long, value_name = "HOW", default_value = "auto", value_parser = parse_crop)]
    crop: Crop,
    /// Which of the many possible splits is made. The same seed gives the same model.
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// One JSON object on standard output instead of tables.
    #[arg(long)]
    json: bool,
}

impl TrainArgs {
    /// `self`, completed by what was given before the subcommand.
    pub fn or(self, outer: InputArgs) -> Self {
        Self {
            model: self.model.or(outer.model),
            detector: self.detector.or(outer.detector),
            ..self
        }
    }
}

fn parse_crop(text: &str) -> Result<Crop, String> {
    match text {
        "auto" => Ok(Crop::Auto),
        "detect" => Ok(Crop::Detect),
        "whole" => Ok(Crop::Whole),
        _ => Err(format!("'{text}' is none of auto, detect, whole")),
    }
}

/// Something went wrong: what, and what to do.
struct Failed(String, &'static str);

macro_rules! advised {
    ($($error:ty),*) => {
        $(impl From<$error> for Failed {
            fn from(error: $error) -> Self {
                Self(error.to_string(), error.advice())
            }
        })*
    };
}

advised!(
    crate::dataset::DatasetError,
    crate::model::ModelError,
    crate::teach::TeachError,
    crate::teach::WriteError,
    ReadError
);

/// Reads, learns, writes, and tells how good it is.
pub fn run(args: &TrainArgs) -> u8 {
    match train(args) {
        Ok(()) => EXIT_OK,
        Err(Failed(cause, advice)) => fail(&cause, advice),
    }
}

fn train(args: &TrainArgs) -> Result<(), Failed> {
    // What would fail at the end is looked at first.
    check_free(&args.out)?;
    let base = Arc::new(match &args.model {
        Some(dir) => BaseModel::from_dir(dir)?,
        None => BaseModel::builtin()?,
    });
    let options = DatasetOptions { numbering: Some(Numbering::Names) };
    let dataset = Dataset::open(&args.pictures, options)?;

    let bar = progress_bar("reading faces");
    let read = ReadOptions {
        crop: args.crop,
        detector_dir: args.detector.clone(),
        workers: std::thread::available_parallelism().map_or(1, usize::from),
    };
    let shown = pictures::read(&dataset, &base, &read, &|progress| show(&bar, progress))?;
    bar.finish_and_clear();
    if !args.json {
        print!("{}", faces_in_words(&shown, dataset.examples().len()));
    }

    let bar = progress_bar("learning");
    let pool = parallel::thread_pool(read.workers).map_err(ReadError::from)?;
    let taught =
        pool.install(|| teach(&shown.lesson, args.seed, &|progress| show(&bar, progress)))?;
    bar.finish_and_clear();

    let model = TaughtModel::new(&base, taught, &origin(args))?;
    // Whatever is written must load: better no folder than one that is refused later.
    model.load()?;
    model.write(&args.out)?;
    if args.json {
        println!("{}", as_json(&model, &shown, args));
    } else {
        print!("{}", report_in_words(&model.report));
        println!("\nWritten to {}. See it live:", args.out.display());
        println!("  mien --model {}", quoted(&args.out));
    }
    Ok(())
}

fn origin(args: &TrainArgs) -> Origin {
    let folder = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    let name = args.name.clone().filter(|name| !name.trim().is_empty());
    let crop = match args.crop {
        Crop::Auto => "",
        Crop::Detect => " --crop detect",
        Crop::Whole => " --crop whole",
    };
    Origin {
        name: name.or_else(|| folder(&args.out)).unwrap_or_else(|| "taught".to_owned()),
        shown: "pictures of the user".to_owned(),
        // Folder names alone: whole paths would tell who keeps pictures where.
        command: format!(
            "mien train {} --out {} --seed {}{crop}",
            folder(&args.pictures).unwrap_or_default(),
            folder(&args.out).unwrap_or_default(),
            args.seed
        ),
        seed: args.seed,
    }
}

/// As a shell takes it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_alphanumeric() || "/._-+,".contains(c);
    if text.chars().all(plain) { text } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

/// On standard error, if that is a terminal.
fn progress_bar(what: &'static str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{msg:14} {bar:32} {pos}/{len}  {eta}") {
        bar.set_style(style);
    }
    bar.set_message(what);
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

fn show(bar: &ProgressBar, progress: Progress) -> bool {
    bar.set_length(progress.total as u64);
    bar.set_position(progress.done as u64);
    true
}

fn faces_in_words(shown: &Shown, pictures: usize) -> String {
    let mut out = String::new();
    let faces = shown.lesson.examples.len();
    let whole = faces - shown.detected;
    let whole = if whole > 0 { format!(" ({whole} taken whole)") } else { String::new() };
    let _ = writeln!(out, "{faces} faces in {pictures} pictures{whole}");
    for (class, count) in shown.lesson.classes.iter().zip(shown.lesson.counts()) {
        let _ = writeln!(out, "  {class:<16} {count:>6}");
    }
    list(&mut out, "without a face", &shown.without_face);
    let unusable: Vec<String> =
        shown.unusable.iter().map(|(origin, reason)| format!("{origin}: {reason}")).collect();
    list(&mut out, "that can't be used", &unusable);
    out
}

fn list(out: &mut String, what: &str, names: &[String]) {
    if names.is_empty() {
        return;
    }
    let _ = writeln!(out, "{} {what}:", names.len());
    for name in names.iter().take(LISTED) {
        let _ = writeln!(out, "  {name}");
    }
    if names.len() > LISTED {
        let _ = writeln!(out, "  and {} more (--json names all)", names.len() - LISTED);
    }
}

fn report_in_words(report: &Report) -> String {
    let mut out = String::new();
    let (low, high) = report.accuracy_interval();
    let percent = |share: f64| format!("{:.1} %", share * 100.0);
    let _ = writeln!(out, "\nJudged on {} examples it had not seen", report.held_out());
    let _ = writeln!(out, "({})", split_in_words(report));
    let _ = writeln!(
        out,
        "  accuracy       {:>7}  {} of {}; with many more such, {:.0} to {:.0} % (95 %)",
        percent(report.accuracy()),
        report.right(),
        report.held_out(),
        low * 100.0,
        high * 100.0
    );
    let _ = writeln!(
        out,
        "  macro recall   {:>7}  each class counted the same",
        percent(report.macro_recall())
    );
    let _ = writeln!(out, "  ECE            {:>7.3}  calibration error", report.ece);
    let widest = report.classes.iter().map(|name| name.chars().count()).max().unwrap_or(0).max(5);
    let _ = writeln!(out, "\n  {:<widest$}  examples   found  right when said", "class");
    let or_dash = |share: Option<f64>| share.map_or("–".to_owned(), percent);
    for (name, figures) in report.classes.iter().zip(report.confusion.by_class()) {
        let _ = writeln!(
            out,
            "  {name:<widest$}  {:>8} {:>7} {:>16}",
            figures.support,
            or_dash(figures.recall),
            or_dash(figures.precision)
        );
    }
    let _ = writeln!(out, "\n  Confusion: rows are what was shown, columns what was said");
    let columns: Vec<String> =
        report.classes.iter().map(|name| name.chars().take(10).collect()).collect();
    let heads: Vec<String> = columns.iter().map(|name| format!("{name:>10}")).collect();
    let _ = writeln!(out, "  {:<widest$}  {}", "", heads.join(" "));
    for (name, row) in report.classes.iter().zip(report.confusion.rows()) {
        let cells: Vec<String> = row.iter().map(|count| format!("{count:>10}")).collect();
        let _ = writeln!(out, "  {name:<widest$}  {}", cells.join(" "));
    }
    for warning in report.warnings() {
        let _ = writeln!(out, "\n! {warning}");
    }
    out
}

fn as_json(model: &TaughtModel, shown: &Shown, args: &TrainArgs) -> serde_json::Value {
    let report = &model.report;
    let (low, high) = report.accuracy_interval();
    let classes: Vec<_> = report
        .classes
        .iter()
        .zip(report.confusion.by_class())
        .map(|(name, figures)| {
            json!({
                "name": name,
                "examples": figures.support,
                "recall": figures.recall,
                "precision": figures.precision,
                "f1": figures.f1,
            })
        })
        .collect();
    let unusable: Vec<_> = shown
        .unusable
        .iter()
        .map(|(origin, reason)| json!({ "picture": origin, "reason": reason }))
        .collect();
    json!({
        "name": model.name,
        "folder": args.out.display().to_string(),
        "seed": args.seed,
        "faces": shown.lesson.examples.len(),
        "without_face": shown.without_face,
        "unusable": unusable,
        "held_out": report.held_out(),
        "split": split_in_words(report),
        "accuracy": report.accuracy(),
        "accuracy_95": [low, high],
        "macro_recall": report.macro_recall(),
        "ece": report.ece,
        "temperature": report.temperature,
        "penalty": report.penalty,
        "classes": classes,
        "confusion": report.confusion.rows().collect::<Vec<_>>(),
        "warnings": report.warnings(),
    })
}
