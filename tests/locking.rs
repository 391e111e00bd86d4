//! Locked sessions with the program itself, and with the tool `age` where it is installed.
#![cfg(target_os = "linux")]

mod common;
#[path = "common/made.rs"]
mod made;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use common::program::{Ended, Running, mien, recording, sessions_dir};
use made::Made;
use mien::library::INDEX;
use mien::session::vault::{Key, Passphrase, is_locked, is_partly_locked};

const PASSPHRASE: &str = "correct horse battery staple";

fn run_with(home: &Path, passphrase: Option<&str>, args: &[&str]) -> Ended {
    let mut command = mien(home, args);
    match passphrase {
        Some(passphrase) => command.env("MIEN_PASSPHRASE", passphrase),
        None => command.env_remove("MIEN_PASSPHRASE"),
    };
    Running::start(&mut command).end()
}

fn made(home: &Path, frames: u64) -> PathBuf {
    let dir = sessions_dir(home);
    fs::create_dir_all(&dir).unwrap();
    Made { participant: "P-0815", tags: &["sleepless"], frames, ..Made::default() }.write(&dir)
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries
        .map(|path| (path.file_name().unwrap().to_str().unwrap().into(), fs::read(&path).unwrap()))
        .collect();
    files.sort();
    files
}

#[test]
fn a_locked_session_is_read_with_its_passphrase_and_says_how_without() {
    let home = tempfile::tempdir().unwrap();
    let (home, folder) = (home.path(), made(home.path(), 200));
    let (dir, before) = (sessions_dir(home), files(&folder));
    let (session, dir_text) = (text(&folder), text(&dir));
    let list = ["sessions", "--dir", dir_text, "list", "--json"];
    let ended = run_with(home, None, &list);
    assert!(ended.stdout[0].contains("P-0815"), "{:?}", ended.stdout);
    let (page, table) = (home.join("page.html"), home.join("table.csv"));
    let reads: [&[&str]; 5] = [
        &["stats", session],
        &["sessions", "show", session],
        &["sessions", "verify", session],
        &["export", session, "--to", "csv", "--force", "--out", text(&table)],
        &["report", session, "--out", text(&page)],
    ];
    let said: Vec<_> = reads.iter().map(|args| run_with(home, None, args).stdout).collect();
    let written = || [&page, &table].map(|path| fs::read_to_string(path).unwrap());
    let plain = written();

    let lock = ["sessions", "lock", session];
    for weak in ["", "short", "aaaaaaaaaaaaaaaa"] {
        let ended = run_with(home, Some(weak), &lock);
        assert!(
            ended.code == Some(1)
                && ended.stderr.contains("passphrase") | ended.stderr.contains("empty")
        );
    }
    let nobody = run_with(home, None, &lock);
    assert!(nobody.code == Some(1) && nobody.stderr.contains("terminal"), "{}", nobody.stderr);
    assert_eq!(files(&folder), before);
    let ended = run_with(home, Some(PASSPHRASE), &lock);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    assert!(is_locked(&folder) && !is_partly_locked(&folder));
    let locked = files(&folder);

    // The list knows the date, and nothing it knew before.
    let listed = run_with(home, None, &list).stdout;
    assert!(listed.len() == 1 && listed[0].contains(r#""is":"locked""#), "{listed:?}");
    assert!(listed[0].contains("2026-11-24"), "{listed:?}");
    let index = fs::read_to_string(dir.join(INDEX)).unwrap();
    for word in ["P-0815", "sleepless", "happiness", r#""rows":200"#] {
        assert!(!index.contains(word) && !listed[0].contains(word), "{word}");
    }
    for args in &reads {
        let ended = run_with(home, None, args);
        let told = ended.stderr.contains("locked") && ended.stderr.contains("MIEN_PASSPHRASE");
        assert!(ended.code == Some(1) && told, "{args:?} {}", ended.stderr);
    }
    let wrong = run_with(home, Some("some other passphrase"), reads[0]);
    assert!(wrong.code == Some(1) && wrong.stderr.contains("does not open"), "{}", wrong.stderr);
    let label = run_with(home, None, &["sessions", "label", session, "--name", "x"]);
    assert!(label.code == Some(1) && label.stderr.contains("Unlock it"), "{}", label.stderr);

    [&page, &table].iter().for_each(|path| fs::remove_file(path).unwrap());
    for (args, said) in reads.iter().zip(&said) {
        let ended = run_with(home, Some(PASSPHRASE), args);
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{args:?}");
        let bytes = |line: &&String| !line.contains("  size ");
        assert!(ended.stdout.iter().filter(bytes).eq(said.iter().filter(bytes)), "{args:?}");
    }
    assert!(written() == plain);
    // Nothing was decrypted on the disk.
    assert_eq!(files(&folder), locked);

    let secret = home.join("secret");
    fs::write(&secret, format!("{PASSPHRASE}\nanother line\n")).unwrap();
    let unlock = ["sessions", "unlock", session, "--passphrase-file", text(&secret)];
    let ended = run_with(home, Some("wrong, and the file counts"), &unlock);
    assert!(ended.code == Some(0) && ended.stderr.contains("others can read"), "{}", ended.stderr);
    assert_eq!(files(&folder), before);
}

#[test]
fn killed_at_any_moment_nothing_is_lost_and_the_next_try_does_the_rest() {
    let home = tempfile::tempdir().unwrap();
    // Long enough that encrypting takes a while too.
    let (home, folder) = (home.path(), made(home.path(), 20_000));
    let before = files(&folder);
    let key = Key::new(Passphrase::new(PASSPHRASE.into()));
    let attempt = |what: &str, after: Option<Duration>| {
        let mut command = mien(home, &["sessions", what, text(&folder)]);
        let running = Running::start(command.env("MIEN_PASSPHRASE", PASSPHRASE));
        let Some(after) = after else { return running.end().code };
        std::thread::sleep(after);
        running.kill();
        None
    };
    // How long it takes here, in all.
    let start = Instant::now();
    assert_eq!(attempt("lock", None), Some(0));
    let takes = start.elapsed();
    assert!(files(&folder).iter().all(|(name, _)| name.ends_with(".age")));
    let whole = |name: &str, content: &[u8]| {
        let plain = fs::read(folder.join(name));
        if plain.as_ref().is_ok_and(|plain| plain == content) {
            return true;
        }
        // Decrypted as anybody would.
        let mut found = Vec::new();
        let opened = key.open(&folder.join(format!("{name}.age")));
        opened.is_ok_and(|mut file| std::io::copy(&mut file, &mut found).is_ok())
            && found == content
    };
    for round in 1..=3 {
        // Another place of the way in each round. Unlocking works on the passphrase half as often.
        for (what, parts) in [("unlock", 8), ("lock", 4)] {
            attempt(what, Some(takes * round / parts));
            for (name, content) in &before {
                assert!(whole(name, content), "{what}, round {round}: {name} is lost");
            }
        }
    }
    assert_eq!(attempt("lock", None), Some(0));
    assert!(files(&folder).iter().all(|(name, _)| name.ends_with(".age")));
    assert_eq!(attempt("unlock", None), Some(0));
    assert_eq!(files(&folder), before);
}

#[test]
fn a_recording_is_locked_when_it_ends() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let list = home.join("list.csv");
    fs::write(&list, "onset,label\n0.1,advert\n").unwrap();
    let mut command = recording(home, "demo");
    command.args(["--seconds", "1", "--lock", "--participant", "P-0815"]);
    command.args(["--stimuli", text(&list)]);
    // Without a passphrase nothing is recorded that would stay plain.
    let refused = Running::start(command.env_remove("MIEN_PASSPHRASE")).end();
    assert!(refused.code == Some(1) && !sessions_dir(home).exists(), "{}", refused.stderr);
    let ended = Running::start(command.env("MIEN_PASSPHRASE", PASSPHRASE)).end();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let folders = mien::session::session_folders(&sessions_dir(home));
    assert!(folders.len() == 1 && is_locked(&folders[0]) && !is_partly_locked(&folders[0]));
    let shown = run_with(home, Some(PASSPHRASE), &["sessions", "show", text(&folders[0])]);
    let shown = shown.stdout.join("\n");
    assert!(shown.contains("P-0815") && shown.contains("markers        1"), "{shown}");
}

/// What `age` says, asked at a terminal of its own; `None` if there is no such tool.
fn age(folder: &Path, command: &str, typed: &str) -> Option<String> {
    let tool = Command::new("sh").args(["-c", "command -v age && command -v script"]).output();
    if !tool.is_ok_and(|tool| tool.status.success()) {
        println!("SKIPPED: the tools age and script are not installed");
        return None;
    }
    let mut child = Command::new("script")
        .args(["-qec", command, "/dev/null"])
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut terminal = child.stdin.take().unwrap();
    terminal.write_all(typed.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    // Not before, as the terminal goes with it.
    drop(terminal);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{command}: {said}");
    Some(said)
}

#[test]
fn the_tool_age_opens_what_is_locked_and_what_it_encrypts_is_unlocked() {
    let home = tempfile::tempdir().unwrap();
    let (home, folder) = (home.path(), made(home.path(), 2000));
    let before = files(&folder);
    assert_eq!(
        run_with(home, Some(PASSPHRASE), &["sessions", "lock", text(&folder)]).code,
        Some(0)
    );
    let typed = format!("{PASSPHRASE}\n");
    for (name, content) in &before {
        let command = format!("age --decrypt -o ../opened {name}.age");
        if age(&folder, &command, &typed).is_none() {
            return;
        }
        let opened = sessions_dir(home).join("opened");
        assert!(fs::read(&opened).unwrap() == *content, "{name}");
        fs::remove_file(opened).unwrap();
    }
    // The other way: each file by the tool alone.
    for (name, content) in &before {
        fs::remove_file(folder.join(format!("{name}.age"))).unwrap();
        fs::write(folder.join(name), content).unwrap();
        let typed = format!("{PASSPHRASE}\n{PASSPHRASE}\n");
        age(&folder, &format!("age --passphrase -o {name}.age {name}"), &typed).unwrap();
        fs::remove_file(folder.join(name)).unwrap();
    }
    let stats = run_with(home, Some(PASSPHRASE), &["stats", text(&folder)]);
    assert_eq!(stats.code, Some(0), "{}", stats.stderr);
    let ended = run_with(home, Some(PASSPHRASE), &["sessions", "unlock", text(&folder)]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(files(&folder), before);
}

#[test]
fn a_passphrase_is_asked_for_at_a_terminal_and_never_shown() {
    let home = tempfile::tempdir().unwrap();
    let (home, folder) = (home.path(), made(home.path(), 20));
    let program = env!("CARGO_BIN_EXE_mien");
    let command = format!(
        "env -u MIEN_PASSPHRASE MIEN_CONFIG_DIR={0}/c MIEN_DATA_DIR={0}/d {program} sessions lock {1}",
        text(home),
        text(&folder)
    );
    let script = Command::new("sh").args(["-c", "command -v script"]).output();
    if !script.is_ok_and(|found| found.status.success()) {
        return println!("SKIPPED: the tool script is not installed");
    }
    let said = at_terminal(&command, &[PASSPHRASE, "not the same again"]);
    assert!(said.contains("differ") && !is_locked(&folder), "{said}");
    let said = at_terminal(&command, &[PASSPHRASE, PASSPHRASE]);
    assert!(is_locked(&folder), "{said}");
    assert!(!said.contains("battery"), "{said}");
    let read = command.replace("sessions lock", "stats");
    let said = at_terminal(&read, &["wrong one", PASSPHRASE]);
    assert!(said.contains("does not open it") && said.contains("share of time"), "{said}");
}

/// What a program says at a terminal; each line is typed when it asks.
fn at_terminal(command: &str, lines: &[&str]) -> String {
    use std::io::Read;
    let mut child = Command::new("script")
        .args(["-qec", command, "/dev/null"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut terminal, mut output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let (mut said, mut byte, mut lines) = (String::new(), [0], lines.iter());
    while output.read(&mut byte).unwrap() == 1 {
        said.push(char::from(byte[0]));
        let asks = ["passphrase: ", "again: ", "_demo: "].iter().any(|end| said.ends_with(end));
        if asks && let Some(line) = lines.next() {
            terminal.write_all(format!("{line}\n").as_bytes()).unwrap();
        }
    }
    child.wait().unwrap();
    said
}
