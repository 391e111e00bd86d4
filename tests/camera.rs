//! Cameras through the whole of nokhwa and V4L2, on an emulated device: which there are, and every
//! fault that one is known to have. What they show is tried in `camera_pictures.rs`.

#![cfg(all(target_os = "linux", feature = "camera"))]

mod common;

use std::fs::{self, File};
use std::time::{Duration, Instant};

use common::camera::{NAME, RUN, file_name, frames, open};
use common::fakecam;
use crossbeam_channel::{Sender, bounded};
use mien::frame::Frame;
use mien::runtime::cancel::{Cancelled, cancel_token};
use mien::runtime::{devices, worker};
use mien::source::camera::{Camera, CameraFormat, PixelFormat, Rate, cameras};
use mien::source::{FrameSource, Interrupt, SourceError};

/// Opens camera 0 and reads a frame: where the first of both that fails says why.
fn open_and_read() -> Result<Frame, SourceError> {
    frames(&mut open()?, 1).map(|mut frames| frames.remove(0))
}

fn setting(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is set"))
}

fn named(error: fn(String) -> SourceError) -> SourceError {
    error(NAME.to_owned())
}

fn busy() -> SourceError {
    named(|name| SourceError::Busy { name })
}

// Which cameras there are, and which format is taken.

#[test]
fn without_a_camera_the_list_is_empty_and_opening_says_so() {
    let test = "without_a_camera_the_list_is_empty_and_opening_says_so";
    fakecam::with(test, &[("FAKECAM_CAMERAS", "0")], || {
        assert_eq!(cameras(), Ok(vec![]));
        assert_eq!(Camera::open(None, None, RUN).err(), Some(SourceError::NoCamera));
        assert_eq!(open_and_read(), Err(SourceError::NotFound { number: 0 }));
    });
}

#[test]
fn metadata_nodes_and_odd_names_are_no_cameras() {
    let test = "metadata_nodes_and_odd_names_are_no_cameras";
    let settings = [("FAKECAM_META", "1"), ("FAKECAM_CAMERAS", "2"), ("FAKECAM_ODD_NODE", "1")];
    fakecam::with(test, &settings, || {
        let listed = cameras().unwrap();
        let numbers: Vec<_> = listed.iter().map(|camera| camera.number).collect();
        assert_eq!(numbers, [0, 2]);
        assert!(listed.iter().all(|camera| camera.is_usable()), "{listed:?}");
        assert_eq!(listed[0].name, NAME);
        let metadata = Camera::open(Some(1), None, RUN).err();
        assert_eq!(metadata, Some(SourceError::NotFound { number: 1 }));
        let mut second = Camera::open(Some(2), None, RUN).unwrap();
        assert!(frames(&mut second, 2).is_ok());
    });
}

#[test]
fn the_best_format_is_opened_or_the_size_wished_for() {
    let test = "the_best_format_is_opened_or_the_size_wished_for";
    let settings = [("FAKECAM_SIZE", "1280x720,640x480,320x240"), ("FAKECAM_FPS", "25")];
    fakecam::with(test, &settings, || {
        let camera = cameras().unwrap().remove(0);
        assert_eq!(camera.sizes(), [(320, 240), (640, 480), (1280, 720)]);
        let best =
            CameraFormat { size: (640, 480), rate: Rate::whole(25), pixels: PixelFormat::Yuyv };
        assert_eq!((camera.best, camera.problem), (Some(best), None));
        assert_eq!(open_and_read().unwrap().size(), (640, 480));
        for (wish, got) in [((1280, 720), (1280, 720)), ((300, 200), (320, 240))] {
            let mut camera = Camera::open(Some(0), Some(wish), RUN).unwrap();
            assert_eq!(frames(&mut camera, 1).unwrap()[0].size(), got);
        }
    });
}

#[test]
fn a_camera_that_takes_on_another_size_than_asked_is_opened_with_that() {
    let test = "a_camera_that_takes_on_another_size_than_asked_is_opened_with_that";
    let settings = [("FAKECAM_SIZE", "640x480,320x240"), ("FAKECAM_STUBBORN", "320x240")];
    fakecam::with(test, &settings, || {
        assert_eq!(open_and_read().unwrap().size(), (320, 240));
    });
}

#[test]
fn a_camera_with_nothing_but_a_fractional_rate_streams_at_that() {
    let test = "a_camera_with_nothing_but_a_fractional_rate_streams_at_that";
    let (_folder, file) = file_name("gone");
    let settings = [("FAKECAM_INTERVAL", "1001/30000"), ("FAKECAM_GONE", &*file)];
    fakecam::with(test, &settings, || {
        assert_eq!(cameras().unwrap()[0].problem, None);
        let mut camera = open().unwrap();
        assert!((camera.info().nominal_rate_hz - 30_000.0 / 1001.0).abs() < 1e-9);
        let read = frames(&mut camera, 31).unwrap();
        // The emulated driver stamps each picture at its tick; lost ones leave whole steps.
        let steps = read[30].pts.as_secs_f64() * 30_000.0 / 1001.0;
        assert!(steps > 29.9 && (steps - steps.round()).abs() < 0.05, "{steps}");
        // Colours of the emulated ramp: the same path from the bytes on.
        assert!(read[0].rgb().as_chunks::<3>().0.iter().any(|[r, g, b]| r != g || g != b));
        // Opened again while it streamed before: nothing was left behind.
        drop(camera);
        let mut camera = open().unwrap();
        assert!(frames(&mut camera, 2).is_ok());
        File::create(setting("FAKECAM_GONE")).unwrap();
        let lost = frames(&mut camera, 10).unwrap_err();
        assert_eq!(lost, named(|name| SourceError::Unplugged { name }));
    });
}

#[test]
fn a_grey_camera_gives_grey_pictures() {
    let test = "a_grey_camera_gives_grey_pictures";
    fakecam::with(test, &[("FAKECAM_FOURCC", "GREY")], || {
        let frame = open_and_read().unwrap();
        let pixels = frame.rgb().as_chunks::<3>().0;
        assert_eq!((frame.size(), pixels.len()), ((640, 480), 640 * 480));
        assert!(pixels.iter().all(|[r, g, b]| r == g && g == b));
        let step = |at: usize| pixels[at + 1][0].wrapping_sub(pixels[at][0]);
        assert!((0..600).all(|at| step(at) == 1), "the ramp stands where it belongs");
    });
}

#[test]
fn a_fractional_rate_that_someone_left_behind_is_replaced() {
    let test = "a_fractional_rate_that_someone_left_behind_is_replaced";
    fakecam::with(test, &[("FAKECAM_INTERVAL_AT_START", "2/15")], || {
        let mut camera = open().unwrap();
        assert_eq!(camera.info().nominal_rate_hz, 30.0);
        let frames = frames(&mut camera, 7).unwrap();
        let mean = frames[6].pts.as_secs_f64() / 6.0;
        assert!(mean < 0.1, "{mean} s from frame to frame, as before");
    });
}

#[test]
fn a_format_that_nobody_decodes_is_named() {
    let test = "a_format_that_nobody_decodes_is_named";
    fakecam::with(test, &[("FAKECAM_FOURCC", "H264")], || {
        let (name, offered) = (NAME.to_owned(), "H264".to_owned());
        assert_eq!(open_and_read(), Err(SourceError::NoUsableFormat { name, offered }));
    });
}

#[test]
fn listing_does_not_disturb_a_camera_that_streams() {
    let test = "listing_does_not_disturb_a_camera_that_streams";
    fakecam::with(test, &[("FAKECAM_SIZE", "640x480,1280x720")], || {
        let mut camera = open().unwrap();
        let (guard, cancelled) = cancel_token();
        let lister = std::thread::Builder::new().spawn(move || {
            let mut lists = 0;
            while cancelled.sleep(Duration::from_millis(5)) {
                assert!(cameras().unwrap()[0].is_usable());
                lists += 1;
            }
            lists
        });
        let frames = frames(&mut camera, 30).unwrap();
        drop(guard);
        let lists = lister.unwrap().join().unwrap();
        assert!(lists >= 10, "{lists} lists");
        assert!(frames.iter().all(|frame| frame.size() == (640, 480)));
    });
}

// Faults.

#[test]
fn busy_at_open() {
    fakecam::with("busy_at_open", &[("FAKECAM_BUSY", "open")], || {
        assert_eq!(open_and_read(), Err(busy()));
        let listed = cameras().unwrap();
        assert_eq!(listed[0].problem, Some(busy()), "it is listed, with the reason");
    });
}

#[test]
fn busy_when_the_format_is_set() {
    // The camera stands at another size, so that the format must be set.
    let settings = [("FAKECAM_BUSY", "fmt"), ("FAKECAM_SIZE", "1280x720,640x480")];
    fakecam::with("busy_when_the_format_is_set", &settings, || {
        assert_eq!(open().err(), Some(busy()));
    });
}

#[test]
fn busy_when_buffers_are_asked_for() {
    let settings = [("FAKECAM_BUSY", "reqbufs")];
    fakecam::with("busy_when_buffers_are_asked_for", &settings, || {
        assert_eq!(open().err(), Some(busy()));
    });
}

#[test]
fn busy_at_the_first_frame_and_free_later() {
    let (_folder, file) = file_name("busy");
    File::create(&file).unwrap();
    let settings = [("FAKECAM_BUSY", "streamon"), ("FAKECAM_BUSY_WHILE", file.as_str())];
    fakecam::with("busy_at_the_first_frame_and_free_later", &settings, || {
        let mut camera = open().unwrap();
        assert_eq!(frames(&mut camera, 1), Err(busy()));
        assert!(busy().is_fatal());
        drop(camera);
        fs::remove_file(setting("FAKECAM_BUSY_WHILE")).unwrap();
        assert!(open_and_read().is_ok());
    });
}

#[test]
fn a_camera_in_another_process_is_busy() {
    let (_folder, file) = file_name("lock");
    fakecam::with("a_camera_in_another_process_is_busy", &[("FAKECAM_LOCK", &file)], || {
        let other = File::create(setting("FAKECAM_LOCK")).unwrap();
        other.lock().unwrap();
        assert_eq!(open_and_read(), Err(busy()));
        assert!(cameras().unwrap()[0].is_usable(), "asking does not need the camera");
        other.unlock().unwrap();
        let mut camera = open().unwrap();
        assert!(other.try_lock().is_err(), "now it is ours");
        assert!(frames(&mut camera, 1).is_ok());
        drop(camera);
        other.try_lock().unwrap();
    });
}

#[test]
fn no_permission() {
    fakecam::with("no_permission", &[("FAKECAM_PERM", "1")], || {
        let denied = named(|name| SourceError::PermissionDenied { name });
        assert_eq!(open_and_read(), Err(denied.clone()));
        assert_eq!(cameras().unwrap()[0].problem, Some(denied));
    });
}

#[test]
fn a_driver_that_fails_on_closing_does_no_harm() {
    let test = "a_driver_that_fails_on_closing_does_no_harm";
    fakecam::with(test, &[("FAKECAM_STREAMOFF_FAILS", "1")], || {
        for _ in 0..3 {
            // nokhwa panics when this camera is dropped.
            assert!(open_and_read().is_ok());
        }
    });
}

#[test]
fn unplugged_and_plugged_in_again() {
    let (_folder, file) = file_name("gone");
    fakecam::with("unplugged_and_plugged_in_again", &[("FAKECAM_GONE", &file)], || {
        let gone = setting("FAKECAM_GONE");
        let mut camera = open().unwrap();
        assert!(frames(&mut camera, 3).is_ok());
        File::create(&gone).unwrap();
        // Pictures that were complete may still come.
        let error = frames(&mut camera, 10).unwrap_err();
        assert_eq!(error, named(|name| SourceError::Unplugged { name }));
        assert!(error.is_fatal());
        assert_eq!(cameras(), Ok(vec![]));
        assert_eq!(open().err(), Some(SourceError::NotFound { number: 0 }));
        drop(camera);
        fs::remove_file(&gone).unwrap();
        assert!(frames(&mut open().unwrap(), 3).is_ok());
    });
}

/// Reads camera 0 on a thread of its own until it fails; tells of each frame.
fn reader(
    interrupt: Interrupt,
    cancelled: Cancelled,
    told: Sender<u64>,
) -> std::thread::JoinHandle<SourceError> {
    let body = move || {
        let _attached = interrupt.attach();
        let mut camera = match open() {
            Ok(camera) => camera,
            Err(error) => return error,
        };
        loop {
            match camera.next_frame(&cancelled) {
                Ok(frame) => drop(told.send(frame.index)),
                Err(error) => return error,
            }
        }
    };
    std::thread::Builder::new().spawn(body).unwrap()
}

#[test]
fn a_stalled_camera_can_be_cancelled_and_opened_again() {
    let settings = [("FAKECAM_STALL", "5"), ("FAKECAM_STALL_STREAMS", "1")];
    fakecam::with("a_stalled_camera_can_be_cancelled_and_opened_again", &settings, || {
        let (interrupt, (guard, cancelled)) = (Interrupt::new(), cancel_token());
        let (sender, frames_seen) = bounded(64);
        let thread = reader(interrupt.clone(), cancelled, sender);
        for index in 0..5 {
            assert_eq!(frames_seen.recv(), Ok(index));
        }
        let silence = frames_seen.recv_timeout(Duration::from_secs(1));
        assert!(silence.is_err() && !thread.is_finished(), "it waits for a sixth frame");

        let asked = Instant::now();
        drop(guard);
        while !thread.is_finished() {
            interrupt.fire();
            std::thread::sleep(Duration::from_millis(20));
            assert!(asked.elapsed() < Duration::from_secs(1), "it does not let go");
        }
        assert_eq!(thread.join().unwrap(), SourceError::Cancelled);
        assert!(!interrupt.fire(), "no thread is named any more");

        assert_eq!(frames(&mut open().unwrap(), 10).unwrap().len(), 10);
    });
}

#[test]
fn a_signal_that_does_not_cancel_is_survived() {
    fakecam::with("a_signal_that_does_not_cancel_is_survived", &[], || {
        let (interrupt, (guard, cancelled)) = (Interrupt::new(), cancel_token());
        let (sender, frames_seen) = bounded(64);
        let thread = reader(interrupt.clone(), cancelled, sender);
        for index in 0..20 {
            assert_eq!(frames_seen.recv_timeout(Duration::from_secs(10)), Ok(index));
            if index % 5 == 2 {
                std::thread::sleep(Duration::from_millis(10));
                assert!(interrupt.fire());
            }
        }
        drop(guard);
        assert_eq!(thread.join().unwrap(), SourceError::Cancelled);
    });
}

#[test]
fn the_watcher_sees_a_camera_come_and_go() {
    let (_folder, file) = file_name("gone");
    File::create(&file).unwrap();
    fakecam::with("the_watcher_sees_a_camera_come_and_go", &[("FAKECAM_GONE", &file)], || {
        let gone = setting("FAKECAM_GONE");
        let (guard, cancelled) = cancel_token();
        let (sender, lists) = bounded(8);
        let thread = worker::spawn("devices", move || {
            let tell = |list| sender.send(list).unwrap();
            devices::report_changes(&cancelled, devices::PERIOD, cameras, tell);
        })
        .unwrap();
        let numbers = || {
            let list = lists.recv_timeout(3 * devices::PERIOD).unwrap().unwrap();
            list.iter().map(|camera| camera.number).collect::<Vec<_>>()
        };
        assert!(numbers().is_empty(), "{:?}", numbers());
        fs::remove_file(&gone).unwrap();
        assert_eq!(numbers(), [0]);
        File::create(&gone).unwrap();
        assert!(numbers().is_empty(), "{:?}", numbers());
        drop(guard);
        let asked = Instant::now();
        thread.join().unwrap();
        assert!(asked.elapsed() < Duration::from_secs(1));
        assert!(lists.try_recv().is_err(), "told only of changes");
    });
}
