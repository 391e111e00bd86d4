//! The inference engine, tract. No file outside this module names it.

mod rehead;
mod screen;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tract_onnx::prelude::*;
use tract_onnx::tract_hir::infer::Factoid;
use tract_onnx::tract_hir::ops::unimpl::UnimplementedOp;

use super::network::{Network, NetworkError, OnnxFacts};

pub use rehead::rehead;

/// Loads an ONNX file for inputs of `shape` and the outputs named, in their order; without names,
/// for its only output. Takes a tenth of a second or more: the graph is optimised for this
/// processor.
pub fn load(
    onnx: &[u8],
    shape: &[usize],
    outputs: &[&str],
) -> Result<Box<dyn Network>, NetworkError> {
    // The engine is made for sound files; a hostile one may make it panic.
    let loaded = catch_unwind(AssertUnwindSafe(|| load_unguarded(onnx, shape, outputs)));
    let network =
        loaded.map_err(|_| NetworkError::Load { reason: "the file is damaged".into() })??;
    Ok(Box::new(network))
}

/// What an ONNX file says of itself, and everything for which it is refused; without running it.
pub fn inspect(onnx: &[u8]) -> Result<(OnnxFacts, Vec<String>), NetworkError> {
    let model = screen::decode(onnx).map_err(|reason| NetworkError::Load { reason })?;
    Ok((screen::facts(&model), screen::problems(&model)))
}

fn load_unguarded(
    onnx: &[u8],
    shape: &[usize],
    outputs: &[&str],
) -> Result<TractNetwork, NetworkError> {
    let refused = |reason: String| NetworkError::Load { reason };
    let load_error = |error: TractError| refused(first_line(&error));
    let proto = screen::read(onnx).map_err(refused)?;
    let mut model = tract_onnx::onnx()
        // Exporters write shapes that are at odds with a fixed input; they are derived anew.
        .with_ignore_output_shapes(true)
        .with_ignore_value_info(true)
        .model_for_proto_model(&proto)
        .map_err(load_error)?;
    drop(proto);
    check_input(&model, shape)?;
    let wanted = find_outputs(&model, outputs)?;
    model.select_output_outlets(&wanted).map_err(load_error)?;
    check_operators(&model)?;
    let model = model
        .with_input_fact(0, f32::fact(shape).into())
        .and_then(InferenceModelExt::into_typed)
        .map_err(load_error)?;
    check_size(&model)?;
    let plan = model.into_optimized().map_err(load_error)?;
    let output_shapes = (0..wanted.len())
        .map(|output| {
            let fact = plan.output_fact(output)?;
            let shape = fact
                .shape
                .as_concrete()
                .ok_or_else(|| TractError::msg("an output has no fixed size"))?;
            Ok(shape.to_vec())
        })
        .collect::<TractResult<_>>()
        .map_err(load_error)?;
    let plan = plan.into_runnable().map_err(load_error)?;
    Ok(TractNetwork { plan, shape: shape.to_vec(), output_shapes })
}

/// Names an operator that this engine does not have, if one is needed.
fn check_operators(model: &InferenceModel) -> Result<(), NetworkError> {
    let refused = |reason: String| NetworkError::Load { reason };
    let order = model.eval_order().map_err(|error| refused(first_line(&error)))?;
    let unknown = order.iter().map(|id| &model.nodes[*id]).find(|n| n.op_is::<UnimplementedOp>());
    let Some(unknown) = unknown else { return Ok(()) };
    let name = unknown.op.name();
    let name = name.trim_start_matches("Unimplemented(").trim_end_matches(')');
    let name: String = name.chars().filter(|c| !c.is_control()).take(60).collect();
    Err(refused(format!("it needs the operator \u{201c}{name}\u{201d}, which can't be run")))
}

/// Refuses what would not fit into memory, before a network is optimised for it.
fn check_size(model: &TypedModel) -> Result<(), NetworkError> {
    // Sides that depend on what is seen are not known yet; an output may have none such.
    let volume = |shape: &ShapeFact| {
        let sides = shape.iter().filter_map(|side| side.to_i64().ok());
        let count = |volume: u64, side: i64| volume.checked_mul(u64::try_from(side).ok()?);
        sides.into_iter().try_fold(1, count).unwrap_or(u64::MAX)
    };
    let facts = model.nodes.iter().flat_map(|node| &node.outputs);
    let numbers = facts.map(|outlet| volume(&outlet.fact.shape)).fold(0, u64::saturating_add);
    if numbers <= screen::MAX_NUMBERS {
        return Ok(());
    }
    Err(NetworkError::Load { reason: "it needs more than 1 GB of memory for one face".into() })
}

/// Where the file states a size, the card must agree: a network that averages over its whole
/// input would run at any size, and answer nonsense.
fn check_input(model: &InferenceModel, shape: &[usize]) -> Result<(), NetworkError> {
    let refused = |reason: String| NetworkError::Load { reason };
    let inputs = model.input_outlets().map_err(|error| refused(first_line(&error)))?;
    if inputs.len() != 1 {
        let names = inputs.iter().map(|outlet| model.nodes[outlet.node].name.as_str());
        let names = names.collect::<Vec<_>>().join(", ");
        return Err(refused(format!(
            "it takes {} inputs ({names}), not one picture",
            inputs.len()
        )));
    }
    let fact = model.input_fact(0).map_err(|error| refused(first_line(&error)))?;
    if let Some(element) = fact.datum_type.concretize()
        && element != f32::datum_type()
    {
        return Err(refused(format!("it takes numbers of type {element:?}, not float32")));
    }
    let stated = fact
        .shape
        .dims()
        .map(|dim| dim.concretize().and_then(|dim| usize::try_from(dim.to_i64().ok()?).ok()))
        .collect::<Vec<_>>();
    let agrees = |(stated, wanted): (&Option<usize>, &usize)| stated.is_none_or(|s| s == *wanted);
    let open = stated.is_empty();
    if open || stated.len() == shape.len() && stated.iter().zip(shape).all(agrees) {
        return Ok(());
    }
    let side = |dim: &Option<usize>| dim.map_or_else(|| "?".to_owned(), |dim| dim.to_string());
    let stated = stated.iter().map(side).collect::<Vec<_>>().join("x");
    let wanted = shape.iter().map(ToString::to_string).collect::<Vec<_>>().join("x");
    Err(NetworkError::InputShape { stated, wanted })
}

fn find_outputs(model: &InferenceModel, names: &[&str]) -> Result<Vec<OutletId>, NetworkError> {
    let existing = model
        .output_outlets()
        .map_err(|error| NetworkError::Load { reason: first_line(&error) })?
        .to_vec();
    let label = |outlet: OutletId| {
        model.outlet_label(outlet).unwrap_or(&model.nodes[outlet.node].name).to_owned()
    };
    let find = |name: &&str| {
        existing.iter().copied().find(|outlet| label(*outlet) == *name).ok_or_else(|| {
            let existing: Vec<_> = existing.iter().map(|outlet| label(*outlet)).collect();
            NetworkError::NoSuchOutput { name: (*name).to_owned(), existing: existing.join(", ") }
        })
    };
    match (names, &existing[..]) {
        ([], [only]) => Ok(vec![*only]),
        ([], _) => {
            let existing: Vec<_> = existing.iter().map(|outlet| label(*outlet)).collect();
            Err(NetworkError::WhichOutput { existing: existing.join(", ") })
        }
        _ => names.iter().map(find).collect(),
    }
}

struct TractNetwork {
    plan: Arc<TypedRunnableModel>,
    shape: Vec<usize>,
    output_shapes: Vec<Vec<usize>>,
}

impl Network for TractNetwork {
    fn output_shapes(&self) -> &[Vec<usize>] {
        &self.output_shapes
    }

    fn run(&self, input: &[f32]) -> Result<Vec<Vec<f32>>, NetworkError> {
        let run = || -> TractResult<Vec<Vec<f32>>> {
            let input = Tensor::from_shape(&self.shape, input)?;
            let outputs = self.plan.run(tvec!(input.into_tvalue()))?;
            outputs
                .iter()
                .map(|output| {
                    let output = output.cast_to::<f32>()?;
                    Ok(output.try_as_plain_ram()?.as_slice::<f32>()?.to_vec())
                })
                .collect()
        };
        match catch_unwind(AssertUnwindSafe(run)) {
            Ok(Ok(outputs)) => Ok(outputs),
            Ok(Err(error)) => Err(NetworkError::Run { reason: first_line(&error) }),
            Err(_) => Err(NetworkError::Run { reason: "the engine gave up".into() }),
        }
    }
}

/// The engine's errors carry whole graphs; people need the cause.
fn first_line(error: &TractError) -> String {
    let cause = error.root_cause().to_string();
    let line = cause.lines().next().unwrap_or_default();
    line.chars().take(200).collect()
}
