//! How fast sessions are listed and read: `cargo bench --bench sessions`. Thousands of short ones
//! and one of three hours are made first.

use std::fs;
use std::path::Path;
use std::time::Duration;

use mien::library::{Library, Query};
use mien::observation::Labels;
use mien::report::{Reported, to_html};
use mien::session::Signal;
use mien::session::trace::{Follow, Trace};
use mien::stats::{Holds, Selection, Span, summarise};

#[path = "../tests/common/made.rs"]
mod made;
mod reference;

use made::{EMOTIONS, Made};

fn main() {
    let quick = std::env::args().any(|argument| argument == "--test");
    let (sessions, frames) = if quick { (20, 300) } else { (5_000, 324_000) };
    let dir = tempfile::tempdir().expect("a temporary folder");
    let many = dir.path().join("many");
    fs::create_dir(&many).expect("a folder");
    make_many(&many, sessions);
    let step = Duration::from_micros(33_333);
    let long = Made { folder_name: "long", frames, step, ..Made::default() }.write(dir.path());

    let bench = reference::Bench::new();
    bench.print_head(&format!("{sessions} sessions; one of {frames} rows"), "what");
    Library::open(&many);
    bench.print("list from the index alone", || Library::cached(&many));
    bench.print("list, and see what changed", || Library::open(&many));
    let library = Library::open(&many);
    let found = |text: &str| Query { text: text.into(), ..Query::default() }.run(&library).len();
    assert_eq!((found("pilot p-07"), found("nobody")), (sessions, 0));
    bench.print("search by two words, and sort", || found("pilot p-07"));

    bench.print("read the long one", || Signal::open(&long).expect("it reads"));
    let signal = Signal::open(&long).expect("it reads");
    let trace = || Trace::of_signal(&signal, Labels::new(EMOTIONS), (640, 480));
    bench.print("its timeline", trace);
    let (read, holds) = (trace(), Holds::of(&signal));
    let end = read.end().unwrap_or_default();
    let mut moment = 0_u32;
    bench.print("a moment of it", || {
        moment = (moment + 7919) % 10_000;
        read.observation(read.frame_at(end.mul_f64(f64::from(moment) / 1e4))?)
    });
    bench.print("its columns, anew", || {
        read.frames_in(Duration::ZERO, end).filter_map(|f| read.face(f, Follow::Largest)).count()
    });
    bench.print("sum it up", || summarise(&signal, &holds, &Selection::whole(&holds)));
    let span = Span { label: "part".into(), from: end / 2, to: end / 2 + Duration::from_secs(60) };
    let part = Selection { face: None, span };
    bench.print("sum up a minute of it", || summarise(&signal, &holds, &part));
    bench.print("read it and write a report", || {
        to_html(&[Reported::open(&long).expect("it reads")]).len()
    });
}

/// One session, and others that share its files.
fn make_many(dir: &Path, count: usize) {
    let made =
        Made { folder_name: "00000", participant: "P-07", tags: &["pilot"], ..Made::default() };
    let first = made.write(dir);
    for number in 1..count {
        let copy = dir.join(format!("{number:05}"));
        fs::create_dir(&copy).expect("a folder");
        for file in ["observations.csv", "events.csv", "session.json"] {
            fs::hard_link(first.join(file), copy.join(file)).expect("a link");
        }
    }
}
