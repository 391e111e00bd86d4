//! Votes of many people for one picture.

/// The class that people agree on, by the rule of FER+ (Barsoum et al. 2016): single votes are
/// taken for slips, and of the rest one class must have more than half. `others` are votes for
/// what is no class, such as "unknown" and "not a face".
pub fn majority(votes: &[f32], others: &[f32]) -> Option<usize> {
    let counted = |votes: &f32| if *votes > 1.0 { *votes } else { 0.0 };
    let total: f32 = votes.iter().chain(others).map(counted).sum();
    let (class, most) =
        votes.iter().map(counted).enumerate().fold((0, 0.0), |best, (class, votes)| {
            if votes > best.1 { (class, votes) } else { best }
        });
    (most > total / 2.0).then_some(class)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_half_of_what_is_no_slip() {
        assert_eq!(majority(&[6.0, 4.0, 0.0], &[]), Some(0));
        assert_eq!(majority(&[5.0, 5.0, 0.0], &[]), None, "exactly half is not more");
        // Three slips go; 4 of the remaining 7 are a majority, of 10 they would be none.
        assert_eq!(majority(&[4.0, 3.0, 1.0, 1.0, 1.0], &[]), Some(0));
    }

    #[test]
    fn a_picture_of_no_face_has_no_class() {
        assert_eq!(majority(&[3.0, 0.0], &[0.0, 7.0]), None);
        assert_eq!(majority(&[0.0, 1.0], &[1.0, 1.0]), None, "slips alone decide nothing");
    }
}
