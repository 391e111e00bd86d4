//! `mien models`: what there is, what is known about a model, and why one does not load.

mod check;
mod list;
mod show;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::fail;
use crate::evaluate::grouped;
use crate::model::{Card, ModelError, built_in, card_in};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct ModelsArgs {
    #[command(subcommand)]
    command: Option<ModelsCommand>,
    #[command(flatten)]
    list: ListArgs,
}

#[derive(Debug, Subcommand)]
enum ModelsCommand {
    /// List the built-in models and those in the folders named.
    List(ListArgs),
    /// Print what a card says: how good, by class, limits, terms, training.
    Show {
        /// Name of a built-in model, or the folder of another.
        #[arg(value_name = "NAME|DIR")]
        model: String,
    },
    /// Explain everything in which a model and its card are wrong, and try it on a drawn head.
    Check {
        /// Folder that holds card.toml and the model file.
        dir: PathBuf,
        /// One JSON object.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
struct ListArgs {
    /// Folders of models, or folders that hold such folders.
    #[arg(value_name = "DIR")]
    dirs: Vec<PathBuf>,
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
}

pub fn run(args: &ModelsArgs) -> u8 {
    match &args.command {
        None => list::run(&args.list.dirs, args.list.json),
        Some(ModelsCommand::List(list)) => list::run(&list.dirs, list.json),
        Some(ModelsCommand::Show { model }) => match known(model) {
            Ok(known) => show::run(&known),
            Err(error) => fail(&error.to_string(), error.advice()),
        },
        Some(ModelsCommand::Check { dir, json }) => check::run(dir, *json),
    }
}

/// A model that is known by its card.
struct Known {
    card: Card,
    /// `None`: inside the program.
    dir: Option<PathBuf>,
    /// Of the model file; `None` if it is not there.
    bytes: Option<u64>,
}

impl Known {
    fn in_dir(dir: &Path) -> Result<Self, ModelError> {
        let card = card_in(dir)?;
        let bytes = std::fs::metadata(dir.join(card.file())).ok().map(|file| file.len());
        Ok(Self { card, dir: Some(dir.to_owned()), bytes })
    }

    fn built_in() -> Vec<Self> {
        built_in()
            .into_iter()
            .map(|(card, bytes)| Self { card, dir: None, bytes: Some(bytes) })
            .collect()
    }

    fn place(&self) -> String {
        self.dir.as_ref().map_or_else(|| "built in".to_owned(), |dir| dir.display().to_string())
    }
}

/// A built-in model by its name, or the one in a folder.
fn known(name_or_dir: &str) -> Result<Known, ModelError> {
    let by_name = Known::built_in().into_iter().find(|known| known.card.name() == name_or_dir);
    by_name.map_or_else(|| Known::in_dir(Path::new(name_or_dir)), Ok)
}

/// `2.3 MB`, `40 kB`.
fn size(bytes: u64) -> String {
    match bytes {
        0..100_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

/// A figure of a card: shares as percent where people say so.
fn figure(key: &str, value: &toml::Value) -> Option<String> {
    let number = match value {
        toml::Value::Float(number) => *number,
        toml::Value::Integer(number) => {
            let sign = if *number < 0 { "-" } else { "" };
            return Some(format!("{sign}{}", grouped(number.unsigned_abs())));
        }
        toml::Value::String(text) => return Some(text.clone()),
        _ => return None,
    };
    let share = ["accuracy", "recall", "precision", "f1"].iter().any(|word| key.contains(word));
    Some(if share { format!("{:.1} %", number * 100.0) } else { format!("{number:.3}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_as_people_write_them() {
        assert_eq!(size(2_310_000), "2.3 MB");
        assert_eq!(figure("accuracy", &toml::Value::Float(0.8671)).unwrap(), "86.7 %");
        assert_eq!(figure("ece", &toml::Value::Float(0.012)).unwrap(), "0.012");
        assert_eq!(figure("pictures", &toml::Value::Integer(3199)).unwrap(), "3,199");
    }

    #[test]
    fn built_in_models_are_known_by_name() {
        for known in Known::built_in() {
            assert_eq!(super::known(known.card.name()).unwrap().card, known.card);
        }
        assert!(super::known("no such model").is_err());
    }
}
