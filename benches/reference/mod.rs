//! Times work on one core beside a reference kernel of the same run, so that machines can be
//! compared: a product of f32 matrices in plain Rust on one thread.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// Work is run this often, and until this much time has passed.
const RUNS: usize = 60;
const AT_LEAST: Duration = Duration::from_millis(300);

/// Slow work is run no longer than this, however few runs that are.
const AT_MOST: Duration = Duration::from_secs(10);

/// Times work against the reference kernel.
pub struct Bench {
    quick: bool,
    a: Vec<f32>,
    b: Vec<f32>,
    /// Fastest run of the kernel.
    reference: Duration,
}

impl Bench {
    /// Times the kernel. `cargo test --benches` only asks whether it runs.
    pub fn new() -> Self {
        let quick = std::env::args().any(|argument| argument == "--test");
        let matrix = |seed: usize| (0..SIDE * SIDE).map(|i| ((i * seed) % 17) as f32).collect();
        let mut bench =
            Self { quick, a: matrix(7), b: matrix(5), reference: Duration::from_secs(1) };
        bench.reference = bench.time(&mut || product(&bench.a, &bench.b)).0;
        bench
    }

    /// Says what is timed, and begins the table with the kernel itself.
    pub fn print_head(&self, what: &str, column: &str) {
        println!(
            "reference: product of two {SIDE}x{SIDE} f32 matrices, one thread, {:.1} GFLOP/s\n\
             {what}; times in milliseconds\n",
            2.0 * (SIDE as f64).powi(3) / self.reference.as_secs_f64() / 1e9,
        );
        println!("{column:<34} {:>9} {:>9} {:>10}", "minimum", "median", "/reference");
        self.print("reference kernel", || product(&self.a, &self.b));
    }

    /// Prints a row of the table.
    pub fn print<T>(&self, stage: &str, mut run: impl FnMut() -> T) {
        let (minimum, median) = self.time(&mut run);
        println!(
            "{stage:<34} {:>9.3} {:>9.3} {:>10.2}",
            minimum.as_secs_f64() * 1e3,
            median.as_secs_f64() * 1e3,
            minimum.as_secs_f64() / self.reference.as_secs_f64(),
        );
    }

    /// Minimum and median.
    fn time<T>(&self, run: &mut impl FnMut() -> T) -> (Duration, Duration) {
        let began = Instant::now();
        let mut times = Vec::new();
        // The first run fills caches and buffers.
        black_box(run());
        let enough = |runs: usize, elapsed: Duration| {
            runs > 0 && (self.quick || elapsed > AT_MOST || runs >= RUNS && elapsed >= AT_LEAST)
        };
        while !enough(times.len(), began.elapsed()) {
            let began = Instant::now();
            black_box(run());
            times.push(began.elapsed());
        }
        times.sort_unstable();
        (times[0], times[times.len() / 2])
    }
}

/// Side of the matrices of the reference kernel.
const SIDE: usize = 256;

/// The reference kernel: rows in blocks that stay in the nearest cache, vectorised by the
/// compiler.
fn product(a: &[f32], b: &[f32]) -> Vec<f32> {
    const BLOCK: usize = 64;
    let mut c = vec![0.0; SIDE * SIDE];
    for first in (0..SIDE).step_by(BLOCK) {
        for (row, a_row) in c.chunks_exact_mut(SIDE).zip(a.chunks_exact(SIDE)) {
            for k in first..first + BLOCK {
                let factor = a_row[k];
                for (sum, value) in row.iter_mut().zip(&b[k * SIDE..(k + 1) * SIDE]) {
                    *sum += factor * value;
                }
            }
        }
    }
    c
}
