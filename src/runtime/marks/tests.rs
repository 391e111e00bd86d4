use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::time::{Duration, Instant};

use crossbeam_channel::bounded;

use super::{Listener, MarkError, send};

#[test]
fn texts_arrive_and_the_socket_is_the_owners_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("folder/mien.sock");
    assert!(matches!(send(&path, "early"), Err(MarkError::NothingRecords)));
    let (sender, texts) = bounded(8);
    let listener = Listener::open(&path, move |text| {
        sender.try_send(text.to_owned()).is_ok() && text != "refused"
    });
    let listener = listener.unwrap();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    send(&path, " stimulus \u{201c}3\u{201d} ").unwrap();
    assert_eq!(texts.recv().unwrap(), "stimulus \u{201c}3\u{201d}");
    assert!(matches!(send(&path, "refused"), Err(MarkError::NothingRecords)));
    for wrong in ["", "  ", "two\nlines", &"x".repeat(1001)] {
        assert!(matches!(send(&path, wrong), Err(MarkError::Text)), "{wrong}");
    }
    // A second one is told; the first one goes on.
    assert!(matches!(Listener::open(&path, |_| true), Err(MarkError::Taken { .. })));
    send(&path, "still").unwrap();
    drop(listener);
    assert!(!path.exists());
    assert!(matches!(send(&path, "late"), Err(MarkError::NothingRecords)));
}

#[test]
fn what_a_killed_program_left_is_replaced_and_nobody_can_hold_it_up() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("mien.sock");
    drop(UnixListener::bind(&path).unwrap());
    assert!(path.exists() && matches!(send(&path, "x"), Err(MarkError::NothingRecords)));
    let listener = Listener::open(&path, |text| text == "good").unwrap();
    // One says nothing, one leaves, one sends nonsense without end.
    let silent = UnixStream::connect(&path).unwrap();
    drop(UnixStream::connect(&path).unwrap());
    let mut noisy = UnixStream::connect(&path).unwrap();
    noisy.write_all(&[0xff; 5000]).unwrap();
    let begun = Instant::now();
    send(&path, "good").unwrap();
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    drop(listener);
    drop((silent, noisy));
}
