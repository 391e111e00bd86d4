//! Why a file can't be read, in words that say what to do.

use std::io;
use std::path::{Path, PathBuf};

/// Why a file gives no pictures, or no more. `Display` is one sentence that names the cause;
/// [`Self::advice`] says what to do next.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MediaError {
    /// It can't be opened or read.
    #[error("{} can't be read: {reason}", shown(path))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// A pipe, a socket or a device.
    #[error("{} is no regular file", shown(path))]
    NotAFile {
        /// What it is called.
        path: PathBuf,
    },
    /// Nothing in it.
    #[error("{} is empty", shown(path))]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// Neither a video nor a picture that is known.
    #[error("{} is no video or picture that Mien knows{}", shown(path), because(ffmpeg))]
    Unknown {
        /// The file.
        path: PathBuf,
        /// What ffmpeg said to it, if it was asked.
        ffmpeg: Option<String>,
    },
    /// Known, but not to the decoders at hand.
    #[error("{} holds {what}, which Mien can't decode by itself{}", shown(path), because(ffmpeg))]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// Codec and variant, for people.
        what: String,
        /// What ffmpeg said to it, if it was asked.
        ffmpeg: Option<String>,
    },
    /// Its headers make no sense, or what they need is missing.
    #[error("{} is damaged: {reason}", shown(path))]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// More pixels than memory is taken for.
    #[error(
        "{} has pictures of {width}x{height}, more than the 64 megapixels Mien reads",
        shown(path)
    )]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Pixels.
        width: u64,
        /// Pixels.
        height: u64,
    },
    /// It is not the file it was a moment ago.
    #[error("{} changed or vanished while it was read", shown(path))]
    Changed {
        /// The file.
        path: PathBuf,
    },
}

impl MediaError {
    pub(crate) fn unreadable(path: &Path, error: &io::Error) -> Self {
        Self::Unreadable { path: path.into(), reason: error.to_string() }
    }

    pub(crate) fn damaged(path: &Path, reason: impl Into<String>) -> Self {
        Self::Damaged { path: path.into(), reason: reason.into() }
    }

    /// What to do next, in one or two sentences.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "Check that it is there and that you may read it.",
            Self::NotAFile { .. } => "Copy what it gives into a file first.",
            Self::Empty { .. } => "Copy or download it again.",
            Self::Unknown { ffmpeg: None, .. } => {
                "Mien reads MP4, MOV, MKV, WebM, AVI, GIF, WebP, PNG, JPEG and BMP. An installed \
                 ffmpeg would let it try more."
            }
            Self::Unknown { .. } => "Check that it is the right file and complete.",
            Self::Unsupported { ffmpeg: None, .. } => {
                "Install ffmpeg and try again, or convert it: ffmpeg -i IN -c:v libx264 \
                 -pix_fmt yuv420p OUT.mp4"
            }
            Self::Unsupported { .. } => "Convert it with the program it came from.",
            Self::Damaged { .. } => "Get another copy; a recorder's repair function may help.",
            Self::TooLarge { .. } => "Scale it down first.",
            Self::Changed { .. } => "Wait until it is complete, then try again.",
        }
    }
}

/// A path on one line, whatever bytes it holds.
fn shown(path: &Path) -> String {
    path.to_string_lossy().chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

fn because(ffmpeg: &Option<String>) -> String {
    ffmpeg.as_ref().map_or_else(String::new, |said| format!("; ffmpeg: {said}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_a_line_break_stays_on_one_line() {
        let error = MediaError::Empty { path: "a\nb\u{1b}[31m.mp4".into() };
        assert_eq!(error.to_string(), "a\u{fffd}b\u{fffd}[31m.mp4 is empty");
    }
}
