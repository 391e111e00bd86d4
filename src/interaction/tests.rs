//! The companion as a whole.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::policy::Network;
use super::window::tests::face;
use super::*;

fn setup() -> Setup {
    Setup {
        strategies: Arc::new(Strategies::builtin()),
        network: Arc::new(Network::builtin()),
        intents: IntentModel::builtin(),
        language: Language::En,
        every_secs: 60.0,
        seed: 3,
    }
}

fn now(secs: f64) -> Now {
    Now { secs, minute_of_day: 600, unix_secs: 1_800_000_000 + secs as i64 }
}

/// Ten minutes of annoyance in a support chat where everything goes wrong.
fn annoyed(companion: &mut Companion, from: f64, minutes: u32) -> Vec<Decision> {
    companion.set_context(Context {
        scenario: Scenario::Support,
        intent: Some(Intent::Working),
        waiting: 0.9,
        trouble: 0.9,
        ..Context::default()
    });
    let mut decisions = Vec::new();
    for second in 0..minutes * 60 {
        let secs = from + f64::from(second);
        companion.observe(secs, face(4, -0.5));
        decisions.extend(companion.decide(&now(secs)));
    }
    decisions
}

#[test]
fn it_speaks_when_much_goes_wrong_and_learns_to_be_quiet() {
    let mut companion = Companion::new(setup(), Profile::default(), &now(0.0));
    let decisions = annoyed(&mut companion, 0.0, 60);
    let spoken: Vec<&Decision> = decisions.iter().filter(|decision| decision.speaks()).collect();
    assert!(!spoken.is_empty(), "{}", decisions.last().unwrap().explained());
    let first = spoken[0];
    assert!(!first.message.is_empty() && first.propensity > 0.0 && !first.because.is_empty());
    assert!(first.event_text().starts_with(&format!("id={} strategy=", first.id)));
    // Declined each time, it speaks less in the next hour.
    let mut declined = 0;
    let mut patient = Companion::new(setup(), Profile::default(), &now(0.0));
    for hour in 0..4 {
        let decisions = annoyed(&mut patient, 3600.0 * f64::from(hour), 60);
        let spoken: Vec<u64> = decisions.iter().filter(|d| d.speaks()).map(|d| d.id).collect();
        for id in &spoken {
            patient.feedback(*id, Answer::NotNow, &now(3600.0 * f64::from(hour))).unwrap();
        }
        if hour == 0 {
            declined = spoken.len();
        } else if hour == 3 {
            assert!(spoken.len() <= declined / 2, "{} then {}", declined, spoken.len());
        }
    }
}

#[test]
fn without_a_face_it_stays_silent_and_says_why() {
    let mut companion = Companion::new(setup(), Profile::default(), &now(0.0));
    for second in 0..600 {
        companion.observe(f64::from(second), Reading::default());
        if let Some(decision) = companion.decide(&now(f64::from(second))) {
            assert!(!decision.speaks());
            assert_eq!(decision.action, Action::StaySilent);
            assert!(decision.reason.contains("too little is known"), "{}", decision.reason);
        }
    }
}

#[test]
fn answers_to_nothing_and_second_answers_are_refused_in_words() {
    let mut companion = Companion::new(setup(), Profile::default(), &now(0.0));
    let unknown = companion.feedback(99, Answer::Helped, &now(0.0)).unwrap_err();
    assert!(unknown.to_string().contains("no prompt 99"), "{unknown}");
    let decisions = annoyed(&mut companion, 0.0, 60);
    let silent = decisions.iter().find(|d| !d.speaks()).unwrap();
    assert!(companion.feedback(silent.id, Answer::Helped, &now(0.0)).is_err());
    let spoken = decisions.iter().rfind(|d| d.speaks()).unwrap();
    let strategy = companion.feedback(spoken.id, Answer::NeverAgain, &now(3600.0)).unwrap();
    assert_eq!(
        companion.feedback(spoken.id, Answer::Helped, &now(3600.0)),
        Err(FeedbackError::Answered(spoken.id))
    );
    let profile = companion.profile();
    assert!(profile.is_never(&strategy));
    let says: Vec<String> = companion.beliefs().into_iter().map(|belief| belief.says).collect();
    assert!(says.iter().any(|says| says.contains("never want")), "{says:?}");
    let mut later = Companion::new(setup(), profile, &now(7200.0));
    let decisions = annoyed(&mut later, 0.0, 60);
    assert!(decisions.iter().all(|decision| decision.strategy != strategy));
}

#[test]
fn the_same_calls_give_the_same_decisions_and_a_clock_that_jumps_no_chatter() {
    let run = || annoyed(&mut Companion::new(setup(), Profile::default(), &now(0.0)), 0.0, 30);
    assert_eq!(run(), run());
    let mut companion = Companion::new(setup(), Profile::default(), &now(5000.0));
    annoyed(&mut companion, 5000.0, 30);
    let back = annoyed(&mut companion, 0.0, 3);
    let said = back.iter().filter(|decision| decision.speaks()).count();
    assert_eq!(said, 0, "what was said before counts as said just now");
}

#[test]
fn a_decision_is_explained_and_comes_back_from_its_line() {
    let mut companion = Companion::new(setup(), Profile::default(), &now(0.0));
    let decisions = annoyed(&mut companion, 0.0, 20);
    let last = decisions.last().unwrap();
    let line = serde_json::to_string(last).unwrap();
    let back: Decision = serde_json::from_str(&line).unwrap();
    assert_eq!((back.id, &back.strategy), (last.id, &last.strategy));
    let words = last.explained();
    for strategy in &Strategies::builtin().list {
        assert!(words.contains(&strategy.id), "{words}");
    }
    let mut log = Log::default();
    log.add(&format!("{{\"decision\":{line}}}\n"), 0);
    assert_eq!((log.rows.len(), log.decisions.len()), (1, 1));
}

#[test]
fn a_decision_takes_less_than_a_millisecond() {
    let mut companion = Companion::new(setup(), Profile::default(), &now(0.0));
    annoyed(&mut companion, 0.0, 10);
    let mut times: Vec<Duration> = (0..50)
        .map(|step| {
            let at = now(700.0 + 60.0 * f64::from(step));
            companion.observe(at.secs, face(4, -0.5));
            let began = Instant::now();
            companion.decide(&at);
            began.elapsed()
        })
        .collect();
    times.sort();
    // The median, as a busy machine may stop any single one.
    assert!(times[25] < Duration::from_millis(1), "{:?}", times[25]);
}

#[test]
fn the_stories_are_sound_and_decide_the_same_each_time() {
    for story in [Scenario::Support, Scenario::Media, Scenario::Education] {
        let story = scenario::Story::of(story).unwrap();
        let happened = story.run(Setup { every_secs: 120.0, ..setup() });
        assert_eq!(happened, story.run(Setup { every_secs: 120.0, ..setup() }));
        assert!(happened.len() > 10);
    }
}
