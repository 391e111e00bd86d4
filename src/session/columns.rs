//! The columns themselves. Adding one here adds it to the tables, to their reader and to
//! `docs/csv.md`.

use super::cell::{Format, Value};
use super::events::EventRow;
use super::row::{FaceRow, Row};
use super::schema::{ColumnSpec, TableRow};
use crate::observation::Hint;

fn number(number: Option<f32>) -> Value<'static> {
    number.map_or(Value::Empty, Value::Number)
}

/// A column that holds one number of a face.
macro_rules! face_number {
    ($name:literal, $field:ident, $decimals:literal, $range:literal, $meaning:literal) => {
        ColumnSpec {
            name: $name,
            per_label: false,
            format: Format::Fixed($decimals),
            range: $range,
            meaning: $meaning,
            fill: |row, _| number(row.face.as_ref().and_then(|face| face.$field)),
            take: |row, _, value| value.number().map(|n| face_of(row).$field = Some(n)),
        }
    };
}

/// A column per label that holds one number of a face.
macro_rules! class_number {
    ($prefix:literal, $field:ident, $meaning:literal) => {
        ColumnSpec {
            name: $prefix,
            per_label: true,
            format: Format::Fixed(6),
            range: "0 to 1",
            meaning: $meaning,
            fill: |row, class| {
                let numbers = row.face.as_ref().map_or(&[][..], |face| &face.$field);
                number(numbers.get(class).copied().flatten())
            },
            take: |row, class, value| {
                let number = value.number()?;
                let numbers = &mut face_of(row).$field;
                numbers.resize(numbers.len().max(class + 1), None);
                numbers[class] = Some(number);
                Some(())
            },
        }
    };
}

fn face_of(row: &mut Row) -> &mut FaceRow {
    row.face.get_or_insert_default()
}

impl TableRow for Row {
    const COLUMNS: &'static [ColumnSpec<Self>] = OBSERVATION_COLUMNS;
    const REQUIRED: &'static [&'static str] = &["frame", "timestamp", "success"];
}

impl TableRow for EventRow {
    const COLUMNS: &'static [ColumnSpec<Self>] = EVENT_COLUMNS;
    const REQUIRED: &'static [&'static str] = &["timestamp", "event"];
}

/// `observations.csv`. The first columns and their names follow OpenFace 2, so that scripts
/// written for it go on working.
const OBSERVATION_COLUMNS: &[ColumnSpec<Row>] = &[
    ColumnSpec {
        name: "frame",
        per_label: false,
        format: Format::Count,
        range: "from 0",
        meaning: "Number of the captured frame in the session. A gap means frames that were \
                  captured and not analysed. Rows of several faces in one frame share it.",
        fill: |row, _| Value::Count(row.frame),
        take: |row, _, value| value.count().map(|n| row.frame = n),
    },
    ColumnSpec {
        name: "face_id",
        per_label: false,
        format: Format::Count,
        range: "from 1",
        meaning: "The same face over time. Never used twice in a session. Empty if the frame \
                  has no face.",
        fill: |row, _| {
            row.face.as_ref().and_then(|face| face.id).map_or(Value::Empty, Value::Count)
        },
        take: |row, _, value| value.count().map(|n| face_of(row).id = Some(n)),
    },
    ColumnSpec {
        name: "timestamp",
        per_label: false,
        format: Format::Seconds,
        range: "s, from 0",
        meaning: "When the frame was captured, since the session's time zero. Strictly \
                  increasing from frame to frame.",
        fill: |row, _| Value::Time(row.time),
        take: |row, _, value| value.time().map(|time| row.time = time),
    },
    ColumnSpec {
        name: "utc",
        per_label: false,
        format: Format::Utc,
        range: "",
        meaning: "Wall clock time of capture: that of time zero plus `timestamp`, so a clock \
                  that is set meanwhile makes no jump. Empty for files.",
        fill: |row, _| row.utc.map_or(Value::Empty, Value::Utc),
        take: |row, _, value| value.utc().map(|utc| row.utc = Some(utc)),
    },
    face_number!("confidence", confidence, 6, "0 to 1", "How sure the face detector is."),
    ColumnSpec {
        name: "success",
        per_label: false,
        format: Format::Flag,
        range: "",
        meaning: "1: this row is about a face. 0: the frame has no face; the cells about faces \
                  are empty.",
        fill: |row, _| Value::Count(row.face.is_some().into()),
        take: |row, _, value| {
            row.face = (value.count()? == 1).then(|| row.face.take().unwrap_or_default());
            Some(())
        },
    },
    face_number!(
        "bbox_x",
        bbox_x,
        2,
        "px",
        "Left edge of the face in the picture, not mirrored. May lie outside."
    ),
    face_number!("bbox_y", bbox_y, 2, "px", "Top edge of the face, counted downwards."),
    face_number!("bbox_w", bbox_w, 2, "px", "Width of the face."),
    face_number!("bbox_h", bbox_h, 2, "px", "Height of the face."),
    ColumnSpec {
        name: "emotion",
        per_label: false,
        format: Format::Word,
        range: "a label, or `unsure`",
        meaning: "The expression label that was shown: after smoothing, with hysteresis.",
        fill: |row, _| match &row.face {
            Some(face) if !face.emotion.is_empty() => Value::Text(&face.emotion),
            _ => Value::Empty,
        },
        take: |row, _, value| value.text().map(|word| face_of(row).emotion = word.into()),
    },
    face_number!("certainty", certainty, 6, "0 to 1", "Largest of the `smoothed_` columns."),
    class_number!(
        "p_",
        posterior,
        "Calibrated probability of the label, from this frame alone, as read: no baseline changes \
         it. The `p_` columns sum to 1."
    ),
    class_number!(
        "smoothed_",
        smoothed,
        "The same after smoothing in time; corrected before, if `session.json` names a baseline, and \
         so are `emotion`, `certainty`, `valence` and `arousal`. The `smoothed_` columns sum to 1."
    ),
    face_number!(
        "valence",
        valence,
        6,
        "-1 to 1",
        "Unpleasant to pleasant; empty if the model does not tell."
    ),
    face_number!(
        "arousal",
        arousal,
        6,
        "-1 to 1",
        "Calm to excited; empty if the model does not tell."
    ),
    face_number!("pitch", pitch_deg, 2, "degrees", "Head up (positive) or down; a rough estimate."),
    face_number!(
        "yaw",
        yaw_deg,
        2,
        "degrees",
        "Head turned to the picture's right (positive) or left; a rough estimate."
    ),
    face_number!(
        "roll",
        roll_deg,
        2,
        "degrees",
        "Head tilted clockwise in the picture (positive) or anticlockwise."
    ),
    face_number!(
        "quality",
        quality,
        4,
        "0 to 1",
        "How far conditions allow a reading: the lowest of the four that follow."
    ),
    face_number!("quality_size", quality_size, 4, "0 to 1", "Enough pixels."),
    face_number!("quality_light", quality_light, 4, "0 to 1", "Enough light, evenly spread."),
    face_number!("quality_sharpness", quality_sharpness, 4, "0 to 1", "In focus and still."),
    face_number!("quality_turn", quality_turn, 4, "0 to 1", "Facing the camera."),
    ColumnSpec {
        name: "hint",
        per_label: false,
        format: Format::Word,
        range: "`ambiguous`, `too small`, `too dark`, `too bright`, `uneven light`, `blurred`, \
                `turned away`, `just appeared`",
        meaning: "Why the label is `unsure`, or else why the reading may be poor. Empty if \
                  conditions are good.",
        fill: |row, _| {
            let hint = row.face.as_ref().and_then(|face| face.hint);
            hint.map_or(Value::Empty, |hint| Value::Text(hint.word()))
        },
        take: |row, _, value| {
            let word = value.text()?;
            face_of(row).hint = Some(*HINTS.iter().find(|hint| hint.word() == word)?);
            Some(())
        },
    },
];

/// All of them.
pub(super) const HINTS: [Hint; 8] = [
    Hint::Ambiguous,
    Hint::TooSmall,
    Hint::TooDark,
    Hint::TooBright,
    Hint::UnevenLight,
    Hint::Blurred,
    Hint::TurnedAway,
    Hint::JustAppeared,
];

/// `events.csv`.
const EVENT_COLUMNS: &[ColumnSpec<EventRow>] = &[
    ColumnSpec {
        name: "timestamp",
        per_label: false,
        format: Format::Seconds,
        range: "s, from 0",
        meaning: "When it happened, on the time line of `observations.csv`.",
        fill: |row, _| Value::Time(row.time),
        take: |row, _, value| value.time().map(|time| row.time = time),
    },
    ColumnSpec {
        name: "utc",
        per_label: false,
        format: Format::Utc,
        range: "",
        meaning: "Wall clock time, as in `observations.csv`.",
        fill: |row, _| row.utc.map_or(Value::Empty, Value::Utc),
        take: |row, _, value| value.utc().map(|utc| row.utc = Some(utc)),
    },
    ColumnSpec {
        name: "event",
        per_label: false,
        format: Format::Word,
        range: "`marker`, `note`, `gap`, `source_lost`, `source_returned`, `cut`, \
                `companion_prompt`, `companion_answer`, `settings_changed`",
        meaning: "What happened. A marker was set, or a note written, by a person or another \
                  program. A gap is a while without rows: frames were lost. A cut is where a \
                  video goes on with another scene: faces after it are other faces. A prompt is \
                  what the companion said, with why and with which probability; an answer is what \
                  the user said to it.",
        fill: |row, _| Value::Text(&row.event),
        take: |row, _, value| value.text().map(|word| row.event = word.into()),
    },
    ColumnSpec {
        name: "duration",
        per_label: false,
        format: Format::Seconds,
        range: "s",
        meaning: "How long it took. Empty for what takes no time.",
        fill: |row, _| row.duration.map_or(Value::Empty, Value::Time),
        take: |row, _, value| value.time().map(|time| row.duration = Some(time)),
    },
    ColumnSpec {
        name: "text",
        per_label: false,
        format: Format::Text,
        range: "",
        meaning: "The text of the marker or note, or the reason.",
        fill: |row, _| Value::Text(&row.text),
        take: |row, _, value| value.text().map(|text| row.text = text.into()),
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::Labels;
    use crate::session::sample::labels;
    use crate::session::schema::Schema;

    #[test]
    fn the_header_is_the_promised_one() {
        let mut header = Vec::new();
        Schema::observations(&labels()).write_header(&mut header).unwrap();
        assert_eq!(
            String::from_utf8(header).unwrap(),
            "frame,face_id,timestamp,utc,confidence,success,bbox_x,bbox_y,bbox_w,bbox_h,\
             emotion,certainty,\
             p_neutral,p_happiness,p_surprise,p_sadness,p_anger,p_disgust,p_fear,p_contempt,\
             smoothed_neutral,smoothed_happiness,smoothed_surprise,smoothed_sadness,\
             smoothed_anger,smoothed_disgust,smoothed_fear,smoothed_contempt,\
             valence,arousal,pitch,yaw,roll,\
             quality,quality_size,quality_light,quality_sharpness,quality_turn,hint\n"
        );
    }

    #[test]
    fn no_label_can_take_the_name_of_another_column() {
        let labels =
            Labels::new(["itch", "frame", "hint", "P_", "", "Anger/Disgust", "anger disgust"]);
        let schema = Schema::observations(&labels);
        let mut names: Vec<&str> = schema.columns().iter().map(|c| c.name.as_str()).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        // Nor is another column taken for that of a label.
        for prefix in ["p_", "smoothed_"] {
            let plain = OBSERVATION_COLUMNS.iter().filter(|spec| !spec.per_label);
            assert_eq!(plain.filter(|spec| spec.name.starts_with(prefix)).count(), 0);
        }
    }

    #[test]
    fn every_hint_is_documented() {
        let spec = OBSERVATION_COLUMNS.iter().find(|spec| spec.name == "hint").unwrap();
        let words: Vec<String> = HINTS.iter().map(|hint| format!("`{}`", hint.word())).collect();
        assert_eq!(spec.range, words.join(", "));
    }
}
