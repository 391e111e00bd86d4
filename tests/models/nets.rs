//! Tiny networks in ONNX: the mean of each channel, a weighted sum for each class.

use prost::Message;
use tract_onnx::pb::tensor_shape_proto::{Dimension, dimension};
use tract_onnx::pb::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto,
    TensorShapeProto, TypeProto, ValueInfoProto, attribute_proto, type_proto,
};

pub const FLOAT: i32 = 1;
pub const INT64: i32 = 7;

/// Which layout a network is made in.
#[derive(Debug, Clone, Copy)]
pub struct Net {
    pub nhwc: bool,
    /// `None`: open.
    pub batch: Option<i64>,
    pub width: i64,
    pub height: i64,
    pub channels: usize,
    pub classes: usize,
    pub softmax: bool,
    /// Gives the means of the channels as well.
    pub two_outputs: bool,
}

impl Net {
    /// Weight of a channel for a class.
    pub fn weight(channel: usize, class: usize) -> f32 {
        ((channel * 7 + class * 3) % 5) as f32 - 2.0
    }

    /// Added to the score of a class.
    pub fn bias(class: usize) -> f32 {
        0.25 * class as f32
    }

    /// Scores for channels that have these means over the picture, as the network sees them.
    pub fn scores(&self, means: &[f32]) -> Vec<f32> {
        let score = |class: usize| {
            let sum: f32 =
                means.iter().enumerate().map(|(c, mean)| mean * Self::weight(c, class)).sum();
            sum + Self::bias(class)
        };
        (0..self.classes).map(score).collect()
    }

    /// The file.
    pub fn onnx(&self) -> Vec<u8> {
        self.model().encode_to_vec()
    }

    /// The file before it is written, for tests that spoil it.
    pub fn model(&self) -> ModelProto {
        let sides = if self.nhwc {
            [self.height, self.width, self.channels as i64]
        } else {
            [self.channels as i64, self.height, self.width]
        };
        let mut nodes = Vec::new();
        let mut picture = "picture";
        if self.nhwc {
            nodes.push(node(
                "Transpose",
                &["picture"],
                "planes",
                vec![ints("perm", &[0, 3, 1, 2])],
            ));
            picture = "planes";
        }
        nodes.push(node("GlobalAveragePool", &[picture], "means", vec![]));
        nodes.push(node("Flatten", &["means"], "flat", vec![]));
        let scores = if self.softmax { "raw" } else { "scores" };
        nodes.push(node("Gemm", &["flat", "weights", "biases"], scores, vec![]));
        if self.softmax {
            nodes.push(node("Softmax", &["raw"], "scores", vec![]));
        }
        let weights = (0..self.channels)
            .flat_map(|c| (0..self.classes).map(move |k| Self::weight(c, k)))
            .collect();
        let biases = (0..self.classes).map(Self::bias).collect();
        let batch = [self.batch.unwrap_or(-1)];
        let mut outputs = vec![value("scores", &[batch[0], self.classes as i64])];
        if self.two_outputs {
            outputs.push(value("flat", &[batch[0], self.channels as i64]));
        }
        ModelProto {
            ir_version: 8,
            producer_name: "mien tests".into(),
            opset_import: vec![OperatorSetIdProto { domain: String::new(), version: 13 }],
            graph: Some(GraphProto {
                name: "net".into(),
                node: nodes,
                initializer: vec![
                    tensor("weights", &[self.channels as i64, self.classes as i64], weights),
                    tensor("biases", &[self.classes as i64], biases),
                ],
                input: vec![value("picture", &[batch[0], sides[0], sides[1], sides[2]])],
                output: outputs,
                ..GraphProto::default()
            }),
            ..ModelProto::default()
        }
    }

    /// A card that fits it, of labels `a`, `b`, ...
    pub fn card(&self) -> String {
        let labels: Vec<_> =
            (b'a'..).take(self.classes).map(|letter| char::from(letter).to_string()).collect();
        format!(
            "schema = 1\ntask = \"emotion\"\nname = \"tiny\"\nfile = \"model.onnx\"\n\
             [input]\nlayout = \"{}\"\nwidth = {}\nheight = {}\nchannels = \"{}\"\n\
             scale = 0.00392156862745098\nmean = [0.5]\nstd = [0.5]\n\
             [output]\n{}kind = \"{}\"\nlabels = {labels:?}\n\
             [framing]\nkind = \"box\"\nmargin = 1.0\n\
             [licence]\nweights = \"none\"\ndata = \"none\"\n",
            if self.nhwc { "nhwc" } else { "nchw" },
            self.width,
            self.height,
            if self.channels == 1 { "grey" } else { "rgb" },
            if self.two_outputs { "name = \"scores\"\n" } else { "" },
            if self.softmax { "softmax" } else { "logits" },
        )
    }
}

/// Grey, channels first, batch 1, scores of four classes.
pub const PLAIN: Net = Net {
    nhwc: false,
    batch: Some(1),
    width: 16,
    height: 20,
    channels: 1,
    classes: 4,
    softmax: false,
    two_outputs: false,
};

pub fn node(op: &str, inputs: &[&str], output: &str, attribute: Vec<AttributeProto>) -> NodeProto {
    NodeProto {
        op_type: op.into(),
        name: format!("make {output}"),
        input: inputs.iter().map(ToString::to_string).collect(),
        output: vec![output.into()],
        attribute,
        ..NodeProto::default()
    }
}

pub fn ints(name: &str, values: &[i64]) -> AttributeProto {
    AttributeProto {
        name: name.into(),
        r#type: attribute_proto::AttributeType::Ints as i32,
        ints: values.to_vec(),
        ..AttributeProto::default()
    }
}

pub fn tensor(name: &str, dims: &[i64], values: Vec<f32>) -> TensorProto {
    TensorProto {
        name: name.into(),
        dims: dims.to_vec(),
        data_type: FLOAT,
        float_data: values,
        ..TensorProto::default()
    }
}

pub fn sizes(name: &str, values: &[i64]) -> TensorProto {
    TensorProto {
        name: name.into(),
        dims: vec![values.len() as i64],
        data_type: INT64,
        int64_data: values.to_vec(),
        ..TensorProto::default()
    }
}

/// A float tensor; sides below 0 are open.
pub fn value(name: &str, sides: &[i64]) -> ValueInfoProto {
    let dim = |side: &i64| Dimension {
        denotation: String::new(),
        value: Some(match side {
            0.. => dimension::Value::DimValue(*side),
            _ => dimension::Value::DimParam("batch".into()),
        }),
    };
    let shape = TensorShapeProto { dim: sides.iter().map(dim).collect() };
    let tensor = type_proto::Tensor { elem_type: FLOAT, shape: Some(shape) };
    ValueInfoProto {
        name: name.into(),
        r#type: Some(TypeProto {
            denotation: String::new(),
            value: Some(type_proto::Value::TensorType(tensor)),
        }),
        ..ValueInfoProto::default()
    }
}
