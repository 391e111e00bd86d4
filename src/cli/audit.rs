//! `mien audit`.

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use indicatif::{ProgressBar, ProgressStyle};

use super::text::wrapped;
use super::{EXIT_OK, fail};
use crate::audit::{self, Audit, LIMITS};
use crate::runtime::live::{LiveOptions, load_pipeline};
use crate::source::demo::Emotion;

/// What to audit and where to put it.
#[derive(Debug, clap::Args)]
pub struct AuditArgs {
    /// Folder of the emotion model; without it the built-in one.
    #[arg(value_name = "MODEL", conflicts_with = "model")]
    pub dir: Option<PathBuf>,
    /// The same, as elsewhere.
    #[arg(long, value_name = "DIR")]
    pub model: Option<PathBuf>,
    /// Folder of another face detector.
    #[arg(long, value_name = "DIR")]
    pub detector: Option<PathBuf>,
    /// Write a page with plots and the drawn faces.
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// One JSON object on standard output instead of the table.
    #[arg(long)]
    pub json: bool,
}

pub fn run(args: &AuditArgs, options: &LiveOptions) -> u8 {
    let mut pipeline = match load_pipeline(options) {
        Ok(pipeline) => pipeline,
        Err(error) => return fail(&error.to_string(), error.advice()),
    };
    let factors = audit::factors();
    let bar = progress(audit::faces(&factors));
    let audited = audit::run(&mut pipeline, factors, || bar.inc(1));
    bar.finish_and_clear();
    let audit = match audited {
        Ok(audit) => audit,
        Err(error) => return fail(&error.to_string(), error.advice()),
    };
    if let Some(path) = &args.html
        && let Err(error) = std::fs::write(path, audit::page(&audit))
    {
        return fail(
            &format!("{} can't be written: {error}", path.display()),
            "Name a file in a folder that exists and can be written.",
        );
    }
    // Whoever closed the pipe has seen enough.
    let _ = if args.json { print_json(&audit) } else { print_table(&audit) };
    if let Some(path) = &args.html {
        eprintln!("mien: wrote {}", path.display());
    }
    EXIT_OK
}

/// On standard error, and only where a person looks.
fn progress(faces: usize) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} {pos} of {len} drawn faces, {eta} left");
    let bar = ProgressBar::new(faces as u64);
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

fn print_table(audit: &Audit) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{} on drawn heads, eight expressions\n", audit.model)?;
    writeln!(out, "In the reference picture it reads")?;
    for reference in &audit.references {
        let (top, share) = reference.posterior.top();
        let (meant, read) = (reference.emotion.name(), audit.labels.name(top));
        writeln!(out, "  {meant:<10} as {read:<12} {:>3.0} %", share * 100.0)?;
    }
    writeln!(out, "\nHow far the posterior moves from there: 0 not at all, 1 altogether\n")?;
    writeln!(
        out,
        "{:<20} {:>5} {:>5} {:>5}  {:<28} {:>7} {:>8} {:>6}",
        "varied", "drawn", "mean", "worst", "in", "changed", "unwarned", "missed"
    )?;
    for result in &audit.results {
        let summary = result.summary();
        let (worst, place) = summary.worst.as_ref().map_or_else(
            || ("-".to_owned(), String::new()),
            |(worst, condition, emotion)| {
                (format!("{worst:.2}"), format!("{condition}, {}", emotion.name()))
            },
        );
        writeln!(
            out,
            "{:<20} {:>5} {:>5.2} {worst:>5}  {place:<28} {:>7} {:>8} {:>6}",
            result.factor.name,
            summary.drawn,
            summary.mean,
            summary.changed,
            summary.changed_unwarned,
            summary.missed,
        )?;
    }
    writeln!(out, "\nMean by expression")?;
    write!(out, "{:<20}", "")?;
    for emotion in Emotion::ALL {
        write!(out, " {:>9}", emotion.name())?;
    }
    writeln!(out)?;
    for result in &audit.results {
        write!(out, "{:<20}", result.factor.name)?;
        for emotion in Emotion::ALL {
            let summary = result.summary_of(emotion);
            if summary.missed < summary.drawn {
                write!(out, " {:>9.2}", summary.mean)?;
            } else {
                write!(out, " {:>9}", "-")?;
            }
        }
        writeln!(out)?;
    }
    writeln!(
        out,
        "\nchanged: another word became the most probable; unwarned: and no hint said that\n\
         conditions are poor; missed: no face was found.\n"
    )?;
    for line in wrapped(LIMITS, 88) {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

fn print_json(audit: &Audit) -> io::Result<()> {
    let posterior = |shares: &[f32]| -> serde_json::Map<String, serde_json::Value> {
        audit.labels.names().iter().cloned().zip(shares.iter().map(|p| (*p).into())).collect()
    };
    let references = audit.references.iter().map(|reference| {
        serde_json::json!({
            "drawn": reference.emotion.name(),
            "read": audit.labels.name(reference.posterior.top().0),
            "p": posterior(reference.posterior.as_slice()),
        })
    });
    let factors = audit.results.iter().map(|result| {
        let summary = result.summary();
        let worst = summary.worst.as_ref().map(|(distance, condition, emotion)| {
            serde_json::json!({
                "distance": distance, "condition": condition, "drawn": emotion.name(),
            })
        });
        let conditions = result.factor.conditions.iter().zip(&result.conditions);
        let conditions = conditions.map(|(condition, read)| {
            let shifts = Emotion::ALL.into_iter().zip(&read.shifts).map(|(emotion, shift)| {
                serde_json::json!({
                    "drawn": emotion.name(),
                    "distance": shift.map(|shift| shift.distance),
                    "read": shift.map(|shift| audit.labels.name(shift.top)),
                    "changed": shift.map(|shift| shift.changed),
                    "hint": shift.and_then(|shift| shift.hint).map(|hint| hint.word()),
                })
            });
            serde_json::json!({
                "condition": condition.name,
                "at": condition.at,
                "readings": shifts.collect::<Vec<_>>(),
            })
        });
        serde_json::json!({
            "factor": result.factor.key,
            "unit": result.factor.unit,
            "drawn": summary.drawn,
            "missed": summary.missed,
            "mean": summary.mean,
            "worst": worst,
            "changed": summary.changed,
            "changed_unwarned": summary.changed_unwarned,
            "conditions": conditions.collect::<Vec<_>>(),
        })
    });
    let object = serde_json::json!({
        "model": audit.model,
        "sha256": audit.sha256,
        "note": LIMITS,
        "references": references.collect::<Vec<_>>(),
        "factors": factors.collect::<Vec<_>>(),
    });
    writeln!(io::stdout().lock(), "{object}")
}
