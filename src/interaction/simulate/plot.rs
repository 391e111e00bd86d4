//! Curves of the report, as SVG.

use plotters::style::RGBColor;

use super::compare::{Comparison, PolicyKind};
use super::life::BUCKET;
use super::sweep::Sweep;
use crate::plot::{Axes, Curve, draw};

/// Of a plot, in pixels.
const SIZE: (u32, u32) = (560, 280);

/// The colour of a policy, those of the light window; the page names them in a legend.
pub(super) fn colour(kind: PolicyKind) -> RGBColor {
    match kind {
        PolicyKind::Silent => RGBColor(0x7b, 0x87, 0x94),
        PolicyKind::Random => RGBColor(0xc9, 0x3a, 0x12),
        PolicyKind::Rules => RGBColor(0xd9, 0xa4, 0x00),
        PolicyKind::TunedRules => RGBColor(0xd9, 0x73, 0x0d),
        PolicyKind::Learned => RGBColor(0x2f, 0x78, 0xc4),
        PolicyKind::LearnedWithoutFace => RGBColor(0x7a, 0x52, 0xc7),
        PolicyKind::Oracle => RGBColor(0x1f, 0x8a, 0x5b),
    }
}

/// Regret summed up over the interactions of a user; `None` if there is nothing to draw.
pub(super) fn regret(comparison: &Comparison) -> Option<String> {
    let curves = comparison.policies.iter().map(|figures| {
        let points = figures.regret.iter().enumerate();
        let points = points.map(|(i, regret)| (((i + 1) * BUCKET) as f64, *regret));
        let start = std::iter::once((0.0, 0.0));
        let points = start.chain(points).collect();
        Curve { colour: colour(figures.policy), width: 2, dots: false, points }
    });
    drawn(&curves.collect::<Vec<_>>(), ["interactions", "regret, summed up"])
}

/// Satisfaction against the noise of the readout.
pub(super) fn noise(sweep: &Sweep) -> Option<String> {
    let curves = PolicyKind::ALL
        .into_iter()
        .filter(|kind| !matches!(kind, PolicyKind::Random | PolicyKind::Oracle));
    let curves = curves.map(|kind| Curve {
        colour: colour(kind),
        width: 2,
        dots: false,
        points: sweep
            .levels
            .iter()
            .filter_map(|level| {
                let figures = level.comparison.of(kind)?;
                Some((level.noise.share, figures.satisfaction_after.value))
            })
            .collect(),
    });
    drawn(&curves.collect::<Vec<_>>(), ["noise in the readout", "satisfaction"])
}

fn drawn(curves: &[Curve], titles: [&str; 2]) -> Option<String> {
    let points = || curves.iter().flat_map(|curve| &curve.points);
    let range = |of: fn(&(f64, f64)) -> f64| {
        let low = points().map(of).fold(f64::INFINITY, f64::min);
        let high = points().map(of).fold(f64::NEG_INFINITY, f64::max);
        (high > low).then_some(low..high)
    };
    let (x, y) = (range(|point| point.0)?, range(|point| point.1)?);
    let margin = 0.05 * (y.end - y.start);
    let decimals = if x.end > 2.0 { 0 } else { 1 };
    let ranges = [x, y.start - margin..y.end + margin];
    draw(&Axes { size: SIZE, ranges, titles, decimals }, curves)
}
