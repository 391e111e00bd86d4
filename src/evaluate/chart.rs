//! The two diagrams of the page, as SVG. Colours come from the page's style sheet, so that they
//! follow light and dark; what a mark stands for is in its title.

use maud::{Markup, html};

use super::calibration::{Answered, Bin};
use super::text::{grouped, share};
use crate::words::percent;

/// The plane both diagrams are drawn on, in pixels of the drawing.
struct Plane {
    /// Of the plot within the drawing.
    left: f64,
    top: f64,
    width: f64,
    height: f64,
    /// Share at the left and at the right edge.
    x_range: [f64; 2],
    /// Share at the bottom and at the top edge.
    y_range: [f64; 2],
}

const WIDTH: f64 = 440.0;
const HEIGHT: f64 = 330.0;

impl Plane {
    fn new(x_range: [f64; 2], y_range: [f64; 2]) -> Self {
        let (left, top, right, bottom) = (66.0, 14.0, 26.0, 46.0);
        let (width, height) = (WIDTH - left - right, HEIGHT - top - bottom);
        Self { left, top, width, height, x_range, y_range }
    }

    fn x(&self, share: f64) -> f64 {
        let [from, to] = self.x_range;
        self.left + (share - from) / (to - from) * self.width
    }

    fn y(&self, share: f64) -> f64 {
        let [from, to] = self.y_range;
        self.top + self.height - (share - from) / (to - from) * self.height
    }

    /// Lines and numbers at the ticks, and what the axes mean.
    fn axes(&self, x_ticks: &[f64], y_ticks: &[f64], x_title: &str, y_title: &str) -> Markup {
        let (bottom, right) = (self.top + self.height, self.left + self.width);
        let middle = (self.left + self.width / 2.0, self.top + self.height / 2.0);
        html! {
            @for tick in y_ticks {
                @let y = round(self.y(*tick));
                line .grid x1=(self.left) x2=(right) y1=(y) y2=(y) {}
                text .tick x=(self.left - 8.0) y=(y + 4.0) text-anchor="end" { (whole(*tick)) }
            }
            @for tick in x_ticks {
                @let x = round(self.x(*tick));
                line .grid x1=(x) x2=(x) y1=(self.top) y2=(bottom) {}
                text .tick x=(x) y=(bottom + 18.0) text-anchor="middle" { (whole(*tick)) }
            }
            line .axis x1=(self.left) x2=(right) y1=(bottom) y2=(bottom) {}
            text .axis-title x=(middle.0) y=(HEIGHT - 6.0) text-anchor="middle" { (x_title) }
            text .axis-title text-anchor="middle"
                transform={ "translate(14 " (middle.1) ") rotate(-90)" } { (y_title) }
        }
    }
}

/// Accuracy against certainty: a bar a bin, the line where both are equal, and the distance to it.
pub fn reliability(bins: &[Bin]) -> Markup {
    let plane = Plane::new([0.0, 1.0], [0.0, 1.0]);
    let ticks = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0];
    let most = bins.iter().map(|bin| bin.count).max().unwrap_or(1).max(1) as f64;
    html! {
        svg role="img" aria-label="Reliability diagram: accuracy against certainty"
            viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } {
            (plane.axes(&ticks, &ticks, "certainty of the answer", "of these right"))
            @for bin in bins {
                @if let (Some(accuracy), Some(certainty)) = (bin.accuracy, bin.certainty) {
                    @let (x, width) = (plane.x(bin.low) + 1.0, plane.x(bin.high) - plane.x(bin.low) - 2.0);
                    // Bins of few pictures say little: they are drawn pale.
                    @let opacity = round(0.35 + 0.65 * (bin.count as f64 / most).sqrt());
                    g {
                        title {
                            "certainty " (percent(bin.low)) " to " (percent(bin.high)) ": "
                            (grouped(bin.count)) " pictures, " (percent(accuracy)) " right, "
                            "mean certainty " (percent(certainty))
                        }
                        rect .under x=(round(x)) y=(round(plane.y(accuracy))) width=(round(width))
                            height=(round(plane.y(0.0) - plane.y(accuracy))) {}
                        rect .bar x=(round(x)) y=(round(plane.y(accuracy))) width=(round(width))
                            height=(round(plane.y(0.0) - plane.y(accuracy)))
                            fill-opacity=(opacity) {}
                        line .gap x1=(round(plane.x(certainty))) x2=(round(plane.x(certainty)))
                            y1=(round(plane.y(accuracy))) y2=(round(plane.y(certainty))) {}
                    }
                }
            }
            line .ideal x1=(plane.x(0.0)) y1=(plane.y(0.0)) x2=(plane.x(1.0)) y2=(plane.y(1.0)) {}
        }
    }
}

/// Accuracy against coverage, with the point of the app's threshold.
pub fn coverage(curve: &[Answered], unsure: &Answered) -> Markup {
    let points = curve.iter().filter_map(|p| p.accuracy.map(|accuracy| (p.coverage, accuracy)));
    let mark = unsure.accuracy.map(|accuracy| (unsure.coverage, accuracy));
    let lowest = points.clone().chain(mark).map(|(_, accuracy)| accuracy).fold(1.0, f64::min);
    // Down to the tenth below the curve, so that its shape is seen.
    let from = (((lowest - 0.02) * 10.0).floor() / 10.0).clamp(0.0, 0.9);
    let step = if from >= 0.8 {
        0.05
    } else if from >= 0.5 {
        0.1
    } else {
        0.2
    };
    let count = ((1.0 - from) / step + 1e-6).floor() as u32;
    let y_ticks: Vec<f64> = (0..=count).map(|i| 1.0 - f64::from(i) * step).collect();
    let plane = Plane::new([0.0, 1.0], [from, 1.0]);
    let path: Vec<String> =
        points.map(|(x, y)| format!("{},{}", round(plane.x(x)), round(plane.y(y)))).collect();
    html! {
        svg role="img" aria-label="Accuracy against coverage"
            viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } {
            (plane.axes(&[0.0, 0.2, 0.4, 0.6, 0.8, 1.0], &y_ticks, "of the pictures answered, the surest first", "of these right"))
            polyline .curve points=(path.join(" ")) {}
            @if let Some((x, y)) = mark {
                g {
                    title {
                        "certainty of " (percent(unsure.threshold)) " or more: "
                        (percent(x)) " answered, " (share(unsure.accuracy)) " of them right"
                    }
                    circle .mark cx=(round(plane.x(x))) cy=(round(plane.y(y))) r="5" {}
                }
            }
        }
    }
}

/// A tenth of a pixel is finer than any screen.
fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

fn whole(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}
