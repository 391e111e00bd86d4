//! The stacked timeline of a session, as SVG.

use maud::{Markup, html};

use super::Reported;
use crate::stats::{Column, columns};
use crate::words::length;

const WIDTH: f64 = 940.0;
const HEIGHT: f64 = 150.0;
const FOOT: f64 = 22.0;
/// Columns of the drawing: a column is four pixels of a printed page.
const COLUMNS: usize = 235;
/// More markers than these are not told apart anyway.
const MOST_MARKERS: usize = 60;

/// Mean smoothed posterior over time; white where there is no face. Markers are numbered as in the
/// list of events.
pub fn timeline(session: &Reported) -> Markup {
    let secs = session.signal.end().as_secs_f64();
    let columns = columns(&session.signal, &session.holds, secs, COLUMNS);
    let classes = session.signal.words().len();
    let x = |at: f64| (at / secs.max(1e-9) * WIDTH).clamp(0.0, WIDTH);
    let width = WIDTH / COLUMNS as f64;
    let markers = session.signal.events().iter().filter(|event| event.event == "marker");
    html! {
        svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT + FOOT) } role="img"
            aria-label="Mean probability of each class over time" {
            rect .ground x="0" y="0" width=(WIDTH) height=(HEIGHT) {}
            @for (column, Column { posterior: shares, .. }) in columns.iter().enumerate() {
                @for class in 0..classes {
                    @let below: f64 = shares.iter().take(class).sum();
                    @let share = shares.get(class).copied().unwrap_or(0.0);
                    @if share > 0.002 {
                        rect class={ "class-" (class % 8) }
                            x=(round(column as f64 * width)) width=(round(width + 0.15))
                            y=(round(HEIGHT * (1.0 - below - share))) height=(round(HEIGHT * share)) {}
                    }
                }
            }
            @for (number, marker) in markers.take(MOST_MARKERS).enumerate() {
                @let at = round(x(marker.time.as_secs_f64()));
                line .marker x1=(at) x2=(at) y1="0" y2=(HEIGHT) {}
                text .tick x=(at + 3.0) y="12" { (number + 1) }
            }
            @for tick in 0..=4 {
                @let at = secs * f64::from(tick) / 4.0;
                @let anchor = match tick { 0 => "start", 4 => "end", _ => "middle" };
                text .tick x=(round(x(at))) y=(HEIGHT + 16.0) text-anchor=(anchor) { (length(at)) }
            }
        }
    }
}

fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}
