//! Shared by the integration tests.

#![allow(dead_code, reason = "no test uses all of it")]

#[cfg(all(target_os = "linux", feature = "camera"))]
pub mod camera;
#[cfg(target_os = "linux")]
pub mod fakecam;
pub mod mount;
#[cfg(target_os = "linux")]
pub mod program;
