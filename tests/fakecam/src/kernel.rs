//! System calls without the C library, whose functions are replaced here.

use libc::{c_int, c_long};

/// Calls the kernel; a negative result is a negated error number.
#[cfg(target_arch = "x86_64")]
pub unsafe fn raw(number: c_long, args: [c_long; 6]) -> c_long {
    let result;
    // SAFETY: the registers are those of the x86-64 system call convention; what the call does is
    // the caller's affair.
    unsafe {
        std::arch::asm!(
            "syscall",
            inlateout("rax") number => result,
            in("rdi") args[0], in("rsi") args[1], in("rdx") args[2],
            in("r10") args[3], in("r8") args[4], in("r9") args[5],
            lateout("rcx") _, lateout("r11") _,
            options(nostack),
        );
    }
    result
}

/// Calls the kernel; a negative result is a negated error number.
#[cfg(target_arch = "aarch64")]
pub unsafe fn raw(number: c_long, args: [c_long; 6]) -> c_long {
    let result;
    // SAFETY: as above, for AArch64.
    unsafe {
        std::arch::asm!(
            "svc 0",
            in("x8") number,
            inlateout("x0") args[0] => result,
            in("x1") args[1], in("x2") args[2], in("x3") args[3],
            in("x4") args[4], in("x5") args[5],
            options(nostack),
        );
    }
    result
}

/// What the C library makes of a kernel's result: -1 and `errno`, or the result.
pub fn returned(result: c_long) -> c_long {
    if (-4095..0).contains(&result) { fail(-result as c_int).into() } else { result }
}

/// Sets `errno`; -1.
pub fn fail(error: c_int) -> c_int {
    set_errno(error);
    -1
}

pub fn set_errno(error: c_int) {
    // SAFETY: the C library gives each thread its own.
    unsafe { *libc::__errno_location() = error }
}

/// Nanoseconds of the monotonic clock.
pub fn now_ns() -> i64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: a valid place to write to.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut now) };
    now.tv_sec * 1_000_000_000 + now.tv_nsec
}

/// A file in memory that holds `bytes`, at its start.
pub fn memory_file(bytes: &[u8]) -> c_int {
    // SAFETY: plain calls on a descriptor of our own and a slice.
    unsafe {
        let fd = libc::memfd_create(c"fakecam".as_ptr(), libc::MFD_CLOEXEC);
        libc::write(fd, bytes.as_ptr().cast(), bytes.len());
        libc::lseek(fd, 0, libc::SEEK_SET);
        fd
    }
}
