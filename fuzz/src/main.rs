//! Spoils files and hands them to every parser of Mien, each case with limits of time and memory.
//! Runs on stable Rust; `README.md` says how.

mod dice;
mod mutate;
mod progress;
mod target;
mod watch;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::{Parser, Subcommand, ValueEnum as _};

use target::Target;
use watch::Places;

/// What a case may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Processor time.
    pub cpu: Duration,
    /// Memory at its highest.
    pub bytes: u64,
    /// Addresses; a process that asks for more is refused by the system.
    pub address_bytes: u64,
}

const LIMITS: Limits =
    Limits { cpu: Duration::from_secs(10), bytes: 2 << 30, address_bytes: 8 << 30 };

#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    command: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Run all targets, or those named, in turn; goes on where it was broken off.
    Run {
        #[arg(value_enum)]
        targets: Vec<Target>,
        #[arg(long, default_value_t = 120.0)]
        minutes: f64,
        #[arg(long, default_value = "fuzz.log")]
        log: PathBuf,
        #[arg(long, default_value = "fuzz/seeds")]
        seeds: PathBuf,
        #[arg(long, default_value = "fuzz/found")]
        found: PathBuf,
    },
    /// Run one case of a target, or a folder with its files, here and now.
    Again { target: Target, case: String },
    /// What `run` starts: so many cases, each announced.
    #[command(hide = true)]
    Cases {
        target: Target,
        first: u64,
        count: u64,
        #[arg(long)]
        seeds: PathBuf,
        #[arg(long)]
        work: PathBuf,
    },
}

fn main() -> Result<()> {
    match Cli::parse().command {
        Task::Run { targets, minutes, log, seeds, found } => {
            let all = Target::value_variants();
            let targets = if targets.is_empty() { all } else { &targets };
            let work = work_folder()?;
            let places = Places { seeds, found, log, work: work.clone() };
            let wanted = Duration::from_secs_f64(minutes * 60.0);
            let ran = watch::run(targets, wanted, LIMITS, &places);
            fs::remove_dir_all(work)?;
            ran
        }
        Task::Again { target, case } => {
            let folder = match case.parse() {
                Ok(number) => {
                    let (seeds, folder) = (Path::new("fuzz/seeds"), work_folder()?.join("case"));
                    target::write_case(&target::seeds(seeds, target)?, target, number, &folder)?;
                    folder
                }
                Err(_) => PathBuf::from(case),
            };
            println!("{}", folder.display());
            let began = watch::cpu(std::process::id());
            target::run_case(target, &folder)?;
            let took = watch::cpu(std::process::id()).saturating_sub(began);
            println!("{:.2} s of processor time, {} MB", took.as_secs_f64(), peak_bytes() >> 20);
            Ok(())
        }
        Task::Cases { target, first, count, seeds, work } => {
            cases(target, first, count, &seeds, &work)
        }
    }
}

/// A folder of this process, in memory if it can be.
fn work_folder() -> Result<PathBuf> {
    let memory = Path::new("/dev/shm");
    let base = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    let folder = base.join(format!("mien-fuzz-{}", std::process::id()));
    fs::create_dir_all(&folder).context("there is no place for cases")?;
    Ok(folder)
}

fn cases(target: Target, first: u64, count: u64, seeds: &Path, work: &Path) -> Result<()> {
    let seeds = target::seeds(seeds, target)?;
    let (mut out, id) = (std::io::stdout().lock(), std::process::id());
    for number in first..first + count {
        let sessions = work.join("cases");
        let folder = sessions.join("case");
        target::write_case(&seeds, target, number, &folder)?;
        writeln!(out, "begin {number}")?;
        out.flush()?;
        forget_peak()?;
        let began = watch::cpu(id);
        target::run_case(target, &folder)?;
        let took = watch::cpu(id).saturating_sub(began);
        writeln!(out, "end {number} {} {}", took.as_millis(), peak_bytes())?;
        out.flush()?;
    }
    Ok(())
}

/// The most memory this process had since [`forget_peak`].
fn peak_bytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
    kib.unwrap_or(0) << 10
}

fn forget_peak() -> Result<()> {
    fs::write("/proc/self/clear_refs", "5").context("memory can't be measured")
}
