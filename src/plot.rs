//! Curves of reports, as SVG; text is left to the browser.

use std::ops::Range;

use plotters::prelude::*;

/// Of text and of what stands out.
pub const INK: RGBColor = RGBColor(0x1b, 0x1e, 0x22);
const FAINT: RGBColor = RGBColor(0xdc, 0xdf, 0xe3);

/// A line of a plot.
#[derive(Debug)]
pub struct Curve {
    /// Of the line.
    pub colour: RGBColor,
    /// Of the line, in pixels.
    pub width: u32,
    /// Whether each point has a dot.
    pub dots: bool,
    /// From left to right.
    pub points: Vec<(f64, f64)>,
}

/// What the curves are drawn against.
#[derive(Debug)]
pub struct Axes<'a> {
    /// Of the plot, in pixels.
    pub size: (u32, u32),
    /// What is drawn of each axis.
    pub ranges: [Range<f64>; 2],
    /// What each axis shows.
    pub titles: [&'a str; 2],
    /// Decimals of the numbers below.
    pub decimals: usize,
}

/// Draws the curves; `None` if the ranges hold nothing.
pub fn draw(axes: &Axes<'_>, curves: &[Curve]) -> Option<String> {
    let mut svg = String::new();
    draw_into(&mut svg, axes, curves).ok()?;
    Some(svg)
}

fn draw_into(
    svg: &mut String,
    axes: &Axes<'_>,
    curves: &[Curve],
) -> Result<(), Box<dyn std::error::Error>> {
    let area = SVGBackend::with_string(svg, axes.size).into_drawing_area();
    let ([x, y], [x_title, y_title]) = (axes.ranges.clone(), axes.titles);
    let decimals = axes.decimals;
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
    for Curve { colour, width, dots, points } in curves {
        chart.draw_series(LineSeries::new(points.iter().copied(), colour.stroke_width(*width)))?;
        if *dots {
            let dot = |point: &(f64, f64)| Circle::new(*point, 2, colour.filled());
            chart.draw_series(points.iter().map(dot))?;
        }
    }
    area.present()?;
    Ok(())
}
