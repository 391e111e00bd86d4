//! Writes an ONNX file whose last layer is another one.

use std::collections::HashSet;

use prost::Message;
use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::tensor_shape_proto::{Dimension, dimension};
use tract_onnx::pb::{
    AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto, TensorShapeProto, TypeProto,
    ValueInfoProto, attribute_proto::AttributeType, type_proto,
};

use crate::model::network::{HeadLayer, NetworkError};

/// A linear layer on the output `embedding` of the network in `onnx`, in place of whatever used it
/// before. Answers with the new file and the name of its new output; the embedding stays an output.
pub fn rehead(
    onnx: &[u8],
    embedding: &str,
    head: &HeadLayer<'_>,
) -> Result<(Vec<u8>, String), NetworkError> {
    let refused = |reason: &str| NetworkError::Load { reason: reason.to_owned() };
    let mut model = ModelProto::decode(onnx).map_err(|_| refused("the file is no ONNX model"))?;
    let graph = model.graph.as_mut().ok_or_else(|| refused("the file holds no network"))?;
    if graph.node.iter().any(has_subgraph) {
        return Err(refused("it holds a loop or a branch, so its last layer can't be replaced"));
    }
    let Some(info) = graph.output.iter().find(|output| output.name == embedding).cloned() else {
        let existing: Vec<_> = graph.output.iter().map(|output| output.name.as_str()).collect();
        let existing = existing.join(", ");
        return Err(NetworkError::NoSuchOutput { name: embedding.to_owned(), existing });
    };
    prune(graph, embedding);
    let free = |wanted: &str| free_name(graph, wanted);
    let names = Names {
        flat: free("taught.flat"),
        weight: free("taught.weight"),
        bias: free("taught.bias"),
        output: free("logits"),
    };
    let output = names.output.clone();
    append(graph, &info, head, names);
    model.producer_name = "mien".to_owned();
    model.producer_version = env!("CARGO_PKG_VERSION").to_owned();
    model.doc_string.clear();
    // Written about the network that was taken apart.
    model.training_info.clear();
    model.metadata_props.clear();
    Ok((model.encode_to_vec(), output))
}

fn has_subgraph(node: &NodeProto) -> bool {
    node.attribute.iter().any(|attribute| attribute.g.is_some() || !attribute.graphs.is_empty())
}

/// Keeps what `embedding` is made from, and nothing else.
fn prune(graph: &mut GraphProto, embedding: &str) {
    let mut needed: HashSet<String> = HashSet::from([embedding.to_owned()]);
    // Nodes come in the order of use, so one look from the end finds all.
    let mut kept: Vec<bool> = Vec::with_capacity(graph.node.len());
    for node in graph.node.iter().rev() {
        let keep = node.output.iter().any(|output| needed.contains(output));
        if keep {
            needed.extend(node.input.iter().filter(|input| !input.is_empty()).cloned());
        }
        kept.push(keep);
    }
    kept.reverse();
    let mut kept = kept.into_iter();
    graph.node.retain(|_| kept.next().unwrap_or(false));
    let made: HashSet<&String> = graph.node.iter().flat_map(|node| &node.output).collect();
    graph.value_info.retain(|info| made.contains(&info.name));
    graph.initializer.retain(|tensor| needed.contains(&tensor.name));
    graph.sparse_initializer.retain(|tensor| {
        tensor.values.as_ref().is_some_and(|values| needed.contains(&values.name))
    });
    graph.quantization_annotation.clear();
}

fn free_name(graph: &GraphProto, wanted: &str) -> String {
    let taken: HashSet<&str> = graph
        .node
        .iter()
        .flat_map(|node| node.input.iter().chain(&node.output))
        .chain(graph.initializer.iter().map(|tensor| &tensor.name))
        .chain(graph.input.iter().map(|input| &input.name))
        .map(String::as_str)
        .collect();
    let mut name = wanted.to_owned();
    while taken.contains(name.as_str()) {
        name.push('_');
    }
    name
}

struct Names {
    flat: String,
    weight: String,
    bias: String,
    output: String,
}

fn append(graph: &mut GraphProto, embedding: &ValueInfoProto, head: &HeadLayer<'_>, names: Names) {
    let classes = head.bias.len();
    let int = |name: &str, value: i64| AttributeProto {
        name: name.to_owned(),
        r#type: AttributeType::Int as i32,
        i: value,
        ..AttributeProto::default()
    };
    // A matrix multiplication wants two axes; an embedding may still have those of its picture.
    graph.node.push(NodeProto {
        name: names.flat.clone(),
        op_type: "Flatten".to_owned(),
        input: vec![embedding.name.clone()],
        output: vec![names.flat.clone()],
        attribute: vec![int("axis", 1)],
        ..NodeProto::default()
    });
    graph.node.push(NodeProto {
        name: names.output.clone(),
        op_type: "Gemm".to_owned(),
        input: vec![names.flat, names.weight.clone(), names.bias.clone()],
        output: vec![names.output.clone()],
        attribute: vec![int("transB", 1)],
        ..NodeProto::default()
    });
    let tensor = |name: String, dims: &[usize], values: &[f32]| TensorProto {
        name,
        dims: dims.iter().map(|side| *side as i64).collect(),
        data_type: DataType::Float as i32,
        raw_data: values.iter().flat_map(|value| value.to_le_bytes()).collect(),
        ..TensorProto::default()
    };
    let dim = head.weights.len() / classes.max(1);
    graph.initializer.push(tensor(names.weight, &[classes, dim], head.weights));
    graph.initializer.push(tensor(names.bias, &[classes], head.bias));
    let batch = first_side(embedding).unwrap_or(dimension::Value::DimValue(1));
    let side = |value| Dimension { denotation: String::new(), value: Some(value) };
    let shape = TensorShapeProto {
        dim: vec![side(batch), side(dimension::Value::DimValue(classes as i64))],
    };
    let tensor_type = type_proto::Tensor { elem_type: DataType::Float as i32, shape: Some(shape) };
    let scores = ValueInfoProto {
        name: names.output,
        r#type: Some(TypeProto {
            value: Some(type_proto::Value::TensorType(tensor_type)),
            denotation: String::new(),
        }),
        doc_string: String::new(),
    };
    graph.output = vec![scores, embedding.clone()];
}

/// The first axis of a declared shape: the batch, open or fixed.
fn first_side(info: &ValueInfoProto) -> Option<dimension::Value> {
    match info.r#type.as_ref()?.value.as_ref()? {
        type_proto::Value::TensorType(tensor) => tensor.shape.as_ref()?.dim.first()?.value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::builtin;

    #[test]
    fn nothing_of_the_old_layer_is_left() {
        let onnx = builtin::EMOTION.1;
        let before = ModelProto::decode(onnx).unwrap().graph.unwrap();
        let head = HeadLayer { weights: &[0.5; 3 * 96], bias: &[0.0, 1.0, 2.0] };
        let (file, output) = rehead(onnx, "embedding", &head).unwrap();
        assert_eq!(output, "logits");
        let graph = ModelProto::decode(&*file).unwrap().graph.unwrap();
        // One layer went; a flattening and a layer came.
        assert_eq!(graph.node.len(), before.node.len() + 1);
        assert_eq!(graph.initializer.len(), before.initializer.len());
        let outputs: Vec<_> = graph.output.iter().map(|output| output.name.as_str()).collect();
        assert_eq!(outputs, ["logits", "embedding"]);
        let taught: Vec<_> = graph
            .initializer
            .iter()
            .filter(|tensor| tensor.name.starts_with("taught"))
            .map(|tensor| tensor.dims.clone())
            .collect();
        assert_eq!(taught, [vec![3, 96], vec![3]]);
    }

    #[test]
    fn a_taught_file_can_be_taught_again() {
        let head = |classes: usize| (vec![0.25; classes * 96], vec![0.0; classes]);
        let (weights, bias) = head(3);
        let first = HeadLayer { weights: &weights, bias: &bias };
        let (once, _) = rehead(builtin::EMOTION.1, "embedding", &first).unwrap();
        let (weights, bias) = head(5);
        let second = HeadLayer { weights: &weights, bias: &bias };
        let (twice, output) = rehead(&once, "embedding", &second).unwrap();
        assert_eq!(output, "logits");
        let count = |file: &[u8]| ModelProto::decode(file).unwrap().graph.unwrap().node.len();
        assert_eq!(count(&twice), count(&once));
    }

    #[test]
    fn what_is_no_network_or_has_no_such_output_is_refused_in_words() {
        let head = HeadLayer { weights: &[1.0; 4], bias: &[0.0, 0.0] };
        assert!(rehead(b"nonsense", "embedding", &head).is_err());
        let error = rehead(builtin::EMOTION.1, "bottleneck", &head).unwrap_err().to_string();
        assert!(error.contains("bottleneck") && error.contains("embedding"), "{error}");
    }
}
