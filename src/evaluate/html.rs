//! A report as one page: no script, nothing from elsewhere, light and dark, fit for printing.

use maud::{Markup, html};

use super::conditions::Slice;
use super::report::{ClassLine, Named, Report, Score};
use super::text::{grouped, pictures, range, remarks, share};
use super::{RESAMPLES, chart};
use crate::page::page;
use crate::words::percent;

/// More names than this make a page heavy; `--json` has all.
const NAMED: usize = 200;

/// The report as an HTML file.
pub fn to_html(report: &Report) -> String {
    let title = format!("{} on {}", report.model.name, data_name(report));
    let main = html! {
        (head(report))
        (figures(report))
        @for remark in remarks(report) { p .remark { (remark) } }
        (classes(report))
        (confusion(report))
        (diagrams(report))
        (conditions(report))
        (mistakes(report))
        (trouble(report))
        (method(report))
    };
    page(&title, "", &main)
}

/// The last part of the path: a page may be shown to others, and folders are nobody's business.
fn data_name(report: &Report) -> &str {
    report.data.rsplit(['/', '\\']).find(|part| !part.is_empty()).unwrap_or(&report.data)
}

fn head(report: &Report) -> Markup {
    html! {
        header {
            p .kind { "Evaluation of an expression model" }
            h1 { (report.model.name) }
            p .on {
                "on " strong { (data_name(report)) }
                @if let Some(split) = &report.split { ", split " strong { (split) } }
                @if report.classes != "model" { ", classes " strong { (report.classes) } }
            }
            ul .pictures { @for line in pictures(report) { li { (line) } } }
        }
    }
}

fn figures(report: &Report) -> Markup {
    let figure = |name: &str, value: String, note: String| {
        html! {
            div .figure {
                p .name { (name) }
                p .value { (value) }
                p .note { (note) }
            }
        }
    };
    let limits = |score: &Score| {
        score.interval.map_or_else(String::new, |interval| {
            format!("{} to {}", percent(interval.low), percent(interval.high))
        })
    };
    let time = &report.time;
    let detection = time.with_detection_ms.map_or_else(
        || "the classifier, median".to_owned(),
        |ms| format!("the classifier; {:.1} ms with detection", ms.median),
    );
    html! {
        section .figures {
            (figure("Accuracy", percent(report.accuracy.value), limits(&report.accuracy)))
            (figure("Macro recall", percent(report.macro_recall.value), limits(&report.macro_recall)))
            (figure("Calibration error", format!("{:.3}", report.ece), "ECE, 0 is best".into()))
            (figure("A face takes", format!("{:.1} ms", time.classifier_ms.median), detection))
        }
    }
}

fn classes(report: &Report) -> Markup {
    let bar = |value: Option<f64>| {
        html! {
            td .number .bar-cell style={ "--share:" (format!("{:.3}", value.unwrap_or(0.0))) } {
                span { (share(value)) }
            }
        }
    };
    let row = |line: &ClassLine| {
        html! {
            tr .empty[line.support == 0] {
                th scope="row" { (line.label) }
                td .number { (grouped(line.support)) }
                (bar(line.recall))
                (bar(line.precision))
                (bar(line.f1))
            }
        }
    };
    html! {
        section {
            h2 { "By class" }
            div .scroll {
                table .classes {
                    thead {
                        tr {
                            th scope="col" { "Class" }
                            th scope="col" .number { "Pictures" }
                            th scope="col" { "Recall" }
                            th scope="col" { "Precision" }
                            th scope="col" { "F1" }
                        }
                    }
                    tbody { @for line in &report.per_class { (row(line)) } }
                }
            }
            p .caption {
                "Recall: of the pictures that people gave this class, the share the model found. "
                "Precision: of the pictures that the model gave it, the share that is right. "
                "Macro F1 " (percent(report.macro_f1)) "."
            }
        }
    }
}

fn confusion(report: &Report) -> Markup {
    html! {
        section {
            h2 { "What was taken for what" }
            div .scroll {
                table .confusion {
                    thead {
                        tr {
                            th scope="col" { span .people { "People" } " \\ model" }
                            @for label in &report.labels { th scope="col" { (label) } }
                        }
                    }
                    tbody {
                        @for (i, (label, row)) in report.labels.iter().zip(&report.confusion).enumerate() {
                            @let total: u64 = row.iter().sum();
                            tr .empty[total == 0] {
                                th scope="row" { (label) }
                                @for (j, count) in row.iter().enumerate() {
                                    @let part = *count as f64 / total.max(1) as f64;
                                    td .right[i == j] .strong[part > 0.62] .full[part > 0.85]
                                        style={ "--share:" (format!("{part:.3}")) }
                                        title={ (grouped(*count)) " of " (grouped(total)) } {
                                        @if *count > 0 {
                                            (format!("{:.0}", part * 100.0))
                                            small { (grouped(*count)) }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
            p .caption {
                "Each row is 100 %: what became of the pictures that people gave this class. Small: "
                "how many."
            }
        }
    }
}

fn diagrams(report: &Report) -> Markup {
    let unsure = &report.unsure;
    html! {
        section .diagrams {
            figure {
                h2 { "Is it as often right as it says?" }
                (chart::reliability(&report.reliability))
                figcaption .caption {
                    "On the dashed line certainty is deserved; a bar that ends below it means too "
                    "sure, and the line from one to the other is the error. Pale bars hold few "
                    "pictures. ECE " (format!("{:.3}", report.ece))
                    ", negative log-likelihood " (format!("{:.3}", report.nll))
                    ", Brier score " (format!("{:.3}", report.brier)) "."
                }
            }
            figure {
                h2 { "What does " em { "unsure" } " gain?" }
                (chart::coverage(&report.coverage, unsure))
                figcaption .caption {
                    "The app says “unsure” below " (format!("{:.0} %", unsure.threshold * 100.0))
                    " (the dot): " (percent(unsure.coverage)) " are then answered, and "
                    (share(unsure.accuracy)) " of the answers are right."
                }
            }
        }
    }
}

fn conditions(report: &Report) -> Markup {
    let table = |title: &str, slices: &[Slice]| {
        html! {
            div {
                h3 { (title) }
                table .slices {
                    tbody {
                        @for slice in slices {
                            tr {
                                th scope="row" { (range(slice)) }
                                td .number { (grouped(slice.count)) }
                                td .bar-cell style={ "--share:" (format!("{:.3}", slice.accuracy)) }
                                    title={ (percent(slice.interval.low)) " to " (percent(slice.interval.high)) } {
                                    span { (percent(slice.accuracy)) }
                                }
                            }
                        }
                    }
                }
            }
        }
    };
    html! {
        section {
            h2 { "In which conditions" }
            div .diagrams {
                (table("Brightness of the face, 0 to 255", &report.by_brightness))
                (table("Width of the face in pixels", &report.by_face_width))
            }
            p .caption {
                "Pictures and the share that is right. The mix of classes may differ between rows, "
                "and a row of few pictures says little. How a model differs between groups of "
                "people can't be told from data that do not say who is in them."
            }
        }
    }
}

fn mistakes(report: &Report) -> Markup {
    html! {
        @if !report.surest_mistakes.is_empty() {
            section {
                h2 { "The surest mistakes" }
                p .caption {
                    "Worth a look: some are mistakes of the labels. Pictures are named, never shown."
                }
                div .scroll {
                    table .mistakes {
                        thead {
                            tr {
                                th scope="col" { "Picture" }
                                th scope="col" { "People" }
                                th scope="col" { "Model" }
                                th scope="col" .number { "Certainty" }
                            }
                        }
                        tbody {
                            @for mistake in &report.surest_mistakes {
                                tr {
                                    td .origin { (mistake.origin) }
                                    td { (mistake.truth) }
                                    td { (mistake.answer) }
                                    td .number { (percent(f64::from(mistake.certainty))) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn trouble(report: &Report) -> Markup {
    let counts = &report.counts;
    let named = |title: &str, entries: &[Named]| {
        html! {
            @if !entries.is_empty() {
                section {
                    h2 { (title) " (" (grouped(entries.len() as u64)) ")" }
                    ul .names {
                        @for entry in entries.iter().take(NAMED) {
                            li { span .origin { (entry.origin) } " " (entry.reason) }
                        }
                        @if entries.len() > NAMED {
                            li { "and " (grouped((entries.len() - NAMED) as u64)) " more" }
                        }
                    }
                }
            }
        }
    };
    let without_face: Vec<Named> = counts
        .without_face
        .iter()
        .map(|origin| Named { origin: origin.clone(), reason: String::new() })
        .collect();
    html! {
        (named("Pictures that can't be read", &counts.unreadable))
        (named("Pictures that the network failed on", &counts.failed))
        (named("Pictures without a face that was found", &without_face))
    }
}

fn method(report: &Report) -> Markup {
    let model = &report.model;
    let [width, height] = model.input;
    let drawn = match report.drawn_groups {
        Some(groups) => format!("{} persons or folders were drawn", grouped(groups as u64)),
        None => "pictures were drawn".to_owned(),
    };
    html! {
        section .method {
            h2 { "How it was measured" }
            dl {
                dt { "Model" }
                dd {
                    (model.name) ", input " (width) "×" (height) " pixels, "
                    @if model.mirror { "mirror image read too, " }
                    "temperature " (model.temperature)
                    br; span .origin { "sha256 " (model.sha256) }
                }
                dt { "Data" }
                dd {
                    span .origin { (data_name(report)) }
                    "; classes " (report.data_classes.join(", "))
                }
                dt { "Path" }
                dd {
                    "The same detector, alignment, network and calibration as live, one picture at "
                    "a time, without smoothing."
                }
                dt { "Truth" }
                dd {
                    "What people said of a picture, by majority where many voted. It is no record "
                    "of what the persons felt."
                }
                dt { "Limits" }
                dd {
                    "The range beside accuracy and macro recall holds 95 % of "
                    (grouped(RESAMPLES as u64)) " bootstrap resamples; " (drawn) "."
                }
                dt { "Calibration error" }
                dd { "15 bins of equal width over the certainty of the answer (Guo et al. 2017)." }
                dt { "Time" }
                dd {
                    "The classifier: " (format!("{:.1} ms", report.time.classifier_ms.median))
                    " a face (median), 95 % below "
                    (format!("{:.1} ms", report.time.classifier_ms.p95)) ", "
                    (format!("{:.1} ms", report.time.classifier_ms.least)) " at best; "
                    (report.time.jobs) " at the same time."
                }
            }
            p .made { "Made by " (report.program) ", on this computer alone." }
        }
    }
}
