//! Which detection belongs to which track: the assignment of least total cost.

/// Cost of a pair that must not be made.
pub const FORBIDDEN: f32 = f32::INFINITY;

/// For each row of `costs` the column assigned to it, if any. Every row has `columns` entries; no
/// column is given twice. As many pairs as possible are made, at the least total cost.
///
/// The Hungarian method with potentials (Kuhn 1955; Jonker & Volgenant 1987), O(n^3) for the
/// larger side n.
pub fn assign(costs: &[Vec<f32>], columns: usize) -> Vec<Option<usize>> {
    let n = costs.len().max(columns);
    // Forbidden and missing pairs get a cost that no set of allowed pairs reaches.
    let allowed = costs.iter().flatten().filter(|c| c.is_finite());
    let barrier = 1.0 + allowed.map(|c| f64::from(c.abs())).sum::<f64>() * 2.0;
    let cost = |row: usize, column: usize| {
        let given = costs.get(row).and_then(|row| row.get(column)).copied();
        given.filter(|c| c.is_finite()).map_or(barrier, f64::from)
    };
    // Row and column 0 stand for "none"; the rest is shifted by one.
    let (mut row_potential, mut column_potential) = (vec![0.0; n + 1], vec![0.0; n + 1]);
    let mut row_of = vec![0; n + 1];
    for row in 1..=n {
        row_of[0] = row;
        let mut column = 0;
        let mut least = vec![f64::INFINITY; n + 1];
        let mut came_from = vec![0; n + 1];
        let mut done = vec![false; n + 1];
        while row_of[column] != 0 {
            done[column] = true;
            let here = row_of[column];
            let (mut step, mut next) = (f64::INFINITY, 0);
            for other in 1..=n {
                if done[other] {
                    continue;
                }
                let reduced =
                    cost(here - 1, other - 1) - row_potential[here] - column_potential[other];
                if reduced < least[other] {
                    least[other] = reduced;
                    came_from[other] = column;
                }
                if least[other] < step {
                    step = least[other];
                    next = other;
                }
            }
            for other in 0..=n {
                if done[other] {
                    row_potential[row_of[other]] += step;
                    column_potential[other] -= step;
                } else {
                    least[other] -= step;
                }
            }
            column = next;
        }
        while column != 0 {
            let previous = came_from[column];
            row_of[column] = row_of[previous];
            column = previous;
        }
    }
    let mut assigned = vec![None; costs.len()];
    for (column, row) in row_of.iter().skip(1).take(columns).enumerate() {
        let row = row - 1;
        let pair = costs.get(row).and_then(|row| row.get(column));
        if pair.is_some_and(|cost| cost.is_finite()) {
            assigned[row] = Some(column);
        }
    }
    assigned
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_total_beats_the_best_single_pair() {
        let costs = vec![vec![1.0, 2.0], vec![1.1, 9.0]];
        assert_eq!(assign(&costs, 2), [Some(1), Some(0)]);
    }

    #[test]
    fn forbidden_pairs_are_never_made_and_shapes_may_differ() {
        let costs = vec![vec![FORBIDDEN, 3.0, FORBIDDEN], vec![FORBIDDEN; 3]];
        assert_eq!(assign(&costs, 3), [Some(1), None]);
        assert_eq!(assign(&[vec![2.0], vec![1.0], vec![3.0]], 1), [None, Some(0), None]);
        assert_eq!(assign(&[], 3), []);
        assert_eq!(assign(&[vec![], vec![]], 0), [None, None]);
    }

    /// Every assignment of up to four rows, tried out.
    fn least_by_trial(costs: &[Vec<f32>], row: usize, used: &mut [bool]) -> f32 {
        if row == costs.len() {
            return 0.0;
        }
        let mut least = f32::INFINITY;
        for column in 0..used.len() {
            if !used[column] {
                used[column] = true;
                least = least.min(costs[row][column] + least_by_trial(costs, row + 1, used));
                used[column] = false;
            }
        }
        least
    }

    #[test]
    fn it_equals_trying_every_assignment() {
        let mut state = 12_345_u32;
        for _ in 0..500 {
            let costs: Vec<Vec<f32>> = (0..4)
                .map(|_| {
                    let next = |_| {
                        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                        (state >> 24) as f32
                    };
                    (0..5).map(next).collect()
                })
                .collect();
            let total: f32 = assign(&costs, 5)
                .iter()
                .enumerate()
                .map(|(row, column)| costs[row][column.unwrap()])
                .sum();
            assert_eq!(total, least_by_trial(&costs, 0, &mut [false; 5]));
        }
    }
}
