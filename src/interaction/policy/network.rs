//! The two branches and what joins them.
//!
//! `u = tanh(W' x + b')` reads the user, `v = tanh(W'' y + b'')` the interaction, and `g` gives
//! each strategy its chance to help: `g(u, v) = sigmoid(G [u; v; u * v] + c)`, where the product
//! is by place. It lets the same face mean different things in different situations.

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis, Slice, concatenate};
use serde::{Deserialize, Serialize};

use super::super::chance::Chance;
use super::super::features::{Features, X, Y};
use super::prior::Prior;

/// What [`Network::builtin`] is made of.
const BUILTIN: &str = include_str!("../../../assets/companion/network.json");

/// Width of each branch. With 4 it can't tell moods apart in all scenarios; 16 is no better on
/// held-out users and costs four times the time per decision.
pub const HIDDEN: usize = 8;
/// Length of `[u; v; u * v]`.
pub const JOINT: usize = 3 * HIDDEN;

/// The weights.
#[derive(Debug, Clone, PartialEq)]
pub struct Network {
    /// Ids of the strategies, one for each output.
    pub strategies: Vec<String>,
    /// `W'`, `HIDDEN x X`.
    pub(super) w_x: Array2<f64>,
    /// `b'`, `HIDDEN`.
    pub(super) b_x: Array1<f64>,
    /// `W''`, `HIDDEN x Y`.
    pub(super) w_y: Array2<f64>,
    /// `b''`, `HIDDEN`.
    pub(super) b_y: Array1<f64>,
    /// `G`, strategies x `JOINT`.
    pub(super) g: Array2<f64>,
    /// `c`, one for each strategy.
    pub(super) c: Array1<f64>,
    /// How people differ from it.
    pub(super) prior: Prior,
}

/// A batch on its way through.
pub(super) struct Passed {
    u: Array2<f64>,
    v: Array2<f64>,
    joint: Array2<f64>,
    /// Chances to help, batch x strategies.
    pub chances: Array2<f64>,
}

impl Network {
    /// The one inside the program, learned from simulated users by `mien interact train`.
    pub fn builtin() -> Self {
        let stored =
            serde_json::from_str(BUILTIN).expect("the network inside the program is sound");
        Self::from_stored(stored).expect("the network inside the program is sound")
    }

    /// With small weights that look random.
    pub fn new(strategies: Vec<String>, seed: u64) -> Self {
        let mut chance = Chance::new(seed);
        let mut matrix = |rows: usize, columns: usize| {
            // Glorot & Bengio 2010.
            let scale = (2.0 / (rows + columns) as f64).sqrt();
            Array2::from_shape_simple_fn((rows, columns), || scale * chance.normal())
        };
        let outputs = strategies.len();
        Self {
            w_x: matrix(HIDDEN, X),
            b_x: Array1::zeros(HIDDEN),
            w_y: matrix(HIDDEN, Y),
            b_y: Array1::zeros(HIDDEN),
            g: matrix(outputs, JOINT),
            c: Array1::zeros(outputs),
            prior: Prior::GUESSED,
            strategies,
        }
    }

    /// How people differ from it.
    pub fn prior(&self) -> Prior {
        self.prior
    }

    /// The same shape, all 0.
    pub(super) fn zeroed(&self) -> Self {
        let mut zeroed = self.clone();
        zeroed.parameters_mut().into_iter().for_each(|part| part.fill(0.0));
        zeroed
    }

    /// All weights, part by part.
    pub(super) fn parameters_mut(&mut self) -> [&mut [f64]; 6] {
        let Self { w_x, b_x, w_y, b_y, g, c, .. } = self;
        [
            w_x.as_slice_mut(),
            b_x.as_slice_mut(),
            w_y.as_slice_mut(),
            b_y.as_slice_mut(),
            g.as_slice_mut(),
            c.as_slice_mut(),
        ]
        .map(Option::unwrap_or_default)
    }

    /// `[u; v; u * v]`: what both branches make of this moment, each -1..=1.
    pub fn joint(&self, features: &Features) -> Array1<f64> {
        let u = (self.w_x.dot(&ArrayView1::from(&features.x)) + &self.b_x).mapv_into(f64::tanh);
        let v = (self.w_y.dot(&ArrayView1::from(&features.y)) + &self.b_y).mapv_into(f64::tanh);
        let product = &u * &v;
        let mut joint = Array1::zeros(JOINT);
        for (place, value) in joint.iter_mut().zip(u.iter().chain(&v).chain(&product)) {
            *place = *value;
        }
        joint
    }

    /// Chance to help of each strategy, from [`Self::joint`].
    pub fn chances(&self, joint: &Array1<f64>) -> Array1<f64> {
        (self.g.dot(joint) + &self.c).mapv_into(sigmoid)
    }

    /// The whole batch: `x` is batch x `X`, `y` is batch x `Y`.
    pub(super) fn pass(&self, x: ArrayView2<'_, f64>, y: ArrayView2<'_, f64>) -> Passed {
        let u = (x.dot(&self.w_x.t()) + &self.b_x).mapv_into(f64::tanh);
        let v = (y.dot(&self.w_y.t()) + &self.b_y).mapv_into(f64::tanh);
        let product = &u * &v;
        let joint = concatenate![Axis(1), u, v, product];
        let chances = (joint.dot(&self.g.t()) + &self.c).mapv_into(sigmoid);
        Passed { u, v, joint, chances }
    }

    /// The gradient of a loss whose slope before the sigmoid is `slope`, batch x strategies.
    pub(super) fn gradient(
        &self,
        x: ArrayView2<'_, f64>,
        y: ArrayView2<'_, f64>,
        passed: &Passed,
        slope: &Array2<f64>,
    ) -> Self {
        let (du, dv) = self.before_tanh(passed, slope);
        Self {
            strategies: self.strategies.clone(),
            w_x: standard(du.t().dot(&x)),
            b_x: du.sum_axis(Axis(0)),
            w_y: standard(dv.t().dot(&y)),
            b_y: dv.sum_axis(Axis(0)),
            g: standard(slope.t().dot(&passed.joint)),
            c: slope.sum_axis(Axis(0)),
            prior: self.prior,
        }
    }

    /// The gradient for both inputs instead of the weights: batch x `X` and batch x `Y`.
    pub(super) fn input_gradient(
        &self,
        passed: &Passed,
        slope: &Array2<f64>,
    ) -> (Array2<f64>, Array2<f64>) {
        let (du, dv) = self.before_tanh(passed, slope);
        (du.dot(&self.w_x), dv.dot(&self.w_y))
    }

    fn before_tanh(&self, passed: &Passed, slope: &Array2<f64>) -> (Array2<f64>, Array2<f64>) {
        let Passed { u, v, .. } = passed;
        let joint = slope.dot(&self.g);
        let part =
            |at: usize| joint.slice_axis(Axis(1), Slice::from(at * HIDDEN..(at + 1) * HIDDEN));
        let du = (&part(0) + &(&part(2) * v)) * &u.mapv(|u| 1.0 - u * u);
        let dv = (&part(1) + &(&part(2) * u)) * &v.mapv(|v| 1.0 - v * v);
        (du, dv)
    }

    /// As it is stored.
    pub fn stored(&self) -> StoredNetwork {
        StoredNetwork {
            version: VERSION,
            strategies: self.strategies.clone(),
            w_x: rows(&self.w_x),
            b_x: self.b_x.iter().copied().map(rounded).collect(),
            w_y: rows(&self.w_y),
            b_y: self.b_y.iter().copied().map(rounded).collect(),
            g: rows(&self.g),
            c: self.c.iter().copied().map(rounded).collect(),
            prior: self.prior,
        }
    }

    /// Back from [`Self::stored`].
    ///
    /// # Errors
    /// [`NetworkError`] if it is of another version or shape.
    pub fn from_stored(stored: StoredNetwork) -> Result<Self, NetworkError> {
        if stored.version != VERSION {
            return Err(NetworkError::Version(stored.version));
        }
        let outputs = stored.strategies.len();
        let network = Self {
            w_x: matrix("w_x", stored.w_x, (HIDDEN, X))?,
            b_x: vector("b_x", stored.b_x, HIDDEN)?,
            w_y: matrix("w_y", stored.w_y, (HIDDEN, Y))?,
            b_y: vector("b_y", stored.b_y, HIDDEN)?,
            g: matrix("g", stored.g, (outputs, JOINT))?,
            c: vector("c", stored.c, outputs)?,
            prior: stored.prior,
            strategies: stored.strategies,
        };
        if !network.prior.is_sound() {
            return Err(NetworkError::Shape("prior"));
        }
        Ok(network)
    }

    /// The network for these strategies, in their order: one that it does not know has `known`
    /// as its chance to help, whatever the moment.
    #[must_use]
    pub fn for_strategies(&self, ids: &[String], known: f64) -> Self {
        let mut fitted = Self { strategies: ids.to_vec(), ..self.clone() };
        fitted.g = Array2::zeros((ids.len(), JOINT));
        fitted.c = Array1::from_elem(ids.len(), (known / (1.0 - known)).ln());
        for (index, id) in ids.iter().enumerate() {
            if let Some(at) = self.strategies.iter().position(|other| other == id) {
                fitted.g.row_mut(index).assign(&self.g.row(at));
                fitted.c[index] = self.c[at];
            }
        }
        fitted
    }
}

/// Row by row in memory, as [`Network::parameters_mut`] needs it.
fn standard(matrix: Array2<f64>) -> Array2<f64> {
    matrix.as_standard_layout().into_owned()
}

pub(super) fn sigmoid(z: f64) -> f64 {
    1.0 / (1.0 + (-z).exp())
}

/// Of the stored form; rises when features or shapes change.
const VERSION: u32 = 2;

/// A [`Network`] in a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoredNetwork {
    version: u32,
    strategies: Vec<String>,
    w_x: Vec<Vec<f64>>,
    b_x: Vec<f64>,
    w_y: Vec<Vec<f64>>,
    b_y: Vec<f64>,
    g: Vec<Vec<f64>>,
    c: Vec<f64>,
    prior: Prior,
}

/// Why a stored network can't be used. `Display` says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NetworkError {
    /// Written by another version.
    #[error("it is of version {0}, this is {VERSION}: train it again with `mien interact train`")]
    Version(u32),
    /// Not the numbers it should have.
    #[error("{0} has the wrong shape or no numbers: train it again with `mien interact train`")]
    Shape(&'static str),
}

/// Five decimals are finer than what is learned.
fn rounded(value: f64) -> f64 {
    (value * 1e5).round() / 1e5
}

fn rows(matrix: &Array2<f64>) -> Vec<Vec<f64>> {
    matrix.outer_iter().map(|row| row.iter().copied().map(rounded).collect()).collect()
}

fn vector(name: &'static str, values: Vec<f64>, len: usize) -> Result<Array1<f64>, NetworkError> {
    let sound = values.len() == len && values.iter().all(|value| value.is_finite());
    sound.then(|| Array1::from_vec(values)).ok_or(NetworkError::Shape(name))
}

fn matrix(
    name: &'static str,
    rows: Vec<Vec<f64>>,
    shape: (usize, usize),
) -> Result<Array2<f64>, NetworkError> {
    let sound = rows.iter().all(|row| row.len() == shape.1);
    let flat: Vec<f64> = rows.into_iter().flatten().collect();
    if !sound || flat.iter().any(|value| !value.is_finite()) {
        return Err(NetworkError::Shape(name));
    }
    Array2::from_shape_vec(shape, flat).map_err(|_| NetworkError::Shape(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    pub fn network() -> Network {
        Network::new(["a", "b", "c"].map(String::from).to_vec(), 5)
    }

    fn features(seed: u64) -> Features {
        let mut chance = Chance::new(seed);
        Features {
            x: std::array::from_fn(|_| chance.between(-1.0, 1.0)),
            y: std::array::from_fn(|_| chance.between(-1.0, 1.0)),
        }
    }

    #[test]
    fn one_moment_and_a_batch_are_the_same() {
        let (network, at) = (network(), features(1));
        let alone = network.chances(&network.joint(&at));
        let (x, y) = (ArrayView2::from_shape((1, X), &at.x).unwrap(), &at.y);
        let batch = network.pass(x, ArrayView2::from_shape((1, Y), y).unwrap()).chances;
        for (a, b) in alone.iter().zip(&batch) {
            assert!((a - b).abs() < 1e-12);
        }
    }

    #[test]
    fn it_comes_back_from_its_file_and_fits_other_strategies() {
        let network = network();
        let text = serde_json::to_string(&network.stored()).unwrap();
        let back = Network::from_stored(serde_json::from_str(&text).unwrap()).unwrap();
        let chances = |network: &Network| network.chances(&network.joint(&features(2)));
        let (before, after) = (chances(&network), chances(&back));
        assert!(before.iter().zip(&after).all(|(a, b)| (a - b).abs() < 1e-3));
        let other = back.for_strategies(&["new".into(), "c".into()], 0.25);
        let fitted = chances(&other);
        assert!((fitted[0] - 0.25).abs() < 1e-12 && (fitted[1] - after[2]).abs() < 1e-12);

        let mut wrong = network.stored();
        wrong.b_x.pop();
        assert_eq!(Network::from_stored(wrong), Err(NetworkError::Shape("b_x")));
    }
}
