//! Valence to the right, arousal up, and the trail of the last seconds.

use eframe::egui::accesskit::Role;
use eframe::egui::{self, Pos2, Rect, Sense, Shape, Stroke, StrokeKind, pos2, vec2};

use super::text::{announce, signed};
use crate::observation::Affect;
use crate::ui::theme::{self, Theme};

/// Side of the plane in points.
const SIDE: f32 = 116.0;
/// Radius of the point.
const POINT: f32 = 5.0;

/// The circumplex of affect.
#[derive(Debug, Clone, Copy)]
pub struct AffectPlane<'a> {
    /// Where the face is; `None`: no reading.
    pub now: Option<Affect>,
    /// Where it was, oldest first.
    pub trail: &'a [Affect],
}

impl AffectPlane<'_> {
    /// Draws it.
    pub fn ui(self, ui: &mut egui::Ui) {
        let theme = Theme::of(ui);
        let (rect, _) = ui.allocate_exact_size(vec2(SIDE, SIDE), Sense::hover());
        let painter = ui.painter();
        painter.rect(rect, theme::RADIUS, theme.raised, theme.border(), StrokeKind::Inside);
        painter.hline(rect.x_range(), rect.center().y, theme.border());
        painter.vline(rect.center().x, rect.y_range(), theme.border());
        let inner = rect.shrink(POINT + 2.0);
        let trail: Vec<Pos2> = self.trail.iter().map(|affect| place(*affect, inner)).collect();
        for (index, pair) in trail.windows(2).enumerate() {
            let age = (index + 1) as f32 / trail.len() as f32;
            let stroke = Stroke::new(1.5, theme.accent.gamma_multiply(0.65 * age));
            painter.add(Shape::line_segment([pair[0], pair[1]], stroke));
        }
        if let Some(now) = self.now {
            painter.circle_filled(place(now, inner), POINT, theme.accent);
        }
        let value = match self.now {
            Some(now) => {
                format!("valence {}, arousal {}", signed(now.valence), signed(now.arousal))
            }
            None => "no reading".to_owned(),
        };
        announce(ui, rect, Role::Image, "affect", Some(value));
    }
}

fn place(affect: Affect, rect: Rect) -> Pos2 {
    pos2(
        egui::remap_clamp(affect.valence, -1.0..=1.0, rect.left()..=rect.right()),
        egui::remap_clamp(affect.arousal, -1.0..=1.0, rect.bottom()..=rect.top()),
    )
}
