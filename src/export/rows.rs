//! The rows behind a signal, with all their cells: sound ones alone, and once more in order.

use std::io;

use super::Source;
use crate::session::signal::Sample;
use crate::session::{Row, Rows};

/// Rows of a session that its signal holds, each with the seconds for which it stands.
pub struct SoundRows<'a> {
    rows: Rows<Row>,
    source: &'a Source,
    next: usize,
}

impl<'a> SoundRows<'a> {
    pub fn of(source: &'a Source) -> io::Result<Self> {
        let rows = source.session.observations().map_err(io::Error::other)?;
        Ok(Self { rows, source, next: 0 })
    }
}

impl Iterator for SoundRows<'_> {
    type Item = (Row, f64);

    /// A row that the signal left out is passed over here too.
    fn next(&mut self) -> Option<Self::Item> {
        let samples = self.source.signal.samples();
        loop {
            let Ok(row) = self.rows.next()? else { continue };
            while samples.get(self.next).is_some_and(|sample| sample.time < row.time) {
                self.next += 1;
            }
            let at = self.next;
            if samples.get(at).is_some_and(|sample| is_of(sample, &row)) {
                self.next += 1;
                return Some((row, self.source.holds.secs()[at]));
            }
        }
    }
}

fn is_of(sample: &Sample, row: &Row) -> bool {
    let face = |id: Option<u64>| id.unwrap_or(0);
    let same_face = match (&sample.face, &row.face) {
        (Some(sample), Some(row)) => u64::from(sample.id) == face(row.id),
        (None, None) => true,
        _ => false,
    };
    sample.time == row.time && sample.frame == row.frame && same_face
}
