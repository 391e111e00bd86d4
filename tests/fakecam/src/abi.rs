//! The structures of V4L2 as 64-bit Linux lays them out (`linux/videodev2.h`), as far as they are
//! used.

/// Numbers of the requests: the lowest byte of `VIDIOC_…`.
pub mod request {
    pub const QUERYCAP: u32 = 0;
    pub const ENUM_FMT: u32 = 2;
    pub const G_FMT: u32 = 4;
    pub const S_FMT: u32 = 5;
    pub const REQBUFS: u32 = 8;
    pub const QUERYBUF: u32 = 9;
    pub const QBUF: u32 = 15;
    pub const DQBUF: u32 = 17;
    pub const STREAMON: u32 = 18;
    pub const STREAMOFF: u32 = 19;
    pub const G_PARM: u32 = 21;
    pub const S_PARM: u32 = 22;
    pub const QUERYCTRL: u32 = 36;
    pub const TRY_FMT: u32 = 64;
    pub const ENUM_FRAMESIZES: u32 = 74;
    pub const ENUM_FRAMEINTERVALS: u32 = 75;
    pub const QUERY_EXT_CTRL: u32 = 103;
}

pub mod fourcc {
    pub const YUYV: u32 = u32::from_le_bytes(*b"YUYV");
    pub const NV12: u32 = u32::from_le_bytes(*b"NV12");
    pub const GREY: u32 = u32::from_le_bytes(*b"GREY");
    pub const MJPG: u32 = u32::from_le_bytes(*b"MJPG");
}

/// `V4L2_BUF_TYPE_VIDEO_CAPTURE` and `V4L2_MEMORY_MMAP`.
pub const VIDEO_CAPTURE: u32 = 1;
pub const MEMORY_MMAP: u32 = 1;
/// `V4L2_FIELD_NONE`: whole pictures.
pub const FIELD_NONE: u32 = 1;
/// `V4L2_COLORSPACE_SRGB`.
pub const COLORSPACE_SRGB: u32 = 8;
/// `V4L2_FRMSIZE_TYPE_DISCRETE`, and of intervals.
pub const DISCRETE: u32 = 1;
/// `V4L2_CAP_TIMEPERFRAME`.
pub const CAP_TIMEPERFRAME: u32 = 0x1000;
/// `V4L2_BUF_FLAG_MAPPED | V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC`, and `…_QUEUED`.
pub const BUFFER_FLAGS: u32 = 0x2001;
pub const BUFFER_QUEUED: u32 = 0x0002;
/// Streaming and video capture, with extended formats; metadata capture; any kind of both.
pub const CAPS_CAMERA: u32 = 0x0420_0001;
pub const CAPS_METADATA: u32 = 0x04a0_0000;
pub const CAPS_DEVICE: u32 = 0x8000_0000 | CAPS_CAMERA | CAPS_METADATA;

#[repr(C)]
#[derive(Clone, Copy, PartialEq)]
pub struct Fraction {
    pub numerator: u32,
    pub denominator: u32,
}

impl From<(u32, u32)> for Fraction {
    fn from((numerator, denominator): (u32, u32)) -> Self {
        Self { numerator, denominator }
    }
}

#[repr(C)]
pub struct Capability {
    pub driver: [u8; 16],
    pub card: [u8; 32],
    pub bus: [u8; 32],
    pub version: u32,
    pub capabilities: u32,
    pub device_caps: u32,
    pub reserved: [u32; 3],
}

#[repr(C)]
pub struct FormatDescription {
    pub index: u32,
    pub kind: u32,
    pub flags: u32,
    pub description: [u8; 32],
    pub fourcc: u32,
    pub mbus_code: u32,
    pub reserved: [u32; 3],
}

#[repr(C)]
pub struct PixelFormat {
    pub width: u32,
    pub height: u32,
    pub fourcc: u32,
    pub field: u32,
    pub bytes_per_line: u32,
    pub size_image: u32,
    pub colorspace: u32,
    pub private: u32,
    pub flags: u32,
    pub encoding: u32,
    pub quantization: u32,
    pub transfer: u32,
}

#[repr(C)]
pub struct Format {
    pub kind: u32,
    pub padding: u32,
    pub pixels: PixelFormat,
}

#[repr(C)]
pub struct FrameSize {
    pub index: u32,
    pub fourcc: u32,
    pub kind: u32,
    pub width: u32,
    pub height: u32,
}

#[repr(C)]
pub struct FrameInterval {
    pub index: u32,
    pub fourcc: u32,
    pub width: u32,
    pub height: u32,
    pub kind: u32,
    pub interval: Fraction,
}

#[repr(C)]
pub struct StreamParameters {
    pub kind: u32,
    pub capability: u32,
    pub mode: u32,
    pub interval: Fraction,
    pub extended_mode: u32,
    pub read_buffers: u32,
}

#[repr(C)]
pub struct RequestBuffers {
    pub count: u32,
    pub kind: u32,
    pub memory: u32,
    pub capabilities: u32,
}

#[repr(C)]
pub struct Buffer {
    pub index: u32,
    pub kind: u32,
    pub bytes_used: u32,
    pub flags: u32,
    pub field: u32,
    pub padding: u32,
    pub secs: i64,
    pub micros: i64,
    pub timecode: [u32; 4],
    pub sequence: u32,
    pub memory: u32,
    pub offset: u64,
    pub length: u32,
    pub reserved: u32,
    pub request_fd: i32,
}
