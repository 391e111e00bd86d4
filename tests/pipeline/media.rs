//! Real faces, where pictures lie beside the checkout. Nobody's picture is part of the project, so
//! elsewhere these tests say that they were skipped.

use std::path::{Path, PathBuf};

use mien::frame::{Frame, RunId};
use mien::model::DetectorModel;
use mien::observation::Observation;
use mien::pipeline::{Pipeline, PipelineOptions};
use mien::source::media::{self, MediaItem, OpenOptions};
use mien::time::Pts;
use mien::vision::detect::FaceDetector;

fn picture(name: &str) -> Option<PathBuf> {
    let media = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/media");
    if media.is_dir() {
        return Some(media.join(name));
    }
    eprintln!("SKIPPED: {name} is not beside this checkout");
    None
}

/// Looks at a picture once, with room for as many faces as there may be.
fn look_at(path: &Path) -> (Observation, Pipeline) {
    let rgb = image::open(path).unwrap().into_rgb8();
    let frame = Frame::new(RunId(1), 0, Pts::ZERO, rgb.dimensions(), rgb.into_raw()).unwrap();
    let options = PipelineOptions { max_faces: 16, ..PipelineOptions::default() };
    let mut pipeline = Pipeline::builtin(options).unwrap();
    (pipeline.process(&frame).unwrap(), pipeline)
}

#[test]
fn a_smiling_astronaut_reads_as_happy() {
    let Some(path) = picture("nasa/astronaut.png") else { return };
    let (observation, pipeline) = look_at(&path);
    assert_eq!(observation.faces.len(), 1);
    let (top, certainty) = observation.faces[0].posterior.top();
    assert_eq!(pipeline.labels().name(top), "happiness");
    assert!(certainty > 0.9, "{certainty}");
}

#[test]
fn each_face_of_a_portrait_or_a_group_is_found() {
    for (name, people) in [
        ("portraits/obama.jpg", 1),
        ("portraits/two_people.jpg", 2),
        ("pyfeat/single_face.jpg", 1),
        ("pyfeat/multi_face.jpg", 5),
    ] {
        let Some(path) = picture(name) else { return };
        let found = look_at(&path).0.faces.len();
        assert_eq!(found, people, "{name}");
    }
}

/// Lettering before clouds, in a sixth of whose frames the detector alone sees faces.
#[test]
fn a_drawn_sky_with_lettering_has_no_face() {
    let Some(path) = picture("pyfeat/no_face.mp4") else { return };
    let mut detector = FaceDetector::new(DetectorModel::builtin().unwrap());
    let mut reader = media::open(&path, &OpenOptions::default()).unwrap();
    let (mut looked, mut seen) = (0, 0);
    while let Some(item) = reader.next_item().unwrap() {
        let MediaItem::Picture(picture) = item else { panic!("it is whole") };
        if picture.index.is_multiple_of(4) {
            looked += 1;
            let frame = picture.into_frame(RunId(1)).unwrap();
            seen += usize::from(!detector.detect(&frame).unwrap().is_empty());
        }
    }
    assert!(looked > 20 && seen == 0, "{seen} of {looked}");
}
