//! The clips that are kept here, against numbers that ffmpeg gave once: this part needs nobody.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use mien::time::Pts;

use crate::reading::{BUILT_IN, Read, clip, clips, files_in, name_of, read, read_from};
use crate::reference::reference;
use sha2::{Digest, Sha256};

/// One line for each picture: clip, microseconds, sum of its luma. JPEG has no sums, as its
/// decoders may differ by a level.
fn lines(name: &str, pictures: impl Iterator<Item = (u64, String)>) -> String {
    let jpeg = name.starts_with("mjpeg");
    pictures.fold(String::new(), |mut text, (micros, sum)| {
        writeln!(text, "{name},{micros},{}", if jpeg { "" } else { &sum }).unwrap();
        text
    })
}

fn golden_file() -> PathBuf {
    clips().join("golden.csv")
}

/// To be made anew with `UPDATE_GOLDEN=1` and an installed ffmpeg, after `make_clips.sh --tiny`.
#[test]
fn kept_clips_give_the_times_and_pixels_that_ffmpeg_gives() {
    let files = files_in(&clips());
    let files = files.iter().filter(|file| file.extension().unwrap() != "csv");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let of = |file: &PathBuf| {
            let theirs = reference(file);
            let sum = |index| {
                let sum = Sha256::digest(theirs.luma8(index));
                sum.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
            };
            let pictures = theirs.micros.iter().enumerate();
            lines(&name_of(file), pictures.map(|(index, micros)| (*micros, sum(index))))
        };
        let text: String = files.clone().map(of).collect();
        fs::write(golden_file(), text).unwrap();
    }
    let (mut ours, mut count) = (String::new(), 0);
    for file in files {
        let Read { pictures, damage, .. } = read(file).unwrap();
        assert!(damage.is_empty(), "{}: {damage:?}", file.display());
        ours += &lines(&name_of(file), pictures.iter().map(|p| (p.micros, p.luma_sum())));
        count += 1;
    }
    assert_eq!(count, 9, "clips");
    assert_eq!(ours, fs::read_to_string(golden_file()).unwrap());
}

#[test]
fn a_turned_clip_is_upright() {
    let (plain, turned) =
        (read(&clip("h264_bframes.mp4")).unwrap(), read(&clip("h264_turned.mov")));
    let turned = turned.unwrap();
    assert_eq!((turned.info.rotation_deg, turned.info.size), (270, (48, 64)));
    let (plain, turned) = (&plain.pictures[5].frame, &turned.pictures[5].frame);
    assert_eq!((plain.size(), turned.size()), ((64, 48), (48, 64)));
    let at = |frame: &mien::frame::Frame, x: usize, y: usize| {
        let start = (y * frame.width() as usize + x) * 3;
        frame.rgb()[start..start + 3].to_vec()
    };
    // Three quarters clockwise: the right edge, read downwards, is the upper edge now.
    for (x, y) in [(0, 0), (63, 0), (17, 31)] {
        assert_eq!(at(plain, x, y), at(turned, y, 63 - x));
    }
}

#[test]
fn skipping_leaves_out_nothing_that_was_asked_for() {
    for name in ["h264_edit_list.mp4", "h264_bframes.mp4", "vp9_odd.webm", "mjpeg_odd.avi"] {
        let all = read(&clip(name)).unwrap();
        let from = Pts::new(std::time::Duration::from_micros(all.pictures[4].micros));
        let part = read_from(&clip(name), &BUILT_IN, Some(from)).unwrap();
        assert!(part.damage.is_empty());
        let of = |read: &Read| -> Vec<(u64, u64, String)> {
            let wanted = read.pictures.iter().filter(|p| p.micros >= all.pictures[4].micros);
            wanted.map(|p| (p.index, p.micros, p.luma_sum())).collect()
        };
        assert_eq!(of(&part), of(&all), "{name}");
    }
}

#[test]
fn a_file_that_is_cut_off_gives_all_before_the_cut_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    for (name, percent) in [
        ("h264_vfr.mkv", 90),
        ("h264_fragments.mp4", 75),
        ("mjpeg_odd.avi", 75),
        ("vp9_odd.webm", 90),
    ] {
        let (bytes, whole) = (fs::read(clip(name)).unwrap(), read(&clip(name)).unwrap());
        let path = folder.path().join(name);
        fs::write(&path, &bytes[..bytes.len() * percent / 100]).unwrap();
        let cut = read(&path).unwrap();
        assert!(!cut.pictures.is_empty() && cut.pictures.len() < whole.pictures.len(), "{name}");
        for (a, b) in cut.pictures.iter().zip(&whole.pictures) {
            assert_eq!((a.micros, a.luma_sum()), (b.micros, b.luma_sum()), "{name}");
        }
        assert_eq!(cut.damage.len(), 1, "{name}: {:?}", cut.damage);
    }
}

#[test]
fn a_damaged_picture_costs_those_that_build_on_it_and_no_others() {
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = fs::read(clip("h264_fragments.mp4")).unwrap();
    let whole = read(&clip("h264_fragments.mp4")).unwrap();
    // Of the three groups of four pictures, the second: its first slice header becomes nonsense.
    let starts: Vec<usize> =
        (0..bytes.len() - 4).filter(|at| &bytes[*at..at + 4] == b"mdat").collect();
    assert_eq!(starts.len(), 3);
    for byte in &mut bytes[starts[1] + 9..starts[1] + 40] {
        *byte = 0;
    }
    let path = folder.path().join("damaged.mp4");
    fs::write(&path, &bytes).unwrap();
    let read = read(&path).unwrap();
    let micros: Vec<u64> = read.pictures.iter().map(|picture| picture.micros).collect();
    let expected: Vec<u64> = whole.pictures.iter().map(|picture| picture.micros).collect();
    assert_eq!(micros, [&expected[..4], &expected[8..]].concat());
    let indices: Vec<u64> = read.pictures.iter().map(|picture| picture.index).collect();
    assert_eq!(indices, [0, 1, 2, 3, 8, 9, 10, 11]);
    let [damage] = &read.damage[..] else { panic!("{:?}", read.damage) };
    assert_eq!(damage.from.since_start().as_micros() as u64, expected[4]);
    assert_eq!((damage.pictures, damage.to.since_start().as_micros() as u64), (4, expected[8]));
}
