//! `mien doctor`: what works here, and how to fix what does not.

use std::fmt::Display;
use std::path::Path;
use std::time::Instant;

use super::{EXIT_FAILED, EXIT_OK};
use crate::frame::RunId;
use crate::runtime::live::{LiveOptions, load_pipeline};
use crate::settings::Folders;
use crate::source::demo;

/// Checks everything and prints a line for each.
pub fn run(options: &LiveOptions) -> u8 {
    let mut report = Report::default();
    report.line(Mark::Good, "version", &format!("Mien {}", env!("CARGO_PKG_VERSION")), "");
    check_models(&mut report, options);
    check_cameras(&mut report);
    check_display(&mut report);
    check_folders(&mut report);
    match (report.bad, report.notes) {
        (0, 0) => println!("\nAll is well."),
        (0, notes) => println!("\nMien runs here; {notes} thing(s) to know, marked with !"),
        (bad, _) => println!("\n{bad} thing(s) to fix, marked with x"),
    }
    if report.bad == 0 { EXIT_OK } else { EXIT_FAILED }
}

#[derive(Clone, Copy, PartialEq)]
enum Mark {
    Good,
    /// Mien runs without it.
    Note,
    Bad,
}

#[derive(Default)]
struct Report {
    bad: u32,
    notes: u32,
}

impl Report {
    fn line(&mut self, mark: Mark, what: &str, found: &dyn Display, fix: &str) {
        let sign = match mark {
            Mark::Good => "ok",
            Mark::Note => " !",
            Mark::Bad => " x",
        };
        self.bad += u32::from(mark == Mark::Bad);
        self.notes += u32::from(mark == Mark::Note);
        println!("{sign}  {what:<9} {found}");
        if !fix.is_empty() {
            println!("              {fix}");
        }
    }
}

/// Loads the models and reads one drawn face, so that the whole path is tried.
fn check_models(report: &mut Report, options: &LiveOptions) {
    let mut pipeline = match load_pipeline(options) {
        Ok(pipeline) => pipeline,
        Err(error) => return report.line(Mark::Bad, "models", &error, error.advice()),
    };
    let names = format!("{} and {}", pipeline.detector().card.name, pipeline.emotion().card.name);
    let frame = demo::sample_frame(RunId(0));
    // The first run is slower: memory is laid out.
    let reading = pipeline.process(&frame).and_then(|_| {
        let start = Instant::now();
        pipeline.process(&frame).map(|observation| (observation, start.elapsed()))
    });
    match reading {
        Ok((observation, elapsed)) if observation.faces.len() == 1 => {
            let ms = elapsed.as_secs_f64() * 1000.0;
            report.line(Mark::Good, "models", &format!("{names}; {ms:.0} ms a frame"), "");
        }
        Ok((observation, _)) => report.line(
            Mark::Bad,
            "models",
            &format!("{names} found {} faces in a drawing of one", observation.faces.len()),
            "Use the built-in models, or check the card of yours.",
        ),
        Err(error) => report.line(Mark::Bad, "models", &error, "Use the built-in models."),
    }
}

#[cfg(feature = "camera")]
fn check_cameras(report: &mut Report) {
    use crate::source::SourceError;
    use crate::source::camera::cameras;
    let found = match cameras() {
        Ok(found) if found.is_empty() => Err(SourceError::NoCamera),
        found => found,
    };
    match found {
        Err(error) => report.line(Mark::Note, "camera", &error, error.advice()),
        Ok(found) => {
            for camera in found {
                let name = format!("camera:{} {}", camera.number, camera.name);
                match (&camera.problem, &camera.best) {
                    (Some(problem), _) => {
                        report.line(
                            Mark::Bad,
                            "camera",
                            &format!("{name}: {problem}"),
                            problem.advice(),
                        );
                    }
                    (None, Some(best)) => {
                        report.line(Mark::Good, "camera", &format!("{name}, {best}"), "");
                    }
                    (None, None) => report.line(
                        Mark::Bad,
                        "camera",
                        &format!("{name} offers no usable picture format"),
                        "Choose another camera, or report its formats to us.",
                    ),
                }
            }
        }
    }
}

#[cfg(not(feature = "camera"))]
fn check_cameras(report: &mut Report) {
    let error = crate::source::SourceError::NotBuilt;
    report.line(Mark::Note, "camera", &error, error.advice());
}

#[cfg(all(feature = "gui", target_os = "linux"))]
fn check_display(report: &mut Report) {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let Some(display) = set("WAYLAND_DISPLAY").or_else(|| set("DISPLAY")) else {
        return report.line(
            Mark::Note,
            "display",
            &"none (neither WAYLAND_DISPLAY nor DISPLAY is set)",
            "Start Mien from a desktop, or use `mien live --headless`.",
        );
    };
    // Loaded when the window opens; on a desktop they are there.
    let needed = [
        ("libGL.so.1", "libgl1"),
        ("libX11.so.6", "libx11-6"),
        ("libXcursor.so.1", "libxcursor1"),
        ("libXi.so.6", "libxi6"),
        ("libX11-xcb.so.1", "libx11-xcb1"),
        ("libxkbcommon-x11.so.0", "libxkbcommon-x11-0"),
    ];
    let missing: Vec<&str> =
        needed.iter().filter(|(file, _)| !has_library(file)).map(|(_, package)| *package).collect();
    if missing.is_empty() {
        report.line(Mark::Good, "display", &display, "");
    } else {
        let fix = format!("On Debian or Ubuntu: sudo apt install {}", missing.join(" "));
        report.line(Mark::Note, "display", &format!("{display}, but libraries seem missing"), &fix);
    }
}

#[cfg(all(feature = "gui", target_os = "linux"))]
fn has_library(file: &str) -> bool {
    let folders = ["/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib"];
    let triplet = format!("{}-linux-gnu", std::env::consts::ARCH);
    folders
        .iter()
        .map(Path::new)
        .any(|folder| folder.join(file).exists() || folder.join(&triplet).join(file).exists())
}

#[cfg(not(all(feature = "gui", target_os = "linux")))]
fn check_display(_: &mut Report) {}

fn check_folders(report: &mut Report) {
    let folders = match Folders::locate() {
        Ok(folders) => folders,
        Err(error) => return report.line(Mark::Bad, "folders", &error, error.advice()),
    };
    let (settings, trouble) = folders.settings_file().load();
    match trouble {
        Some(error) => report.line(Mark::Note, "settings", &error, error.advice()),
        None => report.line(Mark::Good, "settings", &folders.config.display(), ""),
    }
    let sessions = settings.sessions_dir.unwrap_or(folders.sessions);
    match try_writing(&sessions) {
        Ok(()) => report.line(Mark::Good, "sessions", &sessions.display(), ""),
        Err(error) => report.line(
            Mark::Bad,
            "sessions",
            &format!("{} can't be written: {error}", sessions.display()),
            "Choose another folder in the settings, or name one with --record.",
        ),
    }
}

/// Writes a file where sessions would go, or where their folder would be made, and removes it.
fn try_writing(dir: &Path) -> std::io::Result<()> {
    let existing = dir.ancestors().find(|dir| dir.is_dir()).unwrap_or(dir);
    let probe = existing.join(format!(".mien-doctor-{}", std::process::id()));
    std::fs::write(&probe, b"probe")?;
    std::fs::remove_file(&probe)
}
