//! Plain structs with `fn ui(self, ui)`, each drawn by itself and named for screen readers.

mod affect_plane;
mod bars;
mod button;
mod chip;
mod flag;
mod icon;
mod meter;
mod strip;
mod text;
mod timeline;
mod trace_columns;
mod trace_timeline;

pub use affect_plane::AffectPlane;
pub use bars::{EmotionBars, ReadingRow};
pub use button::{Button, Look, focus_ring};
pub use chip::{Chip, brackets, place_chips};
pub use flag::Flags;
pub use icon::Icon;
pub use meter::Meter;
pub use strip::strip;
pub use text::{announce, elided, heading, percent, signed};
pub use timeline::Timeline;
pub use trace_timeline::{TimelineState, TimelineWish, TraceTimeline, time};
