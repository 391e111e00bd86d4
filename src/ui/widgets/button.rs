//! Every button of the window.

use std::sync::Arc;

use eframe::egui::accesskit::Role;
use eframe::egui::{
    self, Color32, FontId, Galley, Rect, Response, Sense, Stroke, StrokeKind, WidgetInfo,
};
use eframe::egui::{pos2, vec2};

use super::icon::Icon;
use super::text::elided;
use crate::ui::theme::{self, Theme};

/// Air at both ends of a button.
const PAD: f32 = 10.0;
/// Between dot, icon, text and hint.
const GAP: f32 = 8.0;
/// The recording dot and colour swatches.
const DOT: f32 = 9.0;
/// Side of the square in which an icon is drawn.
const ICON: f32 = 16.0;

/// How much a button stands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Look {
    /// One among others.
    #[default]
    Plain,
    /// The one thing to do next.
    Main,
    /// Recording is on.
    Recording,
    /// Text only, until the pointer is over it.
    Quiet,
    /// A pill that chooses one of several; the chosen one has the accent around it.
    Pill,
    /// On the picture, where the theme is always dark.
    OnVideo,
}

struct LaidOut {
    text: Arc<Galley>,
    hint: Arc<Galley>,
    pad: f32,
    only_icon: bool,
    width: f32,
    height: f32,
}

/// A button: an optional dot or icon, a word, and a quiet hint such as its key.
#[derive(Debug, Default)]
pub struct Button<'a> {
    text: &'a str,
    hint: &'a str,
    name: Option<&'a str>,
    dot: Option<Color32>,
    icon: Option<Icon>,
    arrow: bool,
    look: Look,
    chosen: bool,
    max_width: Option<f32>,
    full_width: bool,
    role: Option<Role>,
}

impl<'a> Button<'a> {
    /// A button with a word on it.
    pub fn new(text: &'a str) -> Self {
        Self { text, ..Self::default() }
    }

    /// A button with an icon alone, which needs a name.
    pub fn icon(icon: Icon, name: &'a str) -> Self {
        Self { icon: Some(icon), name: Some(name), ..Self::default() }
    }

    /// Quiet text after the word.
    pub fn hint(self, hint: &'a str) -> Self {
        Self { hint, ..self }
    }

    /// What screen readers and tests call it, where that is not its word.
    pub fn name(self, name: &'a str) -> Self {
        Self { name: Some(name), ..self }
    }

    /// A dot before the word.
    pub fn dot(self, color: Color32) -> Self {
        Self { dot: Some(color), ..self }
    }

    /// An icon before the word.
    pub fn with_icon(self, icon: Icon) -> Self {
        Self { icon: Some(icon), ..self }
    }

    /// An arrow that says that a list opens.
    pub fn arrow(self) -> Self {
        Self { arrow: true, ..self }
    }

    /// How much it stands out.
    pub fn look(self, look: Look) -> Self {
        Self { look, ..self }
    }

    /// Whether it is the chosen one of several.
    pub fn chosen(self, chosen: bool) -> Self {
        Self { chosen, ..self }
    }

    /// Where the word is cut with `…`.
    pub fn max_width(self, width: f32) -> Self {
        Self { max_width: Some(width), ..self }
    }

    /// As wide as there is room, text at the left: an entry of a list.
    pub fn full_width(self) -> Self {
        Self { full_width: true, ..self }
    }

    /// What screen readers call its kind.
    pub fn role(self, role: Role) -> Self {
        Self { role: Some(role), ..self }
    }

    /// Width in points, unless it takes all there is.
    pub fn width(&self, ui: &egui::Ui) -> f32 {
        self.lay_out(ui).width
    }

    fn lay_out(&self, ui: &egui::Ui) -> LaidOut {
        let (font, height) = self.font_and_height();
        let lead = if self.dot.is_some() { DOT } else { 0.0 }
            + if self.icon.is_some() { ICON } else { 0.0 };
        let room = self.max_width.unwrap_or(f32::INFINITY) - 2.0 * PAD - lead;
        let room = if self.arrow { room - DOT - GAP } else { room };
        let hint = elided(ui, self.hint, font.clone(), Color32::PLACEHOLDER, room);
        let hint_room = if self.hint.is_empty() { 0.0 } else { hint.size().x + GAP };
        let text = elided(ui, self.text, font, Color32::PLACEHOLDER, room - hint_room);
        let parts = [
            lead,
            if self.text.is_empty() { 0.0 } else { text.size().x },
            if self.hint.is_empty() { 0.0 } else { hint.size().x },
            if self.arrow { DOT } else { 0.0 },
        ];
        let shown = parts.iter().filter(|width| **width > 0.0).count().max(1) as f32;
        let content = parts.iter().sum::<f32>() + GAP * (shown - 1.0);
        let only_icon = self.text.is_empty() && self.icon.is_some();
        let pad = if only_icon { (height - ICON) / 2.0 } else { PAD };
        LaidOut { text, hint, pad, only_icon, width: (content + 2.0 * pad).ceil(), height }
    }

    /// Draws it.
    pub fn ui(self, ui: &mut egui::Ui) -> Response {
        let theme = Theme::of(ui);
        let LaidOut { text, hint, pad, only_icon, mut width, height } = self.lay_out(ui);
        if self.full_width {
            width = width.max(ui.available_width());
        }
        let (rect, response) = ui.allocate_exact_size(vec2(width, height), Sense::click());
        let name = self.name.unwrap_or(self.text);
        let role = self.role.unwrap_or(Role::Button);
        response.widget_info(|| match self.look {
            Look::Pill => WidgetInfo::selected(role, ui.is_enabled(), self.chosen, name),
            _ => WidgetInfo::labeled(role, ui.is_enabled(), name),
        });
        if ui.is_rect_visible(rect) {
            let color = self.paint_ground(ui, theme, rect, &response);
            let second = match self.look {
                Look::Main => theme.on_accent,
                Look::OnVideo => theme::ON_VIDEO_MUTED,
                _ => theme.muted,
            };
            let mut x = rect.left() + pad;
            let y = rect.center().y;
            if let Some(dot) = self.dot {
                ui.painter().circle_filled(pos2(x + DOT / 2.0, y), DOT / 2.0, dot);
                x += DOT + GAP;
            }
            if let Some(icon) = self.icon {
                let square = Rect::from_center_size(pos2(x + ICON / 2.0, y), vec2(ICON, ICON));
                icon.paint(ui.painter(), square, if only_icon { second } else { color });
                x += ICON + GAP;
            }
            if !self.text.is_empty() {
                let next = x + text.size().x + GAP;
                ui.painter().galley(pos2(x, y - text.size().y / 2.0), text, color);
                x = next;
            }
            if !self.hint.is_empty() {
                if self.full_width {
                    x = rect.right() - pad - hint.size().x;
                }
                let next = x + hint.size().x + GAP;
                ui.painter().galley(pos2(x, y - hint.size().y / 2.0), hint, second);
                x = next;
            }
            if self.arrow {
                let square = Rect::from_center_size(pos2(x + DOT / 2.0, y), vec2(DOT, DOT));
                Icon::Arrow.paint(ui.painter(), square, second);
            }
        }
        let tip = if self.text.is_empty() { name } else { "" };
        if tip.is_empty() { response } else { response.on_hover_text(tip) }
    }

    fn font_and_height(&self) -> (FontId, f32) {
        match self.look {
            Look::Pill => (theme::font(theme::SIZE_STATUS), theme::CONTROL_HEIGHT - theme::GRID),
            _ => (theme::font(theme::SIZE_BODY), theme::CONTROL_HEIGHT),
        }
    }

    /// Paints what is behind the words and returns their colour.
    fn paint_ground(
        &self,
        ui: &egui::Ui,
        theme: &Theme,
        rect: Rect,
        response: &Response,
    ) -> Color32 {
        let hovered = response.hovered() && ui.is_enabled();
        let plain = if hovered { theme.hovered } else { theme.raised };
        let accent = Stroke::new(theme::LINE, theme.accent);
        let (fill, stroke, color) = match self.look {
            Look::Plain if self.chosen => (plain, accent, theme.text),
            Look::Plain => (plain, theme.border(), theme.text),
            Look::Main => {
                let fill = if hovered { theme.accent.gamma_multiply(0.9) } else { theme.accent };
                (fill, Stroke::NONE, theme.on_accent)
            }
            Look::Recording => {
                let stroke = Stroke::new(theme::LINE, theme.recording);
                (theme.recording_fill, stroke, theme.text)
            }
            Look::Quiet if hovered || self.chosen => (theme.raised, Stroke::NONE, theme.text),
            Look::Quiet => (Color32::TRANSPARENT, Stroke::NONE, theme.text),
            Look::Pill if self.chosen => (plain, accent, theme.text),
            Look::Pill => (plain, theme.border(), theme.text),
            Look::OnVideo => {
                let dark = &theme::DARK;
                let fill = if hovered { dark.hovered } else { dark.raised };
                (fill, dark.border(), theme::ON_VIDEO)
            }
        };
        let radius =
            if self.look == Look::Pill { (rect.height() / 2.0) as u8 } else { theme::RADIUS };
        ui.painter().rect(rect, radius, fill, stroke, StrokeKind::Inside);
        focus_ring(ui, rect, radius, response);
        color
    }
}

/// The ring around what has the keyboard.
pub fn focus_ring(ui: &egui::Ui, rect: Rect, radius: u8, response: &Response) {
    if response.has_focus() {
        let stroke = Stroke::new(2.0, Theme::of(ui).accent);
        ui.painter().rect_stroke(rect.expand(1.0), radius + 1, stroke, StrokeKind::Outside);
    }
}
