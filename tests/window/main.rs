//! Drives the window by accessible label, without a display and without workers.
#![cfg(feature = "gui")]

#[path = "../common/made.rs"]
mod made;

mod baseline;
mod companion;
mod files;
mod hands;
mod keys_and_settings;
mod locking;
mod models;
mod reading;
mod recording;
mod replay;
mod sessions;
mod sources;
mod teaching;
