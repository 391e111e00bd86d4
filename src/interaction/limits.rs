//! Which strategies may be used at this moment. Every policy is under these.

use serde::{Deserialize, Serialize};

use super::context::{Context, Intent, Now};
use super::history::History;
use super::intent::IntentGuess;
use super::strategies::{Limits, Never, Strategies, Strategy};
use super::user::UserModel;

/// Why nothing, or not this, may be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Blocked {
    /// Hours without prompts.
    QuietHours,
    /// A session for research is being recorded.
    Recording,
    /// Too soon after the last prompt.
    Gap,
    /// Prompts were not wanted lately: it waits longer.
    BackingOff,
    /// Enough for this hour.
    Rate,
    /// Too little is known of the last minute.
    Uncertain,
    /// Readings are noise, or say nothing that lasts.
    Unreliable,
    /// The user said never again.
    NeverAgain,
    /// The same was said a while ago.
    Cooldown,
    /// Not for this scenario.
    Scenario,
    /// Not while the user does what they do.
    Intent,
    /// The user is in a call, or may be.
    Call,
    /// The user speaks to others, or may.
    Presenting,
    /// No face is there.
    Alone,
}

impl Blocked {
    /// Completes "not now:".
    pub fn words(self) -> &'static str {
        match self {
            Self::QuietHours => "it is a quiet hour",
            Self::Recording => "a session is being recorded",
            Self::Gap => "something was said just before",
            Self::BackingOff => "the last prompts were not wanted",
            Self::Rate => "enough was said in this hour",
            Self::Uncertain => "too little is known of the last minute",
            Self::Unreliable => "readings jump or stand still as those of a face do not",
            Self::NeverAgain => "you said never again",
            Self::Cooldown => "it was said a while ago",
            Self::Scenario => "it is not for this kind of program",
            Self::Intent => "it does not go with what you do",
            Self::Call => "you may be in a call",
            Self::Presenting => "you may be speaking to others",
            Self::Alone => "nobody is there",
        }
    }
}

/// From this probability on, being in a call or presenting is likely enough to keep quiet.
const MAY_BE: f64 = 0.3;

/// Below this, it is more likely than not that readings mean nothing.
const LEAST_RELIABILITY: f64 = 0.5;

/// What the limits look at.
pub struct Moment<'a> {
    /// The person.
    pub user: &'a UserModel,
    /// What the program around knows.
    pub context: &'a Context,
    /// What the user is about.
    pub intent: &'a IntentGuess,
    /// What was said before.
    pub history: &'a History,
    /// When.
    pub now: &'a Now,
}

/// For each strategy, `None` if it may be used, or why not. `never_again` names those that the
/// user does not want.
pub fn allowed(
    strategies: &Strategies,
    never_again: impl Fn(usize) -> bool,
    moment: &Moment<'_>,
) -> Vec<Option<Blocked>> {
    let all = nothing_may_be_said(&strategies.limits, moment);
    let each = strategies.list.iter().enumerate();
    each.map(|(index, strategy)| {
        let never = never_again(index).then_some(Blocked::NeverAgain);
        all.or(never).or_else(|| not_this(index, strategy, moment))
    })
    .collect()
}

fn nothing_may_be_said(limits: &Limits, moment: &Moment<'_>) -> Option<Blocked> {
    let Moment { user, context, history, now, .. } = moment;
    if limits.is_quiet(now.minute_of_day) {
        return Some(Blocked::QuietHours);
    }
    if context.recording && !limits.while_recording {
        return Some(Blocked::Recording);
    }
    if let Some(since) = history.since_prompt(now.secs) {
        let unwanted = history.unwanted_in_a_row().min(30) as i32;
        let factor = limits.back_off.powi(unwanted).min(limits.most_back_off);
        if since < limits.gap_secs {
            return Some(Blocked::Gap);
        }
        if since < limits.gap_secs * factor {
            return Some(Blocked::BackingOff);
        }
    }
    if history.prompts_since(now.secs - 3600.0) >= limits.per_hour {
        return Some(Blocked::Rate);
    }
    if user.reliability() < LEAST_RELIABILITY {
        return Some(Blocked::Unreliable);
    }
    (user.evidence() < limits.least_evidence).then_some(Blocked::Uncertain)
}

fn not_this(index: usize, strategy: &Strategy, moment: &Moment<'_>) -> Option<Blocked> {
    let Moment { user, context, intent, history, now } = moment;
    let since = history.since_strategy(index, now.secs);
    if since.is_some_and(|since| since < strategy.cooldown_secs) {
        return Some(Blocked::Cooldown);
    }
    if !strategy.scenarios.is_empty() && !strategy.scenarios.contains(&context.scenario) {
        return Some(Blocked::Scenario);
    }
    // An unknown intent forbids nothing here; what it must not be is below.
    if !strategy.intents.is_empty()
        && intent.known.is_some_and(|known| !strategy.intents.contains(&known))
    {
        return Some(Blocked::Intent);
    }
    let may_be = |wanted: Intent| {
        let share = intent.shares[wanted as usize];
        intent.known == Some(wanted) || (!intent.said && share >= MAY_BE)
    };
    strategy.never.iter().find_map(|never| match never {
        Never::Call => may_be(Intent::Call).then_some(Blocked::Call),
        Never::Presenting => may_be(Intent::Presenting).then_some(Blocked::Presenting),
        Never::Alone => {
            let face = user.windows()[0].face();
            face.is_none_or(|face| face < 0.3).then_some(Blocked::Alone)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::super::feedback::Answer;
    use super::super::user::Usual;
    use super::super::window::tests::face;
    use super::*;

    struct Setting {
        strategies: Strategies,
        user: UserModel,
        context: Context,
        intent: IntentGuess,
        history: History,
        now: Now,
    }

    impl Setting {
        fn new() -> Self {
            let mut user = UserModel::new(Usual::default());
            user.dwell(face(4, -0.5), 120.0);
            Self {
                strategies: Strategies::builtin(),
                user,
                context: Context::default(),
                intent: IntentGuess::UNKNOWN,
                history: History::default(),
                now: Now { secs: 120.0, minute_of_day: 600, unix_secs: 0 },
            }
        }

        fn blocked(&self, id: &str) -> Option<Blocked> {
            let Self { user, context, intent, history, now, .. } = self;
            let moment = Moment { user, context, intent, history, now };
            let index = self.strategies.index_of(id).unwrap();
            allowed(&self.strategies, |strategy| strategy == 0, &moment)[index]
        }
    }

    #[test]
    fn each_limit_holds_and_says_why() {
        let setting = Setting::new();
        assert_eq!(setting.blocked("slow_down"), None);
        assert_eq!(setting.blocked("break"), Some(Blocked::NeverAgain));
        assert_eq!(setting.blocked("human"), Some(Blocked::Scenario));

        let mut quiet = Setting::new();
        quiet.now.minute_of_day = 23 * 60;
        assert_eq!(quiet.blocked("slow_down"), Some(Blocked::QuietHours));

        let mut recording = Setting::new();
        recording.context.recording = true;
        assert_eq!(recording.blocked("slow_down"), Some(Blocked::Recording));
        recording.strategies.limits.while_recording = true;
        assert_eq!(recording.blocked("slow_down"), None);

        let mut call = Setting::new();
        call.intent.shares[Intent::Call as usize] = 0.4;
        assert_eq!(call.blocked("slow_down"), Some(Blocked::Call));

        let mut stuck = Setting::new();
        stuck.user.dwell(face(4, -0.5), 1800.0);
        assert_eq!(
            stuck.blocked("slow_down"),
            Some(Blocked::Unreliable),
            "no face stands so still"
        );

        let mut unseen = Setting::new();
        unseen.user = UserModel::new(Usual::default());
        assert_eq!(unseen.blocked("slow_down"), Some(Blocked::Uncertain));
    }

    #[test]
    fn it_waits_longer_each_time_it_was_not_wanted() {
        let mut setting = Setting::new();
        let gap = setting.strategies.limits.gap_secs;
        setting.history.prompted(3, 120.0);
        setting.now.secs = 120.0 + gap - 1.0;
        assert_eq!(setting.blocked("slow_down"), Some(Blocked::Gap));
        setting.now.secs = 120.0 + gap + 1.0;
        assert_eq!(setting.blocked("slow_down"), None);
        assert_eq!(setting.blocked("encourage"), Some(Blocked::Cooldown));
        setting.history.answered(Answer::NotNow);
        assert_eq!(setting.blocked("slow_down"), Some(Blocked::BackingOff));
        setting.history.answered(Answer::Helped);
        assert_eq!(setting.blocked("slow_down"), None);
    }

    #[test]
    fn an_hour_holds_so_many_prompts() {
        let mut setting = Setting::new();
        for prompt in 0..8 {
            setting.history.prompted(0, 120.0 + 300.0 * f64::from(prompt));
        }
        setting.now.secs = 120.0 + 8.0 * 300.0;
        assert_eq!(setting.blocked("slow_down"), Some(Blocked::Rate));
        setting.now.secs = 120.0 + 3700.0;
        assert_eq!(setting.blocked("slow_down"), None);
    }
}
