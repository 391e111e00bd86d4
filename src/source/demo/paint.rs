//! What is painted on the surface of a head: eyes, brows, nostrils, mouth and strands of hair,
//! each evaluated only where it can be seen, with edges one pixel soft.

use super::appearance::{Appearance, HairStyle};
use super::curve::{Rgb, bell, bell2, mix, mix3, scale3, step};
use super::expression::Expression;
use super::head::{EYE_X, EYE_Y, MOUTH_X, MOUTH_Y, VALUES, jaw_drop};
use super::noise::Strands;

/// Half the width of an eye.
const EYE_HALF: f32 = 0.165;

/// Everything about a face that is the same for all its pixels in one frame.
pub struct FacePaint<'a> {
    look: Appearance,
    e: Expression,
    strands: &'a Strands,
    gaze: (f32, f32),
    blink: f32,
    /// Half a pixel in half head widths.
    soft: f32,
    mouth_y: f32,
    mouth_half: f32,
    /// Heights between which the brows lie.
    brow_rows: (f32, f32),
    /// Heights between which the mouth lies, its shadows included.
    mouth_rows: (f32, f32),
}

impl<'a> FacePaint<'a> {
    /// `gaze` is where the eyes look, -1..=1 to the right and down; `blink` is 0 (open) to 1
    /// (shut); `radius` half the width of the head in pixels.
    pub fn new(
        look: &Appearance,
        e: &Expression,
        gaze: (f32, f32),
        blink: f32,
        radius: f32,
        strands: &'a Strands,
    ) -> Self {
        let brow = EYE_Y - 0.232 - 0.10 * e.brow;
        let (bend, reach) = (0.09 * e.inner, 0.08 * look.brows);
        let (mouth_y, drop) = (mouth_middle(e), 0.19 * e.open.max(0.0));
        let rise = 0.15 * (e.corner.abs() + e.smirk.abs());
        Self {
            look: *look,
            e: *e,
            strands,
            gaze: (0.035 * gaze.0.clamp(-1.0, 1.0), 0.02 * gaze.1.clamp(-1.0, 1.0)),
            blink: blink.clamp(0.0, 1.0),
            soft: (0.6 / radius.max(1.0)).min(0.03),
            mouth_y,
            mouth_half: mouth_half(e),
            brow_rows: (brow - 0.022 - bend.max(0.0) - reach, brow + 0.055 - bend.min(0.0) + reach),
            mouth_rows: (
                mouth_y - (0.42 * drop + 0.19).max(rise + 0.07),
                mouth_y + (0.58 * drop + 0.10).max(rise + 0.07),
            ),
        }
    }

    /// Colour and opacity of a pixel from the values of [`super::head::Head::vertices`].
    #[inline]
    pub fn shade(&self, v: &[f32; VALUES]) -> (Rgb, f32) {
        let [edge, x, y, strand, line, r, g, b, light, hair_light, hair_gloss, dark] = *v;
        let mut color = [r, g, b];
        let mut opacity = 1.0;
        if line > -0.12 {
            let fine = self.strands.at(strand * 46.0);
            let coarse = self.strands.at(strand * 13.0 + 77.0);
            // Each strand ends a little higher or lower than its neighbours.
            let end = line + 0.03 * (fine - 0.5) + 0.035 * (coarse - 0.5);
            let cover = step(-0.025, 0.035, end);
            if cover < 1.0 {
                color = self.face(color, x, y, light, dark);
            }
            if cover > 0.0 {
                color = mix3(color, self.hair(fine, coarse, hair_light, hair_gloss, end), cover);
                // Loose hair makes the outline of the head soft.
                let loose = 1.2 + 2.6 * fine;
                opacity = mix(1.0, step(0.0, 1.0, edge / loose), cover);
            }
        } else {
            color = self.face(color, x, y, light, dark);
        }
        (color, opacity)
    }

    #[inline]
    fn hair(&self, fine: f32, coarse: f32, light: f32, gloss: f32, end: f32) -> Rgb {
        let cropped = self.look.style == HairStyle::Cropped;
        let (contrast, shine) = if cropped { (0.25, 0.03) } else { (0.55, 0.16) };
        let body = 1.0 - contrast * 0.5 + contrast * (0.55 * fine + 0.45 * coarse);
        // Roots are in the shadow of what lies above them.
        let depth = mix(0.62, 1.0, step(-0.02, 0.22, end));
        let base = scale3(self.look.hair, body * depth * (0.35 + 0.95 * light));
        let shine = shine * gloss * (0.35 + 1.0 * fine);
        let tint = mix3([1.0; 3], self.look.hair, 0.35);
        [base[0] + shine * tint[0], base[1] + shine * tint[1], base[2] + shine * tint[2]]
    }

    #[inline(always)]
    fn face(&self, skin: Rgb, x: f32, y: f32, light: f32, dark: f32) -> Rgb {
        let across = x.abs();
        let mut color = skin;
        if y < 0.14 {
            if (y - EYE_Y).abs() < 0.19 && (across - EYE_X).abs() < 0.22 {
                color = self.eye(color, x, across, y, light);
            }
            if y > self.brow_rows.0 && y < self.brow_rows.1 {
                color = self.brow(color, across, y, light);
            }
        } else if across < 0.52 {
            if y < 0.44 && across < 0.20 {
                let dip = bell2(across, y, (0.078, 0.338), (0.048, 0.024));
                color = mix3(color, self.deep(light), 0.72 * dip);
                let wing = bell2(across, y, (0.165, 0.30), (0.022, 0.055));
                color = mix3(color, scale3(color, 0.72), 0.55 * wing);
            }
            if y > self.mouth_rows.0 && y < self.mouth_rows.1 {
                color = self.mouth(color, x, y, light, dark);
            }
        }
        color
    }

    /// The colour of openings in skin.
    #[inline]
    fn deep(&self, light: f32) -> Rgb {
        let s = self.look.skin;
        [s[0] * 0.26 * light, s[1] * 0.16 * light, s[2] * 0.14 * light]
    }

    #[inline(never)]
    fn eye(&self, skin: Rgb, x: f32, across: f32, y: f32, light: f32) -> Rgb {
        let soft = self.soft;
        let t = (across - EYE_X) * (1.0 / EYE_HALF);
        let m = (1.0 - t * t).clamp(0.0, 1.0);
        let arch = m * (1.22 - 0.22 * m);
        let open = (0.067 * (1.0 + self.e.lid) - 0.022 * self.e.cheek).max(0.0);
        // The outer corner lies a little higher than the inner one.
        let tilt = EYE_Y - 0.012 * t;
        let low = tilt + (0.058 * (1.0 + 0.35 * self.e.lid) - 0.03 * self.e.cheek) * arch;
        let up = mix(tilt - open * 1.08 * arch, low - 0.012 * m, self.blink);
        let within = step(1.06, 0.98, t.abs());
        let inside = step(-soft, soft, y - up) * step(-soft, soft, low - y) * within;
        let mut color = skin;

        // The fold of the upper lid, and the lid's own roundness.
        let fold = up - 0.048 - 0.018 * self.e.lid + 0.03 * self.blink;
        let crease = (y - fold) * (1.0 / 0.017);
        let ends = step(1.0, 0.55, t.abs());
        color = mix3(color, scale3(skin, 0.60), 0.62 * bell(crease * crease) * ends);
        let bag = (y - low - 0.055) * (1.0 / 0.022);
        color = mix3(color, scale3(skin, 0.84), 0.45 * bell(bag * bag) * ends);

        if inside > 0.0 {
            // The upper lid shades the eyeball.
            let under_lid = 1.0 - 0.42 * step(0.055, 0.0, y - up);
            let ball = (0.30 + 0.66 * light) * under_lid * (0.82 + 0.18 * m);
            let white = [0.90 * ball, 0.865 * ball, 0.84 * ball];
            let corner = step(-0.72, -0.98, t);
            let mut eye = mix3(white, [0.72 * ball, 0.46 * ball, 0.42 * ball], 0.8 * corner);
            let side = x.signum();
            let (dx, dy) =
                (x - side * (EYE_X - 0.006) - self.gaze.0, y - EYE_Y + 0.008 - self.gaze.1);
            let d = (dx * dx + dy * dy).sqrt();
            let disc = step(0.079 + soft, 0.079 - soft, d);
            if disc > 0.0 {
                let iris = self.look.iris;
                let glow = 0.75 + 0.9 * step(0.03, 0.06, d) * step(-0.06, 0.05, dy);
                let rim = step(0.058, 0.080, d);
                let tint = scale3(iris, glow * (1.0 - 0.62 * rim) * (0.35 + 0.75 * ball));
                eye = mix3(eye, tint, disc);
                eye = mix3(eye, [0.02, 0.018, 0.02], step(0.034 + soft, 0.034 - soft, d));
            }
            let (hx, hy) = (dx + 0.027, dy + 0.028);
            let spark = (hx * hx + hy * hy).sqrt();
            let lamp =
                step(0.017 + soft, 0.010 - soft * 0.5, spark) * (0.45 + 0.5 * light).min(1.0);
            eye = mix3(eye, [0.97, 0.98, 1.0], lamp);
            color = mix3(color, eye, inside);
        }

        // Lashes: thick above and outwards, a hint below.
        let lash_line = (y - up + 0.004) * (1.0 / (0.013 + 0.006 * self.look.lashes));
        let out = step(-1.05, 0.2, t);
        let above = bell(lash_line * lash_line) * step(1.13, 0.93, t.abs()) * mix(0.62, 0.98, out);
        color = mix3(color, [0.075 * light, 0.05 * light, 0.045 * light], above);
        let rim = (y - low) * (1.0 / 0.013);
        let below = bell(rim * rim) * step(1.08, 0.9, t.abs()) * (0.30 + 0.10 * self.look.lashes);
        mix3(color, scale3(self.deep(light), 1.3), below)
    }

    #[inline(never)]
    fn brow(&self, skin: Rgb, across: f32, y: f32, light: f32) -> Rgb {
        let t = (across - 0.355) * (1.0 / 0.265);
        if t.abs() > 1.15 {
            return skin;
        }
        let arch = 0.055 * t * t - 0.022 * (1.0 - t * t);
        let inner = -0.09 * self.e.inner * step(0.6, -1.0, t);
        let line = EYE_Y - 0.232 - 0.10 * self.e.brow + arch + inner;
        let half = 0.036 * (1.0 - 0.38 * t) * self.look.brows;
        let d = (y - line) * (1.0 / half);
        if d.abs() > 2.4 {
            return skin;
        }
        let hairs = self.strands.at(across * 75.0 + y * 34.0);
        let cover = bell(d * d) * step(1.12, 0.72, t.abs());
        let dense = (cover * (0.78 + 0.5 * hairs)).min(0.93);
        let hair = scale3(self.look.hair, 0.42 + 0.5 * light);
        mix3(skin, [hair[0] * 0.92, hair[1] * 0.90, hair[2] * 0.88], dense)
    }

    #[inline(never)]
    fn mouth(&self, skin: Rgb, x: f32, y: f32, light: f32, dark: f32) -> Rgb {
        let (e, soft) = (&self.e, self.soft);
        let t = x * (1.0 / self.mouth_half);
        let m = (1.0 - t * t).clamp(0.0, 1.0);
        let line = self.mouth_y - corner_rise(e, t) * t * t + 0.006 * m * step(0.3, 0.0, t.abs());
        let gap = 0.19 * e.open.max(0.0) * (0.75 * m.sqrt() + 0.25 * m);
        let cheek = e.cheek.max(0.0);
        let thin = 1.0 - 0.6 * e.press;
        let upper = 0.062 * thin * (1.0 - 0.32 * cheek);
        let lower = 0.082 * thin * (1.0 - 0.22 * cheek);
        let raised = 0.03 * e.nose.max(0.0) * m;
        let (top, bottom) = (line - gap * 0.42 - raised, line + gap * 0.58);
        let peak = m * (1.30 - 0.30 * m);
        let cupid = 0.016 * bell((x * (1.0 / 0.05)) * (x * (1.0 / 0.05)));
        let lip_top = top - upper * peak + cupid;
        let lip_bottom = bottom + lower * peak.max(0.0).sqrt() * (0.35 + 0.65 * peak);
        let wide = step(1.03, 0.97, t.abs());
        let mut color = skin;

        // The groove above the upper lip and the shadow below the lower one.
        let groove = bell2(x, y, (0.0, lip_top - 0.055), (0.034, 0.05));
        color = mix3(color, scale3(skin, 0.86), 0.5 * groove);

        let blur = soft + 0.008;
        let on_upper = step(-blur, blur, y - lip_top) * step(-soft, soft, top - y) * wide;
        let on_lower = step(-soft, soft, y - bottom) * step(-blur, blur, lip_bottom - y) * wide;
        let lips = self.look.lips;
        color = mix3(color, scale3(lips, 0.80 * light), 0.88 * on_upper);
        // The lower lip faces the light; a soft highlight makes it moist.
        let fullness = ((y - bottom) / lower.max(0.02)).clamp(0.0, 1.0);
        let round = 1.08 - 0.30 * fullness * fullness;
        color = mix3(color, scale3(lips, round * light), 0.82 * on_lower);
        let sheen = bell2(x, y, (-0.05, bottom + lower * 0.40), (0.10, 0.020));
        let sheen = 0.16 * sheen * on_lower * light;
        color = [color[0] + sheen, color[1] + sheen, color[2] + sheen];

        if gap > 0.003 || raised > 0.003 {
            let inside = step(-soft, soft, y - top) * step(-soft, soft, bottom - y) * wide;
            if inside > 0.0 {
                color = mix3(color, self.inside_of_mouth(x, y, (top, bottom), t, light), inside);
            }
        }
        // The line between closed lips, drawn on into the corners.
        let shut = step(0.024, 0.0, bottom - top);
        let seam = (y - line) * (1.0 / 0.0125);
        let seam = 0.80 * bell(seam * seam) * step(1.08, 0.94, t.abs()) * shut;
        color = mix3(
            color,
            [lips[0] * 0.38 * light, lips[1] * 0.26 * light, lips[2] * 0.26 * light],
            seam,
        );
        let side = x.signum();
        let corner = (side * self.mouth_half * 1.03, self.mouth_y - corner_rise(e, side));
        let pit = 0.42 * bell2(x, y, corner, (0.032, 0.032)) * dark;
        mix3(color, scale3(skin, 0.50), pit)
    }

    #[inline]
    fn inside_of_mouth(
        &self,
        x: f32,
        y: f32,
        (top, bottom): (f32, f32),
        t: f32,
        light: f32,
    ) -> Rgb {
        let (soft, gap) = (self.soft, (bottom - top).max(1e-3));
        let mut color = [0.13 * light, 0.045 * light, 0.045 * light];
        // The tongue, once there is room for it.
        let tongue = step(0.10, 0.20, gap) * bell2(x, y, (0.0, bottom), (0.17, 0.30 * gap));
        color = mix3(color, [0.50 * light, 0.22 * light, 0.21 * light], 0.75 * tongue);
        let teeth = self.e.teeth.clamp(0.0, 1.0);
        if teeth > 0.0 {
            let edge = top + gap * (0.84 * teeth);
            let on = step(-soft, soft, edge - y) * step(1.0, 0.86, t.abs());
            let between = (x * 27.0).sin().abs();
            let seam = 0.10 * step(0.16, 0.0, between);
            // Lips shade the teeth, the more the farther back they are.
            let depth = (1.0 - 0.34 * t * t) * (0.80 + 0.20 * step(0.0, 0.035, y - top));
            let white = (0.93 - seam) * depth * (0.24 + 0.74 * light);
            color = mix3(color, [white, white * 0.975, white * 0.93], on * teeth);
        }
        color
    }
}

/// Height of the middle of the mouth.
pub fn mouth_middle(e: &Expression) -> f32 {
    MOUTH_Y - 0.01 + jaw_drop(e) * 0.35
}

/// Half the width of the mouth.
pub fn mouth_half(e: &Expression) -> f32 {
    MOUTH_X * (1.0 + 0.35 * e.wide)
}

/// How far a corner of the mouth rises above its middle; `side` is negative on the picture's
/// left.
#[inline]
pub fn corner_rise(e: &Expression, side: f32) -> f32 {
    let smirk = if side > 0.0 { e.smirk } else { -0.2 * e.smirk };
    0.13 * (e.corner + smirk) + 0.008
}
