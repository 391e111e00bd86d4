//! `mien models show`: a card for people.

use std::io::{self, Write};

use super::{Known, figure, size};
use crate::cli::EXIT_OK;
use crate::cli::text::wrapped;
use crate::model::Card;
use crate::model::card::{EmotionCard, Framing, InputCard, OutputKind};

pub(super) fn run(known: &Known) -> u8 {
    // Whoever closed the pipe has seen enough.
    let _ = print(known);
    EXIT_OK
}

fn print(known: &Known) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let card = &known.card;
    writeln!(out, "{}  ({})", card.name(), known.place())?;
    let file = known.bytes.map_or("not there yet".to_owned(), size);
    row(&mut out, "file", &format!("{} ({file})", card.file()))?;
    match card.sha256() {
        "" => row(&mut out, "sha256", "not pinned: any file is taken")?,
        sum => row(&mut out, "sha256", sum)?,
    }
    row(&mut out, "input", &input(card.input()))?;
    match card {
        Card::Emotion(card) => emotion(&mut out, card)?,
        Card::Detector(card) if !card.other_sizes.is_empty() => {
            let sizes = card.other_sizes.iter().map(|[w, h]| format!("{w}x{h}"));
            row(&mut out, "other sizes", &sizes.collect::<Vec<_>>().join(", "))?;
        }
        Card::Detector(_) => {}
    }
    if let Some(source) = card.source() {
        row(&mut out, "source", source)?;
    }
    writeln!(out, "\nTerms")?;
    row(&mut out, "weights", &card.licence().weights)?;
    row(&mut out, "data", &card.licence().data)?;
    if !card.training().is_empty() {
        writeln!(out, "\nTraining")?;
        for (key, value) in card.training() {
            row(&mut out, key, &figure(key, value).unwrap_or_else(|| value.to_string()))?;
        }
    }
    writeln!(out, "\nHow good")?;
    if card.metrics().is_empty() {
        writeln!(out, "    The card has no figures. `mien evaluate` measures them.")?;
    }
    for metrics in card.metrics() {
        measured(&mut out, metrics, card)?;
    }
    if !card.limits().is_empty() {
        writeln!(out, "\nWeak points")?;
        for limit in card.limits() {
            let mut mark = "-";
            for line in wrapped(limit, 90) {
                writeln!(out, "  {mark} {line}")?;
                mark = " ";
            }
        }
    }
    Ok(())
}

fn emotion(out: &mut impl Write, card: &EmotionCard) -> io::Result<()> {
    row(out, "classes", &card.labels().names().join(", "))?;
    let kind = match card.output.kind {
        OutputKind::Logits => "logits",
        OutputKind::Softmax => "probabilities",
    };
    let name = card.output.name.as_deref().unwrap_or("the only one");
    row(out, "output", &format!("{name}, {kind}"))?;
    row(
        out,
        "framing",
        &match &card.framing {
            Framing::Landmarks { .. } => "by five points of the face".to_owned(),
            Framing::Box { margin } => format!("upright square, {margin} sides of the box"),
        },
    )?;
    let calibration = &card.calibration;
    let mirror = if calibration.mirror { ", averaged with the mirror image" } else { "" };
    let error = calibration.ece.map_or(", calibration error not known".to_owned(), |ece| {
        let on = calibration.measured_on.as_deref().unwrap_or("a set it does not name");
        format!(", calibration error {ece:.3} on {on}")
    });
    row(out, "calibration", &format!("temperature {}{mirror}{error}", calibration.temperature))?;
    match &card.affect {
        Some(affect) => row(out, "affect", &affect.source),
        None => row(out, "affect", "none: valence and arousal stay empty"),
    }
}

/// Figures on one set of pictures, those by class as a table.
fn measured(out: &mut impl Write, metrics: &toml::Table, card: &Card) -> io::Result<()> {
    let text = |key: &str| metrics.get(key).and_then(toml::Value::as_str);
    let set = text("set").unwrap_or("a set it does not name");
    let split = text("split").map_or_else(String::new, |split| format!(" ({split})"));
    writeln!(out, "  {set}{split}")?;
    for (key, value) in metrics.iter().filter(|(key, _)| *key != "set" && *key != "split") {
        if let Some(figure) = figure(key, value) {
            row(out, &key.replace('_', " "), &figure)?;
        }
    }
    let columns: Vec<(&String, &toml::Table)> =
        metrics.iter().filter_map(|(key, value)| Some((key, value.as_table()?))).collect();
    let (Card::Emotion(card), false) = (card, columns.is_empty()) else { return Ok(()) };
    write!(out, "    {:<14}", "class")?;
    for (key, _) in &columns {
        write!(out, " {:>10}", key.replace('_', " "))?;
    }
    writeln!(out)?;
    for label in card.labels().names() {
        write!(out, "    {label:<14}")?;
        for (key, column) in &columns {
            let value = column.get(label).and_then(|value| figure(key, value));
            write!(out, " {:>10}", value.unwrap_or_default())?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// What and its value, long ones over several lines.
fn row(out: &mut impl Write, what: &str, value: &str) -> io::Result<()> {
    let mut what = what;
    for line in wrapped(value, 78) {
        writeln!(out, "    {what:<14} {line}")?;
        what = "";
    }
    Ok(())
}

fn input(input: &InputCard) -> String {
    let plain = input.scale == 1.0 && input.mean == [0.0] && input.std == [1.0];
    let values = if plain {
        "0 to 255 as it is".to_owned()
    } else {
        let (mean, std) = (list(&input.mean), list(&input.std));
        format!("value = (0 to 255 x {:.6} - {mean}) / {std}", input.scale)
    };
    let what = format!("{:?} {:?}", input.channels, input.layout).to_lowercase();
    format!("{what} {}x{}, {values}", input.width, input.height)
}

fn list(values: &[f32]) -> String {
    match values {
        [only] => only.to_string(),
        values => {
            let values: Vec<_> = values.iter().map(ToString::to_string).collect();
            format!("[{}]", values.join(", "))
        }
    }
}
