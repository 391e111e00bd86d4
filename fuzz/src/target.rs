//! What is given spoilt files, and what it does with them.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use mien::dataset::{Dataset, DatasetOptions};
use mien::frame::RunId;
use mien::model::{DetectorCard, EmotionCard, inspect, load_network};
use mien::session::{Session, find_unfinished, recover};
use mien::settings::Settings;
use mien::source::camera::{Decoder, PixelFormat};
use mien::source::media::{self, MediaItem, MediaReader, OpenOptions};
use mien::source::still::decode_picture;
use mien::time::Pts;

use crate::dice::Dice;
use crate::mutate::{Where, mutate};

/// A parser, or several that read the same files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Target {
    Mp4,
    Mkv,
    Avi,
    H264,
    Hevc,
    Vp9,
    Av1,
    Mjpeg,
    /// PNG, JPEG, WebP, BMP, GIF, animated or not.
    Stills,
    /// Pictures as cameras send them.
    Camera,
    /// Tables, record and recovery of a session.
    Session,
    Cards,
    Onnx,
    Settings,
    /// Archives, tables and folders of labelled pictures.
    Dataset,
}

/// Pictures read of a spoilt video: its seed has fewer.
const MOST_PICTURES: usize = 60;

impl Target {
    pub fn name(self) -> String {
        use clap::ValueEnum as _;
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }

    fn place(self) -> Where {
        match self {
            Self::H264 | Self::Hevc | Self::Vp9 | Self::Av1 | Self::Mjpeg => Where::Packets,
            Self::Cards | Self::Settings | Self::Session => Where::Text,
            _ => Where::Headers,
        }
    }
}

/// A seed: files of one folder, which belong together.
#[derive(Debug, Clone)]
pub struct Seed {
    files: Vec<(PathBuf, Vec<u8>)>,
}

/// The seeds of a target, by name: files, and folders whose files belong together.
///
/// # Errors
/// If there are none.
pub fn seeds(folder: &Path, target: Target) -> Result<Vec<Seed>> {
    let folder = folder.join(target.name());
    let found = list(&folder).with_context(|| format!("no seeds in {}", folder.display()))?;
    found
        .into_iter()
        .map(|path| {
            let files = if path.is_dir() { list(&path)? } else { vec![path] };
            let read = |path: PathBuf| -> Result<(PathBuf, Vec<u8>)> {
                let bytes = fs::read(&path)?;
                Ok((PathBuf::from(path.file_name().unwrap_or_default()), bytes))
            };
            Ok(Seed { files: files.into_iter().map(read).collect::<Result<_>>()? })
        })
        .collect()
}

fn list(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)?.collect::<std::io::Result<Vec<_>>>()?;
    let mut paths: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
    paths.sort();
    Ok(paths)
}

/// Writes case `number` of a target into `folder`, which is emptied first: always the same.
///
/// # Errors
/// If it can't be written.
pub fn write_case(seeds: &[Seed], target: Target, number: u64, folder: &Path) -> Result<()> {
    let mut dice = Dice::new(number.wrapping_mul(0x2545_f491_4f6c_dd1d) ^ target as u64);
    let mut seed = dice.pick(seeds).context("no seeds")?.clone();
    let other = dice.pick(seeds).and_then(|seed| seed.files.first()).map(|(_, bytes)| &bytes[..]);
    let spoilt = dice.below(seed.files.len());
    if let Some((_, bytes)) = seed.files.get_mut(spoilt) {
        mutate(&mut dice, bytes, other.unwrap_or_default(), target.place());
    }
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)?;
    for (name, bytes) in seed.files {
        fs::write(folder.join(name), bytes)?;
    }
    Ok(())
}

/// Hands what lies in `folder` to a target. Whether it is read or refused does not matter.
///
/// # Errors
/// If `folder` can't be read: that is ours, not the target's.
pub fn run_case(target: Target, folder: &Path) -> Result<()> {
    let files = list(folder)?;
    match target {
        Target::Session => read_session(folder),
        Target::Dataset if files.len() > 1 => read_dataset(folder),
        _ => {
            for file in files {
                run_file(target, &file)?;
            }
        }
    }
    Ok(())
}

fn run_file(target: Target, path: &Path) -> Result<()> {
    match target {
        Target::Mp4
        | Target::Mkv
        | Target::Avi
        | Target::H264
        | Target::Hevc
        | Target::Vp9
        | Target::Av1
        | Target::Mjpeg => read_media(path),
        Target::Stills => {
            let _ = decode_picture(&fs::read(path)?);
            read_media(path);
        }
        Target::Camera => {
            let (bytes, mut decoder) = (fs::read(path)?, Decoder::default());
            for pixels in [PixelFormat::Mjpeg, PixelFormat::Yuyv, PixelFormat::Nv12] {
                let _ = decoder.decode(pixels, (64, 48), &bytes);
            }
        }
        Target::Cards => {
            let text = String::from_utf8_lossy(&fs::read(path)?).into_owned();
            let _ = (EmotionCard::parse(&text), DetectorCard::parse(&text));
        }
        Target::Onnx => {
            let bytes = fs::read(path)?;
            let _ = inspect(&bytes);
            if let Ok(network) = load_network(&bytes, &[1, 3, 8, 8], &[]) {
                let _ = network.run(&[0.5; 3 * 8 * 8]);
            }
        }
        Target::Settings => {
            let text = String::from_utf8_lossy(&fs::read(path)?).into_owned();
            if let Ok((settings, _)) = Settings::from_toml(&text) {
                let _ = settings.sanitised().to_toml();
            }
        }
        Target::Session | Target::Dataset => read_dataset(path),
    }
    Ok(())
}

/// Reads pictures, goes to and fro, reads on.
fn read_media(path: &Path) {
    let options = OpenOptions { ffmpeg: false, ..OpenOptions::default() };
    let Ok(mut reader) = media::open(path, &options) else { return };
    let end = read_pictures(reader.as_mut(), MOST_PICTURES);
    for part in [2, 5] {
        if reader.seek(Pts::new(end / part)).is_err() {
            return;
        }
        read_pictures(reader.as_mut(), 3);
    }
}

/// Reads so many pictures, as frames; when the last was shown.
fn read_pictures(reader: &mut dyn MediaReader, most: usize) -> Duration {
    let mut last = Duration::ZERO;
    for _ in 0..most {
        let Ok(Some(item)) = reader.next_item() else { break };
        if let MediaItem::Picture(picture) = item {
            last = picture.pts.since_start();
            let _ = picture.into_frame(RunId(1));
        }
    }
    last
}

/// Reads a session from `folder`, and then closes it as one that a crash left behind.
fn read_session(folder: &Path) {
    if let Ok(session) = Session::open(folder) {
        let rows = session.observations().into_iter().flatten();
        rows.take(1000).for_each(drop);
        let events = session.events().into_iter().flatten();
        events.take(1000).for_each(drop);
    }
    let Some(sessions) = folder.parent() else { return };
    let written = folder.join("observations.csv");
    if fs::rename(&written, folder.join("observations.csv.part")).is_ok() {
        for unfinished in find_unfinished(sessions) {
            let _ = recover(&unfinished);
        }
    }
}

fn read_dataset(path: &Path) {
    let Ok(dataset) = Dataset::open(path, DatasetOptions::default()) else { return };
    let all: Vec<usize> = (0..dataset.examples().len().min(200)).collect();
    let _ = dataset.visit(&all, 16, &mut |pictures| {
        for picture in pictures {
            let _ = picture.open();
        }
        std::ops::ControlFlow::Continue(())
    });
}
