//! The store over time, without a window.

use std::sync::Arc;

use super::*;
use crate::observation::{
    Affect, Detection, FaceReading, HeadPose, Label, Landmarks, Observation, Posterior, Quality,
};
use crate::time::Pts;
use crate::ui::history::{GAP_SECS, SPAN_SECS};

fn face(track: u32) -> FaceReading {
    let posterior = Posterior::normalised(vec![1.0; 8]).unwrap();
    FaceReading {
        track: TrackId(track),
        age: Duration::ZERO,
        detection: Detection {
            bbox: crate::geom::Rect::default(),
            score: 1.0,
            landmarks: Landmarks::default(),
        },
        posterior: posterior.clone(),
        smoothed: posterior,
        label: Label::Class(0),
        certainty: 0.125,
        steady: Duration::ZERO,
        affect: Some(Affect::default()),
        pose: HeadPose::default(),
        quality: Quality::default(),
    }
}

fn observe(store: &mut Store, run: u64, secs: f64, tracks: &[u32]) {
    let at = store.epoch + Duration::from_secs_f64(secs);
    let observation = Observation {
        run: RunId(run),
        index: 0,
        pts: Pts::from_secs_f64(secs),
        frame_size: (640, 480),
        faces: tracks.iter().map(|track| face(*track)).collect(),
    };
    store.tick(at);
    store.on_observation(LiveObservation {
        observation: Arc::new(observation),
        captured_at: at,
        damaged_before: 0,
        analysed_at: at,
    });
}

#[test]
fn an_hour_of_faces_and_markers_takes_bounded_memory() {
    let mut store = Store::new(Instant::now());
    for frame in 0..30 * 3600 {
        let secs = f64::from(frame) / 30.0;
        // One face stays, another is replaced every two seconds.
        observe(&mut store, 1, secs, &[1, 2 + frame as u32 / 60]);
        if frame % 15 == 0 {
            let text = store.next_marker();
            store.mark(text, Instant::now());
            store.tell(Tone::Trouble, format!("trouble {frame}"), None);
        }
    }
    let readout = store.readout();
    assert!(readout.faces.len() <= 16 && readout.faces.len() > 2);
    assert!(readout.markers.len() <= 64);
    assert!(store.notices.len() <= MAX_NOTICES);
    let longest = readout.faces.iter().map(|face| face.samples.len()).max().unwrap();
    assert!((450..=602).contains(&longest), "{longest}");
    let kept = readout.faces.iter().find(|face| face.track() == TrackId(1)).unwrap();
    let span = kept.samples.back().unwrap().at - kept.samples.front().unwrap().at;
    assert!((SPAN_SECS - 0.2..SPAN_SECS + 0.3).contains(&span), "{span}");
}

#[test]
fn gaps_are_where_nothing_was_read_and_nowhere_else() {
    let mut store = Store::new(Instant::now());
    for frame in 0..300 {
        let secs = f64::from(frame) / 30.0;
        // Gone from second 4 to second 6; a blink of 0.2 s at second 8 is no gap.
        let gone = (4.0..6.0).contains(&secs) || (8.0..8.2).contains(&secs);
        observe(&mut store, 1, secs, if gone { &[] } else { &[1] });
    }
    let face = &store.readout().faces[0];
    let gaps = face.gaps(0.0, 10.0);
    assert_eq!(gaps.len(), 1, "{gaps:?}");
    assert!((gaps[0].0 - 4.0).abs() < 0.1 && (gaps[0].1 - 6.0).abs() < 0.1, "{gaps:?}");
    assert_eq!(face.label_spans().len(), 2);
    let open_ended = face.gaps(0.0, 10.0 + 2.0 * GAP_SECS);
    assert_eq!(open_ended.len(), 2);
}

#[test]
fn a_new_run_starts_with_no_faces_and_ignores_the_old_one() {
    let mut store = Store::new(Instant::now());
    store.on_open(SourceSpec::Demo { people: 1 }, RunId(1));
    observe(&mut store, 1, 0.1, &[1]);
    store.on_open(SourceSpec::Camera { number: None, size: None }, RunId(2));
    assert!(store.readout().faces.is_empty());
    observe(&mut store, 1, 0.2, &[1]);
    assert!(store.readout().faces.is_empty());
    let error = SourceError::NoCamera;
    store.on_event(Event::SourceFailed { run: RunId(1), error });
    assert_eq!(store.source, SourceState::Opening);
    observe(&mut store, 2, 0.3, &[1]);
    assert_eq!(store.readout().faces.len(), 1);
}

#[test]
fn the_choice_stays_with_a_face_for_a_while_and_then_moves_on() {
    let mut store = Store::new(Instant::now());
    observe(&mut store, 1, 0.0, &[1, 2]);
    store.choose(TrackId(2));
    observe(&mut store, 1, 1.0, &[1]);
    assert_eq!(store.readout().chosen().unwrap().track(), TrackId(2));
    assert!(store.readout().chosen_now().is_none());
    observe(&mut store, 1, 4.0, &[1]);
    assert_eq!(store.readout().chosen_now().unwrap().track, TrackId(1));
}

#[test]
fn a_frozen_view_keeps_its_moment_while_history_goes_on() {
    let mut store = Store::new(Instant::now());
    observe(&mut store, 1, 1.0, &[1]);
    store.set_frozen(true);
    observe(&mut store, 1, 90.0, &[5]);
    assert_eq!(store.readout().faces[0].track(), TrackId(1));
    assert_eq!(store.shown_at(), 1.0);
    store.set_frozen(false);
    assert_eq!(store.readout().faces[0].track(), TrackId(5));
}

#[test]
fn counts_read_well() {
    assert_eq!(count(1, "row"), "1 row");
    assert_eq!(count(0, "row"), "0 rows");
    assert_eq!(count(1_234_567, "row"), "1,234,567 rows");
}
