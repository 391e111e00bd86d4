//! Fixed rules, as a sensible designer would write them, and the same rules tuned: what a policy
//! that learns has to beat.

use serde::{Deserialize, Serialize};

use super::super::chance::Chance;
use super::super::features::Features;
use super::super::limits::Blocked;
use super::super::strategies::Strategies;
use super::{Choice, Policy, View};

/// From which levels on the rules speak.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RuleLevels {
    /// Mean probability of an unpleasant expression in the last minute, 0..=1.
    pub face: f64,
    /// Waiting and trouble, 0..=1.
    pub trouble: f64,
    /// Both of these may be enough alone; else both are needed.
    pub either: bool,
}

impl RuleLevels {
    /// As a designer would set them who has no users to tune them on: a clearly unpleasant face, or
    /// a task that clearly goes wrong.
    pub const AS_WRITTEN: Self = Self { face: 0.35, trouble: 0.6, either: true };

    /// Those that are tried when they are tuned.
    pub fn grid() -> Vec<Self> {
        let mut grid = Vec::new();
        for face in [0.1, 0.2, 0.35, 0.5] {
            for trouble in [0.3, 0.5, 0.7] {
                for either in [false, true] {
                    grid.push(Self { face, trouble, either });
                }
            }
        }
        grid
    }
}

/// Speaks when the face or the task say that something is wrong, with the strategy that fits.
#[derive(Debug, Clone)]
pub struct Rules {
    levels: RuleLevels,
    /// Where the strategies it knows stand.
    known: Known,
    /// Helped minus declined; `None`: rules that are fixed.
    liked: Option<Vec<i32>>,
}

#[derive(Debug, Clone, Copy)]
struct Known {
    take_break: Option<usize>,
    breathing: Option<usize>,
    slow_down: Option<usize>,
    encourage: Option<usize>,
    easier: Option<usize>,
    other_content: Option<usize>,
    human: Option<usize>,
}

impl Rules {
    /// The same, but a strategy that was declined twice more than it helped is given up.
    pub fn that_give_up(strategies: &Strategies, levels: RuleLevels) -> Self {
        let liked = Some(vec![0; strategies.list.len()]);
        Self { liked, ..Self::new(strategies, levels) }
    }

    /// With these levels.
    pub fn new(strategies: &Strategies, levels: RuleLevels) -> Self {
        let at = |id: &str| strategies.index_of(id);
        let known = Known {
            take_break: at("break"),
            breathing: at("breathing"),
            slow_down: at("slow_down"),
            encourage: at("encourage"),
            easier: at("easier"),
            other_content: at("other_content"),
            human: at("human"),
        };
        Self { levels, known, liked: None }
    }

    /// What fits, the best first.
    fn fitting(&self, features: &Features) -> Vec<Option<usize>> {
        let (x, y, known) = (&features.x, &features.y, &self.known);
        let (sadness, anger, fear) = (x[8], x[9] + x[10] + x[12], x[11]);
        let (support, media, education) = (y[7] > 0.0, y[8] > 0.0, y[9] > 0.0);
        let trouble = y[10].max(y[11]);
        let face = sadness + anger + fear >= self.levels.face;
        let task = trouble >= self.levels.trouble;
        let wrong = if self.levels.either { face || task } else { face && task };
        if !wrong {
            // An hour of the same, without any pleasure in it.
            let long = y[13] >= 0.35 && x[6] < 0.1;
            return if long && !media { vec![known.take_break] } else { Vec::new() };
        }
        let angry = anger >= sadness.max(fear);
        if fear > sadness.max(anger) {
            vec![known.breathing, known.slow_down, known.encourage]
        } else if support {
            vec![if angry { known.human } else { known.slow_down }, known.slow_down, known.human]
        } else if media {
            vec![known.other_content, known.take_break]
        } else if education {
            if angry || task {
                vec![known.easier, known.slow_down, known.encourage]
            } else {
                vec![known.encourage, known.easier, known.take_break]
            }
        } else if angry {
            vec![known.slow_down, known.take_break, known.breathing]
        } else {
            vec![known.take_break, known.encourage, known.other_content]
        }
    }
}

impl Policy for Rules {
    fn choose(&self, features: &Features, allowed: &[Option<Blocked>], _: &mut Chance) -> Choice {
        let mut choice = Choice::silent(allowed.len());
        let free = |index: &usize| {
            let liked = self.liked.as_ref().is_none_or(|liked| liked[*index] > -2);
            liked && allowed.get(*index).is_some_and(Option::is_none)
        };
        choice.strategy = self.fitting(features).into_iter().flatten().find(free);
        if let Some(index) = choice.strategy {
            choice.views[index] = View { chance: 1.0, deviation: 0.0, propensity: 1.0 };
        }
        choice
    }

    fn learn(&mut self, _: &Features, strategy: usize, reward: f64) {
        if let Some(liked) = self.liked.as_mut().and_then(|liked| liked.get_mut(strategy)) {
            *liked += if reward > 0.5 { 1 } else { -1 };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::features::{X, Y};
    use super::*;

    #[test]
    fn rules_speak_when_something_is_wrong_and_give_up_what_is_declined() {
        let strategies = Strategies::builtin();
        let levels = RuleLevels { face: 0.3, trouble: 0.5, either: true };
        let mut rules = Rules::that_give_up(&strategies, levels);
        let mut at = Features { x: [0.0; X], y: [0.0; Y] };
        let free = vec![None; strategies.list.len()];
        let id = |rules: &Rules, at: &Features| {
            let choice = rules.choose(at, &free, &mut Chance::new(0));
            choice.strategy.map(|index| strategies.list[index].id.clone())
        };
        assert_eq!(id(&rules, &at), None);
        (at.x[9], at.y[7]) = (0.6, 1.0);
        assert_eq!(id(&rules, &at).as_deref(), Some("human"));
        let human = strategies.index_of("human").unwrap();
        rules.learn(&at, human, 0.0);
        rules.learn(&at, human, 0.0);
        assert_eq!(id(&rules, &at).as_deref(), Some("slow_down"));
        at.x = [0.0; X];
        (at.x[11], at.x[9]) = (0.5, 0.0);
        assert_eq!(id(&rules, &at).as_deref(), Some("breathing"));
    }
}
