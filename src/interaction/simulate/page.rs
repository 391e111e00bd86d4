//! The report of a simulation as one HTML file.

use maud::{Markup, PreEscaped, html};

use super::super::policy::{FitFigures, RuleLevels};
use super::compare::{Comparison, Contest, PolicyFigures, PolicyKind};
use super::ope::{Estimate, Estimates};
use super::plot;
use super::sweep::Sweep;
use crate::page::page;
use crate::words::{grouped, percent};

/// Everything a simulation found.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Findings {
    /// Users that were learned from.
    pub learned_from: usize,
    /// Interactions that were simulated, of all policies together.
    pub simulated: u64,
    /// Of everything.
    pub seed: u64,
    /// How good the network is.
    pub fit: FitFigures,
    /// How good the one without the face is.
    pub blind_fit: FitFigures,
    /// Levels of the tuned rules, from the same users.
    pub rules: RuleLevels,
    /// Policies side by side.
    pub comparison: Comparison,
    /// The learned policy as a log of another one estimates it, and as it was.
    pub off_policy: OffPolicy,
    /// With a readout that gets worse, if asked for.
    pub sweep: Option<Sweep>,
}

/// Estimates from a log, beside the truth that only a simulation knows.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct OffPolicy {
    /// Decisions in the log.
    pub decisions: usize,
    /// From the log.
    pub estimates: Estimates,
    /// The truth for the same moments.
    pub truth: f64,
}

/// What a simulation can't say; stands in every report.
pub const LIMITS: &str = "These users are simulated. Their moods, tastes and manners are \
    assumptions, written down in the program's source; only how faces are read is measured. The \
    figures show that the method works and where it stops to, and say nothing about how much any \
    person will like it.";

const STYLE: &str = "
.key { display: inline-block; width: 12px; height: 12px; border-radius: 2px; margin: 0 4px 0 12px; }
td.number small { display: block; color: var(--muted); font-size: 12px; }
";

/// The whole page.
pub fn to_html(findings: &Findings) -> String {
    let comparison = &findings.comparison;
    let main = html! {
        p.kind { "Companion, simulated" }
        h1 { "Does it help, or does it nag?" }
        p.on {
            (grouped(comparison.users as u64, ',')) " held-out users, "
            (comparison.interactions) " interactions with each policy; learned from "
            (grouped(findings.learned_from as u64, ',')) " others"
        }
        p.remark { (LIMITS) }
        (policies(comparison))
        (contests(comparison))
        @if let Some(svg) = plot::regret(comparison) {
            section {
                h2 { "Regret" }
                (PreEscaped(svg))
                (legend(&PolicyKind::ALL))
                p.caption {
                    "Expected satisfaction lost against one who knows what is hidden, under the \
                     same limits, summed up over the interactions of a user."
                }
            }
        }
        @if let Some(sweep) = &findings.sweep { (noise(sweep)) }
        (off_policy(&findings.off_policy))
        (method(findings))
        p.made {
            "Made by Mien " (env!("CARGO_PKG_VERSION")) " with " code { "mien interact simulate" }
            ", seed " (findings.seed) "."
        }
    };
    page("Companion: does it help, or does it nag?", STYLE, &main)
}

fn legend(kinds: &[PolicyKind]) -> Markup {
    html! {
        p.caption {
            @for kind in kinds {
                @let c = plot::colour(*kind);
                span.key style=(format!("background: rgb({}, {}, {})", c.0, c.1, c.2)) {}
                (kind.word())
            }
        }
    }
}

fn policies(comparison: &Comparison) -> Markup {
    let share = |share: Option<f64>| share.map_or_else(|| "\u{2013}".to_owned(), percent);
    html! {
        section {
            h2 { "Policies" }
            div.scroll {
                table {
                    thead {
                        tr {
                            th { "policy" }
                            th.number { "satisfaction" }
                            th.number { "after the first half" }
                            th.number { "prompts in 100" }
                            th.number { "of these unwanted, in 100" }
                            th.number { "precision" }
                            th.number { "recall" }
                            th.number { "accuracy" }
                            th.number { "helped" }
                        }
                    }
                    tbody {
                        @for figures in &comparison.policies {
                            tr {
                                th { (figures.policy.word()) }
                                (estimate(&figures.satisfaction))
                                (estimate(&figures.satisfaction_after))
                                td.number { (format!("{:.2}", figures.prompts_per_100)) }
                                td.number { (format!("{:.2}", figures.harm_per_100)) }
                                td.number { (share(figures.precision)) }
                                td.number { (percent(figures.recall)) }
                                td.number { (percent(figures.accuracy)) }
                                td.number { (share(figures.helped)) }
                            }
                        }
                    }
                }
            }
            p.caption {
                "Satisfaction an interaction: 1 for help that helped, -0.3 for the wrong help, -1 \
                 for a prompt that nobody wanted, -0.2 for help that was wanted and did not come, \
                 0 for peace; expected values, with limits of 95 %. Precision and recall are of \
                 \u{201c}help wanted\u{201d}. Limits on rate and cooldown hold for all policies: \
                 no recall can be high."
            }
        }
    }
}

fn estimate(estimate: &Estimate) -> Markup {
    html! {
        td.number {
            (format!("{:+.4}", estimate.value))
            @if let Some(limits) = estimate.interval {
                small { (format!("{:+.4} to {:+.4}", limits.low, limits.high)) }
            }
        }
    }
}

fn contests(comparison: &Comparison) -> Markup {
    let row = |name: &str, contest: &Contest| {
        html! {
            tr {
                th { (name) }
                td.number {
                    (percent(contest.share))
                    small {
                        (percent(contest.interval.low)) " to " (percent(contest.interval.high))
                    }
                }
                td.number { (contest.better) }
                td.number { (contest.equal) }
                td.number { (contest.worse) }
                (estimate(&contest.difference))
            }
        }
    };
    html! {
        section {
            h2 { "User by user, after the first half" }
            table {
                thead {
                    tr {
                        th { "learned against" } th.number { "better" } th.number { "users" }
                        th.number { "equal" } th.number { "worse" } th.number { "difference" }
                    }
                }
                tbody {
                    (row("fixed rules", &comparison.against_rules))
                    (row("tuned rules", &comparison.against_tuned))
                    (row("itself without the face", &comparison.against_blind))
                    (row("(one who knows the person against fixed rules)", &comparison.ceiling))
                }
            }
            p.caption {
                "One who knows the person knows their tastes, their manners and how they are \
                 misread, and filters the mood from the same readings: more is out of reach."
            }
        }
    }
}

fn noise(sweep: &Sweep) -> Markup {
    let stops = |at: Option<f64>| {
        at.map_or_else(|| "at no level tried".to_owned(), |at| format!("at {}", percent(at)))
    };
    let cell = |figures: Option<&PolicyFigures>| figures.map(|f| estimate(&f.satisfaction_after));
    let prompts = |figures: Option<&PolicyFigures>| {
        figures.map_or_else(String::new, |f| format!("{:.2}", f.prompts_per_100))
    };
    html! {
        section {
            h2 { "When the readout gets worse" }
            @if let Some(svg) = plot::noise(sweep) {
                (PreEscaped(svg))
                (legend(&[PolicyKind::Silent, PolicyKind::Rules, PolicyKind::TunedRules,
                    PolicyKind::Learned, PolicyKind::LearnedWithoutFace]))
            }
            p {
                "Seeing the face stops to be better for sure than not seeing it "
                (stops(sweep.face_stops_helping_at))
                " noise; the learned policy stops to be better for sure than fixed rules "
                (stops(sweep.learning_stops_helping_at)) "."
            }
            table {
                thead {
                    tr {
                        th { "noise" } th.number { "fixed rules" } th.number { "learned" }
                        th.number { "without the face" } th.number { "prompts in 100, learned" }
                    }
                }
                tbody {
                    @for level in &sweep.levels {
                        tr {
                            th { (percent(level.noise.share)) }
                            (cell(level.comparison.of(PolicyKind::Rules)).unwrap_or_default())
                            (cell(level.comparison.of(PolicyKind::Learned)).unwrap_or_default())
                            (cell(level.comparison.of(PolicyKind::LearnedWithoutFace))
                                .unwrap_or_default())
                            td.number { (prompts(level.comparison.of(PolicyKind::Learned))) }
                        }
                    }
                }
            }
            p.caption {
                "Satisfaction after the first half. Noise is the share of moments in which the \
                 reading has nothing to do with the face. Nobody tells the policies."
            }
            h2 { "Nothing but noise" }
            table {
                thead {
                    tr {
                        th { "noise" } th.number { "prompts in 100, learned" }
                        th.number { "after the first half" } th.number { "unwanted in 100" }
                        th.number { "fixed rules, prompts in 100" }
                    }
                }
                tbody {
                    @for level in &sweep.kinds {
                        @let learned = level.comparison.of(PolicyKind::Learned);
                        tr {
                            th { (level.noise.kind.word()) }
                            td.number { (prompts(learned)) }
                            td.number {
                                @if let Some(figures) = learned {
                                    (format!("{:.2}", figures.prompts_per_100_after))
                                }
                            }
                            td.number {
                                @if let Some(figures) = learned {
                                    (format!("{:.2}", figures.harm_per_100))
                                }
                            }
                            td.number { (prompts(level.comparison.of(PolicyKind::Rules))) }
                        }
                    }
                }
            }
        }
    }
}

fn off_policy(found: &OffPolicy) -> Markup {
    html! {
        section {
            h2 { "Judged from a log" }
            table {
                thead { tr { th { "worth of the learned policy" } th.number { "a decision" } } }
                tbody {
                    tr { th { "truth, known to the simulation alone" }
                        td.number { (format!("{:+.4}", found.truth)) } }
                    tr { th { "inverse propensity scoring" } (estimate(&found.estimates.ips)) }
                    tr { th { "doubly robust" } (estimate(&found.estimates.doubly_robust)) }
                    tr { th { "the policy that wrote the log" }
                        (estimate(&found.estimates.logged)) }
                }
            }
            p.caption {
                (grouped(found.decisions as u64, ',')) " decisions of a policy that says anything; \
                 of these " (percent(found.estimates.effective)) " count in effect. The learned \
                 policy as it meets a new user. Worth: 1 for a prompt that helped, minus the cost \
                 of disturbing for one that did not or was not answered, 0 for silence."
            }
        }
    }
}

fn method(findings: &Findings) -> Markup {
    let fit = |fit: &FitFigures| {
        format!(
            "{:.4} on held-out users, {:.4} on those learned from; {:.4} for base rates alone",
            fit.held_out_loss, fit.loss, fit.base_loss
        )
    };
    let RuleLevels { face, trouble, either } = findings.rules;
    html! {
        section.method {
            h2 { "Method" }
            dl {
                dt { "network" } dd { "cross-entropy " (fit(&findings.fit)) }
                dt { "without the face" } dd { "cross-entropy " (fit(&findings.blind_fit)) }
                dt { "tuned rules" }
                dd {
                    "unpleasant face from " (face) ", trouble from " (trouble) ", "
                    @if either { "either of them" } @else { "both together" }
                    "; the best of " (RuleLevels::grid().len()) " on users learned from; a \
                     strategy declined twice more than it helped is given up"
                }
            }
        }
    }
}
