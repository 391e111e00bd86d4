//! What people wrote, made harmless for the formats that it goes into.

use crate::session::safe_name;

/// In one line, without what XML and terminals can't hold.
pub fn plain(text: &str) -> String {
    let harmless = |c: char| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}');
    text.chars().map(|c| if harmless(c) { c } else { ' ' }).collect()
}

/// A part of a file name, on any system, that leads into no other folder.
pub fn file_stem(name: &str) -> String {
    // Longer ones leave no room for endings on some file systems.
    const LONGEST: usize = 100;
    let stem: String = safe_name(name).chars().take(LONGEST).collect();
    if stem.is_empty() { "session".into() } else { stem }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leads_elsewhere() {
        let names = ["../../etc/passwd", "C:\\x", "a b.csv", "", "nul\0", "2026-11-24_demo"];
        let stems = names.map(file_stem);
        let wanted = ["------etc-passwd", "C--x", "a-b-csv", "session", "nul-", "2026-11-24_demo"];
        assert_eq!(stems, wanted);
        assert_eq!(plain("a\r\n\u{1b}[31mb\u{fffe}"), "a   [31mb ");
    }
}
