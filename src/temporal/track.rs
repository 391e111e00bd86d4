//! The same face over time.
//!
//! A track is predicted by its motion, matched to detections by distance, size and coarse colour,
//! kept for a second while its face is hidden, and never given the number of another.

use std::time::Duration;

use super::assign::{FORBIDDEN, assign};
use super::motion::Motion;
use crate::observation::{Detection, TrackId};
use crate::time::Pts;
use crate::vision::signature::Signature;

/// A face that is not seen for longer than this is another face when it comes back.
const MAX_HIDDEN: Duration = Duration::from_secs(1);

/// Landmark and box noise of the detector, in face sizes.
const MEASUREMENT: f32 = 0.04;

/// How hard heads accelerate, in face sizes a second squared: somebody who turns on the spot.
const ACCELERATION: f32 = 6.0;

/// A detection further off than this many deviations of the prediction is another face ...
const GATE: f32 = 4.0;

/// ... but it may always be this many face sizes off: heads jerk.
const NEAR: f32 = 0.5;

/// What a difference of colour counts against distance in face sizes.
const COLOUR_WEIGHT: f32 = 6.0;

/// Faces differing more in size than this factor are not the same from frame to frame.
const MAX_SIZE_RATIO: f32 = 2.0;

/// Follows faces through the frames of one run.
#[derive(Debug, Default)]
pub struct Tracker {
    tracks: Vec<TrackState>,
    last_id: u32,
    last_pts: Pts,
}

/// One face in one frame, with its track.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tracked {
    /// Its track.
    pub track: TrackId,
    /// How long it has been followed.
    pub age: Duration,
    /// Frames in which it was found, this one included.
    pub hits: u32,
    /// Where it is now.
    pub detection: Detection,
}

#[derive(Debug)]
struct TrackState {
    id: TrackId,
    since: Pts,
    seen: Pts,
    hits: u32,
    x: Motion,
    y: Motion,
    /// Natural logarithm of the box's mean side in pixels.
    log_size: f32,
    signature: Signature,
}

impl Tracker {
    /// With no tracks.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the detections of the frame at `pts`, each with its colours, and gives each a track.
    /// Returned in the order of track ids.
    pub fn update(&mut self, pts: Pts, detections: &[(Detection, Signature)]) -> Vec<Tracked> {
        let secs = pts.saturating_since(self.last_pts).as_secs_f32();
        self.last_pts = pts;
        self.tracks.retain(|track| pts.saturating_since(track.seen) <= MAX_HIDDEN);
        for track in &mut self.tracks {
            let acceleration = ACCELERATION * track.size();
            track.x.predict(secs, acceleration);
            track.y.predict(secs, acceleration);
        }
        let costs: Vec<Vec<f32>> = self
            .tracks
            .iter()
            .map(|track| detections.iter().map(|(d, s)| track.cost(pts, d, s)).collect())
            .collect();
        let mut free = vec![true; detections.len()];
        let mut tracked = Vec::with_capacity(detections.len());
        for (track, column) in self.tracks.iter_mut().zip(assign(&costs, detections.len())) {
            let Some(column) = column else { continue };
            free[column] = false;
            let (detection, signature) = &detections[column];
            track.follow(pts, detection, signature, crowded(column, detections));
            tracked.push(track.tracked(pts, *detection));
        }
        for (column, (detection, signature)) in detections.iter().enumerate() {
            if free[column] {
                self.last_id += 1;
                let track = TrackState::new(TrackId(self.last_id), pts, detection, *signature);
                tracked.push(track.tracked(pts, *detection));
                self.tracks.push(track);
            }
        }
        tracked.sort_by_key(|face| face.track);
        tracked
    }

    /// Ends all tracks. Faces found from now on get new numbers.
    pub fn forget(&mut self) {
        self.tracks.clear();
    }

    /// Whether this track is seen or may still come back.
    pub fn is_alive(&self, id: TrackId) -> bool {
        self.tracks.iter().any(|track| track.id == id)
    }
}

impl TrackState {
    fn new(id: TrackId, pts: Pts, detection: &Detection, signature: Signature) -> Self {
        let (center, size) = (detection.bbox.center(), mean_side(detection));
        Self {
            id,
            since: pts,
            seen: pts,
            hits: 1,
            x: Motion::at(center.x, MEASUREMENT * size),
            y: Motion::at(center.y, MEASUREMENT * size),
            log_size: size.ln(),
            signature,
        }
    }

    fn size(&self) -> f32 {
        self.log_size.exp()
    }

    fn tracked(&self, pts: Pts, detection: Detection) -> Tracked {
        let age = pts.saturating_since(self.since);
        Tracked { track: self.id, age, hits: self.hits, detection }
    }

    /// Distance from the prediction in face sizes, plus how much size and colours differ.
    fn cost(&self, pts: Pts, detection: &Detection, signature: &Signature) -> f32 {
        let (center, size) = (detection.bbox.center(), self.size());
        let distance = (center.x - self.x.position).hypot(center.y - self.y.position);
        let log_ratio = (mean_side(detection).ln() - self.log_size).abs();
        let deviation = self.x.deviation().max(self.y.deviation());
        // Hidden faces may have stopped or turned: allow one face size for each third of a second.
        let hidden_secs = pts.saturating_since(self.seen).as_secs_f32();
        let reach = (GATE * deviation).clamp(NEAR * size, (NEAR + 3.0 * hidden_secs) * size);
        if distance > reach.max(NEAR * size) || log_ratio > MAX_SIZE_RATIO.ln() {
            return FORBIDDEN;
        }
        distance / size + log_ratio + COLOUR_WEIGHT * self.signature.distance(signature)
    }

    fn follow(&mut self, pts: Pts, detection: &Detection, signature: &Signature, crowded: bool) {
        let (center, size) = (detection.bbox.center(), mean_side(detection));
        self.x.correct(center.x, MEASUREMENT * size);
        self.y.correct(center.y, MEASUREMENT * size);
        self.log_size += 0.5 * (size.ln() - self.log_size);
        // While two faces touch, the colours around one are partly the other's.
        if !crowded {
            self.signature.learn(signature, 0.1);
        }
        self.seen = pts;
        self.hits += 1;
    }
}

/// Mean of width and height in pixels, at least 1.
fn mean_side(detection: &Detection) -> f32 {
    ((detection.bbox.w + detection.bbox.h) / 2.0).max(1.0)
}

/// Whether another detection lies within one face size.
fn crowded(index: usize, detections: &[(Detection, Signature)]) -> bool {
    let (one, _) = &detections[index];
    detections.iter().enumerate().any(|(other, (detection, _))| {
        let distance = one.bbox.center().distance(detection.bbox.center());
        other != index && distance < 1.5 * mean_side(one).max(mean_side(detection))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Frame, RunId};
    use crate::geom::Rect;
    use crate::observation::Landmarks;

    fn colours(value: u8) -> Signature {
        let frame = Frame::new(RunId(0), 0, Pts::ZERO, (2, 2), vec![value; 12]).unwrap();
        Signature::of(&frame, &Rect::new(0.0, 0.0, 2.0, 2.0))
    }

    fn face(x: f32, colour: u8) -> (Detection, Signature) {
        let bbox = Rect::new(x, 100.0, 80.0, 100.0);
        (Detection { bbox, score: 0.9, landmarks: Landmarks::default() }, colours(colour))
    }

    fn at(frame: u32, rate_hz: f64) -> Pts {
        Pts::from_secs_f64(f64::from(frame) / rate_hz)
    }

    #[test]
    fn a_face_keeps_its_number_through_a_second_of_loss_and_no_longer() {
        let mut tracker = Tracker::new();
        let first = tracker.update(at(0, 30.0), &[face(200.0, 90)])[0].track;
        for frame in 1..30 {
            assert!(tracker.update(at(frame, 30.0), &[]).is_empty());
        }
        assert_eq!(tracker.update(at(30, 30.0), &[face(205.0, 90)])[0].track, first);
        let back = tracker.update(at(62, 30.0), &[face(205.0, 90)])[0].track;
        assert_ne!(back, first, "after more than a second it is a new face");
    }

    #[test]
    fn two_that_cross_keep_their_numbers_at_either_rate() {
        for rate_hz in [15.0, 30.0] {
            let mut tracker = Tracker::new();
            let mut numbers: Option<[TrackId; 2]> = None;
            let frames = (8.0 * rate_hz) as u32;
            for frame in 0..frames {
                // To and fro, crossing every two seconds; the second is hidden where they overlap.
                let swing = (f64::from(frame) / rate_hz * std::f64::consts::FRAC_PI_2).cos() as f32;
                let (front, behind) = (300.0 - 180.0 * swing, 300.0 + 180.0 * swing);
                let mut faces = vec![face(front, 90)];
                if (front - behind).abs() > 50.0 {
                    faces.push(face(behind, 110));
                }
                let tracked = tracker.update(at(frame, rate_hz), &faces);
                let of = |x: f32| tracked.iter().find(|t| t.detection.bbox.x == x).map(|t| t.track);
                let [a, b] = *numbers.get_or_insert([TrackId(1), TrackId(2)]);
                assert_eq!(of(front), Some(a), "frame {frame} at {rate_hz}");
                if faces.len() == 2 {
                    assert_eq!(of(behind), Some(b), "frame {frame} at {rate_hz}");
                }
            }
        }
    }

    #[test]
    fn after_forgetting_the_same_place_is_another_face() {
        let mut tracker = Tracker::new();
        tracker.update(at(0, 30.0), &[face(50.0, 90), face(300.0, 90)]);
        tracker.forget();
        assert!(!tracker.is_alive(TrackId(1)));
        assert_eq!(tracker.update(at(1, 30.0), &[face(50.0, 90)])[0].track, TrackId(3));
    }

    #[test]
    fn a_face_elsewhere_is_another_face() {
        let mut tracker = Tracker::new();
        tracker.update(at(0, 30.0), &[face(50.0, 90)]);
        let tracked = tracker.update(at(1, 30.0), &[face(400.0, 90)]);
        assert_eq!(tracked[0].track, TrackId(2));
        assert!(tracker.is_alive(TrackId(1)));
    }
}
