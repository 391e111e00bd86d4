//! Files that mean harm: none makes the program end, hang, or take much memory.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use mien::source::media::{self, MediaError, MediaItem};

use crate::dice::Dice;
use crate::reading::{BUILT_IN, clips, files_in, read};
use crate::stills::{gif, png};

/// Small changes of each kept clip; `MIEN_MUTATIONS` asks for another number.
const MUTATIONS: u64 = 40;

/// No tiny clip takes longer, on however busy a machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Reads all there is; how many pictures came before the end or the error.
fn pictures_of(path: &Path) -> u64 {
    let Ok(mut reader) = media::open(path, &BUILT_IN) else { return 0 };
    let mut pictures = 0;
    while let Ok(Some(item)) = reader.next_item() {
        if let MediaItem::Picture(picture) = item {
            // A frame or a reason, never a panic.
            pictures += u64::from(picture.into_frame(mien::frame::RunId(1)).is_ok());
        }
        assert!(pictures < 10_000, "it does not end");
    }
    pictures
}

#[test]
fn no_change_of_a_file_makes_the_program_end_or_hang() {
    let folder = tempfile::tempdir().unwrap();
    let mut originals: Vec<(String, Vec<u8>)> = files_in(&clips())
        .into_iter()
        .filter(|file| file.extension().unwrap() != "csv")
        .map(|file| (file.display().to_string(), fs::read(&file).unwrap()))
        .collect();
    let still = folder.path().join("still.png");
    png(&still, (40, 30), 9);
    originals.push(("a picture".into(), fs::read(&still).unwrap()));
    assert_eq!(originals.len(), 10);
    let asked = std::env::var("MIEN_MUTATIONS").ok().and_then(|number| number.parse().ok());
    let mutations: u64 = asked.unwrap_or(MUTATIONS);
    let (mut some, mut none) = (0, 0);
    for (number, (name, original)) in originals.iter().enumerate() {
        for mutation in 0..mutations {
            let mut bytes = original.clone();
            Dice::new((number as u64) << 32 | mutation).mutate(&mut bytes);
            let path = folder.path().join("mutated");
            fs::write(&path, &bytes).unwrap();
            let began = Instant::now();
            match pictures_of(&path) {
                0 => none += 1,
                _ => some += 1,
            }
            assert!(began.elapsed() < PATIENCE, "{name}, mutation {mutation}");
        }
    }
    // Both kinds must occur, or the changes are too harmless or too coarse to find anything.
    assert!(some > 50 && none > 50, "{some} gave pictures, {none} gave none");
}

fn error_of(name: &str, bytes: &[u8]) -> MediaError {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    match read(&path) {
        Ok(_) => panic!("{name} must be refused"),
        Err(error) => error,
    }
}

#[test]
fn what_is_no_video_is_refused_in_words() {
    assert!(matches!(error_of("empty.mp4", b""), MediaError::Empty { .. }));
    let playlist = b"#EXTM3U\n#EXT-X-VERSION:3\n#EXTINF:1,\n/etc/passwd\n#EXT-X-ENDLIST\n";
    assert!(matches!(error_of("playlist.mp4", playlist), MediaError::Unknown { .. }));
    let no_index = [0, 0, 0, 12, b'f', b't', b'y', b'p', b'i', b's', b'o', b'm'];
    let error = error_of("no_index.mp4", &no_index);
    assert!(error.to_string().contains("index is missing"), "{error}");
    let folder = tempfile::tempdir().unwrap();
    let missing = read(&folder.path().join("missing.mp4")).err().unwrap();
    assert!(matches!(missing, MediaError::Unreadable { .. }) && !missing.advice().is_empty());
    let folder_error = read(folder.path()).err().unwrap();
    assert!(matches!(folder_error, MediaError::Unknown { .. }), "{folder_error}");
}

#[cfg(unix)]
#[test]
fn a_pipe_is_refused_without_waiting_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe.mp4");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("there is mkfifo");
    assert!(made.success());
    assert!(matches!(read(&pipe), Err(MediaError::NotAFile { .. })));
}

/// Changes the size in a header to 20,000 by 20,000.
fn enlarged(name: &str, find: &[u8], replace: &[u8]) -> Vec<u8> {
    let mut bytes = fs::read(clips().join(name)).unwrap();
    let at =
        bytes.windows(find.len()).position(|window| window == find).expect("the size is there");
    bytes[at..at + replace.len()].copy_from_slice(replace);
    bytes
}

#[test]
fn a_size_bomb_is_refused_before_memory_is_taken() {
    // In the sample entry of MP4: 64 and 48 as 16-bit numbers, then 72 dpi.
    let (small, large) = ([0, 64, 0, 48, 0, 0x48, 0, 0], [0x4e, 0x20, 0x4e, 0x20, 0, 0x48, 0, 0]);
    for name in ["h264_bframes.mp4", "hevc.mp4", "av1.mp4"] {
        let error = error_of(name, &enlarged(name, &small, &large));
        assert!(matches!(error, MediaError::TooLarge { width: 20_000, .. }), "{name}: {error}");
    }
    // PNG: width and height after the chunk name IHDR.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("small.png");
    png(&path, (40, 30), 1);
    let mut bytes = fs::read(&path).unwrap();
    bytes[16..24].copy_from_slice(&[0, 0, 0x4e, 0x20, 0, 0, 0x4e, 0x20]);
    let crc = crc32(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&crc.to_be_bytes());
    let error = error_of("bomb.png", &bytes);
    assert!(matches!(error, MediaError::TooLarge { width: 20_000, .. }), "{error}");
}

#[test]
fn a_picture_within_an_animation_can_be_a_bomb_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("small.gif");
    gif(&path);
    let mut bytes = fs::read(&path).unwrap();
    // A picture's place, then its size, 20 by 10.
    let head = [0x2c, 0, 0, 0, 0, 20, 0, 10, 0];
    let at = bytes.windows(9).position(|window| window == head).expect("a picture is there");
    bytes[at + 5..at + 9].fill(0xff);
    let error = error_of("bomb.gif", &bytes);
    assert!(matches!(error, MediaError::Damaged { .. }), "{error}");
}

/// A Matroska file begins with a list of what lies where; this one names itself, or follows a
/// checksum.
#[test]
fn lists_that_lead_in_circles_end() {
    let name = "h264_vfr.mkv";
    let whole = fs::read(clips().join(name)).unwrap();
    let find = |bytes: &[u8], id: &[u8]| {
        bytes.windows(id.len()).position(|window| window == id).expect("the element is there")
    };
    let list = find(&whole, &[0x11, 0x4d, 0x9b, 0x74]);
    let content = find(&whole, &[0x18, 0x53, 0x80, 0x67]) + 12;
    assert_eq!(content, list, "the list comes first");
    let pictures = |bytes: &[u8]| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        pictures_of(&path)
    };
    let all = pictures(&whole);
    assert!(all > 0);

    // `SeekID` and `SeekPosition` of the first entry.
    let mut itself = whole.clone();
    let id = list + find(&whole[list..], &[0x53, 0xab, 0x84]) + 3;
    itself[id..id + 4].copy_from_slice(&[0x11, 0x4d, 0x9b, 0x74]);
    let position = id + 4;
    assert_eq!(itself[position..position + 2], [0x53, 0xac]);
    let bytes = usize::from(itself[position + 2] & 0x7f);
    itself[position + 3..position + 3 + bytes].fill(0);
    assert_eq!(pictures(&itself), all);

    // A checksum as the first element of all, where the list was.
    let mut checksum = whole.clone();
    checksum[list] = 0xbf;
    checksum[list + 1] = 0x80 | (9 - 2);
    let rest = usize::from(whole[list + 4] & 0x7f) + 5 - 9;
    checksum[list + 9] = 0xec;
    checksum[list + 10] = 0x80 | u8::try_from(rest - 2).unwrap();
    assert_eq!(pictures(&checksum), all);
}

/// The sum of PNG chunks, bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 }
        })
    })
}
