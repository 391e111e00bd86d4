use super::*;

const LABELS: [&str; 2] = ["calm", "tense"];

fn secs(secs: f64) -> Duration {
    Duration::from_secs_f64(secs)
}

/// A face of so many pixels that is `tense` to this degree.
fn face(track: u32, size: f32, tense: f32) -> FaceReading {
    let posterior = Posterior::normalised(vec![1.0 - tense, tense]).unwrap();
    FaceReading {
        track: TrackId(track),
        age: Duration::ZERO,
        detection: Detection {
            bbox: geom::Rect::new(1.5, 2.0, size, size),
            score: 0.9,
            landmarks: Landmarks::default(),
        },
        posterior: posterior.clone(),
        smoothed: posterior,
        label: match tense {
            tense if tense > 0.6 => Label::Class(1),
            tense if tense < 0.4 => Label::Class(0),
            _ => Label::Unsure(Hint::Ambiguous),
        },
        certainty: tense.max(1.0 - tense),
        steady: Duration::ZERO,
        affect: Some(Affect { valence: -0.5, arousal: 0.25 }),
        pose: HeadPose::default(),
        quality: Quality { size: 0.8, light: 0.4, sharpness: 1.0, turn: 0.2, hint: None },
    }
}

fn observation(index: u64, at: f64, faces: Vec<FaceReading>) -> Observation {
    let (run, pts) = (RunId(1), Pts::from_secs_f64(at));
    Observation { run, index, pts, frame_size: (640, 480), faces }
}

/// Ten frames a second, each with what `faces` gives for it.
fn trace(frames: u64, faces: impl Fn(u64) -> Vec<FaceReading>) -> Trace {
    let mut trace = Trace::new(Labels::new(LABELS), (640, 480));
    for index in 0..frames {
        trace.push(&observation(index, index as f64 / 10.0, faces(index)));
    }
    trace
}

#[test]
fn what_was_read_comes_back_with_how_long_it_stood() {
    let trace = trace(30, |n| vec![face(3, 90.0, if n < 10 { 0.1 } else { 0.9 })]);
    let shown = trace.observation(25).unwrap();
    assert_eq!((shown.index, shown.pts.as_secs_f64()), (25, 2.5));
    let reading = &shown.faces[0];
    assert_eq!((reading.track, reading.label), (TrackId(3), Label::Class(1)));
    assert_eq!(reading.detection.bbox, geom::Rect::new(1.5, 2.0, 90.0, 90.0));
    assert!((reading.smoothed.as_slice()[1] - 0.9).abs() < 1e-4);
    assert_eq!((reading.age, reading.steady), (secs(2.5), secs(1.5)));
    assert_eq!(reading.affect, Some(Affect { valence: -0.5, arousal: 0.25 }));
    assert!((reading.quality.overall() - 0.2).abs() < 0.003);
}

#[test]
fn a_moment_belongs_to_the_frame_before_it_and_a_gap_to_none() {
    let mut trace = trace(10, |_| Vec::new());
    trace.push(&observation(60, 6.0, Vec::new()));
    assert_eq!(trace.frame_at(secs(0.55)), Some(5));
    assert_eq!(trace.frame_at(secs(0.5)), Some(5));
    assert_eq!(trace.frame_at(secs(4.0)), None);
    assert_eq!(trace.frame_at(secs(6.0)), Some(10));
    assert_eq!(trace.frames_in(secs(0.5), secs(0.8)), 5..8);
    assert_eq!(trace.stands(9), Duration::ZERO);
}

#[test]
fn the_largest_face_or_one_of_them_is_followed() {
    let trace = trace(2, |n| vec![face(1, 50.0, 0.1), face(2, 40.0 + 30.0 * n as f32, 0.9)]);
    let largest = |frame| trace.face(frame, Follow::Largest).unwrap().track();
    assert_eq!((largest(0), largest(1)), (TrackId(1), TrackId(2)));
    let first = trace.face(1, Follow::Track(TrackId(1))).unwrap();
    assert_eq!(first.label(), Some(Label::Class(0)));
    assert!(trace.face(1, Follow::Track(TrackId(9))).is_none());
}

#[test]
fn a_span_is_shares_of_time_episodes_and_losses() {
    // Calm 1 s, tense 1 s, unsure 0.5 s, gone 1 s, tense 0.5 s.
    let trace = trace(40, |n| match n {
        0..10 => vec![face(1, 90.0, 0.1)],
        10..20 => vec![face(1, 90.0, 0.9)],
        20..25 => vec![face(1, 90.0, 0.5)],
        25..35 => Vec::new(),
        _ => vec![face(2, 90.0, 0.9)],
    });
    let span = trace.span(Duration::ZERO, secs(4.0), Follow::Largest);
    assert_eq!((span.analysed, span.with_face), (secs(4.0), secs(3.0)));
    let tense = ClassTime { shown: secs(1.5), episodes: 2, longest: secs(1.0) };
    assert_eq!(span.classes[1], tense);
    assert!((span.share(0) - 1.0 / 3.0).abs() < 1e-6);
    assert!((span.mean[1] - (0.1 + 0.9 + 0.25 + 0.45) / 3.0).abs() < 1e-3);
    assert_eq!(span.lost, [(secs(2.5), secs(1.0))]);
    // A part of it, and the face of before the cut alone.
    let span = trace.span(secs(1.5), secs(4.0), Follow::Track(TrackId(1)));
    assert_eq!(span.with_face, secs(1.0));
    assert_eq!(span.lost, [(secs(2.5), secs(1.5))]);
}

#[test]
fn rows_of_the_table_give_the_same_as_the_analysis() {
    let labels = Labels::new(["Calm", "Very tense"]);
    let dir = tempfile::tempdir().unwrap();
    let header = crate::session::sample::header(&labels);
    let mut recorder = crate::session::Recorder::create(dir.path(), header).unwrap();
    let mut live = Trace::new(labels.clone(), (0, 0));
    for index in 0..20 {
        let faces = match index {
            5..8 => Vec::new(),
            _ => vec![face(1, 90.0, 0.9), face(2, 50.0, 0.5)],
        };
        let seen = observation(index, index as f64 / 25.0, faces);
        live.push(&seen);
        recorder.write(&seen, seen.pts.since_start()).unwrap();
    }
    recorder.marker(secs(0.2), "start").unwrap();
    let folder = recorder.finish(crate::session::SessionSummary::default()).unwrap().folder;
    let signal = crate::session::Signal::open(&folder).unwrap();
    let read = Trace::of_signal(&signal, labels, (0, 0));
    assert_eq!((read.len(), read.events().len()), (20, 1));
    for frame in 0..20 {
        let mut expected = live.observation(frame).unwrap();
        expected.frame_size = (0, 0);
        assert_eq!(read.observation(frame), Some(expected), "{frame}");
    }
}

#[test]
fn memory_is_bounded_and_every_moment_keeps_a_reading() {
    let mut trace = Trace::new(Labels::new(LABELS), (640, 480));
    let frames = MOST_FACES as u64 + MOST_FACES as u64 / 2;
    for index in 0..frames {
        trace.push(&observation(index, index as f64 / 100.0, vec![face(1, 90.0, 0.9)]));
    }
    assert!(trace.len() <= MOST_FACES);
    assert_eq!(trace.stride(), 2);
    for share in [0.0, 0.3, 0.7, 0.99] {
        let at = secs(frames as f64 / 100.0 * share);
        let frame = trace.frame_at(at).unwrap();
        assert!(at - trace.time(frame) <= secs(0.021), "{at:?} {:?}", trace.time(frame));
    }
}
