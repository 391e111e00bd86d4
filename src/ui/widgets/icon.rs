//! Icons drawn with lines, on a square of 20 units; so they are sharp at every size.

use eframe::egui::{Color32, Painter, Pos2, Rect, Shape, Stroke, pos2};

/// Units along a side of the square that icons are drawn on.
const UNITS: f32 = 20.0;
/// Width of the lines in those units.
const LINE: f32 = 1.6;

/// A picture of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Icon {
    /// Live view.
    Smile,
    /// Files.
    Film,
    /// Plays.
    Play,
    /// Stands still.
    Pause,
    /// Ends work.
    Stop,
    /// One picture back.
    Back,
    /// One picture on.
    On,
    /// Teaching.
    Cap,
    /// Settings.
    Gear,
    /// Help.
    Question,
    /// Sessions.
    Rows,
    /// Back to where it was.
    Left,
    /// Opens a list; falling.
    Arrow,
    /// Rising.
    ArrowUp,
    /// Takes away.
    Cross,
    /// More.
    Dots,
    /// A chosen entry.
    Tick,
    /// Encrypted.
    Lock,
}

impl Icon {
    /// Draws the icon into `square`.
    pub fn paint(self, painter: &Painter, square: Rect, color: Color32) {
        let scale = square.width() / UNITS;
        let at = |x: f32, y: f32| pos2(square.left() + x * scale, square.top() + y * scale);
        let stroke = Stroke::new((LINE * scale).max(1.2), color);
        let line = |points: &[(f32, f32)]| {
            let points: Vec<Pos2> = points.iter().map(|&(x, y)| at(x, y)).collect();
            painter.add(Shape::line(points, stroke));
        };
        match self {
            Self::Smile => {
                painter.circle_stroke(at(10.0, 10.0), 7.5 * scale, stroke);
                painter.circle_filled(at(7.4, 8.2), 1.1 * scale, color);
                painter.circle_filled(at(12.6, 8.2), 1.1 * scale, color);
                line(&arc((10.0, 10.2), 3.6, 0.55, std::f32::consts::PI - 0.55));
            }
            Self::Film => {
                line(&[(2.5, 16.0), (2.5, 4.5), (8.0, 4.5), (10.0, 6.8), (17.5, 6.8)]);
                line(&[(17.5, 6.8), (17.5, 16.0), (2.5, 16.0)]);
                let play = vec![at(8.0, 8.8), at(13.0, 11.4), at(8.0, 14.0)];
                painter.add(Shape::convex_polygon(play, color, Stroke::NONE));
            }
            Self::Play => {
                let triangle = vec![at(5.0, 3.0), at(17.0, 10.0), at(5.0, 17.0)];
                painter.add(Shape::convex_polygon(triangle, color, Stroke::NONE));
            }
            Self::Pause => {
                for x in [4.5, 11.5] {
                    let bar = Rect::from_min_max(at(x, 3.5), at(x + 4.0, 16.5));
                    painter.rect_filled(bar, 1, color);
                }
            }
            Self::Stop => {
                let square = Rect::from_min_max(at(5.0, 5.0), at(15.0, 15.0));
                painter.rect_filled(square, 1, color);
            }
            Self::Back | Self::On => {
                let x = |x: f32| if self == Self::Back { x } else { UNITS - x };
                let triangle = vec![at(x(7.0), 10.0), at(x(16.0), 4.0), at(x(16.0), 16.0)];
                painter.add(Shape::convex_polygon(triangle, color, Stroke::NONE));
                line(&[(x(4.5), 4.0), (x(4.5), 16.0)]);
            }
            Self::Cap => {
                line(&[(10.0, 3.5), (18.0, 7.5), (10.0, 11.5), (2.0, 7.5), (10.0, 3.5)]);
                let mut band = vec![(5.0, 9.5), (5.0, 13.2)];
                band.extend([(6.6, 14.5), (8.4, 15.1), (10.0, 15.3), (11.6, 15.1), (13.4, 14.5)]);
                band.extend([(15.0, 13.2), (15.0, 9.5)]);
                line(&band);
            }
            Self::Gear => {
                painter.circle_stroke(at(10.0, 10.0), 2.6 * scale, stroke);
                for spoke in 0..8 {
                    let (sin, cos) = (spoke as f32 * std::f32::consts::FRAC_PI_4).sin_cos();
                    line(&[
                        (10.0 + 5.0 * cos, 10.0 + 5.0 * sin),
                        (10.0 + 7.5 * cos, 10.0 + 7.5 * sin),
                    ]);
                }
            }
            Self::Question => {
                painter.circle_stroke(at(10.0, 10.0), 7.5 * scale, stroke);
                let mut hook = arc((10.0, 8.2), 2.3, -std::f32::consts::PI, 0.9);
                hook.extend([(10.0, 10.9), (10.0, 11.8)]);
                line(&hook);
                painter.circle_filled(at(10.0, 14.0), 1.1 * scale, color);
            }
            Self::Arrow => {
                let triangle = vec![at(3.0, 6.0), at(17.0, 6.0), at(10.0, 15.0)];
                painter.add(Shape::convex_polygon(triangle, color, Stroke::NONE));
            }
            Self::ArrowUp => {
                let triangle = vec![at(3.0, 14.0), at(10.0, 5.0), at(17.0, 14.0)];
                painter.add(Shape::convex_polygon(triangle, color, Stroke::NONE));
            }
            Self::Left => line(&[(12.5, 4.0), (6.5, 10.0), (12.5, 16.0)]),
            Self::Rows => {
                for y in [3.0, 11.5] {
                    let (top, bottom) = (y, y + 5.5);
                    line(&[(3.0, top), (17.0, top), (17.0, bottom), (3.0, bottom), (3.0, top)]);
                }
            }
            Self::Cross => {
                line(&[(5.5, 5.5), (14.5, 14.5)]);
                line(&[(14.5, 5.5), (5.5, 14.5)]);
            }
            Self::Dots => {
                for x in [4.5, 10.0, 15.5] {
                    painter.circle_filled(at(x, 10.0), 1.6 * scale, color);
                }
            }
            Self::Lock => {
                let body = Rect::from_min_max(at(4.0, 9.0), at(16.0, 17.5));
                painter.rect_filled(body, 2.0 * scale, color);
                let mut bow = vec![(6.5, 9.0), (6.5, 6.0)];
                bow.extend(arc((10.0, 6.0), 3.5, -std::f32::consts::PI, 0.0));
                bow.push((13.5, 9.0));
                line(&bow);
            }
            Self::Tick => line(&[(4.0, 10.5), (8.5, 15.0), (16.0, 5.5)]),
        }
    }
}

/// Points on a circle from angle `from` to `to` in radians, clockwise from the right.
fn arc((x, y): (f32, f32), radius: f32, from: f32, to: f32) -> Vec<(f32, f32)> {
    const STEPS: usize = 14;
    (0..=STEPS)
        .map(|step| {
            let angle = from + (to - from) * step as f32 / STEPS as f32;
            (x + radius * angle.cos(), y + radius * angle.sin())
        })
        .collect()
}
