//! `mien models [list]`.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{Known, figure, size};
use crate::cli::{EXIT_FAILED, EXIT_OK, fail};
use crate::model::Card;
use crate::model::card::{Channels, Layout};

pub fn run(dirs: &[PathBuf], json: bool) -> u8 {
    let mut models = Known::built_in();
    let mut failed = false;
    for dir in dirs {
        let found = model_dirs(dir);
        if found.is_empty() {
            failed = true;
            fail(
                &format!("there is no card.toml in {}, nor in a folder in it", dir.display()),
                "docs/models.md says how to write a card for a model.",
            );
        }
        for dir in found {
            match Known::in_dir(&dir) {
                Ok(known) => models.push(known),
                Err(error) => {
                    failed = true;
                    fail(&error.to_string(), error.advice());
                }
            }
        }
    }
    // Whoever closed the pipe has seen enough.
    let _ = if json { print_json(&models) } else { print_table(&models) };
    if failed { EXIT_FAILED } else { EXIT_OK }
}

/// `dir` itself if it holds a card, else the folders in it that do, by name.
fn model_dirs(dir: &Path) -> Vec<PathBuf> {
    let has_card = |dir: &Path| dir.join("card.toml").is_file();
    if has_card(dir) {
        return vec![dir.to_owned()];
    }
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> =
        entries.map(|entry| entry.path()).filter(|path| has_card(path)).collect();
    found.sort();
    found
}

fn print_table(models: &[Known]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for known in models {
        let card = &known.card;
        writeln!(out, "{}  ({})", card.name(), known.place())?;
        let input = card.input();
        let kind = match card {
            Card::Emotion(card) => {
                format!("{} classes: {}", card.labels().len(), card.labels().names().join(", "))
            }
            Card::Detector(_) => "finds faces".to_owned(),
        };
        writeln!(out, "    {kind}")?;
        let file = known
            .bytes
            .map_or_else(|| format!("no file yet: put it there as {}", card.file()), size);
        writeln!(
            out,
            "    takes {} {}x{}; {file}; {}",
            channels(input.channels),
            input.width,
            input.height,
            card.licence().weights
        )?;
        writeln!(out, "    {}", goodness(card).unwrap_or("the card has no figures".to_owned()))?;
    }
    Ok(())
}

/// What says most about a model, in this order.
const FIGURES: [&str; 6] =
    ["accuracy", "macro_recall", "ece", "recall_80px", "recall_40px", "precision"];

/// The first set of pictures that the card gives figures for.
fn goodness(card: &Card) -> Option<String> {
    let first = card.metrics().first()?;
    let known = FIGURES.iter().filter_map(|key| Some((*key, first.get(*key)?)));
    let figures: Vec<String> = known
        .filter_map(|(key, value)| {
            Some(format!("{} {}", key.replace('_', " "), figure(key, value)?))
        })
        .collect();
    let set = first.get("set").and_then(toml::Value::as_str).unwrap_or("a set it does not name");
    Some(format!("{} on {set}", figures.join(", ")))
}

fn channels(channels: Channels) -> &'static str {
    match channels {
        Channels::Grey => "grey",
        Channels::Rgb => "rgb",
        Channels::Bgr => "bgr",
    }
}

fn print_json(models: &[Known]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for known in models {
        let card = &known.card;
        let (task, labels, other_sizes) = match card {
            Card::Emotion(card) => ("emotion", Some(card.labels().names().to_vec()), None),
            Card::Detector(card) => ("face-detection", None, Some(&card.other_sizes)),
        };
        let input = card.input();
        let layout = match input.layout {
            Layout::Nchw => "nchw",
            Layout::Nhwc => "nhwc",
        };
        let line = serde_json::json!({
            "name": card.name(),
            "task": task,
            "built_in": known.dir.is_none(),
            "folder": known.dir,
            "file": card.file(),
            "bytes": known.bytes,
            "sha256": Some(card.sha256()).filter(|sum| !sum.is_empty()),
            "labels": labels,
            "input": {
                "layout": layout,
                "width": input.width,
                "height": input.height,
                "channels": channels(input.channels),
            },
            "other_sizes": other_sizes,
            "licence": { "weights": card.licence().weights, "data": card.licence().data },
            "metrics": card.metrics(),
        });
        writeln!(out, "{line}")?;
    }
    Ok(())
}
