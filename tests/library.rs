//! `mien sessions` and `mien stats`, with the program itself, on sessions that it recorded.

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::program::{Ended, Running, complete_session, mien, recording, sessions_dir};
use serde_json::Value;

fn run(home: &Path, args: &[&str]) -> Ended {
    let dir = sessions_dir(home);
    let mut command = mien(home, args);
    if args[0] == "sessions" {
        command.arg("--dir").arg(dir);
    }
    Running::start(&mut command).end()
}

/// Two seconds of the demo; its folder.
fn recorded(home: &Path) -> PathBuf {
    let mut command = recording(home, "demo");
    let ended = Running::start(command.args(["--seconds", "2", "--participant", "P07"])).end();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    complete_session(&sessions_dir(home)).folder().to_owned()
}

fn name_of(folder: &Path) -> &str {
    folder.file_name().unwrap().to_str().unwrap()
}

fn listed(home: &Path, more: &[&str]) -> Vec<Value> {
    let ended = run(home, &[&["sessions", "list", "--json"], more].concat());
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    ended.stdout.iter().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_session_is_found_named_summed_up_and_erased() {
    let home = tempfile::tempdir().unwrap();
    let (home, folder) = (home.path(), recorded(home.path()));
    let name = name_of(&folder);

    let all = listed(home, &[]);
    assert_eq!(all.len(), 1);
    assert_eq!((&all[0]["folder_name"], &all[0]["participant"]), (&name.into(), &"P07".into()));
    assert_eq!((&all[0]["state"]["is"], &all[0]["faces"]), (&"complete".into(), &1.into()));
    assert!(all[0]["rows"].as_u64().unwrap() >= 10 && all[0]["dominant"].is_u64(), "{}", all[0]);

    let args = ["sessions", "label", name, "--name", "=advert <A>", "--tag", "pilot"];
    assert_eq!(run(home, &args).code, Some(0));
    assert_eq!(listed(home, &["--find", "ADVERT pilot"])[0]["name"], "=advert <A>");
    assert_eq!(listed(home, &["--find", "advert B"]), Vec::<Value>::new());
    assert_eq!(listed(home, &["--tag", "Pilot", "--from", "recorded"]).len(), 1);
    assert_eq!(listed(home, &["--from", "file"]).len(), 0);
    let shown = run(home, &["sessions", "show", name]);
    assert!(shown.stdout.iter().any(|line| line.contains("P07")), "{:?}", shown.stdout);

    let folder_text = folder.to_str().unwrap();
    let ended = run(home, &["stats", folder_text, "--json"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let figures: Value = serde_json::from_str(&ended.stdout.join("\n")).unwrap();
    let summary = &figures["sessions"][0]["summaries"][0];
    let shares: f64 = summary["classes"].as_array().unwrap().iter().map(share).sum();
    let unsure = summary["unsure"]["value"].as_f64().unwrap();
    assert!((shares + unsure - 1.0).abs() < 1e-6, "{shares} and {unsure}");
    let again = run(home, &["stats", folder_text, "--json"]);
    assert_eq!(again.stdout, ended.stdout, "the same rows give the same figures");
    let text = run(home, &["stats", folder_text]);
    assert!(text.stdout.iter().any(|line| line.contains("share of time")), "{:?}", text.stdout);

    let page = home.join("report.html");
    let ended = run(home, &["report", folder_text, "--out", page.to_str().unwrap()]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let page = fs::read_to_string(page).unwrap();
    assert!(page.contains("=advert &lt;A&gt;") && page.contains("mien-emotion-48"), "{page}");

    assert_eq!(run(home, &["sessions", "verify"]).code, Some(0));
    assert_eq!(run(home, &["sessions", "erase", name, "--yes"]).code, Some(0));
    assert!(!folder.exists());
    let index = fs::read_to_string(sessions_dir(home).join(mien::library::INDEX)).unwrap();
    assert!(!index.contains("advert") && !index.contains("P07"), "{index}");
}

fn share(class: &Value) -> f64 {
    class["share"]["value"].as_f64().unwrap()
}

#[test]
fn what_is_damaged_is_said_and_what_is_no_session_stays() {
    let home = tempfile::tempdir().unwrap();
    let (home, folder) = (home.path(), recorded(home.path()));
    let name = name_of(&folder);
    let table = folder.join("observations.csv");
    let sound = fs::read_to_string(&table).unwrap();
    let row = sound.lines().nth(4).unwrap();
    fs::write(&table, sound.replacen(row, "five,broken,cells,of,nothing", 1)).unwrap();

    let verified = run(home, &["sessions", "verify"]);
    assert_eq!(verified.code, Some(1), "{:?}", verified.stdout);
    assert!(verified.stdout.iter().any(|line| line.contains("line 5")), "{:?}", verified.stdout);
    assert!(verified.stderr.contains("1 row left out"), "{}", verified.stderr);
    assert_eq!(listed(home, &["--state", "damaged"]).len(), 1);

    // A folder with something else in it is not removed.
    fs::write(folder.join("thesis.txt"), "mine").unwrap();
    let erased = run(home, &["sessions", "erase", name, "--yes"]);
    assert_eq!(erased.code, Some(1), "{:?}", erased.stdout);
    assert!(erased.stderr.contains("no part of a session"), "{}", erased.stderr);
    assert!(folder.join("thesis.txt").exists() && table.exists());
    // Nor is anything without being asked for: nobody answers here.
    fs::remove_file(folder.join("thesis.txt")).unwrap();
    assert_eq!(run(home, &["sessions", "erase", name]).code, Some(0));
    assert!(table.exists());
    let missing = run(home, &["sessions", "show", "no such one"]);
    assert!(missing.code == Some(1) && missing.stderr.contains("no session"), "{}", missing.stderr);
}

#[test]
fn a_new_user_is_told_how_to_begin() {
    let home = tempfile::tempdir().unwrap();
    let ended = Running::start(&mut mien(home.path(), &["sessions"])).end();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stderr.contains("no sessions yet") && ended.stderr.contains("--record"));
    // A folder that the user names has to be there.
    assert_eq!(run(home.path(), &["sessions"]).code, Some(1));
}

#[test]
fn a_table_that_was_cut_is_told_everywhere() {
    let home = tempfile::tempdir().unwrap();
    let (home, folder) = (home.path(), recorded(home.path()));
    let table = folder.join("observations.csv");
    let text = fs::read_to_string(&table).unwrap();
    let (lines, kept) = (text.lines().count(), 8);
    let cut: Vec<&str> = text.lines().take(kept).collect();
    fs::write(&table, cut.join("\n") + "\n").unwrap();
    let words = format!("{} of the {} rows that were written are gone", lines - kept, lines - 1);

    let (folder, page) = (folder.to_str().unwrap(), home.join("page.html"));
    let stats = run(home, &["stats", folder]).stdout.join("\n");
    assert!(stats.contains(&words), "{stats}");
    let verified = run(home, &["sessions", "verify"]);
    assert!(verified.stdout.join("\n").contains(&words), "{:?}", verified.stdout);
    let figures = format!("{} rows gone; {} rows can be used", lines - kept, kept - 1);
    assert!(verified.code == Some(1) && verified.stderr.contains(&figures), "{}", verified.stderr);
    assert_eq!(run(home, &["report", folder, "--out", page.to_str().unwrap()]).code, Some(0));
    assert!(fs::read_to_string(page).unwrap().contains(&words));
    assert_eq!(listed(home, &["--state", "damaged"]).len(), 1);
}

#[test]
fn consent_is_stored_with_its_text_and_time() {
    let home = tempfile::tempdir().unwrap();
    let (home, text) = (home.path(), home.path().join("consent.txt"));
    fs::write(&text, "\u{201c}I agree\u{201d} & sign\n").unwrap();
    let before = jiff::Timestamp::now();
    let file = format!("@{}", text.display());
    let mut command = recording(home, "demo");
    let ended = Running::start(command.args(["--seconds", "0.3", "--consent", &file])).end();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let session = complete_session(&sessions_dir(home));
    let meta = &session.record().meta;
    assert_eq!(meta.consent_text.as_deref(), Some("\u{201c}I agree\u{201d} & sign"));
    let at: jiff::Timestamp = meta.consent_utc.as_ref().unwrap().parse().unwrap();
    assert!(before <= at && at <= jiff::Timestamp::now());
    for wrong in ["", " ", "@nowhere.txt"] {
        let mut command = recording(home, "demo");
        let ended = Running::start(command.args(["--seconds", "1", "--consent", wrong])).end();
        assert_eq!(ended.code, Some(1), "{wrong}");
    }
}

#[test]
fn only_what_is_old_is_erased_and_only_when_asked() {
    let home = tempfile::tempdir().unwrap();
    let (home, folder) = (home.path(), recorded(home.path()));
    let record = folder.join("session.json");
    let young = run(home, &["sessions", "erase", "--older-than", "1", "--yes"]);
    assert!(young.code == Some(0) && folder.is_dir(), "{:?}", young.stdout);
    let json = fs::read_to_string(&record).unwrap();
    let start = json.lines().find(|line| line.contains("start_utc")).unwrap();
    fs::write(&record, json.replace(start, r#"  "start_utc": "2020-01-01T00:00:00Z","#)).unwrap();
    // Nobody answers here.
    let asked = run(home, &["sessions", "erase", "--older-than", "90"]);
    assert!(asked.stdout[0].contains(name_of(&folder)), "{:?}", asked.stdout);
    assert!(asked.code == Some(0) && folder.is_dir());
    let erased = run(home, &["sessions", "erase", "--older-than", "90", "--yes"]);
    assert!(erased.code == Some(0) && !folder.exists(), "{:?}", erased.stdout);
    for wrong in [&["--older-than", "0"][..], &["--older-than", "9", "x"], &[]] {
        assert_eq!(run(home, &[&["sessions", "erase"], wrong].concat()).code, Some(2));
    }
}
