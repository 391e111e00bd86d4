//! `mien stats`: what sessions say in figures.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use serde::Serialize;

use super::passphrase::{Opener, PassphraseArgs};
use super::sessions::Failed;
use super::{EXIT_FAILED, EXIT_OK, fail};
use crate::library::problems;
use crate::session::{BaselineRecord, Session, Signal};
use crate::stats::{
    Comparison, Difference, Estimate, Group, Holds, Selection, Span, Summary, by_marker, compare,
    summarise,
};
use crate::time::Pts;
use crate::words::percent;

pub const EXAMPLES: &str = "\
Examples:
  mien stats sessions/2026-11-24_14-05-33_camera
  mien stats SESSION --by-marker --window 10    ten seconds from each marker
  mien stats SESSION --from 1:30 --to 2:00 --face 2 --json
  mien stats A --against B                      differences of two sessions
  mien stats A1 A2 A3 --against B1 B2 B3        of two groups
  mien stats SESSION... --markers \"advert A\" --against-markers \"advert B\"

docs/statistics.md states every formula.";

#[derive(Debug, Args)]
pub struct StatsArgs {
    /// Session folders.
    #[arg(required = true, value_name = "DIR")]
    sessions: Vec<PathBuf>,
    /// One face by its number.
    #[arg(long, value_name = "N")]
    face: Option<u32>,
    /// From this time of the session on: seconds, or 1:30.
    #[arg(long, value_name = "TIME", value_parser = super::analyze::parse_time)]
    from: Option<Pts>,
    /// Up to this time.
    #[arg(long, value_name = "TIME", value_parser = super::analyze::parse_time)]
    to: Option<Pts>,
    /// A part for each marker: from it to the next one.
    #[arg(long, conflicts_with_all = ["from", "to"])]
    by_marker: bool,
    /// So many seconds from each marker instead.
    #[arg(long, value_name = "SECONDS", value_parser = super::parse_seconds)]
    window: Option<Duration>,
    /// The parts of markers of this text alone.
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["by_marker", "from", "to"])]
    markers: Option<String>,
    /// Compare with these sessions.
    #[arg(long, value_name = "DIR", num_args = 1..)]
    against: Vec<PathBuf>,
    /// Compare with the parts of markers of this text, of --against or of the same sessions.
    #[arg(long, value_name = "TEXT")]
    against_markers: Option<String>,
    /// One JSON object.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

/// All that is said of one session.
#[derive(Debug, Serialize)]
struct SessionFigures {
    session: String,
    participant: String,
    /// What labels were corrected with; null: nothing.
    baseline: Option<BaselineRecord>,
    summaries: Vec<Summary>,
    /// What could not be used.
    problems: Vec<String>,
}

pub fn run(args: &StatsArgs) -> u8 {
    if !args.against.is_empty() || args.against_markers.is_some() {
        return run_comparison(args);
    }
    let mut figures = Vec::new();
    let mut failed = false;
    let opener = Opener::new(&args.passphrase);
    for folder in &args.sessions {
        match figures_of(folder, &opener, args) {
            Ok(found) => figures.push(found),
            Err((message, advice)) => {
                failed = true;
                fail(&message, advice);
            }
        }
    }
    if args.json {
        println!("{}", serde_json::json!({ "sessions": figures }));
    } else {
        for session in &figures {
            print!("{}", session_text(session));
        }
    }
    if failed { EXIT_FAILED } else { EXIT_OK }
}

struct Opened {
    session: Session,
    signal: Signal,
    holds: Holds,
}

fn open(folder: &Path, opener: &Opener<'_>) -> Result<Opened, Failed> {
    let session = opener.open(folder)?;
    let signal = Signal::read(&session).map_err(|error| {
        (error.to_string(), "`mien sessions verify` says what of it can be used.")
    })?;
    let holds = Holds::of(&signal);
    Ok(Opened { session, signal, holds })
}

fn name(folder: &Path) -> String {
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn figures_of(
    folder: &Path,
    opener: &Opener<'_>,
    args: &StatsArgs,
) -> Result<SessionFigures, Failed> {
    let Opened { session, signal, holds } = open(folder, opener)?;
    let summaries = spans(&signal, &holds, args, args.markers.as_deref())
        .into_iter()
        .map(|span| summarise(&signal, &holds, &Selection { face: args.face, span }))
        .collect();
    Ok(SessionFigures {
        session: name(folder),
        participant: session.record().meta.participant.clone(),
        baseline: session.record().baseline.clone(),
        summaries,
        problems: problems(&session, &signal),
    })
}

fn spans(signal: &Signal, holds: &Holds, args: &StatsArgs, markers: Option<&str>) -> Vec<Span> {
    if args.by_marker || args.window.is_some() || markers.is_some() {
        let mut spans = by_marker(signal, holds, args.window);
        spans.retain(|span| markers.is_none_or(|text| text == span.label));
        return spans;
    }
    let whole = Span::whole(holds);
    if args.from.is_none() && args.to.is_none() {
        return vec![whole];
    }
    let time = |pts: Pts| pts.saturating_since(Pts::default());
    let from = args.from.map(time).unwrap_or_default();
    let to = args.to.map_or(whole.to, |to| time(to).min(whole.to));
    vec![Span { label: "part".into(), from, to }]
}

fn run_comparison(args: &StatsArgs) -> u8 {
    let others = if args.against.is_empty() { &args.sessions } else { &args.against };
    let second_markers = args.against_markers.as_deref().or(args.markers.as_deref());
    let opener = Opener::new(&args.passphrase);
    let group = |folders: &[PathBuf], markers: Option<&str>| -> Result<Group, String> {
        let mut group = Group::new(group_name(folders, markers));
        for folder in folders {
            let opened = open(folder, &opener).map_err(|(message, _)| message)?;
            let Opened { signal, holds, .. } = opened;
            let spans = spans(&signal, &holds, args, markers);
            if spans.is_empty() {
                return Err(format!("{} has no such part", name(folder)));
            }
            let parts: Vec<Selection> =
                spans.into_iter().map(|span| Selection { face: args.face, span }).collect();
            if !group.add(&signal, &holds, &parts) {
                return Err(format!("{} was read with other classes", name(folder)));
            }
        }
        Ok(group)
    };
    let groups = group(&args.sessions, args.markers.as_deref())
        .and_then(|first| Ok((first, group(others, second_markers)?)));
    let comparison = match &groups {
        Ok((first, second)) => compare(first, second).ok_or("their classes differ".to_owned()),
        Err(message) => Err(message.clone()),
    };
    match comparison {
        Ok(comparison) if args.json => println!("{}", serde_json::json!(comparison)),
        Ok(comparison) => print!("{}", comparison_text(&comparison)),
        Err(message) => {
            return fail(
                &format!("these can't be compared: {message}"),
                "`mien stats DIR --by-marker` lists the parts of a session.",
            );
        }
    }
    EXIT_OK
}

fn group_name(folders: &[PathBuf], markers: Option<&str>) -> String {
    let folders = match folders {
        [folder] => name(folder),
        folders => format!("{} sessions", folders.len()),
    };
    markers.map_or_else(|| folders.clone(), |markers| format!("{markers} ({folders})"))
}

fn estimate(estimate: &Estimate, write: fn(f64) -> String) -> String {
    match (estimate.value, estimate.interval) {
        (None, _) => "-".into(),
        (Some(value), None) => write(value),
        (Some(value), Some(limits)) => {
            format!("{}  ({} to {})", write(value), write(limits.low), write(limits.high))
        }
    }
}

fn session_text(session: &SessionFigures) -> String {
    let mut out = format!("{}\n", session.session);
    if !session.participant.is_empty() {
        let _ = writeln!(out, "participant {}", session.participant);
    }
    if let Some(baseline) = &session.baseline {
        let _ = writeln!(out, "{}", baseline.in_words());
    }
    for problem in &session.problems {
        let _ = writeln!(out, "! {problem}");
    }
    if session.summaries.is_empty() {
        out.push_str("no such part: the session has no markers like that\n");
    }
    for summary in &session.summaries {
        out.push_str(&summary_text(summary));
    }
    out.push('\n');
    out
}

fn summary_text(summary: &Summary) -> String {
    let mut out = String::new();
    let Span { label, from, to } = &summary.selection.span;
    let face = summary.selection.face.map_or_else(String::new, |face| format!(", face {face}"));
    let _ = writeln!(
        out,
        "\n{label}{face}: {:.1} to {:.1} s, {:.1} s with a face, without {}",
        from.as_secs_f64(),
        to.as_secs_f64(),
        summary.face_secs,
        estimate(&summary.without_face, percent),
    );
    let _ = writeln!(
        out,
        "  {:<14}{:<28}{:<28}{:>9}{:>10}",
        "", "share of time", "mean posterior", "episodes", "median s"
    );
    for class in &summary.classes {
        let median = class.median_episode_secs.map_or("-".into(), |secs| format!("{secs:.1}"));
        let _ = writeln!(
            out,
            "  {:<14}{:<28}{:<28}{:>9}{:>10}",
            class.label,
            estimate(&class.share, percent),
            estimate(&class.mean_posterior, percent),
            class.episodes,
            median,
        );
    }
    let _ = writeln!(out, "  {:<14}{}", "unsure", estimate(&summary.unsure, percent));
    for (word, extent) in [("valence", &summary.valence), ("arousal", &summary.arousal)] {
        let number = |value: Option<f64>| value.map_or("-".into(), |value| format!("{value:.2}"));
        let _ = writeln!(
            out,
            "  {word:<14}{:<28}from {} to {}, middle nine tenths {} to {}",
            estimate(&extent.mean, |value| format!("{value:.2}")),
            number(extent.min),
            number(extent.max),
            number(extent.p05),
            number(extent.p95),
        );
    }
    let hints: Vec<String> = summary
        .quality
        .hints
        .iter()
        .map(|(hint, share)| format!("{hint} {}", percent(*share)))
        .collect();
    let quality = summary.quality.mean.map_or("-".into(), |mean| format!("{mean:.2}"));
    let _ = writeln!(out, "  {:<14}{quality}  {}", "quality", hints.join(", "));
    let changes = top_transitions(summary);
    if !changes.is_empty() {
        let _ = writeln!(out, "  {:<14}{}", "transitions", changes.join(", "));
    }
    let _ = match &summary.bootstrap {
        Some(how) => writeln!(
            out,
            "  limits: 95 %, {} resamples of blocks of {:.1} s",
            how.resamples, how.block_secs
        ),
        None => writeln!(out, "  no limits: the part is too short for them"),
    };
    out
}

fn top_transitions(summary: &Summary) -> Vec<String> {
    let transitions = &summary.transitions;
    let mut all: Vec<(u64, String)> = Vec::new();
    for (from, row) in transitions.counts.iter().enumerate() {
        for (to, count) in row.iter().enumerate().filter(|(_, count)| **count > 0) {
            let (from, to) = (&transitions.labels[from], &transitions.labels[to]);
            all.push((*count, format!("{from} to {to} {count}")));
        }
    }
    all.sort_by(|a, b| b.cmp(a));
    all.into_iter().take(5).map(|(_, words)| words).collect()
}

fn comparison_text(comparison: &Comparison) -> String {
    let Comparison { first, second, .. } = comparison;
    let mut out = format!("{first} - {second}: difference with 95 % limits\n\n");
    let line = |out: &mut String, difference: &Difference| {
        let points = |value: f64| format!("{:+.1} pt", value * 100.0);
        let plain = |value: f64| format!("{value:+.3}");
        let write: fn(f64) -> String =
            if matches!(difference.figure, "valence" | "arousal") { plain } else { points };
        let word = difference.label.as_deref().unwrap_or(difference.figure).replace('_', " ");
        let short = |estimate: &Estimate| match (estimate.value, difference.figure) {
            (None, _) => "-".into(),
            (Some(value), "valence" | "arousal") => format!("{value:.2}"),
            (Some(value), _) => percent(value),
        };
        let _ = writeln!(
            out,
            "  {word:<14}{:>9}{:>9}    {}",
            short(&difference.first),
            short(&difference.second),
            estimate(&difference.difference, write)
        );
    };
    for (figure, title) in [("share", "share of time"), ("mean_posterior", "mean posterior")] {
        let _ = writeln!(out, "{title}");
        comparison.figures.iter().filter(|d| d.figure == figure).for_each(|d| line(&mut out, d));
    }
    let _ = writeln!(out, "beside");
    comparison.figures.iter().filter(|d| d.label.is_none()).for_each(|d| line(&mut out, d));
    for remark in &comparison.remarks {
        for words in super::text::wrapped(remark, 88) {
            let _ = writeln!(out, "{words}");
        }
    }
    out
}
