//! Readings gathered into the columns of a timeline, a few more at a time as they come.

use std::time::Duration;

use crate::observation::Label;
use crate::session::trace::{FaceAt, Follow, Trace};

/// What columns depend on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Key {
    /// From the left end to the right one.
    pub range: (Duration, Duration),
    /// Columns.
    pub count: usize,
    /// Whose readings.
    pub follow: Follow,
    /// Tells traces apart.
    pub identity: u64,
}

/// The mean of what was read in each column.
#[derive(Debug, Default)]
pub struct Columns {
    key: Option<Key>,
    stride: u64,
    /// The next frame to take in.
    next: usize,
    columns: Vec<Column>,
    classes: usize,
}

#[derive(Debug, Clone, Default)]
struct Column {
    frames: u32,
    faces: u32,
    /// Sum of the shares of each class.
    sums: Vec<f32>,
    /// How often each class was the label; the last place is for `unsure`.
    votes: Vec<u32>,
}

/// What stands in a column.
pub struct Read {
    /// Whether a frame stands in it.
    pub analysed: bool,
    /// The face in it.
    pub face: Option<ReadFace>,
}

/// The mean of a column.
pub struct ReadFace {
    /// Of each class, together 1 or, where the face was there for a part of it, less.
    pub shares: Vec<f32>,
    /// The label that was shown most; `None`: unsure.
    pub label: Option<usize>,
}

impl Columns {
    /// Takes in what is new.
    pub fn update(&mut self, trace: &Trace, key: Key) {
        let same = self.key == Some(key) && self.stride == trace.stride();
        if !same || self.next > trace.len() {
            self.classes = trace.labels().len();
            self.key = Some(key);
            self.stride = trace.stride();
            self.columns = vec![Column::default(); key.count];
            self.next = trace.frames_in(key.range.0, key.range.1).start;
        }
        let (from, to) = (key.range.0.as_secs_f64(), key.range.1.as_secs_f64());
        let scale = key.count as f64 / (to - from).max(1e-3);
        while self.next < trace.len() {
            let at = trace.time(self.next).as_secs_f64();
            if at >= to {
                break;
            }
            let place = ((at - from) * scale).max(0.0) as usize;
            if let Some(column) = self.columns.get_mut(place) {
                column.add(trace.face(self.next, key.follow), self.classes);
            }
            self.next += 1;
        }
    }

    /// What stands in a column. One without a frame of its own shows the frame before it, which
    /// stands until the next.
    pub fn get(&self, trace: &Trace, index: usize) -> Read {
        let (Some(key), Some(column)) = (self.key, self.columns.get(index)) else {
            return Read { analysed: false, face: None };
        };
        if column.frames > 0 {
            return Read { analysed: true, face: column.mean() };
        }
        let (from, to) = (key.range.0.as_secs_f64(), key.range.1.as_secs_f64());
        let at = from + (to - from) * (index as f64 + 0.5) / key.count as f64;
        let at = Duration::try_from_secs_f64(at).unwrap_or_default();
        // Within the file; after its last frame nothing stands for long.
        let frame = trace.frame_at(at).filter(|frame| {
            frame + 1 < trace.len() || at.saturating_sub(trace.time(*frame)) <= trace.stands(*frame)
        });
        let mut held = Column::default();
        if let Some(frame) = frame {
            held.add(trace.face(frame, key.follow), self.classes);
        }
        Read { analysed: frame.is_some(), face: held.mean() }
    }
}

impl Column {
    fn add(&mut self, face: Option<FaceAt<'_>>, classes: usize) {
        self.frames += 1;
        let Some(face) = face else { return };
        if self.sums.is_empty() {
            self.sums = vec![0.0; classes];
            self.votes = vec![0; classes + 1];
        }
        self.faces += 1;
        for (sum, share) in self.sums.iter_mut().zip(face.smoothed()) {
            *sum += f32::from(*share) / 65_535.0;
        }
        let place = match face.label() {
            Some(Label::Class(class)) => class.min(classes),
            _ => classes,
        };
        self.votes[place] += 1;
    }

    fn mean(&self) -> Option<ReadFace> {
        if self.faces == 0 {
            return None;
        }
        let frames = self.frames as f32;
        let most = self.votes.iter().max()?;
        let label = self.votes.iter().position(|votes| votes == most)?;
        Some(ReadFace {
            shares: self.sums.iter().map(|sum| sum / frames).collect(),
            label: (label + 1 < self.votes.len()).then_some(label),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::RunId;
    use crate::observation::{Labels, Observation};
    use crate::time::Pts;

    fn without_faces(frames: u64) -> Trace {
        let mut trace = Trace::new(Labels::new(["calm"]), (64, 48));
        for index in 0..frames {
            trace.push(&Observation {
                run: RunId(1),
                index,
                pts: Pts::from_secs_f64(index as f64 / 10.0),
                frame_size: (64, 48),
                faces: Vec::new(),
            });
        }
        trace
    }

    fn key(count: usize) -> Key {
        let range = (Duration::ZERO, Duration::from_secs(4));
        Key { range, count, follow: Follow::Largest, identity: 1 }
    }

    #[test]
    fn columns_fill_as_frames_come_and_say_what_is_missing() {
        let mut columns = Columns::default();
        let analysed = |columns: &mut Columns, frames, count| {
            let trace = without_faces(frames);
            columns.update(&trace, key(count));
            (0..count).filter(|index| columns.get(&trace, *index).analysed).count()
        };
        assert_eq!(analysed(&mut columns, 10, 40), 10);
        assert_eq!(analysed(&mut columns, 20, 40), 20);
        // Columns that are narrower than a frame show the frame that stands there.
        assert_eq!(analysed(&mut columns, 20, 400), 200);
        // Another trace under the same name starts afresh.
        assert_eq!(analysed(&mut columns, 5, 40), 5);
    }
}
