//! The readings of a session that was read.

use super::{FaceMark, Trace, UNSURE, hint_index, micros_of, share};
use crate::observation::Labels;
use crate::session::Signal;
use crate::session::signal::{FaceSample, Shown};

impl Trace {
    /// Of the sound rows of a session. `labels` are the classes of [`Signal::words`] as the model
    /// names them, `frame_size` the pixels of a frame.
    pub fn of_signal(signal: &Signal, labels: Labels, frame_size: (u32, u32)) -> Self {
        let mut trace = Self::new(labels, frame_size);
        let mut frame = None;
        for (index, sample) in signal.samples().iter().enumerate() {
            let this = (sample.time, sample.frame);
            if frame != Some(this) {
                frame = Some(this);
                trace.begin_frame(micros_of(sample.time), sample.frame);
            }
            let Some(face) = sample.face.filter(|_| trace.keeping) else { continue };
            trace.push_face(mark(&face));
            let classes = trace.labels.len();
            for numbers in [signal.smoothed(index), signal.posterior(index)] {
                let number = |class| numbers.get(class).copied().unwrap_or_default();
                trace.shares.extend((0..classes).map(number).map(share));
            }
        }
        for row in signal.events() {
            // One of a later version is left out.
            if let Some(event) = row.as_event() {
                trace.push_event(row.time, event);
            }
        }
        trace
    }
}

fn mark(face: &FaceSample) -> FaceMark {
    FaceMark {
        track: face.id,
        bbox: face.bbox.unwrap_or_default(),
        score: face.confidence.unwrap_or_default(),
        label: match face.shown {
            Shown::Class(class) => u8::try_from(class).unwrap_or(UNSURE),
            Shown::Unsure | Shown::Missing => UNSURE,
        },
        hint: hint_index(face.hint),
        quality: face.conditions.unwrap_or_default(),
        affect: [face.valence, face.arousal].map(|value| value.unwrap_or(f32::NAN)),
        born_millis: 0,
        label_since_millis: 0,
    }
}
