//! `mien interact`, from decisions that are logged to a model that is judged and explained.

#![cfg(target_os = "linux")]

mod common;

use std::fs;
use std::path::Path;

use common::program::{Ended, Running, mien};
use serde_json::Value;

fn run(home: &Path, args: &[&str]) -> Ended {
    Running::start(&mut mien(home, args)).end()
}

fn json(ended: &Ended) -> Value {
    let line = ended.stdout.first().unwrap_or_else(|| panic!("{}", ended.stderr));
    serde_json::from_str(line).expect("one JSON object")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path of letters")
}

#[test]
fn decisions_are_logged_learned_from_judged_and_too_few_are_said() {
    let home = tempfile::tempdir().unwrap();
    let (log, model) = (home.path().join("log.jsonl"), home.path().join("mine"));
    let simulate = [
        "interact",
        "simulate",
        "--users",
        "8",
        "--learn",
        "100",
        "--interactions",
        "60",
        "--json",
        "--log",
        text(&log),
    ];
    let ended = run(home.path(), &simulate);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let found = json(&ended);
    let policies = found["comparison"]["policies"].as_array().unwrap();
    assert!(policies.iter().any(|policy| policy["policy"] == "oracle"), "{found}");
    assert_eq!(found["comparison"]["interactions"], 120);

    // Every line has what learning from a log needs.
    let lines = fs::read_to_string(&log).unwrap();
    let rows: Vec<Value> = lines.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(rows.len(), 100 * 60);
    let propensity = |row: &Value| row["propensity"].as_f64().unwrap();
    assert!(rows.iter().all(|row| propensity(row) > 0.0 && propensity(row) <= 1.0));
    let answered = rows.iter().filter(|row| row["answer"].is_string()).count();
    assert!(answered > 300, "{answered}");

    let train = ["interact", "train", "--out", text(&model), "--log", text(&log)];
    let ended = run(home.path(), &train);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let said = ended.stdout.join("\n");
    assert!(said.contains(&format!("{answered} answers learned from")), "{said}");
    assert!(said.contains("held-out users") && said.contains("built-in network"), "{said}");
    let figures: Value =
        serde_json::from_slice(&fs::read(model.join("figures.json")).unwrap()).unwrap();
    assert_eq!(figures["from"], "logs");
    let loss = |name: &str| figures["network"][name].as_f64().unwrap();
    assert!(loss("held_out_loss") <= loss("first_loss"), "{figures}");

    let judge = ["interact", "evaluate", "--log", text(&log), "--model", text(&model), "--json"];
    let ended = run(home.path(), &judge);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let judged = json(&ended);
    assert_eq!(
        (&judged["decisions"], &judged["answers"]["answers"]),
        (&6000.into(), &answered.into())
    );
    assert!(judged["worth"]["doubly_robust"]["interval"]["low"].is_number(), "{judged}");

    // The first thirty decisions of one user hold some answers, and too few.
    let short = home.path().join("short.jsonl");
    let first: Vec<&str> = lines.lines().take(30).collect();
    fs::write(&short, first.join("\n")).unwrap();
    let ended = run(home.path(), &["interact", "train", "--out", "none", "--log", text(&short)]);
    assert_ne!(ended.code, Some(0));
    assert!(ended.stderr.contains("too few to learn from"), "{}", ended.stderr);
    assert!(ended.stderr.contains("Of 30 decisions"), "{}", ended.stderr);
    fs::write(&short, "no json\n").unwrap();
    let ended = run(home.path(), &["interact", "train", "--out", "none", "--log", text(&short)]);
    assert!(ended.stderr.contains("no decision in the log"), "{}", ended.stderr);
    assert!(!home.path().join("none").exists());

    // Such logs say what was decided, not why.
    let ended = run(home.path(), &["interact", "explain", text(&log)]);
    assert!(ended.stderr.contains("hold no reasons"), "{}", ended.stderr);
}

#[test]
fn what_was_decided_live_is_explained() {
    let home = tempfile::tempdir().unwrap();
    let live = [
        "live",
        "--headless",
        "--source",
        "demo",
        "--json",
        "--companion",
        "--companion-every",
        "1",
    ];
    let running = Running::start(&mut mien(home.path(), &live));
    running.wait_for_lines(40);
    running.interrupt();
    let ended = running.end();
    let log = home.path().join("decisions.jsonl");
    fs::write(&log, ended.stdout.join("\n")).unwrap();
    let explained = run(home.path(), &["interact", "explain", text(&log), "--id", "1"]);
    assert_eq!(explained.code, Some(0), "{}", explained.stderr);
    let words = explained.stdout.join("\n");
    assert!(words.contains("Decision 1 at") && words.contains("Why:"), "{words}");
    let missing = run(home.path(), &["interact", "explain", text(&log), "--id", "99999"]);
    assert!(missing.stderr.contains("It has 1"), "{}", missing.stderr);
}

#[test]
fn the_media_scenario_suggests_by_what_was_seen() {
    let home = tempfile::tempdir().unwrap();
    let ended = run(home.path(), &["interact", "scenario", "media"]);
    let words = ended.stdout.join("\n");
    assert!(words.contains("it suggests \u{201c}What We Left at the Shore\u{201d}"), "{words}");
    let last = words.rsplit("By what the reactions say").next().unwrap_or_default();
    let place = |title: &str| last.find(title).unwrap_or_else(|| panic!("{title}: {last}"));
    assert!(place("The Lighthouse") < place("Harbour") && place("Harbour") < place("Nothing But"));
}
