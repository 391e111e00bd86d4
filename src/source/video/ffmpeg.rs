//! Whatever Mien can't decode by itself, through an installed `ffmpeg`: one process, pixels from its
//! standard output, times from what its filter `showinfo` says.
//!
//! A file may be hostile. By default ffmpeg follows playlists, also one that is called `.mp4`, to
//! other files and to the network; so only self-contained formats and plain files are allowed.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};

use super::demux::micros;
use super::error::MediaError;
use super::picture::{Picture, Pixels, Shape};
use crate::runtime::worker;
use crate::source::media::{Damage, MAX_PIXELS, MediaInfo, MediaItem, MediaReader};
use crate::time::Pts;

/// Formats that hold their pictures themselves.
const FORMATS: &str = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,asf,flv,\
                       ogg,mxf,dv,rm,m4v,h264,hevc,ivf,obu,gif,webp,apng,yuv4mpegpipe,nut";

/// Lines of `showinfo` that may wait; ffmpeg is rarely more than a few pictures ahead.
const LINES: usize = 256;

/// Words of ffmpeg that are kept.
const LONGEST_WORD: usize = 200;

/// A running ffmpeg.
pub struct Ffmpeg {
    path: PathBuf,
    info: MediaInfo,
    process: Child,
    pixels: ChildStdout,
    shown: Receiver<Shown>,
    said: Arc<Mutex<Said>>,
    first: Option<Picture>,
    index: u64,
    last: Pts,
    ended: bool,
}

/// Why there is no ffmpeg for a file.
pub enum Refused {
    NotInstalled,
    /// It does not want it either, for this reason.
    Said(String),
    Media(MediaError),
}

impl Refused {
    fn of_file(self, path: &Path) -> MediaError {
        match self {
            Self::Media(error) => error,
            Self::Said(reason) => MediaError::damaged(path, format!("ffmpeg: {reason}")),
            Self::NotInstalled => MediaError::damaged(path, "ffmpeg is gone"),
        }
    }
}

/// What `showinfo` says of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Shown {
    micros: i64,
    size: (u32, u32),
}

/// What else is known from standard error.
#[derive(Debug, Default)]
struct Said {
    codec: Option<String>,
    container: Option<String>,
    duration: Option<Duration>,
    rate_hz: f64,
    error: Option<String>,
}

impl Ffmpeg {
    /// Starts it and waits for the first picture.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn open(path: &Path) -> Result<Self, Refused> {
        let mut process = command(path).spawn().map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Refused::NotInstalled,
            _ => Refused::Said(error.to_string()),
        })?;
        let (Some(pixels), Some(words)) = (process.stdout.take(), process.stderr.take()) else {
            return Err(Refused::Said("it has no output".into()));
        };
        let (sender, shown) = bounded(LINES);
        let said = Arc::new(Mutex::new(Said::default()));
        let for_thread = Arc::clone(&said);
        // Ends when ffmpeg does, or when nobody takes what it hears.
        worker::spawn("ffmpeg", move || listen(BufReader::new(words), &sender, &for_thread))
            .map_err(|error| Refused::Said(error.to_string()))?;
        let info = MediaInfo {
            container: String::new(),
            codec: String::new(),
            decoder: "ffmpeg",
            size: (0, 0),
            rotation_deg: 0,
            nominal_rate_hz: 0.0,
            single_picture: false,
            duration: None,
        };
        let mut ffmpeg = Self {
            path: path.into(),
            info,
            process,
            pixels,
            shown,
            said,
            first: None,
            index: 0,
            last: Pts::ZERO,
            ended: false,
        };
        ffmpeg.first = ffmpeg.next_picture().map_err(Refused::Media)?;
        let said = ffmpeg.said.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(first) = &ffmpeg.first else {
            let error = said.error.clone();
            return Err(Refused::Said(error.unwrap_or_else(|| "it gave no picture".into())));
        };
        ffmpeg.info.size = first.coded_size();
        ffmpeg.info.container = said.container.clone().unwrap_or_default();
        ffmpeg.info.codec = said.codec.clone().unwrap_or_default();
        ffmpeg.info.nominal_rate_hz = said.rate_hz;
        ffmpeg.info.duration = said.duration;
        drop(said);
        Ok(ffmpeg)
    }

    fn next_picture(&mut self) -> Result<Option<Picture>, MediaError> {
        // The line on a picture is written before its pixels.
        let Ok(Shown { micros, size }) = self.shown.recv() else { return Ok(None) };
        let (width, height) = (u64::from(size.0), u64::from(size.1));
        if width * height > MAX_PIXELS {
            return Err(MediaError::TooLarge { path: self.path.clone(), width, height });
        }
        let mut rgb = vec![0; (width * height * 3) as usize];
        match self.pixels.read_exact(&mut rgb) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(error) => return Err(MediaError::unreadable(&self.path, &error)),
        }
        let pts = Pts::new(Duration::from_micros(micros.max(0).unsigned_abs()));
        self.last = self.last.max(pts);
        let index = self.index;
        self.index += 1;
        // ffmpeg has turned and stretched it already.
        let pixels = Pixels::Rgb { size, rgb };
        Ok(Some(Picture { pts: self.last, index, pixels, shape: Shape::default() }))
    }
}

impl MediaReader for Ffmpeg {
    fn info(&self) -> &MediaInfo {
        &self.info
    }

    fn next_item(&mut self) -> Result<Option<MediaItem>, MediaError> {
        if let Some(picture) = self.first.take() {
            return Ok(Some(MediaItem::Picture(picture)));
        }
        if self.ended {
            return Ok(None);
        }
        if let Some(picture) = self.next_picture()? {
            return Ok(Some(MediaItem::Picture(picture)));
        }
        self.ended = true;
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let damage = said.error.as_ref().map(|reason| Damage {
            from: self.last,
            to: said.duration.map_or(self.last, Pts::new).max(self.last),
            pictures: 0,
            reason: format!("ffmpeg: {reason}"),
        });
        Ok(damage.map(MediaItem::Damage))
    }

    /// What ffmpeg finds when it seeks depends on the format; from the start it is always right.
    fn seek(&mut self, pts: Pts) -> Result<(), MediaError> {
        let given = self.index > u64::from(self.first.is_some());
        if self.ended || (given && self.last >= pts) {
            *self = Self::open(&self.path).map_err(|refused| refused.of_file(&self.path))?;
        }
        while self.first.as_ref().is_none_or(|picture| picture.pts < pts) {
            self.first = self.next_picture()?;
            if self.first.is_none() {
                break;
            }
        }
        Ok(())
    }
}

impl Drop for Ffmpeg {
    fn drop(&mut self) {
        // It has ended already, unless reading was given up.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn command(path: &Path) -> Command {
    // A name that begins like an option or a protocol is still a name.
    let mut input = OsString::from("file:");
    input.push(path);
    let mut command = Command::new("ffmpeg");
    command
        .args(["-nostdin", "-hide_banner", "-nostats", "-loglevel", "level+info", "-copyts"])
        .args(["-protocol_whitelist", "file,pipe", "-format_whitelist", FORMATS])
        .arg("-max_pixels")
        .arg(MAX_PIXELS.to_string())
        .args(["-an", "-sn", "-dn", "-i"])
        .arg(input)
        .args(["-map", "0:v:0", "-fps_mode", "passthrough", "-vf"])
        .arg("scale=trunc(iw*sar+0.5):ih:flags=bilinear,setsar=1,format=rgb24,showinfo=checksum=0")
        .args(["-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1"])
        // Would make it write a file.
        .env_remove("FFREPORT")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Takes what matters from ffmpeg's standard error.
fn listen(words: impl BufRead, shown: &Sender<Shown>, said: &Mutex<Said>) {
    let mut time_base = (1, 1);
    for line in words.split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line);
        if line.contains("Parsed_showinfo") {
            if let Some(base) = line.split("config in time_base: ").nth(1).and_then(ratio) {
                time_base = base;
            }
            if let Some(shown_now) = read_shown(&line, time_base)
                && shown.send(shown_now).is_err()
            {
                return;
            }
            continue;
        }
        let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
        let text = line.trim();
        if let Some(stream) = text.split(": Video: ").nth(1)
            && said.codec.is_none()
        {
            let codec: String = stream.chars().take_while(char::is_ascii_alphanumeric).collect();
            said.codec = Some(codec);
            let rate = stream.split(", ").find_map(|part| part.strip_suffix(" fps"));
            said.rate_hz = rate.and_then(|rate| rate.parse().ok()).unwrap_or(0.0);
        } else if let Some(input) = text.split("Input #0, ").nth(1) {
            said.container = input.split([',', ' ']).next().map(str::to_owned);
        } else if let Some(duration) = text.split("Duration: ").nth(1) {
            said.duration = duration.split(',').next().and_then(clock);
        } else if let Some(error) = ["[error]", "[fatal]"].iter().find_map(|m| text.split(m).nth(1))
        {
            // It begins with the name of the file, which whoever tells of it knows.
            let reason = error.rsplit(": ").next().unwrap_or_default();
            said.error = Some(reason.trim().chars().take(LONGEST_WORD).collect());
        }
    }
}

fn read_shown(line: &str, (numerator, denominator): (u64, u64)) -> Option<Shown> {
    let after = |key: &str| line.split(key).nth(1)?.split_whitespace().next();
    let ticks = after(" pts:")?.parse().ok()?;
    let (width, height) = after(" s:")?.split_once('x')?;
    let size = (width.parse().ok()?, height.parse().ok()?);
    Some(Shown { micros: micros(ticks, numerator, denominator), size })
}

fn ratio(text: &str) -> Option<(u64, u64)> {
    let (numerator, denominator) = text.split([',', ' ']).next()?.split_once('/')?;
    Some((numerator.parse().ok()?, denominator.trim().parse().ok()?))
}

/// `00:00:04.96`.
fn clock(text: &str) -> Option<Duration> {
    let mut parts = text.trim().split(':').map(str::parse::<f64>);
    let (hours, minutes, secs) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
    Duration::try_from_secs_f64(hours * 3600.0 + minutes * 60.0 + secs).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_sizes_and_errors_are_heard() {
        let words = "[info] Input #0, mov,mp4,m4a,3gp,3g2,mj2, from 'file:a.mp4':\n\
            [info]   Duration: 00:01:02.50, start: 0.000000, bitrate: 1 kb/s\n\
            [info]   Stream #0:0(und): Video: mpeg4 (Simple Profile), yuv420p, 640x480, 25 fps\n\
            [Parsed_showinfo_3 @ 0x5] [info] config in time_base: 1/12800, frame_rate: 25/1\n\
            [Parsed_showinfo_3 @ 0x5] [info] n:   0 pts:    512 pts_time:0.04 pos: 48 fmt:rgb24 \
            sar:1/1 s:640x480 i:P iskey:1 type:I\n\
            [mpeg4 @ 0x7] [error] header damaged\n";
        let (sender, shown) = bounded(LINES);
        let said = Mutex::default();
        listen(words.as_bytes(), &sender, &said);
        assert_eq!(shown.try_recv(), Ok(Shown { micros: 40_000, size: (640, 480) }));
        let said = said.into_inner().unwrap();
        assert_eq!(said.codec.as_deref(), Some("mpeg4"));
        assert_eq!(said.container.as_deref(), Some("mov"));
        assert_eq!(said.duration, Some(Duration::from_millis(62_500)));
        assert_eq!((said.rate_hz, said.error.as_deref()), (25.0, Some("header damaged")));
    }

    #[test]
    fn a_name_is_never_an_option_or_a_protocol() {
        let command = command(Path::new("-y concat:a|b.mp4"));
        let arguments: Vec<_> = command.get_args().collect();
        assert!(arguments.contains(&std::ffi::OsStr::new("file:-y concat:a|b.mp4")));
    }
}
