//! The taught layer: one row of weights and one bias a class.

/// A linear layer: logits = weights · embedding + bias.
#[derive(Debug, Clone, PartialEq)]
pub struct LinearHead {
    /// Length of an embedding.
    pub dim: usize,
    /// `classes * dim` weights, class by class.
    pub weights: Vec<f32>,
    /// One a class.
    pub bias: Vec<f32>,
}

impl LinearHead {
    /// Folds a head on standardised embeddings, (x - mean) * scale, into one on raw embeddings.
    ///
    /// `parameters`: `classes * dim` weights, class by class, then one bias a class; `mean` and
    /// `scale`: one a dimension.
    pub(super) fn folded(parameters: &[f64], mean: &[f64], scale: &[f64]) -> Self {
        let dim = mean.len();
        let classes = parameters.len() / (dim + 1);
        let (weights, bias) = parameters.split_at(classes * dim);
        let mut folded = Self { dim, weights: Vec::with_capacity(weights.len()), bias: Vec::new() };
        for (row, bias) in weights.chunks_exact(dim).zip(bias) {
            let scaled = row.iter().zip(scale).map(|(w, s)| w * s);
            let shift: f64 = scaled.clone().zip(mean).map(|(w, m)| w * m).sum();
            folded.weights.extend(scaled.map(|w| w as f32));
            folded.bias.push((bias - shift) as f32);
        }
        folded
    }

    /// How many classes it tells apart.
    pub fn classes(&self) -> usize {
        self.bias.len()
    }

    /// One score a class. `embedding.len() == dim`.
    pub fn logits(&self, embedding: &[f32]) -> Vec<f32> {
        let score = |(row, bias): (&[f32], &f32)| {
            // Summed in double precision: what is compared with the engine should err less than it.
            let sum: f64 =
                row.iter().zip(embedding).map(|(w, x)| f64::from(*w) * f64::from(*x)).sum();
            (sum + f64::from(*bias)) as f32
        };
        self.weights.chunks_exact(self.dim).zip(&self.bias).map(score).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_changes_no_score() {
        // Two classes in three dimensions.
        let parameters = [0.5, -1.0, 2.0, 0.25, 0.75, -0.5, 0.1, -0.2];
        let (mean, scale) = ([1.0, 2.0, -3.0], [0.5, 4.0, 0.0]);
        let head = LinearHead::folded(&parameters, &mean, &scale);
        let raw = [1.5_f32, 1.75, 9.0];
        let standard: Vec<f64> = raw
            .iter()
            .zip(mean.iter().zip(&scale))
            .map(|(x, (m, s))| (f64::from(*x) - m) * s)
            .collect();
        for (class, logit) in head.logits(&raw).into_iter().enumerate() {
            let row = &parameters[class * 3..class * 3 + 3];
            let wanted: f64 =
                row.iter().zip(&standard).map(|(w, x)| w * x).sum::<f64>() + parameters[6 + class];
            assert!((f64::from(logit) - wanted).abs() < 1e-6, "{class}: {logit} {wanted}");
        }
    }
}
