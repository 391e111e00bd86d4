//! A drawn head: what a user without a camera sees, and what tests run on without anyone's
//! picture.
//!
//! ```text
//! script (who does what when) -> person (back to front) -> raster (soft-edged surfaces)
//!    expression, appearance, pose -> head, body (shape and light) -> paint (eyes, mouth, hair)
//! scene = room + people + sensor noise, a pure function of time, with its ground truth
//! ```

mod appearance;
mod body;
mod curve;
mod expression;
mod ground_truth;
mod head;
mod noise;
mod paint;
mod person;
mod pose;
mod raster;
mod room;
mod scene;
mod script;

use std::time::{Duration, Instant};

use super::{FrameSource, SourceError, SourceInfo};
use crate::frame::{Frame, RunId};
use crate::runtime::cancel::Cancelled;
use crate::time::Pts;

pub use appearance::{Appearance, HairStyle, Light};
pub use expression::{Blend, Emotion, Expression};
pub use ground_truth::{GroundTruth, PersonTruth};
pub use pose::{Placement, Pose};
pub use scene::{Scene, SceneKind, Still};

/// What webcams do unless asked for more.
const SIZE: (u32, u32) = (640, 480);
const RATE_HZ: f64 = 30.0;
/// Decides about small movements; any number will do.
const SEED: u64 = 1;

/// One neutral face, for trying out the rest.
///
/// # Panics
/// Never: a scene fills the frame it was made for.
pub fn sample_frame(run: RunId) -> Frame {
    first_frame(SceneKind::Steady, SEED, run).0
}

/// One picture of 640x480 of what is described, and what is to be found in it. `seed` decides about
/// the noise of the camera.
///
/// # Panics
/// Never: a scene fills the frame it was made for.
pub fn still_frame(still: &Still, seed: u64, run: RunId) -> (Frame, GroundTruth) {
    first_frame(SceneKind::Still(still.clone()), seed, run)
}

fn first_frame(kind: SceneKind, seed: u64, run: RunId) -> (Frame, GroundTruth) {
    let mut rgb = Vec::new();
    let truth = Scene::new(kind, SIZE, seed).render(Pts::ZERO, &mut rgb);
    let frame = Frame::new(run, 0, Pts::ZERO, SIZE, rgb).expect("a scene fills its frame");
    (frame, truth)
}

/// A drawn scene as a live source, paced by the clock.
pub struct DemoSource {
    run: RunId,
    info: SourceInfo,
    kind: SceneKind,
    /// Made at the first frame, when the size is known.
    scene: Option<Scene>,
    started: Option<Instant>,
    next_index: u64,
}

impl DemoSource {
    /// A scene with one person, or with two.
    pub fn open(people: u8, run: RunId) -> Self {
        Self::of(if people < 2 { SceneKind::Alone } else { SceneKind::Crossing }, run)
    }

    /// Any scene.
    pub fn of(kind: SceneKind, run: RunId) -> Self {
        let info = SourceInfo {
            name: "Demo".to_owned(),
            size: SIZE,
            nominal_rate_hz: RATE_HZ,
            format: "drawn".to_owned(),
            // Nobody sees themselves here, and the ground truth stays on the side it is drawn on.
            mirror: false,
        };
        Self { run, info, kind, scene: None, started: None, next_index: 0 }
    }

    /// Another frame rate, 1..=240 Hz.
    #[must_use]
    pub fn with_rate(mut self, rate_hz: f64) -> Self {
        self.info.nominal_rate_hz = rate_hz.clamp(1.0, 240.0);
        self
    }

    /// Another size of the picture in pixels, each side at least 1.
    #[must_use]
    pub fn with_size(mut self, (width, height): (u32, u32)) -> Self {
        self.info.size = (width.max(1), height.max(1));
        self
    }

    /// The frame to deliver next: the following one, or the one that is due by now if the caller
    /// was away. A camera would have captured those between, so they count.
    fn index_due(&self, since_start: Duration) -> u64 {
        let due = (since_start.as_secs_f64() * self.info.nominal_rate_hz) as u64;
        self.next_index.max(due)
    }
}

impl FrameSource for DemoSource {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn next_frame(&mut self, cancelled: &Cancelled) -> Result<Frame, SourceError> {
        if cancelled.is_cancelled() {
            return Err(SourceError::Cancelled);
        }
        let size = self.info.size;
        let started = *self.started.get_or_insert_with(Instant::now);
        let index = self.index_due(started.elapsed());
        self.next_index = index + 1;
        let pts = Pts::from_secs_f64(index as f64 / self.info.nominal_rate_hz);
        let scene = self.scene.get_or_insert_with(|| Scene::new(self.kind.clone(), size, SEED));
        let mut rgb = Vec::with_capacity(size.0 as usize * size.1 as usize * 3);
        // Drawn ahead of time, so that the frame is there at the very moment it is due.
        scene.render(pts, &mut rgb);
        if !cancelled.sleep_until(started + pts.since_start()) {
            return Err(SourceError::Cancelled);
        }
        Frame::new(self.run, index, pts, size, rgb)
            .map_err(|wrong| SourceError::DamagedFrame { reason: wrong.to_string() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::cancel::cancel_token;

    #[test]
    fn frames_come_at_their_rate_and_say_when() {
        let (_guard, cancelled) = cancel_token();
        let mut source = DemoSource::open(1, RunId(3)).with_rate(60.0).with_size((160, 120));
        let began = Instant::now();
        let mut last = None;
        for _ in 0..7 {
            let frame = source.next_frame(&cancelled).unwrap();
            assert_eq!((frame.run, frame.size()), (RunId(3), (160, 120)));
            assert!((frame.pts.as_secs_f64() - frame.index as f64 / 60.0).abs() < 1e-6);
            assert!(last < Some(frame.index));
            last = Some(frame.index);
        }
        assert!(last >= Some(6));
        assert!(began.elapsed() >= Duration::from_secs_f64(6.0 / 60.0));
        assert_eq!(source.info().name, "Demo");
    }

    #[test]
    fn frames_missed_by_a_late_caller_are_counted() {
        let mut source = DemoSource::open(2, RunId(1));
        assert_eq!(source.index_due(Duration::ZERO), 0);
        assert_eq!(source.index_due(Duration::from_millis(95)), 2);
        source.next_index = 5;
        assert_eq!(source.index_due(Duration::from_millis(95)), 5);
        assert_eq!(source.index_due(Duration::from_millis(1010)), 30);
    }

    #[test]
    fn stops_when_cancelled_even_while_waiting() {
        let (guard, cancelled) = cancel_token();
        let mut source = DemoSource::open(1, RunId(1)).with_rate(1.0).with_size((64, 48));
        source.next_frame(&cancelled).unwrap();
        let began = Instant::now();
        drop(guard);
        assert_eq!(source.next_frame(&cancelled), Err(SourceError::Cancelled));
        assert!(began.elapsed() < Duration::from_millis(500));
    }
}
