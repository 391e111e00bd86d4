//! Going to a time gives what reading from the start gives from there on.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use mien::source::media::{self, MediaItem, MediaReader, OpenOptions};
use mien::time::Pts;
use sha2::{Digest, Sha256};

use crate::dice::Dice;
use crate::reading::{BUILT_IN, clips, files_in, name_of};
use crate::reference::ffmpeg_is_missing;
use crate::stills;

/// Number, time in microseconds and sum of the luma of a picture.
type Shown = (u64, u64, [u8; 6]);

fn next(reader: &mut dyn MediaReader) -> Option<Shown> {
    match reader.next_item().expect("it reads")? {
        MediaItem::Picture(picture) => {
            let sum = Sha256::digest(picture.luma());
            let micros = picture.pts.since_start().as_micros() as u64;
            Some((picture.index, micros, *sum.first_chunk().unwrap()))
        }
        MediaItem::Damage(damage) => panic!("{damage:?}"),
    }
}

fn seek(reader: &mut dyn MediaReader, micros: u64) {
    reader.seek(Pts::new(Duration::from_micros(micros))).expect("it seeks");
}

/// Goes to and fro in a file, and now and then reads on, as people do in a player.
fn go_to_and_fro(path: &Path, options: &OpenOptions) {
    let name = name_of(path);
    let mut reader = media::open(path, options).unwrap();
    let all: Vec<Shown> = std::iter::from_fn(|| next(reader.as_mut())).collect();
    let end = all.last().expect("it has pictures").1;
    let mut dice = Dice::new(7);
    for step in 0..40 {
        // Past the end, between pictures, and exactly at one, where off by one shows.
        let micros = match step % 4 {
            0 => dice.below(end as usize + end as usize / 8 + 2) as u64,
            1 => all[dice.below(all.len())].1 + 1,
            _ => all[dice.below(all.len())].1,
        };
        seek(reader.as_mut(), micros);
        let from = all.partition_point(|(_, at, _)| *at < micros);
        for expected in all[from..].iter().map(Some).chain([None]).take(dice.below(12)) {
            let found = next(reader.as_mut());
            assert_eq!(found.as_ref(), expected, "{name}: to {micros} us, step {step}");
        }
    }
    seek(reader.as_mut(), 0);
    assert!(all.iter().copied().eq(std::iter::from_fn(|| next(reader.as_mut()))), "{name}");
}

#[test]
fn kept_clips_are_the_same_from_wherever_they_are_read() {
    for path in files_in(&clips()).iter().filter(|path| path.extension().unwrap() != "csv") {
        go_to_and_fro(path, &BUILT_IN);
    }
}

#[test]
fn pictures_and_folders_of_them_are_too() {
    let folder = tempfile::tempdir().unwrap();
    for number in [1, 2, 3, 5, 8, 13] {
        stills::png(&folder.path().join(format!("shot_{number:03}.png")), (24, 16), number);
    }
    go_to_and_fro(folder.path(), &BUILT_IN);
    go_to_and_fro(&folder.path().join("shot_008.png"), &BUILT_IN);
}

#[test]
fn animations_are_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("moving.gif");
    stills::gif(&path);
    go_to_and_fro(&path, &BUILT_IN);
}

#[test]
fn clips_of_every_kind_are_the_same_from_wherever_they_are_read() {
    if ffmpeg_is_missing() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/video/make_clips.sh");
    let made = Command::new("bash").arg(script).arg(folder.path()).status().expect("bash runs");
    assert!(made.success(), "{made}");
    for path in files_in(folder.path()) {
        go_to_and_fro(&path, &BUILT_IN);
    }
}

#[test]
fn what_ffmpeg_reads_is_the_same_from_wherever_it_is_read() {
    if ffmpeg_is_missing() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clip.ts");
    let source = ["-v", "error", "-f", "lavfi", "-i", "testsrc2=size=64x48:rate=30"];
    let coded = ["-frames:v", "20", "-c:v", "mpeg2video", "-f", "mpegts"];
    let made = Command::new("ffmpeg").args(source).args(coded).arg(&path).status();
    assert!(made.expect("it was there a moment ago").success());
    go_to_and_fro(&path, &OpenOptions::default());
}
