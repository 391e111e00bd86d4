//! Answers to the requests of V4L2.

use libc::{c_int, c_void};

use crate::abi::{self, fourcc, request};
use crate::config::config;
use crate::device::{self, Device, Settings};
use crate::kernel::fail;

/// Answers request `code` on a device of ours.
///
/// # Safety
/// `argument` points to what the request asks for.
pub unsafe fn answer(fd: c_int, code: u64, argument: *mut c_void) -> c_int {
    if (code >> 8) & 0xff != u64::from(b'V') {
        return fail(libc::ENOTTY);
    }
    let number = (code & 0xff) as u32;
    if config().log {
        eprintln!("[fakecam] request {number}");
    }
    if config().is_gone() {
        return fail(libc::ENODEV);
    }
    // SAFETY: what the caller promises.
    let answer = device::with(fd, |device| unsafe { handle(device, number, argument) });
    match answer {
        Some(Ok(())) => 0,
        Some(Err(error)) => fail(error),
        None => fail(libc::EBADF),
    }
}

unsafe fn handle(device: &mut Device, number: u32, argument: *mut c_void) -> Result<(), c_int> {
    let is_camera = !device.node.is_metadata;
    // SAFETY: the request number says what the argument points to.
    unsafe {
        match number {
            request::QUERYCAP => query_capability(device, &mut *argument.cast()),
            request::ENUM_FMT if is_camera => enumerate_formats(&mut *argument.cast()),
            request::G_FMT | request::S_FMT | request::TRY_FMT if is_camera => {
                format(device, number == request::S_FMT, &mut *argument.cast())
            }
            request::ENUM_FRAMESIZES if is_camera => enumerate_sizes(&mut *argument.cast()),
            request::ENUM_FRAMEINTERVALS if is_camera => enumerate_intervals(&mut *argument.cast()),
            request::G_PARM | request::S_PARM if is_camera => {
                parameters(device, number == request::S_PARM, &mut *argument.cast())
            }
            request::REQBUFS if is_camera => request_buffers(device, &mut *argument.cast()),
            request::QUERYBUF if is_camera => query_buffer(device, &mut *argument.cast()),
            request::QBUF if is_camera => queue_buffer(device, &mut *argument.cast()),
            request::DQBUF if is_camera => fetch_buffer(device, &mut *argument.cast()),
            request::STREAMON if is_camera => stream_on(device),
            request::STREAMOFF if is_camera => {
                device.stop();
                if config().stop_fails { Err(libc::EIO) } else { Ok(()) }
            }
            // There is nothing to control.
            request::QUERYCTRL | request::QUERY_EXT_CTRL => Err(libc::EINVAL),
            number if number <= request::QUERY_EXT_CTRL && !is_camera => Err(libc::EINVAL),
            _ => Err(libc::ENOTTY),
        }
    }
}

fn query_capability(device: &Device, capability: &mut abi::Capability) -> Result<(), c_int> {
    let device_caps = if device.node.is_metadata { abi::CAPS_METADATA } else { abi::CAPS_CAMERA };
    *capability = abi::Capability {
        driver: padded("uvcvideo"),
        card: padded(&config().name_of(device.node.camera)),
        bus: padded(&format!("usb-fake-{}", device.node.camera)),
        version: 0x06_01_00,
        capabilities: abi::CAPS_DEVICE,
        device_caps,
        reserved: [0; 3],
    };
    Ok(())
}

/// Text as C has it, cut off if need be.
fn padded<const N: usize>(text: &str) -> [u8; N] {
    let mut bytes = [0; N];
    for (place, byte) in bytes[..N - 1].iter_mut().zip(text.bytes()) {
        *place = byte;
    }
    bytes
}

fn enumerate_formats(description: &mut abi::FormatDescription) -> Result<(), c_int> {
    let listed = config().fourccs.get(description.index as usize);
    let (Some(&fourcc), abi::VIDEO_CAPTURE) = (listed, description.kind) else {
        return Err(libc::EINVAL);
    };
    let is_compressed = fourcc == fourcc::MJPG;
    description.fourcc = fourcc;
    description.flags = u32::from(is_compressed);
    description.description = padded(if is_compressed { "Motion-JPEG" } else { "raw" });
    Ok(())
}

fn format(device: &mut Device, set: bool, format: &mut abi::Format) -> Result<(), c_int> {
    if format.kind != abi::VIDEO_CAPTURE {
        return Err(libc::EINVAL);
    }
    if set {
        if config().is_busy_at("fmt") || device.buffer_count > 0 {
            return Err(libc::EBUSY);
        }
        let wish = &format.pixels;
        device.set(|settings| {
            (settings.size, settings.fourcc) = ((wish.width, wish.height), wish.fourcc);
        });
    }
    let Settings { size: (width, height), fourcc, .. } = device.settings();
    format.pixels = abi::PixelFormat {
        width,
        height,
        fourcc,
        field: abi::FIELD_NONE,
        bytes_per_line: match fourcc {
            fourcc::YUYV => width * 2,
            fourcc::NV12 => width,
            _ => 0,
        },
        size_image: device.image_bytes() as u32,
        colorspace: abi::COLORSPACE_SRGB,
        private: 0xfeed_cafe,
        flags: 0,
        encoding: 0,
        quantization: 0,
        transfer: 0,
    };
    Ok(())
}

fn enumerate_sizes(size: &mut abi::FrameSize) -> Result<(), c_int> {
    let sizes = device::sizes();
    let Some(&(width, height)) = sizes.get(size.index as usize) else { return Err(libc::EINVAL) };
    if !config().fourccs.contains(&size.fourcc) {
        return Err(libc::EINVAL);
    }
    (size.kind, size.width, size.height) = (abi::DISCRETE, width, height);
    Ok(())
}

fn enumerate_intervals(interval: &mut abi::FrameInterval) -> Result<(), c_int> {
    if interval.index > 0 || !device::sizes().contains(&(interval.width, interval.height)) {
        return Err(libc::EINVAL);
    }
    (interval.kind, interval.interval) = (abi::DISCRETE, config().interval);
    Ok(())
}

fn parameters(
    device: &mut Device,
    set: bool,
    parameters: &mut abi::StreamParameters,
) -> Result<(), c_int> {
    if parameters.kind != abi::VIDEO_CAPTURE {
        return Err(libc::EINVAL);
    }
    if set {
        device.set(|settings| settings.interval = parameters.interval);
    }
    parameters.capability = abi::CAP_TIMEPERFRAME;
    parameters.interval = device.settings().interval;
    parameters.read_buffers = 0;
    Ok(())
}

fn request_buffers(device: &mut Device, buffers: &mut abi::RequestBuffers) -> Result<(), c_int> {
    if buffers.kind != abi::VIDEO_CAPTURE || buffers.memory != abi::MEMORY_MMAP {
        return Err(libc::EINVAL);
    }
    if device.is_streaming() || config().is_busy_at("reqbufs") {
        return Err(libc::EBUSY);
    }
    buffers.count = device.allocate(buffers.count)?;
    buffers.capabilities = 1;
    Ok(())
}

fn query_buffer(device: &Device, buffer: &mut abi::Buffer) -> Result<(), c_int> {
    let index = buffer.index as usize;
    if index >= device.buffer_count {
        return Err(libc::EINVAL);
    }
    buffer.offset = (index * device.stride) as u64;
    buffer.length = device.image_bytes() as u32;
    buffer.flags = abi::BUFFER_FLAGS;
    Ok(())
}

fn queue_buffer(device: &mut Device, buffer: &mut abi::Buffer) -> Result<(), c_int> {
    if !device.queue(buffer.index as usize) {
        return Err(libc::EINVAL);
    }
    buffer.flags = abi::BUFFER_FLAGS | abi::BUFFER_QUEUED;
    Ok(())
}

fn fetch_buffer(device: &mut Device, buffer: &mut abi::Buffer) -> Result<(), c_int> {
    if !device.is_streaming() {
        return Err(libc::EINVAL);
    }
    let picture = device.fetch()?;
    buffer.index = picture.buffer as u32;
    buffer.bytes_used = picture.bytes_used as u32;
    buffer.field = abi::FIELD_NONE;
    buffer.sequence = picture.sequence as u32;
    buffer.secs = picture.captured_ns / 1_000_000_000;
    buffer.micros = picture.captured_ns % 1_000_000_000 / 1000;
    buffer.length = device.image_bytes() as u32;
    buffer.offset = (picture.buffer * device.stride) as u64;
    buffer.flags = abi::BUFFER_FLAGS;
    Ok(())
}

fn stream_on(device: &mut Device) -> Result<(), c_int> {
    if config().is_busy_at("streamon") {
        return Err(libc::EBUSY);
    }
    device.start();
    Ok(())
}
