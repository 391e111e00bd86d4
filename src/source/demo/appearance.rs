//! What a person looks like, and in which light.

use super::curve::{Rgb, Vec3, bell, dot, mix, unit};

/// What differs between people.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Appearance {
    /// Skin in even light.
    pub skin: Rgb,
    /// Hair of the head; brows are a little darker.
    pub hair: Rgb,
    /// How the hair is worn.
    pub style: HairStyle,
    /// Colour of the eyes.
    pub iris: Rgb,
    /// Colour of the lips.
    pub lips: Rgb,
    /// What is worn.
    pub cloth: Rgb,
    /// Depth of the neckline below the neck, half head widths: 0.2 crew neck, 0.6 V.
    pub neckline: f32,
    /// How square the jaw is: 0 narrow, 1 square.
    pub jaw: f32,
    /// Shade of a beard, 0 (none) to 1.
    pub beard: f32,
    /// Thickness of the brows, 1 is usual.
    pub brows: f32,
    /// Length of the lashes, 1 is usual.
    pub lashes: f32,
    /// Width of the shoulders, 1 is usual.
    pub shoulders: f32,
}

/// How hair is worn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HairStyle {
    /// Short, parted at the side.
    Short,
    /// Cropped close to the head.
    Cropped,
    /// To the chin, over the ears, with a fringe swept aside.
    Bob,
    /// Over the shoulders.
    Long,
}

impl Appearance {
    /// People to choose from; the first is the one in the default scene.
    pub const PEOPLE: [Self; 6] = [
        Self {
            skin: [0.86, 0.66, 0.55],
            hair: [0.23, 0.145, 0.095],
            style: HairStyle::Short,
            iris: [0.30, 0.21, 0.13],
            lips: [0.72, 0.41, 0.38],
            cloth: [0.24, 0.33, 0.42],
            neckline: 0.22,
            jaw: 0.45,
            beard: 0.22,
            brows: 1.0,
            lashes: 0.7,
            shoulders: 1.0,
        },
        Self {
            skin: [0.71, 0.50, 0.385],
            hair: [0.085, 0.060, 0.052],
            style: HairStyle::Bob,
            iris: [0.20, 0.12, 0.07],
            lips: [0.62, 0.30, 0.28],
            cloth: [0.62, 0.42, 0.36],
            neckline: 0.55,
            jaw: 0.15,
            beard: 0.0,
            brows: 0.8,
            lashes: 1.3,
            shoulders: 0.88,
        },
        Self {
            skin: [0.42, 0.28, 0.205],
            hair: [0.055, 0.047, 0.045],
            style: HairStyle::Cropped,
            iris: [0.15, 0.09, 0.06],
            lips: [0.44, 0.24, 0.22],
            cloth: [0.70, 0.66, 0.55],
            neckline: 0.22,
            jaw: 0.6,
            beard: 0.35,
            brows: 1.0,
            lashes: 0.7,
            shoulders: 1.05,
        },
        Self {
            skin: [0.93, 0.76, 0.67],
            hair: [0.56, 0.415, 0.265],
            style: HairStyle::Long,
            iris: [0.33, 0.45, 0.52],
            lips: [0.78, 0.45, 0.43],
            cloth: [0.34, 0.42, 0.34],
            neckline: 0.5,
            jaw: 0.1,
            beard: 0.0,
            brows: 0.75,
            lashes: 1.2,
            shoulders: 0.86,
        },
        Self {
            skin: [0.88, 0.69, 0.55],
            hair: [0.11, 0.09, 0.085],
            style: HairStyle::Short,
            iris: [0.17, 0.11, 0.08],
            lips: [0.70, 0.41, 0.37],
            cloth: [0.40, 0.38, 0.47],
            neckline: 0.22,
            jaw: 0.35,
            beard: 0.1,
            brows: 0.9,
            lashes: 0.6,
            shoulders: 0.95,
        },
        Self {
            skin: [0.58, 0.40, 0.29],
            hair: [0.10, 0.065, 0.055],
            style: HairStyle::Long,
            iris: [0.18, 0.11, 0.07],
            lips: [0.56, 0.27, 0.27],
            cloth: [0.24, 0.36, 0.37],
            neckline: 0.4,
            jaw: 0.2,
            beard: 0.0,
            brows: 0.9,
            lashes: 1.3,
            shoulders: 0.88,
        },
    ];
}

impl Default for Appearance {
    fn default() -> Self {
        Self::PEOPLE[0]
    }
}

/// One lamp and the light of the room.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Light {
    /// From the face to the lamp; any length but 0.
    pub direction: Vec3,
    /// Of the lamp; 1 is usual.
    pub strength: f32,
    /// Of the room; 0.4 is usual, 0 is a dark room with a lamp in it.
    pub ambient: f32,
}

impl Light {
    /// A window at the upper left and a bright room.
    pub const ROOM: Self = Self { direction: [-0.45, -0.50, 0.80], strength: 1.0, ambient: 0.50 };

    /// Nearer to the window: more light from the side.
    pub const WINDOW: Self = Self { direction: [-0.75, -0.35, 0.65], strength: 1.1, ambient: 0.48 };

    /// The lamp as it reaches surfaces: the parts of shading that don't change within a frame.
    pub fn prepared(&self) -> Lamp {
        let to = unit(self.direction);
        let half = unit([to[0], to[1], to[2] + 1.0]);
        let fill = unit([-to[0], to[1] * 0.2, 0.45]);
        Lamp { to, half, fill, strength: self.strength * 0.66, ambient: self.ambient }
    }
}

impl Default for Light {
    fn default() -> Self {
        Self::ROOM
    }
}

/// [`Light`], ready for use.
#[derive(Debug, Clone, Copy)]
pub struct Lamp {
    to: Vec3,
    half: Vec3,
    fill: Vec3,
    strength: f32,
    ambient: f32,
}

impl Lamp {
    /// Light on a surface with that unit normal, as a factor per colour. `soft` lets light leak
    /// past the edge of the shadow, red the farthest, as in skin.
    #[inline]
    pub fn on(&self, normal: Vec3, soft: f32) -> Rgb {
        let direct = dot(normal, self.to);
        // The ceiling is brighter than the floor, and the far wall throws some light back.
        let room = self.ambient * (0.96 - 0.22 * normal[1])
            + 0.14 * self.strength * dot(normal, self.fill).max(0.0);
        let leak = |amount: f32| {
            let d = ((direct + amount) / (1.0 + amount)).max(0.0);
            mix(d, d * d, 0.35 * amount)
        };
        [
            room + self.strength * leak(0.50 * soft),
            room + self.strength * leak(0.30 * soft),
            room + self.strength * leak(0.22 * soft),
        ]
    }

    /// Highlight on a smooth surface, 0..=1; `sharp` is the inverse width.
    #[inline]
    pub fn gloss(&self, normal: Vec3, sharp: f32) -> f32 {
        let lean = dot(normal, self.half);
        self.strength * bell((1.0 - lean.max(0.0)) * sharp)
    }

    /// Highlight on strands that run along the unit vector `along`, 0..=1: a band across the
    /// strands (Kajiya and Kay 1989).
    #[inline]
    pub fn gloss_along(&self, along: Vec3, sharp: f32) -> f32 {
        let lean = dot(along, self.half);
        self.strength * bell(lean * lean * sharp)
    }
}
