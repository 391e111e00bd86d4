//! The two models inside this program, as card and ONNX file.

/// Card and network of the face detector.
pub const DETECTOR: (&str, &[u8]) = (
    include_str!("../../models/mien-detector/card.toml"),
    include_bytes!("../../models/mien-detector/model.onnx"),
);

/// Card and network of the emotion model.
pub const EMOTION: (&str, &[u8]) = (
    include_str!("../../models/mien-emotion-48/card.toml"),
    include_bytes!("../../models/mien-emotion-48/model.onnx"),
);

/// Name and network of the detector's second look.
pub const SECOND_LOOK: (&str, &[u8]) =
    ("second_look.onnx", include_bytes!("../../models/mien-detector/second_look.onnx"));
