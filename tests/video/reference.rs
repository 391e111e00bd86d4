//! Against an installed ffmpeg: every clip's times to the microsecond and its luma to the level.

use std::path::Path;
use std::process::Command;

use mien::source::media::{MediaError, OpenOptions};

use crate::reading::{Read, Shown, clips, files_in, name_of, read, read_from};

/// What ffmpeg says of a clip.
pub struct Reference {
    pub micros: Vec<u64>,
    pub bits: u32,
    /// Luma at the bits of the stream.
    pub luma: Vec<Vec<u16>>,
}

/// `None` without ffmpeg, which is said once.
pub fn ffmpeg_is_missing() -> bool {
    let missing = ["ffmpeg", "ffprobe"].iter().any(|program| {
        let version = Command::new(program).arg("-version").output();
        !version.is_ok_and(|version| version.status.success())
    });
    if missing {
        eprintln!("skipped: there is no ffmpeg to compare with");
    }
    missing
}

fn output(program: &str, arguments: &[&str], path: &Path) -> Vec<u8> {
    let (before, after) = arguments.split_at(arguments.iter().position(|a| *a == "FILE").unwrap());
    let output = Command::new(program)
        .args(before)
        .arg(path)
        .args(&after[1..])
        .output()
        .expect("it was there a moment ago");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn probe(path: &Path, entries: &str) -> String {
    let arguments = ["-v", "error", "-select_streams", "v:0", "-show_entries", entries];
    let arguments = [&arguments[..], &["-of", "csv=p=0", "FILE"]].concat();
    String::from_utf8(output("ffprobe", &arguments, path)).expect("text")
}

fn probed_micros(path: &Path) -> Vec<u64> {
    probe(path, "frame=pts_time")
        .lines()
        .map(|line| line.trim_end_matches(',').trim())
        .filter(|line| !line.is_empty())
        .map(|line| (line.parse::<f64>().unwrap() * 1e6).round() as u64)
        .collect()
}

pub fn reference(path: &Path) -> Reference {
    let stream = probe(path, "stream=width,height,pix_fmt");
    let fields: Vec<&str> = stream.trim().trim_end_matches(',').split(',').collect();
    let [width, height, format] = fields[..] else { panic!("{stream}") };
    let (width, height): (usize, usize) = (width.parse().unwrap(), height.parse().unwrap());
    let bits = if format.ends_with("10le") { 10 } else { 8 };
    assert!(format.contains("420p"), "{format}");
    let micros = probed_micros(path);
    let arguments = ["-v", "error", "-noautorotate", "-i", "FILE", "-map", "0:v:0", "-fps_mode"];
    let arguments = [&arguments[..], &["passthrough", "-f", "rawvideo", "-"]].concat();
    let bytes = output("ffmpeg", &arguments, path);
    let (luma, chroma) = (width * height, width.div_ceil(2) * height.div_ceil(2));
    let sample = if bits > 8 { 2 } else { 1 };
    let frame_bytes = (luma + 2 * chroma) * sample;
    assert_eq!(bytes.len() % frame_bytes, 0);
    let plane = |frame: &[u8]| match sample {
        1 => frame[..luma].iter().copied().map(u16::from).collect(),
        _ => frame[..luma * 2].chunks(2).map(|b| u16::from_le_bytes([b[0], b[1]])).collect(),
    };
    let luma = bytes.chunks(frame_bytes).map(plane).collect();
    Reference { micros, bits, luma }
}

impl Reference {
    /// Luma of a picture at 8 bits, rounded.
    pub fn luma8(&self, index: usize) -> Vec<u8> {
        let shift = self.bits - 8;
        let half = if shift > 0 { 1 << (shift - 1) } else { 0 };
        self.luma[index].iter().map(|v| ((v + half) >> shift).min(255) as u8).collect()
    }
}

/// What differs, in words.
fn compare(read: &Read, reference: &Reference) -> Vec<String> {
    let mut wrong = Vec::new();
    let ours: Vec<u64> = read.pictures.iter().map(|picture| picture.micros).collect();
    if ours != reference.micros {
        wrong.push(format!("times\n  ours   {ours:?}\n  theirs {:?}", reference.micros));
    }
    if !read.damage.is_empty() {
        wrong.push(format!("damage {:?}", read.damage));
    }
    let indices = read.pictures.iter().map(|picture| picture.index);
    if !indices.eq(0..read.pictures.len() as u64) {
        wrong.push("numbers of pictures".into());
    }
    // JPEG leaves the inverse transform to the decoder.
    let tolerance = if read.info.codec == "mjpeg" { 2 } else { 0 };
    let differs = |(index, picture): (usize, &Shown)| {
        let theirs = reference.luma8(index);
        let off = |(a, b): (&u8, &u8)| a.abs_diff(*b) > tolerance;
        let off = picture.luma.iter().zip(&theirs).filter(|pair| off(*pair)).count();
        let same_size = picture.luma.len() == theirs.len();
        (off > 0 || !same_size).then(|| format!("luma of {index}: {off} pixels"))
    };
    let count = reference.luma.len().min(read.pictures.len());
    wrong.extend(read.pictures[..count].iter().enumerate().filter_map(differs).take(3));
    wrong
}

#[test]
fn times_and_luma_are_those_of_ffmpeg_in_every_kind_of_clip() {
    if ffmpeg_is_missing() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/video/make_clips.sh");
    let made = Command::new("bash").arg(script).arg(folder.path()).status().expect("bash runs");
    assert!(made.success(), "{made}");
    let mut files = files_in(folder.path());
    assert!(files.len() >= 24, "only {} clips were made", files.len());
    files.extend(files_in(&clips()).into_iter().filter(|file| file.extension().unwrap() != "csv"));
    let mut wrong = Vec::new();
    for file in &files {
        match read(file) {
            Ok(read) => {
                let found = compare(&read, &reference(file));
                wrong.extend(found.into_iter().map(|what| format!("{}: {what}", name_of(file))));
            }
            Err(error) => wrong.push(format!("{}: {error}", name_of(file))),
        }
    }
    assert!(wrong.is_empty(), "{} differences\n{}", wrong.len(), wrong.join("\n"));
}

/// Makes a clip of synthetic pictures with these arguments.
fn make(path: &Path, arguments: &[&str]) {
    let source = "testsrc2=size=160x120:rate=30";
    let before = ["-v", "error", "-f", "lavfi", "-i", source, "-frames:v", "20"];
    let made = Command::new("ffmpeg").args(before).args(arguments).arg(path).status();
    assert!(made.expect("it was there a moment ago").success(), "{arguments:?}");
}

#[test]
fn what_is_not_decoded_here_goes_through_ffmpeg_with_its_times() {
    if ffmpeg_is_missing() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let irregular = "settb=1/1000,setpts=N*33+mod(N*N*7\\,23)";
    for (name, what, arguments) in [
        ("part2.mkv", "MPEG4", &["-c:v", "mpeg4", "-vf", irregular, "-fps_mode", "vfr"][..]),
        ("deep.mp4", "10-bit H.264", &["-c:v", "libx264", "-pix_fmt", "yuv420p10le"]),
        ("fine.mp4", "4:4:4 H.264", &["-c:v", "libx264", "-pix_fmt", "yuv444p"]),
        ("fields.mp4", "interlaced H.264", &["-c:v", "libx264", "-flags", "+ilme+ildct"]),
        ("stream.ts", "no video or picture", &["-c:v", "mpeg2video", "-f", "mpegts"]),
    ] {
        let path = folder.path().join(name);
        make(&path, arguments);
        let refused = read(&path).err().expect("not by Mien itself").to_string();
        assert!(refused.contains(what), "{name}: {refused}");
        let ours = read_from(&path, &OpenOptions::default(), None).unwrap();
        assert_eq!(ours.info.decoder, "ffmpeg");
        assert_eq!((ours.info.size, ours.pictures.len()), ((160, 120), 20), "{name}");
        let micros: Vec<u64> = ours.pictures.iter().map(|picture| picture.micros).collect();
        assert_eq!(micros, probed_micros(&path), "{name}");
        assert!(ours.damage.is_empty(), "{name}: {:?}", ours.damage);
    }
}

#[test]
fn ffmpeg_is_kept_from_following_a_playlist() {
    if ffmpeg_is_missing() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (secret, list) = (folder.path().join("other.ts"), folder.path().join("list.mp4"));
    make(&secret, &["-c:v", "mpeg2video", "-f", "mpegts"]);
    let text = format!(
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{}\n#EXT-X-ENDLIST\n",
        secret.display()
    );
    std::fs::write(&list, text).unwrap();
    let error = read_from(&list, &OpenOptions::default(), None).err().expect("it is refused");
    assert!(matches!(error, MediaError::Unknown { ffmpeg: Some(_), .. }), "{error:?}");
}
