//! An open camera: a timer, buffers, and a sensor that fills them on time.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, Ordering::SeqCst};
use std::sync::{Mutex, MutexGuard, PoisonError};

use libc::{c_int, off_t};

use crate::abi::Fraction;
use crate::abi::fourcc::{GREY, MJPG, NV12, YUYV};
use crate::config::config;
use crate::kernel::{self, fail, now_ns};

/// Drivers give at most this many, whatever is asked for.
const MAX_BUFFERS: u32 = 8;
/// Files of ours that one process may have open.
const MAX_OPEN: usize = 16;

/// A `/dev/videoN`.
#[derive(Clone, Copy)]
pub struct Node {
    pub camera: u32,
    pub is_metadata: bool,
}

/// What a camera is set to; stays when it is closed, as with a real one.
#[derive(Clone, Copy)]
pub struct Settings {
    pub size: (u32, u32),
    pub fourcc: u32,
    pub interval: Fraction,
}

/// A picture that waits to be fetched.
pub struct Filled {
    pub buffer: usize,
    pub bytes_used: usize,
    pub captured_ns: i64,
    pub sequence: u64,
}

pub struct Device {
    pub node: Node,
    timer: c_int,
    memory: c_int,
    buffers: *mut u8,
    mapped_length: usize,
    /// From the start of a buffer to the start of the next.
    pub stride: usize,
    pub buffer_count: usize,
    queued: VecDeque<usize>,
    filled: VecDeque<Filled>,
    streaming: bool,
    /// The stream broke: nothing works but stopping it.
    pub broken: bool,
    stalls_after: Option<u64>,
    started_ns: i64,
    /// Pictures taken since the start, also those for which no buffer was there.
    ticks: u64,
    lock: Option<c_int>,
}

// SAFETY: the pointer is to memory of this device, used under the lock of `DEVICES` alone.
unsafe impl Send for Device {}

/// Descriptors of ours, readable without a lock: every `close` of the program looks here.
static OPEN: [AtomicI32; MAX_OPEN] = [const { AtomicI32::new(-1) }; MAX_OPEN];
static DEVICES: Mutex<Vec<Device>> = Mutex::new(Vec::new());
static SETTINGS: Mutex<Vec<Settings>> = Mutex::new(Vec::new());
static STREAMS: AtomicU64 = AtomicU64::new(0);
/// Whether `FAKECAM_RESIZE` has happened.
static RESIZED: AtomicBool = AtomicBool::new(false);

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Numbers of all our `/dev/videoN`.
pub fn nodes() -> impl Iterator<Item = u32> {
    0..config().cameras * if config().metadata { 2 } else { 1 }
}

/// What `/dev/video<number>` is.
pub fn node(number: u32) -> Option<Node> {
    nodes().find(|known| *known == number)?;
    Some(if config().metadata {
        Node { camera: number / 2, is_metadata: number % 2 == 1 }
    } else {
        Node { camera: number, is_metadata: false }
    })
}

/// Sizes on offer at this moment.
pub fn sizes() -> Vec<(u32, u32)> {
    match config().resize {
        Some((_, size)) if RESIZED.load(SeqCst) => vec![size],
        _ => config().sizes.clone(),
    }
}

pub fn is_ours(fd: c_int) -> bool {
    fd >= 0 && OPEN.iter().any(|open| open.load(SeqCst) == fd)
}

/// Does something with the device behind a descriptor.
pub fn with<T>(fd: c_int, action: impl FnOnce(&mut Device) -> T) -> Option<T> {
    locked(&DEVICES).iter_mut().find(|device| device.timer == fd).map(action)
}

/// Opens `/dev/video<number>`: a descriptor or -1; `None` if there is no such camera.
pub fn open(number: u32, flags: c_int) -> Option<c_int> {
    let node = node(number)?;
    if config().log {
        eprintln!("[fakecam] open {number}");
    }
    if config().is_gone() {
        return Some(fail(libc::ENODEV));
    }
    if config().denied {
        return Some(fail(libc::EACCES));
    }
    if config().is_busy_at("open") {
        return Some(fail(libc::EBUSY));
    }
    let Some(place) = OPEN.iter().find(|open| open.load(SeqCst) == -1) else {
        return Some(fail(libc::EMFILE));
    };
    let nonblocking = if flags & libc::O_NONBLOCK == 0 { 0 } else { libc::TFD_NONBLOCK };
    // SAFETY: plain calls that make descriptors.
    let timer =
        unsafe { libc::timerfd_create(libc::CLOCK_MONOTONIC, libc::TFD_CLOEXEC | nonblocking) };
    let device = Device {
        node,
        timer,
        memory: kernel::memory_file(&[]),
        buffers: std::ptr::null_mut(),
        mapped_length: 0,
        stride: 0,
        buffer_count: 0,
        queued: VecDeque::new(),
        filled: VecDeque::new(),
        streaming: false,
        broken: false,
        stalls_after: None,
        started_ns: 0,
        ticks: 0,
        lock: None,
    };
    locked(&DEVICES).push(device);
    place.store(timer, SeqCst);
    Some(timer)
}

/// Forgets a descriptor that is about to be closed, if it is ours.
pub fn close(fd: c_int) {
    if !is_ours(fd) {
        return;
    }
    if config().log {
        eprintln!("[fakecam] close");
    }
    for open in &OPEN {
        let _ = open.compare_exchange(fd, -1, SeqCst, SeqCst);
    }
    let mut devices = locked(&DEVICES);
    if let Some(index) = devices.iter().position(|device| device.timer == fd) {
        let mut device = devices.swap_remove(index);
        device.free_buffers();
        // SAFETY: closes a descriptor of our own; the C library's `close` would come back here.
        unsafe { kernel::raw(libc::SYS_close, [device.memory.into(), 0, 0, 0, 0, 0]) };
    }
}

impl Device {
    pub fn buffers_fd(&self) -> c_int {
        self.memory
    }

    pub fn settings(&self) -> Settings {
        let mut all = locked(&SETTINGS);
        let default = Settings {
            size: config().stubborn.unwrap_or(config().sizes[0]),
            fourcc: config().fourccs[0],
            interval: config().interval_at_start,
        };
        all.resize(config().cameras as usize, default);
        let settings = &mut all[self.node.camera as usize];
        if !sizes().contains(&settings.size) && config().stubborn.is_none() {
            settings.size = sizes()[0];
        }
        *settings
    }

    /// Takes on what can be taken on; the rest stays as near as it can.
    pub fn set(&mut self, change: impl FnOnce(&mut Settings)) {
        let mut settings = self.settings();
        let before = settings;
        change(&mut settings);
        if !config().fourccs.contains(&settings.fourcc) {
            settings.fourcc = before.fourcc;
        }
        if !sizes().contains(&settings.size) {
            settings.size = before.size;
        }
        settings.size = config().stubborn.unwrap_or(settings.size);
        if settings.interval != before.interval {
            settings.interval = config().interval;
        }
        locked(&SETTINGS)[self.node.camera as usize] = settings;
    }

    /// The most bytes that a picture takes.
    pub fn image_bytes(&self) -> usize {
        let Settings { size: (width, height), fourcc, .. } = self.settings();
        let pixels = width as usize * height as usize;
        match fourcc {
            GREY => pixels,
            NV12 => pixels * 3 / 2,
            _ => pixels * 2,
        }
    }

    /// Gives up the buffers and makes `count` new ones; how many.
    pub fn allocate(&mut self, count: u32) -> Result<u32, c_int> {
        self.free_buffers();
        if count == 0 {
            return Ok(0);
        }
        self.lock_others_out()?;
        let count = count.min(MAX_BUFFERS);
        self.stride = self.image_bytes().next_multiple_of(4096);
        self.buffer_count = count as usize;
        self.mapped_length = self.stride * self.buffer_count;
        let access = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: a new mapping of a file of our own, as long as the file.
        let mapped = unsafe {
            libc::ftruncate(self.memory, self.mapped_length as off_t);
            let length = self.mapped_length as i64;
            let args = [0, length, access.into(), libc::MAP_SHARED.into(), self.memory.into(), 0];
            kernel::raw(libc::SYS_mmap, args)
        };
        if mapped < 0 {
            self.buffer_count = 0;
            return Err(libc::ENOMEM);
        }
        self.buffers = mapped as *mut u8;
        Ok(count)
    }

    fn free_buffers(&mut self) {
        if !self.buffers.is_null() {
            // SAFETY: the mapping made above; the program has its own.
            unsafe { libc::munmap(self.buffers.cast(), self.mapped_length) };
            self.buffers = std::ptr::null_mut();
        }
        self.buffer_count = 0;
        self.queued.clear();
        self.filled.clear();
        if let Some(lock) = self.lock.take() {
            // SAFETY: as above; closing gives up the lock.
            unsafe { kernel::raw(libc::SYS_close, [lock.into(), 0, 0, 0, 0, 0]) };
        }
    }

    /// Whoever holds buffers owns the camera, as with USB cameras.
    fn lock_others_out(&mut self) -> Result<(), c_int> {
        let Some(path) = &config().lock else { return Ok(()) };
        let path = std::ffi::CString::new(path.as_str()).map_err(|_| libc::EINVAL)?;
        let flags = libc::O_RDWR | libc::O_CREAT | libc::O_CLOEXEC;
        // SAFETY: a C string, and a descriptor of our own.
        unsafe {
            let args = [libc::AT_FDCWD.into(), path.as_ptr() as i64, flags.into(), 0o600, 0, 0];
            let fd = kernel::raw(libc::SYS_openat, args) as c_int;
            if libc::flock(fd, libc::LOCK_EX | libc::LOCK_NB) != 0 {
                kernel::raw(libc::SYS_close, [fd.into(), 0, 0, 0, 0, 0]);
                return Err(libc::EBUSY);
            }
            self.lock = Some(fd);
        }
        Ok(())
    }

    pub fn is_streaming(&self) -> bool {
        self.streaming
    }

    /// Takes a buffer to be filled; false if there is none such or it was taken before.
    pub fn queue(&mut self, buffer: usize) -> bool {
        let waits = self.filled.iter().any(|filled| filled.buffer == buffer);
        if buffer >= self.buffer_count || waits || self.queued.contains(&buffer) {
            return false;
        }
        self.advance();
        self.queued.push_back(buffer);
        true
    }

    pub fn start(&mut self) {
        let earlier_streams = STREAMS.fetch_add(1, SeqCst);
        self.stalls_after = config().stall.filter(|_| earlier_streams < config().stall_streams);
        (self.streaming, self.broken, self.ticks) = (true, false, 0);
        self.started_ns = now_ns();
        self.set_timer();
    }

    pub fn stop(&mut self) {
        (self.streaming, self.broken) = (false, false);
        self.queued.clear();
        self.filled.clear();
        self.arm(None);
    }

    /// The next picture, if one is there.
    pub fn fetch(&mut self) -> Result<Filled, c_int> {
        let mut expirations = 0_u64;
        // SAFETY: reads the eight bytes of the timer, so that `poll` waits again.
        unsafe { libc::read(self.timer, (&raw mut expirations).cast(), 8) };
        self.advance();
        if let Some((after, _)) = config().resize
            && self.ticks > after
            && !RESIZED.swap(true, SeqCst)
        {
            self.broken = true;
        }
        if self.broken {
            self.arm(Some(now_ns()));
            return Err(libc::EIO);
        }
        let picture = self.filled.pop_front();
        self.set_timer();
        picture.ok_or(libc::EAGAIN)
    }

    /// Lets the sensor run until now: each tick fills a queued buffer, or is lost.
    fn advance(&mut self) {
        let now = now_ns();
        while self.streaming && !self.has_stalled() && self.due_ns() <= now {
            let (sequence, captured_ns) = (self.ticks, self.due_ns());
            self.ticks += 1;
            if let Some(buffer) = self.queued.pop_front() {
                let bytes_used = self.fill(buffer, sequence);
                self.filled.push_back(Filled { buffer, bytes_used, captured_ns, sequence });
            }
        }
    }

    fn has_stalled(&self) -> bool {
        self.stalls_after.is_some_and(|pictures| self.ticks >= pictures)
    }

    /// When the next picture is complete.
    fn due_ns(&self) -> i64 {
        self.started_ns + (self.ticks as i64 + 1) * self.period_ns()
    }

    fn period_ns(&self) -> i64 {
        let Fraction { numerator, denominator } = self.settings().interval;
        1_000_000_000 * i64::from(numerator) / i64::from(denominator.max(1))
    }

    /// Makes `poll` return when there is something to fetch.
    fn set_timer(&self) {
        if !self.filled.is_empty() {
            self.arm(Some(now_ns()));
        } else if self.has_stalled() {
            self.arm(None);
        } else {
            self.arm(Some(self.due_ns()));
        }
    }

    fn arm(&self, at_ns: Option<i64>) {
        let time =
            |ns: i64| libc::timespec { tv_sec: ns / 1_000_000_000, tv_nsec: ns % 1_000_000_000 };
        // A time of zero disarms.
        let (first, then) = at_ns.map_or((0, 0), |ns| (ns.max(1), self.period_ns()));
        let setting = libc::itimerspec { it_value: time(first), it_interval: time(then) };
        let absolute = libc::TFD_TIMER_ABSTIME;
        // SAFETY: a timer of our own and a valid setting.
        unsafe { libc::timerfd_settime(self.timer, absolute, &setting, std::ptr::null_mut()) };
    }

    /// Writes picture `sequence` into a buffer; how many bytes it has.
    fn fill(&mut self, buffer: usize, sequence: u64) -> usize {
        let Settings { size, fourcc, .. } = self.settings();
        let length = self.image_bytes();
        // SAFETY: within the mapping, which has `buffer_count` times `stride` bytes.
        let target = unsafe {
            std::slice::from_raw_parts_mut(self.buffers.add(buffer * self.stride), self.stride)
        };
        let raw = match fourcc {
            MJPG => {
                let images = &config().mjpeg;
                let image = &images[sequence as usize % images.len()];
                let is_cut = config().corrupt.is_some_and(|n| sequence % n == n - 1);
                let length = if is_cut { image.len() / 3 } else { image.len() };
                target[..length].copy_from_slice(&image[..length]);
                return length;
            }
            GREY => {
                for (pixel, luma) in target[..length].iter_mut().enumerate() {
                    *luma = (pixel as u64 + sequence * 4) as u8;
                }
                return length;
            }
            NV12 => &config().nv12,
            YUYV => &config().yuyv,
            _ => return 0,
        };
        if raw.len() >= length && size == config().sizes[0] {
            let picture = sequence as usize % (raw.len() / length) * length;
            target[..length].copy_from_slice(&raw[picture..picture + length]);
        } else {
            // A ramp that moves, in one colour.
            for (pair, bytes) in target[..length].chunks_exact_mut(4).enumerate() {
                let luma = (pair as u64 * 2 + sequence * 4) as u8;
                bytes.copy_from_slice(&[luma, 90, luma, 170]);
            }
        }
        length
    }
}
