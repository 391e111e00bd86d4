//! The readings of a file from its start to its end: stacked posteriors, below them the labels
//! shown. Where a frame without a face stands, nothing is drawn; what was not read is hatched, what
//! is not analysed yet a plain block. A click shows that moment, a drag sums up a span, the wheel
//! zooms. It knows a [`Trace`] and times, and nothing of where they come from.

use std::ops::RangeInclusive;
use std::time::Duration;

use eframe::egui::accesskit::Role;
use eframe::egui::epaint::{Mesh, Vertex, WHITE_UV};
use eframe::egui::{
    self, Align2, Color32, Pos2, Rect, Response, Sense, Shape, Stroke, StrokeKind, WidgetInfo,
    pos2, vec2,
};

use super::trace_columns::{Columns, Key};
use crate::session::SessionEvent;
use crate::session::trace::{Follow, Trace};
use crate::ui::film::SHORTEST_PART;
use crate::ui::theme::{self, Theme};
use crate::words::clock;

const RIBBON: f32 = 7.0;
const RIBBON_GAP: f32 = 5.0;
const AXIS: f32 = 20.0;
const HATCH: f32 = 7.0;
/// Width of a column in points.
const COLUMN: f32 = 2.0;
/// Nearer than this to the playhead a drag moves it.
const GRIP: f32 = 7.0;
/// A hand is not still while it clicks.
const JITTER: f32 = 3.0;
/// Least distance between two numbers of the axis.
const TICK_ROOM: f32 = 84.0;

/// What the user wants.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum TimelineWish {
    /// To see this moment.
    Seek(Duration),
    /// To sum up a span, or no span any more.
    Select(Option<(Duration, Duration)>),
    /// To see a part of the time, or all.
    Zoom(Option<(Duration, Duration)>),
}

/// What is kept from pass to pass.
#[derive(Debug, Default)]
pub struct TimelineState {
    columns: Columns,
    drag: Option<Drag>,
}

#[derive(Debug, Clone, Copy)]
enum Drag {
    Playhead,
    /// From this time and place; whether the pointer has left it.
    Span(Duration, f32, bool),
}

/// The timeline of one face.
pub struct TraceTimeline<'a> {
    /// Readings; `None`: there are none yet.
    pub trace: Option<&'a Trace>,
    /// Tells traces apart.
    pub identity: u64,
    /// The face that is followed.
    pub follow: Follow,
    /// From the start to the end of the file.
    pub length: Duration,
    /// Part of it that is shown.
    pub range: (Duration, Duration),
    /// Everything there will be is there.
    pub complete: bool,
    /// The moment that is shown.
    pub position: Duration,
    /// The span that is summed up.
    pub selection: Option<(Duration, Duration)>,
}

impl TraceTimeline<'_> {
    /// Draws it into all the room there is.
    pub fn ui(self, ui: &mut egui::Ui, state: &mut TimelineState) -> Option<TimelineWish> {
        let size = ui.available_size();
        let (rect, response) = ui.allocate_exact_size(size, Sense::click_and_drag());
        let spoken = format!("{} of {}", time(self.position), time(self.length));
        response.widget_info(|| WidgetInfo::labeled(Role::Slider, true, "timeline"));
        ui.ctx().accesskit_node_builder(response.id, |node| node.set_value(spoken));
        if rect.height() < RIBBON + RIBBON_GAP + 8.0 || self.length.is_zero() {
            return None;
        }
        // A slim one has no numbers.
        let axis_height = if rect.height() >= 60.0 { AXIS } else { 0.0 };
        let axis = rect.with_min_y(rect.bottom() - axis_height);
        let ribbon = Rect::from_x_y_ranges(rect.x_range(), axis.top() - RIBBON..=axis.top());
        let bands = rect.with_max_y(ribbon.top() - RIBBON_GAP);
        let theme = Theme::of(ui);
        ui.painter().rect_filled(bands, 2, theme.raised.gamma_multiply(0.5));
        self.paint_readings(ui, (bands, ribbon), state);
        self.paint_events(ui, bands);
        self.paint_selection(ui, bands.union(ribbon));
        self.paint_axis(ui, axis, axis_height > 0.0);
        self.paint_playhead(ui, bands.union(ribbon));
        super::focus_ring(ui, rect, theme::RADIUS, &response);
        self.wish(ui, (rect, bands), &response, state)
    }

    fn secs(&self) -> (f64, f64) {
        let (from, to) = (self.range.0.as_secs_f64(), self.range.1.as_secs_f64());
        (from, (to - from).max(1e-3))
    }

    fn x(&self, rect: Rect, at: Duration) -> f32 {
        let (from, length) = self.secs();
        rect.left() + rect.width() * ((at.as_secs_f64() - from) / length) as f32
    }

    fn at(&self, rect: Rect, x: f32) -> Duration {
        let (from, length) = self.secs();
        let share = f64::from((x - rect.left()) / rect.width()).clamp(0.0, 1.0);
        let at = Duration::try_from_secs_f64(from + share * length).unwrap_or_default();
        at.min(self.length)
    }

    fn paint_readings(
        &self,
        ui: &egui::Ui,
        (bands, ribbon): (Rect, Rect),
        state: &mut TimelineState,
    ) {
        let theme = Theme::of(ui);
        let Some(trace) = self.trace.filter(|trace| !trace.is_empty()) else {
            if !self.complete {
                self.not_yet(ui, bands, bands.left());
            }
            return;
        };
        let count = (bands.width() / COLUMN).floor().max(1.0) as usize;
        let key = Key { range: self.range, count, follow: self.follow, identity: self.identity };
        let columns = &mut state.columns;
        columns.update(trace, key);
        let names = trace.labels().names();
        let colors = theme.classes(names);
        let bright: Vec<Color32> =
            colors.iter().map(|c| c.gamma_multiply(theme::BAND_OPACITY)).collect();
        let read_to = trace.end().map_or(bands.left(), |end| self.x(bands, end));
        let step = bands.width() / count as f32;
        let mut mesh = Mesh::default();
        let mut gap: Option<f32> = None;
        let mut label: Option<(Option<usize>, f32)> = None;
        let end_label = |label: &mut Option<(Option<usize>, f32)>, right: f32| {
            let Some((class, left)) = label.take() else { return };
            let span =
                Rect::from_x_y_ranges(left..=(right - 1.0).max(left + 1.0), ribbon.y_range());
            match class.and_then(|class| colors.get(class)) {
                Some(color) => ui.painter().rect_filled(span, 2, *color),
                // No colour for "unsure": an empty frame.
                None => {
                    let stroke = Stroke::new(1.0, theme.faint);
                    ui.painter().rect_stroke(span, 2, stroke, StrokeKind::Inside)
                }
            };
        };
        for index in 0..count {
            let left = bands.left() + index as f32 * step;
            let read = columns.get(trace, index);
            let beyond = left >= read_to && !self.complete;
            match (&read.face, read.analysed || beyond) {
                (_, false) => {
                    gap.get_or_insert(left);
                }
                (_, true) => {
                    if let Some(from) = gap.take() {
                        self.hatch(ui, bands, from..=left);
                    }
                }
            }
            let Some(face) = &read.face else {
                end_label(&mut label, left);
                continue;
            };
            add_column(&mut mesh, bands, &bright, (left, left + step), &face.shares);
            match label {
                Some((class, _)) if class == face.label => {}
                _ => {
                    end_label(&mut label, left);
                    label = Some((face.label, left));
                }
            }
        }
        end_label(&mut label, bands.right());
        if let Some(from) = gap {
            self.hatch(ui, bands, from..=bands.right());
        }
        ui.painter().add(Shape::mesh(mesh));
        if !self.complete && read_to < bands.right() {
            self.not_yet(ui, bands, read_to.max(bands.left()));
        }
    }

    fn not_yet(&self, ui: &egui::Ui, bands: Rect, from: f32) {
        let theme = Theme::of(ui);
        let rest = bands.with_min_x(from);
        ui.painter().rect_filled(rest, 0, theme.raised);
        let font = theme::font(theme::SIZE_STATUS);
        let text = "not analysed yet".to_owned();
        let galley = ui.painter().layout_no_wrap(text, font, theme.faint);
        if galley.size().x + 2.0 * theme::GAP < rest.width() {
            let place = rest.left_center() + vec2(theme::GAP, -galley.size().y / 2.0);
            ui.painter().galley(place, galley, theme.faint);
        }
    }

    fn hatch(&self, ui: &egui::Ui, bands: Rect, span: RangeInclusive<f32>) {
        let gap = Rect::from_x_y_ranges(span, bands.y_range());
        let painter = ui.painter().with_clip_rect(gap.intersect(ui.clip_rect()));
        let stroke = Stroke::new(1.0, Theme::of(ui).hatch);
        let mut x = bands.left() - bands.height();
        while x < gap.right() {
            if x + bands.height() >= gap.left() {
                let points = [pos2(x, bands.bottom()), pos2(x + bands.height(), bands.top())];
                painter.add(Shape::line_segment(points, stroke));
            }
            x += HATCH;
        }
    }

    /// Cuts as dashes, markers and notes as flags, gaps as amber ends.
    fn paint_events(&self, ui: &egui::Ui, bands: Rect) {
        let theme = Theme::of(ui);
        let events = self.trace.map_or(&[][..], |trace| trace.events());
        let shown = events.iter().filter(|e| (self.range.0..=self.range.1).contains(&e.at));
        // Where there are more than points there is nothing to tell apart.
        let mut flags = super::Flags::new(bands);
        for event in shown.take(bands.width() as usize) {
            let x = self.x(bands, event.at).round();
            let line = [pos2(x, bands.top()), pos2(x, bands.bottom())];
            let stroke = match event.event {
                SessionEvent::Cut => Stroke::new(1.0, theme.text.gamma_multiply(0.45)),
                SessionEvent::Gap { .. } => Stroke::new(2.0, theme.warning),
                _ => Stroke::new(1.0, theme.text),
            };
            ui.painter().extend(Shape::dashed_line(&line, stroke, 2.0, 4.0));
            let text = match &event.event {
                SessionEvent::Marker { label } if label.trim().is_empty() => "marker",
                SessionEvent::Marker { label: text } | SessionEvent::Note { text } => text,
                _ => continue,
            };
            // Of flags that stand too near the first flies.
            flags.fly(ui, x, text);
        }
    }

    fn paint_selection(&self, ui: &egui::Ui, rect: Rect) {
        let Some((from, to)) = self.selection else { return };
        let theme = Theme::of(ui);
        let (left, right) = (self.x(rect, from), self.x(rect, to));
        let span = Rect::from_x_y_ranges(left..=right, rect.y_range()).intersect(rect);
        if span.is_positive() {
            ui.painter().rect_filled(span, 0, theme.text.gamma_multiply(0.14));
            let stroke = Stroke::new(1.0, theme.accent);
            for x in [left, right] {
                if rect.x_range().contains(x) {
                    ui.painter().vline(x, rect.y_range(), stroke);
                }
            }
        }
    }

    fn paint_playhead(&self, ui: &egui::Ui, rect: Rect) {
        let theme = Theme::of(ui);
        let x = self.x(rect, self.position);
        if !rect.expand(0.5).x_range().contains(x) {
            return;
        }
        ui.painter().vline(x, rect.y_range(), Stroke::new(2.0, theme.text));
        ui.painter().circle_filled(pos2(x, rect.top()), 4.0, theme.text);
    }

    fn paint_axis(&self, ui: &egui::Ui, rect: Rect, numbers: bool) {
        const STEPS: [f64; 16] = [
            0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0,
            3600.0, 7200.0,
        ];
        if !numbers {
            return;
        }
        let theme = Theme::of(ui);
        let (from, length) = self.secs();
        let most = f64::from((rect.width() / TICK_ROOM).max(1.0));
        let step = STEPS.into_iter().find(|step| length / step <= most).unwrap_or(length);
        let mut number = (from / step).ceil();
        while number * step <= from + length {
            let at = number * step;
            let x = rect.left() + rect.width() * ((at - from) / length) as f32;
            let align = if x - rect.left() < 8.0 {
                Align2::LEFT_BOTTOM
            } else if rect.right() - x < 16.0 {
                Align2::RIGHT_BOTTOM
            } else {
                Align2::CENTER_BOTTOM
            };
            let font = theme::font(theme::SIZE_HEADING);
            let text = tick(at, step);
            ui.painter().text(pos2(x, rect.bottom()), align, text, font, theme.faint);
            number += 1.0;
        }
    }

    fn wish(
        &self,
        ui: &egui::Ui,
        (rect, bands): (Rect, Rect),
        response: &Response,
        state: &mut TimelineState,
    ) -> Option<TimelineWish> {
        let pointer = response.interact_pointer_pos();
        if response.drag_started()
            && let Some(start) = ui.input(|input| input.pointer.press_origin())
        {
            let at_playhead = (start.x - self.x(rect, self.position)).abs() <= GRIP;
            let below = start.y > bands.bottom();
            state.drag = Some(if at_playhead || below {
                Drag::Playhead
            } else {
                Drag::Span(self.at(rect, start.x), start.x, false)
            });
        }
        if let (Some(Drag::Span(_, from, moved)), Some(pos)) = (&mut state.drag, pointer) {
            *moved |= (pos.x - *from).abs() > JITTER;
        }
        let wish = match (state.drag, pointer) {
            (Some(Drag::Playhead), Some(pos)) if response.dragged() => {
                Some(TimelineWish::Seek(self.at(rect, pos.x)))
            }
            (Some(Drag::Span(start, _, true)), Some(pos)) if response.dragged() => {
                let at = self.at(rect, pos.x);
                Some(TimelineWish::Select(Some((start.min(at), start.max(at)))))
            }
            // Held for long and not moved, it is a click all the same.
            (Some(Drag::Span(start, _, false)), _) if response.drag_stopped() => {
                Some(TimelineWish::Seek(start))
            }
            (_, Some(pos)) if response.clicked() => Some(TimelineWish::Seek(self.at(rect, pos.x))),
            _ => self.zoom_wish(ui, rect, response),
        };
        if response.drag_stopped() {
            state.drag = None;
        }
        wish
    }

    fn zoom_wish(&self, ui: &egui::Ui, rect: Rect, response: &Response) -> Option<TimelineWish> {
        let pos = response.hover_pos()?;
        let scroll = ui.input(|input| input.smooth_scroll_delta());
        if scroll == egui::Vec2::ZERO {
            return None;
        }
        let (from, length) = self.secs();
        let whole = self.length.as_secs_f64();
        let share = f64::from((pos.x - rect.left()) / rect.width());
        let factor = (-f64::from(scroll.y) / 300.0).exp();
        let new = (length * factor).clamp(SHORTEST_PART.as_secs_f64().min(whole), whole);
        let pan = -f64::from(scroll.x / rect.width()) * new;
        let start = (from + share * (length - new) + pan).clamp(0.0, whole - new);
        let part = |secs: f64| Duration::try_from_secs_f64(secs).unwrap_or_default();
        let all = new >= whole * 0.999;
        Some(TimelineWish::Zoom((!all).then(|| (part(start), part(start + new)))))
    }
}

/// `12:04`, with tenths where the numbers are that near.
fn tick(at: f64, step: f64) -> String {
    let tenths = (at * 10.0).round() as u64;
    let clock = clock(tenths / 10);
    if step < 1.0 { format!("{clock}.{}", tenths % 10) } else { clock }
}

/// A time of a file to the hundredth: `12:04.32`.
pub fn time(at: Duration) -> String {
    format!("{}.{:02}", clock(at.as_secs()), at.subsec_millis() / 10)
}

/// One column as one quad per class, stacked from the bottom in the model's order.
fn add_column(
    mesh: &mut Mesh,
    rect: Rect,
    colors: &[Color32],
    (left, right): (f32, f32),
    shares: &[f32],
) {
    let mut top = rect.bottom();
    for (color, share) in colors.iter().zip(shares) {
        let bottom = top;
        top -= rect.height() * share;
        if bottom - top < 0.05 {
            continue;
        }
        let first = mesh.vertices.len() as u32;
        for (x, y) in [(left, bottom), (left, top), (right, bottom), (right, top)] {
            let pos: Pos2 = pos2(x, y);
            mesh.vertices.push(Vertex { pos, uv: WHITE_UV, color: *color });
        }
        mesh.add_triangle(first, first + 1, first + 2);
        mesh.add_triangle(first + 1, first + 2, first + 3);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_clocks() {
        assert_eq!(time(Duration::from_millis(724_326)), "12:04.32");
        assert_eq!(time(Duration::from_millis(3_723_000)), "1:02:03.00");
        assert_eq!(tick(90.0, 30.0), "1:30");
        assert_eq!(tick(1.5, 0.5), "0:01.5");
    }
}
