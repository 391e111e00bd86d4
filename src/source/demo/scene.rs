//! Scenes: who is in the picture and what they do. A scene is a pure function of time.

use super::appearance::{Appearance, Light};
use super::expression::{Blend, Emotion, Expression};
use super::ground_truth::{GroundTruth, hidden_share};
use super::noise::{SensorNoise, mixed};
use super::person::{Act, Person};
use super::pose::Pose;
use super::raster::Canvas;
use super::room::draw_room;
use super::script;
use crate::time::Pts;

/// What happens in a scene.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one at a time, and a still reads better unboxed"
)]
pub enum SceneKind {
    /// One person goes through neutral, happiness, surprise and sadness; loops.
    Alone,
    /// Two people in changing moods who change sides and hide each other; loops.
    Crossing,
    /// One neutral person who hardly moves: what flickers now is not the face.
    Steady,
    /// One person who does not move at all.
    Still(Still),
}

/// One fixed moment, for measuring what changes a reading.
#[derive(Debug, Clone, PartialEq)]
pub struct Still {
    /// The face.
    pub expression: Expression,
    /// What the ground truth calls it.
    pub blend: Blend,
    /// The person.
    pub appearance: Appearance,
    /// Direction of the head.
    pub pose: Pose,
    /// The light.
    pub light: Light,
    /// Half the width of the head as a share of the picture's height, 0.03..=0.4; 0.19 is usual.
    pub head: f32,
    /// Standard deviation of the sensor noise in steps of 8-bit colour, 0..=30; 1.6 is usual.
    pub noise: f32,
}

impl Still {
    /// An emotion at full strength, everything else as in the default scene.
    pub fn of(emotion: Emotion) -> Self {
        Self {
            expression: Expression::of(emotion),
            blend: Blend::pure(emotion),
            appearance: Appearance::default(),
            pose: Pose::default(),
            light: Light::default(),
            head: 0.19,
            noise: USUAL_NOISE,
        }
    }
}

/// Noise of an ordinary webcam in a bright room.
const USUAL_NOISE: f32 = 1.6;

/// A scene of one size, ready to be drawn at any moment.
///
/// Frames are the same every time on one machine; another may round a pixel differently, because
/// sines differ between systems.
pub struct Scene {
    kind: SceneKind,
    size: (u32, u32),
    seed: u64,
    room: Vec<u8>,
    people: Vec<Person>,
    noise: SensorNoise,
}

impl Scene {
    /// A scene of `size` pixels (width, height; each at least 1). `seed` decides about noise and
    /// small movements; the same scene, size and seed give the same pixels.
    pub fn new(kind: SceneKind, size: (u32, u32), seed: u64) -> Self {
        let size = (size.0.max(1), size.1.max(1));
        let [first, second, .., other, _] = Appearance::PEOPLE;
        let (people, noise) = match &kind {
            SceneKind::Alone | SceneKind::Steady => (vec![(first, Light::ROOM)], USUAL_NOISE),
            SceneKind::Crossing => {
                (vec![(other, Light::ROOM), (second, Light::WINDOW)], USUAL_NOISE)
            }
            SceneKind::Still(still) => (vec![(still.appearance, still.light)], still.noise),
        };
        // The room is as bright as the light that people stand in.
        let bright = people.first().map_or(1.0, |(_, light)| light.ambient / Light::ROOM.ambient);
        let bright = (0.45 + 0.55 * bright).clamp(0.2, 1.0);
        let people =
            (0u32..).zip(people).map(|(id, (look, light))| Person::new(id, look, light)).collect();
        let mut room = vec![0; size.0 as usize * size.1 as usize * 3];
        draw_room(size, bright, &mut room);
        Self { kind, size, seed, room, people, noise: SensorNoise::new(noise) }
    }

    /// Width and height in pixels.
    pub fn size(&self) -> (u32, u32) {
        self.size
    }

    /// Draws the moment `pts` into `rgb` (made `width * height * 3` bytes long: R, G, B of each
    /// pixel, row by row from the top left) and says what is in it.
    pub fn render(&mut self, pts: Pts, rgb: &mut Vec<u8>) -> GroundTruth {
        rgb.clear();
        rgb.extend_from_slice(&self.room);
        let acts = self.acts(pts);
        // Back to front: who is larger is nearer.
        let mut order: Vec<usize> = (0..acts.len()).collect();
        order.sort_by(|a, b| acts[*a].placement.radius.total_cmp(&acts[*b].placement.radius));
        let mut canvas = Canvas::new(self.size, rgb);
        let mut people = Vec::with_capacity(order.len());
        for (rank, &i) in order.iter().enumerate() {
            let mut truth = self.people[i].draw(&acts[i], &mut canvas);
            let nearer: Vec<_> = order[rank + 1..].iter().map(|&k| acts[k].placement).collect();
            truth.occluded = hidden_share(&truth.bbox, &nearer);
            people.push(truth);
        }
        people.retain(|p| p.is_visible(self.size));
        people.sort_by_key(|p| p.person);
        let moment = pts.since_start().as_micros() as u64;
        self.noise.add(rgb, mixed(self.seed) ^ mixed(moment));
        GroundTruth { people }
    }

    fn acts(&self, pts: Pts) -> Vec<Act> {
        let secs = script::looped(pts.as_secs_f64());
        match &self.kind {
            SceneKind::Alone => vec![script::alone(self.size, secs, self.seed)],
            SceneKind::Steady => vec![script::steady(self.size, secs, self.seed)],
            SceneKind::Crossing => script::crossing(self.size, secs, self.seed).to_vec(),
            SceneKind::Still(still) => vec![Act {
                placement: script::place(self.size, (0.0, 0.475), still.head.clamp(0.03, 0.4)),
                pose: still.pose,
                expression: still.expression,
                blend: still.blend,
                gaze: (0.0, 0.0),
                blink: 0.0,
            }],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: (u32, u32) = (320, 240);

    fn at(frame: u32) -> Pts {
        Pts::from_secs_f64(f64::from(frame) / 30.0)
    }

    #[test]
    fn a_frame_depends_on_scene_seed_and_moment_alone() {
        let draw = |scene: &mut Scene, frame| {
            let mut rgb = Vec::new();
            let truth = scene.render(at(frame), &mut rgb);
            assert_eq!(rgb.len(), 320 * 240 * 3);
            (rgb, truth)
        };
        for kind in [SceneKind::Alone, SceneKind::Crossing, SceneKind::Steady] {
            let mut scene = Scene::new(kind.clone(), SIZE, 7);
            let late = draw(&mut scene, 300);
            let early = draw(&mut scene, 10);
            assert_ne!(late.0, early.0);
            let mut again = Scene::new(kind.clone(), SIZE, 7);
            assert_eq!(draw(&mut again, 10), early);
            assert_eq!(draw(&mut again, 300), late);
            let mut other = Scene::new(kind, SIZE, 8);
            assert_ne!(draw(&mut other, 10).0, early.0);
        }
    }

    #[test]
    fn landmarks_lie_in_the_face_and_weights_in_range() {
        let mut rgb = Vec::new();
        for kind in [SceneKind::Alone, SceneKind::Crossing, SceneKind::Steady] {
            let mut scene = Scene::new(kind, SIZE, 1);
            for frame in (0..1440).step_by(37) {
                for person in scene.render(at(frame), &mut rgb).people {
                    let b = person.bbox;
                    for p in person.landmarks.to_array() {
                        assert!(p.x > b.x && p.x < b.x + b.w && p.y > b.y && p.y < b.y + b.h);
                    }
                    let l = person.landmarks;
                    assert!(l.eye_left.x < l.eye_right.x && l.mouth_left.x < l.mouth_right.x);
                    assert!(person.weights.iter().all(|w| (0.0..=1.0).contains(w)));
                    assert!((person.weights.iter().sum::<f32>() - 1.0).abs() < 1e-5);
                    assert!((0.0..=1.0).contains(&person.occluded));
                }
            }
        }
    }

    #[test]
    fn two_people_cross_and_hide_each_other_in_turn() {
        let mut scene = Scene::new(SceneKind::Crossing, SIZE, 1);
        let mut rgb = Vec::new();
        let (mut orders, mut most) = (Vec::new(), [0.0f32; 2]);
        for frame in (0..32 * 30).step_by(3) {
            let truth = scene.render(at(frame), &mut rgb);
            for person in &truth.people {
                let most = &mut most[person.person as usize];
                *most = most.max(person.occluded);
            }
            if let [a, b] = &truth.people[..] {
                assert_eq!((a.person, b.person), (0, 1));
                let order = a.bbox.x < b.bbox.x;
                if orders.last() != Some(&order) {
                    orders.push(order);
                }
            }
        }
        assert!(orders.len() >= 4, "they changed sides {} times", orders.len() - 1);
        assert!(most.iter().all(|m| *m > 0.5), "hidden at most {most:?}");
    }

    #[test]
    fn drawing_leaves_a_core_most_of_its_time() {
        let mut scene = Scene::new(SceneKind::Alone, (640, 480), 1);
        let mut rgb = Vec::new();
        let fastest = (0..20)
            .map(|frame| {
                let began = std::time::Instant::now();
                scene.render(at(frame), &mut rgb);
                began.elapsed()
            })
            .min();
        // About 3 ms on a laptop; ten times that would miss the frame rate.
        assert!(fastest < Some(std::time::Duration::from_millis(30)), "{fastest:?}");
    }

    #[test]
    fn landmarks_are_where_the_picture_shows_them() {
        let still = Still { noise: 0.0, ..Still::of(Emotion::Neutral) };
        for yaw in [-0.5, 0.0, 0.4] {
            let pose = Pose { yaw, pitch: 0.05, roll: -0.1 };
            let kind = SceneKind::Still(Still { pose, ..still.clone() });
            let mut rgb = Vec::new();
            let truth = Scene::new(kind, (640, 480), 1).render(Pts::ZERO, &mut rgb);
            let l = truth.people[0].landmarks;
            for eye in [l.eye_left, l.eye_right] {
                let at = (eye.y as usize * 640 + eye.x as usize) * 3;
                let pupil = rgb[at..at + 3].iter().map(|v| u32::from(*v)).sum::<u32>();
                assert!(pupil < 3 * 45, "the pupil is dark, got {pupil} at yaw {yaw}");
            }
        }
    }
}
