//! Sessions are locked, unlocked, opened, and recordings are locked when they end.

use std::path::PathBuf;

use eframe::egui::Key;
use eframe::egui::accesskit::Role;
use egui_kittest::kittest::Queryable;

use mien::runtime::librarian::{LibraryCommand, LibraryEvent};
use mien::runtime::live::Event;
use mien::session::vault::{self, Passphrase, Step};

use crate::hands::{Call, Hands, LARGE, SMALL};
use crate::made::Made;
use crate::sessions::{asked, click_row, listed, opened, rows, tell, three};

const GOOD: &str = "correct horse battery staple";

fn passphrase(text: &str) -> Passphrase {
    Passphrase::new(text.into())
}

fn enter(hands: &mut Hands, field: &str, text: &str) {
    hands.0.get_by_role_and_label(Role::PasswordInput, field).focus();
    hands.steps();
    hands.0.get_by_role_and_label(Role::PasswordInput, field).type_text(text);
    hands.steps();
    // Neither shown nor told.
    let value = hands.value(Role::PasswordInput, field);
    assert!(!value.contains(text) && value.chars().count() == text.chars().count());
}

/// P-07 is locked.
fn with_a_locked_one() -> (tempfile::TempDir, PathBuf) {
    let dir = three();
    let folder = dir.path().join(Made::default().folder_name);
    let key = vault::Key::new(passphrase(GOOD)).with_work(2);
    vault::lock(&folder, &key, &mut |_| ()).unwrap();
    (dir, folder)
}

#[test]
fn locking_asks_twice_refuses_what_is_weak_and_says_how_far_it_is() {
    let dir = three();
    let mut hands = listed(dir.path(), LARGE);
    let folder = dir.path().join(Made::default().folder_name);
    click_row(&mut hands, "P-07");
    hands.click("Lock this session");
    assert!(hands.shows("Whoever forgets the passphrase has lost the session"));
    enter(&mut hands, "Passphrase", "short");
    enter(&mut hands, "The same again", "shorter");
    hands.click("Lock");
    assert!(hands.shows("The two differ."));
    hands.key(Key::Escape);
    assert!(!hands.shows("Lock this session?"));
    hands.click("Lock this session");
    for field in ["Passphrase", "The same again"] {
        enter(&mut hands, field, "short");
    }
    hands.click("Lock");
    assert!(hands.shows("fewer than 12 characters"));
    let locks = |command: &LibraryCommand| matches!(command, LibraryCommand::Lock(..));
    assert!(!asked(&hands).iter().any(locks));
    hands.key(Key::Escape);
    hands.click("Lock this session");
    for field in ["Passphrase", "The same again"] {
        enter(&mut hands, field, GOOD);
    }
    hands.key(Key::Enter);
    let wanted = LibraryCommand::Lock(folder.clone(), passphrase(GOOD));
    assert_eq!(asked(&hands).last(), Some(&wanted));
    assert!(hands.shows("One moment"));
    // Not to be left as long as it works.
    hands.key(Key::Escape);
    tell(&mut hands, LibraryEvent::Locking(Step { done: 1, of: 3 }));
    assert!(hands.shows("1 of 3 files are done"));
    assert!(hands.0.state().window.locks());
    let why = "the disk is full. Make room.".to_owned();
    tell(&mut hands, LibraryEvent::Locked(folder.clone(), Err(why)));
    assert!(hands.shows("The disk is full. Make room."));
    for field in ["Passphrase", "The same again"] {
        enter(&mut hands, field, GOOD);
    }
    hands.click("Lock");
    tell(&mut hands, LibraryEvent::Locked(folder, Ok(())));
    assert!(!hands.shows("Lock this session?") && hands.shows("is locked."));
    assert!(matches!(asked(&hands).last(), Some(LibraryCommand::List(_))));
    assert!(!hands.0.state().window.locks());
}

#[test]
fn a_locked_one_shows_its_date_and_is_opened_and_unlocked_by_its_passphrase() {
    for size in [LARGE, SMALL] {
        let (dir, folder) = with_a_locked_one();
        let mut hands = listed(dir.path(), size);
        let row = rows(&hands).into_iter().find(|row| row.contains("locked")).unwrap();
        assert!(row.starts_with("2026-11-24_10-00-00_demo, ") && !row.contains("P-07"), "{row}");
        click_row(&mut hands, "2026-11-24");
        assert!(hands.shows("Its files are encrypted") && !hands.shows("Participant code"));
        hands.click("Open");
        let Some(LibraryCommand::Open { folder: asked_for, .. }) = asked(&hands).last().cloned()
        else {
            panic!("{:?}", asked(&hands));
        };
        assert_eq!(asked_for, folder);
        tell(&mut hands, LibraryEvent::NeedsPassphrase(folder.clone(), None));
        assert!(hands.shows("This session is locked"));
        enter(&mut hands, "Passphrase", "wrong");
        hands.key(Key::Enter);
        let why = Some("The passphrase does not open it. Try again.".to_owned());
        tell(&mut hands, LibraryEvent::NeedsPassphrase(folder.clone(), why));
        assert!(hands.shows("The passphrase does not open it."));
        enter(&mut hands, "Passphrase", GOOD);
        hands.0.query_all_by_label("Open").last().unwrap().click();
        hands.steps();
        let Some(LibraryCommand::OpenLocked { passphrase: given, .. }) =
            asked(&hands).last().cloned()
        else {
            panic!("{:?}", asked(&hands));
        };
        assert!(given == passphrase(GOOD));
        let other = three();
        let content = opened(&other.path().join(Made::default().folder_name));
        tell(&mut hands, LibraryEvent::Opened(folder.clone(), Ok(Box::new(content))));
        assert!(!hands.shows("This session is locked") && hands.shows("P-07"));
        hands.key(Key::Escape);
        hands.click("Unlock this session");
        enter(&mut hands, "Passphrase", GOOD);
        hands.click("Unlock");
        let wanted = LibraryCommand::Unlock(folder.clone(), passphrase(GOOD));
        assert_eq!(asked(&hands).last(), Some(&wanted));
        tell(&mut hands, LibraryEvent::Unlocked(folder, Ok(())));
        assert!(hands.shows("is unlocked"));
    }
}

#[test]
fn new_sessions_are_locked_with_a_passphrase_that_is_asked_for_once() {
    let mut hands = Hands::running(LARGE);
    hands.key(Key::R);
    hands.key(Key::R);
    hands.click("Settings");
    hands.click("Encrypt new sessions");
    assert!(hands.settings().encrypt_new_sessions);
    assert!(hands.shows("its rows are plain on the disk"));
    hands.click("Live");
    hands.key(Key::R);
    assert!(hands.shows("A passphrase for new sessions"));
    // Leaving it records nothing that would stay plain.
    hands.click("Cancel");
    let starts = |hands: &Hands| {
        hands.calls().iter().filter(|call| matches!(call, Call::StartRecording(..))).count()
    };
    assert_eq!(starts(&hands), 1);
    hands.key(Key::R);
    for field in ["Passphrase", "The same again"] {
        enter(&mut hands, field, GOOD);
    }
    hands.0.query_all_by_label("Record").last().unwrap().click();
    hands.steps();
    assert_eq!(starts(&hands), 2);
    hands.key(Key::R);
    hands.key(Key::R);
    assert_eq!(starts(&hands), 3);
    let locks = &hands.0.state().window.workers.locks;
    assert!(*locks == [None, Some(passphrase(GOOD)), Some(passphrase(GOOD))]);
    assert!(hands.0.state().window.locks());
    let (folder, message) = (PathBuf::from("a"), "the disk is full. Make room.".to_owned());
    hands.event(Event::LockFailed { folder, message });
    assert!(hands.shows("The recording is not locked: the disk is full."));
    // Never in the file of settings.
    let saved = &hands.0.state().window.surroundings.saved;
    assert!(saved.iter().all(|settings| !settings.to_toml().contains("battery")));
}
