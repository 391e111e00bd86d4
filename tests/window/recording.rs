//! Recording, markers, consent, recovery.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use eframe::egui::Key;
use eframe::egui::accesskit::Role;
use egui_kittest::kittest::{NodeT, Queryable};

use mien::runtime::live::Event;
use mien::session::SessionEvent;
use mien::ui::actions::News;
use mien::ui::store::{RecordingState, UnfinishedSession};

use crate::hands::{Call, HAPPY, Hands, LARGE, face};

#[test]
fn recording_is_switched_by_key_and_by_button() {
    let mut hands = Hands::running(LARGE);
    assert!(hands.shows("Pictures are analysed here and not stored"));
    hands.key(Key::R);
    assert!(matches!(hands.recording(), RecordingState::On { .. }));
    assert!(hands.shows("Recording numbers, no pictures, to 2026-01-02_03-04"));
    hands.bench().window.workers.stats.recording_for = Some(Duration::from_secs(134));
    hands.click("Stop recording");
    assert_eq!(*hands.recording(), RecordingState::Off);
    assert!(hands.shows("3,120 rows"));
    hands.click("Show folder");
    assert_eq!(hands.0.state().window.surroundings.opened, [PathBuf::from("2026-01-02_03-04")]);
    hands.click("Record");
    hands.key(Key::R);
    let empty = Call::StartRecording(String::new(), false);
    assert_eq!(
        hands.calls()[1..],
        [empty.clone(), Call::StopRecording, empty, Call::StopRecording]
    );
}

#[test]
fn nothing_is_recorded_without_a_source() {
    let mut hands = Hands::accepted(LARGE);
    hands.key(Key::R);
    assert!(hands.0.get_by_label("Record").accesskit_node().is_disabled());
    assert_eq!(hands.calls().len(), 1);
}

#[test]
fn a_failed_recording_stays_told_until_dismissed() {
    let mut hands = Hands::running(LARGE);
    hands.key(Key::R);
    let message = "the disk is full. Free some space, then record again.".to_owned();
    hands.event(Event::RecordingFailed { folder: None, rows: 7, message });
    assert_eq!(*hands.recording(), RecordingState::Off);
    hands.pass(Duration::from_secs(60));
    assert!(hands.shows("the disk is full"));
    assert!(hands.shows("7 rows are safe"));
    hands.click("Dismiss");
    assert!(!hands.shows("the disk is full"));
}

#[test]
fn markers_are_numbered_and_shown_on_the_timeline() {
    let mut hands = Hands::running(LARGE);
    hands.observe(vec![face(1, HAPPY)]);
    hands.key(Key::R);
    hands.key(Key::M);
    hands.click("Marker");
    hands.key(Key::Num7);
    let marks: Vec<_> = hands.calls().iter().filter(|c| matches!(c, Call::Mark(_))).collect();
    let mark = |text: &str| Call::Mark(text.to_owned());
    assert_eq!(marks, [&mark("marker 1"), &mark("marker 2"), &mark("marker 7")]);
    assert!(hands.value(Role::Image, "last 60 seconds").ends_with("markers: 3"));
    assert!(!hands.shows("stored while recording only"));
}

#[test]
fn number_keys_write_the_names_they_were_given() {
    let mut hands = Hands::running(LARGE);
    hands.click("Settings");
    hands.click("Name of key 2");
    hands.0.get_by_label("Name of key 2").type_text("question");
    hands.steps();
    hands.key(Key::Escape);
    hands.key(Key::Escape);
    hands.click("Record");
    hands.key(Key::Num2);
    hands.key(Key::Num3);
    let marks: Vec<_> = hands.calls().iter().filter(|c| matches!(c, Call::Mark(_))).collect();
    assert_eq!(marks, [&Call::Mark("question".to_owned()), &Call::Mark("marker 3".to_owned())]);
    let saved = hands.0.state().window.surroundings.saved.last().unwrap().marker_names.clone();
    assert_eq!(saved, ["", "question"]);
}

#[test]
fn markers_of_other_programs_are_on_the_timeline() {
    let mut hands = Hands::running(LARGE);
    hands.observe(vec![face(1, HAPPY)]);
    hands.key(Key::R);
    hands.event(Event::Marked { label: "stimulus 3".into(), at: Instant::now() });
    assert!(hands.value(Role::Image, "last 60 seconds").ends_with("markers: 1"));
}

#[test]
fn a_note_is_of_the_moment_at_which_it_was_begun_and_keys_are_letters_meanwhile() {
    let mut hands = Hands::running(LARGE);
    hands.key(Key::N);
    assert!(hands.shows("Notes are stored while recording only"));
    hands.key(Key::R);
    hands.key(Key::N);
    hands.0.get_by_label("Text of the note").type_text("more calm");
    hands.steps();
    hands.key(Key::R);
    hands.key(Key::Enter);
    let note = Call::Note(SessionEvent::Note { text: "more calm".into() });
    assert_eq!(hands.calls().last(), Some(&note));
    assert!(matches!(hands.recording(), RecordingState::On { .. }));
    assert!(!hands.shows("Text of the note"));
    hands.click("Note");
    hands.0.get_by_label("Text of the note").type_text("no");
    hands.steps();
    hands.key(Key::Escape);
    assert_eq!(hands.calls().last(), Some(&note));
    assert!(matches!(hands.recording(), RecordingState::On { .. }));
}

#[test]
fn a_marker_without_a_recording_says_that_it_is_not_stored() {
    let mut hands = Hands::running(LARGE);
    hands.key(Key::M);
    assert!(hands.shows("stored while recording only"));
    hands.pass(Duration::from_secs(9));
    assert!(!hands.shows("stored while recording only"));
}

#[test]
fn consent_belongs_to_one_participant_and_one_recording() {
    let mut hands = Hands::running(LARGE);
    let consent = "The participant has agreed to be recorded";
    hands.click("Settings");
    hands.click("Participant code");
    hands.0.get_by_label("Participant code").type_text("P-07");
    hands.steps();
    hands.click(consent);
    let stamp = hands.0.state().window.meta().consent_utc.clone().unwrap();
    assert!(stamp.starts_with("20") && stamp.ends_with('Z') && stamp.len() == 20, "{stamp}");
    hands.click("Participant code");
    hands.0.get_by_label("Participant code").type_text("8");
    hands.steps();
    assert_eq!(hands.0.state().window.meta().consent_utc, None);
    hands.click(consent);
    hands.key(Key::Escape);
    hands.click("Record");
    assert_eq!(hands.calls().last(), Some(&Call::StartRecording("P-078".to_owned(), true)));
    hands.click("Stop recording");
    assert_eq!(*hands.0.state().window.meta(), Default::default());
}

#[test]
fn an_unfinished_recording_is_offered() {
    let mut hands = Hands::running(LARGE);
    let session = UnfinishedSession {
        folder: PathBuf::from("2026-01-01_14-05"),
        started: "14:05".to_owned(),
        rows: 3120,
    };
    hands.news(News::Unfinished(vec![session.clone(), session.clone()]));
    assert!(hands.shows("A recording from 14:05 was not finished"));
    hands.click("Finish it");
    assert_eq!(hands.0.state().window.surroundings.finished, std::slice::from_ref(&session));
    hands.news(News::Finished(session.folder, 3120));
    assert!(hands.shows("Recording finished"));
    hands.click("Later");
    assert!(!hands.shows("was not finished"));
}
