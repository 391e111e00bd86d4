use image::codecs::jpeg::JpegEncoder;

use super::*;

/// A shaded picture with noise, as a camera's is: no two frames have the same data.
fn scene(size: (u32, u32), frame: u32) -> image::RgbImage {
    let mut noise = 0x9e37_79b9_u32.wrapping_mul(frame + 1);
    image::RgbImage::from_fn(size.0, size.1, |x, y| {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let (x, y) = (x + frame * 3, y);
        let value = |step: u32| ((x * step + y * 2) % 220) as u8 + (noise >> 29) as u8;
        image::Rgb([value(1), value(2), value(3)])
    })
}

fn encode(picture: &image::RgbImage, quality: u8) -> Vec<u8> {
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, quality).encode_image(picture).unwrap();
    jpeg
}

fn assert_similar(rgb: &[u8], picture: &image::RgbImage, mean_limit: f64) {
    let pairs = rgb.iter().zip(picture.as_raw());
    let sum: u64 = pairs.map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    let mean = sum as f64 / rgb.len() as f64;
    assert!(mean < mean_limit, "mean difference {mean}");
}

#[test]
fn a_picture_is_found_in_a_longer_buffer_and_decoded() {
    let picture = scene((120, 70), 0);
    let mut buffer = encode(&picture, 95);
    let older = encode(&scene((120, 70), 1), 99);
    assert!(older.len() > buffer.len(), "the older picture shows behind the newer one");
    buffer.extend_from_slice(&older[buffer.len()..]);
    buffer.resize(120 * 70 * 2, 0);
    let (size, rgb) = Decoder::default().decode(&buffer).unwrap();
    assert_eq!(size, (120, 70));
    assert_similar(&rgb, &picture, 4.0);
}

#[test]
fn a_cut_picture_over_zeros_is_damaged_wherever_it_is_cut() {
    let whole = encode(&scene((64, 48), 0), 80);
    for cut in 0..whole.len() {
        let mut buffer = whole.clone();
        buffer[cut..].fill(0);
        // Only the last byte of the end marker can't be zero and still be a whole picture.
        assert!(Decoder::default().decode(&buffer).is_err(), "cut at {cut} of {}", whole.len());
    }
}

#[test]
fn a_cut_picture_over_an_older_one_is_damaged() {
    let (mut torn, mut noticed) = (0, 0);
    for frame in 0..12 {
        let new = encode(&scene((160, 120), frame + 4), 85);
        let old = encode(&scene((160, 120), frame), 85);
        let header = new.windows(2).position(|w| w == [0xff, 0xda]).unwrap() + 14;
        for cut in (header..new.len().min(old.len()) - 2).step_by(37) {
            let buffer = [&new[..cut], &old[cut..]].concat();
            torn += 1;
            noticed += u32::from(Decoder::default().decode(&buffer).is_err());
        }
    }
    assert!(torn > 1000, "{torn} cases");
    // About one in twenty has by chance as many blocks as it should.
    assert!(noticed * 100 >= torn * 92, "noticed {noticed} of {torn}");
}

#[test]
fn a_header_alone_does_not_pass_for_a_picture() {
    let whole = encode(&scene((64, 48), 0), 80);
    let scan = whole.windows(2).position(|w| w == [0xff, 0xda]).unwrap();
    let empty = [&whole[..scan], &[0xff, 0xd9]].concat();
    assert!(Decoder::default().decode(&empty).is_err());
    assert!(Decoder::default().decode(&[]).is_err());
    assert!(Decoder::default().decode(&[0; 4096]).is_err());
    let claims_too_much =
        [&whole[..2], &[0xff, 0xc0, 0, 11, 8, 0xff, 0xff, 0xff, 0xff, 1, 1, 0x11, 0]];
    assert!(Decoder::default().decode(&claims_too_much.concat()).is_err());
}

/// 4:2:2 with a restart marker after each row, and 4:2:0, both 50 x 34 (sides that no block
/// divides), made by libjpeg: what webcams send.
const RESTARTS_422: &[u8] = include_bytes!("422_restarts.jpg");
const PLAIN_420: &[u8] = include_bytes!("420.jpg");
/// Grey and progressive, for completeness.
const GREY: &[u8] = include_bytes!("grey.jpg");
const PROGRESSIVE: &[u8] = include_bytes!("progressive.jpg");

#[test]
fn pictures_of_another_encoder_are_whole() {
    let reference = scene_of_fixtures();
    for (name, jpeg) in
        [("4:2:2", RESTARTS_422), ("4:2:0", PLAIN_420), ("progressive", PROGRESSIVE)]
    {
        let (size, rgb) = Decoder::default().decode(jpeg).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(size, (50, 34), "{name}");
        assert_similar(&rgb, &reference, 6.0);
    }
    let (size, rgb) = Decoder::default().decode(GREY).unwrap();
    assert_eq!(size, (50, 34));
    assert!(rgb.chunks(3).all(|p| p[0] == p[1] && p[1] == p[2]));
}

/// The picture from which the fixtures were made.
fn scene_of_fixtures() -> image::RgbImage {
    image::RgbImage::from_fn(50, 34, |x, y| image::Rgb([5 * x as u8, 7 * y as u8, 60]))
}

#[test]
fn a_lost_restart_interval_is_noticed() {
    let markers: Vec<_> = (0..RESTARTS_422.len() - 1)
        .filter(|&i| RESTARTS_422[i] == 0xff && matches!(RESTARTS_422[i + 1], 0xd0..=0xd7))
        .collect();
    assert!(markers.len() >= 3);
    let without_one = [&RESTARTS_422[..markers[0]], &RESTARTS_422[markers[1]..]].concat();
    assert!(Decoder::default().decode(&without_one).is_err());
}

#[test]
fn a_picture_without_huffman_tables_gets_the_usual_ones() {
    let mut bare = Vec::new();
    let mut at = 2;
    bare.extend_from_slice(&PLAIN_420[..2]);
    while PLAIN_420[at + 1] != 0xda {
        let length = usize::from(u16::from_be_bytes([PLAIN_420[at + 2], PLAIN_420[at + 3]]));
        if PLAIN_420[at + 1] != 0xc4 {
            bare.extend_from_slice(&PLAIN_420[at..at + 2 + length]);
        }
        at += 2 + length;
    }
    bare.extend_from_slice(&PLAIN_420[at..]);
    assert!(bare.len() + 400 < PLAIN_420.len(), "the tables are gone");
    let (_, rgb) = Decoder::default().decode(&bare).unwrap();
    let (_, expected) = Decoder::default().decode(PLAIN_420).unwrap();
    assert_eq!(rgb, expected);
}

#[test]
fn surplus_data_by_habit_are_accepted_in_the_end() {
    let whole = encode(&scene((64, 48), 0), 80);
    let padded = [&whole[..whole.len() - 2], &[0x55; 6], &[0xff, 0xd9]].concat();
    let mut decoder = Decoder::default();
    let refused = (0..50).take_while(|_| decoder.decode(&padded).is_err()).count();
    assert_eq!(refused, SURPLUSES_BY_HABIT as usize - 1);
    // One sound picture, and surplus data mean damage again.
    assert!(decoder.decode(&whole).is_ok());
    assert!(decoder.decode(&padded).is_err());
}

#[test]
fn random_changes_never_panic() {
    let mut random = 1_u32;
    for jpeg in [RESTARTS_422, PLAIN_420, GREY, PROGRESSIVE] {
        for _ in 0..2000 {
            let mut bytes = jpeg.to_vec();
            for _ in 0..3 {
                random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let at = (random >> 8) as usize % bytes.len();
                bytes[at] = random as u8;
            }
            let _ = Decoder::default().decode(&bytes);
        }
    }
}
