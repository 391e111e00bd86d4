//! Files that are damaged or made to harm: each is refused in words within two seconds, and the
//! program goes on.

use std::time::{Duration, Instant};

use mien::model::EmotionModel;
use mien::model::check::check;
use mien::runtime::live::{Event, Live, LiveOptions};
use prost::Message;
use tract_onnx::pb::tensor_proto::DataLocation;
use tract_onnx::pb::{ModelProto, StringStringEntryProto, TensorProto};

use super::nets::{FLOAT, Net, PLAIN, ints, node, sizes, tensor};
use super::write_model;

const PATIENCE: Duration = Duration::from_secs(2);

/// A file and the words that its refusal must have.
struct Case {
    name: &'static str,
    card: String,
    onnx: Vec<u8>,
    words: &'static [&'static str],
}

fn file(name: &'static str, onnx: Vec<u8>, words: &'static [&'static str]) -> Case {
    Case { name, card: PLAIN.card(), onnx, words }
}

/// The plain network, spoilt.
fn spoilt(
    name: &'static str,
    words: &'static [&'static str],
    spoil: impl FnOnce(&mut ModelProto),
) -> Case {
    let mut model = PLAIN.model();
    spoil(&mut model);
    file(name, model.encode_to_vec(), words)
}

/// The plain network with another card.
fn carded(name: &'static str, from: &str, to: &str, words: &'static [&'static str]) -> Case {
    let card = PLAIN.card();
    assert!(card.contains(from), "{from}");
    Case { name, card: card.replace(from, to), onnx: PLAIN.onnx(), words }
}

fn graph(model: &mut ModelProto) -> &mut tract_onnx::pb::GraphProto {
    model.graph.as_mut().unwrap()
}

/// The weights lie in another file.
fn external(location: &str) -> impl FnOnce(&mut ModelProto) {
    let location = location.to_owned();
    move |model| {
        let weights = &mut graph(model).initializer[0];
        weights.float_data.clear();
        weights.data_location = Some(DataLocation::External as i32);
        weights.external_data =
            vec![StringStringEntryProto { key: "location".into(), value: location }];
    }
}

/// A network that first makes a tensor of these sides out of nothing.
fn blown_up(sides: &'static [i64]) -> impl FnOnce(&mut ModelProto) {
    move |model| {
        let graph = graph(model);
        graph.initializer.push(sizes("sides", sides));
        graph.node.insert(0, node("ConstantOfShape", &["sides"], "huge", vec![]));
        graph.node.insert(1, node("ReduceSum", &["huge"], "sum", vec![]));
        graph.node.insert(2, node("Add", &["picture", "sum"], "brighter", vec![]));
        graph.node[3].input[0] = "brighter".into();
    }
}

/// A network that first puts the axes of the picture into this order.
fn turned(axes: &'static [i64]) -> impl FnOnce(&mut ModelProto) {
    move |model| {
        let graph = graph(model);
        graph.node.insert(0, node("Transpose", &["picture"], "turned", vec![ints("perm", axes)]));
        graph.node[1].input[0] = "turned".into();
    }
}

fn cases() -> Vec<Case> {
    let whole = PLAIN.onnx();
    let mut lfs = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n".to_vec();
    lfs.truncate(130);
    let noise: Vec<u8> =
        (0..4000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    vec![
        file("empty", Vec::new(), &["empty"]),
        file("a text", b"This is a model, believe me.\n".repeat(40), &["no ONNX model"]),
        file("a pointer of Git LFS", lfs, &["Git LFS"]),
        file("noise", noise, &["no ONNX model"]),
        file("cut in half", whole[..whole.len() / 2].to_vec(), &["cut short or damaged"]),
        file("without its last byte", whole[..whole.len() - 1].to_vec(), &["cut short or damaged"]),
        spoilt("no network", &["holds no network"], |model| model.graph = None),
        spoilt("opset 1", &["operator set 1;"], |model| model.opset_import[0].version = 1),
        spoilt("opset 99", &["operator set 99;"], |model| model.opset_import[0].version = 99),
        spoilt("no opset", &["operator set 0;"], |model| model.opset_import.clear()),
        spoilt("2 GB claimed in 1 kB", &["claims 536870912 numbers", "holds 64"], |model| {
            let mut raw = tensor("weights", &[1 << 29], vec![]);
            raw.raw_data = vec![0; 256];
            graph(model).initializer[0] = raw;
        }),
        spoilt("more than there is memory", &["impossible sides"], |model| {
            graph(model).initializer[0].dims = vec![i64::MAX, i64::MAX];
        }),
        spoilt("an axis named twice", &["each axis once"], turned(&[0, 2, 2, 1])),
        spoilt("an axis that is not there", &["each axis once"], turned(&[1, 2, 3, 1 << 40])),
        spoilt("negative sides", &["impossible sides"], |model| {
            graph(model).initializer[0].dims = vec![-1, 4];
        }),
        spoilt("half a number", &["claims"], |model| {
            let weights = &mut graph(model).initializer[0];
            weights.float_data.clear();
            weights.raw_data = vec![0; 15];
        }),
        spoilt("weights of unknown type", &["can't be read"], |model| {
            graph(model).initializer[0].data_type = 4711;
        }),
        spoilt("a constant that claims more", &["claims"], |model| {
            let graph = graph(model);
            let biases = TensorProto { dims: vec![1 << 40], ..graph.initializer.remove(1) };
            let mut constant = node("Constant", &[], "biases", vec![ints("value", &[])]);
            constant.attribute[0].t = Some(biases);
            graph.node.insert(0, constant);
        }),
        spoilt("weights elsewhere", &["outside this file", "weights.bin"], external("weights.bin")),
        spoilt("a way out of the folder", &["outside this file"], external("../../../etc/passwd")),
        spoilt("an absolute path", &["outside this file"], external("/etc/passwd")),
        spoilt("a circle", &["a circle"], |model| {
            graph(model).node[0].input[0] = "scores".into();
        }),
        spoilt("takes itself", &["a circle"], |model| {
            graph(model).node[1].input[0] = "flat".into();
        }),
        spoilt("an input that nothing makes", &["nothing makes"], |model| {
            graph(model).node[0].input[0] = "dream".into();
        }),
        spoilt("an output that nothing makes", &["nothing makes its output"], |model| {
            graph(model).output[0].name = "dream".into();
        }),
        spoilt("made twice", &["made twice"], |model| {
            let again = graph(model).node[0].clone();
            graph(model).node.push(again);
        }),
        spoilt("wrong shapes", &["can't be loaded"], |model| {
            let weights = &mut graph(model).initializer[0];
            weights.dims = vec![2, 2];
        }),
        spoilt("an operator nobody knows", &["can't be loaded", "Teleport"], |model| {
            graph(model).node[0].op_type = "Teleport".into();
        }),
        spoilt("a loop", &["loop or a branch"], |model| {
            let body = graph(model).clone();
            let mut forever = node("Loop", &["picture"], "spun", vec![ints("body", &[])]);
            forever.attribute[0].g = Some(body);
            graph(model).node.push(forever);
        }),
        spoilt("a tensor out of nothing", &["too large"], blown_up(&[1 << 20, 1 << 20])),
        spoilt("a range without end", &["too large"], |model| {
            let graph = graph(model);
            for (name, number) in [("start", 0.0), ("limit", 1.0), ("delta", 1e-12)] {
                graph.initializer.push(tensor(name, &[], vec![number]));
            }
            graph.node.insert(0, node("Range", &["start", "limit", "delta"], "many", vec![]));
        }),
        spoilt("laid out as tiles, twice", &["more than 1 GB"], |model| {
            let graph = graph(model);
            graph.initializer.push(sizes("times", &[1, 1, 256, 256]));
            graph.node.insert(0, node("Tile", &["picture", "times"], "large", vec![]));
            graph.node.insert(1, node("Tile", &["large", "times"], "huge", vec![]));
            graph.node[2].input[0] = "huge".into();
        }),
        spoilt("enlarged beyond memory", &["too large"], |model| {
            let graph = graph(model);
            let scales = tensor("scales", &[4], vec![1.0, 1.0, 30_000.0, 30_000.0]);
            graph.initializer.push(scales);
            graph.node.insert(0, node("Resize", &["picture", "", "scales"], "large", vec![]));
            graph.node[1].input[0] = "large".into();
        }),
        spoilt("a margin beyond memory", &["more than 1 GB"], |model| {
            let graph = graph(model);
            let pads = ints("pads", &[0, 0, 1 << 40, 1 << 40]);
            let pool =
                node("MaxPool", &["picture"], "padded", vec![ints("kernel_shape", &[1, 1]), pads]);
            graph.node.insert(0, pool);
            graph.node[1].input[0] = "padded".into();
        }),
        spoilt("thousands of operators", &["operators; at most"], |model| {
            let graph = graph(model);
            for i in 0..6000 {
                let from = if i == 0 { "picture".to_owned() } else { format!("r{}", i - 1) };
                graph.node.push(node("Relu", &[&from], &format!("r{i}"), vec![]));
            }
        }),
        spoilt("two pictures", &["2 inputs (picture, other)"], |model| {
            let mut other = graph(model).input[0].clone();
            other.name = "other".into();
            graph(model).input.push(other);
        }),
        spoilt("whole numbers", &["not float32"], |model| {
            let kind = graph(model).input[0].r#type.as_mut().unwrap();
            let Some(tract_onnx::pb::type_proto::Value::TensorType(tensor)) = &mut kind.value
            else {
                panic!("the input is a tensor");
            };
            tensor.elem_type = 2;
        }),
        spoilt("answers that are no numbers", &["no number"], |model| {
            graph(model).initializer[1] = tensor("biases", &[4], vec![f32::NAN; 4]);
        }),
        spoilt("answers without bounds", &["no number"], |model| {
            graph(model).initializer[0] = tensor("weights", &[1, 4], vec![f32::INFINITY; 4]);
        }),
        carded("a label too many", "\"a\", ", "\"a\", \"e\", ", &["5 labels", "4 outputs"]),
        carded("a label too few", "\"a\", ", "", &["3 labels", "4 outputs"]),
        carded("another size", "width = 16", "width = 32", &["1x1x20x16", "1x1x20x32"]),
        carded("the other layout", "nchw", "nhwc", &["1x1x20x16", "1x20x16x1"]),
        carded("colour", "grey", "rgb", &["1x1x20x16", "1x3x20x16"]),
        carded(
            "an output that is not there",
            "[output]\n",
            "[output]\nname = \"x\"\n",
            &["\u{201c}x\u{201d}", "scores"],
        ),
        carded("called softmax", "\"logits\"", "\"softmax\"", &["softmax", "sum"]),
        Case {
            name: "called logits",
            card: Net { softmax: true, ..PLAIN }.card().replace("\"softmax\"", "\"logits\""),
            onnx: Net { softmax: true, ..PLAIN }.onnx(),
            words: &["logits", "probabilities"],
        },
        carded("a file elsewhere", "\"model.onnx\"", "\"../../secret.onnx\"", &["beside the card"]),
    ]
}

#[test]
fn each_is_refused_in_words_at_once() {
    let cases = cases();
    assert!(cases.len() >= 40, "{}", cases.len());
    let mut wrong = Vec::new();
    for Case { name, card, onnx, words } in cases {
        let dir = tempfile::tempdir().unwrap();
        write_model(dir.path(), &card, &onnx);
        let began = Instant::now();
        let error = EmotionModel::from_dir(dir.path()).err();
        let taken = began.elapsed();
        let Some(error) = error else {
            wrong.push(format!("{name}: it loads"));
            continue;
        };
        let text = error.to_string();
        if let Some(missing) = words.iter().find(|words| !text.contains(**words)) {
            wrong.push(format!("{name}: does not say {missing}: {text}"));
        }
        if text.len() > 700 || text.contains("panicked") || error.advice().is_empty() {
            wrong.push(format!("{name}: no words for people: {text}"));
        }
        if taken > PATIENCE {
            wrong.push(format!("{name}: took {taken:?}"));
        }
        // The longer explanation finds it as well, and ends.
        let began = Instant::now();
        let problems = check(dir.path()).problems;
        if problems.is_empty() || began.elapsed() > PATIENCE {
            wrong.push(format!("{name}: checked in {:?}: {problems:?}", began.elapsed()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn all_that_is_wrong_is_explained_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let card = PLAIN
        .card()
        .replace("width = 16", "width = 48")
        .replace("layout = \"nchw\"", "layout = \"nhwc\"")
        .replace("\"a\", ", "")
        .replace("\"logits\"", "\"softmax\"")
        .replace("file = ", "sha256 = \"00\"\nfile = ");
    write_model(dir.path(), &card, &PLAIN.onnx());
    let problems = check(dir.path()).problems;
    let said =
        |words: &str| problems.iter().any(|p| p.what.contains(words) || p.fix.contains(words));
    for words in ["sha256", "1x1x20x16", "nchw", "width 16", "3 labels", "softmax"] {
        assert!(said(words), "{words}: {problems:#?}");
    }
    assert_eq!(problems.len(), 4, "{problems:#?}");
}

/// A card that is wrong in itself is compared with its file all the same.
#[test]
fn mistakes_of_the_card_hide_none_of_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let card = PLAIN
        .card()
        .replace("layout = \"nchw\"", "layout = \"nhwc\"")
        .replace("margin = 1.0", "margin = 9.0")
        .replace("weights = \"none\"", "")
        .replace("\"a\", ", "")
        .replace("\"logits\"", "\"softmax\"");
    write_model(dir.path(), &card, &PLAIN.onnx());
    let problems = check(dir.path()).problems;
    for words in ["margin", "licence", "1x1x20x16", "3 labels", "softmax"] {
        assert!(problems.iter().any(|p| p.what.contains(words)), "{words}: {problems:#?}");
    }
    assert_eq!(problems.len(), 5, "{problems:#?}");
}

/// Whatever byte is wrong, loading ends soon, in a model or in words.
#[test]
fn a_wrong_byte_anywhere_harms_nobody() {
    let (card, whole) = (PLAIN.card(), PLAIN.onnx());
    let dir = tempfile::tempdir().unwrap();
    let mut refused = 0;
    for position in 0..whole.len() {
        let mut onnx = whole.clone();
        onnx[position] ^= [0x01, 0x08, 0x80, 0xff][position % 4];
        write_model(dir.path(), &card, &onnx);
        let began = Instant::now();
        if let Err(error) = EmotionModel::from_dir(dir.path()) {
            refused += 1;
            assert!(error.to_string().len() > 40, "byte {position}: {error}");
        }
        assert!(began.elapsed() < PATIENCE, "byte {position}: {:?}", began.elapsed());
    }
    assert!(refused * 3 > whole.len(), "of {} only {refused} were refused", whole.len());
}

/// A folder whose model is a device or a folder is refused, not read for ever.
#[cfg(unix)]
#[test]
fn what_is_no_file_is_not_read() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("card.toml"), PLAIN.card()).unwrap();
    std::os::unix::fs::symlink("/dev/zero", dir.path().join("model.onnx")).unwrap();
    let began = Instant::now();
    let error = EmotionModel::from_dir(dir.path()).err().unwrap().to_string();
    assert!(error.contains("no file") && began.elapsed() < PATIENCE, "{error}");
}

/// The workers of the window say what is wrong and can be stopped.
#[test]
fn the_workers_survive_a_hostile_model() {
    for case in ["2 GB claimed in 1 kB", "a circle", "answers that are no numbers", "empty"] {
        let Case { card, onnx, .. } = cases().into_iter().find(|c| c.name == case).unwrap();
        let dir = tempfile::tempdir().unwrap();
        write_model(dir.path(), &card, &onnx);
        let options = LiveOptions { model_dir: Some(dir.path().into()), ..LiveOptions::default() };
        let live = Live::start(options, std::sync::Arc::new(|| ()), Box::new(drop));
        let began = Instant::now();
        let message = loop {
            live.wait(Duration::from_millis(50));
            match live.try_event() {
                Some(Event::ModelsFailed { message }) => break message,
                Some(event) => panic!("{case}: {event:?}"),
                None => assert!(began.elapsed() < PATIENCE, "{case}: nothing is said"),
            }
        };
        assert!(message.contains("mien models check"), "{case}: {message}");
        let (ended, _) = live.shutdown(Instant::now() + PATIENCE);
        assert!(ended, "{case}: the workers do not end");
    }
}

#[test]
fn the_plain_network_itself_is_sound() {
    let dir = tempfile::tempdir().unwrap();
    write_model(dir.path(), &PLAIN.card(), &PLAIN.onnx());
    assert!(EmotionModel::from_dir(dir.path()).is_ok());
    assert_eq!(graph(&mut PLAIN.model()).initializer[0].data_type, FLOAT);
}
