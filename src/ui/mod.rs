//! The window. The only folder that names egui.
//!
//! [`store`] holds what is known, `views` draw from it and push [`actions`], [`window`] carries
//! them out. [`theme`] is the only file with colours, sizes and spaces. Nothing here waits: what
//! may wait is done by the workers or by [`desktop`] on threads of its own.

pub mod actions;
mod app_icon;
mod baseline;
pub mod baseline_store;
pub mod classroom;
mod companion;
pub mod companion_store;
mod crew;
pub mod desktop;
mod files;
pub mod files_store;
pub mod film;
pub mod history;
mod keys;
mod lock;
pub mod lock_store;
mod marking;
pub mod model_store;
mod models;
mod pass_times;
pub mod preview;
pub mod replay_store;
pub mod reserve_font;
mod sessions;
pub mod sessions_store;
pub mod store;
mod teaching;
pub mod theme;
mod views;
mod widgets;
pub mod window;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use eframe::egui;

use crate::runtime::live::{Live, LiveOptions};
use crate::settings::Settings;
use crate::source::SourceSpec;

use actions::Workers as _;
use crew::Crew;
use desktop::{Desktop, Hooks};
use pass_times::PassTimes;
use window::Window;

/// At the end, workers get this long to write what is queued.
const SHUTDOWN: Duration = Duration::from_secs(3);

/// The same where a session is locked: work on the passphrase takes seconds, and a long session
/// some more.
const LOCKING: Duration = Duration::from_secs(60);

/// How the window starts.
pub struct WindowOptions {
    /// Models and tuning of the core.
    pub live: LiveOptions,
    /// Source to open instead of the last one.
    pub source: Option<SourceSpec>,
    /// Files to open, which then come before the source.
    pub files: Vec<PathBuf>,
    /// The user's choices.
    pub settings: Settings,
    /// Where sessions go unless the settings say otherwise.
    pub sessions_dir: PathBuf,
    /// File in which the companion remembers the user.
    pub profile: PathBuf,
    /// What the rest of the program does for the window.
    pub hooks: Hooks,
}

/// The window could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum WindowError {
    /// No X11 or Wayland, or one of its libraries is missing.
    #[error(
        "no window can be opened here: {reason}. Mien needs a graphical desktop (X11 or Wayland). \
         On a bare Debian or Ubuntu install: libx11-6 libxcursor1 libxi6 libx11-xcb1 \
         libxkbcommon-x11-0 libgl1. Without a display, use `mien live --headless`"
    )]
    NoDisplay {
        /// What the system said.
        reason: String,
    },
    /// There is a display and no OpenGL.
    #[error(
        "the window needs OpenGL, which is missing: {reason}. On a bare Debian or Ubuntu install: \
         libgl1. Without it, use `mien live --headless`"
    )]
    NoOpenGl {
        /// What the system said.
        reason: String,
    },
    /// Anything else.
    #[error("the window could not be started: {reason}")]
    Other {
        /// What the system said.
        reason: String,
    },
}

impl From<eframe::Error> for WindowError {
    fn from(error: eframe::Error) -> Self {
        let reason = without_source_place(&error.to_string());
        match error {
            eframe::Error::Winit(_) | eframe::Error::WinitEventLoop(_) => {
                Self::NoDisplay { reason }
            }
            eframe::Error::Glutin(_)
            | eframe::Error::NoGlutinConfigs(..)
            | eframe::Error::OpenGL(_) => Self::NoOpenGl { reason },
            eframe::Error::AppCreation(_) => Self::Other { reason },
        }
    }
}

/// Winit puts the place in its own source before what went wrong, which helps no user.
fn without_source_place(reason: &str) -> String {
    let told = match reason.rfind(".rs:") {
        Some(place) => reason[place..].split_once(": ").map_or(reason, |(_, told)| told),
        None => reason,
    };
    told.trim_end_matches('.').to_owned()
}

/// Opens the window and returns when it is closed.
///
/// # Errors
/// Says in words why there is no window and which packages a bare system lacks.
pub fn run(options: WindowOptions) -> Result<(), WindowError> {
    let viewport = egui::ViewportBuilder::default()
        .with_title("Mien")
        .with_app_id("mien")
        .with_inner_size([1280.0, 800.0])
        .with_min_inner_size([640.0, 480.0])
        .with_icon(app_icon::app_icon());
    let native = eframe::NativeOptions {
        viewport,
        renderer: eframe::Renderer::Glow,
        // Flat colours show no banding, and software rendering pays for every pixel.
        dithering: false,
        ..eframe::NativeOptions::default()
    };
    eframe::run_native(
        "mien",
        native,
        Box::new(|cc| Ok(Box::new(App::new(options, &cc.egui_ctx)))),
    )?;
    Ok(())
}

/// [`Window`] as eframe wants it.
struct App {
    window: Option<Window<Crew, Desktop>>,
    pass_times: PassTimes,
    /// What taking in news cost in the current pass.
    logic_took: Duration,
}

impl App {
    fn new(options: WindowOptions, ctx: &egui::Context) -> Self {
        theme::install(ctx);
        let WindowOptions { mut live, source, files, mut settings, sessions_dir, profile, hooks } =
            options;
        live.pipeline = settings.pipeline;
        // A model that was named for this start is not kept for the next one.
        live.model_dir = live.model_dir.or(settings.model_dir.clone());
        let absolute = |dir: &PathBuf| std::path::absolute(dir).unwrap_or_else(|_| dir.clone());
        let model_dir = live.model_dir.as_ref().map(absolute);
        settings.source = source.unwrap_or(settings.source);
        let (sink, view) = preview::preview(ctx);
        let waker = ctx.clone();
        let wake: Arc<dyn Fn() + Send + Sync> = Arc::new(move || waker.request_repaint());
        let (pictures, file_view) = preview::preview(ctx);
        let models = live.clone();
        let show = Box::new(move |frame| sink.show(&frame));
        let workers =
            Crew::new(Live::start(live, wake.clone(), show), models, wake, pictures, profile);
        let watched = settings.sessions_dir.clone().unwrap_or_else(|| sessions_dir.clone());
        let desktop = Desktop::start(hooks, watched, ctx);
        let kept = (settings, sessions_dir);
        let mut window =
            Window::new(workers, desktop, kept, (view, file_view), files, Instant::now());
        window.read_with(model_dir);
        Self {
            window: Some(window),
            pass_times: PassTimes::new(Instant::now()),
            logic_took: Duration::ZERO,
        }
    }
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        let start = Instant::now();
        if let Some(window) = &mut self.window {
            window.logic(ctx, start);
        }
        self.logic_took = start.elapsed();
    }

    fn ui(&mut self, ui: &mut egui::Ui, frame: &mut eframe::Frame) {
        let start = Instant::now();
        if let Some(window) = &mut self.window {
            window.ui(ui);
        }
        let now = Instant::now();
        let ours = std::mem::take(&mut self.logic_took) + (now - start);
        self.pass_times.add(ours, frame.info().cpu_usage, now);
    }

    fn on_exit(&mut self, _gl: Option<&eframe::glow::Context>) {
        let Some(window) = self.window.take() else { return };
        let time = if window.locks() { LOCKING } else { SHUTDOWN };
        if !window.into_workers().shutdown(Instant::now() + time) {
            tracing::warn!("a worker did not end in time");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_name_the_cause_and_the_packages_and_no_source_file() {
        let reason = "os error at /x/winit-0.30/src/linux/mod.rs:765: DISPLAY is not set.";
        let reason = without_source_place(reason);
        assert_eq!(reason, "DISPLAY is not set");
        let text = WindowError::NoDisplay { reason }.to_string();
        assert!(text.contains("DISPLAY is not set. ") && text.contains("libxkbcommon-x11-0"));
        assert_eq!(without_source_place("no GL: none"), "no GL: none");
    }
}
