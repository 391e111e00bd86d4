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
        let is_first_face = frame.replace(sample.frame) != Some(sample.frame);
        let (from, smoothed) = (sample.time.as_secs_f64(), signal.smoothed(index));
        for (place, hold) in parts(from, holds.secs()[index], column_secs, columns.len()) {
            let column = &mut columns[place];
            if !smoothed.is_empty() {
                face_secs[place] += hold;
                for (sum, p) in column.posterior.iter_mut().zip(smoothed) {
                    *sum += hold * f64::from(*p);
                }
            }
            if is_first_face {
                column.seen_secs += hold;
            }
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

/// Which columns a reading that holds from `from` for `hold` seconds is in, and for how long.
fn parts(from: f64, hold: f64, width: f64, count: usize) -> impl Iterator<Item = (usize, f64)> {
    let place = |at: f64| ((at / width) as usize).min(count - 1);
    let (first, last) = (place(from), place(from + hold));
    (first..=last).map(move |column| {
        let left = if column == first { from } else { column as f64 * width };
        let right = if column == last { from + hold } else { (column + 1) as f64 * width };
        (column, (right - left).max(0.0))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_fills_all_columns_through_which_it_holds() {
        let all = |from, hold| parts(from, hold, 0.5, 4).collect::<Vec<_>>();
        assert_eq!(all(0.25, 0.125), [(0, 0.125)]);
        assert_eq!(all(0.25, 1.0), [(0, 0.25), (1, 0.5), (2, 0.25)]);
        // What lies after the end is in the last one.
        assert_eq!(all(1.75, 0.5), [(3, 0.5)]);
        assert_eq!(all(9.0, 0.5), [(3, 0.5)]);
    }
}
