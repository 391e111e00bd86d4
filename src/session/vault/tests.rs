use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::*;
use crate::session::sample::{Dice, header, labels, observation};
use crate::session::{Recorder, Session, SessionSummary, Signal};

/// Work that takes no time; for tests alone.
const EASY: u8 = 2;

fn key(text: &str) -> Key {
    Key::new(Passphrase::new(text.into())).with_work(EASY)
}

fn right() -> Key {
    key("correct horse battery staple")
}

fn record(dir: &Path, frames: u64) -> PathBuf {
    let mut recorder = Recorder::create(dir, header(&labels())).unwrap();
    let mut dice = Dice::new(7);
    for index in 0..frames {
        let seen = observation(&mut dice, index, 8);
        recorder.write(&seen, std::time::Duration::from_micros(index * 33_333)).unwrap();
    }
    recorder.marker(std::time::Duration::from_millis(50), "start").unwrap();
    recorder.finish(SessionSummary::default()).unwrap().folder
}

/// Names and contents.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(&path).unwrap())
        })
        .collect();
    files.sort();
    files
}

fn lock_it(folder: &Path) -> usize {
    lock(folder, &right(), &mut |_| ()).unwrap()
}

#[test]
fn every_file_comes_back_byte_for_byte_and_as_old() {
    let dir = tempfile::tempdir().unwrap();
    let folder = record(dir.path(), 700);
    fs::write(folder.join("notes.txt"), "P-07 was late").unwrap();
    fs::write(folder.join("empty"), "").unwrap();
    // As long as whole pieces of the format.
    fs::write(folder.join("overlay.avi"), vec![7; 2 * 64 * 1024]).unwrap();
    let before = files(&folder);
    let time = |name: &str| fs::metadata(folder.join(name)).unwrap().modified().unwrap();
    let recorded = time(OBSERVATIONS);
    let mut steps = Vec::new();
    assert_eq!(lock(&folder, &right(), &mut |step| steps.push(step.done)).unwrap(), 6);
    assert_eq!(steps, [0, 1, 2, 3, 4, 5, 6]);
    let locked = files(&folder);
    assert!(locked.iter().all(|(name, content)| {
        name.ends_with(SEALED) && content.starts_with(b"age-encryption.org/v1\n-> scrypt ")
    }));
    assert_eq!(time("observations.csv.age"), recorded);
    let says = |what: &str| {
        locked.iter().any(|(_, c)| c.windows(what.len()).any(|w| w == what.as_bytes()))
    };
    assert!(!says("P07") && !says("P-07") && !says("neutral"));
    assert!(is_locked(&folder) && !is_partly_locked(&folder));
    // Again, there is nothing to do.
    assert_eq!(lock_it(&folder), 0);
    assert_eq!(unlock(&folder, &right(), &mut |_| ()).unwrap(), 6);
    assert_eq!(files(&folder), before);
    assert_eq!(time(OBSERVATIONS), recorded);
    assert_eq!(unlock(&folder, &right(), &mut |_| ()).unwrap(), 0);
}

#[test]
fn what_is_read_with_the_key_is_what_was_there() {
    let dir = tempfile::tempdir().unwrap();
    let folder = record(dir.path(), 900);
    let read = |session: &Session| {
        let signal = Signal::read(session).unwrap();
        let rows: Vec<_> = session.observations().unwrap().map(Result::unwrap).collect();
        (session.record().clone(), rows, signal.events().to_vec(), signal.samples().to_vec())
    };
    let before = read(&Session::open(&folder).unwrap());
    assert!(before.1.len() > 900 && before.2.len() == 1);
    lock_it(&folder);
    let entries = files(&folder);
    let error = Session::open(&folder).unwrap_err();
    assert!(error.to_string().contains("MIEN_PASSPHRASE"), "{error}");
    let wrong = Session::open_with(&folder, Some(&key("another one"))).unwrap_err();
    assert!(wrong.to_string().contains("passphrase does not open"), "{wrong}");
    let session = Session::open_with(&folder, Some(&right())).unwrap();
    assert!(session.is_locked() && !session.is_unfinished());
    assert_eq!(read(&session), before);
    // Nothing was written.
    assert_eq!(files(&folder), entries);
}

#[test]
fn a_wrong_passphrase_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let folder = record(dir.path(), 5);
    lock_it(&folder);
    let locked = files(&folder);
    let wrong = key("something else");
    let error = unlock(&folder, &wrong, &mut |_| ()).unwrap_err();
    assert!(matches!(error, VaultError::WrongPassphrase { .. }));
    // Neither is a file added that another passphrase opens.
    fs::write(folder.join("notes.txt"), "late").unwrap();
    let error = lock(&folder, &wrong, &mut |_| ()).unwrap_err();
    assert!(matches!(error, VaultError::WrongPassphrase { .. }));
    fs::remove_file(folder.join("notes.txt")).unwrap();
    assert_eq!(files(&folder), locked);
}

#[test]
fn damage_at_any_byte_is_told_and_harms_no_other_file() {
    let dir = tempfile::tempdir().unwrap();
    let folder = record(dir.path(), 2);
    let before = files(&folder);
    lock_it(&folder);
    let path = sealed_path(&folder, RECORD);
    let whole = fs::read(&path).unwrap();
    // Every byte of the head, some of the content and the end.
    let places = (0..200).chain((200..whole.len()).step_by(61)).chain([whole.len() - 1]);
    for at in places.filter(|at| *at < whole.len()) {
        let mut damaged = whole.clone();
        damaged[at] ^= 1;
        fs::write(&path, &damaged).unwrap();
        // A key of its own: what another remembers must not help.
        let key = right();
        let error = unlock(&folder, &key, &mut |_| ()).unwrap_err();
        let told = matches!(
            error,
            VaultError::Damaged { .. }
                | VaultError::NoPassphrase { .. }
                | VaultError::TooMuchWork { .. }
        );
        assert!(told, "byte {at}: {error}");
        assert_eq!(fs::read(&path).unwrap(), damaged);
        // The others are unlocked, and the damaged one can be put in order.
        assert!(folder.join(OBSERVATIONS).is_file() && !folder.join(RECORD).exists());
        fs::write(&path, &whole).unwrap();
        lock_it(&folder);
    }
    for len in [0, 10, 100, whole.len() / 2, whole.len() - 1] {
        fs::write(&path, &whole[..len]).unwrap();
        let error = unlock(&folder, &right(), &mut |_| ()).unwrap_err();
        assert!(matches!(error, VaultError::Damaged { .. }), "{len}: {error}");
        fs::write(&path, &whole).unwrap();
        lock_it(&folder);
    }
    unlock(&folder, &right(), &mut |_| ()).unwrap();
    assert_eq!(files(&folder), before);
}

#[test]
fn damaged_rows_are_told_when_they_are_read() {
    let dir = tempfile::tempdir().unwrap();
    let folder = record(dir.path(), 700);
    lock_it(&folder);
    let path = sealed_path(&folder, OBSERVATIONS);
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    fs::write(&path, bytes).unwrap();
    let session = Session::open_with(&folder, Some(&right())).unwrap();
    let error = Signal::read(&session).unwrap_err();
    assert!(error.to_string().contains("damaged"), "{error}");
    let rows: Vec<_> = session.observations().unwrap().collect();
    let last = rows.last().unwrap().as_ref().unwrap_err();
    assert!(rows.len() > 10 && last.reason.contains("damaged"), "{last}");
}

#[test]
fn every_step_that_may_be_the_last_is_gone_on_from() {
    let dir = tempfile::tempdir().unwrap();
    let folder = record(dir.path(), 40);
    let before = files(&folder);
    let copy = dir.path().join("copy");
    let lay = |files: &[(String, Vec<u8>)]| {
        let _ = fs::remove_dir_all(&copy);
        fs::create_dir(&copy).unwrap();
        files.iter().for_each(|(name, content)| fs::write(copy.join(name), content).unwrap());
    };
    lock_it(&folder);
    let locked = files(&folder);
    let unlocked = || {
        lock_it(&copy);
        assert!(files(&copy).iter().all(|(name, _)| name.ends_with(SEALED)));
        unlock(&copy, &right(), &mut |_| ()).unwrap();
        files(&copy)
    };
    for (number, (name, content)) in locked.iter().enumerate() {
        let plain = name.strip_suffix(SEALED).unwrap();
        let half = content[..content.len() / 2].to_vec();
        let mixed = |extra: Vec<(String, Vec<u8>)>| {
            let mut files: Vec<_> = before[number + 1..].to_vec();
            files.extend(locked[..number].to_vec());
            files.extend(extra);
            files
        };
        let own = before[number].clone();
        let sealed = (name.clone(), content.clone());
        for extra in [
            // Locking: half of it is written; it is not named yet; the plain one is still there.
            vec![own.clone(), (format!("{name}.part"), half)],
            vec![own.clone(), (format!("{name}.part"), content.clone())],
            vec![own.clone(), sealed.clone()],
            // Unlocking: half of it is written.
            vec![
                sealed.clone(),
                (format!("{plain}.unlocking.tmp"), own.1[..own.1.len() / 2].to_vec()),
            ],
        ] {
            lay(&mixed(extra.clone()));
            assert_eq!(unlocked(), before, "{name}");
            lay(&mixed(extra));
            unlock(&copy, &right(), &mut |_| ()).unwrap();
            lock_it(&copy);
            assert_eq!(unlocked(), before, "{name}");
        }
    }
    // Two truths: nobody decides but the user.
    lay(&locked);
    fs::write(copy.join(EVENTS), "timestamp\n").unwrap();
    for error in [lock(&copy, &right(), &mut |_| ()), unlock(&copy, &right(), &mut |_| ())] {
        assert!(matches!(error.unwrap_err(), VaultError::Differs { .. }));
    }
    assert!(copy.join(EVENTS).is_file() && sealed_path(&copy, EVENTS).is_file());
}

#[test]
fn what_is_open_or_leads_elsewhere_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let recorder = Recorder::create(dir.path(), header(&labels())).unwrap();
    let open = recorder.folder().to_owned();
    let refused = |folder: &Path| lock(folder, &right(), &mut |_| ()).unwrap_err();
    assert!(matches!(refused(&open), VaultError::Open { .. }));
    drop(recorder);
    assert!(matches!(refused(&open), VaultError::Open { .. }));
    let folder = record(&dir.path().join("other"), 3);
    fs::create_dir(folder.join("pictures")).unwrap();
    assert!(matches!(refused(&folder), VaultError::Foreign { .. }));
    fs::remove_dir(folder.join("pictures")).unwrap();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("/etc/hostname", folder.join("link")).unwrap();
        assert!(matches!(refused(&folder), VaultError::Foreign { .. }));
        fs::remove_file(folder.join("link")).unwrap();
    }
    assert_eq!(files(&folder).len(), 3);
    let missing = refused(&dir.path().join("nowhere"));
    assert!(matches!(missing, VaultError::Io { .. }) && missing.to_string().contains("nowhere"));
}

#[test]
fn work_on_a_passphrase_is_done_once_for_each_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.age");
    let _ = right().seal(&b"content"[..], fs::File::create(&path).unwrap()).unwrap();
    let key = right();
    let read = |key: &Key| {
        let mut text = String::new();
        key.open(&path).unwrap().read_to_string(&mut text).unwrap();
        text
    };
    assert_eq!((key.known_files(), read(&key)), (0, "content".into()));
    assert_eq!((key.known_files(), read(&key.clone())), (1, "content".into()));
    assert_eq!(key.known_files(), 1);
    // More than Mien does, though the passphrase is right.
    let mut hard = fs::read(&path).unwrap();
    let at = hard.windows(3).position(|bytes| bytes == b" 2\n").unwrap() + 1;
    hard.splice(at..=at, *b"40");
    fs::write(&path, hard).unwrap();
    assert!(matches!(key.open(&path), Err(VaultError::TooMuchWork { .. })));
}
