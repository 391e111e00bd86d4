//! The picture with a mark at each face; where there is no picture, what happened and what to do.

use eframe::egui::epaint::RectShape;
use eframe::egui::{
    self, Align, Color32, Layout, Rect, Sense, TextureHandle, UiBuilder, WidgetInfo,
};
use eframe::egui::{RichText, accesskit::Role, pos2, vec2};

use super::Scene;
use crate::geom;
use crate::observation::{FaceReading, Label, Labels, TrackId};
use crate::source::{SourceError, SourceSpec};
use crate::ui::actions::{Action, Actions};
use crate::ui::history::Readout;
use crate::ui::store::SourceState;
use crate::ui::theme::{self, Theme};
use crate::ui::widgets::{Button, Chip, Look, announce, brackets, focus_ring, place_chips};

/// Marks are fresh for this long after the frame was captured; a slow machine at two readings a
/// second still shows steady marks.
const FRESH_SECS: f64 = 0.6;
/// A face that is missing from the newest reading starts to fade after this time.
const MISSED_SECS: f64 = 0.1;
/// Width of the text where the picture would be.
const STATE_WIDTH: f32 = 400.0;

/// Draws the card.
pub fn picture(ui: &mut egui::Ui, rect: Rect, scene: Scene<'_>, actions: &mut Actions) {
    let radius = if scene.compact { 0 } else { theme::CARD_RADIUS };
    ui.painter().rect_filled(rect, radius, theme::VIDEO);
    match &scene.store.source {
        SourceState::Running(info) => match scene.texture {
            Some(texture) => {
                let mirrored = info.mirror && scene.settings.mirror;
                let shown = pixels(ui, rect, texture, radius, mirrored);
                announce(ui, shown, Role::Image, "picture", Some(spoken(scene)));
                if scene.settings.overlays {
                    marks(ui, (shown, rect), mirrored, scene, actions);
                }
            }
            None => state(ui, rect, &State::waiting("Waiting for the first picture"), actions),
        },
        SourceState::Opening => {
            let title = match scene.store.spec {
                Some(SourceSpec::Demo { .. }) => "Starting the demo",
                _ => "Opening the camera",
            };
            state(ui, rect, &State::waiting(title), actions);
        }
        SourceState::Absent => state(ui, rect, &State::no_source(), actions),
        SourceState::Stalled { error, .. } | SourceState::Failed(error) => {
            state(ui, rect, &State::of_error(error, scene), actions);
        }
    }
}

/// Draws a picture into the middle of `rect` and returns where it is.
pub(super) fn pixels(
    ui: &egui::Ui,
    rect: Rect,
    texture: &TextureHandle,
    radius: u8,
    mirrored: bool,
) -> Rect {
    let [width, height] = texture.size();
    let shown = fit(vec2(width as f32, height as f32), rect);
    let uv = if mirrored { [1.0, 0.0] } else { [0.0, 1.0] };
    let uv = Rect::from_min_max(pos2(uv[0], 0.0), pos2(uv[1], 1.0));
    let shape = RectShape::filled(shown, corners(shown, rect, radius), Color32::WHITE);
    ui.painter().add(shape.with_texture(texture.id(), uv));
    shown
}

/// The largest rectangle of the proportion of `size` in the middle of `rect`.
fn fit(size: egui::Vec2, rect: Rect) -> Rect {
    let scale = (rect.width() / size.x).min(rect.height() / size.y);
    Rect::from_center_size(rect.center(), size * scale)
}

/// The picture is rounded only where it fills the card.
fn corners(shown: Rect, card: Rect, radius: u8) -> u8 {
    let fills =
        (shown.width() - card.width()).abs() < 1.0 && (shown.height() - card.height()).abs() < 1.0;
    if fills { radius } else { 0 }
}

/// Where a rectangle of the frame is in the window.
fn ui_from_frame(bbox: geom::Rect, frame: (u32, u32), shown: Rect, mirrored: bool) -> Rect {
    let scale = vec2(shown.width() / frame.0 as f32, shown.height() / frame.1 as f32);
    let x = if mirrored { frame.0 as f32 - bbox.x - bbox.w } else { bbox.x };
    Rect::from_min_size(
        shown.min + vec2(x, bbox.y) * scale,
        vec2(bbox.w * scale.x, bbox.h * scale.y),
    )
}

/// Faces to mark with how fresh each is, 0..=1.
fn fresh_faces(readout: &Readout, now: f64, frozen: bool) -> Vec<(&FaceReading, f32)> {
    let Some(latest) = &readout.latest else { return Vec::new() };
    readout
        .faces
        .iter()
        .filter_map(|face| {
            let there = latest.faces.iter().any(|reading| reading.track == face.track());
            let fresh = if there { FRESH_SECS } else { MISSED_SECS };
            let late = if frozen && there { 0.0 } else { (now - face.seen_at - fresh).max(0.0) };
            let opacity = 1.0 - (late / f64::from(theme::FADE_SECS)) as f32;
            (opacity > 0.0).then_some((&face.reading, opacity))
        })
        .collect()
}

fn marks(
    ui: &mut egui::Ui,
    (shown, card): (Rect, Rect),
    mirrored: bool,
    scene: Scene<'_>,
    actions: &mut Actions,
) {
    let readout = scene.store.readout();
    let faces = fresh_faces(readout, scene.store.shown_at(), scene.store.is_frozen());
    let Some(frame) = readout.latest.as_ref().map(|latest| latest.frame_size) else { return };
    let fades = faces.iter().any(|(_, opacity)| *opacity < 1.0);
    let chosen = readout.chosen().map(|face| face.track());
    let labels = scene.store.labels();
    let marks = Marks { faces, frame, labels, chosen, mirrored };
    actions.extend(marks.ui(ui, (shown, card)).map(Action::Choose));
    if fades {
        ui.ctx().request_repaint();
    }
}

/// Marks at the faces of a picture.
pub(super) struct Marks<'a> {
    /// Each with how fresh it is, 0..=1.
    pub faces: Vec<(&'a FaceReading, f32)>,
    /// Size of the frame in pixels.
    pub frame: (u32, u32),
    /// Classes of the model.
    pub labels: Option<&'a Labels>,
    /// The face that the panel reads.
    pub chosen: Option<TrackId>,
    pub mirrored: bool,
}

impl Marks<'_> {
    /// Draws them on the picture at `shown` in its card; the face that was clicked.
    pub fn ui(self, ui: &mut egui::Ui, (shown, card): (Rect, Rect)) -> Option<TrackId> {
        let Self { faces, frame, labels, chosen, mirrored } = self;
        let several = faces.len() > 1;
        let mut clicked = None;
        let painter = ui.painter().with_clip_rect(card.intersect(ui.clip_rect()));
        let boxes: Vec<Rect> = faces
            .iter()
            .map(|(reading, _)| ui_from_frame(reading.detection.bbox, frame, shown, mirrored))
            .collect();
        let words: Vec<(String, &str, Option<Color32>)> = faces
            .iter()
            .map(|(reading, _)| {
                let number = reading.track.to_string();
                // On the picture, colours are those of the dark theme in both.
                match (reading.label, labels) {
                    (label @ Label::Class(class), Some(labels)) => {
                        let color = theme::DARK.classes(labels.names()).get(class).copied();
                        (number, label.word(labels), color)
                    }
                    (Label::Class(_), None) => (number, "", None),
                    (Label::Unsure(_), _) => (number, "unsure", None),
                }
            })
            .collect();
        let chips: Vec<Chip<'_>> = faces
            .iter()
            .zip(&words)
            .map(|((reading, opacity), (number, word, color))| Chip {
                number,
                color: *color,
                word,
                chosen: several && Some(reading.track) == chosen,
                opacity: *opacity,
            })
            .collect();
        let sizes: Vec<_> = chips.iter().map(|chip| chip.size(ui)).collect();
        // Large text on a tiny picture: the dark beside it is better than half a word.
        let widest = sizes.iter().map(|size| size.x).fold(0.0, f32::max);
        let bounds = if widest + 2.0 * theme::GRID > shown.width() { card } else { shown };
        let places = place_chips(&boxes, &sizes, bounds.shrink(theme::GRID));
        for (((reading, opacity), rect), chip) in faces.iter().zip(&boxes).zip(&chips) {
            let color = chip.color.unwrap_or(theme::ON_VIDEO_MUTED);
            brackets(&painter, *rect, color, *opacity);
            if several {
                let name = format!("Look at face {}", reading.track);
                let id = ui.scope_id().with(("face", reading.track.0));
                let response = ui.interact(rect.intersect(shown), id, Sense::click());
                response
                    .widget_info(|| WidgetInfo::selected(Role::Button, true, chip.chosen, &name));
                focus_ring(ui, *rect, theme::RADIUS, &response);
                if response.clicked() {
                    clicked = Some(reading.track);
                }
            }
        }
        for (chip, place) in chips.iter().zip(&places) {
            chip.paint(ui, &painter, *place);
        }
        clicked
    }
}

fn spoken(scene: Scene<'_>) -> String {
    let readout = scene.store.readout();
    let faces = readout.latest.as_ref().map_or(&[][..], |latest| &latest.faces);
    let words: Vec<String> = faces
        .iter()
        .filter_map(|face| {
            let word = face.label.word(scene.store.labels()?);
            Some(format!("face {} {word}", face.track))
        })
        .collect();
    if words.is_empty() { "no face".to_owned() } else { words.join(", ") }
}

/// What stands where the picture would be.
pub(super) struct State {
    pub title: String,
    pub text: String,
    pub main: Option<(&'static str, Action)>,
    pub second: Option<(&'static str, Action)>,
}

const CAMERA: SourceSpec = SourceSpec::Camera { number: None, size: None };
const DEMO: SourceSpec = SourceSpec::Demo { people: 1 };

impl State {
    pub fn waiting(title: &str) -> Self {
        Self { title: title.to_owned(), text: String::new(), main: None, second: None }
    }

    fn no_source() -> Self {
        Self {
            title: "No source".to_owned(),
            text: "Choose a camera, or look at the demo first.".to_owned(),
            main: Some(("Use the camera", Action::Open(CAMERA))),
            second: Some(("Use the demo", Action::Open(DEMO))),
        }
    }

    fn of_error(error: &SourceError, scene: Scene<'_>) -> Self {
        let mut text = match error {
            // The title says it already.
            SourceError::NoCamera => error.advice().to_owned(),
            _ => format!("{}. {}", capitalised(&error.to_string()), error.advice()),
        };
        if scene.store.is_recording() {
            text += " The recording goes on and will show the gap.";
        }
        let retry = ("Try again", Action::Retry);
        let choose = ("Choose another source", Action::ShowSources);
        let demo = ("Use the demo", Action::Open(DEMO));
        let (title, main, second) = match error {
            SourceError::NoCamera => ("No camera found", demo, retry),
            SourceError::NotFound { .. } => ("This camera is not there", choose, retry),
            SourceError::Busy { .. } => ("The camera is in use", retry, choose),
            SourceError::PermissionDenied { .. } => ("No access to the camera", retry, demo),
            SourceError::Unplugged { .. } => ("The camera was unplugged", retry, choose),
            SourceError::Stalled { .. } => ("The camera stopped sending pictures", retry, choose),
            SourceError::NoUsableFormat { .. } => ("No usable picture format", choose, retry),
            SourceError::DamagedFrame { .. } => ("Damaged pictures", retry, choose),
            SourceError::Driver { .. } => ("The camera failed", retry, choose),
            SourceError::NotBuilt => ("Built without cameras", demo, choose),
            SourceError::Cancelled => ("Stopped", retry, choose),
        };
        Self { title: title.to_owned(), text, main: Some(main), second: Some(second) }
    }
}

pub(super) fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        // An opening quotation mark hides the letter; names keep their own case.
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}

/// What a state is drawn on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ground {
    /// Where pictures are shown: dark in every theme.
    Video,
    /// A panel of the theme.
    Panel,
}

/// Draws a state where pictures are shown.
pub(super) fn state(ui: &mut egui::Ui, rect: Rect, state: &State, actions: &mut Actions) {
    state_on(ui, rect, state, Ground::Video, actions);
}

/// Draws a state.
pub(super) fn state_on(
    ui: &mut egui::Ui,
    rect: Rect,
    state: &State,
    ground: Ground,
    actions: &mut Actions,
) {
    let theme = Theme::of(ui);
    let (title_color, text_color, second) = match ground {
        Ground::Video => (theme::ON_VIDEO, theme::ON_VIDEO_MUTED, Look::OnVideo),
        Ground::Panel => (theme.text, theme.muted, Look::default()),
    };
    let width = STATE_WIDTH.min(rect.width() - 2.0 * theme::PAD);
    // Estimated first, exact from the second pass on: text above, button below the middle.
    let id = ui.scope_id().with("state height");
    let height = ui.data(|data| data.get_temp::<f32>(id)).unwrap_or(130.0);
    let place = Rect::from_center_size(rect.center(), vec2(width, height));
    let builder =
        UiBuilder::new().id_salt("state").max_rect(place).layout(Layout::top_down(Align::Center));
    let mut child = ui.new_child(builder);
    child.set_clip_rect(rect);
    child.spacing_mut().item_spacing.y = 6.0;
    let title = RichText::new(&state.title).font(theme::bold(theme::SIZE_TITLE));
    child.label(title.color(title_color));
    if !state.text.is_empty() {
        let text = RichText::new(&state.text).line_height(Some(20.0));
        child.label(text.color(text_color));
    }
    if state.main.is_some() || state.second.is_some() {
        child.add_space(10.0);
        let buttons: Vec<_> = [(&state.main, Look::Main), (&state.second, second)]
            .into_iter()
            .filter_map(|(entry, look)| {
                let (text, action) = entry.as_ref()?;
                Some((Button::new(text).look(look), action))
            })
            .collect();
        let total: f32 = buttons.iter().map(|(button, _)| button.width(&child)).sum::<f32>()
            + theme::GRID * buttons.len().saturating_sub(1) as f32;
        child.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = theme::GRID;
            ui.add_space(((ui.available_width() - total) / 2.0).max(0.0));
            for (button, action) in buttons {
                if button.ui(ui).clicked() {
                    actions.push(action.clone());
                }
            }
        });
    }
    let used = child.min_rect().height();
    if (used - height).abs() > 0.5 {
        ui.data_mut(|data| data.insert_temp(id, used));
        ui.ctx().request_repaint();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHOWN: Rect =
        Rect { min: egui::Pos2::new(100.0, 50.0), max: egui::Pos2::new(420.0, 290.0) };

    #[test]
    fn boxes_follow_the_picture_and_its_mirror() {
        let bbox = geom::Rect::new(64.0, 48.0, 128.0, 96.0);
        let plain = ui_from_frame(bbox, (640, 480), SHOWN, false);
        assert_eq!(plain, Rect::from_min_size(pos2(132.0, 74.0), vec2(64.0, 48.0)));
        let mirrored = ui_from_frame(bbox, (640, 480), SHOWN, true);
        assert_eq!(mirrored.size(), plain.size());
        let middle = SHOWN.center().x;
        assert!((mirrored.center().x - middle + (plain.center().x - middle)).abs() < 1e-3);
    }

    #[test]
    fn marks_fade_when_readings_stop_and_when_a_face_leaves() {
        let mut readout = Readout::default();
        readout.push(1.0, observation(&[1, 2]));
        let opacity = |readout: &Readout, now: f64, track: u32| {
            let faces = fresh_faces(readout, now, false);
            faces.iter().find(|(face, _)| face.track.0 == track).map_or(0.0, |(_, o)| *o)
        };
        assert_eq!(opacity(&readout, 1.5, 1), 1.0);
        assert!((opacity(&readout, 1.75, 1) - 0.5).abs() < 0.01);
        assert_eq!(opacity(&readout, 2.0, 1), 0.0);
        readout.push(1.2, observation(&[1]));
        assert_eq!(opacity(&readout, 1.2, 1), 1.0);
        assert!((opacity(&readout, 1.2, 2) - 2.0 / 3.0).abs() < 0.01);
        assert_eq!(opacity(&readout, 1.5, 2), 0.0);
        let held = fresh_faces(&readout, 60.0, true);
        assert_eq!(held.len(), 1);
    }

    fn observation(tracks: &[u32]) -> std::sync::Arc<crate::observation::Observation> {
        let posterior = crate::observation::Posterior::normalised(vec![1.0]).unwrap();
        let face = |track: &u32| FaceReading {
            track: crate::observation::TrackId(*track),
            age: std::time::Duration::ZERO,
            detection: crate::observation::Detection {
                bbox: geom::Rect::default(),
                score: 1.0,
                landmarks: crate::observation::Landmarks::default(),
            },
            posterior: posterior.clone(),
            smoothed: posterior.clone(),
            label: Label::Class(0),
            certainty: 1.0,
            steady: std::time::Duration::ZERO,
            affect: None,
            pose: crate::observation::HeadPose::default(),
            quality: crate::observation::Quality::default(),
        };
        std::sync::Arc::new(crate::observation::Observation {
            run: crate::frame::RunId(1),
            index: 0,
            pts: crate::time::Pts::ZERO,
            frame_size: (640, 480),
            faces: tracks.iter().map(face).collect(),
        })
    }

    #[test]
    fn a_picture_keeps_its_proportion_inside_the_card() {
        let card = Rect::from_min_size(pos2(10.0, 10.0), vec2(800.0, 300.0));
        let shown = fit(vec2(640.0, 480.0), card);
        assert_eq!(shown.size(), vec2(400.0, 300.0));
        assert_eq!(shown.center(), card.center());
    }
}
