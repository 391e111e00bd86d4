//! SubRip, as players read it: no standard says how to escape, so what they take for a tag goes.

use std::io::{self, Write};

use super::cue::{Cue, clock};

pub fn write(cues: &[Cue], out: &mut dyn Write) -> io::Result<()> {
    for (index, cue) in cues.iter().enumerate() {
        let text = cue.text.replace(['<', '>', '{', '}', '\\'], " ");
        let (from, to) = (clock(cue.from_ms, ','), clock(cue.to_ms, ','));
        write!(out, "{}\n{from} --> {to}\n{text}\n\n", index + 1)?;
    }
    Ok(())
}
