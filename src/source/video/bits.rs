//! Bits of H.264 headers, and the two ways in which its units are separated.

/// Reads bits from the most significant on.
pub struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Bits<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// One bit; `None` behind the end.
    pub fn bit(&mut self) -> Option<bool> {
        let byte = self.bytes.get(self.at / 8)?;
        let bit = byte >> (7 - self.at % 8) & 1 == 1;
        self.at += 1;
        Some(bit)
    }

    /// `count` bits, at most 32.
    pub fn bits(&mut self, count: u32) -> Option<u32> {
        (0..count).try_fold(0, |value, _| Some(value << 1 | u32::from(self.bit()?)))
    }

    /// An unsigned Exp-Golomb code.
    pub fn ue(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while !self.bit()? {
            zeros += 1;
            if zeros > 31 {
                return None;
            }
        }
        Some((1 << zeros) - 1 + self.bits(zeros)?)
    }

    /// A signed Exp-Golomb code.
    pub fn se(&mut self) -> Option<i32> {
        let code = i64::from(self.ue()?);
        let magnitude = (code + 1) / 2;
        Some(if code % 2 == 1 { magnitude } else { -magnitude } as i32)
    }
}

/// A unit without the bytes that keep start codes out of it.
pub fn unescaped(unit: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(unit.len());
    let mut zeros = 0;
    for byte in unit {
        if zeros >= 2 && *byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if *byte == 0 { zeros + 1 } else { 0 };
        plain.push(*byte);
    }
    plain
}

/// The units of a packet in which each comes after its length of `length_bytes` bytes. Stops where
/// a length makes no sense.
pub fn units(packet: &[u8], length_bytes: usize) -> impl Iterator<Item = &[u8]> {
    let mut rest = packet;
    std::iter::from_fn(move || {
        let (length, after) = rest.split_at_checked(length_bytes)?;
        let length = length.iter().fold(0_usize, |length, byte| length << 8 | usize::from(*byte));
        let (unit, after) = after.split_at_checked(length)?;
        rest = after;
        Some(unit)
    })
}

/// Adds a unit with a start code before it.
pub fn push_unit(out: &mut Vec<u8>, unit: &[u8]) {
    out.extend_from_slice(&[0, 0, 0, 1]);
    out.extend_from_slice(unit);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_golomb_codes_are_those_of_the_standard() {
        // 1, 010, 011, 00100, 00111 (H.264 table 9-2): 0 1 2 3 6.
        let mut bits = Bits::new(&[0b1010_0110, 0b0100_0011, 0b1000_0000]);
        assert_eq!([(); 5].map(|()| bits.ue().unwrap()), [0, 1, 2, 3, 6]);
        let mut bits = Bits::new(&[0b1010_0110, 0b0100_0000]);
        assert_eq!([(); 4].map(|()| bits.se().unwrap()), [0, 1, -1, 2]);
        assert_eq!(Bits::new(&[0; 8]).ue(), None);
    }

    #[test]
    fn units_end_where_their_lengths_lie() {
        let packet = [0, 2, 7, 8, 0, 1, 9, 0, 200, 1];
        let found: Vec<&[u8]> = units(&packet, 2).collect();
        assert_eq!(found, [&[7, 8][..], &[9]]);
        assert_eq!(unescaped(&[0, 0, 3, 1, 0, 0, 0, 3, 3]), [0, 0, 1, 0, 0, 0, 3]);
    }
}
