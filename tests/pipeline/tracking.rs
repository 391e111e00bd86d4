//! Many drawn frames: numbers stay with their people, labels stand, and the same frames give the
//! same observations.

use std::collections::HashMap;

use mien::frame::RunId;
use mien::observation::{FaceReading, Hint, Label, Observation, TrackId};
use mien::pipeline::Pipeline;
use mien::source::demo::{PersonTruth, Scene, SceneKind};

use super::{SEED, SIZE, drawn, pipeline};

const MINUTE_SECS: f64 = 60.0;

/// A face hidden for longer may come back under another number.
const MAX_HIDDEN_SECS: f64 = 1.0;

/// A person with more of the face hidden is not to be found.
const HIDDEN_FROM: f32 = 0.5;

/// The person in sight whom a reading is about.
fn person_of<'a>(reading: &FaceReading, in_sight: &[&'a PersonTruth]) -> Option<&'a PersonTruth> {
    let overlap = |person: &PersonTruth| person.bbox.iou(&reading.detection.bbox);
    let nearest = in_sight.iter().max_by(|a, b| overlap(a).total_cmp(&overlap(b)));
    nearest.copied().filter(|person| overlap(person) > 0.3)
}

/// Follows two people for a minute and holds every reading against who is there.
fn follow_two_people(rate_hz: f64) {
    let mut pipeline = pipeline();
    let mut scene = Scene::new(SceneKind::Crossing, SIZE, SEED);
    let mut person_by_id: HashMap<TrackId, u32> = HashMap::new();
    let mut id_by_person: HashMap<u32, TrackId> = HashMap::new();
    let mut last_in_sight_secs: HashMap<u32, f64> = HashMap::new();
    let mut switches = Vec::new();
    let (mut to_find, mut found, mut strangers) = (0, 0, 0);
    for index in 0..(MINUTE_SECS * rate_hz) as u64 {
        let (frame, truth) = drawn(&mut scene, RunId(1), index, rate_hz);
        let secs = frame.pts.as_secs_f64();
        let observation = pipeline.process(&frame).unwrap();
        let in_sight: Vec<_> = truth.people.iter().filter(|p| p.occluded < HIDDEN_FROM).collect();
        for reading in &observation.faces {
            let Some(person) = person_of(reading, &in_sight) else {
                strangers += 1;
                continue;
            };
            found += 1;
            let (id, person) = (reading.track, person.person);
            let owner = *person_by_id.entry(id).or_insert(person);
            if owner != person {
                switches.push(format!("{secs:.2} s: {id} was person {owner}, is now {person}"));
            }
            let hidden_secs = secs - last_in_sight_secs.get(&person).unwrap_or(&secs);
            let before = id_by_person.insert(person, id);
            if before.is_some_and(|before| before != id) && hidden_secs <= MAX_HIDDEN_SECS {
                switches.push(format!("{secs:.2} s: person {person} was {before:?}, is now {id}"));
            }
        }
        to_find += in_sight.len();
        last_in_sight_secs.extend(in_sight.iter().map(|person| (person.person, secs)));
    }
    println!("{rate_hz} fps: {found} of {to_find} found, {strangers} elsewhere");
    assert!(switches.is_empty(), "at {rate_hz} fps:\n{}", switches.join("\n"));
    assert_eq!(id_by_person.len(), 2);
    assert!(found * 100 >= to_find * 95, "only {found} of {to_find} faces in sight were found");
    assert!(strangers * 100 <= to_find, "{strangers} readings where nobody is in sight");
}

#[test]
fn two_people_who_cross_keep_their_numbers_at_30_fps() {
    follow_two_people(30.0);
}

#[test]
fn two_people_who_cross_keep_their_numbers_at_15_fps() {
    follow_two_people(15.0);
}

#[test]
fn a_steady_face_keeps_its_label() {
    let mut pipeline = pipeline();
    let mut scene = Scene::new(SceneKind::Steady, SIZE, SEED);
    let mut shown: Vec<Label> = Vec::new();
    for index in 0..(MINUTE_SECS * 30.0) as u64 {
        let (frame, _) = drawn(&mut scene, RunId(1), index, 30.0);
        let observation = pipeline.process(&frame).unwrap();
        let [face] = &observation.faces[..] else {
            panic!("{} faces in frame {index}", observation.faces.len());
        };
        assert_eq!(face.track, TrackId(1), "frame {index}");
        if shown.last() != Some(&face.label) {
            shown.push(face.label);
        }
    }
    let words: Vec<_> = shown.iter().map(|label| label.word(pipeline.labels())).collect();
    assert_eq!(words[..2], ["unsure", "neutral"], "what it started with");
    assert!(words.len() <= 1 + 10, "{} changes in a minute: {words:?}", words.len() - 1);
}

/// The first second and a half of the scene in which two people cross, ten frames a second.
fn watch(run: RunId, pipeline: &mut Pipeline) -> Vec<Observation> {
    let mut scene = Scene::new(SceneKind::Crossing, SIZE, SEED);
    (0..15).map(|index| pipeline.process(&drawn(&mut scene, run, index, 10.0).0).unwrap()).collect()
}

#[test]
fn the_same_frames_give_the_same_observations() {
    let (first, second) = (watch(RunId(1), &mut pipeline()), watch(RunId(1), &mut pipeline()));
    assert_eq!(first.last().unwrap().faces.len(), 2);
    assert_eq!(first, second);
}

#[test]
fn another_run_starts_afresh() {
    let mut pipeline = pipeline();
    let before = watch(RunId(1), &mut pipeline);
    let settled = &before.last().unwrap().faces[0];
    assert!(settled.age.as_secs_f64() > 1.0 && matches!(settled.label, Label::Class(_)));
    let after = watch(RunId(2), &mut pipeline);
    let newcomer = &after[0].faces[0];
    assert_eq!((newcomer.track, newcomer.age.as_secs_f64()), (TrackId(1), 0.0));
    assert_eq!(newcomer.label, Label::Unsure(Hint::JustAppeared));
    let faces = |run: &[Observation]| run.iter().flat_map(|o| o.faces.clone()).collect::<Vec<_>>();
    assert_eq!(faces(&before), faces(&after), "nothing of the run before is left");
}
