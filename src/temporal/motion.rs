//! Where a face will be: a Kalman filter with constant velocity.

/// One coordinate and its velocity, with their uncertainty.
#[derive(Debug, Clone, Copy)]
pub struct Motion {
    /// Position.
    pub position: f32,
    velocity: f32,
    /// Variance of position, covariance, variance of velocity.
    variance: [f32; 3],
}

impl Motion {
    /// At rest at `position`, known to within `deviation`.
    pub fn at(position: f32, deviation: f32) -> Self {
        let variance = deviation * deviation;
        // A face may start at any common speed: a few of its widths a second.
        Self { position, velocity: 0.0, variance: [variance, 0.0, 400.0 * variance] }
    }

    /// `secs` later, under random acceleration of `acceleration` (standard deviation, units a
    /// second squared).
    pub fn predict(&mut self, secs: f32, acceleration: f32) {
        let [position, cross, velocity] = self.variance;
        let power = acceleration * acceleration;
        self.position += self.velocity * secs;
        self.variance = [
            position + secs * (2.0 * cross + secs * velocity) + power * secs.powi(4) / 4.0,
            cross + secs * velocity + power * secs.powi(3) / 2.0,
            velocity + power * secs * secs,
        ];
    }

    /// Takes in a measurement with standard deviation `deviation`.
    pub fn correct(&mut self, measured: f32, deviation: f32) {
        let [position, cross, velocity] = self.variance;
        let total = position + deviation * deviation;
        if total <= 0.0 {
            return;
        }
        let (gain, velocity_gain) = (position / total, cross / total);
        let surprise = measured - self.position;
        self.position += gain * surprise;
        self.velocity += velocity_gain * surprise;
        self.variance =
            [position * (1.0 - gain), cross * (1.0 - gain), velocity - velocity_gain * cross];
    }

    /// Standard deviation of the position.
    pub fn deviation(&self) -> f32 {
        self.variance[0].max(0.0).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_learns_a_velocity_and_carries_it_through_a_gap() {
        let mut motion = Motion::at(0.0, 1.0);
        for frame in 1..=30 {
            motion.predict(1.0 / 30.0, 50.0);
            motion.correct(frame as f32 * 4.0, 1.0);
        }
        motion.predict(0.5, 50.0);
        assert!((motion.position - 180.0).abs() < 6.0, "{}", motion.position);
        assert!(motion.deviation() > 1.0, "a gap makes it less sure");
    }
}
