//! Right and wrong answers, counted.

use super::Reading;

/// How often each class was taken for each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confusion {
    classes: usize,
    /// Row by row: truth, then answer.
    counts: Vec<u64>,
}

/// Figures of one class. `None` where there is nothing to divide by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClassFigures {
    /// Pictures that people gave this class.
    pub support: u64,
    /// Pictures that the model gave it.
    pub answered: u64,
    /// Share of the pictures of this class that the model found, 0..=1.
    pub recall: Option<f64>,
    /// Share of its answers with this class that are right, 0..=1.
    pub precision: Option<f64>,
    /// Harmonic mean of the two, 0..=1; 0 if the class has pictures and none was found.
    pub f1: Option<f64>,
}

impl Confusion {
    /// No answer yet.
    pub fn new(classes: usize) -> Self {
        Self { classes, counts: vec![0; classes * classes] }
    }

    /// Of all readings.
    pub fn of(readings: &[Reading], classes: usize) -> Self {
        let mut confusion = Self::new(classes);
        for reading in readings {
            confusion.add(reading.truth, reading.answer());
        }
        confusion
    }

    /// Counts one answer. Both are below the number of classes.
    pub fn add(&mut self, truth: usize, answer: usize) {
        self.counts[truth * self.classes + answer] += 1;
    }

    /// How often `truth` was taken for `answer`.
    pub fn count(&self, truth: usize, answer: usize) -> u64 {
        self.counts[truth * self.classes + answer]
    }

    /// One row for each class that people gave, one column for each that the model gives.
    pub fn rows(&self) -> impl Iterator<Item = &[u64]> {
        self.counts.chunks_exact(self.classes.max(1))
    }

    /// All answers.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Share of right answers, 0..=1.
    pub fn accuracy(&self) -> Option<f64> {
        let right = (0..self.classes).map(|class| self.count(class, class)).sum();
        ratio(right, self.total())
    }

    /// Figures of each class.
    pub fn by_class(&self) -> Vec<ClassFigures> {
        let figures = |class: usize| {
            let found = self.count(class, class);
            let support = (0..self.classes).map(|answer| self.count(class, answer)).sum();
            let answered = (0..self.classes).map(|truth| self.count(truth, class)).sum();
            ClassFigures {
                support,
                answered,
                recall: ratio(found, support),
                precision: ratio(found, answered),
                f1: ratio(2 * found, support + answered).filter(|_| support > 0),
            }
        };
        (0..self.classes).map(figures).collect()
    }

    /// Mean recall over the classes that have pictures, each counted the same.
    pub fn macro_recall(&self) -> Option<f64> {
        mean(self.by_class().iter().filter_map(|class| class.recall))
    }

    /// Mean F1 over the classes that have pictures, each counted the same.
    pub fn macro_f1(&self) -> Option<f64> {
        mean(self.by_class().iter().filter_map(|class| class.f1))
    }
}

fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

pub(super) fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0_u64), |(sum, count), v| (sum + v, count + 1));
    (count > 0).then(|| sum / count as f64)
}

/// Probabilities below this count as this, so that one impossible answer does not make the mean
/// infinite.
const LEAST_PROBABILITY: f64 = 1e-7;

/// Mean of -ln p(truth), in nats; 0 is best.
pub fn negative_log_likelihood(readings: &[Reading]) -> Option<f64> {
    mean(readings.iter().map(|reading| {
        let p = f64::from(reading.posterior.as_slice()[reading.truth]);
        -p.max(LEAST_PROBABILITY).ln()
    }))
}

/// Mean squared distance between the posterior and certainty of the truth, summed over the classes
/// (Brier 1950); 0 is best, 2 is worst.
pub fn brier(readings: &[Reading]) -> Option<f64> {
    mean(readings.iter().map(|reading| {
        let posterior = reading.posterior.as_slice().iter().enumerate();
        posterior
            .map(|(class, p)| {
                let truth = f64::from(u8::from(class == reading.truth));
                (f64::from(*p) - truth).powi(2)
            })
            .sum()
    }))
}

#[cfg(test)]
mod tests {
    use super::super::tests::reading;
    use super::*;

    /// Six pictures of two classes, three of which have a third one's answer nowhere.
    fn confusion() -> Confusion {
        let mut confusion = Confusion::new(3);
        for (truth, answer) in [(0, 0), (0, 0), (0, 1), (0, 2), (1, 1), (1, 0)] {
            confusion.add(truth, answer);
        }
        confusion
    }

    #[test]
    fn figures_by_hand() {
        let confusion = confusion();
        assert_eq!(confusion.accuracy(), Some(0.5));
        let classes = confusion.by_class();
        assert_eq!((classes[0].support, classes[0].answered), (4, 3));
        assert_eq!(classes[0].recall, Some(0.5));
        assert_eq!(classes[0].precision, Some(2.0 / 3.0));
        // 2 * 2 / (4 + 3).
        assert_eq!(classes[0].f1, Some(4.0 / 7.0));
        assert_eq!(classes[1].recall, Some(0.5));
        assert_eq!(classes[1].precision, Some(0.5));
    }

    #[test]
    fn a_class_without_pictures_weighs_nothing() {
        let confusion = confusion();
        let third = confusion.by_class()[2];
        assert_eq!((third.support, third.recall, third.f1), (0, None, None));
        assert_eq!(third.precision, Some(0.0), "it was answered once, wrongly");
        assert_eq!(confusion.macro_recall(), Some(0.5));
        assert_eq!(confusion.macro_f1(), Some((4.0 / 7.0 + 0.5) / 2.0));
    }

    #[test]
    fn nothing_at_all_has_no_figures() {
        let confusion = Confusion::new(2);
        assert_eq!(confusion.accuracy(), None);
        assert_eq!(confusion.macro_recall(), None);
        assert_eq!(negative_log_likelihood(&[]), None);
    }

    #[test]
    fn probabilities_are_scored_by_hand() {
        let readings = [reading(0, &[0.5, 0.25, 0.25]), reading(1, &[0.5, 0.5, 0.0])];
        let wanted = (2.0_f64.ln() + 2.0_f64.ln()) / 2.0;
        assert!((negative_log_likelihood(&readings).unwrap() - wanted).abs() < 1e-9);
        // (0.25 + 0.0625 + 0.0625 + 0.25 + 0.25 + 0) / 2.
        assert!((brier(&readings).unwrap() - 0.4375).abs() < 1e-9);
        let impossible = [reading(2, &[0.5, 0.5, 0.0])];
        assert!((negative_log_likelihood(&impossible).unwrap() - 1e7_f64.ln()).abs() < 1e-9);
    }
}
