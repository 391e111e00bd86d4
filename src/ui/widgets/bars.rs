//! One row per class, in the model's order: the word, a bar, the number and the last minute.
//!
//! Bars are painted here: egui's progress bar has rounded ends, with which 2 % and 8 % look alike.

use eframe::egui::accesskit::Role;
use eframe::egui::{self, Color32, Pos2, Rect, Sense, Shape, Stroke, pos2, vec2};

use super::text::{announce, elided, percent};
use crate::observation::Labels;
use crate::ui::history::{FaceHistory, GAP_SECS, SPAN_SECS};
use crate::ui::theme::{self, Theme};

/// Distance from row to row.
const ROW: f32 = 30.0;
/// Height of the bar.
const BAR: f32 = 14.0;
/// Height of the history line under it.
const SPARK: f32 = 6.0;
/// Between both: nearer to its own bar than to the next one.
const SPARK_GAP: f32 = 1.0;
const BAR_RADIUS: u8 = 3;
const NAME_WIDTH: f32 = 84.0;
/// Longer names widen their column up to this.
const NAME_WIDTH_MAX: f32 = 128.0;
const NUMBER_WIDTH: f32 = 42.0;
const GAP: f32 = 10.0;
/// The tick of the raw value.
const TICK: f32 = 2.0;
/// Smaller steps are shown at once: the value is smoothed already, and a bar that always moves
/// would redraw the window twice as often for nothing.
const EASED_STEP: f32 = 0.04;

/// What one row shows.
#[derive(Debug, Clone, Copy)]
pub struct ReadingRow {
    /// Smoothed share, 0..=1.
    pub smoothed: f32,
    /// Share in this frame alone, 0..=1.
    pub raw: f32,
}

/// All rows.
pub struct EmotionBars<'a> {
    /// Classes in the model's order.
    pub labels: &'a Labels,
    /// One entry per class; `None`: no reading.
    pub rows: Option<Vec<ReadingRow>>,
    /// Where the history lines come from.
    pub history: Option<&'a FaceHistory>,
    /// Right end of the history lines.
    pub edge: f64,
    /// Whether bars jump instead of moving.
    pub reduced_motion: bool,
}

impl EmotionBars<'_> {
    /// Draws them.
    pub fn ui(self, ui: &mut egui::Ui) {
        let theme = Theme::of(ui);
        let font = theme::font(theme::SIZE_LIST);
        let widest = self
            .labels
            .names()
            .iter()
            .map(|name| elided(ui, name, font.clone(), theme.text, NAME_WIDTH_MAX).size().x);
        let name_width = widest.fold(NAME_WIDTH, f32::max);
        let colors = theme.classes(self.labels.names());
        for (index, name) in self.labels.names().iter().enumerate() {
            let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
            if index + 1 < self.labels.len() {
                // Rows touch: their air is inside, so that the pitch is theirs alone.
                ui.add_space(-ui.spacing().item_spacing.y);
            }
            let row = self.rows.as_ref().and_then(|rows| rows.get(index)).copied();
            let value = match row {
                Some(row) => percent(row.smoothed),
                None => "no reading".to_owned(),
            };
            announce(ui, rect, Role::Meter, name, Some(value));
            if ui.is_rect_visible(rect) {
                self.paint_row(ui, rect, (name_width, colors[index]), (index, name), row);
            }
        }
    }

    fn paint_row(
        &self,
        ui: &egui::Ui,
        rect: Rect,
        (name_width, color): (f32, Color32),
        (index, name): (usize, &str),
        row: Option<ReadingRow>,
    ) {
        let theme = Theme::of(ui);
        let painter = ui.painter();
        let bar = Rect::from_min_max(
            pos2(rect.left() + name_width + GAP, rect.top() + 3.0),
            pos2(rect.right() - NUMBER_WIDTH - GAP, rect.top() + 3.0 + BAR),
        );
        let y = bar.center().y;
        let font = theme::font(theme::SIZE_LIST);
        let word = elided(ui, name, font.clone(), theme.text, name_width);
        painter.galley(pos2(rect.left(), y - word.size().y / 2.0), word, theme.text);
        let (number, shade) = match row {
            Some(row) => (percent(row.smoothed), theme.muted),
            None => ("–".to_owned(), theme.faint),
        };
        let number = elided(ui, &number, font, shade, NUMBER_WIDTH);
        let corner = pos2(rect.right() - number.size().x, y - number.size().y / 2.0);
        painter.galley(corner, number, shade);

        painter.rect_filled(bar, BAR_RADIUS, theme.raised);
        let Some(row) = row else { return };
        let share = self.eased(ui, name, row.smoothed.clamp(0.0, 1.0));
        // Square at its end, rounded where it meets the track: clip a full track.
        let filled = bar.with_max_x(bar.left() + bar.width() * share);
        painter
            .with_clip_rect(filled.intersect(painter.clip_rect()))
            .rect_filled(bar, BAR_RADIUS, color);
        let tick = bar.left() + (bar.width() - TICK) * row.raw.clamp(0.0, 1.0);
        let tick = Rect::from_min_size(pos2(tick, bar.top() - 2.0), vec2(TICK, BAR + 4.0));
        painter.rect_filled(tick, 0, theme.text.gamma_multiply(0.75));

        let spark = Rect::from_min_max(
            pos2(bar.left(), bar.bottom() + SPARK_GAP),
            pos2(bar.right(), bar.bottom() + SPARK_GAP + SPARK),
        );
        self.paint_spark(ui, spark, index, color.gamma_multiply(0.8));
    }

    /// Thin line of the last minute; broken where nothing was read.
    fn paint_spark(&self, ui: &egui::Ui, rect: Rect, index: usize, color: Color32) {
        let Some(history) = self.history else { return };
        let mut points: Vec<Pos2> = Vec::new();
        let mut previous = f64::NEG_INFINITY;
        let stroke = Stroke::new(1.0, color);
        let flush = |points: &mut Vec<Pos2>| {
            if points.len() > 1 {
                ui.painter().add(Shape::line(std::mem::take(points), stroke));
            }
            points.clear();
        };
        for sample in &history.samples {
            let age = self.edge - sample.at;
            if !(0.0..=SPAN_SECS).contains(&age) {
                continue;
            }
            if sample.at - previous > GAP_SECS {
                flush(&mut points);
            }
            previous = sample.at;
            let share = sample.smoothed.get(index).copied().unwrap_or_default().clamp(0.0, 1.0);
            let x = rect.right() - rect.width() * (age / SPAN_SECS) as f32;
            let point = pos2(x, rect.bottom() - rect.height() * share);
            // Points closer than a pixel add cost and no line.
            if points.last().is_none_or(|last| point.x - last.x >= 1.0) {
                points.push(point);
            }
        }
        flush(&mut points);
    }

    fn eased(&self, ui: &egui::Ui, name: &str, target: f32) -> f32 {
        // By face: the bars of another face start where they are, they do not move over.
        let track = self.history.map(|history| history.track().0);
        let id = ui.scope_id().with((name, track, "shown"));
        let shown = ui.data(|data| data.get_temp::<f32>(id)).unwrap_or(target);
        let step = target - shown;
        let next = if self.reduced_motion || step.abs() < EASED_STEP {
            target
        } else {
            let passed = ui.input(|input| input.stable_dt).min(theme::EASE_SECS);
            ui.ctx().request_repaint();
            shown + step * (3.0 * passed / theme::EASE_SECS).min(1.0)
        };
        ui.data_mut(|data| data.insert_temp(id, next));
        next
    }
}
