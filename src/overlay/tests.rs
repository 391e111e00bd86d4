use std::fs;
use std::path::Path;
use std::time::Duration;

use super::*;
use crate::frame::RunId;
use crate::geom::Rect;
use crate::session::sample::{self, Dice};
use crate::source::media::{self, MediaItem, OpenOptions};

const SIZE: (u32, u32) = (160, 120);

fn grey(index: u64, micros: u64, size: (u32, u32)) -> Frame {
    let rgb = vec![128; size.0 as usize * size.1 as usize * 3];
    Frame::new(RunId(1), index, Pts::new(Duration::from_micros(micros)), size, rgb).unwrap()
}

/// What stands in the frame of a scene with some faces, or none.
fn seen(frame: &Frame, faces: usize) -> Observation {
    let mut dice = Dice::new(9);
    let mut seen = (0..)
        .map(|index| sample::observation(&mut dice, index, sample::labels().len()))
        .find(|observation| observation.faces.len() == faces)
        .unwrap();
    (seen.pts, seen.index, seen.frame_size) = (frame.pts, frame.index, frame.size());
    for (face, x) in seen.faces.iter_mut().zip([8.0, 100.0, 200.0]) {
        face.detection.bbox = Rect::new(x, 20.0, 60.0, 70.0);
    }
    seen
}

fn overlay(path: &Path, rate_hz: Option<f64>) -> Overlay {
    let file = File::create(path).unwrap();
    Overlay::new(file, SIZE, sample::labels(), Pts::ZERO, rate_hz).unwrap()
}

/// Times in microseconds, and the pictures as RGB.
fn read(path: &Path) -> Vec<(u128, Vec<u8>)> {
    let mut reader = media::open(path, &OpenOptions::default()).unwrap();
    assert_eq!(reader.info().size, SIZE);
    let mut pictures = Vec::new();
    while let Some(item) = reader.next_item().unwrap() {
        let MediaItem::Picture(picture) = item else { panic!("{item:?}") };
        let micros = picture.pts.since_start().as_micros();
        pictures.push((micros, picture.into_frame(RunId(1)).unwrap().into_rgb()));
    }
    pictures
}

#[test]
fn it_reads_back_with_the_times_of_the_media_and_marks_where_faces_are() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("overlay.avi");
    let mut overlay = overlay(&path, None);
    for index in 0..10 {
        // One that is late, and one of another size.
        let micros = index * 40_000 + if index > 6 { 80_000 } else { 0 };
        let size = if index == 3 { (320, 240) } else { SIZE };
        let frame = grey(index, micros, size);
        let seen = seen(&frame, usize::from(index < 5));
        overlay.frame(frame, &seen).unwrap();
    }
    overlay.finish().unwrap();
    let pictures = read(&path);
    let times: Vec<u128> = pictures.iter().map(|(micros, _)| *micros).collect();
    // The frame before the pause is held: nothing stands in its places.
    assert_eq!(times, [0, 1, 2, 3, 4, 5, 6, 9, 10, 11].map(|place| place * 40_000));
    let is_marked = |place: usize, (x, y): (usize, usize)| {
        let at = (y * SIZE.0 as usize + x) * 3;
        pictures[place].1[at..at + 3].iter().any(|value| value.abs_diff(128) > 20)
    };
    let (left_edge, middle, time) = ((9, 60), (30, 60), (5, 112));
    assert!(is_marked(0, left_edge) && !is_marked(0, middle) && is_marked(0, time));
    assert!(!is_marked(6, left_edge) && is_marked(6, time), "a frame without a face");
}

#[test]
fn no_number_of_faces_and_no_place_of_them_is_too_much() {
    let mut dice = Dice::new(5);
    let marks = Marks::new(sample::labels()).unwrap();
    for size in [(1, 1), (7, 5), (64, 48), (1920, 1080)] {
        for _ in 0..20 {
            let frame = grey(0, 0, size);
            // Boxes lie anywhere, also far outside.
            let mut seen = sample::observation(&mut dice, 0, sample::labels().len());
            for face in &mut seen.faces {
                let wild = dice.one_of(&[1.0, 1e9, f32::NAN, f32::INFINITY, -1e9]);
                face.detection.bbox.x *= wild;
                face.detection.bbox.h *= wild;
            }
            let mut rgb = frame.into_rgb();
            marks.draw(&mut Canvas::new(&mut rgb, size), &seen);
        }
    }
}

#[test]
fn a_long_file_is_a_chain_of_lists_each_with_a_sound_index() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("long.avi");
    let mut jpeg = Vec::new();
    let rgb = grey(0, 0, SIZE).into_rgb();
    JpegEncoder::new(&mut jpeg).encode(&rgb, SIZE.0, SIZE.1, ExtendedColorType::Rgb8).unwrap();
    let mut avi = Avi::in_segments(File::create(&path).unwrap(), SIZE, 30_000).unwrap();
    const PICTURES: usize = 100;
    for _ in 0..PICTURES {
        avi.picture(&jpeg).unwrap();
    }
    avi.finish(Rate::of_hz(25.0)).unwrap();
    assert_eq!(read(&path).len(), PICTURES);

    let bytes = fs::read(&path).unwrap();
    let u32_at = |at: usize| u32::from_le_bytes(*bytes[at..].first_chunk().unwrap()) as usize;
    let find = |word: &[u8]| bytes.windows(word.len()).position(|w| w == word).unwrap();
    // The lists follow one another to the end of the file.
    let (mut at, mut lists) = (0, 0);
    while at < bytes.len() {
        assert_eq!(&bytes[at..at + 4], b"RIFF");
        assert!(u32_at(at + 4) <= 30_000);
        at += 8 + u32_at(at + 4);
        lists += 1;
    }
    assert_eq!(at, bytes.len());
    assert!(lists > 3, "{lists}");
    // The index of indexes leads to each of them, and those to every picture.
    let super_index = find(b"indx") + 8;
    assert_eq!(u32_at(super_index + 4), lists);
    let mut found = 0;
    for list in 0..lists {
        let entry = super_index + 24 + list * 16;
        let index = u32_at(entry);
        assert_eq!(&bytes[index..index + 4], b"ix00");
        assert_eq!(u32_at(entry + 8), u32_at(index + 4) + 8);
        let (count, base) = (u32_at(index + 12), u32_at(index + 20));
        assert_eq!(u32_at(entry + 12), count);
        for picture in 0..count {
            let place = index + 32 + picture * 8;
            let at = base + u32_at(place);
            assert_eq!(&bytes[at..at + u32_at(place + 4)], &jpeg[..]);
            found += 1;
        }
    }
    assert_eq!(found, PICTURES);
    // So does the old one, to those of the first list.
    let (old, movi) = (find(b"idx1"), find(b"movi"));
    let first = u32_at(old + 4) / 16;
    assert_eq!(first, u32_at(find(b"avih") + 8 + 16));
    for picture in 0..first {
        let at = movi + u32_at(old + 8 + picture * 16 + 8);
        assert_eq!((&bytes[at..at + 4], u32_at(at + 4)), (&b"00dc"[..], jpeg.len()));
    }
}
