//! The companion: off by default, a card that takes nothing over, answers, and what it thinks.

use std::path::PathBuf;
use std::time::Duration;

use eframe::egui::Key;
use eframe::egui::accesskit::Role;
use egui_kittest::kittest::{NodeT, Queryable};

use mien::interaction::policy::Contribution;
use mien::interaction::{
    Action as Does, Alternative, Answer, Belief, Decision, Features, Intent, Language, Usual, X, Y,
};
use mien::runtime::companion::{CompanionCommand, CompanionEvent, Liking, Memory, Mind};
use mien::session::SessionEvent;
use mien::settings::Settings;
use mien::ui::actions::{Dialog, News};
use mien::ui::companion_store::{HELD_SECS, SHOWN_SECS};
use mien::ui::reserve_font::ReserveFont;

use crate::hands::{Call, HAPPY, Hands, LARGE, SMALL, face};

const MESSAGE: &str = "A good moment for a short break?";

fn decision(id: u64) -> Decision {
    let because = |feature: &str, adds| Contribution {
        branch: "x".into(),
        feature: feature.into(),
        value: 1.0,
        adds,
    };
    let alternative = |strategy: &str, chance| Alternative {
        strategy: strategy.into(),
        chance,
        deviation: 0.2,
        propensity: 0.1,
        blocked: None,
    };
    Decision {
        id,
        secs: 1.0,
        strategy: "break".into(),
        action: Does::SuggestBreak,
        message: MESSAGE.into(),
        reason: "it is expected to help in 61.0 %, and worth it from 50.0 %".into(),
        chance: 0.61,
        propensity: 0.8,
        because: vec![because("sadness in the face", 0.7), because("working", -0.2)],
        alternatives: vec![
            alternative("break", 0.61),
            alternative("encourage", 0.2),
            alternative("slow_down", 0.4),
        ],
        intent: None,
        evidence: 0.9,
        features: Features { x: [0.0; X], y: [0.0; Y] },
    }
}

fn mind() -> Mind {
    let belief = |about: &str, says: &str, why: &str| Belief {
        about: about.into(),
        says: says.into(),
        why: why.into(),
        sure: 0.75,
    };
    Mind {
        now: vec![belief("face", "your face mostly read as sadness", "80.0 % of what was read")],
        usual: Usual { valence: 0.3, arousal: -0.1, hours: 2.5, ..Usual::default() },
        likings: vec![Liking {
            strategy: "slow_down".into(),
            example: "Shall we go a little slower?".into(),
            belief: belief("slow_down", "you never want “slow_down”", "you said so"),
        }],
        file: PathBuf::from("/data/companion.toml"),
    }
}

trait Companionable {
    fn switch_on(&mut self, while_recording: bool);
    fn says(&mut self, event: CompanionEvent);
    fn heard(&self) -> Vec<CompanionCommand>;
}

impl Companionable for Hands {
    fn switch_on(&mut self, while_recording: bool) {
        self.click("Settings");
        let first = "Let a companion speak now and then";
        let second = "Speak also while a session is recorded";
        for name in [Some(first), while_recording.then_some(second)].into_iter().flatten() {
            self.0.get_by_label(name).scroll_to_me();
            self.steps();
            self.click(name);
        }
        self.key(Key::Escape);
    }

    fn says(&mut self, event: CompanionEvent) {
        self.bench().window.workers.companion_events.borrow_mut().push_back(event);
        self.steps();
    }

    /// Without readings.
    fn heard(&self) -> Vec<CompanionCommand> {
        let told = self.0.state().window.workers.companion.iter();
        told.filter(|told| !matches!(told, CompanionCommand::Reading(..))).cloned().collect()
    }
}

fn speaking() -> Hands {
    let mut hands = Hands::running(LARGE);
    hands.switch_on(false);
    hands.says(CompanionEvent::Prompt(Box::new(decision(7))));
    assert!(hands.shows(MESSAGE));
    hands
}

#[test]
fn it_is_off_until_it_is_switched_on_and_then_told_what_it_may_know() {
    let mut hands = Hands::running(LARGE);
    hands.observe(vec![face(1, HAPPY)]);
    hands.pass(Duration::from_secs(1));
    assert!(!hands.shows("Companion") && !Settings::default().companion.on);
    assert_eq!(hands.0.state().window.workers.companion, [], "no reading is handed on");
    hands.switch_on(false);
    assert!(hands.settings().companion.on && hands.shows("Companion · on"));
    let on = CompanionCommand::Settings(hands.settings().companion.clone());
    assert_eq!(hands.heard(), [on, CompanionCommand::Seen(true)]);
    hands.observe(vec![face(1, HAPPY)]);
    let last = hands.0.state().window.workers.companion.last();
    assert!(matches!(last, Some(CompanionCommand::Reading(_, reading)) if reading.face.is_some()));
    hands.click("Files");
    assert_eq!(hands.heard().last(), Some(&CompanionCommand::Seen(false)), "nobody would see it");
}

#[test]
fn a_card_shows_what_it_says_and_why_and_takes_no_focus() {
    let mut hands = speaking();
    assert!(hands.0.query_by(|node| node.is_focused()).is_none());
    assert!(!hands.shows("Sadness in the face"));
    hands.click("Why?");
    assert!(hands.shows("It is expected to help in 61.0 %"));
    assert!(hands.shows("Sadness in the face: strongly for it."));
    assert!(hands.shows("Working: against it."));
    let label = |hands: &Hands, text: &str| {
        hands.0.query_all_by_label_contains(text).next().map(|node| node.rect().top())
    };
    let better = label(&hands, "Slow down: expected to help in 40");
    assert!(better.is_some() && better < label(&hands, "Encourage: expected to help in 20"));
}

#[test]
fn answers_reach_the_companion() {
    for (name, answer) in [
        ("Helped", Answer::Helped),
        ("Not now", Answer::NotNow),
        ("Never again", Answer::NeverAgain),
    ] {
        let mut hands = speaking();
        hands.click(name);
        assert_eq!(
            hands.heard()[3..],
            [CompanionCommand::Answer(7, answer), CompanionCommand::Seen(true)]
        );
        assert!(!hands.shows(MESSAGE));
    }
}

#[test]
fn the_keyboard_reaches_it_and_answers() {
    let mut hands = speaking();
    let mut reached = Vec::new();
    for _ in 0..24 {
        hands.key(Key::Tab);
        let focused = hands.0.query_by(|node| node.is_focused());
        let name = focused.and_then(|node| node.accesskit_node().label()).unwrap_or_default();
        let found = name == "Never again";
        reached.push(name);
        if found {
            hands.key(Key::Enter);
            break;
        }
    }
    assert!(
        hands.heard().contains(&CompanionCommand::Answer(7, Answer::NeverAgain)),
        "{reached:?}"
    );
    let before = ["Doing now: unknown", "Helped", "Not now"];
    assert!(before.iter().all(|name| reached.iter().any(|label| label == name)), "{reached:?}");
}

#[test]
fn without_an_answer_it_goes_away_but_not_from_under_a_reader() {
    let mut hands = speaking();
    hands.pass(Duration::from_secs_f64(SHOWN_SECS - 1.0));
    assert!(hands.shows(MESSAGE));
    hands.click("Why?");
    hands.pass(Duration::from_secs_f64(HELD_SECS - 1.0));
    hands.pass(Duration::from_secs_f64(HELD_SECS - 1.0));
    assert!(hands.shows(MESSAGE), "it is being read");
    hands.click("Why?");
    // The pointer still rests on it.
    hands.pass(Duration::from_secs_f64(HELD_SECS - 1.0));
    assert!(hands.shows(MESSAGE));
    hands.0.hover_at(eframe::egui::pos2(300.0, 300.0));
    hands.steps();
    hands.pass(Duration::from_secs_f64(SHOWN_SECS));
    assert!(!hands.shows(MESSAGE) && hands.shows("Speaks seldom"));
    assert!(!hands.heard().iter().any(|told| matches!(told, CompanionCommand::Answer(..))));
}

#[test]
fn sessions_hold_its_words_only_if_the_user_allowed_that() {
    for allowed in [false, true] {
        let mut hands = Hands::running(LARGE);
        hands.switch_on(allowed);
        hands.click("Record");
        assert!(hands.heard().contains(&CompanionCommand::Recording(true)));
        assert_eq!(hands.shows("Silent while a session is recorded"), !allowed);
        hands.says(CompanionEvent::Prompt(Box::new(decision(1))));
        let answer = SessionEvent::Answer { text: "id=1 strategy=break answer=helped".into() };
        hands.says(CompanionEvent::Answered(answer.clone()));
        let prompt = SessionEvent::Prompt { text: decision(1).event_text() };
        let noted = [Call::Note(prompt), Call::Note(answer)];
        let noted = noted.map(|call| hands.calls().contains(&call));
        assert_eq!(noted, [allowed; 2]);
    }
}

#[test]
fn what_the_user_is_doing_is_chosen_and_told() {
    let mut hands = Hands::running(LARGE);
    hands.switch_on(false);
    hands.click("Doing now: unknown");
    hands.click("in a call");
    assert_eq!(hands.heard().last(), Some(&CompanionCommand::Intent(Some(Intent::Call))));
    assert!(hands.shows("Doing now: in a call"));
}

#[test]
fn what_it_thinks_is_told_forgotten_and_exported() {
    let mut hands = Hands::running(LARGE);
    hands.switch_on(false);
    hands.click("Settings");
    let page = "What Mien thinks about you, and why";
    hands.0.get_by_label(page).scroll_to_me();
    hands.steps();
    hands.click(page);
    assert!(hands.heard().contains(&CompanionCommand::Ask) && hands.shows("One moment"));
    hands.says(CompanionEvent::Mind(Box::new(mind())));
    assert!(hands.shows("Your face mostly read as sadness.") && hands.shows("sure to 75"));
    assert!(hands.shows("You never want “slow down”.") && hands.shows("/data/companion.toml"));
    hands.click("Forget slow down");
    let forget = CompanionCommand::Forget(Memory::Strategy("slow_down".into()));
    assert!(hands.heard().contains(&forget));
    hands.0.get_by_label("Export what is remembered").scroll_to_me();
    hands.steps();
    hands.click("Export what is remembered");
    assert_eq!(hands.0.state().window.surroundings.dialogs, [Dialog::Profile]);
    let path = PathBuf::from("/home/me/companion.toml");
    hands.news(News::Chosen(vec![path.clone()]));
    assert!(hands.heard().contains(&CompanionCommand::Export(path.clone())));
    hands.says(CompanionEvent::Exported(path));
    assert!(hands.shows("was written to /home/me/companion.toml"));
}

#[test]
fn forgetting_everything_asks_first() {
    let everything = CompanionCommand::Forget(Memory::Everything);
    let mut hands = Hands::running(LARGE);
    hands.switch_on(false);
    hands.says(CompanionEvent::Prompt(Box::new(decision(7))));
    hands.click("Why?");
    hands.0.get_by_label("What Mien thinks about you").scroll_to_me();
    hands.steps();
    hands.click("What Mien thinks about you");
    hands.says(CompanionEvent::Mind(Box::new(mind())));
    for (name, forgotten) in [("Keep it", false), ("Forget all of it", true)] {
        hands.0.get_by_label("Forget everything").scroll_to_me();
        hands.steps();
        hands.click("Forget everything");
        assert!(hands.shows("removed for good"));
        hands.click(name);
        assert_eq!(hands.heard().contains(&everything), forgotten);
        assert!(!hands.shows("removed for good"));
    }
    hands.says(CompanionEvent::Mind(Box::default()));
    assert!(hands.shows("It learns from your answers alone"));
    let button = hands.0.get_by_role_and_label(Role::Button, "Forget everything");
    assert!(button.accesskit_node().is_disabled());
}

#[test]
fn strategies_of_the_user_are_chosen_and_told() {
    let mut hands = Hands::running(LARGE);
    hands.switch_on(false);
    hands.click("Settings");
    hands.0.get_by_label("Strategies of your own").scroll_to_me();
    hands.steps();
    hands.click("Strategies of your own");
    assert_eq!(hands.0.state().window.surroundings.dialogs, [Dialog::Strategies]);
    let path = PathBuf::from("/home/me/strategies.toml");
    for _ in 0..2 {
        // Chosen again after it was mended, it is read again.
        hands.news(News::Chosen(vec![path.clone()]));
        let told = hands.heard();
        assert!(
            matches!(told.last(), Some(CompanionCommand::Settings(settings))
                if settings.strategies.as_ref() == Some(&path)),
            "{told:?}"
        );
    }
    assert!(hands.shows("From /home/me/strategies.toml"));
    let said = "The companion\u{2019}s strategies can\u{2019}t be used: x, line 3, column 5: no";
    hands.says(CompanionEvent::Failed(said.into()));
    assert!(hands.shows("line 3, column 5"));
    hands.0.get_by_label("Built-in strategies").scroll_to_me();
    hands.steps();
    hands.click("Built-in strategies");
    assert_eq!(hands.settings().companion.strategies, None);
}

#[test]
fn chinese_is_offered_where_the_system_has_a_font_for_it() {
    let language = |hands: &Hands| match hands.heard().last() {
        Some(CompanionCommand::Settings(settings)) => Some(settings.language),
        _ => None,
    };
    for found in [false, true] {
        let mut hands = Hands::running(LARGE);
        hands.switch_on(false);
        hands.click("Settings");
        assert_eq!(hands.0.state().window.surroundings.fonts_looked_for, 1);
        assert!(!hands.shows("Chinese"), "nothing is known yet");
        // Any font will do here: what is drawn is not looked at.
        let font = ReserveFont { bytes: notosans::REGULAR_TTF.to_vec(), index: 0 };
        hands.news(News::ReserveFont(found.then_some(font)));
        if !found {
            assert!(hands.shows("none with its signs was found"));
            continue;
        }
        hands.0.get_by_label("Its language: Chinese").scroll_to_me();
        hands.steps();
        hands.click("Its language: Chinese");
        hands.steps();
        assert_eq!(hands.settings().companion.language, Language::Zh);
        assert_eq!(language(&hands), Some(Language::Zh), "{:?}", hands.heard());
    }
}

#[test]
fn a_small_window_has_room_for_it() {
    let mut hands = Hands::running(SMALL);
    hands.observe(vec![face(1, HAPPY)]);
    hands.click("More");
    hands.switch_on(false);
    hands.says(CompanionEvent::Prompt(Box::new(decision(7))));
    for name in ["Helped", "Not now", "Never again"] {
        hands.0.get_by_label(name).scroll_to_me();
        hands.steps();
        let rect = hands.0.get_by_label(name).rect();
        assert!(rect.right() <= SMALL.x + crate::hands::MARGIN, "{name}: {rect:?}");
    }
}
