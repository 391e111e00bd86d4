//! What the environment asks for.

use std::path::Path;
use std::str::FromStr;
use std::sync::OnceLock;

use crate::abi::Fraction;
use crate::abi::fourcc::{MJPG, NV12, YUYV};

/// Set once, at the first call.
pub struct Config {
    pub yuyv: Vec<u8>,
    pub nv12: Vec<u8>,
    pub mjpeg: Vec<Vec<u8>>,
    /// Pixel formats on offer, at least one.
    pub fourccs: Vec<u32>,
    /// At least one.
    pub sizes: Vec<(u32, u32)>,
    /// The interval on offer.
    pub interval: Fraction,
    /// The interval before anyone sets one.
    pub interval_at_start: Fraction,
    name: String,
    pub cameras: u32,
    pub metadata: bool,
    pub odd_node: bool,
    busy: String,
    busy_while: Option<String>,
    pub lock: Option<String>,
    pub denied: bool,
    gone: Option<String>,
    pub stall: Option<u64>,
    pub stall_streams: u64,
    pub corrupt: Option<u64>,
    pub resize: Option<(u64, (u32, u32))>,
    pub stubborn: Option<(u32, u32)>,
    pub stop_fails: bool,
    pub log: bool,
}

pub fn config() -> &'static Config {
    static CONFIG: OnceLock<Config> = OnceLock::new();
    CONFIG.get_or_init(Config::from_environment)
}

impl Config {
    fn from_environment() -> Self {
        let file = |name: &str| match text(name) {
            Some(path) => std::fs::read(&path).unwrap_or_else(|err| panic!("{path}: {err}")),
            None => Vec::new(),
        };
        let (yuyv, nv12, mjpeg) =
            (file("FAKECAM_YUYV"), file("FAKECAM_NV12"), split_jpegs(&file("FAKECAM_MJPEG")));
        let mut fourccs = Vec::new();
        match text("FAKECAM_FOURCC") {
            Some(letters) => fourccs.push(u32::from_le_bytes(
                letters.as_bytes().try_into().expect("FAKECAM_FOURCC has four letters"),
            )),
            None => {
                fourccs.extend((!mjpeg.is_empty()).then_some(MJPG));
                fourccs.extend((!nv12.is_empty()).then_some(NV12));
                fourccs.extend((!yuyv.is_empty() || fourccs.is_empty()).then_some(YUYV));
            }
        }
        let interval =
            pair("FAKECAM_INTERVAL", '/').unwrap_or((1, number("FAKECAM_FPS").unwrap_or(30)));
        Self {
            yuyv,
            nv12,
            mjpeg,
            fourccs,
            sizes: text("FAKECAM_SIZE").map_or(vec![(640, 480)], |sizes| {
                sizes.split(',').map(|size| parse_pair(size, 'x').expect("FAKECAM_SIZE")).collect()
            }),
            interval: interval.into(),
            interval_at_start: pair("FAKECAM_INTERVAL_AT_START", '/').unwrap_or(interval).into(),
            name: text("FAKECAM_NAME").unwrap_or_else(|| "Fake Camera: Fake Camera".into()),
            cameras: number("FAKECAM_CAMERAS").unwrap_or(1),
            metadata: text("FAKECAM_META").is_some(),
            odd_node: text("FAKECAM_ODD_NODE").is_some(),
            busy: text("FAKECAM_BUSY").unwrap_or_default(),
            busy_while: text("FAKECAM_BUSY_WHILE"),
            lock: text("FAKECAM_LOCK"),
            denied: text("FAKECAM_PERM").is_some(),
            gone: text("FAKECAM_GONE"),
            stall: number("FAKECAM_STALL"),
            stall_streams: number("FAKECAM_STALL_STREAMS").unwrap_or(u64::MAX),
            corrupt: number("FAKECAM_CORRUPT"),
            resize: text("FAKECAM_RESIZE").map(|resize| {
                let (after, size) = resize.split_once(':').expect("FAKECAM_RESIZE=n:WxH");
                let after = after.parse().expect("FAKECAM_RESIZE=n:WxH");
                (after, parse_pair(size, 'x').expect("FAKECAM_RESIZE=n:WxH"))
            }),
            stubborn: pair("FAKECAM_STUBBORN", 'x'),
            stop_fails: text("FAKECAM_STREAMOFF_FAILS").is_some(),
            log: text("FAKECAM_LOG").is_some(),
        }
    }

    /// Whether the cameras are unplugged at this moment.
    pub fn is_gone(&self) -> bool {
        self.gone.as_ref().is_some_and(|path| Path::new(path).exists())
    }

    /// Whether another program, not a real one, keeps `call` from working.
    pub fn is_busy_at(&self, call: &str) -> bool {
        let now = self.busy_while.as_ref().is_none_or(|path| Path::new(path).exists());
        self.busy == call && now
    }

    pub fn name_of(&self, camera: u32) -> String {
        if camera == 0 { self.name.clone() } else { format!("{} {}", self.name, camera + 1) }
    }
}

fn text(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn number<T: FromStr>(name: &str) -> Option<T> {
    text(name).map(|text| text.parse().unwrap_or_else(|_| panic!("{name}: no number: {text}")))
}

fn pair(name: &str, between: char) -> Option<(u32, u32)> {
    text(name).map(|text| parse_pair(&text, between).unwrap_or_else(|| panic!("{name}: {text}")))
}

fn parse_pair(text: &str, between: char) -> Option<(u32, u32)> {
    let (first, second) = text.split_once(between)?;
    Some((first.parse().ok()?, second.parse().ok()?))
}

/// Parts the images of a file; each ends with its end marker.
fn split_jpegs(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut images = Vec::new();
    let mut start = 0;
    for end in 2..=bytes.len() {
        if bytes[end - 2..end] == [0xff, 0xd9] {
            images.push(bytes[start..end].to_vec());
            start = end;
        }
    }
    images
}
