//! Folders of numbered pictures, read as a video.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{as_picture, info_of, read_picture};
use crate::source::media::{Damage, MediaError, MediaInfo, MediaItem, MediaReader};
use crate::time::Pts;

/// Pictures of a folder in the order of their numbers.
pub struct Sequence {
    info: MediaInfo,
    pictures: Vec<(u64, PathBuf)>,
    /// How many of them came.
    passed: usize,
    first: u64,
    rate_hz: f64,
}

impl Sequence {
    /// A folder that holds nothing but numbered pictures. The number is the time: where one is
    /// missing, nothing is shown for as long as it would have been.
    ///
    /// # Errors
    /// If it is none, or its first picture can't be read.
    pub fn open(folder: &Path, rate_hz: f64) -> Result<Self, MediaError> {
        let unreadable = |error: &io::Error| MediaError::unreadable(folder, error);
        let pictures = numbered_pictures(folder).map_err(|error| unreadable(&error))?;
        let Some([(first, path), ..]) = pictures.as_deref() else {
            return Err(MediaError::Unknown { path: folder.into(), ffmpeg: None });
        };
        let (first, size) = (*first, read_picture(path)?.size);
        let codec = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        let pictures = pictures.unwrap_or_default();
        let last = pictures.last().map_or(first, |(number, _)| *number);
        let mut info = info_of("pictures", &codec, size);
        info.nominal_rate_hz = rate_hz;
        info.duration = Some(shown_at(last - first + 1, rate_hz));
        Ok(Self { info, pictures, passed: 0, first, rate_hz })
    }
}

impl MediaReader for Sequence {
    fn info(&self) -> &MediaInfo {
        &self.info
    }

    fn next_item(&mut self) -> Result<Option<MediaItem>, MediaError> {
        let Some((number, path)) = self.pictures.get(self.passed) else { return Ok(None) };
        self.passed += 1;
        let index = number - self.first;
        let pts = Pts::new(shown_at(index, self.rate_hz));
        Ok(Some(match read_picture(path) {
            Ok(picture) => MediaItem::Picture(as_picture(picture, pts, index)),
            Err(error) => MediaItem::Damage(Damage {
                from: pts,
                to: Pts::new(shown_at(index + 1, self.rate_hz)),
                pictures: 1,
                reason: error.to_string(),
            }),
        }))
    }

    fn seek(&mut self, pts: Pts) -> Result<(), MediaError> {
        let (first, rate_hz) = (self.first, self.rate_hz);
        let before =
            |(number, _): &(u64, PathBuf)| Pts::new(shown_at(number - first, rate_hz)) < pts;
        self.passed = self.pictures.partition_point(before);
        Ok(())
    }
}

fn shown_at(index: u64, rate_hz: f64) -> Duration {
    let micros = (index as f64 * 1e6 / rate_hz).round();
    Duration::from_micros(micros as u64)
}

const EXTENSIONS: [&str; 6] = ["png", "jpg", "jpeg", "webp", "bmp", "gif"];

/// The pictures of a folder with their numbers, ascending, if it holds at least two pictures whose
/// names differ in one number at the end, as `shot_0001.png` and `shot_0002.png` do, and no file
/// besides. Links and hidden files are passed over.
///
/// # Errors
/// If the folder can't be read.
pub fn numbered_pictures(folder: &Path) -> io::Result<Option<Vec<(u64, PathBuf)>>> {
    let (mut pictures, mut common) = (Vec::new(), None);
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (kind, name) = (entry.file_type()?, entry.file_name());
        let Some(name) = name.to_str() else { return Ok(None) };
        if name.starts_with('.') || kind.is_symlink() {
            continue;
        }
        let Some((stem, extension)) = name.rsplit_once('.') else { return Ok(None) };
        let extension = extension.to_lowercase();
        let prefix = stem.trim_end_matches(|c: char| c.is_ascii_digit());
        let Ok(number) = stem[prefix.len()..].parse() else { return Ok(None) };
        let family = (prefix.to_owned(), extension);
        let fits = kind.is_file()
            && EXTENSIONS.contains(&family.1.as_str())
            && *common.get_or_insert_with(|| family.clone()) == family;
        if !fits {
            return Ok(None);
        }
        pictures.push((number, entry.path()));
    }
    pictures.sort();
    let distinct = pictures.windows(2).all(|pair| pair[0].0 < pair[1].0);
    Ok((pictures.len() >= 2 && distinct).then_some(pictures))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(names: &[&str]) -> Option<Vec<u64>> {
        let folder = tempfile::tempdir().unwrap();
        for name in names {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let pictures = numbered_pictures(folder.path()).unwrap()?;
        Some(pictures.into_iter().map(|(number, _)| number).collect())
    }

    #[test]
    fn numbers_order_pictures_and_anything_else_makes_it_another_folder() {
        let shots = numbers(&["shot_2.png", "shot_10.png", "shot_1.png", ".hidden"]);
        assert_eq!(shots, Some(vec![1, 2, 10]));
        for names in [
            &["a1.png"][..],
            &["a1.png", "b2.png"],
            &["a1.png", "a2.jpg"],
            &["a1.png", "a2.png", "notes.txt"],
            &["a1.png", "a01.png"],
            &["holiday.png", "beach.png"],
            &["1.mp4", "2.mp4"],
        ] {
            assert_eq!(numbers(names), None, "{names:?}");
        }
    }
}
