//! Splits examples so that a group never stands on both sides, and every class on both.

use std::collections::HashMap;

use super::lesson::{Example, Grouping, Lesson};
use super::shuffle::Shuffler;

/// Takes of each class, from which on whole takes are held out. With two, a head would be judged
/// that learned from a single take, and the temperature found for it would make the final one, which
/// learned from both, as unsure as that.
const MIN_TAKES: usize = 3;

/// Parts into which examples are split, where groups allow it.
const FOLDS: usize = 5;

/// Which part each example belongs to.
#[derive(Debug, Clone, PartialEq)]
pub struct Folds {
    /// How many parts there are, 2 to 5.
    pub count: usize,
    /// Part of each example, in the order of the examples they were made for.
    pub of: Vec<usize>,
    /// What was kept together.
    pub grouping: Grouping,
}

/// Splits the examples `chosen` of `lesson`. Groups are kept together where each class has
/// enough of them for a part to be left out twice over, once to judge and once to choose by;
/// else the smallest undivided things are. Identical embeddings always stay together: they are
/// the same picture twice.
pub fn split(lesson: &Lesson, chosen: &[usize], seed: u64) -> Folds {
    let by = |key: &dyn Fn(&Example) -> u64| {
        let keys = chosen.iter().map(|&index| key(&lesson.examples[index])).collect();
        join_duplicates(lesson, chosen, keys)
    };
    let least = match lesson.grouping {
        Grouping::Picture => None,
        Grouping::Person => Some(2),
        Grouping::Take => Some(MIN_TAKES),
    };
    if let Some(least) = least {
        let groups = by(&|example| example.group);
        if let Some(folds) = deal(lesson, chosen, &groups, seed, least) {
            return Folds { grouping: lesson.grouping, ..folds };
        }
    }
    let units = by(&|example| example.unit);
    deal(lesson, chosen, &units, seed, 2).unwrap_or_else(|| {
        // A class that is one picture many times over: splitting it shows nothing, but harms
        // nothing either.
        let single: Vec<u64> = (0..chosen.len() as u64).collect();
        deal(lesson, chosen, &single, seed, 2).unwrap_or_else(|| alternate(chosen.len()))
    })
}

fn alternate(len: usize) -> Folds {
    Folds { count: 2, of: (0..len).map(|i| i % 2).collect(), grouping: Grouping::Picture }
}

/// Gives examples with identical embeddings one group, and with them their whole groups.
fn join_duplicates(lesson: &Lesson, chosen: &[usize], mut groups: Vec<u64>) -> Vec<u64> {
    let mut first: HashMap<Vec<u32>, usize> = HashMap::new();
    let mut joined: HashMap<u64, u64> = HashMap::new();
    fn root(joined: &HashMap<u64, u64>, mut group: u64) -> u64 {
        while let Some(next) = joined.get(&group) {
            group = *next;
        }
        group
    }
    for (place, &index) in chosen.iter().enumerate() {
        let bits = lesson.examples[index].embedding.iter().map(|v| v.to_bits()).collect();
        let twin = *first.entry(bits).or_insert(place);
        let (a, b) = (root(&joined, groups[twin]), root(&joined, groups[place]));
        if a != b {
            joined.insert(a.max(b), a.min(b));
        }
    }
    for group in &mut groups {
        *group = root(&joined, *group);
    }
    groups
}

/// Deals whole groups to parts, largest first, each to the part that lacks its classes most.
/// `None` if a class has fewer groups than `least`, which is 2 or more.
fn deal(
    lesson: &Lesson,
    chosen: &[usize],
    groups: &[u64],
    seed: u64,
    least: usize,
) -> Option<Folds> {
    let classes = lesson.classes.len();
    let mut members: HashMap<u64, Vec<u32>> = HashMap::new();
    for (&index, group) in chosen.iter().zip(groups) {
        let counts = members.entry(*group).or_insert_with(|| vec![0; classes]);
        counts[lesson.examples[index].class] += 1;
    }
    let groups_with = |class: usize| members.values().filter(|counts| counts[class] > 0).count();
    let fewest = (0..classes).map(groups_with).min()?;
    if fewest < least {
        return None;
    }
    let count = fewest.min(FOLDS);
    let mut order: Vec<(u64, &Vec<u32>)> = members.iter().map(|(g, counts)| (*g, counts)).collect();
    // The map's own order differs from start to start.
    order.sort_unstable_by_key(|(group, _)| *group);
    Shuffler::new(seed).shuffle(&mut order);
    // A group with a rare class first, as long as all parts are open to it; then the large ones.
    let rarest = |counts: &[u32]| {
        (0..classes).filter(|&c| counts[c] > 0).map(groups_with).min().unwrap_or(usize::MAX)
    };
    order
        .sort_by_key(|(_, counts)| (rarest(counts), std::cmp::Reverse(counts.iter().sum::<u32>())));
    let totals: Vec<f64> = (0..classes)
        .map(|class| members.values().map(|counts| f64::from(counts[class])).sum())
        .collect();
    let mut filled = vec![vec![0.0; classes]; count];
    let mut part_of: HashMap<u64, usize> = HashMap::new();
    for (group, counts) in order {
        // How full a part is of the classes that this group brings, then how full it is at all.
        let fullness = |part: &[f64]| {
            let of_these: f64 = (0..classes)
                .filter(|&c| counts[c] > 0)
                .map(|c| f64::from(counts[c]) * part[c] / totals[c])
                .sum();
            let at_all: f64 = part.iter().sum();
            (of_these, at_all)
        };
        let part = (0..count).min_by(|&a, &b| {
            let ((a, a_all), (b, b_all)) = (fullness(&filled[a]), fullness(&filled[b]));
            a.total_cmp(&b).then(a_all.total_cmp(&b_all))
        })?;
        for (filled, count) in filled[part].iter_mut().zip(counts) {
            *filled += f64::from(*count);
        }
        part_of.insert(group, part);
    }
    // No part may hold all of a class: a head that never saw a class can't be judged on it.
    let whole = |part: &Vec<f64>| (0..classes).any(|class| part[class] >= totals[class]);
    if filled.iter().any(whole) {
        return None;
    }
    let of = groups.iter().map(|group| part_of[group]).collect();
    Some(Folds { count, of, grouping: Grouping::Picture })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, BTreeSet};

    /// `(class, group)` of each example, all different.
    fn lesson(examples: &[(usize, u64)], grouping: Grouping) -> Lesson {
        let classes = 1 + examples.iter().map(|(class, _)| *class).max().unwrap();
        Lesson {
            classes: (0..classes).map(|c| c.to_string()).collect(),
            examples: examples
                .iter()
                .enumerate()
                .map(|(unit, &(class, group))| Example {
                    class,
                    group,
                    unit: unit as u64,
                    embedding: vec![unit as f32].into(),
                })
                .collect(),
            grouping,
        }
    }

    fn all(lesson: &Lesson) -> Vec<usize> {
        (0..lesson.examples.len()).collect()
    }

    #[test]
    fn one_person_never_stands_on_both_sides() {
        // Eleven people with unequal numbers of pictures; some show one class only.
        let mut examples = Vec::new();
        for person in 0..11_u64 {
            for picture in 0..3 + person * person % 17 {
                examples.push(((picture as usize + person as usize) % 3, person));
            }
        }
        let lesson = lesson(&examples, Grouping::Person);
        for seed in 0..50 {
            let folds = split(&lesson, &all(&lesson), seed);
            assert_eq!((folds.count, folds.grouping), (5, Grouping::Person));
            let mut parts: BTreeMap<u64, BTreeSet<usize>> = BTreeMap::new();
            for (example, part) in lesson.examples.iter().zip(&folds.of) {
                parts.entry(example.group).or_default().insert(*part);
            }
            assert_eq!(parts.len(), 11);
            assert!(parts.values().all(|parts| parts.len() == 1), "{parts:?}");
        }
    }

    #[test]
    fn every_part_has_its_share_of_every_class() {
        let examples: Vec<_> = (0..100).map(|i| (usize::from(i % 10 == 0), i)).collect();
        let lesson = lesson(&examples, Grouping::Picture);
        let folds = split(&lesson, &all(&lesson), 7);
        for part in 0..5 {
            let of_part = |class: usize| {
                let here = lesson.examples.iter().zip(&folds.of);
                here.filter(|(example, p)| **p == part && example.class == class).count()
            };
            assert_eq!((of_part(0), of_part(1)), (18, 2), "part {part}");
        }
    }

    #[test]
    fn a_class_of_one_person_is_split_by_picture_and_says_so() {
        let examples: Vec<_> = (0..40).map(|i| (i % 2, if i % 2 == 0 { 0 } else { 9 })).collect();
        let lesson = lesson(&examples, Grouping::Person);
        let folds = split(&lesson, &all(&lesson), 1);
        assert_eq!((folds.count, folds.grouping), (5, Grouping::Picture));
    }

    #[test]
    fn whole_takes_are_held_out_from_three_of_a_class_on() {
        let takes = |count: u64| {
            let take = |i: usize| 2 * (i as u64 / 2 % count) + i as u64 % 2;
            let examples: Vec<_> = (0..60).map(|i| (i % 2, take(i))).collect();
            let lesson = lesson(&examples, Grouping::Take);
            let folds = split(&lesson, &all(&lesson), 1);
            (folds.count, folds.grouping)
        };
        assert_eq!(takes(2), (5, Grouping::Picture));
        assert_eq!(takes(3), (3, Grouping::Take));
    }

    #[test]
    fn the_same_picture_twice_stays_together_with_its_whole_groups() {
        let examples: Vec<_> = (0..60).map(|i| (i % 2, i as u64 / 6)).collect();
        let mut lesson = lesson(&examples, Grouping::Person);
        // A picture of person 0 lies in the folder of person 7 too.
        lesson.examples[43].embedding = lesson.examples[1].embedding.clone();
        let folds = split(&lesson, &all(&lesson), 3);
        assert_eq!(folds.grouping, Grouping::Person);
        let part_of_0 = folds.of[0];
        for index in (0..6).chain(42..48) {
            assert_eq!(folds.of[index], part_of_0, "{index}");
        }
    }

    #[test]
    fn a_class_of_one_picture_copied_is_still_split() {
        let mut lesson = lesson(&[(0, 0); 10].map(|(_, g)| (0, g)), Grouping::Picture);
        lesson.classes.push("copies".into());
        for unit in 10..16 {
            lesson.examples.push(Example {
                class: 1,
                group: unit,
                unit,
                embedding: vec![-1.0].into(),
            });
        }
        let folds = split(&lesson, &all(&lesson), 3);
        let parts: BTreeSet<_> = folds.of[10..].iter().collect();
        assert!(parts.len() > 1);
    }

    #[test]
    fn the_split_is_that_of_the_seed() {
        let examples: Vec<_> = (0..80).map(|i| (i % 4, i as u64 / 4)).collect();
        let lesson = lesson(&examples, Grouping::Person);
        assert_eq!(split(&lesson, &all(&lesson), 5), split(&lesson, &all(&lesson), 5));
        assert_ne!(split(&lesson, &all(&lesson), 5), split(&lesson, &all(&lesson), 6));
    }
}
