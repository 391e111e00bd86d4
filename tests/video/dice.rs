//! Chance that is the same in each run.

/// SplitMix64 (Steele, Lea, Flood 2014).
pub struct Dice(u64);

impl Dice {
    /// The same throws for the same seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number from 0 to below `n`.
    pub fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % n as u64) as usize
    }

    /// Changes some bytes, cuts, repeats or removes a piece.
    pub fn mutate(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..1 + self.below(12) {
            let at = self.below(bytes.len());
            match self.below(10) {
                0 => bytes.truncate(at.max(1)),
                1 => {
                    let piece = bytes[at..(at + 1 + self.below(64)).min(bytes.len())].to_vec();
                    bytes.splice(at..at, piece);
                }
                2 => drop(bytes.drain(at..(at + 1 + self.below(8)).min(bytes.len()))),
                3 => bytes[at] = 0,
                4 => bytes[at] = 0xff,
                // Headers are short and decide most.
                5..7 => {
                    let at = self.below(bytes.len().min(600));
                    bytes[at] = self.below(256) as u8;
                }
                _ => bytes[at] ^= 1 << self.below(8),
            }
            if bytes.is_empty() {
                bytes.push(0);
            }
        }
    }
}
