//! What the user chose, kept between starts.

use std::path::PathBuf;

use crate::pipeline::PipelineOptions;
use crate::source::SourceSpec;

/// What the user chose. The participant code is not among it: it belongs to one session.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Dark or light.
    pub theme: Theme,
    /// Factor on all text sizes.
    pub text_scale: f32,
    /// Where frames come from at the next start.
    pub source: SourceSpec,
    /// Show cameras as a mirror would.
    pub mirror: bool,
    /// Draw boxes and labels on the picture.
    pub overlays: bool,
    /// Do without movement that only pleases.
    pub reduced_motion: ReducedMotion,
    /// Version of the welcome text that was read; 0: none.
    pub welcome_seen: u32,
    /// Where sessions go, an absolute path; `None`: the system's folder for documents.
    pub sessions_dir: Option<PathBuf>,
    /// Tuning of the core.
    pub pipeline: PipelineOptions,
}

/// Dark or light.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// As the desktop is.
    #[default]
    System,
    /// Dark.
    Dark,
    /// Light.
    Light,
}

/// Whether to do without movement that only pleases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ReducedMotion {
    /// As the desktop says, where it says so.
    #[default]
    System,
    /// Do without.
    On,
    /// Keep it.
    Off,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            theme: Theme::default(),
            text_scale: 1.0,
            source: SourceSpec::Camera { number: None, size: None },
            mirror: true,
            overlays: true,
            reduced_motion: ReducedMotion::default(),
            welcome_seen: 0,
            sessions_dir: None,
            pipeline: PipelineOptions::default(),
        }
    }
}
