//! Counts the frames that a newer one replaced, from the gaps in what arrives.

use crate::frame::RunId;

/// Follows one flow of frames, in the order of capture.
#[derive(Debug, Default)]
pub struct DropCounter {
    /// Run of the last frame, and its number among the sound ones.
    last: Option<(RunId, u64)>,
}

impl DropCounter {
    /// Takes the next frame; how many sound ones are missing between it and the one before.
    ///
    /// `index` counts all frames of the run, `damaged_before` those of them that were damaged: a
    /// damaged frame leaves a gap and was not dropped. Nothing is missing where a run starts.
    pub fn missing_before(&mut self, run: RunId, index: u64, damaged_before: u64) -> u64 {
        let sound = index.saturating_sub(damaged_before);
        match self.last.replace((run, sound)) {
            Some((last_run, last)) if last_run == run => sound.saturating_sub(last + 1),
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaced_frames_are_missing_and_damaged_ones_are_not() {
        let mut drops = DropCounter::default();
        let run = RunId(1);
        assert_eq!(drops.missing_before(run, 4, 0), 0, "what came before is not its business");
        assert_eq!(drops.missing_before(run, 5, 0), 0);
        assert_eq!(drops.missing_before(run, 8, 0), 2);
        assert_eq!(drops.missing_before(run, 10, 1), 0, "9 was damaged");
        assert_eq!(drops.missing_before(run, 14, 2), 2, "of 11 to 13 one was damaged");
        assert_eq!(drops.missing_before(RunId(2), 30, 0), 0, "another run");
        assert_eq!(drops.missing_before(RunId(2), 31, 0), 0);
    }
}
