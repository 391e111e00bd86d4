//! Shared by the integration tests.

#![allow(dead_code, reason = "no test uses all of it")]

#[cfg(target_os = "linux")]
pub mod fakecam;
