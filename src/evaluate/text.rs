//! A report as a table for the terminal.

use std::fmt::Write as _;

use super::conditions::Slice;
use super::report::{Milliseconds, Named, Report, Score};
use crate::words::{self, percent};

/// So many names are printed of each kind of trouble; `--json` has all.
const NAMED: usize = 5;

/// The report as text, at most 100 columns wide for eight classes.
pub fn to_text(report: &Report) -> String {
    let mut out = String::new();
    // Writing to a string can't fail.
    let _ = write_all(&mut out, report);
    out
}

fn write_all(out: &mut String, report: &Report) -> std::fmt::Result {
    writeln!(out, "{}", title(report))?;
    writeln!(out)?;
    for line in pictures(report) {
        writeln!(out, "  {line}")?;
    }
    writeln!(out)?;
    write_figures(out, report)?;
    writeln!(out)?;
    write_classes(out, report)?;
    writeln!(out)?;
    write_confusion(out, report)?;
    writeln!(out)?;
    write_coverage(out, report)?;
    write_slices(out, "brightness", &report.by_brightness)?;
    write_slices(out, "face width", &report.by_face_width)?;
    for line in remarks(report) {
        writeln!(out, "\n{line}")?;
    }
    write_named(out, "can't be read", &report.counts.unreadable)?;
    write_named(out, "failed", &report.counts.failed)?;
    let no_face: Vec<Named> = report
        .counts
        .without_face
        .iter()
        .map(|origin| Named { origin: origin.clone(), reason: String::new() })
        .collect();
    write_named(out, "without a face that was found", &no_face)
}

/// Model and data in one line.
pub(super) fn title(report: &Report) -> String {
    let split = report.split.as_ref().map(|split| format!(", split {split}")).unwrap_or_default();
    let classes = match report.classes {
        "model" => String::new(),
        other => format!(", classes {other}"),
    };
    format!("{} on {}{split}{classes}", report.model.name, report.data)
}

/// What became of the pictures, a line for each kind.
pub(super) fn pictures(report: &Report) -> Vec<String> {
    let counts = &report.counts;
    let how = match (counts.taken_whole, counts.detected) {
        (_, 0) => "taken whole, as cut-out faces".to_owned(),
        (0, _) => "by the largest face found in each".to_owned(),
        (whole, found) => format!("{} whole, {} by a face found", grouped(whole), grouped(found)),
    };
    let mut lines = vec![format!(
        "{} of {} pictures evaluated, {how}",
        grouped(report.evaluated),
        grouped(counts.listed)
    )];
    let mut add = |count: u64, what: &str| {
        if count > 0 {
            lines.push(format!("{} {what}", grouped(count)));
        }
    };
    add(counts.without_majority, "left out: most people agree on no class");
    for (class, count) in &counts.of_other_classes {
        let why = match report.classes {
            "model" => format!("left out: the model does not know {class}"),
            _ => format!("left out: {class} is none of the classes that count"),
        };
        add(*count, &why);
    }
    add(counts.over_limit, "left out by --limit");
    add(counts.without_face.len() as u64, "without a face that was found");
    add(counts.unreadable.len() as u64, "that can't be read");
    add(counts.failed.len() as u64, "that the network failed on");
    lines
}

fn write_figures(out: &mut String, report: &Report) -> std::fmt::Result {
    let score = |score: &Score| {
        let limits = score
            .interval
            .map(|interval| format!("   {} to {}", percent(interval.low), percent(interval.high)));
        format!("{:>8}{}", percent(score.value), limits.unwrap_or_default())
    };
    writeln!(out, "  accuracy      {}", score(&report.accuracy))?;
    writeln!(out, "  macro recall  {}", score(&report.macro_recall))?;
    writeln!(out, "  macro F1      {:>8}", percent(report.macro_f1))?;
    writeln!(out, "  ECE           {:>8.3}   15 bins", report.ece)?;
    writeln!(out, "  NLL           {:>8.3}", report.nll)?;
    writeln!(out, "  Brier         {:>8.3}", report.brier)?;
    let time = &report.time;
    let line = |ms: &Milliseconds| {
        format!("{:>5.1} ms   a face, median; {:.1} ms at best", ms.median, ms.least)
    };
    writeln!(out, "  classifier    {}", line(&time.classifier_ms))?;
    if let Some(with_detection) = &time.with_detection_ms {
        writeln!(out, "  and detector  {}", line(with_detection))?;
    }
    Ok(())
}

fn write_classes(out: &mut String, report: &Report) -> std::fmt::Result {
    let width = label_width(report);
    writeln!(out, "  {:<width$}  pictures    recall  precision        F1", "class")?;
    for line in &report.per_class {
        writeln!(
            out,
            "  {:<width$}  {:>8}  {:>8}  {:>9}  {:>8}",
            shortened(&line.label, width),
            grouped(line.support),
            share(line.recall),
            share(line.precision),
            share(line.f1)
        )?;
    }
    Ok(())
}

fn write_confusion(out: &mut String, report: &Report) -> std::fmt::Result {
    let width = label_width(report);
    let widest = report.confusion.iter().flatten().max().copied().unwrap_or_default();
    let column = grouped(widest).len().max(5);
    write!(out, "  {:<width$}", "label, answer")?;
    for label in &report.labels {
        write!(out, "  {:>column$}", shortened(label, column))?;
    }
    writeln!(out)?;
    for (label, row) in report.labels.iter().zip(&report.confusion) {
        if row.iter().all(|count| *count == 0) {
            continue;
        }
        write!(out, "  {:<width$}", shortened(label, width))?;
        for count in row {
            let cell = if *count == 0 { "·".to_owned() } else { grouped(*count) };
            write!(out, "  {cell:>column$}")?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn write_coverage(out: &mut String, report: &Report) -> std::fmt::Result {
    writeln!(out, "  answered   certainty from    right")?;
    let mut last = None;
    for wanted in [1.0, 0.9, 0.8, 0.7, 0.5] {
        let point = report.coverage.iter().find(|point| point.coverage >= wanted - 1e-9);
        // With few pictures several wishes meet the same point.
        let Some(point) = point.filter(|point| last != Some(point.coverage)) else { continue };
        last = Some(point.coverage);
        writeln!(
            out,
            "  {:>8}   {:>14.2}  {:>7}",
            percent(point.coverage),
            point.threshold,
            share(point.accuracy)
        )?;
    }
    let unsure = &report.unsure;
    writeln!(
        out,
        "  {:>8}   {:>14.2}  {:>7}   below this the app says \"unsure\"",
        percent(unsure.coverage),
        unsure.threshold,
        share(unsure.accuracy)
    )
}

/// Nothing if all pictures are alike.
fn write_slices(out: &mut String, of_what: &str, slices: &[Slice]) -> std::fmt::Result {
    if slices.len() < 2 {
        return Ok(());
    }
    writeln!(out, "\n  {of_what:<14}  pictures     right")?;
    for slice in slices {
        writeln!(
            out,
            "  {:<14}  {:>8}  {:>8}   {} to {}",
            range(slice),
            grouped(slice.count),
            percent(slice.accuracy),
            percent(slice.interval.low),
            percent(slice.interval.high)
        )?;
    }
    Ok(())
}

/// `60 to 100`, `below 60`, `180 and more`.
pub(super) fn range(slice: &Slice) -> String {
    match slice.to {
        Some(to) if slice.from == 0.0 => format!("below {to}"),
        Some(to) => format!("{} to {to}", slice.from),
        None => format!("{} and more", slice.from),
    }
}

/// What a reader of the figures must know, a sentence each.
pub(super) fn remarks(report: &Report) -> Vec<String> {
    let mut remarks = Vec::new();
    if report.splits.len() > 1 && report.split.is_none() {
        remarks.push(format!(
            "The data have the splits {}; all were used. A model looks too good on what it was \
             trained on: choose one with --split.",
            report.splits.join(", ")
        ));
    }
    if !report.unknown_to_model.is_empty() {
        remarks.push(format!(
            "The model does not know {}; such pictures count as missed.",
            report.unknown_to_model.join(", ")
        ));
    }
    if !report.absent_from_data.is_empty() {
        remarks.push(format!(
            "No picture shows {}: the means are over the other classes.",
            report.absent_from_data.join(", ")
        ));
    }
    remarks
}

fn write_named(out: &mut String, what: &str, named: &[Named]) -> std::fmt::Result {
    if named.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{} {what}:", grouped(named.len() as u64))?;
    for Named { origin, reason } in named.iter().take(NAMED) {
        writeln!(out, "  {}", format!("{origin} {reason}").trim_end())?;
    }
    if named.len() > NAMED {
        writeln!(out, "  and {} more; --json names all", grouped((named.len() - NAMED) as u64))?;
    }
    Ok(())
}

fn label_width(report: &Report) -> usize {
    let longest = report.labels.iter().map(|label| label.chars().count()).max();
    longest.unwrap_or_default().clamp("label, answer".len(), 24)
}

/// At most `width` characters.
fn shortened(label: &str, width: usize) -> String {
    label.chars().take(width).collect()
}

/// `88.0 %`, or a dash where there is nothing to divide by.
pub(super) fn share(share: Option<f64>) -> String {
    share.map_or_else(|| "–".to_owned(), percent)
}

/// `3,199`.
pub fn grouped(number: u64) -> String {
    words::grouped(number, ',')
}
