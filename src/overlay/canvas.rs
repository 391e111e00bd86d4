//! Filled rectangles, frames and letters on the pixels of a picture; what lies outside is left out.

use ab_glyph::{Font, FontRef, PxScale, ScaleFont, point};

/// Red, green, blue, and how much of it: 0 nothing, 1 all.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ink(pub u8, pub u8, pub u8, pub f32);

/// Whole pixels from the top left; may reach beyond the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Area {
    pub x: i32,
    pub y: i32,
    pub w: i32,
    pub h: i32,
}

impl Area {
    /// Square pixels that both have.
    pub fn shared(self, other: Self) -> i64 {
        let w = (self.x + self.w).min(other.x + other.w) - self.x.max(other.x);
        let h = (self.y + self.h).min(other.y + other.h) - self.y.max(other.y);
        i64::from(w.max(0)) * i64::from(h.max(0))
    }
}

/// A picture to draw on: RGB, row by row.
pub struct Canvas<'a> {
    rgb: &'a mut [u8],
    width: i32,
    height: i32,
}

impl<'a> Canvas<'a> {
    /// `rgb` has `width * height * 3` bytes; sides are at most 65,535.
    pub fn new(rgb: &'a mut [u8], (width, height): (u32, u32)) -> Self {
        Self { rgb, width: width as i32, height: height as i32 }
    }

    /// All of it.
    pub fn area(&self) -> Area {
        Area { x: 0, y: 0, w: self.width, h: self.height }
    }

    pub fn fill(&mut self, area: Area, ink: Ink) {
        for y in area.y.max(0)..(area.y + area.h).min(self.height) {
            for x in area.x.max(0)..(area.x + area.w).min(self.width) {
                self.blend(x, y, ink, 1.0);
            }
        }
    }

    /// The border of `area`, `thick` pixels inwards.
    pub fn frame(&mut self, area: Area, thick: i32, ink: Ink) {
        let Area { x, y, w, h } = area;
        let inner = (h - 2 * thick).max(0);
        self.fill(Area { x, y, w, h: thick }, ink);
        self.fill(Area { x, y: y + h - thick, w, h: thick }, ink);
        self.fill(Area { x, y: y + thick, w: thick, h: inner }, ink);
        self.fill(Area { x: x + w - thick, y: y + thick, w: thick, h: inner }, ink);
    }

    fn blend(&mut self, x: i32, y: i32, Ink(red, green, blue, share): Ink, coverage: f32) {
        if x < 0 || y < 0 || x >= self.width || y >= self.height {
            return;
        }
        let at = (y as usize * self.width as usize + x as usize) * 3;
        let share = share * coverage;
        for (below, above) in self.rgb[at..at + 3].iter_mut().zip([red, green, blue]) {
            let mixed = f32::from(*below) * (1.0 - share) + f32::from(above) * share;
            *below = mixed.round() as u8;
        }
    }
}

/// A typeface at one size.
pub struct Letters<'a> {
    font: &'a FontRef<'static>,
    scale: PxScale,
}

impl<'a> Letters<'a> {
    /// `height` from ascender to descender, in pixels.
    pub fn new(font: &'a FontRef<'static>, height: f32) -> Self {
        Self { font, scale: PxScale::from(height) }
    }

    /// Pixels from line to line.
    pub fn height(&self) -> i32 {
        self.scale.y.ceil() as i32
    }

    /// Pixels that `text` takes.
    pub fn width(&self, text: &str) -> i32 {
        let font = self.font.as_scaled(self.scale);
        let width: f32 = text.chars().map(|c| font.h_advance(font.glyph_id(c))).sum();
        width.ceil() as i32
    }

    /// Writes one line, its top left corner at `x` and `y`.
    pub fn draw(&self, canvas: &mut Canvas<'_>, (x, y): (i32, i32), text: &str, ink: Ink) {
        let font = self.font.as_scaled(self.scale);
        let baseline = y as f32 + font.ascent();
        let mut pen = x as f32;
        for c in text.chars() {
            let id = font.glyph_id(c);
            let glyph = id.with_scale_and_position(self.scale, point(pen, baseline));
            pen += font.h_advance(id);
            let Some(outline) = self.font.outline_glyph(glyph) else { continue };
            let corner = outline.px_bounds().min;
            outline.draw(|dx, dy, coverage| {
                let (x, y) = (corner.x as i32 + dx as i32, corner.y as i32 + dy as i32);
                canvas.blend(x, y, ink, coverage.min(1.0));
            });
        }
    }
}
