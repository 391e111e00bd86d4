//! Drives the window by accessible label, without a display and without workers.
#![cfg(feature = "gui")]

mod files;
mod hands;
mod keys_and_settings;
mod reading;
mod recording;
mod sources;
mod teaching;
