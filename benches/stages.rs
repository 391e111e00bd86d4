//! What each stage of a frame costs on one core: `cargo bench`.
//!
//! Machines differ, so each time stands beside that of a reference kernel from the same run: a
//! product of f32 matrices in plain Rust on one thread. The ratio is what to compare and to keep.

use std::hint::black_box;
use std::time::{Duration, Instant};

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

const SIZE: (u32, u32) = (640, 480);
const RATE_HZ: f64 = 30.0;

/// Each stage runs this often, and until this much time has passed.
const RUNS: usize = 60;
const AT_LEAST: Duration = Duration::from_millis(300);

fn main() {
    // `cargo test --benches` only asks whether it runs.
    let quick = std::env::args().any(|argument| argument == "--test");
    let bench = Bench::new(quick);
    println!(
        "reference: product of two {SIDE}x{SIDE} f32 matrices, one thread, {:.1} GFLOP/s\n\
         one frame of {}x{} with one face; times in milliseconds\n",
        2.0 * (SIDE as f64).powi(3) / bench.reference.as_secs_f64() / 1e9,
        SIZE.0,
        SIZE.1,
    );
    println!("{:<34} {:>9} {:>9} {:>10}", "stage", "minimum", "median", "/reference");
    bench.print("reference kernel", || product(&bench.a, &bench.b));
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
    let mut classifier = EmotionClassifier::new(EmotionModel::builtin().expect("the built-in"));
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

/// Times stages against the reference kernel.
struct Bench {
    quick: bool,
    a: Vec<f32>,
    b: Vec<f32>,
    /// Fastest run of the kernel.
    reference: Duration,
}

impl Bench {
    fn new(quick: bool) -> Self {
        let matrix = |seed: usize| (0..SIDE * SIDE).map(|i| ((i * seed) % 17) as f32).collect();
        let mut bench =
            Self { quick, a: matrix(7), b: matrix(5), reference: Duration::from_secs(1) };
        bench.reference = bench.time(&mut || product(&bench.a, &bench.b)).0;
        bench
    }

    /// Prints a row of the table.
    fn print<T>(&self, stage: &str, mut run: impl FnMut() -> T) {
        let (minimum, median) = self.time(&mut run);
        println!(
            "{stage:<34} {:>9.3} {:>9.3} {:>10.2}",
            minimum.as_secs_f64() * 1e3,
            median.as_secs_f64() * 1e3,
            minimum.as_secs_f64() / self.reference.as_secs_f64(),
        );
    }

    /// Minimum and median.
    fn time<T>(&self, run: &mut impl FnMut() -> T) -> (Duration, Duration) {
        let began = Instant::now();
        let mut times = Vec::new();
        // The first run fills caches and buffers.
        black_box(run());
        while times.is_empty() || !self.quick && (times.len() < RUNS || began.elapsed() < AT_LEAST)
        {
            let began = Instant::now();
            black_box(run());
            times.push(began.elapsed());
        }
        times.sort_unstable();
        (times[0], times[times.len() / 2])
    }
}

/// Side of the matrices of the reference kernel.
const SIDE: usize = 256;

/// The reference kernel: rows in blocks that stay in the nearest cache, vectorised by the
/// compiler.
fn product(a: &[f32], b: &[f32]) -> Vec<f32> {
    const BLOCK: usize = 64;
    let mut c = vec![0.0; SIDE * SIDE];
    for first in (0..SIDE).step_by(BLOCK) {
        for (row, a_row) in c.chunks_exact_mut(SIDE).zip(a.chunks_exact(SIDE)) {
            for k in first..first + BLOCK {
                let factor = a_row[k];
                for (sum, value) in row.iter_mut().zip(&b[k * SIDE..(k + 1) * SIDE]) {
                    *sum += factor * value;
                }
            }
        }
    }
    c
}
