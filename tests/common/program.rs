//! Runs the program itself, listens to it and looks at the sessions it leaves.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::{Builder, JoinHandle, sleep};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use mien::session::{EventRow, Row, Session, session_folders};
use serde_json::Value;

/// Nothing takes longer, on however busy a machine; what does hangs.
const PATIENCE: Duration = Duration::from_secs(300);

/// `mien` with folders of its own in `home`.
pub fn mien(home: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mien"));
    command
        .args(args)
        .env("MIEN_CONFIG_DIR", home.join("config"))
        .env("MIEN_DATA_DIR", home.join("data"))
        .env_remove("MIEN_LOG")
        .stdin(Stdio::null());
    command
}

/// `mien live --headless --json`, recording into [`sessions_dir`].
pub fn recording(home: &Path, source: &str) -> Command {
    let mut command = mien(home, &["live", "--headless", "--json", "--source", source]);
    command.arg("--record").arg(sessions_dir(home));
    command
}

/// Where [`recording`] records.
pub fn sessions_dir(home: &Path) -> PathBuf {
    home.join("sessions")
}

/// A program that runs; killed when dropped.
pub struct Running {
    child: Child,
    stdout: Lines,
    stderr: Lines,
}

/// How a program ended and what it said.
pub struct Ended {
    /// `None`: killed.
    pub code: Option<i32>,
    /// Lines of standard output.
    pub stdout: Vec<String>,
    pub stderr: String,
}

impl Running {
    pub fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let stdout = Lines::of(child.stdout.take().expect("it is piped"));
        let stderr = Lines::of(child.stderr.take().expect("it is piped"));
        Self { child, stdout, stderr }
    }

    /// Waits until a line on standard error contains `words`.
    pub fn wait_for_words(&self, words: &str) {
        self.wait_until(words, || self.stderr.said().iter().any(|(_, line)| line.contains(words)));
    }

    /// Waits for `count` more lines on standard output.
    pub fn wait_for_lines(&self, count: usize) {
        let target = self.stdout.said().len() + count;
        self.wait_until("more lines", || self.stdout.said().len() >= target);
    }

    fn wait_until(&self, what: &str, reached: impl Fn() -> bool) {
        let patience = Instant::now() + PATIENCE;
        while !reached() {
            let said = || self.stderr.text();
            assert!(!self.stderr.is_closed(), "it ended before: {what}\n{}", said());
            assert!(Instant::now() < patience, "waited in vain for: {what}\n{}", said());
            sleep(Duration::from_millis(5));
        }
    }

    /// As Ctrl+C does.
    pub fn interrupt(&self) {
        let pid = self.child.id().to_string();
        let status = Command::new("kill").args(["-INT", &pid]).status().expect("there is kill");
        assert!(status.success(), "{status}");
    }

    /// Kills it, without a warning; the lines it printed until then and when they came.
    pub fn kill(mut self) -> Vec<(Timestamp, String)> {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it ends");
        self.stdout.close();
        self.stdout.said().clone()
    }

    /// Waits for its end.
    pub fn end(mut self) -> Ended {
        let patience = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("it can be waited for") {
                break status;
            }
            assert!(Instant::now() < patience, "it does not end\n{}", self.stderr.text());
            sleep(Duration::from_millis(5));
        };
        self.stdout.close();
        self.stderr.close();
        let stdout = self.stdout.said().iter().map(|(_, line)| line.clone()).collect();
        Ended { code: status.code(), stdout, stderr: self.stderr.text() }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended already, unless the test failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Ended {
    /// The observations printed.
    pub fn observations(&self) -> Vec<Value> {
        self.stdout.iter().map(|line| observation(line)).collect()
    }
}

/// Reads a line of `--json`.
pub fn observation(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
}

/// Lines of a pipe, collected by a thread.
struct Lines {
    said: Arc<Mutex<Vec<(Timestamp, String)>>>,
    thread: Option<JoinHandle<()>>,
}

impl Lines {
    fn of(pipe: impl Read + Send + 'static) -> Self {
        let said = Arc::new(Mutex::new(Vec::new()));
        let for_thread = Arc::clone(&said);
        let collect = move || {
            for line in BufReader::new(pipe).lines().map_while(Result::ok) {
                for_thread.lock().expect("nobody panics here").push((Timestamp::now(), line));
            }
        };
        let thread = Builder::new().spawn(collect).expect("a thread starts");
        Self { said, thread: Some(thread) }
    }

    fn said(&self) -> MutexGuard<'_, Vec<(Timestamp, String)>> {
        self.said.lock().expect("nobody panics here")
    }

    fn text(&self) -> String {
        self.said().iter().map(|(_, line)| format!("{line}\n")).collect()
    }

    fn is_closed(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Waits for the last line.
    fn close(&mut self) {
        if let Some(thread) = self.thread.take() {
            thread.join().expect("it only reads");
        }
    }
}

/// The sessions in `sessions_dir`, each closed as it should be: complete, and nothing but its
/// three files.
pub fn complete_sessions(sessions_dir: &Path) -> Vec<Session> {
    let folders = session_folders(sessions_dir);
    let entries = fs::read_dir(sessions_dir).expect("there is a folder of sessions").count();
    assert_eq!(entries, folders.len(), "only sessions lie in {}", sessions_dir.display());
    let look_at = |folder: &PathBuf| {
        let mut files: Vec<_> = fs::read_dir(folder)
            .expect("a session is a folder")
            .map(|entry| entry.expect("it can be read").file_name())
            .collect();
        files.sort();
        assert_eq!(files, ["events.csv", "observations.csv", "session.json"]);
        let session = Session::open(folder).expect("it is a session");
        assert_eq!(session.record_problem(), None);
        let record = session.record();
        assert!(record.complete && !record.recovered, "{record:?}");
        assert_eq!((&record.failure, record.schema_version), (&None, 1));
        let rows = rows_of(&session);
        assert_eq!(record.rows, rows.len() as u64);
        assert_rows_in_order(&rows);
        session
    };
    folders.iter().map(look_at).collect()
}

/// The only session in `sessions_dir`, as [`complete_sessions`] wants it.
pub fn complete_session(sessions_dir: &Path) -> Session {
    let mut sessions = complete_sessions(sessions_dir);
    assert_eq!(sessions.len(), 1);
    sessions.remove(0)
}

pub fn rows_of(session: &Session) -> Vec<Row> {
    session.observations().unwrap().map(Result::unwrap).collect()
}

pub fn events_of(session: &Session) -> Vec<EventRow> {
    session.events().unwrap().map(Result::unwrap).collect()
}

/// Time and frame number rise strictly from frame to frame; rows of one frame share both.
fn assert_rows_in_order(rows: &[Row]) {
    for pair in rows.windows(2) {
        let (before, after) = (&pair[0], &pair[1]);
        let same = before.frame == after.frame && before.time == after.time;
        let later = before.frame < after.frame && before.time < after.time;
        assert!(same || later, "{before:?}\n{after:?}");
    }
}
