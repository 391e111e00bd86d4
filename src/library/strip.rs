//! A timeline of a few columns, to know a session by.

use serde::{Deserialize, Serialize};

use crate::session::Signal;
use crate::stats::{Holds, columns};

/// Mean posterior of each class in columns of equal time, over all faces.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Strip {
    classes: usize,
    /// A byte each: column by column, first how much of it had a face, then each class; 255 is 1.
    #[serde(with = "hex")]
    bytes: Vec<u8>,
}

impl Strip {
    /// Fine enough for the width of a list, small enough for thousands of sessions.
    pub const COLUMNS: usize = 60;

    /// Of a session that lasts `secs`.
    pub fn of(signal: &Signal, holds: &Holds, secs: f64) -> Self {
        let classes = signal.words().len();
        let column_secs = secs / Self::COLUMNS as f64;
        if column_secs <= 0.0 || signal.samples().is_empty() {
            return Self::default();
        }
        let byte = |share: f64| (share.clamp(0.0, 1.0) * 255.0).round() as u8;
        let columns = columns(signal, holds, secs, Self::COLUMNS);
        let bytes = columns.iter().flat_map(|column| {
            let share = |class| column.posterior.get(class).map_or(0, |share| byte(*share));
            let present = byte(column.seen_secs / column_secs);
            std::iter::once(present).chain((0..classes).map(share))
        });
        Self { classes, bytes: bytes.collect() }
    }

    /// How many columns; 0 if the session has no rows.
    pub fn len(&self) -> usize {
        self.bytes.len() / (self.classes + 1)
    }

    /// Whether there are no columns.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How much of a column's time had a face, 0..=1.
    pub fn present(&self, column: usize) -> f32 {
        self.byte(column, 0)
    }

    /// Mean smoothed posterior of the classes in a column, in the order of the model; all 0 where
    /// no face was seen.
    pub fn posterior(&self, column: usize) -> impl Iterator<Item = f32> + '_ {
        (0..self.classes).map(move |class| self.byte(column, class + 1))
    }

    fn byte(&self, column: usize, at: usize) -> f32 {
        let byte = self.bytes.get(column * (self.classes + 1) + at);
        f32::from(byte.copied().unwrap_or_default()) / 255.0
    }
}

mod hex {
    use serde::{Deserialize, Deserializer, Serializer, de};

    const DIGITS: &[u8; 16] = b"0123456789abcdef";

    pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble & 15)]);
        let text: String = bytes.iter().flat_map(|b| [digit(b >> 4), digit(*b)]).collect();
        serializer.serialize_str(&text)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        let nibble = |digit: u8| char::from(digit).to_digit(16);
        let byte = |pair: &[u8]| match *pair {
            [high, low] => Some((nibble(high)? * 16 + nibble(low)?) as u8),
            _ => None,
        };
        let bytes: Option<Vec<u8>> = text.as_bytes().chunks(2).map(byte).collect();
        bytes.ok_or_else(|| de::Error::custom("no hexadecimal digits"))
    }
}
