//! Offline training from answers: binary cross-entropy of "helped", by Adam.

use ndarray::{Array2, ArrayView2, Axis};
use serde::Serialize;

use super::super::chance::Chance;
use super::super::features::{Features, X, Y};
use super::network::Network;

/// A prompt that was answered.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Example {
    /// The moment of the prompt.
    pub features: Features,
    /// Output of the network: which strategy it was.
    pub strategy: usize,
    /// Whether it helped.
    pub helped: bool,
    /// Whose it is: one user is never both learned from and judged by.
    pub user: u64,
}

/// How long and how hard it is trained.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrainOptions {
    /// Rounds through all examples, at most.
    pub epochs: usize,
    /// Examples for each step.
    pub batch: usize,
    /// Of Adam.
    pub rate: f64,
    /// Pulls weights (not biases) towards 0.
    pub penalty: f64,
    /// Of the first weights and of the order.
    pub seed: u64,
}

impl Default for TrainOptions {
    fn default() -> Self {
        Self { epochs: 60, batch: 256, rate: 1.5e-3, penalty: 1e-2, seed: 1 }
    }
}

/// Rounds without progress on held-out users after which training ends.
const PATIENCE: usize = 6;
/// One user in so many is held out to see when to stop.
const HELD_OUT: u64 = 5;
/// Fewer answers teach nothing.
pub const FEWEST: usize = 50;

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// The weights of the best round.
    pub network: Network,
    /// How good it was then.
    pub figures: FitFigures,
}

/// How good a fit is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct FitFigures {
    /// The best round, from 1.
    pub epoch: usize,
    /// Binary cross-entropy on the examples it learned from, nats.
    pub loss: f64,
    /// The same on users that were held out.
    pub held_out_loss: f64,
    /// The same of a guess that knows only how often each strategy helps.
    pub base_loss: f64,
}

/// Why nothing was learned. `Display` says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrainError {
    /// Too few answers.
    #[error("{0} answered prompts are too few to learn from; collect at least {FEWEST}")]
    TooFew(usize),
    /// All of one user, so nothing is left to judge by.
    #[error("all answers are of one group of users; at least one in five must be another user")]
    OneGroup,
}

/// Learns the chance to help of each strategy.
///
/// # Errors
/// [`TrainError`] if there is too little to learn from.
pub fn train(
    strategies: &[String],
    examples: &[Example],
    options: &TrainOptions,
) -> Result<Fit, TrainError> {
    if examples.len() < FEWEST {
        return Err(TrainError::TooFew(examples.len()));
    }
    let held_out = |example: &&Example| example.user.is_multiple_of(HELD_OUT);
    let (judge, learn): (Vec<&Example>, Vec<&Example>) = examples.iter().partition(held_out);
    if judge.is_empty() || learn.is_empty() {
        return Err(TrainError::OneGroup);
    }
    let (judge, learn) = (Batch::of(&judge), Batch::of(&learn));
    let mut network = Network::new(strategies.to_vec(), options.seed);
    start_at_base_rates(&mut network, &learn);
    let base_loss = learn.base_loss(&judge, strategies.len());
    let mut adam = Adam::new(&network, options);
    let mut chance = Chance::stream(options.seed, 1);
    let mut order: Vec<usize> = (0..learn.helped.len()).collect();
    let mut best = (f64::INFINITY, 0, network.clone());
    for epoch in 1..=options.epochs {
        for last in (1..order.len()).rev() {
            order.swap(last, chance.below(last + 1));
        }
        for indices in order.chunks(options.batch) {
            let batch = learn.select(indices);
            let (_, gradient) = batch.loss_and_gradient(&network);
            adam.step(&mut network, gradient);
        }
        let loss = judge.loss(&network);
        if loss < best.0 {
            best = (loss, epoch, network.clone());
        } else if epoch >= best.1 + PATIENCE {
            break;
        }
    }
    let (held_out_loss, epoch, network) = best;
    let loss = learn.loss(&network);
    Ok(Fit { network, figures: FitFigures { epoch, loss, held_out_loss, base_loss } })
}

/// So that the first rounds are not spent on learning how often anything helps.
fn start_at_base_rates(network: &mut Network, learn: &Batch) {
    for (strategy, rate) in learn.base_rates(network.strategies.len()).into_iter().enumerate() {
        network.c[strategy] = (rate / (1.0 - rate)).ln();
    }
}

/// Examples as matrices.
pub(super) struct Batch {
    x: Array2<f64>,
    y: Array2<f64>,
    strategy: Vec<usize>,
    helped: Vec<f64>,
}

impl Batch {
    pub fn of(examples: &[&Example]) -> Self {
        let stack = |rows: Vec<f64>, width: usize| {
            Array2::from_shape_vec((examples.len(), width), rows).unwrap_or_default()
        };
        Self {
            x: stack(examples.iter().flat_map(|e| e.features.x).collect(), X),
            y: stack(examples.iter().flat_map(|e| e.features.y).collect(), Y),
            strategy: examples.iter().map(|e| e.strategy).collect(),
            helped: examples.iter().map(|e| f64::from(u8::from(e.helped))).collect(),
        }
    }

    fn select(&self, indices: &[usize]) -> Self {
        Self {
            x: self.x.select(Axis(0), indices),
            y: self.y.select(Axis(0), indices),
            strategy: indices.iter().map(|i| self.strategy[*i]).collect(),
            helped: indices.iter().map(|i| self.helped[*i]).collect(),
        }
    }

    fn views(&self) -> (ArrayView2<'_, f64>, ArrayView2<'_, f64>) {
        (self.x.view(), self.y.view())
    }

    /// Mean cross-entropy and its gradient.
    pub fn loss_and_gradient(&self, network: &Network) -> (f64, Network) {
        let (x, y) = self.views();
        let passed = network.pass(x, y);
        let n = self.helped.len() as f64;
        let mut slope = Array2::zeros(passed.chances.raw_dim());
        let mut loss = 0.0;
        for (row, (&strategy, &helped)) in self.strategy.iter().zip(&self.helped).enumerate() {
            // Only the strategy that was used has an answer.
            let chance = passed.chances[[row, strategy]];
            loss += cross_entropy(chance, helped) / n;
            slope[[row, strategy]] = (chance - helped) / n;
        }
        let gradient = network.gradient(x, y, &passed, &slope);
        (loss, gradient)
    }

    fn loss(&self, network: &Network) -> f64 {
        let (x, y) = self.views();
        let chances = network.pass(x, y).chances;
        let used = self.strategy.iter().zip(&self.helped).enumerate();
        let sum: f64 =
            used.map(|(row, (s, helped))| cross_entropy(chances[[row, *s]], *helped)).sum();
        sum / self.helped.len() as f64
    }

    /// How often each strategy helped, with one of each outcome added.
    fn base_rates(&self, strategies: usize) -> Vec<f64> {
        let mut counts = vec![(1.0, 2.0); strategies];
        for (strategy, helped) in self.strategy.iter().zip(&self.helped) {
            counts[*strategy].0 += helped;
            counts[*strategy].1 += 1.0;
        }
        counts.into_iter().map(|(helped, all)| helped / all).collect()
    }

    fn base_loss(&self, judge: &Self, strategies: usize) -> f64 {
        let rates = self.base_rates(strategies);
        let pairs = judge.strategy.iter().zip(&judge.helped);
        let sum: f64 = pairs.map(|(s, helped)| cross_entropy(rates[*s], *helped)).sum();
        sum / judge.helped.len() as f64
    }
}

/// Of one answer, nats.
pub(in super::super) fn cross_entropy(chance: f64, helped: f64) -> f64 {
    let chance = chance.clamp(1e-9, 1.0 - 1e-9);
    -(helped * chance.ln() + (1.0 - helped) * (1.0 - chance).ln())
}

/// Adam (Kingma & Ba 2015) with decoupled weight decay (Loshchilov & Hutter 2019).
struct Adam {
    mean: Network,
    square: Network,
    steps: i32,
    rate: f64,
    penalty: f64,
}

impl Adam {
    const KEPT: (f64, f64) = (0.9, 0.999);

    fn new(network: &Network, options: &TrainOptions) -> Self {
        let (mean, square) = (network.zeroed(), network.zeroed());
        Self { mean, square, steps: 0, rate: options.rate, penalty: options.penalty }
    }

    fn step(&mut self, network: &mut Network, mut gradient: Network) {
        self.steps += 1;
        let (kept, kept_square) = Self::KEPT;
        let correct = |kept: f64| 1.0 - kept.powi(self.steps);
        let (mean_scale, square_scale) = (correct(kept), correct(kept_square));
        let parts = network.parameters_mut().into_iter().zip(gradient.parameters_mut());
        let moments = self.mean.parameters_mut().into_iter().zip(self.square.parameters_mut());
        for (part, ((weights, slopes), (means, squares))) in parts.zip(moments).enumerate() {
            // Every second part is a bias.
            let decay = if part % 2 == 0 { 1.0 - self.rate * self.penalty } else { 1.0 };
            let moments = means.iter_mut().zip(squares);
            for ((weight, slope), (mean, square)) in weights.iter_mut().zip(slopes).zip(moments) {
                *mean = kept * *mean + (1.0 - kept) * *slope;
                *square = kept_square * *square + (1.0 - kept_square) * *slope * *slope;
                let step = (*mean / mean_scale) / ((*square / square_scale).sqrt() + 1e-8);
                *weight = *weight * decay - self.rate * step;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn examples(count: u64) -> Vec<Example> {
        let mut chance = Chance::new(9);
        (0..count)
            .map(|user| {
                let features = Features {
                    x: std::array::from_fn(|_| chance.between(-1.0, 1.0)),
                    y: std::array::from_fn(|_| chance.between(-1.0, 1.0)),
                };
                // What helps depends on both inputs together, which no single branch can tell.
                let strategy = chance.below(3);
                let score = match strategy {
                    0 => 6.0 * features.x[1] * features.y[10],
                    1 => 4.0 * features.x[9],
                    _ => -1.0,
                };
                let helped = chance.happens(1.0 / (1.0 + (-score).exp()));
                Example { features, strategy, helped, user }
            })
            .collect()
    }

    fn ids() -> Vec<String> {
        ["a", "b", "c"].map(String::from).to_vec()
    }

    #[test]
    fn the_gradient_is_that_of_finite_differences() {
        let examples = examples(12);
        let batch = Batch::of(&examples.iter().collect::<Vec<_>>());
        let mut network = Network::new(ids(), 3);
        let (_, mut gradient) = batch.loss_and_gradient(&network);
        let step = 1e-6;
        let mut checked = 0;
        for part in 0..6 {
            let len = network.parameters_mut()[part].len();
            assert!(len > 0);
            for at in 0..len {
                let mut loss = |shift: f64| {
                    network.parameters_mut()[part][at] += shift;
                    let loss = batch.loss(&network);
                    network.parameters_mut()[part][at] -= shift;
                    loss
                };
                let slope = (loss(step) - loss(-step)) / (2.0 * step);
                let said = gradient.parameters_mut()[part][at];
                assert!((slope - said).abs() < 1e-8, "part {part}, {at}: {slope} {said}");
                checked += 1;
            }
        }
        assert_eq!(checked, 8 * X + 8 + 8 * Y + 8 + 3 * 24 + 3);
    }

    #[test]
    fn it_learns_what_depends_on_both_branches() {
        let fit = train(&ids(), &examples(6000), &TrainOptions::default()).unwrap();
        assert!(fit.figures.held_out_loss < fit.figures.base_loss - 0.08, "{:?}", fit.figures);
        let chance = |x: f64, y: f64| {
            let mut features = Features { x: [0.0; X], y: [0.0; Y] };
            (features.x[1], features.y[10]) = (x, y);
            fit.network.chances(&fit.network.joint(&features))[0]
        };
        assert!(chance(0.8, 0.8) > 0.7 && chance(-0.8, -0.8) > 0.7, "the product is learned");
        assert!(chance(0.8, -0.8) < 0.3 && chance(-0.8, 0.8) < 0.3);
    }

    #[test]
    fn the_same_seed_gives_the_same_weights_and_too_little_is_said() {
        let examples = examples(400);
        let options = TrainOptions { epochs: 3, ..TrainOptions::default() };
        let once = train(&ids(), &examples, &options).unwrap();
        assert_eq!(once, train(&ids(), &examples, &options).unwrap());
        assert_eq!(train(&ids(), &examples[..10], &options), Err(TrainError::TooFew(10)));
        let one: Vec<Example> = examples.iter().map(|e| Example { user: 1, ..*e }).collect();
        assert_eq!(train(&ids(), &one, &options), Err(TrainError::OneGroup));
    }
}
