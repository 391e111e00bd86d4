//! Means over the last while, exponential in time, which say how much they rest on.

use super::reading::Reading;

/// Sums over readings, each weighted by how long it stood and how long ago that was: a moment
/// `t` seconds back counts `exp(-t / span)`.
///
/// Time without readings counts as not known, so a mean fades into "not known", and never into
/// "neutral".
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    span_secs: f64,
    face: f64,
    looking: f64,
    sure: f64,
    valence: f64,
    valence_squared: f64,
    arousal: f64,
    shares: [f64; 8],
    watched: f64,
}

impl Window {
    /// An empty one, for about the last `span_secs` seconds.
    pub fn new(span_secs: f64) -> Self {
        Self {
            span_secs,
            face: 0.0,
            looking: 0.0,
            sure: 0.0,
            valence: 0.0,
            valence_squared: 0.0,
            arousal: 0.0,
            shares: [0.0; 8],
            watched: 0.0,
        }
    }

    /// `reading` stood for the last `secs`; `None`: nobody watched. The result does not depend on
    /// how a while is cut into pieces.
    pub fn add(&mut self, reading: Option<&Reading>, secs: f64) {
        let kept = (-secs / self.span_secs).exp();
        let new = 1.0 - kept;
        let sums = [
            &mut self.watched,
            &mut self.face,
            &mut self.looking,
            &mut self.sure,
            &mut self.valence,
            &mut self.valence_squared,
            &mut self.arousal,
        ];
        for sum in sums.into_iter().chain(&mut self.shares) {
            *sum *= kept;
        }
        let Some(reading) = reading else { return };
        self.watched += new;
        let Some(face) = &reading.face else { return };
        self.face += new;
        if face.looking {
            self.looking += new;
        }
        if face.sure {
            let (valence, arousal) =
                (f64::from(face.affect.valence), f64::from(face.affect.arousal));
            self.sure += new;
            self.valence += new * valence;
            self.valence_squared += new * valence * valence;
            self.arousal += new * arousal;
            for (sum, share) in self.shares.iter_mut().zip(face.shares) {
                *sum += new * share;
            }
        }
    }

    /// How much of the window is a sure reading of a face, 0..=1: what the means below rest on.
    pub fn evidence(&self) -> f64 {
        self.sure
    }

    /// Of the time watched, with a face, 0..=1; `None` if nobody watched.
    pub fn face(&self) -> Option<f64> {
        ratio(self.face, self.watched)
    }

    /// Of the time with a face, looking at the screen, 0..=1.
    pub fn looking(&self) -> Option<f64> {
        ratio(self.looking, self.face)
    }

    /// Of the time with a face, without a word for it, 0..=1.
    pub fn unsure(&self) -> Option<f64> {
        ratio(self.face - self.sure, self.face)
    }

    /// Mean valence of sure readings, -1..=1.
    pub fn valence(&self) -> Option<f64> {
        ratio(self.valence, self.sure)
    }

    /// Standard deviation of the valence of sure readings.
    pub fn valence_deviation(&self) -> Option<f64> {
        let mean = self.valence()?;
        let square = ratio(self.valence_squared, self.sure)?;
        Some((square - mean * mean).max(0.0).sqrt())
    }

    /// Mean arousal of sure readings, -1..=1.
    pub fn arousal(&self) -> Option<f64> {
        ratio(self.arousal, self.sure)
    }

    /// Mean probabilities of sure readings, in the order of [`super::reading::EXPRESSIONS`].
    pub fn shares(&self) -> Option<[f64; 8]> {
        (self.sure > LEAST).then(|| self.shares.map(|share| share / self.sure))
    }
}

/// Less than this much of a window is no ground for a mean.
const LEAST: f64 = 1e-3;

fn ratio(part: f64, whole: f64) -> Option<f64> {
    (whole > LEAST).then(|| (part / whole).clamp(-1.0, 1.0))
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::reading::FaceSign;
    use super::*;
    use crate::observation::Affect;

    pub fn face(class: usize, valence: f32) -> Reading {
        let mut shares = [0.0; 8];
        shares[class] = 1.0;
        let affect = Affect { valence, arousal: 0.5 };
        Reading { face: Some(FaceSign { shares, affect, sure: true, looking: true }) }
    }

    #[test]
    fn the_rate_of_readings_changes_nothing() {
        let story = [(face(4, -0.5), 30.0), (face(1, 0.75), 12.0), (Reading::default(), 9.0)];
        let at_rate = |pieces: u32| {
            let mut window = Window::new(60.0);
            for (reading, secs) in &story {
                for _ in 0..pieces {
                    window.add(Some(reading), secs / f64::from(pieces));
                }
            }
            [window.valence().unwrap(), window.face().unwrap(), window.evidence()]
        };
        for (slow, fast) in at_rate(1).into_iter().zip(at_rate(900)) {
            assert!((slow - fast).abs() < 1e-9, "{slow} {fast}");
        }
    }

    #[test]
    fn what_is_not_watched_fades_into_not_known_and_not_into_neutral() {
        let mut window = Window::new(10.0);
        window.add(Some(&face(4, -0.5)), 20.0);
        let evidence = window.evidence();
        window.add(None, 20.0);
        assert!(window.evidence() < 0.2 * evidence);
        assert!((window.valence().unwrap() + 0.5).abs() < 1e-9);
        window.add(None, 200.0);
        assert_eq!((window.valence(), window.face(), window.shares()), (None, None, None));
    }
}
