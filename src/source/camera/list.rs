//! Which cameras there are and what they offer.
//!
//! A camera is asked what it offers once, when it is first seen. Asking never changes a setting,
//! so a camera that streams, for us or for another program, goes on undisturbed.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{LazyLock, Mutex, PoisonError};

use super::choice::{CameraFormat, choose};
use super::fault::Fault;
use crate::source::SourceError;

#[cfg_attr(target_os = "linux", path = "probe_v4l2.rs")]
#[cfg_attr(not(target_os = "linux"), path = "probe_nokhwa.rs")]
mod probe;

#[cfg(target_os = "linux")]
pub use probe::set_format;

/// A camera as the system lists it.
#[derive(Debug, Clone, PartialEq)]
pub struct CameraInfo {
    /// What `camera:N` means. On Linux the N of `/dev/videoN`.
    pub number: u32,
    /// What its maker calls it.
    pub name: String,
    /// Everything it offers that could be decoded, also what is not usable for its rate.
    pub formats: Vec<CameraFormat>,
    /// Pixel formats it offers that can't be decoded, as four letters.
    pub unknown_formats: Vec<String>,
    /// What is opened unless another size is wished for.
    pub best: Option<CameraFormat>,
    /// Why it can't be used at this moment.
    pub problem: Option<SourceError>,
}

impl CameraInfo {
    /// Whether it can be opened, as far as is known.
    pub fn is_usable(&self) -> bool {
        self.problem.is_none() && self.best.is_some()
    }

    /// Sizes to choose from, each once, smallest first.
    pub fn sizes(&self) -> Vec<(u32, u32)> {
        let usable = self.formats.iter().filter(|format| format.is_usable());
        let mut sizes: Vec<_> = usable.map(|format| format.size).collect();
        sizes.sort_by_key(|&(width, height)| (u64::from(width) * u64::from(height), width));
        sizes.dedup();
        sizes
    }
}

/// A device as the system lists it, before it is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Node {
    number: u32,
    name: String,
    /// Differs when another device took over the number.
    identity: Option<(u64, i64)>,
}

/// What a device told when it was asked.
#[derive(Debug, Clone, PartialEq)]
enum Answer {
    Camera {
        formats: Vec<CameraFormat>,
        unknown: Vec<String>,
    },
    /// Another kind of device under the name of a camera: metadata, a codec, an output.
    #[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "only Linux lists such"))]
    NotACamera,
}

/// Answers of devices that are still there.
static KNOWN: LazyLock<Mutex<HashMap<u32, (Node, Answer)>>> = LazyLock::new(Mutex::default);

/// The cameras of this machine, in the order of their numbers.
///
/// A camera that is there but can't be used now is listed with the [problem](CameraInfo::problem),
/// and asked again next time.
///
/// # Errors
/// The system does not tell which cameras there are.
pub fn cameras() -> Result<Vec<CameraInfo>, SourceError> {
    let driver_error = |fault: Fault| fault.into_error("camera list");
    let mut nodes = guarded(probe::nodes).map_err(driver_error)?;
    nodes.sort_by_key(|node| node.number);
    known().retain(|number, (node, _)| {
        nodes.iter().any(|other| other.number == *number && other == node)
    });
    Ok(nodes.into_iter().filter_map(describe).collect())
}

/// Forgets what camera `number` told, so that it is asked again: its formats may have changed.
pub fn forget(number: u32) {
    known().remove(&number);
}

fn known() -> std::sync::MutexGuard<'static, HashMap<u32, (Node, Answer)>> {
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What is known of a device; `None` if it is no camera.
fn describe(node: Node) -> Option<CameraInfo> {
    let earlier = known().get(&node.number).map(|(_, answer)| answer.clone());
    let answer = match earlier {
        Some(answer) => Ok(answer),
        // The lock is not held here: a driver may take its time.
        None => guarded(|| probe::ask(node.number)).inspect(|answer| {
            known().insert(node.number, (node.clone(), answer.clone()));
        }),
    };
    let Node { number, name, .. } = node;
    let name = tidy(&name);
    let (formats, unknown_formats, problem) = match answer {
        Ok(Answer::NotACamera) => return None,
        Ok(Answer::Camera { formats, unknown }) => (formats, unknown, None),
        // Unplugged a moment ago.
        Err(Fault::Gone) => return None,
        Err(fault) => (Vec::new(), Vec::new(), Some(fault.into_error(&name))),
    };
    let best = choose(&formats, None);
    let problem = problem.or_else(|| {
        let offered = || offered_in_words(&formats, &unknown_formats);
        best.is_none()
            .then(|| SourceError::NoUsableFormat { name: name.clone(), offered: offered() })
    });
    Some(CameraInfo { number, name, formats, unknown_formats, best, problem })
}

/// What a camera offers of which nothing is usable.
fn offered_in_words(formats: &[CameraFormat], unknown: &[String]) -> String {
    // A camera may offer a hundred; the first few tell what is wrong.
    let named = formats.iter().map(ToString::to_string).chain(unknown.iter().cloned()).take(4);
    let words = named.collect::<Vec<_>>().join(", ");
    if words.is_empty() {
        "it offers none".to_owned()
    } else if formats.iter().any(|format| !format.is_for_nokhwa() && !format.is_usable()) {
        format!("{words}; the rate must be a whole number of pictures a second")
    } else {
        words
    }
}

/// V4L2 says "Webcam C170: Webcam C170", cut off after 31 bytes; the maker's name once is enough.
fn tidy(name: &str) -> String {
    let name = name.trim();
    match name.split_once(": ") {
        Some((first, second)) if !second.is_empty() && first.starts_with(second) => {
            first.to_owned()
        }
        _ if name.is_empty() => "Camera".to_owned(),
        _ => name.to_owned(),
    }
}

/// Calls into a camera library, some of which panic at what a driver says: at device files with
/// odd names, names that are no UTF-8, steps of zero, and errors on closing.
pub fn guarded<T, E: Into<Fault>>(call: impl FnOnce() -> Result<T, E>) -> Result<T, Fault> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(result) => result.map_err(Into::into),
        Err(payload) => Err(Fault::from_panic(&*payload)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::choice::{PixelFormat, Rate};
    use super::*;

    #[test]
    fn names_are_said_once() {
        assert_eq!(tidy("Webcam C170: Webcam C170"), "Webcam C170");
        assert_eq!(tidy("Integrated Camera: Integrated C"), "Integrated Camera");
        assert_eq!(tidy("HP HD Camera: HP IR Camera"), "HP HD Camera: HP IR Camera");
        assert_eq!(tidy("  \n"), "Camera");
    }

    #[test]
    fn sizes_are_listed_once_and_only_usable_ones() {
        let format = |size| CameraFormat { size, rate: Rate::whole(30), pixels: PixelFormat::Yuyv };
        let camera = CameraInfo {
            number: 0,
            name: "Cam".into(),
            formats: vec![
                format((1280, 720)),
                format((640, 480)),
                format((640, 480)),
                format((1 << 20, 600)),
            ],
            unknown_formats: vec![],
            best: None,
            problem: None,
        };
        assert_eq!(camera.sizes(), [(640, 480), (1280, 720)]);
        assert!(!camera.is_usable());
    }

    #[test]
    fn a_panic_inside_becomes_a_fault() {
        let fault = guarded(|| -> Result<(), Fault> { panic!("ParseIntError") });
        assert_eq!(fault, Err(Fault::Other("ParseIntError".into())));
    }

    #[test]
    fn fractional_rates_are_named_as_the_cause_where_they_are_one() {
        let ntsc = CameraFormat {
            size: (640, 480),
            rate: Rate { pictures: 30_000, secs: 1001 },
            pixels: PixelFormat::Yuyv,
        };
        let words = offered_in_words(&[ntsc], &["H264".into()]);
        assert!(words.starts_with("YUYV 640x480 29.97/s, H264"), "{words}");
        assert_eq!(words.contains("the rate must be"), !cfg!(target_os = "linux"), "{words}");
        assert_eq!(offered_in_words(&[], &["GREY".into()]), "GREY");
    }
}
