//! Data sets as they lie on a disk: folders, tables and archives, sound and broken.

use std::fs;
use std::io::Write;

use image::{DynamicImage, GrayImage, ImageFormat, Luma, RgbImage};
use npyz::WriterBuilder;
use tempfile::TempDir;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;

const NO_OPTIONS: DatasetOptions = DatasetOptions { numbering: None };

fn grey(value: u8) -> GrayImage {
    GrayImage::from_pixel(48, 48, Luma([value]))
}

/// Writes small pictures at these places below a new folder.
fn folder(paths: &[&str]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (i, path) in paths.iter().enumerate() {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        grey(i as u8).save(path).unwrap();
    }
    dir
}

fn words(dataset: &Dataset) -> Vec<&str> {
    dataset.classes().iter().map(Class::word).collect()
}

/// Opens all pictures: index of the example, and the picture or why not.
fn read_all(dataset: &Dataset, batch: usize) -> Vec<(usize, Result<Picture, PictureError>)> {
    let mut read = Vec::new();
    let all = dataset.select(None).unwrap();
    let result = dataset.visit(&all, batch, &mut |pictures| {
        assert!(!pictures.is_empty() && pictures.len() <= batch);
        read.extend(pictures.into_iter().map(|stored| (stored.example, stored.open())));
        ControlFlow::Continue(())
    });
    assert_eq!(result, Ok(()));
    read
}

#[test]
fn a_folder_of_classes_with_persons_below_and_splits_above() {
    let dir = folder(&[
        "train/angry/S001/a.png",
        "train/angry/S002/b.png",
        "validation/Happy/S001/c.png",
        "validation/bored/d.png",
    ]);
    fs::write(dir.path().join("train/angry/S001/.hidden"), b"x").unwrap();
    let dataset = Dataset::open(dir.path(), NO_OPTIONS).unwrap();
    assert_eq!(words(&dataset), ["happiness", "anger", "bored"]);
    let groups: Vec<_> = dataset.examples().iter().map(|e| e.group.as_deref()).collect();
    assert_eq!(groups, [Some("S001"), Some("S002"), Some("S001"), None]);
    assert_eq!(dataset.splits(), ["train", "validation"]);
    assert_eq!(dataset.select(Some("valid")).unwrap(), [2, 3]);
    let error = dataset.select(Some("test")).unwrap_err();
    assert!(error.to_string().contains("train, validation"), "{error}");
    assert_eq!(dataset.examples()[0].truth, Truth::Class(1));
}

#[test]
fn file_names_tell_persons_apart_only_if_they_can() {
    let persons = folder(&["happy/S1_01.png", "happy/S2_01.png", "sad/S1_02.png"]);
    let dataset = Dataset::open(persons.path(), NO_OPTIONS).unwrap();
    let groups: Vec<_> = dataset.examples().iter().map(|e| e.group.as_deref()).collect();
    assert_eq!(groups, [Some("S1"), Some("S2"), Some("S1")]);
    for counted in [
        ["happy/happy_01.png", "happy/happy_02.png", "sad/sad_01.png"],
        ["happy/img_01.png", "happy/img_02.png", "sad/img_01.png"],
        ["happy/1.png", "happy/2.png", "sad/3.png"],
    ] {
        let dir = folder(&counted);
        let dataset = Dataset::open(dir.path(), NO_OPTIONS).unwrap();
        assert!(dataset.examples().iter().all(|e| e.group.is_none()), "{counted:?}");
    }
}

#[test]
fn numbered_folders_need_to_be_told_whose_numbers_they_are() {
    let dir = folder(&["0/a.png", "3/b.png"]);
    let error = Dataset::open(dir.path(), NO_OPTIONS).unwrap_err();
    assert!(matches!(&error, DatasetError::Numbers { found, .. } if found == "0, 3"), "{error}");
    let open = |numbering| {
        let options = DatasetOptions { numbering: Some(numbering) };
        Dataset::open(dir.path(), options).unwrap()
    };
    assert_eq!(words(&open(Numbering::Fer2013)), ["happiness", "anger"]);
    assert_eq!(words(&open(Numbering::CkPlus)), ["neutral", "disgust"]);
    assert_eq!(words(&open(Numbering::Names)), ["0", "3"]);
}

#[test]
fn what_is_no_example_is_named() {
    let dir = folder(&["happy/a.png", "stray.png"]);
    let dataset = Dataset::open(dir.path(), NO_OPTIONS).unwrap();
    assert_eq!(dataset.examples().len(), 1);
    assert_eq!(dataset.unusable().len(), 1);
    assert!(dataset.unusable()[0].origin.ends_with("stray.png"));
}

#[test]
fn nothing_to_read_is_an_error_that_says_why() {
    let empty = tempfile::tempdir().unwrap();
    fs::create_dir(empty.path().join("happy")).unwrap();
    let error = Dataset::open(empty.path(), NO_OPTIONS).unwrap_err();
    assert!(matches!(error, DatasetError::Empty { .. }), "{error}");
    let missing = empty.path().join("nowhere");
    let error = Dataset::open(&missing, NO_OPTIONS).unwrap_err();
    assert!(matches!(error, DatasetError::Unreadable { .. }), "{error}");
    let odd = empty.path().join("notes.doc");
    fs::write(&odd, "x").unwrap();
    let error = Dataset::open(&odd, NO_OPTIONS).unwrap_err();
    assert!(matches!(error, DatasetError::UnknownKind { .. }), "{error}");
}

#[test]
fn broken_pictures_say_what_is_wrong_and_the_others_are_read() {
    let dir = folder(&["happy/0_good.png"]);
    let path = |name: &str| dir.path().join("happy").join(name);
    let packed = |format| {
        let mut file = Vec::new();
        let picture = RgbImage::from_fn(64, 64, |x, y| image::Rgb([x as u8 * 4, y as u8 * 4, 9]));
        let mut cursor = std::io::Cursor::new(&mut file);
        DynamicImage::from(picture).write_to(&mut cursor, format).unwrap();
        file
    };
    let (png, jpeg) = (packed(ImageFormat::Png), packed(ImageFormat::Jpeg));
    fs::write(path("1_cut.png"), &png[..png.len() / 2]).unwrap();
    fs::write(path("2_cut.jpg"), &jpeg[..jpeg.len() * 2 / 3]).unwrap();
    fs::write(path("3_empty.png"), b"").unwrap();
    fs::write(path("4_words.jpg"), b"this is no picture").unwrap();
    let mut flipped = png.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 0x55;
    fs::write(path("5_flipped.png"), flipped).unwrap();
    // A header that claims 60,000 x 60,000 pixels; its checksum is right.
    fs::write(path("6_huge.bmp"), huge_bmp()).unwrap();
    fs::write(path("7_good.jpg"), &jpeg).unwrap();
    let dataset = Dataset::open(dir.path(), NO_OPTIONS).unwrap();
    let read = read_all(&dataset, 3);
    assert_eq!(read.iter().map(|(i, _)| *i).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5, 6, 7]);
    let error = |i: usize| read[i].1.as_ref().unwrap_err();
    assert!(read[0].1.as_ref().is_ok_and(|picture| picture.is_grey));
    assert_eq!(*error(1), PictureError::CutOff);
    assert_eq!(*error(2), PictureError::CutOff);
    assert_eq!(*error(3), PictureError::UnknownFormat);
    assert_eq!(*error(4), PictureError::UnknownFormat);
    assert!(matches!(error(5), PictureError::Damaged { .. }), "{}", error(5));
    assert!(matches!(error(6), PictureError::TooLarge { .. }), "{}", error(6));
    assert!(read[7].1.as_ref().is_ok_and(|picture| !picture.is_grey));
}

fn huge_bmp() -> Vec<u8> {
    let mut file = b"BM".to_vec();
    file.extend([0; 8]);
    file.extend(54_u32.to_le_bytes());
    file.extend(40_u32.to_le_bytes());
    file.extend(60_000_i32.to_le_bytes());
    file.extend(60_000_i32.to_le_bytes());
    file.extend(1_u16.to_le_bytes());
    file.extend(24_u16.to_le_bytes());
    file.extend([0; 24]);
    file
}

#[test]
fn a_rotation_noted_by_the_camera_is_carried_out() {
    let mut jpeg = Vec::new();
    // Left half dark, right half bright.
    let picture = GrayImage::from_fn(64, 32, |x, _| Luma([if x < 32 { 10 } else { 240 }]));
    DynamicImage::from(picture)
        .write_to(&mut std::io::Cursor::new(&mut jpeg), ImageFormat::Jpeg)
        .unwrap();
    // An Exif segment with one entry: orientation 6, turn right by 90 degrees.
    let exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
    let mut turned = jpeg[..2].to_vec();
    turned.extend([0xff, 0xe1]);
    turned.extend((exif.len() as u16 + 2).to_be_bytes());
    turned.extend(exif);
    turned.extend(&jpeg[2..]);
    let picture = Picture::decode(&turned).unwrap();
    assert_eq!(picture.frame.size(), (32, 64));
    let luma = |x: usize, y: usize| picture.frame.rgb()[(y * 32 + x) * 3];
    assert!(luma(16, 10) < 30, "what was left is on top");
    assert!(luma(16, 54) > 220);
}

#[test]
fn a_table_of_paths_and_labels() {
    let dir = folder(&["a.png", "sub/b.png"]);
    let table = dir.path().join("labels.csv");
    let rows = "\u{feff}Image name;Expression;Subject;Usage\n\
                a.png;Happy;7;Training\nsub/b.png;yawn;8;Test\n;sad;9;Test\nc.png;;9;Test\n";
    fs::write(&table, rows).unwrap();
    let dataset = Dataset::open(&table, NO_OPTIONS).unwrap();
    assert_eq!(words(&dataset), ["happiness", "yawn"]);
    assert_eq!(dataset.examples()[1].group.as_deref(), Some("8"));
    assert_eq!(dataset.select(Some("train")).unwrap(), [0]);
    let reasons: Vec<_> = dataset.unusable().iter().map(|u| u.reason.as_str()).collect();
    assert_eq!(reasons, ["names no picture", "has no label"]);
    assert!(dataset.unusable()[0].origin.ends_with("labels.csv line 4"));
    assert!(read_all(&dataset, 10).iter().all(|(_, picture)| picture.is_ok()));
}

#[test]
fn a_table_of_votes_follows_the_rule_of_fer_plus() {
    let dir = folder(&["a.png", "b.png", "c.png"]);
    let table = dir.path().join("fer2013new.csv");
    let rows = "Usage,Image name,neutral,happiness,sadness,unknown,NF\n\
                Training,a.png,6,3,1,0,0\nTraining,b.png,4,0,4,2,0\nPublicTest,c.png,0,0,0,0,10\n\
                Training,d.png,many,0,0,0,0\n";
    fs::write(&table, rows).unwrap();
    let dataset = Dataset::open(&table, NO_OPTIONS).unwrap();
    assert_eq!(words(&dataset), ["neutral", "happiness", "sadness"]);
    let classes: Vec<_> = dataset.examples().iter().map(|e| e.truth.class()).collect();
    assert_eq!(classes, [Some(0), None, None]);
    let votes = Truth::Votes { votes: Box::new([6.0, 3.0, 1.0]), majority: Some(0) };
    assert_eq!(dataset.examples()[0].truth, votes);
    assert_eq!(dataset.unusable()[0].reason, "'many' is no number of votes");
}

#[test]
fn a_table_of_pixels_is_numbered_as_fer2013() {
    let dir = tempfile::tempdir().unwrap();
    let table = dir.path().join("fer2013.csv");
    let square = ["0", "64", "128", "255"].join(" ");
    fs::write(&table, format!("emotion,pixels,Usage\n3,{square},Training\n6,1 2 3,PublicTest\n"))
        .unwrap();
    let dataset = Dataset::open(&table, NO_OPTIONS).unwrap();
    assert_eq!(words(&dataset), ["neutral", "happiness"]);
    assert!(dataset.holds_face_crops());
    let read = read_all(&dataset, 1);
    let picture = read[0].1.as_ref().unwrap();
    assert_eq!(picture.frame.size(), (2, 2));
    assert_eq!(picture.frame.rgb()[3..6], [64, 64, 64]);
    assert!(matches!(read[1].1, Err(PictureError::Damaged { .. })));
}

#[test]
fn a_table_that_says_too_little_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let table = dir.path().join("labels.csv");
    for (rows, wanted) in [
        ("name,label\na.png,happy\n", "no column is called path"),
        ("path\na.png\n", "no column is called label"),
        ("", "no column is called path"),
    ] {
        fs::write(&table, rows).unwrap();
        let error = Dataset::open(&table, NO_OPTIONS).unwrap_err();
        assert!(error.to_string().contains(wanted), "{error}");
        assert!(!error.advice().is_empty());
    }
    fs::write(&table, "path,label\na.png,1\nb.png,2\n").unwrap();
    let error = Dataset::open(&table, NO_OPTIONS).unwrap_err();
    assert!(matches!(error, DatasetError::Numbers { .. }), "{error}");
}

type Npz = ZipWriter<fs::File>;

fn npz(dir: &TempDir, write: impl FnOnce(&mut Npz)) -> PathBuf {
    let path = dir.path().join("set.npz");
    let mut zip = ZipWriter::new(fs::File::create(&path).unwrap());
    write(&mut zip);
    zip.finish().unwrap();
    path
}

fn add<T: npyz::AutoSerialize>(zip: &mut Npz, name: &str, shape: &[u64], values: &[T]) {
    zip.start_file(format!("{name}.npy"), SimpleFileOptions::default()).unwrap();
    let options = npyz::WriteOptions::new().default_dtype().shape(shape).writer(zip);
    let mut writer = options.begin_nd().unwrap();
    writer.extend(values).unwrap();
    writer.finish().unwrap();
}

fn add_words(zip: &mut Npz, name: &str, words: &[&str]) {
    zip.start_file(format!("{name}.npy"), SimpleFileOptions::default()).unwrap();
    let dtype = npyz::DType::Plain("<U9".parse().unwrap());
    let options = npyz::WriteOptions::new().dtype(dtype).shape(&[words.len() as u64]).writer(zip);
    let mut writer = options.begin_nd().unwrap();
    for word in words {
        writer.push(*word).unwrap();
    }
    writer.finish().unwrap();
}

/// Three pictures of 2 x 2 pixels.
const PIXELS: [u8; 12] = [0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23];

#[test]
fn an_archive_of_votes_in_the_order_of_fer_plus() {
    let dir = tempfile::tempdir().unwrap();
    let path = npz(&dir, |zip| {
        add(zip, "images", &[3, 2, 2], &PIXELS);
        let votes: [u8; 30] = [
            0, 9, 0, 0, 0, 0, 0, 0, 1, 0, //
            5, 5, 0, 0, 0, 0, 0, 0, 0, 0, //
            0, 0, 0, 0, 0, 0, 8, 2, 0, 0,
        ];
        add(zip, "votes", &[3, 10], &votes);
        add_words(zip, "split", &["train", "valid", "valid"]);
    });
    let dataset = Dataset::open(&path, NO_OPTIONS).unwrap();
    assert_eq!(dataset.classes().len(), 8);
    let classes: Vec<_> = dataset.examples().iter().map(|e| e.truth.class()).collect();
    assert_eq!(classes, [Some(1), None, Some(6)]);
    assert_eq!(dataset.select(Some("valid")).unwrap(), [1, 2]);
    assert_eq!(dataset.examples()[2].origin, "set.npz#2");
    // One in between is skipped, and the order of asking does not matter.
    let mut seen = Vec::new();
    let visited = dataset.visit(&[2, 0], 8, &mut |pictures| {
        for stored in pictures {
            let example = stored.example;
            seen.push((example, stored.open().unwrap().frame.rgb()[0]));
        }
        ControlFlow::Continue(())
    });
    assert_eq!(visited, Ok(()));
    assert_eq!(seen, [(0, 0), (2, 20)]);
}

#[test]
fn a_stated_majority_is_believed() {
    let dir = tempfile::tempdir().unwrap();
    let path = npz(&dir, |zip| {
        add(zip, "images", &[3, 2, 2], &PIXELS);
        add(zip, "votes", &[3, 8], &[1.0_f32; 24]);
        add(zip, "majority", &[3], &[7_i8, -1, 99]);
    });
    let dataset = Dataset::open(&path, NO_OPTIONS).unwrap();
    let classes: Vec<_> = dataset.examples().iter().map(|e| e.truth.class()).collect();
    assert_eq!(classes, [Some(7), None, None]);
}

#[test]
fn an_archive_of_labels_as_words_as_indices_and_as_bare_numbers() {
    let dir = tempfile::tempdir().unwrap();
    let rgb: Vec<u8> = PIXELS.iter().flat_map(|p| [*p, 0, 0]).collect();
    let path = npz(&dir, |zip| {
        add(zip, "images", &[3, 2, 2, 3], &rgb);
        add_words(zip, "labels", &["sad", "happy", "sad"]);
    });
    let dataset = Dataset::open(&path, NO_OPTIONS).unwrap();
    assert_eq!(words(&dataset), ["happiness", "sadness"]);
    assert_eq!(read_all(&dataset, 2)[1].1.as_ref().unwrap().frame.rgb()[..3], [10, 0, 0]);
    let path = npz(&dir, |zip| {
        add(zip, "images", &[3, 2, 2], &PIXELS);
        add(zip, "labels", &[3], &[1_i64, 0, 1]);
        add_words(zip, "classes", &["yawn", "angry"]);
    });
    let dataset = Dataset::open(&path, NO_OPTIONS).unwrap();
    assert_eq!(words(&dataset), ["anger", "yawn"]);
    assert_eq!(dataset.examples()[0].truth, Truth::Class(0));
    let path = npz(&dir, |zip| {
        add(zip, "images", &[3, 2, 2], &PIXELS);
        add(zip, "labels", &[3], &[1_i64, 0, 1]);
    });
    let error = Dataset::open(&path, NO_OPTIONS).unwrap_err();
    assert!(matches!(error, DatasetError::Numbers { .. }), "{error}");
}

#[test]
fn a_hostile_archive_is_refused_in_words() {
    let dir = tempfile::tempdir().unwrap();
    let raw = |bytes: &[u8]| {
        npz(&dir, |zip| {
            zip.start_file("images.npy", SimpleFileOptions::default()).unwrap();
            zip.write_all(bytes).unwrap();
        })
    };
    let with_header = |text: &str| {
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((text.len() as u16).to_le_bytes());
        bytes.extend(text.as_bytes());
        bytes
    };
    let described = |shape: &str, kind: &str| {
        with_header(&format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}}}\n"))
    };
    for (bytes, wanted) in [
        (described("(1000000, 48, 48)", "|u1"), "more pictures than it holds"),
        (described("(4611686018427387904, 48, 48)", "|u1"), "makes no sense"),
        (described("(2, 48)", "|u1"), "none of pictures"),
        (described("(0, 48, 48)", "<f4"), "must be bytes"),
        (described("(1, 99999, 1)", "|u1"), "not within"),
        (described("(1, 1, 1)", "|O"), "Python objects"),
        (with_header(&"(".repeat(4000)), "makes no sense"),
        (b"\x93NUMPY\x02\x00\xff\xff\xff\xff".to_vec(), "makes no sense"),
        (b"short".to_vec(), "no array"),
    ] {
        let error = Dataset::open(&raw(&bytes), NO_OPTIONS).unwrap_err().to_string();
        assert!(error.contains(wanted), "{error}");
    }
    let path = dir.path().join("not.npz");
    fs::write(&path, b"PK\x03\x04 and no more").unwrap();
    let error = Dataset::open(&path, NO_OPTIONS).unwrap_err();
    assert!(error.to_string().contains("no archive"), "{error}");
}

#[test]
fn breaking_off_ends_the_visit() {
    let dir = folder(&["happy/a.png", "happy/b.png", "happy/c.png"]);
    let dataset = Dataset::open(dir.path(), NO_OPTIONS).unwrap();
    let mut batches = 0;
    let visited = dataset.visit(&[0, 1, 2], 1, &mut |_| {
        batches += 1;
        ControlFlow::Break(())
    });
    assert_eq!((visited, batches), (Ok(()), 1));
}
