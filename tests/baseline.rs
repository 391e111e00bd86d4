//! Baselines with the program itself and with the live workers: made, listed, applied, erased.

#![cfg(target_os = "linux")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use common::program::{Ended, Running, complete_session, complete_sessions, mien, sessions_dir};
use image::RgbImage;
use mien::baseline::{Baseline, Baselines, Gathering, Made};
use mien::runtime::live::{Event, Live, LiveOptions, ModelsInfo, RecordingRequest};
use mien::session::{Session, SessionMeta};
use mien::source::SourceSpec;
use mien::source::demo::{Scene, SceneKind};
use mien::time::Pts;

const SIZE: (u32, u32) = (320, 240);
const CARD: &str = include_str!("../models/mien-emotion-48/card.toml");
/// Nothing takes longer, on however busy a machine.
const PATIENCE: Duration = Duration::from_secs(90);

fn run(home: &Path, args: &[&str]) -> Ended {
    Running::start(&mut mien(home, args)).end()
}

fn well(home: &Path, args: &[&str]) -> String {
    let ended = run(home, args);
    assert_eq!(ended.code, Some(0), "{args:?}: {}", ended.stderr);
    ended.stdout.join("\n")
}

/// A baseline of the built-in model, or of another one.
fn kept(home: &Path, profile: &str, sha256: Option<&str>) -> Baselines {
    let built_in = CARD.split("sha256 = \"").nth(1).and_then(|rest| rest.split('"').next());
    let text = format!(
        "version = 1\nprofile = \"{profile}\"\nmade_utc = \"2026-01-02T03:04:05Z\"\n\
         model = \"mien-emotion-48\"\nmodel_sha256 = \"{}\"\nseconds = 10.0\nframes = 240\n\
         reference_of_card = true\n\
         labels = [\"neutral\", \"happiness\", \"surprise\", \"sadness\", \"anger\", \"disgust\", \
         \"fear\", \"contempt\"]\n\
         offset = [0.0, -1.5, -1.0, -0.5, 0.0, 0.0, 0.0, 0.0]\n\
         at_rest = [0.5, 0.3, 0.2, 0.0, 0.0, 0.0, 0.0, 0.0]\n\
         corrected = [0.9, 0.05, 0.05, 0.0, 0.0, 0.0, 0.0, 0.0]\n",
        sha256.or(built_in).unwrap()
    );
    let files = Baselines::at(home.join("data/baselines"));
    files.save(&Baseline::from_toml(&text).unwrap()).unwrap();
    files
}

/// A folder of numbered pictures: a video at 25 a second.
fn pictures(folder: &Path, kind: SceneKind, secs: u32) -> PathBuf {
    fs::create_dir_all(folder).unwrap();
    let mut scene = Scene::new(kind, SIZE, 1);
    for n in 0..secs * 25 {
        let mut rgb = Vec::new();
        scene.render(Pts::from_secs_f64(f64::from(n) / 25.0), &mut rgb);
        let picture = RgbImage::from_raw(SIZE.0, SIZE.1, rgb).unwrap();
        picture.save(folder.join(format!("{n:04}.bmp"))).unwrap();
    }
    folder.to_owned()
}

#[test]
fn one_is_made_of_a_video_listed_shown_and_erased() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let video = pictures(&home.join("rest"), SceneKind::Steady, 5);
    let video = video.to_str().unwrap();
    assert!(well(home, &["baseline", "list"]).contains("There is no baseline"));
    let tried = well(home, &["baseline", "make", video, "--try-only"]);
    assert!(tried.contains("profile me") && tried.contains("neutral"), "{tried}");
    assert!(well(home, &["baseline", "list"]).contains("There is no baseline"));
    let made = well(home, &["baseline", "make", video, "--profile", "P-07"]);
    assert!(made.contains("kept in") && made.contains("P-07.toml"), "{made}");
    let shown: serde_json::Value =
        serde_json::from_str(&well(home, &["baseline", "show", "P-07", "--json"])).unwrap();
    assert!(shown["seconds"].as_f64().unwrap() > 4.0, "{shown}");
    assert_eq!(shown["offset"].as_array().unwrap().len(), 8);
    assert!(well(home, &["baseline", "list"]).contains("P-07"));
    let privacy = well(home, &["privacy"]);
    assert!(privacy.contains("1 profile (P-07)") && privacy.contains("erase"), "{privacy}");
    well(home, &["baseline", "erase", "P-07"]);
    let again = run(home, &["baseline", "erase", "P-07"]);
    assert!(again.code == Some(1) && again.stderr.contains("no baseline"), "{}", again.stderr);
}

#[test]
fn what_is_no_face_at_rest_is_refused_with_what_to_do() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let short = pictures(&home.join("short"), SceneKind::Steady, 2);
    let several = pictures(&home.join("several"), SceneKind::Crossing, 5);
    let cases = [
        (vec![short.to_str().unwrap()], "3 s are needed"),
        (vec![several.to_str().unwrap()], "several faces"),
        (vec!["nowhere.mp4"], "nowhere.mp4"),
        (vec![short.to_str().unwrap(), "--profile", "../me"], "no name for a profile"),
    ];
    for (args, words) in cases {
        let ended = run(home, &[&["baseline", "make"], &args[..]].concat());
        assert!(ended.code == Some(1) && ended.stderr.contains(words), "{}", ended.stderr);
        assert!(ended.stderr.lines().count() >= 2, "and what to do: {}", ended.stderr);
    }
    assert!(!home.join("data/baselines").exists(), "nothing was kept");
}

/// The cells of the columns that no baseline may change, or the others.
fn cells(table: &str, raw: bool) -> Vec<Vec<&str>> {
    let header: Vec<&str> = table.lines().next().unwrap().split(',').collect();
    let corrected = |name: &str| {
        name.starts_with("smoothed_")
            || matches!(name, "emotion" | "certainty" | "valence" | "arousal" | "hint")
    };
    let rows = table.lines().map(|line| {
        let cells = header.iter().zip(line.split(','));
        cells.filter(|(name, _)| corrected(name) != raw).map(|(_, cell)| cell).collect()
    });
    rows.collect()
}

#[test]
fn raw_columns_are_the_same_with_a_baseline_and_without() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    kept(home, "me", None);
    let video = pictures(&home.join("film"), SceneKind::Alone, 6);
    let video = video.to_str().unwrap();
    let out = home.join("out");
    let analyze = ["analyze", video, "--out", out.to_str().unwrap()];
    well(home, &analyze);
    let plain = complete_session(&out).folder().to_owned();
    well(home, &[&analyze[..], &["--baseline", "me"]].concat());
    // The same once more is done already; other numbers under the same name are not.
    well(home, &[&analyze[..], &["--baseline", "me"]].concat());
    let sessions = complete_sessions(&out);
    assert_eq!(sessions.len(), 2);
    let corrected = sessions.iter().find(|session| session.folder() != plain).unwrap();
    let table = |folder: &Path| fs::read_to_string(folder.join("observations.csv")).unwrap();
    let (before, after) = (table(&plain), table(corrected.folder()));
    assert!(before.lines().count() > 100);
    assert_eq!(cells(&before, true), cells(&after, true));
    assert_ne!(cells(&before, false), cells(&after, false));
    assert!(Session::open(&plain).unwrap().record().baseline.is_none());
    let record = corrected.record().baseline.clone().unwrap();
    assert_eq!((record.profile.as_str(), record.offset[1]), ("me", -1.5));
    can_be_corrected_again(&after, &record.offset);

    let folder = corrected.folder().to_str().unwrap();
    assert!(well(home, &["stats", folder]).contains("corrected with the baseline \u{201c}me"));
    assert!(!well(home, &["stats", plain.to_str().unwrap()]).contains("baseline"));
    let page = home.join("page.html");
    well(home, &["report", folder, "--out", page.to_str().unwrap()]);
    assert!(fs::read_to_string(page).unwrap().contains("corrected with the baseline"));
}

/// The first row of a face is not smoothed yet: what is shown there is what `docs/baseline.md` says
/// how to compute.
fn can_be_corrected_again(table: &str, offset: &[f64]) {
    let header: Vec<&str> = table.lines().next().unwrap().split(',').collect();
    let success = header.iter().position(|name| *name == "success").unwrap();
    let rows = table.lines().skip(1).map(|line| line.split(',').collect::<Vec<&str>>());
    let row = rows.into_iter().find(|row| row[success] == "1").unwrap();
    let numbers = |prefix: &str| -> Vec<f64> {
        let cells = header.iter().zip(&row).filter(|(name, _)| name.starts_with(prefix));
        cells.map(|(_, cell)| cell.parse().unwrap()).collect()
    };
    let weights: Vec<f64> =
        numbers("p_").iter().zip(offset).map(|(p, offset)| p * offset.exp()).collect();
    let sum: f64 = weights.iter().sum();
    for (weight, smoothed) in weights.iter().zip(numbers("smoothed_")) {
        assert!((weight / sum - smoothed).abs() < 1e-4, "{weights:?}");
    }
}

#[test]
fn one_that_is_missing_damaged_or_of_another_model_is_said_before_anything_is_read() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    kept(home, "other", Some("00"));
    let files = kept(home, "broken", None);
    fs::write(files.path("broken").unwrap(), "version = 1\n").unwrap();
    let listed = well(home, &["baseline", "list"]);
    assert!(listed.contains("broken") && listed.contains("can't be used"), "{listed}");
    let video = pictures(&home.join("film"), SceneKind::Steady, 1);
    let cases = [("other", "was made with"), ("broken", "can't be used"), ("none", "no baseline")];
    for (profile, words) in cases {
        let out = home.join("out");
        let (video, folder) = (video.to_str().unwrap(), out.to_str().unwrap());
        for args in [
            vec!["analyze", video, "--out", folder, "--baseline", profile],
            vec!["live", "--headless", "--source", "demo", "--seconds", "1", "--baseline", profile],
        ] {
            let ended = run(home, &args);
            assert!(ended.code == Some(1) && ended.stderr.contains(words), "{}", ended.stderr);
            assert!(ended.stdout.is_empty() && !out.exists(), "{:?}", ended.stdout);
        }
    }
}

#[test]
fn live_it_is_applied_and_recorded() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    kept(home, "me", None);
    let mut command = mien(home, &["live", "--headless", "--json", "--source", "demo"]);
    command.args(["--seconds", "2", "--baseline", "me", "--record"]).arg(sessions_dir(home));
    let ended = Running::start(&mut command).end();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let faces = ended.observations().into_iter().map(|line| line["faces"][0].clone());
    let read: Vec<serde_json::Value> = faces.filter(|face| !face.is_null()).collect();
    assert!(!read.is_empty());
    let neutral = |face: &serde_json::Value, key: &str| face[key]["neutral"].as_f64().unwrap();
    let sum = |key: &str| read.iter().map(|face| neutral(face, key)).sum::<f64>();
    assert!(sum("smoothed") >= sum("p"), "{} {}", sum("smoothed"), sum("p"));
    let session = complete_session(&sessions_dir(home));
    assert_eq!(session.record().baseline.as_ref().map(|b| b.profile.as_str()), Some("me"));
}

/// The live workers, and what they told.
struct Workers {
    live: Live,
    models: Option<ModelsInfo>,
    events: Vec<Event>,
}

impl Workers {
    fn wait<T>(&mut self, what: &str, mut found: impl FnMut(&mut Self) -> Option<T>) -> T {
        let patience = Instant::now() + PATIENCE;
        loop {
            while let Some(event) = self.live.try_event() {
                if let Event::ModelsReady(models) = &event {
                    self.models = Some(models.clone());
                }
                self.events.push(event);
            }
            if let Some(found) = found(self) {
                return found;
            }
            assert!(Instant::now() < patience, "in vain: {what}; {:?}", self.events);
            self.live.wait(Duration::from_millis(50));
        }
    }

    /// What is applied after a wish, and why it is another one.
    fn apply(
        &mut self,
        baseline: Option<Arc<Baseline>>,
    ) -> (Option<Arc<Baseline>>, Option<String>) {
        self.events.clear();
        assert!(self.live.set_baseline(baseline));
        self.wait("word of the baseline", |workers| {
            workers.events.iter().find_map(|event| match event {
                Event::BaselineChanged { baseline, trouble } => {
                    Some((baseline.clone(), trouble.clone()))
                }
                _ => None,
            })
        })
    }
}

#[test]
fn the_demo_is_gathered_applied_and_kept_while_a_session_is_recorded() {
    let home = tempfile::tempdir().unwrap();
    let mut live = Live::start(LiveOptions::default(), Arc::new(|| ()), Box::new(drop));
    live.open(&SourceSpec::Demo { people: 1 });
    let mut workers = Workers { live, models: None, events: Vec::new() };
    let models = workers.wait("the models", |workers| workers.models.clone());
    let rest = models.rest.clone().expect("the built-in model knows neutral");
    // The first moments of the demo are neutral.
    let mut gathering = Gathering::new(rest, Duration::from_millis(3200));
    let gathered = workers.wait("a face at rest", |workers| {
        while let Some(seen) = workers.live.try_observation() {
            gathering.offer(&seen.observation);
        }
        gathering.is_done().then(|| gathering.clone())
    });
    let made = Made {
        profile: "demo".into(),
        utc: "2026-01-02T03:04:05Z".into(),
        model: models.emotion_model.clone(),
        model_sha256: models.emotion_sha256.clone(),
    };
    // Whether its face rests depends on where in its round it is by now; a refusal says so.
    let found = gathered.end(models.labels.names(), made);
    if let Ok(found) = &found {
        assert!(found.fits(&models.emotion_sha256) && found.offset.iter().all(|o| *o <= 0.0));
    }
    let me = Arc::new(kept(home.path(), "me", None).load("me").unwrap());
    let other = Arc::new(kept(home.path(), "other", Some("00")).load("other").unwrap());
    assert_eq!(workers.apply(Some(Arc::clone(&me))), (Some(Arc::clone(&me)), None));
    let (applied, trouble) = workers.apply(Some(other));
    assert!(applied.is_none() && trouble.unwrap().contains("was made with"));
    assert_eq!(workers.apply(Some(Arc::clone(&me))), (Some(Arc::clone(&me)), None));

    let request = RecordingRequest {
        sessions_dir: home.path().join("sessions"),
        meta: SessionMeta::default(),
        lock: None,
    };
    workers.live.start_recording(request);
    workers.wait("a recording", |workers| {
        let started = |event: &Event| matches!(event, Event::RecordingStarted { .. });
        workers.events.iter().any(started).then_some(())
    });
    let (applied, trouble) = workers.apply(None);
    assert!(applied.as_ref() == Some(&me) && trouble.unwrap().contains("A recording keeps"));
    workers.live.stop_recording();
    let folder = workers.wait("its end", |workers| {
        workers.events.iter().find_map(|event| match event {
            Event::RecordingFinished { folder, .. } => Some(folder.clone()),
            _ => None,
        })
    });
    let record = Session::open(&folder).unwrap().record().clone();
    assert_eq!(record.baseline.map(|baseline| baseline.offset), Some(me.offset.clone()));
    assert_eq!(workers.apply(None), (None, None));
    assert!(workers.live.shutdown(Instant::now() + Duration::from_secs(20)).0);
}
