//! Things to watch, hear or read, by how a person reacted to them: what a player suggests when the
//! companion says that it has something else.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::user::UserModel;

/// Something to watch, hear or read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// As it is called.
    pub title: String,
    /// What it is like.
    pub tags: Vec<String>,
}

/// An item and what is expected of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ranked {
    /// As it is called.
    pub title: String,
    /// About -1 (skipped all the time) to 1 (moved all the time); 0: not known.
    pub score: f64,
    /// What that rests on.
    pub why: String,
}

/// Reactions of one person.
///
/// Pleasure is not what counts: who watches a sad film looks sad and wants to go on. A face that
/// is moved beyond its usual while nothing is skipped speaks for an item; skipping speaks against
/// it, whatever the face says.
#[derive(Debug, Clone, Default)]
pub struct Reactions(BTreeMap<String, Reaction>);

/// Sums over the time with one item, each moment by how sure its reading is.
#[derive(Debug, Clone, Copy, Default)]
struct Reaction {
    sure_secs: f64,
    moved: f64,
    secs: f64,
    skipped: f64,
}

/// With so many minutes of sure readings, half is believed.
const BELIEVED_SECS: f64 = 240.0;
/// Of what is known of an item, so much holds for one that has all its tags.
const ALIKE: f64 = 0.6;

impl Reaction {
    /// -1..=1.
    fn score(&self) -> f64 {
        let share = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
        let skipped = share(self.skipped, self.secs);
        let moved = share(self.moved, self.sure_secs);
        let belief = |secs: f64| secs / (secs + BELIEVED_SECS);
        belief(self.sure_secs) * moved * (1.0 - skipped) - belief(self.secs) * skipped
    }

    fn words(&self) -> String {
        let skipped = self.skipped / self.secs.max(1.0);
        let moved = self.moved / self.sure_secs.max(1.0);
        let face = match moved {
            m if self.sure_secs < 60.0 || m.is_nan() => "your face was hardly seen",
            m if m > 0.25 => "it moved your face",
            m if m > 0.1 => "it moved your face a little",
            _ => "your face stayed as usual",
        };
        let hand = match skipped {
            s if s > 0.4 => "you skipped much",
            s if s > 0.1 => "you skipped some",
            _ => "you skipped nothing",
        };
        format!("{face} and {hand}")
    }
}

impl Reactions {
    /// `title` was on for `secs`, of which `skipped` (0..=1) was skipped or sought through.
    pub fn observe(&mut self, title: &str, user: &UserModel, skipped: f64, secs: f64) {
        let reaction = self.0.entry(title.to_owned()).or_default();
        reaction.secs += secs;
        reaction.skipped += skipped.clamp(0.0, 1.0) * secs;
        // Ten seconds: what an item before this one did is over by then.
        let now = &user.windows()[0];
        if let Some(shares) = now.shares() {
            let sure = now.evidence() * user.reliability() * secs;
            let usual = user.usual();
            let usually = usual.belief() * (1.0 - usual.shares[0]);
            reaction.sure_secs += sure;
            reaction.moved += sure * (1.0 - shares[0] - usually).max(0.0);
        }
    }

    /// All items, the best first; those that were not on by what they have in common with others.
    pub fn ranked(&self, items: &[Item]) -> Vec<Ranked> {
        let mut ranked: Vec<Ranked> = items.iter().map(|item| self.rank(item, items)).collect();
        ranked.sort_by(|a, b| b.score.total_cmp(&a.score));
        ranked
    }

    /// Those that were not on yet, the best first.
    pub fn suggestions(&self, items: &[Item]) -> Vec<Ranked> {
        let mut ranked = self.ranked(items);
        ranked.retain(|ranked| !self.0.contains_key(&ranked.title));
        ranked
    }

    fn rank(&self, item: &Item, items: &[Item]) -> Ranked {
        let title = item.title.clone();
        if let Some(reaction) = self.0.get(&item.title) {
            return Ranked { title, score: reaction.score(), why: reaction.words() };
        }
        // The mean over items that were on, by the share of tags in common.
        let (mut sum, mut weights, mut most) = (0.0, 0.0, (0.0, ""));
        for other in items {
            let Some(reaction) = self.0.get(&other.title) else { continue };
            let common = item.tags.iter().filter(|tag| other.tags.contains(tag)).count() as f64;
            let all = (item.tags.len() + other.tags.len()) as f64 - common;
            let alike = if all > 0.0 { common / all } else { 0.0 };
            sum += alike * reaction.score();
            weights += alike;
            if alike * reaction.score().abs() > most.0 {
                most = (alike * reaction.score().abs(), &other.title);
            }
        }
        let score = if weights > 0.0 { ALIKE * sum / weights.max(1.0) } else { 0.0 };
        let why = match (most.1, score) {
            ("", _) => "nothing like it was on".to_owned(),
            (like, score) if score > 0.0 => format!("like \u{201c}{like}\u{201d}, which moved you"),
            (like, _) => format!("like \u{201c}{like}\u{201d}, which you skipped through"),
        };
        Ranked { title, score, why }
    }
}

#[cfg(test)]
mod tests {
    use super::super::user::Usual;
    use super::super::window::tests::face;
    use super::*;

    #[test]
    fn a_sad_film_that_is_watched_is_liked_and_one_that_is_skipped_is_not() {
        let item = |title: &str, tags: &[&str]| Item {
            title: title.into(),
            tags: tags.iter().map(|tag| (*tag).into()).collect(),
        };
        let items = [
            item("tears", &["drama", "family"]),
            item("bangs", &["action"]),
            item("more tears", &["drama"]),
            item("more bangs", &["action"]),
            item("birds", &["nature"]),
        ];
        let mut reactions = Reactions::default();
        assert!(reactions.ranked(&items).iter().all(|ranked| ranked.score == 0.0));
        let mut user = UserModel::new(Usual::default());
        for (title, reading, skipped) in
            [("tears", face(3, -0.6), 0.0), ("bangs", face(1, 0.7), 0.8)]
        {
            for _ in 0..600 {
                user.dwell(reading, 1.0);
                reactions.observe(title, &user, skipped, 1.0);
            }
        }
        let order: Vec<String> = reactions.ranked(&items).into_iter().map(|r| r.title).collect();
        assert_eq!(order, ["tears", "more tears", "birds", "more bangs", "bangs"]);
        let suggested = reactions.suggestions(&items);
        assert_eq!(suggested[0].title, "more tears");
        assert!(suggested[0].why.contains("tears") && suggested[0].score > 0.1, "{suggested:?}");
    }
}
