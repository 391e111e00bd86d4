//! Which column of another program becomes which of ours: the one list that is applied, and that
//! `docs/import.md` is made from.

/// Programs whose tables can be imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// OpenFace 2 (`FeatureExtraction`, `FaceLandmarkVidMulti`).
    OpenFace,
    /// Py-Feat, a `Fex` table saved as CSV.
    PyFeat,
    /// iMotions with AFFDEX, its export of sensor data.
    IMotions,
}

/// One column that is taken over.
#[derive(Debug)]
pub struct Mapping {
    /// As the other program names it.
    pub from: &'static str,
    /// As Mien does.
    pub to: &'static str,
    /// What a number is multiplied with.
    pub scale: f64,
    /// What is added afterwards.
    pub add: f64,
    /// Why, for people.
    pub note: &'static str,
}

/// How the table of a program is read.
#[derive(Debug)]
pub struct Layout {
    /// For people.
    pub name: &'static str,
    /// Stands before the names of columns that are kept as they are.
    pub prefix: &'static str,
    /// Columns that are taken over.
    pub mappings: &'static [Mapping],
    /// Classes of an expression, in the order of the session: the column, and the label. Taken as
    /// probabilities.
    pub classes: &'static [(&'static str, &'static str)],
    /// A column whose texts name persons; each gets a number.
    pub identity: Option<&'static str>,
    /// Without this column it is no table of the program.
    pub mark: &'static str,
    /// The table may begin with other lines, up to the one of column names.
    pub preamble: bool,
    /// What else there is to say, for people.
    pub remark: &'static str,
}

const fn same(from: &'static str, to: &'static str, note: &'static str) -> Mapping {
    Mapping { from, to, scale: 1.0, add: 0.0, note }
}

const fn scaled(from: &'static str, to: &'static str, scale: f64, note: &'static str) -> Mapping {
    Mapping { from, to, scale, add: 0.0, note }
}

/// From radians.
const DEGREES: f64 = 180.0 / std::f64::consts::PI;

impl Program {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::OpenFace, Self::PyFeat, Self::IMotions];

    /// How its table is read.
    pub fn layout(self) -> &'static Layout {
        match self {
            Self::OpenFace => &OPENFACE,
            Self::PyFeat => &PYFEAT,
            Self::IMotions => &IMOTIONS,
        }
    }
}

/// Angles: OpenFace rotates by R = Rx Ry Rz where x points to the picture's right, y down and z away
/// from the camera (its wiki, "Output Format"), so a nose that goes down or to the picture's left
/// has a positive angle.
static OPENFACE: Layout = Layout {
    name: "OpenFace 2",
    prefix: "openface_",
    mappings: &[
        same("frame", "frame", ""),
        Mapping {
            from: "face_id",
            to: "face_id",
            scale: 1.0,
            add: 1.0,
            note: "OpenFace counts from 0.",
        },
        same("timestamp", "timestamp", ""),
        same("confidence", "confidence", ""),
        same("success", "success", ""),
        scaled("pose_Rx", "pitch", -DEGREES, "Radians; up is negative in OpenFace."),
        scaled("pose_Ry", "yaw", -DEGREES, "Radians; the picture's left is positive in OpenFace."),
        scaled("pose_Rz", "roll", DEGREES, "Radians."),
    ],
    classes: &[],
    identity: None,
    mark: "confidence",
    preamble: false,
    remark: "OpenFace reads action units and no expressions: there are no classes, and no labels.",
};

static PYFEAT: Layout = Layout {
    name: "Py-Feat",
    prefix: "pyfeat_",
    mappings: &[
        same("frame", "frame", ""),
        same("FaceScore", "confidence", ""),
        same("FaceRectX", "bbox_x", ""),
        same("FaceRectY", "bbox_y", ""),
        same("FaceRectWidth", "bbox_w", ""),
        same("FaceRectHeight", "bbox_h", ""),
    ],
    classes: &[
        ("neutral", "neutral"),
        ("happiness", "happiness"),
        ("surprise", "surprise"),
        ("sadness", "sadness"),
        ("anger", "anger"),
        ("disgust", "disgust"),
        ("fear", "fear"),
    ],
    identity: Some("Identity"),
    mark: "FaceScore",
    preamble: false,
    remark: "It has no exact times, so `--rate` must say how many frames the video has a second: a \
             time is the number of the frame divided by it. Angles are kept under their own names, \
             as it does not state their signs.",
};

static IMOTIONS: Layout = Layout {
    name: "iMotions (AFFDEX)",
    prefix: "imotions_",
    mappings: &[
        scaled("Timestamp", "timestamp", 1e-3, "Milliseconds."),
        scaled("Valence", "valence", 0.01, "From -100 to 100."),
    ],
    classes: &[],
    identity: None,
    mark: "Valence",
    preamble: true,
    remark: "AFFDEX gives each emotion a score from 0 to 100 of its own; these are no probabilities \
             that sum to 1, so they are kept under their own names, and there are no classes. Rows \
             without a valence are of other sensors and are left out. Frames are numbered as rows \
             come.",
};
