//! Against figures worked out by hand, on sessions written and read as any other.

use std::path::PathBuf;
use std::time::Duration;

use super::*;
use crate::frame::RunId;
use crate::geom::Rect;
use crate::observation::{
    Affect, Detection, FaceReading, HeadPose, Hint, Label, Landmarks, Observation, Posterior,
    TrackId,
};
use crate::session::sample::{header, labels};
use crate::session::{Recorder, SessionSummary, Signal};
use crate::time::Pts;

/// What a face shows from a time on: class and how sure, `None`: unsure.
type Show = (TrackId, Option<usize>, f32);

pub fn observation(index: u64, ms: u64, shows: &[Show]) -> Observation {
    let face = |(track, class, p): &Show| {
        let top = class.unwrap_or(0);
        let rest = (1.0 - p) / 7.0;
        let posterior =
            Posterior::normalised((0..8).map(|c| if c == top { *p } else { rest }).collect())
                .unwrap();
        FaceReading {
            track: *track,
            age: Duration::from_secs(1),
            detection: Detection {
                bbox: Rect::new(10.0, 10.0, 100.0, 100.0),
                score: 0.9,
                landmarks: Landmarks::default(),
            },
            certainty: *p,
            smoothed: posterior.clone(),
            posterior,
            label: class.map_or(Label::Unsure(Hint::Ambiguous), Label::Class),
            steady: Duration::ZERO,
            affect: Some(Affect { valence: if top == 1 { 0.5 } else { 0.0 }, arousal: 0.25 }),
            pose: HeadPose::default(),
            quality: crate::observation::Quality {
                size: 1.0,
                light: 0.8,
                sharpness: 1.0,
                turn: 1.0,
                hint: None,
            },
        }
    };
    Observation {
        run: RunId(1),
        index,
        pts: Pts::new(Duration::from_millis(ms)),
        frame_size: (640, 480),
        faces: shows.iter().map(face).collect(),
    }
}

/// A session of frames at these milliseconds, with markers.
pub fn written(
    frames: &[(u64, Vec<Show>)],
    markers: &[(u64, &str)],
) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let mut recorder = Recorder::create(dir.path(), header(&labels())).unwrap();
    for (index, (ms, shows)) in frames.iter().enumerate() {
        let seen = observation(index as u64, *ms, shows);
        recorder.write(&seen, Duration::from_millis(*ms)).unwrap();
    }
    for (ms, label) in markers {
        recorder.marker(Duration::from_millis(*ms), label).unwrap();
    }
    let folder = recorder.finish(SessionSummary::default()).unwrap().folder;
    (dir, folder)
}

const ONE: TrackId = TrackId(1);

/// Ten frames a second: neutral for 4 s, happy for 3 s, unsure for 1 s, nobody for 2 s.
fn ten_seconds() -> (tempfile::TempDir, PathBuf) {
    let frames: Vec<(u64, Vec<Show>)> = (0..100)
        .map(|index| {
            let shows = match index {
                0..40 => vec![(ONE, Some(0), 0.9)],
                40..55 => vec![(ONE, Some(1), 0.7)],
                55 => vec![(ONE, Some(1), 0.95)],
                56..70 => vec![(ONE, Some(1), 0.7)],
                70..80 => vec![(ONE, None, 0.3)],
                _ => vec![],
            };
            (index * 100, shows)
        })
        .collect();
    written(&frames, &[(2000, "a"), (5000, "b"), (8000, "")])
}

fn near(value: Option<f64>, wanted: f64) {
    let value = value.unwrap();
    assert!((value - wanted).abs() < 1e-5, "{value} is not {wanted}");
}

#[test]
fn shares_are_of_time_and_means_are_weighted_by_it() {
    let (_dir, folder) = ten_seconds();
    let signal = Signal::open(&folder).unwrap();
    let holds = Holds::of(&signal);
    let summary = summarise(&signal, &holds, &Selection::whole(&holds));
    near(Some(summary.observed_secs), 10.0);
    near(Some(summary.face_secs), 8.0);
    near(summary.classes[0].share.value, 0.5);
    near(summary.classes[1].share.value, 3.0 / 8.0);
    near(summary.unsure.value, 1.0 / 8.0);
    near(summary.without_face.value, 0.2);
    near(
        summary.classes[1].mean_posterior.value,
        (4.0 * 0.1 / 7.0 + 2.9 * 0.7 + 0.1 * 0.95 + 0.1) / 8.0,
    );
    near(summary.valence.mean.value, 0.5 * 3.0 / 8.0);
    near(summary.valence.max, 0.5);
    near(summary.arousal.sd, 0.0);
    near(summary.quality.mean, 0.8);
    let [(hint, share)] = &summary.quality.hints[..] else { panic!("one hint") };
    assert_eq!(hint, "ambiguous");
    near(Some(*share), 0.125);
    assert_eq!(summary.dominant().unwrap().label, "neutral");
    // Shares and unsure are all there is.
    let all: f64 = summary.classes.iter().map(|class| class.share.value.unwrap()).sum();
    near(Some(all + summary.unsure.value.unwrap()), 1.0);
}

#[test]
fn episodes_have_onset_apex_and_offset() {
    let (_dir, folder) = ten_seconds();
    let signal = Signal::open(&folder).unwrap();
    let holds = Holds::of(&signal);
    let summary = summarise(&signal, &holds, &Selection::whole(&holds));
    let happy = &summary.episodes[1];
    assert_eq!((summary.episodes.len(), happy.label.as_str()), (2, "happiness"));
    near(Some(happy.onset_secs), 4.0);
    near(Some(happy.apex_secs), 5.5);
    near(Some(happy.offset_secs), 7.0);
    near(happy.peak, 0.95);
    near(summary.classes[1].median_episode_secs, 3.0);
    assert_eq!(summary.transitions.total(), 2);
    assert_eq!(summary.transitions.counts[0][1], 1);
    assert_eq!(summary.transitions.counts[1][8], 1);
    near(summary.transitions.shares(0).map(|shares| shares[1]), 1.0);
}

#[test]
fn markers_part_the_time_line() {
    let (_dir, folder) = ten_seconds();
    let signal = Signal::open(&folder).unwrap();
    let holds = Holds::of(&signal);
    let spans = by_marker(&signal, &holds, None);
    let labels: Vec<&str> = spans.iter().map(|span| span.label.as_str()).collect();
    assert_eq!(labels, ["a", "b", "marker 3"]);
    let share = |span: &Span| {
        let selection = Selection { face: None, span: span.clone() };
        summarise(&signal, &holds, &selection).classes[1].share.value
    };
    near(share(&spans[0]), 1.0 / 3.0);
    near(share(&spans[1]), 2.0 / 3.0);
    assert_eq!(share(&spans[2]), None);
    let windows = by_marker(&signal, &holds, Some(Duration::from_secs(1)));
    assert!(windows.iter().all(|span| span.duration() == Duration::from_secs(1)));
}

#[test]
fn a_slower_camera_changes_no_share() {
    // The second half at a third of the rate.
    let frames: Vec<(u64, Vec<Show>)> = (0..60)
        .map(|index| (index * 50, vec![(ONE, Some(0), 0.9)]))
        .chain((0..20).map(|index| (3000 + index * 150, vec![(ONE, Some(1), 0.9)])))
        .collect();
    let (_dir, folder) = written(&frames, &[]);
    let signal = Signal::open(&folder).unwrap();
    let holds = Holds::of(&signal);
    let summary = summarise(&signal, &holds, &Selection::whole(&holds));
    near(summary.classes[0].share.value, 0.5);
}

#[test]
fn a_gap_belongs_to_nobody_and_breaks_the_chain() {
    let frames: Vec<(u64, Vec<Show>)> = (0..20)
        .map(|index| (index * 100, vec![(ONE, Some(0), 0.9)]))
        .chain((0..20).map(|index| (60_000 + index * 100, vec![(ONE, Some(1), 0.9)])))
        .collect();
    let (_dir, folder) = written(&frames, &[]);
    let signal = Signal::open(&folder).unwrap();
    let holds = Holds::of(&signal);
    let summary = summarise(&signal, &holds, &Selection::whole(&holds));
    assert!(summary.observed_secs < 4.5, "{}", summary.observed_secs);
    assert_eq!((summary.transitions.total(), summary.episodes.len()), (0, 2));
    assert!(summary.episodes[0].offset_secs < 2.5);
}

/// Smiles come and go at random, every two seconds on average, with probability `happy`.
fn random_session(seed: u64, happy: f32, secs: u64) -> (tempfile::TempDir, PathBuf) {
    let mut dice = crate::session::sample::Dice::new(seed);
    let mut smiling = false;
    let frames: Vec<(u64, Vec<Show>)> = (0..secs * 10)
        .map(|index| {
            if index % 20 == 0 {
                smiling = dice.between(0.0, 1.0) < happy;
            }
            (index * 100, vec![(ONE, Some(usize::from(smiling)), 0.9)])
        })
        .collect();
    written(&frames, &[])
}

fn group(name: &str, sessions: &[(tempfile::TempDir, PathBuf)]) -> Group {
    let mut group = Group::new(name);
    for (_, folder) in sessions {
        let signal = Signal::open(folder).unwrap();
        let holds = Holds::of(&signal);
        assert!(group.add(&signal, &holds, &[Selection::whole(&holds)]));
    }
    group
}

#[test]
fn a_difference_is_found_where_there_is_one_and_not_where_there_is_none() {
    let often = group("often", &[random_session(1, 0.7, 240)]);
    let seldom = group("seldom", &[random_session(2, 0.2, 240)]);
    let again = group("again", &[random_session(3, 0.2, 240)]);
    let smiles = |a: &Group, b: &Group| {
        let comparison = compare(a, b).unwrap();
        assert!(comparison.remarks[0].contains("says nothing about other people"));
        let found = comparison.figures.iter().find(|difference| {
            difference.figure == "share" && difference.label.as_deref() == Some("happiness")
        });
        found.unwrap().difference
    };
    let found = smiles(&often, &seldom);
    let interval = found.interval.unwrap();
    assert!(found.value.unwrap() > 0.3 && interval.low > 0.15, "{found:?}");
    let none = smiles(&seldom, &again).interval.unwrap();
    assert!(none.low < 0.0 && none.high > 0.0, "{none:?}");
    assert_eq!(smiles(&often, &seldom), found);
}

#[test]
fn groups_of_sessions_count_each_session_once() {
    let mixed = [random_session(4, 0.5, 60), random_session(5, 0.5, 240)];
    let both = group("both", &mixed);
    let alone = |index: usize| group("alone", &mixed[index..=index]);
    let share = |group: &Group| {
        let other = group.clone();
        compare(group, &other).unwrap().figures[1].first.value.unwrap()
    };
    near(Some(share(&both)), (share(&alone(0)) + share(&alone(1))) / 2.0);
    assert!(compare(&both, &Group::new("empty")).is_none());
}
