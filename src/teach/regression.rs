//! Multinomial logistic regression on standardised embeddings, with class weights and an L2
//! penalty, by L-BFGS (Nocedal & Wright 2006, chapter 7).

use std::cell::RefCell;

use argmin::core::{CostFunction, Error, Executor, Gradient, State, TerminationReason};
use argmin::solver::linesearch::MoreThuenteLineSearch;
use argmin::solver::quasinewton::LBFGS;

use super::lesson::TeachError;

/// Pairs of steps that L-BFGS remembers; ten is usual.
const MEMORY: usize = 10;
/// The objective is a mean of log-losses, of the order of 1: below this gradient it changes no
/// prediction.
const GRADIENT_TOLERANCE: f64 = 1e-5;
/// Steps that improve the objective by less than this are not worth another.
const COST_TOLERANCE: f64 = 1e-9;
/// A warm start needs twenty or so; a cold one on thousands of examples, a hundred.
const MAX_STEPS: u64 = 400;
/// A solver that gave up may have been there already: this gradient is still a good answer.
const GOOD_ENOUGH: f64 = 1e-3;

/// Mean and scale of each dimension: standardised = (raw - mean) * scale.
#[derive(Debug, Clone)]
pub struct Standard {
    /// One a dimension.
    pub mean: Vec<f64>,
    /// One a dimension; 0 for one that does not vary and so says nothing.
    pub scale: Vec<f64>,
}

impl Standard {
    /// Of `rows`, all of one length.
    pub fn of(rows: &[&[f32]]) -> Self {
        let dim = rows.first().map_or(0, |row| row.len());
        let n = rows.len().max(1) as f64;
        let mut mean = vec![0.0; dim];
        for row in rows {
            for (mean, value) in mean.iter_mut().zip(*row) {
                *mean += f64::from(*value) / n;
            }
        }
        let mut variance = vec![0.0; dim];
        for row in rows {
            for ((variance, value), mean) in variance.iter_mut().zip(*row).zip(&mean) {
                *variance += (f64::from(*value) - mean).powi(2) / n;
            }
        }
        let deviations: Vec<f64> = variance.iter().map(|v| v.sqrt()).collect();
        let usual = deviations.iter().sum::<f64>() / dim.max(1) as f64;
        // A unit that hardly ever fires here may fire on the next face; scaled to variance 1 it
        // would then outvote all others.
        let scale = |deviation: &f64| {
            if *deviation > 1e-2 * usual { 1.0 / deviation } else { 0.0 }
        };
        Self { scale: deviations.iter().map(scale).collect(), mean }
    }

    /// Standardises one embedding onto the end of `into`.
    pub fn apply(&self, row: &[f32], into: &mut Vec<f64>) {
        let terms = row.iter().zip(self.mean.iter().zip(&self.scale));
        into.extend(terms.map(|(x, (mean, scale))| (f64::from(*x) - mean) * scale));
    }
}

/// What a head is fitted to.
pub struct Design {
    dim: usize,
    classes: usize,
    /// `n * dim`, row by row.
    rows: Vec<f64>,
    class: Vec<usize>,
    /// One an example, sum 1: each class weighs the same, whatever its number of examples.
    weight: Vec<f64>,
}

impl Design {
    /// `rows` are raw; `class[i]` is the class of `rows[i]`, below `classes`.
    pub fn new(rows: &[&[f32]], class: &[usize], classes: usize, standard: &Standard) -> Self {
        let dim = standard.mean.len();
        let mut values = Vec::with_capacity(rows.len() * dim);
        for row in rows {
            standard.apply(row, &mut values);
        }
        let mut counts = vec![0usize; classes];
        for &c in class {
            counts[c] += 1;
        }
        let present = counts.iter().filter(|count| **count > 0).count() as f64;
        let weight = class.iter().map(|&c| 1.0 / (present * counts[c] as f64)).collect();
        Self { dim, classes, rows: values, class: class.to_vec(), weight }
    }

    /// Length of the parameters: the weights class by class, then the biases.
    pub fn parameters(&self) -> usize {
        self.classes * (self.dim + 1)
    }

    /// Weighted log-loss plus half of `penalty` times the squared weights (not the biases), and
    /// its gradient.
    fn evaluate(&self, parameters: &[f64], penalty: f64) -> (f64, Vec<f64>) {
        let (weights, bias) = parameters.split_at(self.classes * self.dim);
        let mut gradient: Vec<f64> = weights.iter().map(|w| penalty * w).collect();
        gradient.resize(parameters.len(), 0.0);
        let mut cost = 0.5 * penalty * weights.iter().map(|w| w * w).sum::<f64>();
        let mut logits = vec![0.0; self.classes];
        let examples = self.rows.chunks_exact(self.dim).zip(&self.class).zip(&self.weight);
        for ((row, &class), weight) in examples {
            scores(weights, bias, row, &mut logits);
            let log_sum = log_sum_exp(&logits);
            cost += weight * (log_sum - logits[class]);
            let (weight_gradient, bias_gradient) = gradient.split_at_mut(self.classes * self.dim);
            for (c, logit) in logits.iter().enumerate() {
                let residual = weight * ((logit - log_sum).exp() - f64::from(c == class));
                bias_gradient[c] += residual;
                let slope = &mut weight_gradient[c * self.dim..(c + 1) * self.dim];
                for (slope, x) in slope.iter_mut().zip(row) {
                    *slope += residual * x;
                }
            }
        }
        (cost, gradient)
    }
}

/// One score a class for a standardised row.
pub fn scores(weights: &[f64], bias: &[f64], row: &[f64], logits: &mut [f64]) {
    for ((logit, weights), bias) in logits.iter_mut().zip(weights.chunks_exact(row.len())).zip(bias)
    {
        *logit = bias + dot(weights, row);
    }
}

/// In eight lanes, so that it becomes vector instructions: a plain sum has a fixed order.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let ((a8, a_rest), (b8, b_rest)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let mut lanes = [0.0; 8];
    for (a, b) in a8.iter().zip(b8) {
        for lane in 0..8 {
            lanes[lane] += a[lane] * b[lane];
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    lanes.iter().sum::<f64>() + rest
}

/// ln of the sum of exponentials, without overflow.
pub fn log_sum_exp(logits: &[f64]) -> f64 {
    let top = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    top + logits.iter().map(|z| (z - top).exp()).sum::<f64>().ln()
}

/// Fits a head, from `start` on. The answer has the layout of [`Design::parameters`].
///
/// # Errors
/// [`TeachError::NotFitted`] if no minimum was reached.
pub fn fit(design: &Design, penalty: f64, start: Vec<f64>) -> Result<Vec<f64>, TeachError> {
    let not_fitted = |error: Error| TeachError::NotFitted { reason: error.to_string() };
    let solver = LBFGS::new(MoreThuenteLineSearch::new(), MEMORY)
        .with_tolerance_grad(GRADIENT_TOLERANCE)
        .and_then(|solver| solver.with_tolerance_cost(COST_TOLERANCE))
        .map_err(not_fitted)?;
    let objective = Objective { design, penalty, last: RefCell::new(None) };
    let result = Executor::new(objective, solver)
        .configure(|state| state.param(start).max_iters(MAX_STEPS))
        .run()
        .map_err(not_fitted)?;
    let state = result.state();
    let Some(best) = state.get_best_param().cloned() else {
        return Err(TeachError::NotFitted { reason: "the solver gave no answer".into() });
    };
    if state.get_termination_reason() != Some(&TerminationReason::SolverConverged) {
        let (_, gradient) = design.evaluate(&best, penalty);
        let norm = gradient.iter().map(|g| g * g).sum::<f64>().sqrt();
        if norm.is_nan() || norm > GOOD_ENOUGH {
            let reason = state.get_termination_status().to_string();
            return Err(TeachError::NotFitted { reason });
        }
    }
    Ok(best)
}

/// Cost and gradient come from one pass over the examples; the solver asks for them one after the
/// other.
struct Objective<'a> {
    design: &'a Design,
    penalty: f64,
    last: RefCell<Option<Evaluation>>,
}

struct Evaluation {
    at: Vec<f64>,
    cost: f64,
    gradient: Vec<f64>,
}

impl Objective<'_> {
    fn evaluated<T>(&self, at: &[f64], read: impl FnOnce(&Evaluation) -> T) -> T {
        let mut last = self.last.borrow_mut();
        let known = last.take().filter(|evaluation| evaluation.at == at);
        read(last.insert(known.unwrap_or_else(|| {
            let (cost, gradient) = self.design.evaluate(at, self.penalty);
            Evaluation { at: at.to_vec(), cost, gradient }
        })))
    }
}

impl CostFunction for Objective<'_> {
    type Param = Vec<f64>;
    type Output = f64;

    fn cost(&self, at: &Self::Param) -> Result<f64, Error> {
        Ok(self.evaluated(at, |evaluation| evaluation.cost))
    }
}

impl Gradient for Objective<'_> {
    type Param = Vec<f64>;
    type Gradient = Vec<f64>;

    fn gradient(&self, at: &Self::Param) -> Result<Vec<f64>, Error> {
        Ok(self.evaluated(at, |evaluation| evaluation.gradient.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers between -1 and 1 that look random.
    fn noise(n: usize, seed: u64) -> Vec<f32> {
        let mut state = seed;
        let mut next = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / (1u64 << 23) as f32 - 1.0
        };
        (0..n).map(|_| next()).collect()
    }

    fn design(rows: &[f32], dim: usize, class: &[usize], classes: usize) -> (Design, Standard) {
        let rows: Vec<&[f32]> = rows.chunks_exact(dim).collect();
        let standard = Standard::of(&rows);
        (Design::new(&rows, class, classes, &standard), standard)
    }

    #[test]
    fn the_gradient_is_that_of_finite_differences() {
        let class: Vec<usize> = (0..40).map(|i| [0, 1, 1, 2][i % 4]).collect();
        let (design, _) = design(&noise(40 * 11, 3), 11, &class, 3);
        let at: Vec<f64> = noise(design.parameters(), 9).into_iter().map(f64::from).collect();
        let (_, gradient) = design.evaluate(&at, 0.3);
        let step = 1e-6;
        for i in 0..at.len() {
            let cost = |shift: f64| {
                let mut moved = at.clone();
                moved[i] += shift;
                design.evaluate(&moved, 0.3).0
            };
            let slope = (cost(step) - cost(-step)) / (2.0 * step);
            assert!((slope - gradient[i]).abs() < 1e-7, "{i}: {slope} {}", gradient[i]);
        }
    }

    #[test]
    fn separable_classes_are_separated() {
        let centres = [[3.0, 0.0], [-3.0, 0.5], [0.0, 4.0]];
        let class: Vec<usize> = (0..90).map(|i| i % 3).collect();
        let noise = noise(180, 5);
        let rows: Vec<f32> = (0..180).map(|i| centres[class[i / 2]][i % 2] + noise[i]).collect();
        let (design, _) = design(&rows, 2, &class, 3);
        let best = fit(&design, 1e-4, vec![0.0; design.parameters()]).unwrap();
        let (weights, bias) = best.split_at(6);
        let mut logits = [0.0; 3];
        for (row, &class) in design.rows.chunks_exact(2).zip(&class) {
            scores(weights, bias, row, &mut logits);
            let said = (0..3).max_by(|&a, &b| logits[a].total_cmp(&logits[b])).unwrap();
            assert_eq!(said, class);
        }
    }

    #[test]
    fn the_minimum_is_where_no_neighbour_is_lower() {
        let class: Vec<usize> = (0..60).map(|i| usize::from(i % 3 == 0)).collect();
        let (design, _) = design(&noise(60 * 9, 8), 9, &class, 2);
        let best = fit(&design, 0.01, vec![0.0; design.parameters()]).unwrap();
        let (_, gradient) = design.evaluate(&best, 0.01);
        assert!(gradient.iter().all(|g| g.abs() < 2e-5), "{gradient:?}");
        // A warm start ends at the same place, but for a constant on all biases, which changes no
        // posterior.
        let warm = fit(&design, 0.01, fit(&design, 1.0, vec![0.3; best.len()]).unwrap()).unwrap();
        assert!(best[..18].iter().zip(&warm).all(|(a, b)| (a - b).abs() < 1e-3));
        assert!(((best[18] - best[19]) - (warm[18] - warm[19])).abs() < 1e-3);
    }

    #[test]
    fn a_rare_class_weighs_as_much_as_a_common_one() {
        // No dimension tells them apart, so the biases alone decide: equal weights, equal scores.
        let class: Vec<usize> = (0..100).map(|i| usize::from(i < 10)).collect();
        let (design, _) = design(&noise(100, 4), 1, &class, 2);
        let best = fit(&design, 100.0, vec![0.0; 4]).unwrap();
        assert!((best[2] - best[3]).abs() < 1e-3, "{best:?}");
    }

    #[test]
    fn a_dimension_that_does_not_vary_is_left_out() {
        let rows: Vec<f32> = (0..20).flat_map(|i| [i as f32, 7.0]).collect();
        let class: Vec<usize> = (0..20).map(|i| i / 10).collect();
        let (_, standard) = design(&rows, 2, &class, 2);
        assert!(standard.scale[0] > 0.0 && standard.scale[1] == 0.0);
    }
}
