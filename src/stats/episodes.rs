//! Stretches in which one label was shown, and how labels follow each other.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::Holds;
use super::summary::Selection;
use crate::session::Signal;
use crate::session::signal::Shown;

/// A stretch in which a face showed one label without a break.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Episode {
    /// Which face.
    pub face: u32,
    /// Index in [`Signal::words`].
    #[serde(skip)]
    pub class: usize,
    /// Column word of the class.
    pub label: String,
    /// When the label came up.
    pub onset_secs: f64,
    /// When its smoothed posterior was highest, the first such moment.
    pub apex_secs: f64,
    /// When it went, or the face did.
    pub offset_secs: f64,
    /// From onset to offset.
    pub duration_secs: f64,
    /// Smoothed posterior at the apex, 0..=1; `None` if the table has none.
    pub peak: Option<f64>,
}

/// How often one label followed another on the same face.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Transitions {
    /// Column words of the classes, and `unsure` last: rows and columns of [`Self::counts`].
    pub labels: Vec<String>,
    /// `counts[from][to]`; the diagonal is 0, as a label that stays is no transition.
    pub counts: Vec<Vec<u64>>,
}

impl Transitions {
    /// Of the transitions from a label, the share that led to each; `None` if there was none.
    pub fn shares(&self, from: usize) -> Option<Vec<f64>> {
        let row = self.counts.get(from)?;
        let sum: u64 = row.iter().sum();
        (sum > 0).then(|| row.iter().map(|count| *count as f64 / sum as f64).collect())
    }

    /// All of them.
    pub fn total(&self) -> u64 {
        self.counts.iter().flatten().sum()
    }
}

/// What a face shows without a break, whatever the label.
struct Run {
    face: u32,
    shown: Shown,
    start: Duration,
    end: Duration,
    /// Index of the sample of the highest smoothed posterior, and that posterior.
    peak: Option<(usize, f32)>,
    /// Follows the run before of this face without a gap.
    follows: bool,
}

/// Stretches of one label in the selection, by onset; `unsure` is none. A stretch that reaches
/// beyond the span is cut there.
pub fn episodes(signal: &Signal, holds: &Holds, selection: &Selection) -> Vec<Episode> {
    let mut episodes: Vec<Episode> = runs(signal, holds, selection)
        .into_values()
        .flatten()
        .filter_map(|run| {
            let Shown::Class(class) = run.shown else { return None };
            let class = usize::from(class);
            let (onset, offset) = (run.start.as_secs_f64(), run.end.as_secs_f64());
            let apex = run.peak.map_or(run.start, |(sample, _)| signal.samples()[sample].time);
            Some(Episode {
                face: run.face,
                class,
                label: signal.words().get(class)?.clone(),
                onset_secs: onset,
                apex_secs: apex.as_secs_f64(),
                offset_secs: offset,
                duration_secs: (offset - onset).max(0.0),
                peak: run.peak.map(|(_, peak)| f64::from(peak)),
            })
        })
        .collect();
    episodes.sort_by(|a, b| a.onset_secs.total_cmp(&b.onset_secs).then(a.face.cmp(&b.face)));
    episodes
}

/// How labels follow each other. Where a face is lost, the chain is broken: what it shows when it
/// comes back followed nothing.
pub fn transitions(signal: &Signal, holds: &Holds, selection: &Selection) -> Transitions {
    let classes = signal.words().len();
    let mut labels = signal.words().to_vec();
    labels.push("unsure".into());
    let mut counts = vec![vec![0; classes + 1]; classes + 1];
    let index = |shown| match shown {
        Shown::Class(class) => Some(usize::from(class)),
        Shown::Unsure => Some(classes),
        Shown::Missing => None,
    };
    for runs in runs(signal, holds, selection).values() {
        for pair in runs.windows(2).filter(|pair| pair[1].follows) {
            if let (Some(from), Some(to)) = (index(pair[0].shown), index(pair[1].shown)) {
                counts[from][to] += 1;
            }
        }
    }
    Transitions { labels, counts }
}

fn runs(signal: &Signal, holds: &Holds, selection: &Selection) -> BTreeMap<u32, Vec<Run>> {
    let mut runs: BTreeMap<u32, Vec<Run>> = BTreeMap::new();
    for index in signal.between(selection.span.from, selection.span.to) {
        let sample = &signal.samples()[index];
        let Some(face) = sample.face else { continue };
        if selection.face.is_some_and(|wanted| wanted != face.id) {
            continue;
        }
        let hold = Duration::from_secs_f64(holds.secs()[index]);
        let end = sample.time.saturating_add(hold).min(selection.span.to);
        let peak = match face.shown {
            Shown::Class(class) => {
                signal.smoothed(index).get(usize::from(class)).map(|p| (index, *p))
            }
            _ => None,
        };
        let of_face = runs.entry(face.id).or_default();
        // A face that is missing in a frame or two is followed all the same.
        let near = |run: &&mut Run| sample.time.saturating_sub(run.end) <= holds.longest();
        match of_face.last_mut().filter(near) {
            Some(run) if run.shown == face.shown => {
                run.end = end;
                if let Some(peak) = peak
                    && run.peak.is_none_or(|highest| peak.1 > highest.1)
                {
                    run.peak = Some(peak);
                }
            }
            before => {
                let follows = before.is_some();
                let shown = face.shown;
                let run = Run { face: face.id, shown, start: sample.time, end, peak, follows };
                of_face.push(run);
            }
        }
    }
    runs
}
