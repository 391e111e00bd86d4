//! Pseudo-random numbers that are the same everywhere and every time.

/// A well mixed number from a seed (splitmix64, Steele et al. 2014).
pub fn mixed(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A number in 0..1 from a seed.
pub fn uniform(seed: u64) -> f32 {
    (mixed(seed) >> 40) as f32 / (1u64 << 24) as f32
}

/// Smooth noise along a line, 0..=1, period [`Strands::PERIOD`]: strands of hair.
pub struct Strands {
    table: [f32; Self::PERIOD + 1],
}

impl Strands {
    /// Cells until the noise repeats.
    pub const PERIOD: usize = 256;

    /// Noise of that seed.
    pub fn new(seed: u64) -> Self {
        let mut table = [0.0; Self::PERIOD + 1];
        for (i, cell) in table.iter_mut().enumerate() {
            *cell = uniform(seed ^ ((i % Self::PERIOD) as u64) << 8);
        }
        Self { table }
    }

    /// The noise at `x`, linear between whole numbers.
    #[inline]
    pub fn at(&self, x: f32) -> f32 {
        // Shifted so that truncation rounds down for all strands of a head.
        let x = x + 4096.0;
        let cell = x as i32;
        let t = x - cell as f32;
        let i = cell as usize % Self::PERIOD;
        self.table[i] + (self.table[i + 1] - self.table[i]) * t
    }
}

/// Sensor noise: Gaussian, independent per pixel and colour, the same for the same seed.
pub struct SensorNoise {
    tile: Vec<i8>,
}

impl SensorNoise {
    /// Length of the tile: prime, so that no pattern lines up with the rows.
    const TILE: usize = 65_521;
    const REACH: usize = 4096;

    /// Noise of standard deviation `sigma` in steps of 8-bit colour, 0..=30.
    pub fn new(sigma: f32) -> Self {
        let sigma = sigma.clamp(0.0, 30.0);
        let tile = (0..Self::TILE + Self::REACH)
            .map(|i| {
                let i = (i % Self::TILE) as u64 * 4;
                // Four uniform numbers add up to nearly a bell; their deviation is sqrt(4 / 12).
                let sum: f32 = (0..4).map(|k| uniform(0x5EED ^ (i + k) << 16)).sum();
                ((sum - 2.0) * 3.0f32.sqrt() * sigma).round().clamp(-127.0, 127.0) as i8
            })
            .collect();
        Self { tile }
    }

    /// Adds noise to 8-bit samples; another `seed` gives other noise.
    pub fn add(&self, samples: &mut [u8], seed: u64) {
        for (n, part) in samples.chunks_mut(Self::REACH).enumerate() {
            let start = mixed(seed ^ mixed(n as u64)) as usize % Self::TILE;
            for (s, d) in part.iter_mut().zip(&self.tile[start..start + Self::REACH]) {
                *s = s.saturating_add_signed(*d);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_has_the_deviation_asked_for_and_follows_the_seed() {
        let noise = SensorNoise::new(5.0);
        let grey = vec![128u8; 300_000];
        let noisy = |seed| {
            let mut samples = grey.clone();
            noise.add(&mut samples, seed);
            samples
        };
        let one = noisy(1);
        let squares: f64 = one.iter().map(|v| (f64::from(*v) - 128.0).powi(2)).sum();
        let deviation = (squares / one.len() as f64).sqrt();
        assert!((deviation - 5.0).abs() < 0.15, "{deviation}");
        assert_eq!(one, noisy(1));
        assert_ne!(one, noisy(2));
    }

    #[test]
    fn strands_are_continuous_and_periodic() {
        let strands = Strands::new(3);
        for i in 0..1000 {
            let x = i as f32 * 0.37 - 150.0;
            assert!((strands.at(x) - strands.at(x + 0.001)).abs() < 0.01);
            assert!((strands.at(x) - strands.at(x + 256.0)).abs() < 1e-2);
        }
    }
}
