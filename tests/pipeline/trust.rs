//! The companion's trust in readings: faces that are read keep it, whatever they show.

use std::path::Path;

use mien::frame::RunId;
use mien::interaction::{Reading, UserFace, UserModel, Usual};
use mien::source::demo::{Scene, SceneKind};
use mien::source::media::{self, MediaItem, OpenOptions};

use super::{SEED, SIZE, drawn, pipeline};

/// Trust after each of these minutes of readings, shown over and over.
const MINUTES: [u32; 3] = [2, 10, 60];

fn trust(readings: &[(f64, Reading)]) -> [f64; 3] {
    let last = readings.last().map_or(0.0, |reading| reading.0);
    let gap = if readings.len() > 1 { last / (readings.len() - 1) as f64 } else { 1.0 };
    let (mut user, mut round) = (UserModel::new(Usual::default()), 0.0);
    MINUTES.map(|minutes| {
        while user.session_secs() < f64::from(minutes) * 60.0 {
            for (secs, reading) in readings {
                user.observe(round + secs, *reading);
            }
            round += last + gap;
        }
        user.reliability()
    })
}

#[test]
fn the_drawn_head_is_trusted() {
    let mut scene = Scene::new(SceneKind::Alone, SIZE, SEED);
    let mut pipeline = pipeline();
    let (labels, mut face) = (pipeline.labels().clone(), UserFace::default());
    // Its moods repeat after 48 s; it moves and blinks, and is seen with noise.
    let readings: Vec<(f64, Reading)> = (0..480)
        .map(|index| {
            let (frame, _) = drawn(&mut scene, RunId(1), index, 10.0);
            (index as f64 / 10.0, face.read(&pipeline.process(&frame).unwrap(), &labels))
        })
        .collect();
    let trust = trust(&readings);
    println!("drawn head: {trust:?}");
    assert!(trust.iter().all(|trust| *trust > 0.5), "{trust:?}");
}

#[test]
fn real_faces_are_trusted() {
    let media = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/media");
    if !media.is_dir() {
        eprintln!("SKIPPED: no clips beside this checkout");
        return;
    }
    for name in [
        "pyfeat/single_face.mp4",
        "pyfeat/face_noface.mov",
        "pyfeat/noface_face.mov",
        "intel/head-pose-face-detection-female.gif",
        "intel/head-pose-face-detection-male.gif",
        "intel/head-pose-face-detection-female-and-male.gif",
    ] {
        let mut pipeline = pipeline();
        let (labels, mut face) = (pipeline.labels().clone(), UserFace::default());
        let mut reader = media::open(&media.join(name), &OpenOptions::default()).unwrap();
        let mut readings = Vec::new();
        while let Ok(Some(MediaItem::Picture(picture))) = reader.next_item() {
            if readings.len() >= 600 {
                break;
            }
            let frame = picture.into_frame(RunId(1)).unwrap();
            let observation = pipeline.process(&frame).unwrap();
            readings.push((frame.pts.as_secs_f64(), face.read(&observation, &labels)));
        }
        let trust = trust(&readings);
        println!("{name}: {} readings, {trust:?}", readings.len());
        assert!(!readings.is_empty() && trust[0] > 0.5 && trust[1] > 0.5, "{name}: {trust:?}");
    }
}
