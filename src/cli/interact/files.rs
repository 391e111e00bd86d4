//! Files of the companion: models, strategies, logs.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{PartsArgs, Problem};
use crate::dataset::parallel::thread_pool;
use crate::interaction::policy::Network;
use crate::interaction::simulate::{Noise, World, gather};
use crate::interaction::{IntentModel, Log, LogRow, Strategies};
use crate::runtime::companion::strategies_of;

/// The two branches, in a model's folder.
pub const NETWORK: &str = "network.json";
/// The intent model, if one was trained.
pub const INTENTS: &str = "intents.json";
/// How good both are.
pub const FIGURES: &str = "figures.json";

/// What the companion is made of.
pub struct Parts {
    pub strategies: Arc<Strategies>,
    pub network: Arc<Network>,
    pub intents: Arc<IntentModel>,
}

impl Parts {
    /// The built-in ones, where no others are named.
    pub fn load(args: &PartsArgs) -> Result<Self, Problem> {
        let strategies = Arc::new(strategies(args.strategies.as_deref())?);
        let Some(folder) = &args.companion_model else {
            return Ok(Self {
                strategies,
                network: Arc::new(Network::builtin()),
                intents: IntentModel::builtin(),
            });
        };
        let stored = read_json(&folder.join(NETWORK))?;
        let wrong = |name: &str, error: &dyn std::fmt::Display| {
            Problem::new(format!("{}: {error}", folder.join(name).display()), "")
        };
        let network = Network::from_stored(stored).map_err(|error| wrong(NETWORK, &error))?;
        let intents = if folder.join(INTENTS).exists() {
            let stored = read_json(&folder.join(INTENTS))?;
            let model = IntentModel::from_stored(&stored);
            Arc::new(model.map_err(|error| wrong(INTENTS, &error))?)
        } else {
            IntentModel::builtin()
        };
        Ok(Self { strategies, network: Arc::new(network), intents })
    }
}

/// Those of a file, or the built-in ones.
pub fn strategies(path: Option<&Path>) -> Result<Strategies, Problem> {
    strategies_of(path)
        .map_err(|error| Problem::new(error, "docs/companion.md describes the file."))
}

pub fn read_text(path: &Path) -> Result<String, Problem> {
    let bytes = fs::read(path).map_err(|error| Problem::of_file(path, "read", error))?;
    String::from_utf8(bytes).map_err(|_| Problem::of_file(path, "read", "it is not UTF-8 text"))
}

fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, Problem> {
    serde_json::from_str(&read_text(path)?).map_err(|error| {
        Problem::new(
            format!("{}: {error}", path.display()),
            "Train it again with `mien interact train`.",
        )
    })
}

pub fn write(path: &Path, text: &str) -> Result<(), Problem> {
    fs::write(path, text).map_err(|error| Problem::of_file(path, "written", error))
}

/// All logs; each file is another user, unless its lines say whose they are.
pub fn logs(paths: &[PathBuf]) -> Result<Log, Problem> {
    let mut log = Log::default();
    for (user, path) in paths.iter().enumerate() {
        let before = log.unreadable.len();
        log.add(&read_text(path)?, user as u64);
        if let Some(line) = log.unreadable.get(before) {
            let more = log.unreadable.len() - before;
            let lines = if more == 1 { "line is" } else { "lines are" };
            eprintln!("mien: {more} {lines} no JSON in {}, first {line}; left out", path.display());
        }
    }
    if log.strayed > 0 {
        eprintln!("mien: {} answers or decisions make no sense and are left out", log.strayed);
    }
    if log.rows.is_empty() {
        return Err(Problem::new(
            "there is no decision in the log",
            "Give the lines of `mien live --headless --companion --json`, or of \
             `mien interact simulate --log FILE`.",
        ));
    }
    Ok(log)
}

/// Where decisions come from: logs or, where there are none, simulated users.
pub struct Source<'a> {
    pub logs: &'a [PathBuf],
    /// The first simulated user, how many, and interactions of each.
    pub first: u64,
    pub users: u32,
    pub interactions: u32,
    pub seed: u64,
}

impl Source<'_> {
    /// Of its decisions, what `keep` keeps.
    pub fn gather<T: Send>(
        &self,
        strategies: &Strategies,
        intents: &IntentModel,
        keep: impl Fn(LogRow) -> Option<T> + Sync,
    ) -> Result<Vec<T>, Problem> {
        if !self.logs.is_empty() {
            return Ok(logs(self.logs)?.rows.into_iter().filter_map(keep).collect());
        }
        let interactions = self.interactions as usize;
        let world = World { strategies, intents, noise: Noise::NONE, interactions };
        on_cores(None, || {
            gather(&world, self.first, self.users as usize, self.seed, |logged| keep(logged.row))
        })
    }
}

/// Works on so many cores; on all without a number.
pub fn on_cores<T: Send>(
    cores: Option<usize>,
    work: impl FnOnce() -> T + Send,
) -> Result<T, Problem> {
    let all = || std::thread::available_parallelism().map_or(1, usize::from);
    let pool = thread_pool(cores.unwrap_or_else(all));
    let pool = pool.map_err(|error| Problem::new(format!("no threads: {error}"), ""))?;
    Ok(pool.install(work))
}
