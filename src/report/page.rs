//! The page itself. Everything that people wrote goes through maud, which escapes it.

use maud::{Markup, html};

use super::Reported;
use super::timeline::timeline;
use crate::page;
use crate::session::EventRow;
use crate::stats::{Comparison, Difference, Estimate, Transitions};
use crate::words::{length, percent};

const STYLE: &str = include_str!("report.css");

/// More events than this make a page heavy; `events.csv` has all.
const MOST_EVENTS: usize = 200;

/// What every reader of the page has to know, whatever it shows.
const LIMITS: [&str; 5] = [
    "An expression is not a feeling: people smile when they are sad and frown when they think. \
     These figures say what faces looked like, not what anybody felt.",
    "The model makes mistakes, most of them on rare and weak expressions, and in poor light, on \
     small and on turned faces. “Unsure” is an answer, not a gap.",
    "Limits in brackets (95 %, block bootstrap) say how far a figure would move with another \
     stretch of the same kind. They know nothing of the model's mistakes, and of one session they \
     say nothing about other people.",
    "How well the model reads people of different sex, age or origin is not known.",
    "Not for judging people: not for hiring, grading, policing, health or lie detection. In the EU, \
     inferring emotions of people at work or school is forbidden (AI Act, article 5).",
];

pub fn page(sessions: &[Reported], comparison: Option<&Comparison>) -> String {
    let title = match sessions {
        [one] => one.title().to_owned(),
        several => format!("{} sessions", several.len()),
    };
    let main = html! {
        header {
            p .kind { "Expression estimates, by Mien " (env!("CARGO_PKG_VERSION")) }
            h1 { (title) }
        }
        @if sessions.len() > 1 { (side_by_side(sessions)) }
        @if let Some(comparison) = comparison { (differences(comparison)) }
        @for one in sessions { (session(one, sessions.len() > 1)) }
        section {
            h2 { "What this can't tell" }
            ul .limits { @for limit in LIMITS { li { (limit) } } }
        }
    };
    page::page(&title, STYLE, &main)
}

fn number(value: f64) -> String {
    format!("{value:.2}")
}

fn value(estimate: &Estimate, write: fn(f64) -> String) -> String {
    estimate.value.map_or_else(|| "-".into(), write)
}

fn limits(estimate: &Estimate, write: fn(f64) -> String) -> String {
    estimate.interval.map_or_else(String::new, |limits| {
        format!("({} to {})", write(limits.low), write(limits.high))
    })
}

fn swatch(class: usize) -> Markup {
    html! { i class={ "swatch class-" (class % 8) } {} }
}

fn side_by_side(sessions: &[Reported]) -> Markup {
    let mut words: Vec<&String> = Vec::new();
    for word in sessions.iter().flat_map(|session| session.signal.words()) {
        if !words.contains(&word) {
            words.push(word);
        }
    }
    let share = |session: &Reported, word: &String| {
        let classes = &session.summary.classes;
        let class = classes.iter().find(|class| class.label == *word);
        class.map_or_else(|| "-".to_owned(), |class| value(&class.share, percent))
    };
    html! {
        section {
            h2 { "Share of time" }
            div .scroll {
                table .overview {
                    thead {
                        tr {
                            th scope="col" { "Session" }
                            th scope="col" .number { "Length" }
                            @for (class, word) in words.iter().enumerate() {
                                th scope="col" .number { (swatch(class)) (word) }
                            }
                            th scope="col" .number { "unsure" }
                            th scope="col" .number { "no face" }
                        }
                    }
                    tbody {
                        @for session in sessions {
                            tr {
                                th scope="row" { (session.title()) }
                                td .number { (length(session.signal.end().as_secs_f64())) }
                                @for word in &words { td .number { (share(session, word)) } }
                                td .number { (value(&session.summary.unsure, percent)) }
                                td .number { (value(&session.summary.without_face, percent)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn differences(comparison: &Comparison) -> Markup {
    let points: fn(f64) -> String = |value| format!("{:+.1} pt", value * 100.0);
    let plain: fn(f64) -> String = |value| format!("{value:+.2}");
    let row = |difference: &Difference| {
        let is_affect = matches!(difference.figure, "valence" | "arousal");
        let write = if is_affect { plain } else { points };
        let word = difference.label.clone();
        html! {
            tr {
                th scope="row" { (word.unwrap_or_else(|| difference.figure.replace('_', " "))) }
                td .number { (value(&difference.difference, write)) }
                td .number { (limits(&difference.difference, write)) }
                td { (whisker(difference, if is_affect { 2.0 } else { 1.0 })) }
            }
        }
    };
    let shown = comparison.figures.iter().filter(|figure| figure.figure != "mean_posterior");
    html! {
        section {
            h2 { (comparison.first) " less " (comparison.second) }
            div .scroll { table { tbody { @for difference in shown { (row(difference)) } } } }
            p .caption {
                "Difference of the shares of time, with 95 % limits. Where the line crosses the \
                 middle, the sessions may well be alike."
            }
            @for remark in &comparison.remarks { p .caption { (remark) } }
        }
    }
}

/// The difference and its limits on a line from `-most` to `most`.
fn whisker(difference: &Difference, most: f64) -> Markup {
    let x = |value: f64| 150.0 + (value / most).clamp(-1.0, 1.0) * 145.0;
    html! {
        svg viewBox="0 0 300 18" aria-hidden="true" {
            line .grid x1="150" x2="150" y1="0" y2="18" {}
            @if let Some(limits) = difference.difference.interval {
                line .limit x1=(x(limits.low)) x2=(x(limits.high)) y1="9" y2="9" {}
            }
            @if let Some(value) = difference.difference.value {
                circle .dot cx=(x(value)) cy="9" r="4" {}
            }
        }
    }
}

fn session(session: &Reported, one_of_many: bool) -> Markup {
    html! {
        div .session {
            @if one_of_many { h2 { (session.title()) } }
            (facts(session))
            @for problem in &session.problems { p .remark { (problem) } }
            section {
                h2 { "Over time" }
                (timeline(session))
                p .caption {
                    @for (class, word) in session.signal.words().iter().enumerate() {
                        (swatch(class)) (word) " \u{2003}"
                    }
                }
            }
            (shares(session))
            (events(session))
            (transitions(&session.summary.transitions))
            (conditions(session))
        }
    }
}

fn facts(session: &Reported) -> Markup {
    let (entry, record) = (&session.entry, &session.record);
    let start = entry.start.map_or_else(
        || "no wall clock time".to_owned(),
        |start| start.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
    );
    let consent = record.meta.consent_utc.as_ref().map(|at| format!("consent given {at}"));
    let facts = [
        Some(start),
        Some(format!("{} long", length(session.signal.end().as_secs_f64()))),
        Some(format!("{} at once at most", faces(entry.faces))),
        Some(record.source.name.clone()),
        (!entry.participant.is_empty()).then(|| format!("participant {}", entry.participant)),
        (!entry.tags.is_empty()).then(|| entry.tags.join(", ")),
        consent,
        Some(entry.state.in_words()),
    ];
    html! {
        ul .facts { @for fact in facts.iter().flatten() { @if !fact.is_empty() { li { (fact) } } } }
        @if !entry.note.is_empty() { p .note { (entry.note) } }
    }
}

fn faces(count: usize) -> String {
    if count == 1 { "1 face".into() } else { format!("{count} faces") }
}

fn shares(session: &Reported) -> Markup {
    let summary = &session.summary;
    html! {
        section {
            h2 { "How much of the time" }
            div .scroll {
                table .classes {
                    thead {
                        tr {
                            th scope="col" { "Class" }
                            th scope="col" { "Share of time" }
                            th scope="col" {}
                            th scope="col" .number { "Mean probability" }
                            th scope="col" .number { "Episodes" }
                            th scope="col" .number { "Median" }
                        }
                    }
                    tbody {
                        @for (class, one) in summary.classes.iter().enumerate() {
                            @let share = one.share.value.unwrap_or(0.0);
                            tr .empty[share == 0.0] {
                                th scope="row" { (swatch(class)) (one.label) }
                                td .bar-cell style={ "--share:" (format!("{share:.3}")) } {
                                    span { (value(&one.share, percent)) }
                                }
                                td { (limits(&one.share, percent)) }
                                td .number { (value(&one.mean_posterior, percent)) }
                                td .number { (one.episodes) }
                                td .number {
                                    @if let Some(secs) = one.median_episode_secs {
                                        (format!("{secs:.1} s"))
                                    }
                                }
                            }
                        }
                        (line("unsure", &summary.unsure, percent))
                        (line("without a face", &summary.without_face, percent))
                        (line("valence, -1 to 1", &summary.valence.mean, number))
                        (line("arousal, -1 to 1", &summary.arousal.mean, number))
                    }
                }
            }
            @if summary.bootstrap.is_none() {
                p .caption { "Too short for limits." }
            }
        }
    }
}

fn line(word: &str, estimate: &Estimate, write: fn(f64) -> String) -> Markup {
    html! {
        tr {
            th scope="row" { (word) }
            td { (value(estimate, write)) }
            td { (limits(estimate, write)) }
            td {} td {} td {}
        }
    }
}

fn events(session: &Reported) -> Markup {
    let events = session.signal.events();
    let mut markers = 0;
    let mut numbered = |event: &EventRow| {
        markers += usize::from(event.event == "marker");
        if event.event == "marker" { markers.to_string() } else { String::new() }
    };
    html! {
        @if !events.is_empty() {
            section {
                h2 { "Events" }
                table {
                    tbody {
                        @for event in events.iter().take(MOST_EVENTS) {
                            tr {
                                td .number { (length(event.time.as_secs_f64())) }
                                td { (event.event.replace('_', " ")) " " (numbered(event)) }
                                td .words { (event.text) }
                            }
                        }
                    }
                }
                @if events.len() > MOST_EVENTS {
                    p .caption { "and " (events.len() - MOST_EVENTS) " more in events.csv" }
                }
            }
        }
    }
}

fn transitions(transitions: &Transitions) -> Markup {
    html! {
        @if transitions.total() > 0 {
            section {
                h2 { "What followed what" }
                div .scroll {
                    table .transitions {
                        thead {
                            tr {
                                th scope="col" { "From \\ to" }
                                @for label in &transitions.labels { th scope="col" { (label) } }
                            }
                        }
                        tbody {
                            @for (label, row) in transitions.labels.iter().zip(&transitions.counts) {
                                @if row.iter().any(|count| *count > 0) {
                                    tr {
                                        th scope="row" { (label) }
                                        @for count in row {
                                            td { @if *count > 0 { (count) } }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
                p .caption { "How often one label followed another on the same face." }
            }
        }
    }
}

fn conditions(session: &Reported) -> Markup {
    let quality = &session.summary.quality;
    let record = &session.record;
    let frames = record.frames;
    html! {
        section .method {
            h2 { "Conditions and model" }
            dl {
                dt { "Quality" }
                dd {
                    (quality.mean.map_or_else(|| "-".into(), number)) " of 1 on average"
                    @for (hint, share) in &quality.hints { "; " (hint) " " (percent(*share)) }
                }
                dt { "Frames" }
                dd {
                    (frames.analysed) " analysed, " (frames.dropped) " dropped, "
                    (frames.damaged) " damaged; " (record.gaps.len()) " gaps"
                }
                @for model in &record.models {
                    dt { (model.role) }
                    dd .origin { (model.name) ", sha256 " (model.sha256) }
                }
                @if let Some(baseline) = &record.baseline {
                    dt { "Baseline" }
                    dd { (baseline.in_words()) }
                }
                @if let Some((set, figures)) = session.accuracy() {
                    dt { "How good" }
                    dd {
                        "on " (set) ":"
                        @for (name, figure) in figures { " " (name) " " (format!("{figure:.3}")) ";" }
                        " on people in front of a camera it may be less"
                    }
                }
            }
        }
    }
}
