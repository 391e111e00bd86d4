//! Files as the window plays and analyses them, with the real workers and small clips.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, bounded};

use mien::frame::{Frame, RunId};
use mien::observation::Observation;
use mien::pipeline::PipelineOptions;
use mien::runtime::batch::Outcome;
use mien::runtime::file::FileError;
use mien::runtime::file_queue::{FileId, FileQueue, QueueCommand, QueueEvent, read_session};
use mien::runtime::live::LiveOptions;
use mien::runtime::player::{PlayCommand, PlayEvent, Player};
use mien::source::media::{MediaItem, OpenOptions, open};

const PATIENCE: Duration = Duration::from_secs(30);

fn clip(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/video/clips").join(name)
}

/// Index, time and pixels of every picture, read one after the other.
fn pictures(path: &Path) -> Vec<Frame> {
    let mut reader = open(path, &OpenOptions::default()).unwrap();
    let mut frames = Vec::new();
    while let Some(item) = reader.next_item().unwrap() {
        if let MediaItem::Picture(picture) = item {
            frames.push(picture.into_frame(RunId(7)).unwrap());
        }
    }
    frames
}

struct Screen {
    player: Player,
    shown: Receiver<Frame>,
}

impl Screen {
    fn open(path: &Path) -> Self {
        let (sender, shown) = bounded(4096);
        let show = Box::new(move |frame: &Frame| sender.try_send(frame.clone()).unwrap());
        let player = Player::start(Arc::new(|| ()), show);
        player.command(PlayCommand::Open { run: RunId(7), path: path.to_owned() });
        Self { player, shown }
    }

    fn next(&self) -> Frame {
        self.shown.recv_timeout(PATIENCE).expect("a picture")
    }

    fn after(&self, command: PlayCommand) -> Frame {
        self.player.command(command);
        self.next()
    }

    fn wait_for(&self, wanted: impl Fn(&PlayEvent) -> bool) -> PlayEvent {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            match self.player.try_event() {
                Some(event) if wanted(&event) => return event,
                Some(_) => {}
                None => std::thread::sleep(Duration::from_millis(2)),
            }
        }
        panic!("the event did not come");
    }
}

#[test]
fn every_moment_shows_the_picture_that_stands_there() {
    for name in ["h264_bframes.mp4", "h264_vfr.mkv", "h264_edit_list.mp4", "mjpeg_odd.avi"] {
        let path = clip(name);
        let frames = pictures(&path);
        assert!(frames.len() > 5, "{name}");
        let screen = Screen::open(&path);
        assert_eq!(screen.next(), frames[0], "{name}");
        // To and fro, so that each is a search of its own, and between two pictures.
        let count = frames.len();
        for step in 0..count {
            let index = step * 7 % count;
            let at = frames[index].pts.since_start();
            let until = frames.get(index + 1).map_or(at, |next| next.pts.since_start());
            for moment in [at, at + until.saturating_sub(at) / 2] {
                let shown = screen.after(PlayCommand::Seek(moment));
                assert_eq!(shown, frames[index], "{name} at {moment:?}");
            }
        }
        assert_eq!(screen.after(PlayCommand::Last), frames[count - 1], "{name}");
        // Back to the start picture by picture, and two on.
        for expected in frames[..count - 1].iter().rev() {
            assert_eq!(screen.after(PlayCommand::Step(-1)), *expected, "{name}");
        }
        assert_eq!(screen.after(PlayCommand::Step(-1)), frames[0], "{name}");
        assert_eq!(screen.after(PlayCommand::Step(2)), frames[2], "{name}");
        assert!(screen.player.stop(Instant::now() + PATIENCE));
    }
}

#[test]
fn playing_goes_from_picture_to_picture_at_the_pace_of_the_file_and_stops_at_the_end() {
    let path = clip("h264_bframes.mp4");
    let frames = pictures(&path);
    let length = frames[frames.len() - 1].pts.since_start();
    let screen = Screen::open(&path);
    assert_eq!(screen.next(), frames[0]);
    screen.player.command(PlayCommand::Speed(0.5));
    let begun = Instant::now();
    screen.player.command(PlayCommand::Play);
    screen.wait_for(|event| *event == PlayEvent::Playing(RunId(7), true));
    screen.wait_for(|event| *event == PlayEvent::Playing(RunId(7), false));
    let (took, wanted) = (begun.elapsed(), length * 2);
    assert!(took >= wanted.mul_f64(0.95), "{took:?} for {wanted:?}");
    let shown: Vec<u64> = screen.shown.try_iter().map(|frame| frame.index).collect();
    assert!(shown.is_sorted() && shown.last() == Some(&(frames.len() as u64 - 1)), "{shown:?}");
    // At the end it begins again.
    screen.player.command(PlayCommand::Play);
    assert_eq!(screen.next(), frames[0]);
}

#[test]
fn what_cannot_be_opened_is_told_and_the_next_file_plays() {
    let dir = tempfile::tempdir().unwrap();
    let bad = dir.path().join("bad.mp4");
    std::fs::write(&bad, "no video").unwrap();
    let screen = Screen::open(&bad);
    screen.wait_for(|event| matches!(event, PlayEvent::Failed(RunId(7), _)));
    let path = clip("vp9_odd.webm");
    screen.player.command(PlayCommand::Open { run: RunId(8), path });
    assert_eq!(screen.next().run, RunId(8));
}

/// Waits until every file ended; what each gave, in the order in which they were named.
fn outcomes(queue: &FileQueue, files: usize) -> (Vec<Outcome>, Vec<Observation>) {
    let (mut ended, mut seen) = (BTreeMap::new(), Vec::new());
    let deadline = Instant::now() + PATIENCE * 4;
    while ended.len() < files {
        assert!(Instant::now() < deadline, "{ended:?}");
        match queue.try_event() {
            Some(QueueEvent::Ended(id, outcome)) => {
                ended.insert(id, outcome);
            }
            Some(QueueEvent::Readings(_, readings)) => seen.extend(readings.observations),
            Some(_) => {}
            None => std::thread::sleep(Duration::from_millis(2)),
        }
    }
    (ended.into_values().collect(), seen)
}

fn add(queue: &FileQueue, paths: Vec<PathBuf>, sessions_dir: &Path) {
    let sessions_dir = sessions_dir.to_owned();
    let pipeline = PipelineOptions::default();
    queue.command(QueueCommand::Add { paths, pipeline, model_dir: None, sessions_dir });
}

#[test]
fn the_list_writes_sessions_that_read_as_it_saw_them_and_skips_what_is_done() {
    let dir = tempfile::tempdir().unwrap();
    let queue = FileQueue::start(LiveOptions::default(), Arc::new(|| ()));
    let bad = dir.path().join("bad.mp4");
    std::fs::write(&bad, "").unwrap();
    let sessions = dir.path().join("sessions");
    add(&queue, vec![clip("h264_bframes.mp4"), bad, clip("mjpeg_odd.avi")], &sessions);
    let (ended, seen) = outcomes(&queue, 3);
    let [Outcome::Analysed(first), Outcome::Failed(FileError::Media(_)), Outcome::Analysed(_)] =
        &ended[..]
    else {
        panic!("{ended:?}");
    };
    let read = read_session(&first.finished.folder).unwrap();
    assert_eq!(read.len() as u64, first.frames);
    for (index, live) in seen.iter().take(read.len()).enumerate() {
        let row = read.observation(index).unwrap();
        assert_eq!((row.pts, row.index), (live.pts, live.index));
        assert_eq!(row.faces.len(), live.faces.len());
    }
    // Another start, the same files.
    let queue = FileQueue::start(LiveOptions::default(), Arc::new(|| ()));
    add(&queue, vec![clip("h264_bframes.mp4")], &sessions);
    let (ended, _) = outcomes(&queue, 1);
    let [Outcome::Skipped { folder: Some(folder), .. }] = &ended[..] else {
        panic!("{ended:?}");
    };
    assert_eq!(*folder, first.finished.folder);
    queue.command(QueueCommand::Load(FileId(1), folder.clone()));
    let deadline = Instant::now() + PATIENCE;
    loop {
        assert!(Instant::now() < deadline);
        if let Some(QueueEvent::Loaded(FileId(1), loaded)) = queue.try_event() {
            assert_eq!(loaded.unwrap().len(), read.len());
            break;
        }
    }
}

#[test]
fn a_file_that_is_stopped_leaves_nothing_and_the_next_one_is_analysed() {
    let dir = tempfile::tempdir().unwrap();
    // A thousand large pictures that are one: long enough to be stopped.
    let shots = dir.path().join("shots");
    std::fs::create_dir(&shots).unwrap();
    let first = shots.join("1.png");
    image::RgbImage::from_pixel(640, 480, image::Rgb([90, 120, 60])).save(&first).unwrap();
    for number in 2..1000 {
        std::fs::hard_link(&first, shots.join(format!("{number}.png"))).unwrap();
    }
    let sessions = dir.path().join("sessions");
    let queue = FileQueue::start(LiveOptions::default(), Arc::new(|| ()));
    add(&queue, vec![shots, clip("h264_vfr.mkv")], &sessions);
    let deadline = Instant::now() + PATIENCE;
    loop {
        assert!(Instant::now() < deadline);
        if let Some(QueueEvent::Readings(FileId(1), _)) = queue.try_event() {
            break;
        }
    }
    let asked = Instant::now();
    queue.command(QueueCommand::Cancel(FileId(1)));
    let (ended, _) = outcomes(&queue, 2);
    let [Outcome::Failed(FileError::Cancelled), Outcome::Analysed(second)] = &ended[..] else {
        panic!("{ended:?}");
    };
    assert!(asked.elapsed() < PATIENCE);
    let left: Vec<_> = std::fs::read_dir(&sessions).unwrap().flatten().collect();
    assert_eq!(left.len(), 1, "{left:?}");
    assert_eq!(left[0].path(), second.finished.folder);
    assert!(queue.stop(Instant::now() + PATIENCE));
}
