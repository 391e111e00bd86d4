//! The inference engine, tract. No file outside this module names it.

mod rehead;

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tract_onnx::prelude::*;
use tract_onnx::tract_hir::infer::Factoid;

use super::network::{Network, NetworkError};

pub use rehead::rehead;

/// Loads an ONNX file for inputs of `shape` and the outputs named, in their order. Takes a tenth
/// of a second or more: the graph is optimised for this processor.
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

fn load_unguarded(
    onnx: &[u8],
    shape: &[usize],
    outputs: &[&str],
) -> Result<TractNetwork, NetworkError> {
    let load_error = |error: TractError| NetworkError::Load { reason: first_line(&error) };
    let mut model = tract_onnx::onnx()
        // Exporters write output shapes that are at odds with a fixed input; they are derived anew.
        .with_ignore_output_shapes(true)
        .model_for_read(&mut Cursor::new(onnx))
        .map_err(load_error)?;
    check_input(&model, shape)?;
    let wanted = find_outputs(&model, outputs)?;
    model.select_output_outlets(&wanted).map_err(load_error)?;
    let plan = model
        .with_input_fact(0, f32::fact(shape).into())
        .and_then(InferenceModelExt::into_optimized)
        .map_err(load_error)?;
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

/// Where the file states a size, the card must agree: a network that averages over its whole
/// input would run at any size, and answer nonsense.
fn check_input(model: &InferenceModel, shape: &[usize]) -> Result<(), NetworkError> {
    let stated = model
        .input_fact(0)
        .map_err(|error| NetworkError::Load { reason: first_line(&error) })?
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
    names.iter().map(find).collect()
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

    fn run(&mut self, input: &[f32]) -> Result<Vec<Vec<f32>>, NetworkError> {
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
