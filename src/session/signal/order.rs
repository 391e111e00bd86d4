//! Rows whose time or frame number does not fit between their neighbours.

use super::Sample;

/// Which samples to keep so that time and frame number never fall: as many as possible.
///
/// A digit that was damaged makes a row stand out, up or down, and must not take the rest of the
/// table with it. What is kept is a longest rising subsequence of the times (Fredman 1975), and of
/// that what also rises in frame number.
pub fn keep_ascending(samples: &[Sample]) -> Vec<bool> {
    if samples.is_sorted_by(follows) {
        return vec![true; samples.len()];
    }
    let key = |index: usize| (samples[index].time, samples[index].frame);
    // At each length, where the subsequence of that length that ends lowest ends.
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(samples.len());
    for index in 0..samples.len() {
        let length = ends.partition_point(|end| key(*end) <= key(index));
        before.push(length.checked_sub(1).map(|shorter| ends[shorter]));
        if length == ends.len() {
            ends.push(index);
        } else {
            ends[length] = index;
        }
    }
    let mut keep = vec![false; samples.len()];
    let mut next = ends.last().copied();
    while let Some(index) = next {
        keep[index] = true;
        next = before[index];
    }
    let mut last: Option<&Sample> = None;
    for (sample, keep) in samples.iter().zip(&mut keep).filter(|(_, keep)| **keep) {
        *keep = last.is_none_or(|last| follows(last, sample));
        if *keep {
            last = Some(sample);
        }
    }
    keep
}

/// Rows of one frame share its time; another frame is later in both.
fn follows(earlier: &Sample, later: &Sample) -> bool {
    if earlier.frame == later.frame {
        earlier.time == later.time
    } else {
        earlier.frame < later.frame && earlier.time < later.time
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn kept(rows: &[(u64, u64)]) -> Vec<u64> {
        let samples: Vec<Sample> = rows
            .iter()
            .map(|(frame, ms)| Sample {
                frame: *frame,
                time: Duration::from_millis(*ms),
                face: None,
            })
            .collect();
        let keep = keep_ascending(&samples);
        rows.iter().zip(keep).filter(|(_, keep)| *keep).map(|(row, _)| row.1).collect()
    }

    #[test]
    fn one_row_that_stands_out_goes_alone() {
        assert_eq!(kept(&[(0, 0), (1, 33), (2, 66), (3, 99)]), [0, 33, 66, 99]);
        // Far ahead, at any place.
        assert_eq!(kept(&[(0, 9000), (1, 33), (2, 66)]), [33, 66]);
        assert_eq!(kept(&[(0, 0), (1, 9033), (2, 66), (3, 99)]), [0, 66, 99]);
        // Behind, where either may be the wrong one.
        assert_eq!(kept(&[(0, 0), (1, 33), (2, 6), (3, 99)]).len(), 3);
        assert_eq!(kept(&[(0, 0), (1, 33), (0, 66), (3, 99)]), [0, 33, 99]);
        // Two in a row.
        assert_eq!(kept(&[(0, 0), (1, 9000), (2, 9033), (3, 99), (4, 132), (5, 165)]).len(), 4);
    }

    #[test]
    fn faces_of_one_frame_share_its_time() {
        assert_eq!(kept(&[(0, 0), (0, 0), (1, 33), (1, 33), (2, 66)]), [0, 0, 33, 33, 66]);
        assert_eq!(kept(&[(0, 0), (1, 33), (1, 34), (2, 66)]).len(), 3);
    }

    #[test]
    fn the_result_ascends_whatever_comes() {
        let mut dice = crate::session::sample::Dice::new(4);
        for _ in 0..500 {
            let rows: Vec<(u64, u64)> = (0..30).map(|_| (dice.below(20), dice.below(20))).collect();
            let kept = kept(&rows);
            assert!(kept.is_sorted(), "{rows:?} {kept:?}");
        }
    }
}
