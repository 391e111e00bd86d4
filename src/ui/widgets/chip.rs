//! Marks on the picture: brackets at a face, and a chip with its number and word.

use eframe::egui::{self, Color32, Painter, Pos2, Rect, Shape, Stroke, StrokeKind, Vec2};
use eframe::egui::{pos2, vec2};

use super::text::elided;
use crate::ui::theme;

const HEIGHT: f32 = 26.0;
const PAD: f32 = 8.0;
const GAP: f32 = 8.0;
const DOT: f32 = 9.0;
/// Between a chip and its face.
const OFFSET: f32 = 6.0;
/// Longest arm of a bracket.
const ARM: f32 = 18.0;
/// Radius of its corner.
const CORNER: f32 = 6.0;
const WIDTH: f32 = 2.5;

/// Number, swatch and word of a face.
#[derive(Debug, Clone, Copy)]
pub struct Chip<'a> {
    /// Number of the face.
    pub number: &'a str,
    /// Colour of the label; `None` draws an open ring, as `unsure` has no colour.
    pub color: Option<Color32>,
    /// The label.
    pub word: &'a str,
    /// Whether it is the face that the panel reads.
    pub chosen: bool,
    /// 0 gone, 1 fresh.
    pub opacity: f32,
}

impl Chip<'_> {
    /// Size in points.
    pub fn size(&self, ui: &egui::Ui) -> Vec2 {
        let [number, word] = self.galleys(ui);
        vec2((PAD + number.size().x + GAP + DOT + GAP + word.size().x + PAD).ceil(), HEIGHT)
    }

    /// Draws it into `rect`, which has its [`Self::size`].
    pub fn paint(&self, ui: &egui::Ui, painter: &Painter, rect: Rect) {
        let mut painter = painter.clone();
        painter.multiply_opacity(self.opacity);
        painter.rect_filled(rect, theme::RADIUS, theme::CHIP);
        if self.chosen {
            let stroke = Stroke::new(theme::LINE, theme::DARK.accent);
            painter.rect_stroke(rect, theme::RADIUS, stroke, StrokeKind::Inside);
        }
        let [number, word] = self.galleys(ui);
        let y = rect.center().y;
        let mut x = rect.left() + PAD;
        let step = number.size().x + GAP;
        painter.galley(pos2(x, y - number.size().y / 2.0), number, theme::ON_VIDEO_MUTED);
        x += step;
        let centre = pos2(x + DOT / 2.0, y);
        match self.color {
            Some(color) => painter.circle_filled(centre, DOT / 2.0, color),
            None => {
                let stroke = Stroke::new(1.5, theme::ON_VIDEO_MUTED);
                painter.circle_stroke(centre, DOT / 2.0 - 1.0, stroke)
            }
        };
        x += DOT + GAP;
        painter.galley(pos2(x, y - word.size().y / 2.0), word, theme::ON_VIDEO);
    }

    fn galleys(&self, ui: &egui::Ui) -> [std::sync::Arc<egui::Galley>; 2] {
        let font = theme::font(theme::SIZE_LIST);
        [
            elided(ui, self.number, font.clone(), theme::ON_VIDEO_MUTED, 60.0),
            elided(ui, self.word, font, theme::ON_VIDEO, 180.0),
        ]
    }
}

/// Corner brackets around `rect`.
pub fn brackets(painter: &Painter, rect: Rect, color: Color32, opacity: f32) {
    let mut painter = painter.clone();
    painter.multiply_opacity(opacity);
    let arm = ARM.min(rect.width() / 3.0).min(rect.height() / 3.0);
    let corner = CORNER.min(arm / 2.0);
    for (pos, right, down) in [
        (rect.left_top(), 1.0, 1.0),
        (rect.right_top(), -1.0, 1.0),
        (rect.left_bottom(), 1.0, -1.0),
        (rect.right_bottom(), -1.0, -1.0),
    ] {
        let points = bracket(pos, vec2(right, down), arm, corner);
        // A shade below keeps the line visible on a bright picture.
        let shade = Stroke::new(WIDTH + 2.0, theme::SHADE);
        painter.add(Shape::line(points.clone(), shade));
        painter.add(Shape::line(points, Stroke::new(WIDTH, color)));
    }
}

fn bracket(pos: Pos2, inward: Vec2, arm: f32, corner: f32) -> Vec<Pos2> {
    const STEPS: usize = 6;
    let centre = pos + inward * corner;
    let mut points = vec![pos + vec2(0.0, inward.y * arm)];
    for step in 0..=STEPS {
        let angle = std::f32::consts::FRAC_PI_2 * step as f32 / STEPS as f32;
        points.push(centre - inward * vec2(angle.cos(), angle.sin()) * corner);
    }
    points.push(pos + vec2(inward.x * arm, 0.0));
    points
}

/// Where chips go: above their face, else below it, else in it; always inside `bounds`, and clear
/// of one another while there is room. `faces[i]` belongs to `sizes[i]`.
pub fn place_chips(faces: &[Rect], sizes: &[Vec2], bounds: Rect) -> Vec<Rect> {
    let mut placed: Vec<Rect> = Vec::with_capacity(faces.len());
    for (face, size) in faces.iter().zip(sizes) {
        let inside = |left: f32, top: f32| {
            let x = left.min(bounds.right() - size.x).max(bounds.left());
            let y = top.min(bounds.bottom() - size.y).max(bounds.top());
            Rect::from_min_size(pos2(x, y), *size)
        };
        let above = inside(face.left(), face.top() - size.y - OFFSET);
        let below = inside(face.left(), face.bottom() + OFFSET);
        let rows = (0..12)
            .map(|row| inside(face.left(), face.top() + OFFSET + row as f32 * (size.y + 2.0)));
        let first = if face.top() - size.y - OFFSET >= bounds.top() { above } else { below };
        let free = |rect: &Rect| placed.iter().all(|other| !other.expand(1.0).intersects(*rect));
        let best = [first, above, below].into_iter().chain(rows).find(free);
        placed.push(best.unwrap_or(first));
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn face(x: f32, y: f32) -> Rect {
        Rect::from_min_size(pos2(x, y), vec2(100.0, 120.0))
    }

    #[test]
    fn chips_stay_in_the_picture_and_apart() {
        let bounds = Rect::from_min_size(pos2(50.0, 20.0), vec2(640.0, 480.0));
        let size = vec2(120.0, HEIGHT);
        let faces = [
            face(60.0, 10.0),
            face(70.0, 12.0),
            face(640.0, 300.0),
            face(-40.0, 420.0),
            face(300.0, 200.0),
            face(305.0, 204.0),
            face(310.0, 208.0),
        ];
        let placed = place_chips(&faces, &[size; 7], bounds);
        assert_eq!(placed.len(), faces.len());
        for (index, rect) in placed.iter().enumerate() {
            assert!(bounds.contains_rect(*rect), "{rect:?}");
            for other in &placed[index + 1..] {
                assert!(!rect.intersects(*other), "{rect:?} {other:?}");
            }
        }
    }

    #[test]
    fn a_chip_sits_above_its_face_where_there_is_room() {
        let bounds = Rect::from_min_size(Pos2::ZERO, vec2(640.0, 480.0));
        let placed = place_chips(&[face(200.0, 200.0)], &[vec2(110.0, HEIGHT)], bounds);
        assert_eq!(placed[0].min, pos2(200.0, 200.0 - HEIGHT - OFFSET));
    }
}
