//! A span of time, summed up.

use std::time::Duration;

use super::{FULL, FaceAt, Follow, Trace};
use crate::observation::Label;

/// A face that is missing for less is a blink of the detector, not lost.
const LOST: Duration = Duration::from_millis(400);

/// A span of time, summed up for one face.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Span {
    /// Time in which frames were analysed.
    pub analysed: Duration,
    /// Time in which there was a face.
    pub with_face: Duration,
    /// For each class.
    pub classes: Vec<ClassTime>,
    /// Mean of the smoothed posterior while there was a face.
    pub mean: Vec<f32>,
    /// When the face was lost, and for how long.
    pub lost: Vec<(Duration, Duration)>,
}

impl Span {
    /// Share of the time with a face in which the label was this class, 0..=1.
    pub fn share(&self, class: usize) -> f32 {
        let shown = self.classes.get(class).map_or(Duration::ZERO, |class| class.shown);
        let with_face = self.with_face.as_secs_f32();
        if with_face > 0.0 { shown.as_secs_f32() / with_face } else { 0.0 }
    }
}

/// The time in which a class was the label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ClassTime {
    /// In all.
    pub shown: Duration,
    /// Times it began.
    pub episodes: u32,
    /// The longest of them.
    pub longest: Duration,
}

impl Trace {
    /// Sums up the time from `from` to `to`.
    pub fn span(&self, from: Duration, to: Duration, follow: Follow) -> Span {
        let classes = self.labels.len();
        let mut span = Span {
            classes: vec![ClassTime::default(); classes],
            mean: vec![0.0; classes],
            ..Span::default()
        };
        let mut episode: Option<(usize, Duration)> = None;
        let (mut lost_since, mut seen) = (None, false);
        for frame in self.frames_in(from, to) {
            let stands = self.stands(frame).min(to.saturating_sub(self.time(frame)));
            span.analysed += stands;
            let face = self.face(frame, follow);
            let class = match face.as_ref().and_then(FaceAt::label) {
                Some(Label::Class(class)) if class < classes => Some(class),
                _ => None,
            };
            match &face {
                Some(face) => {
                    span.with_face += stands;
                    for (mean, share) in span.mean.iter_mut().zip(face.smoothed()) {
                        *mean += f32::from(*share) / FULL * stands.as_secs_f32();
                    }
                    if let Some(since) = lost_since.take() {
                        let length = self.time(frame).saturating_sub(since);
                        if seen && length >= LOST {
                            span.lost.push((since, length));
                        }
                    }
                    seen = true;
                }
                None => {
                    lost_since.get_or_insert_with(|| self.time(frame));
                }
            }
            match (class, &mut episode) {
                (Some(class), Some((of, length))) if class == *of => *length += stands,
                (class, episode) => {
                    end_episode(episode.take(), &mut span);
                    *episode = class.map(|class| (class, stands));
                }
            }
        }
        end_episode(episode, &mut span);
        if let Some(since) = lost_since.filter(|_| seen) {
            let last = self.len().saturating_sub(1);
            let length = to.min(self.time(last) + self.stands(last)).saturating_sub(since);
            if length >= LOST {
                span.lost.push((since, length));
            }
        }
        let secs = span.with_face.as_secs_f32();
        if secs > 0.0 {
            span.mean.iter_mut().for_each(|mean| *mean /= secs);
        }
        span
    }
}

fn end_episode(episode: Option<(usize, Duration)>, span: &mut Span) {
    let Some((class, length)) = episode else { return };
    let time = &mut span.classes[class];
    time.shown += length;
    time.episodes += 1;
    time.longest = time.longest.max(length);
}
