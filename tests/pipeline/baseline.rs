//! A baseline through the core: what was read stays, what is shown is corrected.

use std::sync::Arc;

use mien::baseline::{Baseline, BaselineError};
use mien::frame::RunId;
use mien::observation::Observation;
use mien::pipeline::Pipeline;
use mien::source::demo::{Scene, SceneKind};

use super::{SEED, SIZE, drawn, pipeline};

/// One for the model of this checksum that takes 1.5 off happiness and surprise.
fn baseline(sha256: &str) -> Arc<Baseline> {
    let text = format!(
        "version = 1\nprofile = \"me\"\nmade_utc = \"2026-01-02T03:04:05Z\"\nmodel = \"m\"\n\
         model_sha256 = \"{sha256}\"\nseconds = 10.0\nframes = 240\nreference_of_card = true\n\
         labels = [\"neutral\", \"happiness\", \"surprise\", \"sadness\", \"anger\", \"disgust\", \
         \"fear\", \"contempt\"]\n\
         offset = [0.0, -1.5, -1.5, 0.0, 0.0, 0.0, 0.0, 0.0]\n\
         at_rest = [0.5, 0.3, 0.2, 0.0, 0.0, 0.0, 0.0, 0.0]\n\
         corrected = [0.9, 0.05, 0.05, 0.0, 0.0, 0.0, 0.0, 0.0]\n"
    );
    Arc::new(Baseline::from_toml(&text).unwrap())
}

fn follow(pipeline: &mut Pipeline) -> Vec<Observation> {
    let mut scene = Scene::new(SceneKind::Alone, SIZE, SEED);
    (0..60)
        .map(|index| pipeline.process(&drawn(&mut scene, RunId(1), index, 8.0).0).unwrap())
        .collect()
}

#[test]
fn what_was_read_stays_and_what_is_shown_is_corrected() {
    let mut plain = pipeline();
    let sha256 = plain.emotion().card.sha256.clone();
    let mut corrected = pipeline();
    corrected.set_baseline(Some(baseline(&sha256))).unwrap();
    assert_eq!(corrected.baseline().map(|baseline| baseline.profile.as_str()), Some("me"));
    let (before, after) = (follow(&mut plain), follow(&mut corrected));
    let mut moved = 0;
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before.faces.len(), after.faces.len());
        for (before, after) in before.faces.iter().zip(&after.faces) {
            assert_eq!(before.posterior, after.posterior, "raw values are those that were read");
            assert_eq!(before.detection, after.detection);
            let [b, a] = [before, after].map(|face| face.smoothed.as_slice());
            assert!(a[0] >= b[0] - 1e-6, "neutral never loses");
            let sum: f32 = a.iter().sum();
            assert!((sum - 1.0).abs() < 1e-4);
            moved += usize::from(a[0] - b[0] > 0.002);
        }
    }
    assert!(moved > 3, "{moved}");
    corrected.set_baseline(None).unwrap();
    let run = RunId(2);
    let mut scene = Scene::new(SceneKind::Alone, SIZE, SEED);
    let (frame, _) = drawn(&mut scene, run, 0, 8.0);
    let again = corrected.process(&frame).unwrap();
    assert_eq!(again.faces, plain.process(&frame).unwrap().faces, "without it all is as before");
}

#[test]
fn one_of_another_model_is_refused_in_words() {
    let mut pipeline = pipeline();
    let error = pipeline.set_baseline(Some(baseline("00"))).unwrap_err();
    assert!(matches!(error, BaselineError::OtherModel { .. }), "{error}");
    assert!(error.to_string().contains("was made with m"), "{error}");
    assert_eq!(pipeline.baseline(), None);
    // Another model ends it.
    let sha256 = pipeline.emotion().card.sha256.clone();
    pipeline.set_baseline(Some(baseline(&sha256))).unwrap();
    pipeline.set_emotion(mien::model::EmotionModel::builtin().unwrap());
    assert_eq!(pipeline.baseline(), None);
}
