//! How far a run is, kept on disk so that it can be broken off and go on.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::target::Target;

#[derive(Debug, Default)]
pub struct Progress {
    path: PathBuf,
    next: BTreeMap<String, u64>,
    /// Cases kept.
    pub found: u64,
    /// Time spent in cases.
    pub ran: Duration,
}

impl Progress {
    /// What an earlier run left; nothing if there was none.
    ///
    /// # Errors
    /// If it can't be read.
    pub fn load(path: &Path) -> Result<Self> {
        let mut progress = Self { path: path.into(), ..Self::default() };
        if !path.exists() {
            return Ok(progress);
        }
        let text = fs::read_to_string(path)?;
        for line in text.lines() {
            let (name, number) = line.split_once(' ').context("the state is no state")?;
            let number = number.parse().context("the state is no state")?;
            match name {
                "found" => progress.found = number,
                "ran-ms" => progress.ran = Duration::from_millis(number),
                name => drop(progress.next.insert(name.to_owned(), number)),
            }
        }
        Ok(progress)
    }

    /// # Errors
    /// If it can't be written.
    pub fn save(&self) -> Result<()> {
        let mut text = format!("found {}\nran-ms {}\n", self.found, self.ran.as_millis());
        for (name, number) in &self.next {
            text += &format!("{name} {number}\n");
        }
        fs::write(&self.path, text).context("the state can't be written")
    }

    /// Number of the next case of a target.
    pub fn next(&self, target: Target) -> u64 {
        self.next.get(&target.name()).copied().unwrap_or(0)
    }

    pub fn advance(&mut self, target: Target, next: u64, found: u64, took: Duration) {
        self.next.insert(target.name(), next);
        self.found += found;
        self.ran += took;
    }

    /// Cases so far.
    pub fn cases(&self) -> u64 {
        self.next.values().sum()
    }
}
