//! The stateless half of the core: what one frame shows.

pub mod align;
pub mod classify;
pub mod detect;
pub mod embed;
pub mod follow;
pub mod letterbox;
pub mod pose;
pub mod quality;
pub mod second_look;
pub mod signature;
mod tensor;
