//! Runs cases in a process of their own and notices when it dies, hangs or eats.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use crate::Limits;
use crate::progress::Progress;
use crate::target::Target;

/// Cases of one target before the next has its turn.
const BATCH: u64 = 200;

/// A process that gets no processor for so long is not hanging, but the machine is busy.
const MOST_WALL: Duration = Duration::from_secs(900);

/// Where things are.
#[derive(Debug, Clone)]
pub struct Places {
    pub seeds: PathBuf,
    /// Cases that were found are kept here.
    pub found: PathBuf,
    pub log: PathBuf,
    /// For files of a case; in memory if there is such a folder.
    pub work: PathBuf,
}

/// What a case did that it should not.
#[derive(Debug, Clone, PartialEq)]
enum Finding {
    Died { how: String },
    Hung,
    Slow { cpu: Duration },
    Large { bytes: u64 },
}

impl Finding {
    fn kind(&self) -> &'static str {
        match self {
            Self::Died { .. } => "died",
            Self::Hung => "hung",
            Self::Slow { .. } => "slow",
            Self::Large { .. } => "large",
        }
    }
}

/// Runs targets in turn until they have run for `wanted`, earlier runs included.
///
/// # Errors
/// If a process can't be started or a file can't be written.
pub fn run(targets: &[Target], wanted: Duration, limits: Limits, places: &Places) -> Result<()> {
    let mut progress = Progress::load(&places.log.with_extension("state"))?;
    say(places, &format!("start: {:.1} min done before", progress.ran.as_secs_f64() / 60.0))?;
    for target in targets.iter().copied().cycle() {
        if progress.ran >= wanted {
            break;
        }
        let began = Instant::now();
        let first = progress.next(target);
        let (next, findings) = batch(target, first, limits, places)?;
        for (number, finding) in &findings {
            keep(target, *number, finding, places)?;
        }
        progress.advance(target, next, findings.len() as u64, began.elapsed());
        progress.save()?;
        say(
            places,
            &format!(
                "{}: cases {first} to {}, {} found; in all {} cases, {} found, {:.1} min",
                target.name(),
                next - 1,
                findings.len(),
                progress.cases(),
                progress.found,
                progress.ran.as_secs_f64() / 60.0
            ),
        )?;
    }
    say(places, &format!("end: {} cases, {} found", progress.cases(), progress.found))
}

fn say(places: &Places, line: &str) -> Result<()> {
    println!("{line}");
    let mut log = OpenOptions::new().create(true).append(true).open(&places.log)?;
    writeln!(log, "{line}").context("the log can't be written")
}

/// Runs up to [`BATCH`] cases; the number of the next one, and what was found.
fn batch(
    target: Target,
    first: u64,
    limits: Limits,
    places: &Places,
) -> Result<(u64, Vec<(u64, Finding)>)> {
    let end = first + BATCH;
    let (mut next, mut findings) = (first, Vec::new());
    while next < end {
        let mut case = Case { number: next, finding: None };
        let stderr = places.work.join("stderr");
        let mut child = start(target, next, end - next, limits, places, &stderr)?;
        let outcome = follow(&mut child, limits, &mut case, &mut findings);
        if outcome.is_err() {
            // Whatever it does now, it must not outlive us.
            let _ = child.kill();
        }
        let status = child.wait()?;
        outcome?;
        next = case.number + 1;
        if let Some(finding) = case.finding.take().or_else(|| died(status, &stderr)) {
            let earlier = case.number;
            findings.push((earlier, finding));
        } else {
            break;
        }
    }
    Ok((next.max(first + 1), findings))
}

struct Case {
    number: u64,
    finding: Option<Finding>,
}

fn start(
    target: Target,
    first: u64,
    count: u64,
    limits: Limits,
    places: &Places,
    stderr: &Path,
) -> Result<Child> {
    let program = std::env::current_exe()?;
    // A limit that holds even where nobody looks; the shell's is in KiB.
    let limited = format!("ulimit -v {}; exec \"$0\" \"$@\"", limits.address_bytes >> 10);
    Command::new("sh")
        .args(["-c", &limited])
        .arg(program)
        .arg("cases")
        .arg(target.name())
        .args([first.to_string(), count.to_string()])
        .arg("--seeds")
        .arg(&places.seeds)
        .arg("--work")
        .arg(&places.work)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(File::create(stderr)?)
        .spawn()
        .context("the process for cases can't be started")
}

/// Listens to what the process says of each case, and ends it when one takes too long.
fn follow(
    child: &mut Child,
    limits: Limits,
    case: &mut Case,
    findings: &mut Vec<(u64, Finding)>,
) -> Result<()> {
    let id = child.id();
    let lines = child.stdout.take().context("it has no output")?;
    let (said, hear) = std::sync::mpsc::sync_channel(16);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            for line in BufReader::new(lines).lines().map_while(Result::ok) {
                if said.send(line).is_err() {
                    return;
                }
            }
        });
        let (mut began, mut began_cpu) = (Instant::now(), cpu(id));
        loop {
            match hear.recv_timeout(Duration::from_secs(1)) {
                Ok(line) => {
                    let mut words = line.split(' ');
                    let word = words.next();
                    let mut number = || words.next().and_then(|word| word.parse::<u64>().ok());
                    let of = number().context("the process says something else")?;
                    case.number = of;
                    if word == Some("end") {
                        let cpu = Duration::from_millis(number().unwrap_or(0));
                        let bytes = number().unwrap_or(0);
                        if cpu > limits.cpu {
                            findings.push((of, Finding::Slow { cpu }));
                        } else if bytes > limits.bytes {
                            findings.push((of, Finding::Large { bytes }));
                        }
                    }
                    (began, began_cpu) = (Instant::now(), cpu(id));
                }
                Err(std::sync::mpsc::RecvTimeoutError::Timeout) => {
                    let spent = cpu(id).saturating_sub(began_cpu);
                    if spent > limits.cpu * 3 || began.elapsed() > MOST_WALL {
                        case.finding = Some(Finding::Hung);
                        child.kill()?;
                        return Ok(());
                    }
                }
                Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => return Ok(()),
            }
        }
    })
}

/// Processor time of the first thread of a process; zero once it is gone.
pub fn cpu(id: u32) -> Duration {
    let text = fs::read_to_string(format!("/proc/{id}/schedstat")).unwrap_or_default();
    let nanos = text.split(' ').next().and_then(|word| word.parse().ok());
    Duration::from_nanos(nanos.unwrap_or(0))
}

fn died(status: ExitStatus, stderr: &Path) -> Option<Finding> {
    if status.success() {
        return None;
    }
    let said = fs::read(stderr).unwrap_or_default();
    let tail = String::from_utf8_lossy(&said[said.len().saturating_sub(600)..]).into_owned();
    Some(Finding::Died { how: format!("{status}\n{tail}") })
}

/// Keeps a case: the folder that `again` reads, and what it did.
fn keep(target: Target, number: u64, finding: &Finding, places: &Places) -> Result<()> {
    let name = format!("{}-{number}-{}", target.name(), finding.kind());
    say(places, &format!("FOUND {name}: {finding:?}"))?;
    let folder = places.found.join(name);
    let seeds = crate::target::seeds(&places.seeds, target)?;
    crate::target::write_case(&seeds, target, number, &folder)
}
