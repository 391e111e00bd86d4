//! How far the posterior moves along the scale of a factor, as SVG.

use plotters::prelude::*;

use super::FactorResult;
use crate::source::demo::Emotion;

/// Of a plot.
const SIZE: (u32, u32) = (560, 240);

/// Colours of the expressions, those of the light window.
pub(super) const COLOURS: [RGBColor; 8] = [
    RGBColor(0x7b, 0x87, 0x94),
    RGBColor(0xd9, 0xa4, 0x00),
    RGBColor(0xd9, 0x73, 0x0d),
    RGBColor(0x2f, 0x78, 0xc4),
    RGBColor(0xc9, 0x3a, 0x12),
    RGBColor(0x1f, 0x8a, 0x5b),
    RGBColor(0x7a, 0x52, 0xc7),
    RGBColor(0xb9, 0x5f, 0x8f),
];

const INK: RGBColor = RGBColor(0x1b, 0x1e, 0x22);
const FAINT: RGBColor = RGBColor(0xdc, 0xdf, 0xe3);

/// A line for each expression and a thick one for their mean; `None` if the factor has no scale.
pub(super) fn along_the_scale(result: &FactorResult) -> Option<String> {
    let at: Vec<f32> = result.factor.conditions.iter().filter_map(|c| c.at).collect();
    if at.len() < 2 || at.len() != result.conditions.len() {
        return None;
    }
    let low = at.iter().copied().fold(f32::INFINITY, f32::min);
    let high = at.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut svg = String::new();
    draw(&mut svg, result, &at, (low, high)).ok()?;
    Some(svg)
}

fn draw(
    svg: &mut String,
    result: &FactorResult,
    at: &[f32],
    (low, high): (f32, f32),
) -> Result<(), Box<dyn std::error::Error>> {
    let area = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    let margin = (high - low) * 0.03;
    let mut chart = ChartBuilder::on(&area)
        .margin(8)
        .x_label_area_size(36)
        .y_label_area_size(44)
        .build_cartesian_2d(low - margin..high + margin, 0f32..1f32)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(FAINT)
        .axis_style(FAINT)
        .label_style(("sans-serif", 13).into_font().color(&INK))
        .x_desc(result.factor.unit)
        .y_desc("moved by")
        .x_label_formatter(&|at| format!("{at:.0}"))
        .y_labels(6)
        .draw()?;
    for (index, colour) in COLOURS.iter().enumerate().take(Emotion::ALL.len()) {
        let points = at.iter().zip(&result.conditions).filter_map(|(at, condition)| {
            Some((*at, condition.shifts.get(index).copied().flatten()?.distance))
        });
        let points: Vec<(f32, f32)> = points.collect();
        chart.draw_series(LineSeries::new(points.iter().copied(), colour.stroke_width(1)))?;
        let dots = points.iter().map(|point| Circle::new(*point, 2, colour.filled()));
        chart.draw_series(dots)?;
    }
    let means = at.iter().zip(&result.conditions).filter_map(|(at, condition)| {
        let found: Vec<f32> = condition.shifts.iter().flatten().map(|s| s.distance).collect();
        (!found.is_empty()).then(|| (*at, found.iter().sum::<f32>() / found.len() as f32))
    });
    chart.draw_series(LineSeries::new(means, INK.stroke_width(3)))?;
    area.present()?;
    Ok(())
}
