//! Temperature: how sure a head may be, found on predictions of examples it had not seen.

use argmin::core::{CostFunction, Error, Executor, State};
use argmin::solver::brent::BrentOpt;

use super::lesson::TeachError;
use super::regression::log_sum_exp;

/// Temperatures that are looked at: from twenty times as sure to twenty times less.
const RANGE: (f64, f64) = (0.05, 20.0);

/// The temperature under which `logits` predict `class` best (Guo et al. 2017).
///
/// A few examples that are all right would make it as sure as it can be. So each true class counts
/// for (n + 1) / (n + 2), by Laplace's rule of succession, and the others share the rest: after n
/// successes nobody knows more.
///
/// # Errors
/// [`TeachError::NotFitted`] if there is no minimum, as with logits that are no numbers.
pub fn temperature(logits: &[Vec<f64>], class: &[usize]) -> Result<f64, TeachError> {
    let (low, high) = RANGE;
    let solver = BrentOpt::new(low.ln(), high.ln()).set_tolerance(1e-8, 1e-4);
    let loss = Loss { logits, class };
    let result = Executor::new(loss, solver)
        .configure(|state| state.max_iters(100))
        .run()
        .map_err(|error| TeachError::NotFitted { reason: error.to_string() })?;
    let best = result.state().get_best_param().copied();
    match best {
        Some(best) if best.is_finite() => Ok(best.exp()),
        _ => Err(TeachError::NotFitted { reason: "no temperature fits".into() }),
    }
}

struct Loss<'a> {
    logits: &'a [Vec<f64>],
    class: &'a [usize],
}

impl CostFunction for Loss<'_> {
    type Param = f64;
    type Output = f64;

    fn cost(&self, ln_temperature: &f64) -> Result<f64, Error> {
        let temperature = ln_temperature.exp();
        let n = self.class.len() as f64;
        let mut loss = 0.0;
        let mut scaled = Vec::new();
        for (logits, &class) in self.logits.iter().zip(self.class) {
            scaled.clear();
            scaled.extend(logits.iter().map(|z| z / temperature));
            let log_sum = log_sum_exp(&scaled);
            let doubt = 1.0 / (n + 2.0) / (scaled.len() - 1).max(1) as f64;
            for (c, z) in scaled.iter().enumerate() {
                let target = if c == class { 1.0 - 1.0 / (n + 2.0) } else { doubt };
                loss += target * (log_sum - z) / n;
            }
        }
        Ok(loss)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1,000 predictions that are right as often as softmax(logits) says.
    fn honest() -> (Vec<Vec<f64>>, Vec<usize>) {
        let mut logits = Vec::new();
        let mut class = Vec::new();
        for i in 0..10 {
            let right = 0.5 + 0.05 * f64::from(i);
            for k in 0..100 {
                logits.push(vec![(right / (1.0 - right)).ln(), 0.0]);
                class.push(usize::from(f64::from(k) >= right * 100.0 - 0.5));
            }
        }
        (logits, class)
    }

    #[test]
    fn honest_scores_stay_and_boasting_ones_are_taken_down() {
        let (logits, class) = honest();
        let found = temperature(&logits, &class).unwrap();
        assert!((found - 1.0).abs() < 0.03, "{found}");
        let boasting: Vec<Vec<f64>> =
            logits.iter().map(|z| z.iter().map(|z| z * 3.0).collect()).collect();
        let found = temperature(&boasting, &class).unwrap();
        assert!((found - 3.0).abs() < 0.09, "{found}");
    }

    #[test]
    fn a_few_successes_do_not_make_it_certain() {
        let logits = vec![vec![2.0, 0.0]; 8];
        let found = temperature(&logits, &[0; 8]).unwrap();
        let sure = 1.0 / (1.0 + (-2.0 / found).exp());
        assert!((sure - 0.9).abs() < 0.01, "{sure}: after 8 of 8, 9 of 10 is the honest guess");
    }

    #[test]
    fn scores_that_are_no_numbers_are_refused() {
        assert!(temperature(&[vec![f64::NAN, 0.0]], &[0]).is_err());
    }
}
