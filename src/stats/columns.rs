//! A session in columns of equal time, to be drawn.

use super::Holds;
use crate::session::Signal;

/// What was seen in a column.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Column {
    /// Seconds with a face, whoever's.
    pub seen_secs: f64,
    /// Mean smoothed posterior over all faces, weighted by time, in the order of
    /// [`Signal::words`]; empty where there is none.
    pub posterior: Vec<f64>,
}

/// `count` columns, at least one, of a session that lasts `secs`.
pub fn columns(signal: &Signal, holds: &Holds, secs: f64, count: usize) -> Vec<Column> {
    let classes = signal.words().len();
    let column_secs = secs / count as f64;
    let mut columns = vec![Column { seen_secs: 0.0, posterior: vec![0.0; classes] }; count.max(1)];
    let mut face_secs = vec![0.0; columns.len()];
    let mut frame = None;
    for (index, sample) in signal.samples().iter().enumerate() {
        if sample.face.is_none() {
            continue;
        }
        let place = (sample.time.as_secs_f64() / column_secs) as usize;
        let place = place.min(columns.len() - 1);
        let (column, hold) = (&mut columns[place], holds.secs()[index]);
        let smoothed = signal.smoothed(index);
        if !smoothed.is_empty() {
            face_secs[place] += hold;
            for (sum, p) in column.posterior.iter_mut().zip(smoothed) {
                *sum += hold * f64::from(*p);
            }
        }
        if frame != Some(sample.frame) {
            frame = Some(sample.frame);
            column.seen_secs += hold;
        }
    }
    for (column, secs) in columns.iter_mut().zip(face_secs) {
        if secs > 0.0 {
            column.posterior.iter_mut().for_each(|sum| *sum /= secs);
        } else {
            column.posterior.clear();
        }
    }
    columns
}
