//! The course of a lesson: choose the penalty, find the temperature, judge on what was held out,
//! then learn from everything.
//!
//! Nested cross-validation: each part is held out in turn, and everything, penalty and temperature
//! too, is found on the rest. So every example is judged once, by a head that knows nothing of it,
//! and the figure rests on all examples instead of a fifth of them.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rayon::prelude::*;

use super::calibration;
use super::folds::{self, Folds};
use super::head::LinearHead;
use super::lesson::{Grouping, Lesson, TeachError};
use super::regression::{self, Design, Standard};
use super::report::Report;
use crate::evaluate::{Conditions, Confusion, Reading, calibration_error, reliability};
use crate::observation::Posterior;

/// Penalties that are tried, strongest first: each fit starts from the one before.
const PENALTIES: [f64; 9] = [3.0, 1.0, 0.3, 0.1, 0.03, 0.01, 3e-3, 1e-3, 3e-4];

/// How far a course has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Steps done.
    pub done: usize,
    /// Steps in all.
    pub total: usize,
}

/// What was learned, and how good it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Taught {
    /// The new last layer, on raw embeddings.
    pub head: LinearHead,
    /// Its figures. [`Report::temperature`] is the one to divide its logits by.
    pub report: Report,
}

/// Learns the classes of `lesson`. `go_on` is told of progress, from several threads, and answers
/// whether to go on. The same lesson and seed give the same head.
///
/// # Errors
/// [`TeachError`] says what is missing, or that it was stopped.
pub fn teach(
    lesson: &Lesson,
    seed: u64,
    go_on: &(dyn Fn(Progress) -> bool + Sync),
) -> Result<Taught, TeachError> {
    lesson.check()?;
    let everything: Vec<usize> = (0..lesson.examples.len()).collect();
    let outer = folds::split(lesson, &everything, seed);
    let steps = Steps::new((outer.count + 1) * (outer.count + 1), go_on);
    let course = Course { lesson, seed, steps: &steps };

    let judged: Vec<Vec<Judged>> = (0..outer.count)
        .into_par_iter()
        .map(|part| course.judge_part(&everything, &outer, part))
        .collect::<Result<_, _>>()?;
    let mut judged: Vec<Judged> = judged.into_iter().flatten().collect();
    judged.sort_by_key(|judged| judged.example);
    let readings: Vec<Reading> =
        judged.iter().map(|judged| judged.reading(lesson)).collect::<Result<_, _>>()?;

    let learned = course.learn(&everything, &outer)?;
    steps.finish();
    let report = Report {
        classes: lesson.classes.clone(),
        confusion: Confusion::of(&readings, lesson.classes.len()),
        ece: calibration_error(&reliability(&readings)).unwrap_or_default(),
        folds: outer.count,
        kept: outer.grouping,
        given: lesson.grouping,
        penalty: learned.penalty,
        temperature: learned.temperature,
    };
    let Standard { mean, scale } = &learned.standard;
    Ok(Taught { head: LinearHead::folded(&learned.parameters, mean, scale), report })
}

/// Counts steps, and stops when asked to.
struct Steps<'a> {
    done: AtomicUsize,
    total: usize,
    stopped: AtomicBool,
    go_on: &'a (dyn Fn(Progress) -> bool + Sync),
}

impl<'a> Steps<'a> {
    fn new(total: usize, go_on: &'a (dyn Fn(Progress) -> bool + Sync)) -> Self {
        Self { done: AtomicUsize::new(0), total, stopped: AtomicBool::new(false), go_on }
    }

    fn one_more(&self) -> Result<(), TeachError> {
        let done = (self.done.fetch_add(1, Ordering::Relaxed) + 1).min(self.total);
        self.check(done)
    }

    fn still(&self) -> Result<(), TeachError> {
        self.check(self.done.load(Ordering::Relaxed).min(self.total))
    }

    /// Inner splits may have had fewer parts than was thought.
    fn finish(&self) {
        (self.go_on)(Progress { done: self.total, total: self.total });
    }

    fn check(&self, done: usize) -> Result<(), TeachError> {
        if !(self.go_on)(Progress { done, total: self.total }) {
            self.stopped.store(true, Ordering::Relaxed);
        }
        if self.stopped.load(Ordering::Relaxed) { Err(TeachError::Cancelled) } else { Ok(()) }
    }
}

struct Course<'a> {
    lesson: &'a Lesson,
    seed: u64,
    steps: &'a Steps<'a>,
}

/// A held-out example and what was said of it.
struct Judged {
    example: usize,
    posterior: Vec<f64>,
}

impl Judged {
    fn reading(&self, lesson: &Lesson) -> Result<Reading, TeachError> {
        let shares = self.posterior.iter().map(|p| *p as f32).collect();
        let posterior = Posterior::normalised(shares).ok_or(TeachError::NoNumbers)?;
        let truth = lesson.examples[self.example].class;
        // Brightness and size are not asked of an embedding.
        let conditions = Conditions::default();
        Ok(Reading { example: self.example, truth, posterior, conditions })
    }
}

/// A head on standardised embeddings, with how it was chosen.
struct Learned {
    standard: Standard,
    parameters: Vec<f64>,
    penalty: f64,
    temperature: f64,
}

impl Course<'_> {
    /// Learns from all but one part, and judges that part.
    fn judge_part(
        &self,
        everything: &[usize],
        outer: &Folds,
        part: usize,
    ) -> Result<Vec<Judged>, TeachError> {
        let side = |held_out: bool| {
            let of = everything.iter().zip(&outer.of);
            of.filter(|(_, p)| (**p == part) == held_out).map(|(i, _)| *i).collect::<Vec<_>>()
        };
        let (rest, held_out) = (side(false), side(true));
        let inner = folds::split(self.lesson, &rest, self.seed.wrapping_add(1 + part as u64));
        let learned = self.learn(&rest, &inner)?;
        let judge = |&example: &usize| {
            let logits = self.logits(&learned.standard, &learned.parameters, example);
            Judged { example, posterior: softmax(&logits, learned.temperature) }
        };
        Ok(held_out.iter().map(judge).collect())
    }

    /// Chooses penalty and temperature by `folds` of `chosen`, then fits on all of `chosen`.
    fn learn(&self, chosen: &[usize], folds: &Folds) -> Result<Learned, TeachError> {
        let parts: Vec<Vec<PartScores>> = (0..folds.count)
            .into_par_iter()
            .map(|part| {
                let scores = self.score_part(chosen, folds, part)?;
                self.steps.one_more()?;
                Ok(scores)
            })
            .collect::<Result<_, _>>()?;
        let of_penalty = |penalty: usize| {
            let mut all: PartScores = parts.iter().flat_map(|part| part[penalty].clone()).collect();
            all.sort_by_key(|(example, _)| *example);
            all
        };
        let (best, scores) = (0..PENALTIES.len())
            .map(|penalty| (penalty, of_penalty(penalty)))
            .map(|(penalty, scores)| (self.loss(&scores), penalty, scores))
            // The first of equals, which is the strongest penalty.
            .min_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, penalty, scores)| (penalty, scores))
            .ok_or(TeachError::NoNumbers)?;
        let class: Vec<usize> =
            scores.iter().map(|(example, _)| self.lesson.examples[*example].class).collect();
        let logits: Vec<Vec<f64>> = scores.into_iter().map(|(_, logits)| logits).collect();
        let temperature = calibration::temperature(&logits, &class)?;
        let (standard, mut fits) = self.fit_path(chosen, best + 1)?;
        let parameters = fits.pop().ok_or(TeachError::NoNumbers)?;
        self.steps.one_more()?;
        Ok(Learned { standard, parameters, penalty: PENALTIES[best], temperature })
    }

    /// Scores of the examples of one part under each penalty, by heads fitted on the others.
    fn score_part(
        &self,
        chosen: &[usize],
        folds: &Folds,
        part: usize,
    ) -> Result<Vec<PartScores>, TeachError> {
        let side = |held_out: bool| {
            let of = chosen.iter().zip(&folds.of);
            of.filter(|(_, p)| (**p == part) == held_out).map(|(i, _)| *i).collect::<Vec<_>>()
        };
        let (rest, held_out) = (side(false), side(true));
        let (standard, fits) = self.fit_path(&rest, PENALTIES.len())?;
        let score = |parameters: &Vec<f64>| {
            let score = |&example: &usize| (example, self.logits(&standard, parameters, example));
            held_out.iter().map(score).collect()
        };
        Ok(fits.iter().map(score).collect())
    }

    /// Heads on `chosen` for the first `count` penalties.
    fn fit_path(
        &self,
        chosen: &[usize],
        count: usize,
    ) -> Result<(Standard, Vec<Vec<f64>>), TeachError> {
        let examples = &self.lesson.examples;
        let rows: Vec<&[f32]> = chosen.iter().map(|&i| &*examples[i].embedding).collect();
        let class: Vec<usize> = chosen.iter().map(|&i| examples[i].class).collect();
        let standard = Standard::of(&rows);
        let design = Design::new(&rows, &class, self.lesson.classes.len(), &standard);
        let mut start = vec![0.0; design.parameters()];
        let mut fits = Vec::with_capacity(count);
        for penalty in PENALTIES.iter().take(count) {
            self.steps.still()?;
            start = regression::fit(&design, *penalty, start)?;
            fits.push(start.clone());
        }
        Ok((standard, fits))
    }

    fn logits(&self, standard: &Standard, parameters: &[f64], example: usize) -> Vec<f64> {
        let classes = self.lesson.classes.len();
        let embedding = &self.lesson.examples[example].embedding;
        let mut row = Vec::with_capacity(embedding.len());
        standard.apply(embedding, &mut row);
        let (weights, bias) = parameters.split_at(classes * row.len());
        let mut logits = vec![0.0; classes];
        regression::scores(weights, bias, &row, &mut logits);
        logits
    }

    /// Mean log-loss, each class counted the same.
    fn loss(&self, scores: &PartScores) -> f64 {
        let mut loss = vec![(0.0, 0.0); self.lesson.classes.len()];
        for (example, logits) in scores {
            let class = self.lesson.examples[*example].class;
            loss[class].0 += regression::log_sum_exp(logits) - logits[class];
            loss[class].1 += 1.0;
        }
        let present: Vec<f64> =
            loss.iter().filter(|(_, n)| *n > 0.0).map(|(sum, n)| sum / n).collect();
        present.iter().sum::<f64>() / present.len().max(1) as f64
    }
}

/// Examples with their scores, from heads that had not seen them.
type PartScores = Vec<(usize, Vec<f64>)>;

fn softmax(logits: &[f64], temperature: f64) -> Vec<f64> {
    let scaled: Vec<f64> = logits.iter().map(|z| z / temperature).collect();
    let log_sum = regression::log_sum_exp(&scaled);
    scaled.iter().map(|z| (z - log_sum).exp()).collect()
}

/// What a person reads of how the parts were made.
pub fn split_in_words(report: &Report) -> String {
    let kept = match (report.kept, report.given) {
        (Grouping::Person, _) => "split by person, so that nobody stands on both sides",
        (Grouping::Take, _) => "split by take",
        (Grouping::Picture, Grouping::Take) => "takes cut into pieces",
        (Grouping::Picture, _) => "split by picture",
    };
    format!("{} parts held out in turn, {kept}", report.folds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::teach::lesson::Example;

    /// Three clouds around their centres, `spread` wide, in `dim` dimensions.
    fn clouds(per_class: usize, dim: usize, spread: f32) -> Lesson {
        let mut state = 11_u64;
        let mut noise = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / (1u64 << 23) as f32 - 1.0
        };
        let mut examples = Vec::new();
        for i in 0..3 * per_class {
            let class = i % 3;
            let embedding = (0..dim)
                .map(|d| if d == class { 1.0 } else { 0.0 } + spread * noise())
                .collect::<Vec<f32>>();
            let id = i as u64;
            examples.push(Example { class, group: id, unit: id, embedding: embedding.into() });
        }
        Lesson {
            classes: ["one", "two", "three"].map(str::to_owned).to_vec(),
            examples,
            grouping: Grouping::Picture,
        }
    }

    fn never_stop(_: Progress) -> bool {
        true
    }

    #[test]
    fn clear_classes_are_learned_and_the_figures_say_so() {
        let lesson = clouds(40, 12, 0.3);
        let taught = teach(&lesson, 0, &never_stop).unwrap();
        assert_eq!(taught.report.held_out(), 120);
        assert_eq!(taught.report.right(), 120);
        assert!(taught.report.ece < 0.05, "{}", taught.report.ece);
        let right = lesson.examples.iter().filter(|example| {
            let logits = taught.head.logits(&example.embedding);
            (0..3).all(|c| logits[c] <= logits[example.class])
        });
        assert_eq!(right.count(), 120);
    }

    #[test]
    fn classes_that_differ_in_nothing_are_judged_as_guesses() {
        let mut lesson = clouds(30, 40, 1.0);
        for (i, example) in lesson.examples.iter_mut().enumerate() {
            // The class no longer has to do with the numbers.
            example.class = (i * 7 + i / 5) % 3;
        }
        let taught = teach(&lesson, 0, &never_stop).unwrap();
        let accuracy = taught.report.accuracy();
        assert!((0.15..0.5).contains(&accuracy), "{accuracy}");
        assert!(taught.report.ece < 0.2, "{}", taught.report.ece);
        assert_eq!(taught.report.penalty, PENALTIES[0]);
    }

    #[test]
    fn people_who_are_alike_in_one_class_do_not_flatter_the_figures() {
        // What tells the classes apart is who it is: each person shows one class only.
        let mut lesson = clouds(40, 30, 1.0);
        for (i, example) in lesson.examples.iter_mut().enumerate() {
            let person = i % 12;
            let mut embedding = vec![0.01 * (i as f32).sin(); 30];
            embedding[10 + person] = 1.0;
            example.class = person % 3;
            example.group = person as u64;
            example.embedding = embedding.into();
        }
        let by_picture = teach(&lesson, 0, &never_stop).unwrap().report.accuracy();
        lesson.grouping = Grouping::Person;
        let by_person = teach(&lesson, 0, &never_stop).unwrap().report.accuracy();
        assert!(by_picture > 0.95, "{by_picture}");
        assert!(by_person < 0.6, "{by_person}");
    }

    #[test]
    fn the_same_seed_gives_the_same_head() {
        let lesson = clouds(20, 6, 0.9);
        let first = teach(&lesson, 4, &never_stop).unwrap();
        assert_eq!(first, teach(&lesson, 4, &never_stop).unwrap());
        assert_ne!(first.report, teach(&lesson, 5, &never_stop).unwrap().report);
    }

    #[test]
    fn it_tells_how_far_it_is_and_stops_when_asked() {
        let lesson = clouds(10, 6, 0.5);
        let most = AtomicUsize::new(0);
        let note = |progress: Progress| {
            assert!(progress.done <= progress.total);
            most.fetch_max(progress.done * 100 / progress.total, Ordering::Relaxed);
            true
        };
        teach(&lesson, 0, &note).unwrap();
        assert_eq!(most.into_inner(), 100);
        let stop = |progress: Progress| progress.done < 3;
        assert_eq!(teach(&lesson, 0, &stop).unwrap_err(), TeachError::Cancelled);
    }

    #[test]
    fn too_little_is_refused_by_name() {
        let mut lesson = clouds(10, 6, 0.5);
        lesson.classes.push("empty".into());
        let error = teach(&lesson, 0, &never_stop).unwrap_err();
        assert_eq!(error, TeachError::TooFewExamples { class: "empty".into(), found: 0 });
        lesson.classes.truncate(1);
        let error = teach(&lesson, 0, &never_stop).unwrap_err();
        assert_eq!(error, TeachError::TooFewClasses { found: 1 });
        let mut lesson = clouds(10, 6, 0.5);
        lesson.classes[1] = "Unsure".into();
        assert_eq!(teach(&lesson, 0, &never_stop).unwrap_err(), TeachError::Reserved);
        let mut lesson = clouds(10, 6, 0.5);
        lesson.examples[3].embedding = vec![f32::NAN; 6].into();
        assert_eq!(teach(&lesson, 0, &never_stop).unwrap_err(), TeachError::NoNumbers);
    }
}
