//! Following a face by its pixels between two searches, beside searching every frame.

use std::path::Path;
use std::time::Duration;

use mien::frame::{Frame, RunId};
use mien::observation::{Label, Observation};
use mien::pipeline::{Pipeline, PipelineOptions};
use mien::source::demo::{Scene, SceneKind};
use mien::source::media::{self, MediaItem, OpenOptions};

use super::{SEED, SIZE, drawn};

/// What following changes, over the faces that both find.
#[derive(Debug, Default)]
struct Difference {
    frames: u64,
    searches: u64,
    /// Faces found with and without.
    found: [u64; 2],
    compared: u64,
    same_label: u64,
    /// Total variation: half the sum of differences of probabilities, 0..=1.
    posterior: f64,
    smoothed: f64,
    /// Mean distance of landmarks over the distance of the eyes.
    landmarks: f64,
}

fn pipelines() -> [Pipeline; 2] {
    let searching = PipelineOptions { search_every_secs: 0.0, ..PipelineOptions::default() };
    [PipelineOptions::default(), searching].map(|options| Pipeline::builtin(options).unwrap())
}

impl Difference {
    fn over(frames: impl Iterator<Item = Frame>) -> Self {
        let [mut following, mut searching] = pipelines();
        let mut all = Self::default();
        for frame in frames {
            let seen = following.process(&frame).unwrap();
            all.add(&seen, &searching.process(&frame).unwrap());
        }
        all.searches = following.halves().0.searches();
        assert_eq!(searching.halves().0.searches(), all.frames);
        let compared = all.compared.max(1) as f64;
        for sum in [&mut all.posterior, &mut all.smoothed, &mut all.landmarks] {
            *sum /= compared;
        }
        all
    }

    fn add(&mut self, following: &Observation, searching: &Observation) {
        self.frames += 1;
        self.found[0] += following.faces.len() as u64;
        self.found[1] += searching.faces.len() as u64;
        for face in &following.faces {
            let iou = |other: &&mien::observation::FaceReading| {
                face.detection.bbox.iou(&other.detection.bbox)
            };
            let nearest = searching.faces.iter().max_by(|a, b| iou(a).total_cmp(&iou(b)));
            let Some(other) = nearest.filter(|other| iou(other) > 0.3) else { continue };
            let apart = |a: &[f32], b: &[f32]| {
                f64::from(a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum::<f32>() / 2.0)
            };
            let points = face.detection.landmarks.to_array();
            let others = other.detection.landmarks.to_array();
            let eyes = others[0].distance(others[1]).max(1.0);
            let off: f32 = points.iter().zip(&others).map(|(a, b)| a.distance(*b)).sum();
            self.compared += 1;
            self.same_label += u64::from(same(face.label, other.label));
            self.posterior += apart(face.posterior.as_slice(), other.posterior.as_slice());
            self.smoothed += apart(face.smoothed.as_slice(), other.smoothed.as_slice());
            self.landmarks += f64::from(off / 5.0 / eyes);
        }
    }
}

fn same(a: Label, b: Label) -> bool {
    matches!((a, b), (Label::Unsure(_), Label::Unsure(_))) || a == b
}

#[test]
fn a_followed_face_reads_as_a_searched_one() {
    let mut scene = Scene::new(SceneKind::Steady, SIZE, SEED);
    let frames = (0..600).map(|index| drawn(&mut scene, RunId(1), index, 30.0).0);
    let difference = Difference::over(frames);
    println!("{difference:?}");
    let Difference { frames, searches, found, compared, same_label, .. } = difference;
    assert_eq!(found, [frames; 2]);
    assert_eq!(compared, frames);
    // Every eighth, and a few where a face is not to be followed for certain.
    assert!((75..=150).contains(&searches), "{searches} of {frames} frames were searched");
    assert!(same_label * 100 >= compared * 97, "{same_label} of {compared}");
    assert!(difference.smoothed < 0.03 && difference.landmarks < 0.06, "{difference:?}");
}

#[test]
fn real_faces_that_are_followed_read_as_searched_ones() {
    let media = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/media");
    if !media.is_dir() {
        return eprintln!("SKIPPED: no clips of real faces beside this checkout");
    }
    let clips = ["pyfeat/single_face.mp4", "pyfeat/face_noface.mov", "pyfeat/noface_face.mov"];
    let mut clips: Vec<_> = clips.iter().map(|name| media.join(name)).collect();
    let gifs = std::fs::read_dir(media.join("intel")).unwrap().map(|entry| entry.unwrap().path());
    clips.extend(gifs.filter(|path| path.extension().is_some_and(|extension| extension == "gif")));
    clips.sort();
    for path in clips.iter().filter(|path| path.exists()) {
        // Every frame, and five a second.
        for every in [Duration::ZERO, Duration::from_millis(200)] {
            let mut reader = media::open(path, &OpenOptions::default()).unwrap();
            let pictures = std::iter::from_fn(|| reader.next_item().unwrap());
            let mut next = Duration::ZERO;
            let frames = pictures.filter_map(|item| match item {
                MediaItem::Picture(picture) if picture.pts.since_start() >= next => {
                    next = picture.pts.since_start() + every;
                    Some(picture.into_frame(RunId(1)).unwrap())
                }
                _ => None,
            });
            let difference = Difference::over(frames);
            println!("{} {every:?}: {difference:?}", path.file_name().unwrap().display());
            let Difference { found: [with, without], compared, same_label, .. } = difference;
            assert!(with.abs_diff(without) * 50 <= without + 50, "{difference:?}");
            // One in fifteen, or two of a short clip: a reading on the border of unsure may fall to
            // either side.
            assert!(compared - same_label <= (compared / 15).max(2), "{difference:?}");
            assert!(difference.smoothed < 0.05, "{difference:?}");
        }
    }
}

#[test]
fn a_frame_is_searched_after_a_jump_and_where_nobody_was() {
    let mut scene = Scene::new(SceneKind::Steady, SIZE, SEED);
    let [mut following, _] = pipelines();
    let mut searched = |frame: &Frame| {
        let before = following.halves().0.searches();
        following.process(frame).unwrap();
        following.halves().0.searches() > before
    };
    let face = |scene: &mut Scene, index| drawn(scene, RunId(1), index, 30.0).0;
    let (width, height) = SIZE;
    let grey = vec![120; width as usize * height as usize * 3];
    let empty =
        |index, like: Frame| Frame::new(RunId(1), index, like.pts, SIZE, grey.clone()).unwrap();
    // A face must be found twice before it is followed.
    assert!(searched(&face(&mut scene, 0)) && searched(&face(&mut scene, 1)));
    for index in 2..9 {
        assert!(!searched(&face(&mut scene, index)), "frame {index}");
    }
    assert!(searched(&face(&mut scene, 9)), "a quarter of a second has passed");
    // It is gone, and the next one is noticed in its first frame.
    for index in 10..13 {
        let frame = face(&mut scene, index);
        assert!(searched(&empty(index, frame)), "frame {index}");
    }
    assert!(searched(&face(&mut scene, 13)) && searched(&face(&mut scene, 14)));
    assert!(!searched(&face(&mut scene, 15)));
    // Another run is another scene.
    let frame = drawn(&mut scene, RunId(2), 0, 30.0).0;
    assert!(searched(&frame));
}
