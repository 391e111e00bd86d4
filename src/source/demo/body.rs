//! Neck, ears, shoulders and long hair.

use std::f32::consts::PI;

use super::appearance::{Appearance, HairStyle, Lamp};
use super::curve::{Rgb, Vec3, bell, bell2, cross, mix, mix3, scale3, step, unit};
use super::noise::Strands;
use super::pose::View;
use super::raster::{Canvas, Vertex, draw, edge};

/// Numbers of a vertex: edge, x and y on the surface, colour (3), two of each surface's own.
const VALUES: usize = 8;

/// A surface given by a formula, ready to be drawn. `place` takes `(u, v)` in 0..=1 (around,
/// down) to a point; `paint` gives colour and two numbers more from point, unit normal and `(u,
/// v)`.
struct Patch {
    columns: usize,
    rows: usize,
    /// Usual radius of curvature, half head widths.
    roundness: f32,
}

type Painted = (Rgb, [f32; 2]);

impl Patch {
    fn vertices(
        &self,
        view: &View,
        place: impl Fn(f32, f32) -> Vec3,
        paint: impl Fn(Vec3, Vec3, (f32, f32)) -> Painted,
    ) -> Vec<Vertex<VALUES>> {
        let mut vertices = Vec::with_capacity(self.columns * self.rows);
        let radius = view.radius() * self.roundness;
        for j in 0..self.rows {
            for i in 0..self.columns {
                let u = i as f32 / (self.columns - 1) as f32;
                let v = j as f32 / (self.rows - 1) as f32;
                const NEAR: f32 = 2e-3;
                let p = place(u, v);
                let (a, b) = (place(u - NEAR, v), place(u + NEAR, v));
                let (c, d) = (place(u, v - NEAR), place(u, v + NEAR));
                let across = [b[0] - a[0], b[1] - a[1], b[2] - a[2]];
                let along = [d[0] - c[0], d[1] - c[1], d[2] - c[2]];
                let normal = view.turn(unit(cross(across, along)));
                let placed = view.place(p);
                let point = view.project(placed);
                let (color, own) = paint(p, normal, (u, v));
                let inside = edge(View::facing(placed, normal), radius);
                let value = [inside, p[0], p[1], color[0], color[1], color[2], own[0], own[1]];
                vertices.push(Vertex { x: point.x, y: point.y, value });
            }
        }
        vertices
    }
}

/// Draws neck and shoulders, which stay upright while the head turns.
pub fn draw_torso(
    canvas: &mut Canvas<'_>,
    look: &Appearance,
    view: &View,
    lamp: &Lamp,
    chin_shift: f32,
) {
    // Down to the lower edge of the picture, however far away the person is.
    let end = ((canvas.height() as f32 - view.point([0.0; 3]).y) / view.radius() + 1.0).max(5.4);
    let torso = Patch { columns: 33, rows: 32, roundness: 0.6 };
    let wide = look.shoulders;
    let vertices = torso.vertices(
        view,
        |u, v| {
            let around = (u - 0.5) * PI * 1.1;
            let y = 1.24 + 1.3 * v + (end - 2.54) * v * v * v;
            let slope = 0.52 * step(1.16, 2.05, y) + 0.48 * step(1.30, 2.70, y);
            let half = 0.41 + wide * (1.42 * slope + 0.10 * step(1.9, 3.3, y));
            let deep = 0.42 + 0.34 * step(0.9, 2.9, y);
            // The collar dips in front.
            let dip = 0.14 * step(0.2, 1.0, around.cos()) * (1.0 - slope);
            [half * around.sin(), y + dip, -0.34 + deep * around.cos()]
        },
        |p, normal, (u, v)| {
            let light = lamp.on(normal, 0.35);
            let folds = 0.035 * (p[0] * 5.0 + 2.3 * p[1]).sin() * step(1.7, 2.4, p[1])
                + 0.03 * (p[0] * 9.0 - 4.0 * p[1]).sin() * step(2.0, 2.8, p[1]);
            let arm = (p[0].abs() - 1.18 * wide) / 0.10;
            let arm = 1.0 - 0.22 * bell(arm * arm) * step(2.15, 2.9, p[1]);
            let collar = 1.0 - 0.25 * step(0.42, 0.0, v * 2.2 + (u - 0.5).abs() * 0.8);
            let k = (1.0 + folds) * arm * collar;
            let c = look.cloth;
            ([c[0] * light[0] * k, c[1] * light[1] * k, c[2] * light[2] * k], [light[0], light[2]])
        },
    );
    let soft = 1.0 / view.radius();
    let (skin, depth) = (look.skin, look.neckline);
    let shade = |v: &[f32; VALUES]| {
        let [_, x, y, r, g, b, red, blue] = *v;
        let mut color = [r, g, b];
        // Below this line is cloth, above it the base of the neck.
        let d = y - neckline(x, depth);
        if d < 0.15 {
            let cloth = step(-soft, soft, d);
            if cloth < 1.0 {
                let deep = (0.80 + 0.20 * step(0.0, 0.22, -d)) * under_chin(y);
                let notch = 1.0 - 0.14 * bell2(x, y, (0.0, 1.63), (0.09, 0.10));
                let k = 0.97 * deep * notch;
                let bare =
                    [skin[0] * red * k, skin[1] * 0.5 * (red + blue) * k, skin[2] * blue * k];
                color = mix3(bare, color, cloth);
            }
            let hem = bell2(d, 0.0, (0.035, 0.0), (0.030, 1.0))
                - 1.3 * bell2(d, 0.0, (0.088, 0.0), (0.012, 1.0));
            color = scale3(color, 1.0 + 0.16 * hem * cloth);
        }
        (color, 1.0)
    };
    draw(canvas, &vertices, torso.columns, torso.columns / 2, &shade);

    let neck_half = 0.405 + 0.09 * look.jaw;
    let neck = Patch { columns: 21, rows: 12, roundness: 0.5 };
    let vertices = neck.vertices(
        view,
        |u, v| {
            let around = (u - 0.5) * PI * 1.2;
            let y = mix(0.70, 1.74, v);
            let half = neck_half * (1.0 + 0.35 * step(1.15, 1.65, y));
            [half * around.sin(), y, -0.28 + 0.9 * neck_half * around.cos()]
        },
        |p, normal, _| {
            let light = lamp.on(normal, 1.0);
            // The head keeps light off the neck, the more the nearer the chin.
            let under = under_chin(p[1] - 0.3 * chin_shift);
            let muscle = (p[0].abs() - 0.17 - 0.30 * (1.46 - p[1])) / 0.05;
            let relief = 1.0 - 0.08 * bell(muscle * muscle)
                + 0.05 * bell2(p[0], p[1], (0.0, 1.34), (0.08, 0.10));
            let k = 0.94 * under * relief;
            let s = look.skin;
            (
                [s[0] * light[0] * k, s[1] * 0.95 * light[1] * k, s[2] * 0.94 * light[2] * k],
                [0.0; 2],
            )
        },
    );
    // Below the neck it goes over into the chest without a seam.
    let fading = |v: &[f32; VALUES]| {
        ([v[3], v[4], v[5]], step(1.57, 1.29, v[2]) * step(0.0, 0.04, neckline(v[1], depth) - v[2]))
    };
    draw(canvas, &vertices, neck.columns, neck.columns / 2, &fading);
}

/// Height at which cloth begins.
fn neckline(x: f32, depth: f32) -> f32 {
    let across = x * (1.0 / 0.47);
    1.36 + (0.05 + depth) * (1.0 - across * across)
}

/// How much of the light from above reaches the neck at a height: the head keeps it off.
fn under_chin(y: f32) -> f32 {
    1.0 - 0.50 * step(1.60, 1.0, y)
}

/// Draws the ear on one side (`-1` is the picture's left): all of it behind the head, or the part
/// that shows in front of a head that is turned. Long hair covers ears.
pub fn draw_ear(
    canvas: &mut Canvas<'_>,
    look: &Appearance,
    view: &View,
    lamp: &Lamp,
    side: f32,
    in_front: bool,
) {
    // An ear stands off the head and looks outwards and a little ahead.
    let out = [side * 0.93, 0.0, 0.36];
    // In front it fades in with the turn, so that nothing jumps.
    let shown = if in_front { step(0.36, 0.66, view.turn(out)[2]) } else { 1.0 };
    if shown == 0.0 || matches!(look.style, HairStyle::Bob | HairStyle::Long) {
        return;
    }
    let back = [side * 0.30, 0.05, -0.95];
    let patch = Patch { columns: 15, rows: 15, roundness: 0.3 };
    let place = |u: f32, v: f32| {
        // The very ends, where the shape has no direction, are left out.
        let (a, b) = ((u - 0.5) * 2.0, (v - 0.5) * 1.94);
        let round = (1.0 - 0.999 * b * b).max(0.0).sqrt();
        // Wider above than at the lobe.
        let w = 0.17 * round * (1.0 - 0.28 * b);
        let s = side * a;
        let rim = step(0.35, 0.8, a * a + b * b) * step(1.15, 0.85, a * a + b * b);
        let hollow = bell2(a, b, (-0.15, 0.10), (0.42, 0.45));
        let lift = 0.10 * (1.0 - a * a) * round + 0.05 * rim - 0.10 * hollow;
        let (w, lift) = (w * s * side, lift * 0.8);
        [
            side * (0.80 - 0.03 * step(0.1, 1.0, b)) + back[0] * (w + 0.10) + out[0] * lift,
            0.045 + 0.245 * b + 0.03 * w,
            -0.06 + back[2] * w + out[2] * lift,
        ]
    };
    // Seen from outside, columns run backwards on one side.
    let flip = |u: f32| if side > 0.0 { u } else { 1.0 - u };
    let vertices = patch.vertices(
        view,
        |u, v| place(flip(u), v),
        |_, normal, (u, v)| {
            let (a, b) = ((flip(u) - 0.5) * 2.0, (v - 0.5) * 2.0);
            let light = lamp.on(normal, 1.0);
            let hollow = bell2(a, b, (-0.20, 0.12), (0.34, 0.38));
            let groove = bell2(a, b, (0.35, -0.25), (0.14, 0.5));
            let k = 0.94 * (1.0 - 0.48 * hollow) * (1.0 - 0.22 * groove);
            let s = look.skin;
            let fade = step(-0.95, -0.45, a);
            (
                [s[0] * 1.0 * light[0] * k, s[1] * 0.93 * light[1] * k, s[2] * 0.92 * light[2] * k],
                [fade, 0.0],
            )
        },
    );
    let shade = |v: &[f32; VALUES]| ([v[3], v[4], v[5]], if in_front { shown * v[6] } else { 1.0 });
    draw(canvas, &vertices, patch.columns, patch.columns / 2, &shade);
}

/// Which part of long hair to draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Behind neck and face.
    Behind,
    /// The locks in front of ears and shoulders.
    Locks,
}

/// Draws hair that hangs down, if the style has any.
pub fn draw_long_hair(
    canvas: &mut Canvas<'_>,
    look: &Appearance,
    view: &View,
    lamp: &Lamp,
    strands: &Strands,
    part: Part,
) {
    let length = match look.style {
        HairStyle::Short | HairStyle::Cropped => return,
        HairStyle::Bob => 0.98,
        HairStyle::Long => 1.95,
    };
    let behind = part == Part::Behind;
    let patch = Patch { columns: 45, rows: 24, roundness: 0.8 };
    let curl = if look.style == HairStyle::Bob { 0.16 } else { 0.04 };
    let vertices = patch.vertices(
        view,
        |u, v| {
            let around = (u - 0.5) * PI * 1.7;
            let y = mix(-1.05, length + 0.06 * (around * 2.0).cos(), v);
            let cap = (1.0 - ((-0.2 - y) / 1.10).max(0.0).powi(2)).max(0.0).sqrt();
            let half =
                0.985 * cap + 0.05 * step(0.2, 0.9, y) - curl * step(length - 0.45, length, y);
            let wave = 0.018 * (around * 9.0 + y * 1.5).sin();
            let flat = around.cos();
            [(half + wave) * around.sin(), y, -0.16 + (0.62 * half + wave) * flat]
        },
        |p, normal, (u, v)| {
            let light = lamp.on(normal, 0.3)[1];
            let down = view.turn([0.0, 1.0, 0.0]);
            let lean = down[0] * normal[0] + down[1] * normal[1] + down[2] * normal[2];
            let along = unit([
                down[0] - lean * normal[0],
                down[1] - lean * normal[1] - 0.35,
                down[2] - lean * normal[2] + 0.2,
            ]);
            let gloss = lamp.gloss_along(along, 12.0) * step(0.0, 0.5, normal[2]);
            // Behind the face and under the chin it is dark.
            let depth = if behind { mix(0.40, 0.62, step(0.6, 1.0, p[0].abs())) } else { 0.96 };
            ([light * depth, 0.12 * gloss * depth, (u - 0.5) * PI * 1.7], [v, 0.0])
        },
    );
    // A lock on the side that is turned away hangs behind the face.
    let shown = [-0.95, 0.95].map(|x| step(-0.18, 0.02, view.turn([x, 0.0, 0.31])[2]));
    let hair = look.hair;
    let tint = mix3([1.0; 3], hair, 0.35);
    let shade = |v: &[f32; VALUES]| {
        let [edge, _, _, light, gloss, around, down, _] = *v;
        let fine = strands.at(around * 46.0 + 3.0 * down);
        let coarse = strands.at(around * 13.0 + 77.0 + down);
        let body = 0.72 + 0.55 * (0.55 * fine + 0.45 * coarse);
        let base = scale3(hair, body * (0.35 + 0.95 * light));
        let shine = gloss * (0.35 + fine);
        let color =
            [base[0] + shine * tint[0], base[1] + shine * tint[1], base[2] + shine * tint[2]];
        let mut opacity = step(0.0, 1.0, edge / (1.2 + 2.6 * fine));
        opacity *= step(1.0, 0.93, down + 0.05 * (coarse - 0.5));
        if !behind {
            // Locks fall beside the face, parted unevenly.
            let inner = 1.02 + 0.10 * (coarse - 0.5) + 0.05 * (fine - 0.5) - 0.10 * down;
            opacity *= step(inner - 0.04, inner + 0.05, around.abs()) * step(0.02, 0.12, down);
            opacity *= shown[usize::from(around > 0.0)];
        }
        (color, opacity)
    };
    // The half of the tube that faces away is never needed: what hangs behind the face is drawn as
    // the near half, darker, before the face.
    draw(canvas, &vertices, patch.columns, patch.columns / 2, &shade);
}
