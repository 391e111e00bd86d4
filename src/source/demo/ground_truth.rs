//! What is really in a drawn frame.

use super::appearance::Appearance;
use super::expression::{Blend, Emotion, Expression};
use super::head::{EYE_X, EYE_Y, NOSE_Y, face_point, jaw_drop};
use super::paint::{corner_rise, mouth_half, mouth_middle};
use super::pose::{Placement, View};
use crate::geom::{Point, Rect};
use crate::observation::Landmarks;

/// What is in a frame.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct GroundTruth {
    /// Everyone of whom something can be seen, ordered by [`PersonTruth::person`].
    pub people: Vec<PersonTruth>,
}

/// What is known about one person in a frame.
#[derive(Debug, Clone, PartialEq)]
pub struct PersonTruth {
    /// The same person over the whole scene, from 0.
    pub person: u32,
    /// The face from forehead to chin and from cheek to cheek, pixels; may reach beyond the
    /// picture.
    pub bbox: Rect,
    /// Exact by construction, also where they are hidden.
    pub landmarks: Landmarks,
    /// The emotion shown, with the largest share.
    pub emotion: Emotion,
    /// Shares of all emotions in the order of [`Emotion::ALL`], each 0..=1, sum 1.
    pub weights: [f32; 8],
    /// How much of the face is hidden by people in front, 0..=1.
    pub occluded: f32,
}

impl PersonTruth {
    /// What can be read off the geometry; nobody in front yet.
    pub(super) fn of(
        person: u32,
        look: &Appearance,
        blend: &Blend,
        e: &Expression,
        view: &View,
    ) -> Self {
        let (half, middle) = (mouth_half(e), mouth_middle(e));
        let at = |x: f32, y: f32| view.point(face_point(x, y, look, e));
        let corner = |side: f32| at(side * half, middle - corner_rise(e, side));
        let landmarks = Landmarks {
            eye_left: at(-EYE_X, EYE_Y),
            eye_right: at(EYE_X, EYE_Y),
            nose: at(0.0, NOSE_Y),
            mouth_left: corner(-1.0),
            mouth_right: corner(1.0),
        };
        // As detectors see it: from the hairline to above the edge of the chin.
        let chin = 1.0 + jaw_drop(e);
        let outline = [
            (0.0, -0.88),
            (-0.45, -0.80),
            (0.45, -0.80),
            (-0.80, -0.2),
            (0.80, -0.2),
            (-0.74, 0.3),
            (0.74, 0.3),
            (-0.35, chin - 0.1),
            (0.35, chin - 0.1),
            (0.0, chin),
        ]
        .map(|(x, y)| at(x, y));
        let points = landmarks.to_array().into_iter().chain(outline);
        let (mut low, mut high) = (Point::new(f32::MAX, f32::MAX), Point::new(f32::MIN, f32::MIN));
        for p in points {
            low = Point::new(low.x.min(p.x), low.y.min(p.y));
            high = Point::new(high.x.max(p.x), high.y.max(p.y));
        }
        let (emotion, _) = blend.top();
        Self {
            person,
            bbox: Rect::from_corners(low.x, low.y, high.x, high.y),
            landmarks,
            emotion,
            weights: blend.weights(),
            occluded: 0.0,
        }
    }

    /// Whether some of the face lies within a picture of that size and is not hidden.
    pub(super) fn is_visible(&self, (width, height): (u32, u32)) -> bool {
        let b = &self.bbox;
        b.x < width as f32
            && b.y < height as f32
            && b.x + b.w > 0.0
            && b.y + b.h > 0.0
            && self.occluded < 1.0
    }
}

/// Share of a face (an ellipse in `bbox`) that lies behind people standing at `nearer`.
pub(super) fn hidden_share(bbox: &Rect, nearer: &[Placement]) -> f32 {
    const SIDE: usize = 24;
    let center = bbox.center();
    let (mut all, mut hidden) = (0u32, 0u32);
    for j in 0..SIDE {
        for i in 0..SIDE {
            let u = (i as f32 + 0.5) / SIDE as f32 * 2.0 - 1.0;
            let v = (j as f32 + 0.5) / SIDE as f32 * 2.0 - 1.0;
            if u * u + v * v <= 1.0 {
                let p = Point::new(center.x + u * bbox.w / 2.0, center.y + v * bbox.h / 2.0);
                all += 1;
                hidden += u32::from(nearer.iter().any(|place| covers(place, p)));
            }
        }
    }
    hidden as f32 / all as f32
}

/// Whether a person at that place hides the point: head with hair, neck or shoulders.
fn covers(place: &Placement, p: Point) -> bool {
    let (x, y) = ((p.x - place.x) / place.radius, (p.y - place.y) / place.radius);
    let head = (x / 1.02).powi(2) + ((y + 0.08) / 1.30).powi(2) < 1.0;
    let neck = x.abs() < 0.47 && y > 0.5;
    let shoulders = y > 1.35 && x.abs() < 0.5 + 1.9 * (y - 1.35).min(0.55);
    head || neck || shoulders
}
