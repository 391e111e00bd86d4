//! Offline training from answers: binary cross-entropy of "helped", by Adam.

use std::collections::{BTreeMap, BTreeSet};

use ndarray::{Array2, ArrayView2, Axis};
use serde::Serialize;

use super::super::chance::Chance;
use super::super::features::{Features, X, Y};
use super::network::Network;
use super::prior::Prior;

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

/// What the weights are before the first round.
#[derive(Debug, Clone, Copy)]
pub enum Start<'a> {
    /// Small ones that look random, for these strategies.
    Anew(&'a [String]),
    /// Those of a network that knows something already: it is kept where nothing is better on the
    /// answers that are held out.
    From(&'a Network),
}

impl Default for TrainOptions {
    fn default() -> Self {
        Self { epochs: 60, batch: 256, rate: 1.5e-3, penalty: 1e-2, seed: 1 }
    }
}

/// Rounds without progress on held-out users after which training ends.
const PATIENCE: usize = 6;
/// One user in so many is held out to see when to stop; of fewer users, one answer in so many.
const HELD_OUT: usize = 5;
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
    /// The best round, from 1; 0: the network that it began with.
    pub epoch: usize,
    /// Whether whole users were held out, or answers, as there were too few users.
    pub by_user: bool,
    /// Binary cross-entropy on the examples it learned from, nats.
    pub loss: f64,
    /// The same on those that were held out.
    pub held_out_loss: f64,
    /// The same of a guess that knows only how often each strategy helps.
    pub base_loss: f64,
    /// The same of the network that it began with, if it began with one.
    pub first_loss: Option<f64>,
}

/// Why nothing was learned. `Display` says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrainError {
    /// Too few answers.
    #[error("{0} answered prompts are too few to learn from; collect at least {FEWEST}")]
    TooFew(usize),
}

/// Learns the chance to help of each strategy.
///
/// # Errors
/// [`TrainError`] if there is too little to learn from.
pub fn train(
    start: Start<'_>,
    examples: &[Example],
    options: &TrainOptions,
) -> Result<Fit, TrainError> {
    if examples.len() < FEWEST {
        return Err(TrainError::TooFew(examples.len()));
    }
    let users: BTreeSet<u64> = examples.iter().map(|example| example.user).collect();
    let places: BTreeMap<u64, usize> = users.into_iter().zip(0..).collect();
    let by_user = places.len() >= HELD_OUT;
    let (mut judge, mut learn) = (Vec::new(), Vec::new());
    for (index, example) in examples.iter().enumerate() {
        let place = if by_user { places[&example.user] } else { index };
        let side = if place % HELD_OUT == 0 { &mut judge } else { &mut learn };
        side.push(example);
    }
    let (judge, learn) = (Batch::of(&judge), Batch::of(&learn));
    let mut network = match start {
        Start::From(network) => network.clone(),
        Start::Anew(strategies) => Network::new(strategies.to_vec(), options.seed),
    };
    let strategies = network.strategies.len();
    let base_loss = learn.base_loss(&judge, strategies);
    let first_loss = matches!(start, Start::From(_)).then(|| judge.loss(&network));
    if first_loss.is_none() {
        start_at_base_rates(&mut network, &learn);
    }
    let mut adam = Adam::new(&network, options);
    let mut chance = Chance::stream(options.seed, 1);
    let mut order: Vec<usize> = (0..learn.helped.len()).collect();
    let mut best = (first_loss.unwrap_or(f64::INFINITY), 0, network.clone());
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
    let prior = match start {
        Start::Anew(_) => Prior::fitted(&network, examples),
        Start::From(network) => network.prior(),
    };
    let figures = FitFigures { epoch, by_user, loss, held_out_loss, base_loss, first_loss };
    Ok(Fit { network: Network { prior, ..network }, figures })
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
        let fit = train(Start::Anew(&ids()), &examples(6000), &TrainOptions::default()).unwrap();
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
        let ids = ids();
        let anew = Start::Anew(&ids);
        let once = train(anew, &examples, &options).unwrap();
        assert_eq!(once, train(anew, &examples, &options).unwrap());
        assert_eq!(train(anew, &examples[..10], &options), Err(TrainError::TooFew(10)));
    }

    #[test]
    fn one_user_is_enough_and_what_was_known_is_kept_where_nothing_is_better() {
        let known = train(Start::Anew(&ids()), &examples(6000), &TrainOptions::default()).unwrap();
        assert!(known.figures.by_user && known.figures.first_loss.is_none());
        let few: Vec<Example> =
            examples(6100).split_off(6000).into_iter().map(|e| Example { user: 1, ..e }).collect();
        let from = Start::From(&known.network);
        let fit = train(from, &few, &TrainOptions::default()).unwrap();
        let first = fit.figures.first_loss.unwrap();
        assert!(!fit.figures.by_user && fit.figures.held_out_loss <= first, "{:?}", fit.figures);
        assert!(first < fit.figures.base_loss, "{:?}", fit.figures);
        let anew = train(Start::Anew(&ids()), &few, &TrainOptions::default()).unwrap();
        assert!(fit.figures.held_out_loss < anew.figures.held_out_loss, "{:?}", anew.figures);
    }

    #[test]
    fn the_prior_is_as_wide_as_people_differ() {
        let mut chance = Chance::new(4);
        let ids = ids();
        let flat = Network::new(ids.clone(), 1).for_strategies(&["x".into(), "y".into()], 0.5);
        let mut with_spread = |spread: f64| {
            let mut examples = Vec::new();
            for user in 0..400 {
                let tastes = [spread * chance.normal(), spread * chance.normal()];
                for answer in 0..20 {
                    let features = Features { x: [0.0; X], y: [0.0; Y] };
                    let odds = f64::exp(tastes[answer % 2]);
                    let helped = chance.happens(odds / (1.0 + odds));
                    examples.push(Example { features, strategy: answer % 2, helped, user });
                }
            }
            Prior::fitted(&flat, &examples)
        };
        let (alike, apart) = (with_spread(0.1), with_spread(1.0));
        assert!(alike.strategy < 0.2 && apart.strategy > 0.6, "{alike:?} {apart:?}");
        assert_eq!(alike.moment, Prior::GUESSED.moment);
    }
}
