//! One person, drawn from back to front.

use super::appearance::{Appearance, Light};
use super::body::{Part, draw_ear, draw_long_hair, draw_torso};
use super::expression::{Blend, Expression};
use super::ground_truth::PersonTruth;
use super::head::{COLUMNS, Head, jaw_drop};
use super::noise::Strands;
use super::paint::FacePaint;
use super::pose::{Placement, Pose, View};
use super::raster::{Canvas, draw};

/// What a person does at one moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Act {
    /// Where.
    pub placement: Placement,
    /// Direction of the head.
    pub pose: Pose,
    /// What the face does.
    pub expression: Expression,
    /// Shares of emotions in that, for the ground truth.
    pub blend: Blend,
    /// Where the eyes look relative to the head, -1..=1 to the right and down.
    pub gaze: (f32, f32),
    /// 0 (open) to 1 (shut).
    pub blink: f32,
}

/// Someone who can be drawn.
pub struct Person {
    id: u32,
    head: Head,
    strands: Strands,
    light: Light,
}

impl Person {
    /// `id` is handed on to [`PersonTruth::person`].
    pub fn new(id: u32, look: Appearance, light: Light) -> Self {
        Self { id, head: Head::new(look), strands: Strands::new(u64::from(id) + 11), light }
    }

    /// Draws the person over what is there and says what was drawn.
    pub fn draw(&mut self, act: &Act, canvas: &mut Canvas<'_>) -> PersonTruth {
        let e = act.expression;
        let view = View::head(act.placement, act.pose);
        let upright = View::body(act.placement);
        let lamp = self.light.prepared();
        let look = *self.head.look();
        draw_long_hair(canvas, &look, &view, &lamp, &self.strands, Part::Behind);
        draw_torso(canvas, &look, &upright, &lamp, jaw_drop(&e));
        for side in [-1.0, 1.0] {
            draw_ear(canvas, &look, &view, &lamp, side, false);
        }
        let radius = act.placement.radius;
        let paint = FacePaint::new(&look, &e, act.gaze, act.blink, radius, &self.strands);
        let (vertices, near) = self.head.vertices(&e, &view, &lamp);
        draw(canvas, vertices, COLUMNS, near, &|v| paint.shade(v));
        for side in [-1.0, 1.0] {
            draw_ear(canvas, &look, &view, &lamp, side, true);
        }
        draw_long_hair(canvas, &look, &view, &lamp, &self.strands, Part::Locks);
        PersonTruth::of(self.id, &look, &act.blend, &e, &view)
    }
}
