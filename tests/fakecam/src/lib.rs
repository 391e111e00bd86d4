//! An emulated V4L2 webcam, for one process: a library for `LD_PRELOAD` that makes `/dev/video0`
//! exist (Linux on x86-64 and AArch64, 64 bit).
//!
//! The program under test is the real one, down to its system calls. Those that concern the
//! camera are answered here. The descriptor of the device *is* a timer (`timerfd`) that expires
//! when a picture is due, so `poll` works in the kernel; the buffers live in a `memfd`, so
//! `munmap` does too.
//!
//! Cameras of the machine are hidden from the program.
//!
//! Everything is set by the environment:
//!
//! | variable | meaning |
//! |---|---|
//! | `FAKECAM_YUYV=file` | raw YUYV pictures of the first size, repeated for ever |
//! | `FAKECAM_NV12=file` | the same as NV12 |
//! | `FAKECAM_MJPEG=file` | JPEG images one after the other, repeated for ever; any sizes |
//! | `FAKECAM_FOURCC=H264` | offers this format and no other; there are pictures of `GREY` alone |
//! | `FAKECAM_SIZE=640x480,1280x720` | sizes on offer |
//! | `FAKECAM_FPS=30` | pictures a second |
//! | `FAKECAM_INTERVAL=1001/30000` | the only interval on offer, in seconds |
//! | `FAKECAM_INTERVAL_AT_START=2/15` | the interval that an earlier user left behind |
//! | `FAKECAM_NAME=…` | name of the camera |
//! | `FAKECAM_CAMERAS=2` | how many there are |
//! | `FAKECAM_META=1` | each has a metadata node, as USB ones do: cameras 0, 2, …, metadata 1, 3, … |
//! | `FAKECAM_ODD_NODE=1` | there is a `/dev/video-foo` too |
//! | `FAKECAM_BUSY=open\|fmt\|reqbufs\|streamon` | `EBUSY` at that call |
//! | `FAKECAM_BUSY_WHILE=path` | ... only while this file exists |
//! | `FAKECAM_LOCK=path` | a camera that streams locks this file; another process finds it busy |
//! | `FAKECAM_PERM=1` | opening gives `EACCES` |
//! | `FAKECAM_GONE=path` | unplugged while this file exists |
//! | `FAKECAM_STALL=n` | a stream gives no picture after the first n |
//! | `FAKECAM_STALL_STREAMS=k` | ... only the first k streams of the process |
//! | `FAKECAM_CORRUPT=n` | every n-th JPEG picture is cut off; behind it an older one shows |
//! | `FAKECAM_RESIZE=n:320x240` | after n pictures the stream breaks (`EIO`); then only this size |
//! | `FAKECAM_STUBBORN=320x240` | takes on this size whatever it is asked for |
//! | `FAKECAM_STREAMOFF_FAILS=1` | stopping works, and says it does not (`EIO`) |
//! | `FAKECAM_LOG=1` | one line a call on standard error |
//!
//! Without a file there are YUYV pictures with a moving ramp. With files, their formats are on
//! offer, JPEG first.

#![cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
#![allow(clippy::missing_safety_doc, reason = "the functions are those of the C library")]

mod abi;
mod config;
mod device;
mod ioctl;
mod kernel;
mod listing;

use std::ffi::CStr;

use libc::{c_char, c_int, c_long, c_void, off_t, size_t};

use config::config;
use kernel::{fail, raw, returned, set_errno};

/// Opens a file that is ours; `None` if it is not.
unsafe fn open_ours(path: *const c_char, flags: c_int) -> Option<c_int> {
    if path.is_null() {
        return None;
    }
    // SAFETY: the caller hands over a C string.
    let path = unsafe { CStr::from_ptr(path) }.to_str().ok()?;
    if let Some(number) = path.strip_prefix("/dev/video") {
        let opened = number.parse().ok().and_then(|number| device::open(number, flags));
        return opened.or_else(|| Some(fail(libc::ENOENT)));
    }
    let number = path.strip_prefix("/sys/class/video4linux/video")?.strip_suffix("/name")?;
    let Some(node) = number.parse().ok().and_then(device::node) else {
        return Some(fail(libc::ENOENT));
    };
    Some(kernel::memory_file(format!("{}\n", config().name_of(node.camera)).as_bytes()))
}

// Symbols of the C library. On x86-64 and AArch64 Linux the integer arguments of variadic
// functions are passed like those of others.

#[unsafe(no_mangle)]
pub unsafe extern "C" fn open(path: *const c_char, flags: c_int, mode: c_long) -> c_int {
    unsafe { openat(libc::AT_FDCWD, path, flags, mode) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn open64(path: *const c_char, flags: c_int, mode: c_long) -> c_int {
    unsafe { openat(libc::AT_FDCWD, path, flags, mode) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn openat(
    dir: c_int,
    path: *const c_char,
    flags: c_int,
    mode: c_long,
) -> c_int {
    unsafe {
        open_ours(path, flags).unwrap_or_else(|| {
            let args = [dir.into(), path as c_long, flags.into(), mode, 0, 0];
            returned(raw(libc::SYS_openat, args)) as c_int
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn openat64(
    dir: c_int,
    path: *const c_char,
    flags: c_int,
    mode: c_long,
) -> c_int {
    unsafe { openat(dir, path, flags, mode) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn close(fd: c_int) -> c_int {
    device::close(fd);
    unsafe { returned(raw(libc::SYS_close, [fd.into(), 0, 0, 0, 0, 0])) as c_int }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn ioctl(fd: c_int, request: u64, arg: *mut c_void) -> c_int {
    if device::is_ours(fd) {
        return unsafe { ioctl::answer(fd, request, arg) };
    }
    let args = [fd.into(), request as c_long, arg as c_long, 0, 0, 0];
    unsafe { returned(raw(libc::SYS_ioctl, args)) as c_int }
}

/// The crate v4l calls `syscall(SYS_ioctl, …)`. Everything else is handed on, without the C
/// library: what Rust locks with comes this way too.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn syscall(
    number: c_long,
    a: c_long,
    b: c_long,
    c: c_long,
    d: c_long,
    e: c_long,
    f: c_long,
) -> c_long {
    if number == libc::SYS_ioctl && device::is_ours(a as c_int) {
        return unsafe { ioctl::answer(a as c_int, b as u64, c as *mut c_void) }.into();
    }
    unsafe { returned(raw(number, [a, b, c, d, e, f])) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmap(
    address: *mut c_void,
    length: size_t,
    protection: c_int,
    flags: c_int,
    fd: c_int,
    offset: off_t,
) -> *mut c_void {
    let fd = if device::is_ours(fd) {
        if config().is_gone() {
            set_errno(libc::ENODEV);
            return libc::MAP_FAILED;
        }
        device::with(fd, |device| device.buffers_fd()).unwrap_or_else(|| fail(libc::EBADF))
    } else {
        fd
    };
    let args =
        [address as c_long, length as c_long, protection.into(), flags.into(), fd.into(), offset];
    unsafe { returned(raw(libc::SYS_mmap, args)) as *mut c_void }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmap64(
    address: *mut c_void,
    length: size_t,
    protection: c_int,
    flags: c_int,
    fd: c_int,
    offset: off_t,
) -> *mut c_void {
    unsafe { mmap(address, length, protection, flags, fd, offset) }
}
