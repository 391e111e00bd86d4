//! Every layout that a card can state gives the reading that arithmetic says, and the prepared
//! cards are sound.

use std::path::{Path, PathBuf};

use mien::geom::Similarity;
use mien::model::card::{Card, Framing, OutputKind};
use mien::model::check::check;
use mien::model::{EmotionCard, EmotionModel};
use mien::vision::align::FaceCrop;
use mien::vision::classify::EmotionClassifier;

use super::nets::{Net, PLAIN};
use super::write_model;

/// One colour all over; grey if there is one channel.
const COLOUR: [u8; 3] = [200, 90, 30];

fn crop(width: usize, height: usize, channels: usize) -> FaceCrop {
    let pixels = COLOUR[..channels].iter().copied().cycle().take(width * height * channels);
    let pixels = pixels.collect();
    FaceCrop { width, height, channels, pixels, crop_from_frame: Similarity::IDENTITY }
}

fn softmax(scores: &[f32]) -> Vec<f32> {
    let sum: f32 = scores.iter().map(|score| score.exp()).sum();
    scores.iter().map(|score| score.exp() / sum).collect()
}

/// Loads the network and compares what it reads with arithmetic.
fn reads_right(net: Net, card: &str, order: &[usize]) {
    let dir = tempfile::tempdir().unwrap();
    write_model(dir.path(), card, &net.onnx());
    let model =
        EmotionModel::from_dir(dir.path()).unwrap_or_else(|error| panic!("{net:?}: {error}"));
    assert_eq!(model.card.sha256.len(), 64, "a loaded model always has a checksum");
    let found = check(dir.path());
    assert_eq!(found.problems, [], "{net:?}");
    let classifier = EmotionClassifier::new(model);
    let crop = crop(net.width as usize, net.height as usize, net.channels);
    let posterior = classifier.posterior(&crop).unwrap();
    let means: Vec<f32> =
        order.iter().map(|c| (f32::from(COLOUR[*c]) / 255.0 - 0.5) / 0.5).collect();
    let expected = softmax(&net.scores(&means));
    for (read, expected) in posterior.as_slice().iter().zip(&expected) {
        assert!((read - expected).abs() < 1e-4, "{net:?}: {posterior:?}, not {expected:?}");
    }
}

#[test]
fn batch_layout_colour_and_softmax_all_read_as_arithmetic_says() {
    let mut count = 0;
    for nhwc in [false, true] {
        for batch in [Some(1), None] {
            for (channels, order) in [(1, &[0][..]), (3, &[0, 1, 2])] {
                for softmax in [false, true] {
                    let net = Net { nhwc, batch, channels, softmax, ..PLAIN };
                    reads_right(net, &net.card(), order);
                    count += 1;
                }
            }
        }
    }
    assert_eq!(count, 16);
}

#[test]
fn blue_comes_first_where_the_card_says_so() {
    for nhwc in [false, true] {
        let net = Net { channels: 3, nhwc, ..PLAIN };
        reads_right(net, &net.card().replace("\"rgb\"", "\"bgr\""), &[2, 1, 0]);
    }
}

#[test]
fn of_several_outputs_the_one_named_is_read() {
    let net = Net { two_outputs: true, ..PLAIN };
    reads_right(net, &net.card(), &[0]);
    let dir = tempfile::tempdir().unwrap();
    write_model(dir.path(), &net.card().replace("name = \"scores\"\n", ""), &net.onnx());
    let error = EmotionModel::from_dir(dir.path()).err().unwrap().to_string();
    assert!(error.contains("scores, flat") && error.contains("output.name"), "{error}");
}

#[test]
fn two_classes_or_thirty_are_as_good_as_eight() {
    for classes in [2, 7, 30] {
        let net = Net { classes, ..PLAIN };
        reads_right(net, &net.card(), &[0]);
    }
}

fn prepared() -> Vec<PathBuf> {
    let layouts = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/layouts");
    let mut dirs: Vec<_> = std::fs::read_dir(layouts)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    dirs.sort();
    assert_eq!(dirs.len(), 6, "{dirs:?}");
    dirs
}

#[test]
fn prepared_cards_lack_nothing_but_the_file() {
    for dir in prepared() {
        let found = check(&dir);
        let [only] = &found.problems[..] else { panic!("{}: {found:#?}", dir.display()) };
        assert!(only.what.contains("model.onnx"), "{only:?}");
        assert_eq!(found.notes, [], "{}", dir.display());
        let card = found.card.expect("the card is sound");
        assert_eq!(Some(card.name()), dir.file_name().and_then(|name| name.to_str()));
        assert!(card.source().is_some() && !card.limits().is_empty(), "{}", card.name());
    }
}

/// Labels of prepared cards are Mien's nouns, so that colours, words and reports agree.
#[test]
fn prepared_cards_use_the_nouns_of_the_program() {
    let nouns = mien::source::demo::Emotion::ALL.map(|emotion| emotion.name());
    for dir in prepared() {
        let card = EmotionCard::parse(&std::fs::read_to_string(dir.join("card.toml")).unwrap());
        let card = card.unwrap();
        let labels = card.labels();
        assert!(labels.names().iter().all(|label| nouns.contains(&label.as_str())), "{labels:?}");
        let affect = card.affect.expect("valence and arousal are mapped");
        let shipped = EmotionModel::builtin().unwrap().card;
        let shipped_affect = shipped.affect.clone().unwrap();
        for (label, (valence, arousal)) in
            labels.names().iter().zip(affect.valence.iter().zip(&affect.arousal))
        {
            let same = shipped.labels().names().iter().position(|name| name == label).unwrap();
            assert_eq!(*valence, shipped_affect.valence[same], "{}: {label}", card.name);
            assert_eq!(*arousal, shipped_affect.arousal[same], "{}: {label}", card.name);
        }
        if let Framing::Landmarks { template } = card.framing {
            let inside = |[x, y]: [f32; 2]| {
                (0.0..card.input.width as f32).contains(&x)
                    && (0.0..card.input.height as f32).contains(&y)
            };
            assert!(template.into_iter().all(inside), "{}", card.name);
        }
    }
}

/// A network of the very layout that each card states loads beside it and runs.
#[test]
fn a_network_of_each_prepared_layout_loads_and_runs() {
    for dir in prepared() {
        let text = std::fs::read_to_string(dir.join("card.toml")).unwrap();
        let Ok(Card::Emotion(card)) = Card::parse(&text) else { panic!("{}", dir.display()) };
        let net = Net {
            nhwc: card.input.shape()[3] == card.input.channels.count(),
            batch: None,
            width: card.input.width as i64,
            height: card.input.height as i64,
            channels: card.input.channels.count(),
            classes: card.labels().len(),
            softmax: card.output.kind == OutputKind::Softmax,
            two_outputs: false,
        };
        let mut model = net.model();
        if let (Some(name), Some(graph)) = (&card.output.name, &mut model.graph) {
            graph.output[0].name.clone_from(name);
            for node in &mut graph.node {
                node.output.iter_mut().filter(|output| *output == "scores").for_each(|output| {
                    output.clone_from(name);
                });
            }
        }
        let work = tempfile::tempdir().unwrap();
        write_model(work.path(), &text, &prost::Message::encode_to_vec(&model));
        let classifier = EmotionClassifier::new(EmotionModel::from_dir(work.path()).unwrap());
        let input = &card.input;
        let crop = crop(input.width, input.height, input.channels.count());
        let posterior = classifier.posterior(&crop).unwrap();
        assert_eq!(posterior.as_slice().len(), card.labels().len());
    }
}
