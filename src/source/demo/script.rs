//! What people do over time: moods, blinks, gaze, small movements and walks. Everything is a
//! function of time alone, so any moment can be drawn without the ones before.

use super::curve::{mix, step};
use super::expression::{Blend, Emotion, Expression};
use super::noise::uniform;
use super::person::Act;
use super::pose::{Placement, Pose};

/// Seconds from one expression to the next: faces take about half a second (Krumhuber et al.
/// 2013).
const CHANGE_SECS: f32 = 0.55;

/// Everything repeats after this many seconds: moods twice, walks three times.
const LOOP_SECS: f32 = 96.0;

/// An expression and for how many seconds it is held, the change to it included.
type Mood = (Emotion, f32);

/// The first mood goes on where the last one ends, so that the loop has no seam.
const ALONE: [Mood; 9] = [
    (Emotion::Neutral, 3.0),
    (Emotion::Happiness, 8.0),
    (Emotion::Neutral, 5.0),
    (Emotion::Surprise, 6.0),
    (Emotion::Neutral, 5.0),
    (Emotion::Sadness, 7.0),
    (Emotion::Neutral, 4.0),
    (Emotion::Happiness, 8.0),
    (Emotion::Neutral, 2.0),
];

const OTHER: [Mood; 9] = [
    (Emotion::Happiness, 4.0),
    (Emotion::Neutral, 6.0),
    (Emotion::Surprise, 5.0),
    (Emotion::Neutral, 5.0),
    (Emotion::Happiness, 8.0),
    (Emotion::Neutral, 5.0),
    (Emotion::Sadness, 6.0),
    (Emotion::Neutral, 6.0),
    (Emotion::Happiness, 3.0),
];

/// The moment of the loop, in seconds, exact however long the scene has run.
pub fn looped(secs: f64) -> f32 {
    secs.rem_euclid(f64::from(LOOP_SECS)) as f32
}

/// The expression at a moment of a loop of moods.
fn mood(moods: &[Mood], secs: f32) -> Blend {
    let mut left = secs.rem_euclid(moods.iter().map(|m| m.1).sum());
    let mut before = moods[moods.len() - 1].0;
    for (emotion, held) in moods {
        if left < *held {
            return Blend::between(before, *emotion, step(0.0, CHANGE_SECS, left));
        }
        left -= held;
        before = *emotion;
    }
    Blend::pure(before)
}

/// How far the lids are shut: a blink every three to five seconds, a quarter of a second long.
fn blink(secs: f32, seed: u64) -> f32 {
    const EVERY_SECS: f32 = LOOP_SECS / 24.0;
    let turn = (secs / EVERY_SECS).floor();
    let start = 0.6 + 2.6 * uniform(seed ^ 0xB11A ^ ((turn as u64) << 20));
    let t = secs - turn * EVERY_SECS - start;
    step(0.0, 0.09, t) * step(0.27, 0.12, t)
}

/// Where the eyes look: at the camera, with a glance aside now and then.
fn gaze(secs: f32, seed: u64) -> (f32, f32) {
    const GLANCES: f32 = 56.0;
    const EVERY_SECS: f32 = LOOP_SECS / GLANCES;
    let turn = (secs / EVERY_SECS).floor();
    let target = |turn: f32| {
        let salt = (turn.rem_euclid(GLANCES) as u64) << 24;
        let roll = |n: u64| uniform(seed ^ n ^ salt);
        // Every third time or so somewhere else, else nearly straight ahead.
        let reach = if roll(1) < 0.3 { 0.75 } else { 0.14 };
        ((2.0 * roll(2) - 1.0) * reach, (2.0 * roll(3) - 1.0) * reach * 0.5)
    };
    // Eyes jump within a twentieth of a second.
    let t = step(0.0, 0.06, secs - turn * EVERY_SECS);
    let (from, to) = (target(turn - 1.0), target(turn));
    (mix(from.0, to.0, t), mix(from.1, to.1, t))
}

/// A wave with that many periods in the loop.
fn wave(secs: f32, periods: u32, phase: f32) -> f32 {
    (std::f32::consts::TAU * periods as f32 * secs / LOOP_SECS + phase).sin()
}

/// A slow wandering number in -1..=1, another one for each `salt`.
fn drift(secs: f32, seed: u64, salt: u64) -> f32 {
    let phase = |k: u64| std::f32::consts::TAU * uniform(seed ^ (salt << 8) ^ k);
    0.55 * wave(secs, 6, phase(1))
        + 0.30 * wave(secs, 15, phase(2))
        + 0.15 * wave(secs, 28, phase(3))
}

/// Someone at rest at a place: breathing, looking about, in the mood of the moment.
fn idle(placement: Placement, blend: Blend, secs: f32, seed: u64) -> Act {
    let [_, _, surprise, sadness, ..] = blend.weights();
    // Fourteen breaths a minute.
    let breath = wave(secs, 22, 0.0);
    let sway = |salt| drift(secs, seed, salt);
    Act {
        placement: Placement {
            x: placement.x + placement.radius * 0.06 * sway(1),
            y: placement.y + placement.radius * (0.012 * breath + 0.02 * sway(2)),
            radius: placement.radius * (1.0 + 0.015 * sway(3)),
        },
        pose: Pose {
            yaw: 0.15 * sway(4),
            pitch: 0.05 * sway(5) + 0.05 * surprise - 0.08 * sadness,
            roll: 0.045 * sway(6) + 0.04 * sadness,
        },
        expression: Expression::blended(&blend),
        blend,
        gaze: gaze(secs, seed),
        // Nobody blinks in the middle of a surprise.
        blink: blink(secs, seed) * (1.0 - surprise),
    }
}

/// One person in front of the camera.
pub fn alone(size: (u32, u32), secs: f32, seed: u64) -> Act {
    let placement = place(size, (0.0, 0.475), 0.190);
    idle(placement, mood(&ALONE, secs), secs, seed)
}

/// One person who hardly moves and keeps a neutral face, but blinks.
pub fn steady(size: (u32, u32), secs: f32, seed: u64) -> Act {
    let rest = idle(place(size, (0.0, 0.475), 0.190), Blend::pure(Emotion::Neutral), secs, seed);
    let Pose { yaw, pitch, roll } = rest.pose;
    let pose = Pose { yaw: 0.2 * yaw, pitch: 0.2 * pitch, roll: 0.2 * roll };
    Act { pose, ..rest }
}

/// Two people who change sides every eight seconds, each in front of the other in turn.
pub fn crossing(size: (u32, u32), secs: f32, seed: u64) -> [Act; 2] {
    const EVERY_SECS: f32 = 8.0;
    const WALK_SECS: f32 = 3.0;
    let turn = (secs / EVERY_SECS).floor();
    // They stand first and walk at the end of each turn.
    let t = (secs - turn * EVERY_SECS - (EVERY_SECS - WALK_SECS)) / WALK_SECS;
    let done = step(0.0, 1.0, t);
    let from = if turn.rem_euclid(2.0) == 0.0 { -1.0 } else { 1.0 };
    let side = mix(from, -from, done);
    let speed = -from * 4.0 * done * (1.0 - done);
    // Whoever leads at a crossing is nearer during all of it; between crossings they change.
    let lead = |turn: f32| if turn.rem_euclid(4.0) < 2.0 { 1.0 } else { -1.0 };
    let near = mix(lead(turn - 1.0), lead(turn), step(0.0, 2.0, secs - turn * EVERY_SECS));
    let one = |side: f32, near: f32, height: f32, moods: &[Mood], seed: u64, speed: f32| {
        let placement = place(size, (0.30 * side, height), 0.142 + 0.012 * near);
        let mut act = idle(placement, mood(moods, secs), secs, seed);
        act.pose.yaw += 0.24 * speed - 0.05 * side;
        act
    };
    [
        one(side, near, 0.44, &ALONE, seed, speed),
        one(-side, -near, 0.47, &OTHER, seed ^ 0x2_0000_0001, -speed),
    ]
}

/// A place given in heights of the picture: to the right of its middle, down from its top.
pub fn place((width, height): (u32, u32), (right, down): (f32, f32), radius: f32) -> Placement {
    let h = height as f32;
    // In an upright picture people must fit its width.
    let narrow = (width as f32 / h).min(4.0 / 3.0) * 0.75;
    Placement {
        x: width as f32 / 2.0 + right * h * narrow,
        y: down * h,
        radius: radius * h * narrow,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: (u32, u32) = (640, 480);

    #[test]
    fn moods_fill_the_loop_and_hold_long_enough_to_be_read() {
        for moods in [ALONE, OTHER] {
            let [(first, start), .., (last, end)] = moods;
            assert_eq!(LOOP_SECS % moods.iter().map(|m| m.1).sum::<f32>(), 0.0);
            assert!(first == last && start + end >= 4.0);
            assert!(moods[1..8].iter().all(|m| m.1 >= 4.0));
            assert_eq!(mood(&moods, 0.0), Blend::pure(first));
        }
        assert_eq!(mood(&ALONE, 9.0), Blend::pure(Emotion::Happiness));
        assert_eq!(mood(&ALONE, 48.0 + 9.0), Blend::pure(Emotion::Happiness));
    }

    #[test]
    fn people_blink_now_and_then_and_not_for_long() {
        let shut = (0..6000).filter(|i| blink(*i as f32 * 0.01, 5) > 0.5).count();
        assert!((100..400).contains(&shut), "{shut} of 6000 hundredths of a second");
    }

    #[test]
    fn nobody_jumps() {
        // Once around the loop and over its seam.
        for frame in 0..30 * (LOOP_SECS as u32 + 2) {
            let at = |frame: u32| looped(f64::from(frame) / 30.0);
            let (a, b) = (at(frame), at(frame + 1));
            for (p, q) in crossing(SIZE, a, 1).into_iter().zip(crossing(SIZE, b, 1)) {
                assert!((p.placement.x - q.placement.x).abs() < 12.0, "{a} s");
                assert!((p.pose.yaw - q.pose.yaw).abs() < 0.05, "{a} s");
                assert!((p.placement.radius - q.placement.radius).abs() < 1.0, "{a} s");
                for (v, w) in p.blend.weights().into_iter().zip(q.blend.weights()) {
                    assert!((v - w).abs() < 0.1, "{a} s");
                }
            }
        }
    }
}
