use std::fs;
use std::path::Path;

use super::{Reported, to_html};

/// A session with one face that is happy for most of five seconds.
fn write(folder: &Path, note: &str) {
    fs::create_dir_all(folder).unwrap();
    let mut rows = String::from(
        "frame,face_id,timestamp,success,emotion,p_neutral,p_happiness,smoothed_neutral,\
         smoothed_happiness,valence,arousal\n",
    );
    for frame in 0..50 {
        let happy = frame >= 10;
        let (word, p) = if happy { ("happiness", 0.9) } else { ("neutral", 0.2) };
        let (n, time) = (1.0 - p, f64::from(frame) / 10.0);
        rows += &format!("{frame},1,{time:.6},1,{word},{n},{p},{n},{p},{p},0.1\n");
    }
    fs::write(folder.join("observations.csv"), rows).unwrap();
    let events = "timestamp,utc,event,duration,text\n2.000000,,marker,,<script>alert(1)</script>\n";
    fs::write(folder.join("events.csv"), events).unwrap();
    let record = serde_json::json!({
        "schema_version": 1, "complete": true, "duration_secs": 5.0, "note": note,
        "participant": "P07", "labels": ["neutral", "happiness"],
    });
    fs::write(folder.join("session.json"), record.to_string()).unwrap();
}

#[test]
fn a_page_holds_the_figures_and_no_script_and_needs_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("one");
    write(&folder, "<b>bold</b> & more");
    let page = to_html(&[Reported::open(&folder).unwrap()]);
    assert!(page.contains("80.0 %") && page.contains("20.0 %") && page.contains("P07"), "{page}");
    for forbidden in ["<script", "<b>", "http://", "https://", "src=", "url("] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    assert!(page.contains("&lt;script&gt;") && page.contains("&lt;b&gt;bold"));
    assert!(!page.contains(dir.path().to_str().unwrap()), "folders are nobody's business");
}

#[test]
fn two_sessions_are_compared() {
    let dir = tempfile::tempdir().unwrap();
    let folders = ["one", "two"].map(|name| dir.path().join(name));
    folders.iter().for_each(|folder| write(folder, ""));
    let both: Vec<Reported> = folders.iter().map(|f| Reported::open(f).unwrap()).collect();
    let page = to_html(&both);
    assert!(page.contains("2 sessions") && page.contains("+0.0 pt"), "{page}");
    assert!(Reported::open(&dir.path().join("three")).is_err());
}
