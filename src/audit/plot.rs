//! How far the posterior moves along the scale of a factor, as SVG.

use plotters::style::RGBColor;

use super::FactorResult;
use crate::plot::{Axes, Curve, INK, draw};
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

/// A line for each expression and a thick one for their mean; `None` if the factor has no scale.
pub(super) fn along_the_scale(result: &FactorResult) -> Option<String> {
    let at: Vec<f64> =
        result.factor.conditions.iter().filter_map(|c| c.at.map(f64::from)).collect();
    if at.len() < 2 || at.len() != result.conditions.len() {
        return None;
    }
    let low = at.iter().copied().fold(f64::INFINITY, f64::min);
    let high = at.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let margin = (high - low) * 0.03;
    let mut curves: Vec<Curve> = Vec::new();
    for (index, colour) in COLOURS.into_iter().enumerate().take(Emotion::ALL.len()) {
        let points = at.iter().zip(&result.conditions).filter_map(|(at, condition)| {
            Some((*at, f64::from(condition.shifts.get(index).copied().flatten()?.distance)))
        });
        curves.push(Curve { colour, width: 1, dots: true, points: points.collect() });
    }
    let means = at.iter().zip(&result.conditions).filter_map(|(at, condition)| {
        let found: Vec<f64> =
            condition.shifts.iter().flatten().map(|s| f64::from(s.distance)).collect();
        (!found.is_empty()).then(|| (*at, found.iter().sum::<f64>() / found.len() as f64))
    });
    curves.push(Curve { colour: INK, width: 3, dots: false, points: means.collect() });
    let axes = Axes {
        size: SIZE,
        ranges: [low - margin..high + margin, 0.0..1.0],
        titles: [result.factor.unit, "moved by"],
        decimals: 0,
    };
    draw(&axes, &curves)
}
