//! `mien cameras`.

use std::io::{self, Write};

use super::{EXIT_FAILED, EXIT_OK, fail};
use crate::source::SourceError;
use crate::source::camera::{CameraInfo, cameras};

/// Lists cameras; fails if there is none that can be used.
pub fn run(json: bool) -> u8 {
    let found = match cameras() {
        Ok(found) if found.is_empty() => Err(SourceError::NoCamera),
        found => found,
    };
    match found {
        Ok(found) => {
            // Whoever closed the pipe has seen enough.
            let _ = if json { print_json(&found) } else { print_table(&found) };
            if found.iter().any(CameraInfo::is_usable) { EXIT_OK } else { EXIT_FAILED }
        }
        Err(error) => fail(&error.to_string(), error.advice()),
    }
}

fn print_table(found: &[CameraInfo]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for camera in found {
        writeln!(out, "camera:{}  {}", camera.number, camera.name)?;
        if let Some(best) = &camera.best {
            writeln!(out, "    takes   {best}")?;
        }
        let others = camera.formats.iter().filter(|format| Some(*format) != camera.best.as_ref());
        for format in others {
            writeln!(out, "    offers  {format}")?;
        }
        if !camera.unknown_formats.is_empty() {
            writeln!(out, "    can't be read: {}", camera.unknown_formats.join(", "))?;
        }
        if let Some(problem) = &camera.problem {
            writeln!(out, "    {problem}. {}", problem.advice())?;
        }
    }
    Ok(())
}

fn print_json(found: &[CameraInfo]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for camera in found {
        let line = serde_json::json!({
            "source": format!("camera:{}", camera.number),
            "name": camera.name,
            "usable": camera.is_usable(),
            "takes": camera.best.as_ref().map(ToString::to_string),
            "offers": camera.formats.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "problem": camera.problem.as_ref().map(ToString::to_string),
        });
        writeln!(out, "{line}")?;
    }
    Ok(())
}
