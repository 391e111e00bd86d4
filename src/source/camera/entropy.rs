//! Counts the blocks of a JPEG picture without decoding them.
//!
//! The only reliable sign of a torn picture: its data hold too few or too many blocks.

/// A table that tells how many bits a Huffman code and the number after it take.
#[derive(Clone)]
pub struct Table {
    /// For each first [`FAST_BITS`] bits; [`Entry::NONE`] where the code is longer or there is
    /// none.
    fast: [Entry; 1 << FAST_BITS],
    /// For each length above [`FAST_BITS`]: one more than the last code of that length, shifted to
    /// 16 bits; and what to add to a code to find its symbol.
    slow: [(u32, i32); 17],
    symbols: Vec<u8>,
    /// Whether a symbol is a DC category or an AC run and category.
    is_dc: bool,
}

/// What a code stands for, as far as counting goes.
#[derive(Clone, Copy, PartialEq)]
struct Entry {
    /// Bits of the code and of the number that follows; 0: no such code.
    bits: u8,
    /// Coefficients that it covers; [`END_OF_BLOCK`]: the rest.
    covers: u8,
}

impl Entry {
    const NONE: Self = Self { bits: 0, covers: 0 };
}

/// Codes of most symbols are this short or shorter.
const FAST_BITS: u32 = 9;
const END_OF_BLOCK: u8 = 255;

impl Table {
    /// From the counts of codes of each length 1..=16 and the symbols in the order of their codes;
    /// `None` if they contradict each other.
    pub fn new(counts: &[u8; 16], symbols: &[u8], is_dc: bool) -> Option<Self> {
        let mut table = Self {
            fast: [Entry::NONE; 1 << FAST_BITS],
            slow: [(0, 0); 17],
            symbols: symbols.to_vec(),
            is_dc,
        };
        let (mut code, mut first) = (0_u32, 0_usize);
        for length in 1..=16_u32 {
            let count = usize::from(counts[length as usize - 1]);
            if code + count as u32 > 1 << length {
                return None;
            }
            let of_length = symbols.get(first..first + count)?;
            if length <= FAST_BITS {
                let spread = 1_usize << (FAST_BITS - length);
                for (index, &symbol) in of_length.iter().enumerate() {
                    let start = (code as usize + index) * spread;
                    let entry = table.entry(length, symbol);
                    table.fast[start..start + spread].fill(entry);
                }
            }
            table.slow[length as usize] =
                ((code + count as u32) << (16 - length), first as i32 - code as i32);
            first += count;
            code = (code + count as u32) << 1;
        }
        Some(table)
    }

    fn entry(&self, length: u32, symbol: u8) -> Entry {
        let (run, category) = if self.is_dc { (0, symbol) } else { (symbol >> 4, symbol & 15) };
        let covers = match (self.is_dc, run, category) {
            (true, ..) => 1,
            (false, 15, 0) => 16,
            (false, _, 0) => END_OF_BLOCK,
            (false, run, _) => run + 1,
        };
        // At most 16 + 16: a larger category does not exist and makes the count fail.
        Entry { bits: length as u8 + category.min(16), covers }
    }

    /// Looks up the code at the start of `next16`, 16 bits.
    #[inline]
    fn look_up(&self, next16: u32) -> Entry {
        let entry = self.fast[(next16 >> (16 - FAST_BITS)) as usize];
        if entry == Entry::NONE { self.look_up_long(next16) } else { entry }
    }

    #[cold]
    fn look_up_long(&self, next16: u32) -> Entry {
        (FAST_BITS + 1..=16)
            .find(|&length| next16 < self.slow[length as usize].0)
            .and_then(|length| {
                let index = (next16 >> (16 - length)) as i32 + self.slow[length as usize].1;
                let symbol = *self.symbols.get(usize::try_from(index).ok()?)?;
                Some(self.entry(length, symbol))
            })
            .unwrap_or(Entry::NONE)
    }
}

/// How the data compare with what the picture's size asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// As many blocks as there should be, and nothing left.
    Exact,
    /// All blocks are there, and then more data.
    Surplus,
    /// Blocks are missing, or a code does not exist.
    Short,
}

/// Counts the blocks in `bits`, data without stuffed bytes: `units` times a sequence of blocks
/// that use these tables for (DC, AC).
pub fn count(bits: &[u8], units: usize, blocks: &[(&Table, &Table)]) -> Count {
    let total = bits.len() * 8;
    let mut at = 0_usize;
    for _ in 0..units {
        for (dc, ac) in blocks {
            let entry = dc.look_up(peek16(bits, at));
            at += usize::from(entry.bits);
            if entry.bits == 0 || at > total {
                return Count::Short;
            }
            let mut covered = 1_u32;
            while covered < 64 {
                let entry = ac.look_up(peek16(bits, at));
                at += usize::from(entry.bits);
                if entry.bits == 0 || at > total {
                    return Count::Short;
                }
                if entry.covers == END_OF_BLOCK {
                    break;
                }
                covered += u32::from(entry.covers);
            }
            if covered > 64 {
                return Count::Short;
            }
        }
    }
    // The last byte is filled up with ones.
    if total - at < 8 { Count::Exact } else { Count::Surplus }
}

/// The 16 bits from bit `at` on; ones past the end, as the filling of the last byte.
#[inline]
fn peek16(bits: &[u8], at: usize) -> u32 {
    let byte = at / 8;
    let word = match bits.get(byte..byte + 4) {
        Some(four) => u32::from_be_bytes([four[0], four[1], four[2], four[3]]),
        None => {
            let mut four = [0xff; 4];
            if let Some(rest) = bits.get(byte..) {
                four[..rest.len()].copy_from_slice(rest);
            }
            u32::from_be_bytes(four)
        }
    };
    (word << (at % 8)) >> 16
}

#[cfg(test)]
mod tests {
    use super::*;

    /// DC: `0` is category 0. AC: `0` ends the block, `10` is one coefficient of category 1,
    /// `1100000000` (10 bits, beyond the fast table) is a run of 15 and one of category 2.
    fn tables() -> (Table, Table) {
        let dc = Table::new(&[1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], &[0], true);
        let ac = Table::new(
            &[1, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0],
            &[0x00, 0x01, 0xf2],
            false,
        );
        (dc.unwrap(), ac.unwrap())
    }

    /// Packs '0' and '1', filled up with ones.
    fn pack(text: &str) -> Vec<u8> {
        let bits: Vec<u8> = text.bytes().filter(|b| *b != b' ').map(|b| b - b'0').collect();
        bits.chunks(8)
            .map(|chunk| (0..8).fold(0, |byte, i| byte << 1 | chunk.get(i).unwrap_or(&1)))
            .collect()
    }

    #[test]
    fn counts_blocks_exactly() {
        let (dc, ac) = tables();
        let blocks = [(&dc, &ac)];
        // Three blocks: empty; one coefficient; a long code, then the end.
        let bits = pack("0 0  0 10 1 0  0 1100000000 11 0");
        assert_eq!(count(&bits, 3, &blocks), Count::Exact);
        assert_eq!(count(&bits, 4, &blocks), Count::Short);
        assert_eq!(count(&bits, 2, &blocks), Count::Surplus);
        assert_eq!(count(&[], 1, &blocks), Count::Short);
        assert_eq!(count(&[], 0, &blocks), Count::Exact);
    }

    #[test]
    fn a_block_of_more_than_64_coefficients_does_not_exist() {
        let (dc, ac) = tables();
        let long = "1100000000 11 ";
        // 1 + 3 * 16 = 49 is fine, and so are 15 more; a run of 16 is not.
        let bits = pack(&format!("0 {} {}", long.repeat(3), "10 1 ".repeat(15)));
        assert_eq!(count(&bits, 1, &[(&dc, &ac)]), Count::Exact);
        let bits = pack(&format!("0 {} 1111 1111", long.repeat(4)));
        assert_eq!(count(&bits, 1, &[(&dc, &ac)]), Count::Short);
    }

    #[test]
    fn impossible_tables_are_refused() {
        assert!(Table::new(&[3; 16], &[0; 48], true).is_none(), "three codes of one bit");
        let mut counts = [0; 16];
        counts[3] = 5;
        assert!(Table::new(&counts, &[1, 2], true).is_none(), "fewer symbols than codes");
    }
}
