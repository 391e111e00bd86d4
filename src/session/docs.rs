//! `docs/csv.md`, made from the columns.

use std::fmt::Write as _;

use super::record::SCHEMA_VERSION;
use super::schema::TableRow;
use super::{EVENTS, EventRow, OBSERVATIONS, RECORD, Row};

/// The text of `docs/csv.md`.
pub fn csv_md() -> String {
    format!(
        "# Sessions on disk\n\n\
         <!-- Made from the code: `UPDATE_DOCS=1 cargo test` writes this file. -->\n\n\
         A session is a folder. Schema version {SCHEMA_VERSION}.\n\n\
         | file | content |\n|---|---|\n\
         | `{OBSERVATIONS}` | one row per face and frame; a frame without a face is a row too |\n\
         | `{EVENTS}` | markers, notes, gaps, a source lost and found, changed settings |\n\
         | `{RECORD}` | what the session is: source, models, settings, counts, how it ended |\n\n\
         {FORM}\n\
         ## {OBSERVATIONS}\n\n{INTRODUCTION}\n{observations}\n\
         ## {EVENTS}\n\n{events}\n\
         ## {RECORD}\n\n{RECORD_FIELDS}",
        observations = columns::<Row>(),
        events = columns::<EventRow>(),
    )
}

const FORM: &str = "\
## Form

* UTF-8 without byte order mark, comma between cells, the first line names the columns, quotes as \
in RFC 4180, lines end in LF. A line is always a row, as no cell holds a line break.
* The decimal sign is a point and the number of decimals is fixed, whatever the locale. An empty \
cell: not known, or does not apply. There is no `NaN` and no `inf`.
* While a session is recorded the tables end in `.part` and may be read, though not on Windows, \
where the lock that tells a living session from a dead one keeps readers out. Rows reach the \
system several times a second and the disk once a second. After a crash Mien offers to close the \
session: it removes a last line that was cut and keeps all others.
* Free text can't become a formula in a spreadsheet: where its first visible character is `=`, \
`+`, `-` or `@` (also in full width), a `'` is put in front; so it is where the text itself starts \
with `'`. To read it back, remove one leading `'`. Control characters and line breaks become spaces.
* New columns may come at any place: find columns by name.
* In a locked session each file is encrypted and called `NAME.age`; decrypted, it is byte for byte \
what it was. [encryption.md](encryption.md) has the format.
";

const INTRODUCTION: &str = "\
The first columns and their names follow OpenFace 2. Where a frame has no face, `success` is 0 and \
`face_id` is empty, where OpenFace writes 0.

`<label>` stands for each class of the emotion model in its order, in lower case with `_` for what \
is neither letter nor digit. The built-in model has neutral, happiness, surprise, sadness, anger, \
disgust, fear, contempt. All readings are estimates of an expression, not of a feeling.
";

const RECORD_FIELDS: &str = "\
A missing field has its default, an unknown one is ignored.

| field | meaning |
|---|---|
| `schema_version` | Version of this format. Rises when a column changes its meaning or goes. |
| `app_version` | Version of Mien. |
| `complete` | Recording ended as it should. |
| `recovered` | Closed after a crash. Counts that only the program knew are 0. |
| `failure` | Why recording stopped by itself, or null. |
| `start_utc` | Wall clock time at time zero; null for files. |
| `duration_secs` | From time zero to the end. |
| `rows` | Rows of `observations.csv`. |
| `frames` | `captured`, `analysed`, `dropped` (a newer one came before analysis), `damaged`. Of a \
file analysed at a lower rate, the rest was passed over. |
| `gaps` | Whiles without rows: `start_secs`, `end_secs`, `reason`. |
| `latency` | Capture to observation: `p50_ms`, `p95_ms`, `p99_ms`; or null. |
| `name` | What the session is called; empty: as its file or folder is. |
| `tags` | Words to find it by. |
| `participant` | A code, never a name. |
| `consent_utc` | When consent was given, or null. |
| `consent_text` | What was consented to, as it was shown, or null. |
| `note` | Free text. |
| `source` | `spec`, `name`, `width`, `height` (px), `format`, `nominal_rate_hz`. |
| `file` | What was analysed: `name`, `sha256`, `bytes`, `container`, `codec`, `decoder`, \
`rotation_deg`, `from_secs`, `to_secs`, `sample_rate_hz`, `key`; null for what was recorded live. |
| `models` | Of each: `role`, `name`, `sha256` of the weights. |
| `labels` | Classes as the model names them, in its order. |
| `pipeline` | Tuning at the start; changes are in `events.csv`. |
| `baseline` | The personal baseline that was applied throughout: `profile`, `made_utc`, \
`model_sha256`, `offset` (one a label, added to the logarithm of `p_<label>`; `docs/baseline.md` \
says how to correct them again); null: none. |
";

fn columns<R: TableRow>() -> String {
    let mut table = String::from("| column | cell | unit, range | meaning |\n|---|---|---|---|\n");
    for spec in R::COLUMNS {
        let label = if spec.per_label { "<label>" } else { "" };
        let (name, format) = (spec.name, spec.format.describe());
        let written =
            writeln!(table, "| `{name}{label}` | {format} | {} | {} |", spec.range, spec.meaning);
        debug_assert!(written.is_ok(), "writing to a string does not fail");
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_says_what_the_code_does() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/csv.md");
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(&path, csv_md()).unwrap();
        }
        let file = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(file == csv_md(), "docs/csv.md is out of date: run UPDATE_DOCS=1 cargo test");
    }

    #[test]
    fn every_field_of_the_record_is_described() {
        let json = serde_json::to_value(super::super::SessionRecord::default()).unwrap();
        let fields = json.as_object().unwrap();
        assert_eq!(fields.len(), RECORD_FIELDS.matches("\n| `").count());
        for field in fields.keys() {
            assert!(RECORD_FIELDS.contains(&format!("| `{field}` |")), "{field}");
        }
    }
}
