//! Spoils bytes in the ways in which parsers go wrong.

use std::ops::Range;

use crate::dice::Dice;

/// What is to be spoilt of a seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Where {
    /// All of it, its beginning and its end most: headers and tables lie there.
    Headers,
    /// What lies in `mdat` of an MP4: the packets alone, so that whatever a decoder gets is spoilt
    /// and finds its way there.
    Packets,
    /// Words and numbers of a text.
    Text,
}

/// Numbers at which sums overflow and signs change.
const EDGES: [u64; 14] = [
    0,
    1,
    0x7f,
    0x80,
    0xff,
    0x100,
    0x7fff,
    0x8000,
    0xffff,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x7fff_ffff_ffff_ffff,
    u64::MAX,
];

const WORDS: [&str; 22] = [
    "",
    "-",
    "0",
    "-1",
    "1e308",
    "1e-320",
    "nan",
    "inf",
    "-0",
    "NaN",
    "999999999999999999999",
    "\"",
    ",",
    "\n",
    "\r\n",
    "\0",
    "[",
    "{}",
    "= ",
    "\u{feff}",
    "../..",
    "null",
];

/// Spoils `bytes`; `other` is another seed, pieces of which may be put in.
pub fn mutate(dice: &mut Dice, bytes: &mut Vec<u8>, other: &[u8], place: Where) {
    let most = [2, 4, 12, 40][dice.below(4)];
    let times = 1 + dice.below(most);
    for _ in 0..times {
        let range = match place {
            Where::Packets => packets(bytes),
            Where::Headers | Where::Text => 0..bytes.len(),
        };
        if range.is_empty() {
            bytes.push(dice.next() as u8);
            continue;
        }
        match place {
            Where::Text if dice.below(2) == 0 => spoil_text(dice, bytes),
            // Pieces that come and go move all that follows, so a container gets them rarely.
            _ if dice.below(8) == 0 => change_length(dice, bytes, other, range, place),
            _ => overwrite(dice, bytes, range, place),
        }
    }
}

/// Where packets lie: the content of the first `mdat`; everything without one.
fn packets(bytes: &[u8]) -> Range<usize> {
    let found = bytes.windows(4).position(|window| window == b"mdat");
    let Some(start) = found.map(|at| at + 4) else { return 0..bytes.len() };
    let length = bytes.get(start.wrapping_sub(8)..).and_then(<[u8]>::first_chunk);
    let length = length.map_or(0, |bytes| u32::from_be_bytes(*bytes) as usize);
    start..(start + length.saturating_sub(8)).clamp(start, bytes.len())
}

fn offset(dice: &mut Dice, range: &Range<usize>, place: Where) -> usize {
    let near = range.len().min(640);
    let within = match (place, dice.below(4)) {
        (Where::Headers, 0) => dice.below(near),
        (Where::Headers, 1) => range.len() - 1 - dice.below(near),
        (Where::Packets, 0) => dice.below(range.len().min(64)),
        _ => dice.below(range.len()),
    };
    range.start + within
}

fn overwrite(dice: &mut Dice, bytes: &mut [u8], range: Range<usize>, place: Where) {
    let at = offset(dice, &range, place);
    match dice.below(5) {
        0 => bytes[at] ^= 1 << dice.below(8),
        1 => bytes[at] = dice.next() as u8,
        2 => bytes[at] = bytes[at].wrapping_add(if dice.below(2) == 0 { 1 } else { 255 }),
        _ => {
            let width = [1, 2, 4, 8][dice.below(4)].min(range.end - at);
            let edge = dice.pick(&EDGES).copied().unwrap_or(0);
            let number = match dice.below(2) {
                0 => edge.to_be_bytes()[8 - width..].to_vec(),
                _ => edge.to_le_bytes()[..width].to_vec(),
            };
            bytes[at..at + width].copy_from_slice(&number);
        }
    }
}

fn change_length(
    dice: &mut Dice,
    bytes: &mut Vec<u8>,
    other: &[u8],
    range: Range<usize>,
    place: Where,
) {
    let at = offset(dice, &range, place);
    let most = [4, 32, 400][dice.below(3)];
    let length = 1 + dice.below(most);
    let end = (at + length).min(range.end);
    match dice.below(5) {
        0 => drop(bytes.drain(at..end)),
        1 => {
            let piece = bytes[at..end].to_vec();
            bytes.splice(at..at, piece);
        }
        2 => bytes.truncate(at.max(1)),
        3 => bytes[at..end].fill(0),
        _ => {
            let from = dice.below(other.len());
            let piece = other[from..(from + length).min(other.len())].to_vec();
            let end = if dice.below(2) == 0 { at } else { end };
            bytes.splice(at..end, piece);
        }
    }
}

/// Puts something else in the place of a word or a number.
fn spoil_text(dice: &mut Dice, bytes: &mut Vec<u8>) {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    let at = dice.below(bytes.len());
    let Some(start) = bytes[at..].iter().position(is_word).map(|skip| at + skip) else { return };
    let end = bytes[start..].iter().position(|byte| !is_word(byte));
    let end = end.map_or(bytes.len(), |length| start + length);
    let word = match dice.below(3) {
        0 => dice.pick(&EDGES).map(u64::to_string).unwrap_or_default(),
        1 => "x".repeat(1 << dice.below(14)),
        _ => dice.pick(&WORDS).copied().unwrap_or_default().to_owned(),
    };
    bytes.splice(start..end, word.into_bytes());
}
