//! `mien models check`: everything that is wrong, or the model at work on a drawn head.

use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use super::size;
use crate::cli::{EXIT_FAILED, EXIT_OK};
use crate::evaluate::grouped;
use crate::frame::{Frame, RunId};
use crate::model::check::{Check, check};
use crate::model::{Card, DetectorModel, EmotionModel};
use crate::source::demo::{Emotion, GroundTruth, Still, still_frame};
use crate::vision::align::{align, crop_from_frame};
use crate::vision::classify::EmotionClassifier;
use crate::vision::detect::FaceDetector;

/// What the drawing vouches for.
const SHOWN: [Emotion; 4] =
    [Emotion::Neutral, Emotion::Happiness, Emotion::Surprise, Emotion::Sadness];

/// The time is the median of so many runs.
const RUNS: usize = 5;

pub fn run(dir: &Path, json: bool) -> u8 {
    let check = check(dir);
    let trial = match (&check.card, check.problems.is_empty()) {
        (Some(Card::Emotion(_)), true) => Some(read_faces(dir)),
        (Some(Card::Detector(_)), true) => Some(find_faces(dir)),
        _ => None,
    };
    let failed = !check.problems.is_empty() || matches!(trial, Some(Err(_)));
    // Whoever closed the pipe has seen enough.
    let _ = if json { print_json(dir, &check, &trial) } else { print(dir, &check, &trial) };
    if failed { EXIT_FAILED } else { EXIT_OK }
}

/// A model at work.
struct Trial {
    /// What it said of each drawing.
    readings: Vec<Reading>,
    /// For one picture, or one face.
    time: Duration,
    /// What looks wrong.
    doubt: Option<String>,
}

struct Reading {
    drawn: &'static str,
    said: String,
    /// 0..=1.
    share: f32,
}

fn drawn(emotion: Emotion) -> (Frame, GroundTruth) {
    still_frame(&Still::of(emotion), 1, RunId(0))
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// Reads drawn expressions, found by the built-in detector.
fn read_faces(dir: &Path) -> Result<Trial, String> {
    let mut detector = FaceDetector::new(DetectorModel::builtin().map_err(|e| e.to_string())?);
    let classifier =
        EmotionClassifier::new(EmotionModel::from_dir(dir).map_err(|e| e.to_string())?);
    let (framing, input) = {
        let card = &classifier.model().card;
        (card.framing.clone(), card.input.clone())
    };
    let mut readings = Vec::new();
    let mut times = Vec::new();
    for emotion in SHOWN {
        let (frame, _) = drawn(emotion);
        let found = detector.detect(&frame).map_err(|error| error.to_string())?;
        let crop = found
            .first()
            .and_then(|face| align(&frame, crop_from_frame(face, &framing, &input)?, &input));
        let crop = crop.ok_or("the built-in detector did not find the drawn face")?;
        for _ in 0..RUNS {
            let began = Instant::now();
            classifier.posterior(&crop).map_err(|error| error.to_string())?;
            times.push(began.elapsed());
        }
        let posterior = classifier.posterior(&crop).map_err(|error| error.to_string())?;
        let (top, share) = posterior.top();
        let said = classifier.labels().name(top).to_owned();
        readings.push(Reading { drawn: emotion.name(), said, share });
    }
    let has = |name: &str| classifier.labels().names().iter().any(|label| label == name);
    let right = readings.iter().filter(|reading| reading.drawn == reading.said).count();
    let asked = SHOWN.iter().filter(|emotion| has(emotion.name())).count();
    let doubt = (asked > 0 && right * 2 < asked).then(|| {
        format!(
            "of {asked} drawn expressions that it has a class for, it reads {right} as meant. If \
             real faces are read wrong as well, compare the order of labels, the normalisation and \
             the framing with those of its training"
        )
    });
    Ok(Trial { readings, time: median(times), doubt })
}

/// Finds the drawn head.
fn find_faces(dir: &Path) -> Result<Trial, String> {
    let mut detector = FaceDetector::new(DetectorModel::from_dir(dir).map_err(|e| e.to_string())?);
    let (frame, truth) = drawn(Emotion::Neutral);
    let mut times = Vec::new();
    let mut found = Vec::new();
    for _ in 0..RUNS {
        let began = Instant::now();
        found = detector.detect(&frame).map_err(|error| error.to_string())?;
        times.push(began.elapsed());
    }
    let truth = truth.people.first().map(|person| person.bbox);
    let overlap = found.first().zip(truth).map_or(0.0, |(face, truth)| face.bbox.iou(&truth));
    let said = format!("{} found", found.len());
    let doubt = (found.len() != 1 || overlap < 0.5).then(|| {
        format!(
            "in a drawing of one head it finds {} faces, and the strongest covers it by {:.0} %",
            found.len(),
            overlap * 100.0
        )
    });
    let share = found.first().map_or(0.0, |face| face.score);
    let readings = vec![Reading { drawn: "one head", said, share }];
    Ok(Trial { readings, time: median(times), doubt })
}

fn print(dir: &Path, check: &Check, trial: &Option<Result<Trial, String>>) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match check.card.as_ref().map_or("", Card::name) {
        "" => writeln!(out, "{}", dir.display())?,
        name => writeln!(out, "{name}  ({})", dir.display())?,
    }
    if let (Some(facts), Some(card)) = (&check.facts, &check.card) {
        let bytes = std::fs::metadata(dir.join(card.file())).map_or(0, |file| file.len());
        writeln!(
            out,
            "    file     {}, {}, operator set {}, {} parameters, made by {}",
            card.file(),
            size(bytes),
            facts.opset,
            grouped(facts.parameters),
            if facts.producer.is_empty() { "an unnamed program" } else { &facts.producer },
        )?;
    }
    if let Some(facts) = &check.facts {
        for input in &facts.inputs {
            writeln!(out, "    input    {input}")?;
        }
        for output in facts.outputs.iter().take(12) {
            writeln!(out, "    output   {output}")?;
        }
    }
    if let Some(sum) = &check.sha256 {
        writeln!(out, "    sha256   {sum}")?;
    }
    let mut tell = |mark: &str, what: &str, fix: &str| -> io::Result<()> {
        writeln!(out, "{mark}  {what}")?;
        if fix.is_empty() { Ok(()) } else { writeln!(out, "      {fix}") }
    };
    for finding in &check.problems {
        tell(" x", &finding.what, &finding.fix)?;
    }
    for finding in &check.notes {
        tell(" !", &finding.what, &finding.fix)?;
    }
    match trial {
        None => {
            let count = check.problems.len();
            writeln!(
                out,
                "\n{count} thing(s) to correct, marked with x. It can't be used as it is."
            )
        }
        Some(Err(reason)) => tell(" x", reason, ""),
        Some(Ok(trial)) => {
            for Reading { drawn, said, share } in &trial.readings {
                tell("ok", &format!("drawn {drawn:<10} read as {said}, {share:.2}"), "")?;
            }
            let ms = trial.time.as_secs_f64() * 1000.0;
            tell("ok", &format!("{ms:.1} ms a face (median, one thread)"), "")?;
            if let Some(doubt) = &trial.doubt {
                tell(" !", doubt, "")?;
            }
            writeln!(out, "\nIt loads and runs.")
        }
    }
}

fn print_json(dir: &Path, check: &Check, trial: &Option<Result<Trial, String>>) -> io::Result<()> {
    let tensors = |tensors: &[crate::model::network::TensorFacts]| -> Vec<_> {
        tensors.iter().map(ToString::to_string).collect()
    };
    let trial = trial.as_ref().map(|trial| match trial {
        Err(reason) => serde_json::json!({ "error": reason }),
        Ok(trial) => {
            let readings = trial.readings.iter().map(|reading| {
                serde_json::json!({
                    "drawn": reading.drawn, "read": reading.said, "p": reading.share,
                })
            });
            serde_json::json!({
                "ms": trial.time.as_secs_f64() * 1000.0,
                "readings": readings.collect::<Vec<_>>(),
                "doubt": trial.doubt,
            })
        }
    });
    let object = serde_json::json!({
        "folder": dir,
        "name": check.card.as_ref().map(Card::name),
        "loads": check.problems.is_empty(),
        "sha256": check.sha256,
        "opset": check.facts.as_ref().map(|facts| facts.opset),
        "parameters": check.facts.as_ref().map(|facts| facts.parameters),
        "inputs": check.facts.as_ref().map(|facts| tensors(&facts.inputs)),
        "outputs": check.facts.as_ref().map(|facts| tensors(&facts.outputs)),
        "problems": check.problems,
        "notes": check.notes,
        "trial": trial,
    });
    writeln!(io::stdout().lock(), "{object}")
}
