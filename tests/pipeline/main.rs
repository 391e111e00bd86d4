//! The core through the real models: against another runtime, on the drawn head with its ground
//! truth, and, where pictures lie beside the checkout, on real faces.

mod baseline;
mod following;
mod media;
mod reference;
mod stills;
mod tracking;
mod trust;

use mien::frame::{Frame, RunId};
use mien::pipeline::{Pipeline, PipelineOptions};
use mien::source::demo::{GroundTruth, Scene};
use mien::time::Pts;

/// Width and height of drawn frames: what webcams send.
const SIZE: (u32, u32) = (640, 480);

/// Small movements of a scene; any number will do.
const SEED: u64 = 1;

fn pipeline() -> Pipeline {
    Pipeline::builtin(PipelineOptions::default()).unwrap()
}

/// Frame `index` of a scene shown at `rate_hz`, with what is in it.
fn drawn(scene: &mut Scene, run: RunId, index: u64, rate_hz: f64) -> (Frame, GroundTruth) {
    let pts = Pts::from_secs_f64(index as f64 / rate_hz);
    let mut rgb = Vec::new();
    let truth = scene.render(pts, &mut rgb);
    (Frame::new(run, index, pts, scene.size(), rgb).unwrap(), truth)
}
