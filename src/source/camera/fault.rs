//! What a driver's words mean.
//!
//! nokhwa hands errors on as text. On Linux the text ends in `(os error N)`, on Windows it holds
//! an HRESULT; both are codes with a meaning, so they are searched for, and never the words,
//! which are translated.

use nokhwa::NokhwaError;

use crate::source::SourceError;

/// What lies behind an error of a driver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Another program has the camera.
    Busy,
    /// The system denies access.
    Denied,
    /// The camera is not there, or not there any more.
    Gone,
    /// A signal ended the wait for a picture.
    Interrupted,
    /// The transfer failed or the picture format changed; a fresh start may help.
    Transfer,
    /// The driver's picture rate is not a whole number, which nokhwa refuses to work with.
    FractionalRate,
    /// The driver took on another format than the one asked for, in nokhwa's words.
    Refused(String),
    /// Anything else, in the driver's words.
    Other(String),
}

impl Fault {
    /// From what a panic carried.
    pub fn from_panic(payload: &(dyn std::any::Any + Send)) -> Self {
        let text = payload
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| payload.downcast_ref::<&str>().copied())
            .unwrap_or("the driver's library failed without a word");
        errno_in(text).and_then(Self::from_errno).unwrap_or_else(|| Self::Other(text.to_owned()))
    }

    /// For the user of the camera called `name`.
    pub fn into_error(self, name: &str) -> SourceError {
        let name = name.to_owned();
        match self {
            Self::Busy => SourceError::Busy { name },
            Self::Denied => SourceError::PermissionDenied { name },
            Self::Gone => SourceError::Unplugged { name },
            Self::Interrupted => SourceError::Cancelled,
            Self::Transfer => {
                SourceError::Driver { name, reason: "the transfer of pictures broke off".into() }
            }
            Self::FractionalRate => SourceError::NoUsableFormat {
                name,
                offered: "its picture rate is not a whole number, such as 29.97 a second; set one \
                          that is, on Linux with “v4l2-ctl --set-parm 30”"
                    .into(),
            },
            Self::Refused(reason) | Self::Other(reason) => SourceError::Driver { name, reason },
        }
    }

    /// Meaning of an error number; they are the same on all Linux machines that have webcams.
    fn from_errno(code: i32) -> Option<Self> {
        Some(match code {
            16 => Self::Busy,              // EBUSY
            1 | 13 => Self::Denied,        // EPERM, EACCES
            2 | 6 | 19 => Self::Gone,      // ENOENT, ENXIO, ENODEV
            4 => Self::Interrupted,        // EINTR
            5 | 32 | 71 => Self::Transfer, // EIO, EPIPE, EPROTO
            _ => return None,
        })
    }
}

impl From<NokhwaError> for Fault {
    fn from(error: NokhwaError) -> Self {
        let text = error.to_string();
        if text.contains("Framerate not whole number") {
            return Self::FractionalRate;
        }
        let from_code = if cfg!(windows) {
            HRESULTS.iter().find(|(code, _)| text.contains(code)).map(|(_, fault)| fault.clone())
        } else {
            errno_in(&text).and_then(Self::from_errno)
        };
        match (from_code, &error) {
            (Some(fault), _) => fault,
            (None, NokhwaError::SetPropertyError { .. }) => Self::Refused(text),
            (None, _) => Self::Other(text),
        }
    }
}

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Self {
        let from_code = error.raw_os_error().and_then(Self::from_errno);
        from_code.unwrap_or_else(|| Self::Other(error.to_string()))
    }
}

/// The number in `(os error N)` as the standard library writes it, or in its debug form.
fn errno_in(text: &str) -> Option<i32> {
    ["(os error ", "Os { code: "].iter().find_map(|start| {
        let (_, rest) = text.rsplit_once(start)?;
        let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
        digits.parse().ok()
    })
}

/// Codes of Media Foundation and COM.
const HRESULTS: [(&str, Fault); 4] = [
    ("0x80070005", Fault::Denied), // E_ACCESSDENIED: privacy settings
    ("0xC00D3704", Fault::Busy),   // MF_E_HW_MFT_FAILED_START_STREAMING
    ("0xC00D3EA3", Fault::Busy),   // MF_E_VIDEO_RECORDING_DEVICE_PREEMPTED
    ("0xC00D3EA2", Fault::Gone),   // MF_E_VIDEO_RECORDING_DEVICE_INVALIDATED
];

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(not(windows))]
    #[test]
    fn codes_are_found_in_the_words_of_nokhwa() {
        let open = |text: &str| Fault::from(NokhwaError::OpenDeviceError("0".into(), text.into()));
        let busy = "V4L2 Error: Device or resource busy (os error 16)";
        assert_eq!(open(busy), Fault::Busy);
        // In another language the code is the same.
        assert_eq!(open("V4L2 Error: Keine Berechtigung (os error 13)"), Fault::Denied);
        assert_eq!(open("V4L2 Error: No such file or directory (os error 2)"), Fault::Gone);
        let read = NokhwaError::ReadFrameError("No such device (os error 19)".into());
        assert_eq!(Fault::from(read), Fault::Gone);
        let odd = NokhwaError::GeneralError("lost in (os error )".into());
        assert_eq!(Fault::from(odd), Fault::Other("Error: lost in (os error )".into()));
    }

    #[test]
    fn a_panic_while_dropping_keeps_its_code() {
        let payload: Box<dyn std::any::Any + Send> = Box::new(
            "Os { code: 5, kind: Uncategorized, message: \"Input/output error\" }".to_owned(),
        );
        assert_eq!(Fault::from_panic(&*payload), Fault::Transfer);
        let payload: Box<dyn std::any::Any + Send> = Box::new(7_u8);
        assert!(matches!(Fault::from_panic(&*payload), Fault::Other(_)));
    }

    #[test]
    fn a_fractional_rate_is_told_in_words() {
        let error = NokhwaError::GetPropertyError {
            property: "V4L2 FrameRate".into(),
            error: "Framerate not whole number: 30000 / 1001".into(),
        };
        let error = Fault::from(error).into_error("Cam");
        assert!(matches!(&error, SourceError::NoUsableFormat { name, .. } if name == "Cam"));
    }
}
