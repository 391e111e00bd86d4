//! The report as one HTML file that needs nothing else: figures, plots and a sheet of the faces
//! that were drawn.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::plot::{COLOURS, along_the_scale};
use super::{Audit, FactorResult, LIMITS, Shift, Summary};
use crate::observation::Labels;
use crate::source::demo::Emotion;

const STYLE: &str = "
:root { color-scheme: light; }
body { font: 15px/1.5 system-ui, sans-serif; color: #1b1e22; background: #f4f5f6; margin: 0; }
main { max-width: 1040px; margin: 0 auto; padding: 24px 16px 64px; }
h1 { font-size: 26px; margin: 8px 0; } h2 { font-size: 19px; margin: 0 0 4px; }
section { background: #fff; border: 1px solid #dcdfe3; border-radius: 8px; padding: 16px;
  margin: 16px 0; overflow-x: auto; }
p { max-width: 46em; margin: 4px 0 12px; } .muted { color: #5b636c; }
.limits { border-left: 4px solid #9a6700; padding: 8px 12px; background: #fff; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 4px 10px; text-align: right; border-bottom: 1px solid #dcdfe3; }
th { font-weight: 600; color: #5b636c; } th:first-child, td:first-child { text-align: left;
  white-space: nowrap; }
td.shift { min-width: 56px; } td small { display: block; font-size: 12px; }
.bar { display: inline-block; height: 10px; background: #0b66c3; border-radius: 2px;
  vertical-align: middle; }
.bar.worst { background: #b8d4ee; }
.faces { display: flex; flex-wrap: wrap; gap: 8px; margin: 12px 0; }
figure { margin: 0; width: 96px; } figure img { display: block; width: 96px; height: 96px;
  border-radius: 4px; }
figcaption { font-size: 12px; line-height: 1.3; color: #5b636c; }
.key { display: inline-block; width: 12px; height: 12px; border-radius: 2px; margin: 0 4px 0 12px; }
.legend { max-width: none; } .legend span { white-space: nowrap; }
svg { display: block; margin: 8px 0; max-width: 100%; height: auto; }
";

/// The whole page.
pub fn page(audit: &Audit) -> String {
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "How steady is " (audit.model) "?" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    h1 { "How steady is " (audit.model) "?" }
                    p {
                        "One drawn head shows eight expressions, and one thing at a time is changed \
                         that should not matter. A reading is compared with that of the same \
                         expression in the reference picture: it moved by 0 if the probabilities \
                         are the same, by 1 if they share nothing (total variation distance)."
                    }
                    p.limits { (LIMITS) }
                    (overview(audit))
                    (references(audit))
                    @for result in &audit.results { (factor(result, &audit.labels)) }
                    p.muted {
                        "Made by Mien " (env!("CARGO_PKG_VERSION")) " with " code { "mien audit" }
                        ". Model " (audit.model) ", sha256 " (audit.sha256) "."
                    }
                }
            }
        }
    };
    markup.into_string()
}

fn overview(audit: &Audit) -> Markup {
    html! {
        section {
            h2 { "At a glance" }
            table {
                tr {
                    th { "varied" } th { "pictures" } th { "moved by, mean" } th { }
                    th { "worst" } th style="text-align: left" { "in" } th { "word changed" } th { "without a hint" }
                    th { "no face found" }
                }
                @for result in &audit.results {
                    @let summary = result.summary();
                    tr {
                        td { a href={ "#" (result.factor.key) } { (result.factor.name) } }
                        td { (summary.drawn) }
                        td { (figure(summary.mean)) }
                        td style="text-align: left; width: 130px" { (bar(&summary)) }
                        @match &summary.worst {
                            Some((worst, condition, emotion)) => {
                                td { (figure(*worst)) }
                                td style="text-align: left; white-space: nowrap" {
                                    (condition) ", " (emotion.name())
                                }
                            }
                            None => { td { "–" } td { } }
                        }
                        td { (summary.changed) } td { (summary.changed_unwarned) }
                        td { (summary.missed) }
                    }
                }
            }
            p.muted {
                "A word changes when another class becomes the most probable. \u{201c}Without a \
                 hint\u{201d}: the program would not have said that conditions are poor."
            }
        }
    }
}

fn bar(summary: &Summary) -> Markup {
    let worst = summary.worst.as_ref().map_or(0.0, |(worst, ..)| *worst);
    let width = |share: f32| format!("width: {:.0}px", share * 120.0);
    html! {
        span.bar style=(width(summary.mean)) { }
        span.bar.worst style=(width((worst - summary.mean).max(0.0))) { }
    }
}

fn references(audit: &Audit) -> Markup {
    html! {
        section {
            h2 { "The reference" }
            p {
                "Facing the camera, light from the upper left, an ordinary webcam. What the model \
                 reads in each drawing is what the rest is compared with, whether or not it is \
                 the word that was meant."
            }
            div.faces {
                @for reference in &audit.references {
                    @let (top, share) = reference.posterior.top();
                    figure {
                        img src=(reference.tile.data_uri()) alt={ "drawn " (reference.emotion.name()) };
                        figcaption {
                            "drawn " (reference.emotion.name()) ", read "
                            (audit.labels.name(top)) " " (percent(share))
                        }
                    }
                }
            }
        }
    }
}

fn factor(result: &FactorResult, labels: &Labels) -> Markup {
    html! {
        section id=(result.factor.key) {
            h2 { (result.factor.name) }
            p { (result.factor.what) }
            div.faces {
                @for (condition, read) in result.factor.conditions.iter().zip(&result.conditions) {
                    figure {
                        img src=(read.tile.data_uri()) alt=(condition.name);
                        figcaption { (condition.name) }
                    }
                }
            }
            @if let Some(svg) = along_the_scale(result) {
                (PreEscaped(svg))
                p.muted.legend {
                    "Thick: the mean."
                    @for (emotion, colour) in Emotion::ALL.into_iter().zip(COLOURS) {
                        @let fill = format!("background: rgb({}, {}, {})", colour.0, colour.1, colour.2);
                        " " span { span.key style=(fill) { } (emotion.name()) }
                    }
                }
            }
            table {
                tr {
                    th { "drawn" }
                    @for emotion in Emotion::ALL { th { (emotion.name()) } }
                }
                @for (condition, read) in result.factor.conditions.iter().zip(&result.conditions) {
                    tr {
                        td { (condition.name) }
                        @for shift in &read.shifts { (cell(shift.as_ref(), labels)) }
                    }
                }
                tr {
                    th { "mean" }
                    @for emotion in Emotion::ALL {
                        @let summary = result.summary_of(emotion);
                        th { @if summary.missed < summary.drawn { (figure(summary.mean)) } @else { "–" } }
                    }
                }
            }
        }
    }
}

/// Darker the farther it moved; the new word, if it changed, and the hint.
fn cell(shift: Option<&Shift>, labels: &Labels) -> Markup {
    let Some(shift) = shift else {
        return html! { td.shift.muted { "–" small { "no face" } } };
    };
    let shade = format!("background: rgba(242, 142, 43, {:.2})", shift.distance * 0.8);
    html! {
        td.shift style=(shade) {
            (figure(shift.distance))
            @if shift.changed { small { b { (labels.name(shift.top)) } } }
            @if let Some(hint) = shift.hint { small.muted { (hint.word()) } }
        }
    }
}

fn figure(share: f32) -> String {
    format!("{share:.2}")
}

fn percent(share: f32) -> String {
    format!("{:.0}\u{a0}%", share * 100.0)
}
