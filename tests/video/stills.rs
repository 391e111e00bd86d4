//! Pictures, animations, folders of numbered pictures.

use std::fs::{self, File};
use std::path::Path;

use image::codecs::gif::GifEncoder;
use image::{Delay, Frame, Rgb, RgbImage, RgbaImage};
use mien::source::media::MediaError;
use mien::source::still::read_picture;

use crate::reading::{BUILT_IN, read, read_from};
use mien::time::Pts;

/// A picture of one colour, `level` in red.
pub fn png(path: &Path, (width, height): (u32, u32), level: u8) {
    RgbImage::from_pixel(width, height, Rgb([level, 20, 30])).save(path).unwrap();
}

/// Four pictures for 50, 200, 0 and 40 ms.
pub fn gif(path: &Path) {
    let mut encoder = GifEncoder::new(File::create(path).unwrap());
    for (level, millis) in [(10, 50), (90, 200), (170, 0), (250, 40)] {
        let picture = RgbaImage::from_pixel(20, 10, image::Rgba([level, level, level, 255]));
        let delay = Delay::from_numer_denom_ms(millis, 1);
        encoder.encode_frame(Frame::from_parts(picture, 0, 0, delay)).unwrap();
    }
    drop(encoder);
}

#[test]
fn a_picture_is_a_video_of_one_frame() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("misnamed.mp4");
    let as_png = folder.path().join("a.png");
    png(&as_png, (7, 5), 200);
    fs::rename(&as_png, &path).unwrap();
    let read = read(&path).unwrap();
    let [only] = &read.pictures[..] else { panic!("one picture") };
    assert_eq!((only.micros, only.size, read.info.container.as_str()), (0, (7, 5), "png"));
    assert_eq!(only.frame.rgb()[..3], [200, 20, 30]);
}

#[test]
fn exif_turns_a_picture() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("turned.jpg");
    let picture = RgbImage::from_fn(32, 16, |x, _| Rgb([if x < 16 { 250 } else { 5 }; 3]));
    picture.save(&path).unwrap();
    let mut bytes = fs::read(&path).unwrap();
    // Orientation 6: the camera was held upright, its right side down.
    let exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    let mut segment = vec![0xff, 0xe1];
    segment.extend((exif.len() as u16 + 2).to_be_bytes());
    segment.extend(exif);
    bytes.splice(2..2, segment);
    fs::write(&path, bytes).unwrap();
    let upright = read_picture(&path).unwrap();
    assert_eq!((upright.size, upright.orientation.degrees()), ((16, 32), 90));
    assert!(upright.rgb[0] > 200, "the left side is up");
    assert!(upright.rgb[upright.rgb.len() - 1] < 50);
}

#[test]
fn an_animation_has_the_times_of_its_pictures() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.gif");
    gif(&path);
    let read = read(&path).unwrap();
    let micros: Vec<u64> = read.pictures.iter().map(|picture| picture.micros).collect();
    // No time at all is shown for a tenth of a second, as browsers do.
    assert_eq!(micros, [0, 50_000, 250_000, 350_000]);
    assert!(read.pictures[2].luma[0].abs_diff(170) < 4);
}

#[test]
fn numbered_pictures_are_a_video_and_a_missing_number_is_a_while_without_one() {
    let folder = tempfile::tempdir().unwrap();
    for number in [7, 8, 10, 11] {
        png(&folder.path().join(format!("shot_{number:04}.png")), (8, 6), number);
    }
    fs::write(folder.path().join("shot_0010.png"), "broken").unwrap();
    let read = read(folder.path()).unwrap();
    let shown: Vec<(u64, u64)> = read.pictures.iter().map(|p| (p.index, p.micros)).collect();
    assert_eq!(shown, [(0, 0), (1, 40_000), (4, 160_000)]);
    assert_eq!(read.damage.len(), 1);
    let from = Pts::new(std::time::Duration::from_millis(100));
    let part = read_from(folder.path(), &BUILT_IN, Some(from)).unwrap();
    assert_eq!(part.pictures.len(), 1);
}

#[test]
fn a_broken_picture_is_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.png");
    png(&path, (50, 50), 3);
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    assert!(matches!(read_picture(&path), Err(MediaError::Damaged { .. })));
}
