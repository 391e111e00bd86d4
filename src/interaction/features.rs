//! The two inputs of the strategy: `x`, the user's emotion and state, and `y`, the interaction's
//! context and intent.

use std::f64::consts::TAU;

use serde::{Deserialize, Serialize};

use super::context::{Context, Now, Scenario};
use super::history::History;
use super::intent::IntentGuess;
use super::user::{TASK_SECS, UserModel};
use super::window::Window;

/// Length of `x`.
pub const X: usize = 33;
/// Length of `y`.
pub const Y: usize = 22;

/// What each place of `x` means, in words that complete "because of …".
pub const X_NAMES: [&str; X] = [
    "valence now",
    "valence in the last minute",
    "valence in the last ten minutes",
    "arousal now",
    "arousal in the last minute",
    "neutral face",
    "happiness in the face",
    "surprise in the face",
    "sadness in the face",
    "anger in the face",
    "disgust in the face",
    "fear in the face",
    "contempt in the face",
    "a change for the worse",
    "a change for the better",
    "the face being there",
    "looking at the screen",
    "readings that are unsure",
    "happiness in the last ten minutes",
    "surprise in the last ten minutes",
    "sadness in the last ten minutes",
    "anger in the last ten minutes",
    "disgust in the last ten minutes",
    "fear in the last ten minutes",
    "contempt in the last ten minutes",
    "a usually neutral face",
    "usual happiness in the face",
    "usual surprise in the face",
    "usual sadness in the face",
    "usual anger in the face",
    "usual disgust in the face",
    "usual fear in the face",
    "usual contempt in the face",
];

/// What each place of `y` means.
pub const Y_NAMES: [&str; Y] = [
    "working",
    "practising",
    "presenting",
    "reading",
    "being in a call",
    "resting",
    "an unknown intent",
    "customer support",
    "media",
    "education",
    "waiting",
    "trouble with the task",
    "progress",
    "length of the session",
    "time of day (morning to evening)",
    "time of day (night to noon)",
    "time since the last prompt",
    "prompts in the last hour",
    "the last answer",
    "waiting in the last half hour",
    "trouble in the last half hour",
    "the last answer, if it was lately",
];

/// A change of mood matters for about this long.
const CHANGE_SECS: f64 = 120.0;

/// Both inputs at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Features {
    /// The user's emotion and state; each about -1..=1, 0 where nothing is known.
    #[serde(with = "numbers")]
    pub x: [f64; X],
    /// The interaction's context and intent; each about -1..=1.
    #[serde(with = "numbers")]
    pub y: [f64; Y],
}

/// As many numbers as are known now. What was written by an earlier version has fewer, and the rest
/// is not known; `None` if there are more.
pub(super) fn padded<const N: usize>(written: &[f64]) -> Option<[f64; N]> {
    let mut numbers = [0.0; N];
    numbers.get_mut(..written.len())?.copy_from_slice(written);
    Some(numbers)
}

mod numbers {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    pub fn serialize<S: Serializer, const N: usize>(
        numbers: &[f64; N],
        to: S,
    ) -> Result<S::Ok, S::Error> {
        numbers.as_slice().serialize(to)
    }

    pub fn deserialize<'a, D: Deserializer<'a>, const N: usize>(
        from: D,
    ) -> Result<[f64; N], D::Error> {
        let written = Vec::<f64>::deserialize(from)?;
        super::padded(&written)
            .ok_or_else(|| D::Error::custom(format!("{} numbers, not {N}", written.len())))
    }
}

impl Features {
    /// Of this moment.
    pub fn of(
        user: &UserModel,
        context: &Context,
        intent: &IntentGuess,
        history: &History,
        now: &Now,
    ) -> Self {
        Self { x: x(user, now), y: y(user, context, intent, history, now) }
    }
}

fn x(user: &UserModel, now: &Now) -> [f64; X] {
    let [_, minute, long] = user.windows();
    let ((now_v, now_a), (minute_v, minute_a), (long_v, _)) =
        (user.beyond_usual(0), user.beyond_usual(1), user.beyond_usual(2));
    // What rests on little, or can't be trusted, counts little.
    let trust = user.reliability();
    let evidence = minute.evidence() * trust;
    let shares = |window: &Window| {
        window.shares().unwrap_or_default().map(|share| share * window.evidence() * trust)
    };
    let change = |better: bool| {
        let change = user.change().filter(|change| change.better == better);
        change.map_or(0.0, |change| (-(now.secs - change.at_secs).max(0.0) / CHANGE_SECS).exp())
    };
    let mut x = [0.0; X];
    let sure_now = user.windows()[0].evidence() * trust;
    x[..5].copy_from_slice(&[
        now_v * sure_now,
        minute_v * evidence,
        long_v * long.evidence() * trust,
        now_a * sure_now,
        minute_a * evidence,
    ]);
    x[5..13].copy_from_slice(&shares(minute));
    x[13..18].copy_from_slice(&[
        change(false),
        change(true),
        minute.face().unwrap_or(0.0),
        minute.looking().unwrap_or(0.0),
        minute.unsure().unwrap_or(1.0),
    ]);
    // Neutral is what the others leave.
    x[18..25].copy_from_slice(&shares(long)[1..]);
    let usual = user.usual();
    x[25..].copy_from_slice(&usual.shares.map(|share| share * usual.belief() * trust));
    x
}

fn y(
    user: &UserModel,
    context: &Context,
    intent: &IntentGuess,
    history: &History,
    now: &Now,
) -> [f64; Y] {
    let mut y = [0.0; Y];
    // What is not known well enough is one thing: unknown.
    match intent.known {
        Some(_) => y[..6].copy_from_slice(&intent.shares),
        None => y[6] = 1.0,
    }
    let is = |scenario: Scenario| f64::from(u8::from(context.scenario == scenario));
    let (sin, cos) = (TAU * f64::from(now.minute_of_day) / 1440.0).sin_cos();
    y[7..].copy_from_slice(&[
        is(Scenario::Support),
        is(Scenario::Media),
        is(Scenario::Education),
        context.waiting,
        context.trouble,
        context.progress,
        (user.session_secs() / 3600.0).ln_1p().min(2.0) / 2.0,
        sin,
        -cos,
        history.since_prompt(now.secs).map_or(1.0, |secs| 1.0 - (-secs / 900.0).exp()),
        (history.prompts_since(now.secs - 3600.0) as f64 / 6.0).min(1.0),
        history.last_answer(),
        user.task()[1],
        user.task()[0],
        history.since_prompt(now.secs).map_or(0.0, |secs| (-secs / TASK_SECS).exp())
            * history.last_answer(),
    ]);
    y
}
