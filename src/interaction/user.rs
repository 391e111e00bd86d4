//! The user model: what is known of the person and of the interaction so far.

use serde::{Deserialize, Serialize};

use super::reading::{EXPRESSIONS, Reading};
use super::reliability::{Coherence, Found, MINUTES, SECONDS};
use super::window::Window;
use crate::words::percent;

/// Of the three windows, in seconds: now, this minute, these ten minutes.
pub const SPANS_SECS: [f64; 3] = [10.0, 60.0, 600.0];

/// A reading stands until the next one, but no longer than this: then nobody watched.
const STANDS_SECS: f64 = 2.0;

/// A face must be there for so long before it is asked whether its readings last.
const STAYS_SECS: f64 = 5.0;

/// What went wrong in the last half hour weighs on a mood.
pub const TASK_SECS: f64 = 1500.0;

/// Page's cumulative sum (1954): a change of one deviation for about this long is noticed, and one
/// of half a deviation never.
const CHANGE_AFTER_SECS: f64 = 15.0;
const SLACK: f64 = 0.5;
/// Below this, valence is as good as constant, and every flicker would be a change.
const LEAST_DEVIATION: f64 = 0.15;

/// How the person usually looks, over sessions. Belongs to the profile.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Usual {
    /// Mean valence, -1..=1.
    pub valence: f64,
    /// Mean arousal, -1..=1.
    pub arousal: f64,
    /// Mean probabilities of expressions, in the order of [`EXPRESSIONS`].
    pub shares: [f64; 8],
    /// Hours of sure readings it rests on; older ones count less.
    pub hours: f64,
    /// Whether readings can be trusted; `None` before any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub readings: Option<Found>,
}

impl Usual {
    /// With half an hour of readings it is believed by half.
    const BELIEVED_HOURS: f64 = 0.5;
    /// What is older than about twenty hours of readings is forgotten.
    const MOST_HOURS: f64 = 20.0;

    fn add(&mut self, reading: &Reading, secs: f64) {
        let Some(face) = reading.face.filter(|face| face.sure) else { return };
        let hours = secs / 3600.0;
        self.hours = (self.hours + hours).min(Self::MOST_HOURS);
        let share = (hours / self.hours.max(f64::MIN_POSITIVE)).min(1.0);
        self.valence += share * (f64::from(face.affect.valence) - self.valence);
        self.arousal += share * (f64::from(face.affect.arousal) - self.arousal);
        for (usual, now) in self.shares.iter_mut().zip(face.shares) {
            *usual += share * (now - *usual);
        }
    }

    /// How much it is believed, 0..=1.
    pub fn belief(&self) -> f64 {
        self.hours / (self.hours + Self::BELIEVED_HOURS)
    }
}

/// The face went to another mood than it was in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change {
    /// When it was noticed.
    pub at_secs: f64,
    /// Towards pleasant, or away from it.
    pub better: bool,
}

/// Running features of the person, from observations alone; memory does not grow.
#[derive(Debug, Clone)]
pub struct UserModel {
    windows: [Window; 3],
    usual: Usual,
    /// Whether readings last for seconds, and for minutes.
    coherence: [Coherence; 2],
    /// Since when there is a face.
    present_secs: f64,
    stands: Option<Reading>,
    began_secs: Option<f64>,
    last_secs: f64,
    change: Option<Change>,
    /// Sums of the change detector: better, worse.
    drift: [f64; 2],
    last_marker: Option<(f64, String)>,
    /// Trouble and waiting: now, and over the last while.
    task: [[f64; 2]; 2],
    clock_jumps: u32,
}

impl UserModel {
    /// Of someone who usually looks like that.
    pub fn new(usual: Usual) -> Self {
        Self {
            windows: SPANS_SECS.map(Window::new),
            coherence: [Coherence::new(SECONDS, None), Coherence::new(MINUTES, usual.readings)],
            usual,
            present_secs: 0.0,
            stands: None,
            began_secs: None,
            last_secs: 0.0,
            change: None,
            drift: [0.0; 2],
            last_marker: None,
            task: [[0.0; 2]; 2],
            clock_jumps: 0,
        }
    }

    /// A reading begins to stand at `secs`. A clock that jumps back costs the reading before it
    /// and nothing else; one that jumps ahead is a time in which nobody watched.
    pub fn observe(&mut self, secs: f64, reading: Reading) {
        self.until(secs);
        self.stands = Some(reading);
    }

    /// `reading` stands for `secs` from the last moment on: what any number of observations in
    /// that time would give.
    pub fn dwell(&mut self, reading: Reading, secs: f64) {
        self.began_secs.get_or_insert(self.last_secs);
        self.add(Some(&reading), secs);
        self.last_secs += secs;
        self.stands = None;
    }

    /// Lets time pass up to `secs`.
    pub fn until(&mut self, secs: f64) {
        if !secs.is_finite() {
            return;
        }
        if self.began_secs.is_none() {
            self.began_secs = Some(secs);
            self.last_secs = secs;
        }
        let passed = secs - self.last_secs;
        self.last_secs = secs;
        if passed < 0.0 {
            self.clock_jumps += 1;
            self.stands = None;
            self.began_secs = Some(secs);
            self.change = None;
            return;
        }
        let stood = if self.stands.is_some() { passed.min(STANDS_SECS) } else { 0.0 };
        if let Some(reading) = self.stands {
            self.add(Some(&reading), stood);
        }
        if passed > stood {
            self.add(None, passed - stood);
            self.stands = None;
        }
    }

    /// A marker was set.
    pub fn marker(&mut self, secs: f64, label: &str) {
        self.last_marker = Some((secs, label.to_owned()));
    }

    /// How the task goes from now on: trouble and waiting, each 0..=1.
    pub fn set_task(&mut self, trouble: f64, waiting: f64) {
        self.task[0] = [trouble, waiting];
    }

    /// Trouble and waiting over the last half hour or so, each 0..=1.
    pub fn task(&self) -> [f64; 2] {
        self.task[1]
    }

    fn add(&mut self, reading: Option<&Reading>, secs: f64) {
        let kept = (-secs / TASK_SECS).exp();
        let [now, long] = &mut self.task;
        for (long, now) in long.iter_mut().zip(now) {
            *long = kept * *long + (1.0 - kept) * *now;
        }
        for window in &mut self.windows {
            window.add(reading, secs);
        }
        let face = reading.and_then(|reading| reading.face.as_ref());
        self.present_secs = if face.is_some() { self.present_secs + secs } else { 0.0 };
        // Of a face that comes and goes nothing can last.
        let sure = face.filter(|face| face.sure && self.present_secs >= STAYS_SECS);
        for coherence in &mut self.coherence {
            coherence.add(sure.map(|face| &face.shares), secs, &self.usual.shares);
        }
        if let Some(reading) = reading {
            self.usual.add(reading, secs);
        }
        self.look_for_change(secs);
    }

    fn look_for_change(&mut self, secs: f64) {
        let [now, _, long] = &self.windows;
        let (Some(valence), Some(mean), Some(deviation)) =
            (now.valence(), long.valence(), long.valence_deviation())
        else {
            return;
        };
        if now.evidence() < 0.3 {
            return;
        }
        let off = (valence - mean) / deviation.max(LEAST_DEVIATION);
        for (sum, off) in self.drift.iter_mut().zip([off, -off]) {
            *sum = (*sum + (off - SLACK) * secs).max(0.0);
        }
        let limit = CHANGE_AFTER_SECS * (1.0 - SLACK);
        if let Some(side) = self.drift.iter().position(|sum| *sum > limit) {
            self.change = Some(Change { at_secs: self.last_secs + secs, better: side == 0 });
            self.drift = [0.0; 2];
        }
    }

    /// Now, this minute, these ten minutes.
    pub fn windows(&self) -> &[Window; 3] {
        &self.windows
    }

    /// How the person usually looks.
    pub fn usual(&self) -> Usual {
        let readings = self.coherence[1].found().or(self.usual.readings);
        Usual { readings, ..self.usual }
    }

    /// How far readings can be trusted to say something of the person, 0..=1.
    pub fn reliability(&self) -> f64 {
        let [seconds, minutes] = &self.coherence;
        seconds.lasts() * minutes.lasts() * minutes.lives()
    }

    /// Valence and arousal of a window, as far as they differ from the usual; 0 if not known.
    pub fn beyond_usual(&self, window: usize) -> (f64, f64) {
        let belief = self.usual.belief();
        let window = &self.windows[window];
        (
            window.valence().map_or(0.0, |v| v - belief * self.usual.valence),
            window.arousal().map_or(0.0, |a| a - belief * self.usual.arousal),
        )
    }

    /// How much of the last minute is a sure reading that can be trusted, 0..=1.
    pub fn evidence(&self) -> f64 {
        self.windows[1].evidence() * self.reliability()
    }

    /// The last change of mood, if one was noticed.
    pub fn change(&self) -> Option<Change> {
        self.change
    }

    /// Seconds since the first observation.
    pub fn session_secs(&self) -> f64 {
        self.began_secs.map_or(0.0, |began| self.last_secs - began)
    }

    /// The last moment it knows of.
    pub fn last_secs(&self) -> f64 {
        self.last_secs
    }

    /// How often the clock ran backwards.
    pub fn clock_jumps(&self) -> u32 {
        self.clock_jumps
    }

    /// What it believes, why, and how sure it is.
    pub fn beliefs(&self) -> Vec<Belief> {
        let mut beliefs = Vec::new();
        let minute = &self.windows[1];
        match (minute.shares(), minute.evidence()) {
            (Some(shares), evidence) if evidence >= 0.1 => {
                let (top, share) = top(&shares);
                beliefs.push(Belief {
                    about: "face".into(),
                    says: format!("your face mostly read as {top} in the last minute"),
                    why: format!("{} of what was read for sure", percent(share)),
                    sure: evidence,
                });
                let (valence, _) = self.beyond_usual(1);
                let word = match valence {
                    v if v < -0.15 => "less pleasant than usual",
                    v if v > 0.15 => "more pleasant than usual",
                    _ => "about as usual",
                };
                beliefs.push(Belief {
                    about: "mood of the face".into(),
                    says: format!("it looked {word}"),
                    why: format!(
                        "valence differs by {valence:+.2} from {:.1} hours of earlier readings",
                        self.usual.hours
                    ),
                    sure: evidence * self.usual.belief(),
                });
            }
            (_, evidence) => beliefs.push(Belief {
                about: "face".into(),
                says: "nothing can be said about your face".into(),
                why: match minute.face() {
                    Some(face) if face > 0.5 => "readings were unsure".into(),
                    Some(_) => "no face was seen most of the last minute".into(),
                    None => "nobody watched".into(),
                },
                sure: evidence,
            }),
        }
        let trust = self.reliability();
        if trust < 0.5 {
            beliefs.push(Belief {
                about: "readings".into(),
                says: "what is read of your face can\u{2019}t be trusted".into(),
                why: if self.coherence[1].lives() < 0.5 {
                    "it hardly changes from minute to minute, as no face does".into()
                } else {
                    "it jumps, and nothing in it lasts".into()
                },
                sure: 1.0 - trust,
            });
        }
        if let (Some(face), Some(looking)) = (minute.face(), minute.looking()) {
            beliefs.push(Belief {
                about: "attention".into(),
                says: if face * looking > 0.6 {
                    "you seemed to look at the screen".into()
                } else {
                    "you seemed to look elsewhere".into()
                },
                why: format!("head towards the screen {} of the time", percent(face * looking)),
                sure: 0.5,
            });
        }
        if let Some(change) = self.change {
            let ago = (self.last_secs - change.at_secs).max(0.0);
            beliefs.push(Belief {
                about: "change".into(),
                says: format!(
                    "your face changed for the {}",
                    if change.better { "better" } else { "worse" }
                ),
                why: format!("valence left its range of ten minutes, {ago:.0} s ago"),
                sure: (-ago / 120.0).exp(),
            });
        }
        if let Some((secs, label)) = &self.last_marker {
            let ago = (self.last_secs - secs).max(0.0);
            beliefs.push(Belief {
                about: "marker".into(),
                says: format!("you marked \u{201c}{label}\u{201d}"),
                why: format!("{ago:.0} s ago"),
                sure: 1.0,
            });
        }
        beliefs
    }
}

fn top(shares: &[f64; 8]) -> (&'static str, f64) {
    let pairs = EXPRESSIONS.into_iter().zip(*shares);
    pairs.fold(("", f64::NEG_INFINITY), |best, pair| if pair.1 > best.1 { pair } else { best })
}

/// Something the companion thinks of the user, in plain words.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Belief {
    /// What it is about.
    pub about: String,
    /// What it thinks.
    pub says: String,
    /// What that rests on.
    pub why: String,
    /// How sure it is, 0..=1.
    pub sure: f64,
}

#[cfg(test)]
mod tests {
    use super::super::window::tests::face;
    use super::*;

    fn watched(rate_hz: f64, story: &[(Reading, f64)]) -> UserModel {
        let mut user = UserModel::new(Usual::default());
        let mut secs = 0.0;
        for (reading, long) in story {
            for _ in 0..(long * rate_hz).round() as u32 {
                user.observe(secs, *reading);
                secs += 1.0 / rate_hz;
            }
        }
        user.until(secs);
        user
    }

    #[test]
    fn the_frame_rate_changes_nothing_and_dwelling_is_the_same() {
        let story = [(face(0, 0.0), 300.0), (face(4, -0.5), 60.0)];
        let (slow, fast) = (watched(2.0, &story), watched(30.0, &story));
        let mut dwelt = UserModel::new(Usual::default());
        for (reading, secs) in story {
            dwelt.dwell(reading, secs);
        }
        for window in 0..3 {
            let of = |user: &UserModel| user.windows()[window].valence().unwrap();
            assert!((of(&slow) - of(&fast)).abs() < 1e-6);
            assert!((of(&slow) - of(&dwelt)).abs() < 1e-6);
        }
        assert!((slow.usual().valence - fast.usual().valence).abs() < 1e-6);
    }

    #[test]
    fn a_change_is_noticed_once_and_with_its_direction() {
        let story = [(face(0, 0.0), 300.0), (face(4, -0.5), 30.0)];
        let change = watched(10.0, &story).change().expect("it is noticed");
        assert!(!change.better && (300.0..330.0).contains(&change.at_secs), "{change:?}");
        assert_eq!(watched(10.0, &story[..1]).change(), None);
        let back = [(face(0, 0.0), 300.0), (face(1, 0.7), 40.0)];
        assert!(watched(10.0, &back).change().is_some_and(|change| change.better));
    }

    #[test]
    fn a_clock_that_jumps_is_survived() {
        let mut user = watched(10.0, &[(face(4, -0.5), 60.0)]);
        let before = user.windows()[1].valence();
        user.observe(-1000.0, face(1, 0.7));
        assert_eq!((user.clock_jumps(), user.windows()[1].valence()), (1, before));
        user.observe(1e9, face(1, 0.7));
        assert_eq!(user.windows()[1].valence(), None, "too long ago to know");
        user.observe(f64::NAN, face(1, 0.7));
        assert!(user.evidence().is_finite());
    }

    #[test]
    fn it_says_when_it_does_not_know() {
        let unsure = watched(10.0, &[(Reading::default(), 60.0)]);
        let belief = &unsure.beliefs()[0];
        assert!(belief.says.contains("nothing can be said") && belief.why.contains("no face"));
        let sure = watched(10.0, &[(face(4, -0.5), 60.0)]);
        assert!(sure.beliefs()[0].says.contains("anger"));
    }
}
