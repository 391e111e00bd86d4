//! Curves of the report, as SVG.

use plotters::prelude::*;

use super::compare::{Comparison, PolicyKind};
use super::life::BUCKET;
use super::sweep::Sweep;

/// Of a plot, in pixels.
const SIZE: (u32, u32) = (560, 280);

const INK: RGBColor = RGBColor(0x1b, 0x1e, 0x22);
const FAINT: RGBColor = RGBColor(0xdc, 0xdf, 0xe3);

/// A line of a plot.
struct Curve {
    colour: RGBColor,
    points: Vec<(f64, f64)>,
}

/// The colour of a policy, those of the light window; the page names them in a legend.
pub(super) fn colour(kind: PolicyKind) -> RGBColor {
    match kind {
        PolicyKind::Silent => RGBColor(0x7b, 0x87, 0x94),
        PolicyKind::Random => RGBColor(0xc9, 0x3a, 0x12),
        PolicyKind::Rules => RGBColor(0xd9, 0xa4, 0x00),
        PolicyKind::TunedRules => RGBColor(0xd9, 0x73, 0x0d),
        PolicyKind::Learned => RGBColor(0x2f, 0x78, 0xc4),
        PolicyKind::LearnedWithoutFace => RGBColor(0x7a, 0x52, 0xc7),
    }
}

/// Regret summed up over the interactions of a user; `None` if there is nothing to draw.
pub(super) fn regret(comparison: &Comparison) -> Option<String> {
    let curves = comparison.policies.iter().map(|figures| {
        let points = figures.regret.iter().enumerate();
        let points = points.map(|(i, regret)| (((i + 1) * BUCKET) as f64, *regret));
        let start = std::iter::once((0.0, 0.0));
        Curve { colour: colour(figures.policy), points: start.chain(points).collect() }
    });
    draw(&curves.collect::<Vec<_>>(), "interactions", "regret, summed up")
}

/// Satisfaction against the noise of the readout.
pub(super) fn noise(sweep: &Sweep) -> Option<String> {
    let curves = PolicyKind::ALL.into_iter().filter(|kind| *kind != PolicyKind::Random);
    let curves = curves.map(|kind| Curve {
        colour: colour(kind),
        points: sweep
            .levels
            .iter()
            .filter_map(|level| {
                let figures = level.comparison.of(kind)?;
                Some((level.noise, figures.satisfaction_after.value))
            })
            .collect(),
    });
    draw(&curves.collect::<Vec<_>>(), "noise in the readout", "satisfaction")
}

fn draw(curves: &[Curve], x_title: &str, y_title: &str) -> Option<String> {
    let points = || curves.iter().flat_map(|curve| &curve.points);
    let range = |of: fn(&(f64, f64)) -> f64| {
        let low = points().map(of).fold(f64::INFINITY, f64::min);
        let high = points().map(of).fold(f64::NEG_INFINITY, f64::max);
        (high > low).then_some(low..high)
    };
    let (x, y) = (range(|point| point.0)?, range(|point| point.1)?);
    let margin = 0.05 * (y.end - y.start);
    let mut svg = String::new();
    draw_into(&mut svg, curves, x, y.start - margin..y.end + margin, [x_title, y_title]).ok()?;
    Some(svg)
}

fn draw_into(
    svg: &mut String,
    curves: &[Curve],
    x: std::ops::Range<f64>,
    y: std::ops::Range<f64>,
    [x_title, y_title]: [&str; 2],
) -> Result<(), Box<dyn std::error::Error>> {
    let area = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    let decimals = if x.end > 2.0 { 0 } else { 1 };
    let mut chart = ChartBuilder::on(&area)
        .margin(8)
        .x_label_area_size(36)
        .y_label_area_size(56)
        .build_cartesian_2d(x, y)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(FAINT)
        .axis_style(FAINT)
        .label_style(("sans-serif", 13).into_font().color(&INK))
        .x_desc(x_title)
        .y_desc(y_title)
        .x_label_formatter(&|at| format!("{at:.decimals$}"))
        .y_labels(6)
        .draw()?;
    for curve in curves {
        let line = LineSeries::new(curve.points.iter().copied(), curve.colour.stroke_width(2));
        chart.draw_series(line)?;
    }
    area.present()?;
    Ok(())
}
