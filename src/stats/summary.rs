//! Everything about one face, or all of them, in one span.

use std::collections::BTreeMap;

use serde::Serialize;

use super::bins::{Bins, Figure, figures};
use super::bootstrap::{Draws, RESAMPLES, SEED, draws};
use super::{Episode, Holds, Span, Transitions, episodes, transitions};
use crate::evaluate::{Interval, percentiles};
use crate::session::Signal;

/// What figures are about.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Selection {
    /// One face by its number; `None`: all faces, each second of each counted.
    pub face: Option<u32>,
    /// Part of the session.
    pub span: Span,
}

impl Selection {
    /// All faces of the whole session.
    pub fn whole(holds: &Holds) -> Self {
        Self { face: None, span: Span::whole(holds) }
    }
}

/// A figure and the limits between which it lies in 95 % of the resamples.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Estimate {
    /// `None` where there is no time to divide by.
    pub value: Option<f64>,
    /// `None` where the span is too short to tell.
    pub interval: Option<Interval>,
}

/// How often and how strongly a class was read.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassSummary {
    /// Column word.
    pub label: String,
    /// Of the time in which a label or `unsure` was shown, the share of this label.
    pub share: Estimate,
    /// Mean over time of its posterior, that of single frames, 0..=1.
    pub mean_posterior: Estimate,
    /// How many stretches of it there were.
    pub episodes: usize,
    /// Half of them were no longer; `None` if there was none.
    pub median_episode_secs: Option<f64>,
}

/// Where a number lay.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Extent {
    /// Mean over time, with limits.
    pub mean: Estimate,
    /// Standard deviation over time.
    pub sd: Option<f64>,
    /// Lowest.
    pub min: Option<f64>,
    /// Highest.
    pub max: Option<f64>,
    /// For a twentieth of the time it was lower.
    pub p05: Option<f64>,
    /// For a twentieth of the time it was higher.
    pub p95: Option<f64>,
}

/// How far conditions allowed a reading.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Quality {
    /// Mean over face time, 0..=1.
    pub mean: Option<f64>,
    /// Of the face time, the share in which something was amiss, by what.
    pub hints: Vec<(String, f64)>,
}

/// Figures of one selection.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// What they are about.
    pub selection: Selection,
    /// Seconds with frames; gaps are not among them.
    pub observed_secs: f64,
    /// Seconds with a face, each face counted.
    pub face_secs: f64,
    /// Samples, each face counted.
    pub samples: usize,
    /// By class, in the order of the model.
    pub classes: Vec<ClassSummary>,
    /// Share of the time in which no word was shown.
    pub unsure: Estimate,
    /// Share of the observed time in which the face was not there, or none was.
    pub without_face: Estimate,
    /// Unpleasant -1 to pleasant 1.
    pub valence: Extent,
    /// Calm -1 to excited 1.
    pub arousal: Extent,
    /// Conditions.
    pub quality: Quality,
    /// How labels followed each other.
    pub transitions: Transitions,
    /// Stretches of one label, by onset.
    pub episodes: Vec<Episode>,
    /// How the limits were drawn; `None` where there are none, as the span is too short.
    pub bootstrap: Option<Bootstrap>,
}

/// How limits were drawn.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Bootstrap {
    /// How often.
    pub resamples: usize,
    /// Readings within a block stay together.
    pub block_secs: f64,
    /// How many blocks fit into the span.
    pub blocks: usize,
    /// Of the random numbers.
    pub seed: u64,
}

impl Summary {
    /// The class that was shown longest; `None` if none was.
    pub fn dominant(&self) -> Option<&ClassSummary> {
        let shown = |class: &&ClassSummary| class.share.value.is_some_and(|share| share > 0.0);
        self.classes.iter().filter(shown).max_by(|a, b| {
            a.share.value.unwrap_or_default().total_cmp(&b.share.value.unwrap_or_default())
        })
    }
}

/// Sums up a selection. The same rows and selection give the same figures.
pub fn summarise(signal: &Signal, holds: &Holds, selection: &Selection) -> Summary {
    let bins = Bins::of(signal, holds, selection);
    let drawn = draws(&bins, SEED);
    let total = bins.total();
    let classes = signal.words().len();
    let values = figures(&total);
    let estimate = |figure| estimate(&values, drawn.as_ref(), figure, classes);
    let episodes = episodes(signal, holds, selection);
    let observed = Scan::of(signal, holds, selection);
    let class = |(class, label): (usize, &String)| {
        let durations = episodes.iter().filter(|e| e.class == class).map(|e| e.duration_secs);
        let durations: Vec<f64> = durations.collect();
        ClassSummary {
            label: label.clone(),
            share: estimate(Figure::Share(class)),
            mean_posterior: estimate(Figure::Mean(class)),
            episodes: durations.len(),
            median_episode_secs: median(durations),
        }
    };
    Summary {
        selection: selection.clone(),
        observed_secs: total.first().copied().unwrap_or_default(),
        face_secs: total.get(2).copied().unwrap_or_default(),
        samples: observed.samples,
        classes: signal.words().iter().enumerate().map(class).collect(),
        unsure: estimate(Figure::Unsure),
        without_face: estimate(Figure::WithoutFace),
        valence: extent(observed.valence, estimate(Figure::Valence)),
        arousal: extent(observed.arousal, estimate(Figure::Arousal)),
        quality: observed.quality,
        transitions: transitions(signal, holds, selection),
        bootstrap: drawn.map(|drawn| Bootstrap {
            resamples: RESAMPLES,
            block_secs: drawn.block_secs,
            blocks: drawn.blocks,
            seed: SEED,
        }),
        episodes,
    }
}

/// `NaN` is no value.
pub(super) fn known(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

fn estimate(values: &[f64], drawn: Option<&Draws>, figure: Figure, classes: usize) -> Estimate {
    let index = figure.index(classes);
    let value = values.get(index).copied().and_then(known);
    let interval = value.and(drawn).and_then(|drawn| {
        percentiles(drawn.figures.iter().filter_map(|draw| known(*draw.get(index)?)).collect())
    });
    Estimate { value, interval }
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let upper = *values.get(values.len() / 2)?;
    let lower = *values.get(values.len().checked_sub(1)? / 2)?;
    Some((lower + upper) / 2.0)
}

/// What needs each sample.
struct Scan {
    samples: usize,
    /// Value and for how long.
    valence: Vec<(f64, f64)>,
    arousal: Vec<(f64, f64)>,
    quality: Quality,
}

impl Scan {
    fn of(signal: &Signal, holds: &Holds, selection: &Selection) -> Self {
        let mut scan =
            Self { samples: 0, valence: vec![], arousal: vec![], quality: Quality::default() };
        let mut hints: BTreeMap<&str, f64> = BTreeMap::new();
        let (mut face_secs, mut judged_secs, mut quality) = (0.0, 0.0, 0.0);
        for index in signal.between(selection.span.from, selection.span.to) {
            let sample = &signal.samples()[index];
            let Some(face) = sample.face else { continue };
            if selection.face.is_some_and(|wanted| wanted != face.id) {
                continue;
            }
            scan.samples += 1;
            let hold = holds.secs()[index];
            face_secs += hold;
            scan.valence.extend(face.valence.map(|valence| (f64::from(valence), hold)));
            scan.arousal.extend(face.arousal.map(|arousal| (f64::from(arousal), hold)));
            if let Some(own) = face.quality {
                judged_secs += hold;
                quality += hold * f64::from(own);
            }
            if let Some(hint) = face.hint {
                *hints.entry(hint.word()).or_default() += hold;
            }
        }
        scan.quality.mean = known(quality / judged_secs);
        let mut hints: Vec<(String, f64)> =
            hints.into_iter().map(|(hint, secs)| (hint.to_owned(), secs / face_secs)).collect();
        hints.retain(|(_, share)| share.is_finite());
        hints.sort_by(|a, b| b.1.total_cmp(&a.1));
        scan.quality.hints = hints;
        scan
    }
}

fn extent(mut values: Vec<(f64, f64)>, mean: Estimate) -> Extent {
    values.sort_by(|a, b| a.0.total_cmp(&b.0));
    let all: f64 = values.iter().map(|(_, secs)| secs).sum();
    let at = |share: f64| {
        let mut passed = 0.0;
        let reached = |(_, secs): &&(f64, f64)| {
            passed += secs;
            passed >= share * all
        };
        values.iter().find(reached).or(values.last()).map(|(value, _)| *value)
    };
    let sd = mean.value.and_then(|mean| {
        let squares: f64 = values.iter().map(|(value, secs)| secs * (value - mean).powi(2)).sum();
        known((squares / all).sqrt())
    });
    Extent {
        mean,
        sd,
        min: values.first().map(|(value, _)| *value),
        max: values.last().map(|(value, _)| *value),
        p05: at(0.05),
        p95: at(0.95),
    }
}
