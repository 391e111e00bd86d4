//! `docs/import.md`, made from the mappings.

use std::fmt::Write as _;

use super::mapping::{Layout, Program};

/// The text of `docs/import.md`.
pub fn import_md() -> String {
    let programs: String = Program::ALL.iter().map(|program| section(program.layout())).collect();
    format!("{INTRODUCTION}{programs}")
}

const INTRODUCTION: &str = "\
# Tables of other programs

<!-- Made from the code: `UPDATE_DOCS=1 cargo test` writes this file. -->

```sh
mien import openface.csv --from openface --out sessions
mien import fex.csv --from pyfeat --rate 29.97 --out sessions
mien import export.txt --from imotions --out sessions
```

A table becomes a session folder like others ([csv.md](csv.md)); its `source` says `imported` and \
by which program it was made. Cells that the other program does not fill are empty, smoothed \
probabilities and labels among them, as Mien did not look at the pictures. Columns without a \
meaning here are kept under their own names, with the name of the program in front. Rows have to \
be in the order of time. A cell that makes no sense ends the import and leaves nothing behind.
";

fn section(layout: &Layout) -> String {
    let mut text = format!("\n## {}\n\n| its column | becomes | |\n|---|---|---|\n", layout.name);
    let mut line = |from: &str, to: &str, note: &str| {
        let written = writeln!(text, "| `{from}` | `{to}` | {note} |");
        debug_assert!(written.is_ok(), "writing to a string does not fail");
    };
    for mapping in layout.mappings {
        line(mapping.from, mapping.to, mapping.note);
    }
    for (from, label) in layout.classes {
        line(from, &format!("p_{label}"), "");
    }
    if let Some(identity) = layout.identity {
        line(identity, "face_id", "Each text is a person, numbered from 1.");
    }
    format!("{text}| any other | `{}…` | Kept as it is. |\n\n{}\n", layout.prefix, layout.remark)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_says_what_the_code_does() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/import.md");
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(&path, import_md()).unwrap();
        }
        let file = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(file == import_md(), "docs/import.md is out of date: UPDATE_DOCS=1 cargo test");
    }
}
