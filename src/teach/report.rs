//! How good a taught head is, on examples it had not seen.

use super::lesson::Grouping;

/// Below this number of held-out examples a figure says little.
const FEW: usize = 100;
/// The same for one class.
const FEW_PER_CLASS: usize = 20;
/// Bins of the calibration error, as is usual (Guo et al. 2017).
const BINS: usize = 15;

/// What came of it. Every example was judged once, by a head that had seen neither it nor anything
/// of its group.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Classes in the model's order.
    pub classes: Vec<String>,
    /// `confusion[shown][said]`: examples.
    pub confusion: Vec<Vec<u32>>,
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
    /// Of held-out posteriors with the class that was shown.
    pub(super) fn judged(
        classes: &[String],
        judged: &[(usize, Vec<f64>)],
        mut report: Self,
    ) -> Self {
        let mut confusion = vec![vec![0; classes.len()]; classes.len()];
        let mut bins = [(0.0, 0.0); BINS];
        for (shown, posterior) in judged {
            let (said, sure) = top(posterior);
            confusion[*shown][said] += 1;
            let bin = ((sure * BINS as f64) as usize).min(BINS - 1);
            bins[bin].0 += sure;
            bins[bin].1 += f64::from(u8::from(said == *shown));
        }
        let n = judged.len().max(1) as f64;
        report.ece = bins.iter().map(|(sure, right)| (sure - right).abs() / n).sum();
        report.classes = classes.to_vec();
        report.confusion = confusion;
        report
    }

    /// Examples that were held out: all of them, in turn.
    pub fn held_out(&self) -> usize {
        self.confusion.iter().flatten().map(|n| *n as usize).sum()
    }

    /// Of those, the ones it named as they were shown.
    pub fn right(&self) -> usize {
        (0..self.classes.len()).map(|c| self.confusion[c][c] as usize).sum()
    }

    /// Share that is right, 0..=1.
    pub fn accuracy(&self) -> f64 {
        share(self.right(), self.held_out())
    }

    /// Where the accuracy on many more such examples lies with a probability of 95 %, if these are
    /// a fair sample (Wilson's interval).
    pub fn accuracy_interval(&self) -> (f64, f64) {
        let (n, p, z) = (self.held_out() as f64, self.accuracy(), 1.96);
        if n == 0.0 {
            return (0.0, 1.0);
        }
        let centre = p + z * z / (2.0 * n);
        let reach = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
        let scale = 1.0 + z * z / n;
        (((centre - reach) / scale).max(0.0), ((centre + reach) / scale).min(1.0))
    }

    /// Whether there were too few examples for the figure to say much; [`Self::warnings`] says how
    /// little then.
    pub fn is_small(&self) -> bool {
        self.held_out() < FEW
    }

    /// Examples of class `class`.
    pub fn shown(&self, class: usize) -> usize {
        self.confusion[class].iter().map(|n| *n as usize).sum()
    }

    /// Of the examples of class `class`, the share it found, 0..=1.
    pub fn recall(&self, class: usize) -> f64 {
        share(self.confusion[class][class] as usize, self.shown(class))
    }

    /// When it says class `class`, the share in which it is right; `None` if it never said so.
    pub fn precision(&self, class: usize) -> Option<f64> {
        let said: usize = self.confusion.iter().map(|row| row[class] as usize).sum();
        (said > 0).then(|| share(self.confusion[class][class] as usize, said))
    }

    /// Mean recall, each class counted the same.
    pub fn macro_recall(&self) -> f64 {
        let classes = self.classes.len();
        (0..classes).map(|class| self.recall(class)).sum::<f64>() / classes.max(1) as f64
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
        if let Some(class) = (0..self.classes.len()).find(|&class| self.recall(class) < 0.5) {
            warnings.push(format!(
                "\u{201c}{}\u{201d} is missed more often than found: {} of {}.",
                self.classes[class],
                self.confusion[class][class],
                self.shown(class)
            ));
        }
        warnings
    }
}

/// Index and value of the largest.
fn top(posterior: &[f64]) -> (usize, f64) {
    let first = (0, f64::NEG_INFINITY);
    let larger =
        |best: (usize, f64), (i, p): (usize, &f64)| if *p > best.1 { (i, *p) } else { best };
    posterior.iter().enumerate().fold(first, larger)
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn empty() -> Report {
        Report {
            classes: Vec::new(),
            confusion: Vec::new(),
            ece: 0.0,
            folds: 5,
            kept: Grouping::Person,
            given: Grouping::Person,
            penalty: 1.0,
            temperature: 1.0,
        }
    }

    #[test]
    fn figures_follow_from_the_confusion() {
        let classes = ["calm".to_owned(), "tense".to_owned()];
        // Calm: 6 of 8 found, tense: 1 of 2; always 80 % sure.
        let judged: Vec<_> = [(0, 0), (0, 0), (0, 0), (0, 0), (0, 0), (0, 0), (0, 1), (0, 1)]
            .into_iter()
            .chain([(1, 1), (1, 0)])
            .map(|(shown, said)| (shown, if said == 0 { vec![0.8, 0.2] } else { vec![0.2, 0.8] }))
            .collect();
        let report = Report::judged(&classes, &judged, empty());
        assert_eq!(report.confusion, [[6, 2], [1, 1]]);
        assert_eq!((report.right(), report.held_out()), (7, 10));
        assert!((report.macro_recall() - 0.625).abs() < 1e-9);
        assert!((report.precision(0).unwrap() - 6.0 / 7.0).abs() < 1e-9);
        // Says 80 %, and 70 % are right.
        assert!((report.ece - 0.1).abs() < 1e-9);
        // Wilson's interval of 7 of 10, as tables have it.
        let (low, high) = report.accuracy_interval();
        assert!((low - 0.397).abs() < 1e-3 && (high - 0.892).abs() < 1e-3, "{low} {high}");
        let warnings = report.warnings().join(" ");
        assert!(warnings.contains("10 examples are few"), "{warnings}");
        assert!(warnings.contains("\u{201c}tense\u{201d} (2)"), "{warnings}");
    }

    #[test]
    fn a_class_that_is_never_said_has_no_precision() {
        let classes = ["a".to_owned(), "b".to_owned()];
        let judged = vec![(0, vec![0.9, 0.1]), (1, vec![0.9, 0.1])];
        let report = Report::judged(&classes, &judged, empty());
        assert_eq!((report.precision(1), report.recall(1)), (None, 0.0));
        assert!(report.warnings().iter().any(|w| w.contains("missed more often")));
    }
}
