//! How fast saved videos are read: `cargo bench --bench video`, with an installed ffmpeg.
//!
//! Clips of the drawn scene with one person are made first. Decoding alone and the whole analysis
//! stand beside `ffmpeg -f null` of the same file from the same run, so that machines can be
//! compared. Files named on the command line are measured too.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use mien::frame::RunId;
use mien::pipeline::{Pipeline, PipelineOptions};
use mien::runtime::cancel::cancel_token;
use mien::runtime::file::{FileJob, Selection, analyse};
use mien::session::FileRecord;
use mien::source::demo::{Scene, SceneKind};
use mien::source::media::{self, MediaItem, OpenOptions};
use mien::time::Pts;

const RATE_HZ: u64 = 30;

fn main() {
    // `cargo test --benches` only asks whether it runs.
    let quick = std::env::args().any(|argument| argument == "--test");
    let named = std::env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    let mut files: Vec<PathBuf> = named.map(PathBuf::from).collect();
    let folder = tempfile::tempdir().expect("a temporary folder");
    if files.is_empty() {
        // A minute, so that starting does not count as reading.
        let frames = if quick { 10 } else { 60 * RATE_HZ };
        for (name, size) in [("640x480.mp4", (640, 480)), ("1920x1080.mp4", (1920, 1080))] {
            let path = folder.path().join(name);
            if !make_clip(&path, size, frames) {
                println!("there is no ffmpeg to make clips with");
                return;
            }
            files.push(path);
        }
    }
    let began = Instant::now();
    let mut pipeline = Pipeline::builtin(PipelineOptions::default()).expect("the built-in models");
    println!("models loaded in {:.0} ms\n", began.elapsed().as_secs_f64() * 1e3);
    println!("{:<24} {:<28} {:>9} {:>13}", "file", "what", "frames/s", "x real time");
    for file in &files {
        let (frames, secs) = decode(file, false);
        print_ffmpeg(file, frames, secs);
        print(file, "decode", || decode(file, false));
        print(file, "decode to RGB", || decode(file, true));
        print(file, "analysis, every frame", || whole(&mut pipeline, file, folder.path(), None));
        print(file, "analysis, 5 a second", || {
            whole(&mut pipeline, file, folder.path(), Some(5.0))
        });
    }
}

/// Times `work`, which gives how many frames it read and when the last is shown.
fn print(file: &Path, what: &str, work: impl FnOnce() -> (u64, f64)) {
    let began = Instant::now();
    let (frames, secs) = work();
    line(file, what, frames, secs, began.elapsed());
}

fn line(file: &Path, what: &str, frames: u64, secs: f64, took: Duration) {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let took = took.as_secs_f64();
    println!("{name:<24} {what:<28} {:>9.1} {:>13.2}", frames as f64 / took, secs / took);
}

fn decode(file: &Path, to_rgb: bool) -> (u64, f64) {
    let mut reader = media::open(file, &OpenOptions::default()).expect("it opens");
    let (mut frames, mut last) = (0, Pts::ZERO);
    while let Some(item) = reader.next_item().expect("it reads") {
        if let MediaItem::Picture(picture) = item {
            (frames, last) = (frames + 1, picture.pts);
            if to_rgb {
                std::hint::black_box(picture.into_frame(RunId(1)).expect("a frame"));
            }
        }
    }
    (frames, last.as_secs_f64())
}

fn whole(
    pipeline: &mut Pipeline,
    file: &Path,
    folder: &Path,
    sample_rate_hz: Option<f64>,
) -> (u64, f64) {
    let job = FileJob {
        path: file.into(),
        open: OpenOptions::default(),
        selection: Selection { sample_rate_hz, ..Selection::default() },
        sessions_dir: folder.join("sessions"),
        folder_name: "bench".into(),
        record: FileRecord::default(),
    };
    let (_guard, cancelled) = cancel_token();
    let analysed = analyse(pipeline, &job, RunId(1), &cancelled, &mut |_| ());
    let analysed = analysed.expect("it is analysed");
    (analysed.frames, analysed.last.as_secs_f64())
}

/// What ffmpeg takes for the same frames; nothing is printed without it.
fn print_ffmpeg(file: &Path, frames: u64, secs: f64) {
    let began = Instant::now();
    let run = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error", "-threads", "1", "-i"])
        .arg(file)
        .args(["-an", "-f", "null", "-"])
        .status();
    if run.is_ok_and(|status| status.success()) {
        line(file, "ffmpeg -f null, one thread", frames, secs, began.elapsed());
    }
}

/// Draws the scene into a clip; false without ffmpeg.
fn make_clip(path: &Path, size: (u32, u32), frames: u64) -> bool {
    let (width, height) = size;
    let child = Command::new("ffmpeg")
        .args(["-v", "error", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s"])
        .arg(format!("{width}x{height}"))
        .args(["-r", &RATE_HZ.to_string(), "-i", "-", "-c:v", "libx264", "-preset", "veryfast"])
        .args(["-pix_fmt", "yuv420p", "-crf", "23"])
        .arg(path)
        .stdin(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else { return false };
    let mut scene = Scene::new(SceneKind::Alone, size, 1);
    let mut rgb = Vec::new();
    let mut input = child.stdin.take().expect("it is piped");
    for index in 0..frames {
        let at = Duration::from_micros(index * 1_000_000 / RATE_HZ);
        scene.render(Pts::new(at), &mut rgb);
        if input.write_all(&rgb).is_err() {
            return false;
        }
    }
    drop(input);
    child.wait().is_ok_and(|status| status.success())
}
