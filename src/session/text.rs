//! Words and free text in a table: what is safe in a spreadsheet, and how to take it back.

use std::borrow::Cow;

/// Makes free text safe for a table: control characters, line breaks among them, become spaces,
/// so that one line is always one row; and a text that a spreadsheet would run as a formula
/// (its first visible character is `=`, `+`, `-` or `@`, also in full width) gets a `'` in
/// front, as does a text that starts with `'`, so that [`bare`] can undo it.
///
/// See OWASP, "CSV Injection".
pub fn guarded(text: &str) -> Cow<'_, str> {
    const FORMULA_STARTS: [char; 8] =
        ['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];
    let one_line = if text.contains(char::is_control) {
        Cow::Owned(text.replace(char::is_control, " "))
    } else {
        Cow::Borrowed(text)
    };
    if one_line.starts_with('\'') || one_line.trim_start().starts_with(FORMULA_STARTS) {
        Cow::Owned(format!("'{one_line}"))
    } else {
        one_line
    }
}

/// The text that [`guarded`] was given, but for control characters.
pub fn bare(cell: &str) -> &str {
    cell.strip_prefix('\'').unwrap_or(cell)
}

/// Names of a model's classes as they stand in column names and in the column `emotion`:
/// lower-case letters and digits with `_` between, unique, never [`UNSURE`].
pub fn column_words(labels: &[String]) -> Vec<String> {
    let mut words = vec![UNSURE.to_owned()];
    for (index, label) in labels.iter().enumerate() {
        let parts: Vec<String> = label
            .split(|c: char| !c.is_alphanumeric())
            .filter(|part| !part.is_empty())
            .map(str::to_lowercase)
            .collect();
        let word = if parts.is_empty() { format!("class_{}", index + 1) } else { parts.join("_") };
        let unique = (1..)
            .map(|n| if n == 1 { word.clone() } else { format!("{word}_{n}") })
            .find(|candidate| !words.contains(candidate));
        words.extend(unique);
    }
    words.split_off(1)
}

/// Stands in the column `emotion` where no label is shown.
pub const UNSURE: &str = "unsure";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_disarmed_and_texts_come_back() {
        for text in ["=1+1", "+49", "-", "@SUM(A1)", " =1", "'quoted", "''", "\u{ff1d}x", "'=1"] {
            assert!(guarded(text).starts_with('\''), "{text}");
            assert_eq!(bare(&guarded(text)), text);
        }
        for text in ["", "stimulus 3", "a=b", "\u{201c}hi\u{201d}, she said", "1-2", "\u{1f600}"] {
            assert_eq!(guarded(text), text);
            assert_eq!(bare(&guarded(text)), text);
        }
    }

    #[test]
    fn a_text_stays_on_one_line() {
        assert_eq!(guarded("two\r\nlines\tand a\0 null"), "two  lines and a  null");
        assert_eq!(guarded("\t=1+1"), "' =1+1");
        assert_eq!(guarded("\r=1+1"), "' =1+1");
    }

    #[test]
    fn any_label_becomes_a_unique_word() {
        let labels = ["Neutral", "anger/disgust", "anger disgust", "", "unsure", "=HYPERLINK()"];
        let words = column_words(&labels.map(String::from));
        let wanted =
            ["neutral", "anger_disgust", "anger_disgust_2", "class_4", "unsure_2", "hyperlink"];
        assert_eq!(words, wanted);
        assert_eq!(column_words(&["\u{559c}\u{3073}".to_owned()]), ["\u{559c}\u{3073}"]);
        assert_eq!(
            column_words(&words),
            [wanted[0], wanted[1], wanted[2], wanted[3], "unsure_2", wanted[5]]
        );
    }
}
