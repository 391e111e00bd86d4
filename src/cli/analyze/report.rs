//! What a person or a program sees of a batch: bars while it runs, a table at its end, or lines.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use super::state;
use crate::cli::fail;
use crate::runtime::batch::Outcome;
use crate::runtime::file::{Analysed, FileError, Progress};
use crate::source::inputs::Input;

/// A program gets so much word of a file.
const LINE_EVERY: Duration = Duration::from_millis(500);

/// Steps of a bar a second of video.
const STEPS: f64 = 100.0;

/// Follows a batch and tells of it.
pub struct Report {
    inputs: Vec<Input>,
    json: bool,
    bars: MultiProgress,
    running: HashMap<usize, Running>,
    rows: Vec<Vec<String>>,
    counts: Counts,
}

struct Running {
    bar: ProgressBar,
    since: Instant,
    line_at: Option<Instant>,
}

#[derive(Default)]
struct Counts {
    analysed: usize,
    damaged: usize,
    skipped: usize,
    failed: usize,
}

impl Report {
    /// For these inputs; `json`: lines instead of bars and table.
    pub fn new(inputs: &[Input], json: bool) -> Self {
        // Bars are drawn on standard error, and only if that is a terminal.
        let bars = MultiProgress::new();
        if json {
            bars.set_draw_target(indicatif::ProgressDrawTarget::hidden());
        }
        Self {
            inputs: inputs.to_vec(),
            json,
            bars,
            running: HashMap::new(),
            rows: Vec::new(),
            counts: Counts::default(),
        }
    }

    /// A folder or file that could not even be looked at.
    pub fn unusable(&mut self, path: &Path, error: &io::Error) {
        self.counts.failed += 1;
        let reason = format!("{} can't be read: {error}", one_line(path));
        let path_text = path.to_string_lossy();
        let line =
            json!({ "event": "failed", "file": path_text, "fault": "file", "reason": reason });
        self.line(&line);
        self.say(&reason, "Check that it is there and that you may read it.");
        self.rows.push(vec!["failed".into(), one_line(path), reason]);
    }

    /// A file is being read.
    pub fn started(&mut self, file: usize) {
        let bar = self.bars.add(ProgressBar::new_spinner());
        bar.set_prefix(shortened(&self.name(file)));
        // The template is ours; should it be wrong, the default bar is as good.
        if let Ok(style) = ProgressStyle::with_template("{prefix:24} {spinner} reading") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        self.running.insert(file, Running { bar, since: Instant::now(), line_at: None });
        let total = self.inputs.len();
        let path = self.path_text(file);
        self.line(&json!({ "event": "started", "file": path, "number": file + 1, "of": total }));
    }

    /// Frames were analysed.
    pub fn progress(&mut self, file: usize, progress: &Progress) {
        let path = self.path_text(file);
        let Some(running) = self.running.get_mut(&file) else { return };
        let (at, now) = (progress.pts.as_secs_f64(), Instant::now());
        let elapsed = now.duration_since(running.since).as_secs_f64().max(1e-3);
        if self.json {
            if running.line_at.is_some_and(|last| now.duration_since(last) < LINE_EVERY) {
                return;
            }
            running.line_at = Some(now);
            let line = json!({
                "event": "progress",
                "file": path,
                "seconds": at,
                "of_seconds": progress.end.map(|end| end.as_secs_f64()),
                "frames": progress.frames,
                "times_real_time": (at / elapsed * 10.0).round() / 10.0,
            });
            self.line(&line);
            return;
        }
        if let Some(end) = progress.end
            && running.bar.length() != Some((end.as_secs_f64() * STEPS) as u64)
        {
            running.bar.set_length((end.as_secs_f64() * STEPS) as u64);
            let template = "{prefix:24} {bar:24} {percent:>3} %  {msg}, {eta} left";
            if let Ok(style) = ProgressStyle::with_template(template) {
                running.bar.set_style(style.progress_chars("\u{2501}\u{2501}\u{2500}"));
            }
        }
        running.bar.set_position((at * STEPS) as u64);
        running.bar.set_message(format!("{:.1}x real time", at / elapsed));
    }

    /// A file is done.
    pub fn ended(&mut self, file: usize, outcome: Outcome) {
        let outcome = outcome.of_file(self.inputs.get(file).is_some_and(|input| input.named));
        let running = self.running.remove(&file);
        let elapsed = running.map(|running| {
            running.bar.finish_and_clear();
            running.since.elapsed()
        });
        let (path, name) = (self.path_text(file), self.name(file));
        let state = state(&outcome);
        match &outcome {
            Outcome::Analysed(analysed) => {
                let damaged = !analysed.damage.is_empty();
                self.counts.damaged += usize::from(damaged);
                self.counts.analysed += usize::from(!damaged);
                for damage in &analysed.damage {
                    let at = damage.from.as_secs_f64();
                    self.say(&format!("{name}: damaged at {at:.3} s: {}", damage.reason), "");
                }
                self.line(&analysed_line(&path, state, analysed));
                self.rows.push(analysed_row(state, name, analysed, elapsed));
            }
            Outcome::Skipped { folder, reason } => {
                self.counts.skipped += 1;
                let session = folder.as_ref().map(|folder| folder.to_string_lossy());
                let line =
                    json!({ "event": state, "file": path, "session": session, "reason": reason });
                self.line(&line);
                self.rows.push(vec![state.into(), name, reason.clone()]);
            }
            // Whoever stopped it knows.
            Outcome::Failed(FileError::Cancelled) => {
                self.line(&json!({ "event": state, "file": path }));
                self.rows.push(vec![state.into(), name]);
            }
            Outcome::Failed(error) => {
                self.counts.failed += 1;
                let advice = error.advice();
                self.line(&json!({
                    "event": state,
                    "file": path,
                    "fault": fault(error),
                    "reason": error.to_string(),
                    "advice": advice,
                }));
                self.say(&error.to_string(), advice);
                self.rows.push(vec![state.into(), name, error.to_string()]);
            }
        }
    }

    /// Prints the table; whether every file gave a session.
    pub fn finish(self, interrupted: bool) -> bool {
        let Counts { analysed, damaged, skipped, failed } = self.counts;
        let all_well = failed == 0;
        if self.json {
            self.line(&json!({
                "event": "finished",
                "analysed": analysed,
                "damaged": damaged,
                "skipped": skipped,
                "failed": failed,
                "interrupted": interrupted,
            }));
            return all_well;
        }
        let mut text = table(&self.rows);
        let mut counts = vec![format!("{analysed} analysed")];
        for (count, word) in [(damaged, "damaged"), (skipped, "skipped"), (failed, "failed")] {
            if count > 0 {
                counts.push(format!("{count} {word}"));
            }
        }
        // Writing to a string does not fail.
        let _ = writeln!(text, "{}", counts.join(", "));
        if interrupted {
            text.push_str("Interrupted. Started again, it goes on where it stopped.\n");
        }
        print(&text);
        all_well
    }

    fn say(&self, cause: &str, advice: &str) {
        if !self.json {
            self.bars.suspend(|| fail(cause, advice));
        }
    }

    fn line(&self, line: &Value) {
        if self.json {
            print(&format!("{line}\n"));
        }
    }

    fn name(&self, file: usize) -> String {
        let path = self.inputs.get(file).map_or(Path::new(""), |input| input.path.as_path());
        path.file_name().map_or_else(|| one_line(path), |name| one_line(Path::new(name)))
    }

    fn path_text(&self, file: usize) -> String {
        let input = self.inputs.get(file);
        input.map_or_else(String::new, |input| input.path.to_string_lossy().into_owned())
    }
}

/// Whose fault it is, for programs that decide whether to try again: a file that can't be read
/// stays so.
fn fault(error: &FileError) -> &'static str {
    match error {
        FileError::Media(_) | FileError::NothingSelected => "file",
        FileError::Record(_) | FileError::Earlier(_) => "folder",
        FileError::Worker { .. } | FileError::Cancelled => "program",
    }
}

/// To standard output; whoever reads may have seen enough.
fn print(text: &str) {
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

fn analysed_line(path: &str, state: &str, analysed: &Analysed) -> Value {
    let damage: Vec<Value> = analysed
        .damage
        .iter()
        .map(|damage| {
            json!({
                "seconds": damage.from.as_secs_f64(),
                "frames": damage.pictures,
                "reason": damage.reason,
            })
        })
        .collect();
    json!({
        "event": state,
        "file": path,
        "session": analysed.finished.folder.to_string_lossy(),
        "container": analysed.info.container,
        "codec": analysed.info.codec,
        "decoder": analysed.info.decoder,
        "frames": analysed.frames,
        "frames_with_face": analysed.frames_with_face,
        "rows": analysed.finished.rows,
        "seconds": analysed.last.as_secs_f64(),
        "cuts": analysed.cuts,
        "damage": damage,
    })
}

fn analysed_row(
    state: &str,
    name: String,
    analysed: &Analysed,
    elapsed: Option<Duration>,
) -> Vec<String> {
    let Analysed { frames, frames_with_face, last, cuts, finished, .. } = analysed;
    let share = *frames_with_face as f64 / (*frames).max(1) as f64 * 100.0;
    let speed = last.as_secs_f64() / elapsed.map_or(f64::INFINITY, |e| e.as_secs_f64());
    let folder = finished.folder.file_name().unwrap_or_default().to_string_lossy();
    let plural = |n: u64, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
    vec![
        state.into(),
        name,
        format!("{}, {share:.0} % with a face", plural(*frames, "frame")),
        format!("{:.1} s, {}", last.as_secs_f64(), plural(*cuts, "cut")),
        if speed >= 0.1 { format!("{speed:.1}x") } else { String::new() },
        folder.into_owned(),
    ]
}

/// Columns as wide as their content; the last cell of each row may be as long as it likes.
fn table(rows: &[Vec<String>]) -> String {
    let mut widths = Vec::<usize>::new();
    for row in rows {
        for (column, cell) in row.iter().enumerate().take(row.len().saturating_sub(1)) {
            if widths.len() <= column {
                widths.push(0);
            }
            widths[column] = widths[column].max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let width = widths.get(column).copied().unwrap_or(0);
            let _ = write!(line, "{cell:width$}  ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// A path on one line, whatever bytes it holds.
pub fn one_line(path: &Path) -> String {
    path.to_string_lossy().chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

fn shortened(name: &str) -> String {
    const LONGEST: usize = 24;
    if name.chars().count() <= LONGEST {
        return name.to_owned();
    }
    let kept: String = name.chars().take(LONGEST - 1).collect();
    format!("{kept}\u{2026}")
}
