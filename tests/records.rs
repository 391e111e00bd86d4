//! What becomes of sessions outside the window, with the program itself: exported, imported, marked,
//! taken over, and what touches the disk and the network meanwhile.

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::program::{Ended, Running, complete_session, events_of, mien, recording, sessions_dir};

fn run(home: &Path, args: &[&str]) -> Ended {
    Running::start(&mut mien(home, args)).end()
}

/// A second of the demo; its folder.
fn recorded(home: &Path, more: &[&str]) -> PathBuf {
    let ended = Running::start(recording(home, "demo").args(["--seconds", "1"]).args(more)).end();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    complete_session(&sessions_dir(home)).folder().to_owned()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn sessions_are_exported_and_nothing_is_replaced() {
    let home = tempfile::tempdir().unwrap();
    let (home, folder) = (home.path(), recorded(home.path(), &["--participant", "../=P07"]));
    let out = home.join("out");
    fs::create_dir(&out).unwrap();
    for format in ["csv", "vtt", "srt", "eaf", "bids"] {
        let args = ["export", text(&folder), "--to", format, "--out", text(&out)];
        let ended = run(home, &args);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        for file in &ended.stdout {
            assert!(
                Path::new(file).parent() == Some(&out) && fs::metadata(file).unwrap().len() > 6
            );
        }
        let again = run(home, &args);
        assert!(again.code == Some(1) && again.stderr.contains("there already"), "{format}");
        assert_eq!(run(home, &[&args[..], &["--force"]].concat()).code, Some(0));
    }
    assert_eq!(fs::read_dir(&out).unwrap().count(), 6);
    // The same session twice has one name.
    let two = home.join("two");
    let args = ["export", text(&folder), text(&folder), "--to", "csv", "--out", text(&two)];
    assert_eq!(run(home, &args).code, Some(1));
    assert_eq!(fs::read_dir(&two).unwrap().count(), 1);
    let wrong = [
        &["export", "nowhere", "--to", "csv"][..],
        &["export", text(&folder), "--to", "srt", "--rate", "9"],
    ];
    assert_eq!(wrong.map(|args| run(home, args).code), [Some(1), Some(2)]);
}

#[test]
fn tables_of_others_become_sessions_and_sessions_are_taken_over() {
    let home = tempfile::tempdir().unwrap();
    let (home, table) = (home.path(), home.path().join("open face.csv"));
    fs::write(&table, "frame,timestamp,confidence,success\n1,0.0,0.9,1\n2,0.1,0.8,1\n").unwrap();
    let (study, other) = (home.join("study"), home.join("other"));
    let args = ["import", text(&table), "--from", "openface", "--out", text(&study)];
    let ended = run(home, &args);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let folder = PathBuf::from(ended.stdout[0].split(": ").next().unwrap());
    assert!(folder.starts_with(&study) && ended.stdout[0].ends_with("2 rows"));

    let take = |from: &Path| run(home, &["sessions", "--dir", text(&other), "import", text(from)]);
    assert_eq!(take(&study).code, Some(0));
    let copied = other.join(folder.file_name().unwrap());
    for name in ["observations.csv", "events.csv", "session.json"] {
        assert_eq!(fs::read(folder.join(name)).unwrap(), fs::read(copied.join(name)).unwrap());
    }
    let again = take(&study);
    assert!(again.code == Some(1) && again.stderr.contains("there already"), "{}", again.stderr);
    // Neither a link nor what it leads to is taken over, and nothing but a session is.
    #[cfg(unix)]
    {
        let (secret, trap) = (home.join("secret"), home.join("trap"));
        fs::write(&secret, "frame,timestamp,success\n").unwrap();
        fs::create_dir(&trap).unwrap();
        std::os::unix::fs::symlink(&secret, trap.join("observations.csv")).unwrap();
        assert!(take(&trap).stderr.contains("is a link") && !other.join("trap").exists());
        std::os::unix::fs::symlink(&study, home.join("link")).unwrap();
        assert!(take(&home.join("link")).stderr.contains("is a link"));
    }
    fs::write(study.join(folder.file_name().unwrap()).join("thesis.txt"), "mine").unwrap();
    fs::remove_dir_all(&copied).unwrap();
    assert_eq!(take(&study).code, Some(0));
    assert!(!copied.join("thesis.txt").exists());
    assert_eq!(take(&home.join("config")).code, Some(1));
}

#[cfg(unix)]
#[test]
fn other_programs_mark_what_is_being_recorded() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let mark = |text: &str| run(home, &["mark", text]);
    let nothing = mark("early");
    assert!(nothing.code == Some(1) && nothing.stderr.contains("nothing is being recorded"));

    let running = Running::start(&mut recording(home, "demo"));
    running.wait_for_words("recording into");
    running.wait_for_lines(5);
    assert_eq!(mark("=stimulus \u{201c}3\u{201d}").code, Some(0));
    assert_eq!(mark("").code, Some(1));
    // A second recording goes on without, and says so.
    let mut second = recording(home, "demo");
    let second = Running::start(second.args(["--seconds", "0.5"])).end();
    assert!(second.stderr.contains("another Mien takes the markers"), "{}", second.stderr);
    running.wait_for_lines(5);
    assert_eq!(mark("last").code, Some(0));
    running.interrupt();
    assert_eq!(running.end().code, Some(0));
    assert_eq!(mark("late").code, Some(1));

    let sessions = common::program::complete_sessions(&sessions_dir(home));
    let events: Vec<_> = sessions.iter().map(events_of).find(|events| !events.is_empty()).unwrap();
    let texts: Vec<&str> = events.iter().map(|event| event.text.as_str()).collect();
    assert_eq!(texts, ["=stimulus \u{201c}3\u{201d}", "last"]);
    assert!(events.iter().all(|event| event.event == "marker"));
    assert!(!home.join("data/mien.sock").exists(), "the socket goes with the recording");
}

#[test]
fn lists_of_stimuli_become_markers() {
    let home = tempfile::tempdir().unwrap();
    let (home, list) = (home.path(), home.path().join("list.csv"));
    fs::write(&list, "label,onset\n\"advert \"\"A\"\", B\",0.25\n=late,900\n\n=fixation,0\n")
        .unwrap();
    let folder = recorded(home, &["--stimuli", text(&list)]);
    let markers = |folder: &Path| -> Vec<(u128, String, bool)> {
        let events = events_of(&mien::session::Session::open(folder).unwrap()).into_iter();
        events.map(|e| (e.time.as_millis(), e.text, e.utc.is_some())).collect()
    };
    let wanted = [(0, "=fixation".to_owned(), true), (250, "advert \"A\", B".to_owned(), true)];
    assert_eq!(markers(&folder), wanted);
    // Attached again, it adds nothing.
    let attach = |list: &Path| run(home, &["sessions", "attach", text(&folder), text(list)]);
    let again = attach(&list);
    assert_eq!(again.stdout, ["0 markers written, 2 there already, 1 after the end left out"]);
    assert_eq!(markers(&folder), wanted);
    for (wrong, words) in [
        ("onset,name\n1,a\n", "no column"),
        ("onset,label\nsoon,a\n", "line 2"),
        ("onset,label\n-1,a\n", "line 2"),
        ("onset,label\n1\n", "line 2"),
        ("onset,label\n", "no rows"),
    ] {
        fs::write(&list, wrong).unwrap();
        let ended = attach(&list);
        assert!(ended.code == Some(1) && ended.stderr.contains(words), "{}", ended.stderr);
    }
    assert_eq!(markers(&folder), wanted);
}

#[test]
fn what_is_stored_where_is_said_and_true() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    // Where the window would keep it.
    let kept = home.join("data/sessions");
    let mut command = mien(home, &["live", "--headless", "--source", "demo", "--seconds", "0.3"]);
    assert_eq!(Running::start(command.arg("--record").arg(&kept)).end().code, Some(0));
    let folder = complete_session(&kept).folder().to_owned();
    fs::write(folder.join("face.png"), [1; 2000]).unwrap();
    assert_eq!(run(home, &["sessions"]).code, Some(0));
    let said = run(home, &["privacy"]).stdout.join("\n");
    for wanted in
        [text(&kept), "1 session,", "no picture", "face.png", ".mien-index.jsonl", "settings.toml"]
    {
        assert!(said.contains(wanted), "{wanted}: {said}");
    }
    // Everything that lies there is said.
    let mut left = vec![home.to_owned()];
    while let Some(dir) = left.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                left.push(path);
            } else {
                let known = path.ancestors().any(|part| said.contains(text(part)) && part != home);
                assert!(known, "{}", path.display());
            }
        }
    }
}

/// Under `strace`, which shows what the system was asked for.
#[cfg(target_os = "linux")]
#[test]
fn no_network_is_used_and_no_file_elsewhere_is_written() {
    if Command::new("strace").arg("-V").output().is_err() {
        eprintln!("SKIPPED: strace is not installed");
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let home = &fs::canonicalize(home.path()).unwrap();
    let video = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds/h264/baseline.mp4");
    let sessions = sessions_dir(home);
    let traced = |args: &[&str]| {
        let trace = home.join("trace");
        let plain = mien(home, args);
        let mut command = Command::new("strace");
        command.args([
            "-f",
            "-s",
            "4096",
            "-e",
            "trace=network,open,openat,openat2,creat,rename,renameat,renameat2,mkdir,mkdirat",
        ]);
        command.arg("-o").arg(&trace).arg("--").arg(plain.get_program()).args(plain.get_args());
        plain.get_envs().for_each(|(name, value)| {
            command.env(name, value.unwrap_or_default());
        });
        let ended = Running::start(command.current_dir(home)).end();
        if ended.stderr.contains("ptrace") {
            eprintln!("SKIPPED: strace may not trace here");
            return None;
        }
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        Some(fs::read_to_string(trace).unwrap())
    };
    let record =
        ["live", "--headless", "--source", "demo", "--seconds", "0.5", "--record", text(&sessions)];
    let Some(first) = traced(&record) else { return };
    let folder = complete_session(&sessions).folder().to_owned();
    let page = home.join("page.html");
    let rest = [
        &["analyze", text(&video), "--out", text(&sessions)][..],
        &["report", text(&folder), "--out", text(&page)],
    ];
    let traces: Vec<String> = rest.iter().filter_map(|args| traced(args)).chain([first]).collect();
    assert_eq!(traces.len(), 3);
    let mut written = 0;
    for line in traces.iter().flat_map(|trace| trace.lines()) {
        assert!(!line.contains("AF_INET") && !line.contains("AF_NETLINK"), "{line}");
        let writes = ["O_WRONLY", "O_RDWR", "O_CREAT", "creat(", "rename", "mkdir"];
        if !line.contains('"') || !writes.iter().any(|word| line.contains(word)) {
            continue;
        }
        let path = line.split('"').nth(1).unwrap();
        let sound =
            Path::new(path).starts_with(home) || path.starts_with("/dev/") || !path.contains('/');
        assert!(sound, "{line}");
        written += usize::from(Path::new(path).starts_with(home));
    }
    assert!(written > 10, "the trace shows what is written");
}
