//! WebVTT (W3C, "WebVTT: The Web Video Text Tracks Format").

use std::io::{self, Write};

use super::cue::{Cue, clock};

/// Cues stand in the order of their starts. `&`, `<` and `>` would begin a tag, or end a time.
pub fn write(cues: &[Cue], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "WEBVTT")?;
    for (index, cue) in cues.iter().enumerate() {
        let text = cue.text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let (from, to) = (clock(cue.from_ms, '.'), clock(cue.to_ms, '.'));
        write!(out, "\n{}\n{from} --> {to}\n{text}\n", index + 1)?;
    }
    Ok(())
}
