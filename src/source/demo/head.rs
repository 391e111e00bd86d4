//! The shape of a head, how it deforms with the expression, and how light falls on it.
//!
//! A grid around an upright axis: columns are directions (0 is the nose), rows are heights. Hair
//! is the same surface pushed outwards where it grows.

use super::appearance::{Appearance, HairStyle, Lamp};
use super::curve::{Rgb, Vec3, bell, bell2, cross, dot, mix, mix3, step, unit};
use super::expression::Expression;
use super::pose::View;
use super::raster::{Vertex, edge};

/// Columns of the grid; odd, so that one runs down the nose.
pub const COLUMNS: usize = 73;
const ROWS: usize = 62;

/// Numbers of a vertex: edge, x and y on the face, strand, hairline, lit skin (3), light on the
/// skin, light on hair, gloss on hair, occlusion.
pub const VALUES: usize = 12;

/// Eyes lie this far from the middle line.
pub const EYE_X: f32 = 0.345;
/// Height of the eyes.
pub const EYE_Y: f32 = -0.14;
/// Height of the tip of the nose.
pub const NOSE_Y: f32 = 0.225;
/// Height of the line between the lips at rest.
pub const MOUTH_Y: f32 = 0.545;
/// Half the width of the mouth at rest.
pub const MOUTH_X: f32 = 0.285;

const CROWN_Y: f32 = -1.20;
const CHIN_Y: f32 = 1.13;
/// Height at which the head is widest.
const TEMPLE_Y: f32 = -0.15;
const HALF_WIDTH: f32 = 0.845;
/// The strands grow from a whorl behind the crown.
const WHORL: Vec3 = [0.25, -0.80, -0.55];

/// How far the jaw drops.
pub fn jaw_drop(e: &Expression) -> f32 {
    0.20 * e.open.max(0.0)
}

/// Half width of the head, its depth to the front and to the back, at a height at rest.
fn section(y: f32, jaw: f32) -> (f32, f32, f32) {
    if y < TEMPLE_Y {
        let q = ((TEMPLE_Y - y) / (TEMPLE_Y - CROWN_Y)).min(1.0);
        let round = (1.0 - q.powf(2.2)).max(0.0).sqrt();
        (HALF_WIDTH * round, 0.90 * (1.0 - q.powf(2.7)).max(0.0).sqrt(), 1.12 * round)
    } else {
        let q = ((y - TEMPLE_Y) / (CHIN_Y - TEMPLE_Y)).min(1.0);
        let width = (1.0 - q.powf(1.74 + 0.50 * jaw)).max(0.0).sqrt();
        let front = (1.0 - q.powf(5.0)).max(0.0).sqrt();
        (HALF_WIDTH * width, 0.90 * front, 1.12 * (1.0 - q * q).max(0.0).sqrt())
    }
}

/// Nose, sockets, cheeks, lips and chin: height above the smooth head at `(x, y)`, `x >= 0`.
#[inline]
fn relief(x: f32, y: f32, e: &Expression) -> f32 {
    let jaw = jaw_drop(e);
    let bridge = step(-0.30, 0.22, y) * step(0.36, 0.26, y);
    let mut z = 0.135 * bell((x / 0.11) * (x / 0.105)) * bridge;
    z += 0.16 * bell2(x, y, (0.0, 0.235), (0.125, 0.105));
    z += 0.075 * bell2(x, y, (0.135, 0.275), (0.075, 0.062));
    // Socket, eyeball, ridge of the brow.
    z -= 0.115 * bell2(x, y, (EYE_X - 0.015, EYE_Y), (0.20, 0.13));
    z += 0.055 * bell2(x, y, (EYE_X, EYE_Y + 0.02), (0.135, 0.095));
    z += 0.045 * bell2(x, y, (0.33, EYE_Y - 0.24 - 0.08 * e.brow), (0.25, 0.075));
    // Cheek, and the fold beside the mouth.
    let cheek = e.cheek.max(0.0);
    z += (0.05 + 0.085 * cheek) * bell2(x, y, (0.44, 0.22 - 0.05 * cheek), (0.21, 0.18));
    let fold = (x - (0.195 + 0.17 * step(0.27, 0.62, y) + 0.06 * e.wide)) / 0.055;
    let depth = 0.012 + 0.045 * cheek + 0.04 * e.nose;
    z -= depth * bell(fold * fold) * step(0.24, 0.34, y) * step(0.68, 0.50, y);
    // Muzzle, hollow under the lower lip, chin.
    let mouth = MOUTH_Y + jaw * 0.35;
    z += 0.085 * bell2(x, y, (0.0, mouth), (0.27, 0.16));
    z -= 0.035 * bell2(x, y, (0.0, mouth + 0.175 + jaw * 0.3), (0.20, 0.055));
    z += 0.10 * bell2(x, y, (0.0, 0.93 + jaw), (0.23, 0.14));
    // Temples are hollow.
    z -= 0.03 * bell2(x, y, (0.78, -0.28), (0.16, 0.22));
    if e.inner < 0.0 {
        let crease = (x - 0.05) / 0.028;
        z += 0.045 * e.inner * bell(crease * crease) * bell2(x, y, (0.0, -0.33), (0.3, 0.11));
    }
    z
}

/// A point of the face itself, also under hair: `x` and `y` as seen from the front.
pub fn face_point(x: f32, y: f32, look: &Appearance, e: &Expression) -> Vec3 {
    let drop = jaw_drop(e);
    // The jaw carries points down; three rounds undo it well below a hundredth of a pixel.
    let mut rest_y = y;
    for _ in 0..3 {
        rest_y = y - drop * step(0.30, 1.05, rest_y);
    }
    let (width, front, _) = section(rest_y, look.jaw);
    let sin = (x / width.max(1e-3)).clamp(-1.0, 1.0);
    let cos = (1.0 - sin * sin).sqrt();
    [x, y, front * cos.powf(0.75) + relief(x.abs(), y, e) * step(0.05, 0.40, cos)]
}

/// The part of a head that stays: computed once a person.
pub struct Head {
    look: Appearance,
    columns: Vec<Column>,
    rows: Vec<Row>,
    grown: Vec<Grown>,
    placed: Vec<Vec3>,
    vertices: Vec<Vertex<VALUES>>,
}

struct Column {
    sin: f32,
    cos: f32,
    /// `cos^0.75`: a face is flatter than an ellipse.
    flat: f32,
    /// How much of the relief shows.
    front: f32,
}

impl Column {
    /// Radians from the nose, positive on the picture's right.
    fn angle(&self) -> f32 {
        self.sin.atan2(self.cos)
    }
}

struct Row {
    y: f32,
    width: f32,
    front: f32,
    back: f32,
    /// Share of the jaw's drop.
    drop: f32,
}

/// Hair at a vertex.
#[derive(Clone, Copy)]
struct Grown {
    /// Above the hairline (+) or below (-), half head widths.
    line: f32,
    /// How far the hair stands off here, as a factor.
    stand: f32,
    /// Which strand.
    strand: f32,
}

impl Head {
    /// A head of that appearance.
    pub fn new(look: Appearance) -> Self {
        let columns: Vec<Column> = (0..COLUMNS)
            .map(|i| {
                let s = 2.0 * i as f32 / (COLUMNS - 1) as f32 - 1.0;
                // Denser at the nose than at the back of the head.
                let (sin, cos) = (std::f32::consts::PI * (0.42 * s + 0.58 * s * s * s)).sin_cos();
                let front = step(0.05, 0.40, cos);
                Column { sin, cos, flat: cos.max(0.0).powf(0.75), front }
            })
            .collect();
        let rows: Vec<Row> = (0..ROWS)
            .map(|j| {
                let t = j as f32 / (ROWS - 1) as f32;
                // Denser at the poles, where the outline is round.
                let round = 0.5 - 0.5 * (std::f32::consts::PI * t).cos();
                let y = mix(CROWN_Y, CHIN_Y, mix(t, round, 0.75));
                let (width, front, back) = section(y, look.jaw);
                Row { y, width, front, back, drop: step(0.30, 1.05, y) }
            })
            .collect();
        let whorl = unit(WHORL);
        let side = unit(cross(whorl, [0.0, 0.0, 1.0]));
        let ahead = cross(side, whorl);
        let grown = rows
            .iter()
            .flat_map(|row| columns.iter().map(move |column| (row, column)))
            .map(|(row, column)| {
                let p = [row.width * column.sin, row.y + 0.1, row.front * column.cos];
                let strand = dot(p, side).atan2(dot(p, ahead));
                let line =
                    (hairline(&look, column.angle()) - row.y) / hairline_slope(&look, column);
                // Measured more coarsely here: a lock does not follow every bend of the line.
                let rise = line * hairline_slope(&look, column).sqrt();
                let stand = stand_off(&look, row.y, column.cos) * step(-0.03, 0.20, rise);
                Grown { line, stand, strand }
            })
            .collect();
        let count = COLUMNS * ROWS;
        Self {
            look,
            columns,
            rows,
            grown,
            placed: vec![[0.0; 3]; count],
            vertices: vec![Vertex::default(); count],
        }
    }

    /// What it looks like.
    pub fn look(&self) -> &Appearance {
        &self.look
    }

    /// The surface in the picture, row by row, and the column that faces the camera.
    pub fn vertices(
        &mut self,
        e: &Expression,
        view: &View,
        lamp: &Lamp,
    ) -> (&[Vertex<VALUES>], usize) {
        self.deform(e);
        let ahead = unit(view.turn(WHORL));
        let radius = view.radius() * 0.9;
        // Columns that look away from the camera are never drawn; how far away depends on how
        // much of the crown shows.
        let away = -0.6 - view.turn([0.0, -1.0, 0.0])[2].max(0.0);
        for row in 0..ROWS {
            for column in 0..COLUMNS {
                let Column { sin, cos, .. } = self.columns[column];
                let sight = view.turn([sin, 0.0, cos])[2];
                let at = row * COLUMNS + column;
                let vertex = &mut self.vertices[at];
                let (own, grown) = (self.placed[at], self.grown[at]);
                let placed = view.place(own);
                let point = view.project(placed);
                *vertex = Vertex { x: point.x, y: point.y, value: [0.0; VALUES] };
                vertex.value[0] = -radius;
                if sight < away {
                    continue;
                }
                let normal = view.turn(normal(&self.placed, row, column));
                let facing = View::facing(placed, normal);
                let mut inside = edge(facing, radius);
                if sight > 0.75 && own[1] > -0.6 && own[1] < 0.8 && grown.line < 0.0 {
                    // In the middle of the face there are folds, but no outline.
                    inside = inside.max(2.0);
                }
                vertex.value[0] = inside;
                if inside < 0.0 && facing < -0.5 {
                    // Far round the back: no triangle there is ever drawn.
                    continue;
                }
                // Skin and hair are computed where they can show; near the hairline both.
                let dark = occlusion(own, grown.line, &self.look, e);
                let (mut lit, mut light) = ([0.0; 3], 0.0);
                if grown.line < 0.15 {
                    let skin = skin(own, &self.look, e);
                    let on = lamp.on(normal, 1.0);
                    let gloss = 0.085 * lamp.gloss(normal, 14.0) + 0.06 * lamp.gloss(normal, 60.0);
                    lit = [0, 1, 2].map(|i| (skin[i] * on[i] + gloss) * dark);
                    light = on[1] * dark;
                }
                let (mut hair_light, mut hair_gloss) = (0.0, 0.0);
                if grown.line > -0.25 {
                    let lean = dot(ahead, normal);
                    let along = unit([0, 1, 2].map(|i| ahead[i] - lean * normal[i]));
                    hair_light = lamp.on(normal, 0.3)[1];
                    hair_gloss = lamp.gloss_along(along, 14.0) * facing.max(0.0);
                }
                let (strand, line) = (grown.strand, grown.line);
                vertex.value = [
                    inside, own[0], own[1], strand, line, lit[0], lit[1], lit[2], light,
                    hair_light, hair_gloss, dark,
                ];
            }
        }
        (&self.vertices, self.near_column(view))
    }

    fn near_column(&self, view: &View) -> usize {
        let facing = |c: &Column| view.turn([c.sin, 0.0, c.cos])[2];
        let best =
            self.columns.iter().enumerate().max_by(|a, b| facing(a.1).total_cmp(&facing(b.1)));
        best.map_or(COLUMNS / 2, |(i, _)| i)
    }

    fn deform(&mut self, e: &Expression) {
        let drop = jaw_drop(e);
        for (j, row) in self.rows.iter().enumerate() {
            let y = row.y + drop * row.drop;
            // Both halves are alike but for the hair: one is computed, the other mirrored.
            for i in COLUMNS / 2..COLUMNS {
                let column = &self.columns[i];
                let x = row.width * column.sin;
                let z = if column.cos > 0.0 {
                    row.front * column.flat + relief(x, y, e) * column.front
                } else {
                    row.back * column.cos
                };
                for (x, i) in [(x, i), (-x, COLUMNS - 1 - i)] {
                    let at = j * COLUMNS + i;
                    let k = 1.0 + self.grown[at].stand;
                    self.placed[at] = [x * k, -0.1 + (y + 0.1) * k, -0.1 + (z + 0.1) * k];
                }
            }
        }
    }
}

/// The unit normal of the surface at a vertex, from its neighbours.
#[inline]
fn normal(placed: &[Vec3], row: usize, column: usize) -> Vec3 {
    if row == 0 {
        return [0.0, -1.0, 0.0];
    }
    if row == ROWS - 1 {
        return [0.0, 1.0, 0.0];
    }
    let at = |r: usize, c: usize| placed[r * COLUMNS + c];
    let (left, right) = (at(row, column.max(1) - 1), at(row, (column + 1).min(COLUMNS - 1)));
    let (up, down) = (at(row - 1, column), at(row + 1, column));
    let across = [right[0] - left[0], right[1] - left[1], right[2] - left[2]];
    let along = [down[0] - up[0], down[1] - up[1], down[2] - up[2]];
    unit(cross(across, along))
}

/// How much steeper than level the hairline is: the distance to it is the height above it over
/// this.
fn hairline_slope(look: &Appearance, column: &Column) -> f32 {
    const STEP: f32 = 0.02;
    let angle = column.angle();
    let rise = hairline(look, angle + STEP) - hairline(look, angle - STEP);
    let run = 2.0 * STEP * HALF_WIDTH;
    (1.0 + (rise / run).powi(2)).sqrt()
}

/// Height of the hairline in a direction, radians from the nose.
fn hairline(look: &Appearance, angle: f32) -> f32 {
    let (sin, around) = (angle.sin(), angle.abs());
    let side = sin.abs();
    let (forehead, sweep, burn): (f32, f32, f32) = match look.style {
        HairStyle::Short => (-0.67, 0.07, 0.02),
        HairStyle::Cropped => (-0.70, 0.0, -0.08),
        HairStyle::Bob => (-0.57, 0.07, 0.30),
        HairStyle::Long => (-0.68, 0.07, 0.30),
    };
    // Parted on one side: the fringe falls lower on the other.
    let front = forehead + sweep * (sin * 1.6 + 0.2).sin()
        - 0.05 * bell((side - 0.62) * (side - 0.62) * 30.0);
    let temple = mix(front, burn, step(0.92, 1.42, around));
    mix(temple, 0.46, step(1.75, 2.05, around))
}

/// How far hair stands off the head, as a factor.
fn stand_off(look: &Appearance, y: f32, cos: f32) -> f32 {
    let top = step(0.1, -0.8, y);
    match look.style {
        HairStyle::Short => 0.05 + 0.115 * top + 0.035 * top * step(0.2, 0.9, cos),
        HairStyle::Cropped => 0.03 + 0.02 * top,
        HairStyle::Bob => 0.10 + 0.04 * top,
        HairStyle::Long => 0.07 + 0.05 * top,
    }
}

/// Colour of the skin in even light.
#[inline]
fn skin([x, y, z]: Vec3, look: &Appearance, e: &Expression) -> Rgb {
    let x = x.abs();
    let base = look.skin;
    let warm = [base[0] * 1.03, base[1] * 0.80, base[2] * 0.78];
    let front = step(0.0, 0.4, z);
    let flush = 0.38 * bell2(x, y, (0.46, 0.22), (0.21, 0.17)) * (1.0 + 0.3 * e.cheek.max(0.0))
        + 0.40 * bell2(x, y, (0.0, 0.25), (0.15, 0.10));
    let mut color = mix3(base, warm, (flush * front).min(1.0));
    let shadow = 0.50 * bell2(x, y, (EYE_X, EYE_Y + 0.02), (0.19, 0.11)) * front;
    color = mix3(color, [base[0] * 0.74, base[1] * 0.66, base[2] * 0.66], shadow);
    let jaw = jaw_drop(e);
    let beard = step(0.42, 0.72, y - 0.25 * x) + 0.6 * bell2(x, y, (0.0, 0.41), (0.24, 0.06));
    let free = 1.0 - bell2(x, y, (0.0, MOUTH_Y + jaw * 0.4), (0.33, 0.12 + jaw * 0.5));
    let grey = [base[0] * 0.66, base[1] * 0.67, base[2] * 0.70];
    mix3(color, grey, (0.75 * look.beard * beard * free * front).clamp(0.0, 1.0))
}

/// How much light reaches a point past its surroundings, 0..=1.
#[inline]
fn occlusion([x, y, z]: Vec3, line: f32, look: &Appearance, e: &Expression) -> f32 {
    let x = x.abs();
    let front = step(0.0, 0.4, z);
    let socket = 0.24 * bell2(x, y, (0.20, EYE_Y - 0.02), (0.085, 0.11))
        + 0.10 * bell2(x, y, (0.36, EYE_Y - 0.08), (0.20, 0.07));
    let nose = 0.30 * bell2(x, y, (0.0, 0.385), (0.15, 0.045));
    let lip = 0.16 * bell2(x, y, (0.0, MOUTH_Y + 0.165 + jaw_drop(e) * 0.6), (0.20, 0.045));
    let fringe = if look.style == HairStyle::Cropped { 0.14 } else { 0.34 };
    let under_hair = fringe * step(-0.17, 0.0, line);
    // Hair and shoulders keep light from the sides and from under the chin.
    let side = 0.16 * step(0.35, -0.15, z);
    let under = 0.30 * step(0.93, 1.16, y - jaw_drop(e));
    let open = 1.0 - (socket + nose + lip) * front;
    (open * (1.0 - under_hair) * (1.0 - side) * (1.0 - under)).max(0.2)
}

#[cfg(test)]
mod tests {
    use super::super::appearance::Light;
    use super::super::expression::Emotion;
    use super::super::pose::{Placement, Pose};
    use super::*;

    #[test]
    fn a_head_keeps_together_and_remembers_no_other_pose() {
        let placement = Placement { x: 320.0, y: 240.0, radius: 90.0 };
        let lamp = Light::ROOM.prepared();
        let look = Appearance::default();
        let mut used = Head::new(look);
        for yaw in [-1.2, -0.9, -0.4, 0.0, 0.5, 1.0] {
            for pitch in [-0.5, 0.0, 0.4] {
                let view = View::head(placement, Pose { yaw, pitch, roll: 0.1 });
                for emotion in [Emotion::Surprise, Emotion::Anger] {
                    let e = Expression::of(emotion);
                    let (vertices, near) = used.vertices(&e, &view, &lamp);
                    for vertex in vertices {
                        let far = (vertex.x - 320.0).hypot(vertex.y - 240.0);
                        assert!(far < 2.2 * 90.0, "{far} px from the middle at yaw {yaw}");
                        assert!(vertex.value.iter().all(|v| v.is_finite()));
                    }
                    let mut fresh = Head::new(look);
                    let (again, near_again) = fresh.vertices(&e, &view, &lamp);
                    let alike = vertices
                        .iter()
                        .zip(again)
                        .all(|(a, b)| (a.x, a.y, a.value) == (b.x, b.y, b.value));
                    assert!(alike && near == near_again, "yaw {yaw}, pitch {pitch}");
                }
            }
        }
    }
}
