//! What a cell holds and how it is written: fixed numbers of decimals, a decimal point
//! whatever the locale.

use std::fmt::Write as _;
use std::time::Duration;

use jiff::Timestamp;

use super::text::{bare, guarded};

/// What a cell holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// Nothing is known, or it does not apply.
    Empty,
    /// For [`Format::Count`] and [`Format::Flag`].
    Count(u64),
    /// For [`Format::Seconds`].
    Time(Duration),
    /// For [`Format::Utc`].
    Utc(Timestamp),
    /// For [`Format::Fixed`].
    Number(f32),
    /// For [`Format::Word`] and [`Format::Text`].
    Text(&'a str),
}

impl<'a> Value<'a> {
    /// The number of a [`Self::Count`].
    pub fn count(self) -> Option<u64> {
        if let Self::Count(count) = self { Some(count) } else { None }
    }

    /// The duration of a [`Self::Time`].
    pub fn time(self) -> Option<Duration> {
        if let Self::Time(time) = self { Some(time) } else { None }
    }

    /// The moment of a [`Self::Utc`].
    pub fn utc(self) -> Option<Timestamp> {
        if let Self::Utc(utc) = self { Some(utc) } else { None }
    }

    /// The number of a [`Self::Number`].
    pub fn number(self) -> Option<f32> {
        if let Self::Number(number) = self { Some(number) } else { None }
    }

    /// The text of a [`Self::Text`].
    pub fn text(self) -> Option<&'a str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }
}

/// How the cells of a column are written. The decimal sign is a point, whatever the locale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A whole number from 0.
    Count,
    /// 0 or 1.
    Flag,
    /// Seconds with six decimals, that is, whole microseconds.
    Seconds,
    /// ISO 8601 in UTC with milliseconds and `Z`.
    Utc,
    /// A number with that many decimals.
    Fixed(u8),
    /// One of few words.
    Word,
    /// What someone wrote, guarded against being run as a formula.
    Text,
}

impl Format {
    /// Appends the cell of `value`.
    pub fn write(self, value: Value<'_>, cell: &mut String) {
        let written = match (self, value) {
            (_, Value::Empty) => Ok(()),
            (Self::Seconds, Value::Time(time)) => {
                write!(cell, "{}.{:06}", time.as_secs(), time.subsec_micros())
            }
            (Self::Utc, Value::Utc(utc)) => write!(cell, "{utc:.3}"),
            (Self::Fixed(decimals), Value::Number(number)) => {
                // A small negative number would become "-0.00".
                let half_unit = 0.5 * 0.1_f32.powi(decimals.into());
                let number = if number.abs() < half_unit { 0.0 } else { number };
                write!(cell, "{number:.*}", usize::from(decimals))
            }
            (_, Value::Count(count)) => write!(cell, "{count}"),
            (Self::Text, Value::Text(text)) => cell.write_str(&guarded(text)),
            (_, Value::Text(word)) => cell.write_str(word),
            (_, Value::Time(_) | Value::Utc(_) | Value::Number(_)) => {
                debug_assert!(false, "a column of {self:?} was filled with {value:?}");
                Ok(())
            }
        };
        debug_assert!(written.is_ok(), "writing to a string does not fail");
    }

    /// The value of a cell; `None` if it is not one of this format.
    pub fn read(self, cell: &str) -> Option<Value<'_>> {
        if self == Self::Text {
            return Some(Value::Text(bare(cell)));
        }
        // Spreadsheets and people pad.
        let cell = cell.trim();
        if cell.is_empty() {
            return Some(Value::Empty);
        }
        Some(match self {
            Self::Count => Value::Count(cell.parse().ok()?),
            Self::Flag => Value::Count(cell.parse().ok().filter(|flag| *flag <= 1)?),
            Self::Seconds => Value::Time(parse_seconds(cell)?),
            Self::Utc => Value::Utc(cell.parse().ok()?),
            Self::Fixed(_) => Value::Number(cell.parse().ok().filter(|n: &f32| n.is_finite())?),
            Self::Word | Self::Text => Value::Text(cell),
        })
    }

    /// For the documentation.
    pub fn describe(self) -> String {
        match self {
            Self::Count => "whole number".into(),
            Self::Flag => "0 or 1".into(),
            Self::Seconds => "seconds, 6 decimals".into(),
            Self::Utc => "ISO 8601, milliseconds, Z".into(),
            Self::Fixed(decimals) => format!("number, {decimals} decimals"),
            Self::Word => "word".into(),
            Self::Text => "text".into(),
        }
    }
}

/// Exact for what [`Format::Seconds`] writes: an `f64` holds microseconds of 285 years.
fn parse_seconds(cell: &str) -> Option<Duration> {
    const LONGEST_SECS: f64 = 1e9;
    let secs = cell.parse::<f64>().ok().filter(|secs| (0.0..LONGEST_SECS).contains(secs))?;
    Some(Duration::from_micros((secs * 1e6).round() as u64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::sample::Dice;

    fn cell(format: Format, value: Value<'_>) -> String {
        let mut cell = String::new();
        format.write(value, &mut cell);
        cell
    }

    #[test]
    fn numbers_have_fixed_decimals_and_no_negative_zero() {
        let cases = [
            (2, -0.004, "0.00"),
            (2, -0.006, "-0.01"),
            (2, 0.0, "0.00"),
            (2, -0.0, "0.00"),
            (2, 1234.5, "1234.50"),
            (6, 1.0 / 3.0, "0.333333"),
            (6, -1e-7, "0.000000"),
            (4, 1.0, "1.0000"),
        ];
        for (decimals, number, wanted) in cases {
            assert_eq!(cell(Format::Fixed(decimals), Value::Number(number)), wanted);
        }
    }

    #[test]
    fn times_are_exact_to_the_microsecond() {
        let mut dice = Dice::new(21);
        for _ in 0..10_000 {
            // Up to some thirty years.
            let time = Duration::from_micros(dice.below(1_000_000_000_000_000));
            let written = cell(Format::Seconds, Value::Time(time));
            assert_eq!(Format::Seconds.read(&written), Some(Value::Time(time)), "{written}");
        }
        assert_eq!(cell(Format::Seconds, Value::Time(Duration::from_millis(61_005))), "61.005000");
    }

    #[test]
    fn wall_clock_has_milliseconds_and_z() {
        let utc: Timestamp = "2026-11-24T14:05:33.1209Z".parse().unwrap();
        assert_eq!(cell(Format::Utc, Value::Utc(utc)), "2026-11-24T14:05:33.120Z");
        let whole: Timestamp = "2026-11-24T14:05:33Z".parse().unwrap();
        assert_eq!(cell(Format::Utc, Value::Utc(whole)), "2026-11-24T14:05:33.000Z");
    }

    #[test]
    fn nonsense_is_refused_and_padding_is_not() {
        let refused = [
            (Format::Count, "-1"),
            (Format::Count, "1.5"),
            (Format::Count, "99999999999999999999999"),
            (Format::Flag, "2"),
            (Format::Seconds, "-0.1"),
            (Format::Seconds, "NaN"),
            (Format::Seconds, "1e300"),
            (Format::Fixed(2), "1,5"),
            (Format::Fixed(2), "inf"),
            (Format::Fixed(2), "NaN"),
            (Format::Fixed(2), "0.1\0"),
            (Format::Utc, "yesterday"),
        ];
        for (format, nonsense) in refused {
            assert_eq!(format.read(nonsense), None, "{nonsense}");
        }
        assert_eq!(Format::Fixed(2).read(" 1.5 "), Some(Value::Number(1.5)));
        assert_eq!(Format::Count.read("  "), Some(Value::Empty));
        assert_eq!(Format::Text.read("'=1"), Some(Value::Text("=1")));
    }
}
