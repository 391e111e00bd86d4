//! The threads that know sessions, with real folders.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mien::library::{Labelling, Library};
use mien::runtime::librarian::{
    Librarian, LibraryCommand, LibraryEvent, NoVideo, OpenedSession, Side,
};
use mien::session::trace::Follow;
use mien::session::vault::{self, Passphrase};
use mien::session::{EventRow, FileRecord, SessionEvent};
use mien::stats::{Selection, Span};

#[path = "common/made.rs"]
mod made;

use made::Made;

/// Work on a passphrase takes seconds, on a busy machine many.
const PATIENCE: Duration = Duration::from_secs(180);

/// Waits for a message that `pick` takes.
fn wait<T>(librarian: &Librarian, mut pick: impl FnMut(LibraryEvent) -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        assert!(Instant::now() < deadline, "the message did not come");
        match librarian.try_event().map(&mut pick) {
            Some(Some(found)) => return found,
            Some(None) => {}
            None => std::thread::sleep(Duration::from_millis(2)),
        }
    }
}

fn listed(librarian: &Librarian) -> Arc<Library> {
    wait(librarian, |event| match event {
        LibraryEvent::Listed(library, None) => Some(library),
        _ => None,
    })
}

fn opened(librarian: &mut Librarian, folder: &Path, candidates: &[PathBuf]) -> OpenedSession {
    let command =
        LibraryCommand::Open { folder: folder.to_owned(), candidates: candidates.to_vec() };
    librarian.command(command);
    let read = wait(librarian, |event| match event {
        LibraryEvent::Opened(of, read) if of == folder => Some(read),
        _ => None,
    });
    *read.unwrap()
}

fn video(librarian: &Librarian) -> Result<PathBuf, NoVideo> {
    wait(librarian, |event| match event {
        LibraryEvent::Video(_, found) => Some(found),
        _ => None,
    })
}

#[test]
fn sessions_are_listed_labelled_and_erased_with_their_reports() {
    let dir = tempfile::tempdir().unwrap();
    let one = Made::default().write(dir.path());
    let two = Made { folder_name: "two", ..Made::default() }.write(dir.path());
    let mut librarian = Librarian::new(Arc::new(|| ()));
    librarian.command(LibraryCommand::List(dir.path().to_owned()));
    assert_eq!(listed(&librarian).entries().len(), 2);

    let labelling = Labelling { tags: Some(vec!["pilot".into()]), ..Labelling::default() };
    librarian.command(LibraryCommand::Label(one.clone(), labelling));
    assert_eq!(listed(&librarian).entries().next().unwrap().tags, ["pilot"]);

    librarian.command(LibraryCommand::Report(vec![one.clone(), two.clone()]));
    let page = wait(&librarian, |event| match event {
        LibraryEvent::Reported(page) => Some(page),
        _ => None,
    });
    assert!(fs::read_to_string(&page).unwrap().contains("pilot"));

    librarian.command(LibraryCommand::Erase(one.clone()));
    assert_eq!(listed(&librarian).entries().len(), 1);
    assert!(!one.exists() && !page.exists() && two.exists());
    // Nothing of it is left in the index either.
    let index = fs::read_to_string(dir.path().join(mien::library::INDEX)).unwrap();
    assert!(!index.contains("pilot"), "{index}");
    assert!(librarian.stop(Instant::now() + PATIENCE));
}

#[test]
fn what_is_in_the_way_is_told_in_words() {
    let dir = tempfile::tempdir().unwrap();
    let one = Made::default().write(dir.path());
    let notes = one.join("my notes.txt");
    fs::write(&notes, "mine").unwrap();
    let mut librarian = Librarian::new(Arc::new(|| ()));
    librarian.command(LibraryCommand::List(dir.path().to_owned()));
    librarian.command(LibraryCommand::Erase(one.clone()));
    let failed = |event| match event {
        LibraryEvent::Failed(message) => Some(message),
        _ => None,
    };
    assert!(wait(&librarian, failed).contains("my notes.txt"));
    assert!(notes.exists() && one.join("observations.csv").exists());
    librarian.command(LibraryCommand::Open { folder: dir.path().join("no"), candidates: vec![] });
    let why = wait(&librarian, |event| match event {
        LibraryEvent::Opened(_, Err(why)) => Some(why),
        _ => None,
    });
    assert!(why.contains("is not a session folder"), "{why}");
}

#[test]
fn a_session_is_read_summed_up_and_marked_and_old_rows_stay_as_they_are() {
    let dir = tempfile::tempdir().unwrap();
    let folder = Made::default().write(dir.path());
    let mut librarian = Librarian::new(Arc::new(|| ()));
    let read = opened(&mut librarian, &folder, &[]);
    assert_eq!((read.trace.len(), read.faces.len(), read.problems.len()), (100, 1, 0));
    assert_eq!(read.length, Duration::from_secs(10));
    assert!(read.trace.face(0, Follow::Largest).is_some());
    assert_eq!(video(&librarian), Err(NoVideo::Live));

    let span = Span { label: "part".into(), from: Duration::ZERO, to: Duration::from_secs(5) };
    librarian.command(LibraryCommand::Summarise(Selection { face: None, span }));
    let summary = wait(&librarian, |event| match event {
        LibraryEvent::Summarised(_, summary) => Some(summary),
        _ => None,
    });
    assert!((summary.classes[1].share.value.unwrap() - 0.6).abs() < 1e-6);

    let events = folder.join("events.csv");
    let before = fs::read_to_string(&events).unwrap();
    let note = SessionEvent::Note { text: "laughs, \"aloud\"".into() };
    let row = EventRow::new(Duration::from_millis(1500), None, &note);
    librarian.command(LibraryCommand::AddEvents(vec![row.clone()]));
    let told = |event| match event {
        LibraryEvent::Events(_, rows) => Some(rows.len()),
        _ => None,
    };
    assert_eq!(wait(&librarian, told), 2);
    let after = fs::read_to_string(&events).unwrap();
    for line in before.lines() {
        assert!(after.lines().any(|kept| kept == line), "{line} is not in {after}");
    }
    assert_eq!(opened(&mut librarian, &folder, &[]).trace.events().len(), 2);
    librarian.command(LibraryCommand::RemoveEvent(row));
    assert_eq!(wait(&librarian, told), 1);
    assert_eq!(fs::read_to_string(&events).unwrap(), before);
}

#[test]
fn the_video_is_the_one_with_the_same_content() {
    let clips = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/video/clips");
    let clip = clips.join("h264_bframes.mp4");
    let bytes = fs::read(&clip).unwrap();
    let sum: String = {
        use sha2::Digest;
        sha2::Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect()
    };
    let dir = tempfile::tempdir().unwrap();
    let file = FileRecord {
        name: "talk.mp4".into(),
        sha256: sum,
        bytes: bytes.len() as u64,
        ..FileRecord::default()
    };
    let made = Made { file: Some(file), ..Made::default() };
    let folder = made.write(dir.path());
    let mut librarian = Librarian::new(Arc::new(|| ()));
    opened(&mut librarian, &folder, &[dir.path().join("gone.mp4")]);
    assert_eq!(video(&librarian), Err(NoVideo::NotFound { name: "talk.mp4".into() }));

    // The same name and size, and another content.
    let changed = dir.path().join("talk.mp4");
    let mut other = bytes.clone();
    *other.last_mut().unwrap() ^= 1;
    fs::write(&changed, &other).unwrap();
    librarian.command(LibraryCommand::Try(changed.clone()));
    assert_eq!(video(&librarian), Err(NoVideo::Changed { name: "talk.mp4".into() }));
    // Under another name it is the same.
    librarian.command(LibraryCommand::Try(clip.clone()));
    assert_eq!(video(&librarian), Ok(clip.clone()));
    opened(&mut librarian, &folder, &[changed, clip.clone()]);
    assert_eq!(video(&librarian), Ok(clip));
}

#[test]
fn two_sessions_are_compared_by_the_parts_of_their_markers() {
    let dir = tempfile::tempdir().unwrap();
    let one = Made::default().write(dir.path());
    let two = Made { folder_name: "two", happy: 8, ..Made::default() }.write(dir.path());
    let mut librarian = Librarian::new(Arc::new(|| ()));
    let compare = |librarian: &mut Librarian, first: Option<&str>, second: Option<&str>| {
        let side = |folder: &PathBuf, marker: Option<&str>| Side {
            folder: folder.clone(),
            marker: marker.map(str::to_owned),
        };
        librarian.command(LibraryCommand::Compare([side(&one, first), side(&two, second)]));
        wait(librarian, |event| match event {
            LibraryEvent::Compared(compared) => Some(compared),
            _ => None,
        })
    };
    let whole = compare(&mut librarian, None, None).unwrap();
    assert_eq!(whole.markers, [["stimulus".to_owned()], ["stimulus".to_owned()]]);
    let happiness = |compared: &mien::runtime::librarian::Compared| {
        let mut figures = compared.comparison.figures.iter();
        let share = figures.find(|figure| {
            figure.figure == "share" && figure.label.as_deref() == Some("happiness")
        });
        share.unwrap().difference.value.unwrap()
    };
    assert!((happiness(&whole) + 0.5).abs() < 1e-6);
    // From the marker at 2 s on, one of eight seconds is happy, and six.
    let parts = compare(&mut librarian, Some("stimulus"), Some("stimulus")).unwrap();
    assert!((happiness(&parts) + 5.0 / 8.0).abs() < 1e-6, "{}", happiness(&parts));
    assert!(compare(&mut librarian, Some("none"), None).unwrap_err().contains("no such part"));
}

#[test]
fn a_session_is_locked_opened_with_its_passphrase_and_unlocked() {
    let dir = tempfile::tempdir().unwrap();
    let made = Made { participant: "P-0815", ..Made::default() };
    let folder = made.write(dir.path());
    let two = Made { folder_name: "two", ..Made::default() }.write(dir.path());
    let mut librarian = Librarian::new(Arc::new(|| ()));
    librarian.command(LibraryCommand::List(dir.path().to_owned()));
    listed(&librarian);
    let before = opened(&mut librarian, &folder, &[]);
    let good = Passphrase::new("correct horse battery staple".into());
    let weak = Passphrase::new("short".into());
    let locked = |librarian: &Librarian| {
        let mut steps = 0;
        let result = wait(librarian, |event| match event {
            LibraryEvent::Locking(_) => {
                steps += 1;
                None
            }
            LibraryEvent::Locked(of, result) | LibraryEvent::Unlocked(of, result) => {
                assert_eq!(of, folder);
                Some(result)
            }
            _ => None,
        });
        (result, steps)
    };
    librarian.command(LibraryCommand::Lock(folder.clone(), weak));
    let (refused, _) = locked(&librarian);
    assert!(refused.unwrap_err().contains("fewer than 12") && !vault::is_locked(&folder));
    librarian.command(LibraryCommand::Lock(folder.clone(), good.clone()));
    assert_eq!(locked(&librarian), (Ok(()), 4));
    librarian.command(LibraryCommand::List(dir.path().to_owned()));
    let library = listed(&librarian);
    let entry = library.find(Made::default().folder_name).unwrap();
    assert!(entry.is_locked() && entry.participant.is_empty());
    let index = fs::read_to_string(dir.path().join(mien::library::INDEX)).unwrap();
    assert!(!index.contains("P-0815"));
    // What is plain stays out of the way of what is locked.
    librarian.command(LibraryCommand::Report(vec![folder.clone()]));
    let failed = |event| match event {
        LibraryEvent::Failed(text) => Some(text),
        _ => None,
    };
    assert!(wait(&librarian, failed).contains("Unlock the session first"));

    // It is known in this run; another one knows nothing.
    let again = opened(&mut librarian, &folder, &[]);
    assert_eq!((&again.record, again.length), (&before.record, before.length));
    librarian.command(LibraryCommand::AddEvents(Vec::new()));
    assert!(wait(&librarian, failed).contains("is locked. Unlock it"));
    let sides = [folder.clone(), two].map(|folder| Side { folder, marker: None });
    librarian.command(LibraryCommand::Compare(sides.clone()));
    let compared = |event| match event {
        LibraryEvent::Compared(result) => Some(result.map(|_| ())),
        _ => None,
    };
    assert_eq!(wait(&librarian, compared), Ok(()));
    assert!(librarian.stop(Instant::now() + PATIENCE));

    let mut librarian = Librarian::new(Arc::new(|| ()));
    let needs = |event| match event {
        LibraryEvent::NeedsPassphrase(of, why) if of == folder => Some(why),
        LibraryEvent::Opened(..) => panic!("nobody gave the passphrase"),
        _ => None,
    };
    librarian.command(LibraryCommand::Open { folder: folder.clone(), candidates: Vec::new() });
    assert_eq!(wait(&librarian, needs), None);
    librarian.command(LibraryCommand::Compare(sides));
    assert!(wait(&librarian, compared).unwrap_err().contains("Open it once"));
    let open = |passphrase: &str| LibraryCommand::OpenLocked {
        folder: folder.clone(),
        candidates: Vec::new(),
        passphrase: Passphrase::new(passphrase.into()),
    };
    librarian.command(open("something else"));
    assert!(wait(&librarian, needs).unwrap().contains("does not open it"));
    librarian.command(open("correct horse battery staple"));
    let read = wait(&librarian, |event| match event {
        LibraryEvent::Opened(of, read) if of == folder => Some(read),
        _ => None,
    });
    assert_eq!(read.unwrap().record, before.record);
    librarian.command(LibraryCommand::Unlock(folder.clone(), good));
    assert_eq!(locked(&librarian), (Ok(()), 4));
    assert!(!vault::is_locked(&folder));
    assert!(librarian.stop(Instant::now() + PATIENCE));
}
