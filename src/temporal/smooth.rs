//! A calm readout: the posterior smoothed in time and a label that does not flicker.

use std::time::Duration;

use crate::observation::{Hint, Label, Posterior, Quality};
use crate::pipeline::PipelineOptions;
use crate::time::Pts;

/// Another class takes over only when it leads by this much ...
const SWITCH_MARGIN: f32 = 0.10;

/// ... for this long ...
const SWITCH_AFTER: Duration = Duration::from_millis(200);

/// ... and `unsure` ends only this far above where it began.
const SURE_MARGIN: f32 = 0.08;

/// Below this overall quality no word is shown; above the second value there is one again.
const POOR: (f32, f32) = (0.15, 0.25);

/// A face is named when it was found this often or for this long, so that a false alarm of one
/// frame is never called sad.
const SETTLED: (u32, Duration) = (3, Duration::from_millis(200));

/// State of one face.
#[derive(Debug)]
pub struct Smoother {
    smoothed: Posterior,
    label: Label,
    label_since: Pts,
    /// Which other label has been ahead, and since when.
    rival: Option<(Label, Pts)>,
    last_pts: Pts,
}

/// What one frame added to.
#[derive(Debug, Clone, PartialEq)]
pub struct Smoothed {
    /// Exponentially smoothed in time.
    pub posterior: Posterior,
    /// What to show.
    pub label: Label,
    /// How long that has stood.
    pub steady: Duration,
}

/// How well a face is known so far.
#[derive(Debug, Clone, Copy)]
pub struct Standing {
    /// Frames in which it was found.
    pub hits: u32,
    /// How long it has been followed.
    pub age: Duration,
}

impl Smoother {
    /// Starts with the first posterior of a face.
    pub fn new(pts: Pts, posterior: Posterior) -> Self {
        Self {
            smoothed: posterior,
            label: Label::Unsure(Hint::JustAppeared),
            label_since: pts,
            rival: None,
            last_pts: pts,
        }
    }

    /// Takes in the posterior of the frame at `pts`.
    pub fn update(
        &mut self,
        pts: Pts,
        posterior: &Posterior,
        quality: &Quality,
        standing: Standing,
        options: &PipelineOptions,
    ) -> Smoothed {
        let secs = pts.saturating_since(self.last_pts).as_secs_f32();
        self.last_pts = pts;
        // The share an exponential forgets in that time; equal at any frame rate.
        let share = if options.smoothing_secs > 0.0 {
            1.0 - (-secs / options.smoothing_secs).exp()
        } else {
            1.0
        };
        self.smoothed = self.smoothed.moved_towards(posterior, share);
        let wanted = self.wanted(quality, standing, options);
        self.settle(pts, wanted);
        Smoothed {
            posterior: self.smoothed.clone(),
            label: self.label,
            steady: pts.saturating_since(self.label_since),
        }
    }

    /// The label this moment speaks for, with each threshold shifted in favour of the present one.
    fn wanted(&self, quality: &Quality, standing: Standing, options: &PipelineOptions) -> Label {
        let (top, certainty) = self.smoothed.top();
        let shown = match self.label {
            Label::Class(class) => Some(class),
            Label::Unsure(_) => None,
        };
        if standing.hits < SETTLED.0 && standing.age < SETTLED.1 {
            return Label::Unsure(Hint::JustAppeared);
        }
        let poor = if shown.is_some() { POOR.0 } else { POOR.1 };
        if quality.overall() < poor {
            return Label::Unsure(quality.hint.unwrap_or(Hint::Ambiguous));
        }
        let sure_from = options.unsure_below + if shown.is_some() { 0.0 } else { SURE_MARGIN };
        if certainty < sure_from {
            return Label::Unsure(quality.hint.unwrap_or(Hint::Ambiguous));
        }
        match shown {
            Some(class) if class != top => {
                let own = self.smoothed.as_slice().get(class).copied().unwrap_or(0.0);
                Label::Class(if certainty - own > SWITCH_MARGIN { top } else { class })
            }
            _ => Label::Class(top),
        }
    }

    fn settle(&mut self, pts: Pts, wanted: Label) {
        if wanted == self.label {
            self.rival = None;
            return;
        }
        if let (Label::Unsure(_), Label::Unsure(_)) = (wanted, self.label) {
            // Another reason for the same word is no change of label.
            self.label = wanted;
            self.rival = None;
            return;
        }
        let same_rival =
            matches!((self.rival, wanted), (Some((Label::Unsure(_), _)), Label::Unsure(_)))
                || self.rival.is_some_and(|(label, _)| label == wanted);
        let since = self.rival.filter(|_| same_rival).map_or(pts, |(_, since)| since);
        self.rival = Some((wanted, since));
        // The first word for a face is not delayed: it replaces no other.
        let first_word = self.label == Label::Unsure(Hint::JustAppeared);
        if first_word || pts.saturating_since(since) >= SWITCH_AFTER {
            self.label = wanted;
            self.label_since = pts;
            self.rival = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: Quality = Quality { size: 1.0, light: 1.0, sharpness: 1.0, turn: 1.0, hint: None };
    const KNOWN: Standing = Standing { hits: 100, age: Duration::from_secs(9) };

    fn posterior(weights: &[f32]) -> Posterior {
        Posterior::normalised(weights.to_vec()).unwrap()
    }

    fn run(
        rate_hz: f64,
        secs: f64,
        mut at: impl FnMut(f64) -> (Posterior, Quality),
    ) -> Vec<(f64, Smoothed)> {
        let options = PipelineOptions::default();
        let mut smoother = Smoother::new(Pts::ZERO, at(0.0).0);
        (0..(secs * rate_hz) as u32)
            .map(|frame| {
                let secs = f64::from(frame) / rate_hz;
                let (posterior, quality) = at(secs);
                let pts = Pts::from_secs_f64(secs);
                (secs, smoother.update(pts, &posterior, &quality, KNOWN, &options))
            })
            .collect()
    }

    fn changes(run: &[(f64, Smoothed)]) -> usize {
        run.windows(2)
            .filter(|pair| {
                let word = |label: Label| if let Label::Class(c) = label { Some(c) } else { None };
                word(pair[0].1.label) != word(pair[1].1.label)
            })
            .count()
    }

    #[test]
    fn the_step_response_does_not_depend_on_the_frame_rate() {
        let step = |secs: f64| {
            let weights = if secs < 1.0 { [1.0, 0.0] } else { [0.0, 1.0] };
            (posterior(&weights), GOOD)
        };
        for rate_hz in [5.0, 15.0, 30.0, 60.0] {
            let after = run(rate_hz, 2.0, step).last().unwrap().1.posterior.as_slice()[1];
            assert!((after - 0.98).abs() < 0.02, "{rate_hz} Hz gave {after}");
        }
    }

    #[test]
    fn a_noisy_reading_between_two_classes_does_not_flicker() {
        let mut state = 7_u32;
        let noisy = |_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let noise = (state >> 8) as f32 / (1 << 24) as f32 - 0.5;
            (posterior(&[0.5 + 0.5 * noise, 0.5 - 0.5 * noise]), GOOD)
        };
        let run = run(30.0, 60.0, noisy);
        assert!(changes(&run) <= 10, "{} changes a minute", changes(&run));
        let raw_changes = 30 * 60 / 3;
        assert!(changes(&run) < raw_changes / 50);
    }

    #[test]
    fn a_clear_change_shows_within_half_a_second_and_a_blip_does_not() {
        let with_change = |from: f64, to: f64| {
            move |secs: f64| {
                let changed = (from..to).contains(&secs);
                (posterior(if changed { &[0.05, 0.95] } else { &[0.95, 0.05] }), GOOD)
            }
        };
        let change = run(30.0, 3.0, with_change(1.0, 3.0));
        let shown = change.iter().find(|(_, s)| s.label == Label::Class(1)).unwrap().0;
        assert!((1.0..1.5).contains(&shown), "{shown}");
        assert_eq!(changes(&run(30.0, 3.0, with_change(1.0, 1.1))), 0);
    }

    #[test]
    fn poor_light_says_so_instead_of_a_word() {
        let dark = Quality { light: 0.05, hint: Some(Hint::TooDark), ..GOOD };
        let run = run(30.0, 1.0, |_| (posterior(&[0.9, 0.1]), dark));
        assert_eq!(run.last().unwrap().1.label, Label::Unsure(Hint::TooDark));
    }

    #[test]
    fn an_even_posterior_is_unsure() {
        let run = run(30.0, 1.0, |_| (posterior(&[1.0; 8]), GOOD));
        assert_eq!(run.last().unwrap().1.label, Label::Unsure(Hint::Ambiguous));
    }
}
