//! Readings summed up in short bins of time, from which figures and their limits are drawn.

use super::Holds;
use super::summary::Selection;
use crate::session::Signal;
use crate::session::signal::Shown;

/// Sums of one bin, in seconds or seconds times a value.
#[derive(Debug, Clone, Default)]
pub struct Sums {
    /// Of time with frames.
    pub observed: f64,
    /// Of time with one of the faces at least.
    pub seen: f64,
    /// Of time with a face, counted once for each face.
    pub face: f64,
    /// Of face time in which a label or `unsure` was shown.
    pub labelled: f64,
    /// Of face time in which `unsure` was shown.
    pub unsure: f64,
    /// Of face time with a posterior.
    pub read: f64,
    /// Of face time with valence and arousal.
    pub affect: f64,
    /// Integrals of valence and arousal.
    pub valence_arousal: [f64; 2],
    /// Of each class: face time in which it was shown.
    pub shown: Vec<f64>,
    /// Of each class: integral of its posterior.
    pub posterior: Vec<f64>,
}

impl Sums {
    pub fn new(classes: usize) -> Self {
        Self { shown: vec![0.0; classes], posterior: vec![0.0; classes], ..Self::default() }
    }

    /// All sums in a row, to add many of them fast.
    pub fn flat(&self) -> impl Iterator<Item = f64> {
        let Self { observed, seen, face, labelled, unsure, read, affect, .. } = *self;
        [observed, seen, face, labelled, unsure, read, affect]
            .into_iter()
            .chain(self.valence_arousal)
            .chain(self.shown.iter().copied())
            .chain(self.posterior.iter().copied())
    }

    /// How many numbers [`Self::flat`] gives.
    pub fn width(classes: usize) -> usize {
        9 + 2 * classes
    }
}

/// The figures that have limits, from [`Sums::flat`] of any number of bins, in the order of
/// [`Figure`]. NaN where there is no time to divide by.
pub fn figures(flat: &[f64]) -> Vec<f64> {
    let over = |value: f64, by: f64| if by > 1e-9 { value / by } else { f64::NAN };
    let [observed, seen, _, labelled, unsure, read, affect, valence, arousal, classes @ ..] = flat
    else {
        return Vec::new();
    };
    let (shown, posterior) = classes.split_at(classes.len() / 2);
    let first = [
        over(*unsure, *labelled),
        over(observed - seen, *observed),
        over(*valence, *affect),
        over(*arousal, *affect),
    ];
    let shares = shown.iter().map(|secs| over(*secs, *labelled));
    let means = posterior.iter().map(|sum| over(*sum, *read));
    first.into_iter().chain(shares).chain(means).collect()
}

/// Which of the figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Figure {
    /// Share of labelled face time without a word.
    Unsure,
    /// Share of observed time without the face, or any.
    WithoutFace,
    /// Mean.
    Valence,
    /// Mean.
    Arousal,
    /// Share of labelled face time of a class.
    Share(usize),
    /// Mean posterior of a class.
    Mean(usize),
}

impl Figure {
    /// Where it stands in [`figures`].
    pub fn index(self, classes: usize) -> usize {
        match self {
            Self::Unsure => 0,
            Self::WithoutFace => 1,
            Self::Valence => 2,
            Self::Arousal => 3,
            Self::Share(class) => 4 + class,
            Self::Mean(class) => 4 + classes + class,
        }
    }
}

/// A span in bins of equal length.
#[derive(Debug, Clone)]
pub struct Bins {
    pub bins: Vec<Sums>,
    pub bin_secs: f64,
}

/// More bins make no limit any better.
const MOST: f64 = 2000.0;

/// Readings of a smoothed signal hardly differ within this.
const SHORTEST_SECS: f64 = 0.25;

impl Bins {
    pub fn of(signal: &Signal, holds: &Holds, selection: &Selection) -> Self {
        let classes = signal.words().len();
        let (from, to) = (selection.span.from, selection.span.to);
        let length = to.saturating_sub(from).as_secs_f64();
        let bin_secs = (length / MOST).max(SHORTEST_SECS);
        let count = (length / bin_secs).ceil().max(1.0) as usize;
        let mut bins = vec![Sums::new(classes); count];
        let (mut frame, mut face_frame) = (None, None);
        for index in signal.between(from, to) {
            let sample = &signal.samples()[index];
            let offset = sample.time.saturating_sub(from).as_secs_f64();
            let bin = &mut bins[((offset / bin_secs) as usize).min(count - 1)];
            // What reaches beyond the span is not of it.
            let hold = holds.secs()[index].min(to.saturating_sub(sample.time).as_secs_f64());
            if frame != Some(sample.frame) {
                frame = Some(sample.frame);
                bin.observed += hold;
            }
            let Some(face) = sample.face else { continue };
            if selection.face.is_some_and(|wanted| wanted != face.id) {
                continue;
            }
            bin.face += hold;
            if face_frame != Some(sample.frame) {
                face_frame = Some(sample.frame);
                bin.seen += hold;
            }
            match face.shown {
                Shown::Class(class) => {
                    bin.labelled += hold;
                    if let Some(shown) = bin.shown.get_mut(usize::from(class)) {
                        *shown += hold;
                    }
                }
                Shown::Unsure => {
                    bin.labelled += hold;
                    bin.unsure += hold;
                }
                Shown::Missing => {}
            }
            let posterior = match signal.posterior(index) {
                [] => signal.smoothed(index),
                posterior => posterior,
            };
            if !posterior.is_empty() {
                bin.read += hold;
                for (sum, p) in bin.posterior.iter_mut().zip(posterior) {
                    *sum += hold * f64::from(*p);
                }
            }
            if let (Some(valence), Some(arousal)) = (face.valence, face.arousal) {
                bin.affect += hold;
                bin.valence_arousal[0] += hold * f64::from(valence);
                bin.valence_arousal[1] += hold * f64::from(arousal);
            }
        }
        Self { bins, bin_secs }
    }

    /// Sums of all bins, as [`Sums::flat`].
    pub fn total(&self) -> Vec<f64> {
        let mut total: Vec<f64> = Vec::new();
        for bin in &self.bins {
            total.resize(Sums::width(bin.shown.len()), 0.0);
            total.iter_mut().zip(bin.flat()).for_each(|(sum, value)| *sum += value);
        }
        total
    }

    /// Parts of a session one after the other, such as all spans of one label. Blocks that are drawn
    /// may reach over their borders, which weakens the dependence there a little.
    pub fn joined(parts: Vec<Self>) -> Option<Self> {
        let bin_secs = parts.iter().map(|part| part.bin_secs).fold(f64::INFINITY, f64::min);
        let bins: Vec<Sums> = parts.into_iter().flat_map(|part| part.bins).collect();
        (!bins.is_empty()).then_some(Self { bins, bin_secs })
    }
}
