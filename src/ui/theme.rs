//! Every colour, size, space and text style of the window. No other file of the window names a
//! colour or a font.
//!
//! Colour means emotion and nothing else; the only others are the accent for focus, red for
//! recording and amber for "look here".

use std::sync::Arc;

use eframe::egui::{
    self, Color32, CornerRadius, FontData, FontDefinitions, FontFamily, FontId, Margin, Stroke,
    Style, TextStyle, Theme as Side, Vec2, Visuals, vec2,
};

use super::reserve_font::ReserveFont;
use crate::settings;

/// Step of the grid in points; every distance is a multiple of it.
pub const GRID: f32 = 4.0;
/// Inside of panels.
pub const PAD: f32 = 16.0;
/// Between cards and between groups.
pub const GAP: f32 = 12.0;
/// Height of buttons and fields.
pub const CONTROL_HEIGHT: f32 = 28.0;
/// Corners of buttons and fields.
pub const RADIUS: u8 = 6;
/// Corners of pictures and cards.
pub const CARD_RADIUS: u8 = 8;
/// Width of lines and borders.
pub const LINE: f32 = 1.0;
/// Height of the top bar.
pub const TOP_HEIGHT: f32 = 44.0;
/// Height of the status line.
pub const STATUS_HEIGHT: f32 = 28.0;
/// Width of the rail.
pub const RAIL_WIDTH: f32 = 56.0;
/// Width of the reading panel.
pub const SIDE_WIDTH: f32 = 336.0;
/// Width of the reading panel in a small window.
pub const SIDE_WIDTH_SMALL: f32 = 248.0;
/// Height of the timeline card.
pub const TIMELINE_HEIGHT: f32 = 168.0;
/// Below this width rail and timeline fold away.
pub const FOLD_WIDTH: f32 = 900.0;
/// Below this width the readings stand under the picture, not beside it.
pub const STACK_WIDTH: f32 = 420.0;
/// Below this height the timeline folds away, so that the picture keeps most of the window.
pub const FOLD_HEIGHT: f32 = 560.0;
/// Bands of a timeline are this much less bright than their labels.
pub const BAND_OPACITY: f32 = 0.88;
/// Width of the lines of text that are read as text.
pub const TEXT_WIDTH: f32 = 600.0;

/// The one big word.
pub const SIZE_LABEL: f32 = 28.0;
/// The same in a small window.
pub const SIZE_LABEL_SMALL: f32 = 22.0;
/// Titles of pages and of states.
pub const SIZE_TITLE: f32 = 18.0;
/// Name of the program.
pub const SIZE_NAME: f32 = 15.0;
/// Buttons and running text.
pub const SIZE_BODY: f32 = 14.0;
/// Rows.
pub const SIZE_LIST: f32 = 13.0;
/// Status line, chips, meters.
pub const SIZE_STATUS: f32 = 12.0;
/// Headings in capitals, axis numbers.
pub const SIZE_HEADING: f32 = 11.0;
/// Words in the rail.
pub const SIZE_RAIL: f32 = 10.0;
/// Distance between the capitals of a heading, in points.
pub const HEADING_SPACING: f32 = 0.66;

/// Overlays and frozen notes fade in this time.
pub const FADE_SECS: f32 = 0.3;
/// Bars reach a new value in this time.
pub const EASE_SECS: f32 = 0.1;

/// The colours of one theme.
#[derive(Debug)]
pub struct Theme {
    /// Behind everything.
    pub background: Color32,
    /// Bars, cards and panels.
    pub panel: Color32,
    /// Buttons, tracks, chosen entries.
    pub raised: Color32,
    /// Buttons under the pointer.
    pub hovered: Color32,
    /// Borders.
    pub line: Color32,
    /// Lines over a time in which nothing was read.
    pub hatch: Color32,
    /// Text that is read first.
    pub text: Color32,
    /// Text that is read second.
    pub muted: Color32,
    /// Headings and what is absent.
    pub faint: Color32,
    /// Focus and the chosen one.
    pub accent: Color32,
    /// Text on the accent.
    pub on_accent: Color32,
    /// Recording, and nothing else.
    pub recording: Color32,
    /// Behind the recording button.
    pub recording_fill: Color32,
    /// "Look here".
    pub warning: Color32,
    emotions: [Color32; 8],
    others: [Color32; 8],
}

/// Around the picture, in both themes: a picture is judged best on near-black.
pub const VIDEO: Color32 = Color32::from_rgb(0x0c, 0x0d, 0x0f);
/// Text on the picture, in both themes.
pub const ON_VIDEO: Color32 = Color32::from_rgb(0xe8, 0xea, 0xed);
/// Second text on the picture.
pub const ON_VIDEO_MUTED: Color32 = Color32::from_rgb(0x9a, 0xa1, 0xa9);
/// Behind chips on the picture, 82 % of [`VIDEO`].
pub const CHIP: Color32 = Color32::from_rgba_premultiplied(10, 11, 12, 209);
/// Under lines on the picture, so that they show on a bright one.
pub const SHADE: Color32 = Color32::from_rgba_premultiplied(0, 0, 0, 80);
/// Behind the help sheet.
pub const BACKDROP: Color32 = Color32::from_rgba_premultiplied(0, 0, 0, 130);

const fn rgb(hex: u32) -> Color32 {
    Color32::from_rgb((hex >> 16) as u8, (hex >> 8) as u8, hex as u8)
}

/// Names of the emotions that have a colour of their own, in the order of `Theme::emotions`.
const EMOTIONS: [&str; 8] =
    ["neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt"];

/// Light text on dark.
pub static DARK: Theme = Theme {
    background: rgb(0x15171a),
    panel: rgb(0x1c1f23),
    raised: rgb(0x25292e),
    hovered: rgb(0x2e3339),
    line: rgb(0x2f343a),
    hatch: rgb(0x3a4047),
    text: rgb(0xe8eaed),
    muted: rgb(0x9aa1a9),
    // Lighter than the target's #6b727a, which has a contrast of 3.4:1 only on a panel.
    faint: rgb(0x7d848c),
    accent: rgb(0x6cb6ff),
    on_accent: rgb(0x0c0d0f),
    recording: rgb(0xf2545b),
    recording_fill: rgb(0x3e272c),
    warning: rgb(0xf5b84a),
    emotions: [
        rgb(0x9aa6b2),
        rgb(0xf2c230),
        rgb(0xf28e2b),
        rgb(0x5aa0e6),
        rgb(0xe4572e),
        rgb(0x3fae7c),
        rgb(0xa07be0),
        rgb(0xd98bb4),
    ],
    // Paul Tol's "light" scheme: distinct for colour-blind eyes.
    others: [
        rgb(0x77aadd),
        rgb(0xee8866),
        rgb(0xeedd88),
        rgb(0xffaabb),
        rgb(0x99ddff),
        rgb(0x44bb99),
        rgb(0xbbcc33),
        rgb(0xaaaa00),
    ],
};

/// Dark text on light.
pub static LIGHT: Theme = Theme {
    background: rgb(0xf4f5f6),
    panel: rgb(0xffffff),
    raised: rgb(0xf0f1f3),
    hovered: rgb(0xe6e8eb),
    line: rgb(0xdcdfe3),
    hatch: rgb(0xc3c8ce),
    text: rgb(0x1b1e22),
    muted: rgb(0x5b636c),
    // Darker than the target's #8b929a, which has a contrast of 3.1:1 only on white.
    faint: rgb(0x737a82),
    accent: rgb(0x0b66c3),
    on_accent: rgb(0xffffff),
    recording: rgb(0xd1242f),
    recording_fill: rgb(0xf8dcde),
    warning: rgb(0x9a6700),
    emotions: [
        rgb(0x7b8794),
        rgb(0xd9a400),
        rgb(0xd9730d),
        rgb(0x2f78c4),
        rgb(0xc93a12),
        rgb(0x1f8a5b),
        rgb(0x7a52c7),
        rgb(0xb95f8f),
    ],
    // Paul Tol's "muted" scheme: distinct for colour-blind eyes.
    others: [
        rgb(0x332288),
        rgb(0x117733),
        rgb(0x882255),
        rgb(0x44aa99),
        rgb(0xcc6677),
        rgb(0x999933),
        rgb(0xaa4499),
        rgb(0x88ccee),
    ],
};

impl Theme {
    /// The theme that `ui` is drawn in.
    pub fn of(ui: &egui::Ui) -> &'static Self {
        if ui.visuals().dark_mode { &DARK } else { &LIGHT }
    }

    /// The colour of a class by its name: its own for the usual emotions, else one of a list, the
    /// same at every start. Where several classes stand together, [`Self::classes`] tells them
    /// apart.
    pub fn emotion(&self, name: &str) -> Color32 {
        self.known(name).unwrap_or_else(|| self.others[self.place(name)])
    }

    /// The colours of classes that stand together, in their order: no two the same, as long as the
    /// list has enough.
    pub fn classes(&self, names: &[String]) -> Vec<Color32> {
        let mut taken = [false; 8];
        let color = |name: &String| {
            self.known(name).unwrap_or_else(|| {
                let first = self.place(name);
                let places = (0..taken.len()).map(|step| (first + step) % taken.len());
                let place = places.into_iter().find(|place| !taken[*place]).unwrap_or(first);
                taken[place] = true;
                self.others[place]
            })
        };
        names.iter().map(color).collect()
    }

    fn known(&self, name: &str) -> Option<Color32> {
        EMOTIONS.iter().position(|known| *known == name).map(|index| self.emotions[index])
    }

    /// Place of a name in the list of other colours.
    fn place(&self, name: &str) -> usize {
        // FNV-1a: the standard hasher differs from start to start.
        let hash = name
            .bytes()
            .fold(0x811c_9dc5_u32, |hash, b| (hash ^ u32::from(b)).wrapping_mul(16_777_619));
        hash as usize % self.others.len()
    }

    /// A border.
    pub fn border(&self) -> Stroke {
        Stroke::new(LINE, self.line)
    }

    /// The card that groups things on the background.
    pub fn card(&self) -> egui::Frame {
        egui::Frame::new()
            .fill(self.panel)
            .stroke(self.border())
            .corner_radius(CARD_RADIUS)
            .inner_margin(Margin::same(PAD as i8))
    }

    fn visuals(&self, dark: bool) -> Visuals {
        let mut visuals = if dark { Visuals::dark() } else { Visuals::light() };
        visuals.override_text_color = Some(self.text);
        visuals.weak_text_color = Some(self.muted);
        visuals.panel_fill = self.background;
        visuals.window_fill = self.panel;
        visuals.window_stroke = self.border();
        visuals.window_corner_radius = CornerRadius::same(CARD_RADIUS);
        visuals.menu_corner_radius = CornerRadius::same(CARD_RADIUS);
        visuals.extreme_bg_color = self.raised;
        visuals.text_edit_bg_color = Some(self.raised);
        visuals.faint_bg_color = self.raised;
        visuals.hyperlink_color = self.accent;
        visuals.warn_fg_color = self.warning;
        visuals.error_fg_color = self.recording;
        visuals.slider_trailing_fill = true;
        visuals.selection.bg_fill = self.accent.gamma_multiply(0.45);
        visuals.selection.stroke = Stroke::new(LINE, self.text);
        let widgets = &mut visuals.widgets;
        for state in [
            &mut widgets.noninteractive,
            &mut widgets.inactive,
            &mut widgets.hovered,
            &mut widgets.active,
            &mut widgets.open,
        ] {
            state.bg_fill = self.raised;
            state.weak_bg_fill = self.raised;
            state.bg_stroke = self.border();
            state.fg_stroke = Stroke::new(1.5, self.text);
            state.corner_radius = CornerRadius::same(RADIUS);
            state.expansion = 0.0;
        }
        widgets.noninteractive.fg_stroke = Stroke::new(LINE, self.text);
        widgets.inactive.fg_stroke = Stroke::new(1.5, self.muted);
        // Fields and boxes to tick must be found without touching them.
        widgets.inactive.bg_stroke = Stroke::new(LINE, self.faint.gamma_multiply(0.7));
        for state in [&mut widgets.hovered, &mut widgets.open] {
            state.bg_fill = self.hovered;
            state.weak_bg_fill = self.hovered;
        }
        // egui draws a widget that has the keyboard as "active": this is the focus ring.
        widgets.active.bg_stroke = Stroke::new(2.0, self.accent);
        visuals
    }

    fn style(&self, dark: bool) -> Style {
        let mut style = Style { visuals: self.visuals(dark), ..Style::default() };
        style.text_styles = [
            (TextStyle::Small, font(SIZE_STATUS)),
            (TextStyle::Body, font(SIZE_BODY)),
            (TextStyle::Button, font(SIZE_BODY)),
            (TextStyle::Heading, bold(SIZE_TITLE)),
            (TextStyle::Monospace, FontId::monospace(SIZE_LIST)),
        ]
        .into();
        style.spacing.item_spacing = Vec2::splat(2.0 * GRID);
        style.spacing.button_padding = vec2(10.0, GRID);
        style.spacing.interact_size = vec2(CONTROL_HEIGHT, CONTROL_HEIGHT);
        style.spacing.menu_margin = Margin::same(6);
        style.spacing.window_margin = Margin::same(PAD as i8);
        style.spacing.slider_width = 200.0;
        style.spacing.slider_rail_height = GRID;
        style.spacing.icon_width = 18.0;
        style.spacing.icon_width_inner = 10.0;
        style.interaction.selectable_labels = false;
        style
    }
}

/// Installs fonts and both themes; call once.
pub fn install(ctx: &egui::Context) {
    ctx.set_fonts(fonts());
    ctx.set_style_of(Side::Dark, DARK.style(true));
    ctx.set_style_of(Side::Light, LIGHT.style(false));
    // Text size is a setting; a second way to change it would contradict it.
    ctx.options_mut(|options| options.zoom_with_keyboard = false);
}

/// Adds a font for signs that the others lack.
pub fn add_reserve(ctx: &egui::Context, reserve: ReserveFont) {
    let mut fonts = fonts();
    let mut data = FontData::from_owned(reserve.bytes);
    data.index = reserve.index;
    fonts.font_data.insert(RESERVE.to_owned(), Arc::new(data));
    for family in fonts.families.values_mut() {
        family.push(RESERVE.to_owned());
    }
    ctx.set_fonts(fonts);
}

const RESERVE: &str = "reserve";

/// Takes over the user's choice of theme.
pub fn choose(ctx: &egui::Context, choice: settings::Theme) {
    ctx.set_theme(match choice {
        settings::Theme::System => egui::ThemePreference::System,
        settings::Theme::Dark => egui::ThemePreference::Dark,
        settings::Theme::Light => egui::ThemePreference::Light,
    });
}

const BOLD: &str = "bold";

/// Regular text of `size` points.
pub fn font(size: f32) -> FontId {
    FontId::proportional(size)
}

/// Bold text of `size` points.
pub fn bold(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name(BOLD.into()))
}

/// Noto Sans before egui's own fonts, which stay as a reserve for signs that it lacks. All its
/// figures have one width, so numbers stand still.
fn fonts() -> FontDefinitions {
    let mut fonts = FontDefinitions::default();
    let [regular, heavy] = [notosans::REGULAR_TTF, notosans::BOLD_TTF].map(|font| {
        let mut font = FontData::from_static(font);
        // Half a space, egui's own choice, is lost between a figure and its percent sign.
        font.tweak.thin_space_width = 0.75;
        font
    });
    fonts.font_data.insert("noto".to_owned(), Arc::new(regular));
    fonts.font_data.insert("noto-bold".to_owned(), Arc::new(heavy));
    let proportional = fonts.families.entry(FontFamily::Proportional).or_default();
    proportional.insert(0, "noto".to_owned());
    let mut heavy_family = proportional.clone();
    heavy_family.insert(0, "noto-bold".to_owned());
    fonts.families.insert(FontFamily::Name(BOLD.into()), heavy_family);
    fonts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luminance(color: Color32) -> f64 {
        let linear = |v: u8| {
            let v = f64::from(v) / 255.0;
            if v <= 0.040_45 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(color.r()) + 0.7152 * linear(color.g()) + 0.0722 * linear(color.b())
    }

    fn contrast(a: Color32, b: Color32) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn text_is_readable_on_every_ground() {
        for theme in [&DARK, &LIGHT] {
            for ground in [theme.background, theme.panel, theme.raised] {
                assert!(contrast(theme.text, ground) >= 7.0);
                assert!(contrast(theme.muted, ground) >= 4.5);
            }
            assert!(contrast(theme.warning, theme.panel) >= 4.5);
            assert!(contrast(theme.faint, theme.panel) >= 4.3);
            assert!(contrast(theme.on_accent, theme.accent) >= 4.5);
            assert!(contrast(theme.text, theme.recording_fill) >= 7.0);
            for name in EMOTIONS {
                // Graphics need 2:1 here: every colour stands beside its word.
                assert!(contrast(theme.emotion(name), theme.panel) >= 2.0, "{name}");
            }
        }
        assert!(contrast(ON_VIDEO_MUTED, VIDEO) >= 4.5);
    }

    #[test]
    fn unknown_labels_keep_their_colour_and_known_ones_differ() {
        assert_eq!(DARK.emotion("boredom"), DARK.emotion("boredom"));
        let known: std::collections::BTreeSet<_> =
            EMOTIONS.iter().map(|name| DARK.emotion(name).to_array()).collect();
        assert_eq!(known.len(), EMOTIONS.len());
        let names: Vec<String> = ["neutral".to_owned()]
            .into_iter()
            .chain((0..8).map(|i| format!("class {i}")))
            .collect();
        for theme in [&DARK, &LIGHT] {
            let colors = theme.classes(&names);
            let distinct: std::collections::BTreeSet<_> =
                colors.iter().map(|color| color.to_array()).collect();
            assert_eq!((colors[0], distinct.len()), (theme.emotion("neutral"), names.len()));
            // The first of its kind has the colour that it has alone.
            assert_eq!(colors[1], theme.emotion("class 0"));
        }
    }

    #[test]
    fn the_fonts_have_every_sign_that_the_companion_writes() {
        use crate::interaction::Strategies;
        let ctx = egui::Context::default();
        install(&ctx);
        // Fonts are there from the first pass on.
        let _ = ctx.run_ui(egui::RawInput::default(), |_| {});
        for strategy in Strategies::builtin().list {
            for message in strategy.messages {
                let text: String = message.en.split_whitespace().collect();
                for font in [font(SIZE_BODY), bold(SIZE_BODY)] {
                    assert!(ctx.fonts_mut(|fonts| fonts.has_glyphs(&font, &text)), "{text}");
                }
            }
        }
    }
}
