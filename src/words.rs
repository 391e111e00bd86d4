//! Numbers and times in words for people, the same in pages, tables and the window.

/// `88.0 %`.
pub(crate) fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// `0:05`, `12:04`, `1:02:03`.
pub(crate) fn clock(secs: u64) -> String {
    let (hours, minutes, secs) = (secs / 3600, secs / 60 % 60, secs % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{secs:02}")
    } else {
        format!("{minutes}:{secs:02}")
    }
}

/// How long something took: `4.2 s` below a minute, where a second is much, else as [`clock`].
pub(crate) fn length(secs: f64) -> String {
    if secs < 59.95 { format!("{secs:.1} s") } else { clock(secs.round() as u64) }
}

/// `1 session`, `2 sessions`.
pub(crate) fn counted(count: u64, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{} {what}s", grouped(count, ',')) }
}

/// `3,199`, with `between` in the place of the comma.
pub(crate) fn grouped(number: u64, between: char) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(between);
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tenths_count_below_a_minute() {
        let lengths = [0.0, 0.94, 59.94, 59.96, 61.4, 3723.0].map(length);
        assert_eq!(lengths, ["0.0 s", "0.9 s", "59.9 s", "1:00", "1:01", "1:02:03"]);
        assert_eq!(counted(1, "row") + &counted(1200, "row"), "1 row1,200 rows");
    }

    #[test]
    fn numbers_are_grouped_by_thousands() {
        let grouped = [0, 999, 1_000, 31_999, 1_234_567].map(|number| grouped(number, ','));
        assert_eq!(grouped, ["0", "999", "1,000", "31,999", "1,234,567"]);
    }
}
