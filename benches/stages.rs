//! What each stage of a frame costs on one core: `cargo bench`.
//!
//! Machines differ, so each time stands beside that of a reference kernel from the same run: a
//! product of f32 matrices in plain Rust on one thread. The ratio is what to compare and to keep.

mod reference;

use mien::frame::{Frame, RunId};
use mien::model::{DetectorModel, EmotionModel};
use mien::observation::{Quality, TrackId};
use mien::pipeline::{Pipeline, PipelineOptions};
use mien::source::demo::{Scene, SceneKind};
use mien::temporal::smooth::{Smoother, Standing};
use mien::temporal::track::Tracker;
use mien::time::Pts;
use mien::vision::align::{align, crop_from_frame};
use mien::vision::classify::EmotionClassifier;
use mien::vision::detect::FaceDetector;
use mien::vision::letterbox::Letterbox;
use mien::vision::pose::head_pose;
use mien::vision::quality::judge;
use mien::vision::signature::Signature;
use reference::Bench;

const SIZE: (u32, u32) = (640, 480);
const RATE_HZ: f64 = 30.0;

fn main() {
    let bench = Bench::new();
    bench.print_head(&format!("one frame of {}x{} with one face", SIZE.0, SIZE.1), "stage");
    stages(&bench);
    #[cfg(feature = "camera")]
    decoding(&bench);
    println!();
    bench.print("load the detector", || DetectorModel::builtin().map(|m| m.card.name));
    bench.print("load the emotion model", || EmotionModel::builtin().map(|m| m.card.name));
}

/// From the drawing to the observation.
fn stages(bench: &Bench) {
    let mut scene = Scene::new(SceneKind::Alone, SIZE, 1);
    let frames: Vec<Frame> = (0..30).map(|index| drawn(&mut scene, index)).collect();
    let frame = &frames[0];

    let (mut rgb, mut index) = (Vec::new(), 0);
    bench.print("demo: draw a frame", || {
        index += 1;
        scene.render(pts(index), &mut rgb)
    });

    let mut detector = FaceDetector::new(DetectorModel::builtin().expect("the built-in model"));
    let input = &detector.model().card.input;
    let mut letterbox = Letterbox::new(input.width as u32, input.height as u32);
    bench.print("letterbox", || letterbox.fit(frame).1);
    bench.print("detect (with letterbox)", || detector.detect(frame));

    let detection = detector.detect(frame).expect("an answer")[0];
    let classifier = EmotionClassifier::new(EmotionModel::builtin().expect("the built-in"));
    let card = &classifier.model().card;
    let (framing, input) = (card.framing.clone(), card.input.clone());
    let transform = crop_from_frame(&detection, &framing, &input).expect("landmarks differ");
    let crop = align(frame, transform, &input).expect("a crop");
    bench.print("align", || align(frame, transform, &input));
    bench.print("classify (with mirror image)", || classifier.posterior(&crop));
    bench.print("quality and pose", || {
        judge(&detection.landmarks, &head_pose(&detection.landmarks), &crop)
    });

    let posterior = classifier.posterior(&crop).expect("an answer");
    let quality = Quality { size: 1.0, light: 1.0, sharpness: 1.0, turn: 1.0, hint: None };
    let options = PipelineOptions::default();
    let (mut tracker, mut index) = (Tracker::new(), 0);
    let mut smoother = Smoother::new(Pts::ZERO, posterior.clone());
    bench.print("track and smooth", || {
        index += 1;
        let coloured = [(detection, Signature::of(frame, &detection.bbox))];
        let faces = tracker.update(pts(index), &coloured);
        assert_eq!(faces[0].track, TrackId(1));
        let standing = Standing { hits: faces[0].hits, age: faces[0].age };
        smoother.update(pts(index), &posterior, &quality, standing, &options)
    });

    let mut pipeline = Pipeline::builtin(options).expect("the built-in models");
    let mut frames = frames.iter().cycle();
    bench.print("whole analysis of a frame", || {
        let observation = pipeline.process(frames.next().expect("a cycle")).expect("an answer");
        assert_eq!(observation.faces.len(), 1);
        observation
    });
}

/// What cameras add before it.
#[cfg(feature = "camera")]
fn decoding(bench: &Bench) {
    use image::codecs::jpeg::JpegEncoder;
    use mien::source::camera::{Decoder, PixelFormat};

    let frame = drawn(&mut Scene::new(SceneKind::Alone, SIZE, 1), 0);
    let mut decoder = Decoder::default();
    let yuyv: Vec<u8> = frame.rgb().chunks_exact(3).flat_map(|p| [p[1], 128]).collect();
    bench.print("decode YUYV", || decoder.decode(PixelFormat::Yuyv, SIZE, &yuyv).expect("a frame"));
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, 85)
        .encode(frame.rgb(), SIZE.0, SIZE.1, image::ExtendedColorType::Rgb8)
        .expect("a JPEG picture");
    let stage = format!("decode MJPEG ({} kB)", jpeg.len() / 1000);
    bench.print(&stage, || decoder.decode(PixelFormat::Mjpeg, SIZE, &jpeg).expect("a frame"));
}

fn pts(index: u64) -> Pts {
    Pts::from_secs_f64(index as f64 / RATE_HZ)
}

fn drawn(scene: &mut Scene, index: u64) -> Frame {
    let mut rgb = Vec::new();
    scene.render(pts(index), &mut rgb);
    Frame::new(RunId(1), index, pts(index), SIZE, rgb).expect("a scene fills its frame")
}
