//! How good a network is on answers that it has not seen.

use serde::Serialize;

use super::network::Network;
use super::training::{Example, cross_entropy};

/// Figures of predictions, each of one answered prompt.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct AnswerFigures {
    /// Answered prompts.
    pub answers: usize,
    /// Of these, helped: the satisfaction of those who answered.
    pub helped: f64,
    /// Predictions on the right side of the chance from which a prompt is worth it.
    pub accuracy: f64,
    /// What accuracy would be if every prompt were said not to help.
    pub accuracy_of_never: f64,
    /// Of the prompts that helped, predicted to be worth it; `None` if none helped.
    pub recall: Option<f64>,
    /// Of those predicted to be worth it, helped; `None` if none were.
    pub precision: Option<f64>,
    /// Chance that a prompt that helped was rated above one that did not (area under the ROC
    /// curve; ties count half); `None` if all were alike.
    pub auc: Option<f64>,
    /// Binary cross-entropy, nats.
    pub cross_entropy: f64,
}

/// Judges `network`; a prompt is worth it from `worth_from` on. `None` without examples.
pub fn judge_answers(
    network: &Network,
    examples: &[Example],
    worth_from: f64,
) -> Option<AnswerFigures> {
    let mut rated: Vec<(f64, bool)> = examples
        .iter()
        .map(|example| {
            let chances = network.chances(&network.joint(&example.features));
            (chances[example.strategy], example.helped)
        })
        .collect();
    let n = rated.len();
    if n == 0 {
        return None;
    }
    let count = |holds: &dyn Fn(f64, bool) -> bool| {
        rated.iter().filter(|(chance, helped)| holds(*chance, *helped)).count() as f64
    };
    let helped = count(&|_, helped| helped);
    let worth = count(&|chance, _| chance >= worth_from);
    let hits = count(&|chance, helped| helped && chance >= worth_from);
    let right = count(&|chance, helped| helped == (chance >= worth_from));
    let loss: f64 =
        rated.iter().map(|(chance, h)| cross_entropy(*chance, f64::from(u8::from(*h)))).sum();
    let figures = AnswerFigures {
        answers: n,
        helped: helped / n as f64,
        accuracy: right / n as f64,
        accuracy_of_never: 1.0 - helped / n as f64,
        recall: (helped > 0.0).then(|| hits / helped),
        precision: (worth > 0.0).then(|| hits / worth),
        auc: area(&mut rated, helped),
        cross_entropy: loss / n as f64,
    };
    Some(figures)
}

/// By the ranks of those that helped (Mann & Whitney 1947).
fn area(rated: &mut [(f64, bool)], helped: f64) -> Option<f64> {
    let others = rated.len() as f64 - helped;
    if helped == 0.0 || others == 0.0 {
        return None;
    }
    rated.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut ranks = 0.0;
    let mut first = 0;
    for ties in rated.chunk_by(|a, b| a.0 == b.0) {
        let rank = first as f64 + (ties.len() as f64 + 1.0) / 2.0;
        ranks += rank * ties.iter().filter(|(_, helped)| *helped).count() as f64;
        first += ties.len();
    }
    Some((ranks - helped * (helped + 1.0) / 2.0) / (helped * others))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_area_is_the_share_of_pairs_in_the_right_order() {
        let mut rated = [(0.9, true), (0.8, false), (0.8, true), (0.2, false)];
        // Of four pairs, three are in order and one is a tie.
        assert_eq!(area(&mut rated, 2.0), Some(3.5 / 4.0));
        assert_eq!(area(&mut [(0.5, true)], 1.0), None);
    }
}
