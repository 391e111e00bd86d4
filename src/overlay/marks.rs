//! What was read, drawn on the picture it was read from: for each face a box, its word, how sure
//! that is, and a bar for each class.

use ab_glyph::FontRef;

use super::canvas::{Area, Canvas, Ink, Letters};
use crate::geom::Rect;
use crate::observation::{FaceReading, Label, Labels, Observation};
use crate::words;

const BOX: Ink = Ink(0x6c, 0xb6, 0xff, 1.0);
const BOX_UNSURE: Ink = Ink(0x9a, 0xa1, 0xa9, 1.0);
const EDGE: Ink = Ink(0x0c, 0x0d, 0x0f, 0.6);
const CHIP: Ink = Ink(0x0c, 0x0d, 0x0f, 0.8);
const TEXT: Ink = Ink(0xe8, 0xea, 0xed, 1.0);
const BAR: Ink = Ink(0x9a, 0xa1, 0xa9, 1.0);
const GROOVE: Ink = Ink(0xe8, 0xea, 0xed, 0.15);

/// Beside more faces than these, only the most probable classes have room.
const MOST_WITH_ALL: usize = 2;
const TOP_CLASSES: usize = 3;
/// More classes than these never have.
const MOST_CLASSES: usize = 10;

/// Typefaces, and the words of the classes.
pub struct Marks {
    regular: FontRef<'static>,
    bold: FontRef<'static>,
    labels: Labels,
}

impl Marks {
    /// For a model with these classes; `None` if a typeface inside the program can't be read.
    pub fn new(labels: Labels) -> Option<Self> {
        let font = |bytes| FontRef::try_from_slice(bytes).ok();
        let (regular, bold) = (font(notosans::REGULAR_TTF)?, font(notosans::BOLD_TTF)?);
        Some(Self { regular, bold, labels })
    }

    /// Draws all that is known about the frame, and its time and number.
    pub fn draw(&self, canvas: &mut Canvas<'_>, observation: &Observation) {
        let unit = canvas.area().h.min(canvas.area().w) as f32 / 480.0;
        let sizes = Sizes {
            text: (16.0 * unit).clamp(10.0, 48.0),
            line: (2.0 * unit).round().clamp(1.0, 8.0) as i32,
            pad: (4.0 * unit).round().clamp(2.0, 16.0) as i32,
        };
        let boxes: Vec<Area> =
            observation.faces.iter().map(|face| whole_pixels(face.detection.bbox)).collect();
        for (face, area) in observation.faces.iter().zip(&boxes) {
            let ink = if is_sure(face) { BOX } else { BOX_UNSURE };
            canvas.frame(*area, sizes.line + 2, EDGE);
            let inner = Area { x: area.x + 1, y: area.y + 1, w: area.w - 2, h: area.h - 2 };
            canvas.frame(inner, sizes.line, ink);
        }
        let mut taken = boxes.clone();
        for (face, area) in observation.faces.iter().zip(boxes) {
            let plate = Plate::new(self, face, observation.faces.len(), &sizes);
            let place = plate.place(area, canvas.area(), &taken);
            plate.draw(canvas, place);
            taken.push(place);
        }
        self.draw_time(canvas, observation, &sizes);
    }

    fn draw_time(&self, canvas: &mut Canvas<'_>, observation: &Observation, sizes: &Sizes) {
        let at = observation.pts.since_start();
        let text = format!(
            "{}.{:03}  frame {}",
            words::clock(at.as_secs()),
            at.subsec_millis(),
            observation.index
        );
        let letters = Letters::new(&self.regular, sizes.text * 0.8);
        let (w, h) = (letters.width(&text) + 2 * sizes.pad, letters.height() + sizes.pad);
        let plate = Area { x: 0, y: canvas.area().h - h, w, h };
        canvas.fill(plate, CHIP);
        letters.draw(canvas, (sizes.pad, plate.y + sizes.pad / 2), &text, TEXT);
    }
}

/// In pixels, by the size of the picture.
struct Sizes {
    text: f32,
    line: i32,
    pad: i32,
}

/// A word and bars on a dark ground, beside the box of a face.
struct Plate<'a> {
    title: String,
    bars: Vec<Bar<'a>>,
    heading: Letters<'a>,
    small: Letters<'a>,
    pad: i32,
    /// Pixels of the longest name, and of a full bar.
    name_width: i32,
    bar_width: i32,
}

struct Bar<'a> {
    name: &'a str,
    share: f32,
    ink: Ink,
}

impl<'a> Plate<'a> {
    fn new(marks: &'a Marks, face: &FaceReading, faces: usize, sizes: &Sizes) -> Self {
        let word = face.label.word(&marks.labels);
        let reason = match face.label {
            Label::Class(_) => String::new(),
            Label::Unsure(hint) => format!(", {}", hint.word()),
        };
        let percent = (face.certainty * 100.0).round();
        let title = format!("{}  {word}{reason}  {percent} %", face.track);
        let bar = |(class, share): (usize, &f32)| Bar {
            name: marks.labels.name(class),
            share: share.clamp(0.0, 1.0),
            ink: if face.label == Label::Class(class) { BOX } else { BAR },
        };
        let mut bars: Vec<Bar<'_>> = face.smoothed.as_slice().iter().enumerate().map(bar).collect();
        let most = if faces > MOST_WITH_ALL { TOP_CLASSES } else { MOST_CLASSES };
        if bars.len() > most {
            bars.sort_by(|a, b| b.share.total_cmp(&a.share));
            bars.truncate(most);
        }
        let small = Letters::new(&marks.regular, sizes.text * 0.75);
        let name_width = bars.iter().map(|bar| small.width(bar.name)).max().unwrap_or(0);
        Self {
            title,
            bars,
            heading: Letters::new(&marks.bold, sizes.text),
            bar_width: small.height() * 4,
            small,
            pad: sizes.pad,
            name_width,
        }
    }

    fn size(&self) -> (i32, i32) {
        let bars = self.name_width + self.pad + self.bar_width;
        let w = self.heading.width(&self.title).max(bars) + 2 * self.pad;
        let lines = self.bars.len() as i32;
        (w, self.heading.height() + lines * self.small.height() + 2 * self.pad)
    }

    /// Right of the box, left of it, below or above, or within it: wherever it hides least, of
    /// equals the first.
    fn place(&self, face: Area, picture: Area, taken: &[Area]) -> Area {
        let (w, h) = self.size();
        let right = (face.x + face.w, face.y);
        let left = (face.x - w, face.y);
        let below = (face.x, face.y + face.h);
        let above = (face.x, face.y - h);
        let within = (face.x, face.y + face.h - h);
        let kept = |at: i32, size: i32, room: i32| at.min(room - size).max(0);
        let places = [right, left, below, above, within].map(|(x, y)| Area {
            x: kept(x, w, picture.w),
            y: kept(y, h, picture.h),
            w,
            h,
        });
        let hidden = |place: &Area| taken.iter().map(|other| place.shared(*other)).sum::<i64>();
        places.into_iter().min_by_key(hidden).unwrap_or(places[0])
    }

    fn draw(&self, canvas: &mut Canvas<'_>, place: Area) {
        canvas.fill(place, CHIP);
        let (x, mut y) = (place.x + self.pad, place.y + self.pad);
        self.heading.draw(canvas, (x, y), &self.title, TEXT);
        y += self.heading.height();
        let line = self.small.height();
        for bar in &self.bars {
            self.small.draw(canvas, (x, y), bar.name, TEXT);
            let groove = Area {
                x: x + self.name_width + self.pad,
                y: y + line / 4,
                w: self.bar_width,
                h: (line / 2).max(1),
            };
            canvas.fill(groove, GROOVE);
            let w = (bar.share * groove.w as f32).round() as i32;
            canvas.fill(Area { w, ..groove }, bar.ink);
            y += line;
        }
    }
}

fn is_sure(face: &FaceReading) -> bool {
    matches!(face.label, Label::Class(_))
}

/// A box may lie anywhere; no picture is that large.
fn whole_pixels(bbox: Rect) -> Area {
    let whole = |at: f32| at.clamp(-1e6, 1e6).round() as i32;
    let (x, y) = (whole(bbox.x), whole(bbox.y));
    Area { x, y, w: whole(bbox.x + bbox.w) - x, h: whole(bbox.y + bbox.h) - y }
}
