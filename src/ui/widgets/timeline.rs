//! The last minute of one face: stacked posteriors, below them the labels shown, markers as
//! flags. What was not read is hatched, never interpolated.

use eframe::egui::accesskit::Role;
use eframe::egui::epaint::{Mesh, Vertex, WHITE_UV};
use eframe::egui::{self, Align2, Color32, Pos2, Rect, Sense, Shape, Stroke, pos2};

use super::Flags;
use super::text::{announce, percent};
use crate::observation::{Label, Labels};
use crate::ui::history::{FaceHistory, GAP_SECS, Marker, SPAN_SECS, Sample};
use crate::ui::theme::{self, Theme};

const RIBBON: f32 = 7.0;
const RIBBON_GAP: f32 = 5.0;
const AXIS: f32 = 22.0;
/// Distance of the hatching lines.
const HATCH: f32 = 7.0;
/// Seconds between the numbers of the axis.
const AXIS_STEP: u32 = 10;

/// A minute of one face.
pub struct Timeline<'a> {
    /// Classes in the model's order; `None`: no model.
    pub labels: Option<&'a Labels>,
    /// The face; `None`: nothing was read.
    pub face: Option<&'a FaceHistory>,
    /// Oldest first.
    pub markers: Vec<&'a Marker>,
    /// Time at the right end.
    pub edge: f64,
}

impl Timeline<'_> {
    /// Draws it into all the room there is.
    pub fn ui(self, ui: &mut egui::Ui) {
        let (rect, response) = ui.allocate_exact_size(ui.available_size(), Sense::hover());
        if rect.height() < AXIS + RIBBON + RIBBON_GAP + 16.0 {
            return;
        }
        let axis = rect.with_min_y(rect.bottom() - AXIS);
        let ribbon = Rect::from_min_max(
            pos2(rect.left(), axis.top() - RIBBON),
            pos2(rect.right(), axis.top()),
        );
        let bands = rect.with_max_y(ribbon.top() - RIBBON_GAP);
        self.paint_bands(ui, bands);
        self.paint_gaps(ui, bands);
        self.paint_ribbon(ui, ribbon);
        self.paint_axis(ui, axis);
        self.paint_markers(ui, bands, ribbon);
        announce(ui, rect, Role::Image, "last 60 seconds", Some(self.spoken()));
        if let Some(pos) = response.hover_pos().filter(|pos| pos.y < axis.top()) {
            let theme = Theme::of(ui);
            let stroke = Stroke::new(1.0, theme.text.gamma_multiply(0.5));
            ui.painter().vline(pos.x, bands.top()..=ribbon.bottom(), stroke);
            if let Some(text) = self.reading_at(pos.x, rect) {
                response.on_hover_text_at_pointer(text);
            }
        }
    }

    fn x(&self, rect: Rect, at: f64) -> f32 {
        rect.right() - rect.width() * ((self.edge - at) / SPAN_SECS) as f32
    }

    fn paint_bands(&self, ui: &egui::Ui, rect: Rect) {
        let (Some(labels), Some(face)) = (self.labels, self.face) else { return };
        let theme = Theme::of(ui);
        let colors = theme.classes(labels.names());
        let colors: Vec<Color32> =
            colors.iter().map(|color| color.gamma_multiply(theme::BAND_OPACITY)).collect();
        let mut mesh = Mesh::default();
        let mut previous: Option<&Sample> = None;
        for sample in &face.samples {
            if let Some(before) = previous.filter(|b| sample.at - b.at <= GAP_SECS) {
                add_slice(
                    &mut mesh,
                    rect,
                    &colors,
                    [
                        (self.x(rect, before.at), &before.smoothed),
                        (self.x(rect, sample.at), &sample.smoothed),
                    ],
                );
            }
            previous = Some(sample);
        }
        // Slices at the left edge reach beyond it.
        ui.painter().with_clip_rect(rect).add(Shape::mesh(mesh));
    }

    fn paint_gaps(&self, ui: &egui::Ui, rect: Rect) {
        let theme = Theme::of(ui);
        let from = self.edge - SPAN_SECS;
        if from < 0.0 {
            // Before the window was opened there was nothing to miss: a plain block.
            let before = rect.with_max_x(self.x(rect, 0.0).min(rect.right()));
            ui.painter().rect_filled(before, 0, theme.raised.gamma_multiply(0.5));
        }
        let from = from.max(0.0);
        let gaps = match self.face {
            Some(face) => face.gaps(from, self.edge),
            None => vec![(from, self.edge)],
        };
        let stroke = Stroke::new(1.0, theme.hatch);
        for (start, end) in gaps {
            let gap =
                Rect::from_x_y_ranges(self.x(rect, start)..=self.x(rect, end), rect.y_range());
            let gap = gap.intersect(rect);
            let painter = ui.painter().with_clip_rect(gap.intersect(ui.clip_rect()));
            painter.rect_filled(gap, 0, theme.raised.gamma_multiply(0.5));
            // Lines start at multiples of the step on the card, so that they stand still.
            let mut x = rect.left() - rect.height();
            while x < gap.right() {
                if x + rect.height() >= gap.left() {
                    let points = [pos2(x, rect.bottom()), pos2(x + rect.height(), rect.top())];
                    painter.add(Shape::line_segment(points, stroke));
                }
                x += HATCH;
            }
        }
    }

    fn paint_ribbon(&self, ui: &egui::Ui, rect: Rect) {
        let (Some(labels), Some(face)) = (self.labels, self.face) else { return };
        let theme = Theme::of(ui);
        let colors = theme.classes(labels.names());
        for (start, end, label) in face.label_spans() {
            let left = self.x(rect, start).max(rect.left());
            let right = (self.x(rect, end) - 1.0).max(left + 1.0);
            if right < rect.left() {
                continue;
            }
            let span = Rect::from_x_y_ranges(left..=right, rect.y_range());
            match label {
                Label::Class(class) => {
                    let color = colors.get(class).copied().unwrap_or(theme.faint);
                    ui.painter().rect_filled(span, 2, color);
                }
                // No colour for "unsure": an empty frame.
                Label::Unsure(_) => {
                    let stroke = Stroke::new(1.0, theme.faint);
                    ui.painter().rect_stroke(span, 2, stroke, egui::StrokeKind::Inside);
                }
            }
        }
    }

    fn paint_axis(&self, ui: &egui::Ui, rect: Rect) {
        let theme = Theme::of(ui);
        let seconds = SPAN_SECS as u32;
        for ago in (0..=seconds).step_by(AXIS_STEP as usize) {
            let share = 1.0 - ago as f32 / seconds as f32;
            let (text, align) = match ago {
                0 => ("now".to_owned(), Align2::RIGHT_BOTTOM),
                _ if ago == seconds => (format!("−{ago} s"), Align2::LEFT_BOTTOM),
                _ => (format!("−{ago} s"), Align2::CENTER_BOTTOM),
            };
            let pos = pos2(rect.left() + rect.width() * share, rect.bottom());
            let font = theme::font(theme::SIZE_HEADING);
            ui.painter().text(pos, align, text, font, theme.faint);
        }
    }

    fn paint_markers(&self, ui: &egui::Ui, bands: Rect, ribbon: Rect) {
        let theme = Theme::of(ui);
        let mut flags = Flags::new(bands);
        // Where they stand too near, the newest flies.
        for marker in self.markers.iter().rev() {
            let x = self.x(bands, marker.at).round();
            if !(bands.left()..=bands.right()).contains(&x) {
                continue;
            }
            let stroke = Stroke::new(1.0, theme.text);
            let line = [pos2(x, bands.top()), pos2(x, ribbon.bottom())];
            ui.painter().extend(Shape::dashed_line(&line, stroke, 2.0, 3.0));
            flags.fly(ui, x, &marker.text);
        }
    }

    /// What was read at the time below `x`.
    fn reading_at(&self, x: f32, rect: Rect) -> Option<String> {
        let at = self.edge - f64::from((rect.right() - x) / rect.width()) * SPAN_SECS;
        let (labels, face) = (self.labels?, self.face?);
        let nearest = face
            .samples
            .iter()
            .min_by(|a, b| (a.at - at).abs().total_cmp(&(b.at - at).abs()))
            .filter(|sample| (sample.at - at).abs() <= GAP_SECS)?;
        let ago = (self.edge - nearest.at).max(0.0);
        let mut text = format!("−{ago:.1} s: {}", nearest.label.word(labels));
        if let Label::Class(index) = nearest.label {
            let share = nearest.smoothed.get(index).copied().unwrap_or_default();
            text += &format!(" {}", percent(share));
        }
        Some(text)
    }

    fn spoken(&self) -> String {
        let (Some(labels), Some(face)) = (self.labels, self.face) else {
            return "no reading".to_owned();
        };
        let last: Vec<String> = face
            .label_spans()
            .iter()
            .rev()
            .take(3)
            .map(|(start, end, label)| format!("{} for {:.0} s", label.word(labels), end - start))
            .collect();
        let markers = self.markers.len();
        format!("newest first: {}; markers: {markers}", last.join(", "))
    }
}

/// Two moments as one quad per class, stacked from the bottom in the model's order.
fn add_slice(mesh: &mut Mesh, rect: Rect, colors: &[Color32], moments: [(f32, &[f32]); 2]) {
    let mut tops = [rect.bottom(); 2];
    for (class, color) in colors.iter().enumerate() {
        let first = mesh.vertices.len() as u32;
        for (top, (x, shares)) in tops.iter_mut().zip(moments) {
            let bottom = *top;
            *top -= rect.height() * shares.get(class).copied().unwrap_or_default();
            for y in [bottom, *top] {
                let pos: Pos2 = pos2(x, y);
                mesh.vertices.push(Vertex { pos, uv: WHITE_UV, color: *color });
            }
        }
        mesh.add_triangle(first, first + 1, first + 2);
        mesh.add_triangle(first + 1, first + 2, first + 3);
    }
}
