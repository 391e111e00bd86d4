//! Puts the cameras into the listing of `/dev`, in place of those of the machine.

use std::ffi::CStr;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering::SeqCst};

use libc::{c_char, c_int};

use crate::config::config;
use crate::device;

/// The listing of `/dev` that is being read, and how many of our entries it has given. One at a
/// time is enough for a test.
static OPEN: AtomicPtr<libc::DIR> = AtomicPtr::new(std::ptr::null_mut());
static GIVEN: AtomicUsize = AtomicUsize::new(0);

/// The function of the C library that ours stands before.
///
/// # Safety
/// `T` is the type of the function called `name`.
unsafe fn real<T: Copy>(name: &CStr) -> T {
    unsafe {
        let address = libc::dlsym(libc::RTLD_NEXT, name.as_ptr());
        assert!(!address.is_null(), "the C library has no {name:?}");
        std::mem::transmute_copy(&address)
    }
}

/// What is in `/dev` because of us.
fn names() -> Vec<String> {
    let odd = config().odd_node.then(|| "video-foo".to_owned());
    device::nodes().map(|number| format!("video{number}")).chain(odd).collect()
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn opendir(path: *const c_char) -> *mut libc::DIR {
    type OpenDir = unsafe extern "C" fn(*const c_char) -> *mut libc::DIR;
    unsafe {
        let listing = real::<OpenDir>(c"opendir")(path);
        if !listing.is_null() && CStr::from_ptr(path) == c"/dev" {
            OPEN.store(listing, SeqCst);
            GIVEN.store(0, SeqCst);
        }
        listing
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn readdir64(listing: *mut libc::DIR) -> *mut libc::dirent64 {
    type ReadDir = unsafe extern "C" fn(*mut libc::DIR) -> *mut libc::dirent64;
    // As with the C library's own, the result is good until the next call.
    static mut ENTRY: libc::dirent64 = unsafe { std::mem::zeroed() };
    unsafe {
        let is_dev = OPEN.load(SeqCst) == listing;
        let mut entry = real::<ReadDir>(c"readdir64")(listing);
        while is_dev && !entry.is_null() && is_camera(entry) {
            entry = real::<ReadDir>(c"readdir64")(listing);
        }
        if !entry.is_null() || !is_dev || config().is_gone() {
            return entry;
        }
        let index = GIVEN.fetch_add(1, SeqCst);
        let Some(name) = names().into_iter().nth(index) else { return entry };
        let ours = &raw mut ENTRY;
        ours.write(std::mem::zeroed());
        (*ours).d_ino = 4242 + index as u64;
        (*ours).d_reclen = size_of::<libc::dirent64>() as u16;
        (*ours).d_type = libc::DT_CHR;
        for (place, byte) in (*ours).d_name.iter_mut().zip(name.bytes()) {
            *place = byte as c_char;
        }
        ours
    }
}

/// Whether an entry is a camera of the machine.
///
/// # Safety
/// `entry` comes from `readdir64`.
unsafe fn is_camera(entry: *const libc::dirent64) -> bool {
    unsafe { CStr::from_ptr((*entry).d_name.as_ptr()) }.to_bytes().starts_with(b"video")
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn closedir(listing: *mut libc::DIR) -> c_int {
    type CloseDir = unsafe extern "C" fn(*mut libc::DIR) -> c_int;
    let _ = OPEN.compare_exchange(listing, std::ptr::null_mut(), SeqCst, SeqCst);
    unsafe { real::<CloseDir>(c"closedir")(listing) }
}
