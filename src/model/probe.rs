//! The first runs of a network that has just been loaded: whether it answers with numbers, and
//! with what its card calls them.

use super::card::{EmotionCard, InputCard, Layout, OutputKind};
use super::network::{Network, NetworkError};

/// How far sums of probabilities may be from 1: half precision inside a network costs 1e-3.
const SUM_TOLERANCE: f32 = 5e-3;

/// What a network answered to test pictures.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answers(Vec<Vec<f32>>);

/// Runs the network on three grey test pictures: even, brighter to the right, finely chequered.
pub(super) fn ask(input: &InputCard, network: &mut dyn Network) -> Result<Answers, NetworkError> {
    let shades: [fn(usize, usize, &InputCard) -> f32; 3] = [
        |_, _, _| 128.0,
        |x, _, input| 255.0 * x as f32 / input.width as f32,
        |x, y, _| if (x / 3 + y / 3) % 2 == 0 { 40.0 } else { 220.0 },
    ];
    let answers = shades.iter().map(|shade| {
        let mut outputs = network.run(&picture(input, shade))?;
        Ok(if outputs.is_empty() { Vec::new() } else { outputs.swap_remove(0) })
    });
    answers.collect::<Result<_, _>>().map(Answers)
}

impl Answers {
    /// What contradicts the card, in words.
    pub(super) fn check(&self, card: &EmotionCard) -> Result<(), String> {
        if self.0.iter().flatten().any(|score| !score.is_finite()) {
            return Err("it answers a plain grey picture with something that is no number".into());
        }
        let like_probabilities =
            self.0.iter().all(|scores| least(scores) >= -1e-4 && is_near_one(sum(scores)));
        match card.output.kind {
            OutputKind::Softmax if !like_probabilities => {
                let worst = self.0.iter().find(|scores| least(scores) < 0.0 || !is_near_one(sum(scores)));
                let scores = worst.map_or(&[][..], Vec::as_slice);
                Err(format!(
                    "it says output.kind = \"softmax\", but an answer has the least value {:.2} and \
                     the sum {:.2}, where probabilities are not negative and sum to 1; most likely \
                     it should say \"logits\"",
                    least(scores),
                    sum(scores)
                ))
            }
            OutputKind::Logits if like_probabilities => Err(
                "it says output.kind = \"logits\", but every answer is made of probabilities (none \
                 negative, sum 1); it should say \"softmax\""
                    .into(),
            ),
            _ => Ok(()),
        }
    }

    /// Whether the network gives the same answer whatever it sees.
    pub(super) fn are_all_equal(&self) -> bool {
        let near = |a: &[f32], b: &[f32]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-6);
        self.0.windows(2).all(|pair| near(&pair[0], &pair[1]))
    }
}

fn least(scores: &[f32]) -> f32 {
    scores.iter().copied().fold(f32::INFINITY, f32::min)
}

fn sum(scores: &[f32]) -> f32 {
    scores.iter().sum()
}

fn is_near_one(sum: f32) -> bool {
    (sum - 1.0).abs() <= SUM_TOLERANCE
}

/// A grey picture in the numbers the network takes; `shade` gives 0..=255 for a column and a row.
fn picture(input: &InputCard, shade: &dyn Fn(usize, usize, &InputCard) -> f32) -> Vec<f32> {
    let (w, h, channels) = (input.width, input.height, input.channels.count());
    let mut tensor = vec![0.0; w * h * channels];
    for c in 0..channels {
        let (multiplier, offset) = input.normalisation(c);
        for y in 0..h {
            for x in 0..w {
                let index = match input.layout {
                    Layout::Nchw => (c * h + y) * w + x,
                    Layout::Nhwc => (y * w + x) * channels + c,
                };
                tensor[index] = shade(x, y, input) * multiplier + offset;
            }
        }
    }
    tensor
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::builtin;

    fn card(kind: OutputKind) -> EmotionCard {
        let mut card = EmotionCard::parse(builtin::EMOTION.0).unwrap();
        card.output.kind = kind;
        card
    }

    fn answers(scores: &[&[f32]]) -> Answers {
        Answers(scores.iter().map(|scores| scores.to_vec()).collect())
    }

    #[test]
    fn probabilities_and_scores_are_told_apart() {
        let probabilities = answers(&[&[0.1, 0.9], &[0.5, 0.5], &[0.0, 1.0]]);
        let scores = answers(&[&[0.1, 0.9], &[-3.0, 2.0], &[4.0, 1.0]]);
        assert_eq!(probabilities.check(&card(OutputKind::Softmax)), Ok(()));
        assert_eq!(scores.check(&card(OutputKind::Logits)), Ok(()));
        let wrong = scores.check(&card(OutputKind::Softmax)).unwrap_err();
        assert!(wrong.contains("least value -3.00") && wrong.contains("sum -1.00"), "{wrong}");
        let wrong = probabilities.check(&card(OutputKind::Logits)).unwrap_err();
        assert!(wrong.contains("should say \"softmax\""), "{wrong}");
    }

    #[test]
    fn what_is_no_number_is_refused_whatever_the_card_says() {
        for score in [f32::NAN, f32::INFINITY] {
            for kind in [OutputKind::Logits, OutputKind::Softmax] {
                let wrong = answers(&[&[0.0, score]]).check(&card(kind)).unwrap_err();
                assert!(wrong.contains("no number"), "{wrong}");
            }
        }
    }

    #[test]
    fn the_shipped_model_answers_each_picture_differently() {
        let mut model = crate::model::EmotionModel::builtin().unwrap();
        let answers = ask(&model.card.input, &mut *model.network).unwrap();
        assert!(!answers.are_all_equal());
        assert_eq!(answers.0.len(), 3);
        assert!(answers.0.iter().all(|scores| scores.len() == 8));
    }
}
