//! Ten guided seconds: takes in observations, keeps the good readings of one face, and says what
//! stands in the way of the others. A function of what it is handed: reads no clock and no file.

use std::time::Duration;

use super::estimate::{Sample, estimate};
use super::{Baseline, Made, Reference, Refusal};
use crate::frame::RunId;
use crate::geom::Point;
use crate::observation::{FaceReading, Hint, Observation, TrackId};
use crate::time::Pts;

/// Good time that is wanted where somebody sits before the camera.
pub const TARGET: Duration = Duration::from_secs(10);
/// Good time without which there is no baseline.
pub const LEAST: Duration = Duration::from_secs(3);
/// Readings in that time; fewer are a handful of pictures.
const FEWEST: usize = 20;
/// Readings further apart do not belong together.
const PAUSE: Duration = Duration::from_millis(500);
/// A second face counts from this share of the first one's area: smaller ones are pictures on a
/// wall, people at the back and mistakes of the detector.
const SECOND_FACE: f32 = 0.2;
/// Readings of a lower quality are not taken.
const GOOD_ENOUGH: f32 = 0.3;
/// Eye distances a second beyond which a head moves, ...
const MOVES: f32 = 1.5;
/// ... and those that two readings of a still head may lie apart.
const JITTER: f32 = 0.06;

/// What stands in the way of a reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    /// There is no face.
    NoFace,
    /// There are several.
    Several,
    /// The head moves.
    Moves,
    /// The reading is poor.
    Poor(Hint),
}

impl Obstacle {
    /// What it is.
    pub fn words(self) -> &'static str {
        match self {
            Self::NoFace => "There is no face.",
            Self::Several => "There are several faces.",
            Self::Moves => "The head moves.",
            Self::Poor(_) => "The face can't be seen well.",
        }
    }

    /// What to do.
    pub fn advice(self) -> &'static str {
        match self {
            Self::NoFace => "Sit before the camera.",
            Self::Several => "Be alone in the picture.",
            Self::Moves => "Hold still.",
            Self::Poor(hint) => hint.advice(),
        }
    }
}

/// Faces are numbered anew in every run.
type Track = (RunId, TrackId);

/// The face in the frame before.
#[derive(Debug, Clone, Copy)]
struct Last {
    track: Track,
    pts: Pts,
    at: Point,
    taken: bool,
}

/// Readings on their way to a baseline.
#[derive(Debug, Clone)]
pub struct Gathering {
    reference: Reference,
    target: Duration,
    track: Option<Track>,
    samples: Vec<Sample>,
    good: Duration,
    last: Option<Last>,
    obstacle: Option<Obstacle>,
    /// Frames that each obstacle cost.
    missed: Vec<(Obstacle, u32)>,
}

impl Gathering {
    /// Nothing yet; `target` is how much good time is wanted.
    pub fn new(reference: Reference, target: Duration) -> Self {
        Self {
            reference,
            target,
            track: None,
            samples: Vec::new(),
            good: Duration::ZERO,
            last: None,
            obstacle: None,
            missed: Vec::new(),
        }
    }

    /// Takes in the next observation. What is gathered is the posterior as read, also where another
    /// baseline is applied meanwhile.
    pub fn offer(&mut self, observation: &Observation) {
        if self.is_done() {
            return;
        }
        match self.face(observation) {
            Ok(face) => self.take((observation.run, face.track), observation.pts, face),
            Err(obstacle) => {
                self.last = None;
                self.miss(obstacle);
            }
        }
    }

    /// The one face, if nothing stands in its way.
    fn face<'a>(&self, observation: &'a Observation) -> Result<&'a FaceReading, Obstacle> {
        let area = |face: &FaceReading| face.detection.bbox.area();
        let mut faces: Vec<&FaceReading> = observation.faces.iter().collect();
        faces.sort_by(|a, b| area(b).total_cmp(&area(a)));
        let face = *faces.first().ok_or(Obstacle::NoFace)?;
        if faces.get(1).is_some_and(|second| area(second) >= SECOND_FACE * area(face)) {
            return Err(Obstacle::Several);
        }
        if face.quality.overall() < GOOD_ENOUGH {
            return Err(Obstacle::Poor(face.quality.hint.unwrap_or(Hint::Ambiguous)));
        }
        Ok(face)
    }

    fn take(&mut self, track: Track, pts: Pts, face: &FaceReading) {
        let (at, eyes) = place(face);
        let last = self.last.filter(|last| last.track == track);
        let since = last.map(|last| pts.saturating_since(last.pts)).unwrap_or_default();
        let moves = last.is_some_and(|last| {
            at.distance(last.at) > eyes * (JITTER + MOVES * since.as_secs_f32())
        });
        self.last = Some(Last { track, pts, at, taken: !moves });
        if moves {
            self.miss(Obstacle::Moves);
            return;
        }
        if self.track != Some(track) {
            // A face that was lost and found may be another person's.
            self.track = Some(track);
            self.samples.clear();
            self.good = Duration::ZERO;
        }
        if last.is_some_and(|last| last.taken) && since <= PAUSE {
            self.good += since;
        }
        self.obstacle = None;
        self.samples.push(Sample {
            second: self.good.as_secs(),
            posterior: face.posterior.clone(),
            at,
            eyes,
            turn: (face.pose.yaw_deg, face.pose.pitch_deg),
        });
    }

    fn miss(&mut self, obstacle: Obstacle) {
        self.obstacle = Some(obstacle);
        match self.missed.iter_mut().find(|(known, _)| *known == obstacle) {
            Some((_, count)) => *count += 1,
            None => self.missed.push((obstacle, 1)),
        }
    }

    /// Good time so far.
    pub fn gathered(&self) -> Duration {
        self.good.min(self.target)
    }

    /// Good time that is still wanted.
    pub fn left(&self) -> Duration {
        self.target.saturating_sub(self.good)
    }

    /// How far it is, 0..=1.
    pub fn progress(&self) -> f32 {
        (self.good.as_secs_f32() / self.target.as_secs_f32().max(f32::EPSILON)).min(1.0)
    }

    /// Whether all that was wanted is there.
    pub fn is_done(&self) -> bool {
        self.good >= self.target
    }

    /// What stands in the way at this moment.
    pub fn obstacle(&self) -> Option<Obstacle> {
        self.obstacle
    }

    /// The baseline of what was gathered.
    ///
    /// # Errors
    /// Says why there is none, and what to do.
    pub fn end(self, labels: &[String], made: Made) -> Result<Baseline, Refusal> {
        let worst = self.missed.iter().max_by_key(|(_, count)| *count);
        if self.good < LEAST {
            let taken = self.samples.len() as u32;
            return Err(match worst {
                Some((obstacle, count)) if *count >= taken => {
                    Refusal::Obstacle { obstacle: *obstacle }
                }
                _ => Refusal::TooShort {
                    seconds: self.good.as_secs_f64(),
                    needed: LEAST.as_secs_f64(),
                },
            });
        }
        if self.samples.len() < FEWEST {
            return Err(Refusal::TooFew { frames: self.samples.len(), needed: FEWEST });
        }
        estimate(&self.samples, &self.reference, labels, self.good, made)
    }
}

/// The middle between the eyes, and their distance, in pixels.
fn place(face: &FaceReading) -> (Point, f32) {
    let landmarks = &face.detection.landmarks;
    let (left, right) = (landmarks.eye_left, landmarks.eye_right);
    let middle = Point::new((left.x + right.x) / 2.0, (left.y + right.y) / 2.0);
    (middle, landmarks.eye_distance().max(1.0))
}
