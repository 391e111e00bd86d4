//! Models of other people: which layouts load and read right, and what is refused, in words and at
//! once. The networks are tiny and made here.

#[cfg(target_os = "linux")]
#[path = "../common/mod.rs"]
mod common;
mod hostile;
mod layouts;
mod nets;
#[cfg(target_os = "linux")]
mod program;
mod third_party;

use std::path::Path;

/// Writes a model folder.
fn write_model(dir: &Path, card: &str, onnx: &[u8]) {
    std::fs::create_dir_all(dir).unwrap();
    std::fs::write(dir.join("card.toml"), card).unwrap();
    std::fs::write(dir.join("model.onnx"), onnx).unwrap();
}
