use std::fs;
use std::path::{Path, PathBuf};

use super::{ImportError, Imported, Program, import};
use crate::library::{Entry, Origin, State};
use crate::session::{Row, Session, Signal};

const OPENFACE: &str = "\
frame, face_id, timestamp, confidence, success, pose_Tx, pose_Rx, pose_Ry, pose_Rz, AU01_r, AU12_c
1, 0, 0.000, 0.98, 1, 12.5, 0.1, -0.2, 0.05, 0.43, 1.00
2, 0, 0.033, 0.97, 1, 12.6, -0.1, 0.2, 0.0, 0.00, 0.00
3, 0, 0.067, 0.00, 0, 0.0, 0.0, 0.0, 0.0, 0.00, 0.00
";

const PYFEAT: &str = "\
,frame,FaceRectX,FaceRectY,FaceRectWidth,FaceRectHeight,FaceScore,Pitch,anger,disgust,fear,\
happiness,sadness,surprise,neutral,input,Identity
0,0,10.5,20.0,100.0,120.0,0.99,3.0,0.05,0.05,0.1,0.5,0.1,0.1,0.1,=cmd|'/c calc'!A1,Person_0
1,0,300.0,20.0,90.0,110.0,0.95,2.0,0.0,0.0,0.0,0.0,0.0,0.0,1.0,film.mp4,Person_1
2,24,,,,,,,,,,,,,,film.mp4,
3,48,12.0,21.0,100.0,120.0,0.9,3.0,0.1,0.1,0.1,0.1,0.1,0.1,0.4,film.mp4,Person_0
";

const IMOTIONS: &str = "\
#METADATA,,
#Study name,=1+1,
#DATA,,
Row,Timestamp,SourceStimuliName,Anger,Joy,Valence,GSR
1,12.5,advert A,0.5,88.0,61.5,
2,20.0,advert A,,,,0.31
3,45.833,advert A,1.5,3.0,-100.0,
";

fn imported(text: &str, program: Program, rate: Option<f64>) -> (tempfile::TempDir, Imported) {
    let dir = tempfile::tempdir().unwrap();
    let table = write(dir.path(), text);
    let imported = import(&table, program, &dir.path().join("sessions"), rate).unwrap();
    (dir, imported)
}

fn write(dir: &Path, text: &str) -> PathBuf {
    let path = dir.join("a table.csv");
    fs::write(&path, text).unwrap();
    path
}

fn rows(folder: &Path) -> Vec<Row> {
    Session::open(folder).unwrap().observations().unwrap().map(Result::unwrap).collect()
}

#[test]
fn openface_keeps_times_faces_and_angles() {
    let (_dir, imported) = imported(OPENFACE, Program::OpenFace, None);
    assert!(imported.folder.ends_with("a-table_openface"));
    assert_eq!(imported.kept, ["openface_pose_Tx", "openface_AU01_r", "openface_AU12_c"]);
    let rows = rows(&imported.folder);
    let face = rows[0].face.as_ref().unwrap();
    assert_eq!((rows[0].frame, face.id, face.confidence), (1, Some(1), Some(0.98)));
    assert_eq!(rows[1].time.as_micros(), 33_000);
    // 0.1 rad down, 0.2 rad to the picture's right.
    assert_eq!(
        (face.pitch_deg, face.yaw_deg, face.roll_deg),
        (Some(-5.73), Some(11.46), Some(2.86))
    );
    assert!(face.emotion.is_empty() && face.posterior.is_empty() && rows[2].face.is_none());
    let entry = Entry::of(&imported.folder);
    assert_eq!((entry.origin, entry.state, entry.rows), (Origin::Imported, State::Complete, 3));
    let text = fs::read_to_string(imported.folder.join("observations.csv")).unwrap();
    assert!(
        text.lines()
            .next()
            .unwrap()
            .ends_with(",hint,openface_pose_Tx,openface_AU01_r,openface_AU12_c")
    );
    assert!(text.lines().nth(1).unwrap().ends_with(",,12.5,0.43,1.00"), "{text}");
}

#[test]
fn pyfeat_needs_a_rate_and_tells_persons_apart() {
    let dir = tempfile::tempdir().unwrap();
    let table = write(dir.path(), PYFEAT);
    let without = import(&table, Program::PyFeat, dir.path(), None).unwrap_err();
    assert!(matches!(without, ImportError::NoTimes { .. }));
    let (_dir, imported) = imported(PYFEAT, Program::PyFeat, Some(24.0));
    let rows = rows(&imported.folder);
    let ids: Vec<_> = rows.iter().map(|row| row.face.as_ref().and_then(|face| face.id)).collect();
    assert_eq!(ids, [Some(1), Some(2), None, Some(1)]);
    assert_eq!(rows[3].time.as_secs_f64(), 2.0);
    let signal = Signal::open(&imported.folder).unwrap();
    assert_eq!(signal.words()[..2], ["neutral", "happiness"]);
    assert_eq!(signal.posterior(0), [0.1, 0.5, 0.1, 0.1, 0.05, 0.05, 0.1]);
    let text = fs::read_to_string(imported.folder.join("observations.csv")).unwrap();
    assert!(text.contains("'=cmd|") && !text.contains(",=cmd"), "{text}");
}

#[test]
fn imotions_begins_with_other_lines_and_has_other_sensors() {
    let (_dir, imported) = imported(IMOTIONS, Program::IMotions, None);
    assert_eq!((imported.rows, imported.passed_over), (2, 1));
    let rows = rows(&imported.folder);
    assert_eq!((rows[0].time.as_micros(), rows[1].time.as_micros()), (12_500, 45_833));
    let valence: Vec<_> = rows.iter().map(|row| row.face.as_ref().unwrap().valence).collect();
    assert_eq!(valence, [Some(0.615), Some(-1.0)]);
    assert!(imported.kept.contains(&"imotions_Joy".to_owned()));
    assert!(
        Signal::open(&imported.folder).unwrap().words().is_empty(),
        "scores are no probabilities"
    );
}

#[test]
fn what_makes_no_sense_leaves_nothing_behind() {
    let cases = [
        (OPENFACE.replace("0.033", "soon"), "line 3", Program::OpenFace),
        (OPENFACE.replace("0.067", "0.010"), "does not follow", Program::OpenFace),
        (OPENFACE.replace("0.97", "9.7"), "confidence", Program::OpenFace),
        (OPENFACE.replace("2, 0, 0.033", "2, 0, "), "line 3", Program::OpenFace),
        (OPENFACE.replace("confidence", "confidense"), "confidence", Program::OpenFace),
        (OPENFACE.replace("3, 0, 0.067, 0.00, 0,", "3, 0,"), "line 4", Program::OpenFace),
        (OPENFACE.lines().next().unwrap().to_owned(), "no rows", Program::OpenFace),
        (PYFEAT.replace(",1.0,film", ",1.2,film"), "no probability of neutral", Program::PyFeat),
        (PYFEAT.replace(",1.0,film", ",0.7,film"), "sum to 0.700", Program::PyFeat),
        (PYFEAT.replace(",1.0,film", ",,film"), "some probabilities", Program::PyFeat),
        (IMOTIONS.replace("61.5", "615"), "valence", Program::IMotions),
        (String::new(), "no column", Program::IMotions),
        (OPENFACE.to_owned(), "FaceScore", Program::PyFeat),
    ];
    for (text, words, program) in cases {
        let dir = tempfile::tempdir().unwrap();
        let table = write(dir.path(), &text);
        let sessions = dir.path().join("sessions");
        let error = import(&table, program, &sessions, Some(25.0)).unwrap_err();
        assert!(
            error.to_string().contains(words) && !error.advice().is_empty(),
            "{words}: {error}"
        );
        let left = fs::read_dir(sessions).map_or(0, Iterator::count);
        assert_eq!(left, 0, "{words}");
    }
}
