//! Looks at an ONNX file before the engine does. What is damaged, hostile or beyond a model of one
//! picture is refused in words here: the engine is made for sound files, and a program that runs
//! out of memory or stack can't be saved by catching panics.

use std::collections::{HashMap, HashSet};

use prost::Message;
use tract_onnx::pb::tensor_proto::{DataLocation, DataType};
use tract_onnx::pb::tensor_shape_proto::dimension;
use tract_onnx::pb::{
    GraphProto, ModelProto, NodeProto, TensorProto, TypeProto, ValueInfoProto, type_proto,
};

use crate::model::network::{OnnxFacts, TensorFacts};

/// Operator sets whose meaning the engine knows. It is tested by its makers with 9 to 18; older
/// and newer ones of this range differ in operators that face models hardly use.
const OPSETS: std::ops::RangeInclusive<i64> = 7..=21;

/// The deepest network worth running live has a quarter of this.
const MAX_NODES: usize = 5_000;

/// Numbers in all tensors of a network that runs once: 1 GiB of f32, ten times what large networks
/// for pictures take.
pub const MAX_NUMBERS: u64 = 1 << 28;

/// Numbers in a tensor that is made out of its sides alone: 64 MiB of f32.
const MAX_GROWN: f64 = (1 << 24) as f64;

/// Operators that make much out of little, and which operand says how much.
const GROWING: [(&str, usize); 7] = [
    ("ConstantOfShape", 0),
    ("Expand", 1),
    ("Tile", 1),
    ("Pad", 1),
    ("Upsample", 1),
    ("Resize", 2),
    ("Resize", 3),
];

/// Reads a file that can be handed to the engine.
pub fn read(onnx: &[u8]) -> Result<ModelProto, String> {
    let model = decode(onnx)?;
    match problems(&model).into_iter().next() {
        None => Ok(model),
        Some(first) => Err(first),
    }
}

/// Reads the file, which may still be one that the engine must not see.
pub fn decode(onnx: &[u8]) -> Result<ModelProto, String> {
    if onnx.is_empty() {
        return Err("the file is empty".into());
    }
    if onnx.starts_with(b"version https://git-lfs") {
        return Err(
            "the file is a pointer of Git LFS; fetch the model itself (git lfs pull)".into()
        );
    }
    let model = ModelProto::decode(onnx)
        .map_err(|_| "the file is no ONNX model, or it is cut short or damaged".to_owned())?;
    match &model.graph {
        Some(graph) if !graph.node.is_empty() => Ok(model),
        _ => Err("the file is no ONNX model: it holds no network".into()),
    }
}

/// What the file says of itself.
pub fn facts(model: &ModelProto) -> OnnxFacts {
    let graph = model.graph.as_ref();
    let tensors = graph.map_or(&[][..], |graph| &graph.initializer);
    let weights: HashSet<&str> = tensors.iter().map(|tensor| tensor.name.as_str()).collect();
    let list = |values: &[ValueInfoProto]| values.iter().map(tensor_facts).collect::<Vec<_>>();
    OnnxFacts {
        opset: opset(model),
        producer: format!("{} {}", model.producer_name, model.producer_version).trim().to_owned(),
        parameters: tensors.iter().filter_map(volume).sum(),
        inputs: graph.map_or_else(Vec::new, |graph| {
            let inputs = graph.input.iter();
            inputs
                .filter(|input| !weights.contains(input.name.as_str()))
                .map(tensor_facts)
                .collect()
        }),
        outputs: graph.map_or_else(Vec::new, |graph| list(&graph.output)),
    }
}

/// Everything for which the engine must not see the file.
pub fn problems(model: &ModelProto) -> Vec<String> {
    let mut problems = Vec::new();
    let opset = opset(model);
    if !OPSETS.contains(&opset) {
        problems.push(format!(
            "it is written in operator set {opset}; {} to {} can be read",
            OPSETS.start(),
            OPSETS.end()
        ));
    }
    let Some(graph) = &model.graph else { return problems };
    if graph.node.len() > MAX_NODES {
        problems
            .push(format!("it has {} operators; at most {MAX_NODES} make sense", graph.node.len()));
    }
    let constants = graph.node.iter().flat_map(|node| &node.attribute);
    let constants = constants.flat_map(|attribute| attribute.t.iter().chain(&attribute.tensors));
    problems.extend(graph.initializer.iter().chain(constants).filter_map(tensor_problem));
    if !graph.sparse_initializer.is_empty() {
        problems.push("its weights are sparse tensors, which can't be read".into());
    }
    let has_graph = |node: &&NodeProto| {
        node.attribute.iter().any(|attribute| attribute.g.is_some() || !attribute.graphs.is_empty())
    };
    if let Some(node) = graph.node.iter().find(has_graph) {
        problems.push(format!(
            "it holds a loop or a branch ({}); export it for one picture, without control flow",
            node.op_type
        ));
    }
    problems.extend(order_problem(graph));
    problems.extend(growth_problem(graph));
    problems.extend(axes_problem(graph));
    problems
}

/// Version of the standard operators; 0 if none is named.
fn opset(model: &ModelProto) -> i64 {
    let standard = |domain: &str| domain.is_empty() || domain == "ai.onnx";
    let imports = model.opset_import.iter();
    imports
        .filter(|import| standard(&import.domain))
        .map(|import| import.version)
        .max()
        .unwrap_or(0)
}

fn tensor_facts(value: &ValueInfoProto) -> TensorFacts {
    let tensor = match &value.r#type {
        Some(TypeProto { value: Some(type_proto::Value::TensorType(tensor)), .. }) => Some(tensor),
        _ => None,
    };
    let side = |dim: &tract_onnx::pb::tensor_shape_proto::Dimension| match dim.value {
        Some(dimension::Value::DimValue(n)) => usize::try_from(n).ok(),
        _ => None,
    };
    TensorFacts {
        name: value.name.clone(),
        element: tensor.map_or("no tensor".into(), |tensor| element_name(tensor.elem_type)),
        shape: tensor
            .and_then(|tensor| tensor.shape.as_ref())
            .map(|shape| shape.dim.iter().map(side).collect()),
    }
}

fn element_name(element: i32) -> String {
    DataType::try_from(element).map_or_else(
        |_| format!("type {element}"),
        |known| match known {
            DataType::Float => "float32".into(),
            DataType::Double => "float64".into(),
            other => format!("{other:?}").to_lowercase(),
        },
    )
}

/// Numbers in a tensor as its dimensions claim; `None` if that is absurd.
fn volume(tensor: &TensorProto) -> Option<u64> {
    tensor.dims.iter().try_fold(1u64, |volume, side| volume.checked_mul(u64::try_from(*side).ok()?))
}

/// A tensor must hold exactly what it claims, in this very file.
fn tensor_problem(tensor: &TensorProto) -> Option<String> {
    let name = shown(&tensor.name);
    if tensor.data_location == Some(DataLocation::External as i32)
        || !tensor.external_data.is_empty()
    {
        let location = tensor.external_data.iter().find(|entry| entry.key == "location");
        let location = shown(location.map_or("another file", |entry| &entry.value));
        return Some(format!(
            "weight {name} lies in {location}, outside this file; export it as one file"
        ));
    }
    let Some(volume) = volume(tensor) else {
        return Some(format!("weight {name} has impossible sides {:?}", tensor.dims));
    };
    let bytes = match DataType::try_from(tensor.data_type) {
        Ok(DataType::Float | DataType::Int32 | DataType::Uint32) => 4,
        Ok(DataType::Double | DataType::Int64 | DataType::Uint64) => 8,
        Ok(DataType::Float16 | DataType::Int16 | DataType::Uint16) => 2,
        Ok(DataType::Int8 | DataType::Uint8 | DataType::Bool) => 1,
        _ => {
            let element = element_name(tensor.data_type);
            return Some(format!("weight {name} is of {element}, which can't be read"));
        }
    };
    let held = if tensor.raw_data.is_empty() {
        let lists = [
            tensor.float_data.len(),
            tensor.int32_data.len(),
            tensor.int64_data.len(),
            tensor.double_data.len(),
            tensor.uint64_data.len(),
        ];
        lists.into_iter().max().unwrap_or(0) as u64
    } else {
        tensor.raw_data.len() as u64 / bytes
    };
    let whole = (tensor.raw_data.len() as u64).is_multiple_of(bytes);
    (held != volume || !whole).then(|| {
        format!("weight {name} claims {volume} numbers of {bytes} bytes, but the file holds {held}")
    })
}

/// Each operator takes what was made before it, as the standard demands; nothing is made twice.
fn order_problem(graph: &GraphProto) -> Option<String> {
    let weights = graph.initializer.iter().map(|tensor| tensor.name.as_str());
    let mut made: HashSet<&str> = graph.input.iter().map(|input| input.name.as_str()).collect();
    made.extend(weights);
    for node in &graph.node {
        for input in node.input.iter().filter(|input| !input.is_empty()) {
            if !made.contains(input.as_str()) {
                let later = graph.node.iter().any(|node| node.output.contains(input));
                let why = if later { "is made only later: a circle" } else { "nothing makes" };
                let (op, input) = (shown(&node.op_type), shown(input));
                return Some(format!("operator {op} takes {input}, which {why}"));
            }
        }
        for output in node.output.iter().filter(|output| !output.is_empty()) {
            if !made.insert(output) {
                return Some(format!("{} is made twice", shown(output)));
            }
        }
    }
    let missing = graph.output.iter().find(|output| !made.contains(output.name.as_str()))?;
    Some(format!("nothing makes its output {}", shown(&missing.name)))
}

/// Operators that would blow up a constant into more than a face model can need.
fn growth_problem(graph: &GraphProto) -> Option<String> {
    let constants: HashMap<&str, &TensorProto> = graph
        .initializer
        .iter()
        .map(|tensor| (tensor.name.as_str(), tensor))
        .chain(graph.node.iter().filter(|node| node.op_type == "Constant").filter_map(|node| {
            let value = node.attribute.iter().find_map(|attribute| attribute.t.as_ref())?;
            Some((node.output.first()?.as_str(), value))
        }))
        .collect();
    let value = |node: &NodeProto, operand: usize| {
        node.input.get(operand).and_then(|name| constants.get(name.as_str())).map(|t| numbers(t))
    };
    let grown = |node: &NodeProto| {
        let counted = |sides: Vec<f64>| sides.iter().map(|side| side.abs().max(1.0)).product();
        let operands = GROWING.iter().filter(|(op, _)| *op == node.op_type);
        let by_sides = operands.filter_map(|(_, operand)| value(node, *operand)).map(counted);
        let by_range = if node.op_type == "Range" { range_len(node, &value) } else { None };
        by_sides.chain(by_range).fold(0.0, f64::max)
    };
    let node = graph.node.iter().find(|node| grown(node) > MAX_GROWN)?;
    Some(format!("operator {} would make a tensor too large to handle", shown(&node.op_type)))
}

/// A transposition names each axis once; of one that does not, the engine makes gigabytes.
fn axes_problem(graph: &GraphProto) -> Option<String> {
    let is_order = |axes: &[i64]| {
        let mut sorted = axes.to_vec();
        sorted.sort_unstable();
        sorted.iter().copied().eq(0..axes.len() as i64)
    };
    let wrong = |node: &&NodeProto| {
        let orders = node.attribute.iter().filter(|attribute| attribute.name == "perm");
        node.op_type == "Transpose" && orders.into_iter().any(|order| !is_order(&order.ints))
    };
    let node = graph.node.iter().find(wrong)?;
    Some(format!("operator {} does not name each axis once", shown(&node.op_type)))
}

/// How many numbers an operator Range gives.
fn range_len(
    node: &NodeProto,
    value: &impl Fn(&NodeProto, usize) -> Option<Vec<f64>>,
) -> Option<f64> {
    let number = |operand: usize| value(node, operand)?.first().copied();
    Some(((number(1)? - number(0)?) / number(2)?).abs())
}

/// The values of a small tensor, as far as they say sizes.
fn numbers(tensor: &TensorProto) -> Vec<f64> {
    let raw = &tensor.raw_data;
    match DataType::try_from(tensor.data_type) {
        Ok(DataType::Int64) if raw.is_empty() => {
            tensor.int64_data.iter().map(|n| *n as f64).collect()
        }
        Ok(DataType::Int64) => {
            raw.as_chunks::<8>().0.iter().map(|n| i64::from_le_bytes(*n) as f64).collect()
        }
        Ok(DataType::Float) if raw.is_empty() => {
            tensor.float_data.iter().map(|n| f64::from(*n)).collect()
        }
        Ok(DataType::Float) => {
            raw.as_chunks::<4>().0.iter().map(|n| f64::from(f32::from_le_bytes(*n))).collect()
        }
        _ => tensor.int32_data.iter().map(|n| f64::from(*n)).collect(),
    }
}

/// A name from the file, as it may be printed: short and without control characters.
fn shown(name: &str) -> String {
    let plain = name.chars().map(|c| if c.is_control() { '?' } else { c });
    let short: String = plain.take(60).collect();
    format!("\u{201c}{short}\u{201d}")
}
