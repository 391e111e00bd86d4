//! What the user chose, kept between starts.

use std::path::PathBuf;

use crate::pipeline::PipelineOptions;

/// Every choice of the user. Missing or invalid ones take their default.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Dark, light, or as the system has it.
    pub theme: ThemeChoice,
    /// Scale of everything in the window; 1 is normal, 0.75..=2.5.
    pub text_scale: f32,
    /// The source of the last start, as [`crate::source::SourceSpec`] is written.
    pub source: Option<String>,
    /// Show cameras as a mirror does.
    pub mirror: bool,
    /// Draw a box and a chip at each face.
    pub show_boxes: bool,
    /// Whether bars move or jump.
    pub reduced_motion: MotionChoice,
    /// Tuning of tracking and smoothing.
    pub pipeline: PipelineOptions,
    /// Folder in which session folders are made.
    pub sessions_dir: PathBuf,
    /// Version of the first-start text that was accepted; 0: none.
    pub welcome_seen: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            theme: ThemeChoice::System,
            text_scale: 1.0,
            source: None,
            mirror: true,
            show_boxes: true,
            reduced_motion: MotionChoice::System,
            pipeline: PipelineOptions::default(),
            sessions_dir: PathBuf::from("sessions"),
            welcome_seen: 0,
        }
    }
}

/// Colours of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ThemeChoice {
    /// As the system has it.
    #[default]
    System,
    /// Light text on dark.
    Dark,
    /// Dark text on light.
    Light,
}

/// Whether movement in the window is reduced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MotionChoice {
    /// As the system wishes.
    #[default]
    System,
    /// Reduced: nothing moves by itself.
    On,
    /// Not reduced.
    Off,
}
