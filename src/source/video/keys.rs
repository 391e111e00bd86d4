//! Where decoding can begin: found on the way through a file, remembered in bounded memory.

/// A picture that can be decoded without others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct KeyPoint {
    /// When it is shown, in millionths of a second.
    pub micros: i64,
    /// Pictures that come before it in the file and are shown.
    pub index: u64,
    pub place: Place,
}

/// Where a packet lies, as its container finds it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    /// Offset in the file of what it lies in: a cluster, a fragment, a chunk.
    pub at: u64,
    /// Packets of the track to pass over there.
    pub passed: u64,
    /// Decoding time there in ticks, where packets do not say it.
    pub ticks: i64,
}

/// Three hours of key frames; of more, every second one is kept, and so on.
const MOST_POINTS: usize = 1 << 16;

/// Key points in the order of the file.
#[derive(Debug)]
pub struct KeyPoints {
    points: Vec<KeyPoint>,
    /// One of so many is kept.
    every: u64,
    seen: u64,
}

impl Default for KeyPoints {
    fn default() -> Self {
        Self { points: Vec::new(), every: 1, seen: 0 }
    }
}

impl KeyPoints {
    pub fn push(&mut self, point: KeyPoint) {
        if self.seen.is_multiple_of(self.every) {
            if self.points.len() == MOST_POINTS {
                let mut keep = false;
                self.points.retain(|_| {
                    keep = !keep;
                    keep
                });
                self.every *= 2;
            }
            if self.seen.is_multiple_of(self.every) {
                self.points.push(point);
            }
        }
        self.seen += 1;
    }

    /// The last one that is shown at `micros` or before.
    pub fn before(&self, micros: i64) -> Option<KeyPoint> {
        self.points.iter().rev().find(|point| point.micros <= micros).copied()
    }

    /// Whether one is shown after `micros`: what follows in the file is later still.
    pub fn reach_beyond(&self, micros: i64) -> bool {
        self.points.last().is_some_and(|point| point.micros > micros)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn millions_of_key_frames_take_bounded_memory_and_one_before_is_found() {
        let mut points = KeyPoints::default();
        for index in 0..1_000_000 {
            points.push(KeyPoint { micros: index as i64 * 10, index, place: Place::default() });
        }
        assert!(points.points.len() <= MOST_POINTS);
        for micros in [0, 9, 10, 5_000_003, 9_999_990, i64::MAX] {
            let found = points.before(micros).expect("the first is at zero");
            assert!(found.micros <= micros);
            assert!(micros.min(9_999_990) - found.micros < 10 * points.every as i64, "{micros}");
        }
        assert_eq!(points.before(-1), None);
        assert!(points.reach_beyond(9_000_000) && !points.reach_beyond(9_999_990));
    }
}
