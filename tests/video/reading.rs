//! Reads a file to its end and keeps what a comparison needs.

use std::path::{Path, PathBuf};

use mien::frame::{Frame, RunId};
use mien::source::media::{self, Damage, MediaError, MediaInfo, MediaItem, OpenOptions};
use mien::time::Pts;
use sha2::{Digest, Sha256};

/// What a file gave.
pub struct Read {
    pub info: MediaInfo,
    pub pictures: Vec<Shown>,
    pub damage: Vec<Damage>,
}

/// One picture.
pub struct Shown {
    pub micros: u64,
    pub index: u64,
    pub size: (u32, u32),
    pub luma: Vec<u8>,
    /// As people see it.
    pub frame: Frame,
}

impl Shown {
    pub fn luma_sum(&self) -> String {
        Sha256::digest(&self.luma).iter().take(6).map(|byte| format!("{byte:02x}")).collect()
    }
}

pub const BUILT_IN: OpenOptions = OpenOptions { ffmpeg: false, picture_rate_hz: 25.0 };

pub fn read(path: &Path) -> Result<Read, MediaError> {
    read_from(path, &BUILT_IN, None)
}

pub fn read_from(
    path: &Path,
    options: &OpenOptions,
    from: Option<Pts>,
) -> Result<Read, MediaError> {
    let mut reader = media::open(path, options)?;
    if let Some(from) = from {
        reader.seek(from)?;
    }
    let (mut pictures, mut damage) = (Vec::new(), Vec::new());
    while let Some(item) = reader.next_item()? {
        match item {
            MediaItem::Damage(found) => damage.push(found),
            MediaItem::Picture(picture) => pictures.push(Shown {
                micros: picture.pts.since_start().as_micros() as u64,
                index: picture.index,
                size: picture.coded_size(),
                luma: picture.luma().into_owned(),
                frame: picture.into_frame(RunId(1)).expect("its planes fit"),
            }),
        }
    }
    Ok(Read { info: reader.info().clone(), pictures, damage })
}

pub fn clips() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/video/clips")
}

pub fn clip(name: &str) -> PathBuf {
    clips().join(name)
}

/// Files of a folder, by name.
pub fn files_in(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("there is a folder");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("it lists").path()).collect();
    files.sort();
    files
}

pub fn name_of(path: &Path) -> String {
    path.file_name().expect("it has a name").to_string_lossy().into_owned()
}
