//! How good a taught head is, on examples it had not seen.

use super::lesson::Grouping;
use crate::evaluate::{Confusion, Interval, wilson};

/// Below this number of held-out examples a figure says little.
const FEW: usize = 100;
/// The same for one class.
const FEW_PER_CLASS: usize = 20;
/// What came of it. Every example was judged once, by a head that had seen neither it nor anything
/// of its group.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Classes in the model's order.
    pub classes: Vec<String>,
    /// What was shown, and what was said.
    pub confusion: Confusion,
    /// Expected calibration error, 0..=1.
    pub ece: f64,
    /// Parts that were held out in turn.
    pub folds: usize,
    /// What was kept on one side.
    pub kept: Grouping,
    /// What could have been, were there enough of it in each class.
    pub given: Grouping,
    /// Penalty that cross-validation chose.
    pub penalty: f64,
    /// Temperature of the final head.
    pub temperature: f64,
}

impl Report {
    /// Examples that were held out: all of them, in turn.
    pub fn held_out(&self) -> usize {
        self.confusion.total() as usize
    }

    /// Of those, the ones it named as they were shown.
    pub fn right(&self) -> usize {
        (0..self.classes.len()).map(|class| self.found(class)).sum()
    }

    /// Share that is right, 0..=1.
    pub fn accuracy(&self) -> f64 {
        self.confusion.accuracy().unwrap_or_default()
    }

    /// Mean recall, each class counted the same, 0..=1.
    pub fn macro_recall(&self) -> f64 {
        self.confusion.macro_recall().unwrap_or_default()
    }

    /// Where the accuracy on many more such examples lies with a probability of 95 %, if these are
    /// a fair sample (Wilson's interval).
    pub fn accuracy_interval(&self) -> (f64, f64) {
        if self.held_out() == 0 {
            return (0.0, 1.0);
        }
        let Interval { low, high } = wilson(self.right() as u64, self.confusion.total());
        (low, high)
    }

    /// Whether there were too few examples for the figure to say much; [`Self::warnings`] says how
    /// little then.
    pub fn is_small(&self) -> bool {
        self.held_out() < FEW
    }

    /// Examples of class `class`.
    pub fn shown(&self, class: usize) -> usize {
        (0..self.classes.len()).map(|said| self.confusion.count(class, said) as usize).sum()
    }

    /// Of those, the ones it found.
    pub fn found(&self, class: usize) -> usize {
        self.confusion.count(class, class) as usize
    }

    /// What to keep in mind, in sentences.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        let held_out = self.held_out();
        if self.is_small() {
            let (low, high) = self.accuracy_interval();
            warnings.push(format!(
                "{held_out} examples are few: with many more, accuracy may be anywhere from {:.0} \
                 to {:.0} %.",
                low * 100.0,
                high * 100.0
            ));
        }
        let few: Vec<String> = (0..self.classes.len())
            .filter(|&class| self.shown(class) < FEW_PER_CLASS)
            .map(|class| format!("\u{201c}{}\u{201d} ({})", self.classes[class], self.shown(class)))
            .collect();
        if !few.is_empty() {
            let few = few.join(", ");
            warnings.push(format!("Fewer than {FEW_PER_CLASS} examples of {few}. Add some."));
        }
        match (self.kept, self.given) {
            (Grouping::Picture, Grouping::Picture) => warnings.push(
                "Nothing says which pictures show the same person: with people it has not seen it \
                 may do worse. Put the pictures of each person into a folder of their own inside \
                 the class folders."
                    .to_owned(),
            ),
            (Grouping::Picture, Grouping::Person) => warnings.push(
                "A class shows one person only, so the same people stand on both sides of the \
                 test: the figures flatter. Add people."
                    .to_owned(),
            ),
            (Grouping::Picture, Grouping::Take) => warnings.push(
                "Moments of one take are alike, and there are too few takes to keep them apart in \
                 the test: the figure flatters. Collect each class three times."
                    .to_owned(),
            ),
            (Grouping::Person | Grouping::Take, _) => {}
        }
        let missed = |class: &usize| 2 * self.found(*class) < self.shown(*class);
        if let Some(class) = (0..self.classes.len()).find(missed) {
            warnings.push(format!(
                "\u{201c}{}\u{201d} is missed more often than found: {} of {}.",
                self.classes[class],
                self.found(class),
                self.shown(class)
            ));
        }
        warnings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of pairs of what was shown and what was said.
    fn report(classes: [&str; 2], answers: &[(usize, usize)]) -> Report {
        let mut confusion = Confusion::new(2);
        answers.iter().for_each(|&(shown, said)| confusion.add(shown, said));
        Report {
            classes: classes.map(str::to_owned).to_vec(),
            confusion,
            ece: 0.0,
            folds: 5,
            kept: Grouping::Person,
            given: Grouping::Person,
            penalty: 1.0,
            temperature: 1.0,
        }
    }

    #[test]
    fn few_examples_are_told_with_the_range_that_they_allow() {
        // Calm: 6 of 8 found, tense: 1 of 2.
        let answers = [[(0, 0); 6].as_slice(), &[(0, 1), (0, 1), (1, 1), (1, 0)]].concat();
        let report = report(["calm", "tense"], &answers);
        assert_eq!((report.right(), report.held_out()), (7, 10));
        assert!((report.macro_recall() - 0.625).abs() < 1e-9);
        // Wilson's interval of 7 of 10, as tables have it.
        let (low, high) = report.accuracy_interval();
        assert!((low - 0.397).abs() < 1e-3 && (high - 0.892).abs() < 1e-3, "{low} {high}");
        let warnings = report.warnings().join(" ");
        assert!(warnings.contains("10 examples are few"), "{warnings}");
        assert!(warnings.contains("40 to 89 %"), "{warnings}");
        assert!(warnings.contains("\u{201c}tense\u{201d} (2)"), "{warnings}");
    }

    #[test]
    fn a_class_that_is_missed_more_often_than_found_is_named() {
        let report = report(["a", "b"], &[(0, 0), (1, 0), (1, 0), (1, 1)]);
        assert!(
            report.warnings().iter().any(|w| w.contains("missed more often than found: 1 of 3"))
        );
    }

    #[test]
    fn enough_examples_of_people_kept_apart_need_no_warning() {
        let answers: Vec<_> = (0..200).map(|i| (i % 2, i % 2)).collect();
        let warnings = report(["a", "b"], &answers).warnings();
        assert_eq!(warnings, Vec::<String>::new());
    }
}
